//! The form of an obligation: its fields, filled from what is there, and what was written into them.

use std::collections::BTreeSet;

use compiler::resolve::{Resolution, Resolver};
use jiff::civil::Date;
use model::rule::TraitRule;
use model::{
    Bearers, Cadence, Conditions, Due, MeasureKind, Moment, Per, Proposal, ProposalState, UnitId, UnitKind,
    When,
};
use web::App;
use web::extract::Fields;
use web::view::{Field, Form, Input};
use work::Actor;

/// Months ahead of the end of a term from which an election is prepared (支部工作条例第21条).
const AHEAD: u8 = 6;

const PERS: [(Per, &str); 9] = [
    (Per::Month, "month"),
    (Per::Quarter, "quarter"),
    (Per::HalfYear, "half_year"),
    (Per::Year, "year"),
    (Per::Term, "term"),
    (Per::TwoMonths, "two_months"),
    (Per::Week, "week"),
    (Per::TwoWeeks, "two_weeks"),
    (Per::Day, "day"),
];

/// How a day of each period is written.
fn day_like(per: Per) -> &'static str {
    match per {
        Per::Day | Per::Week | Per::TwoWeeks => "周五前",
        Per::Month => "5日前",
        Per::TwoMonths | Per::Quarter | Per::HalfYear => "末月25日前",
        Per::Term => "开学后14日内",
        Per::Year => "6月底前",
    }
}

fn per_id(per: Per) -> &'static str {
    PERS.iter().find(|(p, _)| *p == per).map_or("year", |(_, id)| id)
}

/// That each member owes it, among the ways in which it is narrowed.
const MEMBERS: &str = "members";

/// The traits that a branch may have: what a demand may ask for.
fn of_branches(app: &App) -> impl Iterator<Item = &TraitRule> {
    app.rulebook.roles().traits.iter().filter(|t| t.kinds.contains(&UnitKind::Branch))
}

/// The fields of an obligation, filled from `p`.
pub(super) fn fields(app: &App, actor: &Actor, year: i16, p: &Proposal) -> Form {
    let names = |units: &mut dyn Iterator<Item = UnitId>| {
        units.map(|u| actor.known.unit_name(u).to_owned()).collect::<Vec<_>>().join("、")
    };
    let (how, times, per, hours, day, event, days) = match p.cadence.core() {
        Cadence::AtLeast { times, per } | Cadence::EachBy { times, per, .. } => {
            ("at_least", *times, *per, 0, None, "", 0)
        }
        Cadence::Hours { hours, per } => ("hours", 1, *per, *hours, None, "", 0),
        Cadence::By(due) => ("by", 1, Per::Year, 0, Some(last_day(due, year)), "", 0),
        Cadence::Hang { on: Moment::TermEnd, .. } => ("own_term", 1, Per::Year, 0, None, "", 0),
        Cadence::Hang { on, when } => match when {
            When::Before { .. } => ("before", 1, Per::Year, 0, None, on.words(), 0),
            When::Within { days, .. } => ("within", 1, Per::Year, 0, None, on.words(), *days),
            When::On => ("each", 1, Per::Year, 0, None, on.words(), 0),
        },
        Cadence::Standing | Cadence::Limited { .. } => ("standing", 1, Per::Year, 0, None, "", 0),
    };
    let kinds = Field {
        values: p.bearers.kinds.iter().map(|k| k.id().to_owned()).collect(),
        ..Field::new(Input::Checks, "kinds", "哪些组织承担").optional()
    };
    let mut narrow: Vec<String> = Vec::new();
    narrow.extend(of_branches(app).filter(|t| p.bearers.with.contains(&t.id)).map(|t| t.id.clone()));
    narrow.extend(p.bearers.members.then(|| MEMBERS.to_owned()));
    let narrower = of_branches(app).map(|t| (t.id.clone(), format!("只是{}的组织", t.title)));
    let narrower = narrower.chain([(MEMBERS.to_owned(), "每名党员各自完成".to_owned())]);
    let shown = |n: u32| if n == 0 { String::new() } else { n.to_string() };
    Form::of(vec![
        Field::text("title", "叫什么").filled(&p.title).hint("应办事项里显示的名字"),
        kinds.choices(UnitKind::ALL.map(|k| (k.id(), k.word()))),
        Field::text("units", "或者指定组织")
            .filled(names(&mut p.bearers.units.iter().copied()))
            .optional()
            .hint("写名称或简称，用顿号隔开")
            .wide(6),
        Field::text("posts", "或者指定职务")
            .filled(p.bearers.posts.iter().cloned().collect::<Vec<_>>().join("、"))
            .optional()
            .hint("任这些职务的人各办一次，如：书记")
            .wide(6),
        Field { values: narrow, ..Field::new(Input::Checks, "narrow", "范围").optional() }.choices(narrower),
        Field::text("lead", "牵头部门")
            .filled(names(&mut p.lead.iter().copied()))
            .optional()
            .hint("用顿号隔开，第一个是总牵头"),
        Field::new(Input::Radio, "how", "多久一次、什么时候前").filled(how).choices([
            ("at_least", "每个周期至少几次"),
            ("by", "某一天前"),
            ("hours", "学时"),
            ("before", "某件事之前"),
            ("within", "某件事之后几天内"),
            ("each", "每次某件事"),
            ("own_term", "本组织任期届满前"),
            ("standing", "随时记录，不计次"),
        ]),
        Field::new(Input::Number, "times", "几次").filled(times.to_string()).optional().wide(3),
        Field::new(Input::Select, "per", "每")
            .filled(per_id(per))
            .optional()
            .wide(3)
            .choices(PERS.map(|(p, id)| (id, p.word()))),
        Field::text("by", "每期哪天前")
            .filled(match p.cadence.core() {
                Cadence::EachBy { per, by, .. } => by.words(*per),
                _ => String::new(),
            })
            .optional()
            .wide(6)
            .hint("“每”之后的话：5日前、末月25日前、周五前"),
        Field::new(Input::Number, "hours", "几学时").filled(shown(hours)).optional().wide(3),
        Field::new(Input::Day, "day", "哪天前")
            .filled(day.map_or_else(String::new, |d| d.to_string()))
            .optional()
            .wide(3),
        Field::text("event", "什么事").filled(event).optional().wide(6).hint("如：党代会召开"),
        Field::new(Input::Number, "days", "几天内").filled(shown(u32::from(days))).optional().wide(3),
        Field::new(Input::Select, "ledger", "凭哪本台账")
            .filled(p.ledger.clone().unwrap_or_default())
            .hint("办了之后在哪里留下记录；确实不用证明的，回上一页选“不考核”")
            .grouped(ledgers(app)),
    ])
}

