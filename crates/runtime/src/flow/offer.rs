//! What a record would move: of which steps it is the record, whether the guards let it pass, what comes out.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::flow::{Rank, Shown, Step, Test, VoteRule, Workflow};
use model::{CaseId, Entry, PersonId, UnitId, Value};

use super::changes::{Change, resolved};
use super::judge::{Judged, is_about, judge, lack};
use super::values::{people_in, row_of};
use super::vote::Count;
use super::world::{Context, World};
use super::{Case, Event, Line, Someone, State, Status, Subject, Unmet, What};
use crate::{Facts, hold};

/// The stages of which procedures speak.
pub(crate) const STAGES: [&str; 5] = ["applicant", "activist", "candidate", "probationary", "full"];

/// A record that is offered.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    /// The record.
    pub entry: &'a Entry,
    /// Who wrote it.
    pub who: Option<PersonId>,
    /// Day from which it is known.
    pub known: Date,
    /// The case from whose step it was opened; none for a record of its own.
    pub case: Option<CaseId>,
}

/// What becomes of a record at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It does the step.
    Moved,
    /// It is kept and moves nothing.
    Refused,
    /// The step is done already: it is kept beside it.
    Attached,
    /// The step is not open yet: it is offered again when it opens.
    Later,
    /// It came late for a step that has lapsed: that is disputed.
    Disputes,
}

/// What a record would do at one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// Id of the step.
    pub step: String,
    /// Line of its lane.
    pub line: Option<usize>,
    /// What becomes of it.
    pub fate: Fate,
    /// What comes out, where it moves.
    pub outcome: String,
    /// What refuses it, or is told.
    pub unmet: Vec<Unmet>,
    /// What is written down.
    pub event: Option<Event>,
    /// What follows from guards that do not hold.
    pub changes: Vec<Change>,
}

/// A lack that the program itself tells.
pub(crate) fn own_lack(kind: &'static str, words: String, refuses: bool) -> Unmet {
    let rank = (kind != "order" && kind != "outcome").then_some(Rank::Product);
    Unmet { words, article: None, rank, kind, shown: String::new(), refuses }
}

/// Whether somebody holds a post, or one of a role.
pub(crate) fn holds_post(world: &World<'_>, someone: &Someone, post: &str, on: Date) -> bool {
    let role = world.rulebook.roles().roles.iter().find(|r| r.id == post);
    someone.posts_on(on).any(|(_, title)| match role {
        Some(role) => role.posts.is_empty() || role.posts.iter().any(|p| p == title),
        None => title == post,
    })
}

