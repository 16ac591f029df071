//! 矩阵: units × obligations, each cell a light and the way to its duties.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::extract::State;
use jiff::civil::Date;
use model::{Obligation, ObligationId, Organisation, Standing, UnitId, UnitKind};
use runtime::{Pick, Tally};
use web::extract::{Fields, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::{Choice, Count, Empty, Frame, Link, Place, Strip, days_left, long_day_words, page};
use web::{App, Reply};
use work::numbers::figure;
use work::{Actor, Fault, Year};

use crate::seen::day::{dated, day_of};
use crate::seen::lens;
use crate::seen::nothing::nothing;
use crate::seen::source::article;
use crate::seen::{Seen, bare_number, cited, clipped, parts};
use work::units;

pub(super) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::SeeBoard);
    vec![get("/matrix", may, show), get("/matrix/cell", may, cell)]
}

/// A stretch of the year that the matrix may be narrowed to: duties that are due in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Horizon {
    pub(crate) id: &'static str,
    pub(crate) first: Date,
    pub(crate) last: Date,
}

/// The stretches to choose from, with their words; `on` says which month and quarter are meant.
pub(crate) fn stretches(on: Date, year: i16) -> Vec<(Horizon, String)> {
    // Outside the plan's year its last (or first) month is the near one.
    let month = match on.year().cmp(&year) {
        std::cmp::Ordering::Less => 1,
        std::cmp::Ordering::Equal => on.month(),
        std::cmp::Ordering::Greater => 12,
    };
    let quarter = (month - 1) / 3;
    let of = |id, from: i8, to: i8| Horizon {
        id,
        first: Date::constant(year, from, 1),
        last: Date::constant(year, to, 1).last_of_month(),
    };
    let quarters = ["一", "二", "三", "四"];
    let name = quarters.get(usize::from(quarter.unsigned_abs())).copied().unwrap_or_default();
    vec![
        (of("month", month, month), format!("{month}月")),
        (of("quarter", quarter * 3 + 1, quarter * 3 + 3), format!("{name}季度")),
        (of("h1", 1, 6), "上半年".to_owned()),
        (of("h2", 7, 12), "下半年".to_owned()),
        (of("year", 1, 12), "全年".to_owned()),
    ]
}

/// What of the matrix was asked for.
pub(crate) struct Wanted {
    pub(crate) stretch: Horizon,
    pub(crate) word: String,
    /// Only this unit and those below it.
    pub(crate) under: Option<UnitId>,
    /// Only rows and columns in which something is overdue.
    pub(crate) late: bool,
}

impl Wanted {
    pub(crate) fn of(query: &Fields, on: Date, year: i16) -> Self {
        let all = stretches(on, year);
        let usual = if on.year() == year && on.month() <= 6 { "h1" } else { "year" };
        let asked = query.text("period");
        let find = |id: &str| all.iter().find(|(s, _)| s.id == id).cloned();
        let whole =
            Horizon { id: "year", first: Date::constant(year, 1, 1), last: Date::constant(year, 12, 31) };
        let (stretch, word) = find(asked).or_else(|| find(usual)).unwrap_or((whole, "全年".to_owned()));
        Self { stretch, word, under: query.parsed("under"), late: query.text("late") == "1" }
    }

    /// The due days that are meant; the whole year means every duty of the plan, wherever its due day falls.
    pub(crate) fn due(&self) -> Option<(Date, Date)> {
        (self.stretch.id != "year").then_some((self.stretch.first, self.stretch.last))
    }
}

/// What stands in a cell.
#[derive(Clone, Copy, Default)]
pub(crate) struct Slot {
    pub(crate) tally: Tally,
    /// The earliest due day among the gravest.
    due: Option<(Standing, Date)>,
}

impl Slot {
    fn take(&mut self, standing: Standing, due: Date) {
        self.tally.count(standing);
        if self.due.is_none_or(|(s, d)| (standing, due) < (s, d)) {
            self.due = Some((standing, due));
        }
    }
}

