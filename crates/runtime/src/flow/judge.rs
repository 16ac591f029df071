//! Whether a test of a procedure holds, and how it is told that it does not.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::flow::{
    Amount, Amounts, CasesOf, Cite, Given, Path, PeopleTest, Relation, Test, TimeBound, Workflow,
};
use model::rule::Ledger;
use model::{Condition, Entry, EntryId, PersonId, Value};
use rulebook::Called;

use super::values::{people_in, row_of};
use super::vote::{Count, Poll};
use super::world::{Context, World};
use super::{Case, State, Subject, Unmet};
use crate::{Facts, Verdict};

/// How a test stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    Holds,
    /// It does not; in words.
    Fails(String),
    /// It cannot be told; what is lacking, in words.
    Untold(String),
}

fn judged(holds: bool, words: impl FnOnce() -> String) -> Judged {
    if holds { Judged::Holds } else { Judged::Fails(words()) }
}

/// How one test stands.
pub(crate) fn judge(test: &Test, cx: &Context<'_>) -> Judged {
    match test {
        Test::Record(condition) => upon_record(condition, cx),
        Test::OfLine(condition) => {
            let unit = cx.line_unit().and_then(|u| cx.world.organisation.unit(u));
            if unit.is_none() {
                return Judged::Untold("没有这一行".to_owned());
            }
            let facts = Facts { unit, organisation: Some(cx.world.organisation), ..Facts::default() };
            told(crate::judge(condition, &facts), || "不是所指的组织".to_owned())
        }
        Test::Of(step, condition) => upon_other(step.as_deref(), condition, cx),
        Test::Time { point, until, bound } => {
            let Some(day) = cx.day_of(point) else {
                // What is not known to lie ahead cannot come too soon: nothing to tell, and nothing to go by.
                return Judged::Untold(if *until {
                    String::new()
                } else {
                    "起算的日期没有登记，无法核对".to_owned()
                });
            };
            time(cx.world, day, cx.day, *until, *bound)
        }
        Test::Entries { ledger, such, since, sum, bound } => {
            let since = since.as_ref().and_then(|p| cx.day_of(p));
            let title = cx.world.ledger(ledger, cx.day).map_or(ledger.as_str(), |l| l.title.as_str());
            let found = entries(cx, ledger, such, since);
            let (count, unit) = match sum {
                Some(field) => (found.iter().map(|e| number(e.values.get(field)).unwrap_or(0)).sum(), ""),
                None => (i64::try_from(found.len()).unwrap_or(i64::MAX), "次"),
            };
            amounts(count, bound, cx, &format!("{title}记录"), unit)
        }
        Test::Lines { field, such, ratio, most, of } => {
            let Some(whole) = cx.values(of).iter().find_map(|v| number(Some(v))) else {
                return Judged::Untold("应有的数没有登记，无法核对".to_owned());
            };
            let count = i64::try_from(lines(cx, field, such)).unwrap_or(i64::MAX);
            let (has, asked) =
                (count.saturating_mul(ratio.whole.into()), whole.saturating_mul(ratio.part.into()));
            judged(if *most { has <= asked } else { has >= asked }, || {
                let word = if *most { "超过" } else { "不足" };
                let of = match (ratio.part, ratio.whole) {
                    (part, all) if part == all => String::new(),
                    (part, all) => format!("的{part}/{all}"),
                };
                format!("{}共{count}行，{word}{whole}{of}", label(cx, field))
            })
        }
        Test::Against { field, bound } => match number(cx.own_value(field)) {
            Some(n) => amounts(n, bound, cx, label(cx, field), ""),
            None => Judged::Untold(format!("{}未填", label(cx, field))),
        },
        Test::People(asked) => people(asked, cx),
        Test::Quorum(id) => quorum(id, cx),
        Test::Papers(papers) => {
            let lacking: Vec<&str> =
                papers.iter().filter(|p| !has_paper(cx, p)).map(|p| paper_title(cx, p)).collect();
            judged(lacking.is_empty(), || format!("缺少材料：{}", lacking.join("、")))
        }
        Test::Fact { fact, present, any_of, other, bound } => {
            let value = cx.subject_fact(fact);
            let word = cx.world.rulebook.called(Called::Fact, fact);
            if let Some(wanted) = present {
                return judged(value.is_some() == *wanted, || {
                    format!("{word}{}", if *wanted { "没有登记" } else { "已经登记" })
                });
            }
            if *bound != Amounts::default() {
                return match number(value.as_ref()) {
                    Some(n) => amounts(n, bound, cx, word, ""),
                    None => Judged::Untold(format!("{word}没有登记")),
                };
            }
            let says = value.as_ref().is_some_and(|v| any_of.iter().any(|w| says(v, w)));
            judged(says != *other, || {
                let named = any_of.iter().map(|w| cx.world.rulebook.called(Called::State, w));
                let named: Vec<&str> = named.collect();
                format!("{word}{}{}", if *other { "不能是" } else { "应为" }, named.join("或"))
            })
        }
        Test::Was { step, outcome, bound } => {
            let Some(place) = cx.workflow.place(step) else { return Judged::Holds };
            let count =
                was(cx.workflow, cx.state, place, outcome.as_deref(), cx.line.filter(|_| place == cx.place));
            let title = cx.workflow.steps.get(place).map_or(step.as_str(), |s| s.title.as_str());
            amounts(count, &at_least_once(bound), cx, &format!("“{title}”"), "次")
        }
        Test::Cases { of, was: so_far, ended, open, bound } => {
            let fits = |(case, state): &(Case, State)| {
                let workflow = cx.world.rulebook.workflow_on(&case.workflow, case.opened).ok();
                so_far.as_ref().is_none_or(|(step, outcome)| {
                    workflow.is_some_and(|w| {
                        w.place(step).is_some_and(|p| was(w, state, p, outcome.as_deref(), None) > 0)
                    })
                }) && ended.as_ref().is_none_or(|e| state.ended.as_ref().is_some_and(|(how, _)| how == e))
                    && (!*open || state.ended.is_none())
            };
            let others = cx.world.cases.iter().filter(|(c, _)| c.id != cx.case.id);
            let count = match of {
                CasesOf::Parent => {
                    let with = others.filter(|(c, _)| {
                        c.parent.is_some() && c.parent == cx.case.parent && c.workflow == cx.case.workflow
                    });
                    with.filter(|c| fits(c)).count() + 1
                }
                CasesOf::Kind(kind) => {
                    let year = cx.day.year();
                    let same = others.filter(|(c, _)| {
                        let workflow = cx.world.rulebook.workflow_on(&c.workflow, c.opened).ok();
                        c.opened_by == cx.case.opened_by
                            && c.opened.year() == year
                            && workflow.and_then(|w| w.sheet.as_ref()).is_some_and(|s| s.kind == *kind)
                    });
                    same.filter(|c| fits(c)).count() + 1
                }
                CasesOf::Subject(workflow) => {
                    let about = others.filter(|(c, _)| {
                        c.subject == cx.case.subject && workflow.as_ref().is_none_or(|w| *w == c.workflow)
                    });
                    about.filter(|c| fits(c)).count()
                }
            };
            amounts(i64::try_from(count).unwrap_or(i64::MAX), &at_least_once(bound), cx, "事项", "件")
        }
        Test::Setting(id, on) => judged(cx.world.setting(id) == *on, || format!("设置“{id}”不符")),
        Test::Any(all) => {
            let each: Vec<Judged> = all.iter().map(|t| judge(t, cx)).collect();
            if each.contains(&Judged::Holds) {
                return Judged::Holds;
            }
            let words = |j: &Judged| match j {
                Judged::Fails(w) | Judged::Untold(w) => w.clone(),
                Judged::Holds => String::new(),
            };
            let told: Vec<String> = each.iter().map(words).filter(|w| !w.is_empty()).collect();
            if told.is_empty() {
                return Judged::Untold(String::new());
            }
            let said =
                if all.len() > 1 { told.join("，") + "（有一项即可）" } else { told.join("，") };
            if each.iter().any(|j| matches!(j, Judged::Untold(_))) {
                Judged::Untold(said)
            } else {
                Judged::Fails(said)
            }
        }
        Test::Not(all) => {
            let each: Vec<Judged> = all.iter().map(|t| judge(t, cx)).collect();
            judged(each.iter().any(|j| *j != Judged::Holds), || "不应有的情形".to_owned())
        }
        Test::Says(path, any_of) => {
            let found = cx.values(path);
            judged(found.iter().any(|v| any_of.iter().any(|g| given(v, g))), || {
                format!("{}不符合", path_words(cx, path))
            })
        }
    }
}

