//! How often and by when.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The stretch in which something is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// 每天.
    Day,
    /// 每周.
    Week,
    /// 每两周.
    TwoWeeks,
    /// 每月.
    Month,
    /// 每两个月.
    TwoMonths,
    /// 每季度.
    Quarter,
    /// 每学期.
    Term,
    /// 每半年.
    HalfYear,
    /// 每年、全年.
    Year,
}

impl Per {
    /// The word after 每: 月, 季度…
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "天",
            Self::Week => "周",
            Self::TwoWeeks => "两周",
            Self::Month => "月",
            Self::TwoMonths => "两个月",
            Self::Quarter => "季度",
            Self::Term => "学期",
            Self::HalfYear => "半年",
            Self::Year => "年",
        }
    }
}

impl Per {
    /// How many months it has; none for what is shorter than one, and for terms.
    #[must_use]
    pub fn months(self) -> Option<i8> {
        match self {
            Self::Month => Some(1),
            Self::TwoMonths => Some(2),
            Self::Quarter => Some(3),
            Self::HalfYear => Some(6),
            Self::Year => Some(12),
            Self::Day | Self::Week | Self::TwoWeeks | Self::Term => None,
        }
    }

    /// How many of it a year has, whole ones.
    #[must_use]
    pub fn in_year(self) -> u16 {
        match self {
            Self::Day => 365,
            Self::Week => 52,
            Self::TwoWeeks => 26,
            Self::Month => 12,
            Self::TwoMonths => 6,
            Self::Quarter => 4,
            Self::Term | Self::HalfYear => 2,
            Self::Year => 1,
        }
    }
}

/// A day of each period by which something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayIn {
    /// A day of one of its months (每月5日前, 每季度末月25日前).
    Month {
        /// Which month of the period, from 1; one more than it has is the month after it (次月5日前).
        month: i8,
        /// Day of that month, 1 to 31; clamped to the month's length.
        day: i8,
    },
    /// A day of the week (每周五前); of two weeks the second one's.
    Weekday {
        /// 1 is Monday, 7 is Sunday.
        day: i8,
    },
    /// Within so many days of its first day (每学期开学后两周内).
    Days {
        /// Days after the first day.
        days: u16,
    },
    /// On some days of one of its months, from one to another (每月1日至5日): not to be done before the first of them.
    Between {
        /// Which month of the period, from 1.
        month: i8,
        /// First day of that month, 1 to 31.
        from: i8,
        /// Last day of that month, 1 to 31; clamped to the month's length.
        to: i8,
    },
    /// A working day by its order: 1 is the period's first, -1 its last (每月最后一个工作日).
    WorkingDay {
        /// From 1, or from -1 backwards.
        order: i8,
    },
}

impl DayIn {
    /// The day of each `per` in the words that people read and that the reader reads: 5日前, 末月25日前, 周五前.
    #[must_use]
    pub fn words(self, per: Per) -> String {
        match self {
            Self::Month { month, day } => {
                let of = month_of(per, month);
                if day >= 31 { format!("{of}底前") } else { format!("{of}{day}日前") }
            }
            Self::Between { month, from, to } => format!("{}{from}日至{to}日", month_of(per, month)),
            Self::WorkingDay { order: -1 } => "最后一个工作日前".to_owned(),
            Self::WorkingDay { order } if order < 0 => format!("倒数第{}个工作日前", -order),
            Self::WorkingDay { order } => format!("第{order}个工作日前"),
            Self::Weekday { day } => {
                let names = ["一", "二", "三", "四", "五", "六", "日"];
                let at = usize::try_from(day.clamp(1, 7) - 1).unwrap_or(0);
                format!("周{}前", names[at])
            }
            Self::Days { days } => format!("开学后{days}日内"),
        }
    }
}

/// Which month of a period is meant, in words; nothing where it has only one.
fn month_of(per: Per, month: i8) -> String {
    let last = per.months().unwrap_or(1);
    match month {
        m if m > last => "次月".to_owned(),
        m if per == Per::Year => format!("{m}月"),
        _ if last == 1 => String::new(),
        m if m == last => "末月".to_owned(),
        1 => "首月".to_owned(),
        m => format!("第{m}个月"),
    }
}

