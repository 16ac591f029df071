//! 组织树: the units, one by one or from a file.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use model::{Organisation, Unit, UnitId, UnitKind};

use crate::app::App;
use crate::extract::{Fields, Path, Sent, Upload};
use crate::fault::{Constrained as _, Fault, FieldError, Reply};
use crate::identity::{Actor, cookie};
use crate::org::{Branch, rows};
use crate::permit::{Right, Route, Rule, get, post};
use crate::view::{Field, Form, Frame, Input, Place, Said, page, page_with};

/// Most bytes of a file of units: 10,000 units take about 1 MB.
const FILE: usize = 2 * 1024 * 1024;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::EditUnits);
    vec![
        get("/admin/units", rule, list),
        get("/admin/units/new", rule, new),
        post("/admin/units/new", rule, create),
        get("/admin/units/{id}", rule, edit),
        post("/admin/units/{id}", rule, save),
        post("/admin/units/import", rule, import).limit(FILE),
    ]
}

/// Properties of a unit that rules ask about, with what they are called.
pub(crate) const TRAITS: [(&str, &str); 5] = [
    ("committee", "设支委会"),
    ("staff", "教工"),
    ("student", "学生"),
    ("retired", "离退休"),
    ("temporary", "临时"),
];

#[derive(askama::Template)]
#[template(path = "admin/units.html")]
struct UnitsPage {
    frame: Frame,
    rows: Vec<Branch>,
    form: Form,
}

fn import_form() -> Form {
    Form::of(vec![
        Field::new(Input::File, "file", "组织文件").hint(
            "TOML，每个组织一段：name、kind、parent、aliases、traits；同名的更新，没有的新增，不会删除",
        ),
    ])
}

async fn list(actor: Actor, frame: Frame) -> Reply {
    page(&UnitsPage {
        frame: frame.titled("组织树").at(Place::Units),
        rows: rows(&actor, Right::EditUnits),
        form: import_form(),
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
fn form(organisation: &Organisation, unit: Option<&Unit>) -> Form {
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
    let mut traits = Field::new(Input::Checks, "traits", "性质").choices(TRAITS).optional();
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

/// Names that stand side by side, however they are parted.
fn split(text: &str) -> Vec<String> {
    text.split(['、', '，', ',', '；', ';', '|'])
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(str::to_owned)
        .collect()
}

async fn new(actor: Actor, frame: Frame) -> Reply {
    page(&UnitPage {
        frame: frame.titled("新增组织").at(Place::Units),
        form: form(&actor.known.organisation, None),
        action: "/admin/units/new".to_owned(),
        history: Vec::new(),
    })
}

async fn create(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let organisation = &actor.known.organisation;
    let mut form = form(organisation, None);
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
                (crate::view::instant_words(at), format!("{}　{}", was.name, was.kind.word()))
            })
            .collect(),
    })
}

fn find(actor: &Actor, id: UnitId) -> Result<Unit, Fault> {
    actor.known.organisation.unit(id).cloned().ok_or_else(|| Fault::not_found("这个组织"))
}

