//! What somebody asks and another decides: waivers, extensions, corrections, accounts, in one table.

use jiff::{Timestamp, civil::Date};
use model::{
    AccountId, Decision, DutyId, GrantId, InstitutionId, Outcome, PersonId, Request, RequestId, RequestKind,
    Role, UnitId, Wish,
};
use sea_orm::Value;
use serde_json::json;

use crate::{
    Act, Scope, Store, StoreError,
    people::{belongs, sealed},
    row::{Columns, args, to_json, to_word},
    seal::{Drawer, Sealed},
    sql::{Parts, insert_all},
    write::{Touches, Write},
};

/// A request about a duty, with the unit that owes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What was asked and decided.
    pub request: Request,
    /// The duty.
    pub duty: DutyId,
    /// The unit that owes it.
    pub unit: UnitId,
}

/// 开户申请: an account with a role that waits, with what those who open it need to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRequest {
    /// Identifier.
    pub id: RequestId,
    /// For whom.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their number, which becomes the login.
    pub number: String,
    /// The role.
    pub role: Role,
    /// Over which unit.
    pub unit: UnitId,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// The account, once it is there.
    pub account: Option<AccountId>,
}

const REQUEST: &str = "r.id, r.kind, r.duty_id, r.person_id, r.unit_id, r.body, r.reason, r.sealed_key, r.sealed_by, r.sealed, \
                       r.asked_by, r.asked_at, r.decision, r.decided_by, r.decided_on, r.decided_at, r.remark";

/// The columns that are written, in the order of [`row`].
const COLUMNS: &str = "institution_id, id, kind, duty_id, person_id, unit_id, body, reason, sealed_key, sealed_by, sealed, \
                       asked_by, asked_at, decision, decided_by, decided_on, decided_at, remark";

/// How many those are.
const WIDTH: usize = 18;

/// What a member may see of requests about duties: their unit's, and their own.
const MINE: &str = "d.person_id = $p";

/// To what the sealed words of a correction are bound.
const CORRECTION: &str = "correction";

fn strange(what: &str) -> StoreError {
    StoreError::Internal(format!("a stored request cannot be read: {what}"))
}

/// A wish as its kind, its subjects and the rest say it.
fn wish(
    kind: RequestKind,
    duty: Option<DutyId>,
    person: Option<PersonId>,
    unit: Option<UnitId>,
    body: &serde_json::Value,
) -> Option<Wish> {
    let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str);
    Some(match kind {
        RequestKind::Waiver => Wish::Waiver { duty: duty? },
        RequestKind::Extension => Wish::Extension { duty: duty?, due: due_of(body)? },
        RequestKind::Correction => Wish::Correction { person: person? },
        RequestKind::Account => {
            Wish::Account { person: person?, role: Role::from_id(text("role")?)?, unit: unit? }
        }
    })
}

/// The later day that an extension asks for.
pub(crate) fn due_of(body: &serde_json::Value) -> Option<Date> {
    body.get("due")?.as_str()?.parse().ok()
}

fn request(
    c: &mut Columns<'_>,
    institution: InstitutionId,
    drawer: Option<&Drawer>,
) -> Result<Request, StoreError> {
    let (id, kind): (RequestId, RequestKind) = (c.get()?, c.word()?);
    let (duty, person, unit, body) = (c.opt()?, c.opt()?, c.opt()?, c.json()?);
    let wish = wish(kind, duty, person, unit, &body).ok_or_else(|| strange("its wish"))?;
    let (reason, kept) = (c.get::<String>()?, sealed(c)?);
    let reason = match drawer {
        Some(drawer) if kept.key > 0 => {
            let words = drawer.open(&kept, &belongs(institution, id.0, CORRECTION))?;
            String::from_utf8_lossy(&words).into_owned()
        }
        _ => reason,
    };
    let (asked_by, asked_at) = (c.get()?, c.get()?);
    let decision = match c.opt::<String>()? {
        None => {
            let _: (Option<AccountId>, Option<Date>, Option<Timestamp>, String) =
                (c.opt()?, c.opt()?, c.opt()?, c.get()?);
            None
        }
        Some(word) => {
            let outcome: Outcome =
                serde_json::from_value(word.into()).map_err(|_| strange("its decision"))?;
            let (by, on, at, remark) = (c.opt()?, c.opt()?, c.opt()?, c.get()?);
            let (on, at) = on.zip(at).ok_or_else(|| strange("the day of its decision"))?;
            Some(Decision { outcome, by, on, at, remark })
        }
    };
    Ok(Request { id, wish, reason, asked_by, asked_at, decision })
}

