//! 学校: its name, and whom to ask.

use axum::extract::State;
use axum::http::StatusCode;
use web::extract::Sent;
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, page, page_with};
use web::{App, Reply, cookie};
use work::about::{ABOUT, Notice};
use work::{Actor, Fault};

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
