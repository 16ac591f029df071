//! What a clause counts after its period word: 至少2次, 不低于32学时.

use crate::number;

/// What a clause counts after a period word.
pub(super) enum Count {
    /// A number of times, and where its measure ends.
    Times(u32, usize),
    /// A number of study hours.
    Hours(u32, usize),
    /// A cap and not a rhythm: 每年最高补助100万元.
    Cap,
    None,
}

/// Measures that count occasions.
pub(super) const OCCASIONS: [&str; 13] =
    ["次", "场次", "场", "期", "回", "轮", "遍", "堂", "讲", "节", "篇", "批次", "课次"];
/// Measures that count occasions only after 至少 or 不少于.
const THINGS: [&str; 9] = ["人次", "个", "项", "件", "条", "份", "部", "册", "套"];
/// Measures of people and things that a plan counts: 每年研读2本著作, 走访3户群众, 培养4名积极分子.
const MEASURES: [&str; 14] =
    ["本", "天", "户", "名", "人", "家", "处", "支", "对", "批", "例", "首", "门", "位"];
pub(super) const HOURS: [&str; 6] = ["个学时", "学时", "课时", "个课时", "小时", "个小时"];
const FLOORS: [&str; 8] = ["至少", "不少于", "不低于", "不得少于", "不得低于", "最少", "应达到", "累计"];
const CAPS: [&str; 8] = ["最高", "最多", "不超过", "不得超过", "不高于", "封顶", "上限", "控制在"];

/// How far, in characters, the object may separate the period word from its number (每年研究部署…工作不少于2次).
const REACH: usize = 45;

pub(super) fn count(after: &str, needs: bool) -> Count {
    let mut floor = false;
    let mut skip_to = 0;
    let mut prev = None;
    for (n, (at, c)) in after.char_indices().enumerate() {
        let before = prev.replace(c);
        if n > REACH {
            break;
        }
        if at < skip_to {
            continue;
        }
        match c {
            // A comma straight after the period word changes nothing: 每学期，各支部至少…
            '，' | ',' | '：' | ':' if n == 0 => continue,
            '，' | ',' | '。' | '；' | ';' | '！' | '？' | '\n' | '《' => break,
            '每' if after[at..].starts_with("每次")
                || after[at..].starts_with("每个")
                || after[at..].starts_with("每名") => {}
            '每' => break,
            '全' if after[at..].starts_with("全年") => break,
            _ => {}
        }
        let rest = &after[at..];
        if CAPS.iter().any(|w| rest.starts_with(w)) {
            return Count::Cap;
        }
        floor |= FLOORS.iter().any(|w| rest.starts_with(w));
        let Some((value, len)) = number::leading(rest) else { continue };
        skip_to = at + len;
        if before == Some('第') {
            continue;
        }
        let mut end = len;
        // 1-2次: at least the smaller.
        let tail = &rest[end..];
        if let Some(dash) =
            tail.chars().next().filter(|c| matches!(c, '-' | '—' | '–' | '－' | '~' | '～' | '至' | '到'))
            && let Some((_, more)) = number::leading(&tail[dash.len_utf8()..])
        {
            end += dash.len_utf8() + more;
        }
        let tail = &rest[end..];
        if let Some(w) = HOURS.iter().find(|w| tail.starts_with(**w)) {
            if value > 0 {
                return Count::Hours(value, at + end + w.len());
            }
        } else if let Some(w) = OCCASIONS.iter().filter(|w| tail.starts_with(**w)).max_by_key(|w| w.len()) {
            let next = &tail[w.len()..];
            // 一次性, 一次办好, 一期工程, 一节课堂 are words of their own.
            let word = (*w == "次" && next.starts_with(['性', '办', '告', '申']))
                || next.starts_with("工程")
                || next.starts_with("以内");
            if value > 0 && !word {
                return Count::Times(value, at + end + w.len());
            }
        } else if let Some(w) = THINGS.iter().find(|w| tail.starts_with(**w)) {
            let month = tail[w.len()..].starts_with(['月', '工', '百']);
            if floor && value > 0 && !month && !needs {
                return Count::Times(value, at + end + w.len());
            }
        } else if let Some(w) = MEASURES.iter().find(|w| tail.starts_with(**w)) {
            let other = ["人次", "名单", "家庭", "对一", "组织", "天内", "名列", "名师", "门课程"]
                .iter()
                .any(|w| tail.starts_with(w) && *w != "门课程")
                || matches!(before, Some('前' | '后' | '近'));
            if !needs && value > 0 && !other {
                return Count::Times(value, at + end + w.len());
            }
        } else if value == 100 && tail.starts_with(['%', '％']) {
            // 100%全覆盖检查 says of what, not how often.
        } else if tail.starts_with(['%', '％', '‰', '元', '万', '亿']) && !tail.starts_with("万字") {
            // 每年不低于5万元 is a sum.
            return Count::Cap;
        }
        skip_to = at + end;
    }
    Count::None
}

/// Length of 一 where a slogan pairs it with what is done: 每月一主题, 一季度一调度. 每周一上午 is a Monday.
pub(super) fn slogan(after: &str) -> Option<usize> {
    let rest = after.strip_prefix('一')?;
    let first = rest.chars().next()?;
    if !('\u{4e00}'..='\u{9fff}').contains(&first)
        || number::is_hanzi(first)
        || "次场期回轮遍堂讲节篇批个项件条份部册套上下早晚至到般定律直些体致线同样起".contains(first)
    {
        return None;
    }
    let end = rest.char_indices().take(5).find(|(_, c)| !('\u{4e00}'..='\u{9fff}').contains(c));
    let words = end.map_or(rest, |(i, _)| &rest[..i]);
    (2..=4).contains(&words.chars().count()).then_some('一'.len_utf8())
}
