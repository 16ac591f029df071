//! What a record may count for: found by the runtime among the duties of its unit and of the people who are named.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use model::rule::Ledger;
use model::{Credit, Duty, DutyId, Entry, PersonId, UnitId, UnitKind};
use runtime::{CreditProposal, Owed, candidates, held_by, shown_by};
use store::{DutyFilter, Scope, StoreError};

use crate::actor::Actor;
use crate::fault::Fault;
use crate::fields::Fields;
use crate::state::Work;
use crate::year::Year;

/// More duties than this one unit and its people never have in a year.
const MOST: u32 = 20_000;
/// People from elsewhere whose duties are looked up.
const STRANGERS: usize = 300;

/// The duties that a record may count for, and what it counts for now.
#[derive(Default)]
pub struct Offer {
    /// What the runtime proposes.
    pub proposals: Vec<CreditProposal>,
    /// The duties that are meant.
    pub duties: BTreeMap<DutyId, Duty>,
    /// The record's own credits, ended ones too.
    pub own: Vec<Credit>,
}

impl Offer {
    /// Ticks what was chosen: `offered` names the obligations that were shown, `credit` those that were left ticked;
    /// of what was not shown, what is plain is ticked.
    #[must_use]
    pub fn chosen(mut self, sent: &Fields) -> Self {
        let offered: BTreeSet<&str> = sent.all("offered").collect();
        let ticked: BTreeSet<&str> = sent.all("credit").collect();
        for p in &mut self.proposals {
            let id = p.obligation.to_string();
            if offered.contains(id.as_str()) {
                p.ticked = ticked.contains(id.as_str());
            }
        }
        self
    }
}

/// The Book that a record is about: that of the duty that it was opened from, else that of the year of its day.
///
/// # Errors
/// When the store cannot read.
pub async fn year_of(
    work: &Work,
    actor: &Actor,
    duty: Option<DutyId>,
    day: Date,
) -> Result<Option<Arc<Year>>, Fault> {
    let number = match duty {
        Some(duty) => match work.store.duty(actor.institution, &Scope::All, duty).await {
            Ok(duty) => duty.year,
            Err(StoreError::NotFound) => day.year(),
            Err(other) => return Err(other.into()),
        },
        None => day.year(),
    };
    work.book(actor.institution, number, None).await
}

/// Finds what a record may count for. `duty` is the one that it was opened from; `home` the people whose duties are the
/// unit's own, where that is known already.
///
/// # Errors
/// When the store cannot read.
pub async fn offer(
    work: &Work,
    actor: &Actor,
    entry: &Entry,
    duty: Option<DutyId>,
    home: Option<&BTreeSet<PersonId>>,
) -> Result<Offer, Fault> {
    let Some(year) = year_of(work, actor, duty, entry.day).await? else { return Ok(Offer::default()) };
    let (store, institution) = (&work.store, actor.institution);
    let ledger = |id: &str| work.rulebook.ledger_on(id, entry.day).ok().or_else(|| work.rulebook.ledger(id));
    let ledgers: Vec<&Ledger> = entry.ledgers.iter().filter_map(|l| ledger(l)).collect();
    let shown = shown_by(entry, year.obligations(), ledger);
    if shown.is_empty() {
        return Ok(Offer::default());
    }
    let mut filter = DutyFilter {
        obligations: Some(shown),
        units: Some(homes(actor, entry, &ledgers)),
        ..DutyFilter::default()
    };
    let mut duties = store.duties(institution, &Scope::All, &filter, MOST).await?;
    // Somebody from another branch who was there (the lecturer, a guest on the roster) owes in their own branch.
    filter.units = None;
    for person in strangers(work, actor, entry, home).await? {
        filter.person = Some(person);
        duties.extend(store.duties(institution, &Scope::All, &filter, MOST).await?);
    }
    let mut seen = BTreeSet::new();
    duties.retain(|d| seen.insert(d.id));
    // What other records count for is in memory; only the record's own credits are read.
    let own = store.credits_of_entries(institution, &Scope::All, &[entry.id]).await?;
    let today = work.clock.today();
    let owed: Vec<Owed> = {
        let board = year.board();
        duties
            .iter()
            .map(|d| {
                let Some(facts) = board.facts(d.id) else { return Owed::new(d, &own, false) };
                let closed = [facts.waived, facts.dropped].iter().flatten().any(|day| *day <= today);
                Owed::standing(d, &facts, &own, closed)
            })
            .collect()
    };
    let proposals = candidates(entry, duty, &owed, |id| year.obligation(id), ledger);
    let meant: BTreeSet<DutyId> = proposals.iter().map(|p| p.duty).collect();
    let duties = duties.into_iter().filter(|d| meant.contains(&d.id)).map(|d| (d.id, d)).collect();
    Ok(Offer { proposals, duties, own })
}

/// Whose people are asked about: of a group the branch that it belongs to.
fn branch(actor: &Actor, unit: UnitId) -> UnitId {
    match actor.known.unit(unit) {
        Some(u) if u.kind == UnitKind::Group => u.parent.unwrap_or(unit),
        _ => unit,
    }
}

/// The units whose duties, and whose people's, a record may count for: its own, its branch's, those that held it together,
/// and of a unit that is no more those into which its people went.
fn homes(actor: &Actor, entry: &Entry, ledgers: &[&Ledger]) -> BTreeSet<UnitId> {
    let mut out = BTreeSet::from([entry.unit, branch(actor, entry.unit)]);
    out.extend(held_by(entry, ledgers));
    for change in &actor.known.changes {
        if change.from.iter().any(|u| out.contains(u)) {
            out.extend(&change.to);
        }
    }
    out
}

/// The people whom a record names and whose duties are not among those of its unit.
async fn strangers(
    work: &Work,
    actor: &Actor,
    entry: &Entry,
    home: Option<&BTreeSet<PersonId>>,
) -> Result<Vec<PersonId>, Fault> {
    let values = entry.values.values().filter_map(|v| match v {
        model::Value::Person { id, .. } => *id,
        _ => None,
    });
    let named: BTreeSet<PersonId> = values.chain(entry.people().iter().filter_map(|p| p.person)).collect();
    let kind = actor.known.unit(entry.unit).map(|u| u.kind);
    if named.is_empty() || !matches!(kind, Some(UnitKind::Branch | UnitKind::Group)) {
        // A unit without a roster (a department) has its people in branches of their own.
        return Ok(named.into_iter().take(STRANGERS).collect());
    }
    let roster;
    let home = match home {
        Some(home) => home,
        None => {
            let scope = Scope::Units(BTreeSet::from([entry.unit, branch(actor, entry.unit)]));
            let members = work.store.members_on(actor.institution, &scope, entry.day).await?;
            roster = members.iter().map(|m| m.person.id).collect();
            &roster
        }
    };
    Ok(named.into_iter().filter(|p| !home.contains(p)).take(STRANGERS).collect())
}
