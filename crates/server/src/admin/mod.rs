//! The pages of the three administrators (三员分立). Each sees their own part and no business data.

mod accounts;
mod audit;
mod calendar;
mod grants;
mod institution;
pub(crate) mod unit_import;
mod unit_table;
mod units;

pub(crate) use units::TRAITS;

use model::Role;
use store::Account;
use web::App;
use web::permit::Route;
use work::{Actor, Fault};

pub(crate) use institution::{ABOUT, About};

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
