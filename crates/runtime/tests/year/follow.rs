//! Days that are told while the year runs: what hangs on them is made, moves and ends, and what is done stays.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use model::{Bearers, Cadence, Duty, Moment, Obligation, Organisation, StandingFacts, UnitKind, When};
use proptest::prelude::*;
use rulebook::{Events, Rulebook};
use runtime::{
    Basis, Followed, Left, Moments, Occasion, Roster, SchoolCalendar, Turn, follow, gather, schedule,
};

use crate::sample::{branches, college, duty_ids, obligation, unit, unit_id};

const TODAY: Date = Date::constant(2022, 3, 1);

static EVENTS: LazyLock<Events> =
    LazyLock::new(|| Rulebook::built_in().expect("the built-in rulebook").events().clone());

fn events() -> &'static Events {
    &EVENTS
}

fn told(day: Date) -> Occasion {
    Occasion { day, year: 2022, unit: None }
}

/// A year whose days are told one after another: the duties with what their standing rests on.
struct Told {
    org: Organisation,
    roster: Roster,
    calendar: SchoolCalendar,
    moments: Moments,
    usual: runtime::Usual,
    asked: Vec<Obligation>,
    held: Vec<(Duty, StandingFacts)>,
    ids: Box<dyn FnMut() -> model::DutyId>,
    was: Vec<Occasion>,
}

impl Told {
    fn new(org: Organisation, asked: Vec<Obligation>) -> Self {
        let mut out = Self {
            org,
            roster: Roster::default(),
            calendar: SchoolCalendar::default_for(2022),
            moments: Moments::new(events()),
            usual: BTreeMap::new(),
            asked,
            held: Vec::new(),
            ids: Box::new(duty_ids()),
            was: Vec::new(),
        };
        let basis = out.basis(TODAY);
        let all: Vec<Duty> = out.asked.iter().flat_map(|o| schedule(o, &basis, &mut duty_ids())).collect();
        assert!(all.is_empty(), "nothing is told yet");
        out.held.clear();
        out
    }

    fn basis(&self, today: Date) -> Basis<'_> {
        Basis {
            org: &self.org,
            roster: &self.roster,
            calendar: &self.calendar,
            year: 2022,
            made: today,
            from: today,
            rules: "v1",
            moments: &self.moments,
            usual_months: &self.usual,
        }
    }

    /// Tells, moves or takes back the day of one occasion, and keeps what follows.
    fn turn(&mut self, key: &str, is: Option<Occasion>, today: Date) -> Followed {
        let mut moments = Moments::new(events());
        if let Some(o) = is {
            moments.add(key, o);
        }
        self.moments = moments;
        let turn = Turn { key: Some(key.to_owned()), was: self.was.clone(), is };
        let asked: Vec<&Obligation> = self.asked.iter().collect();
        let mut ids = std::mem::replace(&mut self.ids, Box::new(duty_ids()));
        let found = follow(&turn, &asked, &self.held, &self.basis(today), &mut ids);
        self.ids = ids;
        self.was.extend(is);
        for (d, f) in &mut self.held {
            if found.drop.contains(&d.id) {
                f.dropped = Some(today);
            }
        }
        self.held.extend(found.made.iter().map(|d| (d.clone(), gather(d, today, None, &[], &[], &[]))));
        found
    }

    /// Who owes what by when, as far as it was not ended.
    fn owed(&self) -> BTreeSet<(model::ObligationId, model::UnitId, Date, Date, u32)> {
        let live = self.held.iter().filter(|(_, f)| f.dropped.is_none());
        live.map(|(d, _)| (d.obligation, d.unit, d.starts, d.due, d.seq)).collect()
    }

    fn do_it(&mut self, unit: u32, day: Date) {
        let mine = |d: &Duty, f: &StandingFacts| d.unit == unit_id(unit) && f.dropped.is_none();
        for (_, f) in self.held.iter_mut().filter(|(d, f)| mine(d, f)) {
            f.credits.push((day, day, None, 1));
        }
    }
}

