//! Which post a title means: 党委书记 is the 书记 of the committee, whatever way the roster or the plan writes it.

use std::collections::BTreeSet;

use model::{Unit, UnitKind};

/// What stands before a title and says in which kind of unit the post is held, longest first.
const WHERE: [(&str, UnitKind); 15] = [
    ("学校党委", UnitKind::Committee),
    ("学院党委", UnitKind::Committee),
    ("校党委", UnitKind::Committee),
    ("院党委", UnitKind::Committee),
    ("党委", UnitKind::Committee),
    ("学校纪委", UnitKind::Discipline),
    ("校纪委", UnitKind::Discipline),
    ("纪委", UnitKind::Discipline),
    ("党总支部", UnitKind::GeneralBranch),
    ("党总支", UnitKind::GeneralBranch),
    ("总支", UnitKind::GeneralBranch),
    ("党支部", UnitKind::Branch),
    ("支部", UnitKind::Branch),
    ("党小组", UnitKind::Group),
    ("小组", UnitKind::Group),
];

/// Heads of the institution. 院长 heads a college, or a faculty of one: the unit tells.
const HEADS: [&str; 6] = ["校长", "院长", "副校长", "副院长", "总会计师", "校长助理"];

/// 班子成员: a title that stands for all those beside it in a demand, and for no post that can be vacant by itself.
pub(crate) const TOGETHER: &str = "班子成员";

/// The kind of unit in which a title is held, where the title says so, and the title without it.
fn apart(title: &str) -> (Option<UnitKind>, &str) {
    for (before, kind) in WHERE {
        if let Some(bare) = title.strip_prefix(before)
            && !bare.is_empty()
        {
            return (Some(kind), bare);
        }
    }
    let head = ["学校", "学院"].iter().find_map(|b| title.strip_prefix(b)).unwrap_or(title);
    (HEADS.contains(&head).then_some(UnitKind::Committee), head)
}

/// Whether a post of this title in this unit is the one that `wanted` names.
pub(crate) fn is_meant(wanted: &str, title: &str, unit: &Unit) -> bool {
    let ((asked, wanted_bare), (said, bare)) = (apart(wanted), apart(title));
    if wanted_bare != bare && wanted != title {
        return false;
    }
    // 党委书记 written in somebody's own branch is the committee's; in a faculty's committee it is that one's.
    let said = said.map(|kind| match (kind, unit.kind) {
        (UnitKind::Committee, UnitKind::GeneralBranch) => UnitKind::GeneralBranch,
        (kind, _) => kind,
    });
    match (asked, said) {
        (Some(a), Some(b)) => a == b && !(bare.ends_with("院长") && unit.kind == UnitKind::Department),
        (Some(kind), None) | (None, Some(kind)) => unit.kind == kind,
        (None, None) => true,
    }
}

/// The ways in which the roster may write one of these titles.
pub(crate) fn ways(wanted: &BTreeSet<String>) -> BTreeSet<String> {
    let mut out = wanted.clone();
    for title in wanted {
        let bare = apart(title).1;
        out.insert(bare.to_owned());
        out.extend(WHERE.iter().map(|(before, _)| format!("{before}{bare}")));
        if HEADS.contains(&bare) {
            out.extend([format!("学校{bare}"), format!("学院{bare}")]);
        }
    }
    out
}

/// The kind of unit that owes what a post is asked for while nobody holds it.
pub(crate) fn home(title: &str) -> Option<UnitKind> {
    if title == TOGETHER { Some(UnitKind::Committee) } else { apart(title).0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::UnitId;

    fn unit(kind: UnitKind) -> Unit {
        Unit {
            id: UnitId::from_parts(1, &[1; 10]),
            parent: None,
            kind,
            name: "某组织".to_owned(),
            aliases: Vec::new(),
            traits: BTreeSet::new(),
            sort: 0,
            founded: None,
            dissolved: None,
        }
    }

    #[test]
    fn a_post_is_known_however_it_is_written() {
        use UnitKind::{Branch, Committee, Department, GeneralBranch};
        for (wanted, title, kind, meant) in [
            ("党委书记", "书记", Committee, true),
            ("党委书记", "党委书记", Committee, true),
            ("党委书记", "党委书记", Branch, true),
            ("学校党委书记", "党委书记", Committee, true),
            ("党委书记", "书记", Branch, false),
            ("党委书记", "党委书记", GeneralBranch, false),
            ("党委书记", "副书记", Committee, false),
            ("党委书记", "党委副书记", Committee, false),
            ("书记", "党支部书记", Branch, true),
            ("书记", "书记", Branch, true),
            ("书记", "党委书记", Branch, false),
            ("党支部书记", "书记", Branch, true),
            ("党总支书记", "党委书记", GeneralBranch, true),
            ("党总支书记", "党委书记", Committee, false),
            ("校长", "校长", Committee, true),
            ("院长", "院长", Committee, true),
            ("院长", "院长", Department, false),
            ("校长", "院长", Committee, false),
            ("部长", "部长", Department, true),
        ] {
            assert_eq!(is_meant(wanted, title, &unit(kind)), meant, "{wanted}: {title} of {kind:?}");
            let found = ways(&BTreeSet::from([wanted.to_owned()])).contains(title);
            assert!(!meant || found, "{wanted}: {title} is looked for");
        }
    }
}
