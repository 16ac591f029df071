//! What a record counts for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use model::rule::{Ledger, Means};
use model::{
    Attendance, Cadence, Conditions, Credit, CreditId, Duty, DutyId, Entry, EntryId, Obligation,
    ObligationId, PersonId, StandingFacts, UnitId, Value,
};

use crate::condition::{Facts, attendance, hold};

/// A duty as it is seen when looking for what a record counts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The duty.
    pub duty: DutyId,
    /// What it is an occurrence of.
    pub obligation: ObligationId,
    /// The other obligations that ask it now.
    pub also: Vec<ObligationId>,
    /// Who owes it.
    pub unit: UnitId,
    /// The person who owes it, when it is a person's.
    pub person: Option<PersonId>,
    /// First day of its period.
    pub starts: Date,
    /// Last day of its period, as first planned: an extension makes a late record less late, but does not take a
    /// record from the period in which it happened.
    pub due: Date,
    /// Which of several in the same period.
    pub seq: u32,
    /// How much is needed.
    pub need: u32,
    /// What counts for it now, by entry.
    pub credited: Vec<(EntryId, u32)>,
    /// The days on which the records happened that count for it now.
    pub happened: Vec<(EntryId, Date)>,
    /// Waived or no longer asked: nothing is offered for it.
    pub closed: bool,
}

impl Owed {
    /// The duty with the credits that count for it now (those of other duties, and ended ones, are passed over).
    #[must_use]
    pub fn new(duty: &Duty, credits: &[Credit], closed: bool) -> Self {
        let live = || credits.iter().filter(|c| c.duty == duty.id && c.ended.is_none());
        Self {
            duty: duty.id,
            obligation: duty.obligation,
            also: Vec::new(),
            unit: duty.unit,
            person: duty.person,
            starts: duty.starts,
            due: duty.due,
            seq: duty.seq,
            need: duty.need,
            credited: live().map(|c| (c.entry, c.amount)).collect(),
            happened: live().map(|c| (c.entry, c.happened)).collect(),
            closed,
        }
    }

    /// The duty with what its standing rests on. That does not say which records count for it, and need not: `own` are
    /// the credits of the record that is asked about, the rest is other records'.
    #[must_use]
    pub fn standing(duty: &Duty, facts: &StandingFacts, own: &[Credit], closed: bool) -> Self {
        let mut owed = Self::new(duty, own, closed);
        let mut now = (facts.also.iter()).filter(|(_, _, until)| until.is_none()).map(|(by, ..)| *by);
        // The one for which it was made stands among the others only when it asks no more.
        if facts.also.iter().any(|(by, ..)| *by == owed.obligation) {
            owed.obligation = now.next().unwrap_or(owed.obligation);
        }
        owed.also = now.collect();
        let sum = |amounts: &mut dyn Iterator<Item = u32>| amounts.fold(0u32, u32::saturating_add);
        let all = sum(&mut facts.credits.iter().filter(|(_, _, ended, _)| ended.is_none()).map(|c| c.3));
        let others = all.saturating_sub(sum(&mut owed.credited.iter().map(|(_, amount)| *amount)));
        if others > 0 {
            owed.credited.push((EntryId::from_parts(0, &[0; 10]), others));
        }
        owed
    }

    /// Whether other records than `entry` already fill it.
    fn is_filled_without(&self, entry: EntryId) -> bool {
        let others = self.credited.iter().filter(|(e, _)| *e != entry);
        others.fold(0u32, |sum, (_, amount)| sum.saturating_add(*amount)) >= self.need.max(1)
    }

    fn is_held_by(&self, entry: EntryId) -> bool {
        self.credited.iter().any(|(e, _)| *e == entry)
    }

    /// Whether this record counts for it already, on the day that it says now.
    fn keeps(&self, entry: &Entry) -> bool {
        self.happened.contains(&(entry.id, entry.day))
    }

    fn holds(&self, day: Date) -> bool {
        self.starts <= day && day <= self.due
    }
}

/// Why a record may count for a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// It happened in the duty's period.
    InPeriod,
    /// It happened after the due day, and no period of this obligation holds its day.
    Late,
    /// Its own period is already met; it may make up for an earlier one.
    Arrears,
    /// It happened before the period of a dated duty began.
    Early,
}

