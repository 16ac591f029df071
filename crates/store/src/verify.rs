//! Whether the lists that are made of records still say what the newest revisions say.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use model::{AccountId, Entry, EntryId, FileId, InstitutionId, PersonId, UnitId};

use crate::{
    Store, StoreError,
    entries::{HowNamed, people_of},
    files::words_of_range,
    row::{Columns, args, from_json},
    search::text::fold,
    sql,
    tx::Tx,
};

/// Records that a check reads at a time.
const AT_A_TIME: i64 = 2_000;

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Amiss {
    /// The record has no revision of its newest number, or one that cannot be read.
    NoRevision,
    /// Its revisions are not numbered from 1 to the newest.
    Numbering,
    /// Unit, day, title, ledgers, times or withdrawal are not those of the newest revision.
    Head,
    /// The words for searching are not those of the newest revision.
    Words,
    /// It is listed in other ledgers, or under another day or unit.
    Ledgers,
    /// Other people are noted as having been there.
    People,
    /// Its confirmation is not what was last said of its newest revision.
    Confirmation,
}

/// A record of which something differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryFault {
    /// The record.
    pub entry: EntryId,
    /// Its title, as lists show it.
    pub title: String,
    /// Its day, as lists show it.
    pub day: Date,
    /// What differs.
    pub what: Amiss,
}

/// The row that lists read, with its newest revision beside it.
struct Head {
    id: EntryId,
    unit: UnitId,
    day: Date,
    title: String,
    ledgers: String,
    revision: u32,
    entered_at: Timestamp,
    entered_by: AccountId,
    revised_at: Timestamp,
    withdrawn: bool,
    words: Option<String>,
    body: Option<String>,
    revisions: i64,
    newest: Option<i64>,
    asked: bool,
    confirmation: String,
    said: Option<String>,
}

const HEAD: &str = "select e.id, e.unit_id, e.day, e.title, e.ledgers, e.revision, e.entered_at, e.entered_by, \
    e.revised_at, e.withdrawn, t.words, r.body, \
    (select count(*) from entry_revision x where x.institution_id = e.institution_id and x.entry_id = e.id), \
    (select max(x.revision) from entry_revision x where x.institution_id = e.institution_id and x.entry_id = e.id), \
    e.above_id is not null, e.confirmation, \
    (select n.kind from entry_note n where n.institution_id = e.institution_id and n.entry_id = e.id \
     and n.revision = e.revision order by n.seq desc limit 1) \
    from entry e \
    left join entry_words t on t.institution_id = e.institution_id and t.entry_id = e.id \
    left join entry_revision r on r.institution_id = e.institution_id and r.entry_id = e.id and r.revision = e.revision \
    where e.institution_id = $1 and e.id > $2 order by e.id limit $3";

fn head(c: &mut Columns<'_>) -> Result<Head, StoreError> {
    Ok(Head {
        id: c.get()?,
        unit: c.get()?,
        day: c.get()?,
        title: c.get()?,
        ledgers: c.get()?,
        revision: c.get()?,
        entered_at: c.get()?,
        entered_by: c.get()?,
        revised_at: c.get()?,
        withdrawn: c.get()?,
        words: c.opt()?,
        body: c.opt()?,
        revisions: c.get()?,
        newest: c.opt()?,
        asked: c.get()?,
        confirmation: c.get()?,
        said: c.opt()?,
    })
}

type InLedgers = BTreeMap<EntryId, BTreeSet<(String, Date, UnitId, bool)>>;
type Named = BTreeMap<EntryId, BTreeMap<PersonId, (Date, HowNamed)>>;

async fn in_ledgers(
    tx: &Tx,
    institution: InstitutionId,
    from: EntryId,
    to: EntryId,
) -> Result<InLedgers, StoreError> {
    let rows = sql::rows(
        tx,
        "select entry_id, ledger, day, unit_id, withdrawn from entry_ledger where institution_id = $1 \
         and entry_id > $2 and entry_id <= $3",
        args![institution, from, to],
        |c| Ok((c.get::<EntryId>()?, (c.get()?, c.get()?, c.get()?, c.get()?))),
    )
    .await?;
    let mut out = InLedgers::new();
    for (entry, row) in rows {
        out.entry(entry).or_default().insert(row);
    }
    Ok(out)
}

