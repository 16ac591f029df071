//! The numbers and bullets that head a clause.

use crate::number;

/// How a clause is numbered, in the order in which offices nest them (GB/T 9704-2012, 7.3.3: 一、 （一） 1. （1）).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// 第一部分, 第一章.
    Chapter,
    /// 一、
    Hanzi,
    /// 第一、 第一， 项目一：
    Ordinal,
    /// 第一条
    Article,
    /// 三月份, 第一季度 on a line of its own, over what is to be done then.
    Month,
    /// （一）
    Paren,
    /// 1. 1． 1、
    Arabic,
    /// 1.1
    Dotted,
    /// （1） 1）
    ArabicParen,
    /// ①
    Circled,
    /// 一是 at the head of a paragraph.
    Argument,
    /// ● ○ ■ ★ - ·
    Bullet,
}

impl Kind {
    /// Number of kinds, for tables by kind.
    pub(crate) const COUNT: usize = 12;
}

/// A number or bullet at the head of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) kind: Kind,
    /// Its value; 0 for a bullet.
    pub(crate) value: u32,
    /// Where its number stands, counted from the start of the mark.
    pub(crate) number: (usize, usize),
    /// Length of the whole mark in bytes.
    pub(crate) len: usize,
    /// A digit without a point after it (2结合…): believed only in its place in a sequence.
    pub(crate) bare: bool,
}

/// The mark at the start of `s`.
pub(crate) fn at(s: &str) -> Option<Mark> {
    let first = s.chars().next()?;
    match first {
        '（' | '(' | '〔' => bracketed(s, first),
        '第' => ordinal(s),
        '①'..='⑳' => single(Kind::Circled, first as u32 - '①' as u32 + 1, first, s),
        '⑴'..='⒇' => single(Kind::ArabicParen, first as u32 - '⑴' as u32 + 1, first, s),
        '⒈'..='⒛' => single(Kind::Arabic, first as u32 - '⒈' as u32 + 1, first, s),
        '㈠'..='㈩' => single(Kind::Paren, first as u32 - '㈠' as u32 + 1, first, s),
        '●' | '○' | '■' | '□' | '◆' | '◇' | '▲' | '△' | '★' | '☆' | '•' | '▪' | '►' | '➢' | '✓' => {
            single(Kind::Bullet, 0, first, s)
        }
        '\u{f000}'..='\u{f0ff}' => single(Kind::Bullet, 0, first, s),
        // A dash or star is a bullet before words only.
        '-' | '－' | '–' | '·' | '*' => {
            let next = s[first.len_utf8()..].chars().next()?;
            let words = ('\u{4e00}'..='\u{9fff}').contains(&next) || matches!(next, '“' | '《' | '「');
            words.then(|| single(Kind::Bullet, 0, first, s)).flatten()
        }
        '项' | '任' | '工' | '行' | '专' | '事' => named(s),
        c if number::digit(c).is_some() => arabic(s),
        c if number::is_hanzi(c) => hanzi(s),
        _ => None,
    }
}

/// Whether a mark can begin with `c`; most lines are passed by this alone.
pub(crate) fn may_begin(c: char) -> bool {
    !('\u{4e00}'..='\u{9fff}').contains(&c)
        || number::is_hanzi(c)
        || matches!(c, '第' | '项' | '任' | '工' | '行' | '专' | '事')
}

/// 项目一：, 任务2：, 行动三、
fn named(s: &str) -> Option<Mark> {
    let noun =
        ["项目", "任务", "工程", "行动", "专题", "专项", "事项"].iter().find(|n| s.starts_with(**n))?;
    let (value, len) = number::leading(&s[noun.len()..])?;
    let end = noun.len() + len;
    let stop = s[end..].chars().next().filter(|c| matches!(c, '：' | ':' | '、'))?;
    // 任务二、三季度完成 counts quarters.
    let listed = stop == '、' && number::leading(&s[end + stop.len_utf8()..]).is_some();
    ((1..=50).contains(&value) && !listed).then_some(Mark {
        kind: Kind::Ordinal,
        value,
        number: (0, end),
        len: end + stop.len_utf8(),
        bare: false,
    })
}

fn single(kind: Kind, value: u32, c: char, s: &str) -> Option<Mark> {
    let len = c.len_utf8();
    Some(Mark { kind, value, number: (0, len), len: len + comma(&s[len..]), bare: false })
}

/// Length of a superfluous 、 or ． after the mark: (一)、
fn comma(rest: &str) -> usize {
    match rest.chars().next() {
        Some(c @ ('、' | '．' | '.')) => c.len_utf8(),
        _ => 0,
    }
}

