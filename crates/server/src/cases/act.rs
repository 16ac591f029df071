//! What is done to a case beside records.

use axum::extract::State;
use model::{CaseId, UnitId};
use runtime::flow::Ask;
use web::extract::{Fields, Path, Sent};
use web::permit::{Right, Route, Rule, post};
use web::view::Said;
use web::{App, Reply, cookie};
use work::{Actor, Fault, cases};

pub(super) fn routes() -> Vec<Route> {
    vec![post("/cases/{id}/act", Rule::May(Right::Record), send)]
}

/// What a form asks for, with the words for what was done.
fn asked(sent: &Fields) -> Result<(Ask, &'static str), Fault> {
    let step = sent.text("step").to_owned();
    let line = sent.parsed::<usize>("line");
    let reason = sent.text("reason").to_owned();
    let unit = |name: &str, words: &str| {
        sent.parsed::<UnitId>(name).ok_or_else(|| Fault::field(name, words.to_owned()))
    };
    Ok(match sent.text("do") {
        "skip" => (Ask::Skip { step, line, reason }, "这一步略过了。"),
        "extend" => {
            let to = sent.day("to").ok_or_else(|| Fault::field("to", "写明延到哪一天。"))?;
            // Who has to grant it is for the procedure to say.
            let by = UnitId::fresh();
            (Ask::Extend { step, line, to, by, reason }, "期限延了，第一次的期限还在。")
        }
        "return" => (Ask::Return(step), "退回了。"),
        "uphold" => (Ask::Uphold(step), "核定：原来的结果有效。"),
        "reopen" => (Ask::Reopen(step), "重开了。"),
        "hand_over" => (Ask::HandOver(unit("to", "选上移交给哪个组织。")?), "移交了。"),
        "end" => (Ask::End("终止".to_owned()), "结束了。"),
        _ => return Err(Fault::BadRequest("不知道要做什么，回到事项的页面再按一次。".to_owned())),
    })
}

async fn send(State(app): State<App>, actor: Actor, Path(id): Path<CaseId>, Sent(sent): Sent) -> Reply {
    let (ask, words) = asked(&sent)?;
    let on = sent.day("on").unwrap_or_else(|| app.clock.today());
    let told = cases::act(&app, &actor, id, &ask, sent.text("reason"), on).await?;
    let more: Vec<String> = told.iter().map(|u| u.words.clone()).collect();
    let words = if more.is_empty() {
        words.to_owned()
    } else {
        format!("{words}请留意：{}。", more.join("；"))
    };
    cookie::done(&format!("/cases/{id}"), &Said::new(words))
}
