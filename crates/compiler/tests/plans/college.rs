//! An invented college, and the whole way from text to compilation.

use compiler::{Compilation, Context, compile, org_from_toml};
use jiff::civil::Date;
use model::{Organisation, Plan, SourceText};
use rulebook::Rulebook;

pub(crate) const ORG: &str = r#"
name = "云岭职业学院"
unit = [
  { name = "学校党委", kind = "committee" },
  { name = "学校纪委", kind = "discipline", parent = "学校党委" },
  { name = "党委办公室", kind = "department", parent = "学校党委" },
  { name = "党委组织部", kind = "department", parent = "学校党委" },
  { name = "党委宣传部", kind = "department", parent = "学校党委" },
  { name = "教务处", kind = "department", parent = "学校党委" },
  { name = "学校工会", kind = "mass_organisation", parent = "学校党委" },
  { name = "机电党总支", kind = "general_branch", parent = "学校党委" },
  { name = "机电教工党支部", kind = "branch", parent = "机电党总支", traits = ["committee", "staff"] },
  { name = "机电学生党支部", kind = "branch", parent = "机电党总支", traits = ["student"] },
]
"#;

/// A document read and compiled.
pub(crate) struct Read {
    pub(crate) source: SourceText,
    pub(crate) plan: Plan,
    pub(crate) out: Compilation,
}

impl Read {
    /// The diagnostics with this code, as (words, message, replacement).
    pub(crate) fn said(&self, code: &str) -> Vec<(&str, &str, Option<&str>)> {
        self.out
            .diagnostics
            .iter()
            .filter(|d| d.code == code)
            .map(|d| (d.span.of(&self.source.text), d.message.as_str(), d.replacement.as_deref()))
            .collect()
    }

    pub(crate) fn words(&self, code: &str) -> Vec<&str> {
        self.said(code).into_iter().map(|d| d.0).collect()
    }
}

pub(crate) fn college() -> Organisation {
    org_from_toml(ORG).expect("the invented college is well formed")
}

pub(crate) fn built_in() -> Rulebook {
    Rulebook::built_in().unwrap_or_else(|faults| panic!("{faults:?}"))
}

pub(crate) fn read_with(text: &str, org: &Organisation, today: Option<Date>) -> Read {
    let source = SourceText::from_plain("要点.txt", text);
    let plan = plan::read(&source);
    let out = compile(&source, &plan, &built_in(), org, &Context { year: 2022, today });
    Read { source, plan, out }
}

pub(crate) fn read(text: &str) -> Read {
    read_with(text, &college(), None)
}

/// An item of the invented college with the usual owners.
pub(crate) fn item(number: &str, words: &str) -> String {
    format!("{number}.{words}（牵头部门：党委办公室，责任部门：各支部）\n")
}