fn bracketed(s: &str, open: char) -> Option<Mark> {
    let from = open.len_utf8();
    let rest = &s[from..];
    let (kind, (value, len)) = match number::hanzi(rest) {
        Some(n) => (Kind::Paren, n),
        None => (Kind::ArabicParen, number::arabic(rest)?),
    };
    let close = rest[len..].chars().next().filter(|c| matches!(c, '）' | ')' | '〕'))?;
    let end = from + len + close.len_utf8();
    if value == 0 || value > 200 {
        return None;
    }
    Some(Mark { kind, value, number: (from, from + len), len: end + comma(&s[end..]), bare: false })
}

fn ordinal(s: &str) -> Option<Mark> {
    let from = '第'.len_utf8();
    let (value, len) = number::leading(&s[from..])?;
    let end = from + len;
    let rest = &s[end..];
    for word in ["部分", "章", "篇", "编"] {
        if let Some(after) = rest.strip_prefix(word) {
            let more = after.chars().next().filter(|c| matches!(c, '、' | '：' | ':'));
            let len = end + word.len() + more.map_or(0, char::len_utf8);
            return Some(Mark {
                kind: Kind::Chapter,
                value,
                number: (0, end + word.len()),
                len,
                bare: false,
            });
        }
    }
    if let Some(after) = rest.strip_prefix('条') {
        // 第十条规定, 第三条、第四条: the article of a regulation is spoken of.
        let spoken = [
            "规定", "的", "第", "款", "至", "和", "与", "及", "要求", "之", "、", "，", "）", "》", "“", "。",
        ];
        if value == 0 || after.is_empty() || spoken.iter().any(|w| after.starts_with(w)) {
            return None;
        }
        let len = end + '条'.len_utf8();
        let more = after.chars().next().filter(|c| matches!(c, '：' | ':')).map_or(0, char::len_utf8);
        return Some(Mark { kind: Kind::Article, value, number: (0, len), len: len + more, bare: false });
    }
    let stop = rest.chars().next().filter(|c| matches!(c, '、' | '，' | ',' | '：' | ':'))?;
    // 第一、二、三党支部 counts branches and not clauses.
    if number::leading(&rest[stop.len_utf8()..]).is_some() {
        return None;
    }
    Some(Mark { kind: Kind::Ordinal, value, number: (0, end), len: end + stop.len_utf8(), bare: false })
}

fn hanzi(s: &str) -> Option<Mark> {
    let (value, len) = number::hanzi(s)?;
    let stop = s[len..].chars().next().filter(|c| matches!(c, '、' | '．' | '.'))?;
    let end = len + stop.len_utf8();
    // 一、二等奖 is a list of prizes; 一、三会一课 and 一、一季度 are headings.
    let listed = stop == '、'
        && number::hanzi(&s[end..]).is_some_and(|(v, l)| {
            v != value && s[end + l..].starts_with(['、', '等', '号', '级', '组', '类', '线', '期', '季'])
        });
    if value == 0 || value > 200 || listed {
        return None;
    }
    Some(Mark { kind: Kind::Hanzi, value, number: (0, len), len: end, bare: false })
}

/// Words that make a number a quantity and not the number of a clause (1.5亿元, 3月, 20名).
const MEASURES: &str = "年月日号时分秒点个名人次场期项条款件份篇家所户元万亿千百％%‰倍米度级类种届天周季岁位支册本套台部门楼室班组章页号届多余+-—~～至/,，:：)）℃";

fn arabic(s: &str) -> Option<Mark> {
    let (value, len) = number::arabic(s)?;
    if value == 0 || value > 300 {
        return None;
    }
    let stop = s[len..].chars().next()?;
    let end = len + stop.len_utf8();
    let rest = &s[end..];
    match stop {
        '.' | '．' => {
            let Some((second, more)) = number::arabic(rest) else {
                return Some(Mark { kind: Kind::Arabic, value, number: (0, len), len: end, bare: false });
            };
            // 1.1 is a number of the third rank, 1.5亿元 an amount; 1.2022年 is clause 1 that begins with a year.
            let after = rest[more..].chars().next()?;
            // So are 2.9月开展 and 2.15日前报送: months and days are not counted in tenths.
            let dated = (after == '月' && second <= 12 || after == '日' && second <= 31) && second > 0;
            if after == '年' && more >= 4 || dated {
                return Some(Mark { kind: Kind::Arabic, value, number: (0, len), len: end, bare: false });
            }
            if second == 0 || second > 40 || MEASURES.contains(after) {
                return None;
            }
            let mut end = end + more;
            if matches!(after, '.' | '．' | '、') {
                let deeper = number::arabic(&s[end + after.len_utf8()..]).map_or(0, |(_, l)| l);
                end += after.len_utf8() + deeper;
            }
            Some(Mark { kind: Kind::Dotted, value: second, number: (0, end), len: end, bare: false })
        }
        '、' => {
            // 1、2号楼 is a list of buildings; 1、2022年 is a clause.
            let listed = number::arabic(rest).is_some_and(|(_, l)| l < 3);
            (!listed).then_some(Mark { kind: Kind::Arabic, value, number: (0, len), len: end, bare: false })
        }
        '）' | ')' => Some(Mark { kind: Kind::ArabicParen, value, number: (0, len), len: end, bare: false }),
        c if c.is_ascii() || MEASURES.contains(c) => None,
        _ if value < 100 => Some(Mark { kind: Kind::Arabic, value, number: (0, len), len, bare: true }),
        _ => None,
    }
}

