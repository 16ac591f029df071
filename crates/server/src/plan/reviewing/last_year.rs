//! 对照上一年: which clauses of last year's plan recur, what was left unfinished, and taking last year's decisions over.

use std::collections::BTreeSet;

use axum::extract::State;
use compiler::Recurs;
use model::{PlanId, ProposalState, Standing};
use runtime::{Pick, Tally};
use store::PlanHead;
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Frame, Place, Said, page};
use web::{App, Reply, cookie};
use work::plans::{Change, Draft, differing};
use work::{Actor, Fault, Year};

use crate::seen::pick::href;

use super::draft::{Step, item_href};
use crate::plan::words::{change_words, differs, item_words, summary};

pub(super) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::EditPlan);
    vec![get("/plans/{id}/last-year", may, show), post("/plans/{id}/last-year", may, take)]
}

/// The published plan of the year before; of several the newest.
pub(super) async fn plan_before(app: &App, actor: &Actor, year: i16) -> Result<Option<PlanHead>, Fault> {
    let plans = app.store.plans(actor.institution).await?;
    let before = plans.into_iter().filter(|p| p.year == year - 1 && p.published.is_some());
    Ok(before.max_by_key(|p| p.published.as_ref().map(|p| p.at)))
}

/// Last year's plan as it was published, and what of its decisions this year's draft may take over.
struct Last {
    draft: Draft,
    recurs: Vec<Recurs>,
}

async fn last_of(app: &App, actor: &Actor, draft: &Draft) -> Result<Option<Last>, Fault> {
    let Some(head) = plan_before(app, actor, draft.revision.year).await? else { return Ok(None) };
    let revision = head.published.as_ref().map_or(head.revision, |p| p.revision);
    let last = Draft::at(app, actor, head.id, revision).await?;
    let years = (last.revision.year, draft.revision.year);
    let recurs = compiler::recurring(last.decided(), draft.decided(), years);
    Ok(Some(Last { draft: last, recurs }))
}

