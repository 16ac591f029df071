//! 要点.

use crate::fault::Reply;
use crate::permit::{Right, Route, Rule, get};
use crate::view::{Empty, Frame, Place, page};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    vec![get("/plan", Rule::May(Right::SeePlan), show)]
}

#[derive(askama::Template)]
#[template(path = "plan/first.html")]
struct FirstPage {
    frame: Frame,
    empty: Empty,
}

async fn show(frame: Frame) -> Reply {
    page(&FirstPage {
        frame: frame.titled("要点").at(Place::Plan),
        empty: Empty::new("还没有发布的要点", "党委办公室上传并发布之后，各条要点和办理情况在这里看。"),
    })
}
