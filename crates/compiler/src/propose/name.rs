//! What a demand is called in a list.

use model::{Cadence, number};

use crate::measure::{Ask, fold_line};

/// A name short enough for a cell: the clause without its number and without the words that only urge.
pub(super) fn short_title(source: &str, ask: &Ask) -> String {
    let mut words = ask.span.of(source).to_owned();
    if let Some(phrase) = ask.phrase
        && ask.span.contains(phrase)
    {
        let (start, end) = (phrase.start - ask.span.start, phrase.end - ask.span.start);
        let inner = deed(words.get(start..end).unwrap_or_default()).to_owned();
        let (before, after) = (words.get(..start).unwrap_or_default(), words.get(end..).unwrap_or_default());
        let kept = format!("{before}{inner}{after}");
        // 半年专项自查 is its own name; 每季度1次 is none.
        if kept.trim_matches(|c: char| !c.is_alphanumeric()).chars().count() >= 4 {
            words = kept;
        }
    }
    let words = fold_line(&words);
    let words = match ask.cadence.as_ref().map(Cadence::core) {
        Some(Cadence::EachBy { .. }) => &words[leading_day(&words)..],
        _ => words.as_str(),
    };
    let marks = |c: char| c.is_whitespace() || "，,、：:。；;".contains(c);
    let mut title: &str = words.trim_matches(marks);
    while let Some(shorter) = URGING
        .iter()
        .find_map(|u| title.strip_prefix(u))
        .map(|t| t.trim_start_matches(marks))
        .filter(|t| t.chars().count() >= 4)
    {
        title = shorter;
    }
    pub(super) const LONGEST: usize = 24;
    if title.chars().count() <= LONGEST {
        return title.to_owned();
    }
    let cut: String = title.chars().take(LONGEST - 1).collect();
    format!("{cut}…")
}

/// What stands between a rhythm and its number, where they go around it: 每学期〔讲授思政课〕不少于4课时. Nothing where they
/// stand together.
fn deed(phrase: &str) -> &str {
    const RHYTHMS: [&str; 14] = [
        "每人每年",
        "每人每学期",
        "每人每季度",
        "每人每月",
        "每学期",
        "每学年",
        "每半年",
        "每季度",
        "每个月",
        "每两个月",
        "每年",
        "每月",
        "每周",
        "全年",
    ];
    let Some(rest) = RHYTHMS.iter().find_map(|r| phrase.strip_prefix(r)) else { return "" };
    const MEASURES: [&str; 16] = [
        "课时", "学时", "小时", "次", "场", "期", "篇", "本", "人", "名", "个", "项", "天", "遍", "轮", "节",
    ];
    let number = |s: &'_ str| {
        s.trim_end_matches(|c: char| c.is_ascii_digit() || "一二三四五六七八九十百两".contains(c)).len()
    };
    // A measure without a number before it is a word of the deed: 讲党课 ends with none.
    let bare = MEASURES.iter().find_map(|m| rest.strip_suffix(m)).map(|bare| (bare, number(bare)));
    let rest = bare.filter(|(bare, end)| *end < bare.len()).map_or(rest, |(bare, end)| &bare[..end]);
    let bounds = ["不少于", "不得少于", "不低于", "不得低于", "至少", "不超过"];
    bounds.iter().find_map(|b| rest.strip_suffix(b)).unwrap_or(rest)
}

/// Length of the day of a period at the head of the words, which the cadence says already: 末25日前, 1—5日, 第二周,
/// 最后一个工作日前.
fn leading_day(words: &str) -> usize {
    let strip = |s: &mut &str, any: &[&str]| {
        let found = any.iter().find_map(|w| s.strip_prefix(w));
        found.map(|rest| *s = rest).is_some()
    };
    let number = |s: &mut &str| number::leading(s).map(|(_, len)| *s = &s[len..]).is_some();
    let mut s = words;
    strip(&mut s, &["末月", "首月", "次月", "末", "首"]);
    strip(&mut s, &["的"]);
    let mut day = false;
    if strip(&mut s, &["最后", "倒数第", "第", "前"]) || number::leading(s).is_some() {
        if !number(&mut s) && !s.starts_with("工作日") {
            return 0;
        }
        day = strip(&mut s, &["个工作日", "工作日", "个星期", "周", "日", "号"]);
        let mut to = s;
        if strip(&mut to, &["至", "到", "—", "-", "–", "－"])
            && number(&mut to)
            && strip(&mut to, &["日", "号"])
        {
            (s, day) = (to, true);
        }
    }
    if !day && !strip(&mut s, &["上旬", "中旬", "下旬", "底前"]) {
        return 0;
    }
    strip(&mut s, &["之前", "以前", "之内", "以内", "前", "内"]);
    words.len() - s.len()
}

/// Words at the head of a clause that urge but name nothing.
pub(super) const URGING: [&str; 14] = [
    "切实",
    "严格",
    "认真",
    "扎实",
    "深入",
    "进一步",
    "积极",
    "持续",
    "落实",
    "执行",
    "确保",
    "做好",
    "抓好",
    "的",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_stands_between_the_rhythm_and_the_number() {
        for (phrase, done) in [
            ("每学期讲授思政课不少于4课时", "讲授思政课"),
            ("每学期到思政课堂讲课不少于1次", "到思政课堂讲课"),
            ("每季度讲党课1次", "讲党课"),
            ("每人每年学习不少于32学时", "学习"),
            ("每季度至少1次", ""),
            ("1次", ""),
        ] {
            assert_eq!(deed(phrase), done, "{phrase}");
        }
    }

    #[test]
    fn the_day_is_no_part_of_the_name() {
        let rest = |words: &'static str| &words[leading_day(words)..];
        for (words, name) in [
            ("末25日前报送小结", "报送小结"),
            ("25日上报台账", "上报台账"),
            ("1—5日报送报表", "报送报表"),
            ("第二周开展学习", "开展学习"),
            ("最后一个工作日前上报台账", "上报台账"),
            ("前5个工作日内公布", "公布"),
            ("第一议题学习", "第一议题学习"),
            ("三会一课检查", "三会一课检查"),
            ("开展学习", "开展学习"),
        ] {
            assert_eq!(rest(words), name);
        }
    }
}