/// The values of a request, in the order of [`COLUMNS`]; what may name a number is sealed.
fn row(
    institution: InstitutionId,
    request: &Request,
    drawer: Option<&Drawer>,
) -> Result<Vec<Value>, StoreError> {
    let Request { id, wish, reason, asked_by, asked_at, decision } = request;
    let (unit, body) = match wish {
        Wish::Waiver { .. } | Wish::Correction { .. } => (None, json!({})),
        Wish::Extension { due, .. } => (None, json!({ "due": due })),
        Wish::Account { role, unit, .. } => (Some(*unit), json!({ "role": role.id() })),
    };
    let (reason, kept) = match (wish.kind(), drawer) {
        (RequestKind::Correction, Some(drawer)) => {
            (String::new(), drawer.seal(reason.as_bytes(), &belongs(institution, id.0, CORRECTION))?)
        }
        _ => (reason.clone(), Sealed { key: 0, by: String::new(), bytes: Vec::new() }),
    };
    let d = decision.as_ref();
    Ok(args![
        institution,
        id,
        to_word(&wish.kind())?,
        wish.duty(),
        wish.person(),
        unit,
        to_json(&body)?,
        reason,
        kept.key,
        kept.by,
        kept.bytes,
        asked_by,
        asked_at,
        d.map(|d| to_word(&d.outcome)).transpose()?,
        d.and_then(|d| d.by),
        d.map(|d| d.on),
        d.map(|d| d.at),
        d.map_or("", |d| d.remark.as_str())
    ])
}

/// Nobody decides their own request: whether the account of this write, or another of the same person, is one of these. The one
/// place of this rule, for requests and for the confirmation of records.
pub(crate) async fn is_their_own(write: &Write, authors: &[AccountId]) -> Result<bool, StoreError> {
    let Some(account) = write.account else { return Ok(false) };
    if authors.contains(&account) {
        return Ok(true);
    }
    if authors.is_empty() {
        return Ok(false);
    }
    let mut query = Parts::new(
        write.dialect,
        "select a.id from account a join account b on b.institution_id = a.institution_id \
         and b.person_id = a.person_id where a.institution_id = $1 and b.id = $2",
        args![write.institution, account],
    );
    query.one_of(" and ", "a.id", authors.iter().map(|a| a.0));
    Ok(write.row(&query.sql, query.args, |c| c.get::<AccountId>()).await?.is_some())
}

impl Store {
    /// Asks for something. Asked twice with the same id, it is asked once.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `foreign_key` when there is no such duty, person or unit.
    pub async fn ask(
        &self,
        institution: InstitutionId,
        request: &Request,
        act: &Act,
    ) -> Result<(), StoreError> {
        let values = row(institution, request, self.drawer_for(std::slice::from_ref(request))?.as_ref())?;
        let write = self.write(institution, act, Touches::Other).await?;
        let slots: Vec<String> = (1..=WIDTH).map(|n| format!("${n}")).collect();
        let text = format!(
            "insert into request ({COLUMNS}) values ({}) on conflict (institution_id, id) do nothing",
            slots.join(", ")
        );
        if write.execute(&text, values).await? == 0 { write.abandon().await } else { write.commit().await }
    }

    /// The keys, where one of these is sealed.
    fn drawer_for(&self, requests: &[Request]) -> Result<Option<Drawer>, StoreError> {
        let any = requests.iter().any(|r| r.wish.kind() == RequestKind::Correction);
        any.then(|| self.drawer()).transpose()
    }

