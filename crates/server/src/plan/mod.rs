//! 要点文稿: handing in a plan, what the compiler reads in it, what the clerk makes of it, publishing.

mod carry;
mod draft;
mod edit;
mod list;
mod publish_page;
mod publishing;
mod review;
mod text;

pub(crate) use draft::Compilations;

use crate::fault::Reply;
use crate::identity::Actor;
use crate::permit::{Right, Route, Rule, get};
use crate::view::{Empty, Frame, Place, page};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [
        vec![get("/plan", Rule::May(Right::SeePlan), first)],
        list::routes(),
        review::routes(),
        edit::routes(),
        text::routes(),
        publish_page::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[derive(askama::Template)]
#[template(path = "plan/first.html")]
struct FirstPage {
    frame: Frame,
    empty: Empty,
}

async fn first(actor: Actor, frame: Frame) -> Reply {
    let empty = Empty::new("还没有发布的要点", "党委办公室上传并发布之后，各条要点和办理情况在这里看。");
    page(&FirstPage {
        frame: frame.titled("要点").at(Place::Plan),
        empty: if actor.may(Right::EditPlan) {
            empty.with(crate::view::Link::new("看要点文稿", "/plans"))
        } else {
            empty
        },
    })
}