/// What does not hold, with its article.
pub(crate) fn lack(words: String, cite: &Cite, told: bool, world: &World<'_>) -> Unmet {
    let row = cite.article.as_ref().and_then(|id| world.rulebook.article(id));
    let shown = row.map_or_else(String::new, |row| {
        let title = world.rulebook.regulation(&row.regulation).map_or("", |r| r.title.as_str());
        // A notice without articles is cited as a whole.
        format!("《{title}》{}", row.no.trim_matches('—'))
    });
    let rank = row.map(|r| r.rank).or(cite.rank);
    let refuses = row.is_some_and(|r| r.refuses) || cite.rank == Some(model::flow::Rank::Product);
    let words = match row.map(|r| r.says.as_str()) {
        Some(says) if !says.is_empty() => format!("{words}：{says}"),
        _ => words,
    };
    // What cannot be told refuses nothing: it is asked for.
    Unmet { words, article: cite.article.clone(), rank, kind: "", shown, refuses: refuses && told }
}

fn at_least_once(bound: &Amounts) -> Amounts {
    if *bound == Amounts::default() {
        return Amounts { at_least: Some(Amount::Number(1)), at_most: None };
    }
    bound.clone()
}

/// How often a step came out so, in any round. Of several lines together it is the outcome that is listed last among theirs.
fn was(
    cx_workflow: &Workflow,
    state: &State,
    place: usize,
    outcome: Option<&str>,
    line: Option<usize>,
) -> i64 {
    let (Some(at), Some(step)) = (state.places.get(place), cx_workflow.steps.get(place)) else { return 0 };
    let asked_lapsed = outcome == Some("lapsed");
    if let (Some(wanted), Some(decides), Some(_), None) = (outcome, &step.decides, &step.per, line)
        && !asked_lapsed
    {
        let rank = |o: &str| decides.outcomes.iter().position(|(known, _)| known == o);
        let mut latest: BTreeMap<Option<usize>, &str> = BTreeMap::new();
        for done in at.done.iter().filter(|d| !d.lapsed) {
            latest.insert(done.line, &done.outcome);
        }
        let together = latest.values().copied().max_by_key(|o| rank(o));
        return i64::from(together == Some(wanted));
    }
    let fits = |d: &&super::Done| {
        (line.is_none() || d.line == line)
            && (!d.lapsed || asked_lapsed)
            && outcome.is_none_or(|o| d.outcome == o)
    };
    i64::try_from(at.done.iter().filter(fits).count()).unwrap_or(i64::MAX)
}