/// A row: a unit with the groups that it answers for.
pub(crate) struct Row {
    pub(crate) units: Vec<UnitId>,
    pub(crate) name: String,
    /// The general branch that a branch stands under; of a general branch, its own name.
    pub(crate) family: String,
    pub(crate) heads: bool,
    pub(crate) cells: Vec<Slot>,
    /// Sum of the row, whichever columns are drawn.
    pub(crate) whole: Tally,
}

/// A department or a mass organisation, whose obligations are mostly its alone: a line and not a row of cells.
pub(crate) struct Office {
    pub(crate) unit: UnitId,
    pub(crate) tally: Tally,
}

/// The matrix before it is drawn.
pub(crate) struct Grid<'y> {
    pub(crate) columns: Vec<&'y Obligation>,
    /// Sum of each column over every unit that is seen, departments included.
    pub(crate) sums: Vec<Tally>,
    pub(crate) rows: Vec<Row>,
    pub(crate) offices: Vec<Office>,
    /// Everything that was asked for.
    pub(crate) total: Tally,
    /// The units asked for; none for all.
    pub(crate) units: Option<BTreeSet<UnitId>>,
}

/// Counts the matrix.
pub(crate) fn grid<'y>(seen: &Seen<'y>, organisation: &Organisation, wanted: &Wanted) -> Grid<'y> {
    let units = wanted.under.map(|u| organisation.subtree(u));
    let pick = Pick { units: units.clone(), due: wanted.due(), ..Pick::default() };
    let columns: Vec<&Obligation> = seen.obligations().filter(|o| o.assessed).collect();
    let column_of: HashMap<ObligationId, usize> =
        columns.iter().enumerate().map(|(i, o)| (o.id, i)).collect();
    let there =
        |u: &model::Unit| u.exists_on(seen.on) && units.as_ref().is_none_or(|units| units.contains(&u.id));
    let mut rows = Vec::new();
    let by_id: HashMap<UnitId, &model::Unit> = organisation.units.iter().map(|u| (u.id, u)).collect();
    let groups = units::groups(organisation);
    for family in units::families(organisation, there) {
        let above = family.head.and_then(|h| by_id.get(&h)).map_or("党委直属", |u| u.name.as_str());
        let heads = Row {
            units: family.head.into_iter().collect(),
            name: above.to_owned(),
            family: above.to_owned(),
            heads: true,
            cells: vec![Slot::default(); columns.len()],
            whole: Tally::default(),
        };
        rows.push(heads);
        rows.extend(family.branches.into_iter().map(|b| Row {
            units: std::iter::once(b).chain(groups.get(&b).into_iter().flatten().copied()).collect(),
            name: by_id.get(&b).map_or_else(String::new, |u| u.name.clone()),
            family: above.to_owned(),
            heads: false,
            cells: vec![Slot::default(); columns.len()],
            whole: Tally::default(),
        }));
    }
    let row_of: HashMap<UnitId, usize> =
        rows.iter().enumerate().flat_map(|(i, r)| r.units.iter().map(move |u| (*u, i))).collect();
    let mut sums = vec![Tally::default(); columns.len()];
    let mut beside: HashMap<UnitId, Tally> = HashMap::new();
    let mut total = Tally::default();
    seen.each(&pick, |line| {
        total.count(line.standing);
        let Some(&column) = column_of.get(&line.obligation) else { return };
        if let Some(sum) = sums.get_mut(column) {
            sum.count(line.standing);
        }
        match row_of.get(&line.unit) {
            Some(&row) => {
                let Some(row) = rows.get_mut(row) else { return };
                row.whole.count(line.standing);
                if let Some(cell) = row.cells.get_mut(column) {
                    cell.take(line.standing, line.due);
                }
            }
            None => beside.entry(line.unit).or_default().count(line.standing),
        }
    });
    let offices = organisation
        .units
        .iter()
        .filter_map(|u| beside.get(&u.id).map(|t| Office { unit: u.id, tally: *t }))
        .filter(|o| !wanted.late || o.tally.of(Standing::Overdue) > 0)
        .collect();
    let mut grid = Grid { columns, sums, rows, offices, total, units };
    grid.narrow(wanted.late);
    grid
}

