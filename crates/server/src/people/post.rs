//! Posts: appointed, dismissed, put right.

use axum::extract::State;
use jiff::civil::Date;
use model::{PersonId, Post, PostId, UnitId};
use store::Held;
use web::extract::{Fields, Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Said};
use web::{App, Reply, cookie};
use work::{Actor, Fault};

use super::dated::{MovePage, answer, day_in, finish, same_state, shown};
use super::moves::{present, present_words};
use crate::seen::person::post_words;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::EditPeople);
    vec![
        get("/people/{id}/posts/new", rule, new_post),
        post("/people/{id}/posts/new", rule, add_post),
        get("/people/{id}/posts/{of}", rule, post_form),
        post("/people/{id}/posts/{of}", rule, save_post),
    ]
}

fn post_fields(actor: &Actor, held: &Held, p: Option<&Post>, today: Date) -> Form {
    let organisation = &actor.known.organisation;
    let here = p.map(|p| p.unit).or_else(|| present(held, today).map(|m| m.branch));
    let units = work::units::in_order(organisation)
        .into_iter()
        .filter(|(u, _)| u.exists_on(today) || Some(u.id) == here)
        .map(|(u, depth)| (u.id.to_string(), format!("{}{}", "　".repeat(depth), u.name)));
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
    actor: &Actor,
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
    let stands = |u: UnitId, day: Date| actor.known.organisation.unit(u).is_some_and(|u| u.exists_on(day));
    if unit.zip(since).is_some_and(|(u, day)| !stands(u, day)) {
        form.wrong("since", "这个组织那天还没有成立或已经撤销");
    }
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
    answer(&new_page(frame, &actor, &held, today, form))
}

fn new_page(frame: Frame, actor: &Actor, held: &Held, today: Date, form: Form) -> MovePage {
    shown(frame, held, "任职", present_words(actor, held, today), "登记任职", form)
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
    if let Some(p) = read_post(&mut form, &sent, &actor, &held, None, today) {
        let note = format!("任职：{}", post_words(&actor, &p));
        let mut state = held.state.clone();
        state.posts.push(p);
        if finish(&app, &actor, &held, state, note, &mut form).await? {
            return cookie::done(&format!("/people/{id}"), &Said::new("已登记任职。"));
        }
    }
    answer(&new_page(frame, &actor, &held, today, form))
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
    answer(&post_page(frame, &actor, &held, p, form))
}

fn post_page(frame: Frame, actor: &Actor, held: &Held, p: &Post, form: Form) -> MovePage {
    let now = format!("登记的是：{}。填上免职日期就是免职。", post_words(actor, p));
    shown(frame, held, "免职、更正职务", now, "保存", form).deleting("登错了，删去")
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
    let changed = read_post(&mut form, &sent, &actor, &held, Some(p), today);
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
    answer(&post_page(frame, &actor, &held, p, form))
}
