//! Where somebody belongs and what they hold: transferred, taken to the next stage, gone, appointed, dismissed; and a dated
//! line put right.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use model::{Membership, MembershipId, PersonId, Post, PostId, Stage, UnitId, UnitKind};
use store::{Held, PersonSave, PersonState};

use crate::app::App;
use crate::board::people::full_name;
use crate::extract::{Fields, Path, Sent};
use crate::fault::{Fault, Reply};
use crate::identity::{Actor, cookie};
use crate::permit::{Right, Route, Rule, get, post};
use crate::view::{Field, Form, Frame, Input, Place, Said, long_day_words, page, page_with};

use super::edit::{branches, keep};
use super::facts::{membership_words, post_words};
use super::import::plan::stretch_on;
use super::import::read;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::EditPeople);
    vec![
        get("/people/{id}/move", rule, move_form),
        post("/people/{id}/move", rule, make_move),
        get("/people/{id}/stretches/{of}", rule, stretch_form),
        post("/people/{id}/stretches/{of}", rule, save_stretch),
        get("/people/{id}/posts/new", rule, new_post),
        post("/people/{id}/posts/new", rule, add_post),
        get("/people/{id}/posts/{of}", rule, post_form),
        post("/people/{id}/posts/{of}", rule, save_post),
    ]
}

#[derive(askama::Template)]
#[template(path = "people/moves.html")]
struct MovePage {
    frame: Frame,
    id: PersonId,
    name: String,
    revision: String,
    title: String,
    now: String,
    verb: &'static str,
    deletes: &'static str,
    form: Form,
}

fn shown(frame: Frame, held: &Held, title: &str, now: String, verb: &'static str, form: Form) -> MovePage {
    let name = held.state.person.name.clone();
    MovePage {
        frame: frame.titled(format!("{name}：{title}")).at(Place::People),
        id: held.state.person.id,
        name,
        revision: held.revision.to_string(),
        title: title.to_owned(),
        now,
        verb,
        deletes: "",
        form,
    }
}

/// A day that the form must hold, not in the future.
fn day_in(form: &mut Form, name: &str, today: Date) -> Option<Date> {
    let text = form.value(name).to_owned();
    if text.is_empty() {
        return None;
    }
    read::day(&text, today).map_err(|why| form.wrong(name, why)).ok()
}

fn same_state(form: &mut Form, sent: &Fields, held: &Held) {
    if sent.parsed::<u32>("revision") != Some(held.revision) {
        form.wrong("", "别人刚刚改过这个人，请核对后再保存一次");
    }
}

/// Saves a state made by a form; mistakes go to the form.
async fn finish(
    app: &App,
    actor: &Actor,
    held: &Held,
    state: PersonState,
    note: String,
    form: &mut Form,
) -> Result<bool, Fault> {
    if form.has_errors() {
        return Ok(false);
    }
    let save =
        PersonSave { state, based_on: Some(held.revision), secrets: std::collections::BTreeMap::new(), note };
    match keep(app, actor, &save, "person.move").await {
        Ok(()) => Ok(true),
        Err(Fault::Invalid(errors)) => {
            form.wrongs(errors);
            Ok(false)
        }
        Err(other) => Err(other),
    }
}

// Transfers and stages.

fn present(held: &Held, today: Date) -> Option<&Membership> {
    stretch_on(&held.state.memberships, today).and_then(|i| held.state.memberships.get(i))
}

