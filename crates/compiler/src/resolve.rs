//! Units as a document names them, held against the organisation.
//!
//! A name is a unit's own name, an alias, or one of the forms in which offices shorten or lengthen names; or a collective
//! (各支部); or close enough to a unit that a slip of the pen or of the input method is the likely reason; or unknown.

use std::collections::{BTreeSet, HashMap};

use model::{Organisation, Unit, UnitId, UnitKind};
use pinyin::ToPinyin;
use rulebook::Rulebook;

use crate::fold::fold;

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// One unit.
    Unit(UnitId),
    /// Every unit of these kinds that has all of these traits.
    Collective {
        /// Kinds; empty for a collective of people or of units that the organisation does not hold.
        kinds: BTreeSet<UnitKind>,
        /// Traits.
        traits: BTreeSet<String>,
        /// Every member, each for themselves (全体党员).
        members: bool,
    },
    /// No unit, but close to one.
    Like {
        /// Name of the unit that may be meant.
        guess: String,
        /// The unit.
        unit: UnitId,
    },
    /// No unit that the organisation holds.
    Unknown,
}

/// A collective name of the lexicon: name, kinds, traits, whether each member is meant.
type Collective = (BTreeSet<UnitKind>, BTreeSet<String>, bool);

/// Names held against one organisation.
#[derive(Debug)]
pub struct Resolver<'o> {
    organisation: &'o Organisation,
    /// Folded names, aliases and their usual forms; none where a form fits several units.
    names: HashMap<String, Option<UnitId>>,
    collectives: HashMap<String, Collective>,
    /// For did-you-mean: folded name, its syllables, the unit.
    spellings: Vec<(String, Vec<&'static str>, usize)>,
}

/// Endings of offices that are written for one another (教务处, 教务部, 教务科).
const OFFICE_ENDS: [&str; 6] = ["办公室", "处", "部", "科", "室", "办"];

/// Endings of schools that are written for one another (机电工程学院, 机电工程系).
const SCHOOL_ENDS: [&str; 3] = ["学院", "系", "院"];

/// Words that short forms leave out (资产管理处 is 资产处).
const FILLERS: [&str; 6] = ["管理", "工作", "服务", "指导", "与", "和"];

/// What may stand before a name without changing it.
const BEFORE: [&str; 9] = ["中共", "学校", "学院", "我校", "我院", "本校", "校", "院", "本"];

/// Posts after the name of the unit that they are held in, longer ones before those that they end with.
const POSTS: [&str; 9] =
    ["主要负责人", "党组织书记", "副书记", "负责人", "书记", "副主任", "主任", "全体成员", "班子成员"];

/// Words that make a collective of a kind.
const EVERY: [&str; 9] = ["各级", "各个", "全体", "所有", "全校", "各", "校属", "基层", "本"];

impl<'o> Resolver<'o> {
    /// Makes the tables: once for a document, whatever its length.
    #[must_use]
    pub fn new(organisation: &'o Organisation, rulebook: &Rulebook) -> Self {
        let collectives = rulebook
            .lexicon()
            .collectives()
            .iter()
            .map(|c| (c.name.as_str(), (c.kinds.clone(), c.traits.clone(), c.members)));
        Self::with(organisation, collectives)
    }

    pub(crate) fn with<'n>(
        organisation: &'o Organisation,
        collectives: impl IntoIterator<Item = (&'n str, Collective)>,
    ) -> Self {
        let mut out = Self {
            organisation,
            names: HashMap::with_capacity(organisation.units.len() * 8),
            collectives: collectives.into_iter().map(|(name, c)| (fold(name), c)).collect(),
            spellings: Vec::with_capacity(organisation.units.len() * 2),
        };
        let house = fold(&organisation.name);
        // What a unit is called goes before what it might be called: three rounds, from sure to likely.
        for unit in &organisation.units {
            out.claim(fold(&unit.name), unit.id);
        }
        let mut aliases: HashMap<String, Option<UnitId>> = HashMap::new();
        for unit in &organisation.units {
            for alias in &unit.aliases {
                add(&mut aliases, fold(alias), unit.id);
            }
        }
        let mut forms: HashMap<String, Option<UnitId>> = HashMap::new();
        for (index, unit) in organisation.units.iter().enumerate() {
            for name in std::iter::once(&unit.name).chain(&unit.aliases) {
                let name = fold(name);
                for form in usual_forms(&name, unit, &house) {
                    add(&mut forms, form, unit.id);
                }
                if name.chars().count() >= 2 {
                    let syllables = syllables(&name);
                    out.spellings.push((name, syllables, index));
                }
            }
        }
        for (name, unit) in aliases.into_iter().chain(forms) {
            out.names.entry(name).or_insert(unit);
        }
        out
    }

