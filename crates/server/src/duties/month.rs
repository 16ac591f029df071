//! 本月该做什么: one short list for whoever owes something.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::extract::State;
use jiff::civil::Date;
use model::{Duty, DutyId, ObligationId, PlanId, Role, Standing, UnitId, UnitKind, Wish};
use runtime::{Line, Pick, Tally};
use store::{EntryFilter, Scope};
use web::extract::Query;
use web::permit::{Right, Route, Rule, get};
use web::view::{
    Choice, Empty, Frame, Link, Place, Said, Todo, day_words, long_day_words, month_words, page,
};
use web::{App, Reply};
use work::{Actor, Fault, Year};

use crate::seen::cases as seen_cases;
use crate::seen::entries;
use crate::seen::entries::{Heap, returned, waiting};
use crate::seen::lens;
use work::counts::Records;
use work::units::{name_below, with_groups};

use crate::seen::pick::{self, standing_id};
use crate::seen::source;
use work::sight::{self, Sight};

pub(super) fn routes() -> Vec<Route> {
    vec![get("/month", Rule::May(Right::SeeMonth), show)]
}

/// How far ahead an empty month looks, and how much of it is shown.
const AHEAD_DAYS: i64 = 30;
const AHEAD: usize = 6;

/// How many duties a line names that may be done with it.
const TOGETHER: usize = 2;

/// A heading with the duties under it.
struct Group {
    id: &'static str,
    word: &'static str,
    class: &'static str,
    cap: String,
    todos: Vec<Todo>,
}

impl Group {
    /// Its lines that are one duty each, as the number in the head counts them.
    fn single(&self) -> usize {
        self.todos.iter().filter(|t| !t.of_people).count()
    }

    /// Its lines that are the duties of several people.
    fn of_people(&self) -> usize {
        self.todos.len() - self.single()
    }
}

/// A record in the side column.
struct Recent {
    day: String,
    title: String,
    href: String,
    words: String,
}

#[derive(askama::Template)]
#[template(path = "duties/month.html")]
struct MonthPage {
    frame: Frame,
    whose: String,
    /// The page of the unit; empty where it is somebody, or several.
    whose_href: String,
    /// Whether nothing was ever written down here: then it is said what this is.
    fresh: bool,
    /// What is due in the next days, where the month asks nothing: day, title, its page.
    ahead: Vec<(String, String, String)>,
    month: String,
    on: String,
    is_today: bool,
    lenses: Vec<Choice>,
    plan: String,
    /// What is left of the year before.
    last_year: Number,
    units: Vec<(String, String, bool)>,
    all: Number,
    done: Number,
    overdue: Number,
    soon: Number,
    later: Number,
    folded: usize,
    /// Begun, but due after this month.
    waiting: Vec<Todo>,
    /// Steps of cases that these units have to do.
    cases: Vec<Todo>,
    groups: Vec<Group>,
    finished: Vec<Todo>,
    empty: Option<Empty>,
    previous: (String, String),
    next: (String, String),
    incomplete: Vec<Recent>,
    incomplete_count: Records,
    incomplete_href: String,
    recent: Vec<Recent>,
    recent_count: Records,
    recent_href: String,
    record: String,
    exemptions: usize,
    mine: bool,
    /// Records that the level above returned.
    returned: Heap,
    /// Records of the units below that wait for confirmation.
    to_confirm: Heap,
}

/// A number and the list that it opens.
struct Number {
    count: u32,
    href: String,
}

