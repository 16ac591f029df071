//! The roster: who is in which branch, on any day.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use jiff::civil::Date;
use model::{PERSON_CATEGORIES, PERSON_KINDS, PersonId, Stage, UnitId, UnitKind, kind_word};
use store::{Head, Presence, RosterFilter};
use web::extract::{Fields, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::{Empty, Frame, Link, MOST_CHOICES, Pager, Place, Said, day_words, long_day_words, page};
use web::{App, Reply};
use work::Actor;

use work::units::named;

use super::import::columns::Col;

/// People on one page.
const PER: u64 = 50;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/people", Rule::May(Right::SeePeople), show)]
}

/// The filter that the query asks for, and whether it narrows anything.
pub(super) struct Wanted {
    pub(super) filter: RosterFilter,
    pub(super) narrowed: bool,
}

impl Wanted {
    pub(super) fn of(actor: &Actor, query: &Fields, today: Date) -> Self {
        let day = query.day("on").filter(|d| *d <= today).unwrap_or(today);
        let organisation = actor.known.on(day);
        let mut filter = RosterFilter::on(day);
        if let Some(unit) = query.parsed::<UnitId>("unit").and_then(|id| organisation.unit(id)) {
            if unit.kind == UnitKind::Group {
                filter.group = Some(unit.id);
            } else {
                filter.branches = Some(organisation.subtree(unit.id));
            }
        } else if !query.text("in").is_empty() {
            filter.branches = Some(named(&organisation, query.text("in")));
        }
        let known = |all: &[(&'static str, &'static str)], name: &str| {
            all.iter().map(|(id, _)| *id).find(|id| *id == query.text(name)).map(ToOwned::to_owned)
        };
        filter.kind = known(&PERSON_KINDS, "kind");
        filter.category = known(&PERSON_CATEGORIES, "category");
        filter.stage = Stage::from_id(query.text("stage"));
        query.text("q").clone_into(&mut filter.words);
        filter.presence = match query.text("there") {
            "out" => Presence::Out,
            "all" => Presence::All,
            _ => Presence::In,
        };
        let narrowed = filter != RosterFilter::on(day);
        Self { filter, narrowed }
    }
}

/// One of the heads, with the list that it counts.
struct HeadCount {
    word: &'static str,
    count: i64,
    href: String,
}

struct Row {
    href: String,
    name: String,
    number: String,
    kind: &'static str,
    branch: String,
    stage: &'static str,
    since: String,
    posts: String,
}

type Options = Vec<(String, String, bool)>;

#[derive(askama::Template)]
#[template(path = "people/list.html")]
struct RosterPage {
    frame: Frame,
    on: String,
    heads: Vec<HeadCount>,
    total: i64,
    narrowed: bool,
    edits: bool,
    waiting: usize,
    words: String,
    typed: bool,
    unit_words: String,
    units: Options,
    kinds: Options,
    stages: Options,
    categories: Options,
    theres: Options,
    rows: Vec<Row>,
    pager: Pager,
    empty: Empty,
    query: String,
}

fn options<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>, here: &str) -> Options {
    all.into_iter().map(|(id, word)| (id.to_owned(), word.to_owned(), id == here)).collect()
}

/// The units that can be chosen, as the actor sees them.
fn units(actor: &Actor, here: &str, on: Date) -> Options {
    let mine = actor.units_for(Right::SeePeople);
    work::units::in_order(&actor.known.on(on))
        .into_iter()
        .filter(|(u, _)| {
            mine.contains(&u.id)
                && (u.exists_on(on) || u.id.to_string() == here)
                && matches!(u.kind, UnitKind::GeneralBranch | UnitKind::Branch | UnitKind::Group)
        })
        .map(|(u, depth)| {
            let id = u.id.to_string();
            let here = id == here;
            (id, format!("{}{}", "　".repeat(depth.saturating_sub(1)), u.name), here)
        })
        .collect()
}

