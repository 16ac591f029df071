//! Where a deadline may stand, and what is found there.

use model::{Cadence, DeadlineKind, Due};

use super::Setting;
use crate::number;

/// What makes another word of 前: 前提, 前期…
pub(crate) const NOT_BEFORE: &[char] = &[
    '提', '期', '后', '往', '沿', '景', '列', '进', '线', '置', '端', '段', '瞻', '移', '者', '述', '来',
    '茅', '半', '三', '四', '五', '六', '十', '身', '世', '任',
];

/// Where the reader is.
pub(crate) struct Place<'t> {
    pub(super) text: &'t str,
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
    pub(crate) fn opens_clause(&self) -> bool {
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
    pub(super) fn follows_number(&self) -> bool {
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

pub(super) fn dated(len: usize, due: Due) -> Found {
    Found::Term { back: 0, len, kind: DeadlineKind::Date, cadence: Cadence::By(due) }
}

/// Whether a deadline can begin with this character, Arabic digits aside; 前 and 之 end one that is read backwards.
pub(super) fn starts(c: char) -> bool {
    crate::named_days::may_begin(c)
        || matches!(
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
                | '次'
                | '翌'
                | '开'
                | '学'
                | '春'
                | '秋'
                | '寒'
                | '暑'
                | '放'
                | '“'
        )
}
