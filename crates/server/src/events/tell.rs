//! The form of a day: what follows from it is shown first, then it is told.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use model::{MomentId, UnitId};
use store::{MomentTold, Saved, TellMoment};

use web::extract::{Fields, Query, Sent};
use web::view::{Field, Form, Frame, Input, Place, Said, long_day_words, page, page_with};
use web::{App, Reply, cookie};
use work::moments::{self, Effect};
use work::{Actor, Fault};

use super::day_and_weekday;

/// What follows in one plan.
struct Plan {
    title: String,
    lines: Vec<Line>,
}

/// What follows for one demand.
struct Line {
    title: String,
    cadence: String,
    made: usize,
    due: String,
    ended: usize,
    left: String,
}

#[derive(askama::Template)]
#[template(path = "events/tell.html")]
struct TellPage {
    frame: Frame,
    title: String,
    year: i16,
    /// The day that it has now.
    stands: String,
    form: Form,
    id: String,
    event: String,
    revision: u32,
    /// The day that was looked at; empty before one was chosen.
    looked: String,
    plans: Vec<Plan>,
    made: usize,
    ended: usize,
    left: usize,
}

fn fields(on: Option<Date>, unit: &str, note: &str, is_new: bool) -> Form {
    let mut fields = vec![
        Field::new(Input::Day, "day", "哪一天").filled(on.map(|d| d.to_string()).unwrap_or_default()).wide(4),
    ];
    if is_new {
        let whose = Field::text("unit", "哪个组织的").filled(unit).optional().wide(6);
        fields.push(whose.hint("全校的不用填；只是一个组织自己的，写它的名称"));
    }
    fields
        .push(Field::text("note", "说明").filled(note).optional().hint("如：校党委会第12次会议定").wide(12));
    Form::of(fields)
}

/// An occasion as the form shows it: a new one, or one that was told.
struct Asked {
    id: MomentId,
    event: String,
    year: i16,
    unit: Option<UnitId>,
    stands: Option<MomentTold>,
}

async fn asked(app: &App, actor: &Actor, sent: &Fields) -> Result<Asked, Fault> {
    let missing = || Fault::not_found("这个事件");
    if let Some(id) = sent.parsed::<MomentId>("id") {
        let all = app.store.moments(actor.institution, None).await?;
        if let Some(stands) = all.into_iter().rfind(|m| m.id == id) {
            let (event, year, unit) = (stands.event.clone(), stands.year, stands.unit);
            return Ok(Asked { id, event, year, unit, stands: Some(stands) });
        }
    }
    let event = sent.text("event").to_owned();
    if event.is_empty() || event.chars().count() > 80 {
        return Err(missing());
    }
    let year = sent.parsed("year").filter(|y| (2000..=2100).contains(y)).ok_or_else(missing)?;
    let id = sent.parsed("id").unwrap_or_else(MomentId::fresh);
    Ok(Asked { id, event, year, unit: None, stands: None })
}

fn plans(effects: &[Effect]) -> Vec<Plan> {
    let line = |l: &moments::Line| Line {
        title: l.title.clone(),
        cadence: l.cadence.clone(),
        made: l.made,
        due: l.due.map(long_day_words).unwrap_or_default(),
        ended: l.ended,
        left: l.left.iter().map(|(why, n)| format!("{} {n} 项", why.word())).collect::<Vec<_>>().join("，"),
    };
    effects
        .iter()
        .map(|e| Plan { title: e.title.clone(), lines: e.lines.iter().map(line).collect() })
        .collect()
}

