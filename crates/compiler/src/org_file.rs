//! The organisation as a TOML file: for `--org`, and for people who prefer an editor to a page.
//!
//! ```toml
//! name = "某职业学院"
//!
//! [[unit]]
//! name = "学校党委"
//! kind = "committee"
//!
//! [[unit]]
//! name = "党委办公室"
//! kind = "department"
//! parent = "学校党委"
//! aliases = ["党办"]
//!
//! [[person]]
//! name = "沈一苇"
//! unit = "学校党委"
//! posts = ["党委书记"]
//! stage = "full"
//! ```
//!
//! People are asked for by `compile` only: who holds a post, and who is a member of which branch.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use model::{Organisation, Unit, UnitId, UnitKind};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::org_people::{self, PersonRow, Roll};

/// One thing wrong in an organisation file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgFault {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, in Chinese.
    pub message: String,
}

/// All that is wrong in an organisation file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgFaults(pub Vec<OrgFault>);

impl fmt::Display for OrgFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            let end = if n == 0 { "" } else { "\n" };
            write!(f, "{end}第{}行：{}", fault.line, fault.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for OrgFaults {}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    name: String,
    #[serde(default)]
    unit: Vec<Spanned<Row>>,
    #[serde(default)]
    person: Vec<Spanned<PersonRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: Spanned<String>,
    kind: Spanned<String>,
    parent: Option<Spanned<String>>,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
    #[serde(default)]
    traits: BTreeSet<String>,
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}

/// Identifier of the unit in row `n`: the same file always gives the same organisation.
fn id_of_row(n: usize) -> UnitId {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&u64::try_from(n + 1).unwrap_or(u64::MAX).to_be_bytes());
    UnitId::from_parts(0, &bytes)
}

/// Reads an organisation: name, `[[unit]]` with name, kind, parent (by name), aliases, traits.
///
/// # Errors
///
/// Every fault of the file at once: syntax, unknown kinds and parents, names said twice, circles.
pub fn org_from_toml(text: &str) -> Result<Organisation, OrgFaults> {
    roll_from_toml(text).map(|roll| roll.organisation)
}

/// Reads an organisation with its people: `[[person]]` with name, unit (by name or alias), posts, stage.
///
/// # Errors
///
/// Every fault of the file at once, as [`org_from_toml`]; of people also units that are not in the file, stages that are
/// none, and somebody who is written twice in one unit.
pub fn roll_from_toml(text: &str) -> Result<Roll, OrgFaults> {
    let file: File = toml::from_str(text).map_err(|e| {
        let line = line_of(text, e.span().map_or(0, |s| s.start));
        OrgFaults(vec![OrgFault { line, message: format!("组织文件写法有误：{}", e.message()) }])
    })?;
    let mut faults = Vec::new();
    let mut say = |at: usize, message: String| faults.push(OrgFault { line: line_of(text, at), message });
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    for (n, row) in file.unit.iter().enumerate() {
        let name = &row.get_ref().name;
        if name.get_ref().trim().is_empty() {
            say(name.span().start, "组织名称为空".to_owned());
        } else if by_name.insert(name.get_ref(), n).is_some() {
            say(name.span().start, format!("组织“{}”写了两次", name.get_ref()));
        }
    }
    if file.unit.is_empty() {
        say(0, "没有任何组织；用 [[unit]] 逐个写明".to_owned());
    }
    let mut parents = vec![None; file.unit.len()];
    let mut units = Vec::with_capacity(file.unit.len());
    for (n, row) in file.unit.iter().enumerate() {
        let row = row.get_ref();
        let kind = UnitKind::IDS
            .iter()
            .find(|(word, k)| *word == row.kind.get_ref() || k.word() == row.kind.get_ref());
        if kind.is_none() {
            let words: Vec<_> = UnitKind::IDS.iter().map(|(w, k)| format!("{w}（{}）", k.word())).collect();
            say(
                row.kind.span().start,
                format!("组织种类“{}”不认识；可用：{}", row.kind.get_ref(), words.join("、")),
            );
        }
        if let Some(parent) = &row.parent {
            match by_name.get(parent.get_ref().as_str()) {
                Some(p) => parents[n] = Some(*p),
                None => say(parent.span().start, format!("上级组织“{}”不在文件中", parent.get_ref())),
            }
        }
        for alias in &row.aliases {
            if by_name.get(alias.get_ref().as_str()).is_some_and(|other| *other != n) {
                say(alias.span().start, format!("别名“{}”是另一组织的名称", alias.get_ref()));
            }
        }
        units.push(Unit {
            id: id_of_row(n),
            parent: parents[n].map(id_of_row),
            kind: kind.map_or(UnitKind::Department, |k| k.1),
            name: row.name.get_ref().trim().to_owned(),
            aliases: row.aliases.iter().map(|a| a.get_ref().trim().to_owned()).collect(),
            traits: row.traits.clone(),
            sort: i32::try_from(n).unwrap_or(i32::MAX),
            founded: None,
            dissolved: None,
        });
    }
    let mut good = vec![false; units.len()];
    for (n, unit) in units.iter().enumerate() {
        let mut path = vec![n];
        let mut at = n;
        while let Some(p) = parents[at].filter(|p| !good[*p]) {
            if path.contains(&p) {
                let start = file.unit[n].get_ref().name.span().start;
                say(start, format!("组织“{}”是自己的上级", unit.name));
                break;
            }
            path.push(p);
            at = p;
        }
        for p in path {
            good[p] = true;
        }
    }
    let mut roll = Roll::default();
    for (at, message) in org_people::read(&file.person, &units, &mut roll) {
        say(at, message);
    }
    if faults.is_empty() {
        Ok(Roll { organisation: Organisation { name: file.name, units: parents_first(units) }, ..roll })
    } else {
        faults.sort_by_key(|f| f.line);
        Err(OrgFaults(faults))
    }
}

