//! By when: 七一前, 6月底前, 第三季度, 在党代会召开前, 收到后5个工作日内.

use std::ops::Range;

use jiff::civil::Date;
use model::{Cadence, DeadlineKind, Due};

use crate::number;
use crate::occasion::{event, festival, school, standing, week, whole_year, within};

/// A deadline in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) range: Range<usize>,
    pub(crate) kind: DeadlineKind,
    pub(crate) cadence: Cadence,
}

/// What surrounds the words: how much of a hint is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// Running text: a month or a day needs 前, 底 or the start of a clause.
    Prose,
    /// A cell of a table: 全年 at its start counts.
    Cell,
    /// The cell or label that is there to say when: everything counts.
    Time,
}

/// Reads the deadlines of texts in order; keeps the year that the last of them said, for those that say none.
#[derive(Debug)]
pub(crate) struct Reader {
    plan: Option<i16>,
    said: Option<i16>,
}

impl Reader {
    pub(crate) fn new(plan: Option<i16>) -> Self {
        Self { plan, said: None }
    }

    /// Forgets the year said before: a new item begins.
    pub(crate) fn next_item(&mut self) {
        self.said = None;
    }

    /// The deadlines of `text`. `is_name` tells the places inside 《》, `rhythms` what is a rhythm already.
    pub(crate) fn terms(
        &mut self,
        text: &str,
        setting: Setting,
        is_name: impl Fn(usize) -> bool,
        rhythms: &[Range<usize>],
    ) -> Vec<Term> {
        let mut out: Vec<Term> = Vec::new();
        let mut done = 0;
        let mut prev = None;
        for (at, c) in text.char_indices() {
            let before = prev.replace(c);
            if at < done || !(number::digit(c).is_some() || starts(c)) {
                continue;
            }
            let place = Place { text, at, before, setting, counted: covered(rhythms, at) };
            let Some(found) = self.term(&place, c) else { continue };
            match found {
                Found::Skip(len) => done = at + len,
                Found::Term { back, len, kind, cadence } => {
                    done = at + len;
                    let range = at - back..at + len;
                    if !is_name(at) && out.last().is_none_or(|t| t.range.end <= range.start) {
                        out.push(Term { range, kind, cadence });
                    }
                }
            }
        }
        if out.is_empty() && setting == Setting::Time {
            out.extend(standing(text));
        }
        out
    }

    fn term(&mut self, place: &Place<'_>, c: char) -> Option<Found> {
        if let Some(found) = festival(place) {
            return Some(found);
        }
        match c {
            '前' | '之' => event(place),
            '全' => whole_year(place),
            '上' | '下' => self.half(place, 0),
            '第' => week(place).or_else(|| self.quarter(place, 0)),
            '年' | '今' | '本' | '当' | '明' => self.year_end(place),
            '开' | '学' | '寒' | '暑' | '放' => school(place),
            _ => self.numbered(place),
        }
    }

    /// The year of a month without one: the one said last in the item.
    fn year(&self) -> Option<i16> {
        self.said.filter(|y| Some(*y) != self.plan)
    }

    fn numbered(&mut self, place: &Place<'_>) -> Option<Found> {
        let inside = |c| {
            number::digit(c).is_some() || number::is_hanzi(c) || matches!(c, '.' | '．' | '第' | '每' | '·')
        };
        if place.before.is_some_and(inside) && !place.follows_number() {
            return None;
        }
        let rest = place.rest();
        let (value, len) = number::leading(rest)?;
        let after = &rest[len..];
        if (1949..2200).contains(&value) && after.starts_with('年') {
            return self.with_year(place, i16::try_from(value).ok()?, len + '年'.len_utf8());
        }
        if let Some(found) = within(place, value, len) {
            return Some(found);
        }
        if let Some(found) = self.month(place, 0) {
            return Some(found);
        }
        if after.starts_with("季度") {
            return self.quarter(place, 0);
        }
        if let Some(w) = ["年内", "年之内", "年以内"].iter().find(|w| after.starts_with(**w))
            && (1..=10).contains(&value)
            && !place.head().ends_with(['近', '前', '后', '满', '务'])
            && !place.head().ends_with("过去")
            && !place.counted
        {
            let last = self.plan.map(|y| y + i16::try_from(value).unwrap_or(1) - 1);
            let due = last
                .and_then(|y| Date::new(y, 12, 31).ok())
                .map_or(Due::Months { from: 1, to: 12 }, Due::Day);
            return Some(period(len + w.len(), due));
        }
        Some(Found::Skip(len))
    }