fn time(world: &World<'_>, point: Date, day: Date, until: bool, bound: TimeBound) -> Judged {
    let days = world.days;
    if until {
        // So long before the moment at the latest, and no longer before it than that.
        if let Some(least) = bound.at_least
            && day > days.before(point, least)
        {
            return Judged::Fails(format!("距{}不足{}", words(point), least.words()));
        }
        if let Some(most) = bound.at_most
            && day < days.before(point, most)
        {
            return Judged::Fails(format!("距{}超过{}", words(point), most.words()));
        }
        return Judged::Holds;
    }
    if let Some(least) = bound.at_least
        && day < days.after(point, least)
    {
        return Judged::Fails(match least {
            model::flow::Length::Days(0) => format!("早于{}", words(point)),
            _ => format!(
                "自{}起不足{}，须满至{}",
                words(point),
                least.words(),
                words(days.after(point, least))
            ),
        });
    }
    if let Some(most) = bound.at_most
        && day > days.after(point, most)
    {
        return Judged::Fails(format!(
            "自{}起超过{}，应不晚于{}",
            words(point),
            most.words(),
            words(days.after(point, most))
        ));
    }
    Judged::Holds
}

/// A day as people write it.
fn words(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

fn amounts(count: i64, bound: &Amounts, cx: &Context<'_>, what: &str, unit: &str) -> Judged {
    let of = |a: &Amount| match a {
        Amount::Number(n) => Some(*n),
        Amount::Path(path) => cx.values(path).iter().find_map(|v| number(Some(v))),
    };
    for (asked, least) in [(&bound.at_least, true), (&bound.at_most, false)] {
        let Some(asked) = asked else { continue };
        let Some(limit) = of(asked) else {
            return Judged::Untold(format!("{what}的限数没有登记，无法核对"));
        };
        if least && count < limit {
            return Judged::Fails(format!("{what}{count}{unit}，不足{limit}{unit}"));
        }
        if !least && count > limit {
            return Judged::Fails(format!("{what}{count}{unit}，超过{limit}{unit}"));
        }
    }
    Judged::Holds
}

/// A number in ones, or money in yuan.
fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(n) => Some(n / 1000),
        Value::Money(n) => Some(n / 100),
        _ => None,
    }
}

