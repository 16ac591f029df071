//! 组织树: the units, one by one.

use axum::extract::State;
use axum::http::StatusCode;
use model::rule::Roles;
use model::{Organisation, Unit, UnitId, UnitKind};
use web::extract::{Fields, Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, UnitRow, page, page_with, unit_rows};
use web::{App, Reply, cookie};
use work::units::split;
use work::{Actor, Constrained as _, Fault};

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::EditUnits);
    let mut out = vec![
        get("/admin/units", rule, list),
        get("/admin/units/new", rule, new),
        post("/admin/units/new", rule, create),
        get("/admin/units/{id}", rule, edit),
        post("/admin/units/{id}", rule, save),
    ];
    out.extend(super::unit_import::routes());
    out
}

#[derive(askama::Template)]
#[template(path = "admin/units.html")]
struct UnitsPage {
    frame: Frame,
    rows: Vec<UnitRow>,
}

async fn list(actor: Actor, frame: Frame) -> Reply {
    page(&UnitsPage {
        frame: frame.titled("组织树").at(Place::Units),
        rows: unit_rows(&actor, Right::EditUnits),
    })
}

#[derive(askama::Template)]
#[template(path = "admin/unit.html")]
struct UnitPage {
    frame: Frame,
    form: Form,
    action: String,
    history: Vec<(String, String)>,
}

/// The form of a unit. The units that could stand above it: all but itself and those below it.
fn form(roles: &Roles, organisation: &Organisation, unit: Option<&Unit>) -> Form {
    let below = unit.map(|u| organisation.subtree(u.id)).unwrap_or_default();
    let is_root = unit.is_some_and(|u| u.parent.is_none());
    let above = organisation
        .units
        .iter()
        .filter(|u| !below.contains(&u.id))
        .map(|u| (u.id.to_string(), u.name.clone()));
    let mut fields = vec![
        Field { max: 60, ..Field::text("name", "名称").filled(unit.map_or("", |u| &u.name)) },
        Field::new(Input::Select, "kind", "种类")
            .choices(UnitKind::ALL.map(|k| (k.id(), k.word())))
            .filled(unit.map_or("", |u| u.kind.id()))
            .wide(6),
    ];
    if !is_root {
        fields.push(
            Field::new(Input::Select, "parent", "上级")
                .choices(above)
                .filled(unit.and_then(|u| u.parent).map(|p| p.to_string()).unwrap_or_default())
                .wide(6),
        );
    }
    fields.push(
        Field::text("aliases", "别名")
            .filled(unit.map(|u| u.aliases.join("、")).unwrap_or_default())
            .hint("文件里常用的其他叫法，用顿号分开，例：党办、党委办")
            .optional(),
    );
    let mut traits = Field::new(Input::Checks, "traits", "性质")
        .choices(roles.traits.iter().map(|t| (t.id.clone(), t.title.clone())))
        .optional();
    traits.values = unit.map(|u| u.traits.iter().cloned().collect()).unwrap_or_default();
    fields.push(traits);
    let day = |d: Option<jiff::civil::Date>| d.map(|d| d.to_string()).unwrap_or_default();
    fields.push(
        Field::new(Input::Number, "sort", "同级中的次序")
            .filled(unit.map_or(0, |u| u.sort).to_string())
            .wide(4),
    );
    fields.push(
        Field::new(Input::Day, "founded", "成立")
            .filled(day(unit.and_then(|u| u.founded)))
            .optional()
            .wide(4),
    );
    fields.push(
        Field::new(Input::Day, "dissolved", "撤销")
            .filled(day(unit.and_then(|u| u.dissolved)))
            .optional()
            .wide(4),
    );
    Form::of(fields)
}