/// Some people's duties of one obligation and period, as one line.
struct Fold {
    obligation: ObligationId,
    unit: UnitId,
    starts: Date,
    due: Date,
    tally: Tally,
    /// One that is still owed: from it the record of all is written.
    open: Option<DutyId>,
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let on = query.day("on").unwrap_or(today);
    let covered = actor.units_for(Right::SeeMonth);
    let chosen = query.parsed::<UnitId>("unit").filter(|u| covered.contains(u));
    let is_member = actor.person.is_some() && actor.roles().all(|r| r == Role::Member);
    let own = match chosen {
        Some(unit) => BTreeSet::from([unit]),
        None => sight::own_units(&app, &actor).await?,
    };
    let names: Vec<&str> = own.iter().map(|u| actor.known.unit_name(*u)).collect();
    let whose = if is_member { actor.name.clone() } else { named(&actor, &own, &names) };
    let frame = frame.titled("本月该做什么").at(Place::Month);
    let frame = if on == today {
        frame
    } else if on < today {
        frame.noting(
            Said::new(format!("这一页是 {} 的样子，不是今天的。", long_day_words(on)))
                .link("回到今天", "/month"),
        )
    } else {
        frame.noting(
            Said::new(format!("这一页是 {} 要办的，按今天已知的记录算。", month_words(on)))
                .link("回到今天", "/month"),
        )
    };
    let year = lens::looked_at(&app, &actor, &query, on).await?;
    let lenses = year.as_deref().map(|y| lens::lenses(y, "/month", &query)).unwrap_or_default();
    let plan = year.as_deref().map(lens::sent_on).unwrap_or_default();
    let all = &actor.known.organisation.units;
    // Whoever is secretary of two branches looks at one of them alone; groups are looked at with their branch.
    let several = all.iter().filter(|u| covered.contains(&u.id) && u.kind != UnitKind::Group).count() > 1;
    let units = if (covered.len() > own.len() || several) && !is_member {
        all.iter()
            .filter(|u| covered.contains(&u.id))
            .map(|u| (u.id.to_string(), u.name.clone(), chosen == Some(u.id)))
            .collect()
    } else {
        Vec::new()
    };
    let mut built = MonthPage {
        frame,
        whose,
        whose_href: String::new(),
        fresh: false,
        ahead: Vec::new(),
        month: month_words(on),
        on: on.to_string(),
        is_today: on == today,
        lenses,
        plan,
        last_year: Number { count: 0, href: String::new() },
        units,
        all: Number { count: 0, href: String::new() },
        done: Number { count: 0, href: String::new() },
        overdue: Number { count: 0, href: String::new() },
        soon: Number { count: 0, href: String::new() },
        later: Number { count: 0, href: String::new() },
        waiting: Vec::new(),
        cases: if is_member { Vec::new() } else { seen_cases::todos(&app, &actor, &own, today).await? },
        folded: 0,
        groups: Vec::new(),
        finished: Vec::new(),
        empty: None,
        previous: step(on, today, -1, chosen),
        next: step(on, today, 1, chosen),
        incomplete: Vec::new(),
        incomplete_count: Records::default(),
        incomplete_href: String::new(),
        recent: Vec::new(),
        recent_count: Records::default(),
        recent_href: String::new(),
        record: record_href(&own),
        exemptions: 0,
        mine: actor.person.is_some(),
        returned: Heap::default(),
        to_confirm: Heap::default(),
    };
    if actor.may(Right::ApproveExemption) {
        let scope = actor.scope_for(Right::ApproveExemption);
        built.exemptions = app.store.exemptions(actor.institution, &scope, None, true).await?.len();
    }
    if !is_member {
        side(&app, &actor, &own, &mut built).await?;
    }
    if let Some(unit) = home(&actor, &own).filter(|_| !is_member) {
        built.whose_href = format!("/units/{unit}");
        built.fresh = built.recent_count.is_none();
    }
    let Some(year) = year else {
        built.empty = Some(Empty::new("还没有发布的要点", "要点发布之后，本组织每个月该做的事在这里。"));
        return page(&built);
    };
    let sight = Sight::of(&actor);
    let pick = if is_member {
        Pick { person: actor.person, ..Pick::default() }
    } else {
        Pick { units: Some(own.clone()), ..Pick::default() }
    };
    if year.lens.is_none() && year.number == on.year() {
        built.last_year = left(&app, &actor, &sight, &pick, (&own, is_member), on).await?;
    }
    let lines = sight.this_month(&year, &year.board(), &pick, on);
    let (mut single, folds) = if is_member { (lines, Vec::new()) } else { fold(&year, &lines, on) };
    let ids: Vec<DutyId> = single.iter().map(|l| l.duty).collect();
    let scope = actor.scope();
    let duties = app.duties(actor.institution, &scope, &ids).await?;
    // In the order in which they are meant to be done: what prepares a meeting stands before it.
    single.sort_by_key(|l| duties.get(&l.duty).map_or(l.due, |d| d.planned));
    let waits = asked_for(&app, &actor).await?;
    let tally: Tally = single.iter().filter(|l| pick::is_now(l, on)).map(|l| l.standing).collect();
    let whose_list = (&own, is_member.then_some(&actor), year.lens);
    built.all = number(whose_list, tally.total(), "", on);
    built.done = number(whose_list, tally.done(), "done", on);
    built.overdue = number(whose_list, tally.of(Standing::Overdue), standing_id(Standing::Overdue), on);
    built.soon = number(whose_list, tally.of(Standing::DueSoon), standing_id(Standing::DueSoon), on);
    built.folded = folds.len();
    let home = home(&actor, &own);
    let mut todos = Vec::new();
    let owed: Vec<&Line> = single.iter().filter(|l| is_owed(l, on)).collect();
    for line in &single {
        let Some(mut todo) = todo(&app, &actor, &year, &duties, line, on, home) else { continue };
        let with = together(&app, &actor, &year, line, &owed);
        if !with.is_empty() && is_owed(line, on) {
            let hint = format!("可与“{}”合开", with.join("”“"));
            todo.lacks = if todo.lacks.is_empty() { hint } else { format!("{}；{hint}", todo.lacks) };
        }
        if let Some(words) = waits.get(&line.duty).filter(|_| !todo.done) {
            todo.lacks = (*words).to_owned();
        }
        if pick::is_now(line, on) { todos.push(todo) } else { built.waiting.push(todo) }
    }
    for fold in &folds {
        let Some(todo) = fold_todo(&app, &actor, &year, fold, on, home) else { continue };
        let later = todo.standing == Standing::Open && fold.due > on.last_of_month();
        if later { built.waiting.push(todo) } else { todos.push(todo) }
    }
    // What several people owe is one line of the list, so the number is that of the list, which stands below.
    let later = u32::try_from(built.waiting.len()).unwrap_or(u32::MAX);
    built.later = Number { count: later, href: "#later".to_owned() };
    todos.sort_by_key(|t| t.standing);
    sort_into(&mut built, todos);
    if built.groups.is_empty() {
        built.ahead = ahead(&app, &actor, &year, &sight, &pick, on).await?;
        let next = coming(&year, &sight, &pick, on);
        let words = match next {
            Some((due, title)) => format!("下一项：{}，{title}。", day_words(due)),
            None => "后面也没有要办的了。".to_owned(),
        };
        let title =
            if built.finished.is_empty() { "本月没有应办事项" } else { "本月的事都办完了" };
        built.empty = Some(
            Empty::new(title, words).with(Link::new("看全年", year_href(&own, is_member.then_some(&actor)))),
        );
    }
    page(&built)
}

