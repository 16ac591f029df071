//! 组织变动: founding, renaming, moving, merging, splitting and dissolving units: a form, a look at what follows, and the act.

mod form;
mod show;

use axum::extract::State;
use axum::http::StatusCode;
use model::{UnitChangeId, UnitChangeKind, UnitId};
use web::extract::{Fields, Query, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Choice, Form, Frame, Place, Said, long_day_words, page, page_with};
use web::{App, Reply, cookie};
use work::units::{self, Followed};
use work::{Actor, Known};

pub(super) use self::show::lines_of;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::ChangeUnits);
    let mut out = vec![get("/org/change", rule, open), post("/org/change", rule, send)];
    out.extend(show::routes());
    out
}

#[derive(askama::Template)]
#[template(path = "org/change/form.html")]
struct FormPage {
    frame: Frame,
    kinds: Vec<Choice>,
    kind: UnitChangeKind,
    says: &'static str,
    form: Form,
}

#[derive(askama::Template)]
#[template(path = "org/change/look.html")]
struct LookPage {
    frame: Frame,
    title: String,
    day: String,
    note: String,
    hidden: Vec<(String, String)>,
    seen: Followed,
    /// Where people could go, when that is said one by one.
    targets: Vec<(UnitId, String)>,
    verb: &'static str,
}

/// What each change brings, said above its form.
fn says(kind: UnitChangeKind) -> &'static str {
    match kind {
        UnitChangeKind::Founded => "从成立那天起承担今年余下的应办事项。",
        UnitChangeKind::Renamed => "记录和应办事项不变；那天以前的页面仍用旧名，旧名留作别名。",
        UnitChangeKind::Moved => "连同它下面的组织一起调整；那天以前的页面仍在原来的上级下面。",
        UnitChangeKind::Merged => {
            "党员转到合并后的组织，撤销的组织从那天起不再有应办事项，记录留在原处、可从后继组织查看。"
        }
        UnitChangeKind::Split => "逐人选定去哪个组织；记录留在原处、可从后继组织查看。",
        UnitChangeKind::Dissolved => "从那天起不再有应办事项；那天以前到期的仍要办，那天以前的事仍可补录。",
    }
}

fn verb(kind: UnitChangeKind) -> &'static str {
    match kind {
        UnitChangeKind::Founded => "成立这个组织",
        UnitChangeKind::Renamed => "改用新名称",
        UnitChangeKind::Moved => "调整上级",
        UnitChangeKind::Merged => "合并这两个组织",
        UnitChangeKind::Split => "拆分这个组织",
        UnitChangeKind::Dissolved => "撤销这个组织",
    }
}

fn kind_of(sent: &Fields) -> UnitChangeKind {
    UnitChangeKind::from_id(sent.text("kind")).unwrap_or(UnitChangeKind::Founded)
}

fn asked(frame: Frame, kind: UnitChangeKind, unit: Option<UnitId>, form: Form) -> FormPage {
    let with = unit.map(|u| format!("&unit={u}")).unwrap_or_default();
    let kinds = UnitChangeKind::ALL
        .map(|k| Choice::new(k.word(), format!("/org/change?kind={}{with}", k.id()), k == kind))
        .into();
    let frame = frame.titled(format!("组织变动：{}", kind.word())).at(Place::Organisation);
    FormPage { frame, kinds, kind, says: says(kind), form }
}

async fn open(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let (kind, unit) = (kind_of(&query), query.parsed("unit"));
    let form = form::of(
        app.rulebook.roles(),
        kind,
        &actor.known.organisation,
        app.clock.today(),
        unit,
        query.parsed("join"),
    );
    page(&asked(frame, kind, unit, form))
}

/// Shows what follows, or, when that has been seen and nothing moved since, does it.
async fn send(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let kind = kind_of(&sent);
    let id = sent.parsed("id").unwrap_or_else(UnitChangeId::fresh);
    let known = &actor.known;
    let mut form = form::of(
        app.rulebook.roles(),
        kind,
        &known.organisation,
        app.clock.today(),
        sent.parsed("unit"),
        sent.parsed("join"),
    );
    let Some(draft) = form::read(&mut form, &sent, kind, known, app.clock.today()) else {
        let again = asked(frame, kind, sent.parsed("unit"), form);
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    };
    let followed = units::follow(&app, &actor, id, &draft).await?;
    if followed.nowhere > 0 {
        let field = if kind == UnitChangeKind::Dissolved { "members_to" } else { "unit" };
        let words = format!("还有 {} 名党员和发展对象等，要选转到哪个支部", followed.nowhere);
        form.wrong(field, words);
    }
    if form.has_errors() || sent.text("do") == "form" {
        let status = if form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        return page_with(status, &asked(frame, kind, sent.parsed("unit"), form));
    }
    let mut note = String::new();
    if sent.text("do") == "confirm" {
        if !sent.has("read") {
            "先核对下面的后果，勾上“已核对”再办理。".clone_into(&mut note);
        } else if sent.text("mark") == followed.mark {
            if units::change(&app, &actor, &followed).await? {
                let said = format!("已办理：{}，自{}起。", followed.title, long_day_words(draft.day));
                return cookie::done(&format!("/org/changes/{id}"), &Said::new(said));
            }
            "刚刚有人改动了组织、人员或办理情况，什么都还没有办。请核对后再办理一次。".clone_into(&mut note);
        } else {
            "核对之后情况有了变化，什么都还没有办。请核对下面新的后果。".clone_into(&mut note);
        }
    }
    let mut hidden: Vec<(String, String)> =
        vec![("kind".to_owned(), kind.id().to_owned()), ("id".to_owned(), id.to_string())];
    for field in &form.fields {
        hidden.extend(field.values.iter().map(|v| (field.name.clone(), v.clone())));
        if field.values.is_empty() {
            hidden.push((field.name.clone(), field.value.clone()));
        }
    }
    let looked = LookPage {
        frame: frame.titled(format!("核对：{}", followed.title)).at(Place::Organisation),
        title: followed.title.clone(),
        day: long_day_words(draft.day),
        hidden,
        verb: verb(kind),
        targets: targets(known, &draft),
        seen: followed,
        note: note.clone(),
    };
    let status = if note.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    page_with(status, &looked)
}

/// The units that come of a change, with their names.
fn targets(known: &Known, change: &units::Regrouping) -> Vec<(UnitId, String)> {
    let named = |id: &UnitId| change.after.iter().find(|u| u.id == *id).or_else(|| known.unit(*id));
    change.to.iter().filter_map(|id| Some((*id, named(id)?.name.clone()))).collect()
}
