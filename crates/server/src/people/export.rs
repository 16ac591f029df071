//! The roster as a sheet in the form in which it is taken in, the empty form, and the rows that could not be taken.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use model::{Membership, PersonId, SecretKind, Sex, UnitKind, kind_word};
use office::sheet::{Cell, Choices, Column, Kind, Sheet};
use serde_json::json;
use store::{PersonState, RosterFilter, Scope};
use web::extract::{Query, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, long_day_words, page, page_with};
use web::{App, Reply};
use work::{Actor, Fault};

use web::download::{XLSX, file, local_now};
use work::units::full_name;

use super::import::cells::{Cells, EXAMPLE};
use super::import::columns::Col;
use super::import::preview::{Preview, stretch_on};
use super::list::Wanted;

/// People read at a time.
const AT_A_TIME: u32 = 1_000;

pub(super) fn routes() -> Vec<Route> {
    let see = Rule::May(Right::SeePeople);
    vec![
        get("/people/export", see, ask),
        post("/people/export", see, export),
        get("/people/template.xlsx", Rule::May(Right::EditPeople), template),
    ]
}

fn text(words: &str) -> Cell {
    if words.is_empty() { Cell::Empty } else { Cell::Text(words.to_owned()) }
}

fn columns() -> Vec<Column> {
    Col::ALL
        .iter()
        .map(|c| Column::new(c.title(), c.width(), if c.is_day() { Kind::Day } else { Kind::Text }))
        .collect()
}

/// The empty form: lists to choose from, an example, what to know.
async fn template(State(app): State<App>, actor: Actor) -> Reply {
    let today = app.clock.today();
    let organisation = &actor.known.organisation;
    let names = |kind: UnitKind| -> Vec<String> {
        let units = organisation.units.iter().filter(|u| u.kind == kind && u.exists_on(today));
        let mut seen = BTreeSet::new();
        units.map(|u| u.name.clone()).filter(|n| seen.insert(n.clone())).collect()
    };
    let choices: Vec<Choices> = (0u16..)
        .zip(Col::ALL)
        .map(|(column, col)| Choices {
            column,
            words: match col {
                Col::Branch => names(UnitKind::Branch),
                Col::General => names(UnitKind::GeneralBranch),
                Col::Group => names(UnitKind::Group),
                other => other.choices().into_iter().map(ToOwned::to_owned).collect(),
            },
        })
        .collect();
    let branch = names(UnitKind::Branch).into_iter().next().unwrap_or_else(|| "教工第一党支部".to_owned());
    let example = Col::ALL.map(|col| match col {
        Col::Name => Cell::Text(format!("{EXAMPLE}方以宁")),
        Col::Number => Cell::Text("20080117".to_owned()),
        // The standard's own example of a number that holds together.
        Col::CitizenId => Cell::Text("11010519491231002X".to_owned()),
        Col::Phone => Cell::Text("13800000000".to_owned()),
        Col::Sex => Cell::Text("女".to_owned()),
        Col::Nation => Cell::Text("汉族".to_owned()),
        Col::Born => Cell::Day(Date::constant(1949, 12, 31)),
        Col::Kind => Cell::Text("教职工".to_owned()),
        Col::Branch => Cell::Text(branch.clone()),
        Col::Stage => Cell::Text("正式党员".to_owned()),
        Col::Joined => Cell::Day(Date::constant(2009, 7, 1)),
        Col::Full => Cell::Day(Date::constant(2010, 7, 1)),
        Col::Post => Cell::Text("组织委员".to_owned()),
        Col::PostSince => Cell::Day(Date::constant(2021, 9, 1)),
        Col::Education => Cell::Text("研究生".to_owned()),
        _ => Cell::Empty,
    });
    let sheet = Sheet {
        name: "名册".to_owned(),
        title: format!("{}　人员名册", organisation.name),
        columns: columns(),
        frozen: 1,
        rows: vec![example.to_vec()],
    };
    let notes = [
        "只有“姓名”必填；新增的人还要“类别”，是党员或发展对象、积极分子的还要“所在支部”和“发展阶段”。",
        "示例那一行不会导入，删不删都行。栏目可以删，可以换次序。",
        "身份证号是文本，18 位，会核对校验位；填了它，性别和出生日期可以空着。",
        "日期写到日：2015-07-01、2015.7.1、2015年7月1日都可以。",
        "空着的格子不改名册里已有的内容。不同的支部同名时，填“所在党总支”。",
        "“到支部日期”空着的，从各阶段的日期算起；转支部没有写日期的，从导入时选的那天算起。",
        "几个职务用顿号分开。其他类别可填：校领导、中层干部、专任教师、辅导员、流动党员、失联党员、出国（境）、生活困难。",
    ];
    let bytes =
        office::sheet::write_with_choices(local_now(&app), &sheet, &choices, &[work::cells::how_to(&notes)])
            .map_err(anyhow::Error::from)?;
    file("人员名册空表.xlsx", "people.xlsx", XLSX, bytes)
}

