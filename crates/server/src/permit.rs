//! The one table of who may do what, and the only way to register a route.
//!
//! [`get`] and [`post`] take the rule together with the handler, so a route without a rule cannot be written; the gate
//! in front of each handler reads the session, checks the rule, and only then lets an [`Actor`] in.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use model::Role;

use crate::app::App;
use crate::fault::Fault;
use crate::identity::Actor;

/// What a route asks of the person who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Anybody, signed in or not.
    Public,
    /// Anybody who is signed in, even with a password that is due.
    SignedIn,
    /// An account with a role that includes this.
    May(Right),
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident => $words:literal, [$($role:ident),* $(,)?];)*) => {
        /// What somebody may do. Which roles include it stands beside it, here and nowhere else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Right { $($(#[$doc])* $name,)* }

        impl Right {
            /// Every right.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The right in Chinese, as it completes 可以….
            #[must_use]
            pub fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }

            /// The roles that include it.
            #[must_use]
            pub fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => &[$(Role::$role,)*],)* }
            }
        }
    };
}

rights! {
    // Business. The three administrators appear in none of these (三员分立).
    /// Read a published plan and how it stands.
    SeePlan => "看要点", [Office, Lead, Secretary, Discipline, Leader, Member];
    /// Upload a plan, see drafts and what the compiler says, mend and publish.
    EditPlan => "编制和发布要点", [Office];
    /// 本月该做什么, for a unit that owes something.
    SeeMonth => "看本月该做什么", [Office, Lead, Secretary, Discipline, Member];
    /// Write a record, revise one, withdraw one.
    Record => "记录和修改台账", [Office, Lead, Secretary, Discipline];
    /// Read records: a member their own branch's.
    SeeEntries => "看台账记录", [Office, Lead, Secretary, Discipline, Leader, Member];
    /// Read fields that only those who keep the ledger and the discipline committee may read.
    SeeRestricted => "看限定范围的内容", [Secretary, Discipline];
    /// Confirm records of the units below, or return them.
    Confirm => "确认下级的记录", [Office, Secretary];
    /// Ask for a waiver or an extension.
    AskExemption => "申请免办、延期", [Lead, Secretary, Discipline, Office];
    /// Approve a waiver or an extension.
    ApproveExemption => "批准免办、延期", [Office];
    /// The matrix, duties of several units, standing on any day.
    SeeBoard => "看矩阵", [Office, Lead, Secretary, Discipline, Leader];
    /// The leader's page, the 通报 draft.
    SeeReports => "看报告", [Office, Discipline, Leader];
    /// Take lists and the matrix away as a file.
    Export => "导出", [Office, Lead, Secretary, Discipline, Leader];
    /// The tree of units and the people in them.
    SeeOrganisation => "看组织和人员", [Office, Lead, Secretary, Discipline, Leader, Member];
    /// The roster with what is held of each person: a secretary that of their own branch; numbers opened for a reason.
    SeePeople => "看人员名册", [Office, Secretary];
    /// Change people, their membership and posts.
    EditPeople => "维护人员和党员身份", [Office];
    /// Found, rename, move, merge, split and dissolve units on a day.
    ChangeUnits => "办理组织的成立、合并、撤销", [Office];

    // System administrator.
    /// Settings of the institution and the school calendar.
    SetUp => "维护学校设置和校历", [SystemAdmin];
    /// The tree of units.
    EditUnits => "维护组织树", [SystemAdmin];
    /// Open, close and reopen accounts.
    EditAccounts => "开通和停用账号", [SystemAdmin];
    // Security administrator.
    /// Give and end roles.
    Grant => "授予和收回角色", [SecurityAdmin];
    /// Set a new first password, end the sessions of others, lift a lock.
    ResetPassword => "重置密码、解除锁定", [SecurityAdmin];
    // Audit administrator.
    /// Read and check the audit log.
    Audit => "查看和校验审计日志", [AuditAdmin];
}

impl Right {
    /// Whether one of these roles includes it.
    #[must_use]
    pub fn allows(self, roles: impl IntoIterator<Item = Role>) -> bool {
        roles.into_iter().any(|r| self.roles().contains(&r))
    }
}

