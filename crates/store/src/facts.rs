//! What standing rests on, read once and then by its changes.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::{CreditId, DutyId, InstitutionId, ObligationId, RequestKind, StandingFacts};
use sea_orm::Value;

use crate::{
    Store, StoreError,
    dialect::Dialect,
    requests::due_of,
    row::{Columns, args},
    sql::{self, Parts},
    tx::Tx,
};

/// Duties read at a time: bounds the memory that rows take beside the facts made of them.
const AT_A_TIME: u32 = 2_000;

/// Facts as of one change number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Facts of every duty that is new or changed, each whole: it replaces what was known of the duty.
    pub facts: Vec<StandingFacts>,
    /// The change number up to which they are known; what to ask with the next time.
    pub change: i64,
}

/// The last row of a page in the order of [`page`].
type Last = (i64, DutyId);

fn facts(c: &mut Columns<'_>) -> Result<(Last, StandingFacts), StoreError> {
    let duty = c.get()?;
    let facts = StandingFacts {
        duty,
        obligation: c.get()?,
        unit: c.get()?,
        person: c.opt()?,
        starts: c.get()?,
        due: c.get()?,
        need: c.get()?,
        made: c.get()?,
        dropped: c.opt()?,
        credits: Vec::new(),
        waived: None,
        extended: Vec::new(),
        also: Vec::new(),
    };
    Ok(((c.get()?, duty), facts))
}

/// `text` narrowed to the duties after `from`, up to and with `to`.
fn between(
    dialect: Dialect,
    text: &str,
    institution: InstitutionId,
    year: Option<i16>,
    from: Last,
    to: Option<Last>,
) -> Parts {
    let mut query = Parts::new(dialect, text, args![institution, from.0, from.1]);
    if let Some(year) = year {
        query.with(" and d.year = ", &year, "");
    }
    query.push(" and (d.changed, d.id) > ($2, $3)");
    if let Some((change, id)) = to {
        query.with(" and (d.changed, d.id) <= (", &change, "");
        query.with(", ", &id, ")");
    }
    query
}

impl Store {
    /// The facts of every duty (of one year) whose facts changed after change number `since`; 0 gives all. Exact:
    /// writes to an institution follow one another, and all is read from one state.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such institution.
    pub async fn facts_changed_since(
        &self,
        institution: InstitutionId,
        year: Option<i16>,
        since: i64,
    ) -> Result<Facts, StoreError> {
        // Mostly nothing has changed: one look-up says so.
        if since > 0 && self.change_number(institution).await? == since {
            return Ok(Facts { facts: Vec::new(), change: since });
        }
        let tx = self.snapshot().await?;
        let change =
            sql::row(&tx, "select changed from institution where id = $1", args![institution], |c| {
                c.get::<i64>()
            })
            .await?
            .ok_or(StoreError::NotFound)?;
        let mut all = Vec::new();
        // Everything with a greater change number comes after this pair.
        let mut from = (since, DutyId(uuid::Uuid::max()));
        loop {
            let mut query = between(
                self.dialect,
                "select d.id, d.obligation_id, d.unit_id, d.person_id, d.starts, d.due, d.need, d.made, d.dropped, \
                 d.changed from duty d where d.institution_id = $1",
                institution,
                year,
                from,
                None,
            );
            query.with(" order by d.changed, d.id limit ", &AT_A_TIME, "");
            let page = sql::rows(&tx, &query.sql, query.args, facts).await?;
            let Some((to, _)) = page.last() else { break };
            let (to, full) = (*to, page.len() == AT_A_TIME as usize);
            let start = all.len();
            all.extend(page.into_iter().map(|(_, f)| f));
            self.fill(&tx, institution, year, from, to, &mut all[start..]).await?;
            from = to;
            if !full {
                break;
            }
        }
        tx.commit().await?;
        Ok(Facts { facts: all, change })
    }

    /// Puts credits, waivers, extensions and other askers to the facts of one page.
    async fn fill(
        &self,
        tx: &Tx,
        institution: InstitutionId,
        year: Option<i16>,
        from: Last,
        to: Last,
        page: &mut [StandingFacts],
    ) -> Result<(), StoreError> {
        let at: BTreeMap<DutyId, usize> = page.iter().enumerate().map(|(i, f)| (f.duty, i)).collect();
        // `cross join` with the condition after it: SQLite then begins with the duties, few when little has changed,
        // and PostgreSQL sees the same inner join as ever.
        let read = |text: &str, order: &str| -> (String, Vec<Value>) {
            let mut query = between(self.dialect, text, institution, year, from, Some(to));
            query.push(order);
            (query.sql, query.args)
        };
        let (text, args) = read(
            "select c.id, c.duty_id, c.happened, c.known, c.ended, c.amount from duty d cross join credit c \
             where d.institution_id = $1 and c.institution_id = d.institution_id and c.duty_id = d.id",
            "",
        );
        let mut credits = sql::rows(tx, &text, args, |c| {
            let (id, duty): (CreditId, DutyId) = (c.get()?, c.get()?);
            Ok((id, duty, (c.get::<Date>()?, c.get::<Date>()?, c.opt::<Date>()?, c.get::<u32>()?)))
        })
        .await?;
        credits.sort_unstable_by_key(|(id, ..)| *id);
        for (_, duty, credit) in credits {
            if let Some(i) = at.get(&duty) {
                page[*i].credits.push(credit);
            }
        }
        let (text, args) = read(
            "select r.duty_id, r.kind, r.decided_on, r.body from duty d cross join request r where d.institution_id = $1 \
             and r.institution_id = d.institution_id and r.duty_id = d.id and r.decision = 'approved'",
            " order by r.decided_on, r.decided_at, r.id",
        );
        let approved = sql::rows(tx, &text, args, |c| {
            Ok((
                c.get::<DutyId>()?,
                c.word::<RequestKind>()?,
                c.get::<Date>()?,
                c.json::<serde_json::Value>()?,
            ))
        })
        .await?;
        for (duty, kind, on, body) in approved {
            let Some(facts) = at.get(&duty).and_then(|i| page.get_mut(*i)) else { continue };
            match due_of(&body) {
                Some(due) if kind == RequestKind::Extension => facts.extended.push((on, due)),
                // The earliest comes first, and stays.
                _ if kind == RequestKind::Waiver => facts.waived = facts.waived.or(Some(on)),
                _ => {}
            }
        }
        let (text, args) = read(
            "select a.duty_id, a.obligation_id, a.since, a.until from duty d cross join duty_also a \
             where d.institution_id = $1 and a.institution_id = d.institution_id and a.duty_id = d.id",
            " order by a.obligation_id",
        );
        let also = sql::rows(tx, &text, args, |c| {
            let (duty, by): (DutyId, ObligationId) = (c.get()?, c.get()?);
            Ok((duty, (by, c.get::<Date>()?, c.opt::<Date>()?)))
        })
        .await?;
        for (duty, asker) in also {
            if let Some(i) = at.get(&duty) {
                page[*i].also.push(asker);
            }
        }
        Ok(())
    }
}
