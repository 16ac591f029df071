//! Deadlines that name an occasion: 七一前, 在党代会召开前, 收到后5个工作日内, 开学后两周内, 全年.

use jiff::civil::date;
use model::{Cadence, DeadlineKind, Due};

use crate::deadline::{Found, NOT_BEFORE, Place, Setting, Term, dash, period};
use crate::{named_days, number};

/// 七一前, “七一”期间, 春节前.
pub(crate) fn festival(place: &Place<'_>) -> Option<Found> {
    let rest = place.rest();
    let quoted = rest.starts_with('“');
    let skip = if quoted { '“'.len_utf8() } else { 0 };
    let (name, day) = named_days::at_start(&rest[skip..])?;
    if !quoted && place.before == Some('“') {
        return None;
    }
    let mut len = skip + name.len();
    if rest[len..].starts_with('”') {
        len += '”'.len_utf8();
    }
    if rest[len..].starts_with('节') {
        len += '节'.len_utf8();
    }
    let mut after = &rest[len..];
    // 五一、国庆节前: the word behind the last of them is that of each.
    let listed = others(after);
    after = &after[listed..];
    const BEFORE: [&str; 10] =
        ["到来之前", "来临之前", "到来前", "来临前", "前夕", "前后", "之前", "以前", "前", "放假前"];
    const ON: [&str; 6] = ["期间", "到来之际", "来临之际", "之际", "当天", "当日"];
    // 教师节慰问老教师: a day at the head of a clause, with what is done on it.
    const DONE: [&str; 10] = ["慰问", "表彰", "走访", "看望", "开展", "举办", "举行", "组织", "召开", "集中"];
    let feast = rest[..len].ends_with(['节', '日']);
    let word = ON.iter().find(|w| after.starts_with(**w)).map(|w| (w.len(), false));
    let word = word
        .or_else(|| BEFORE.iter().find(|w| after.starts_with(**w)).map(|w| (w.len(), *w != "前后")))
        .or_else(|| {
            let does = DONE.iter().any(|w| after.starts_with(w));
            (listed == 0 && feast && does && place.opens_clause()).then_some((0, false))
        });
    let (word, earlier) = word?;
    let word = if listed > 0 { 0 } else { word };
    let cadence = match (day, earlier) {
        (Some((month, day)), true) => {
            // The day before, in any year: no feast here falls on 1 March.
            let eve = date(2023, month, day).yesterday().unwrap_or(date(2023, month, day));
            Cadence::By(Due::MonthDay { month: eve.month(), day: eve.day() })
        }
        (Some((month, day)), false) => Cadence::By(Due::MonthDay { month, day }),
        (None, _) => Cadence::before(name),
    };
    Some(Found::Term { back: 0, len: len + word, kind: DeadlineKind::Date, cadence })
}

/// Length of further named days in a list: 、中秋节和国庆节.
fn others(s: &str) -> usize {
    let mut at = 0;
    while let Some(joint) = ["、", "和", "及", "与"].iter().find(|w| s[at..].starts_with(**w)) {
        let rest = s[at + joint.len()..].trim_start_matches('“');
        let Some((name, _)) = named_days::at_start(rest) else { break };
        let rest =
            rest[name.len()..].trim_start_matches('”').trim_start_matches('节').trim_start_matches('”');
        at = s.len() - rest.len();
    }
    at
}

/// 在党代会召开前: read from 前 backwards to 在 or to the start of the clause.
pub(crate) fn event(place: &Place<'_>) -> Option<Found> {
    const HAPPENINGS: [&str; 22] = [
        "召开",
        "举行",
        "举办",
        "开幕",
        "到来",
        "来临",
        "换届",
        "届满",
        "结束",
        "毕业",
        "离校",
        "离任",
        "到期",
        "验收",
        "党代会",
        "代表大会",
        "教代会",
        "全会",
        "大会",
        "评估",
        "报到",
        "考试",
    ];
    let rest = place.rest();
    let word = ["之前", "前"].iter().find(|w| rest.starts_with(**w))?.len();
    if rest[word..].starts_with(NOT_BEFORE) {
        return None;
    }
    let head = place.head();
    if !HAPPENINGS.iter().any(|w| head.ends_with(w)) {
        return None;
    }
    let clause = clause_start(head, 40);
    let words = &head[clause..];
    let (start, event) = match words.rfind('在').filter(|i| !words[..*i].ends_with('现')) {
        Some(i) => (clause + i, &words[i + '在'.len_utf8()..]),
        None => {
            let bare = ["确保", "力争", "必须", "要", "须", "应"]
                .iter()
                .find_map(|w| words.strip_prefix(w))
                .unwrap_or(words);
            (head.len() - bare.len(), bare)
        }
    };
    if event.is_empty() {
        return None;
    }
    let cadence = Cadence::before(event);
    Some(Found::Term { back: head.len() - start, len: word, kind: DeadlineKind::Event, cadence })
}