/// A day by which something is due, as a plan or a rule writes it; the year comes from the plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// A day of one year (2022年12月10日前).
    Day(Date),
    /// A month and a day of the plan's year (七一前 is 6 and 30; 12月10日前).
    MonthDay {
        /// Month, 1 to 12.
        month: i8,
        /// Day of the month, 1 to 31; clamped to the month's length.
        day: i8,
    },
    /// The last day of a month (6月底前).
    MonthEnd {
        /// Month, 1 to 12.
        month: i8,
    },
    /// Some time from the first day of one month to the last of another (3—6月, 第三季度, 上半年, 年内).
    Months {
        /// First month, 1 to 12.
        from: i8,
        /// Last month, 1 to 12.
        to: i8,
    },
    /// Within `days` of the start of a term (开学后两周内).
    TermStart {
        /// Days after the first day of the term.
        days: u16,
    },
}

/// 时点: something that has a day, on which due days hang.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// 事件: something that the institution or one of its units holds (党代会, 民主生活会). Its days are told, or are those of
    /// the records of its ledger.
    Event {
        /// Id in the rulebook's table of events; empty for one that it does not know.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        id: String,
        /// The words of the document or the rule.
        words: String,
    },
    /// A day that the records of a ledger say, of each record its own.
    Written {
        /// Id of the ledger.
        ledger: String,
        /// Id of the field.
        field: String,
        /// Title of the field.
        words: String,
    },
    /// The last day of the unit's own term.
    TermEnd,
}

impl Moment {
    /// An event by the words that the document has for it.
    #[must_use]
    pub fn event(words: impl Into<String>) -> Self {
        Self::Event { id: String::new(), words: words.into() }
    }

    /// What people call it.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Event { words, .. } | Self::Written { words, .. } => words,
            Self::TermEnd => "本组织任期届满",
        }
    }
}

/// Where a due day lies from a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Before it: by the eve of an event, by the last day of a term.
    Before {
        /// Months ahead from which it is to be done; 0 for as soon as it is asked.
        months: u8,
    },
    /// Within `days` after it.
    Within {
        /// Number of days.
        days: u16,
        /// Whether only working days count.
        working: bool,
    },
    /// On its day: each time.
    On,
}

/// A cadence as it is stored: what was written before moments were one thing is read as well.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stored {
    AtLeast {
        times: u32,
        per: Per,
    },
    EachBy {
        times: u32,
        per: Per,
        by: DayIn,
    },
    Hours {
        hours: u32,
        per: Per,
    },
    By(Due),
    Hang {
        on: Moment,
        when: When,
    },
    Limited {
        each: Box<Stored>,
        #[serde(default)]
        months: BTreeSet<i8>,
        #[serde(default)]
        postponed: bool,
    },
    Before {
        event: String,
    },
    Within {
        days: u16,
        working: bool,
        event: String,
    },
    Each {
        event: String,
    },
    OwnTerm {
        months: u8,
    },
    Standing,
}

impl From<Stored> for Cadence {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::AtLeast { times, per } => Self::AtLeast { times, per },
            Stored::EachBy { times, per, by } => Self::EachBy { times, per, by },
            Stored::Hours { hours, per } => Self::Hours { hours, per },
            Stored::By(due) => Self::By(due),
            Stored::Hang { on, when } => Self::Hang { on, when },
            Stored::Limited { each, months, postponed } => {
                Self::Limited { each: Box::new((*each).into()), months, postponed }
            }
            Stored::Before { event } => Self::before(event),
            Stored::Within { days, working, event } => Self::within(days, working, event),
            Stored::Each { event } => Self::each(event),
            Stored::OwnTerm { months } => Self::own_term(months),
            Stored::Standing => Self::Standing,
        }
    }
}

/// 频次、时限: how often or by when. What a clause, a rule or a clerk says; the runtime makes duties of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "Stored")]
pub enum Cadence {
    /// At least `times` in each `per`.
    AtLeast {
        /// How many times; at least 1.
        times: u32,
        /// In each of what.
        per: Per,
    },
    /// At least `times` in each `per`, by a day of it (每月5日前, 每周五前).
    EachBy {
        /// How many times; at least 1.
        times: u32,
        /// In each of what.
        per: Per,
        /// By which day of it.
        by: DayIn,
    },
    /// At least so many study hours (学时) in each `per`, by person.
    Hours {
        /// Hours, whole.
        hours: u32,
        /// In each of what.
        per: Per,
    },
    /// Once, by a day.
    By(Due),
    /// Once for each day that the moment has: before it, within some days after it, or on it.
    Hang {
        /// What it hangs on.
        on: Moment,
        /// Where it lies from there.
        when: When,
    },
    /// Another cadence, in some months only (3月至11月每月; 每年3月、9月各1次), or moved to the next working day where its day is none
    /// (遇节假日顺延).
    Limited {
        /// What is narrowed; never one that is narrowed itself.
        each: Box<Cadence>,
        /// The months, 1 to 12; none for all.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        months: BTreeSet<i8>,
        /// Whether a due day on which nobody works is moved to the next on which they do.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        postponed: bool,
    },
    /// A standing practice without a count: recorded when it happens, never overdue.
    Standing,
}