async fn built(
    app: &App,
    actor: &Actor,
    frame: Frame,
    asked: &Asked,
    form: Form,
    look: Option<&TellMoment>,
) -> Result<TellPage, Fault> {
    let effects = match look {
        Some(tell) => moments::effects(app, actor, tell).await?,
        None => Vec::new(),
    };
    let title = app.rulebook.events().title(&asked.event).to_owned();
    let whose = asked.unit.map_or("", |u| actor.known.unit_name(u));
    Ok(TellPage {
        frame: frame.titled(format!("{title}的日子")).at(Place::Plan),
        title: format!("{whose}{title}"),
        year: asked.year,
        stands: asked.stands.as_ref().and_then(|s| s.day).map(day_and_weekday).unwrap_or_default(),
        form,
        id: asked.id.to_string(),
        event: asked.event.clone(),
        revision: asked.stands.as_ref().map_or(0, |s| s.revision),
        looked: look.and_then(|t| t.day).map(day_and_weekday).unwrap_or_default(),
        made: effects.iter().map(|e| e.followed.made.len()).sum(),
        ended: effects.iter().map(|e| e.followed.drop.len()).sum(),
        left: effects.iter().map(|e| e.followed.left.len()).sum(),
        plans: plans(&effects),
    })
}

/// The form; with a day, what follows from it as well.
pub(super) async fn open(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let asked = asked(&app, &actor, &query).await?;
    let on = query.day("day").or(asked.stands.as_ref().and_then(|s| s.day));
    let note = asked.stands.as_ref().map_or("", |s| s.note.as_str());
    let form = fields(on, "", note, asked.stands.is_none());
    let look = query.day("day").map(|day| telling(&asked, Some(day), note));
    page(&built(&app, &actor, frame, &asked, form, look.as_ref()).await?)
}

fn telling(asked: &Asked, day: Option<Date>, note: &str) -> TellMoment {
    TellMoment {
        id: asked.id,
        based_on: asked.stands.as_ref().map_or(0, |s| s.revision),
        event: asked.event.clone(),
        year: asked.year,
        unit: asked.unit,
        day,
        note: note.to_owned(),
    }
}

/// Looks at a day (`do=look`), takes it back (`do=back`), or tells it.
pub(super) async fn send(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let mut asked = asked(&app, &actor, &sent).await?;
    let mut form = fields(None, "", "", asked.stands.is_none());
    form.take(&sent);
    let back = sent.text("do") == "back" && asked.stands.is_some();
    let day = if back { None } else { sent.day("day") };
    let whose = form.value("unit").to_owned();
    if asked.stands.is_none() && !whose.is_empty() {
        let is_it = |u: &&model::Unit| u.stood() && (u.name == whose || u.aliases.contains(&whose));
        match actor.known.organisation.units.iter().find(is_it) {
            Some(unit) => asked.unit = Some(unit.id),
            None => form.wrong("unit", "没有叫这个名称的组织"),
        }
    }
    if let Some(day) = day
        && (day.year() - asked.year).abs() > 1
    {
        form.wrong("day", format!("这是{}年要点的事，日子不该在{}年", asked.year, day.year()));
    }
    if !back && form.has_errors() {
        let again = built(&app, &actor, frame, &asked, form, None).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    let mut tell = telling(&asked, day, form.value("note"));
    tell.based_on = sent.parsed("revision").unwrap_or(tell.based_on);
    if sent.text("do") == "look" {
        return page(&built(&app, &actor, frame, &asked, form, Some(&tell)).await?);
    }
    let title = app.rulebook.events().title(&asked.event).to_owned();
    let made: usize =
        moments::effects(&app, &actor, &tell).await?.iter().map(|e| e.followed.made.len()).sum();
    let words = match moments::tell(&app, &actor, &tell).await? {
        Saved::Done(MomentTold { day: Some(day), .. }) => {
            format!("“{title}”定在{}，生成 {made} 项应办事项。", long_day_words(day))
        }
        Saved::Done(_) => format!("“{title}”的日子撤回了。"),
        Saved::Already(_) => "刚才已经写上了，没有重复。".to_owned(),
        Saved::Stale(newest) => {
            asked.stands = Some(newest);
            form.wrong("day", "别人刚刚改过这个日子，看过上面现在的日子再写一次");
            let again = built(&app, &actor, frame, &asked, form, None).await?;
            return page_with(StatusCode::CONFLICT, &again);
        }
    };
    cookie::done(&format!("/events?year={}", asked.year), &Said::new(words))
}
