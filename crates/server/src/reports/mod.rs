//! 报告.

use crate::fault::Reply;
use crate::permit::{Right, Route, Rule, get};
use crate::view::{Empty, Frame, Place, page};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    vec![get("/reports", Rule::May(Right::SeeReports), show)]
}

#[derive(askama::Template)]
#[template(path = "reports/first.html")]
struct FirstPage {
    frame: Frame,
    empty: Empty,
}

async fn show(frame: Frame) -> Reply {
    page(&FirstPage {
        frame: frame.titled("报告").at(Place::Reports),
        empty: Empty::new("还没有可以报告的内容", "要点发布之后，这里有一页情况和通报稿。"),
    })
}
