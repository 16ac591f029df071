//! 矩阵.

use crate::fault::Reply;
use crate::permit::{Right, Route, Rule, get};
use crate::view::{Empty, Frame, Place, page};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    vec![get("/matrix", Rule::May(Right::SeeBoard), show)]
}

#[derive(askama::Template)]
#[template(path = "board/first.html")]
struct FirstPage {
    frame: Frame,
    empty: Empty,
}

async fn show(frame: Frame) -> Reply {
    page(&FirstPage {
        frame: frame.titled("矩阵").at(Place::Board),
        empty: Empty::new("还没有可以看的矩阵", "要点发布之后，各组织各项要求办得怎样在这里看。"),
    })
}