fn says(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Text(t) | Value::Choice(t) => t == wanted,
        Value::Choices(all) => all.iter().any(|c| c == wanted),
        Value::Day(d) => d.to_string() == wanted,
        Value::Number(n) => wanted.parse::<i64>().is_ok_and(|w| w.saturating_mul(1000) == *n),
        _ => false,
    }
}

fn given(value: &Value, given: &Given) -> bool {
    match given {
        Given::Text(t) => says(value, t),
        Given::Number(n) => number(Some(value)) == Some(*n),
        Given::Day(d) => *value == Value::Day(*d),
        Given::Path(_) | Given::Point(_) => false,
    }
}

/// Where something stands, in words.
fn path_words(cx: &Context<'_>, path: &Path) -> String {
    match path {
        Path::Own(f) | Path::Line(f) | Path::Parent(f) | Path::Record(f) => label(cx, f).to_owned(),
        Path::Subject(fact) => cx.world.rulebook.called(Called::Fact, fact).to_owned(),
        Path::Step { step, field } => {
            let title = cx.workflow.step(step).map_or(step.as_str(), |s| s.title.as_str());
            format!("“{title}”里的{}", label(cx, field))
        }
    }
}

/// The forms of the record, and those by which steps of the procedure are shown.
fn forms<'c>(cx: &Context<'c>) -> impl Iterator<Item = &'c Ledger> {
    let (world, day) = (cx.world, cx.day);
    let of_record = cx
        .record
        .into_iter()
        .flat_map(move |(entry, ..)| entry.ledgers.iter().filter_map(move |id| world.ledger(id, entry.day)));
    let shown = cx.workflow.steps.iter().flat_map(|s| &s.shown_by).filter_map(|s| s.ledger.as_ref());
    of_record.chain(shown.filter_map(move |id| world.ledger(id, day)))
}

/// The title of a field, or of a column of a table.
fn label<'c>(cx: &Context<'c>, field: &'c str) -> &'c str {
    forms(cx)
        .flat_map(|l| l.fields.iter().flat_map(|f| std::iter::once(f).chain(&f.rows)))
        .find(|f| f.id == field)
        .map_or(field, |f| f.title.as_str())
}

/// A condition upon the unit, or upon the record: of its line where the line has the field.
fn upon_record(condition: &Condition, cx: &Context<'_>) -> Judged {
    let organisation = Some(cx.world.organisation);
    if concerns_unit(condition) {
        let facts = Facts { unit: cx.world.organisation.unit(cx.own()), organisation, ..Facts::default() };
        return told(crate::judge(condition, &facts), || "不是所指的组织".to_owned());
    }
    let Some((entry, row, _)) = cx.record else { return Judged::Untold(String::new()) };
    upon(condition, entry, row, cx)
}

fn upon(condition: &Condition, entry: &Entry, row: Option<(&str, usize)>, cx: &Context<'_>) -> Judged {
    let organisation = Some(cx.world.organisation);
    let fields = condition.fields();
    for id in &entry.ledgers {
        let Some(ledger) = cx.world.ledger(id, entry.day) else { continue };
        if let (Some((table, _)), Some(line)) = (row, row_of(entry, row))
            && let Some(table) = ledger.field(table)
            && fields.iter().any(|f| table.rows.iter().any(|r| r.id == *f))
        {
            let facts = Facts {
                entry: Some(entry),
                ledger: Some(ledger),
                row: Some((table, line)),
                organisation,
                ..Facts::default()
            };
            return told(crate::judge(condition, &facts), || crate::words_of(condition, &facts));
        }
        if fields.is_empty() || fields.iter().any(|f| ledger.field(f).is_some()) {
            let facts = Facts { entry: Some(entry), ledger: Some(ledger), organisation, ..Facts::default() };
            return told(crate::judge(condition, &facts), || crate::words_of(condition, &facts));
        }
    }
    Judged::Untold("记录里没有这一项".to_owned())
}