fn moving(actor: &Actor, held: &Held, today: Date) -> Form {
    let now = present(held, today);
    let mut fields = Vec::new();
    let stages = |from: Option<Stage>| {
        let later = Stage::IDS.iter().filter(move |(_, s)| from.is_none_or(|f| *s > f));
        later.map(|(id, s)| (*id, s.word())).collect::<Vec<_>>()
    };
    match now {
        Some(m) => {
            let mut ways = vec![("branch", "转到校内别的支部")];
            if m.stage != Stage::Full {
                ways.insert(0, ("stage", "进入下一阶段"));
            }
            ways.push(("out", "转出本校、出党、去世等，不再在册"));
            let first = ways[0].0;
            fields.push(Field::new(Input::Radio, "way", "办什么").choices(ways).filled(first));
            if m.stage != Stage::Full {
                let choices = stages(Some(m.stage));
                let next = choices.first().map_or("", |(id, _)| *id);
                fields.push(
                    Field::new(Input::Select, "stage", "进入哪个阶段")
                        .choices(choices)
                        .filled(next)
                        .optional()
                        .wide(6),
                );
            }
        }
        None => fields
            .push(Field::new(Input::Select, "stage", "身份").choices(stages(None)).filled("full").wide(6)),
    }
    fields
        .push(Field::new(Input::Select, "branch", "支部").choices(branches(actor, today)).optional().wide(6));
    fields.push(Field::new(Input::Day, "day", "从哪天起").filled(today.to_string()).wide(6));
    if held.state.posts.iter().any(|p| p.until.is_none()) && now.is_some() {
        let mut ends = Field::new(Input::Checks, "ends", "现任职务")
            .choices([("yes", "离开支部时，在这个支部的职务同日免去")])
            .optional();
        ends.values = vec!["yes".to_owned()];
        fields.push(ends);
    }
    fields.push(Field {
        max: 100,
        ..Field::text("note", "说明").hint("例：组织关系转往某某学院；支部大会通过").optional()
    });
    Form::of(fields)
}

fn present_words(actor: &Actor, held: &Held, today: Date) -> String {
    present(held, today).map_or_else(
        || "现在不在任何支部。".to_owned(),
        |m| format!("现在：{}。", membership_words(actor, m)),
    )
}

async fn move_form(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<PersonId>) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    let today = app.clock.today();
    let form = moving(&actor, &held, today);
    let now = present_words(&actor, &held, today);
    page(&shown(frame, &held, "转接、转阶段、转出", now, "办理", form))
}

/// The state after the move, and its line; mistakes go to the form.
fn moved(form: &mut Form, actor: &Actor, held: &Held, today: Date) -> Option<(PersonState, String)> {
    let day = day_in(form, "day", today)?;
    let mut state = held.state.clone();
    let person = state.person.id;
    let organisation = &actor.known.organisation;
    let branch: Option<UnitId> = form.value("branch").parse().ok();
    let stage = Stage::from_id(form.value("stage"));
    let fresh = |branch, group, stage, since, until| Membership {
        id: MembershipId::fresh(),
        person,
        branch,
        group,
        stage,
        since,
        until,
    };
    let exists = |b: UnitId| organisation.unit(b).is_some_and(|u| u.exists_on(day));
    let open = stretch_on(&state.memberships, today);
    let line = match open {
        None => {
            let (Some(branch), Some(stage)) = (branch, stage) else {
                form.wrong("branch", "没有选");
                return None;
            };
            if !exists(branch) {
                form.wrong("day", "这个支部那天还没有成立");
            }
            if state.memberships.iter().any(|m| m.until.is_none_or(|u| day < u)) {
                form.wrong("day", "早于上一段的结束");
            }
            state.memberships.push(fresh(branch, None, stage, day, None));
            state.file.set_stage_day(stage, state.file.stage_day(stage).or(Some(day)));
            format!("接入{}，{}", full_name(organisation, branch), stage.word())
        }
        Some(i) => {
            let was = state.memberships[i].clone();
            if day <= was.since {
                form.wrong("day", format!("要晚于现在这一段的开始（{}）", long_day_words(was.since)));
                return None;
            }
            state.memberships[i].until = Some(day);
            match form.value("way") {
                "stage" => {
                    let stage = stage.filter(|s| *s > was.stage).or_else(|| {
                        form.wrong("stage", "没有选");
                        None
                    })?;
                    state.memberships.push(fresh(was.branch, was.group, stage, day, was.until));
                    state.file.set_stage_day(stage, Some(day));
                    let file = state.file.clone();
                    let mut found = Vec::new();
                    read::order(&file, |_| true, |_, words| found.push(words));
                    for words in found {
                        form.wrong("day", words);
                    }
                    format!("转为{}", stage.word())
                }
                "branch" => {
                    let Some(to) = branch else {
                        form.wrong("branch", "没有选");
                        return None;
                    };
                    if to == was.branch {
                        form.wrong("branch", "现在就在这个支部");
                    }
                    if !exists(to) {
                        form.wrong("day", "这个支部那天还没有成立");
                    }
                    state.memberships.push(fresh(to, None, was.stage, day, was.until));
                    format!("转到{}", full_name(organisation, to))
                }
                _ => "转出，不再在册".to_owned(),
            }
        }
    };
    let ends = form.fields.iter().any(|f| f.name == "ends" && !f.values.is_empty());
    if let Some(left) =
        open.and_then(|i| held.state.memberships.get(i)).filter(|_| ends && form.value("way") != "stage")
    {
        let units = organisation.subtree(left.branch);
        for p in
            state.posts.iter_mut().filter(|p| p.until.is_none() && p.since < day && units.contains(&p.unit))
        {
            p.until = Some(day);
        }
    }
    let note = form.value("note");
    Some((state, if note.is_empty() { line } else { format!("{line}：{note}") }))
}

