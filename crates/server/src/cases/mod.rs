//! 流程: the cases that run. `list`: all of them, and how many stand at which step; `show`: one of them, first what holds
//! it open; `start`: opening one by hand; `act`: what is done to one beside records.

mod act;
mod list;
mod show;
mod start;

use web::permit::Route;

pub(crate) fn routes() -> Vec<Route> {
    [list::routes(), start::routes(), show::routes(), act::routes()].into_iter().flatten().collect()
}
