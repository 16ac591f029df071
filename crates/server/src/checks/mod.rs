//! 检查: the checks of the year. `list`: those that are planned, run and ended, counted against the relief rule; `open`: what one
//! would ask before it is opened; `notice`: which units it looks at; `campaign`: one with its units; `sheet`: the sheet of one unit, filled from its records,
//! answered and sent; `look`: what inspectors see and find; `draw`: lots; `paper`: the report, the feedback, the spreadsheet;
//! `lines`: the lines of a sheet as they are shown.

mod campaign;
mod draw;
mod lines;
mod list;
mod look;
mod notice;
mod open;
mod paper;
mod sheet;

use web::permit::Route;

pub(crate) fn routes() -> Vec<Route> {
    [
        list::routes(),
        open::routes(),
        campaign::routes(),
        notice::routes(),
        sheet::routes(),
        look::routes(),
        draw::routes(),
        paper::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