fn concerns_unit(condition: &Condition) -> bool {
    match condition {
        Condition::Unit { .. } => true,
        Condition::AnyOf(all) | Condition::Not(all) => all.iter().any(concerns_unit),
        _ => false,
    }
}

fn told(verdict: Verdict, otherwise: impl FnOnce() -> String) -> Judged {
    match verdict {
        Verdict::Holds => Judged::Holds,
        Verdict::Fails(missing) => Judged::Fails(missing.words),
        Verdict::Untold => Judged::Untold(format!("{}，无法核对", otherwise())),
    }
}

/// A condition upon the latest record of another step, or upon the line of the lane.
fn upon_other(step: Option<&str>, condition: &Condition, cx: &Context<'_>) -> Judged {
    let Some(step) = step else {
        let Some(line) = cx.current_line() else { return Judged::Untold("没有这一行".to_owned()) };
        let entry = bare(line.row.clone());
        return told(
            crate::judge(condition, &Facts { entry: Some(&entry), ..Facts::default() }),
            String::new,
        );
    };
    let nothing = || Judged::Fails("还没有这一环节的记录".to_owned());
    let Some(place) = cx.workflow.place(step) else { return nothing() };
    // The latest record that says it at all.
    let said = condition.fields().iter().find_map(|f| {
        let done = cx.state.places.get(place)?.done.iter().rev();
        done.filter_map(|d| d.entry.map(|e| (e, d))).find(|(e, d)| {
            let Some((entry, _)) = cx.world.entries.get(e) else { return false };
            let row = d.row.as_ref().map(|(t, i)| (t.as_str(), *i));
            row_of(entry, row).is_some_and(|r| r.contains_key(*f)) || entry.values.contains_key(*f)
        })
    });
    let latest = said.or_else(|| cx.state.latest(place, None).and_then(|d| d.entry.map(|e| (e, d))));
    let Some((entry, done)) = latest else { return nothing() };
    let Some((entry, _)) = cx.world.entries.get(&entry) else { return nothing() };
    upon(condition, entry, done.row.as_ref().map(|(t, i)| (t.as_str(), *i)), cx)
}

/// A line by itself, to be judged like a record.
fn bare(values: model::Row) -> Entry {
    let nil = jiff::Timestamp::UNIX_EPOCH;
    Entry {
        id: EntryId::from_parts(0, &[0; 10]),
        unit: model::UnitId::from_parts(0, &[0; 10]),
        ledgers: Vec::new(),
        day: Date::constant(1970, 1, 1),
        title: String::new(),
        values,
        revision: 1,
        entered_at: nil,
        entered_by: model::AccountId::from_parts(0, &[0; 10]),
        revised_at: nil,
        withdrawn: false,
    }
}

/// How many lines of a table of the record are such.
fn lines(cx: &Context<'_>, field: &str, such: &[Condition]) -> usize {
    let Some((entry, ..)) = cx.record else { return 0 };
    match entry.values.get(field) {
        Some(Value::Rows(rows)) => {
            let form = entry
                .ledgers
                .iter()
                .filter_map(|id| cx.world.ledger(id, entry.day))
                .find_map(|l| l.field(field));
            let fits = |row: &&model::Row| {
                form.is_none_or(|table| {
                    let facts = Facts { entry: Some(entry), row: Some((table, row)), ..Facts::default() };
                    crate::hold(such, &facts)
                })
            };
            rows.iter().filter(fits).count()
        }
        Some(Value::People(people)) => people.len(),
        Some(Value::Units(units)) => units.len(),
        _ => 0,
    }
}

/// The records of a ledger about the subject: those that name it, and the case's own.
fn entries<'a>(cx: &Context<'a>, ledger: &str, such: &[Condition], since: Option<Date>) -> Vec<&'a Entry> {
    let own: Vec<EntryId> = cx.state.places.iter().flat_map(|p| &p.done).filter_map(|d| d.entry).collect();
    let fits = |e: &&Entry| {
        !e.withdrawn
            && e.ledgers.iter().any(|l| l == ledger)
            && e.day <= cx.day
            && since.is_none_or(|s| e.day >= s)
            && (own.contains(&e.id) || is_about(e, cx.case.subject))
            && such.iter().all(|c| upon(c, e, None, cx) == Judged::Holds)
    };
    cx.world.entries.values().map(|(e, _)| e).filter(fits).collect()
}

