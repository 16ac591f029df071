//! 放行: who gets what, before it goes; whom it does not reach; what became of the last release.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::extract::State;
use axum::http::StatusCode;
use model::{AccountId, CaseId, PersonId, Standing, UnitId};
use store::{CaseFilter, ChaseNoteKind, RungRow, Running};
use uuid::Uuid;
use web::extract::{Fields, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::{Choice, Empty, Frame, Link, Pager, Place, Said, day_words, instant_words, page_with};
use web::{App, Reply};
use work::chase::{About, Asked, Item, Told, may_release};
use work::sight::Sight;
use work::{Actor, Fault};

use super::lines::{Lines, href};
use crate::seen::chase::{is_seen, rung_title, tried};

/// Lines that one page releases at most.
const PER: u64 = 50;
/// Rows of the last release that are shown.
const SHOWN: usize = 200;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/chase", Rule::May(Right::Release), show)]
}

/// What a ticked box says: what, which rung, under which due day.
pub(super) fn ticked(item: &Item) -> String {
    let rung = item.next.as_ref().map_or("", |n| n.rung.id.as_str());
    format!("{}~{rung}~{}", item.about, item.due)
}

/// What was ticked.
pub(super) fn picked(value: &str, reason: &str) -> Option<Asked> {
    let mut parts = value.split('~');
    let (about, rung, due) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Asked {
        about: about.parse().ok()?,
        rung: rung.to_owned(),
        due: due.parse().ok()?,
        reason: reason.to_owned(),
    })
}

/// Who can look into Luoshi.
pub(super) struct Reach {
    people: BTreeSet<PersonId>,
    units: BTreeSet<UnitId>,
}

impl Reach {
    pub(super) async fn of(app: &App, actor: &Actor) -> Result<Self, Fault> {
        let accounts = app.store.accounts(actor.institution).await?;
        let open: HashMap<AccountId, Option<PersonId>> =
            accounts.into_iter().filter(|a| a.disabled_at.is_none()).map(|a| (a.id, a.person)).collect();
        let grants = app.store.grants(actor.institution).await?;
        let works = |g: &&store::Grant| {
            g.ended.is_none() && open.contains_key(&g.account) && Right::Record.allows([g.role])
        };
        Ok(Self {
            people: open.values().flatten().copied().collect(),
            units: grants.iter().filter(works).map(|g| g.unit).collect(),
        })
    }

    /// Whether somebody of those for whom it is has an account: the person; of a unit, whoever was given it.
    fn reaches(&self, told: &Told) -> bool {
        match told.person {
            Some(person) => self.people.contains(&person),
            None => self.units.contains(&told.unit),
        }
    }
}

/// One who gets something.
pub(super) struct Gets {
    pub(super) name: String,
    pub(super) unit: String,
    /// 催办：主题党日（4月）.
    pub(super) what: Vec<String>,
    pub(super) copy: bool,
    /// Why it goes there, or why it does not reach.
    pub(super) note: String,
    pub(super) reached: bool,
}

/// The place of somebody who gets something: copy, place in the tree, person, unit.
type At = (bool, usize, Option<PersonId>, UnitId);

/// Who gets what of some things, in the order of the tree; copies after what is for somebody.
pub(super) fn gets(
    app: &App,
    actor: &Actor,
    lines: &Lines,
    reach: &Reach,
    items: &[(&Item, String)],
) -> Vec<Gets> {
    let mut by: BTreeMap<At, (Told, Vec<String>)> = BTreeMap::new();
    for (item, title) in items {
        let Some(next) = &item.next else { continue };
        for told in Told::of(app, &lines.chasing, item, &next.rung) {
            let at = (told.copy, actor.known.place(told.unit), told.person, told.unit);
            let named = format!("{}：{}　{title}", next.rung.title, actor.known.unit_name(item.unit));
            by.entry(at).or_insert_with(|| (told, Vec::new())).1.push(named);
        }
    }
    let one = |(told, what): (Told, Vec<String>)| {
        let reached = reach.reaches(&told);
        let mut notes = Vec::new();
        if told.vacant {
            notes.push("本级没有登记这个职务，发给上一级".to_owned());
        }
        if !reached {
            notes.push(match lines.phone(told.unit) {
                "" => "没有账号，在这里看不到，也没有登记办公电话".to_owned(),
                phone => format!("没有账号，在这里看不到；可以打 {phone}"),
            });
        }
        let unit = actor.known.unit_name(told.unit).to_owned();
        let name = if told.person.is_some() { told.name } else { String::new() };
        Gets { name, unit, what, copy: told.copy, note: notes.join("；"), reached }
    };
    by.into_values().map(one).collect()
}