/// Parents before children, siblings in the order of the file.
fn parents_first(units: Vec<Unit>) -> Vec<Unit> {
    let mut children: HashMap<Option<UnitId>, Vec<Unit>> = HashMap::new();
    for unit in units {
        children.entry(unit.parent).or_default().push(unit);
    }
    let mut out = Vec::new();
    let mut next: Vec<Unit> = children.remove(&None).unwrap_or_default();
    next.reverse();
    while let Some(unit) = next.pop() {
        let below = children.remove(&Some(unit.id)).unwrap_or_default();
        out.push(unit);
        next.extend(below.into_iter().rev());
    }
    out
}

#[derive(Serialize)]
struct FileOut<'o> {
    name: &'o str,
    unit: Vec<RowOut<'o>>,
}

#[derive(Serialize)]
struct RowOut<'o> {
    name: &'o str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'o str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    aliases: &'o [String],
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    traits: &'o BTreeSet<String>,
}

/// Writes an organisation as [`org_from_toml`] reads it. Units whose names are said twice cannot come back from it.
#[must_use]
pub fn org_to_toml(organisation: &Organisation) -> String {
    let names: HashMap<UnitId, &str> = organisation.units.iter().map(|u| (u.id, u.name.as_str())).collect();
    let rows = organisation
        .units
        .iter()
        .map(|u| RowOut {
            name: &u.name,
            kind: UnitKind::IDS.iter().find(|(_, k)| *k == u.kind).map_or("department", |(w, _)| w),
            parent: u.parent.and_then(|p| names.get(&p).copied()),
            aliases: &u.aliases,
            traits: &u.traits,
        })
        .collect();
    toml::to_string(&FileOut { name: &organisation.name, unit: rows })
        .expect("names and lists of names are always TOML")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
name = "云岭职业学院"

[[unit]]
name = "机电党支部"
kind = "branch"
parent = "机电党总支"
traits = ["staff"]

[[unit]]
name = "学校党委"
kind = "党委"

[[unit]]
name = "机电党总支"
kind = "general_branch"
parent = "学校党委"
aliases = ["机电总支"]
"#;

    #[test]
    fn parents_come_first_and_the_file_comes_back() {
        let org = org_from_toml(GOOD).unwrap();
        let names: Vec<_> = org.units.iter().map(|u| u.name.as_str()).collect();
        assert_eq!(names, ["学校党委", "机电党总支", "机电党支部"]);
        let again = org_from_toml(&org_to_toml(&org)).unwrap();
        let shape = |o: &Organisation| {
            o.units
                .iter()
                .map(|u| (u.name.clone(), u.kind, u.aliases.clone(), u.traits.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(shape(&again), shape(&org));
        assert_eq!(org_from_toml(GOOD).unwrap(), org, "the same file gives the same identifiers");
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let bad = "name = \"甲\"\n[[unit]]\nname = \"乙\"\nkind = \"支部\"\nparent = \"丙\"\n[[unit]]\nname = \"乙\"\nkind = \"branch\"\n";
        let faults = org_from_toml(bad).unwrap_err();
        let lines: Vec<_> = faults.0.iter().map(|f| f.line).collect();
        assert_eq!(lines, [4, 5, 7], "{faults}");
        assert!(org_from_toml("name = ").unwrap_err().to_string().starts_with("第1行"));
        assert!(org_from_toml("").is_err());
        let circle = "[[unit]]\nname = \"甲\"\nkind = \"branch\"\nparent = \"乙\"\n[[unit]]\nname = \"乙\"\nkind = \"branch\"\nparent = \"甲\"\n";
        assert!(org_from_toml(circle).unwrap_err().to_string().contains("自己的上级"));
    }
}