/// Whether it is still to be done this month.
fn is_owed(line: &Line, on: Date) -> bool {
    pick::is_now(line, on) && !line.standing.is_done() && line.standing != Standing::Waived
}

/// What else is owed this month that the meeting of this duty may serve as well: by the ledgers that go with its own, of the
/// same unit or of a group of it. The form of the record offers the same.
fn together<'y>(app: &App, actor: &Actor, year: &'y Year, line: &Line, owed: &[&Line]) -> Vec<&'y str> {
    let of = |line: &Line| year.obligation(line.obligation);
    let ledger = of(line).and_then(|o| app.rulebook.ledger(o.ledger.as_deref()?));
    let Some(ledger) = ledger else { return Vec::new() };
    let units = with_groups(&actor.known.organisation, line.unit);
    let goes = |other: &Line| {
        let asked = of(other).filter(|o| o.id != line.obligation && units.contains(&other.unit))?;
        asked.ledger.as_ref().filter(|id| ledger.together.contains(id)).map(|_| asked.title.as_str())
    };
    let mut out: Vec<&str> = owed.iter().filter_map(|other| goes(other)).collect();
    let mut seen = BTreeSet::new();
    out.retain(|title| seen.insert(*title));
    out.truncate(TOGETHER);
    out
}

/// What was asked for and waits for a decision, by duty.
async fn asked_for(app: &App, actor: &Actor) -> Result<HashMap<DutyId, &'static str>, Fault> {
    let scope = actor.scope_for(Right::AskExemption);
    let waiting = app.store.exemptions(actor.institution, &scope, None, true).await?;
    let words = |wish: &Wish| match wish {
        Wish::Extension { .. } => "已申请延期，等党委办公室批",
        _ => "已申请免办，等党委办公室批",
    };
    Ok(waiting.into_iter().map(|a| (a.duty, words(&a.request.wish))).collect())
}

