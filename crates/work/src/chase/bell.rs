//! How much is new for somebody, on every page.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use jiff::ToSpan;
use jiff::civil::Date;
use model::{AccountId, Confirmation, PersonId, Standing, UnitId};
use runtime::Pick;
use store::EntryFilter;

use super::digest::digest;
use crate::{Actor, Fault, Right, Work, sight};

/// Days for which something that was released is news.
const NEWS: i32 = 90;
/// Records that were returned, counted at most.
const MOST: u32 = 1_000;
/// Accounts that are kept.
const KEPT: usize = 5_000;

/// How much is new for somebody. Each number is the length of a list: of their units the duties that are not their people's; of
/// themselves their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bell {
    /// The units that are theirs.
    pub units: BTreeSet<UnitId>,
    /// What of these is late.
    pub late: u32,
    /// What of these is soon due.
    pub soon: u32,
    /// The person on the roster.
    pub person: Option<PersonId>,
    /// What of their own is late.
    pub own_late: u32,
    /// What of their own is soon due.
    pub own_soon: u32,
    /// Records that were returned, by the unit that they and those below it keep; none where there are none.
    pub returned: BTreeMap<UnitId, u64>,
    /// What was released to them and is not seen.
    pub released: u64,
}

impl Bell {
    /// What asks for something: what is soon due is listed, and does not count.
    #[must_use]
    pub fn number(&self) -> u64 {
        u64::from(self.late) + u64::from(self.own_late) + self.returned.values().sum::<u64>() + self.released
    }
}

/// What was counted for each account, with the number of writes and the day for which it holds.
#[derive(Default)]
struct Kept(Mutex<HashMap<AccountId, (i64, Date, Bell)>>);

/// How much is new for an account.
///
/// # Errors
/// When the store cannot read.
pub async fn bell(work: &Work, actor: &Actor) -> Result<Bell, Fault> {
    let today = work.clock.today();
    let writes = work.store.writes(actor.institution).await?;
    let kept = work.kept::<Kept>();
    let known = {
        let all = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&actor.account).filter(|(at, day, _)| (*at, *day) == (writes, today)).map(|(.., b)| b.clone())
    };
    if let Some(known) = known {
        return Ok(known);
    }
    let bell = count(work, actor, today).await?;
    let mut all = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= KEPT {
        all.clear();
    }
    all.insert(actor.account, (writes, today, bell.clone()));
    Ok(bell)
}

async fn count(work: &Work, actor: &Actor, today: Date) -> Result<Bell, Fault> {
    let mut out = Bell::default();
    if !actor.may(Right::SeeMonth) {
        return Ok(out);
    }
    out.units = sight::own_units(work, actor).await?;
    out.person = actor.person;
    if let Some(year) = work.year(actor.institution, None).await? {
        let board = year.board();
        let units = Pick { units: Some(out.units.clone()), own: true, ..Pick::default() };
        let tally = board.tally(&units, today);
        (out.late, out.soon) = (tally.of(Standing::Overdue), tally.of(Standing::DueSoon));
        if let Some(person) = actor.person {
            let own = Pick { obligations: year.owed_by_people(), ..Pick::person(person) };
            let tally = board.tally(&own, today);
            (out.own_late, out.own_soon) = (tally.of(Standing::Overdue), tally.of(Standing::DueSoon));
        }
    }
    if out.units.is_empty() {
        return Ok(out);
    }
    let scope = actor.scope_for(Right::SeeEntries);
    let parent = |u: UnitId| actor.known.unit(u).and_then(|u| u.parent);
    // The groups of a branch are counted with it.
    let roots = out.units.iter().copied().filter(|u| parent(*u).is_none_or(|p| !out.units.contains(&p)));
    for root in roots.collect::<Vec<_>>() {
        let filter = EntryFilter {
            units: Some(actor.known.organisation.subtree(root)),
            confirmation: Some(Confirmation::Returned),
            ..EntryFilter::default()
        };
        let found = work.store.count_entries(actor.institution, &scope, &filter, MOST).await?;
        let found = u64::try_from(found).unwrap_or(0);
        if found > 0 {
            out.returned.insert(root, found);
        }
    }
    let from = today.checked_sub(NEWS.days()).unwrap_or(today);
    if !work.store.rungs(actor.institution, Some(&out.units), from).await?.is_empty() {
        out.released = u64::try_from(digest(work, actor).await?.released.len()).unwrap_or(u64::MAX);
    }
    Ok(out)
}
