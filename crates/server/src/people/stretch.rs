//! One stretch in a branch put right, or struck.

use axum::extract::State;
use model::{Membership, PersonId, Stage, UnitKind};
use store::Held;
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Said};
use web::{App, Reply, cookie};
use work::{Actor, Fault};

use work::units::full_name;

use super::dated::{MovePage, answer, day_in, finish, same_state, shown};
use super::edit::branches;
use crate::seen::person::membership_words;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::EditPeople);
    vec![
        get("/people/{id}/stretches/{of}", rule, stretch_form),
        post("/people/{id}/stretches/{of}", rule, save_stretch),
    ]
}

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
    answer(&stretch_page(frame, &actor, &held, m, form))
}

fn stretch_page(frame: Frame, actor: &Actor, held: &Held, m: &Membership, form: Form) -> MovePage {
    let now = format!("登记的是：{}。", membership_words(actor, m));
    shown(frame, held, "更正一段经历", now, "保存更正", form).deleting("删去这一段")
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
            if actor.known.organisation.unit(branch).is_none_or(|u| !u.exists_on(since)) {
                form.wrong("since", "这个支部那天还没有成立或已经撤销");
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
    answer(&stretch_page(frame, &actor, &held, m, form))
}