/// What is not done of the year before, with its list.
async fn left(
    app: &App,
    actor: &Actor,
    sight: &Sight,
    pick: &Pick,
    (own, is_member): (&BTreeSet<UnitId>, bool),
    on: Date,
) -> Result<Number, Fault> {
    let number = on.year() - 1;
    let Some(year) = app.book(actor.institution, number, None).await? else {
        return Ok(Number { count: 0, href: String::new() });
    };
    // What is open of it may be done until spring of this year (所属年度), so it is told beside what is late.
    let undone = [Standing::Overdue, Standing::DueSoon, Standing::Open];
    let pick = Pick { own: !is_member, standings: Some(undone.into()), ..pick.clone() };
    let lines = sight.list(&year, &year.board(), &pick, on);
    let mut pairs = units_query(own, is_member.then_some(actor));
    if !is_member {
        pairs.push(("own", "1".to_owned()));
    }
    pairs.extend(undone.map(|s| ("standing", standing_id(s).to_owned())));
    pairs.extend([("year", number.to_string()), ("on", on.to_string())]);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
    Ok(Number { count: u32::try_from(lines.len()).unwrap_or(u32::MAX), href: pick::href(&pairs) })
}

/// Whose month it is: one unit with the one above it, or several by name.
fn named(actor: &Actor, own: &BTreeSet<UnitId>, names: &[&str]) -> String {
    let organisation = &actor.known.organisation;
    let top: Vec<&model::Unit> = organisation
        .units
        .iter()
        .filter(|u| own.contains(&u.id) && u.parent.is_none_or(|p| !own.contains(&p)))
        .collect();
    match top.as_slice() {
        [one] => {
            let above = one.parent.map(|p| actor.known.unit_name(p)).unwrap_or_default();
            if above.is_empty() { one.name.clone() } else { format!("{above}　{}", one.name) }
        }
        _ => names.iter().take(4).copied().collect::<Vec<_>>().join("、"),
    }
}

/// The unit whose duties need no name beside them: the one above all others.
fn home(actor: &Actor, own: &BTreeSet<UnitId>) -> Option<UnitId> {
    let units = actor.known.organisation.units.iter().filter(|u| own.contains(&u.id));
    let mut top = units.filter(|u| u.parent.is_none_or(|p| !own.contains(&p)));
    match (top.next(), top.next()) {
        (Some(one), None) => Some(one.id),
        _ => None,
    }
}

