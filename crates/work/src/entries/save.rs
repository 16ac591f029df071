//! The one way in which a record is saved.

use std::collections::BTreeSet;

use model::{CaseId, Credit, CreditId, DutyId, Entry};
use runtime::{CreditProposal, Missing};
use serde_json::json;
use store::{CaseWrite, ChaseWrite, DutyFilter, EntryRow, SaveEntry, Saved, Scope, StoreError};

use super::{confirm, offer};
use crate::actor::Actor;
use crate::clock::day_of;
use crate::fault::Fault;
use crate::privacy::is_for_few;
use crate::right::Right;
use crate::state::Work;
use crate::{cases, moments};

/// Days after which a record counts as entered late (补录): whoever comes home on Friday writes on Monday.
const GRACE: i64 = 3;
/// Tries before giving up, when others write meanwhile.
const TRIES: usize = 5;

/// A record to be saved.
pub struct Record<'a> {
    /// The record as it is to be.
    pub entry: &'a Entry,
    /// The revision that it was made from; 0 for a new one.
    pub based_on: u32,
    /// What it may count for; what is ticked counts.
    pub proposals: &'a [CreditProposal],
    /// Why it is withdrawn; empty otherwise.
    pub reason: &'a str,
    /// The case from whose step its form was opened.
    pub case: Option<CaseId>,
    /// What is written of the chase with it, where it says how something late stands.
    pub chase: Option<&'a ChaseWrite>,
}

/// Saves a record, new, revised, withdrawn or restored: with what it counts for, and with what follows for other duties
/// where it is an event or says a day on which they hang, and with the steps of cases that it does, in one transaction.
///
/// # Errors
/// [`Fault::NotFound`] when the account does not keep the unit's records; [`Fault::Invalid`] when the record names a
/// person or a unit that is no longer there; [`Fault::Conflict`] when others kept writing; when the store cannot write.
pub async fn save(work: &Work, actor: &Actor, record: &Record<'_>) -> Result<Saved<Entry>, Fault> {
    let Record { entry, based_on, proposals, reason, case, chase } = *record;
    actor.must_cover(Right::Record, entry.unit)?;
    let today = work.clock.today();
    let old = work.store.credits_of_entries(actor.institution, &Scope::All, &[entry.id]).await?;
    let credits = runtime::recredit(entry, &old, proposals, today, &mut CreditId::fresh);
    let stays = |c: &&Credit| c.ended.is_none() && !credits.ended.contains(&c.id);
    let counting: BTreeSet<DutyId> =
        old.iter().filter(stays).chain(&credits.new).map(|credit| credit.duty).collect();
    let save = SaveEntry {
        entry,
        based_on,
        above: confirm::above(work, actor, entry),
        reason,
        late: is_late(work, actor, entry, &counting).await?,
        incomplete: !entry.withdrawn && !lacks(work, entry).is_empty(),
        words: searched(work, actor, entry).await?,
        add: &credits.new,
        end: &credits.ended,
        on: today,
        follows: None,
        cases: None,
        chase,
    };
    let action = match (entry.withdrawn, based_on) {
        (true, _) => "entry.withdraw",
        (false, 0) => "entry.save",
        (false, _) => "entry.revise",
    };
    for _ in 0..TRIES {
        let as_of = work.store.change_number(actor.institution).await?;
        let counts = (credits.new.as_slice(), credits.ended.as_slice(), old.as_slice());
        let follows = moments::of_record(work, actor, entry, based_on, counts).await?;
        let moved = cases::of_record(work, actor, entry, based_on, case).await?;
        if moved.as_ref().is_some_and(|m| m.as_of != as_of) {
            continue;
        }
        let save = SaveEntry {
            follows: (!follows.is_empty()).then_some((&follows, as_of)),
            cases: moved.as_ref(),
            ..save.clone()
        };
        let act = actor.act(work, action).on(entry.id).with(json!({
            "title": if is_for_few(work, entry) { "" } else { &entry.title }, "ledgers": entry.ledgers, "counts": credits.new.len() + follows.credits.len(),
            "ends": credits.ended.len(), "made": follows.made.len(), "dropped": follows.drop.len(), "reason": reason,
            "steps": moved.as_ref().map_or(0, |m| m.events.len()),
        }));
        match work.store.save_entry_at(actor.institution, &save, &act).await {
            // The revision that the form names never was: as if somebody else had been there.
            Err(StoreError::Constraint(name)) if name == "foreign_key" => {
                return Err(Fault::field("", "记录里有人或组织刚刚被移出名册，请刷新这一页再保存。"));
            }
            // Something was written since it was worked out what follows.
            Err(StoreError::Conflict) if save.follows.is_some() || save.cases.is_some() => {}
            Err(other) => return Err(other.into()),
            Ok((saved, change)) => {
                // What else follows is read from the store by the next page.
                let plain = follows.is_empty() && moved.as_ref().is_none_or(|m| m.people.is_empty());
                if matches!(saved, Saved::Done(_)) && plain {
                    let ended: Vec<Credit> =
                        old.iter().filter(|c| credits.ended.contains(&c.id)).cloned().collect();
                    work.credited(actor.institution, change, &credits.new, &ended, today);
                }
                return Ok(saved);
            }
        }
    }
    Err(Fault::Conflict("办理情况一直在变，没有保存；请过一会儿再按一次。".to_owned()))
}