#[derive(askama::Template)]
#[template(path = "people/export.html")]
struct ExportPage {
    frame: Frame,
    total: i64,
    query: String,
    day: String,
    may_open: bool,
    form: Form,
}

fn reason_form() -> Form {
    Form::of(vec![
        Field::new(Input::Radio, "numbers", "身份证号和手机号")
            .choices([("masked", "只留末几位"), ("full", "导出全文，写明理由")])
            .filled("masked"),
        Field {
            max: 100, ..Field::text("reason", "导出全文的理由").hint("记入审计日志").optional()
        },
    ])
}

async fn asked(
    app: &App,
    actor: &Actor,
    frame: Frame,
    query: &web::extract::Fields,
    form: Form,
) -> Result<ExportPage, Fault> {
    let Wanted { filter, .. } = Wanted::of(actor, query, app.clock.today());
    let heads = app.store.heads(actor.institution, &actor.scope_for(Right::SeePeople), &filter).await?;
    Ok(ExportPage {
        frame: frame.titled("导出名册").at(Place::People),
        total: heads.iter().map(|h| h.count).sum(),
        query: query.with("", ""),
        day: long_day_words(filter.day),
        may_open: actor.may(Right::EditPeople),
        form,
    })
}

async fn ask(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    page(&asked(&app, &actor, frame, &query, reason_form()).await?)
}

async fn export(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Query(query): Query,
    Sent(sent): Sent,
) -> Reply {
    let mut form = reason_form();
    form.take(&sent);
    let full = form.value("numbers") == "full" && actor.may(Right::EditPeople);
    if full && form.value("reason").chars().count() < 4 {
        form.wrong("reason", "写清楚一点，至少 4 个字");
    }
    if form.has_errors() {
        let again = asked(&app, &actor, frame, &query, form).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    let Wanted { filter, .. } = Wanted::of(&actor, &query, app.clock.today());
    let scope = actor.scope();
    let act = actor
        .act(&app, "export.people")
        .with(json!({ "on": filter.day, "full": full, "reason": form.value("reason") }));
    let rows = rows(&app, &actor, &scope, &filter, full, &act).await?;
    if !full {
        app.store.record(actor.institution, &act).await?;
    }
    let sheet = Sheet {
        name: "名册".to_owned(),
        title: format!("{}　人员名册（截至{}）", actor.known.organisation.name, long_day_words(filter.day)),
        columns: columns(),
        frozen: 1,
        rows: Vec::new(),
    };
    let made = local_now(&app);
    let bytes = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        office::sheet::write_list(made, &sheet, rows, &mut bytes).map(|()| bytes)
    })
    .await?
    .map_err(anyhow::Error::from)?;
    file(&format!("人员名册 {}.xlsx", filter.day), "people.xlsx", XLSX, bytes)
}

async fn rows(
    app: &App,
    actor: &Actor,
    scope: &Scope,
    filter: &RosterFilter,
    full: bool,
    act: &store::Act,
) -> Result<Vec<Vec<Cell>>, Fault> {
    let mut names: BTreeMap<model::UnitId, (String, String)> = BTreeMap::new();
    let mut out = Vec::new();
    loop {
        let found = app.store.roster(actor.institution, scope, filter, out.len() as u64, AT_A_TIME).await?;
        if found.is_empty() {
            return Ok(out);
        }
        let ids: Vec<PersonId> = found.iter().map(|r| r.person.id).collect();
        let held = app.store.held(actor.institution, &ids.iter().copied().collect()).await?;
        let numbers = if full {
            app.store.reveal(actor.institution, &ids, act).await?
        } else {
            let masks = app.store.masks(actor.institution, &ids).await?;
            masks.into_iter().map(|(of, mask)| (of, mask.unwrap_or_else(|| "*".to_owned()))).collect()
        };
        for row in &found {
            let Some(held) = held.get(&row.person.id) else { continue };
            let number = |kind: SecretKind| numbers.get(&(row.person.id, kind)).cloned().unwrap_or_default();
            out.push(cells(actor, &held.state, filter.day, &number, &mut names));
        }
    }
}