/// Where the clause at the end of `head` begins, at most `reach` characters back.
fn clause_start(head: &str, reach: usize) -> usize {
    let mut at = head.len();
    for (n, (i, c)) in head.char_indices().rev().enumerate() {
        if n == reach
            || matches!(c, '。' | '，' | '；' | '：' | '\n' | ',' | ';' | ':' | '（' | '(' | '！' | '？')
            // 毕业生离校前、新生入学后一个月内: a term ends before the 、.
            || (c == '、' && head[..i].ends_with(['前', '内', '底']))
        {
            break;
        }
        at = i;
    }
    at
}

/// 收到后5个工作日内, 自印发之日起10日内, 开学后两周内: so many days after something; a bare duration is none.
pub(crate) fn within(place: &Place<'_>, value: u32, number: usize) -> Option<Found> {
    let after = &place.rest()[number..];
    let ge = if after.starts_with('个') { '个'.len_utf8() } else { 0 };
    let (days, working, word) = [
        ("工作日", 1, true),
        ("自然日", 1, false),
        ("天", 1, false),
        ("日", 1, false),
        ("周", 7, false),
        ("星期", 7, false),
        ("月", 30, false),
    ]
    .into_iter()
    .find(|(w, ..)| after[ge..].starts_with(w))
    .map(|(w, d, working)| (d, working, w.len()))?;
    let tail = ["之内", "以内", "内"].iter().find(|w| after[ge + word..].starts_with(**w))?.len();
    // 受理后，15个工作日内: the comma changes nothing.
    let head = place.head();
    let head = head.strip_suffix('，').filter(|h| h.ends_with('后') || h.ends_with("之日起")).unwrap_or(head);
    let mark = ["之日起", "之后", "以后", "后的", "后", "起"].iter().find(|w| head.ends_with(**w));
    let opening = head.ends_with("开学");
    let cut = match mark {
        Some(w) => head.len() - w.len(),
        None if opening => head.len(),
        None => return None,
    };
    let clause = clause_start(&head[..cut], 24);
    let words = head[clause..cut].trim_start_matches(['自', '在', '于', '从']);
    let start = cut - words.len();
    if words.is_empty() {
        return None;
    }
    let days = u16::try_from(value.checked_mul(days)?).ok()?;
    let cadence = if words.ends_with("开学") {
        Cadence::By(Due::TermStart { days })
    } else {
        Cadence::within(days, working, words)
    };
    Some(Found::Term {
        back: place.at - start,
        len: number + ge + word + tail,
        kind: DeadlineKind::Event,
        cadence,
    })
}

/// 全年, where the cell or label is there to say when.
pub(crate) fn whole_year(place: &Place<'_>) -> Option<Found> {
    let rest = place.rest();
    let len = ["全年度", "全年"].iter().find(|w| rest.starts_with(**w))?.len();
    let first = place.at == 0 || place.before == Some('\n');
    // （全年） at the end of a task.
    let alone = matches!(place.before, Some('（' | '(')) && rest[len..].starts_with(['）', ')']);
    let says_when = alone || place.setting == Setting::Time || (place.setting == Setting::Cell && first);
    (says_when && !place.counted).then(|| period(len, Due::Months { from: 1, to: 12 }))
}

