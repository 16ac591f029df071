//! Through which plan a year is looked at: all that runs, or one of several plans alone.

use std::sync::Arc;

use jiff::civil::Date;
use model::PlanId;

use web::App;
use web::extract::Fields;
use web::view::Choice;
use work::{Actor, Fault, Year};

/// What a page is about: the plan that its query names, else all that ran in the year of the day.
///
/// # Errors
/// [`Fault::NotFound`] when the plan was never published.
pub(crate) async fn looked_at(
    app: &App,
    actor: &Actor,
    query: &Fields,
    on: Date,
) -> Result<Option<Arc<Year>>, Fault> {
    match query.parsed::<PlanId>("plan") {
        Some(plan) => {
            let year = app.year(actor.institution, Some(plan)).await?;
            year.map(Some).ok_or_else(|| Fault::not_found("这份要点"))
        }
        None => app.year_on(actor.institution, on).await,
    }
}

/// The plans to choose from, each alone, and all together; none where only one runs.
pub(crate) fn lenses(year: &Year, path: &str, query: &Fields) -> Vec<Choice> {
    if year.plans.len() < 2 {
        return Vec::new();
    }
    let way = |plan: &str| format!("{path}{}", query.with("plan", plan));
    let mut out = vec![Choice::new("全部计划", way(""), year.lens.is_none())];
    out.extend(year.plans.iter().map(|(id, title)| {
        Choice::new(super::clipped(title, 18), way(&id.to_string()), year.lens == Some(*id))
    }));
    out
}

/// The plan that is looked at alone, as a form sends it on; empty for all.
pub(crate) fn sent_on(year: &Year) -> String {
    year.lens.map_or_else(String::new, |id| id.to_string())
}