impl Grid<'_> {
    /// Leaves out columns in which no row has anything (or nothing overdue), and rows likewise; a general branch stays as the
    /// head of those of its branches that stay. The sums still count everything.
    fn narrow(&mut self, late: bool) {
        let shown = |h: &Slot| if late { h.tally.of(Standing::Overdue) > 0 } else { !h.tally.is_empty() };
        let columns: Vec<bool> = (0..self.columns.len())
            .map(|c| self.rows.iter().any(|r| r.cells.get(c).is_some_and(shown)))
            .collect();
        let busy: BTreeSet<String> =
            self.rows.iter().filter(|r| r.cells.iter().any(shown)).map(|r| r.family.clone()).collect();
        self.rows.retain(|r| r.cells.iter().any(shown) || (r.heads && busy.contains(&r.family)));
        for row in &mut self.rows {
            row.cells = kept(std::mem::take(&mut row.cells), &columns);
        }
        self.columns = kept(std::mem::take(&mut self.columns), &columns);
        self.sums = kept(std::mem::take(&mut self.sums), &columns);
    }
}

/// Those of a list that stay.
fn kept<T>(all: Vec<T>, stays: &[bool]) -> Vec<T> {
    all.into_iter().zip(stays).filter(|(_, s)| **s).map(|(t, _)| t).collect()
}

/// A section over its columns.
struct Group {
    words: String,
    /// What fits over them: its number where its words do not.
    short: String,
    span: usize,
}

/// A column's head and foot.
struct Column {
    title: String,
    whole: String,
    href: String,
    first: bool,
    /// How much is done, and of how much.
    sum: (String, String),
    sum_href: String,
}

/// A cell as it is drawn.
struct Drawn {
    class: &'static str,
    first: bool,
    frac: String,
    /// The obligation's name, for the list that a phone shows.
    label: String,
    word: String,
    href: String,
}

struct DrawnRow {
    name: String,
    /// Its whole name.
    whole: String,
    href: String,
    heads: bool,
    cells: Vec<Drawn>,
    sum: String,
    sum_href: String,
}

struct OfficeLine {
    name: String,
    href: String,
    strip: Strip,
    sum: String,
    lights: Vec<Count>,
}

#[derive(askama::Template)]
#[template(path = "board/matrix.html")]
struct MatrixPage {
    frame: Frame,
    caption: String,
    units: usize,
    total: u32,
    total_href: String,
    counts: Vec<Count>,
    word: String,
    stretches: Vec<Choice>,
    lenses: Vec<Choice>,
    plan: String,
    period: &'static str,
    on: String,
    subtrees: Vec<Choice>,
    late: bool,
    groups: Vec<Group>,
    columns: Vec<Column>,
    rows: Vec<DrawnRow>,
    offices: Vec<OfficeLine>,
    only: String,
    export: Option<String>,
    empty: Empty,
}

/// How many characters fit over a column.
const FIT: usize = 2;

/// A branch's name under its general branch, whose college it need not repeat.
fn short_name<'n>(name: &'n str, family: &str) -> &'n str {
    let college =
        [UnitKind::GeneralBranch, UnitKind::Committee].iter().find_map(|k| family.strip_suffix(k.word()));
    college.map_or(name, |college| units::name_below(name, college))
}

