//! 本月该做什么.

use crate::fault::Reply;
use crate::permit::{Right, Route, Rule, get};
use crate::view::{Empty, Frame, Place, page};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    vec![get("/month", Rule::May(Right::SeeMonth), show)]
}

#[derive(askama::Template)]
#[template(path = "duties/first.html")]
struct FirstPage {
    frame: Frame,
    empty: Empty,
}

async fn show(frame: Frame) -> Reply {
    page(&FirstPage {
        frame: frame.titled("本月该做什么").at(Place::Month),
        empty: Empty::new("本月没有应办事项", "要点发布之后，本组织每个月该做的事在这里。"),
    })
}