async fn make_move(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<PersonId>,
    Sent(sent): Sent,
) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    let today = app.clock.today();
    let mut form = moving(&actor, &held, today);
    form.take(&sent);
    same_state(&mut form, &sent, &held);
    if !form.has_errors()
        && let Some((state, note)) = moved(&mut form, &actor, &held, today)
    {
        let said = format!("{}：{note}。", held.state.person.name);
        if finish(&app, &actor, &held, state, note, &mut form).await? {
            return cookie::done(&format!("/people/{id}"), &Said::new(said));
        }
    }
    let now = present_words(&actor, &held, today);
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(frame, &held, "转接、转阶段、转出", now, "办理", form))
}

// A stretch put right.

fn stretch_fields(actor: &Actor, m: &Membership) -> Form {
    let organisation = &actor.known.organisation;
    let mut all = branches(actor, m.since);
    let here = m.branch.to_string();
    if all.iter().all(|(id, _)| *id != here) {
        all.push((here.clone(), full_name(organisation, m.branch)));
    }
    let groups = organisation
        .units
        .iter()
        .filter(|u| u.kind == UnitKind::Group && u.parent == Some(m.branch))
        .map(|u| (u.id.to_string(), u.name.clone()));
    let groups: Vec<_> = std::iter::once((String::new(), "—".to_owned())).chain(groups).collect();
    Form::of(vec![
        Field::new(Input::Select, "branch", "支部").choices(all).filled(here).wide(6),
        Field::new(Input::Select, "group", "党小组")
            .choices(groups)
            .filled(m.group.map(|g| g.to_string()).unwrap_or_default())
            .optional()
            .wide(3),
        Field::new(Input::Select, "stage", "身份")
            .choices(Stage::IDS.iter().map(|(id, s)| (*id, s.word())))
            .filled(m.stage.id())
            .wide(3),
        Field::new(Input::Day, "since", "从").filled(m.since.to_string()).wide(6),
        Field::new(Input::Day, "until", "到（这天起不再是）")
            .filled(m.until.map(|d| d.to_string()).unwrap_or_default())
            .optional()
            .wide(6),
        Field { max: 100, ..Field::text("note", "为什么更正") },
    ])
}

fn stretch<'h>(held: &'h Held, id: &str) -> Result<&'h Membership, Fault> {
    let found = held.state.memberships.iter().find(|m| m.id.to_string() == id);
    found.ok_or_else(|| Fault::not_found("这一段"))
}