struct Row {
    ticked: String,
    unit: String,
    title: String,
    href: String,
    one: String,
    due: String,
    days: i32,
    rung: String,
    to: String,
}

/// A line of the last release.
struct Went {
    unit: String,
    what: String,
    href: String,
    to: String,
    seen: String,
    later: String,
    later_href: String,
}

struct Last {
    head: String,
    rows: Vec<Went>,
    more: usize,
}

#[derive(askama::Template)]
#[template(path = "chase/release.html")]
struct ReleasePage {
    frame: Frame,
    crumb: Vec<Choice>,
    batch: String,
    total: usize,
    rows: Vec<Row>,
    /// 催办 9，督办单 14.
    kinds: String,
    opens: Vec<String>,
    gets: Vec<Gets>,
    people: usize,
    lost: usize,
    held_back: Vec<(String, String)>,
    pager: Pager,
    empty: Option<Empty>,
    last: Option<Last>,
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    if let Ok(about) = query.text("about").parse::<About>() {
        return super::one::show(&app, &actor, frame, &about, super::one::Forms::new()).await;
    }
    render(&app, &actor, frame, &query, &[]).await
}

/// The page, with what of the last click was held back and why.
pub(super) async fn render(
    app: &App,
    actor: &Actor,
    frame: Frame,
    query: &Fields,
    held_back: &[(About, String)],
) -> Reply {
    let today = app.clock.today();
    let lines = Lines::of(app, actor).await?;
    let picks: BTreeSet<About> =
        query.all("pick").filter_map(|p| p.split('~').next()?.parse().ok()).collect();
    let mine: Vec<&Item> = lines
        .duties
        .iter()
        .chain(&lines.steps)
        .filter(|i| i.waits_for_release() && may_release(app, actor, &lines.chasing, i))
        .filter(|i| picks.is_empty() || picks.contains(&i.about))
        .collect();
    let skip = usize::try_from((query.page() - 1) * PER).unwrap_or(usize::MAX);
    let shown: Vec<&Item> =
        mine.iter().copied().skip(skip).take(usize::try_from(PER).unwrap_or(50)).collect();
    let titles = lines.titles(app, actor, &shown).await?;
    let titled: Vec<(&Item, String)> =
        shown.iter().map(|i| (*i, titles.get(&i.about).cloned().unwrap_or_default())).collect();
    let reach = Reach::of(app, actor).await?;
    let gets = gets(app, actor, &lines, &reach, &titled);
    let mut kinds: Vec<(String, usize, bool)> = Vec::new();
    let mut opens = BTreeSet::new();
    for (item, _) in &titled {
        let Some(next) = &item.next else { continue };
        match kinds.iter_mut().find(|(t, ..)| *t == next.rung.title) {
            Some((_, n, _)) => *n += 1,
            None => kinds.push((next.rung.title.clone(), 1, next.rung.gather.is_some())),
        }
        let workflows = next.rung.opens.iter().filter_map(|w| app.rulebook.workflow_on(w, today).ok());
        opens.extend(workflows.map(|w| match next.rung.gather {
            Some(_) => format!("“{}”列进这一期，一期一件，发不发由审核定", next.rung.title),
            None => format!("“{}”放行就拟好一件“{}”，签发编号以后才发出", next.rung.title, w.title),
        }));
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(t, n, _)| format!("{t} {n}")).collect();
    let rows =
        titled.iter().map(|(item, title)| row(app, actor, &lines, item, title.clone(), today)).collect();
    let held: Vec<(String, String)> = named(app, actor, &lines, held_back).await?;
    let chase = lines.chasing.chase.as_ref();
    let quiet = chase.is_some_and(|c| lines.chasing.days().is_quiet(today, &c.quiet_days));
    let empty = mine.is_empty().then(|| {
        let why = if quiet {
            "今天不是工作日，或者在寒暑假里，不发。到了日子的，上班以后在这里。"
        } else {
            "到了下一步、要由你放行的在这里；还没到日子的和停着的，在“谁逾期了”里看得到。"
        };
        Empty::new("没有等你放行的", why).with(Link::new("谁逾期了", "/late"))
    });
    let total = u64::try_from(mine.len()).unwrap_or(u64::MAX);
    let status = if held.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    let built = ReleasePage {
        frame: frame.titled("放行").at(Place::Late),
        crumb: vec![Choice::new("催办", "/late", false), Choice::new("放行", "", true)],
        batch: Uuid::now_v7().to_string(),
        total: mine.len(),
        rows,
        kinds: kinds.join("，"),
        opens: opens.into_iter().collect(),
        people: gets.iter().filter(|g| g.reached).count(),
        lost: gets.iter().filter(|g| !g.reached).count(),
        gets,
        held_back: held,
        pager: Pager::of(query.page(), PER, total, query),
        empty,
        last: last(app, actor, &lines).await?,
    };
    page_with(status, &built)
}

