//! Rhythms that are one word with what is done: 半年专项自查, 年度综合检查.

use model::Per;

use super::{Found, rhythm};
use crate::number;

/// Nouns that make a rhythm of a period word before them: 半年专项自查, 年度综合检查, 年终考核.
const ACTS: [&str; 20] = [
    "自查", "检查", "考核", "督查", "抽查", "考评", "评议", "评估", "总结", "述职", "测评", "评比", "巡查",
    "盘点", "小结", "通报", "督导", "点评", "讲评", "调度",
];
/// Characters that may stand between the period and the act: 年度党建工作考核.
const BETWEEN: usize = 4;

/// 日报告、周调度、月通报: the period is one character with what is done.
fn short(text: &str, at: usize, before: Option<char>) -> Option<Found> {
    const DONE: [&str; 15] = [
        "监测", "报告", "调度", "通报", "研判", "例会", "小结", "会商", "点评", "讲评", "汇报", "督查",
        "巡查", "排查", "考核",
    ];
    let rest = &text[at..];
    let first = rest.chars().next()?;
    let per = match first {
        '日' => Per::Day,
        '周' => Per::Week,
        '月' => Per::Month,
        '季' => Per::Quarter,
        _ => return None,
    };
    let near = &rest[first.len_utf8()..];
    let act = DONE.iter().find(|a| near.starts_with(**a))?;
    // 工作日报告, 本周调度, 上月通报, 党建月报告 begin earlier.
    before.is_none_or(|c| "，、。；：（“”‘《\n行施立持格展按和及坚全严执".contains(c)).then_some(())?;
    Some((0, first.len_utf8() + act.len(), rhythm(per, None, None)))
}

pub(super) fn compound(text: &str, at: usize, before: Option<char>) -> Option<Found> {
    let rest = &text[at..];
    if let Some(found) = short(text, at, before) {
        return Some(found);
    }
    let (word, per) = [
        ("半年度", Per::HalfYear),
        ("半年", Per::HalfYear),
        ("年度", Per::Year),
        ("年终", Per::Year),
        ("年末", Per::Year),
        ("季度", Per::Quarter),
        ("月度", Per::Month),
        ("学期末", Per::Term),
    ]
    .into_iter()
    .find(|(w, _)| rest.starts_with(w))
    .map(|(w, p)| (w.len(), p))?;
    match before {
        // 2022年度, 第一季度, 每半年, 上半年, 本年度: no rhythm, or told by another rule.
        // 健全半年专项自查: 全 is a prefix of 年 only.
        Some('全') if rest.starts_with('半') => {}
        Some(c)
            if number::digit(c).is_some()
                || number::is_hanzi(c)
                || "每第上下各按逐本全半学两去今当".contains(c) =>
        {
            return None;
        }
        _ => {}
    }
    let near = &rest[word..];
    let mut end = None;
    for (n, (i, c)) in near.char_indices().enumerate() {
        let verb =
            ["召开", "开展", "进行", "组织", "做好", "完成", "接受"].iter().any(|w| near[i..].starts_with(w));
        if verb || n > BETWEEN || !('\u{4e00}'..='\u{9fff}').contains(&c) {
            break;
        }
        if let Some(act) = ACTS.iter().find(|a| near[i..].starts_with(**a)) {
            end = Some(i + act.len());
            break;
        }
    }
    let end = end?;
    // 纳入年度考核, 年度考核结果: the check is spoken of and not asked for.
    let next = &near[end..];
    const OF_IT: [&str; 16] = [
        "结果", "办法", "细则", "方案", "指标", "内容", "体系", "重要", "等次", "对象", "依据", "得分",
        "成绩", "范围", "评优", "情况",
    ];
    if OF_IT.iter().any(|w| next.starts_with(w)) {
        return None;
    }
    let earlier = &text[..at];
    const INTO: [&str; 18] = [
        "纳入", "列入", "作为", "计入", "记入", "结合", "依据", "根据", "按照", "参考", "加入", "党建",
        "对照", "与", "和", "部门", "单位", "影响",
    ];
    if INTO.iter().any(|w| earlier.ends_with(w)) {
        return None;
    }
    let once = near.starts_with('一').then_some(1);
    Some((0, word + end, rhythm(per, once, None)))
}