/// What a record would do to a case: at every step that it fits, not at those that it opens.
#[must_use]
pub fn offer(
    workflow: &Workflow,
    case: &Case,
    state: &State,
    world: &World<'_>,
    record: &Record<'_>,
) -> Vec<Move> {
    let mut out = Vec::new();
    for (place, step) in workflow.steps.iter().enumerate() {
        let Some(at) = state.places.get(place) else { continue };
        let lines: Vec<Option<usize>> = match &step.per {
            Some(_) => (0..at.marks.len()).map(Some).collect(),
            None => vec![None],
        };
        // Where one line only is open, a record of this case that names none is about that one.
        let open: Vec<usize> = (0..at.marks.len())
            .filter(|l| at.marks.get(*l).is_some_and(|m| m.status == Status::Open))
            .collect();
        let only = (record.case == Some(case.id) && open.len() == 1).then(|| open.first().copied()).flatten();
        let mut of_step = Vec::new();
        for line in lines {
            let Some(mark) = at.marks.get(line.unwrap_or(0)) else { continue };
            let cx = Context {
                world,
                workflow,
                case,
                state,
                place,
                line,
                record: Some((record.entry, None, record.who)),
                day: record.entry.day,
            };
            let Some(row) = step.shown_by.iter().find_map(|s| fit(s, &cx, record)) else { continue };
            let cx = Context { record: Some((record.entry, row, record.who)), ..cx };
            // Of a lane, the line whose unit or person the record is about.
            if line.is_some() && at.lines.is_some() && row.is_none() && !is_of_line(&cx, record) {
                let named = at.lines.iter().flatten().any(|l| names_line(l, record));
                if named || line != only {
                    continue;
                }
            }
            let ended = state.ended.is_some();
            let made = match mark.status {
                Status::Open if !ended => attempt(&cx, step, record),
                Status::Waiting if !ended => plain(step, line, Fate::Later),
                Status::Passed
                    if at.done.iter().any(|d| d.line == line && d.lapsed) && lapsed_wrongly(&cx, record) =>
                {
                    let event = Event {
                        known: record.known,
                        day: record.entry.day,
                        what: What::Disputed(step.id.clone(), Some(record.entry.id)),
                    };
                    Move { event: Some(event), ..plain(step, line, Fate::Disputes) }
                }
                Status::Passed => plain(step, line, Fate::Attached),
                Status::Dead if at.done.iter().any(|d| d.line == line) => plain(step, line, Fate::Attached),
                _ => continue,
            };
            of_step.push(made);
        }
        out.extend(of_step);
    }
    // Of several steps that a record shows it speaks of those that its unit bears: a co-owner's receipt is no wrong receipt
    // of the leading unit.
    let foreign = |m: &Move| m.fate == Fate::Refused && m.unmet.iter().any(|u| u.kind == "unit");
    let own = |m: &Move| match m.fate {
        Fate::Moved | Fate::Disputes => true,
        Fate::Refused => !foreign(m),
        // The line of a lane that is this unit's, and is done.
        Fate::Attached => m.line.is_some(),
        Fate::Later => false,
    };
    if out.iter().any(own) {
        out.retain(|m| !foreign(m));
    }
    // A record that speaks of one step, to move it or in vain, is not also too early or too late for another.
    if out.iter().any(|m| matches!(m.fate, Fate::Moved | Fate::Refused)) {
        out.retain(|m| !matches!(m.fate, Fate::Later | Fate::Attached));
    }
    // Of those that it comes too early for, it waits for the first.
    let first = out.iter().position(|m| m.fate == Fate::Later);
    let mut place = 0;
    out.retain(|m| {
        place += 1;
        m.fate != Fate::Later || first == Some(place - 1)
    });
    out
}

fn plain(step: &Step, line: Option<usize>, fate: Fate) -> Move {
    Move {
        step: step.id.clone(),
        line,
        fate,
        outcome: String::new(),
        unmet: Vec::new(),
        event: None,
        changes: Vec::new(),
    }
}

/// Whether the step lapsed although this record was in time.
fn lapsed_wrongly(cx: &Context<'_>, record: &Record<'_>) -> bool {
    cx.due().is_some_and(|d| record.entry.day <= d.day)
        && cx.state.latest(cx.place, cx.line).is_some_and(|d| d.lapsed)
}

/// Whether a record shows the step in this way: the line of its table that speaks of the case, or none.
fn fit<'r>(shown: &'r Shown, cx: &Context<'_>, record: &Record<'_>) -> Option<Option<(&'r str, usize)>> {
    let ledger = shown.ledger.as_ref()?;
    let entry = record.entry;
    if !entry.ledgers.contains(ledger) || entry.withdrawn {
        return None;
    }
    if !shown.when.iter().all(|t| judge(t, cx) == Judged::Holds) {
        return None;
    }
    let form = cx.world.ledger(ledger, entry.day);
    let facts = Facts {
        entry: Some(entry),
        ledger: form,
        organisation: Some(cx.world.organisation),
        ..Facts::default()
    };
    if !hold(&shown.such.0, &facts) {
        return None;
    }
    if let Some(table) = &shown.rows {
        match entry.values.get(table) {
            Some(Value::Rows(rows)) if !rows.is_empty() => {
                let about = rows.iter().position(|row| row.values().any(|v| names(v, cx)));
                // In a lane the line of the table says which line of the lane is meant.
                let alone = rows.len() == 1 && record.case == Some(cx.case.id) && cx.line.is_none();
                let only = alone.then_some(0);
                return about.or(only).map(|at| Some((table.as_str(), at)));
            }
            Some(value) => return names(value, cx).then_some(None),
            None => {}
        }
    }
    concerns(entry, cx, record).then_some(None)
}