fn row(app: &App, actor: &Actor, lines: &Lines, item: &Item, title: String, today: jiff::civil::Date) -> Row {
    let told = item.next.as_ref().map(|n| Told::of(app, &lines.chasing, item, &n.rung)).unwrap_or_default();
    let tried: Vec<String> = tried(&lines.chasing, item).into_iter().map(|t| t.words).collect();
    let copies = whom(actor, told.iter().filter(|t| t.copy));
    let mut to = whom(actor, told.iter().filter(|t| !t.copy));
    if !copies.is_empty() {
        to.push_str(&format!("；抄送 {copies}"));
    }
    let rung = item.next.as_ref().map_or("", |n| n.rung.title.as_str());
    Row {
        ticked: ticked(item),
        unit: actor.known.unit_name(item.unit).to_owned(),
        title,
        href: href(&item.about),
        one: format!("/chase?about={}", item.about),
        due: day_words(item.due),
        days: item.due.until(today).map_or(0, |s| s.get_days()),
        rung: if tried.is_empty() { rung.to_owned() } else { format!("{rung}（{}）", tried.join("、")) },
        to,
    }
}

/// Several people and units as a line names them: those of one unit together, in the order in which they come.
fn whom<'a>(actor: &Actor, told: impl Iterator<Item = &'a Told>) -> String {
    let mut units: Vec<(UnitId, Vec<&str>)> = Vec::new();
    for one in told {
        let name = one.person.map(|_| one.name.as_str());
        match units.iter_mut().find(|(unit, names)| *unit == one.unit && name.is_some() && !names.is_empty())
        {
            Some((_, names)) => names.extend(name),
            None => units.push((one.unit, name.into_iter().collect())),
        }
    }
    let words = units.iter().map(|(unit, names)| {
        let unit = actor.known.unit_name(*unit);
        if names.is_empty() { unit.to_owned() } else { format!("{}（{unit}）", names.join("、")) }
    });
    words.collect::<Vec<_>>().join("、")
}

/// Somebody as a line names them.
fn who(actor: &Actor, told: &Told) -> String {
    let unit = actor.known.unit_name(told.unit);
    if told.person.is_some() { format!("{}（{unit}）", told.name) } else { unit.to_owned() }
}

/// What was held back, by what it is called.
async fn named(
    app: &App,
    actor: &Actor,
    lines: &Lines,
    held_back: &[(About, String)],
) -> Result<Vec<(String, String)>, Fault> {
    let items: Vec<&Item> = held_back.iter().filter_map(|(a, _)| lines.chasing.get(a)).collect();
    let titles = lines.titles(app, actor, &items).await?;
    let name = |about: &About| match (lines.chasing.get(about), titles.get(about)) {
        (Some(item), Some(title)) => format!("{}　{title}", actor.known.unit_name(item.unit)),
        _ => "一件事".to_owned(),
    };
    Ok(held_back.iter().map(|(about, why)| (name(about), why.clone())).collect())
}