impl Cadence {
    /// The cadence without what narrows it.
    #[must_use]
    pub fn core(&self) -> &Self {
        match self {
            Self::Limited { each, .. } => each.core(),
            other => other,
        }
    }

    /// The cadence in these months only.
    #[must_use]
    pub fn in_months(self, months: impl IntoIterator<Item = i8>) -> Self {
        let months = months.into_iter().collect();
        match self {
            Self::Limited { each, postponed, .. } => Self::Limited { each, months, postponed },
            each => Self::Limited { each: Box::new(each), months, postponed: false },
        }
    }

    /// The cadence with its due days moved to working days; the same where it has no due day of its own.
    #[must_use]
    pub fn postponed(self) -> Self {
        match self {
            Self::Limited { each, months, .. } => Self::Limited { each, months, postponed: true },
            Self::EachBy { .. } | Self::By(_) => {
                Self::Limited { each: Box::new(self), months: BTreeSet::new(), postponed: true }
            }
            other => other,
        }
    }

    /// Before an event, by the words that the document has for it (在党代会召开前).
    #[must_use]
    pub fn before(event: impl Into<String>) -> Self {
        Self::Hang { on: Moment::event(event), when: When::Before { months: 0 } }
    }

    /// Within some days after an event (收到后5个工作日内).
    #[must_use]
    pub fn within(days: u16, working: bool, event: impl Into<String>) -> Self {
        Self::Hang { on: Moment::event(event), when: When::Within { days, working } }
    }

    /// Each time that an event is held (每次党委会).
    #[must_use]
    pub fn each(event: impl Into<String>) -> Self {
        Self::Hang { on: Moment::event(event), when: When::On }
    }

    /// Before the unit's own term ends, open so many months before (换届).
    #[must_use]
    pub fn own_term(months: u8) -> Self {
        Self::Hang { on: Moment::TermEnd, when: When::Before { months } }
    }

    /// What it hangs on; none where it has a rhythm or a day of its own.
    #[must_use]
    pub fn moment(&self) -> Option<&Moment> {
        match self {
            Self::Hang { on, .. } => Some(on),
            _ => None,
        }
    }

    /// Whether it asks for something once, before what it hangs on.
    #[must_use]
    pub fn is_before(&self) -> bool {
        matches!(self, Self::Hang { when: When::Before { .. }, .. })
    }

    /// The cadence in the words that people read: 每季度至少1次.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::AtLeast { times, per: Per::Day } => format!("每天至少{times}次"),
            Self::AtLeast { times, per } => format!("每{}至少{times}次", per.word()),
            Self::EachBy { times, per, by } => {
                let count = if *times > 1 { format!("至少{times}次") } else { String::new() };
                let day = by.words(*per);
                match (per, by) {
                    (Per::Week, DayIn::Weekday { .. }) => format!("每{day}{count}"),
                    (Per::Month, DayIn::Month { month: 1, .. } | DayIn::Between { month: 1, .. })
                    | (Per::Month | Per::Week, DayIn::WorkingDay { .. })
                    | (Per::Year, _) => {
                        format!("每{}{day}{count}", per.word())
                    }
                    _ => format!("每{}，{day}{count}", per.word()),
                }
            }
            Self::Hours { hours, per } => format!("每人每{}不少于{hours}学时", per.word()),
            Self::By(due) => due.words(),
            Self::Hang { on: Moment::TermEnd, when: When::Before { months } } => {
                format!("本组织任期届满前完成，提前{months}个月准备")
            }
            Self::Hang { on, when } => match when {
                When::Before { .. } => format!("{}前", on.words()),
                When::Within { days, working } => {
                    format!("{}后{days}个{}内", on.words(), if *working { "工作日" } else { "自然日" })
                }
                When::On => format!("每次{}", on.words()),
            },
            Self::Limited { each, months, postponed } => {
                let when = runs(months);
                let moved = if *postponed { "，遇节假日顺延" } else { "" };
                format!("{when}{}{moved}", each.words())
            }
            Self::Standing => "随时记录，不计次".to_owned(),
        }
    }
}