    /// Takes requests over as they are, with what was decided about them, all or none; for sample data and for moving in
    /// from elsewhere. Their ids must be new.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `request_pkey` when one is there already, `foreign_key` when there is no such duty,
    /// person or unit.
    pub async fn import_requests(
        &self,
        institution: InstitutionId,
        requests: &[Request],
        act: &Act,
    ) -> Result<(), StoreError> {
        let drawer = self.drawer_for(requests)?;
        let write = self.write(institution, act, Touches::Facts).await?;
        insert_all(&write.tx, &format!("insert into request ({COLUMNS})"), "", WIDTH, requests, |r| {
            row(institution, r, drawer.as_ref())
        })
        .await?;
        let touched: Vec<DutyId> = requests.iter().filter_map(|r| r.wish.duty()).collect();
        write.touch_duties(&touched).await?;
        write.commit().await
    }

    /// Decides on a request of one of these kinds, of this duty where one is named, in the name of the act's account.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such request of these kinds and this duty; [`StoreError::Conflict`] when it
    /// has been decided already; [`StoreError::Constraint`] `own_request` when who decides is who asked.
    pub async fn decide(
        &self,
        institution: InstitutionId,
        id: RequestId,
        (kinds, duty): (&[RequestKind], Option<DutyId>),
        decision: &Decision,
        act: &Act,
    ) -> Result<(), StoreError> {
        let touches = if duty.is_some() { Touches::Facts } else { Touches::Other };
        let write = self.write(institution, act, touches).await?;
        let wish = write.decide(id, kinds, duty, decision).await?;
        if let Some(duty) = wish.duty() {
            write.touch_duties(&[duty]).await?;
        }
        write.commit().await
    }

    /// Takes a request for an account back.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it waits no more.
    pub async fn withdraw_account_request(
        &self,
        institution: InstitutionId,
        id: RequestId,
        on: Date,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let touched = write
            .execute(
                "update request set decision = 'withdrawn', decided_by = $3, decided_on = $4, decided_at = $5 \
                 where institution_id = $1 and id = $2 and kind = 'account' and decision is null",
                args![institution, id, write.account, on, write.at],
            )
            .await?;
        if touched == 0 {
            return Err(StoreError::Conflict);
        }
        write.commit().await
    }

