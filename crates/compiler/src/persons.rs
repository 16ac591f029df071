//! People as the subject of a clause: 党委书记、校长每学期…, 领导班子成员…, 每名党员….

use model::{Bearers, number};
use rulebook::{Lexicon, Persons};

use crate::measure::fold_line;

/// People who do what a clause asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) bearers: Bearers,
    /// As the document names them.
    pub(crate) names: Vec<String>,
}

/// What may stand before the subject: when it is done, or that it is asked.
const BEFORE: [&str; 17] = [
    "每学期",
    "每学年",
    "每半年",
    "每季度",
    "每个月",
    "每年",
    "每月",
    "每周",
    "全年",
    "年内",
    "要求",
    "推动",
    "落实",
    "坚持",
    "由",
    "确保",
    "组织",
];

/// Characters with which a clause goes on after people: when, how often, or what they do. 党委书记例会 and 校长办公会 are no
/// people.
const DOES: &str = "每全要应须至在上下年按定及负开召制完落对结把将以抓做加认围坚一二三四五六七八九十两讲走深参带到联给为分亲率主撰写研学听调作均各都同与人";

/// The people by whose name a clause begins.
pub(crate) fn subject(clause: &str, lexicon: &Lexicon) -> Option<Who> {
    let text = fold_line(clause);
    let mut rest = text.trim_start();
    while let Some(after) = BEFORE.iter().find_map(|b| rest.strip_prefix(b)) {
        rest = after.trim_start_matches(['，', ',']);
    }
    let mut found: Vec<&Persons> = Vec::new();
    while let Some(named) = lexicon.persons().iter().find(|p| rest.starts_with(p.name.as_str())) {
        rest = &rest[named.name.len()..];
        found.push(named);
        match ["、", "和", "及", "与"].iter().find_map(|j| rest.strip_prefix(j)) {
            // 党委书记、组织部 are a person and an office: whoever is known is taken.
            Some(more) if lexicon.persons().iter().any(|p| more.starts_with(p.name.as_str())) => rest = more,
            _ => break,
        }
    }
    let next = rest.chars().next()?;
    if found.is_empty()
        || !(DOES.contains(next) || number::digit(next).is_some())
        || rest.starts_with("主持工作")
    {
        return None;
    }
    let bearers = Bearers {
        posts: found.iter().flat_map(|p| p.posts.iter().cloned()).collect(),
        members: found.iter().any(|p| p.members),
        ..Bearers::default()
    };
    // Each member and each holder of a post are not one kind of duty; the wider one holds.
    let bearers = if bearers.members { Bearers { members: true, ..Bearers::default() } } else { bearers };
    Some(Who { bearers, names: found.iter().map(|p| p.name.clone()).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulebook::Rulebook;

    #[test]
    fn who_does_it() {
        let rulebook = Rulebook::built_in().expect("the built-in rulebook");
        let names = |clause| subject(clause, rulebook.lexicon()).map(|w| w.names.join("、"));
        for (clause, want) in [
            ("党委书记、校长每学期讲授思政课不少于4课时", "党委书记、校长"),
            ("每学期党委书记和校长讲1次思政课", "党委书记、校长"),
            ("学校领导班子成员每学期讲党课1次", "学校领导班子成员"),
            ("其他班子成员每学期讲党课不少于1次", "其他班子成员"),
            ("党支部书记每年讲1次党课", "党支部书记"),
            ("每名党员每年参加2次志愿服务", "每名党员"),
        ] {
            assert_eq!(names(clause).as_deref(), Some(want), "{clause}");
        }
        for clause in
            ["党委书记例会每月1次", "校长办公会每月1次", "每月召开党支部书记例会", "书记工作", "校领导"]
        {
            assert_eq!(names(clause), None, "{clause}");
        }
    }
}
