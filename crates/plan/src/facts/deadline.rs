//! By when: 七一前, 6月底前, 第三季度, 在党代会召开前, 收到后5个工作日内.

mod month;
mod place;

use std::ops::Range;

use jiff::civil::Date;
use model::{Cadence, DeadlineKind, Due};

pub(crate) use self::month::dash;
use self::month::months;
use self::place::starts;
pub(crate) use self::place::{Found, NOT_BEFORE, Place, period};
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
            '年' | '今' | '本' | '当' | '明' | '次' | '翌' => self.year_end(place),
            '开' | '学' | '春' | '秋' | '寒' | '暑' | '放' => school(place),
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
        } else if let Some(w) = NEXT_YEAR.iter().find(|w| rest.starts_with(**w)) {
            // Only of what stands at once behind it: the next day in the item is the plan's year's again.
            let said = self.said;
            self.said = self.plan.map(|y| y + 1).or(said);
            let found = self.year_end_after(place, w.len());
            self.said = said;
            return found;
        } else if place.before.is_some_and(|c| number::digit(c).is_some() || number::is_hanzi(c)) {
            return None;
        }
        self.year_end_after(place, skip)
    }

    /// What stands behind 今年, 次年 and the like, from byte `skip` on; 年底 and the like where nothing stands before.
    fn year_end_after(&mut self, place: &Place<'_>, skip: usize) -> Option<Found> {
        let rest = place.rest();
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
        let due = self.year().or(self.plan).map_or(Due::Months { from: 1, to: 12 }, |y| self.year_due(y));
        Some(period(skip + word, due))
    }
}

/// The year after the plan's.
const NEXT_YEAR: [&str; 4] = ["明年", "次年度", "次年", "翌年"];

/// Whether one of the rhythms, which stand in order, covers byte `at`.
fn covered(rhythms: &[Range<usize>], at: usize) -> bool {
    let n = rhythms.partition_point(|r| r.start <= at);
    n.checked_sub(1).is_some_and(|n| at < rhythms[n].end)
}

#[cfg(test)]
mod tests;