/// Heads of the sections over the columns, and in which column each begins.
fn groups(year: &Year, columns: &[&Obligation]) -> (Vec<Group>, Vec<bool>) {
    let section = |o: &Obligation| year.item_of(o).and_then(|i| i.section);
    let mut out: Vec<Group> = Vec::new();
    let mut first = Vec::new();
    let mut last = None;
    for o in columns {
        let here = (o.item.is_some(), section(o));
        if last == Some(here) {
            first.push(false);
            if let Some(group) = out.last_mut() {
                group.span += 1;
            }
            continue;
        }
        last = Some(here);
        first.push(true);
        let words = here.1.and_then(|s| year.plan.sections.get(s)).map_or_else(
            || if here.0 { "要点".to_owned() } else { "制度要求".to_owned() },
            |s| {
                let number = bare_number(&s.number);
                let mark = year.item_of(o).and_then(|i| year.part_of(i)).map_or("", |p| p.mark.as_str());
                // A heading says the rest after its first comma.
                let title = s.title.split(['，', ',', '、']).next().unwrap_or_default();
                if number.is_empty() { format!("{mark}{title}") } else { format!("{mark}{number}、{title}") }
            },
        );
        out.push(Group { short: words.clone(), words, span: 1 });
    }
    for group in &mut out {
        if group.words.chars().count() > group.span * FIT {
            group.short = group
                .words
                .trim_start_matches('《')
                .split('、')
                .next()
                .unwrap_or_default()
                .chars()
                .take(group.span * FIT)
                .collect();
        }
    }
    (out, first)
}

/// The way to an obligation, or to its words, on the page of its plan.
fn in_plan(year: &Year, obligation: &Obligation, anchor: char) -> String {
    let plan = year.plan_of(obligation).map_or_else(String::new, |p| format!("/{}", p.head.id));
    format!("/plan{plan}#{anchor}-{}", obligation.key)
}

fn fraction(tally: Tally) -> String {
    format!("{}/{}", figure(tally.done()), figure(tally.asked()))
}

/// The pairs of a list over these units in that stretch.
fn pairs<'p>(units: &'p [String], due: Option<&'p (String, String)>) -> Vec<(&'static str, &'p str)> {
    let mut out: Vec<(&'static str, &str)> = units.iter().map(|u| ("unit", u.as_str())).collect();
    if let Some((from, to)) = due {
        out.extend([("from", from.as_str()), ("to", to.as_str())]);
    }
    out
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let (on, _) = day_of(&query, app.clock.today());
    let Some(year) = lens::looked_at(&app, &actor, &query, on).await? else {
        return nothing(frame.titled("矩阵").at(Place::Board), &actor);
    };
    draw(&app, &actor, frame, &query, &year)
}

