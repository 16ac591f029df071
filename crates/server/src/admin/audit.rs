//! 审计日志: reading it, and checking that nobody has touched it.

use std::collections::BTreeMap;

use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use model::AccountId;
use store::AuditFilter;
use web::extract::{Fields, Query};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Frame, Place, Said, instant_words, page};
use web::{App, Reply};
use work::clock::china;
use work::{Actor, Fault};

/// Lines on one page.
const PER: u32 = 100;

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::Audit);
    vec![get("/admin/audit", rule, list), post("/admin/audit/check", rule, check)]
}

#[derive(askama::Template)]
#[template(path = "admin/audit.html")]
struct AuditPage {
    frame: Frame,
    rows: Vec<Row>,
    families: Vec<(String, &'static str, bool)>,
    accounts: Vec<(String, String, bool)>,
    words: String,
    from: String,
    to: String,
    filtered: bool,
    next: Option<String>,
    first: bool,
}

struct Row {
    seq: i64,
    at: String,
    who: String,
    address: String,
    action: String,
    subject: String,
    detail: String,
}

/// Families of actions, by which the log can be narrowed.
const FAMILIES: [(&str, &str); 16] = [
    ("session.", "登录"),
    ("account.", "账号"),
    ("grant.", "授权"),
    ("institution.", "学校设置"),
    ("calendar.", "校历"),
    ("unit.", "组织"),
    ("person.", "人员"),
    ("plan.", "要点"),
    ("entry.", "记录"),
    ("file.", "附件"),
    ("exemption.", "免办、延期"),
    ("export.", "导出"),
    ("correction.", "更正申请"),
    ("moment.", "学校事件"),
    ("job.", "后台工作"),
    ("keys.", "密钥"),
];

/// Midnight in China at the beginning of the day.
fn midnight(day: Date) -> Option<Timestamp> {
    day.to_zoned(china()).ok().map(|z| z.timestamp())
}

fn filter(query: &Fields) -> AuditFilter {
    let text = |name: &str| Some(query.text(name)).filter(|t| !t.is_empty()).map(str::to_owned);
    AuditFilter {
        account: query.parsed("who"),
        action: text("what"),
        subject: None,
        words: text("q"),
        from: query.day("from").and_then(midnight),
        to: query.day("to").and_then(|d| d.tomorrow().ok()).and_then(midnight),
        before: query.parsed("before"),
    }
}

async fn shown(app: &App, actor: &Actor, frame: Frame, query: &Fields) -> Result<AuditPage, Fault> {
    let names: BTreeMap<AccountId, (String, String)> =
        app.store.accounts(actor.institution).await?.into_iter().map(|a| (a.id, (a.login, a.name))).collect();
    let filter = filter(query);
    // One more than is shown tells whether there is a next page.
    let mut lines = app.store.audit(actor.institution, &filter, PER + 1).await?;
    let more = lines.len() > PER as usize;
    lines.truncate(PER as usize);
    let next = lines.last().filter(|_| more).map(|l| query.with("before", &l.seq.to_string()));
    let who = |id: Option<AccountId>| match id {
        None => "系统".to_owned(),
        Some(id) => {
            names.get(&id).map_or_else(|| id.to_string(), |(login, name)| format!("{name}（{login}）"))
        }
    };
    // A unit or an account by its name; what has none is shown as it is stored.
    let about = |subject: &str| {
        let unit = subject.parse().ok().map(|id| actor.known.unit_name(id)).filter(|name| !name.is_empty());
        let account = || subject.parse().ok().and_then(|id: AccountId| names.get(&id));
        unit.map(str::to_owned)
            .or_else(|| account().map(|(login, name)| format!("{name}（{login}）")))
            .unwrap_or_else(|| subject.to_owned())
    };
    Ok(AuditPage {
        frame: frame.titled("审计日志").at(Place::Audit).wide(),
        rows: lines
            .iter()
            .map(|l| Row {
                seq: l.seq,
                at: instant_words(l.at),
                who: who(l.account),
                address: l.address.clone(),
                action: super::audit_words::words(&l.action).to_owned(),
                subject: about(&l.subject),
                detail: l.said(),
            })
            .collect(),
        families: FAMILIES.map(|(id, word)| (id.to_owned(), word, query.text("what") == id)).into(),
        accounts: names
            .iter()
            .map(|(id, (login, name))| {
                (id.to_string(), format!("{name}（{login}）"), filter.account == Some(*id))
            })
            .collect(),
        words: query.text("q").to_owned(),
        from: query.text("from").to_owned(),
        to: query.text("to").to_owned(),
        filtered: query.pairs().iter().any(|(n, v)| n != "before" && !v.is_empty()),
        next,
        first: filter.before.is_none(),
    })
}

async fn list(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    page(&shown(&app, &actor, frame, &query).await?)
}

async fn check(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let found = app.store.verify_audit(actor.institution).await?;
    let words = match &found {
        Ok(n) => format!("日志完整：{n} 条首尾相接，没有改动、缺失或插入。"),
        Err(fault) => format!("日志不完整：从第 {} 条起对不上。请保护现场，不要重启或恢复备份。", fault.seq),
    };
    let sound = found.is_ok();
    let act = actor.act(&app, "audit.check").with(serde_json::json!({ "sound": sound }));
    if sound {
        app.store.record(actor.institution, &act).await?;
    } else {
        tracing::error!(fault = ?found.err(), "the audit chain is broken");
    }
    page(&shown(&app, &actor, frame.noting(Said::new(words)), &Fields::default()).await?)
}