async fn edit(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<UnitId>) -> Reply {
    let unit = find(&actor, id)?;
    let form = form(&actor.known.organisation, Some(&unit));
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
    let mut form = form(organisation, Some(&before));
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

/// The units of the file as they will stand: known names keep their id, the file's root is our root.
fn merged(organisation: &Organisation, file: Organisation) -> Vec<Unit> {
    let by_name: BTreeMap<&str, UnitId> =
        organisation.units.iter().map(|u| (u.name.as_str(), u.id)).collect();
    let root = organisation.units.iter().find(|u| u.parent.is_none()).map(|u| u.id);
    let mut ids = BTreeMap::new();
    for u in &file.units {
        let ours = if u.parent.is_none() { root } else { by_name.get(u.name.as_str()).copied() };
        ids.insert(u.id, ours.unwrap_or_else(UnitId::fresh));
    }
    file.units
        .into_iter()
        .zip(0_i32..)
        .map(|(u, n)| {
            let id = ids[&u.id];
            // A file says nothing of the days, and may say nothing of other names and properties: those that we know stay.
            let before = organisation.unit(id);
            let known = |given: bool| before.filter(|_| !given);
            Unit {
                aliases: known(!u.aliases.is_empty()).map_or(u.aliases, |b| b.aliases.clone()),
                traits: known(!u.traits.is_empty()).map_or(u.traits, |b| b.traits.clone()),
                id,
                parent: u.parent.map(|p| ids[&p]),
                sort: n,
                founded: before.and_then(|b| b.founded),
                dissolved: before.and_then(|b| b.dissolved),
                kind: u.kind,
                name: u.name,
            }
        })
        .collect()
}

fn roots(file: &Organisation) -> usize {
    file.units.iter().filter(|u| u.parent.is_none()).count()
}

async fn import(State(app): State<App>, actor: Actor, frame: Frame, upload: Upload) -> Reply {
    let errors = match read_file(&upload) {
        Ok(file) => {
            let units = merged(&actor.known.organisation, file);
            let act = actor.act(&app, "unit.import").on(format!("{} 个组织", units.len()));
            let saved = app
                .store
                .save_units(actor.institution, &units, &act)
                .await
                .on("unit_circle", || Fault::field("file", "有组织成了自己的下级"))?;
            app.forget(actor.institution);
            let same = units.len() - saved;
            let said = format!("文件里 {} 个组织：新增或更新 {saved} 个，{same} 个没有变化。", units.len());
            return cookie::done("/admin/units", &Said::new(said));
        }
        Err(errors) => errors,
    };
    let mut form = import_form();
    form.wrongs(errors);
    let again = UnitsPage {
        frame: frame.titled("组织树").at(Place::Units),
        rows: rows(&actor, Right::EditUnits),
        form,
    };
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
}

fn read_file(upload: &Upload) -> Result<Organisation, Vec<FieldError>> {
    let wrong = |message: String| vec![FieldError { field: "file".to_owned(), message }];
    let file = upload.files.first().ok_or_else(|| wrong("没有选文件".to_owned()))?;
    let text = std::str::from_utf8(&file.bytes).map_err(|_| wrong("不是 UTF-8 编码的文本".to_owned()))?;
    let organisation = compiler::org_from_toml(text.trim_start_matches('\u{feff}')).map_err(|faults| {
        faults
            .0
            .iter()
            .map(|f| FieldError {
                field: "file".to_owned(),
                message: format!("第 {} 行：{}", f.line, f.message),
            })
            .collect::<Vec<_>>()
    })?;
    match roots(&organisation) {
        1 => Ok(organisation),
        0 => Err(wrong("文件里没有组织".to_owned())),
        n => Err(wrong(format!("要有一个没有上级的组织（学校党委），文件里有 {n} 个"))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn unit(name: &str, parent: Option<UnitId>) -> Unit {
        Unit {
            id: UnitId::fresh(),
            parent,
            kind: UnitKind::Department,
            name: name.to_owned(),
            aliases: Vec::new(),
            traits: BTreeSet::new(),
            sort: 0,
            founded: None,
            dissolved: None,
        }
    }

    #[test]
    fn an_import_keeps_the_units_that_are_known() {
        let root = unit("学校党委", None);
        let office = unit("党委办公室", Some(root.id));
        let ours = Organisation { name: String::new(), units: vec![root.clone(), office.clone()] };
        let top = unit("中共某学院委员会", None);
        let theirs = vec![top.clone(), unit("党委办公室", Some(top.id)), unit("宣传部", Some(top.id))];
        let out = merged(&ours, Organisation { name: String::new(), units: theirs });
        assert_eq!(out[0].id, root.id, "the file's root is ours, whatever it is called");
        assert_eq!(out[1].id, office.id);
        assert_eq!(out[2].parent, Some(root.id));
        assert!(ours.unit(out[2].id).is_none());
    }
}
