//! The branch that a cell means: by name, by another name, with or without what stands above it.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use model::{Organisation, Unit, UnitId, UnitKind};

/// Likeness from which another name is offered.
const LIKE: f64 = 0.6;

/// The branches by the names that people write.
pub(crate) struct Branches<'o> {
    organisation: &'o Organisation,
    day: Date,
    by_name: HashMap<String, BTreeSet<UnitId>>,
}

/// A name without what is written or left out at will: blanks, 中共, the name of the institution, 党 before 支部, 委员会.
fn plain(name: &str, institution: &str) -> String {
    let name: String =
        name.chars().filter(|c| !c.is_whitespace() && *c != '/' && *c != '－' && *c != '-').collect();
    let mut rest = name.as_str();
    for head in ["中国共产党", "中共", institution] {
        rest = rest.strip_prefix(head).filter(|r| !r.is_empty()).unwrap_or(rest);
    }
    let name = rest.replace("党支部", "支部").replace("党总支", "总支").replace("总支部", "总支");
    match name.strip_suffix("委员会") {
        Some(stem) if stem.ends_with("支部") || stem.ends_with("总支") => stem.to_owned(),
        _ => name,
    }
}

impl<'o> Branches<'o> {
    pub(crate) fn new(organisation: &'o Organisation, day: Date) -> Self {
        let mut by_name: HashMap<String, BTreeSet<UnitId>> = HashMap::new();
        let plain = |name: &str| plain(name, &organisation.name);
        for unit in organisation.units.iter().filter(|u| u.kind == UnitKind::Branch) {
            let above = unit.parent.and_then(|p| organisation.unit(p));
            for name in std::iter::once(&unit.name).chain(&unit.aliases) {
                by_name.entry(plain(name)).or_default().insert(unit.id);
                if let Some(above) = above {
                    let own = plain(name);
                    let whole = plain(&above.name);
                    let stem = whole.trim_end_matches("总支").trim_end_matches("党委");
                    by_name.entry(format!("{whole}{own}")).or_default().insert(unit.id);
                    by_name.entry(format!("{stem}{own}")).or_default().insert(unit.id);
                }
            }
        }
        Self { organisation, day, by_name }
    }

    /// 智能制造学院党总支　教工第一党支部.
    pub(crate) fn full_name(&self, id: UnitId) -> String {
        let Some(unit) = self.organisation.unit(id) else { return String::new() };
        match unit.parent.and_then(|p| self.organisation.unit(p)).filter(|p| p.parent.is_some()) {
            Some(above) => format!("{}　{}", above.name, unit.name),
            None => unit.name.clone(),
        }
    }

