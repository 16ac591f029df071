//! The words before the colon of an owner tag: 牵头部门：, 责任单位:, 完成时限：.

use model::OwnerRole;

/// What a label announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Units in a role. 责任 leads when no 牵头 stands in the same tag, so it is told apart from 配合.
    Lead,
    /// 责任、负责、落实.
    Answer,
    /// 配合、参与、协办.
    Help,
    /// Persons who answer: 责任领导, 责任人. They are named as owners only where no unit is.
    Person,
    /// Persons who answer for nothing: 联系人, 分管领导.
    Contact,
    /// 完成时限.
    Time,
    /// 备注, 目标 and the like.
    Other,
}

impl Field {
    /// The role of the units under this label; `led` says whether the tag also names who leads.
    pub(crate) fn role(self, led: bool) -> Option<OwnerRole> {
        match self {
            Self::Lead => Some(OwnerRole::Lead),
            Self::Answer if !led => Some(OwnerRole::Lead),
            Self::Answer | Self::Help => Some(OwnerRole::Responsible),
            Self::Person | Self::Contact | Self::Time | Self::Other => None,
        }
    }
}

/// The verbs of a label, longest first where one begins another.
const VERBS: [(&str, Field); 28] = [
    ("牵头", Field::Lead),
    ("牽頭", Field::Lead),
    ("責任", Field::Answer),
    ("負責", Field::Answer),
    ("參與", Field::Help),
    ("主办", Field::Lead),
    ("主责", Field::Lead),
    ("主抓", Field::Lead),
    ("主要责任", Field::Lead),
    ("第一责任", Field::Lead),
    ("总负责", Field::Lead),
    ("责任", Field::Answer),
    ("负责", Field::Answer),
    ("承办", Field::Answer),
    ("落实", Field::Answer),
    ("实施", Field::Answer),
    ("执行", Field::Answer),
    ("承担", Field::Answer),
    ("其他责任", Field::Help),
    ("其它责任", Field::Help),
    ("配合", Field::Help),
    ("参与", Field::Help),
    ("参加", Field::Help),
    ("协办", Field::Help),
    ("协同", Field::Help),
    ("协助", Field::Help),
    ("协作", Field::Help),
    ("支持", Field::Help),
];

/// What the label speaks of.
const UNITS: [&str; 22] = [
    "部门",
    "單位",
    "部門",
    "单位",
    "科室",
    "处室",
    "机构",
    "党组织",
    "党支部",
    "支部",
    "组织",
    "学院",
    "院系",
    "院部",
    "股室",
    "部室",
    "区县",
    "主体",
    "方",
    "党委",
    "总支",
    "",
];
const PERSONS: [&str; 10] =
    ["领导", "校领导", "院领导", "人员", "人", "负责人", "同志", "书记", "教师", "干部"];
const TIMES: [&str; 22] = [
    "完成时限",
    "完成时间",
    "完成日期",
    "完成节点",
    "完成期限",
    "办结时限",
    "时限要求",
    "时间要求",
    "时间节点",
    "时间安排",
    "时间进度",
    "进度安排",
    "进度要求",
    "整改时限",
    "落实时限",
    "推进时间",
    "实施时间",
    "截止时间",
    "时限",
    "时间",
    "期限",
    "进度",
];
const OTHERS: [&str; 12] = [
    "备注",
    "说明",
    "联系电话",
    "电话",
    "责任目标",
    "工作目标",
    "预期成果",
    "成果形式",
    "考核指标",
    "考核要点",
    "督办单位",
    "验收单位",
];

/// Field and length of the label at the start of `s`, its colon or its brackets (【牵头部门】) included.
pub(crate) fn at_start(s: &str) -> Option<(Field, usize)> {
    let first = s.chars().next()?;
    if let '【' | '[' | '［' = first {
        let open = first.len_utf8();
        let (field, len) = words(&s[open..])?;
        let close = s[open + len..].chars().next().filter(|c| matches!(c, '】' | ']' | '］'))?;
        let end = open + len + close.len_utf8();
        let colon = s[end..].chars().next().filter(|c| matches!(c, '：' | ':')).map_or(0, char::len_utf8);
        return Some((field, end + colon));
    }
    if !"第牵牽責負參主第总责负承落实执其配参协支分联完办时整推截期进备说电工预成考督验挂包".contains(first)
    {
        return None;
    }
    let (field, len) = words(s)?;
    let colon = s[len..].chars().next().filter(|c| matches!(c, '：' | ':'))?;
    Some((field, len + colon.len_utf8()))
}

/// The field of a label that is not in the lists (其他单位, 院级责任部门), by what it speaks of and the verb in it: who
/// leads, who answers, who only helps. None for words that are no label.
pub(crate) fn unknown(label: &str) -> Option<Field> {
    const FIRST: [&str; 6] = ["牵头", "主要", "首要", "第一", "主责", "主管"];
    const OTHER: [&str; 8] = ["督办", "监督", "考核", "验收", "填报", "报送", "审核", "指导"];
    let count = label.chars().count();
    let plain = label.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    if !(2..=10).contains(&count) || !plain {
        return None;
    }
    let has = |words: &[&str]| words.iter().any(|w| label.contains(w));
    let noun = |words: &[&str]| words.iter().any(|w| !w.is_empty() && label.ends_with(w));
    let verb = VERBS.iter().find(|(w, _)| label.contains(w)).map(|v| v.1);
    if noun(&PERSONS) {
        return Some(if verb.is_some() { Field::Person } else { Field::Contact });
    }
    if noun(&TIMES) {
        return Some(Field::Time);
    }
    if !noun(&UNITS[..UNITS.len() - 1]) {
        return OTHERS.contains(&label).then_some(Field::Other);
    }
    if has(&OTHER) {
        return Some(Field::Other);
    }
    Some(match verb {
        _ if has(&FIRST) => Field::Lead,
        Some(Field::Answer) => Field::Answer,
        _ => Field::Help,
    })
}

