//! One unit's year: who it is, what it owes month by month, what it did last.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::extract::State;
use jiff::civil::Date;
use model::rule::Roles;
use model::{Obligation, Organisation, PersonId, Post, Role, Stage, Standing, Unit, UnitId, UnitKind};
use runtime::{Line, Pick, Tally};
use store::{EntryFilter, Member};
use web::extract::{Path, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::{Choice, Count, Frame, Link, Place, Strip, day_words, long_day_words, month_words, page};
use web::{App, Reply};
use work::numbers::figure;
use work::{Actor, Fault, Year};

use crate::seen::Seen;
use crate::seen::day::{dated, day_of};
use crate::seen::entries::{Row as EntryLine, rows as entry_lines};
use crate::seen::pick::standing_id;
use work::counts::{Records, how_many};
use work::units::with_groups;

use super::change::lines_of;
use super::term;

/// Records shown below the year.
const RECENT: u32 = 12;
/// Members shown before the rest is folded.
const MEMBERS: usize = 12;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/units/{id}", Rule::May(Right::SeeOrganisation), show)]
}

/// A fact at the head of the page: what, the main words, the small ones.
struct Fact {
    term: &'static str,
    main: String,
    small: String,
}

/// One month of an obligation.
struct Cell {
    /// How the gravest of it stands; none when nothing is due.
    standing: Option<Standing>,
    /// The day on which it was done or is due, or 3/4 of several.
    words: String,
    href: String,
    /// Whether the calendar asks nothing in this month.
    off: bool,
    now: bool,
}

struct Row {
    title: String,
    cells: Vec<Cell>,
    done: String,
    total: String,
    href: String,
    /// Whether all of it is due in December.
    december: bool,
}

/// From so many on the rows that concern December only are folded.
const DECEMBER: usize = 3;

struct MemberLine {
    name: String,
    stage: &'static str,
    posts: String,
    since: String,
}

/// A unit below this one, with how it stands.
struct Below {
    name: String,
    href: String,
    strip: Strip,
    done: String,
    total: String,
    late: String,
    late_href: String,
    /// When its committee's term ends, when that is near or over.
    term: String,
}