fn draw(app: &App, actor: &Actor, frame: Frame, query: &Fields, year: &Arc<Year>) -> Reply {
    let today = app.clock.today();
    let (on, unread) = day_of(query, today);
    let then = actor.known.on(on);
    let organisation: &Organisation = &then;
    let wanted = Wanted::of(query, on, year.number);
    if wanted.under.is_some_and(|u| organisation.unit(u).is_none()) {
        return Err(Fault::not_found("这个组织").into());
    }
    let seen = Seen::of(actor, year, on, today);
    let grid = grid(&seen, organisation, &wanted);
    let due = wanted.due().map(|(from, to)| (from.to_string(), to.to_string()));
    let asked: Vec<String> = grid.units.iter().flatten().map(ToString::to_string).collect();
    let whole = pairs(&asked, due.as_ref());
    let (groups, first) = groups(year, &grid.columns);
    let columns: Vec<Column> = grid
        .columns
        .iter()
        .zip(&grid.sums)
        .zip(&first)
        .map(|((o, sum), first)| {
            let id = o.id.to_string();
            let mut narrow = whole.clone();
            narrow.push(("obligation", &id));
            Column {
                title: clipped(&o.title, 16),
                whole: o.title.clone(),
                href: in_plan(year, o, 'o'),
                first: *first,
                sum: (figure(sum.done()), figure(sum.asked())),
                sum_href: seen.href(&narrow),
            }
        })
        .collect();
    // A cell's address is put together by hand: there are thousands, and all that varies are two ids.
    let tail = {
        let mut t = String::new();
        if let Some((from, to)) = &due {
            t.push_str(&format!("&from={from}&to={to}"));
        }
        if let Some(plan) = year.lens {
            t.push_str(&format!("&plan={plan}"));
        }
        if seen.is_other_day() {
            t.push_str(&format!("&on={on}"));
        }
        t
    };
    let ids: Vec<String> = grid.columns.iter().map(|o| o.id.to_string()).collect();
    // Outside one's scope a unit has a page only as far as one leads something that it owes.
    let opens = |unit: UnitId, owed: Tally| !owed.is_empty() || actor.covers(Right::SeeOrganisation, unit);
    let rows: Vec<DrawnRow> = grid
        .rows
        .iter()
        .map(|row| {
            let units: Vec<String> = row.units.iter().map(ToString::to_string).collect();
            let head = format!("/duties?unit={}", units.join("&unit="));
            let cells = row
                .cells
                .iter()
                .zip(&columns)
                .zip(&ids)
                .map(|((held, column), id)| drawn(held, column, &head, id, &tail, on))
                .collect();
            DrawnRow {
                name: if row.heads { &row.name } else { short_name(&row.name, &row.family) }.to_owned(),
                whole: row.name.clone(),
                href: row
                    .units
                    .first()
                    .filter(|u| opens(**u, row.whole))
                    .map_or_else(String::new, |u| format!("/units/{u}")),
                heads: row.heads,
                cells,
                sum: fraction(row.whole),
                sum_href: if units.is_empty() {
                    String::new()
                } else {
                    seen.href(&pairs(&units, due.as_ref()))
                },
            }
        })
        .collect();
    let offices: Vec<OfficeLine> = grid
        .offices
        .iter()
        .map(|o| {
            let unit = [o.unit.to_string()];
            let narrow = pairs(&unit, due.as_ref());
            let unit_then = organisation.unit(o.unit);
            let mut name = unit_then.map_or_else(String::new, |u| u.name.clone());
            if unit_then.is_some_and(|u| u.dissolved.is_some_and(|d| d <= on)) {
                name.push_str("（已撤销）");
            }
            OfficeLine {
                href: format!("/units/{}", o.unit),
                strip: Strip::of(&name, &parts(o.tally)),
                name,
                sum: fraction(o.tally),
                lights: seen.counts(o.tally, &narrow),
            }
        })
        .collect();
    let counts = [Standing::Overdue, Standing::DueSoon].map(|s| seen.count(s, grid.total.of(s), &whole));
    let drawn_units = rows.iter().filter(|r| !r.sum_href.is_empty()).count() + offices.len();
    let only =
        if seen.everything() { String::new() } else { "只列你能看到的组织和事项。".to_owned() };
    let frame = dated(frame.titled("矩阵").at(Place::Board), "/matrix", query, on, today, unread).wide();
    let choose = |s: &Horizon| format!("/matrix{}", query.with("period", s.id));
    let empty = if wanted.late {
        Empty::new("没有逾期的事项", "换个期间或日期再看。")
            .with(Link::new("看全部", format!("/matrix{}", query.with("late", ""))))
    } else {
        Empty::new("这段时间没有应办的事项", "换个期间再看。")
            .with(Link::new("看全年", format!("/matrix{}", query.with("period", "year"))))
    };
    page(&MatrixPage {
        frame,
        caption: format!("各组织{}各项要求的状态，截至{}", wanted.word, long_day_words(on)),
        units: drawn_units,
        total: grid.total.total(),
        total_href: seen.href(&whole),
        counts: counts.into(),
        stretches: stretches(on, year.number)
            .into_iter()
            .map(|(s, word)| Choice::new(word, choose(&s), s.id == wanted.stretch.id))
            .collect(),
        lenses: lens::lenses(year, "/matrix", query),
        plan: lens::sent_on(year),
        period: wanted.stretch.id,
        word: wanted.word,
        on: on.to_string(),
        subtrees: subtrees(&seen, organisation, wanted.under),
        late: wanted.late,
        groups,
        columns,
        rows,
        offices,
        only,
        export: actor.may(Right::Export).then(|| format!("/matrix.xlsx{}", query.with("", ""))),
        empty,
    })
}