impl Reason {
    /// The reason in Chinese, for the line beside the check box.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::InPeriod => "本期",
            Self::Late => "逾期后办理",
            Self::Arrears => "本期已办，可补前期",
            Self::Early => "提前办理",
        }
    }
}

/// A duty for which a record may count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditProposal {
    /// The duty.
    pub duty: DutyId,
    /// What it is an occurrence of.
    pub obligation: ObligationId,
    /// The person whose duty it is, when it is a person's.
    pub person: Option<PersonId>,
    /// How much it counts: 1, or minutes of study.
    pub amount: u32,
    /// Why.
    pub reason: Reason,
    /// Whether it is ticked before anybody chose.
    pub ticked: bool,
}

/// What `entry` may count for, in the order of `owed`. At most one duty of each obligation and bearer, so a record
/// never counts twice for the same thing; a duty that several obligations ask is found once.
///
/// A duty is meant when its obligation's ledger is among the entry's (study hours: also when one of the entry's
/// ledgers counts hours), the entry says what the condition asks, and the entry is the unit's own, or the person took
/// part in it (for study hours: was there). Then, of the duties of one obligation and bearer:
///
/// 0. A record that was opened from a duty is about that duty, and stays so while its day is not changed: after its due day
///    it is late for it.
/// 1. A record goes to the period in which it happened, to the lowest number that no other record fills. A record of
///    May is May's, even while April is overdue.
/// 2. When that period is already met, it is offered, unticked, for the oldest overdue one.
/// 3. When no period holds its day (a dated duty, an exempt month), it counts, late, for the oldest overdue one.
/// 4. Something dated that was done before its period began is offered, unticked.
/// 5. Where the ledger's form names the month for which it counts (党费的所属月份), that month decides instead of the day; a
///    day after the due day makes it late for that month, and no other is offered.
///
/// Study hours go to their period even when that is already full.
///
/// Ticked is what is plain. It is not plain when the person is only named in the record (the lecturer, the one talked
/// with); nor when several clauses of the plan are shown by the same ledger on the same condition: a record of
/// 一般工作落实 cannot say which of ten clauses it is about, so only the one from which the form was opened
/// (`opened_from`), or whose name stands in the record's title, is ticked. What the entry counts for already stays
/// ticked as long as it is still possible.
#[must_use]
pub fn candidates<'a>(
    entry: &Entry,
    opened_from: Option<DutyId>,
    owed: &[Owed],
    obligation: impl Fn(ObligationId) -> Option<&'a Obligation>,
    ledger: impl Fn(&str) -> Option<&'a Ledger>,
) -> Vec<CreditProposal> {
    found(entry, opened_from, owed, obligation, ledger, false)
}

