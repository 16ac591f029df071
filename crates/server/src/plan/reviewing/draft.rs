//! Where the pages show the parts of a draft, and the steps that a clerk takes on one.

use std::ops::Range;

use model::{Plan, PlanId};
use web::extract::Fields;
use web::view::Said;
use web::{App, Reply, cookie};
use work::plans::{Change, Draft};
use work::{Actor, Fault};

/// Items on one page of a plan; each takes some three kilobytes.
const ITEMS_A_PAGE: usize = 80;

/// The pages on which the items of a plan are shown: whole sections together as far as they fit, a long section on several.
pub(in crate::plan) fn pages(plan: &Plan) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for section in plan.items.chunk_by(|a, b| a.section == b.section) {
        let start = out.last().map_or(0, |page| page.end);
        match out.last_mut() {
            Some(page) if page.len() + section.len() <= ITEMS_A_PAGE => page.end += section.len(),
            _ => {
                let end = start + section.len();
                out.extend((start..end).step_by(ITEMS_A_PAGE).map(|at| at..end.min(at + ITEMS_A_PAGE)));
            }
        }
    }
    out
}

/// By what the page names an item: its number, or its place where it has none or an earlier one has the same.
pub(in crate::plan) fn anchor(plan: &Plan, index: usize) -> String {
    match plan.items.get(index) {
        Some(item)
            if !item.number.is_empty()
                && plan.items.iter().position(|i| i.number == item.number) == Some(index) =>
        {
            format!("i-{}", item.number)
        }
        _ => format!("i-n{index}"),
    }
}

/// Where an item is shown: on the page of the plan that holds it.
pub(in crate::plan) fn item_href(draft: &Draft, item: Option<usize>) -> String {
    let id = draft.head.id;
    let plan = &draft.review.plan;
    match item {
        None => format!("/plans/{id}"),
        Some(i) if plan.items.len() <= ITEMS_A_PAGE => format!("/plans/{id}#{}", anchor(plan, i)),
        Some(i) => format!("/plans/{id}?item={i}#{}", anchor(plan, i)),
    }
}

/// Where an obligation is shown.
pub(in crate::plan) fn obligation_href(draft: &Draft, key: &str) -> String {
    let item = draft.review.proposals.iter().find(|p| p.key == key).and_then(|p| p.item);
    let page = item_href(draft, item);
    format!("{}#o-{key}", page.split('#').next().unwrap_or_default())
}

/// A step that a clerk takes on a draft: the newest revision, and the one on which the form was filled in.
pub(in crate::plan) struct Step {
    pub(in crate::plan) draft: Draft,
    pub(in crate::plan) based_on: u32,
}

impl Step {
    /// Reads the draft that a form is about.
    pub(in crate::plan) async fn on(
        app: &App,
        actor: &Actor,
        id: PlanId,
        sent: &Fields,
    ) -> Result<Self, Fault> {
        let draft = Draft::read(app, actor, id).await?;
        Ok(Self { draft, based_on: sent.parsed::<u32>("revision").unwrap_or(0) })
    }

    /// Keeps a change. `Some` when somebody else was faster: nothing is changed, and that is the newest draft, to show
    /// beside what was typed.
    pub(in crate::plan) async fn keep(
        &self,
        app: &App,
        actor: &Actor,
        change: Change<'_>,
    ) -> Result<Option<Draft>, Fault> {
        match self.draft.keep(app, actor, self.based_on, change).await? {
            None => Ok(None),
            Some(newest) => {
                let head = app.store.plan(actor.institution, newest.plan).await?;
                Draft::of_number(app, actor, head, newest.revision).await.map(Some)
            }
        }
    }

    /// Keeps a change that nothing was typed for, and leads to `to`: with these words, or with the news that somebody
    /// else was faster.
    pub(in crate::plan) async fn take(
        &self,
        app: &App,
        actor: &Actor,
        change: Change<'_>,
        to: &str,
        words: impl Into<String>,
    ) -> Reply {
        let stale = self.keep(app, actor, change).await?.is_some();
        cookie::done(to, &Said::new(if stale { FASTER.to_owned() } else { words.into() }))
    }
}

/// The same words for every step that came too late.
const FASTER: &str = "别人刚改过这份要点，这一步没有做；页面已是最新的，请看过再做一次。";
