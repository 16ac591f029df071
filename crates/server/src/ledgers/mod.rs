//! 记录.

use crate::fault::Reply;
use crate::permit::{Right, Route, Rule, get};
use crate::view::{Empty, Frame, Place, page};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    vec![get("/entries", Rule::May(Right::SeeEntries), show)]
}

#[derive(askama::Template)]
#[template(path = "ledgers/first.html")]
struct FirstPage {
    frame: Frame,
    empty: Empty,
}

async fn show(frame: Frame) -> Reply {
    page(&FirstPage {
        frame: frame.titled("记录").at(Place::Entries),
        empty: Empty::new("还没有记录", "办完一件事记一笔，记录会在这里，并计入应办事项。"),
    })
}
