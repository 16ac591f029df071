//! `luoshi rulebook check` and `test`: mistakes in rule files, each under the words in question, and walks through the
//! procedures that go otherwise than they say.

use std::path::Path;

use rulebook::{RuleFault, Rulebook};
use runtime::walk::{Played, play};

use super::{FAULTY, Refusal, WELL, say};
use crate::draw::Drawing;

/// Checks the built-in rulebook, and over it the institution's own folder when one is given.
pub(super) fn check(dir: Option<&Path>) -> Result<u8, Refusal> {
    there(dir)?;
    match Rulebook::load(dir) {
        Ok(book) => {
            for fault in book.left_out() {
                say(&format!("停用的内置流程：{fault}\n"));
            }
            say(&format!(
                "规则库没有错误：机制{}项，要求{}项，流程{}种，台账{}种，制度{}部（版本 {}）\n",
                book.mechanisms().len(),
                book.obligations().len(),
                book.workflows().count(),
                book.ledgers().len(),
                book.regulations().len(),
                book.version().get(..12).unwrap_or_else(|| book.version())
            ));
            Ok(WELL)
        }
        Err(faults) => Ok(told(&faults)),
    }
}

/// Plays the walks of the built-in rulebook, or of a folder with the institution's own files laid over it.
pub(super) fn test(dir: Option<&Path>, json: bool) -> Result<u8, Refusal> {
    there(dir)?;
    let book = match Rulebook::load(dir) {
        Ok(book) => book,
        Err(faults) => return Ok(told(&faults)),
    };
    let walks = match rulebook::read_walks(dir) {
        Ok(walks) => walks,
        Err(faults) => return Ok(told(&faults)),
    };
    if walks.is_empty() {
        return Err(Refusal {
            message: "没有找到行走（[[walk]]）".to_owned(),
            help: "写在文件夹里的 *.toml、walks/ 或 tests/workflows/ 中，写法见 docs/rulebook.md".to_owned(),
        });
    }
    let played: Vec<Played> = walks.iter().map(|walk| play(walk, &book)).collect();
    let faults: usize = played.iter().map(|p| p.faults.len()).sum();
    let lines: usize = played.iter().map(|p| p.lines).sum();
    if json {
        let of_walk = |p: &Played| {
            let faults: Vec<_> = p
                .faults
                .iter()
                .map(|f| serde_json::json!({ "line": f.at, "expected": f.expected, "came": f.came }))
                .collect();
            serde_json::json!({ "file": p.file, "line": p.at, "name": p.name, "lines": p.lines, "faults": faults })
        };
        let page = serde_json::json!({
            "walks": played.iter().map(of_walk).collect::<Vec<_>>(),
            "lines": lines,
            "faults": faults,
        });
        say(&format!("{page:#}\n"));
    } else {
        let mut page = String::new();
        for walk in &played {
            for fault in &walk.faults {
                page.push_str(&format!(
                    "{}:{} {}\n  应为 {}\n  实为 {}\n",
                    walk.file, fault.at, walk.name, fault.expected, fault.came
                ));
            }
        }
        page.push_str(&format!("走了{}趟，{lines}步，{faults}处不符\n", played.len()));
        say(&page);
    }
    Ok(if faults == 0 { WELL } else { FAULTY })
}

/// That the folder which was named is there.
fn there(dir: Option<&Path>) -> Result<(), Refusal> {
    match dir {
        Some(dir) if !dir.is_dir() => Err(Refusal {
            message: format!("找不到文件夹 {}", dir.display()),
            help: "请给出放规则文件（*.toml）的文件夹".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Draws mistakes in rule files, and says how many there are.
pub(super) fn told(faults: &[RuleFault]) -> u8 {
    let drawing = Drawing::for_terminal();
    let mut page = String::new();
    for fault in faults {
        let text = std::fs::read_to_string(&fault.file).unwrap_or_default();
        page.push_str(&drawing.rule_fault(fault, &text));
        page.push('\n');
    }
    page.push_str(&format!("规则库有{}处错误\n", faults.len()));
    say(&page);
    FAULTY
}

/// The refusal of a command that needs a rulebook and got these faults instead.
pub(super) fn refusal(faults: &[RuleFault]) -> Refusal {
    let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Refusal {
        message: format!("规则库有错误\n{}", shown.join("\n")),
        help: "用 luoshi rulebook check 查看".to_owned(),
    }
}
