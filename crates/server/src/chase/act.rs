//! The acts of the chase.

use axum::extract::State;
use uuid::Uuid;
use web::extract::{Fields, Sent};
use web::permit::{Right, Route, Rule, post};
use web::view::{Form, Frame, Said};
use web::{App, Reply, cookie};
use work::chase::{self, About, Asked};
use work::{Actor, Fault, FieldError};

use super::one::{self, Forms};
use super::release::{picked, render, said};

pub(super) fn routes() -> Vec<Route> {
    let release = Rule::May(Right::Release);
    vec![
        post("/chase/release", release, let_go),
        post("/chase/leave-out", release, leave_out),
        post("/chase/hold", release, hold),
        post("/chase/free", release, free),
        post("/chase/call", release, call),
        post("/chase/seen", Rule::May(Right::Record), seen),
    ]
}

fn about(sent: &Fields) -> Result<About, Fault> {
    sent.text("about").parse().map_err(|()| Fault::not_found("这件逾期的事"))
}

/// The id that was made with the form.
fn id(sent: &Fields, name: &str) -> Uuid {
    sent.parsed(name).unwrap_or_else(Uuid::now_v7)
}

fn page_of(about: &About) -> String {
    format!("/chase?about={about}")
}

/// The page of one thing again, with what was typed into a form and what is wrong with it.
async fn again(
    (app, actor, frame): (&App, &Actor, Frame),
    about: &About,
    sent: &Fields,
    errors: Vec<FieldError>,
    which: impl Fn(&mut Forms) -> &mut Form,
) -> Reply {
    let mut forms = Forms::new();
    let form = which(&mut forms);
    form.take(sent);
    form.wrongs(errors);
    one::show(app, actor, frame, about, forms).await
}

async fn let_go(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let reason = sent.text("reason");
    let asked: Vec<Asked> = sent.all("pick").filter_map(|p| picked(p, reason)).collect();
    if asked.is_empty() {
        return Err(Fault::BadRequest("没有勾选要放行的，回到上一页勾上再按。".to_owned()).into());
    }
    // Before its day, one by itself: a reason that lacks is asked for where it is typed.
    if let (Ok(about), true) = (about(&sent), reason.trim().is_empty()) {
        let errors = vec![FieldError {
            field: "reason".to_owned(),
            message: "提前放行要写明原因。".to_owned(),
        }];
        return again((&app, &actor, frame), &about, &sent, errors, |f| &mut f.early).await;
    }
    let done = chase::release(&app, &actor, &asked, id(&sent, "batch")).await?;
    if !done.held_back.is_empty() {
        return render(&app, &actor, frame, &Fields::default(), &done.held_back).await;
    }
    cookie::done("/chase", &said(&done, false))
}

async fn leave_out(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let about = about(&sent)?;
    let asked = picked(sent.text("pick"), sent.text("reason")).filter(|a| a.about == about);
    let asked = asked.ok_or_else(|| Fault::not_found("这件逾期的事"))?;
    let done = chase::leave_out(&app, &actor, &asked, id(&sent, "batch")).await?;
    if let Some((_, why)) = done.held_back.first() {
        let errors = vec![FieldError { field: "reason".to_owned(), message: why.clone() }];
        return again((&app, &actor, frame), &about, &sent, errors, |f| &mut f.skip).await;
    }
    cookie::done(&page_of(&about), &said(&done, true))
}

async fn hold(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let about = about(&sent)?;
    let Some(until) = sent.day("until") else {
        let errors =
            vec![FieldError { field: "until".to_owned(), message: "写上暂缓到哪一天。".to_owned() }];
        return again((&app, &actor, frame), &about, &sent, errors, |f| &mut f.hold).await;
    };
    match chase::hold(&app, &actor, &about, (id(&sent, "id"), until), sent.text("reason")).await {
        Err(Fault::Invalid(errors)) => {
            again((&app, &actor, frame), &about, &sent, errors, |f| &mut f.hold).await
        }
        other => {
            other?;
            cookie::done(&page_of(&about), &Said::new("暂缓了，到日子自动放开。"))
        }
    }
}

async fn free(State(app): State<App>, actor: Actor, Sent(sent): Sent) -> Reply {
    let about = about(&sent)?;
    chase::free(&app, &actor, &about, id(&sent, "id")).await?;
    cookie::done(&page_of(&about), &Said::new("放开了，接着走，不从头数。"))
}

async fn call(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let about = about(&sent)?;
    match chase::call(&app, &actor, &about, id(&sent, "id"), sent.text("words")).await {
        Err(Fault::Invalid(errors)) => {
            again((&app, &actor, frame), &about, &sent, errors, |f| &mut f.call).await
        }
        other => {
            other?;
            cookie::done(&page_of(&about), &Said::new("电话记下了。"))
        }
    }
}

async fn seen(State(app): State<App>, actor: Actor, Sent(sent): Sent) -> Reply {
    let about = about(&sent)?;
    chase::seen(&app, &actor, &about, id(&sent, "id")).await?;
    cookie::done(&super::lines::href(&about), &Said::new("记下了：看过。"))
}
