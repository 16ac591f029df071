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
const FAMILIES: [(&str, &str); 13] = [
    ("session.", "登录"),
    ("account.", "账号"),
    ("grant.", "授权"),
    ("institution.", "学校设置"),
    ("calendar.", "校历"),
    ("unit.", "组织"),
    ("people.", "人员"),
    ("plan.", "要点"),
    ("entry.", "记录"),
    ("file.", "附件"),
    ("exemption.", "免办、延期"),
    ("export.", "导出"),
    ("report.", "报告"),
];

/// What an action is called; one that has no name here is shown as it is stored, never left out.
fn action_words(action: &str) -> &str {
    match action {
        "session.begin" => "登录",
        "session.end" => "退出登录",
        "session.refuse" => "登录失败",
        "session.lock" => "登录失败，锁定",
        "account.create" => "开通账号",
        "account.disable" => "停用账号",
        "account.enable" => "恢复账号",
        "account.password" => "修改密码",
        "account.reset" => "重置密码",
        "account.unlock" => "解除锁定",
        "grant.give" => "授予角色",
        "grant.end" => "收回角色",
        "institution.create" => "建立学校",
        "institution.rename" => "改校名",
        "institution.about" => "改学校设置",
        "calendar.save" => "改校历",
        "unit.save" => "改组织",
        "unit.import" => "导入组织",
        "unit.founded" => "成立组织",
        "unit.renamed" => "组织改名",
        "unit.moved" => "调整组织上级",
        "unit.merged" => "合并组织",
        "unit.split" => "拆分组织",
        "unit.dissolved" => "撤销组织",
        "unit.undo" => "撤回组织变动",
        "duty.follow-term" => "换届事项随任期调整",
        "audit.check" => "校验日志",
        "store.tally" => "清点应办事项和佐证",
        "entry.save" => "记一笔",
        "entry.revise" => "修改记录",
        "entry.withdraw" => "撤回记录",
        "file.keep" => "上传附件",
        "file.read" => "下载附件",
        "routine.open" => "开年度常规",
        "file.sweep" => "清理没有保存的附件",
        "exemption.ask" => "申请免办、延期",
        "exemption.approve" => "批准免办、延期",
        "exemption.refuse" => "不批免办、延期",
        "export.entries" => "导出记录",
        "export.duties" => "导出应办事项",
        other => other,
    }
}

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
    Ok(AuditPage {
        frame: frame.titled("审计日志").at(Place::Audit).wide(),
        rows: lines
            .iter()
            .map(|l| Row {
                seq: l.seq,
                at: instant_words(l.at),
                who: who(l.account),
                address: l.address.clone(),
                action: action_words(&l.action).to_owned(),
                subject: l.subject.clone(),
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