    fn claim(&mut self, name: String, unit: UnitId) {
        add(&mut self.names, name, unit);
    }

    /// The kind of a unit of the organisation.
    pub(crate) fn kind(&self, unit: UnitId) -> Option<UnitKind> {
        self.organisation.unit(unit).map(|u| u.kind)
    }

    /// Whether there is an organisation to hold names against.
    #[must_use]
    pub fn knows_units(&self) -> bool {
        !self.organisation.units.is_empty()
    }

    /// What `name` means.
    #[must_use]
    pub fn resolve(&self, name: &str) -> Resolution {
        let name = fold(name);
        if name.is_empty() {
            return Resolution::Unknown;
        }
        if let Some(found) = self.exact(&name) {
            return found;
        }
        // 各支部书记, 党委书记: whoever holds the post answers for the unit.
        if let Some(found) = POSTS.iter().find_map(|p| name.strip_suffix(p)).and_then(|unit| self.exact(unit))
        {
            return found;
        }
        self.near(&name)
    }

    /// What a folded name means where nothing need be guessed.
    pub(crate) fn exact(&self, name: &str) -> Option<Resolution> {
        if let Some(Some(unit)) = self.names.get(name) {
            return Some(Resolution::Unit(*unit));
        }
        self.collective(name).or_else(|| self.by_form(name).map(Resolution::Unit))
    }

    fn collective(&self, name: &str) -> Option<Resolution> {
        let as_resolution =
            |c: &Collective| Resolution::Collective { kinds: c.0.clone(), traits: c.1.clone(), members: c.2 };
        if let Some(c) = self.collectives.get(name) {
            return Some(as_resolution(c));
        }
        let bare = EVERY.iter().find_map(|e| name.strip_prefix(e))?;
        let bare = EVERY.iter().find_map(|e| bare.strip_prefix(e)).unwrap_or(bare);
        let other = ["各", "全体", ""].iter().find_map(|e| self.collectives.get(&format!("{e}{bare}")))?;
        Some(as_resolution(other))
    }

    /// The unit that one of the usual forms of `name` names.
    fn by_form(&self, name: &str) -> Option<UnitId> {
        let house = fold(&self.organisation.name);
        without_prefix(name, &house).iter().find_map(|t| {
            let stem = stem(t);
            [Some(t.clone()), stem].into_iter().flatten().find_map(|k| self.names.get(&k).copied().flatten())
        })
    }

    /// The unit whose name is one slip away, by characters or by sound.
    fn near(&self, name: &str) -> Resolution {
        let length = name.chars().count();
        let sounds = syllables(name);
        let mut best: Option<(usize, usize)> = None;
        let mut tie = false;
        for (spelling, syllables, index) in &self.spellings {
            let other = spelling.chars().count();
            let short_form = is_short_form(name, spelling);
            if other.abs_diff(length) > 2 && !short_form {
                continue;
            }
            // What distinguishes a unit is what stands before its ending. Where that is two characters, another
            // character makes another unit (教务处, 财务处), and only the same sound is a slip.
            let allowed = match bare(name).min(bare(spelling)) {
                0..3 => 0,
                3..6 => 1,
                _ => 2,
            };
            let by_sound = if sounds.len() == length && syllables.len() == other {
                strsim::generic_damerau_levenshtein(&sounds, syllables)
            } else {
                usize::MAX
            };
            // Same sound is the nearest of slips; otherwise the characters count.
            let distance = if by_sound == 0 {
                0
            } else {
                strsim::osa_distance(name, spelling).min(by_sound.saturating_add(1))
            };
            let distance = if short_form { distance.min(1) } else { distance };
            if distance > allowed && !short_form {
                continue;
            }
            match best {
                Some((d, i)) if distance == d && i != *index => tie = true,
                Some((d, _)) if distance >= d => {}
                _ => {
                    best = Some((distance, *index));
                    tie = false;
                }
            }
        }
        match best.and_then(|(_, i)| self.organisation.units.get(i)) {
            Some(unit) if !tie => Resolution::Like { guess: unit.name.clone(), unit: unit.id },
            _ => Resolution::Unknown,
        }
    }
}

/// Adds a name; a name that two units claim names neither.
fn add(names: &mut HashMap<String, Option<UnitId>>, name: String, unit: UnitId) {
    if name.is_empty() {
        return;
    }
    names.entry(name).and_modify(|u| *u = u.filter(|u| *u == unit)).or_insert(Some(unit));
}

