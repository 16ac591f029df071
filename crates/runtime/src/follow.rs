//! What telling a day, moving it or taking it back changes in the duties that hang on it. Counting it before it is confirmed
//! and doing it are the same computation.

use std::collections::{HashMap, HashSet};

use jiff::civil::{Date, date};
use model::{Cadence, Duty, DutyId, Moment, Obligation, PersonId, Standing, StandingFacts, UnitId, When};

use crate::moments::Occasion;
use crate::schedule::{Basis, schedule};
use crate::standing::{credited, due_on, standing};

/// What becomes of one occasion of a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// What it is known by ([`rulebook::Events::key`]); none for the end of a unit's own term.
    pub key: Option<String>,
    /// Every day that it had before, in any order; none when it is told for the first time.
    pub was: Vec<Occasion>,
    /// The day that it has now; none when it was taken back.
    pub is: Option<Occasion>,
}

impl Turn {
    /// Whether an obligation hangs on it.
    #[must_use]
    pub fn moves(&self, obligation: &Obligation, events: &rulebook::Events) -> bool {
        let Some(on) = obligation.cadence.moment() else { return false };
        match (&self.key, on) {
            (None, Moment::TermEnd) => true,
            (None, _) | (_, Moment::TermEnd) => false,
            (key, on) => events.key(on) == *key,
        }
    }
}

/// Why a duty stays where it is although its day has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Left {
    /// It is done.
    Met,
    /// It is waived.
    Waived,
    /// It was due already.
    Due,
    /// Somebody was given until another day.
    PutOff,
}

impl Left {
    /// The reason in Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Met => "已办结",
            Self::Waived => "已免办",
            Self::Due => "已到期",
            Self::PutOff => "已批准延期",
        }
    }
}

/// What follows for the duties of one plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Duties that end.
    pub drop: Vec<DutyId>,
    /// Duties that are made.
    pub made: Vec<Duty>,
    /// Of an ended duty that was begun, the one made in its place: what counts for the one counts for the other.
    pub carry: Vec<(DutyId, DutyId)>,
    /// Duties that nobody touches, and why.
    pub left: Vec<(DutyId, Left)>,
}

impl Followed {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.drop.is_empty() && self.made.is_empty()
    }
}

/// Who owes a duty: a person, wherever they are, or a unit.
type Bearer = (Option<PersonId>, Option<UnitId>);

fn bearer(d: &Duty) -> Bearer {
    (d.person, d.person.is_none().then_some(d.unit))
}

/// Where a duty lies: what is done before something may be done from the day on which it was made, which is no part of it.
type Place = (Bearer, Option<Date>, Date);

fn place(cadence: &Cadence, d: &Duty) -> Place {
    let before = matches!(cadence, Cadence::Hang { when: When::Before { .. }, .. });
    (bearer(d), (!before).then_some(d.starts), d.due)
}

/// What `turn` changes in the duties of these obligations. `basis.moments` are the days as they are after it, `basis.made` is
/// today, and what would have been due before `basis.from` is not asked. `held` are the duties of these obligations with
/// what their standing rests on.
///
/// A duty that hangs on a day that the occasion no longer has ends when it is open, and one is made for the day that it has.
/// What is done, waived, due already or put off stays, and does for the new day: nobody is asked twice for one occasion, however
/// often its day moves.
#[must_use]
pub fn follow(
    turn: &Turn,
    obligations: &[&Obligation],
    held: &[(Duty, StandingFacts)],
    basis: &Basis<'_>,
    ids: &mut dyn FnMut() -> DutyId,
) -> Followed {
    let today = basis.made;
    // What is only compared needs no name of its own.
    let mut nameless = || DutyId::from_parts(0, &[0; 10]);
    let mut out = Followed::default();
    let key = turn.key.as_deref();
    let former = basis.moments.only(key, turn.was.iter().copied().filter(|o| turn.is != Some(*o)));
    let present = basis.moments.only(key, turn.is);
    let first = date(basis.year, 1, 1);
    let from = first.min(basis.from);
    let mut by_obligation: HashMap<_, Vec<&(Duty, StandingFacts)>> = HashMap::new();
    for one in held.iter().filter(|(_, f)| f.dropped.is_none_or(|day| today < day)) {
        by_obligation.entry(one.0.obligation).or_default().push(one);
    }
    for o in obligations.iter().filter(|o| turn.moves(o, basis.moments.events())) {
        let at = |d: &Duty| place(&o.cadence, d);
        // Of a term that was known under several ends, each in its turn.
        let mut were: HashSet<Place> = HashSet::new();
        if key.is_some() {
            were.extend(
                schedule(o, &Basis { moments: &former, from, ..*basis }, &mut nameless).iter().map(at),
            );
        } else {
            for was in &turn.was {
                let one = basis.moments.only(None, [*was]);
                were.extend(
                    schedule(o, &Basis { moments: &one, from, ..*basis }, &mut nameless).iter().map(at),
                );
            }
        }
        // Another occasion may have the day that this one had.
        for d in schedule(o, &Basis { from, ..*basis }, &mut nameless) {
            were.remove(&at(&d));
        }
        let mine = by_obligation.get(&o.id).map(Vec::as_slice).unwrap_or_default();
        let mut there: HashSet<Place> = HashSet::new();
        let mut answered: HashSet<Bearer> = HashSet::new();
        let mut begun: HashMap<Bearer, DutyId> = HashMap::new();
        for (duty, facts) in mine {
            if !were.contains(&at(duty)) {
                there.insert(at(duty));
                continue;
            }
            match stays(facts, today) {
                Some(why) => {
                    answered.insert(bearer(duty));
                    out.left.push((duty.id, why));
                }
                None => {
                    out.drop.push(duty.id);
                    if credited(facts, today) > 0 {
                        begun.insert(bearer(duty), duty.id);
                    }
                }
            }
        }
        let now = Basis { moments: &present, ..*basis };
        for mut duty in schedule(o, &now, ids) {
            if there.contains(&at(&duty)) || answered.contains(&bearer(&duty)) {
                continue;
            }
            // Another one of this bearer may be due on the same day, from another occasion.
            let same = |d: &&&(Duty, StandingFacts)| bearer(&d.0) == bearer(&duty) && d.0.due == duty.due;
            duty.seq = 1 + mine.iter().filter(same).map(|d| d.0.seq).max().unwrap_or(0);
            if let Some(from) = begun.remove(&bearer(&duty)) {
                out.carry.push((from, duty.id));
            }
            out.made.push(duty);
        }
    }
    out
}

/// Why a duty is left alone; none when it is open and may end.
fn stays(facts: &StandingFacts, today: Date) -> Option<Left> {
    match standing(facts, today, 0) {
        Some(Standing::Met | Standing::MetLate) => Some(Left::Met),
        Some(Standing::Waived) => Some(Left::Waived),
        Some(Standing::Overdue) => Some(Left::Due),
        _ if due_on(facts, today) != facts.due => Some(Left::PutOff),
        _ => None,
    }
}