/// What [`candidates`] finds. `early` says that what is dated counts as plainly when it was done before it was asked.
fn found<'a>(
    entry: &Entry,
    opened_from: Option<DutyId>,
    owed: &[Owed],
    obligation: impl Fn(ObligationId) -> Option<&'a Obligation>,
    ledger: impl Fn(&str) -> Option<&'a Ledger>,
    early: bool,
) -> Vec<CreditProposal> {
    if entry.withdrawn {
        return Vec::new();
    }
    let deed = Deed::of(entry, &ledger);

    type Bearer = Result<PersonId, UnitId>;
    let mut groups: BTreeMap<(ObligationId, Bearer), Vec<usize>> = BTreeMap::new();
    for (i, o) in owed.iter().enumerate() {
        for by in std::iter::once(&o.obligation).chain(&o.also) {
            let Some(asked) = obligation(*by) else { continue };
            let form = asked.ledger.as_deref().and_then(&ledger);
            if deed.amount(asked, form, (o.unit, o.person), o.starts).is_ok() {
                groups.entry((*by, o.person.ok_or(o.unit))).or_default().push(i);
            }
        }
    }

    let mut found: Vec<(usize, CreditProposal)> = Vec::new();
    let from = owed.iter().find(|o| Some(o.duty) == opened_from);
    // What a unit owes about each of several people is one thing: opened from one's, the record is about all of that period.
    let beside = |o: &Owed| {
        from.is_some_and(|f| {
            (f.obligation, f.unit, f.starts) == (o.obligation, o.unit, o.starts)
                && f.person.is_some()
                && o.person.is_some()
        })
    };
    for ((id, bearer), indexes) in groups {
        let person = bearer.ok();
        let Some(asked) = obligation(id) else { continue };
        let by_hours = matches!(asked.cadence, Cadence::Hours { .. });
        let wanted = |o: &Owed| Some(o.duty) == opened_from || o.is_held_by(entry.id);
        let month = deed.month_for(asked);
        let named = |o: &Owed| Some(o.duty) == opened_from || beside(o) || o.keeps(entry);
        let chosen = choose(entry, month, owed, &indexes, by_hours, (&wanted, &named));
        let Some((at, reason)) = chosen else { continue };
        let Some(chosen) = owed.get(at) else { continue };
        // Where nobody's coming is asked, whoever is named did it: the lecturer.
        let form = asked.ledger.as_deref().and_then(&ledger);
        let was_there = !asked.bearers.are_people()
            || (by_hours && !is_study(asked, form))
            || person.is_none_or(|p| deed.people.get(&p) == Some(&true));
        let in_time = matches!(reason, Reason::InPeriod | Reason::Late) || (early && reason == Reason::Early);
        let plain = in_time && was_there;
        found.push((
            at,
            CreditProposal {
                duty: chosen.duty,
                obligation: id,
                person,
                amount: if by_hours { deed.minutes } else { 1 },
                reason,
                ticked: plain || wanted(chosen),
            },
        ));
    }
    found.sort_by_key(|(at, _)| *at);

    let vague = indistinct(found.iter().filter_map(|(_, p)| obligation(p.obligation).map(|o| (o, p.person))));
    for (at, p) in &mut found {
        let Some(asked) = obligation(p.obligation) else { continue };
        let kept = owed.get(*at).is_some_and(|o| Some(o.duty) == opened_from || o.is_held_by(entry.id));
        if vague.contains(&p.obligation) && !kept && !entry.title.contains(&asked.title) {
            p.ticked = false;
        }
    }
    let mut out: Vec<CreditProposal> = Vec::with_capacity(found.len());
    for (_, p) in found {
        match out.iter_mut().find(|other| other.duty == p.duty) {
            Some(same) => same.ticked |= p.ticked,
            None => out.push(p),
        }
    }
    out
}

/// What records that were there before count for duties that are made now: each as [`candidates`] would tick it had it
/// been saved today, the earliest first; and what is owed by a day, also when it was done earlier in the duty's year.
/// `beside` are the duties that run already and are asked by the same obligations now, with what counts for them: a
/// record that counts for one of them does not count for a second of the same obligation. `known` is today: on the days
/// before, nobody had asked for it. Withdrawn records count for nothing.
#[must_use]
pub fn counts_already<'a>(
    entries: &[Entry],
    duties: &[Duty],
    beside: &[Owed],
    obligation: impl Fn(ObligationId) -> Option<&'a Obligation> + Copy,
    ledger: impl Fn(&str) -> Option<&'a Ledger> + Copy,
    known: Date,
    ids: &mut dyn FnMut() -> CreditId,
) -> Vec<Credit> {
    let mut owed: Vec<Owed> = duties.iter().map(|d| Owed::new(d, &[], false)).collect();
    owed.extend(beside.iter().cloned());
    let years: HashMap<DutyId, i16> = duties.iter().map(|d| (d.id, d.year)).collect();
    let mut of_units: HashMap<UnitId, Vec<usize>> = HashMap::new();
    let mut of_persons: HashMap<PersonId, Vec<usize>> = HashMap::new();
    for (i, one) in owed.iter().enumerate() {
        match one.person {
            Some(person) => of_persons.entry(person).or_default().push(i),
            None => of_units.entry(one.unit).or_default().push(i),
        }
    }
    let mut in_order: Vec<&Entry> = entries.iter().filter(|e| !e.withdrawn && e.day <= known).collect();
    in_order.sort_by_key(|e| (e.day, e.id));
    let mut out = Vec::new();
    for entry in in_order {
        let deed = Deed::of(entry, ledger);
        let theirs = deed.people.keys().filter_map(|p| of_persons.get(p)).flatten();
        let units = held_by(entry, &deed.ledgers);
        let own = std::iter::once(&entry.unit).chain(units).filter_map(|u| of_units.get(u)).flatten();
        let mut near: Vec<usize> = own.chain(theirs).copied().collect();
        near.sort_unstable();
        near.dedup();
        let some: Vec<Owed> = near.iter().filter_map(|i| owed.get(*i)).cloned().collect();
        for p in found(entry, None, &some, obligation, ledger, true).into_iter().filter(|p| p.ticked) {
            let mut places = near.iter().filter_map(|i| owed.get(*i).map(|o| (*i, o)));
            let Some((at, chosen)) = places.find(|(_, o)| o.duty == p.duty) else { continue };
            // What was done before a duty of another year began was that year's, unless it names its month.
            let month = obligation(p.obligation).and_then(|asked| deed.month_for(asked));
            let too_early =
                month.is_none() && entry.day < chosen.starts && years.get(&p.duty) != Some(&entry.day.year());
            if chosen.is_held_by(entry.id) || too_early {
                continue;
            }
            if let Some(chosen) = owed.get_mut(at) {
                chosen.credited.push((entry.id, p.amount));
            }
            out.push(Credit {
                id: ids(),
                duty: p.duty,
                entry: entry.id,
                amount: p.amount,
                happened: entry.day,
                known,
                ended: None,
            });
        }
    }
    out
}

