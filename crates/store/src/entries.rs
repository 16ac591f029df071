//! Entries and credits: what was done, and what it counts for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use model::{
    AccountId, Confirmation, Credit, CreditId, DutyId, Entry, EntryId, InstitutionId, PersonId, UnitId,
    Value as Field,
};
use sea_orm::ConnectionTrait;

use crate::{
    Act, CaseWrite, ChaseWrite, Follows, Scope, Store, StoreError,
    act::Saved,
    cases,
    confirm::{EntryNote, NoteKind, of_word},
    dialect::Dialect,
    kept::credit,
    row::{Columns, args, from_json, to_json, to_word},
    search::index::{self, Indexed},
    sql::{self, Parts, insert_all},
    tally::Kept,
    write::{Touches, Write},
};

/// A record to be saved, with what it counts for.
#[derive(Clone, Debug)]
pub struct SaveEntry<'a> {
    /// The record. Its revision, and who entered it when, are set by the store.
    pub entry: &'a Entry,
    /// The revision that the form was filled from; 0 for a new record.
    pub based_on: u32,
    /// Whether it is entered later than it should have been (补录).
    pub late: bool,
    /// Whether a complete record would say more (待补).
    pub incomplete: bool,
    /// The words by which it is found.
    pub words: String,
    /// The unit that has to confirm it; none where nobody is asked. A revision waits anew.
    pub above: Option<UnitId>,
    /// Why it is withdrawn; may be empty.
    pub reason: &'a str,
    /// Credits that begin. Their entry must be this one.
    pub add: &'a [Credit],
    /// Credits of this entry that end on `on`.
    pub end: &'a [CreditId],
    /// The day (in Asia/Shanghai) on which this is saved.
    pub on: Date,
    /// What follows for other duties, because the record is an event or says a day that they hang on, with the change number as of which
    /// that was worked out.
    pub follows: Option<(&'a Follows, i64)>,
    /// What follows for cases.
    pub cases: Option<&'a CaseWrite>,
    /// What is written of the chase with it: a rung that it drafts an order for, what it says about something that is late.
    pub chase: Option<&'a ChaseWrite>,
}

/// A record from elsewhere, taken over as it is.
#[derive(Clone, Debug)]
pub struct ImportEntry {
    /// The record, with who entered it when.
    pub entry: Entry,
    /// Whether it was entered later than it should have been.
    pub late: bool,
    /// Whether a complete record would say more.
    pub incomplete: bool,
    /// The words by which it is found.
    pub words: String,
    /// The unit that has to confirm it; none where nobody is asked.
    pub above: Option<UnitId>,
    /// What that unit has said of it already.
    pub decided: Option<EntryNote>,
    /// What it counts for.
    pub credits: Vec<Credit>,
}

impl ImportEntry {
    fn confirmation(&self) -> Option<Confirmation> {
        if self.entry.withdrawn || self.above.is_none() {
            return None;
        }
        Some(match self.decided.as_ref().map(|n| n.kind) {
            Some(NoteKind::Confirmed) => Confirmation::Confirmed,
            Some(NoteKind::Returned) => Confirmation::Returned,
            _ => Confirmation::Waiting,
        })
    }
}

/// A record as it stands, with what lists show beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryRow {
    /// The record, its newest revision.
    pub entry: Entry,
    /// Whether it was entered later than it should have been.
    pub late: bool,
    /// Whether a complete record would say more.
    pub incomplete: bool,
    /// The unit that has to confirm it.
    pub above: Option<UnitId>,
    /// How it stands with that unit; none where nobody is asked.
    pub confirmation: Option<Confirmation>,
}

/// One revision of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryRevision {
    /// The record as this revision has it.
    pub entry: Entry,
    /// When it was saved.
    pub at: Timestamp,
    /// By whom.
    pub account: Option<AccountId>,
    /// From where.
    pub address: String,
}

/// The columns of a record as [`entry_row`] reads them.
pub(crate) const ROW: &str = "r.body, e.late, e.incomplete, e.above_id, e.confirmation";
const ROW_FROM: &str = "entry e join entry_revision r on r.institution_id = e.institution_id and r.entry_id = e.id \
                        and r.revision = e.revision";

