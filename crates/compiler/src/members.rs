//! What asks something of each member where there is no member.

use model::{Diagnostic, Proposal, Severity};

use crate::check::say;

/// Says of each of `keys`, which the runtime could make no duty of, that the people are lacking (L022).
#[must_use]
pub fn without_members(proposals: &[Proposal], keys: &[String]) -> Vec<Diagnostic> {
    let meant = |p: &&Proposal| keys.contains(&p.key);
    let said = proposals.iter().filter(meant).filter_map(|p| {
        let message = format!("“{}”要求每名党员，名册里没有一名党员", p.title);
        let help = "先导入党员名册（组织文件里写 [[person]]，含 name、unit、stage），应办事项按人产生；要由支部办的，写明“各支部”。";
        Some(say("L022", Severity::Warning, p.origin.span()?, p.item, message, help.to_owned()))
    });
    said.collect()
}