/// The ledgers by who keeps them, each with what a record in it says: (group, id, title, hint).
fn ledgers(app: &App) -> Vec<(String, String, String, String)> {
    let mut all: Vec<_> = app
        .rulebook
        .offered_ledgers()
        .into_iter()
        .map(|l| {
            let keeper = l.kept_by.first().copied();
            let group = keeper.map_or_else(|| "其他".to_owned(), |k| format!("{}记的", k.word()));
            let says: Vec<&str> = l.fields.iter().map(|f| f.title.as_str()).collect();
            (keeper, group, l.id.clone(), l.title.clone(), format!("记：{}", says.join("、")))
        })
        .collect();
    all.sort_by(|a, b| (a.0.is_none(), a.0, &a.3).cmp(&(b.0.is_none(), b.0, &b.3)));
    let none = [(String::new(), String::new(), "（没有选）".to_owned(), String::new())];
    none.into_iter()
        .chain(all.into_iter().map(|(_, group, id, title, hint)| (group, id, title, hint)))
        .collect()
}

/// The last day on which it is on time, as the form shows it.
fn last_day(due: &Due, year: i16) -> Date {
    let end = |month: i8| Date::new(year, month.clamp(1, 12), 1).map_or(Date::MAX, Date::last_of_month);
    match due {
        Due::Day(day) => *day,
        Due::MonthDay { month, day } => {
            let last = end(*month);
            Date::new(year, last.month(), (*day).clamp(1, last.day())).unwrap_or(last)
        }
        Due::MonthEnd { month } | Due::Months { to: month, .. } => end(*month),
        Due::TermStart { .. } => end(3),
    }
}

/// Units named in a field; those that are not there are told with the one they may be.
fn units(app: &App, actor: &Actor, form: &mut Form, name: &str) -> Vec<UnitId> {
    let resolver = Resolver::new(&actor.known.organisation, &app.rulebook);
    let text = form.value(name).to_owned();
    let mut out = Vec::new();
    for word in text.split(['、', '，', ',', '；', ';', ' ']).map(str::trim).filter(|w| !w.is_empty()) {
        match resolver.resolve(word) {
            Resolution::Unit(id) => out.push(id),
            Resolution::Like { guess, .. } => form.wrong(name, format!("没有“{word}”，是否指“{guess}”？")),
            _ => form.wrong(name, format!("组织里没有“{word}”")),
        }
    }
    out
}