/// Whether a value names what the case, or the line of its lane, is about.
fn names(value: &Value, cx: &Context<'_>) -> bool {
    if let Some(line) = cx.current_line() {
        if line.unit.is_some_and(|u| *value == Value::Unit(u))
            || line.person.is_some_and(|p| people_in(value).contains(&p))
            || matches!(value, Value::Text(t) if *t == line.title)
        {
            return true;
        }
        if line.unit.is_some() || line.person.is_some() {
            return false;
        }
    }
    match (cx.case.subject, value) {
        (_, Value::Text(t)) => *t == cx.case.title,
        (Subject::Person(id), v) => people_in(v).contains(&id),
        (Subject::Unit(id), Value::Unit(u)) => *u == id,
        (Subject::Unit(id), Value::Units(us)) => us.contains(&id),
        (Subject::Record(id, _), Value::Link(l)) => *l == id,
        _ => false,
    }
}

/// Whether a record without lines is about the case: it was opened from it, or names its subject.
fn concerns(entry: &Entry, cx: &Context<'_>, record: &Record<'_>) -> bool {
    let opened_from = record.case == Some(cx.case.id);
    // Of a unit every record of it would be: opened from another case, it is of that one only.
    let unit = matches!(cx.case.subject, Subject::Unit(_)) && record.case.is_some();
    opened_from || (!unit && is_about(entry, cx.case.subject))
}

/// Whether a value names a unit, alone or among others.
fn is_unit(value: &Value, unit: UnitId) -> bool {
    match value {
        Value::Unit(u) => *u == unit,
        Value::Units(all) => all.contains(&unit),
        _ => false,
    }
}

fn is_of_line(cx: &Context<'_>, record: &Record<'_>) -> bool {
    cx.current_line().is_some_and(|line| names_line(line, record))
}

/// Whether a record is about the line of a lane: it names its unit, person or words, or is of its unit or person.
fn names_line(line: &Line, record: &Record<'_>) -> bool {
    let named = line.person.is_some_and(|p| record.entry.values.values().any(|v| people_in(v).contains(&p)))
        || line.unit.is_some_and(|u| record.entry.values.values().any(|v| is_unit(v, u)));
    if line.person.is_none() && line.unit.is_none() {
        return record.entry.values.values().any(|v| matches!(v, Value::Text(t) if *t == line.title));
    }
    named
        || (line.unit.is_some() && line.unit == Some(record.entry.unit))
        || (line.person.is_some() && record.who == line.person)
}

/// Tries to do an open step by a record.
fn attempt(cx: &Context<'_>, step: &Step, record: &Record<'_>) -> Move {
    let entry = record.entry;
    let mut unmet = promises(cx, step, record);
    let mut changes = Vec::new();
    for guard in &step.guard {
        let judged = judge(&guard.test, cx);
        if matches!(judged, Judged::Fails(_)) {
            changes.extend(guard.unmet.iter().flat_map(|e| resolved(e, cx)));
        }
        match judged {
            Judged::Holds => {}
            Judged::Untold(words) if words.is_empty() => {}
            Judged::Fails(words) => {
                unmet.push(lack(words, cite_of(&guard.test, &guard.cite, cx.world), true, cx.world));
            }
            Judged::Untold(words) => {
                unmet.push(lack(words, cite_of(&guard.test, &guard.cite, cx.world), false, cx.world));
            }
        }
    }
    let mut outcome = "done".to_owned();
    if let Some(decides) = &step.decides {
        match decided(decides, cx, &mut unmet) {
            Some(found) if decides.outcomes.iter().any(|(o, _)| *o == found) => outcome = found,
            _ => {
                let words = match (&decides.vote, &decides.field) {
                    (Some(_), _) => "表决结果没有记全，得不出结论".to_owned(),
                    (None, Some(_)) => "没有写明结论".to_owned(),
                    (None, None) => "没有结论".to_owned(),
                };
                unmet.push(own_lack("outcome", words, true));
            }
        }
    }
    if unmet.iter().any(|u| u.refuses) {
        return Move { unmet, changes, ..plain(step, cx.line, Fate::Refused) };
    }
    let row = cx.record.and_then(|(_, row, _)| row.map(|(table, at)| (table.to_owned(), at)));
    let event = Event {
        known: record.known,
        day: entry.day,
        what: What::Done {
            step: step.id.clone(),
            line: cx.line,
            outcome: outcome.clone(),
            entry: Some(entry.id),
            row,
            by: record.who.into_iter().collect(),
            unit: Some(entry.unit),
        },
    };
    Move { outcome, unmet, event: Some(event), changes, ..plain(step, cx.line, Fate::Moved) }
}