/// The obligations of which [`candidates`] may find a duty for this record, whoever bears it: no others need be read.
#[must_use]
pub fn shown_by<'a>(
    entry: &Entry,
    obligations: &[Obligation],
    ledger: impl Fn(&str) -> Option<&'a Ledger>,
) -> BTreeSet<ObligationId> {
    let deed = Deed::of(entry, &ledger);
    let form = |asked: &Obligation| asked.ledger.as_deref().and_then(&ledger);
    obligations.iter().filter(|asked| deed.is_shown_for(asked, form(asked))).map(|asked| asked.id).collect()
}

/// A record with what of it bears on duties.
struct Deed<'e, 'l> {
    entry: &'e Entry,
    ledgers: Vec<&'l Ledger>,
    counts_hours: bool,
    minutes: u32,
    people: HashMap<PersonId, bool>,
}

impl<'e, 'l> Deed<'e, 'l> {
    fn of(entry: &'e Entry, ledger: impl Fn(&str) -> Option<&'l Ledger>) -> Self {
        let ledgers: Vec<&Ledger> = entry.ledgers.iter().filter_map(|l| ledger(l)).collect();
        let counts_hours = ledgers.iter().any(|l| l.counts_hours);
        let minutes = minutes_of(entry, &ledgers);
        let people = people_of(entry, &ledgers);
        Self { entry, ledgers, counts_hours, minutes, people }
    }

