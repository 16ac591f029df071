//! `luoshi explain`: the page of a code.

use super::{Refusal, WELL, say};

/// Prints the page.
pub(super) fn run(code: &str) -> Result<u8, Refusal> {
    let page = compiler::explain(code).ok_or_else(|| Refusal {
        message: format!("没有“{code}”这个代码"),
        help: format!("现有代码：{}", compiler::CODES.join("、")),
    })?;
    say(page);
    if !page.ends_with('\n') {
        say("\n");
    }
    Ok(WELL)
}