/// The unit that the form describes; mistakes go to the form.
fn read(form: &mut Form, sent: &Fields, before: Option<&Unit>, organisation: &Organisation) -> Option<Unit> {
    form.take(sent);
    let name = form.value("name").to_owned();
    let id = before.map_or_else(UnitId::fresh, |u| u.id);
    // Two units may share a name under different general branches (教工第一党支部), never under one.
    let parent = match before {
        Some(u) if u.parent.is_none() => None,
        _ => form.value("parent").parse().ok(),
    };
    if organisation
        .units
        .iter()
        .any(|u| u.id != id && u.parent == parent && u.name == name && u.dissolved.is_none())
    {
        form.wrong("name", "这个上级下面已有同名的组织");
    }
    let day = |form: &Form, field: &str| form.value(field).parse().ok();
    let (founded, dissolved) = (day(form, "founded"), day(form, "dissolved"));
    if let (Some(f), Some(d)) = (founded, dissolved)
        && d <= f
    {
        form.wrong("dissolved", "早于成立日期");
    }
    let sort = form.value("sort").parse::<i32>();
    if sort.is_err() {
        form.wrong("sort", "只能写整数");
    }
    let kind = UnitKind::ALL.into_iter().find(|k| k.id() == form.value("kind"));
    if form.has_errors() {
        return None;
    }
    let traits = form.fields.iter().find(|f| f.name == "traits").map(|f| f.values.iter().cloned().collect());
    Some(Unit {
        id,
        parent,
        kind: kind?,
        name,
        aliases: split(form.value("aliases")),
        traits: traits.unwrap_or_default(),
        sort: sort.unwrap_or(0),
        founded,
        dissolved,
    })
}

async fn new(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    page(&UnitPage {
        frame: frame.titled("新增组织").at(Place::Units),
        form: form(app.rulebook.roles(), &actor.known.organisation, None),
        action: "/admin/units/new".to_owned(),
        history: Vec::new(),
    })
}

async fn create(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let organisation = &actor.known.organisation;
    let mut form = form(app.rulebook.roles(), organisation, None);
    match read(&mut form, &sent, None, organisation) {
        Some(unit) => store(&app, &actor, &unit).await,
        None => page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &UnitPage {
                frame: frame.titled("新增组织").at(Place::Units),
                form,
                action: "/admin/units/new".to_owned(),
                history: Vec::new(),
            },
        ),
    }
}

async fn shown(app: &App, actor: &Actor, frame: Frame, unit: &Unit, form: Form) -> Result<UnitPage, Fault> {
    let history = app.store.unit_history(actor.institution, unit.id).await?;
    Ok(UnitPage {
        frame: frame.titled(unit.name.clone()).at(Place::Units),
        form,
        action: format!("/admin/units/{}", unit.id),
        history: history
            .into_iter()
            .map(|(_, was, at, _)| {
                (web::view::instant_words(at), format!("{}　{}", was.name, was.kind.word()))
            })
            .collect(),
    })
}

fn find(actor: &Actor, id: UnitId) -> Result<Unit, Fault> {
    actor.known.organisation.unit(id).cloned().ok_or_else(|| Fault::not_found("这个组织"))
}

async fn edit(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<UnitId>) -> Reply {
    let unit = find(&actor, id)?;
    let form = form(app.rulebook.roles(), &actor.known.organisation, Some(&unit));
    page(&shown(&app, &actor, frame, &unit, form).await?)
}

async fn save(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<UnitId>,
    Sent(sent): Sent,
) -> Reply {
    let before = find(&actor, id)?;
    let organisation = &actor.known.organisation;
    let mut form = form(app.rulebook.roles(), organisation, Some(&before));
    match read(&mut form, &sent, Some(&before), organisation) {
        Some(unit) => store(&app, &actor, &unit).await,
        None => {
            let again = shown(&app, &actor, frame, &before, form).await?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
    }
}

async fn store(app: &App, actor: &Actor, unit: &Unit) -> Reply {
    let act = actor.act(app, "unit.save").on(&unit.name);
    app.store
        .save_units(actor.institution, std::slice::from_ref(unit), &act)
        .await
        .on("unit_circle", || Fault::field("parent", "上级不能是它自己的下级"))?;
    app.forget(actor.institution);
    cookie::done("/admin/units", &Said::new(format!("{}已保存。", unit.name)))
}
