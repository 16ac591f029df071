//! Imports: a draft that nobody sees, taken in at once, undone at once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use model::{AccountId, BatchId, InstitutionId, PersonId, SecretKind};
use serde::{Deserialize, Serialize};

use crate::{
    Act, Following, Store, StoreError,
    following::{Moved, follow, named_by_duties, take_back},
    row::{Columns, args, from_json, to_json},
    seal::Sealed,
    sql::{self, Parts},
    write::{Touches, Write},
};

use super::{
    save::{self, PersonSave, PersonState},
    secret::{self, belongs, sealed},
};

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// Not taken in yet: only whoever made it sees it.
    Draft,
    /// Taken in.
    Applied,
    /// Taken in and undone.
    Undone,
    /// Thrown away before it was taken in.
    Dropped,
}

/// 导入: one import of the roster.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Identifier.
    pub id: BatchId,
    /// Who made it.
    pub account: Option<AccountId>,
    /// When.
    pub made_at: Timestamp,
    /// Name of the file, or what stands for it.
    pub name: String,
    /// The day from which changes hold that name none.
    pub day: Date,
    /// How far it is.
    pub state: BatchState,
    /// How many were added and changed; as the server counts.
    pub counts: serde_json::Value,
    /// When it was taken in.
    pub applied_at: Option<Timestamp>,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

/// What became of undoing an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// How many stand again as before.
    pub restored: usize,
    /// How many, having been added, are off the roster again.
    pub removed: usize,
    /// Who was left as they are, and why.
    pub left: Vec<(PersonId, String, WhyLeft)>,
}

/// Why undoing left somebody as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyLeft {
    /// Changed again since.
    Changed,
    /// Added by the import, and since named by a record, an account, a duty or a request.
    Named,
}

impl WhyLeft {
    /// In Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Changed => "导入之后又改过",
            Self::Named => "已有记录、账号或申请用到",
        }
    }
}

const BATCH: &str = "id, account_id, made_at, name, day, state, counts, applied_at, undone_at";

fn batch(c: &mut Columns<'_>) -> Result<Batch, StoreError> {
    Ok(Batch {
        id: c.get()?,
        account: c.opt()?,
        made_at: c.get()?,
        name: c.get()?,
        day: c.get()?,
        state: c.word()?,
        counts: c.json()?,
        applied_at: c.opt()?,
        undone_at: c.opt()?,
    })
}

/// What an import writes when it is taken in.
#[derive(Clone, Copy, Debug)]
pub struct TakeIn<'a> {
    /// The people, each as they are to be.
    pub saves: &'a [PersonSave],
    /// How many were added, changed and left as they were, for the page of the import.
    pub counts: &'a serde_json::Value,
    /// What follows for duties.
    pub follows: Option<&'a Following>,
}

