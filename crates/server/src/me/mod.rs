//! 我的: what I owe and took part in, what is held about me, my account, my password, where I am signed in, the address of my
//! calendar.

mod account;
mod duties;
mod feed;
mod held;

use web::permit::Route;

/// The routes of this folder.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    [duties::routes(), account::routes(), feed::routes(), held::routes()].into_iter().flatten().collect()
}
