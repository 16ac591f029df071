//! The matrix as a spreadsheet.

use axum::extract::State;
use model::Standing;
use office::sheet::{Cell, Column, Kind, Sheet};
use runtime::Tally;
use serde_json::json;
use web::download::{XLSX, file, local_now};
use web::extract::Query;
use web::permit::{Right, Route, Rule, get};
use web::view::long_day_words;
use web::{App, Reply};
use work::{Actor, Fault};

use crate::seen::Seen;
use crate::seen::day::day_of;

use super::matrix::{Wanted, grid};

pub(super) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::Export);
    vec![get("/matrix.xlsx", may, matrix)]
}

fn whole(n: u32) -> Cell {
    Cell::Whole(i64::from(n))
}

fn light(tally: Tally) -> Cell {
    tally.worst().map_or(Cell::Empty, |s| Cell::Light(s, format!("{}/{}", tally.done(), tally.asked())))
}

async fn matrix(State(app): State<App>, actor: Actor, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let (on, _) = day_of(&query, today);
    let year = crate::seen::lens::looked_at(&app, &actor, &query, on)
        .await?
        .ok_or_else(|| Fault::not_found("矩阵：还没有发布的要点，没有可导出的内容"))?;
    let then = actor.known.on(on);
    let organisation: &model::Organisation = &then;
    let wanted = Wanted::of(&query, on, year.number);
    let (first, second) = {
        let seen = Seen::of(&actor, &year, on, today);
        let grid = grid(&seen, organisation, &wanted);
        let title = format!("{}　{}各项要求（截至{}）", organisation.name, wanted.word, long_day_words(on));
        let mut columns = vec![Column::new("党总支", 26, Kind::Text), Column::new("组织", 28, Kind::Text)];
        columns.extend(grid.columns.iter().map(|o| Column::new(o.title.clone(), 12, Kind::Light)));
        columns.extend([Column::new("已办结", 8, Kind::Whole), Column::new("应办", 8, Kind::Whole)]);
        let rows = grid
            .rows
            .iter()
            .filter(|r| !r.whole.is_empty())
            .map(|r| {
                let mut cells = vec![Cell::Text(r.family.clone()), Cell::Text(r.name.clone())];
                cells.extend(r.cells.iter().map(|c| light(c.tally)));
                cells.extend([whole(r.whole.done()), whole(r.whole.asked())]);
                cells
            })
            .collect();
        let first =
            Sheet { name: "党总支和支部".to_owned(), title: title.clone(), columns, frozen: 2, rows };
        let rows = grid
            .offices
            .iter()
            .map(|o| {
                let mut cells = vec![Cell::Text(actor.known.unit_name(o.unit).to_owned())];
                cells.extend(counted(o.tally));
                cells
            })
            .collect();
        let mut columns = vec![Column::new("组织", 28, Kind::Text)];
        columns.extend(counts());
        (first, Sheet { name: "党委、部门和群团".to_owned(), title, columns, frozen: 1, rows })
    };
    let made = local_now(&app);
    let bytes = tokio::task::spawn_blocking(move || office::sheet::write(made, &[first, second])).await??;
    let act = actor.act(&app, "export.matrix").with(json!({ "on": on, "period": wanted.stretch.id }));
    app.store.record(actor.institution, &act).await?;
    file(&format!("矩阵 {on}.xlsx"), &format!("matrix-{on}.xlsx"), XLSX, bytes)
}

/// Heads of the counts of a tally.
fn counts() -> Vec<Column> {
    let mut out = vec![Column::new("应办", 8, Kind::Whole), Column::new("已办结", 8, Kind::Whole)];
    out.extend(Standing::ALL.map(|s| Column::new(s.word(), 8, Kind::Whole)));
    out
}

fn counted(tally: Tally) -> Vec<Cell> {
    let mut out = vec![whole(tally.asked()), whole(tally.done())];
    out.extend(Standing::ALL.map(|s| whole(tally.of(s))));
    out
}