fn count(heads: &[Head], stage: Option<Stage>) -> i64 {
    heads.iter().filter(|h| h.stage == stage).map(|h| h.count).sum()
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let Wanted { filter, narrowed } = Wanted::of(&actor, &query, today);
    let scope = actor.scope();
    let unstaged = RosterFilter { stage: None, ..filter.clone() };
    let heads = app.store.heads(actor.institution, &scope, &unstaged).await?;
    let all: i64 = heads.iter().map(|h| h.count).sum();
    let total = filter.stage.map_or(all, |s| count(&heads, Some(s)));
    let page_no = query.page();
    let then = actor.known.on(filter.day);
    let found = app.store.roster(actor.institution, &scope, &filter, (page_no - 1) * PER, PER as u32).await?;
    let ids: BTreeSet<PersonId> = found.iter().map(|r| r.person.id).collect();
    let held = app.store.held(actor.institution, &ids).await?;
    let rows = found
        .iter()
        .map(|r| {
            let posts: BTreeMap<&str, ()> = held
                .get(&r.person.id)
                .into_iter()
                .flat_map(|h| &h.state.posts)
                .filter(|p| p.since <= filter.day && p.until.is_none_or(|u| filter.day < u))
                .map(|p| (p.title.as_str(), ()))
                .collect();
            let m = r.membership.as_ref();
            Row {
                href: format!("/people/{}", r.person.id),
                name: r.person.name.clone(),
                number: r.person.number.clone(),
                kind: kind_word(&r.person.kind),
                branch: m.map_or_else(String::new, |m| crate::seen::person::branch_words(&then, m)),
                stage: m.map_or("", |m| m.stage.word()),
                since: m.map_or_else(String::new, |m| long_day_words(m.since)),
                posts: posts.into_keys().collect::<Vec<_>>().join("、"),
            }
        })
        .collect();
    let stage_heads = Stage::IDS.iter().rev().map(|(id, stage)| HeadCount {
        word: stage.word(),
        count: count(&heads, Some(*stage)),
        href: query.with("stage", id),
    });
    let edits = actor.may(Right::EditPeople);
    let waiting = if edits { app.store.corrections(actor.institution, None).await?.len() } else { 0 };
    let frame = frame.titled("人员").at(Place::People);
    let frame = if filter.day == today {
        frame
    } else {
        frame.noting(
            Said::new(format!("这一页是{}的样子。", long_day_words(filter.day))).link("回到今天", "/people"),
        )
    };
    let choices = units(&actor, query.text("unit"), filter.day);
    page(&RosterPage {
        frame,
        on: filter.day.to_string(),
        heads: stage_heads.filter(|h| h.count > 0).collect(),
        total,
        narrowed,
        edits,
        waiting,
        words: query.text("q").to_owned(),
        typed: choices.len() > MOST_CHOICES,
        unit_words: query.text("in").to_owned(),
        units: choices,
        kinds: options(PERSON_KINDS, query.text("kind")),
        stages: options(Stage::IDS.iter().map(|(id, s)| (*id, s.word())), query.text("stage")),
        categories: options(PERSON_CATEGORIES, query.text("category")),
        theres: options([("", "在册"), ("out", "不在册"), ("all", "全部")], query.text("there")),
        rows,
        pager: Pager::of(page_no, PER, u64::try_from(total).unwrap_or(0), &query),
        empty: empty(narrowed, edits, filter.day),
        query: query.with("", ""),
    })
}

fn empty(narrowed: bool, edits: bool, day: Date) -> Empty {
    if narrowed {
        return Empty::new("没有符合条件的人", "换个条件再找，或看全部。")
            .with(Link::new("看全部", "/people?there=all"));
    }
    if !edits {
        return Empty::new(
            "名册里还没有人",
            format!("{}在你的支部里没有登记的人。名册由党委办公室维护。", day_words(day)),
        );
    }
    let columns = [Col::Name, Col::Number, Col::Branch, Col::Stage].map(Col::title).join("、");
    Empty::new(
        "名册里还没有人",
        format!("从 Excel 导入最快：有{columns}几栏就能开始，全国党员管理信息系统导出的表可以直接用。"),
    )
    .with(Link::new("导入名册", "/people/import"))
    .with(Link::new("先加一个人", "/people/new"))
}