/// One route: method, path, rule, handler.
pub struct Route {
    /// GET or POST.
    pub method: Method,
    /// Path, with `{parameters}`.
    pub path: &'static str,
    /// Who may come.
    pub rule: Rule,
    handler: MethodRouter<App>,
    limit: Option<usize>,
}

/// A page.
pub fn get<H, T>(path: &'static str, rule: Rule, handler: H) -> Route
where
    H: Handler<T, App>,
    T: 'static,
{
    Route { method: Method::GET, path, rule, handler: axum::routing::get(handler), limit: None }
}

/// An act.
pub fn post<H, T>(path: &'static str, rule: Rule, handler: H) -> Route
where
    H: Handler<T, App>,
    T: 'static,
{
    Route { method: Method::POST, path, rule, handler: axum::routing::post(handler), limit: None }
}

impl Route {
    /// Lets more (or less) be sent than the 2 MB that others take; `bytes` for files.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = Some(bytes);
        self
    }
}

/// The router made of these routes, each behind its gate.
pub fn router(app: &App, routes: Vec<Route>) -> Router {
    let mut router = Router::<App>::new();
    for Route { path, rule, handler, limit, .. } in routes {
        let limit = limit.unwrap_or(app.settings.body_limit);
        let gated = handler
            .route_layer(DefaultBodyLimit::max(limit))
            .route_layer(axum::Extension(crate::extract::BodyLimit(limit)))
            .route_layer(middleware::from_fn_with_state(app.clone(), move |state, request, next| {
                gate(state, rule, request, next)
            }));
        router = router.route(path, gated);
    }
    router.fallback(|| async { Fault::not_found("这一页") }).with_state(app.clone())
}

/// Reads who comes, asks the rule, lets in or not.
async fn gate(State(app): State<App>, rule: Rule, mut request: Request, next: Next) -> Response {
    let actor = match crate::identity::actor(&app, &mut request).await {
        Ok(actor) => actor,
        Err(fault) => return fault.into_response(),
    };
    let let_in = match (rule, &actor) {
        (Rule::Public, _) | (Rule::SignedIn, Some(_)) => Ok(()),
        (Rule::SignedIn | Rule::May(_), None) => Err(Fault::SignIn),
        (Rule::May(_), Some(a)) if a.password_due => Err(Fault::PasswordDue),
        (Rule::May(right), Some(a)) if right.allows(a.roles()) => Ok(()),
        (Rule::May(right), Some(a)) => Err(Fault::NotAllowed(refusal(right, a))),
    };
    let right = if let Rule::May(right) = rule { Some(right) } else { None };
    let actor = actor.map(|a| a.at(right));
    let mut answer = match let_in {
        Ok(()) => {
            if let Some(actor) = &actor {
                request.extensions_mut().insert(actor.clone());
            }
            next.run(request).await
        }
        Err(fault) => fault.into_response(),
    };
    // The layers outside (error pages) need to know who asked.
    if let Some(actor) = actor {
        answer.extensions_mut().insert(actor);
    }
    answer
}

fn refusal(right: Right, actor: &Actor) -> String {
    let who = right.roles().iter().map(|r| r.word()).collect::<Vec<_>>().join("、");
    let mine = actor.roles().map(Role::word).collect::<Vec<_>>().join("、");
    if mine.is_empty() {
        format!("{}要由{who}来做。你的账号还没有角色，请找安全保密管理员授权。", right.words())
    } else {
        format!("{}要由{who}来做，你的账号是{mine}。", right.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_share_no_right_with_anybody() {
        for right in Right::ALL {
            let admins = right.roles().iter().filter(|r| r.is_admin()).count();
            assert!(admins == 0 || right.roles().len() == 1, "{right:?} mixes an administrator with others");
        }
    }

    #[test]
    fn every_role_may_do_something() {
        for role in Role::ALL {
            assert!(Right::ALL.iter().any(|r| r.roles().contains(&role)), "{role:?} may do nothing");
        }
    }
}