/// The name without its ending, where the ending is one of several written for one another; the mark keeps stems of
/// offices and of schools apart.
fn stem(name: &str) -> Option<String> {
    for end in OFFICE_ENDS {
        if let Some(stem) = name.strip_suffix(end)
            && stem.chars().count() >= 2
        {
            return Some(format!("{stem}~"));
        }
    }
    for end in SCHOOL_ENDS {
        if let Some(stem) = name.strip_suffix(end)
            && stem.chars().count() >= 2
        {
            return Some(format!("{stem}^"));
        }
    }
    None
}

/// The name, and what is left of it when 中共, the institution's name, 校 and the like are taken off its head.
fn without_prefix(name: &str, house: &str) -> Vec<String> {
    let mut out = vec![name.to_owned()];
    let mut at = 0;
    // 中共云岭职业学院纪委 has two of them; each turn takes one off.
    while let Some(now) = out.get(at).cloned() {
        at += 1;
        for before in BEFORE.iter().copied().chain([house]).filter(|b| !b.is_empty()) {
            if let Some(rest) = now.strip_prefix(before)
                && rest.chars().count() >= 2
                && !out.iter().any(|o| o == rest)
            {
                out.push(rest.to_owned());
            }
        }
    }
    out
}

/// Characters before the ending.
fn bare(name: &str) -> usize {
    let end = OFFICE_ENDS
        .iter()
        .chain(&SCHOOL_ENDS)
        .chain(&["中心", "支部", "委员会", "总支"])
        .find(|e| name.ends_with(*e));
    name.chars().count() - end.map_or(0, |e| e.chars().count())
}

/// Forms in which offices write a unit's name.
fn usual_forms(name: &str, unit: &Unit, house: &str) -> Vec<String> {
    let mut bases = without_prefix(name, house);
    // One office under two names: 组织部（统战部）, 党委办公室、院长办公室.
    for n in 0..bases.len() {
        let parts: Vec<String> = bases[n]
            .split(['(', ')', '、', '/'])
            .filter(|p| p.chars().count() >= 2)
            .map(str::to_owned)
            .collect();
        if parts.len() > 1 {
            bases.extend(parts);
        }
    }
    let mut forms = Vec::new();
    for base in bases {
        // 党委宣传部 is 宣传部; but 党委办公室 is not 办公室.
        if let Some(rest) = base.strip_prefix("党委")
            && rest.chars().count() >= 3
            && rest != "办公室"
        {
            forms.push(rest.to_owned());
            forms.extend(stem(rest));
        }
        for (long, short) in [
            ("纪律检查委员会", "纪委"),
            ("共青团", "团委"),
            ("委员会", "委"),
            ("党总支部", "党总支"),
            ("支部委员会", "支部"),
            ("党支部", "支部"),
            ("支部", "党支部"),
        ] {
            if base.contains(long) && (long != "共青团" || base.ends_with("委员会")) {
                let shorter =
                    if long == "共青团" { short.to_owned() } else { base.replacen(long, short, 1) };
                forms.push(shorter.replace("党党", "党"));
            }
        }
        if unit.kind == UnitKind::Department || unit.kind == UnitKind::MassOrganisation {
            forms.extend(stem(&base));
            let mut lean = base.clone();
            for filler in FILLERS {
                // What is left must still be a name: 管理处 does not become 处.
                if lean.chars().count() > filler.chars().count() + 2 {
                    lean = lean.replacen(filler, "", 1);
                }
            }
            if lean != base {
                forms.extend(stem(&lean));
                forms.push(lean);
            }
            forms.extend(initials(&base));
        } else {
            forms.extend(stem(&base).filter(|s| s.ends_with('^')));
        }
        forms.push(base);
    }
    if unit.kind == UnitKind::Committee {
        forms.extend(["党委", "党委会", "校党委", "院党委"].map(str::to_owned));
    }
    forms
}

/// 党委办公室 is 党办, 学生工作部 is 学工部: first characters of words of two, before the ending.
fn initials(name: &str) -> Option<String> {
    let end = ["办公室", "中心", "处", "部"].iter().find(|e| name.ends_with(*e))?;
    let words: Vec<char> = name.strip_suffix(end)?.chars().collect();
    if words.len() < 2 || !words.len().is_multiple_of(2) || words.len() > 6 {
        return None;
    }
    let mut short: String = words.iter().step_by(2).collect();
    short.push_str(if *end == "办公室" { "办" } else { end });
    Some(short)
}

/// Whether `name` is `long` with characters left out, its end kept, and its head too where it is short.
fn is_short_form(name: &str, long: &str) -> bool {
    let mut rest = long.chars();
    (name.chars().next() == long.chars().next() || name.chars().count() >= 4)
        && name.chars().next_back() == long.chars().next_back()
        && name.chars().count() >= 3
        && name.chars().all(|c| rest.any(|l| l == c))
}