/// The school's own year: 开学初, 学期末, 寒假前, 开学第一周.
pub(crate) fn school(place: &Place<'_>) -> Option<Found> {
    if matches!(place.before, Some('每' | '各')) && place.rest().starts_with('学') {
        return None;
    }
    let before = |event: &str| Cadence::before(event);
    let start = |days| Cadence::By(Due::TermStart { days });
    let (word, kind, cadence) = [
        ("开学第一周", DeadlineKind::Event, start(7)),
        ("开学首周", DeadlineKind::Event, start(7)),
        ("开学初", DeadlineKind::Period, start(14)),
        ("开学前", DeadlineKind::Event, before("开学")),
        ("学期初", DeadlineKind::Period, start(14)),
        ("学期开学初", DeadlineKind::Period, start(14)),
        ("春季学期开学前", DeadlineKind::Event, before("春季学期开学")),
        ("秋季学期开学前", DeadlineKind::Event, before("秋季学期开学")),
        ("春季学期", DeadlineKind::Period, before("春季学期结束")),
        ("秋季学期", DeadlineKind::Period, before("秋季学期结束")),
        ("学期末", DeadlineKind::Period, before("学期结束")),
        ("学期结束前", DeadlineKind::Event, before("学期结束")),
        ("学年末", DeadlineKind::Period, before("学年结束")),
        ("寒假期间", DeadlineKind::Period, Cadence::By(Due::Months { from: 1, to: 2 })),
        ("暑假期间", DeadlineKind::Period, Cadence::By(Due::Months { from: 7, to: 8 })),
        ("暑期期间", DeadlineKind::Period, Cadence::By(Due::Months { from: 7, to: 8 })),
        ("寒暑假前", DeadlineKind::Period, before("放假")),
        ("寒暑假放假前", DeadlineKind::Period, before("放假")),
        ("寒假前", DeadlineKind::Period, before("寒假")),
        ("暑假前", DeadlineKind::Period, before("暑假")),
        ("放假前", DeadlineKind::Period, before("放假")),
    ]
    .into_iter()
    .find(|(w, ..)| place.rest().starts_with(w))?;
    if place.counted {
        return None;
    }
    let mut len = word.len();
    if word.ends_with("季学期") {
        // 秋季学期开学第一课 is a name; the term by itself says when at the head of a clause, or with an end of its own.
        let after = &place.rest()[len..];
        let tail = ["结束之前", "结束前", "期末前", "期末", "末前", "末", "内", "期间", "中"]
            .iter()
            .find(|w| after.starts_with(**w));
        let alone = place.setting == Setting::Time
            || (place.opens_clause()
                && !after.starts_with(['开', '初', '起', '学', '课', '和', '、', '始', '的', '第']));
        if tail.is_none() && !alone {
            return None;
        }
        len += tail.map_or(0, |w| w.len());
    }
    Some(Found::Term { back: 0, len, kind, cadence })
}

/// 第15周, 第10周至12周, 第2周前: weeks of teaching, counted from the start of the term.
pub(crate) fn week(place: &Place<'_>) -> Option<Found> {
    let rest = place.rest().strip_prefix('第')?;
    let (mut n, mut len) = number::leading(rest)?;
    if let Some(dash) = dash(&rest[len..])
        && let Some((last, more)) = number::leading(&rest[len + dash..])
    {
        (n, len) = (last, len + dash + more);
    }
    let after = rest[len..].strip_prefix('周')?;
    len += '周'.len_utf8();
    if let Some(dash) = dash(after) {
        let next = &after[dash..];
        let order = if next.starts_with('第') { '第'.len_utf8() } else { 0 };
        if let Some((last, more)) = number::leading(&next[order..])
            && next[order + more..].starts_with('周')
        {
            (n, len) = (last, len + dash + order + more + '周'.len_utf8());
        }
    }
    let tail = ["之前", "以前", "前", "内", "末"].iter().find(|w| rest[len..].starts_with(**w));
    // 第三周年, 每月第一周.
    let other = rest[len..].starts_with(['年', '岁', '期']) || place.head().ends_with(['月', '季', '度']);
    if other || place.counted || !(1..=26).contains(&n) {
        return None;
    }
    let before = tail.is_some_and(|w| w.ends_with('前'));
    let days = u16::try_from(if before { n - 1 } else { n }).ok()? * 7;
    Some(period('第'.len_utf8() + len + tail.map_or(0, |w| w.len()), Due::TermStart { days }))
}

/// 长期坚持, 持续推进: the whole of a time cell says that there is no day.
pub(crate) fn standing(text: &str) -> Option<Term> {
    const WORDS: [&str; 10] =
        ["长期坚持", "长期", "持续推进", "持续开展", "持续", "贯穿全年", "常年", "经常性", "随时", "即时"];
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || "，。；".contains(c));
    let word = WORDS
        .iter()
        .find(|w| trimmed.starts_with(**w) && trimmed.chars().count() <= w.chars().count() + 2)?;
    let start = text.find(word)?;
    Some(Term { range: start..start + word.len(), kind: DeadlineKind::Period, cadence: Cadence::Standing })
}