/// Months in words, those that follow each other as one: 3—11月; 3月、9月.
fn runs(months: &BTreeSet<i8>) -> String {
    let mut runs: Vec<(i8, i8)> = Vec::new();
    for month in months {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *month => *last = *month,
            _ => runs.push((*month, *month)),
        }
    }
    let word = |(from, to): &(i8, i8)| {
        if from == to { format!("{from}月") } else { format!("{from}—{to}月") }
    };
    runs.iter().map(word).collect::<Vec<_>>().join("、")
}

impl Due {
    /// The day in the words that people read: 6月底前.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Day(d) => format!("{}年{}月{}日前", d.year(), d.month(), d.day()),
            Self::MonthDay { month, day } => format!("{month}月{day}日前"),
            Self::MonthEnd { month } => format!("{month}月底前"),
            Self::Months { from: 1, to: 12 } => "年内".to_owned(),
            Self::Months { from: 1, to: 6 } => "上半年".to_owned(),
            Self::Months { from: 7, to: 12 } => "下半年".to_owned(),
            Self::Months { from, to } if from == to => format!("{from}月内"),
            Self::Months { from, to } => format!("{from}—{to}月"),
            Self::TermStart { days } => format!("开学后{days}天内"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_before_moments_were_one_thing_is_read() {
        let read = |json: &str| serde_json::from_str::<Cadence>(json).expect("a stored cadence");
        assert_eq!(read(r#"{"before":{"event":"党代会召开"}}"#), Cadence::before("党代会召开"));
        assert_eq!(
            read(r#"{"within":{"days":5,"working":true,"event":"收到"}}"#),
            Cadence::within(5, true, "收到")
        );
        assert_eq!(read(r#"{"each":{"event":"党委会会议"}}"#), Cadence::each("党委会会议"));
        assert_eq!(read(r#"{"own_term":{"months":6}}"#), Cadence::own_term(6));
        assert_eq!(read(r#""standing""#), Cadence::Standing);
        assert_eq!(read(r#"{"by":{"month_end":{"month":6}}}"#), Cadence::By(Due::MonthEnd { month: 6 }));
        let events = Cadence::Hang {
            on: Moment::Event { id: "party-congress".to_owned(), words: "党代会召开".to_owned() },
            when: When::Before { months: 2 },
        };
        let monthly = Cadence::AtLeast { times: 1, per: Per::Month };
        let narrow = monthly.clone().in_months(3..=11);
        let day = Cadence::EachBy { times: 1, per: Per::Month, by: DayIn::WorkingDay { order: -1 } };
        let moved = day.clone().in_months([3, 9]).postponed();
        for cadence in [events, Cadence::own_term(6), monthly, narrow, day, moved] {
            let json = serde_json::to_string(&cadence).expect("JSON");
            assert_eq!(read(&json), cadence, "{json}");
        }
    }

    #[test]
    fn words_are_those_that_people_know() {
        assert_eq!(Cadence::before("党代会召开").words(), "党代会召开前");
        assert_eq!(Cadence::within(5, true, "收到").words(), "收到后5个工作日内");
        assert_eq!(Cadence::each("党委会").words(), "每次党委会");
        assert_eq!(Cadence::own_term(6).words(), "本组织任期届满前完成，提前6个月准备");
        let monthly = |by| Cadence::EachBy { times: 1, per: Per::Month, by };
        assert_eq!(
            monthly(DayIn::Between { month: 1, from: 1, to: 5 }).in_months(3..=11).words(),
            "3—11月每月1日至5日"
        );
        assert_eq!(
            monthly(DayIn::Month { month: 1, day: 10 }).postponed().words(),
            "每月10日前，遇节假日顺延"
        );
        assert_eq!(monthly(DayIn::WorkingDay { order: -1 }).words(), "每月最后一个工作日前");
        let twice = Cadence::AtLeast { times: 1, per: Per::Month }.in_months([3, 9, 10]);
        assert_eq!(twice.words(), "3月、9—10月每月至少1次");
        assert_eq!(Cadence::Standing.postponed(), Cadence::Standing);
    }
}
