//! What a college that has just begun does first: units, people, accounts, the plan.

use model::UnitKind;
use store::{RosterFilter, Scope};
use web::App;
use work::{Actor, Fault};

/// One of the first steps.
pub(crate) struct Step {
    pub(crate) title: &'static str,
    pub(crate) words: String,
    pub(crate) act: &'static str,
    /// Where it is done; empty when somebody else does it.
    pub(crate) href: &'static str,
    pub(crate) done: bool,
    /// Whether it is the one to do now.
    pub(crate) next: bool,
}

/// The steps with how far they are.
pub(crate) async fn first_steps(app: &App, actor: &Actor) -> Result<Vec<Step>, Fault> {
    let today = app.clock.today();
    let units = &actor.known.organisation.units;
    let branches = units.iter().filter(|u| u.kind == UnitKind::Branch && u.exists_on(today)).count();
    let everybody = RosterFilter::on(today);
    let people: i64 =
        app.store.heads(actor.institution, &Scope::All, &everybody).await?.iter().map(|h| h.count).sum();
    let headed = work::units_with_secretary(app, actor.institution).await?;
    let stands = |u: &&model::Unit| u.kind == UnitKind::Branch && u.exists_on(today);
    let headed = units.iter().filter(stands).filter(|u| headed.contains(&u.id)).count();
    let waiting = app.store.account_requests(actor.institution).await?.len();
    let mut steps = vec![
        Step {
            title: "组织",
            words: if branches == 0 {
                "请系统管理员用自己的账号登录，在“组织”里录入党总支、党支部和部门，也可以从 Excel 导入。"
                    .to_owned()
            } else {
                format!("有 {} 个组织，其中党支部 {branches} 个。增减由系统管理员办。", units.len())
            },
            act: "看组织",
            href: "/org",
            done: branches > 0,
            next: false,
        },
        Step {
            title: "人员",
            words: if people == 0 {
                "从 Excel 导入名册；全国党员管理信息系统导出的表可以直接用。".to_owned()
            } else {
                format!("名册里在册 {people} 人。")
            },
            act: if people == 0 { "导入名册" } else { "看名册" },
            href: if people == 0 { "/people/import" } else { "/people" },
            done: people > 0,
            next: false,
        },
        Step {
            title: "账号",
            words: match (headed, waiting) {
                (0, 0) => "把支部书记报给管理员，一次开好账号，打印初始密码。".to_owned(),
                (0, n) => format!("已报 {n} 人，等系统管理员开户、安全保密管理员授权。"),
                (n, 0) => format!("{branches} 个支部中 {n} 个有书记账号。"),
                (n, w) => format!("{branches} 个支部中 {n} 个有书记账号，另报 {w} 人等开户、授权。"),
            },
            act: "开账号",
            href: "/people/accounts",
            done: headed > 0 && headed == branches,
            next: false,
        },
        Step {
            title: "要点",
            words: "上传要点，改好，发布，各组织的应办事项就排出来了。".to_owned(),
            act: "上传要点",
            href: "/plans",
            done: false,
            next: false,
        },
    ];
    if let Some(step) = steps.iter_mut().find(|s| !s.done) {
        step.next = true;
    }
    Ok(steps)
}