/// Whether a record that counts for these duties is a 补录: the mark begins when the first of them is over.
async fn is_late(
    work: &Work,
    actor: &Actor,
    entry: &Entry,
    counting: &BTreeSet<DutyId>,
) -> Result<bool, Fault> {
    let entered = day_of(entry.entered_at);
    // Most records are no 补录 whatever they count for.
    if counting.is_empty() || !runtime::is_backfill(entry.day, entered, None, GRACE) {
        return Ok(runtime::is_backfill(entry.day, entered, None, GRACE));
    }
    let filter = DutyFilter { ids: Some(counting.clone()), dropped: true, ..DutyFilter::default() };
    let duties = work.store.duties(actor.institution, &Scope::All, &filter, u32::MAX).await?;
    let until = duties.iter().map(|duty| duty.due).min();
    Ok(runtime::is_backfill(entry.day, entered, until, GRACE))
}

/// Saves a new record that drafts a case which is opened with it, with a rung of the chase that opens it; the change number
/// that it was.
///
/// # Errors
/// [`Fault::NotFound`] when the account does not keep the unit's records.
pub(crate) async fn draft(
    work: &Work,
    actor: &Actor,
    entry: &Entry,
    (cases, chase): (&CaseWrite, &ChaseWrite),
    act: &store::Act,
) -> Result<Result<i64, StoreError>, Fault> {
    actor.must_cover(Right::Record, entry.unit)?;
    let save = SaveEntry {
        entry,
        based_on: 0,
        above: confirm::above(work, actor, entry),
        reason: "",
        late: false,
        incomplete: !lacks(work, entry).is_empty(),
        words: searched(work, actor, entry).await?,
        add: &[],
        end: &[],
        on: work.clock.today(),
        follows: None,
        cases: Some(cases),
        chase: Some(chase),
    };
    Ok(work.store.save_entry_at(actor.institution, &save, act).await.map(|(_, change)| change))
}

/// Saves a record anew as withdrawn, or as standing again; what it counts for ends or is found again. The revision
/// that it has then, or why nothing was done.
///
/// # Errors
/// As of [`save`].
pub async fn turn(
    work: &Work,
    actor: &Actor,
    row: &EntryRow,
    based_on: u32,
    withdrawn: bool,
    reason: &str,
) -> Result<Result<u32, String>, Fault> {
    let entry = Entry { withdrawn, ..row.entry.clone() };
    let offer = offer::offer(work, actor, &entry, None, None).await?;
    let record =
        Record { entry: &entry, based_on, proposals: &offer.proposals, reason, case: None, chase: None };
    Ok(match save(work, actor, &record).await? {
        Saved::Done(entry) | Saved::Already(entry) => Ok(entry.revision),
        Saved::Stale(_) => Err("别人刚刚改过".to_owned()),
    })
}

/// What a record still lacks, by the form of its ledgers on its day.
#[must_use]
pub fn lacks(work: &Work, entry: &Entry) -> Vec<Missing> {
    runtime::missing(entry, &work.rulebook.ledgers_of(entry))
}

/// What is out of bounds in a record, by the form of its ledgers on its day.
#[must_use]
pub fn warnings(work: &Work, entry: &Entry, organisation: &model::Organisation) -> Vec<Missing> {
    runtime::warnings(entry, &work.rulebook.ledgers_of(entry), organisation)
}

/// By which words a record is found, by the form of its ledgers on its day; what stands in its files included.
///
/// # Errors
/// When the store cannot read.
pub async fn searched(work: &Work, actor: &Actor, entry: &Entry) -> Result<String, Fault> {
    let texts = work.store.file_words(actor.institution, entry).await?;
    Ok(runtime::words(entry, &work.rulebook.ledgers_of(entry), &texts))
}
