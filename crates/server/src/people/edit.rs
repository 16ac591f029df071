//! Adding a person, and changing what is held of one; where they belong is changed on a page of its own.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use model::{
    Membership, MembershipId, PERSON_CATEGORIES, PERSON_KINDS, Person, PersonFile, PersonId, SecretKind, Sex,
    Stage, UnitId, UnitKind,
};
use store::{Held, PersonSave, PersonState, StoreError};
use web::extract::{Fields, Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, page, page_with};
use web::{App, Reply, cookie};
use work::cells::day;
use work::{Actor, Fault};

use work::units::full_names;

use super::import::columns::Col;
use super::import::read;
use crate::seen::person::{Masks, masks_of};

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::EditPeople);
    vec![
        get("/people/new", rule, new),
        post("/people/new", rule, create),
        get("/people/{id}/edit", rule, edit),
        post("/people/{id}/edit", rule, save),
    ]
}

#[derive(askama::Template)]
#[template(path = "people/edit.html")]
struct EditPage {
    frame: Frame,
    form: Form,
    action: String,
    back: String,
    revision: String,
    title: String,
    sub: &'static str,
}

/// The days of a file with the fields that hold them.
const DAYS: [(&str, &str, Col); 6] = [
    ("born", "出生日期", Col::Born),
    ("applied", "申请入党", Col::Applied),
    ("activist", "确定为积极分子", Col::Activist),
    ("candidate", "确定为发展对象", Col::Candidate),
    ("joined", "入党", Col::Joined),
    ("full", "转正", Col::Full),
];

fn day_of(file: &PersonFile, name: &str) -> Option<Date> {
    match name {
        "born" => file.born,
        "applied" => file.applied,
        "activist" => file.activist,
        "candidate" => file.candidate,
        "joined" => file.joined,
        _ => file.full,
    }
}

/// The branches that there are on `day`, to choose from; with their general branch, for many share a name.
pub(super) fn branches(actor: &Actor, day: Date) -> Vec<(String, String)> {
    let organisation = &actor.known.organisation;
    let names = full_names(organisation);
    let there = work::units::in_order(organisation)
        .into_iter()
        .map(|(u, _)| u)
        .filter(|u| u.kind == UnitKind::Branch && u.exists_on(day));
    std::iter::once((String::new(), "—".to_owned()))
        .chain(there.map(|u| (u.id.to_string(), names.get(&u.id).cloned().unwrap_or_default())))
        .collect()
}

fn form(actor: &Actor, held: Option<&Held>, masks: &Masks, today: Date) -> Form {
    let state = held.map(|h| &h.state);
    let file = state.map(|s| s.file.clone()).unwrap_or_default();
    let person = state.map(|s| &s.person);
    let secret = |kind: SecretKind, name: &str| {
        let hint = match masks.get(&kind) {
            None => "加密保存，页面上只显示末几位".to_owned(),
            Some(there) => format!("现有 {there}，不改就空着"),
        };
        Field { max: 30, autocomplete: "off", ..Field::text(name, kind.word()).hint(hint).optional().wide(6) }
    };
    let mut fields = vec![
        Field { max: 40, ..Field::text("name", "姓名").filled(person.map_or("", |p| &p.name)).wide(4) },
        Field {
            max: 32,
            ..Field::text("number", "工号或学号").filled(person.map_or("", |p| &p.number)).optional().wide(4)
        },
        Field::new(Input::Select, "kind", "类别")
            .choices(PERSON_KINDS)
            .filled(person.map_or("staff", |p| &p.kind))
            .wide(4),
    ];
    if held.is_none() {
        fields.extend([
            Field::new(Input::Select, "branch", "所在支部")
                .choices(branches(actor, today))
                .optional()
                .wide(6),
            Field::new(Input::Select, "stage", "身份")
                .choices(std::iter::once(("", "—")).chain(Stage::IDS.iter().map(|(id, s)| (*id, s.word()))))
                .optional()
                .wide(3),
            Field::new(Input::Day, "arrived", "到支部日期").filled(today.to_string()).optional().wide(3),
        ]);
    }
    fields.extend([
        secret(SecretKind::CitizenId, "citizen_id"),
        secret(SecretKind::Phone, "phone"),
        Field::new(Input::Select, "sex", "性别")
            .choices([("", "—"), ("male", "男"), ("female", "女")])
            .filled(match file.sex {
                Some(Sex::Male) => "male",
                Some(Sex::Female) => "female",
                None => "",
            })
            .optional()
            .wide(3),
        Field { max: 20, ..Field::text("nation", "民族").filled(file.nation.clone()).optional().wide(3) },
        Field {
            max: 30,
            ..Field::text("education", "学历").filled(file.education.clone()).optional().wide(3)
        },
        Field {
            max: 60,
            ..Field::text("work", "工作岗位、班级").filled(file.work.clone()).optional().wide(3)
        },
    ]);
    for (name, label, _) in DAYS {
        let filled = day_of(&file, name).map(|d| d.to_string()).unwrap_or_default();
        fields.push(Field::new(Input::Day, name, label).filled(filled).optional().wide(4));
    }
    let mut categories =
        Field::new(Input::Checks, "categories", "其他类别").choices(PERSON_CATEGORIES).optional();
    categories.values = file.categories.iter().cloned().collect();
    fields.push(categories);
    let kept = SecretKind::ALL.into_iter().filter(|k| masks.contains_key(k));
    let kept: Vec<(&str, String)> = kept
        .map(|k| {
            (if k == SecretKind::CitizenId { "citizen_id" } else { "phone" }, format!("删去{}", k.word()))
        })
        .collect();
    if !kept.is_empty() {
        fields.push(Field::new(Input::Checks, "clear", "不再保存").choices(kept).optional());
    }
    Form::of(fields)
}