    /// The branch that `words` mean, `general` being what stands in the column of the general branch.
    pub(crate) fn find(&self, words: &str, general: &str) -> Result<&'o Unit, String> {
        let wanted = plain(words, &self.organisation.name);
        let mut found: Vec<&Unit> = self
            .by_name
            .get(&wanted)
            .into_iter()
            .flatten()
            .filter_map(|id| self.organisation.unit(*id))
            .collect();
        if found.is_empty() {
            return Err(self.unknown(words, &wanted));
        }
        let there: Vec<&Unit> = found.iter().copied().filter(|u| u.exists_on(self.day)).collect();
        if there.is_empty() {
            let gone = found.iter().find_map(|u| u.dissolved.filter(|d| *d <= self.day));
            return Err(match gone {
                Some(day) => format!("“{words}”已于 {day} 撤销"),
                None => format!("“{words}”在 {} 还没有成立", self.day),
            });
        }
        found = there;
        if found.len() > 1 && !general.is_empty() {
            let above = plain(general, &self.organisation.name);
            found.retain(|u| {
                u.parent.and_then(|p| self.organisation.unit(p)).is_some_and(|p| {
                    std::iter::once(&p.name).chain(&p.aliases).any(|n| {
                        plain(n, &self.organisation.name).trim_end_matches("总支")
                            == above.trim_end_matches("总支")
                    })
                })
            });
        }
        match found.as_slice() {
            [one] => Ok(one),
            [] => Err(format!("“{general}”下面没有“{words}”")),
            many => {
                let names: Vec<String> = many.iter().map(|u| self.full_name(u.id)).collect();
                Err(format!("有 {} 个“{words}”：{}。请填所在党总支", many.len(), names.join("；")))
            }
        }
    }

    /// The group of a branch.
    pub(crate) fn group(&self, branch: UnitId, words: &str) -> Result<UnitId, String> {
        let plain = |name: &str| plain(name, &self.organisation.name).replace("党小组", "小组");
        let wanted = plain(words);
        self.organisation
            .units
            .iter()
            .find(|u| {
                u.parent == Some(branch)
                    && u.kind == UnitKind::Group
                    && u.exists_on(self.day)
                    && std::iter::once(&u.name).chain(&u.aliases).any(|n| plain(n) == wanted)
            })
            .map(|u| u.id)
            .ok_or_else(|| format!("这个支部没有“{words}”，党小组由系统管理员在组织树里设"))
    }

    fn unknown(&self, words: &str, wanted: &str) -> String {
        let mut like: Vec<(f64, UnitId)> = self
            .by_name
            .iter()
            .flat_map(|(name, ids)| {
                let how = strsim::normalized_levenshtein(name, wanted);
                ids.iter().map(move |id| (how, *id))
            })
            .filter(|(how, _)| *how >= LIKE)
            .collect();
        like.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        match like.first() {
            Some((_, id)) => format!("没有“{words}”，是否指“{}”", self.full_name(*id)),
            None => format!("没有“{words}”这个支部；组织由系统管理员在组织树里设"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str, kind: UnitKind, parent: Option<UnitId>) -> Unit {
        Unit {
            id: UnitId::fresh(),
            parent,
            kind,
            name: name.to_owned(),
            aliases: Vec::new(),
            traits: BTreeSet::new(),
            sort: 0,
            founded: None,
            dissolved: None,
        }
    }

    #[test]
    fn a_branch_is_found_however_its_name_is_written() {
        let root = unit("中共青梧职业技术学院委员会", UnitKind::Committee, None);
        let one = unit("智能制造学院党总支", UnitKind::GeneralBranch, Some(root.id));
        let two = unit("信息工程学院党总支", UnitKind::GeneralBranch, Some(root.id));
        let a = unit("教工第一党支部", UnitKind::Branch, Some(one.id));
        let b = unit("教工第一党支部", UnitKind::Branch, Some(two.id));
        let mut c = unit("学生第一党支部", UnitKind::Branch, Some(two.id));
        c.dissolved = Some(Date::constant(2022, 1, 1));
        let d = unit("机关第二党支部", UnitKind::Branch, Some(root.id));
        let group = unit("第一党小组", UnitKind::Group, Some(d.id));
        let organisation = Organisation {
            name: "青梧职业技术学院".to_owned(),
            units: vec![root, one, two, a.clone(), b.clone(), c, d.clone(), group.clone()],
        };
        let branches = Branches::new(&organisation, Date::constant(2022, 4, 22));
        let found = |words: &str, general: &str| branches.find(words, general).map(|u| u.id);
        assert_eq!(found("机关第二支部", ""), Ok(d.id));
        assert_eq!(found("中共青梧职业技术学院机关第二党支部委员会", ""), Ok(d.id));
        assert_eq!(found("智能制造学院教工第一党支部", ""), Ok(a.id));
        assert_eq!(found("信息工程学院党总支 教工第一党支部", ""), Ok(b.id));
        assert_eq!(found("教工第一党支部", "信息工程学院党总支"), Ok(b.id));
        assert!(found("教工第一党支部", "").unwrap_err().contains("请填所在党总支"));
        assert!(found("学生第一党支部", "").unwrap_err().contains("撤销"));
        assert!(found("机关第三党支部", "").unwrap_err().contains("是否指“机关第二党支部”"));
        assert!(found("足球队", "").unwrap_err().contains("组织树"));
        assert_eq!(branches.group(d.id, "第一小组"), Ok(group.id));
        assert!(branches.group(d.id, "第九党小组").is_err());
    }
}
