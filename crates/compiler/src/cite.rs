//! Citations: a name in 《》 held against the register of regulations.
//!
//! A title is found right by its folded words, with or without its issuer; found misquoted by likeness to a right title.
//! Likeness asks for nearly everything: where years, place names or the rank of the document (实施意见 beside 意见)
//! differ, another document is meant, and nothing is said.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use model::rule::Regulation;

use crate::fold::fold;

/// What the register says of a cited name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding<'r> {
    /// A right title, in force as far as the register knows.
    Right(&'r Regulation),
    /// A right title but for （试行）, which it still carries.
    TrialMarkMissing(&'r Regulation),
    /// A title that had been replaced on the plan's day.
    Superseded {
        /// What is cited.
        old: &'r Regulation,
        /// What holds on that day.
        by: &'r Regulation,
    },
    /// Close to a right title, but not it.
    Misquoted(&'r Regulation),
    /// Not in the register, or no regulation at all: left in peace.
    Unknown,
}

/// The register, ready to be asked.
#[derive(Debug)]
pub struct Register<'r> {
    regulations: Vec<&'r Regulation>,
    by_id: HashMap<&'r str, usize>,
    /// Folded title, alias, or title without its issuer, to index.
    exact: HashMap<String, usize>,
    /// Titles to be like: (characters, index, whether it is a full title).
    titles: Vec<(Vec<char>, usize)>,
    /// Two characters to the titles that hold them.
    pairs: HashMap<[char; 2], Vec<u32>>,
    left_in_peace: HashSet<String>,
}

/// Central issuers that may stand before 关于 or be left out (中共中央关于… and 关于… are one title). A place name
/// before them makes it another document.
const CENTRAL: [&str; 14] = [
    "中共中央",
    "中央",
    "国务院",
    "全国",
    "教育部",
    "财政部",
    "司法部",
    "公安部",
    "人力资源社会保障部",
    "科技部",
    "共青团中央",
    "中国共产党",
    "中华人民共和国",
    "国家",
];

/// Marks of a document of one place or house, not of the centre.
const LOCAL: [char; 9] = ['省', '市', '县', '区', '州', '校', '院', '司', '我'];

/// Prefixes that writers add to titles which do not have them, or leave off titles which do.
const PREFIXES: [&str; 3] = ["中国共产党", "中华人民共和国", "关于"];

/// What stands at the head of the Party's own regulations, and belongs to their titles.
const PARTY: &str = "中国共产党";

const TRIAL: &str = "(试行)";

/// The folded title with runs of dashes made one and marks inside dropped.
fn key(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut dash = false;
    for c in fold(name).chars() {
        let is_dash = c == '-';
        if !(is_dash && dash || matches!(c, ',' | ';' | ':' | '、' | '。' | '.' | '·')) {
            out.push(c);
        }
        dash = is_dash;
    }
    out
}

/// What an announcement announces: 关于印发《X》的通知 is about X.
fn announced(key: &str) -> Option<&str> {
    let inner = key.strip_suffix("的通知")?;
    let at = inner.find("印发")?;
    inner.get(at + "印发".len()..).filter(|s| !s.is_empty())
}

/// The title from 关于 on, when a central issuer stands before it: 教育部等八部门关于… is 关于….
fn without_issuer(key: &str) -> Option<&str> {
    let at = key.find("关于").filter(|at| *at > 0)?;
    let (issuer, rest) = key.split_at(at);
    (CENTRAL.iter().any(|c| issuer.starts_with(c)) && !issuer.contains(['省', '市', '县'])).then_some(rest)
}

impl<'r> Register<'r> {
    /// Makes the register of the regulations and of the names that are none (《一本通》).
    pub fn new<'n>(
        regulations: impl IntoIterator<Item = &'r Regulation>,
        not_regulations: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        let regulations: Vec<&Regulation> = regulations.into_iter().collect();
        let mut out = Self {
            by_id: regulations.iter().enumerate().map(|(i, r)| (r.id.as_str(), i)).collect(),
            exact: HashMap::new(),
            titles: Vec::new(),
            pairs: HashMap::new(),
            left_in_peace: not_regulations.into_iter().map(key).collect(),
            regulations,
        };
        // Full titles first: an alias never takes the place of another regulation's title.
        for (i, r) in out.regulations.iter().enumerate() {
            out.exact.entry(key(&r.title)).or_insert(i);
        }
        for (i, r) in out.regulations.iter().enumerate() {
            let title = key(&r.title);
            let mut names: Vec<String> = r.aliases.iter().map(|a| key(a)).collect();
            names.extend(without_issuer(&title).map(str::to_owned));
            names.extend(title.strip_prefix("中华人民共和国").map(str::to_owned));
            for name in names {
                out.exact.entry(name).or_insert(i);
            }
        }
        for (i, r) in out.regulations.iter().enumerate() {
            // A title from memory is never offered as a correction.
            if !r.seen {
                continue;
            }
            let full = key(&r.title);
            let mut forms = vec![full.clone()];
            forms.extend(without_issuer(&full).map(str::to_owned));
            for form in forms {
                let chars: Vec<char> = form.chars().collect();
                let number = u32::try_from(out.titles.len()).unwrap_or(u32::MAX);
                let pairs: HashSet<[char; 2]> = chars.windows(2).map(|w| [w[0], w[1]]).collect();
                for pair in pairs {
                    out.pairs.entry(pair).or_default().push(number);
                }
                out.titles.push((chars, i));
            }
        }
        out
    }

    /// What the register says of `name` (without 《》) in a plan written on `day`.
    #[must_use]
    pub fn judge(&self, name: &str, day: Date) -> Finding<'r> {
        let full = key(name);
        if self.left_in_peace.contains(&full) {
            return Finding::Unknown;
        }
        let mut forms = vec![full.as_str()];
        forms.extend(announced(&full));
        forms.extend(without_issuer(&full));
        for form in &forms {
            if let Some(i) = self.exact.get(*form) {
                if self.lacks_issuer(*i, form) {
                    let right = self.in_force(*i, day).unwrap_or(self.regulations[*i]);
                    return Finding::Misquoted(right);
                }
                return self.in_force(*i, day).map_or(Finding::Right(self.regulations[*i]), |by| {
                    Finding::Superseded { old: self.regulations[*i], by }
                });
            }
        }
        for form in &forms {
            let whole = self.exact.get(&format!("{PARTY}{form}"));
            let whole = whole.or_else(|| self.exact.get(&format!("{PARTY}{form}{TRIAL}")));
            if let Some(right) = whole.map(|i| self.in_force(*i, day).unwrap_or(self.regulations[*i]))
                && right.seen
            {
                return Finding::Misquoted(right);
            }
            if let Some(r) = self.exact.get(&format!("{form}{TRIAL}")).map(|i| (*i, self.regulations[*i])) {
                return self
                    .in_force(r.0, day)
                    .map_or(Finding::TrialMarkMissing(r.1), |by| Finding::Superseded { old: r.1, by });
            }
        }
        forms.iter().find_map(|form| self.near(form, day)).unwrap_or(Finding::Unknown)
    }

    /// Whether a name is the title of number `i` without the 中国共产党 at its head, which belongs to it.
    fn lacks_issuer(&self, i: usize, form: &str) -> bool {
        let title = key(&self.regulations[i].title);
        let bare = title.strip_prefix(PARTY).unwrap_or_default();
        self.regulations[i].seen
            && !bare.is_empty()
            && (bare == form || bare.strip_suffix(TRIAL) == Some(form))
    }

    /// The regulation that holds in place of number `i` on `day`; none while `i` itself holds.
    fn in_force(&self, i: usize, day: Date) -> Option<&'r Regulation> {
        let mut now = self.regulations[i];
        // A chain of successors is as long as the register at most: a circle in the data must not hang the reader.
        for _ in 0..self.regulations.len() {
            let Some(next) = now.replaced_by.as_deref().and_then(|id| self.by_id.get(id)) else { break };
            let next = self.regulations[*next];
            let Some(from) = now.replaced_on.or(next.effective).or(next.issued) else { break };
            if from > day {
                break;
            }
            now = next;
        }
        (!std::ptr::eq(now, self.regulations[i])).then_some(now)
    }

    /// A right title so like `form` that nothing else can be meant.
    fn near(&self, form: &str, day: Date) -> Option<Finding<'r>> {
        let misquoted = |i: usize| {
            let right = self.in_force(i, day).unwrap_or(self.regulations[i]);
            right.seen.then_some(Finding::Misquoted(right))
        };
        let mut others: Vec<String> =
            PREFIXES.iter().filter_map(|p| form.strip_prefix(p)).map(str::to_owned).collect();
        others.extend(form.strip_suffix(TRIAL).map(str::to_owned));
        others.extend(form.strip_suffix("的通知").map(str::to_owned));
        others.extend(PREFIXES.iter().take(2).map(|p| format!("{p}{form}")));
        for other in others.iter().filter(|o| o.chars().count() >= 4) {
            if let Some(i) = self.exact.get(other)
                && let Some(found) = misquoted(*i)
            {
                // Prefix left off a title that is long enough to be known by the rest: common and harmless.
                let short_form = other.len() > form.len();
                return Some(if short_form { Finding::Right(self.regulations[*i]) } else { found });
            }
        }
        let cited: Vec<char> = form.chars().collect();
        let mut shared: HashMap<u32, usize> = HashMap::new();
        for pair in cited.windows(2) {
            for t in self.pairs.get(&[pair[0], pair[1]]).into_iter().flatten() {
                *shared.entry(*t).or_default() += 1;
            }
        }
        let mut best: Vec<(usize, usize)> = Vec::new();
        for (t, n) in shared {
            let Some((right, i)) = self.titles.get(t as usize) else { continue };
            // One slip spoils two pairs, three slips six; fewer pairs in common cannot be near enough.
            if n + 7 < right.len().max(cited.len()) {
                continue;
            }
            if let Some(slips) = slips(&cited, right) {
                best.push((slips, *i));
            }
        }
        best.sort_unstable();
        best.dedup();
        let (least, i) = *best.first()?;
        // Two titles equally near: neither is offered.
        if best.iter().any(|(d, j)| *d == least && *j != i) {
            return None;
        }
        misquoted(i)
    }
}