    /// What follows 20XX年.
    fn with_year(&mut self, place: &Place<'_>, year: i16, len: usize) -> Option<Found> {
        let after = &place.rest()[len..];
        // 2021-2023年, 2021年至2024年: the life of a plan.
        if place.before.is_some_and(|c| "-—–－~～至到〔".contains(c))
            && !after.starts_with(['底', '末', '年', '前'])
        {
            return Some(Found::Skip(len));
        }
        let earlier = self.said.replace(year);
        if let Some(found) =
            self.month(place, len).or_else(|| self.quarter(place, len)).or_else(|| self.half(place, len))
        {
            return Some(found);
        }
        for word in [
            "年底前",
            "年底",
            "底之前",
            "底以前",
            "底前",
            "底",
            "末前",
            "末",
            "年末",
            "终",
            "年内",
            "内",
            "之前",
            "以前",
            "前",
        ] {
            if let Some(next) = after.strip_prefix(word) {
                if word.ends_with('前') && next.starts_with(NOT_BEFORE) {
                    break;
                }
                // 2027年前 is over before that year begins.
                let last = if matches!(word, "前" | "之前" | "以前") { year - 1 } else { year };
                return Some(period(len + word.len(), self.year_due(last)));
            }
        }
        // 2020年要有所突破: a year as the goal, at the head of a clause.
        let goal = ["要", "全面", "基本", "力争", "实现", "完成", "建成", "达到"]
            .iter()
            .any(|w| after.starts_with(w));
        let alone = place.setting == Setting::Time
            && after.chars().next().is_none_or(|c| matches!(c, '，' | '。' | '；' | '、' | '\n'));
        if (goal && place.opens_clause()) || alone {
            return Some(period(len, self.year_due(year)));
        }
        // A year in a name or a story says nothing about the months that follow.
        self.said = earlier;
        Some(Found::Skip(len))
    }

    fn year_due(&self, year: i16) -> Due {
        if Some(year) == self.plan {
            return Due::Months { from: 1, to: 12 };
        }
        Date::new(year, 12, 31).map_or(Due::Months { from: 1, to: 12 }, Due::Day)
    }

