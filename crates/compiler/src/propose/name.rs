//! What a demand is called in a list.

use crate::measure::{Ask, fold_line};

/// A name short enough for a cell: the clause without its number and without the words that only urge.
pub(super) fn short_title(source: &str, ask: &Ask) -> String {
    let mut words = ask.span.of(source).to_owned();
    if let Some(phrase) = ask.phrase
        && ask.span.contains(phrase)
    {
        let (start, end) = (phrase.start - ask.span.start, phrase.end - ask.span.start);
        let kept =
            format!("{}{}", words.get(..start).unwrap_or_default(), words.get(end..).unwrap_or_default());
        // 半年专项自查 is its own name; 每季度1次 is none.
        if kept.trim_matches(|c: char| !c.is_alphanumeric()).chars().count() >= 4 {
            words = kept;
        }
    }
    let words = fold_line(&words);
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