async fn named(tx: &Tx, institution: InstitutionId, from: EntryId, to: EntryId) -> Result<Named, StoreError> {
    let rows = sql::rows(
        tx,
        "select entry_id, person_id, day, attendance, fields from entry_person where institution_id = $1 \
         and entry_id > $2 and entry_id <= $3",
        args![institution, from, to],
        |c| {
            let (entry, person, day) = (c.get::<EntryId>()?, c.get()?, c.get()?);
            Ok((entry, person, (day, HowNamed { attendance: c.get()?, fields: c.get()? })))
        },
    )
    .await?;
    let mut out = Named::new();
    for (entry, person, row) in rows {
        out.entry(entry).or_default().insert(person, row);
    }
    Ok(out)
}

/// What of one record differs.
fn amiss(
    head: &Head,
    ledgers: &InLedgers,
    named: &Named,
    words: impl FnOnce(&Entry) -> String,
) -> Result<Vec<Amiss>, StoreError> {
    let Some(body) = head.body.as_deref().and_then(|b| from_json::<Entry>(b).ok()) else {
        return Ok(vec![Amiss::NoRevision]);
    };
    let mut out = Vec::new();
    let numbers = i64::from(head.revision);
    if head.revisions != numbers || head.newest != Some(numbers) || body.revision != head.revision {
        out.push(Amiss::Numbering);
    }
    let same = body.id == head.id
        && body.unit == head.unit
        && body.day == head.day
        && body.title == head.title
        && from_json::<Vec<String>>(&head.ledgers).is_ok_and(|l| l == body.ledgers)
        // The database keeps microseconds.
        && body.entered_at.as_microsecond() == head.entered_at.as_microsecond()
        && body.entered_by == head.entered_by
        && body.revised_at.as_microsecond() == head.revised_at.as_microsecond()
        && body.withdrawn == head.withdrawn;
    if !same {
        out.push(Amiss::Head);
    }
    if head.words.as_deref() != Some(fold(&words(&body)).as_str()) {
        out.push(Amiss::Words);
    }
    let listed: BTreeSet<_> =
        body.ledgers.iter().map(|l| (l.clone(), body.day, body.unit, body.withdrawn)).collect();
    if ledgers.get(&head.id).cloned().unwrap_or_default() != listed {
        out.push(Amiss::Ledgers);
    }
    let people: BTreeMap<PersonId, (Date, HowNamed)> =
        people_of(&body)?.into_iter().map(|(person, how)| (person, (body.day, how))).collect();
    if named.get(&head.id).cloned().unwrap_or_default() != people {
        out.push(Amiss::People);
    }
    let expected = match head.said.as_deref() {
        _ if !head.asked || head.withdrawn => "",
        Some(said @ ("confirmed" | "returned")) => said,
        _ => "waiting",
    };
    if head.confirmation != expected {
        out.push(Amiss::Confirmation);
    }
    Ok(out)
}

impl Store {
    /// Compares every record's lists with its newest revision: how many records there are, and where they differ.
    /// `words` says by which words a record is found, given what stands in its files.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn verify_entries(
        &self,
        institution: InstitutionId,
        words: impl Fn(&Entry, &BTreeMap<FileId, String>) -> String,
    ) -> Result<(u64, Vec<EntryFault>), StoreError> {
        let tx = self.snapshot().await?;
        let mut last = EntryId(uuid::Uuid::nil());
        let (mut count, mut faults) = (0, Vec::new());
        loop {
            let heads = sql::rows(&tx, HEAD, args![institution, last, AT_A_TIME], head).await?;
            let Some(end) = heads.last().map(|h| h.id) else { break };
            let ledgers = in_ledgers(&tx, institution, last, end).await?;
            let named = named(&tx, institution, last, end).await?;
            let texts = words_of_range(&tx, institution, last, end).await?;
            for head in heads {
                count += 1;
                for what in amiss(&head, &ledgers, &named, |e| words(e, &texts))? {
                    let Head { id: entry, ref title, day, .. } = head;
                    faults.push(EntryFault { entry, title: title.clone(), day, what });
                }
            }
            last = end;
        }
        tx.commit().await?;
        Ok((count, faults))
    }
}