/// Whose duty it is, where that is not plain: of a group, without its branch's name before it.
fn whose(actor: &Actor, unit: UnitId, home: Option<UnitId>) -> String {
    if home == Some(unit) {
        return String::new();
    }
    let name = actor.known.unit_name(unit);
    let above = home.map(|h| actor.known.unit_name(h)).unwrap_or_default();
    format!("　{}", name_below(name, above))
}

/// The way to the month before or after: a past month as it ended, a coming one as it begins.
fn step(on: Date, today: Date, by: i32, unit: Option<UnitId>) -> (String, String) {
    let first = on.first_of_month();
    let there = if by < 0 { first.yesterday().ok() } else { on.last_of_month().tomorrow().ok() };
    let there = there.unwrap_or(on);
    let same = there.first_of_month() == today.first_of_month();
    let day = if same { today } else { there };
    let unit = unit.map(|u| format!("&unit={u}")).unwrap_or_default();
    let day = if by > 0 && !same { day.first_of_month() } else { day };
    (format!("/month?on={day}{unit}"), format!("{}月", there.month()))
}

fn record_href(own: &BTreeSet<UnitId>) -> String {
    match own.first() {
        Some(unit) if own.len() == 1 => format!("/record?unit={unit}"),
        _ => "/record".to_owned(),
    }
}

fn units_query(own: &BTreeSet<UnitId>, member: Option<&Actor>) -> Vec<(&'static str, String)> {
    match member.and_then(|a| a.person) {
        Some(person) => vec![("person", person.to_string())],
        None => own.iter().map(|u| ("unit", u.to_string())).collect(),
    }
}

fn number(
    (own, member, plan): (&BTreeSet<UnitId>, Option<&Actor>, Option<PlanId>),
    count: u32,
    standing: &str,
    on: Date,
) -> Number {
    let mut pairs = units_query(own, member);
    if member.is_none() {
        pairs.push(("own", "1".to_owned()));
    }
    pairs.extend([("month", "1".to_owned()), ("standing", standing.to_owned()), ("on", on.to_string())]);
    if let Some(plan) = plan {
        pairs.push(("plan", plan.to_string()));
    }
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
    Number { count, href: pick::href(&pairs) }
}

fn year_href(own: &BTreeSet<UnitId>, member: Option<&Actor>) -> String {
    let pairs = units_query(own, member);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
    pick::href(&pairs)
}

/// The unit's own duties one by one; those of its people by obligation and period.
fn fold(year: &Year, lines: &[Line], on: Date) -> (Vec<Line>, Vec<Fold>) {
    let single: Vec<Line> = lines.iter().filter(|l| l.person.is_none()).copied().collect();
    let mut folds: BTreeMap<(ObligationId, UnitId, Date), Date> = BTreeMap::new();
    for line in lines.iter().filter(|l| l.person.is_some()) {
        let facts = year.board().facts(line.duty);
        let due = facts.map_or(line.due, |f| f.due);
        folds.entry((line.obligation, line.unit, line.starts)).or_insert(due);
    }
    let board = year.board();
    let folds = folds
        .into_iter()
        .map(|((obligation, unit, starts), due)| {
            // Everybody's, not only those who still owe: 28 人中 12 人已够.
            let all = board.list(&Pick::cell(unit, obligation), on);
            let tally =
                all.iter().filter(|l| l.starts == starts && l.person.is_some()).map(|l| l.standing).collect();
            let owed = |l: &&Line| l.starts == starts && l.person.is_some() && !l.standing.is_done();
            let open = all.iter().filter(owed).find(|l| l.standing != Standing::Waived).map(|l| l.duty);
            Fold { obligation, unit, starts, due, tally, open }
        })
        .collect();
    (single, folds)
}