/// 一是, 二是 at the start of a paragraph, with a comma or without. It begins an argument rather than a clause, so
/// [`at`] does not know it.
pub(crate) fn argument(s: &str) -> Option<Mark> {
    let (value, len) = number::hanzi(s)?;
    let rest = s[len..].strip_prefix('是')?;
    let end = len + '是'.len_utf8();
    let comma =
        rest.chars().next().filter(|c| matches!(c, '，' | '：' | ':' | ',')).map_or(0, char::len_utf8);
    (1..=20).contains(&value).then_some(Mark {
        kind: Kind::Argument,
        value,
        number: (0, len),
        len: end + comma,
        bare: false,
    })
}

/// The month or quarter that a line names and nothing else: 三月份, 9月：, 第一季度, （5—6月）.
pub(crate) fn month(line: &str) -> Option<u32> {
    let words = line.trim_matches(|c: char| "（）()【】：:".contains(c));
    let rest = words.strip_prefix('第').unwrap_or(words);
    let (value, len) = number::leading(rest)?;
    let mut rest = &rest[len..];
    let tail =
        rest.trim_start_matches('月').trim_start_matches(['-', '—', '–', '－', '~', '～', '至', '、', '到']);
    // 二、二季度 is the second section, 一、二季度 are two quarters.
    if tail.len() < rest.len()
        && let Some((second, more)) = number::leading(tail)
    {
        if second == value {
            return None;
        }
        rest = &tail[more..];
    }
    let unit = ["季度", "月份", "月"].iter().find(|w| rest.starts_with(**w))?;
    let most = if *unit == "季度" { 4 } else { 12 };
    (rest.len() == unit.len() && (1..=most).contains(&value)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_numbering() {
        for (s, kind, value, number) in [
            ("一、加强", Kind::Hanzi, 1, "一"),
            ("十二、加强", Kind::Hanzi, 12, "十二"),
            ("一．加强", Kind::Hanzi, 1, "一"),
            ("二、二季度", Kind::Hanzi, 2, "二"),
            ("（三）加强", Kind::Paren, 3, "三"),
            ("(三)、加强", Kind::Paren, 3, "三"),
            ("㈢加强", Kind::Paren, 3, "㈢"),
            ("1.加强", Kind::Arabic, 1, "1"),
            ("１．加强", Kind::Arabic, 1, "１"),
            ("10、加强", Kind::Arabic, 10, "10"),
            ("2.9月开展", Kind::Arabic, 2, "2"),
            ("1.2022年上半年", Kind::Arabic, 1, "1"),
            ("⒉加强", Kind::Arabic, 2, "⒉"),
            ("（1）加强", Kind::ArabicParen, 1, "1"),
            ("2）加强", Kind::ArabicParen, 2, "2"),
            ("③加强", Kind::Circled, 3, "③"),
            ("第一、加强", Kind::Ordinal, 1, "第一"),
            ("第二，加强", Kind::Ordinal, 2, "第二"),
            ("第一部分总体要求", Kind::Chapter, 1, "第一部分"),
            ("●加强", Kind::Bullet, 0, "●"),
            ("1.2加强", Kind::Dotted, 2, "1.2"),
            ("项目三：读书", Kind::Ordinal, 3, "项目三"),
            ("第十二条各支部", Kind::Article, 12, "第十二条"),
        ] {
            let m = at(s).unwrap_or_else(|| panic!("{s}"));
            assert_eq!((m.kind, m.value, &s[m.number.0..m.number.1]), (kind, value, number), "{s}");
        }
    }

    #[test]
    fn arguments_and_months() {
        assert_eq!(argument("二是，加强").map(|m| (m.value, m.len)), Some((2, "二是，".len())));
        assert_eq!(argument("二者是"), None);
        for (line, value) in [("三月份", 3), ("9月：", 9), ("第一季度", 1), ("（5—6月）", 5), ("7月至8月", 7)]
        {
            assert_eq!(month(line), Some(value), "{line}");
        }
        for line in ["3月召开", "13月", "第五季度", "三", "每月", "二、二季度"] {
            assert_eq!(month(line), None, "{line}");
        }
    }

    #[test]
    fn quantities_are_no_numbers() {
        for s in [
            "1.5亿元",
            "2022年",
            "3月",
            "20名党员",
            "一、二、三等奖",
            "1、2号楼",
            "第一、二党支部",
            "一是加强",
            "0.加强",
            "第十条",
            "第十条规定的情形",
        ] {
            assert_eq!(at(s).filter(|m| !m.bare), None, "{s}");
        }
    }
}