    /// Months, from byte `skip` of the place on: 6月底前, 3-5月, 5月至12月, 12月10日前.
    fn month(&mut self, place: &Place<'_>, skip: usize) -> Option<Found> {
        let rest = place.rest();
        let (from, mut len) = month_number(&rest[skip..])?;
        len += skip;
        let year = self.year();
        let mut to = None;
        if let Some((last, more)) = range_tail(&rest[len..]) {
            // 3-5月
            if let Some(m) = month_word(&rest[len + more..]) {
                (to, len) = (Some(last), len + more + m);
            } else {
                return None;
            }
        } else if let Some(w) = month_word(&rest[len..]) {
            // 一月一书 is how often.
            if rest[skip..].starts_with('一') && rest[len + w..].starts_with('一') {
                return Some(Found::Skip(len + w));
            }
            len += w;
            // 5月至12月, 5月—次年1月
            if let Some((last, more)) = range_tail(&rest[len..])
                && let Some(w) = month_word(&rest[len + more..])
            {
                (to, len) = (Some(last), len + more + w);
            } else if let Some((other, last, more)) = range_to_year(&rest[len..]) {
                // 2023年3月—2024年2月
                return Some(period(
                    len + more,
                    months(Some(other).filter(|y| Some(*y) != self.plan), from, last),
                ));
            }
        } else if let Some((last, more)) = listed(&rest[len..]) {
            // 3、4月
            (to, len) = (Some(last), len + more);
        } else {
            return None;
        }
        let after = &rest[len..];
        if let Some(to) = to {
            let tail = ["底前", "末前", "间", "期间", "底", "份"]
                .iter()
                .find(|w| after.starts_with(**w))
                .map_or(0, |w| w.len());
            let to = if to < from { 12 } else { to };
            return Some(period(len + tail, months(year, from, to)));
        }
        if let Some((day, more)) = number::leading(after)
            && (1..=31).contains(&day)
            && let Some(w) = ["日", "号"].iter().find(|w| after[more..].starts_with(**w))
        {
            return self.day(place, (from, i8::try_from(day).ok()?), len + more + w.len(), year);
        }
        for (word, due) in [
            ("底之前", end(year, from)),
            ("底以前", end(year, from)),
            ("底前", end(year, from)),
            ("末前", end(year, from)),
            ("底", end(year, from)),
            ("末", end(year, from)),
            ("初前", day_of(year, from, 5)),
            ("初", day_of(year, from, 10)),
            ("上旬前", day_of(year, from, 10)),
            ("上旬", day_of(year, from, 10)),
            ("上中旬", day_of(year, from, 20)),
            ("中下旬", end(year, from)),
            ("中旬前", day_of(year, from, 20)),
            ("中旬", day_of(year, from, 20)),
            ("下旬前", end(year, from)),
            ("下旬", end(year, from)),
            ("之前", before_month(year, from)),
            ("以前", before_month(year, from)),
            ("前", before_month(year, from)),
            ("内", end(year, from)),
        ] {
            if let Some(next) = after.strip_prefix(word) {
                if word == "前" && next.starts_with(NOT_BEFORE) {
                    break;
                }
                // 6月中旬—7月上旬, 8月底至9月初
                if let Some((to, more)) = range_tail(next)
                    && let Some(w) = month_word(&next[more..])
                    && from <= to
                {
                    let tail = ["上旬", "中旬", "下旬", "底", "末", "初"]
                        .iter()
                        .find(|t| next[more + w..].starts_with(**t))
                        .map_or(0, |t| t.len());
                    return Some(period(len + word.len() + more + w + tail, months(year, from, to)));
                }
                return Some(Found::Term {
                    back: 0,
                    len: len + word.len(),
                    kind: DeadlineKind::Month,
                    cadence: Cadence::By(due),
                });
            }
        }
        // A bare month: in a time cell always; in prose where it opens a clause and tells no story.
        let story = ["以来", "起", "以后", "，习近平", "至今", "开始施行", "份以来", "印发", "召开的", "饼"]
            .iter()
            .any(|w| after.starts_with(w));
        // A story has a year that is not the plan's: 2021年7月，…
        let other_year = skip > 0 && self.said.is_some_and(|y| self.plan.is_some_and(|p| y < p));
        let opens = place.opens_clause()
            || place.head().ends_with(['在', '于', '/', '至', '到', '、', '和'])
            || ["每年", "次年", "翌年", "不超过", "最迟", "最晚"].iter().any(|w| place.head().ends_with(w));
        if place.setting == Setting::Time || (opens && !story && !other_year) {
            let due = months(year, from, from);
            return Some(Found::Term { back: 0, len, kind: DeadlineKind::Month, cadence: Cadence::By(due) });
        }
        Some(Found::Skip(len))
    }