/// How many characters differ, when so few and such differ that the same title must be meant.
fn slips(cited: &[char], right: &[char]) -> Option<usize> {
    let longer = cited.len().max(right.len());
    // One slip in 8 characters: below that, titles of different documents are as near to each other as slips are.
    let most = match longer {
        0..8 => return None,
        8..12 => 1,
        12..22 => 2,
        _ => 3,
    };
    if cited.len().abs_diff(right.len()) > most {
        return None;
    }
    let head = cited.iter().zip(right).take_while(|(a, b)| a == b).count();
    let tail = cited[head..].iter().rev().zip(right[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let ours = &cited[head..cited.len() - tail];
    let theirs = &right[head..right.len() - tail];
    if digits(cited) != digits(right) || rank(cited) != rank(right) {
        return None;
    }
    let local = |part: &[char]| part.iter().any(|c| LOCAL.contains(c));
    if local(ours) && !local(theirs) {
        return None;
    }
    let a: String = ours.iter().collect();
    let b: String = theirs.iter().collect();
    let slips = strsim::osa_distance(&a, &b);
    // The word for the kind of document (办法, 规定) may be wrong by one character, not be another word.
    let kind = |t: &[char]| {
        t.iter()
            .rev()
            .skip_while(|c| !('\u{4e00}'..='\u{9fff}').contains(*c))
            .take(2)
            .copied()
            .collect::<Vec<_>>()
    };
    let kinds_differ = tail == 0 && kind(cited) != kind(right) && !ours.is_empty() && !theirs.is_empty();
    (slips <= if kinds_differ { 1 } else { most }).then_some(slips)
}

fn digits(title: &[char]) -> Vec<char> {
    title.iter().copied().filter(|c| c.is_ascii_digit()).collect()
}

/// Documents that carry out another one (实施意见, 实施细则) are others, however like their titles.
fn rank(title: &[char]) -> usize {
    title
        .windows(2)
        .filter(|w| matches!(w, ['实', '施'] | ['细', '则'] | ['补', '充'] | ['解', '读']))
        .count()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn regulation(id: &str, title: &str) -> Regulation {
        Regulation {
            id: id.to_owned(),
            title: title.to_owned(),
            aliases: Vec::new(),
            issuer: String::new(),
            issued: None,
            effective: None,
            replaced_by: None,
            replaced_on: None,
            seen: true,
        }
    }

    fn register() -> Vec<Regulation> {
        let mut trial = regulation("trial", "中国共产党读书工作条例（试行）");
        trial.replaced_by = Some("final".to_owned());
        trial.replaced_on = Some(date(2020, 12, 21));
        let mut last = regulation("final", "中国共产党读书工作条例");
        last.aliases.push("读书条例".to_owned());
        let mut memory = regulation("memory", "中国共产党书库管理工作暂行办法");
        memory.seen = false;
        vec![
            trial,
            last,
            memory,
            regulation("life", "关于新形势下读书生活的若干准则"),
            regulation("college", "关于加强新时代读书学院建设的意见"),
            regulation("eight", "教育部等八部门关于加快构建高校读书体系的意见"),
            regulation("standard", "高等学校读书课建设标准（2021年本）"),
            regulation("branch", "中国共产党书友支部工作条例（试行）"),
        ]
    }

    /// Code letter and the id that is offered.
    fn judge(name: &str, year: i16) -> String {
        let all = register();
        let register = Register::new(&all, ["读书一本通"]);
        match register.judge(name, date(year, 1, 1)) {
            Finding::Right(r) => format!("right {}", r.id),
            Finding::TrialMarkMissing(r) => format!("trial {}", r.id),
            Finding::Superseded { old, by } => format!("old {} {}", old.id, by.id),
            Finding::Misquoted(r) => format!("wrong {}", r.id),
            Finding::Unknown => "unknown".to_owned(),
        }
    }

    #[test]
    fn right_titles_in_any_writing() {
        assert_eq!(judge("中国共产党读书工作条例", 2022), "right final");
        assert_eq!(judge("读书条例", 2022), "right final");
        assert_eq!(judge("高等学校读书课建设标准(２０２１年本)", 2022), "right standard");
        assert_eq!(judge("教育部等八部门〈关于加快构建高校读书体系的意见〉", 2022), "right eight");
        assert_eq!(judge("关于加快构建高校读书体系的意见", 2022), "right eight");
        assert_eq!(
            judge("中共某委关于印发〈关于加强新时代读书学院建设的意见〉的通知", 2022),
            "right college"
        );
    }

    #[test]
    fn slips_are_told_with_the_right_title() {
        assert_eq!(judge("关于新形势下读书生活若干准则", 2022), "wrong life");
        assert_eq!(judge("中国共产党读书工作条列", 2022), "wrong final");
        assert_eq!(judge("关于中国共产党读书工作条例", 2022), "wrong final");
        assert_eq!(judge("读书工作条例", 2022), "wrong final", "the Party's name belongs to the title");
        assert_eq!(judge("中国共产党书友支部工作条例", 2022), "trial branch");
    }

    #[test]
    fn replaced_titles_from_the_day_of_their_successor() {
        assert_eq!(judge("中国共产党读书工作条例（试行）", 2022), "old trial final");
        assert_eq!(judge("中国共产党读书工作条例（试行）", 2020), "right trial");
    }

    #[test]
    fn other_documents_are_left_in_peace() {
        for other in [
            "读书一本通",
            "关于加强新时代读书学院建设的实施意见",
            "高等学校读书课建设标准（2018年本）",
            "某省读书工作条例",
            "某学院书友支部工作细则",
            "关于新时代图书馆建设的若干意见",
            "书",
            "",
        ] {
            assert_eq!(judge(other, 2022), "unknown", "{other}");
        }
        assert_eq!(
            judge("中国共产党书库管理工作暂行办罚", 2022),
            "unknown",
            "titles from memory are not offered"
        );
    }

    #[test]
    fn a_circle_of_successors_ends() {
        let mut a = regulation("a", "读书工作第一规定");
        a.replaced_by = Some("b".to_owned());
        let mut b = regulation("b", "读书工作第二规定");
        (b.replaced_by, b.issued, a.issued) =
            (Some("a".to_owned()), Some(date(2001, 1, 1)), Some(date(2000, 1, 1)));
        let all = [a, b];
        let register = Register::new(&all, []);
        let _ = register.judge("读书工作第一规定", date(2022, 1, 1));
    }
}
