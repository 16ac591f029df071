//! One thing that is late, by itself: released alone or before its day, held, left out, called about.

use axum::http::StatusCode;
use uuid::Uuid;
use web::view::{Choice, Field, Form, Frame, Input, Place, day_words, page_with};
use web::{App, Reply};
use work::Actor;
use work::Fault;
use work::chase::{About, Item, may_hold, may_release};

use runtime::ladder::Wait;

use super::lines::{Lines, href};
use super::release::{Gets, Reach, gets, ticked};
use crate::seen::chase::{Next, Tried, next, tried};

/// The forms of the page: as they are, or with what was typed and what is wrong with it.
pub(super) struct Forms {
    pub(super) early: Form,
    pub(super) hold: Form,
    pub(super) skip: Form,
    pub(super) call: Form,
}

impl Forms {
    pub(super) fn new() -> Self {
        let reason = |hint: &str| {
            let mut field = Field::new(Input::Long, "reason", "原因").hint(hint);
            field.rows = 2;
            field.max = 200;
            field
        };
        let mut words = Field::new(Input::Long, "words", "电话里怎么说的");
        words.rows = 2;
        words.max = 200;
        let mut until = Field::new(Input::Day, "until", "暂缓到哪天");
        until.width = 6;
        Self {
            early: Form::of(vec![reason("没到日子就放行，要说明为什么")]),
            hold: Form::of(vec![until, reason("到日子自动放开；看的人会看到原因")]),
            skip: Form::of(vec![reason("略过这一级，不发，往后接着走")]),
            call: Form::of(vec![words]),
        }
    }

    fn has_errors(&self) -> bool {
        [&self.early, &self.hold, &self.skip, &self.call].iter().any(|f| f.has_errors())
    }
}

#[derive(askama::Template)]
#[template(path = "chase/one.html")]
struct OnePage {
    frame: Frame,
    crumb: Vec<Choice>,
    about: String,
    title: String,
    href: String,
    unit: String,
    unit_href: String,
    head: String,
    phone: String,
    due: String,
    days: i32,
    tried: Vec<Tried>,
    next: Next,
    rung: String,
    gets: Vec<Gets>,
    ticked: String,
    /// A fresh id for each form.
    ids: [String; 5],
    may_release: bool,
    may_early: bool,
    may_skip: bool,
    may_hold: bool,
    is_held: bool,
    forms: Forms,
}

/// The page of one thing, for whoever sees it.
///
/// # Errors
/// [`Fault::NotFound`] when the account does not see it, or it is late no more.
pub(super) async fn show(app: &App, actor: &Actor, frame: Frame, about: &About, forms: Forms) -> Reply {
    let today = app.clock.today();
    let lines = Lines::of(app, actor).await?;
    let mut all = lines.duties.iter().chain(&lines.steps);
    let item: &Item = all.find(|i| i.about == *about).ok_or_else(|| Fault::not_found("这件逾期的事"))?;
    let titles = lines.titles(app, actor, &[item]).await?;
    let title = titles.get(about).cloned().unwrap_or_default();
    let reach = Reach::of(app, actor).await?;
    let by = item.next.as_ref().is_some_and(|n| n.rung.by.is_some());
    let released = may_release(app, actor, &lines.chasing, item);
    let wait = item.next.as_ref().and_then(|n| n.wait.as_ref());
    let status = if forms.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let built = OnePage {
        frame: frame.titled(title.clone()).at(Place::Late),
        crumb: vec![
            Choice::new("催办", "/late", false),
            Choice::new("放行", "/chase", false),
            Choice::new(actor.known.unit_name(item.unit), "", true),
        ],
        about: about.to_string(),
        href: href(about),
        unit: actor.known.unit_name(item.unit).to_owned(),
        unit_href: format!("/units/{}", item.unit),
        head: lines.head(item.unit).map_or(String::new(), |(title, name)| format!("{title} {name}")),
        phone: lines.phone(item.unit).to_owned(),
        due: day_words(item.due),
        days: item.due.until(today).map_or(0, |s| s.get_days()),
        tried: tried(&lines.chasing, item),
        next: next(app, actor, &lines.chasing, item),
        rung: item.next.as_ref().map_or(String::new(), |n| n.rung.title.clone()),
        gets: if by { gets(app, actor, &lines, &reach, &[(item, title.clone())]) } else { Vec::new() },
        title,
        ticked: ticked(item),
        ids: std::array::from_fn(|_| Uuid::now_v7().to_string()),
        may_release: released && wait.is_none(),
        may_early: released && matches!(wait, Some(Wait::Until(_))),
        may_skip: released,
        may_hold: may_hold(app, actor, &lines.chasing, item),
        is_held: item.held().is_some_and(|n| n.until.is_some_and(|until| until >= today)),
        forms,
    };
    page_with(status, &built)
}