fn election() -> Vec<Obligation> {
    vec![obligation(1, "代表选举", branches(), Cadence::before("学校第二次党代会召开"))]
}

#[test]
fn telling_a_day_makes_the_duties_and_moving_it_moves_the_open_ones() {
    let mut year = Told::new(college(3), election());
    let first = year.turn("party-congress", Some(told(date(2022, 6, 18))), TODAY);
    assert_eq!((first.made.len(), first.drop.len()), (3, 0));
    assert!(first.made.iter().all(|d| d.due == date(2022, 6, 17) && d.starts == TODAY), "{first:?}");
    assert_eq!(first.made[0].title, "代表选举（学校第二次党代会召开前）");

    year.do_it(1, date(2022, 5, 10));
    let moved = year.turn("party-congress", Some(told(date(2022, 9, 20))), date(2022, 6, 1));
    assert_eq!((moved.made.len(), moved.drop.len()), (2, 2));
    assert_eq!(moved.left.iter().map(|(_, why)| *why).collect::<Vec<_>>(), [Left::Met]);
    assert!(moved.made.iter().all(|d| d.due == date(2022, 9, 19) && d.unit != unit_id(1)));

    // The branch that is done is not asked again when the day moves once more, nor when it is taken back and told anew.
    let again = year.turn("party-congress", Some(told(date(2022, 10, 20))), date(2022, 6, 2));
    assert_eq!((again.made.len(), again.drop.len()), (2, 2));
    let back = year.turn("party-congress", None, date(2022, 6, 3));
    assert_eq!((back.made.len(), back.drop.len()), (0, 2));
    let anew = year.turn("party-congress", Some(told(date(2022, 11, 1))), date(2022, 6, 4));
    assert_eq!((anew.made.len(), anew.drop.len()), (2, 0));
}

#[test]
fn what_is_due_already_stays_and_is_not_asked_twice() {
    let mut year = Told::new(college(2), election());
    year.turn("party-congress", Some(told(date(2022, 4, 18))), TODAY);
    let moved = year.turn("party-congress", Some(told(date(2022, 9, 20))), date(2022, 5, 1));
    assert!(moved.is_empty(), "{moved:?}");
    assert_eq!(moved.left.iter().map(|(_, why)| *why).collect::<Vec<_>>(), [Left::Due, Left::Due]);
}

#[test]
fn a_day_that_is_over_asks_for_nothing_that_should_have_been_before_it() {
    let mut year = Told::new(college(2), election());
    assert!(year.turn("party-congress", Some(told(date(2022, 2, 18))), TODAY).is_empty());
}

#[test]
fn a_meeting_of_its_own_binds_the_unit_and_what_lies_below_it() {
    let mut org = college(2);
    org.units.push(unit(8, UnitKind::Department, "党委办公室"));
    let kinds = |k| Bearers { kinds: BTreeSet::from([k]), ..Bearers::default() };
    let session = || Moment::Event { id: "committee-session".to_owned(), words: "党委会".to_owned() };
    let each = Cadence::Hang { on: session(), when: When::On };
    let minutes = Cadence::Hang { on: session(), when: When::Within { days: 5, working: false } };
    let asked = vec![
        obligation(1, "第一议题", kinds(UnitKind::Committee), each.clone()),
        obligation(2, "印发纪要", kinds(UnitKind::Department), minutes),
        // Nobody above a branch but the committee holds this; a branch does not hold it for itself.
        obligation(3, "传达", branches(), each),
    ];
    let mut year = Told::new(org, asked);
    let held = Occasion::of(unit_id(0), date(2022, 3, 5));
    let found = year.turn("committee-session", Some(held), TODAY);
    let made: Vec<_> = found.made.iter().map(|d| (d.title.as_str(), d.unit, d.starts, d.due)).collect();
    let day = date(2022, 3, 5);
    assert_eq!(
        made,
        [
            ("第一议题（3月5日党委会）", unit_id(0), day, day),
            ("印发纪要（3月5日党委会）", unit_id(8), day, date(2022, 3, 10)),
            ("传达（3月5日党委会）", unit_id(1), day, day),
            ("传达（3月5日党委会）", unit_id(2), day, day),
        ]
    );
}