fn drawn(held: &Slot, column: &Column, head: &str, id: &str, tail: &str, on: Date) -> Drawn {
    let Some((standing, due)) = held.due else {
        return Drawn {
            class: "na",
            first: column.first,
            frac: String::new(),
            label: String::new(),
            word: String::new(),
            href: String::new(),
        };
    };
    let late = standing == Standing::Overdue;
    let busy = late || standing == Standing::DueSoon;
    Drawn {
        class: standing.light(),
        first: column.first,
        frac: if held.tally.asked() > 1 && held.tally.done() > 0 || held.tally.asked() > 1 && busy {
            fraction(held.tally)
        } else {
            String::new()
        },
        label: if busy { column.whole.clone() } else { String::new() },
        word: if late { days_left(on, due) } else { standing.word().to_owned() },
        href: format!("{head}&obligation={id}{tail}"),
    }
}

/// The general branches to choose from, of those that are seen.
fn subtrees(seen: &Seen<'_>, organisation: &Organisation, under: Option<UnitId>) -> Vec<Choice> {
    let mut out = vec![Choice::new("全部组织", "", under.is_none())];
    out.extend(
        organisation
            .units
            .iter()
            .filter(|u| u.kind == UnitKind::GeneralBranch && u.exists_on(seen.on) && seen.covers(u.id))
            .map(|u| Choice::new(u.name.clone(), u.id.to_string(), under == Some(u.id))),
    );
    // Somebody came from a unit's own page: it stays among the choices.
    if let Some(unit) = under.and_then(|u| organisation.unit(u)).filter(|u| u.kind != UnitKind::GeneralBranch)
    {
        out.push(Choice::new(unit.name.clone(), unit.id.to_string(), true));
    }
    out
}

#[derive(askama::Template)]
#[template(path = "board/cell.html")]
struct CellPage {
    frame: Frame,
    above: String,
    unit: String,
    title: String,
    class: &'static str,
    standing: String,
    due: String,
    source: String,
    source_href: String,
    words: String,
    rule: String,
    sum: String,
    done_on: String,
    open: Vec<(Standing, String, String)>,
    more: usize,
    href: String,
}

/// How many duties of a cell are named; the list has all.
const NAMED: usize = 5;