async fn stretch_form(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, of)): Path<(PersonId, String)>,
) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    let m = stretch(&held, &of)?;
    let form = stretch_fields(&actor, m);
    let now = format!("登记的是：{}。", membership_words(&actor, m));
    page(&MovePage {
        deletes: "删去这一段", ..shown(frame, &held, "更正一段经历", now, "保存更正", form)
    })
}

async fn save_stretch(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, of)): Path<(PersonId, String)>,
    Sent(sent): Sent,
) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    let m = stretch(&held, &of)?;
    let mut form = stretch_fields(&actor, m);
    form.take(&sent);
    same_state(&mut form, &sent, &held);
    let today = app.clock.today();
    let mut state = held.state.clone();
    state.memberships.retain(|x| x.id != m.id);
    let why = form.value("note").to_owned();
    let note = if sent.has("delete") {
        format!("删去一段经历：{why}")
    } else {
        let (since, until) = (day_in(&mut form, "since", today), day_in(&mut form, "until", today));
        if let (Some(since), Some(branch), Some(stage)) =
            (since, form.value("branch").parse().ok(), Stage::from_id(form.value("stage")))
        {
            if until.is_some_and(|u| u <= since) {
                form.wrong("until", "要晚于开始");
            }
            let overlaps = state
                .memberships
                .iter()
                .find(|x| until.is_none_or(|u| x.since < u) && x.until.is_none_or(|u| since < u));
            if let Some(other) = overlaps {
                form.wrong("since", format!("和另一段重叠：{}", membership_words(&actor, other)));
            }
            let group = form.value("group").parse().ok();
            let group =
                group.filter(|g| actor.known.organisation.unit(*g).is_some_and(|u| u.parent == Some(branch)));
            state.memberships.push(Membership { branch, group, stage, since, until, ..m.clone() });
            state.memberships.sort_by_key(|x| x.since);
        }
        format!("更正一段经历：{why}")
    };
    if finish(&app, &actor, &held, state, note, &mut form).await? {
        return cookie::done(&format!("/people/{id}"), &Said::new("已更正，改前的样子在改动记录里。"));
    }
    let now = format!("登记的是：{}。", membership_words(&actor, m));
    let again = MovePage {
        deletes: "删去这一段",
        ..shown(frame, &held, "更正一段经历", now, "保存更正", form)
    };
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
}

// Posts.

fn post_fields(actor: &Actor, held: &Held, p: Option<&Post>, today: Date) -> Form {
    let organisation = &actor.known.organisation;
    let units = crate::org::in_order(organisation).into_iter().filter_map(|(id, depth)| {
        let unit = organisation.unit(id)?;
        Some((id.to_string(), format!("{}{}", "　".repeat(depth), unit.name)))
    });
    let here = p.map(|p| p.unit).or_else(|| present(held, today).map(|m| m.branch));
    let mut fields = vec![
        Field::new(Input::Select, "unit", "组织")
            .choices(units)
            .filled(here.map(|u| u.to_string()).unwrap_or_default())
            .wide(6),
        Field { max: 20, ..Field::text("title", "职务") }
            .filled(p.map_or("", |p| &p.title))
            .hint("例：书记、副书记、组织委员、宣传委员、纪检委员、党小组组长")
            .wide(6),
        Field::new(Input::Day, "since", "任职日期").filled(p.map_or(today, |p| p.since).to_string()).wide(6),
    ];
    if let Some(p) = p {
        fields.push(
            Field::new(Input::Day, "until", "免职日期")
                .filled(p.until.map(|d| d.to_string()).unwrap_or_default())
                .optional()
                .wide(6),
        );
    }
    Form::of(fields)
}