/// What the form says; mistakes go to the form.
fn read(
    form: &mut Form,
    sent: &Fields,
    held: Option<&Held>,
    actor: &Actor,
    today: Date,
) -> Option<PersonSave> {
    form.take(sent);
    let mut state = held.map_or_else(
        || {
            let id = PersonId::fresh();
            PersonState::of(Person { id, name: String::new(), number: String::new(), kind: String::new() })
        },
        |h| h.state.clone(),
    );
    match work::names::read(form.value("name")) {
        Ok(name) => state.person.name = name,
        Err(why) if !form.value("name").is_empty() => form.wrong("name", why),
        Err(_) => {}
    }
    form.value("number").clone_into(&mut state.person.number);
    form.value("kind").clone_into(&mut state.person.kind);
    let file = &mut state.file;
    form.value("nation").clone_into(&mut file.nation);
    form.value("education").clone_into(&mut file.education);
    form.value("work").clone_into(&mut file.work);
    file.sex = match form.value("sex") {
        "male" => Some(Sex::Male),
        "female" => Some(Sex::Female),
        _ => None,
    };
    for (name, ..) in DAYS {
        let text = form.value(name).to_owned();
        let day = if text.is_empty() {
            None
        } else {
            match day(&text, today) {
                Ok(day) => Some(day),
                Err(why) => {
                    form.wrong(name, why);
                    None
                }
            }
        };
        match name {
            "born" => file.born = day,
            "applied" => file.applied = day,
            "activist" => file.activist = day,
            "candidate" => file.candidate = day,
            "joined" => file.joined = day,
            _ => file.full = day,
        }
    }
    let ticked = |form: &Form, name: &str| {
        form.fields.iter().find(|f| f.name == name).map(|f| f.values.clone()).unwrap_or_default()
    };
    file.categories = ticked(form, "categories").into_iter().collect();
    let clear = ticked(form, "clear");
    let secrets = read_secrets(form, &mut state, &clear);
    let file = state.file.clone();
    let mut contradictions = Vec::new();
    read::order(&file, |_| true, |col, words| contradictions.push((col, words)));
    for (col, words) in contradictions {
        let name = DAYS.iter().find(|(_, _, c)| *c == col).map_or("", |(name, ..)| name);
        form.wrong(name, words);
    }
    if held.is_none() {
        first_stretch(form, &mut state, actor, today);
    }
    if form.has_errors() {
        return None;
    }
    Some(PersonSave {
        state,
        based_on: held.map(|h| h.revision),
        secrets,
        note: if held.is_some() { "修改" } else { "新增" }.to_owned(),
    })
}

fn read_secrets(
    form: &mut Form,
    state: &mut PersonState,
    clear: &[String],
) -> BTreeMap<SecretKind, Option<String>> {
    let mut out = BTreeMap::new();
    let text = form.value("citizen_id").to_owned();
    if !text.is_empty() && !text.contains('*') {
        match read::citizen_id(&text) {
            Ok(card) => {
                if state.file.born.is_some_and(|b| b != card.born()) {
                    form.wrong("born", format!("和身份证号里的 {} 不一样", card.born()));
                }
                if state.file.sex.is_some_and(|s| s != card.sex()) {
                    form.wrong("sex", format!("和身份证号不一样，号码上是{}", card.sex().word()));
                }
                state.file.born = state.file.born.or(Some(card.born()));
                state.file.sex = state.file.sex.or(Some(card.sex()));
                out.insert(SecretKind::CitizenId, Some(card.number().to_owned()));
            }
            Err(why) => form.wrong("citizen_id", why),
        }
    }
    let text = form.value("phone").to_owned();
    if !text.is_empty() && !text.contains('*') {
        match read::phone(&text) {
            Ok(number) => {
                out.insert(SecretKind::Phone, Some(number));
            }
            Err(why) => form.wrong("phone", why),
        }
    }
    for (kind, name) in [(SecretKind::CitizenId, "citizen_id"), (SecretKind::Phone, "phone")] {
        if clear.iter().any(|c| c == name) && !out.contains_key(&kind) {
            out.insert(kind, None);
        }
    }
    out
}

