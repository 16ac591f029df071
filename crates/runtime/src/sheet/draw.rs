//! Drawing by lot: who knows the list and the seed can draw again, and comes to the same.

use std::collections::BTreeSet;

use model::sheet::Draw;
use model::{EntryId, Ratio, UnitId};
use sha2::{Digest, Sha256};

/// The lot of one: SHA-256 of the seed and its id, one after the other.
fn lot(seed: &str, id: &dyn std::fmt::Display) -> Vec<u8> {
    Sha256::digest(format!("{seed}{id}")).to_vec()
}

/// The fingerprint of a list before it is drawn from: SHA-256, in hexadecimal, over a line for each unit in the order of
/// their ids: its id, the id of its group or `-`, `lately` or `-`.
#[must_use]
pub fn list_print(among: &[(UnitId, Option<UnitId>)], lately: &BTreeSet<UnitId>) -> String {
    let mut lines: Vec<String> = among
        .iter()
        .map(|(unit, group)| {
            let group = group.map_or_else(|| "-".to_owned(), |g| g.to_string());
            format!("{unit} {group} {}\n", if lately.contains(unit) { "lately" } else { "-" })
        })
        .collect();
    lines.sort();
    hex::encode(Sha256::digest(lines.concat()))
}

/// So many records by lot: the same list and seed give the same.
#[must_use]
pub fn sample(among: &[EntryId], seed: &str, count: usize) -> Vec<EntryId> {
    let mut order: Vec<(Vec<u8>, EntryId)> = among.iter().map(|id| (lot(seed, id), *id)).collect();
    order.sort();
    order.into_iter().take(count).map(|(_, id)| id).collect()
}

/// Draws by lot: the same list and seed give the same. Those drawn lately come last; of each group so many, then on to the
/// share of all.
#[must_use]
pub fn draw(
    draw: &Draw,
    among: &[(UnitId, Option<UnitId>)],
    lately: &BTreeSet<UnitId>,
    seed: &str,
) -> Vec<UnitId> {
    let mut order: Vec<(bool, Vec<u8>, UnitId, Option<UnitId>)> =
        among.iter().map(|(unit, group)| (lately.contains(unit), lot(seed, unit), *unit, *group)).collect();
    order.sort();
    if draw.ring {
        return order.into_iter().map(|(_, _, unit, _)| unit).collect();
    }
    let each = draw.count.or(draw.at_least).unwrap_or(0) as usize;
    let groups: BTreeSet<Option<UnitId>> = among.iter().map(|(_, group)| *group).collect();
    let mut out: Vec<UnitId> = Vec::new();
    for group in groups {
        out.extend(order.iter().filter(|(.., g)| *g == group).take(each).map(|(_, _, unit, _)| *unit));
    }
    if let Some(Ratio { part, whole }) = draw.share {
        let wanted = (among.len() * part as usize).div_ceil(whole as usize);
        let more = order.iter().map(|(_, _, unit, _)| *unit).filter(|u| !out.contains(u)).collect::<Vec<_>>();
        let lacking = wanted.saturating_sub(out.len());
        out.extend(more.into_iter().take(lacking));
    }
    out
}