    /// The form of the ledger by which `asked` is shown. What another ledger of a combined meeting asks, a year or a month
    /// of account, is nothing to it.
    fn form(&self, asked: &Obligation) -> Option<&'l Ledger> {
        self.ledgers.iter().find(|l| Some(&l.id) == asked.ledger.as_ref()).copied()
    }

    /// The year for which it counts, where the form asks for that; its own when it does not say.
    fn year_for(&self, asked: &Obligation) -> Option<i64> {
        let field = self.form(asked)?.meaning(Means::YearOfAccount)?;
        Some(match self.entry.values.get(&field.id) {
            Some(Value::Number(n)) => *n / 1000,
            _ => i64::from(self.entry.day.year()),
        })
    }

    /// The first day of the month for which it counts, where the form asks for that and it says so.
    fn month_for(&self, asked: &Obligation) -> Option<Date> {
        account_month(self.entry, self.form(asked)?)
    }

    /// Whether the record's ledgers show what `asked` asks.
    fn is_shown_for(&self, asked: &Obligation, form: Option<&Ledger>) -> bool {
        let in_ledger = asked.ledger.as_ref().is_some_and(|l| self.entry.ledgers.contains(l));
        if matches!(asked.cadence, Cadence::Hours { .. }) {
            // Hours of study count whatever the meeting was; hours that somebody taught (讲课的课时) do not.
            self.minutes > 0 && (in_ledger || (self.counts_hours && is_study(asked, form)))
        } else {
            in_ledger
        }
    }

    /// How much the record is worth for what `asked` asks of a bearer, whatever the day.
    fn amount(
        &self,
        asked: &Obligation,
        form: Option<&Ledger>,
        (unit, person): (UnitId, Option<PersonId>),
        starts: Date,
    ) -> Result<u32, Unfit> {
        let by_hours = matches!(asked.cadence, Cadence::Hours { .. });
        if !self.is_shown_for(asked, form) {
            return Err(Unfit::OtherLedger);
        }
        let whose = match person {
            // Groups that met together have each done theirs, where the ledger in which they owe it says who they were.
            None => {
                unit == self.entry.unit || held_by(self.entry, self.form(asked).as_slice()).contains(&unit)
            }
            // The unit owes it about the person, and says so in a record of its own.
            Some(p) if !asked.bearers.are_people() => unit == self.entry.unit && self.people.contains_key(&p),
            Some(p) if by_hours && is_study(asked, form) => self.people.get(&p) == Some(&true),
            Some(p) => self.people.contains_key(&p),
        };
        if !whose {
            return Err(Unfit::OtherBearer);
        }
        let facts = Facts { entry: Some(self.entry), ledger: self.form(asked), ..Facts::default() };
        if !hold(&asked.condition.0, &facts) {
            return Err(Unfit::Condition);
        }
        if self.year_for(asked).is_some_and(|year| year != i64::from(starts.year())) {
            return Err(Unfit::OtherYear);
        }
        Ok(if by_hours { self.minutes } else { 1 })
    }
}

/// Whether hours that are asked are hours of study: a person's own, in a ledger that asks who came. `form` is the ledger by which
/// they are shown; one that asks only who taught counts what was taught.
fn is_study(asked: &Obligation, form: Option<&Ledger>) -> bool {
    asked.bearers.are_people() && form.is_none_or(|l| l.meaning(Means::Attendance).is_some())
}

/// Why a record cannot count for a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unfit {
    /// The record was withdrawn.
    Withdrawn,
    /// The duty is shown by another ledger.
    OtherLedger,
    /// It is another unit's record, or the person took no part in it.
    OtherBearer,
    /// The record does not say what the duty asks it to say.
    Condition,
    /// It happened before the duty's period, and the period before it is its own.
    TooEarly,
    /// It says that it is another year's (所属年度).
    OtherYear,
}

impl Unfit {
    /// The reason in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Withdrawn => "记录已撤回",
            Self::OtherLedger => "不在这项要求的台账里",
            Self::OtherBearer => "不是承担者的记录，或本人没有参加",
            Self::Condition => "没有记载这项要求所问的内容",
            Self::TooEarly => "发生在本期开始之前",
            Self::OtherYear => "记载的所属年度不是这一年",
        }
    }
}

/// How much `entry` is worth for `duty`, by the same rules by which [`candidates`] offers it: to check what was
/// credited. `single` says that the bearer has no other duty of this obligation, so that it could be done early.
///
/// # Errors
/// Why it is worth nothing.
pub fn worth<'a>(
    entry: &Entry,
    duty: &Duty,
    obligation: &Obligation,
    single: bool,
    ledger: impl Fn(&str) -> Option<&'a Ledger>,
) -> Result<u32, Unfit> {
    if entry.withdrawn {
        return Err(Unfit::Withdrawn);
    }
    let deed = Deed::of(entry, &ledger);
    let form = obligation.ledger.as_deref().and_then(&ledger);
    let amount = deed.amount(obligation, form, (duty.unit, duty.person), duty.starts)?;
    let in_month = deed.month_for(obligation).is_some_and(|month| is_of_month(duty.starts, duty.due, month));
    if entry.day < duty.starts && !single && !in_month {
        return Err(Unfit::TooEarly);
    }
    Ok(amount)
}

/// The first day of the month for which a record counts, where this ledger asks for that and the record says so.
#[must_use]
pub fn account_month(entry: &Entry, ledger: &Ledger) -> Option<Date> {
    let field = ledger.meaning(Means::MonthOfAccount)?;
    let Some(Value::Text(words)) = entry.values.get(&field.id) else { return None };
    month_of_account(words, entry.day)
}

