//! 学校事件: telling the day of an event, moving it, taking it back; and what follows, from that and from the records that are events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::{Date, date};
use model::{
    AlsoAsked, Credit, CreditId, Duty, DutyId, Entry, InstitutionId, Moment, MomentId, Obligation,
    ObligationId, PlanId, StandingFacts, Value,
};
use runtime::{Basis, Followed, Left, Moments, Occasion, Owed, Pick, Roster, Turn, candidates};
use serde_json::json;
use store::{EntryFilter, Follows, MomentTold, Saved, Scope, StoreError, TellMoment};

use crate::{Actor, Fault, Work, Year, terms};

/// More records of one ledger than a large institution keeps in a year.
const MOST: u32 = 50_000;
/// Duties that are read at a time.
const READ: usize = 5_000;
/// Tries before giving up, when others write meanwhile.
const TRIES: usize = 5;

/// The newest revision of each occasion, with those before it, oldest first.
#[must_use]
pub fn by_occasion(told: Vec<MomentTold>) -> Vec<(MomentTold, Vec<MomentTold>)> {
    let mut all: BTreeMap<MomentId, Vec<MomentTold>> = BTreeMap::new();
    for one in told {
        all.entry(one.id).or_default().push(one);
    }
    all.into_values().filter_map(|mut revisions| Some((revisions.pop()?, revisions))).collect()
}

fn occasion_of(told: &MomentTold) -> Option<Occasion> {
    told.day.map(|day| Occasion { day, year: told.year, unit: told.unit })
}

/// The day that a record gives a moment: its own, or that of a field.
fn written(entry: &Entry, field: Option<&str>) -> Option<Occasion> {
    if entry.withdrawn {
        return None;
    }
    let day = match field {
        None => entry.day,
        Some(field) => match entry.values.get(field)? {
            Value::Day(day) => *day,
            _ => return None,
        },
    };
    Some(Occasion::of(entry.unit, day))
}

/// The ledger whose records give a moment its days, and the field; none where only the office tells them.
fn source(work: &Work, moment: &Moment) -> Option<(String, Option<String>)> {
    match moment {
        Moment::Written { ledger, field, .. } => Some((ledger.clone(), Some(field.clone()))),
        Moment::Event { .. } => {
            let events = work.rulebook.events();
            Some((events.get(&events.key(moment)?)?.ledger.clone()?, None))
        }
        Moment::TermEnd => None,
    }
}

/// The days of these moments in a year: told, written down in records, and the ends of terms.
///
/// # Errors
/// When the store cannot read.
pub async fn known<'m>(
    work: &Work,
    institution: InstitutionId,
    year: i16,
    of: impl IntoIterator<Item = &'m Moment>,
) -> Result<Moments, Fault> {
    known_without(work, institution, year, of, None).await
}

/// Every day that plans of a year may hang on: what is told, what the records of events and the days in them say, the ends of terms.
///
/// # Errors
/// When the store cannot read.
pub async fn of_year(work: &Work, institution: InstitutionId, year: i16) -> Result<Moments, Fault> {
    let events = work.rulebook.events().all().iter().filter(|e| e.ledger.is_some());
    let mut all: Vec<Moment> =
        events.map(|e| Moment::Event { id: e.id.clone(), words: e.title.clone() }).collect();
    all.push(Moment::TermEnd);
    all.extend(work.rulebook.obligations().iter().filter_map(|o| o.cadence.moment()).cloned());
    known(work, institution, year, &all).await
}

/// The same without what is told under this id, or recorded under it.
async fn known_without<'m>(
    work: &Work,
    institution: InstitutionId,
    year: i16,
    of: impl IntoIterator<Item = &'m Moment>,
    without: Option<uuid::Uuid>,
) -> Result<Moments, Fault> {
    let events = work.rulebook.events();
    let mut out = Moments::new(events);
    let mut ledgers: BTreeMap<String, BTreeSet<(String, Option<String>)>> = BTreeMap::new();
    let mut by_term = false;
    for moment in of {
        by_term |= *moment == Moment::TermEnd;
        if let (Some((ledger, field)), Some(key)) = (source(work, moment), events.key(moment)) {
            ledgers.entry(ledger).or_default().insert((key, field));
        }
    }
    for (told, _) in by_occasion(work.store.moments(institution, Some(year)).await?) {
        if let Some(occasion) = occasion_of(&told).filter(|_| Some(told.id.0) != without) {
            out.add(&told.event, occasion);
        }
    }
    for (ledger, keys) in ledgers {
        // A day in a field may lie in another year than the record.
        let filter = EntryFilter {
            ledger: Some(ledger),
            from: Some(date(year.saturating_sub(1), 1, 1)),
            ..EntryFilter::default()
        };
        let rows = work.store.entries(institution, &Scope::All, &filter, MOST).await?;
        for row in rows.iter().filter(|r| Some(r.entry.id.0) != without) {
            for (key, field) in &keys {
                if let Some(occasion) = written(&row.entry, field.as_deref()) {
                    out.add(key, occasion);
                }
            }
        }
    }
    if by_term {
        out = out.with_terms(terms::all_terms(work, institution).await?);
    }
    Ok(out)
}