    fn day(
        &mut self,
        place: &Place<'_>,
        (month, day): (i8, i8),
        len: usize,
        year: Option<i16>,
    ) -> Option<Found> {
        let after = &place.rest()[len..];
        let due = day_of(year, month, day);
        // 3月5日-20日, 3月5日至4月10日: the last day counts.
        if let Some(dash) = dash(after)
            && let Some((second, more)) = number::leading(&after[dash..])
        {
            let next = &after[dash + more..];
            if next.starts_with('日') && (1..=31).contains(&second) {
                let due = day_of(year, month, i8::try_from(second).ok()?);
                return Some(dated(len + dash + more + '日'.len_utf8(), due));
            }
            if let Some(next) = next.strip_prefix('月')
                && let Some((day, last)) = number::leading(next)
                && next[last..].starts_with('日')
                && (1..=12).contains(&second)
                && (1..=31).contains(&day)
            {
                let due = day_of(year, i8::try_from(second).ok()?, i8::try_from(day).ok()?);
                return Some(dated(len + dash + more + '月'.len_utf8() + last + '日'.len_utf8(), due));
            }
        }
        for word in ["之前", "以前", "前后", "前", "止"] {
            if let Some(next) = after.strip_prefix(word) {
                if word == "前" && next.starts_with(NOT_BEFORE) {
                    break;
                }
                return Some(dated(len + word.len(), due));
            }
        }
        let story = after.starts_with(['起', '，', '在', '的', '印', '《', '重', '全', '讲'])
            || after.starts_with("习近平");
        let led = (place.head().ends_with(['到', '至', '于', '前', '在', '年'])
            || ["不超过", "不迟于", "不晚于", "最迟", "最晚", "截止", "截至", "截止到"]
                .iter()
                .any(|w| place.head().ends_with(w)))
            && !after.starts_with(['起', '的', '印']);
        if place.setting == Setting::Time || led || (place.opens_clause() && !story && year.is_none()) {
            return Some(dated(len, due));
        }
        Some(Found::Skip(len))
    }

    /// 第三季度, 四季度末, from byte `skip` on.
    fn quarter(&mut self, place: &Place<'_>, skip: usize) -> Option<Found> {
        let rest = &place.rest()[skip..];
        let order = if rest.starts_with('第') { '第'.len_utf8() } else { 0 };
        let (first, mut digits) = number::leading(&rest[order..])?;
        let mut n = first;
        // 第一、二季度; 一至三季度
        let joined = &rest[order + digits..];
        if let Some(len) = joined.starts_with('、').then_some('、'.len_utf8()).or_else(|| dash(joined))
            && let Some((last, more)) = number::leading(&joined[len..])
            && joined[len + more..].starts_with("季度")
            && (first..=4).contains(&last)
        {
            (n, digits) = (last, digits + len + more);
        }
        let after = rest[order + digits..].strip_prefix("季度")?;
        let len = skip + order + digits + "季度".len();
        if !(1..=4).contains(&n) || first == 0 || place.counted {
            return Some(Found::Skip(len));
        }
        let tail = ["末前", "底前", "末", "底", "前", "内"]
            .iter()
            .find(|w| after.starts_with(**w))
            .map_or(0, |w| w.len());
        let (from, to) = (i8::try_from(first * 3 - 2).ok()?, i8::try_from(n * 3).ok()?);
        Some(period(len + tail, months(self.year(), from, to)))
    }

    /// 上半年, 下半年, from byte `skip` on.
    fn half(&mut self, place: &Place<'_>, skip: usize) -> Option<Found> {
        let rest = &place.rest()[skip..];
        let (from, word) = [(1, "上半年"), (7, "下半年")].into_iter().find(|(_, w)| rest.starts_with(w))?;
        let len = skip + word.len();
        if place.counted || (skip == 0 && matches!(place.before, Some('上'))) {
            return Some(Found::Skip(len));
        }
        let after = &rest[word.len()..];
        let tail = ["底前", "末前", "底", "末", "前", "内"]
            .iter()
            .find(|w| after.starts_with(**w))
            .map_or(0, |w| w.len());
        Some(period(len + tail, months(self.year(), from, from + 5)))
    }

