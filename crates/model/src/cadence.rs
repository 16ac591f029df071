//! How often and by when.

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
}

impl DayIn {
    /// The day of each `per` in the words that people read and that the reader reads: 5日前, 末月25日前, 周五前.
    #[must_use]
    pub fn words(self, per: Per) -> String {
        match self {
            Self::Month { month, day } => {
                let last = per.months().unwrap_or(1);
                let of = match month {
                    m if m > last => "次月".to_owned(),
                    m if per == Per::Year => format!("{m}月"),
                    _ if last == 1 => String::new(),
                    m if m == last => "末月".to_owned(),
                    1 => "首月".to_owned(),
                    m => format!("第{m}个月"),
                };
                if day >= 31 { format!("{of}底前") } else { format!("{of}{day}日前") }
            }
            Self::Weekday { day } => {
                let names = ["一", "二", "三", "四", "五", "六", "日"];
                let at = usize::try_from(day.clamp(1, 7) - 1).unwrap_or(0);
                format!("周{}前", names[at])
            }
            Self::Days { days } => format!("开学后{days}日内"),
        }
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

/// 频次、时限: how often or by when. What a clause, a rule or a clerk says; the runtime makes duties of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// Once, before an event whose day is set when it is known (在党代会召开前).
    Before {
        /// The event, in the document's words.
        event: String,
    },
    /// Within `days` of each event (收到后5个工作日内); each event makes a duty.
    Within {
        /// Number of days.
        days: u16,
        /// Whether only working days count.
        working: bool,
        /// The event.
        event: String,
    },
    /// Each time that something happens (每次党委会).
    Each {
        /// The event.
        event: String,
    },
    /// Once, before the unit's own term ends (换届): a term that ends in the plan's year makes a duty, open so many months
    /// before its last day.
    OwnTerm {
        /// Months before the last day from which it is to be prepared.
        months: u8,
    },
    /// A standing practice without a count: recorded when it happens, never overdue.
    Standing,
}

impl Cadence {
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
                    (Per::Month, DayIn::Month { month: 1, .. }) | (Per::Year, _) => {
                        format!("每{}{day}{count}", per.word())
                    }
                    _ => format!("每{}，{day}{count}", per.word()),
                }
            }
            Self::Hours { hours, per } => format!("每人每{}不少于{hours}学时", per.word()),
            Self::By(due) => due.words(),
            Self::Before { event } => format!("{event}前"),
            Self::Within { days, working, event } => {
                format!("{event}后{days}个{}内", if *working { "工作日" } else { "自然日" })
            }
            Self::Each { event } => format!("每次{event}"),
            Self::OwnTerm { months } => format!("本组织任期届满前完成，提前{months}个月准备"),
            Self::Standing => "随时记录，不计次".to_owned(),
        }
    }
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