#[test]
fn what_was_held_by_one_unit_asks_nothing_of_another() {
    let each = Cadence::Hang {
        on: Moment::Event { id: "organisation-life".to_owned(), words: "组织生活会".to_owned() },
        when: When::Within { days: 15, working: false },
    };
    let mut year = Told::new(college(3), vec![obligation(1, "报告", branches(), each)]);
    let found = year.turn("organisation-life", Some(Occasion::of(unit_id(2), date(2022, 3, 5))), TODAY);
    assert_eq!(found.made.iter().map(|d| d.unit).collect::<Vec<_>>(), [unit_id(2)]);
}

#[test]
fn a_plan_waits_for_what_no_day_is_known_of() {
    let calendar = SchoolCalendar::default_for(2022);
    let mut moments = Moments::new(events());
    let waits = |m: &Moments, c: &Cadence| m.waits_for(c, &calendar, 2022);
    let congress = Cadence::before("学校第二次党代会召开");
    assert_eq!(waits(&moments, &congress).as_deref(), Some("party-congress"));
    assert_eq!(waits(&moments, &Cadence::before("新校区落成")).as_deref(), Some("新校区落成"));
    assert_eq!(waits(&moments, &Cadence::before("寒假")), None, "the calendar knows it");
    assert_eq!(waits(&moments, &Cadence::own_term(6)), None);
    moments.add("party-congress", Occasion { day: date(2023, 6, 18), year: 2023, unit: None });
    assert!(waits(&moments, &congress).is_some(), "another year's");
    moments.add("party-congress", told(date(2022, 6, 18)));
    assert_eq!(waits(&moments, &congress), None);
}

fn cadences() -> impl Strategy<Value = Cadence> {
    prop_oneof![
        Just(Cadence::before("党代会")),
        Just(Cadence::each("党代会")),
        (1..40u16, any::<bool>()).prop_map(|(days, working)| Cadence::within(days, working, "党代会")),
    ]
}

proptest! {
    /// Moving a day and moving it back leaves the same owed; whatever is told, nothing met or due changes, and nobody is asked
    /// twice for one occasion.
    #[test]
    fn a_day_moved_to_and_fro_leaves_what_was_owed(
        cadence in cadences(),
        days in proptest::collection::vec(60..360i64, 1..5),
        done in proptest::collection::vec(1..=4u32, 0..3),
    ) {
        let day = |n: i64| date(2022, 1, 1).saturating_add(jiff::Span::new().days(n));
        let mut year = Told::new(college(4), vec![obligation(1, "代表选举", branches(), cadence)]);
        let first = told(day(days[0]));
        year.turn("party-congress", Some(first), TODAY);
        let before = year.owed();
        for n in &days {
            year.turn("party-congress", Some(told(day(*n))), TODAY);
        }
        year.turn("party-congress", None, TODAY);
        year.turn("party-congress", Some(first), TODAY);
        prop_assert_eq!(&year.owed(), &before);

        for unit in &done {
            year.do_it(*unit, TODAY);
        }
        let settled: Vec<(Duty, StandingFacts)> =
            year.held.iter().filter(|(_, f)| !f.credits.is_empty() && f.dropped.is_none()).cloned().collect();
        for n in &days {
            year.turn("party-congress", Some(told(day(*n))), TODAY);
            for one in &settled {
                prop_assert!(year.held.contains(one), "touched: {:?}", one);
            }
            let owed = year.owed();
            let units: BTreeSet<_> = owed.iter().map(|(_, u, ..)| *u).collect();
            prop_assert_eq!(units.len(), owed.len(), "asked twice: {:?}", owed);
            prop_assert_eq!(units.len(), 4);
        }
    }
}
