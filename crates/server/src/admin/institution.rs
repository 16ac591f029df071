//! 学校: its name, and whom to ask.

use axum::extract::State;
use axum::http::StatusCode;
use web::extract::Sent;
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, instant_words, page, page_with};
use web::{App, Reply, cookie};
use work::about::{ABOUT, Notice};
use work::{Actor, Fault, upkeep};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/admin/institution", Rule::May(Right::SetUp), show),
        post("/admin/institution", Rule::May(Right::SetUp), save),
    ]
}

/// What may be chosen: not at all, or for how many hours.
const ARRIVALS: [(&str, &str); 4] = [
    ("0", "不启用"),
    ("2", "启用，每次最长 2 小时"),
    ("4", "启用，每次最长 4 小时"),
    ("8", "启用，每次最长 8 小时"),
];

#[derive(askama::Template)]
#[template(path = "admin/institution.html")]
struct InstitutionPage {
    frame: Frame,
    form: Form,
    revision: u32,
    rules: Vec<(&'static str, String)>,
    health: Vec<Health>,
}

/// A line about how the installation stands.
struct Health {
    term: String,
    words: String,
    /// Whether somebody has to do something about it.
    amiss: bool,
}

/// How the installation stands, for whoever looks after it.
async fn health(app: &App) -> Result<Vec<Health>, Fault> {
    let line = |term: &str, words: String, amiss| Health { term: term.to_owned(), words, amiss };
    let now = app.clock.wall();
    let condition = upkeep::condition(app).await?;
    let mut out = Vec::new();
    if upkeep::is_kept(app) {
        let lacks = condition.lacks_backup(now);
        let words = match &condition.last {
            None => "还没有备份过".to_owned(),
            Some(last) => {
                let old = if lacks { "，已经超过两天" } else { "" };
                format!("{}，{}{old}", instant_words(last.at), upkeep::size(last.bytes))
            }
        };
        out.push(line("最近一次备份", words, lacks));
        if let Some((why, at)) = &condition.failed {
            out.push(line("备份没有做成", format!("{}，{why}", instant_words(*at)), true));
        }
        out.push(match &app.settings.backup {
            Some(s) => {
                line("自动备份", format!("每天 {}，到 {}", s.at.strftime("%H:%M"), s.folder.display()), false)
            }
            None => line("自动备份", "没有设，启动程序时用 --backup 设".to_owned(), false),
        });
    }
    for disk in &condition.disks {
        let left = match disk.days {
            Some(days) if disk.is_soon_full() => format!("，照现在的速度 {days} 天后写满"),
            Some(days) => format!("，照现在的速度还能用 {days} 天"),
            None => String::new(),
        };
        let words = format!("还剩 {}{left}", upkeep::size(disk.room.free));
        out.push(line(&format!("磁盘 {}", disk.folder.display()), words, disk.is_soon_full()));
    }
    if let Some(minutes) = condition.behind {
        let words = format!("比最后一条日志早 {minutes} 分钟。时间错了，到期、锁定、登录都会错，请校准");
        out.push(line("系统时间", words, true));
    }
    out.push(line("数据库", upkeep::size(condition.database), false));
    Ok(out)
}

async fn shown(app: &App, actor: &Actor, frame: Frame, form: Option<Form>) -> Result<InstitutionPage, Fault> {
    let about = app.store.setting::<Notice>(actor.institution, ABOUT).await?;
    let revision = about.as_ref().map_or(0, |s| s.revision);
    let about = about.map(|s| s.value).unwrap_or_default();
    let form = form.unwrap_or_else(|| fields(&actor.known.organisation.name, &about));
    let s = &app.settings;
    Ok(InstitutionPage {
        frame: frame.titled("学校设置").at(Place::Institution),
        form,
        revision,
        health: health(app).await?,
        rules: vec![
            ("不操作自动退出", format!("{} 分钟", s.idle_minutes)),
            ("一次登录最长", format!("{} 小时", s.session_hours)),
            ("输错几次锁定账号", format!("{} 次，锁定 {} 分钟", s.failures, s.lock_minutes)),
            ("密码最短", format!("{} 个字符", s.password_length)),
            (
                "密码多久要换",
                if s.password_days > 0 { format!("{} 天", s.password_days) } else { "不要求".to_owned() },
            ),
            ("到期前几天算将到期", format!("{} 天", s.soon_days)),
            ("规则库版本", app.rulebook.version().chars().take(12).collect()),
        ],
    })
}

fn fields(name: &str, about: &Notice) -> Form {
    Form::of(vec![
        Field { max: 100, ..Field::text("name", "学校（单位）全称").filled(name) },
        Field { max: 200, ..Field::text("contact", "有问题找谁").filled(&about.contact) }
            .optional()
            .hint("例：党委办公室 分机 6108"),
        Field::new(Input::Select, "arrivals", "会议扫码签到")
            .choices(ARRIVALS)
            .filled(about.arrivals_hours.to_string())
            .hint("书记开一次有效一次，只记到没到，不记地点、设备和时间"),
    ])
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    page(&shown(&app, &actor, frame, None).await?)
}

async fn save(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let mut form = fields("", &Notice::default());
    form.take(&sent);
    if form.has_errors() {
        let again = shown(&app, &actor, frame, Some(form)).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    let based_on = sent.parsed("revision").unwrap_or(0);
    let hours = form.value("arrivals").parse().unwrap_or(0);
    let about = Notice { contact: form.value("contact").to_owned(), arrivals_hours: hours };
    let act = actor.act(&app, "institution.about").on(form.value("name"));
    let saved = app.store.save_setting(actor.institution, ABOUT, based_on, about, &act).await?;
    if let store::Saved::Stale(_) = saved {
        form.wrong("", "别人刚刚改过这一页。你写的还在下面，核对后再保存一次");
        let again = shown(&app, &actor, frame, Some(form)).await?;
        return page_with(StatusCode::CONFLICT, &again);
    }
    let name = form.value("name");
    if name != actor.known.organisation.name {
        let act = actor.act(&app, "institution.rename").on(name);
        app.store.rename_institution(actor.institution, name, &act).await?;
        app.forget(actor.institution);
    }
    cookie::done("/admin/institution", &Said::new("已保存。"))
}
