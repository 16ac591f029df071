//! Who somebody is: sign-in, sessions, lost passwords, the set-up of a new installation.

use web::permit::Route;

mod login;
mod reset;
mod setup;

pub use reset::reset_path;
pub use setup::setup_path;

/// The routes of this module.
#[must_use]
pub fn routes() -> Vec<Route> {
    [login::routes(), reset::routes(), setup::routes()].into_iter().flatten().collect()
}