#[derive(askama::Template)]
#[template(path = "org/unit.html")]
struct UnitPage {
    frame: Frame,
    way: Vec<Choice>,
    id: UnitId,
    name: String,
    /// Whether the account may take its papers away.
    papers: bool,
    total: String,
    total_href: String,
    done: String,
    done_href: String,
    counts: Vec<Count>,
    facts: Vec<Fact>,
    path: String,
    on: String,
    year: i16,
    months: Vec<(String, bool)>,
    rows: Vec<Row>,
    /// Those that concern December only, while it is far.
    december: Vec<Row>,
    below: Vec<Below>,
    covered: bool,
    members: Vec<MemberLine>,
    more_members: Vec<MemberLine>,
    member_count: usize,
    /// How many of them are Party members, and how many are on the way: 党员 20，入党积极分子 3.
    member_words: String,
    entries: Vec<EntryLine>,
    entries_href: String,
    entry_count: Records,
    record: bool,
    /// The work telephone, for whoever sees the people too; and where it is changed.
    phone: Option<(String, String)>,
    /// 前身, 后继: the units that it came out of, and those that came of it.
    kin: Vec<(&'static str, Vec<Choice>)>,
    /// What befell it, newest first.
    past: Vec<(String, Link)>,
    changes: String,
}

/// The units that this one came out of directly, and those that came of it.
fn kin(actor: &Actor, unit: UnitId) -> Vec<(&'static str, Vec<Choice>)> {
    let known = &actor.known;
    let link = |id: &UnitId| {
        let seen = actor.covers(Right::SeeOrganisation, *id);
        let href = if seen { format!("/units/{id}") } else { String::new() };
        Choice::new(known.unit_name(*id), href, false)
    };
    let handed = || known.changes.iter().filter(|c| c.hands_on());
    let others = |ids: &[UnitId]| ids.iter().filter(|id| **id != unit).map(link).collect::<Vec<_>>();
    let before = handed().filter(|c| c.to.contains(&unit)).flat_map(|c| {
        let gone: Vec<UnitId> = c.from.iter().filter(|f| !c.to.contains(f)).copied().collect();
        others(&gone)
    });
    let after =
        handed().filter(|c| c.from.contains(&unit) && !c.to.contains(&unit)).flat_map(|c| others(&c.to));
    [("前身", before.collect()), ("后继", after.collect::<Vec<_>>())]
        .into_iter()
        .filter(|(_, all): &(_, Vec<_>)| !all.is_empty())
        .collect()
}

/// Who is in a unit on a day, as far as the account may see.
#[derive(Default)]
struct People {
    members: Vec<Member>,
    posts: Vec<Post>,
    names: BTreeMap<PersonId, String>,
}

async fn people(app: &App, actor: &Actor, units: &BTreeSet<UnitId>, on: Date) -> Result<People, Fault> {
    let scope = store::Scope::Units(units.clone());
    let members = app.store.members_on(actor.institution, &scope, on).await?;
    let posts = app.store.posts_on(actor.institution, &scope, on).await?;
    let mut names: BTreeMap<PersonId, String> =
        members.iter().map(|m| (m.person.id, m.person.name.clone())).collect();
    // Few hold a post without being a member here: the head of a department.
    let others: Vec<PersonId> =
        posts.iter().map(|p| p.person).filter(|person| !names.contains_key(person)).collect();
    names.extend(app.store.names(actor.institution, &others).await?);
    Ok(People { members, posts, names })
}

/// The names of those who hold one of these posts in the unit, with the post and since when.
fn holders(people: &People, unit: UnitId, wanted: impl Fn(&str) -> bool) -> Vec<(String, String, Date)> {
    people
        .posts
        .iter()
        .filter(|p| p.unit == unit && wanted(&p.title))
        .filter_map(|p| Some((people.names.get(&p.person)?.clone(), p.title.clone(), p.since)))
        .collect()
}

fn facts(
    roles: &Roles,
    organisation: &Organisation,
    unit: &Unit,
    people: Option<&People>,
    ends: Option<Date>,
    on: Date,
) -> Vec<Fact> {
    let above = unit.parent.and_then(|p| organisation.unit(p)).map_or("", |u| u.name.as_str());
    let mut out = vec![Fact {
        term: "种类",
        main: unit.kind.word().to_owned(),
        small: if above.is_empty() { String::new() } else { format!("上级是{above}") },
    }];
    if unit.founded.is_some() || unit.dissolved.is_some() {
        let day = |d: Option<Date>, word: &str| d.map(|d| format!("{}{word}", long_day_words(d)));
        let said: Vec<String> =
            [day(unit.founded, "起"), day(unit.dissolved, "撤销")].into_iter().flatten().collect();
        let main = if unit.exists_on(on) { "在册" } else { "不在册" };
        out.push(Fact { term: "设立", main: main.to_owned(), small: said.join("，") });
    }
    let Some(people) = people else { return out };
    let join = |all: &[(String, String, Date)]| {
        all.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>().join("　")
    };
    let heads = holders(people, unit.id, |t| roles.is_head(t));
    let others = holders(people, unit.id, |t| !roles.is_head(t));
    let term = if matches!(unit.kind, UnitKind::Department | UnitKind::MassOrganisation) {
        "负责人"
    } else {
        "书记"
    };
    let term = if unit.kind == UnitKind::Group { "组长" } else { term };
    out.push(Fact {
        term,
        main: if heads.is_empty() { "—".to_owned() } else { join(&heads) },
        small: heads.first().map_or_else(
            || "没有登记".to_owned(),
            |(_, title, since)| format!("{title}，{}起", month_words(*since)),
        ),
    });
    if !others.is_empty() {
        let mut titles: Vec<&str> = Vec::new();
        for (_, title, _) in &others {
            if !titles.contains(&title.as_str()) {
                titles.push(title);
            }
        }
        let term = if unit.kind == UnitKind::Branch { "支委" } else { "委员" };
        out.push(Fact { term, main: join(&others), small: titles.join("、") });
    }
    if let Some(ends) = ends {
        let (main, small) = term::words(ends, on);
        out.push(Fact { term: "届满", main, small });
    }
    let count = |stage: Stage| people.members.iter().filter(|m| m.membership.stage == stage).count();
    let (full, probationary) = (count(Stage::Full), count(Stage::Probationary));
    if full + probationary > 0 {
        let mut small = format!("正式 {full}，预备 {probationary}");
        for stage in [Stage::Candidate, Stage::Activist] {
            if count(stage) > 0 {
                small.push_str(&format!("；{} {}", stage.word(), count(stage)));
            }
        }
        out.push(Fact { term: "党员", main: format!("{} 人", full + probationary), small });
    }
    out
}

/// How many of a branch's people are members, and how many have only applied: 党员 20，入党积极分子 3.
fn stage_words(people: &People) -> String {
    let of =
        |wanted: &dyn Fn(Stage) -> bool| people.members.iter().filter(|m| wanted(m.membership.stage)).count();
    let mut out = vec![format!("党员 {}", of(&Stage::is_member))];
    for stage in [Stage::Candidate, Stage::Activist] {
        let n = of(&|s| s == stage);
        if n > 0 {
            out.push(format!("{} {n}", stage.word()));
        }
    }
    out.join("，")
}

fn month_of(day: Date) -> usize {
    usize::try_from(day.month() - 1).unwrap_or(0)
}

/// A day within the month of its column.
fn day_in(day: Date) -> String {
    format!("{}日", day.day())
}

/// One cell from the duties that are due in it: a day, or how many of several are done; never both in one form.
fn cell(seen: &Seen<'_>, lines: &[Line]) -> (Option<Standing>, String) {
    let tally: Tally = lines.iter().map(|l| l.standing).collect();
    let Some(worst) = tally.worst() else { return (None, String::new()) };
    let words = match lines {
        [one] => match one.standing {
            Standing::NotDue | Standing::Waived => String::new(),
            s if s.is_done() => {
                let facts = seen.board().facts(one.duty);
                let met = facts.and_then(|f| runtime::met_day(&f, seen.on));
                // Done in the month of its column it is that month's day; else the month has to be said.
                let same = |d: Date| d.first_of_month() == one.due.first_of_month();
                met.map_or_else(String::new, |d| if same(d) { day_in(d) } else { day_words(d) })
            }
            _ if one.due.year() > seen.year.number => day_words(one.due),
            _ => day_in(one.due),
        },
        _ if worst == Standing::NotDue && tally.done() == 0 => String::new(),
        many => format!("{}次中{}", many.len(), tally.done()),
    };
    (Some(worst), words)
}

fn rows(seen: &Seen<'_>, year: &Year, lines: &[Line], units: &[UnitId]) -> Vec<Row> {
    let ids: Vec<String> = units.iter().map(ToString::to_string).collect();
    let number = year.number;
    let mut of: BTreeMap<model::ObligationId, Vec<Line>> = BTreeMap::new();
    for line in lines {
        of.entry(line.obligation).or_default().push(*line);
    }
    let now = (seen.on.year() == number).then(|| month_of(seen.on));
    let row = |o: &Obligation| {
        let all = of.get(&o.id)?;
        let id = o.id.to_string();
        let mut narrow: Vec<(&str, &str)> = ids.iter().map(|u| ("unit", u.as_str())).collect();
        narrow.push(("obligation", &id));
        let cells = (0..12_i8)
            .map(|m| {
                let here: Vec<Line> =
                    all.iter().filter(|l| runtime::month_of(number, l.due) == Some(m + 1)).copied().collect();
                let (standing, words) = cell(seen, &here);
                let first = Date::new(number, m + 1, 1).unwrap_or(Date::MIN);
                let (from, to) = (first.to_string(), first.last_of_month().to_string());
                let within = [narrow.as_slice(), &[("from", from.as_str()), ("to", to.as_str())]].concat();
                let href = match here.as_slice() {
                    [] => String::new(),
                    [one] if seen.is_other_day() => format!("/duties/{}?on={}", one.duty, seen.on),
                    [one] => format!("/duties/{}", one.duty),
                    _ => seen.href(&within),
                };
                Cell {
                    standing,
                    words,
                    href,
                    off: standing.is_none() && year.calendar.exempt_reason(m + 1).is_some(),
                    now: now == usize::try_from(m).ok(),
                }
            })
            .collect();
        let tally: Tally = all.iter().map(|l| l.standing).collect();
        Some(Row {
            title: o.title.clone(),
            cells,
            done: figure(tally.done()),
            total: figure(tally.total()),
            href: seen.href(&narrow),
            december: all.iter().all(|l| runtime::month_of(number, l.due) == Some(12)),
        })
    };
    year.obligations().iter().filter_map(row).collect()
}

/// Each unit directly below, with itself and all below it.
fn subtrees(organisation: &Organisation, unit: UnitId) -> HashMap<UnitId, BTreeSet<UnitId>> {
    let parents: HashMap<UnitId, UnitId> =
        organisation.units.iter().filter_map(|u| Some((u.id, u.parent?))).collect();
    let mut out: HashMap<UnitId, BTreeSet<UnitId>> = HashMap::new();
    for one in &organisation.units {
        let mut at = one.id;
        while let Some(above) = parents.get(&at) {
            if *above == unit {
                out.entry(at).or_default().insert(one.id);
                break;
            }
            at = *above;
        }
    }
    out
}

/// The units directly below, with how they and all below them stand.
fn below(
    seen: &Seen<'_>,
    organisation: &Organisation,
    unit: &Unit,
    terms: &BTreeMap<UnitId, Date>,
) -> Vec<Below> {
    if unit.kind == UnitKind::Branch {
        return Vec::new();
    }
    let subtrees = subtrees(organisation, unit.id);
    organisation
        .units
        .iter()
        .filter(|u| u.parent == Some(unit.id) && u.exists_on(seen.on))
        .map(|u| {
            let all = subtrees.get(&u.id).cloned().unwrap_or_default();
            let ids: Vec<String> = all.iter().map(ToString::to_string).collect();
            let narrow: Vec<(&str, &str)> = ids.iter().map(|id| ("unit", id.as_str())).collect();
            let tally = seen.tally(&Pick { units: Some(all), ..Pick::default() });
            let late = [narrow.as_slice(), &[("standing", "overdue")]].concat();
            Below {
                strip: Strip::of(&u.name, &crate::seen::parts(tally)),
                name: u.name.clone(),
                href: format!("/units/{}", u.id),
                done: figure(tally.done()),
                total: figure(tally.total()),
                late: figure(tally.of(Standing::Overdue)),
                late_href: seen.href(&late),
                term: terms.get(&u.id).filter(|d| term::is_near(**d, seen.on)).map_or_else(
                    String::new,
                    |d| {
                        let (day, far) = term::words(*d, seen.on);
                        format!("{day}届满，{far}")
                    },
                ),
            }
        })
        .collect()
}

/// The work telephone of a unit, and where this account changes it.
async fn phone(app: &App, actor: &Actor, unit: UnitId) -> Result<(String, String), Fault> {
    let known = app.store.contacts(actor.institution).await?.remove(&unit).unwrap_or_default();
    let may = actor.covers(Right::Record, unit);
    Ok((known, if may { format!("/units/{unit}/phone") } else { String::new() }))
}

fn member_lines(people: &People) -> Vec<MemberLine> {
    people
        .members
        .iter()
        .map(|m| MemberLine {
            name: m.person.name.clone(),
            stage: m.membership.stage.word(),
            posts: people
                .posts
                .iter()
                .filter(|p| p.person == m.person.id)
                .map(|p| p.title.as_str())
                .collect::<Vec<_>>()
                .join("、"),
            since: month_words(m.membership.since),
        })
        .collect()
}

async fn show(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<UnitId>,
    Query(query): Query,
) -> Reply {
    let today = app.clock.today();
    let (on, unread) = day_of(&query, today);
    let then = actor.known.on(on);
    let organisation: &Organisation = &then;
    let Some(unit) = organisation.unit(id) else { return Err(Fault::not_found("这个组织").into()) };
    let year = app.year_on(actor.institution, on).await?;
    let covered = actor.covers(Right::SeeOrganisation, id);
    let units = with_groups(organisation, id);
    let lines = year.as_ref().map_or_else(Vec::new, |year| {
        let pick = Pick { units: Some(units.iter().copied().collect()), ..Pick::default() };
        Seen::of(&actor, year, on, today).lines(&pick)
    });
    // Outside one's scope a unit is there only as far as one leads something that it owes.
    if !covered && lines.is_empty() {
        return Err(Fault::not_found("这个组织").into());
    }
    let people =
        if covered { Some(people(&app, &actor, &units.iter().copied().collect(), on).await?) } else { None };
    let filter =
        EntryFilter { units: Some(organisation.subtree(id)), to: Some(on), ..EntryFilter::default() };
    let scope = actor.scope_for(Right::SeeEntries);
    let entries = app.store.entries(actor.institution, &scope, &filter, RECENT).await?;
    let entry_count = how_many(&app, &actor, &scope, &filter).await?;
    let entries = entry_lines(&app, &actor, &entries).await?;
    let mut with_terms: BTreeSet<UnitId> =
        organisation.units.iter().filter(|u| u.parent == Some(id)).map(|u| u.id).collect();
    with_terms.insert(id);
    let terms = term::terms_of(&app, &actor, with_terms, on).await?;
    let to = if on == today { String::new() } else { format!("&to={on}") };
    let path = format!("/units/{id}");
    let frame =
        dated(frame.titled(unit.name.clone()), &path, &query, on, today, unread).at(Place::Organisation);
    let mut members = people.as_ref().map(member_lines).unwrap_or_default();
    let member_count = members.len();
    let more_members = members.split_off(member_count.min(MEMBERS));
    let mut way = vec![Choice::new("组织", "/org", false)];
    if let Some(above) = unit.parent.and_then(|p| organisation.unit(p)).filter(|u| u.parent.is_some()) {
        // What is above one's own is named, but not one's to open.
        let seen = actor.covers(Right::SeeOrganisation, above.id);
        let href = if seen { format!("/units/{}", above.id) } else { String::new() };
        way.push(Choice::new(above.name.clone(), href, false));
    }
    way.push(Choice::new(unit.name.clone(), "", true));
    let tally: Tally = lines.iter().map(|l| l.standing).collect();
    let ids: Vec<String> = units.iter().map(ToString::to_string).collect();
    let narrow: Vec<(&str, &str)> = ids.iter().map(|u| ("unit", u.as_str())).collect();
    let with = |standing: &'static str| [narrow.as_slice(), &[("standing", standing)]].concat();
    let (mut counts, mut table, mut under) = (Vec::new(), Vec::new(), Vec::new());
    let (mut total_href, mut done_href) = (String::new(), String::new());
    if let Some(year) = &year {
        let seen = Seen::of(&actor, year, on, today);
        counts = [Standing::Overdue, Standing::DueSoon, Standing::Waived]
            .into_iter()
            .filter(|s| tally.of(*s) > 0)
            .map(|standing| Count {
                standing,
                count: u64::from(tally.of(standing)),
                href: seen.href(&with(standing_id(standing))),
            })
            .collect();
        table = rows(&seen, year, &lines, &units);
        under = below(&seen, organisation, unit, &terms);
        (total_href, done_href) = (seen.href(&narrow), seen.href(&with("done")));
    }
    let number = year.as_ref().map_or(on.year(), |y| y.number);
    let now = (on.year() == number).then(|| month_of(on));
    // In December they are what is to be done.
    let far = now.is_some_and(|month| month < 11) && table.iter().filter(|r| r.december).count() >= DECEMBER;
    let (december, table): (Vec<Row>, Vec<Row>) = table.into_iter().partition(|r| far && r.december);
    page(&UnitPage {
        way,
        id,
        papers: actor.may(Right::Export) && actor.covers(Right::SeeEntries, id),
        name: unit.name.clone(),
        total: figure(tally.total()),
        total_href,
        done: figure(tally.done()),
        done_href,
        counts,
        facts: facts(app.rulebook.roles(), organisation, unit, people.as_ref(), terms.get(&id).copied(), on),
        path,
        on: on.to_string(),
        year: number,
        months: (0..12_usize).map(|m| (format!("{}月", m + 1), now == Some(m))).collect(),
        rows: table,
        december,
        below: under,
        covered,
        members,
        more_members,
        member_count,
        member_words: people.as_ref().map(stage_words).unwrap_or_default(),
        entries,
        entries_href: format!("/entries?unit={id}{to}"),
        entry_count,
        record: actor.is(Role::Secretary) && actor.covers(Right::Record, id) && unit.exists_on(today),
        phone: if covered { Some(phone(&app, &actor, id).await?) } else { None },
        kin: kin(&actor, id),
        past: lines_of(&actor, id),
        changes: if actor.may(Right::ChangeUnits) && unit.parent.is_some() && unit.exists_on(today) {
            format!("/org/change?kind=renamed&unit={id}")
        } else {
            String::new()
        },
        frame,
    })
}