/// The first day of the month that words name: `2026-04`, `2026年4月`, `4月`. Without a year it is the last such month that has
/// begun by `day`.
fn month_of_account(words: &str, day: Date) -> Option<Date> {
    let digits: Vec<i16> = words
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let (year, month) = match digits.as_slice() {
        [year, month, ..] => (*year, *month),
        [month] => (day.year() - i16::from(*month > i16::from(day.month())), *month),
        [] => return None,
    };
    Date::new(year, i8::try_from(month).ok()?, 1).ok()
}

/// Whether a period holds a day of the month that begins on `month`.
fn is_of_month(starts: Date, due: Date, month: Date) -> bool {
    starts <= month.last_of_month() && month <= due
}

/// Whether a duty is meant by a record.
type Meant<'f> = &'f dyn Fn(&Owed) -> bool;

/// The one duty of a group for which the entry may count: by its day, or by the month that it names.
fn choose(
    entry: &Entry,
    month: Option<Date>,
    owed: &[Owed],
    group: &[usize],
    by_hours: bool,
    (wanted, named): (Meant<'_>, Meant<'_>),
) -> Option<(usize, Reason)> {
    let mut all: Vec<(usize, &Owed)> = group.iter().filter_map(|&i| owed.get(i).map(|o| (i, o))).collect();
    all.sort_by_key(|(_, o)| (o.starts, o.due, o.seq, o.duty));
    let pick = |options: &[(usize, &Owed)]| {
        options.iter().find(|(_, o)| wanted(o)).or_else(|| options.first()).map(|(i, _)| *i)
    };
    let open = |o: &Owed| !o.closed && (by_hours || !o.is_filled_without(entry.id));

    let holds = |o: &Owed| match month {
        Some(month) => is_of_month(o.starts, o.due, month),
        None => o.holds(entry.day),
    };
    let begun = |o: &Owed| month.map_or(o.starts <= entry.day, |_| holds(o));
    if let Some((i, o)) = all.iter().find(|(_, o)| named(o) && open(o) && begun(o)) {
        let own_is_met = |all: &[(usize, &Owed)]| {
            let mut own = all.iter().filter(|(_, o)| holds(o)).peekable();
            own.peek().is_some() && !own.any(|(_, o)| open(o))
        };
        let reason = match o.due < entry.day {
            false => Reason::InPeriod,
            true if own_is_met(&all) => Reason::Arrears,
            true => Reason::Late,
        };
        return Some((*i, reason));
    }
    let own: Vec<(usize, &Owed)> = all.iter().copied().filter(|(_, o)| holds(o)).collect();
    let own_open: Vec<(usize, &Owed)> = own.iter().copied().filter(|(_, o)| open(o)).collect();
    if let Some(i) = pick(&own_open) {
        let late = owed.get(i).is_some_and(|o| o.due < entry.day);
        return Some((i, if late { Reason::Late } else { Reason::InPeriod }));
    }
    if month.is_some() {
        return None;
    }
    let mut overdue: Vec<(usize, &Owed)> = all
        .iter()
        .copied()
        .filter(|(_, o)| o.due < entry.day && !o.closed && !o.is_filled_without(entry.id))
        .collect();
    overdue.sort_by_key(|(_, o)| (o.due, o.seq, o.duty));
    if let Some(i) = pick(&overdue) {
        return Some((i, if own.is_empty() { Reason::Late } else { Reason::Arrears }));
    }
    // Of what recurs, a record before the period belongs to the period before; only a single one can be done early.
    match all.as_slice() {
        [(i, o)] if own.is_empty() && entry.day < o.starts && open(o) => Some((*i, Reason::Early)),
        _ => None,
    }
}

