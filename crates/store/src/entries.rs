//! Entries and credits: what was done, and what it counts for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use model::{
    AccountId, Credit, CreditId, DutyId, Entry, EntryId, InstitutionId, PersonId, UnitId, Value as Field,
};

use crate::{
    Act, Scope, Store, StoreError,
    act::{Saved, Touches, Write},
    dialect::Dialect,
    row::{Columns, args, to_json, to_word},
    sql::{Parts, insert_all},
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
    /// The words by which it is found, in lower case.
    pub words: String,
    /// Credits that begin. Their entry must be this one.
    pub add: &'a [Credit],
    /// Credits of this entry that end on `on`.
    pub end: &'a [CreditId],
    /// The day (in Asia/Shanghai) on which this is saved.
    pub on: Date,
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
    /// The words by which it is found, in lower case.
    pub words: String,
    /// What it counts for.
    pub credits: Vec<Credit>,
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

/// Which records are asked for. All that is set must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Only those in this ledger.
    pub ledger: Option<String>,
    /// Only these units'.
    pub units: Option<BTreeSet<UnitId>>,
    /// Only those in which this person is named as present, absent or on leave.
    pub person: Option<PersonId>,
    /// Happened on this day or later.
    pub from: Option<Date>,
    /// Happened on this day or earlier.
    pub to: Option<Date>,
    /// Title or any field holds these words.
    pub words: Option<String>,
    /// First entered at this instant or later, whenever it happened.
    pub entered_from: Option<Timestamp>,
    /// Only those entered late (or only those not).
    pub late: Option<bool>,
    /// Only incomplete ones (or only complete ones).
    pub incomplete: Option<bool>,
    /// The withdrawn ones instead of those that stand.
    pub withdrawn: bool,
    /// Only what follows this one: day and id of the last of the page before.
    pub after: Option<(Date, EntryId)>,
}

const ROW: &str = "r.body, e.late, e.incomplete";
const ROW_FROM: &str = "entry e join entry_revision r on r.institution_id = e.institution_id and r.entry_id = e.id \
                        and r.revision = e.revision";

fn entry_row(c: &mut Columns<'_>) -> Result<EntryRow, StoreError> {
    Ok(EntryRow { entry: c.json()?, late: c.get()?, incomplete: c.get()? })
}

/// What a member may see of records: their unit's, and those that name them.
const MINE: &str = "exists (select 1 from entry_person x where x.institution_id = e.institution_id \
                    and x.entry_id = e.id and x.person_id = $p)";

const CREDIT: &str = "c.id, c.duty_id, c.entry_id, c.amount, c.happened, c.known, c.ended";