pub(crate) fn entry_row(c: &mut Columns<'_>) -> Result<EntryRow, StoreError> {
    Ok(EntryRow {
        entry: c.json()?,
        late: c.get()?,
        incomplete: c.get()?,
        above: c.opt()?,
        confirmation: of_word(&c.get::<String>()?),
    })
}

/// What a member may see of records: their unit's, and those that name them.
pub(crate) const MINE: &str = "exists (select 1 from entry_person x where x.institution_id = e.institution_id \
                               and x.entry_id = e.id and x.person_id = $p)";

const CREDIT: &str = "c.id, c.duty_id, c.entry_id, c.amount, c.happened, c.known, c.ended";

/// Whether two records say the same; who entered them when, and which revision, aside.
fn says_the_same(a: &Entry, b: &Entry) -> bool {
    let Entry {
        id,
        unit,
        ledgers,
        day,
        title,
        values,
        withdrawn,
        revision: _,
        entered_at: _,
        entered_by: _,
        revised_at: _,
    } = a;
    *id == b.id
        && *unit == b.unit
        && *ledgers == b.ledgers
        && *day == b.day
        && *title == b.title
        && *values == b.values
        && *withdrawn == b.withdrawn
}

impl Store {
    /// Saves a record and what it counts for, in one transaction. A form sent twice saves once; a form filled from an
    /// older revision changes nothing, and the newest comes back.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `foreign_key` when a unit, person or duty is not there, `credit_duty_id_entry_id` when
    /// the record counts for a duty already; [`StoreError::NotFound`] when a credit to be ended is not there;
    /// [`StoreError::Conflict`] when something follows and something was written since that was worked out.
    pub async fn save_entry(
        &self,
        institution: InstitutionId,
        save: &SaveEntry<'_>,
        act: &Act,
    ) -> Result<Saved<Entry>, StoreError> {
        Ok(self.save_entry_at(institution, save, act).await?.0)
    }

    /// [`Self::save_entry`], with the institution's change number that it was; 0 where nothing was saved.
    ///
    /// # Errors
    /// As [`Self::save_entry`].
    pub async fn save_entry_at(
        &self,
        institution: InstitutionId,
        save: &SaveEntry<'_>,
        act: &Act,
    ) -> Result<(Saved<Entry>, i64), StoreError> {
        let SaveEntry {
            entry,
            based_on,
            late,
            incomplete,
            words,
            above,
            reason,
            add,
            end,
            on,
            follows,
            cases,
            chase,
        } = save;
        let moves =
            !add.is_empty() || !end.is_empty() || follows.is_some() || cases.is_some() || chase.is_some();
        let write = self.write(institution, act, if moves { Touches::Facts } else { Touches::Other }).await?;
        let text = format!("select {ROW} from {ROW_FROM} where e.institution_id = $1 and e.id = $2");
        let stands = write.row(&text, args![institution, entry.id], entry_row).await?.map(|row| row.entry);
        if stands.as_ref().map_or(0, |e| e.revision) != *based_on {
            let Some(stands) = stands else {
                return Err(StoreError::NotFound);
            };
            let next = revision_of(&write, entry.id, based_on + 1).await?;
            write.abandon().await?;
            let same = next.is_some_and(|next| says_the_same(&next, entry));
            return Ok((if same { Saved::Already(stands) } else { Saved::Stale(stands) }, 0));
        }
        let whole = Entry {
            revision: based_on + 1,
            entered_at: stands.as_ref().map_or(write.at, |e| e.entered_at),
            entered_by: stands.as_ref().map_or(write.account.unwrap_or(entry.entered_by), |e| e.entered_by),
            revised_at: write.at,
            ..(*entry).clone()
        };
        if stands.is_some() {
            index::forget(&write.tx, write.dialect, institution, entry.id).await?;
            for list in ["entry_ledger", "entry_person"] {
                let text = format!("delete from {list} where institution_id = $1 and entry_id = $2");
                write.execute(&text, args![institution, entry.id]).await?;
            }
        }
        let one = ImportEntry {
            entry: whole,
            late: *late,
            incomplete: *incomplete,
            words: words.clone(),
            above: *above,
            decided: None,
            credits: add.to_vec(),
        };
        write.insert_entries(std::slice::from_ref(&one)).await?;
        if one.entry.withdrawn && !reason.is_empty() {
            write.add_note(entry.id, one.entry.revision, NoteKind::Withdrawn, reason).await?;
        }
        let mut touched = write.end_credits(entry.id, end, *on).await?;
        if let Some((follows, as_of)) = follows {
            write.follow(follows, *on, *as_of).await?;
        }
        if let Some(cases) = cases {
            cases::put(self, &write, cases).await?;
        }
        if let Some(chase) = chase {
            write.put_chase(chase).await?;
        }
        touched.extend(write.credit_entries(std::slice::from_ref(&one)).await?);
        write.touch_duties(&touched).await?;
        let change = write.change;
        write.commit().await?;
        Ok((Saved::Done(one.entry), change))
    }