/// One person as a row, as they stood on `day`.
pub(super) fn cells(
    actor: &Actor,
    state: &PersonState,
    day: Date,
    number: &dyn Fn(SecretKind) -> String,
    names: &mut BTreeMap<model::UnitId, (String, String)>,
) -> Vec<Cell> {
    let organisation = &actor.known.organisation;
    let now: Option<&Membership> = stretch_on(&state.memberships, day).and_then(|i| state.memberships.get(i));
    let (general, branch) = now
        .map(|m| {
            names
                .entry(m.branch)
                .or_insert_with(|| {
                    let unit = organisation.unit(m.branch);
                    let above = unit.and_then(|u| u.parent).and_then(|p| organisation.unit(p));
                    let general = above.filter(|p| p.kind == UnitKind::GeneralBranch);
                    (
                        general.map(|p| p.name.clone()).unwrap_or_default(),
                        unit.map_or_else(|| full_name(organisation, m.branch), |u| u.name.clone()),
                    )
                })
                .clone()
        })
        .unwrap_or_default();
    let posts: Vec<_> = state
        .posts
        .iter()
        .filter(|p| {
            p.since <= day && p.until.is_none_or(|u| day < u) && now.is_some_and(|m| m.branch == p.unit)
        })
        .collect();
    let file = &state.file;
    let date = |d: Option<Date>| match d {
        // Excel's calendar begins in 1900.
        Some(d) if d.year() < 1900 => Cell::Text(d.to_string()),
        Some(d) => Cell::Day(d),
        None => Cell::Empty,
    };
    Col::ALL
        .iter()
        .map(|col| match col {
            Col::Name => text(&state.person.name),
            Col::Number => text(&state.person.number),
            Col::CitizenId => text(&number(SecretKind::CitizenId)),
            Col::Phone => text(&number(SecretKind::Phone)),
            Col::Sex => text(file.sex.map_or("", Sex::word)),
            Col::Nation => text(&file.nation),
            Col::Born => date(file.born),
            Col::Kind => text(kind_word(&state.person.kind)),
            Col::General => text(&general),
            Col::Branch => text(&branch),
            Col::Group => text(now.and_then(|m| m.group).map_or("", |g| actor.known.unit_name(g))),
            Col::Stage => text(now.map_or("", |m| m.stage.word())),
            Col::Applied => date(file.applied),
            Col::Activist => date(file.activist),
            Col::Candidate => date(file.candidate),
            Col::Joined => date(file.joined),
            Col::Full => date(file.full),
            Col::Arrived => date(now.and_then(|m| arrived(state, m))),
            Col::Post => text(&posts.iter().map(|p| p.title.as_str()).collect::<Vec<_>>().join("、")),
            Col::PostSince => date(posts.first().map(|p| p.since)),
            Col::Education => text(&file.education),
            Col::Work => text(&file.work),
            Col::Categories => text(&crate::seen::person::categories(state)),
        })
        .collect()
}

/// The day from which somebody has been in the branch, over all stages.
fn arrived(state: &PersonState, now: &Membership) -> Option<Date> {
    let mut since = now.since;
    while let Some(before) =
        state.memberships.iter().find(|m| m.branch == now.branch && m.until == Some(since) && m.since < since)
    {
        since = before.since;
    }
    Some(since)
}

/// The rows that cannot be taken, as they were given, with the reasons at the end.
pub(super) fn wrong_rows(app: &App, cells: &Cells, plan: &Preview) -> Result<Vec<u8>, Fault> {
    let mut of: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for w in &plan.wrong {
        let at = cells.address(w.row, w.col);
        of.entry(w.row).or_default().push(format!("{at} {}：{}", w.col.title(), w.words));
    }
    let mut columns: Vec<Column> =
        cells.columns.iter().map(|(c, _)| Column::new(c.title(), c.width(), Kind::Text)).collect();
    columns.push(Column::new("问题（原表的行和格）", 60, Kind::Long));
    let rows = cells
        .rows
        .iter()
        .filter_map(|row| {
            let why = of.get(&row.number)?;
            let given = row.cells.iter().map(|c| text(c));
            Some(
                given
                    .chain([Cell::Text(format!("{}　{}", cells.place(row.number), why.join("；")))])
                    .collect(),
            )
        })
        .collect();
    let sheet =
        Sheet {
            name: "要改的行".to_owned(), title: "导入时要改的行".to_owned(), columns, frozen: 1, rows
        };
    Ok(office::sheet::write(local_now(app), &[sheet]).map_err(anyhow::Error::from)?)
}