/// Whether a record names what a case is about.
pub(crate) fn is_about(entry: &Entry, subject: Subject) -> bool {
    match subject {
        Subject::Person(id) => entry.values.values().flat_map(people_in).any(|p| p == id),
        Subject::Unit(id) => {
            entry.unit == id
                || entry.values.values().any(|v| match v {
                    Value::Unit(u) => *u == id,
                    Value::Units(us) => us.contains(&id),
                    _ => false,
                })
        }
        Subject::Record(id, _) => entry.values.values().any(|v| *v == Value::Link(id)),
        Subject::Matter(_) => false,
    }
}

/// Whether a paper is there: a file under its name, or ticked in a list, in a record of the case.
fn has_paper(cx: &Context<'_>, paper: &str) -> bool {
    let shows = |e: &Entry| {
        e.values.iter().any(|(field, value)| match value {
            Value::Files(files) => field == paper && !files.is_empty(),
            Value::Choices(all) => all.iter().any(|c| c == paper),
            Value::Text(t) => field == paper && !t.trim().is_empty(),
            _ => false,
        })
    };
    let done = cx.state.places.iter().flat_map(|p| &p.done).filter_map(|d| d.entry);
    cx.record.is_some_and(|(e, ..)| shows(e))
        || done.filter_map(|id| cx.world.entries.get(&id)).any(|(e, _)| shows(e))
}

fn paper_title<'c>(cx: &Context<'c>, paper: &'c str) -> &'c str {
    let named = forms(cx).flat_map(|l| &l.fields).find_map(|f| {
        if f.id == paper {
            return Some(f.title.as_str());
        }
        f.options.iter().find(|(id, _)| id == paper).map(|(_, title)| title.as_str())
    });
    named.unwrap_or(paper)
}

fn people(asked: &PeopleTest, cx: &Context<'_>) -> Judged {
    let who = match (cx.record, asked.field.as_str()) {
        (Some((_, _, who)), _) => who,
        (None, "line") => None,
        (None, _) => return Judged::Untold(String::new()),
    };
    let of_line = || cx.current_line().and_then(|l| l.person).into_iter().collect();
    let named = match asked.field.as_str() {
        "line" => of_line(),
        field => cx.own_value(field).map(people_in).unwrap_or_default(),
    };
    let title = if asked.field == "line" { "这一行的人" } else { label(cx, &asked.field) };
    let count = i64::try_from(named.len()).unwrap_or(i64::MAX);
    if let told @ (Judged::Fails(_) | Judged::Untold(_)) = amounts(count, &asked.bound, cx, title, "人") {
        return told;
    }
    let name = |id: &PersonId| cx.world.people.get(id).map_or("", |p| p.name.as_str()).to_owned();
    let unfit: Vec<String> =
        named.iter().filter(|p| !asked.are.iter().all(|w| is(cx, **p, w))).map(name).collect();
    if !unfit.is_empty() {
        let wanted: Vec<&str> =
            asked.are.iter().map(|w| cx.world.rulebook.called(Called::State, w)).collect();
        return Judged::Fails(format!("{title}中{}不是{}", unfit.join("、"), wanted.join("、")));
    }
    // Who decides and is not named is who wrote the record.
    let deciding = if named.is_empty() { who.into_iter().collect() } else { named.clone() };
    for relation in &asked.not {
        let barred = barred(relation, cx);
        let found: Vec<String> = deciding.iter().filter(|p| barred.contains(p)).map(name).collect();
        if !found.is_empty() {
            return Judged::Fails(format!("{title}应当回避或另派他人：{}", found.join("、")));
        }
    }
    if let Some(most) = asked.load_at_most {
        for person in &named {
            let load = load(cx, *person, &asked.field) + 1;
            if load > most {
                return Judged::Fails(format!("{}同时承担{load}人，超过{most}人", name(person)));
            }
        }
    }
    Judged::Holds
}

/// Whether a person is of that stage, has their rights, holds that post.
fn is(cx: &Context<'_>, person: PersonId, word: &str) -> bool {
    let Some(someone) = cx.world.people.get(&person) else { return false };
    let stage = someone.stage(cx.day);
    match word {
        "member" => matches!(stage, Some("full" | "probationary")),
        "with_rights" => {
            let suspended = cx.world.fact(Subject::Person(person), "rights_suspended", cx.day);
            stage == Some("full")
                && suspended
                    .is_none_or(|f| f.from.is_some_and(|d| cx.day < d) || f.ends.is_some_and(|d| cx.day > d))
        }
        _ if super::offer::STAGES.contains(&word) => stage == Some(word),
        post => super::offer::holds_post(cx.world, someone, post, cx.day),
    }
}