/// What became of the last release of what this account sees.
async fn last(app: &App, actor: &Actor, lines: &Lines) -> Result<Option<Last>, Fault> {
    let sight = Sight::of(actor);
    // The title of a step may name somebody: it is shown to whoever released it.
    let sees = |r: &&RungRow| {
        r.account == Some(actor.account)
            || (matches!(About::of(&r.key), About::Duty(_)) && sight.covers(r.unit))
    };
    let of = |r: &&RungRow| !r.skipped && sees(r);
    let Some(newest) = lines.chasing.rungs.iter().filter(of).max_by_key(|r| r.at) else { return Ok(None) };
    let rows: Vec<&RungRow> =
        lines.chasing.rungs.iter().filter(of).filter(|r| r.batch == newest.batch).collect();
    let by = match newest.account {
        Some(account) => {
            app.store.account(actor.institution, account).await.map_or(String::new(), |a| a.name)
        }
        None => String::new(),
    };
    let ids: BTreeSet<CaseId> = rows.iter().filter_map(|r| r.case).collect();
    let numbers = app.store.case_numbers(actor.institution, &ids).await?;
    let filter = CaseFilter { ids: Some(ids), running: Running::All, ..CaseFilter::default() };
    let cases = app.store.all_cases(actor.institution, &work::cases::sight(actor), &filter).await?;
    let mut out = Vec::new();
    for r in rows.iter().take(SHOWN) {
        let told: Vec<Told> = serde_json::from_value(r.told.clone()).unwrap_or_default();
        let about = About::of(&r.key);
        let case = r.case.and_then(|id| cases.iter().find(|c| c.id == id));
        let number = numbers.iter().find(|(id, ..)| Some(*id) == r.case);
        let number = number.map_or(String::new(), |(_, _, year, n)| format!("〔{year}〕{n}号"));
        let (later, later_href) = match case {
            Some(case) => (
                case.ended.as_ref().map_or_else(
                    || if number.is_empty() { "还没有签发".to_owned() } else { "在办".to_owned() },
                    |(how, on)| format!("{}{how}", day_words(*on)),
                ),
                format!("/cases/{}", case.id),
            ),
            None => (later(app, lines, r), String::new()),
        };
        let seen = lines.chasing.get(&about).is_some_and(|i| is_seen(i, r));
        out.push(Went {
            unit: actor.known.unit_name(r.unit).to_owned(),
            what: format!("{}{number}　{}", rung_title(&lines.chasing, &r.rung), r.title),
            href: href(&about),
            to: told.iter().filter(|t| !t.copy).map(|t| who(actor, t)).collect::<Vec<_>>().join("、"),
            seen: if seen { "看了".to_owned() } else { String::new() },
            later,
            later_href,
        });
    }
    let head = format!("上一次：{}放行 {} 项", instant_words(newest.at), rows.len());
    let head = if by.is_empty() { head } else { format!("{head}，放行人 {by}") };
    Ok(Some(Last { head, more: rows.len().saturating_sub(out.len()), rows: out }))
}

/// What happened after a rung went.
fn later(app: &App, lines: &Lines, row: &RungRow) -> String {
    let about = About::of(&row.key);
    let today = app.clock.today();
    if let Some(item) = lines.chasing.get(&about) {
        let answered = |n: &&store::ChaseNote| n.kind == ChaseNoteKind::Answered && n.at >= row.at;
        return match item.notes.iter().find(answered) {
            Some(note) => format!("{}说明了情况", day_words(note.day)),
            None => "还没有回应".to_owned(),
        };
    }
    let About::Duty(id) = about else { return "这一步办了".to_owned() };
    let Some(year) = &lines.year else { return String::new() };
    let board = year.board();
    let met = board.facts(id).and_then(|f| runtime::met_day(&f, today));
    match (board.standing(id, today), met) {
        (Some(Standing::Met | Standing::MetLate), Some(day)) => format!("{}办了", day_words(day)),
        (Some(Standing::Waived), _) => "批准免办".to_owned(),
        (Some(_), _) => "延期了".to_owned(),
        (None, _) => "不再要求".to_owned(),
    }
}

/// What is said after a click.
pub(super) fn said(done: &work::chase::Released, leave_out: bool) -> Said {
    let n = done.done.len();
    let words = match (n, leave_out) {
        (0, _) if done.already > 0 => "刚才已经放行，没有重复。".to_owned(),
        (_, true) => "略过了这一级，原因记下了。".to_owned(),
        (n, false) => format!("放行了 {n} 项。"),
    };
    match done.opened.as_slice() {
        [one] => Said::new(format!("{words}拟好的一件在流程里，签发以后编号、发出。"))
            .link("去签发", format!("/cases/{one}")),
        [] => Said::new(words),
        many => Said::new(format!("{words}拟好的 {} 件在流程里，签发以后编号、发出。", many.len()))
            .link("去签发", "/cases?workflow=supervision-order"),
    }
}
