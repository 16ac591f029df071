//! The pages of the three administrators (三员分立). Each sees their own part and no business data.

mod accounts;
mod audit;
mod audit_words;
mod calendar;
mod grants;
mod institution;
mod unit_import;
mod units;

use model::Role;
use store::{Account, AccountRequest, JobKind};
use web::App;
use web::jobs::Task;
use web::permit::Route;
use work::{Actor, Fault};

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [
        institution::routes(),
        calendar::routes(),
        units::routes(),
        accounts::routes(),
        grants::routes(),
        audit::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The jobs of this folder.
pub(crate) fn tasks() -> Vec<Task> {
    vec![Task {
        kind: JobKind::UnitImport,
        work: |app, actor, job, _| Box::pin(unit_import::take_in(app, actor, job)),
    }]
}

/// Refuses what would leave one of the three offices without anybody who can sign in.
async fn keeps_an_administrator(
    app: &App,
    actor: &Actor,
    account: &Account,
    role: Role,
) -> Result<(), Fault> {
    let grants = app.store.grants(actor.institution).await?;
    let accounts = app.store.accounts(actor.institution).await?;
    let another = grants
        .iter()
        .filter(|g| g.role == role && g.ended.is_none() && g.account != account.id)
        .any(|g| accounts.iter().any(|a| a.id == g.account && a.disabled_at.is_none()));
    if another {
        Ok(())
    } else {
        Err(Fault::Conflict(format!("这是唯一的{}。请先另设一人，再停用或收回。", role.word())))
    }
}

/// Those for whom the office asked and who have no account yet: for the system administrator.
async fn waiting_accounts(app: &App, actor: &Actor) -> Result<Vec<AccountRequest>, Fault> {
    let mut all = app.store.account_requests(actor.institution).await?;
    all.retain(|r| r.account.is_none());
    Ok(all)
}

/// Those who have an account and wait for their role: for the security administrator.
async fn waiting_grants(app: &App, actor: &Actor) -> Result<Vec<AccountRequest>, Fault> {
    let mut all = app.store.account_requests(actor.institution).await?;
    all.retain(|r| r.account.is_some());
    Ok(all)
}