/// Obligations of plan clauses that the same record would fit equally well.
fn indistinct<'a>(found: impl Iterator<Item = (&'a Obligation, Option<PersonId>)>) -> BTreeSet<ObligationId> {
    type Likeness<'a> = (Option<&'a str>, &'a Conditions, Option<PersonId>);
    let mut alike: BTreeMap<Likeness<'a>, BTreeSet<ObligationId>> = BTreeMap::new();
    for (o, person) in found.filter(|(o, _)| o.origin.rule().is_none()) {
        alike.entry((o.ledger.as_deref(), &o.condition, person)).or_default().insert(o.id);
    }
    alike.into_values().filter(|ids| ids.len() > 1).flatten().collect()
}

/// The units below whose record it is too, by the field that means it in one of these ledgers.
#[must_use]
pub fn held_by<'e>(entry: &'e Entry, ledgers: &[&Ledger]) -> &'e [UnitId] {
    let field = ledgers.iter().find_map(|l| l.meaning(Means::HeldBy));
    match field.and_then(|f| entry.values.get(&f.id)) {
        Some(Value::Units(units)) => units,
        _ => &[],
    }
}

/// The people in a record: true for those who were there, false for those who are only named.
fn people_of(entry: &Entry, ledgers: &[&Ledger]) -> HashMap<PersonId, bool> {
    let mut out = HashMap::new();
    let attendance_field = ledgers.iter().find_map(|l| l.meaning(Means::Attendance)).map(|f| &f.id);
    let lines =
        entry.values.values().filter_map(|v| if let Value::Rows(rows) = v { Some(rows) } else { None });
    let of_lines = lines.flatten().flat_map(|row| row.values());
    let own = entry.values.iter().filter(|(id, _)| Some(*id) != attendance_field).map(|(_, value)| value);
    for value in own.chain(of_lines) {
        match value {
            Value::Person { id: Some(id), .. } => {
                out.insert(*id, false);
            }
            Value::People(all) => out.extend(all.iter().filter_map(|p| Some((p.person?, false)))),
            _ => {}
        }
    }
    for p in attendance(entry, ledgers) {
        match (p.person, p.attendance) {
            (Some(id), Attendance::Present) => {
                out.insert(id, true);
            }
            // Who did not come took no part, whatever else the record says of them.
            (Some(id), Attendance::Absent | Attendance::Leave) => {
                out.remove(&id);
            }
            (None, _) => {}
        }
    }
    out
}

/// Minutes of study from the field that means hours (thousandths of an hour), rounded down.
fn minutes_of(entry: &Entry, ledgers: &[&Ledger]) -> u32 {
    let field = ledgers.iter().find_map(|l| l.meaning(Means::Hours));
    match field.and_then(|f| entry.values.get(&f.id)) {
        Some(Value::Number(n)) => u32::try_from(n.saturating_mul(60) / 1000).unwrap_or(0),
        _ => 0,
    }
}

/// What becomes of a record's credits when it is saved, revised or withdrawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recredit {
    /// Credits that still hold as they are.
    pub kept: Vec<CreditId>,
    /// Credits that no longer count from the day of the change.
    pub ended: Vec<CreditId>,
    /// Credits to add.
    pub new: Vec<Credit>,
}

/// Brings the credits of `entry` into line with the proposals that stand ticked when it is saved. A credit is never
/// rewritten: one whose amount or day changed ends, and another begins. `known` is the day of saving. A withdrawn
/// record keeps none.
#[must_use]
pub fn recredit(
    entry: &Entry,
    old: &[Credit],
    chosen: &[CreditProposal],
    known: Date,
    ids: &mut dyn FnMut() -> CreditId,
) -> Recredit {
    let mut out = Recredit::default();
    let mut wanted: BTreeMap<DutyId, u32> = BTreeMap::new();
    if !entry.withdrawn {
        wanted.extend(chosen.iter().filter(|p| p.ticked).map(|p| (p.duty, p.amount)));
    }
    for credit in old.iter().filter(|c| c.entry == entry.id && c.ended.is_none()) {
        if wanted.get(&credit.duty) == Some(&credit.amount) && credit.happened == entry.day {
            wanted.remove(&credit.duty);
            out.kept.push(credit.id);
        } else {
            out.ended.push(credit.id);
        }
    }
    out.new = wanted
        .into_iter()
        .map(|(duty, amount)| Credit {
            id: ids(),
            duty,
            entry: entry.id,
            amount,
            happened: entry.day,
            known,
            ended: None,
        })
        .collect();
    out
}
