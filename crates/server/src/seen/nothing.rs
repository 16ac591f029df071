//! What pages show before there is a year to look at.

use web::Reply;
use web::permit::Right;
use web::view::{Empty, Frame, Link, page};
use work::Actor;

#[derive(askama::Template)]
#[template(path = "seen/nothing.html")]
pub(crate) struct NothingPage {
    pub(crate) frame: Frame,
    pub(crate) empty: Empty,
}

/// Nothing is published yet: what would be here, and for the office the way to it.
pub(crate) fn nothing(frame: Frame, actor: &Actor) -> Reply {
    let mut empty = Empty::new("还没有发布的要点", "党委办公室上传并发布之后，各条要点和办理情况在这里看。");
    if actor.may(Right::EditPlan) {
        empty = empty.with(Link::new("上传要点", "/plans"));
    }
    page(&NothingPage { frame, empty })
}