/// The syllables of a name without tones; fewer than its characters when some have none.
fn syllables(name: &str) -> Vec<&'static str> {
    name.to_pinyin().flatten().map(pinyin::Pinyin::plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org_file::org_from_toml;

    const ORG: &str = r#"
name = "云岭职业学院"
unit = [
  { name = "中共云岭职业学院委员会", kind = "committee" },
  { name = "中共云岭职业学院纪律检查委员会", kind = "discipline" },
  { name = "党委办公室", kind = "department", aliases = ["党政办"] },
  { name = "党委组织部（统战部）", kind = "department" },
  { name = "党委宣传部", kind = "department" },
  { name = "教务处", kind = "department" },
  { name = "监察审计处", kind = "department" },
  { name = "国有资产管理处", kind = "department" },
  { name = "招生就业指导中心", kind = "department" },
  { name = "学生工作部", kind = "department" },
  { name = "共青团云岭职业学院委员会", kind = "mass_organisation" },
  { name = "云岭职业学院工会", kind = "mass_organisation" },
  { name = "机电工程学院", kind = "department" },
  { name = "机电工程学院党总支", kind = "general_branch" },
  { name = "机电教工第一党支部", kind = "branch" },
]
"#;

    fn all(names: &[&str]) -> Vec<String> {
        let org = org_from_toml(ORG).unwrap();
        let branch: Collective = (BTreeSet::from([UnitKind::Branch]), BTreeSet::new(), false);
        let members: Collective = (BTreeSet::new(), BTreeSet::new(), true);
        let resolver =
            Resolver::with(&org, [("各支部", branch.clone()), ("党支部", branch), ("全体党员", members)]);
        let name = |id: UnitId| org.unit(id).map(|u| u.name.clone()).unwrap_or_default();
        names
            .iter()
            .map(|n| match resolver.resolve(n) {
                Resolution::Unit(id) => name(id),
                Resolution::Collective { kinds, members, .. } => {
                    format!("{}{}", kinds.len(), if members { "m" } else { "" })
                }
                Resolution::Like { guess, unit } => {
                    assert_eq!(guess, name(unit));
                    format!("?{guess}")
                }
                Resolution::Unknown => "-".to_owned(),
            })
            .collect()
    }

    #[test]
    fn names_aliases_and_usual_forms() {
        assert_eq!(
            all(&["党委办公室", "党政办", "党办", "党委办", "组织部", "统战部", "宣传部", "教务部"]),
            [
                "党委办公室",
                "党委办公室",
                "党委办公室",
                "党委办公室",
                "党委组织部（统战部）",
                "党委组织部（统战部）",
                "党委宣传部",
                "教务处"
            ]
        );
        assert_eq!(
            all(&[
                "党委",
                "学校党委",
                "纪委",
                "校团委",
                "团委",
                "工会",
                "监审处",
                "国有资产处",
                "招生就业中心",
                "学工部"
            ]),
            [
                "中共云岭职业学院委员会",
                "中共云岭职业学院委员会",
                "中共云岭职业学院纪律检查委员会",
                "共青团云岭职业学院委员会",
                "共青团云岭职业学院委员会",
                "云岭职业学院工会",
                "监察审计处",
                "国有资产管理处",
                "招生就业指导中心",
                "学生工作部"
            ]
        );
        assert_eq!(
            all(&["机电工程系", "机电工程学院党总支", "机电教工第一支部"]),
            ["机电工程学院", "机电工程学院党总支", "机电教工第一党支部"]
        );
    }

    #[test]
    fn collectives() {
        assert_eq!(all(&["各支部", "各党支部", "全体党员"]), ["1", "1", "0m"]);
    }

    #[test]
    fn slips_are_guessed_and_strangers_are_not() {
        assert_eq!(all(&["教物处", "党委办公式", "监查审计处"]), ["?教务处", "?党委办公室", "?监察审计处"]);
        assert_eq!(
            all(&["后勤处", "图书馆", "医务室", "", "工委", "财务处"]),
            ["-", "-", "-", "-", "-", "-"]
        );
    }

    #[test]
    fn two_thousand_units_are_no_burden() {
        let mut text = String::from("name = \"大学\"\n");
        for n in 0..2000 {
            text.push_str(&format!("[[unit]]\nname = \"第{n}教工党支部\"\nkind = \"branch\"\n"));
        }
        let org = org_from_toml(&text).unwrap();
        let resolver = Resolver::with(&org, []);
        assert!(matches!(resolver.resolve("第1999教工支部"), Resolution::Unit(_)));
        assert_eq!(resolver.resolve("完全不相干的部门名称"), Resolution::Unknown);
    }
}
