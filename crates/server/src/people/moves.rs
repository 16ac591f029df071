//! Where somebody belongs: transferred, taken to the next stage, gone.

use axum::extract::State;
use jiff::civil::Date;
use model::{Membership, MembershipId, PersonId, Stage, UnitId};
use store::{Held, PersonState};
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Said, long_day_words};
use web::{App, Reply, cookie};
use work::Actor;

use work::units::full_name;

use super::dated::{MovePage, answer, day_in, finish, same_state, shown};
use super::edit::branches;
use super::import::preview::stretch_on;
use super::import::read;
use crate::seen::person::membership_words;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::EditPeople);
    vec![get("/people/{id}/move", rule, move_form), post("/people/{id}/move", rule, make_move)]
}

pub(super) fn present(held: &Held, today: Date) -> Option<&Membership> {
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

/// Where somebody is, in a sentence.
pub(super) fn present_words(actor: &Actor, held: &Held, today: Date) -> String {
    present(held, today).map_or_else(
        || "现在不在任何支部。".to_owned(),
        |m| format!("现在：{}。", membership_words(actor, m)),
    )
}

async fn move_form(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<PersonId>) -> Reply {
    let held = super::seen(&app, &actor, id).await?;
    let today = app.clock.today();
    let form = moving(&actor, &held, today);
    answer(&move_page(frame, &actor, &held, today, form))
}

fn move_page(frame: Frame, actor: &Actor, held: &Held, today: Date, form: Form) -> MovePage {
    shown(frame, held, "转接、转阶段、转出", present_words(actor, held, today), "办理", form)
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
    answer(&move_page(frame, &actor, &held, today, form))
}