    /// Takes records over as they are, with their credits, all or none; for sample data and for moving in from
    /// elsewhere. Their ids must be new.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `entry_revision_pkey` when a record is there already, `foreign_key` when a unit, person or duty is not.
    pub async fn import_entries(
        &self,
        institution: InstitutionId,
        entries: &[ImportEntry],
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Facts).await?;
        write.insert_entries(entries).await?;
        let touched = write.credit_entries(entries).await?;
        for some in touched.chunks(Dialect::MOST_VALUES) {
            write.touch_duties(some).await?;
        }
        write.commit().await
    }

    /// One record as it stands.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none in the scope.
    pub async fn entry(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        id: EntryId,
    ) -> Result<EntryRow, StoreError> {
        self.entries_by_ids(institution, scope, &[id]).await?.pop().ok_or(StoreError::NotFound)
    }

    /// The records with these ids that the scope holds, the newest day first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn entries_by_ids(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        ids: &[EntryId],
    ) -> Result<Vec<EntryRow>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let text = format!("select {ROW} from {ROW_FROM} where e.institution_id = $1");
        let mut query = Parts::new(self.dialect, &text, args![institution]);
        query.one_of(" and ", "e.id", ids.iter().map(|e| e.0));
        scope.narrow(&mut query, "e.unit_id", MINE);
        // Sorted here: asked to sort, the database might walk all entries by day instead of looking these up.
        let mut found = self.rows(&query.sql, query.args, entry_row).await?;
        found.sort_by_key(|row| std::cmp::Reverse((row.entry.day, row.entry.id)));
        Ok(found)
    }

    /// Every revision of a record, newest first.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none in the scope.
    pub async fn entry_history(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        id: EntryId,
    ) -> Result<Vec<EntryRevision>, StoreError> {
        let mut query = Parts::new(
            self.dialect,
            "select r.body, r.at, r.account_id, r.address from entry e join entry_revision r \
             on r.institution_id = e.institution_id and r.entry_id = e.id where e.institution_id = $1 and e.id = $2",
            args![institution, id],
        );
        scope.narrow(&mut query, "e.unit_id", MINE);
        query.push(" order by r.revision desc");
        let revisions = self
            .rows(&query.sql, query.args, |c| {
                Ok(EntryRevision { entry: c.json()?, at: c.get()?, account: c.opt()?, address: c.get()? })
            })
            .await?;
        if revisions.is_empty() { Err(StoreError::NotFound) } else { Ok(revisions) }
    }

    /// What these records count or counted for, ended credits too, oldest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn credits_of_entries(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        entries: &[EntryId],
    ) -> Result<Vec<Credit>, StoreError> {
        let text = format!(
            "select {CREDIT} from credit c join entry e on e.institution_id = c.institution_id and e.id = c.entry_id \
             where c.institution_id = $1"
        );
        let mut query = Parts::new(self.dialect, &text, args![institution]);
        query.one_of(" and ", "c.entry_id", entries.iter().map(|e| e.0));
        scope.narrow(&mut query, "e.unit_id", MINE);
        query.push(" order by c.id");
        self.rows(&query.sql, query.args, credit).await
    }

    /// How many obligations each of these records counts for; those that count for none are left out.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn obligations_met(
        &self,
        institution: InstitutionId,
        entries: &[EntryId],
    ) -> Result<BTreeMap<EntryId, usize>, StoreError> {
        if entries.is_empty() {
            return Ok(BTreeMap::new());
        }
        let text = format!(
            "select c.entry_id, count(distinct d.obligation_id) from credit c {} duty d \
             on d.institution_id = c.institution_id and d.id = c.duty_id where c.institution_id = $1 and c.ended is null",
            self.dialect.leading_join()
        );
        let mut query = Parts::new(self.dialect, &text, args![institution]);
        query.one_of(" and ", "c.entry_id", entries.iter().map(|e| e.0));
        query.push(" group by c.entry_id");
        let found = self.rows(&query.sql, query.args, |c| Ok((c.get()?, c.get::<i64>()?))).await?;
        Ok(found.into_iter().map(|(entry, n)| (entry, usize::try_from(n).unwrap_or(0))).collect())
    }

    /// What counts or counted for these duties, ended credits too, oldest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn credits_of_duties(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        duties: &[DutyId],
    ) -> Result<Vec<Credit>, StoreError> {
        let text = format!(
            "select {CREDIT} from credit c join duty d on d.institution_id = c.institution_id and d.id = c.duty_id \
             where c.institution_id = $1"
        );
        let mut query = Parts::new(self.dialect, &text, args![institution]);
        query.one_of(" and ", "c.duty_id", duties.iter().map(|d| d.0));
        scope.narrow(&mut query, "d.unit_id", "d.person_id = $p");
        query.push(" order by c.id");
        self.rows(&query.sql, query.args, credit).await
    }
}