/// What follows for what one source asks: a plan, or the rules that run by themselves.
pub struct Effect {
    /// What the source is called.
    pub title: String,
    year: Arc<Year>,
    /// The duties that it asks, with what their standing rests on.
    held: Vec<(Duty, StandingFacts)>,
    /// What is made, ends and stays.
    pub followed: Followed,
    /// What counts for what is made.
    credits: Vec<Credit>,
    /// By obligation: its title, how many duties are made, end, and stay for which reasons.
    pub lines: Vec<Line>,
}

/// What follows for one obligation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its title.
    pub title: String,
    /// Its rhythm.
    pub cadence: String,
    /// How many duties are made.
    pub made: usize,
    /// By when they are due; none when none is made.
    pub due: Option<Date>,
    /// How many end.
    pub ended: usize,
    /// How many stay, by reason.
    pub left: BTreeMap<Left, usize>,
}

/// A record that is being saved, with what it counts for from now on.
#[derive(Clone, Copy)]
struct Record<'a> {
    entry: &'a Entry,
    new: &'a [Credit],
    ended: &'a [CreditId],
    old: &'a [Credit],
}

/// A source of what runs in a year.
struct Asking {
    title: String,
    year: Arc<Year>,
    /// The plan; none for the rules that run by themselves.
    plan: Option<PlanId>,
    /// Day from which it is known.
    since: Date,
}

impl Asking {
    /// What of it hangs on a moment.
    fn hanging(&self, on: Date) -> impl Iterator<Item = &Obligation> {
        hanging(&self.year, on).filter(|o| o.source.plan() == self.plan)
    }
}

/// All that asks something in the years meant, source by source.
async fn asking(
    work: &Work,
    institution: InstitutionId,
    is_meant: impl Fn(i16) -> bool,
) -> Result<Vec<Asking>, Fault> {
    let mut out = Vec::new();
    for number in work.store.years(institution).await?.into_iter().filter(|y| is_meant(*y)) {
        let Some(year) = work.book(institution, number, None).await? else { continue };
        let parts = year.parts.iter().map(|p| (p.head.title.clone(), Some(p.head.id)));
        let rules = std::iter::once((format!("{number}年度常规"), None));
        for (title, plan) in parts.chain(rules) {
            let own = year.obligations().iter().filter(|o| o.source.plan() == plan);
            if let Some(since) = own.filter_map(|o| year.since(o.id)).min() {
                out.push(Asking { title, year: Arc::clone(&year), plan, since });
            }
        }
    }
    Ok(out)
}

fn hanging(year: &Year, on: Date) -> impl Iterator<Item = &Obligation> {
    year.obligations()
        .iter()
        .filter(move |o| o.assessed && o.cadence.moment().is_some() && year.asked(o.id, on))
}

