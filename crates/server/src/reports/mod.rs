//! 报告: the drafts of 通报, the leader's page, and how the plan stands as a spreadsheet.

mod chart;
mod circular;
mod draft;
mod leader;
mod plan_sheet;
pub(crate) mod situation;
mod stretch;

use axum::extract::State;
use jiff::civil::Date;
use model::Standing;
use runtime::Pick;

use crate::seen::Seen;
use crate::seen::nothing::NothingPage;

use stretch::Portion;
use web::permit::{Right, Route, Rule, get};
use web::view::{Empty, Frame, Place, day_words, page};
use web::{App, Reply};
use work::Actor;
use work::numbers::figure;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    let mut out = vec![get("/reports", Rule::May(Right::SeeReports), show)];
    out.extend(draft::routes());
    out.extend(leader::routes());
    out.extend(plan_sheet::routes());
    out
}

/// One report that can be drafted.
struct Row {
    word: &'static str,
    days: String,
    /// 期满, or as of which day.
    as_of: String,
    due: String,
    due_href: String,
    done: String,
    late: String,
    late_href: String,
    href: String,
    file: String,
}

#[derive(askama::Template)]
#[template(path = "reports/first.html")]
struct FirstPage {
    frame: Frame,
    plan: String,
    rows: Vec<Row>,
    next: Option<String>,
}

/// Nothing is published yet.
fn nothing(frame: Frame) -> Reply {
    let empty = Empty::new("还没有可以报告的内容", "要点发布之后，这里有一页情况和通报稿。");
    page(&NothingPage { frame, empty })
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let frame = frame.titled("报告").at(Place::Reports);
    let Some(year) = app.year(actor.institution, None).await? else { return nothing(frame) };
    let today = app.clock.today();
    let number = year.number;
    let mut rows = Vec::new();
    let mut next: Option<(Date, &str)> = None;
    for stretch in Portion::ALL {
        let (first, last) = stretch.days(number);
        let Some(on) = stretch.as_of(number, today) else {
            if next.is_none_or(|(day, _)| first < day) {
                next = Some((first, stretch.word()));
            }
            continue;
        };
        let seen = Seen::of(&actor, &year, on, today);
        let due = seen.tally(&Pick { due: Some((first, last)), ..Pick::default() });
        let (from, to) = (first.to_string(), last.to_string());
        let within = [("from", from.as_str()), ("to", to.as_str())];
        let href = stretch.href();
        rows.push(Row {
            word: stretch.word(),
            days: format!("{}至{}", day_words(first), day_words(last)),
            as_of: if on == last { "期满".to_owned() } else { format!("截至{}", day_words(on)) },
            due: figure(due.total()),
            due_href: seen.href(&within),
            done: figure(due.done()),
            late: figure(due.of(Standing::Overdue)),
            late_href: seen.count(Standing::Overdue, 0, &within).href,
            file: href.replacen(stretch.path(), &format!("{}.docx", stretch.path()), 1),
            href,
        });
    }
    page(&FirstPage {
        frame,
        plan: situation::plan_words(&year, &actor.known.organisation.name),
        rows,
        next: next.map(|(day, word)| format!("{word}的通报从{}起可以起草。", day_words(day))),
    })
}