/// The cite of a guard; a quorum without one rests on that of its rule.
fn cite_of<'c>(test: &Test, cite: &'c model::flow::Cite, world: &World<'c>) -> &'c model::flow::Cite {
    if cite.article.is_none()
        && cite.rank.is_none()
        && let Test::Quorum(vote) = test
        && let Some((_, own)) = world.rulebook.vote(vote).and_then(|v| v.quorum.as_ref())
    {
        return own;
    }
    cite
}

/// The promises of the program itself: no day in the future, the right unit, the order of days.
fn promises(cx: &Context<'_>, step: &Step, record: &Record<'_>) -> Vec<Unmet> {
    let mut out = Vec::new();
    let entry = record.entry;
    if entry.day > record.known {
        out.push(own_lack("future", format!("{}还没有到", entry.day), true));
    }
    match cx.bearer() {
        Some(unit) if unit == entry.unit => {}
        Some(unit) => {
            let words =
                format!("应由{}办理，不是{}", cx.world.unit_name(unit), cx.world.unit_name(entry.unit));
            // Whoever may not do it does not, whatever the article that says so does of itself.
            let told = lack(words, &step.by_cite, true, cx.world);
            let rank = told.rank.or(Some(Rank::Product));
            out.push(Unmet { kind: "unit", refuses: true, rank, ..told });
        }
        None => out.push(own_lack("unit", "没有能够承办的组织".to_owned(), true)),
    }
    if let Some((before, title)) = last_above(cx)
        && entry.day < before
    {
        out.push(own_lack("order", format!("早于上一环节“{title}”（{before}）"), true));
    }
    if !step.posts.is_empty()
        && let Some(who) = record.who.and_then(|id| cx.world.people.get(&id))
        && !step.posts.iter().any(|p| holds_post(cx.world, who, p, entry.day))
    {
        let titles: Vec<&str> = step.posts.iter().map(|p| role_title(cx.world, p)).collect();
        let words = format!("一般由{}办理", titles.join("、"));
        out.push(Unmet { rank: Some(Rank::School), ..own_lack("post", words, false) });
    }
    out
}

fn role_title<'w>(world: &World<'w>, id: &'w str) -> &'w str {
    world.rulebook.roles().roles.iter().find(|r| r.id == id).map_or(id, |r| r.title.as_str())
}

/// The latest day of what the step waited for in this round.
pub(crate) fn last_above(cx: &Context<'_>) -> Option<(Date, String)> {
    let ways = cx.workflow.ways();
    let from = ways.get(cx.place)?;
    let days = from.iter().filter_map(|p| {
        let step = cx.workflow.steps.get(*p)?;
        let passed = cx.state.places.get(*p)?.marks.iter().any(|m| m.status == Status::Passed);
        if step.beside.is_some() || !passed {
            return None;
        }
        let done = cx.state.latest(*p, None).filter(|d| !d.lapsed)?;
        Some((done.day, step.title.clone()))
    });
    days.max()
}