fn credit(c: &mut Columns<'_>) -> Result<Credit, StoreError> {
    Ok(Credit {
        id: c.get()?,
        duty: c.get()?,
        entry: c.get()?,
        amount: c.get()?,
        happened: c.get()?,
        known: c.get()?,
        ended: c.opt()?,
    })
}

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
    /// the record counts for a duty already; [`StoreError::NotFound`] when a credit to be ended is not there.
    pub async fn save_entry(
        &self,
        institution: InstitutionId,
        save: &SaveEntry<'_>,
        act: &Act,
    ) -> Result<Saved<Entry>, StoreError> {
        let SaveEntry { entry, based_on, late, incomplete, words, add, end, on } = save;
        let moves = !add.is_empty() || !end.is_empty();
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
            return Ok(if same { Saved::Already(stands) } else { Saved::Stale(stands) });
        }
        let whole = Entry {
            revision: based_on + 1,
            entered_at: stands.as_ref().map_or(write.at, |e| e.entered_at),
            entered_by: stands.as_ref().map_or(write.account.unwrap_or(entry.entered_by), |e| e.entered_by),
            revised_at: write.at,
            ..(*entry).clone()
        };
        if stands.is_some() {
            for list in ["entry_ledger", "entry_person", "entry_text"] {
                let text = format!("delete from {list} where institution_id = $1 and entry_id = $2");
                write.execute(&text, args![institution, entry.id]).await?;
            }
        }
        let one = ImportEntry {
            entry: whole,
            late: *late,
            incomplete: *incomplete,
            words: words.clone(),
            credits: add.to_vec(),
        };
        write.insert_entries(std::slice::from_ref(&one)).await?;
        let mut touched = write.end_credits(entry.id, end, *on).await?;
        touched.extend(write.credit_entries(std::slice::from_ref(&one)).await?);
        write.touch_duties(&touched).await?;
        write.commit().await?;
        Ok(Saved::Done(one.entry))
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

    /// Records, the newest day first, at most `limit`. The next page follows the last record's day and id.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn entries(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        filter: &EntryFilter,
        limit: u32,
    ) -> Result<Vec<EntryRow>, StoreError> {
        // The page is found in the indexes first; the records' bodies are read only for it.
        let mut query = Parts::new(self.dialect, &format!("select {ROW} from (select "), args![institution]);
        let (id, day) = found(&mut query, scope, filter, |id, day| format!("{id} as id, {day} as day"));
        query.push(&format!(" order by {day} desc, {id} desc"));
        query.with(" limit ", &limit, ") f");
        query.push(
            " join entry e on e.institution_id = $1 and e.id = f.id join entry_revision r \
             on r.institution_id = $1 and r.entry_id = e.id and r.revision = e.revision order by f.day desc, f.id desc",
        );
        self.rows(&query.sql, query.args, entry_row).await
    }

    /// How many records the filter finds, whatever the page; at most `most`, so that counting a long list costs no
    /// more than counting that many.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn count_entries(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        filter: &EntryFilter,
        most: u32,
    ) -> Result<i64, StoreError> {
        let whole = EntryFilter { after: None, ..filter.clone() };
        let mut query = Parts::new(self.dialect, "select count(*) from (select ", args![institution]);
        found(&mut query, scope, &whole, |_, _| "1 as found".to_owned());
        query.with(" limit ", &most, ") f");
        self.row(&query.sql, query.args, |c| c.get()).await.map(Option::unwrap_or_default)
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

/// Appends what the filter asks for: `columns` (made of the names of id and day), the tables, the conditions. The
/// names of id and day.
///
/// A list of one ledger walks that ledger's own index; any other walks the entries'.
fn found(
    query: &mut Parts,
    scope: &Scope,
    filter: &EntryFilter,
    columns: impl Fn(&str, &str) -> String,
) -> (&'static str, &'static str) {
    let EntryFilter {
        ledger,
        units,
        person,
        from,
        to,
        words,
        entered_from,
        late,
        incomplete,
        withdrawn,
        after,
    } = filter;
    let by_ledger = ledger.is_some();
    let (id, day, unit) =
        if by_ledger { ("l.entry_id", "l.day", "l.unit_id") } else { ("e.id", "e.day", "e.unit_id") };
    query.push(&columns(id, day));
    // The entry itself is needed only for what its ledger's index does not hold.
    let needs_entry = late.is_some()
        || incomplete.is_some()
        || entered_from.is_some()
        || matches!(scope, Scope::Own { .. });
    let standing = match ledger {
        Some(ledger) => {
            query.push(" from entry_ledger l");
            if needs_entry {
                query.push(" join entry e on e.institution_id = l.institution_id and e.id = l.entry_id");
            }
            query.with(" where l.institution_id = $1 and l.ledger = ", ledger, "");
            " and l.withdrawn = "
        }
        None => {
            query.push(" from entry e where e.institution_id = $1");
            " and e.withdrawn = "
        }
    };
    query.with(standing, withdrawn, "");
    if let Some(units) = units {
        query.one_of(" and ", unit, units.iter().map(|u| u.0));
    }
    if let Some(person) = person {
        query.push(&format!(
            " and {id} in (select x.entry_id from entry_person x where x.institution_id = $1"
        ));
        query.with(" and x.person_id = ", person, ")");
    }
    if let Some(from) = from {
        query.with(&format!(" and {day} >= "), from, "");
    }
    if let Some(to) = to {
        query.with(&format!(" and {day} <= "), to, "");
    }
    if let Some(at) = entered_from {
        query.with(" and e.entered_at >= ", at, "");
    }
    if let Some(late) = late {
        query.push(if *late { " and e.late" } else { " and not e.late" });
    }
    if let Some(incomplete) = incomplete {
        query.push(if *incomplete { " and e.incomplete" } else { " and not e.incomplete" });
    }
    if let Some(words) = words {
        let n = query.bind(&words.to_lowercase());
        let position = query.dialect.position("t.words", n);
        query.push(&format!(
            " and {id} in (select t.entry_id from entry_text t where t.institution_id = $1 and {position} > 0)"
        ));
    }
    if let Some((last, last_id)) = after {
        query.with(&format!(" and ({day}, {id}) < ("), last, "");
        query.with(", ", last_id, ")");
    }
    scope.narrow(query, unit, MINE);
    (id, day)
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
        insert_all(
            &self.tx,
            "insert into entry (institution_id, id, unit_id, day, title, ledgers, revision, entered_at, entered_by, \
             revised_at, revised_by, withdrawn, late, incomplete)",
            "on conflict (institution_id, id) do update set unit_id = excluded.unit_id, day = excluded.day, \
             title = excluded.title, ledgers = excluded.ledgers, revision = excluded.revision, \
             revised_at = excluded.revised_at, revised_by = excluded.revised_by, withdrawn = excluded.withdrawn, \
             late = excluded.late, incomplete = excluded.incomplete",
            14,
            all,
            |one| {
                let e = &one.entry;
                Ok(args![
                    institution, e.id, e.unit, e.day, e.title, to_json(&e.ledgers)?, e.revision, e.entered_at,
                    e.entered_by, e.revised_at, self.account, e.withdrawn, one.late, one.incomplete
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
        insert_all(&self.tx, "insert into entry_text (institution_id, entry_id, words)", "", 3, all, |one| {
            Ok(args![institution, one.entry.id, one.words])
        })
        .await?;
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
            "insert into entry_person (institution_id, person_id, day, entry_id, attendance)",
            "",
            5,
            &named,
            |(e, person, how)| Ok(args![institution, person, e.day, e.id, how]),
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

    /// Begins credits; the duties that they count for.
    pub(crate) async fn insert_credits(
        &self,
        credits: impl IntoIterator<Item = &Credit>,
    ) -> Result<Vec<DutyId>, StoreError> {
        let credits: Vec<&Credit> = credits.into_iter().collect();
        insert_all(
            &self.tx,
            "insert into credit (institution_id, id, duty_id, entry_id, amount, happened, known, ended, made_at, made_by)",
            "",
            10,
            &credits,
            |credit| {
                let Credit { id, duty, entry, amount, happened, known, ended } = credit;
                Ok(args![self.institution, id, duty, entry, amount, happened, known, ended, self.at, self.account])
            },
        )
        .await?;
        Ok(credits.iter().map(|c| c.duty).collect())
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
            let duty = self
                .row(
                    "update credit set ended = $4, ended_at = $5, ended_by = $6 where institution_id = $1 and id = $2 \
                     and entry_id = $3 and ended is null returning duty_id",
                    args![self.institution, id, entry, on, self.at, self.account],
                    |c| c.get::<DutyId>(),
                )
                .await?;
            duties.push(duty.ok_or(StoreError::NotFound)?);
        }
        Ok(duties)
    }
}

/// Who is named in a record, once each: as a participant (and whether they came), or in a field that holds a person.
pub(crate) fn people_of(entry: &Entry) -> Result<BTreeMap<PersonId, String>, StoreError> {
    let mut named = BTreeMap::new();
    for value in entry.values.values() {
        match value {
            Field::Person { id: Some(person), .. } => {
                named.entry(*person).or_insert_with(|| "named".to_owned());
            }
            Field::People(people) => {
                for participant in people {
                    if let Some(person) = participant.person {
                        named.insert(person, to_word(&participant.attendance)?);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(named)
}
