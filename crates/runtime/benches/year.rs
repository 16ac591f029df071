//! A year's duties, and the standing of the whole matrix, for a college and for 10,000 branches.
//!
//! Run: `cargo bench -p runtime`. Each branch has about 90 duties by 60 obligations.

#[path = "../tests/year/sample.rs"]
mod sample;

use divan::{Bencher, black_box};
use jiff::civil::date;
use model::{ObligationId, UnitId};
use runtime::{Board, Pick, SchoolCalendar};
use sample::{basis, college, facts, plan, roster, unit_id, year};

const BRANCHES: [u32; 2] = [40, 10_000];

fn main() {
    divan::main();
}

#[divan::bench(args = BRANCHES)]
fn make_a_years_duties(bencher: Bencher<'_, '_>, branches: u32) {
    let (org, roster, calendar, empty) =
        (college(branches), roster(1, 1), SchoolCalendar::default_for(2022), Default::default());
    let (plan, basis) = (plan(), basis(&org, &roster, &calendar, &empty));
    bencher.bench_local(|| black_box(year(&plan, &basis)));
}

fn board(branches: u32) -> (Board, Vec<UnitId>, Vec<ObligationId>) {
    let (org, roster, calendar, empty) =
        (college(branches), roster(1, 1), SchoolCalendar::default_for(2022), Default::default());
    let plan = plan();
    let duties = year(&plan, &basis(&org, &roster, &calendar, &empty));
    let mut board = Board::new(7);
    board.apply(duties.iter().enumerate().map(|(n, d)| facts(d, n)));
    (board, (1..=branches).map(unit_id).collect(), plan.iter().map(|o| o.id).collect())
}

#[divan::bench(args = BRANCHES)]
fn fill_the_board(bencher: Bencher<'_, '_>, branches: u32) {
    let (board, _, _) = board(branches);
    let all = board.list(&Pick::default(), date(2022, 9, 30));
    let facts: Vec<_> = all.iter().filter_map(|l| board.facts(l.duty)).collect();
    bencher.with_inputs(|| facts.clone()).bench_local_values(|facts| {
        let mut board = Board::new(7);
        board.apply(facts);
        board
    });
}

#[divan::bench(args = BRANCHES)]
fn stand_the_matrix(bencher: Bencher<'_, '_>, branches: u32) {
    let (board, units, obligations) = board(branches);
    bencher.bench_local(|| black_box(board.matrix(&units, &obligations, date(2022, 9, 30))));
}

#[divan::bench(args = BRANCHES)]
fn tally_everything(bencher: Bencher<'_, '_>, branches: u32) {
    let (board, _, _) = board(branches);
    bencher.bench_local(|| black_box(board.tally(&Pick::default(), date(2022, 9, 30))));
}

#[divan::bench(args = BRANCHES)]
fn list_the_month_of_a_branch(bencher: Bencher<'_, '_>, branches: u32) {
    let (board, _, _) = board(branches);
    let pick = Pick { own: true, ..Pick::unit(unit_id(7)) };
    bencher.bench_local(|| black_box(board.this_month(&pick, date(2022, 9, 30))));
}
