//! 催办: who is late, what was tried and what comes next (`late`); what waits to be released, seen before it goes (`release`), and one
//! thing by itself (`one`); the acts (`act`); what is new for somebody (`bell`).

mod act;
mod bell;
mod late;
mod lines;
mod one;
mod release;

use web::permit::Route;

pub(crate) fn routes() -> Vec<Route> {
    [late::routes(), release::routes(), act::routes(), bell::routes()].into_iter().flatten().collect()
}