async fn revision_of(write: &Write, id: EntryId, revision: u32) -> Result<Option<Entry>, StoreError> {
    write
        .row(
            "select body from entry_revision where institution_id = $1 and entry_id = $2 and revision = $3",
            args![write.institution, id, revision],
            |c| c.json(),
        )
        .await
}

impl Write {
    /// Writes a revision of each record, and the lists made of it; the head of a record that was there is moved on.
    async fn insert_entries(&self, all: &[ImportEntry]) -> Result<(), StoreError> {
        let institution = self.institution;
        self.changes(Kept::Entries, all.iter().map(|one| one.entry.id.0)).await?;
        insert_all(
            &self.tx,
            "insert into entry (institution_id, id, unit_id, day, title, ledgers, revision, entered_at, entered_by, \
             revised_at, revised_by, withdrawn, late, incomplete, above_id, confirmation)",
            "on conflict (institution_id, id) do update set unit_id = excluded.unit_id, day = excluded.day, \
             title = excluded.title, ledgers = excluded.ledgers, revision = excluded.revision, \
             revised_at = excluded.revised_at, revised_by = excluded.revised_by, withdrawn = excluded.withdrawn, \
             late = excluded.late, incomplete = excluded.incomplete, above_id = excluded.above_id, \
             confirmation = excluded.confirmation",
            16,
            all,
            |one| {
                let e = &one.entry;
                Ok(args![
                    institution, e.id, e.unit, e.day, e.title, to_json(&e.ledgers)?, e.revision, e.entered_at,
                    e.entered_by, e.revised_at, self.account, e.withdrawn, one.late, one.incomplete, one.above,
                    one.confirmation().map_or("", Confirmation::id)
                ])
            },
        )
        .await?;
        insert_all(
            &self.tx,
            "insert into entry_revision (institution_id, entry_id, revision, body, at, account_id, address)",
            "",
            7,
            all,
            |one| {
                let e = &one.entry;
                let account = self.account.unwrap_or(e.entered_by);
                Ok(args![institution, e.id, e.revision, to_json(e)?, e.revised_at, account, self.address])
            },
        )
        .await?;
        let indexed: Vec<Indexed<'_>> = all
            .iter()
            .map(|one| Indexed {
                entry: one.entry.id,
                unit: one.entry.unit,
                day: one.entry.day,
                ledgers: one.entry.ledgers.iter().map(String::as_str).collect(),
                withdrawn: one.entry.withdrawn,
                late: one.late,
                incomplete: one.incomplete,
                words: &one.words,
            })
            .collect();
        index::write(&self.tx, self.dialect, institution, &indexed).await?;
        let said: Vec<(EntryId, i64, &EntryNote)> =
            all.iter().filter_map(|one| Some((one.entry.id, 1, one.decided.as_ref()?))).collect();
        self.insert_notes(&said).await?;
        let in_ledgers: Vec<(&Entry, &str)> = all
            .iter()
            .flat_map(|one| {
                let ledgers: BTreeSet<&str> = one.entry.ledgers.iter().map(String::as_str).collect();
                ledgers.into_iter().map(|l| (&one.entry, l))
            })
            .collect();
        insert_all(
            &self.tx,
            "insert into entry_ledger (institution_id, ledger, day, entry_id, unit_id, withdrawn)",
            "",
            6,
            &in_ledgers,
            |(e, ledger)| Ok(args![institution, *ledger, e.day, e.id, e.unit, e.withdrawn]),
        )
        .await?;
        let mut named = Vec::new();
        for one in all {
            self.save_files(&one.entry).await?;
            named.extend(people_of(&one.entry)?.into_iter().map(|(person, how)| (&one.entry, person, how)));
        }
        insert_all(
            &self.tx,
            "insert into entry_person (institution_id, person_id, day, entry_id, attendance, fields)",
            "",
            6,
            &named,
            |(e, person, how)| Ok(args![institution, person, e.day, e.id, how.attendance, how.fields]),
        )
        .await
    }