impl Store {
    /// Keeps a draft of an import, sealed: new, or with cells that were mended. Its own to lose: no audit line.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn keep_batch(
        &self,
        institution: InstitutionId,
        batch: &Batch,
        cells: &str,
    ) -> Result<(), StoreError> {
        let Sealed { key, by, bytes } =
            self.drawer()?.seal(cells.as_bytes(), &belongs(institution, batch.id.0, "batch"))?;
        self.local(
            "insert into person_batch (institution_id, id, account_id, made_at, name, day, state, counts, sealed_key, \
             sealed_by, sealed) values ($1, $2, $3, $4, $5, $6, 'draft', $7, $8, $9, $10) \
             on conflict (institution_id, id) do update set counts = excluded.counts, day = excluded.day, \
             sealed_key = excluded.sealed_key, sealed_by = excluded.sealed_by, sealed = excluded.sealed",
            args![
                institution, batch.id, batch.account, batch.made_at, batch.name, batch.day, to_json(&batch.counts)?,
                key, by, bytes
            ],
        )
        .await
        .map(|_| ())
    }

    /// One import, with its cells while they are kept.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn batch(
        &self,
        institution: InstitutionId,
        id: BatchId,
    ) -> Result<(Batch, Option<String>), StoreError> {
        let text = format!(
            "select {BATCH}, sealed_key, sealed_by, sealed from person_batch where institution_id = $1 and id = $2"
        );
        let (batch, sealed) = self
            .row(&text, args![institution, id], |c| Ok((batch(c)?, sealed(c)?)))
            .await?
            .ok_or(StoreError::NotFound)?;
        if sealed.key == 0 {
            return Ok((batch, None));
        }
        let cells = self.drawer()?.open(&sealed, &belongs(institution, id.0, "batch"))?;
        Ok((batch, Some(String::from_utf8_lossy(&cells).into_owned())))
    }

    /// Imports that were taken in, and an account's own drafts; newest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn batches(
        &self,
        institution: InstitutionId,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<Batch>, StoreError> {
        let text = format!(
            "select {BATCH} from person_batch where institution_id = $1 and (state in ('applied', 'undone') \
             or (state = 'draft' and account_id = $2)) order by made_at desc, id limit $3"
        );
        self.rows(&text, args![institution, account, limit], batch).await
    }

    /// Throws a draft away with its cells; drafts made before `old`, whosever, too.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn drop_batch(
        &self,
        institution: InstitutionId,
        id: Option<BatchId>,
        old: Timestamp,
    ) -> Result<(), StoreError> {
        self.local(
            "update person_batch set state = 'dropped', sealed_key = 0, sealed_by = '', sealed = $4 \
             where institution_id = $1 and state = 'draft' and (id = $2 or made_at < $3)",
            args![institution, id, old, Vec::<u8>::new()],
        )
        .await
        .map(|_| ())
    }

    /// Takes an import in, all of it or nothing; its cells are thrown away. `passed` is told how far it is, in percent.
    ///
    /// # Errors
    /// As [`Store::save_persons`]; [`StoreError::Conflict`] too when it is no draft any more.
    pub async fn apply_batch(
        &self,
        institution: InstitutionId,
        id: BatchId,
        import: &TakeIn<'_>,
        act: &Act,
        passed: &(dyn Fn(u8) + Sync),
    ) -> Result<(), StoreError> {
        let TakeIn { saves, counts, follows } = *import;
        let write = self.write_following(institution, follows, act).await?;
        let moved = follows.map(Moved::of).unwrap_or_default();
        let taken = write
            .execute(
                "update person_batch set state = 'applied', applied_at = $3, counts = $4, sealed_key = 0, sealed_by = '', \
                 sealed = $5, duties = $6 where institution_id = $1 and id = $2 and state = 'draft'",
                args![institution, id, write.at, to_json(counts)?, Vec::<u8>::new(), to_json(&moved)?],
            )
            .await?;
        if taken == 0 {
            return Err(StoreError::Conflict);
        }
        save::change(self, &write, saves, Some(id), passed).await?;
        follow(&write, follows).await?;
        write.commit().await
    }

    /// Undoes an import: who was changed stands again as before, who was added goes, unless they were changed again or
    /// something names them since. The duties that followed it are as before; somebody added to whom such a duty was
    /// about keeps a name in the books, and belongs to no unit.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is not one that was taken in and still stands.
    pub async fn undo_batch(
        &self,
        institution: InstitutionId,
        id: BatchId,
        note: &str,
        act: &Act,
    ) -> Result<Undone, StoreError> {
        let write = self.write(institution, act, Touches::Facts).await?;
        let moved = write
            .row(
                "update person_batch set state = 'undone', undone_at = $3 \
                 where institution_id = $1 and id = $2 and state = 'applied' returning duties",
                args![institution, id, write.at],
                |c| c.json::<Moved>(),
            )
            .await?
            .ok_or(StoreError::Conflict)?;
        let undone = undo(&write, id, &moved, note).await?;
        write.commit().await?;
        Ok(undone)
    }
}

/// Of these people, those whom some duty names.
async fn owed_to(write: &Write, people: &BTreeSet<PersonId>) -> Result<BTreeSet<PersonId>, StoreError> {
    let mut query = Parts::new(
        write.dialect,
        "select distinct person_id from duty where institution_id = $1",
        args![write.institution],
    );
    query.one_of(" and ", "person_id", people.iter().map(|p| p.0));
    Ok(write.rows(&query.sql, query.args, |c| c.get()).await?.into_iter().collect())
}

/// What each person was before the import: none for those whom it added.
async fn states_before(
    write: &Write,
    id: BatchId,
) -> Result<BTreeMap<PersonId, (u32, Option<PersonState>)>, StoreError> {
    // 0 where there is none before, so that one text serves both engines.
    let rows = write
        .rows(
            "select r.person_id, r.revision, coalesce(b.body, '') from person_revision r \
             left join person_revision b on b.institution_id = r.institution_id and b.person_id = r.person_id \
             and b.revision = r.revision - 1 where r.institution_id = $1 and r.batch_id = $2 \
             and r.revision > 0 order by r.person_id, r.revision",
            args![write.institution, id],
            |c| Ok((c.get::<PersonId>()?, c.get::<u32>()?, c.get::<String>()?)),
        )
        .await?;
    let mut out = BTreeMap::new();
    for (person, revision, body) in rows {
        let state = if body.is_empty() { None } else { Some(from_json(&body)?) };
        out.insert(person, (revision, state));
    }
    Ok(out)
}

