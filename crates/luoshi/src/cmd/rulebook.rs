//! `luoshi rulebook check`: mistakes in rule files, each under the words in question.

use std::path::Path;

use rulebook::{RuleFault, Rulebook};

use super::{FAULTY, Refusal, WELL, say};
use crate::draw::Drawing;

/// Checks the built-in rulebook, and over it the institution's own folder when one is given.
pub(super) fn check(dir: Option<&Path>) -> Result<u8, Refusal> {
    if let Some(dir) = dir
        && !dir.is_dir()
    {
        return Err(Refusal {
            message: format!("找不到文件夹 {}", dir.display()),
            help: "请给出放规则文件（*.toml）的文件夹".to_owned(),
        });
    }
    match Rulebook::load(dir) {
        Ok(book) => {
            say(&format!(
                "规则库没有错误：机制{}项，要求{}项，台账{}种，制度{}部（版本 {}）\n",
                book.mechanisms().len(),
                book.obligations().len(),
                book.ledgers().len(),
                book.regulations().len(),
                book.version().get(..12).unwrap_or_else(|| book.version())
            ));
            Ok(WELL)
        }
        Err(faults) => {
            let drawing = Drawing::for_terminal();
            let mut page = String::new();
            for fault in &faults {
                let text = std::fs::read_to_string(&fault.file).unwrap_or_default();
                page.push_str(&drawing.rule_fault(fault, &text));
                page.push('\n');
            }
            page.push_str(&format!("规则库有{}处错误\n", faults.len()));
            say(&page);
            Ok(FAULTY)
        }
    }
}

/// The refusal of a command that needs a rulebook and got these faults instead.
pub(super) fn refusal(faults: &[RuleFault]) -> Refusal {
    let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Refusal {
        message: format!("规则库有错误\n{}", shown.join("\n")),
        help: "用 luoshi rulebook check 查看".to_owned(),
    }
}