    /// 年底前, 年末, 年内, 今年底, 本年12月底, 明年6月底前.
    fn year_end(&mut self, place: &Place<'_>) -> Option<Found> {
        let rest = place.rest();
        // 年初部署、年中检查; 今年年初以来 tells a story.
        for (word, from, to) in [("年初", 1, 3), ("年中", 6, 7)] {
            if let Some(next) = rest.strip_prefix(word)
                && (place.opens_clause() || place.setting == Setting::Time || place.head().ends_with("每年"))
                && !place.counted
                && !["以来", "确定", "预算", "目标", "国", "央", "秋", "既定", "至今", "计划"]
                    .iter()
                    .any(|w| next.starts_with(w))
            {
                return Some(period(word.len(), months(self.year(), from, to)));
            }
        }
        if matches!(
            place.before,
            Some('每' | '去' | '往' | '上' | '近' | '历' | '半' | '全' | '周' | '学' | '同')
        ) || place.counted
        {
            return None;
        }
        let mut skip = 0;
        if let Some(w) = ["本年度", "今年", "本年", "当年"].iter().find(|w| rest.starts_with(**w)) {
            skip = w.len();
        } else if rest.starts_with("明年") {
            skip = "明年".len();
            self.said = self.plan.map(|y| y + 1).or(self.said);
        } else if place.before.is_some_and(|c| number::digit(c).is_some() || number::is_hanzi(c)) {
            return None;
        }
        let here = &rest[skip..];
        if skip > 0
            && let Some(found) = self
                .month(place, skip)
                .or_else(|| self.quarter(place, skip))
                .or_else(|| self.half(place, skip))
        {
            return Some(found);
        }
        let word =
            ["年底之前", "年底以前", "年底前", "年底", "年末前", "年末", "年终前", "年终", "年内", "年前"]
                .iter()
                .find(|w| here.starts_with(**w))
                .map(|w| w.len())
                .or_else(|| {
                    (skip > 0).then(|| {
                        ["底前", "底", "内", "末"].iter().find(|w| here.starts_with(**w)).map(|w| w.len())
                    })?
                })?;
        // 年终奖, 年前后, 年终绩效 are no deadlines; 年前 alone is the Spring Festival's and needs a clause of its own.
        let next = &here[word..];
        let spoken = &here[..word];
        if next.starts_with(['奖', '绩', '后', '级', '度'])
            || (spoken == "年前" && (skip == 0 && !place.opens_clause()))
        {
            return None;
        }
        Some(period(skip + word, self.year_due(self.year().or(self.plan).unwrap_or(0))))
    }
}

/// Whether one of the rhythms, which stand in order, covers byte `at`.
fn covered(rhythms: &[Range<usize>], at: usize) -> bool {
    let n = rhythms.partition_point(|r| r.start <= at);
    n.checked_sub(1).is_some_and(|n| at < rhythms[n].end)
}

/// Whether a deadline can begin with this character, Arabic digits aside; 前 and 之 end one that is read backwards.
fn starts(c: char) -> bool {
    matches!(
        c,
        '一' | '二'
            | '三'
            | '四'
            | '五'
            | '六'
            | '七'
            | '八'
            | '九'
            | '十'
            | '两'
            | '元'
            | '国'
            | '教'
            | '春'
            | '清'
            | '端'
            | '中'
            | '劳'
            | '建'
            | '重'
            | '〇'
            | '前'
            | '之'
            | '全'
            | '上'
            | '下'
            | '第'
            | '年'
            | '今'
            | '本'
            | '当'
            | '明'
            | '开'
            | '学'
            | '寒'
            | '暑'
            | '放'
            | '“'
    )
}

/// What makes another word of 前: 前提, 前期…
pub(crate) const NOT_BEFORE: &[char] = &[
    '提', '期', '后', '往', '沿', '景', '列', '进', '线', '置', '端', '段', '瞻', '移', '者', '述', '来',
    '茅', '半', '三', '四', '五', '六', '十', '身', '世', '任',
];

/// Where the reader is.
pub(crate) struct Place<'t> {
    text: &'t str,
    pub(crate) at: usize,
    pub(crate) before: Option<char>,
    pub(crate) setting: Setting,
    /// Whether a rhythm covers it.
    pub(crate) counted: bool,
}

impl<'t> Place<'t> {
    pub(crate) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }
    pub(crate) fn head(&self) -> &'t str {
        &self.text[..self.at]
    }
    fn opens_clause(&self) -> bool {
        const OPENERS: &str = "。；，：、！？;,:\n（(“）";
        const BULLETS: &str = "★☆●○■□◆◇▲△•▪►➢✓·*-－–";
        // A dash is a bullet at the head of a line only.
        let bullet = |c: char| {
            let head = self.head().strip_suffix(c).unwrap_or_default();
            BULLETS.contains(c) && (head.is_empty() || head.ends_with('\n'))
        };
        self.before.is_none_or(|c| OPENERS.contains(c) || bullet(c))
            || self.head().ends_with("——")
            || self.follows_number()
    }

    /// Whether the number of a part stands right before: 1.3月底前制定方案；2.4月实施.
    fn follows_number(&self) -> bool {
        let Some(head) = self.head().strip_suffix(['.', '．']) else { return false };
        let before = head.trim_end_matches(|c| number::digit(c).is_some());
        let len = head.len() - before.len();
        (1..=6).contains(&len) && (before.is_empty() || before.ends_with(['\n', '；', '。', '：', ';', ':']))
    }
}