/// A decision of last year's that may be taken over.
struct Taken {
    key: String,
    title: String,
    changes: Vec<(&'static str, String, String)>,
}

struct Row {
    tag: &'static str,
    class: &'static str,
    place: String,
    href: String,
    words: Vec<(&'static str, String)>,
    /// What was left unfinished last year, of how many, and the list of it.
    unfinished: Option<(usize, usize, String)>,
    taken: Vec<Taken>,
}

#[derive(askama::Template)]
#[template(path = "plan/reviewing/last_year.html")]
struct LastYearPage {
    frame: Frame,
    id: PlanId,
    revision: u32,
    title: String,
    last_title: String,
    last_href: String,
    summary: String,
    unfinished: Option<(usize, usize, String)>,
    /// What was left of demands that no clause made.
    standing: Option<(usize, usize, String)>,
    decisions: usize,
    rows: Vec<Row>,
    same: Vec<Row>,
    loose: Vec<Taken>,
}

/// What is unfinished of these duties, of how many, and the list that the number opens.
fn left(tally: Tally, plan: &str, more: &[(&str, &str)]) -> Option<(usize, usize, String)> {
    let open = tally.of(Standing::Overdue);
    let mut pairs = vec![("plan", plan), ("standing", "overdue")];
    pairs.extend_from_slice(more);
    (open > 0).then(|| (open as usize, tally.total() as usize, href(&pairs)))
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<PlanId>) -> Reply {
    let draft = Draft::read(&app, &actor, id).await?;
    let Some(last) = last_of(&app, &actor, &draft).await? else {
        let year = draft.revision.year - 1;
        return Err(Fault::not_found(format!("{year}年发布过的要点")).into());
    };
    let difference = differing(&app, &last.draft, &draft).await?;
    let year = app.year(actor.institution, Some(last.draft.head.id)).await?;
    let today = app.clock.today();
    let plan = last.draft.head.id.to_string();
    let tally = |year: &Year, pick: &Pick| year.board().tally(pick, today);
    let of_item = |item: usize| {
        let year = year.as_deref()?;
        let obligations: BTreeSet<_> = year.of_item(item, today).map(|o| o.id).collect();
        let pick = Pick { obligations: Some(obligations), ..Pick::default() };
        left(tally(year, &pick), &plan, &[("item", &(item + 1).to_string())])
    };
    let mut taken: Vec<(Option<usize>, Taken)> = Vec::new();
    for recurs in &last.recurs {
        let (Some(then), Ok(now)) = (&recurs.taken, draft.proposal(&recurs.key)) else { continue };
        let changes = differs(&app, &actor, now, then);
        taken.push((now.item, Taken { key: now.key.clone(), title: now.title.clone(), changes }));
    }
    let decisions = taken.len();
    let mut rows: Vec<Row> = Vec::new();
    for c in &difference.items {
        let (tag, class, place) = change_words(&last.draft.review.plan, &draft.review.plan, c);
        let (here, rest): (Vec<_>, Vec<_>) =
            taken.into_iter().partition(|(item, _)| item.is_some() && *item == c.new);
        taken = rest;
        rows.push(Row {
            tag: match tag {
                "新增" => "这次新写",
                "删去" => "这次没写",
                "改动" => "年年有，字句改了",
                _ => "照上一年写",
            },
            class,
            place: place.replace("原第", "上一年第"),
            href: c.new.map_or_else(String::new, |n| item_href(&draft, Some(n))),
            words: item_words(&c.words),
            unfinished: c.old.and_then(of_item),
            taken: here.into_iter().map(|(_, t)| t).collect(),
        });
    }
    let is_same = |r: &Row| r.class.is_empty() && r.unfinished.is_none() && r.taken.is_empty();
    let (same, rows): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(is_same);
    let all = year.as_deref().map(|y| tally(y, &Pick::default()));
    let loose_ones = year.as_deref().map(|y| {
        let ids: Vec<_> = y.obligations().iter().filter(|o| o.item.is_none()).map(|o| o.id).collect();
        let words: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let pairs: Vec<(&str, &str)> = words.iter().map(|w| ("obligation", w.as_str())).collect();
        let pick = Pick { obligations: Some(ids.into_iter().collect()), ..Pick::default() };
        left(tally(y, &pick), &plan, &pairs)
    });
    page(&LastYearPage {
        frame: frame.titled("对照上一年").at(Place::Plan),
        id,
        revision: draft.revision.revision,
        title: draft.revision.title.clone(),
        last_title: last.draft.revision.title.clone(),
        last_href: format!("/plan/{plan}"),
        summary: summary(&difference),
        unfinished: all.and_then(|t| left(t, &plan, &[])),
        standing: loose_ones.flatten(),
        decisions,
        rows,
        same,
        loose: taken.into_iter().map(|(_, t)| t).collect(),
    })
}

/// Takes over the decisions that are ticked, as one step that can be taken back.
async fn take(State(app): State<App>, actor: Actor, Path(id): Path<PlanId>, Sent(sent): Sent) -> Reply {
    let step = Step::on(&app, &actor, id, &sent).await?;
    let ticked: BTreeSet<&str> = sent.all("take").collect();
    let recurs = last_of(&app, &actor, &step.draft).await?.map(|l| l.recurs).unwrap_or_default();
    let mut review = (*step.draft.review).clone();
    let (mut count, mut off) = (0, 0);
    for then in recurs.iter().filter(|r| ticked.contains(r.key.as_str())).filter_map(|r| r.taken.as_ref()) {
        if let Some(p) = review.proposals.iter_mut().find(|p| p.key == then.key) {
            *p = then.clone();
            p.reason = "沿用上一年的决定".to_owned();
            off += usize::from(then.state == ProposalState::NotAssessed);
            count += 1;
        }
    }
    if count == 0 {
        return cookie::done(&format!("/plans/{id}/last-year"), &Said::new("没有勾选要沿用的决定。"));
    }
    let detail = serde_json::json!({ "count": count, "do": "take over" });
    let change = Change::of(&review, "plan.last-year", detail);
    let not = if off > 0 { format!("，其中 {off} 项不考核") } else { String::new() };
    let words = format!("已沿用上一年的 {count} 项决定{not}，还要逐项确认；要反悔，按“撤销上一步”。");
    step.take(&app, &actor, change, &format!("/plans/{id}"), words).await
}