/// What the record decides.
fn decided(decides: &model::flow::Decides, cx: &Context<'_>, unmet: &mut Vec<Unmet>) -> Option<String> {
    let (entry, row, _) = cx.record?;
    let said = decides.field.as_ref().and_then(|f| match cx.own_value(f)? {
        Value::Choice(c) | Value::Text(c) => Some(c.clone()),
        _ => None,
    });
    let Some(vote) = &decides.vote else { return said };
    let rule = cx.world.rulebook.vote(vote)?;
    let count = Count::of(rule, row_of(entry, row), entry);
    // More ballots back than given out: a rating is void and voted anew, any other vote is no vote.
    let rating = decides.outcomes.iter().any(|(o, _)| o == "counted");
    if rating {
        let (issued, returned) = count.ballots?;
        return Some(if returned > issued { "void" } else { "counted" }.to_owned());
    }
    if let Some((issued, returned)) = count.ballots
        && returned > issued
    {
        unmet.push(own_lack("ballots", format!("发出{issued}张，收回{returned}张，收回多于发出"), true));
    }
    if let (Some(yes), Some(present)) = (count.yes, count.present)
        && yes > present
    {
        // Written opinions stand in a field of their own: who is not there casts no ballot.
        unmet.push(own_lack("ballots", format!("实到{present}人，赞成{yes}票，赞成多于实到"), true));
    }
    if let Some(cite) = &rule.one_by_one
        && let Some(together) = voted_together(rule, entry, row)
    {
        let words = format!("{together}人在一次会上表决，没有逐人的票数");
        unmet.push(lack(words, cite, true, cx.world));
    }
    if count.excluded_in_vain > 0 {
        let words = format!(
            "不计入应到会的{}人没有写明原因和上级同意，或者这种表决不能扣除，仍算应到",
            count.excluded_in_vain
        );
        let cite = rule.excluded.as_ref().map(|e| e.cite.clone()).unwrap_or_default();
        unmet.push(lack(words, &cite, true, cx.world));
    }
    if count.written_in_vain > 0 {
        let words = format!("书面意见{}份，这种表决不计书面意见", count.written_in_vain);
        unmet.push(lack(words, &Default::default(), true, cx.world));
    }
    if let Some(over) = &decides.over {
        let seats = decides.seats.as_ref().and_then(|path| {
            cx.values(path).iter().find_map(|v| match v {
                Value::Number(n) => Some(n / 1000),
                _ => None,
            })
        })?;
        let Some(Value::Rows(lines)) = entry.values.get(over) else { return None };
        let before = elected_before(cx, rule, over);
        return count.elected(rule, lines, seats, &before).map(str::to_owned);
    }
    let carried = count.carried(rule)?;
    Some(match (carried, said) {
        (false, _) => "failed".to_owned(),
        (true, Some(motion)) => motion,
        (true, None) => "passed".to_owned(),
    })
}

/// How many were voted on together, where each needs figures of their own: a table of several lines of which this one says
/// no votes, as little as another.
fn voted_together(rule: &VoteRule, entry: &Entry, row: Option<(&str, usize)>) -> Option<usize> {
    let (table, at) = row?;
    let Some(Value::Rows(lines)) = entry.values.get(table) else { return None };
    let bare = |row: &&model::Row| !row.contains_key(&rule.fields.yes);
    let together = lines.iter().filter(bare).count();
    (together > 1 && lines.get(at).is_some_and(|row| bare(&row))).then_some(together)
}

/// Who was elected in earlier rounds of this election: since what it waits for was done the last time, short of the seats.
/// A further round fills only the seats that are left (counting rule `elected_denominator`).
fn elected_before(cx: &Context<'_>, rule: &VoteRule, over: &str) -> BTreeSet<String> {
    let since = last_above(cx).map(|(day, _)| day);
    let done = cx.state.places.get(cx.place).map(|p| p.done.as_slice()).unwrap_or_default();
    let rounds = done.iter().filter(|d| d.outcome == "short" && since.is_none_or(|s| d.day >= s));
    let mut out = BTreeSet::new();
    for round in rounds {
        let Some((entry, _)) = round.entry.and_then(|e| cx.world.entries.get(&e)) else { continue };
        let Some(Value::Rows(lines)) = entry.values.get(over) else { continue };
        let count = Count::of(rule, None, entry);
        out.extend(count.chosen(rule, lines).into_iter().flatten());
    }
    out
}

/// Whether a step may be left out, and by what.
#[must_use]
pub fn may_skip(
    workflow: &Workflow,
    state: &State,
    step: &str,
    world: &World<'_>,
    reason: &str,
) -> Vec<Unmet> {
    let mut out = Vec::new();
    let Some(place) = workflow.place(step) else {
        return vec![own_lack("step", "没有这一环节".to_owned(), true)];
    };
    if !state.is_open(place) {
        out.push(own_lack("step", "这一环节现在不用办".to_owned(), true));
    }
    match workflow.steps.get(place).and_then(|s| s.skip.as_ref()) {
        None => out.push(own_lack("skip", "这一环节不能略过".to_owned(), true)),
        Some(cite) => {
            let told = Unmet { refuses: false, ..lack("略过这一环节".to_owned(), cite, true, world) };
            out.push(told);
            if reason.trim().is_empty() {
                out.push(own_lack("reason", "略过要写明原因".to_owned(), true));
            }
        }
    }
    out
}

