//! The people of an organisation file: who holds which post, and who is a member of which branch.

use std::collections::{HashMap, HashSet};

use jiff::civil::{Date, date};
use model::{Membership, MembershipId, Organisation, Person, PersonId, Post, PostId, Stage, Unit, UnitKind};
use serde::Deserialize;
use toml::Spanned;

/// An organisation with its people, as a file holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    /// The units.
    pub organisation: Organisation,
    /// The people, in the order of the file.
    pub people: Vec<Person>,
    /// Who is at which stage in which branch.
    pub memberships: Vec<Membership>,
    /// Who holds which post.
    pub posts: Vec<Post>,
}

/// `[[person]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonRow {
    name: Spanned<String>,
    unit: Spanned<String>,
    #[serde(default)]
    posts: Vec<String>,
    stage: Option<Spanned<String>>,
}

/// A file says who is there, not since when: always.
const ALWAYS: Date = date(1921, 7, 1);

fn bytes(n: usize, part: usize) -> [u8; 10] {
    let mut out = [0; 10];
    out[..2].copy_from_slice(&u16::try_from(part).unwrap_or(u16::MAX).to_be_bytes());
    out[2..].copy_from_slice(&u64::try_from(n + 1).unwrap_or(u64::MAX).to_be_bytes());
    out
}

/// Adds the people to `roll` and gives what is wrong with them: the place in the file and the sentence.
///
/// Who stands in a branch or a group without a stage is a full member: a file made for posts need not repeat it. Elsewhere
/// nothing is assumed.
pub(crate) fn read(rows: &[Spanned<PersonRow>], units: &[Unit], roll: &mut Roll) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    let aliases = units.iter().flat_map(|u| u.aliases.iter().map(move |a| (a.as_str(), u)));
    let by_name: HashMap<&str, &Unit> = aliases.chain(units.iter().map(|u| (u.name.as_str(), u))).collect();
    let mut seen: HashSet<(&str, &str)> = HashSet::new();
    for (n, row) in rows.iter().enumerate() {
        let row = row.get_ref();
        let name = row.name.get_ref().trim();
        let at = row.name.span().start;
        if name.is_empty() {
            faults.push((at, "人员姓名为空".to_owned()));
        } else if !seen.insert((name, row.unit.get_ref().trim())) {
            faults.push((at, format!("“{name}”在同一组织写了两次；兼任的职务写在一个 posts 里")));
        }
        let Some(unit) = by_name.get(row.unit.get_ref().trim()).copied() else {
            let message = format!("“{name}”所在的组织“{}”不在文件中", row.unit.get_ref());
            faults.push((row.unit.span().start, message));
            continue;
        };
        let person = PersonId::from_parts(0, &bytes(n, 0));
        let in_branch = matches!(unit.kind, UnitKind::Branch | UnitKind::Group);
        let stage = match &row.stage {
            None => in_branch.then_some(Stage::Full),
            Some(word) => {
                let known =
                    Stage::IDS.iter().find(|(id, s)| *id == word.get_ref() || s.word() == word.get_ref());
                if known.is_none() {
                    let words: Vec<_> =
                        Stage::IDS.iter().map(|(id, s)| format!("{id}（{}）", s.word())).collect();
                    let message = format!("身份“{}”不认识；可用：{}", word.get_ref(), words.join("、"));
                    faults.push((word.span().start, message));
                }
                known.map(|k| k.1)
            }
        };
        roll.people.push(Person {
            id: person,
            name: name.to_owned(),
            number: String::new(),
            kind: "staff".to_owned(),
        });
        if let Some(stage) = stage {
            let group = (unit.kind == UnitKind::Group).then_some(unit.id);
            roll.memberships.push(Membership {
                id: MembershipId::from_parts(0, &bytes(n, 0)),
                person,
                branch: group.and(unit.parent).unwrap_or(unit.id),
                group,
                stage,
                since: ALWAYS,
                until: None,
            });
        }
        for (k, title) in row.posts.iter().map(|t| t.trim()).filter(|t| !t.is_empty()).enumerate() {
            roll.posts.push(Post {
                id: PostId::from_parts(0, &bytes(n, k)),
                person,
                unit: unit.id,
                title: title.to_owned(),
                since: ALWAYS,
                until: None,
            });
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use crate::org_file::roll_from_toml;

    const UNITS: &str = "name = \"云岭学院\"\n[[unit]]\nname = \"学校党委\"\nkind = \"committee\"\naliases = [\"党委\"]\n\
        [[unit]]\nname = \"机关支部\"\nkind = \"branch\"\nparent = \"学校党委\"\n";

    #[test]
    fn people_have_a_branch_and_posts() {
        let text = format!(
            "{UNITS}[[person]]\nname = \"沈一苇\"\nunit = \"党委\"\nposts = [\"党委书记\", \"院长\"]\n\
             [[person]]\nname = \"陆远\"\nunit = \"机关支部\"\nstage = \"预备党员\"\n\
             [[person]]\nname = \"何曼\"\nunit = \"机关支部\"\nposts = [\"书记\"]\n"
        );
        let roll = roll_from_toml(&text).unwrap();
        let titles: Vec<_> = roll.posts.iter().map(|p| p.title.as_str()).collect();
        assert_eq!(titles, ["党委书记", "院长", "书记"]);
        let stages: Vec<_> = roll.memberships.iter().map(|m| m.stage.word()).collect();
        assert_eq!(
            stages,
            ["预备党员", "正式党员"],
            "who stands in a branch is a member; the committee is none"
        );
        assert_eq!(roll.people.len(), 3);
        assert_eq!(roll_from_toml(&text).unwrap(), roll, "the same file gives the same people");
    }

    #[test]
    fn faults_of_people_are_told_with_their_line() {
        let text = format!(
            "{UNITS}[[person]]\nname = \"甲\"\nunit = \"乙支部\"\n[[person]]\nname = \"丙\"\nunit = \"机关支部\"\nstage = \"群众\"\n\
             [[person]]\nname = \"丙\"\nunit = \"机关支部\"\n"
        );
        let faults = roll_from_toml(&text).unwrap_err();
        let lines: Vec<_> = faults.0.iter().map(|f| f.line).collect();
        assert_eq!(lines, [12, 16, 18], "{faults}");
    }
}