/// Whether `s` begins with the label of what is to be done: 工作内容：, 具体措施：.
pub(crate) fn is_content(s: &str) -> bool {
    const NOUNS: [&str; 8] = ["任务", "内容", "措施", "举措", "要求", "目标", "事项", "做法"];
    let near = s.char_indices().nth(8).map_or(s, |(i, _)| &s[..i]);
    near.split_once(['：', ':']).is_some_and(|(label, _)| NOUNS.iter().any(|n| label.ends_with(n)))
}

/// Field and length of a label without its colon.
pub(crate) fn words(s: &str) -> Option<(Field, usize)> {
    if let Some(w) = TIMES.iter().find(|w| s.starts_with(*w)) {
        return Some((Field::Time, w.len()));
    }
    if let Some(w) = OTHERS.iter().find(|w| s.starts_with(*w)) {
        return Some((Field::Other, w.len()));
    }
    for w in ["分管", "联系", "联络", "挂点", "包保", "挂钩", "督导", "具体承办"] {
        if let Some(rest) = s.strip_prefix(w) {
            // 分管：李明 names the person at once.
            let at_once = w == "分管" && (rest.is_empty() || rest.starts_with(['：', ':']));
            let noun = longest(&PERSONS, rest).or(at_once.then_some(0))?;
            return Some((Field::Contact, w.len() + noun));
        }
    }
    // 牵头责任部门, 牵头（责任）部门, 责任及配合单位: the first verb decides, the rest only makes the label longer.
    let (field, mut at) = verb(s)?;
    loop {
        let rest = &s[at..];
        let link = rest
            .chars()
            .next()
            .filter(|c| matches!(c, '（' | '(' | '）' | ')' | '和' | '及' | '与' | '或' | '、' | '/'))
            .map_or(0, char::len_utf8);
        match verb(&rest[link..]) {
            Some((_, len)) => at += link + len,
            None if link > 0 && rest.starts_with(['）', ')']) => at += link,
            None => break,
        }
    }
    let rest = &s[at..];
    if let Some(person) = longest(&PERSONS, rest) {
        return Some((Field::Person, at + person));
    }
    let unit = longest(&UNITS, rest)?;
    Some((field, at + unit))
}

fn verb(s: &str) -> Option<(Field, usize)> {
    VERBS.iter().find(|(w, _)| s.starts_with(w)).map(|(w, f)| (*f, w.len()))
}

fn longest(words: &[&str], s: &str) -> Option<usize> {
    words.iter().filter(|w| s.starts_with(**w)).map(|w| w.len()).max()
}

/// The label that ends at the colon or closing bracket at byte `colon` of `s`: its field and where it begins. Nothing need stand before
/// it (A责任部门：B, where a line wrap took the separator).
pub(crate) fn before_colon(s: &str, colon: usize) -> Option<(Field, usize)> {
    let last = s[colon..].chars().next()?;
    let colon_len = last.len_utf8();
    let bracketed = !matches!(last, '：' | ':');
    let mut found = None;
    for (n, (at, c)) in s[..colon].char_indices().rev().enumerate() {
        if n == 14 || matches!(c, '。' | '；' | '，' | ';' | ',' | '\n') {
            break;
        }
        if bracketed && !matches!(c, '【' | '[' | '［') {
            continue;
        }
        if let Some((field, len)) = at_start(&s[at..])
            && at + len == colon + colon_len
        {
            found = Some((field, at));
        }
    }
    found
}

/// The field of a table column with this heading.
pub(crate) fn of_column(heading: &str) -> Option<Field> {
    let (field, len) = words(heading)?;
    let rest = &heading[len..];
    (rest.is_empty() || rest.starts_with(['（', '(', '/', '、', '及', '和'])).then_some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        for (s, field) in [
            ("牵头部门：甲", Field::Lead),
            ("牵头：甲", Field::Lead),
            ("牵头责任部门：甲", Field::Lead),
            ("牵头（责任）单位:甲", Field::Lead),
            ("主要责任单位：甲", Field::Lead),
            ("责任单位：甲", Field::Answer),
            ("责任科室:甲", Field::Answer),
            ("其他责任单位：甲", Field::Help),
            ("配合部门：甲", Field::Help),
            ("参与单位：甲", Field::Help),
            ("责任领导：甲", Field::Person),
            ("牵头领导：甲", Field::Person),
            ("责任人：甲", Field::Person),
            ("联系人：甲", Field::Contact),
            ("【牵头部门】甲", Field::Lead),
            ("[完成时限]：甲", Field::Time),
            ("完成时限：甲", Field::Time),
            ("备注：甲", Field::Other),
        ] {
            assert_eq!(at_start(s).map(|l| l.0), Some(field), "{s}");
        }
    }

    #[test]
    fn not_labels() {
        for s in ["责任重大：甲", "牵头开好教职工大会：", "落实到人", "具体措施：", "负责人"]
        {
            assert_eq!(at_start(s), None, "{s}");
        }
    }

    #[test]
    fn label_without_separator() {
        let s = "甲处责任部门：乙处";
        let colon = s.find('：').expect("the sample has a colon");
        assert_eq!(before_colon(s, colon), Some((Field::Answer, "甲处".len())));
        assert_eq!(of_column("责任科室"), Some(Field::Answer));
        assert_eq!(of_column("完成时限"), Some(Field::Time));
        assert_eq!(of_column("责任落实情况"), None);
    }
}