fn barred(relation: &Relation, cx: &Context<'_>) -> Vec<PersonId> {
    let with_near = |people: Vec<PersonId>| -> Vec<PersonId> {
        let near = cx
            .world
            .people
            .iter()
            .filter(|(_, p)| p.near.iter().any(|n| people.contains(n)))
            .map(|(id, _)| *id);
        let theirs = people.iter().filter_map(|p| cx.world.people.get(p)).flat_map(|p| p.near.clone());
        let mut all: Vec<PersonId> = near.chain(theirs).collect();
        all.extend(people.iter().copied());
        all
    };
    match relation {
        Relation::Did(step) => {
            let Some(place) = cx.workflow.place(step) else { return Vec::new() };
            let per = |at: usize| cx.workflow.steps.get(at).and_then(|s| s.per.as_ref());
            match (per(place), per(cx.place)) {
                // Of a lane of its own whoever did any line of it did it.
                (Some(of), own) if own != Some(of) => {
                    let done = cx.state.places.get(place).map(|p| p.done.as_slice()).unwrap_or_default();
                    done.iter().flat_map(|d| d.by.clone()).collect()
                }
                // Of several rounds the latest: who mended then is who mended.
                (of, _) => {
                    let line = cx.line.filter(|_| of.is_some());
                    cx.state.latest(place, line).map(|d| d.by.clone()).unwrap_or_default()
                }
            }
        }
        Relation::In(path) => cx.people_at(path),
        Relation::NearSubject => match cx.case.subject {
            Subject::Person(id) => with_near(vec![id]),
            Subject::Unit(_) | Subject::Record(..) | Subject::Matter(_) => Vec::new(),
        },
        Relation::Near(path) => with_near(cx.people_at(path)),
        Relation::Line => cx.current_line().and_then(|l| l.person).into_iter().collect(),
        Relation::NearLine => with_near(cx.current_line().and_then(|l| l.person).into_iter().collect()),
        Relation::UnitOfLine => {
            let Some(unit) = cx.line_unit() else { return Vec::new() };
            let of_unit = |p: &&PersonId| {
                let branch = cx.world.branch(**p, cx.day);
                let posts = cx.world.people.get(p).map(|s| s.posts_on(cx.day).any(|(at, _)| at == unit));
                branch == Some(unit) || posts == Some(true)
            };
            cx.world.people.keys().filter(of_unit).copied().collect()
        }
    }
}

/// In how many other running cases of the procedure the person stands in this place.
fn load(cx: &Context<'_>, person: PersonId, field: &str) -> i64 {
    let others = cx
        .world
        .cases
        .iter()
        .filter(|(c, s)| c.id != cx.case.id && c.workflow == cx.case.workflow && s.ended.is_none());
    let named = others.filter(|(_, state)| {
        let Some(done) = state.latest(cx.place, None) else { return false };
        let Some((entry, _)) = done.entry.and_then(|e| cx.world.entries.get(&e)) else { return false };
        let row = done.row.as_ref().map(|(t, i)| (t.as_str(), *i));
        let value = row_of(entry, row).and_then(|r| r.get(field)).or_else(|| entry.values.get(field));
        value.map(people_in).unwrap_or_default().contains(&person)
    });
    i64::try_from(named.count()).unwrap_or(i64::MAX)
}

fn quorum(id: &str, cx: &Context<'_>) -> Judged {
    let (Some(rule), Some((entry, row, _))) = (cx.world.rulebook.vote(id), cx.record) else {
        return Judged::Untold(String::new());
    };
    let count = Count::of(rule, row_of(entry, row), entry);
    let share = rule.quorum.as_ref().map_or_else(String::new, |(share, _)| share.words());
    match count.quorum(rule) {
        Poll::Enough => Judged::Holds,
        Poll::TooFew(present, due) => Judged::Fails(format!(
            "应到{due}人，实到{present}人，到会没有{share}{}",
            if count.written > 0 { "（书面意见不算到会）" } else { "" }
        )),
        Poll::Untold => Judged::Untold("应到、实到人数未填，无法核对到会".to_owned()),
    }
}
