//! 发布前: what it will cost, what stands in the way, and the one button.

use axum::extract::State;
use axum::http::StatusCode;
use model::{PlanId, ProposalState, Severity};
use runtime::{Cost, Kinship};

use crate::app::App;
use crate::extract::{Path, Sent};
use crate::fault::Reply;
use crate::identity::{Actor, cookie};
use crate::permit::{Right, Route, Rule, get, post};
use crate::view::{Frame, Place, Said, page, page_with};

use super::draft::{Change, Draft, anchor, is_live};
use super::publishing::{Ground, publish};

pub(super) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::EditPlan);
    vec![get("/plans/{id}/publish", may, show), post("/plans/{id}/publish", may, send)]
}

/// Something that stands in the way: words and where to mend it.
struct Obstacle {
    code: String,
    words: String,
    href: String,
}

struct UnitCost {
    name: String,
    kind: &'static str,
    own: u32,
    persons: u32,
}

#[derive(askama::Template)]
#[template(path = "plan/publish.html")]
struct PublishPage {
    frame: Frame,
    id: PlanId,
    revision: u32,
    title: String,
    errors: Vec<Obstacle>,
    unseen: Vec<Obstacle>,
    unconfirmed: usize,
    assessed: usize,
    shown_only: usize,
    total: u32,
    units: Vec<UnitCost>,
    months: Vec<(usize, u32)>,
    heaviest: String,
    afternoons: Vec<String>,
    published: bool,
    changed: bool,
    message: String,
}

fn afternoons(draft: &Draft, cost: &Cost) -> Vec<String> {
    let title = |key: &str| {
        draft.review.proposals.iter().find(|p| p.key == key).map_or_else(String::new, |p| p.title.clone())
    };
    cost.afternoons
        .iter()
        .take(8)
        .map(|a| {
            let how = match a.kinship {
                Kinship::SameRecord => "要的是同一种记录，可以合并为一项",
                Kinship::Together => "可以放在同一个下午，一次记录两处都算",
            };
            format!(
                "“{}”与“{}”{how}，{} 个组织全年约可少开 {} 次",
                title(&a.keys.0),
                title(&a.keys.1),
                a.units,
                a.saves
            )
        })
        .collect()
}

async fn made(
    app: &App,
    actor: &Actor,
    frame: Frame,
    draft: &Draft,
    message: &str,
) -> Result<PublishPage, crate::fault::Fault> {
    let ground = Ground::read(app, actor, draft.revision.year).await?;
    let changed = draft.head.published.as_ref().is_none_or(|p| p.revision != draft.head.revision);
    let cost = if changed {
        ground.cost(app, &draft.review.proposals)
    } else {
        ground.cost_of_year(app, &draft.review.proposals)
    };
    let obstacle = |d: &model::Diagnostic| Obstacle {
        code: d.code.clone(),
        words: d.message.clone(),
        href: d.item.map_or_else(
            || format!("/plans/{}", draft.head.id),
            |i| format!("/plans/{}#{}", draft.head.id, anchor(&draft.review.plan, i)),
        ),
    };
    let all = draft.diagnostics();
    let org = &actor.known.organisation;
    let units = org
        .units
        .iter()
        .filter_map(|u| cost.by_unit.get(&u.id).map(|s| (u, s)))
        .map(|(u, s)| UnitCost { name: u.name.clone(), kind: u.kind.word(), own: s.own, persons: s.persons })
        .collect();
    Ok(PublishPage {
        frame: frame.titled("发布").at(Place::Plan),
        id: draft.head.id,
        revision: draft.revision.revision,
        title: draft.revision.title.clone(),
        errors: all.iter().filter(|d| d.severity == Severity::Error).map(obstacle).collect(),
        unseen: all
            .iter()
            .filter(|d| changed && d.severity == Severity::Warning && !draft.is_seen(d))
            .map(obstacle)
            .collect(),
        unconfirmed: draft
            .review
            .proposals
            .iter()
            .filter(|p| p.state == ProposalState::Proposed && is_live(p))
            .count(),
        assessed: draft.review.proposals.iter().filter(|p| runtime::is_assessed(p)).count(),
        shown_only: draft.review.proposals.iter().filter(|p| !runtime::is_assessed(p)).count(),
        total: cost.total,
        units,
        months: cost.by_month.iter().copied().enumerate().map(|(i, n)| (i + 1, n)).collect(),
        heaviest: cost
            .heaviest_month()
            .map_or_else(String::new, |(m, n)| format!("最多的是{m}月，{n} 项到期。")),
        afternoons: afternoons(draft, &cost),
        published: draft.head.published.is_some(),
        changed,
        message: message.to_owned(),
    })
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<PlanId>) -> Reply {
    let draft = Draft::read(&app, &actor, id).await?;
    page(&made(&app, &actor, frame, &draft, "").await?)
}

async fn send(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<PlanId>,
    Sent(sent): Sent,
) -> Reply {
    let mut draft = Draft::read(&app, &actor, id).await?;
    let mut based_on = sent.parsed::<u32>("revision").unwrap_or(0);
    let done = || {
        let said = Said::new("要点已发布，各组织的应办事项已排好。").link("看矩阵", "/matrix");
        cookie::done("/plan", &said)
    };
    if draft.head.published.as_ref().is_some_and(|p| p.revision == draft.head.revision) {
        // The same button pressed twice.
        return done();
    }
    let all = draft.diagnostics();
    if all.iter().any(|d| d.severity == Severity::Error) {
        let again = made(&app, &actor, frame, &draft, "还有错误没有解决，没有发布。").await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    if based_on != draft.head.revision {
        let again =
            made(&app, &actor, frame, &draft, "别人刚改过这份要点，没有发布；请看过下面最新的情况再发布。")
                .await?;
        return page_with(StatusCode::CONFLICT, &again);
    }
    let unseen: Vec<String> = all
        .iter()
        .filter(|d| d.severity == Severity::Warning && !draft.is_seen(d))
        .map(|d| draft.seen_key(d))
        .collect();
    if !unseen.is_empty() {
        if !sent.has("seen") {
            let again =
                made(&app, &actor, frame, &draft, "还有警告没有看过；看过之后勾上“都看过了”再发布。").await?;
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
        let mut review = draft.review.clone();
        review.seen.extend(unseen);
        let change = Change {
            review: &review,
            source: None,
            action: "plan.remark",
            detail: serde_json::json!({ "do": "see all" }),
        };
        if draft.keep(&app, &actor, based_on, change).await?.is_none() {
            draft = Draft::read(&app, &actor, id).await?;
            based_on += 1;
        }
    }
    if publish(&app, &actor, &draft, based_on).await? {
        return done();
    }
    let draft = Draft::read(&app, &actor, id).await?;
    let again =
        made(&app, &actor, frame, &draft, "别人刚改过这份要点，没有发布；请看过下面最新的情况再发布。")
            .await?;
    page_with(StatusCode::CONFLICT, &again)
}