/// The post that the form describes; mistakes go to the form.
fn read_post(
    form: &mut Form,
    sent: &Fields,
    held: &Held,
    before: Option<&Post>,
    today: Date,
) -> Option<Post> {
    form.take(sent);
    same_state(form, sent, held);
    let since = day_in(form, "since", today);
    let until = day_in(form, "until", today);
    if since.zip(until).is_some_and(|(s, u)| u <= s) {
        form.wrong("until", "要晚于任职日期");
    }
    let unit: Option<UnitId> = form.value("unit").parse().ok();
    let title = form.value("title").to_owned();
    let twice = held.state.posts.iter().any(|p| {
        Some(p.id) != before.map(|b| b.id) && Some(p.unit) == unit && p.title == title && p.until.is_none()
    });
    if twice && until.is_none() {
        form.wrong("title", "现在就任这个职务");
    }
    if form.has_errors() {
        return None;
    }
    let id = before.map_or_else(PostId::fresh, |b| b.id);
    Some(Post { id, person: held.state.person.id, unit: unit?, title, since: since?, until })
}

async fn new_post(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<PersonId>) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    let today = app.clock.today();
    let form = post_fields(&actor, &held, None, today);
    page(&shown(frame, &held, "任职", present_words(&actor, &held, today), "登记任职", form))
}

async fn add_post(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<PersonId>,
    Sent(sent): Sent,
) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    let today = app.clock.today();
    let mut form = post_fields(&actor, &held, None, today);
    if let Some(p) = read_post(&mut form, &sent, &held, None, today) {
        let note = format!("任职：{}", post_words(&actor, &p));
        let mut state = held.state.clone();
        state.posts.push(p);
        if finish(&app, &actor, &held, state, note, &mut form).await? {
            return cookie::done(&format!("/people/{id}"), &Said::new("已登记任职。"));
        }
    }
    let now = present_words(&actor, &held, today);
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(frame, &held, "任职", now, "登记任职", form))
}

fn post_of<'h>(held: &'h Held, id: &str) -> Result<&'h Post, Fault> {
    held.state.posts.iter().find(|p| p.id.to_string() == id).ok_or_else(|| Fault::not_found("这个职务"))
}

async fn post_form(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, of)): Path<(PersonId, String)>,
) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    let p = post_of(&held, &of)?;
    let form = post_fields(&actor, &held, Some(p), app.clock.today());
    let now = format!("登记的是：{}。填上免职日期就是免职。", post_words(&actor, p));
    page(&MovePage {
        deletes: "登错了，删去", ..shown(frame, &held, "免职、更正职务", now, "保存", form)
    })
}

async fn save_post(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, of)): Path<(PersonId, String)>,
    Sent(sent): Sent,
) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    let p = post_of(&held, &of)?;
    let today = app.clock.today();
    let mut form = post_fields(&actor, &held, Some(p), today);
    let mut state = held.state.clone();
    let changed = read_post(&mut form, &sent, &held, Some(p), today);
    let note = match (&changed, sent.has("delete")) {
        (_, true) => {
            form = post_fields(&actor, &held, Some(p), today);
            same_state(&mut form, &sent, &held);
            state.posts.retain(|x| x.id != p.id);
            Some(format!("删去登错的职务：{}", post_words(&actor, p)))
        }
        (Some(new), false) => {
            if let Some(place) = state.posts.iter_mut().find(|x| x.id == new.id) {
                *place = new.clone();
            }
            let word = if p.until.is_none() && new.until.is_some() { "免职" } else { "更正职务" };
            Some(format!("{word}：{}", post_words(&actor, new)))
        }
        (None, false) => None,
    };
    if let Some(note) = note
        && finish(&app, &actor, &held, state, note, &mut form).await?
    {
        return cookie::done(&format!("/people/{id}"), &Said::new("已保存。"));
    }
    let now = format!("登记的是：{}。填上免职日期就是免职。", post_words(&actor, p));
    let again = MovePage {
        deletes: "登错了，删去",
        ..shown(frame, &held, "免职、更正职务", now, "保存", form)
    };
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
}