fn todo(
    app: &App,
    actor: &Actor,
    year: &Year,
    duties: &HashMap<DutyId, Duty>,
    line: &Line,
    on: Date,
    home: Option<UnitId>,
) -> Option<Todo> {
    let duty = duties.get(&line.duty)?;
    let obligation = year.obligation(line.obligation)?;
    let may = actor.covers(Right::Record, line.unit) && obligation.ledger.is_some();
    let act = if may { format!("/record?duty={}", duty.id) } else { String::new() };
    let title = format!("{}{}", duty.title, whose(actor, line.unit, home));
    let href = format!("/duties/{}", duty.id);
    let mut todo = Todo::new(line.standing, title, href, on, line.due, act);
    let from = source::of(obligation, year, &app.rulebook);
    todo.source = from.label;
    todo.source_href = from.href;
    todo.words = from.words;
    let facts = year.board().facts(line.duty)?;
    if todo.done {
        let happened = runtime::met_day(&facts, on);
        todo.due_note = happened.map_or_else(|| day_words(line.due), day_words);
    } else {
        let have = runtime::credited(&facts, on);
        if have > 0 {
            todo.lacks = format!("已有 {have}，要 {}", facts.need);
        } else if line.due != facts.due {
            todo.lacks = format!("原定 {}，已批准延期", day_words(facts.due));
        }
        todo.due_note = format!("{}　{}", web::view::weekday(line.due), todo.due_note);
        if on < duty.planned && duty.planned < line.due {
            todo.due_note = format!("计划 {}", day_words(duty.planned));
        }
    }
    Some(todo)
}

fn fold_todo(
    app: &App,
    actor: &Actor,
    year: &Year,
    fold: &Fold,
    on: Date,
    home: Option<UnitId>,
) -> Option<Todo> {
    let obligation = year.obligation(fold.obligation)?;
    let standing = fold.tally.worst()?;
    let whose = whose(actor, fold.unit, home);
    let hours = matches!(obligation.cadence, model::Cadence::Hours { .. });
    let enough = if hours { "够" } else { "办好" };
    let title =
        format!("{}：{}/{} 人已{enough}{whose}", obligation.title, fold.tally.done(), fold.tally.asked());
    let (unit, id) = (fold.unit.to_string(), fold.obligation.to_string());
    let mut pairs = vec![("unit", unit.as_str()), ("obligation", id.as_str())];
    let day = on.to_string();
    pairs.push(("on", &day));
    let starts = fold.starts.to_string();
    pairs.push(("starts", &starts));
    let href = pick::href(&pairs);
    let may = actor.covers(Right::Record, fold.unit);
    let act = match (&obligation.ledger, fold.open) {
        (Some(_), Some(duty)) if may => format!("/record?duty={duty}"),
        _ => String::new(),
    };
    let mut todo = Todo::new(standing, title, href, on, fold.due, act);
    todo.of_people = true;
    let from = source::of(obligation, year, &app.rulebook);
    todo.source = from.label;
    todo.source_href = from.href;
    todo.words = from.words;
    let left = fold.tally.asked().saturating_sub(fold.tally.done());
    if todo.done {
        todo.due_note = format!("{} 人", fold.tally.asked());
    } else {
        todo.lacks = format!("还有 {left} 人没有{enough}");
        todo.due_note = format!("{}　{}", web::view::weekday(fold.due), todo.due_note);
    }
    Some(todo)
}