/// What the form says, put upon `before`; mistakes go to their fields.
pub(super) fn read(
    app: &App,
    actor: &Actor,
    year: i16,
    before: &Proposal,
    form: &mut Form,
    sent: &Fields,
) -> Proposal {
    form.take(sent);
    let named = units(app, actor, form, "units");
    let lead = units(app, actor, form, "lead");
    let checked = |name: &str| {
        form.fields.iter().find(|f| f.name == name).map(|f| f.values.clone()).unwrap_or_default()
    };
    let kinds: BTreeSet<UnitKind> =
        UnitKind::ALL.into_iter().filter(|k| checked("kinds").iter().any(|v| v == k.id())).collect();
    let narrow = checked("narrow");
    let mut traits = before.bearers.with.clone();
    for asked in of_branches(app) {
        traits.remove(&asked.id);
        traits.extend(narrow.iter().find(|n| **n == asked.id).cloned());
    }
    let posts = form.value("posts").split(['、', '，', ',']).map(str::trim).filter(|w| !w.is_empty());
    let bearers = Bearers {
        units: named.into_iter().collect(),
        kinds,
        with: traits,
        without: before.bearers.without.clone(),
        when: before.bearers.when.clone(),
        about: before.bearers.about.clone(),
        members: narrow.iter().any(|n| n == MEMBERS),
        posts: posts.map(ToOwned::to_owned).collect(),
    };
    if bearers.is_nobody() && !form.has_errors() {
        form.wrong("kinds", "至少选一类组织，或者写明组织、职务");
    }
    let cadence = cadence(app, form, year, before);
    // The months that narrow it, and whether a holiday moves it, have no field: they stay while nothing else is changed.
    let cadence = if cadence == *before.cadence.core() { before.cadence.clone() } else { cadence };
    let ledger = form.value("ledger").to_owned();
    // A condition belongs to the ledger's fields: it does not follow to another ledger.
    let same = before.ledger.as_deref() == Some(ledger.as_str());
    let condition = if same { before.condition.clone() } else { Conditions::default() };
    let kind = match (before.kind, cadence.core()) {
        (
            MeasureKind::Directional | MeasureKind::Title,
            Cadence::AtLeast { .. } | Cadence::EachBy { .. } | Cadence::Hours { .. },
        ) => MeasureKind::Counted,
        (MeasureKind::Directional | MeasureKind::Title, c)
            if matches!(c, Cadence::By(_)) || (c.is_before() && *c != Cadence::own_term(AHEAD)) =>
        {
            MeasureKind::Dated
        }
        (MeasureKind::Directional | MeasureKind::Title, _) => MeasureKind::Deliverable,
        (kind, _) => kind,
    };
    Proposal {
        title: form.value("title").to_owned(),
        kind,
        bearers,
        lead,
        cadence,
        ledger: Some(ledger).filter(|l| !l.is_empty()),
        condition,
        state: ProposalState::Confirmed,
        ..before.clone()
    }
}

fn cadence(app: &App, form: &mut Form, year: i16, before: &Proposal) -> Cadence {
    let number = |form: &mut Form, name: &str, most: u32| -> u32 {
        let n = form.value(name).parse::<u32>().ok().filter(|n| (1..=most).contains(n));
        if n.is_none() {
            form.wrong(name, format!("写一个 1 到 {most} 的整数"));
        }
        n.unwrap_or(1)
    };
    let per = PERS.iter().find(|(_, id)| *id == form.value("per")).map_or(Per::Year, |(p, _)| *p);
    let event = |form: &mut Form| -> Moment {
        let words = form.value("event").to_owned();
        if words.is_empty() {
            form.wrong("event", "写明是什么事");
        }
        match &before.cadence {
            // The event that the compiler or a rule meant, as long as nobody wrote another.
            Cadence::Hang { on, .. } if on.words() == words => on.clone(),
            _ => {
                let id = app.rulebook.events().resolve(&words).map_or_else(String::new, |e| e.id.clone());
                Moment::Event { id, words }
            }
        }
    };
    match form.value("how").to_owned().as_str() {
        "at_least" => {
            let times = number(form, "times", 366);
            let words = form.value("by").to_owned();
            match plan::day_in(per, &words) {
                Some(by) => Cadence::EachBy { times, per, by },
                None => {
                    if !words.is_empty() {
                        form.wrong("by", format!("看不出是每{}的哪天，如：{}", per.word(), day_like(per)));
                    }
                    Cadence::AtLeast { times, per }
                }
            }
        }
        "hours" => Cadence::Hours { hours: number(form, "hours", 1000), per },
        "by" => match form.value("day").parse::<Date>() {
            // What was written as a month or a range stays so while its last day is the one shown.
            Ok(day) => match before.cadence.core() {
                Cadence::By(due) if last_day(due, year) == day => Cadence::By(due.clone()),
                _ => Cadence::By(Due::Day(day)),
            },
            Err(_) => {
                if form.value("day").is_empty() {
                    form.wrong("day", "写明哪天前");
                }
                before.cadence.clone()
            }
        },
        "before" => {
            let months = match before.cadence {
                Cadence::Hang { when: When::Before { months }, .. } => months,
                _ => 0,
            };
            Cadence::Hang { on: event(form), when: When::Before { months } }
        }
        "within" => {
            let days = u16::try_from(number(form, "days", 365)).unwrap_or(365);
            let natural = When::Within { days, working: false };
            let was =
                matches!(before.cadence, Cadence::Hang { when: When::Within { working: false, .. }, .. });
            let when = if was { natural } else { When::Within { days, working: true } };
            Cadence::Hang { on: event(form), when }
        }
        "each" => Cadence::Hang { on: event(form), when: When::On },
        "own_term" => match &before.cadence {
            own @ Cadence::Hang { on: Moment::TermEnd, .. } => own.clone(),
            _ => Cadence::own_term(AHEAD),
        },
        _ => Cadence::Standing,
    }
}