async fn cell(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let gone = || Fault::not_found("这一格");
    let today = app.clock.today();
    let (on, _) = day_of(&query, today);
    let year = lens::looked_at(&app, &actor, &query, on).await?.ok_or_else(gone)?;
    let then = actor.known.on(on);
    let organisation: &Organisation = &then;
    let obligation =
        query.parsed::<ObligationId>("obligation").and_then(|id| year.obligation(id)).ok_or_else(gone)?;
    let units: BTreeSet<UnitId> = query.all("unit").filter_map(|u| u.parse().ok()).collect();
    let first = query.all("unit").find_map(|u| u.parse().ok()).ok_or_else(gone)?;
    let due = query.day("from").zip(query.day("to"));
    let pick = Pick { units: Some(units.clone()), due, ..Pick::obligation(obligation.id) };
    let seen = Seen::of(&actor, &year, on, today);
    let lines = seen.lines(&pick);
    if lines.is_empty() {
        return Err(gone().into());
    }
    let mut held = Slot::default();
    for line in &lines {
        held.take(line.standing, line.due);
    }
    let (standing, near) = held.due.ok_or_else(gone)?;
    let (done, open): (Vec<&runtime::Line>, Vec<&runtime::Line>) =
        lines.iter().partition(|l| l.standing.is_done());
    let done_on: Vec<String> = {
        let board = seen.board();
        let mut days: Vec<Date> = done
            .iter()
            .filter_map(|l: &&runtime::Line| board.facts(l.duty).and_then(|f| runtime::met_day(&f, on)))
            .collect();
        days.sort_unstable();
        days.into_iter().map(web::view::day_words).collect()
    };
    let pressing: Vec<_> = open
        .iter()
        .filter(|l| matches!(l.standing, Standing::Overdue | Standing::DueSoon | Standing::Open))
        .collect();
    let named = app
        .store
        .duties_by_ids(
            actor.institution,
            &store::Scope::All,
            &pressing.iter().take(NAMED).map(|l| l.duty).collect::<Vec<_>>(),
        )
        .await?;
    let title_of =
        |id| named.iter().find(|d| d.id == id).map_or(obligation.title.as_str(), |d| d.title.as_str());
    let ids: Vec<String> = units.iter().map(ToString::to_string).collect();
    let id = obligation.id.to_string();
    let span = due.map(|(from, to)| (from.to_string(), to.to_string()));
    let mut narrow = pairs(&ids, span.as_ref());
    narrow.push(("obligation", &id));
    let item = year.item_of(obligation);
    let above = organisation.unit(first).and_then(|u| u.parent).and_then(|p| organisation.unit(p));
    let title = obligation.title.clone();
    page(&CellPage {
        frame: frame.titled(title.clone()).at(Place::Board),
        above: above.filter(|u| u.parent.is_some()).map_or_else(String::new, |u| u.name.clone()),
        unit: actor.known.unit_name(first).to_owned(),
        title,
        class: standing.light(),
        standing: if standing == Standing::Overdue {
            days_left(on, near)
        } else {
            standing.word().to_owned()
        },
        due: if standing.is_done() || standing == Standing::Waived {
            String::new()
        } else {
            format!("应于 {}前", web::view::day_words(near))
        },
        source: item.map_or_else(String::new, |i| format!("要点 {}", cited(&year, i))),
        source_href: item.map_or_else(String::new, |_| in_plan(&year, obligation, 'm')),
        words: clipped(obligation.origin.words().unwrap_or_default(), 80),
        rule: article(&app, obligation),
        sum: fraction(held.tally),
        done_on: clipped(&done_on.join("、"), 60),
        open: pressing
            .iter()
            .take(NAMED)
            .map(|l| (l.standing, title_of(l.duty).to_owned(), web::view::day_words(l.due)))
            .collect(),
        more: pressing.len().saturating_sub(NAMED),
        href: seen.href(&narrow),
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn query(pairs: &[(&str, &str)]) -> Fields {
        Fields::of(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn a_stretch_is_that_of_the_day_and_the_year_is_open() {
        let all = stretches(date(2022, 4, 22), 2022);
        let words: Vec<&str> = all.iter().map(|(_, w)| w.as_str()).collect();
        assert_eq!(words, ["4月", "二季度", "上半年", "下半年", "全年"]);
        assert_eq!((all[1].0.first, all[1].0.last), (date(2022, 4, 1), date(2022, 6, 30)));
        let asked = |q: &[(&str, &str)], on| Wanted::of(&query(q), on, 2022);
        assert_eq!(
            asked(&[("period", "month")], date(2022, 2, 3)).due(),
            Some((date(2022, 2, 1), date(2022, 2, 28)))
        );
        assert_eq!(asked(&[("period", "nonsense")], date(2022, 4, 22)).stretch.id, "h1");
        assert_eq!(asked(&[], date(2022, 9, 30)).due(), None);
        assert_eq!(
            asked(&[("period", "month")], date(2023, 2, 3)).due(),
            Some((date(2022, 12, 1), date(2022, 12, 31)))
        );
    }

    #[test]
    fn a_cell_shows_its_gravest_and_the_earliest_of_these() {
        let mut held = Slot::default();
        held.take(Standing::Met, date(2022, 1, 31));
        held.take(Standing::Overdue, date(2022, 3, 31));
        held.take(Standing::Overdue, date(2022, 2, 28));
        assert_eq!(held.due, Some((Standing::Overdue, date(2022, 2, 28))));
        assert_eq!(fraction(held.tally), "1/3");
    }
}