fn sort_into(built: &mut MonthPage, todos: Vec<Todo>) {
    let (mut over, mut soon, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for todo in todos {
        match todo.standing {
            Standing::Overdue => over.push(todo),
            Standing::DueSoon => soon.push(todo),
            Standing::Open | Standing::NotDue => open.push(todo),
            Standing::Met | Standing::MetLate | Standing::Waived => built.finished.push(todo),
        }
    }
    let cap = |words: &str| words.to_owned();
    let groups = [
        Group {
            id: "g1",
            word: "逾期",
            class: "red",
            cap: cap("逾期后补办仍算完成，只注明“迟办”"),
            todos: over,
        },
        Group { id: "g2", word: "将到期", class: "", cap: cap("七天之内"), todos: soon },
        Group { id: "g3", word: "待办", class: "", cap: cap("本月到期"), todos: open },
    ];
    built.groups = groups.into_iter().filter(|g| !g.todos.is_empty()).collect();
}

/// The first duty that is due after this month.
fn coming(year: &Year, sight: &Sight, pick: &Pick, on: Date) -> Option<(Date, String)> {
    let after = on.last_of_month().tomorrow().ok()?;
    let pick = Pick { due: Some((after, Date::MAX)), ..pick.clone() };
    let board = year.board();
    let line = sight
        .list(year, &board, &pick, on)
        .into_iter()
        .find(|l| !l.standing.is_done() && l.standing != Standing::Waived)?;
    Some((line.due, year.obligation(line.obligation)?.title.clone()))
}

/// What is due within thirty days after this month, the first few.
async fn ahead(
    app: &App,
    actor: &Actor,
    year: &Year,
    sight: &Sight,
    pick: &Pick,
    on: Date,
) -> Result<Vec<(String, String, String)>, Fault> {
    let after = on.last_of_month().tomorrow().unwrap_or(on);
    let until = on.checked_add(jiff::Span::new().days(AHEAD_DAYS)).unwrap_or(on);
    let lines = {
        let pick = Pick { due: Some((after, until)), ..pick.clone() };
        let mut lines = sight.list(year, &year.board(), &pick, on);
        lines.retain(|l| !l.standing.is_done() && l.standing != Standing::Waived);
        lines.truncate(AHEAD);
        lines
    };
    let ids: Vec<DutyId> = lines.iter().map(|l| l.duty).collect();
    let duties = app.duties(actor.institution, &actor.scope(), &ids).await?;
    let row = |l: &Line| {
        let duty = duties.get(&l.duty)?;
        Some((day_words(l.due), duty.title.clone(), format!("/duties/{}", l.duty)))
    };
    Ok(lines.iter().filter_map(row).collect())
}

/// Records that lack something, and the newest ones.
async fn side(app: &App, actor: &Actor, own: &BTreeSet<UnitId>, built: &mut MonthPage) -> Result<(), Fault> {
    let scope: Scope = actor.scope_for(Right::SeeEntries);
    let unit = own.iter().find(|u| {
        actor.known.organisation.unit(**u).is_some_and(|u| u.parent.is_none_or(|p| !own.contains(&p)))
    });
    // The list that a number opens takes one unit with all below it; the numbers count the same.
    let units = unit.map(|u| actor.known.organisation.subtree(*u)).unwrap_or_default();
    if let Some(root) = unit {
        built.returned = returned(app, actor, *root).await?;
    }
    built.to_confirm = waiting(app, actor).await?;
    let query = unit.map(|u| format!("unit={u}")).unwrap_or_default();
    let all = EntryFilter { units: Some(units), ..EntryFilter::default() };
    let lacking = EntryFilter { incomplete: Some(true), ..all.clone() };
    built.incomplete_count = work::counts::how_many(app, actor, &scope, &lacking).await?;
    built.incomplete_href = format!("/entries?{query}&state=incomplete");
    built.recent_count = work::counts::how_many(app, actor, &scope, &all).await?;
    built.recent_href = format!("/entries?{query}");
    let short = |row: entries::Row| Recent {
        day: row.day,
        title: row.title,
        words: match row.lacks.first() {
            Some(first) if row.lacks.len() > 1 => format!("{first}，等 {} 处", row.lacks.len()),
            Some(first) => first.clone(),
            None => format!("计入 {} 项　齐全", row.counts),
        },
        href: row.href,
    };
    let found = app.store.entries(actor.institution, &scope, &lacking, 5).await?;
    built.incomplete = entries::rows(app, actor, &found).await?.into_iter().map(short).collect();
    let found = app.store.entries(actor.institution, &scope, &all, 5).await?;
    built.recent = entries::rows(app, actor, &found).await?.into_iter().map(short).collect();
    Ok(())
}