/// Tables that may name a person, beside the person's own and duties.
const NAMED_BY: [&str; 3] = ["account", "entry_person", "request"];

/// Puts those who were changed under this number back within a write that is under way.
pub(crate) async fn undo(
    write: &Write,
    id: BatchId,
    moved: &Moved,
    note: &str,
) -> Result<Undone, StoreError> {
    let before = states_before(write, id).await?;
    let ids: BTreeSet<PersonId> = before.keys().copied().collect();
    let now = save::held(&write.tx, write.dialect, write.institution, &ids).await?;
    let added: Vec<_> = before.iter().filter(|(_, (_, s))| s.is_none()).map(|(p, _)| p.0).collect();
    let mut named = BTreeSet::new();
    for table in NAMED_BY {
        let text = format!("select distinct person_id from {table} where institution_id = $1");
        let mut query = Parts::new(write.dialect, &text, args![write.institution]);
        query.one_of(" and ", "person_id", added.clone().into_iter());
        named.extend(sql::rows(&write.tx, &query.sql, query.args, |c| c.get::<PersonId>()).await?);
    }
    let fresh: BTreeSet<PersonId> = added.iter().map(|p| PersonId(*p)).collect();
    named.extend(named_by_duties(write, &fresh, moved).await?);
    // Those whom only duties name that came with them: the duties end, and stay in the books.
    let kept: BTreeSet<PersonId> = owed_to(write, &fresh).await?.difference(&named).copied().collect();
    let bare: BTreeMap<PersonId, PersonState> = now
        .iter()
        .filter(|(id, _)| kept.contains(id))
        .map(|(id, held)| (*id, PersonState::of(held.state.person.clone())))
        .collect();
    let mut out = Undone::default();
    let mut back: Vec<(&PersonState, u32)> = Vec::new();
    let mut gone: Vec<PersonId> = Vec::new();
    let mut states = Vec::new();
    for (person, (revision, state)) in &before {
        let Some(held) = now.get(person) else { continue };
        let name = || held.state.person.name.clone();
        if held.revision != *revision {
            out.left.push((*person, name(), WhyLeft::Changed));
        } else if let Some(state) = state {
            back.push((state, revision + 1));
            states.push((*person, revision + 1, to_json(state)?, note));
        } else if named.contains(person) {
            out.left.push((*person, name(), WhyLeft::Named));
        } else if let Some(state) = bare.get(person) {
            back.push((state, revision + 1));
            states.push((*person, revision + 1, to_json(state)?, note));
        } else {
            gone.push(*person);
            states.push((*person, revision + 1, String::new(), note));
        }
    }
    save::put_rows(write, &now, &back).await?;
    let other: Vec<&PersonState> = back
        .iter()
        .map(|(s, _)| *s)
        .filter(|s| now.get(&s.person.id).is_some_and(|h| h.state.secrets != s.secrets))
        .collect();
    if !other.is_empty() {
        let people: Vec<PersonId> = other.iter().map(|s| s.person.id).collect();
        let holding: Vec<(PersonId, SecretKind, u32)> =
            other.iter().flat_map(|s| s.secrets.iter().map(|(k, n)| (s.person.id, *k, *n))).collect();
        secret::restore(write, &people, &holding).await?;
    }
    write.changes_people(&gone.iter().map(|p| p.0).collect::<Vec<_>>()).await?;
    for table in ["person_secret", "post", "membership", "person_file"] {
        save::delete(write, table, "person_id", gone.iter().map(|p| p.0).collect()).await?;
    }
    save::delete(write, "person", "id", gone.iter().map(|p| p.0).collect()).await?;
    save::note_states(write, &states, None).await?;
    let settled = back.iter().map(|(s, _)| s.person.id).collect();
    take_back(write, &settled, moved).await?;
    let kept = back.iter().filter(|(s, _)| kept.contains(&s.person.id)).count();
    out.restored = back.len() - kept;
    out.removed = gone.len() + kept;
    Ok(out)
}