/// Whether a line may be added to the lane of a step.
#[must_use]
pub fn may_add_line(workflow: &Workflow, state: &State, step: &str, line: &Line) -> Vec<Unmet> {
    let refused = |words: &str| vec![own_lack("line", words.to_owned(), true)];
    let Some(place) = workflow.place(step) else { return refused("没有这一环节") };
    if workflow.steps.get(place).is_none_or(|s| s.per.is_none()) {
        return refused("这一环节不分行办理");
    }
    if state.ended.is_some() {
        return refused("事项已经结束");
    }
    match state.places.get(place).and_then(|p| p.lines.as_ref()) {
        None => refused("还没有分行，先把上面的环节办好"),
        Some(lines) if lines.iter().any(|l| l.is_same(line)) => refused("已经有这一行"),
        Some(_) => Vec::new(),
    }
}

/// Whether the due day of a step may be put off to a day, asked on another, granted by a unit.
#[must_use]
pub fn may_extend(
    (workflow, case, state): (&Workflow, &Case, &State),
    (step, line): (&str, Option<usize>),
    to: Date,
    (asked, by, reason): (Date, UnitId, &str),
    world: &World<'_>,
) -> Vec<Unmet> {
    let mut out = Vec::new();
    let Some(place) = workflow.place(step) else {
        return vec![own_lack("step", "没有这一环节".to_owned(), true)];
    };
    let cx = Context { world, workflow, case, state, place, line, record: None, day: asked };
    if !state.is_open(place) {
        out.push(own_lack("step", "这一环节现在不用办".to_owned(), true));
        return out;
    }
    let Some(due) = cx.due() else {
        out.push(own_lack("extend", "这一环节没有期限".to_owned(), true));
        return out;
    };
    let Some(extend) = &due.rule.extend else {
        out.push(own_lack("extend", "这一环节的期限不能延长".to_owned(), true));
        return out;
    };
    if state.places.get(place).is_some_and(|p| p.extended.iter().any(|(l, _)| *l == line)) {
        out.push(own_lack("extend", "这一环节的期限已经延长过一次".to_owned(), true));
    }
    if to <= due.day {
        out.push(own_lack("extend", format!("新的期限{to}不晚于原期限{}", due.day), true));
    }
    if asked > due.day && reason.trim().is_empty() {
        out.push(own_lack("reason", "期满以后申请延期要写明原因，逾期照样显示".to_owned(), true));
    }
    let granted_by = extend.by.as_ref().and_then(|who| cx.who(who));
    if let Some(unit) = granted_by
        && unit != by
    {
        out.push(own_lack("unit", format!("应由{}批准延期", world.unit_name(unit)), true));
    }
    if let Some(most) = extend.at_most {
        let last = match due.rule.rule.point().and_then(|p| cx.day_of(p)) {
            Some(moment) => world.days.after(moment, most),
            None => world.days.after(due.first, most),
        };
        if to > last {
            out.push(lack(format!("最长只能延至{last}"), &extend.cite, true, world));
        }
    }
    out
}

/// The steps that a corrected record disputes: those that rest on it, by a field that a guard, an outcome, a moment or an
/// effect reads. `changed` are the fields; `day` means the record's own day.
#[must_use]
pub fn correction(
    workflow: &Workflow,
    state: &State,
    entry: &Entry,
    changed: &[String],
    rulebook: &rulebook::Rulebook,
) -> Vec<String> {
    let mut reads = workflow.fields();
    let votes = workflow.steps.iter().filter_map(|s| s.decides.as_ref()?.vote.as_ref());
    reads.extend(votes.filter_map(|id| rulebook.vote(id)).flat_map(|v| v.fields.ids()).cloned());
    let day = changed.iter().any(|c| c == "day");
    let touches =
        |d: &super::Done| d.entry == Some(entry.id) && (day || changed.iter().any(|c| reads.contains(c)));
    let found = workflow.steps.iter().zip(&state.places);
    found.filter(|(_, place)| place.done.iter().any(touches)).map(|(step, _)| step.id.clone()).collect()
}