    /// Waivers and extensions of the units of the scope, oldest first: of one duty, or only those that wait, or all.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn exemptions(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        duty: Option<DutyId>,
        only_waiting: bool,
    ) -> Result<Vec<Asked>, StoreError> {
        let text = format!(
            "select d.id, d.unit_id, {REQUEST} from request r join duty d on d.institution_id = r.institution_id \
             and d.id = r.duty_id where r.institution_id = $1"
        );
        let mut query = Parts::new(self.dialect, &text, args![institution]);
        match duty {
            Some(duty) => query.with(" and r.duty_id = ", &duty, ""),
            None => query.push(" and r.kind in ('waiver', 'extension')"),
        }
        if only_waiting {
            query.push(" and r.decision is null");
        }
        scope.narrow(&mut query, "d.unit_id", MINE);
        query.push(" order by r.asked_at, r.id");
        self.rows(&query.sql, query.args, |c| {
            Ok(Asked { duty: c.get()?, unit: c.get()?, request: request(c, institution, None)? })
        })
        .await
    }

    /// Corrections that were asked for: those that wait, oldest first, or all of one person, newest first.
    ///
    /// # Errors
    /// When the store cannot read or a value does not open.
    pub async fn corrections(
        &self,
        institution: InstitutionId,
        person: Option<PersonId>,
    ) -> Result<Vec<Request>, StoreError> {
        let head =
            format!("select {REQUEST} from request r where r.institution_id = $1 and r.kind = 'correction'");
        let (text, values) = match person {
            Some(person) => (
                format!("{head} and r.person_id = $2 order by r.asked_at desc, r.id"),
                args![institution, person],
            ),
            None => (format!("{head} and r.decision is null order by r.asked_at, r.id"), args![institution]),
        };
        let drawer = self.drawer()?;
        self.rows(&text, values, |c| request(c, institution, Some(&drawer))).await
    }

    /// Asks the administrators for accounts with roles: (person, role, unit); what waits already is not asked twice. How
    /// many were new.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `foreign_key` when a person or unit is not there.
    pub async fn ask_accounts(
        &self,
        institution: InstitutionId,
        wanted: &[(PersonId, Role, UnitId)],
        act: &Act,
    ) -> Result<usize, StoreError> {
        let Some(asked_by) = act.account else { return Err(StoreError::NotFound) };
        let waiting = self.account_requests(institution).await?;
        let fresh: Vec<Request> = wanted
            .iter()
            .filter(|(p, r, u)| waiting.iter().all(|w| (w.person, w.role, w.unit) != (*p, *r, *u)))
            .map(|(person, role, unit)| Request {
                id: RequestId::fresh(),
                wish: Wish::Account { person: *person, role: *role, unit: *unit },
                reason: String::new(),
                asked_by,
                asked_at: act.at,
                decision: None,
            })
            .collect();
        if fresh.is_empty() {
            return Ok(0);
        }
        let write = self.write(institution, act, Touches::Other).await?;
        insert_all(&write.tx, &format!("insert into request ({COLUMNS})"), "", WIDTH, &fresh, |r| {
            row(institution, r, None)
        })
        .await?;
        write.commit().await?;
        Ok(fresh.len())
    }

    /// Accounts that the office waits for, with or without an account yet, oldest first. Somebody who has an account by
    /// now has it here, whoever opened it.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn account_requests(
        &self,
        institution: InstitutionId,
    ) -> Result<Vec<AccountRequest>, StoreError> {
        let text = format!(
            "select q.name, q.number, a.id, {REQUEST} from request r \
             join person q on q.institution_id = r.institution_id and q.id = r.person_id \
             left join account a on a.institution_id = r.institution_id and a.person_id = r.person_id and a.disabled_at is null \
             where r.institution_id = $1 and r.kind = 'account' and r.decision is null order by r.asked_at, r.id"
        );
        self.rows(&text, args![institution], |c| {
            let (name, number, account) = (c.get()?, c.get()?, c.opt()?);
            let request = request(c, institution, None)?;
            let Wish::Account { person, role, unit } = request.wish else { return Err(strange("its kind")) };
            Ok(AccountRequest {
                id: request.id,
                person,
                name,
                number,
                role,
                unit,
                asked_at: request.asked_at,
                account,
            })
        })
        .await
    }

    /// Gives the roles that were asked for to accounts that are there, all or none: (request, grant, account, role, unit).
    ///
    /// # Errors
    /// As [`Store::grant`] and [`Store::decide`].
    pub async fn grant_requested(
        &self,
        institution: InstitutionId,
        wanted: &[(RequestId, GrantId, AccountId, Role, UnitId)],
        on: Date,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let decision = Decision {
            outcome: Outcome::Approved,
            by: write.account,
            on,
            at: write.at,
            remark: String::new(),
        };
        for (request, id, account, role, unit) in wanted {
            write.decide(*request, &[RequestKind::Account], None, &decision).await?;
            crate::accounts::give(&write, *id, *account, *role, *unit).await?;
        }
        write.commit().await
    }
}

impl Write {
    /// Decides within a write that is under way; what was asked.
    async fn decide(
        &self,
        id: RequestId,
        kinds: &[RequestKind],
        duty: Option<DutyId>,
        decision: &Decision,
    ) -> Result<Wish, StoreError> {
        let text = format!("select {REQUEST} from request r where r.institution_id = $1 and r.id = $2");
        let found = self
            .row(&text, args![self.institution, id], |c| request(c, self.institution, None))
            .await?
            .filter(|r| kinds.contains(&r.wish.kind()) && (duty.is_none() || r.wish.duty() == duty))
            .ok_or(StoreError::NotFound)?;
        if found.decision.is_some() {
            return Err(StoreError::Conflict);
        }
        if is_their_own(self, &[found.asked_by]).await? {
            return Err(StoreError::Constraint("own_request".to_owned()));
        }
        let Decision { outcome, by, on, at, remark } = decision;
        self.execute(
            "update request set decision = $3, decided_by = $4, decided_on = $5, decided_at = $6, remark = $7 \
             where institution_id = $1 and id = $2 and decision is null",
            args![self.institution, id, to_word(outcome)?, by, on, at, remark],
        )
        .await?;
        Ok(found.wish)
    }
}