pub(crate) enum Found {
    /// Nothing, but so many bytes need not be looked at again.
    Skip(usize),
    /// A deadline from `back` bytes before the place to `len` after it.
    Term { back: usize, len: usize, kind: DeadlineKind, cadence: Cadence },
}

pub(crate) fn period(len: usize, due: Due) -> Found {
    Found::Term { back: 0, len, kind: DeadlineKind::Period, cadence: Cadence::By(due) }
}

fn dated(len: usize, due: Due) -> Found {
    Found::Term { back: 0, len, kind: DeadlineKind::Date, cadence: Cadence::By(due) }
}

fn month_number(s: &str) -> Option<(i8, usize)> {
    let (n, len) = number::leading(s)?;
    (1..=12).contains(&n).then_some(())?;
    Some((i8::try_from(n).ok()?, len))
}

fn month_word(s: &str) -> Option<usize> {
    ["月份", "月"].iter().find(|w| s.starts_with(**w)).map(|w| w.len())
}

/// Length of the dash at the start of `s`.
pub(crate) fn dash(s: &str) -> Option<usize> {
    let mut len = 0;
    for c in s.chars().take(2) {
        if !"-—–－―~～至到".contains(c) {
            break;
        }
        len += c.len_utf8();
    }
    (len > 0).then_some(len)
}

/// The month after a dash: its number and the length of both.
fn range_tail(s: &str) -> Option<(i8, usize)> {
    let dash = dash(s)?;
    let next = s[dash..].strip_prefix("次年").or_else(|| s[dash..].strip_prefix("翌年"));
    let year = if next.is_some() { "次年".len() } else { 0 };
    let (n, len) = month_number(&s[dash + year..])?;
    Some((if year > 0 { 12 } else { n }, dash + year + len))
}

/// 至2024年2月 after a month: year, month and the length of all.
fn range_to_year(s: &str) -> Option<(i16, i8, usize)> {
    let dash = dash(s)?;
    let (year, digits) = number::leading(&s[dash..]).filter(|(y, _)| (1949..2200).contains(y))?;
    let rest = s[dash + digits..].strip_prefix('年')?;
    let (month, len) = month_number(rest)?;
    let tail = ["月底前", "月底", "月"].iter().find(|w| rest[len..].starts_with(**w))?;
    Some((i16::try_from(year).ok()?, month, dash + digits + '年'.len_utf8() + len + tail.len()))
}

/// 、4月 after a month without its 月.
fn listed(s: &str) -> Option<(i8, usize)> {
    let rest = s.strip_prefix('、')?;
    let (n, len) = month_number(rest)?;
    let w = month_word(&rest[len..])?;
    Some((n, '、'.len_utf8() + len + w))
}

fn last_day(year: i16, month: i8) -> Option<Date> {
    Date::new(year, month, 1).ok().map(Date::last_of_month)
}

fn end(year: Option<i16>, month: i8) -> Due {
    year.and_then(|y| last_day(y, month)).map_or(Due::MonthEnd { month }, Due::Day)
}

fn day_of(year: Option<i16>, month: i8, day: i8) -> Due {
    let fixed = year.and_then(|y| Date::new(y, month, day).ok().or_else(|| last_day(y, month)));
    fixed.map_or(Due::MonthDay { month, day }, Due::Day)
}

fn before_month(year: Option<i16>, month: i8) -> Due {
    if month == 1 { day_of(year, 1, 1) } else { end(year, month - 1) }
}

fn months(year: Option<i16>, from: i8, to: i8) -> Due {
    year.and_then(|y| last_day(y, to)).map_or(Due::Months { from, to }, Due::Day)
}

#[cfg(test)]
mod tests;