fn first_stretch(form: &mut Form, state: &mut PersonState, actor: &Actor, today: Date) {
    let branch: Option<UnitId> = form.value("branch").parse().ok();
    let stage = Stage::from_id(form.value("stage"));
    let since = form.value("arrived").to_owned();
    match (branch, stage) {
        (None, None) => {}
        (Some(_), None) => form.wrong("stage", "选了支部，也要选身份"),
        (None, Some(_)) => form.wrong("branch", "选了身份，也要选支部"),
        (Some(branch), Some(stage)) => {
            let since = if since.is_empty() { Ok(today) } else { day(&since, today) };
            match since {
                Err(why) => form.wrong("arrived", why),
                Ok(day) if actor.known.organisation.unit(branch).is_none_or(|u| !u.exists_on(day)) => {
                    form.wrong("arrived", "这个支部那天还没有成立");
                }
                Ok(since) => state.memberships.push(Membership {
                    id: MembershipId::fresh(),
                    person: state.person.id,
                    branch,
                    group: None,
                    stage,
                    since,
                    until: None,
                }),
            }
        }
    }
}

/// Saves one person; what the store refuses becomes words beside the field.
pub(super) async fn keep(app: &App, actor: &Actor, save: &PersonSave, action: &str) -> Result<(), Fault> {
    let person = &save.state.person;
    let act = actor
        .act(app, action)
        .on(person.id)
        .with(serde_json::json!({ "name": person.name, "what": save.note }));
    let (field, words) = match app.save_persons(actor.institution, std::slice::from_ref(save), &act).await? {
        Err(StoreError::Constraint(c)) if c == "person_number_taken" => ("number", "这个号已经是别人的"),
        Err(StoreError::Constraint(c)) if c == "person_secret_taken" => {
            ("citizen_id", "名册里已有人用这个身份证号")
        }
        other => return Ok(other?),
    };
    Err(Fault::field(field, words))
}

fn shown(frame: Frame, form: Form, held: Option<&Held>, revision: &str) -> EditPage {
    match held {
        None => EditPage {
            frame: frame.titled("新增人员").at(Place::People),
            form,
            action: "/people/new".to_owned(),
            back: "/people".to_owned(),
            revision: String::new(),
            title: "新增人员".to_owned(),
            sub: "人多的话，从 Excel 导入更快。",
        },
        Some(h) => EditPage {
            frame: frame.titled(format!("修改{}", h.state.person.name)).at(Place::People),
            form,
            action: format!("/people/{}/edit", h.state.person.id),
            back: format!("/people/{}", h.state.person.id),
            revision: revision.to_owned(),
            title: format!("修改{}", h.state.person.name),
            sub: "改动都留痕。转支部、转阶段、任免职务不在这里改。",
        },
    }
}

async fn new(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let form = form(&actor, None, &Masks::new(), app.clock.today());
    page(&shown(frame, form, None, ""))
}

async fn create(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let today = app.clock.today();
    let mut form = form(&actor, None, &Masks::new(), today);
    let Some(save) = read(&mut form, &sent, None, &actor, today) else {
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(frame, form, None, ""));
    };
    match keep(&app, &actor, &save, "person.add").await {
        Err(Fault::Invalid(errors)) => {
            form.wrongs(errors);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(frame, form, None, ""))
        }
        Err(other) => Err(other.into()),
        Ok(()) => {
            let to = format!("/people/{}", save.state.person.id);
            cookie::done(
                &to,
                &Said::new(format!("{}已加入名册。", save.state.person.name)).link("再加一个", "/people/new"),
            )
        }
    }
}

async fn edit(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<PersonId>) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    let masks = masks_of(&app, &actor, id).await?;
    let form = form(&actor, Some(&held), &masks, app.clock.today());
    page(&shown(frame, form, Some(&held), &held.revision.to_string()))
}

async fn save(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<PersonId>,
    Sent(sent): Sent,
) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    let today = app.clock.today();
    let masks = masks_of(&app, &actor, id).await?;
    let mut form = form(&actor, Some(&held), &masks, today);
    let save = read(&mut form, &sent, Some(&held), &actor, today);
    if sent.parsed::<u32>("revision") != Some(held.revision) {
        form.wrong("", "别人刚刚改过这个人。下面是你填的，核对后再保存一次");
    }
    let outcome = match save.filter(|_| !form.has_errors()) {
        Some(save) => keep(&app, &actor, &save, "person.save").await,
        None => Err(Fault::Invalid(Vec::new())),
    };
    match outcome {
        Err(Fault::Invalid(errors)) => {
            form.wrongs(errors);
            let again = shown(frame, form, Some(&held), &held.revision.to_string());
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(other) => Err(other.into()),
        Ok(()) => cookie::done(&format!("/people/{id}"), &Said::new("已保存。")),
    }
}