    /// Begins credits of entries; the duties that they count for.
    async fn credit_entries(&self, all: &[ImportEntry]) -> Result<Vec<DutyId>, StoreError> {
        if all.iter().any(|one| one.credits.iter().any(|c| c.entry != one.entry.id)) {
            return Err(StoreError::Constraint("credit_of_another_entry".to_owned()));
        }
        self.insert_credits(all.iter().flat_map(|one| &one.credits)).await
    }

    /// Ends credits of one entry; the duties that they counted for.
    async fn end_credits(
        &self,
        entry: EntryId,
        ids: &[CreditId],
        on: Date,
    ) -> Result<Vec<DutyId>, StoreError> {
        let mut duties = Vec::new();
        for id in ids {
            duties.push(self.end_credit(entry, *id, on).await?);
        }
        Ok(duties)
    }
}

/// How a record names somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HowNamed {
    /// Whether they came; `named` where that is not said.
    pub(crate) attendance: String,
    /// The fields in which they stand, each as [`field_mark`] writes it, by their ids: who may not read one of them does
    /// not find the record by it.
    pub(crate) fields: String,
}

/// A field among those in which a record names somebody.
pub(crate) fn field_mark(field: &str) -> String {
    format!("|{field}|")
}

/// Who is named in a record, once each: as a participant (and whether they came), or in a field that holds a person.
pub(crate) fn people_of(entry: &Entry) -> Result<BTreeMap<PersonId, HowNamed>, StoreError> {
    let mut named: BTreeMap<PersonId, HowNamed> = BTreeMap::new();
    let mut note = |person: PersonId, field: &str, attendance: Option<String>| {
        let nothing = HowNamed { attendance: "named".to_owned(), fields: String::new() };
        let how = named.entry(person).or_insert(nothing);
        if let Some(attendance) = attendance {
            how.attendance = attendance;
        }
        let mark = field_mark(field);
        if !how.fields.ends_with(&mark) {
            how.fields.push_str(&mark);
        }
    };
    for (field, value) in &entry.values {
        match value {
            Field::Person { id: Some(person), .. } => note(*person, field, None),
            Field::People(people) => {
                for participant in people {
                    if let Some(person) = participant.person {
                        note(person, field, Some(to_word(&participant.attendance)?));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(named)
}

/// Notes of everybody whom records name in which fields they do, where the table had no room for it before.
pub(crate) async fn note_fields<C: ConnectionTrait>(db: &C) -> Result<(), StoreError> {
    let text = "select e.institution_id, e.id, r.body from entry e join entry_revision r \
                on r.institution_id = e.institution_id and r.entry_id = e.id and r.revision = e.revision \
                where (e.institution_id, e.id) > ($1, $2) order by e.institution_id, e.id limit 1000";
    let mut last = (InstitutionId(uuid::Uuid::nil()), EntryId(uuid::Uuid::nil()));
    loop {
        let found = sql::rows(db, text, args![last.0, last.1], |c| {
            Ok((c.get::<InstitutionId>()?, c.get::<EntryId>()?, c.get::<String>()?))
        })
        .await?;
        let Some(end) = found.last() else { return Ok(()) };
        last = (end.0, end.1);
        for (institution, id, body) in found {
            // What cannot be read is told of by `verify`; it keeps nobody from going on.
            let Ok(entry) = from_json::<Entry>(&body) else { continue };
            for (person, how) in people_of(&entry)? {
                if how.fields != field_mark("people") {
                    sql::execute(
                        db,
                        "update entry_person set fields = $4 where institution_id = $1 and entry_id = $2 and person_id = $3",
                        args![institution, id, person, how.fields],
                    )
                    .await?;
                }
            }
        }
    }
}