/// What the turn of one occasion changes in what one source asks; none when nothing there hangs on it. What would have been due before `from` is not
/// asked.
async fn effect(
    work: &Work,
    actor: &Actor,
    asking: &Asking,
    turn: &Turn,
    from: Date,
    (turned, record): (uuid::Uuid, Option<Record<'_>>),
) -> Result<Option<Effect>, Fault> {
    let (institution, today) = (actor.institution, work.clock.today());
    let events = work.rulebook.events();
    let (year, number) = (&asking.year, asking.year.number);
    let moved: Vec<&Obligation> = asking.hanging(today).filter(|o| turn.moves(o, events)).collect();
    let Some(on) = moved.first().and_then(|o| o.cadence.moment()) else { return Ok(None) };
    let mine: BTreeSet<ObligationId> = moved.iter().map(|o| o.id).collect();
    let ids: Vec<DutyId> = {
        let lens = Some(Arc::new(mine.clone()));
        year.board().list(&Pick { lens, ..Pick::default() }, today).into_iter().map(|l| l.duty).collect()
    };
    let mut held: Vec<(Duty, StandingFacts)> = Vec::new();
    for some in ids.chunks(READ) {
        let duties = work.store.duties_by_ids(institution, &Scope::All, some).await?;
        let board = year.board();
        for d in duties {
            // What another source made and this one asks too is this one's as well.
            let by = board.facts(d.id).and_then(|f| f.asked_by(today).find(|o| mine.contains(o)));
            if let (Some(facts), Some(obligation)) = (board.facts(d.id), by) {
                held.push((Duty { obligation, ..d }, facts));
            }
        }
    }
    if let Some(record) = record {
        for (duty, facts) in &mut held {
            count_in(duty.id, facts, &record, today);
        }
    }
    let moments = known_without(work, institution, number, [on], Some(turned)).await?.turned(turn);
    let roster = if moved.iter().any(|o| concerns_people(o)) {
        let people = work.store.people(institution).await?;
        Roster::new(people.memberships, people.posts)
            .with_categories(work.store.categories(institution).await?)
    } else {
        Roster::default()
    };
    let usual = runtime::usual_months(work.rulebook.in_force(today));
    let basis = Basis {
        org: &actor.known.organisation,
        roster: &roster,
        calendar: &year.calendar,
        year: number,
        made: today,
        from: from.max(date(number, 1, 1)),
        rules: work.rulebook.version(),
        moments: &moments,
        usual_months: &usual,
    };
    let followed = runtime::follow(turn, &moved, &held, &basis, &mut DutyId::fresh);
    // What tells when a term ends is the election before the one that is asked for then.
    let credits = match on {
        Moment::TermEnd => Vec::new(),
        _ => credits(work, institution, year, &followed.made, &held, record).await?,
    };
    let lines = lines(&moved, &held, &followed);
    Ok(Some(Effect { title: asking.title.clone(), year: Arc::clone(year), held, followed, credits, lines }))
}

/// Adds to the facts of a duty what the record that is being saved changes in them.
fn count_in(duty: DutyId, facts: &mut StandingFacts, record: &Record<'_>, today: Date) {
    for c in record.old.iter().filter(|c| c.duty == duty && record.ended.contains(&c.id)) {
        let same = |x: &(Date, Date, Option<Date>, u32)| *x == (c.happened, c.known, c.ended, c.amount);
        if let Some(at) = facts.credits.iter().position(same) {
            facts.credits.remove(at);
        }
    }
    for c in record.new.iter().filter(|c| c.duty == duty) {
        facts.credits.push((c.happened, today, None, c.amount));
    }
    facts.credits.sort_unstable();
}

fn lines(moved: &[&Obligation], held: &[(Duty, StandingFacts)], followed: &Followed) -> Vec<Line> {
    let whose: BTreeMap<DutyId, ObligationId> = held.iter().map(|(d, _)| (d.id, d.obligation)).collect();
    let mut out = Vec::new();
    for o in moved {
        let mine = |id: &DutyId| whose.get(id) == Some(&o.id);
        let made = || followed.made.iter().filter(|d| d.obligation == o.id);
        let mut left: BTreeMap<Left, usize> = BTreeMap::new();
        for (_, why) in followed.left.iter().filter(|(id, _)| mine(id)) {
            *left.entry(*why).or_default() += 1;
        }
        out.push(Line {
            title: o.title.clone(),
            cadence: o.cadence.words(),
            made: made().count(),
            due: made().map(|d| d.due).min(),
            ended: followed.drop.iter().filter(|id| mine(id)).count(),
            left,
        });
    }
    out
}

/// What counts for duties that are made now: the record that is being saved, and those that are there already.
async fn credits(
    work: &Work,
    institution: InstitutionId,
    year: &Year,
    made: &[Duty],
    held: &[(Duty, StandingFacts)],
    record: Option<Record<'_>>,
) -> Result<Vec<Credit>, Fault> {
    let today = work.clock.today();
    let mut out: Vec<Credit> = Vec::new();
    let mut by_ledger: BTreeMap<&str, Vec<&Duty>> = BTreeMap::new();
    for d in made {
        if let Some(ledger) = year.obligation(d.obligation).and_then(|o| o.ledger.as_deref()) {
            by_ledger.entry(ledger).or_default().push(d);
        }
    }
    let ledger_on =
        |id: &str, day: Date| work.rulebook.ledger_on(id, day).ok().or_else(|| work.rulebook.ledger(id));
    let count = |entry: &Entry, out: &mut Vec<Credit>| {
        let owed: Vec<Owed> = made.iter().map(|d| Owed::new(d, out, false)).collect();
        let found = candidates(entry, None, &owed, |id| year.obligation(id), |id| ledger_on(id, entry.day));
        out.extend(found.into_iter().filter(|p| p.ticked).map(|p| Credit {
            id: CreditId::fresh(),
            duty: p.duty,
            entry: entry.id,
            amount: p.amount,
            happened: entry.day,
            known: today,
            ended: None,
        }));
    };
    if let Some(record) = record {
        count(record.entry, &mut out);
    }
    for (ledger, duties) in by_ledger {
        let filter = EntryFilter {
            ledger: Some(ledger.to_owned()),
            units: Some(duties.iter().map(|d| d.unit).collect()),
            from: duties.iter().map(|d| d.starts).min(),
            to: duties.iter().map(|d| d.due).max(),
            oldest_first: true,
            ..EntryFilter::default()
        };
        let rows = work.store.entries(institution, &Scope::All, &filter, MOST).await?;
        let ids: Vec<_> = rows.iter().map(|r| r.entry.id).collect();
        if ids.is_empty() {
            continue;
        }
        // A record never counts twice for the same thing.
        let theirs: BTreeMap<DutyId, ObligationId> = held.iter().map(|(d, _)| (d.id, d.obligation)).collect();
        let counted: BTreeSet<_> = work
            .store
            .credits_of_entries(institution, &Scope::All, &ids)
            .await?
            .into_iter()
            .filter(|c| c.ended.is_none() && theirs.contains_key(&c.duty))
            .map(|c| c.entry)
            .collect();
        for row in rows {
            let saved_now = record.is_some_and(|r| r.entry.id == row.entry.id);
            if !saved_now && !counted.contains(&row.entry.id) {
                count(&row.entry, &mut out);
            }
        }
    }
    Ok(out)
}

/// All that follows: what two sources would make both is made once, and what both ask ends once.
fn follows(effects: Vec<Effect>, today: Date) -> Follows {
    let mut out = Follows::default();
    let ends: BTreeSet<DutyId> = effects.iter().flat_map(|e| e.followed.drop.iter().copied()).collect();
    let mut running: Vec<(Duty, StandingFacts)> = Vec::new();
    for (duty, facts) in effects.iter().flat_map(|e| &e.held) {
        if !ends.contains(&duty.id) && running.iter().all(|(d, _)| d.id != duty.id) {
            running.push((duty.clone(), facts.clone()));
        }
    }
    let mut made: BTreeSet<DutyId> = BTreeSet::new();
    for e in effects {
        let find = |id: ObligationId| e.year.obligation(id);
        let shared = runtime::share(e.followed.made, &running, find, today);
        let asks_already =
            |a: &AlsoAsked| running.iter().any(|(d, f)| d.id == a.duty && f.is_asked_by(a.by, today));
        out.also.extend(shared.also.into_iter().filter(|a| !asks_already(a)));
        for duty in shared.duties {
            let Some(asked) = e.year.obligation(duty.obligation) else { continue };
            made.insert(duty.id);
            let facts = runtime::gather(&duty, today, None, &[], &[], &[]);
            running.push((duty.clone(), facts));
            out.made.push((asked.source, duty));
        }
        out.carry.extend(e.followed.carry.into_iter().filter(|(_, new)| made.contains(new)));
        out.credits.extend(e.credits.into_iter().filter(|c| made.contains(&c.duty)));
    }
    out.drop = ends.into_iter().collect();
    out
}

/// What telling the day of an occasion, moving it or taking it back changes, by plan; counted without doing it.
///
/// # Errors
/// When the store cannot read.
pub async fn effects(work: &Work, actor: &Actor, tell: &TellMoment) -> Result<Vec<Effect>, Fault> {
    let told = work.store.moments(actor.institution, Some(tell.year)).await?;
    let was = told.iter().filter(|t| t.id == tell.id).filter_map(occasion_of).collect();
    let is = tell.day.map(|day| Occasion { day, year: tell.year, unit: tell.unit });
    let turn = Turn { key: Some(tell.event.clone()), was, is };
    let mut out = Vec::new();
    for one in asking(work, actor.institution, |year| year == tell.year).await? {
        let from = work.clock.today();
        out.extend(effect(work, actor, &one, &turn, from, (tell.id.0, None)).await?);
    }
    Ok(out)
}

/// Tells the day of an occasion, moves it or takes it back, with its duties, in one transaction.
///
/// # Errors
/// When the store cannot write, or others keep writing meanwhile.
pub async fn tell(work: &Work, actor: &Actor, tell: &TellMoment) -> Result<Saved<MomentTold>, Fault> {
    for _ in 0..TRIES {
        let as_of = work.store.change_number(actor.institution).await?;
        let follows = follows(effects(work, actor, tell).await?, work.clock.today());
        let act = actor.act(work, "moment.tell").on(tell.id).with(json!({
            "event": tell.event, "year": tell.year, "day": tell.day, "note": tell.note,
            "made": follows.made.len(), "ended": follows.drop.len(),
        }));
        let today = work.clock.today();
        match work.store.tell_moment(actor.institution, tell, &follows, today, as_of, &act).await {
            // Something was written since the duties were looked at: perhaps one of them is met now.
            Err(StoreError::Conflict) => {}
            other => return Ok(other?),
        }
    }
    Err(Fault::Conflict("办理情况一直在变，日子没有写上；请过一会儿再按一次。".to_owned()))
}

/// Whether anything can hang on a record: it is an event, says when a term ends, or a rule hangs on a day that it says.
fn may_turn(work: &Work, entry: &Entry) -> bool {
    let written = |o: &model::rule::ObligationRule| match o.cadence.moment() {
        Some(Moment::Written { ledger, .. }) => entry.ledgers.contains(ledger),
        _ => false,
    };
    work.rulebook.events().of_ledgers(&entry.ledgers).next().is_some()
        || terms::says(work, entry)
        || work.rulebook.obligations().iter().any(written)
}

/// What a record that is being saved brings about because it is an event, writes a day down, or says when a term ends. `based_on` is the
/// revision that it replaces; the credits are those that the save adds and ends, and those that were there.
///
/// # Errors
/// When the store cannot read.
pub async fn of_record(
    work: &Work,
    actor: &Actor,
    entry: &Entry,
    based_on: u32,
    (new, ended, old): (&[Credit], &[CreditId], &[Credit]),
) -> Result<Follows, Fault> {
    let today = work.clock.today();
    let is_meant = |year: i16| year >= today.year() || year == entry.day.year();
    let events = work.rulebook.events();
    if based_on == 0 && !may_turn(work, entry) {
        return Ok(Follows::default());
    }
    let mut out = Vec::new();
    let mut past: Option<Vec<Entry>> = None;
    let mut ending: Option<Turn> = None;
    for one in asking(work, actor.institution, is_meant).await? {
        let mut turned: BTreeSet<Option<String>> = BTreeSet::new();
        for on in one.hanging(today).filter_map(|o| o.cadence.moment()) {
            let key = events.key(on);
            if turned.contains(&key) {
                continue;
            }
            let of = source(work, on);
            let by_term = *on == Moment::TermEnd;
            if of.is_none() && !by_term {
                continue;
            }
            if past.is_none() {
                past = Some(match based_on {
                    0 => Vec::new(),
                    _ => {
                        let history =
                            work.store.entry_history(actor.institution, &Scope::All, entry.id).await?;
                        history.into_iter().map(|r| r.entry).collect()
                    }
                });
            }
            let before = past.as_deref().unwrap_or_default();
            let turn = if by_term {
                if ending.is_none() {
                    ending = terms::turn(work, actor.institution, entry, before).await?;
                }
                let Some(turn) = ending.clone() else { continue };
                turn
            } else {
                let Some((ledger, field)) = of else { continue };
                let day =
                    |e: &Entry| e.ledgers.contains(&ledger).then(|| written(e, field.as_deref())).flatten();
                let was: Vec<Occasion> = before.iter().filter_map(day).collect();
                let is = day(entry);
                // Saved again with the same day, nothing turns.
                if (was.is_empty() && is.is_none()) || (is.is_some() && before.first().and_then(day) == is) {
                    continue;
                }
                Turn { key: key.clone(), was, is }
            };
            turned.insert(key);
            let from =
                if by_term { today } else { today.min(turn.is.map_or(today, |o| o.day)).max(one.since) };
            let record = (entry.id.0, Some(Record { entry, new, ended, old }));
            out.extend(effect(work, actor, &one, &turn, from, record).await?);
        }
    }
    Ok(follows(out, today))
}

/// Whether the duties of an obligation are of people.
pub(crate) fn concerns_people(o: &Obligation) -> bool {
    let b = &o.bearers;
    let hours = matches!(o.cadence, model::Cadence::Hours { .. });
    b.about.is_some() || b.members || !b.posts.is_empty() || hours
}
