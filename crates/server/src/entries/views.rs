//! 我的视图: a list with its filters, columns and order, kept under a name; its address can be given to anybody.

use axum::extract::State;
use store::SavedView;
use web::extract::{Fields, Sent};
use web::permit::{Right, Route, Rule, post};
use web::view::Said;
use web::{App, Reply, cookie};
use work::{Actor, Fault};

/// Most views of one account: more are no help in finding one.
const MOST: usize = 20;
/// Most characters of a name.
const NAME: usize = 20;
/// Most bytes of an address.
const QUERY: usize = 2000;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::SeeEntries);
    vec![post("/entries/views", rule, keep), post("/entries/views/drop", rule, drop_view)]
}

/// The address behind the question mark, put together anew: whatever else was sent leads nowhere.
fn address(sent: &Fields) -> Result<String, Fault> {
    let pairs = form_urlencoded::parse(sent.text("query").as_bytes()).into_owned();
    let kept = pairs.filter(|(n, _)| n != "after" && n != "page").collect();
    let query = Fields::of(kept).with("", "").trim_start_matches('?').to_owned();
    if query.len() > QUERY {
        return Err(Fault::BadRequest("这个列表的条件太多，存不下。".to_owned()));
    }
    Ok(query)
}

async fn keep(State(app): State<App>, actor: Actor, Sent(sent): Sent) -> Reply {
    let query = address(&sent)?;
    let back = format!("/entries?{query}");
    let name = sent.text("name");
    let held = app.store.views(actor.institution, actor.account).await?;
    let refused = if name.is_empty() {
        Some("没有存：写上视图的名称。".to_owned())
    } else if name.chars().count() > NAME {
        Some(format!("没有存：名字最多 {NAME} 个字。"))
    } else if held.len() >= MOST && held.iter().all(|v| v.name != name) {
        Some(format!("没有存：最多 {MOST} 个视图，先去掉不用的。"))
    } else {
        None
    };
    if let Some(why) = refused {
        return cookie::done(&back, &Said::new(why));
    }
    let view = SavedView { name: name.to_owned(), query };
    app.store.keep_view(actor.institution, actor.account, &view, app.clock.now()).await?;
    cookie::done(&back, &Said::new(format!("已存为“{name}”。这一页的网址发给别人，看到的是同样的条件。")))
}

async fn drop_view(State(app): State<App>, actor: Actor, Sent(sent): Sent) -> Reply {
    let query = address(&sent)?;
    app.store.drop_view(actor.institution, actor.account, sent.text("name")).await?;
    cookie::done(&format!("/entries?{query}"), &Said::new(format!("视图“{}”已去掉。", sent.text("name"))))
}
