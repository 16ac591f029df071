//! Lists of units: where one name ends and the next begins.

use std::ops::Range;

use crate::flow::Flow;

/// Endings by which a name is known to be a unit's.
const ENDINGS: [&str; 70] = [
    "處",
    "縣",
    "區",
    "廳",
    "辦",
    "單位",
    "部門",
    "部",
    "处",
    "室",
    "科",
    "股",
    "委",
    "局",
    "厅",
    "署",
    "行",
    "院",
    "所",
    "站",
    "台",
    "馆",
    "中心",
    "总支",
    "党组",
    "会",
    "工会",
    "学会",
    "协会",
    "联合会",
    "委员会",
    "妇联",
    "残联",
    "侨联",
    "工商联",
    "社科联",
    "科协",
    "办",
    "组",
    "队",
    "校",
    "系",
    "区",
    "县",
    "市",
    "镇",
    "乡",
    "街道",
    "村",
    "集团",
    "公司",
    "企业",
    "部门",
    "单位",
    "机构",
    "政府",
    "人大",
    "政协",
    "团",
    "司",
    "社",
    "组织",
    "领导小组",
    "书记处",
    "班级",
    "年级",
    "党员",
    "分会",
    "园",
    "支部",
];

/// Bare class words, which follow 等 or 和 and name nobody: 教务处等部门, 部门和单位.
const CLASSES: [&str; 12] =
    ["部门", "单位", "机构", "组织", "企业", "个人", "科室", "处室", "院系", "成员单位", "职能部门", "学院"];

/// Whether `name` ends as names of units do; brackets at its end do not count: 市交通委（市道运局）.
pub(crate) fn is_unit(name: &str) -> bool {
    let bare = without_tail_bracket(name);
    bare.chars().nth(1).is_some() && ENDINGS.iter().any(|e| bare.ends_with(e))
}

/// Whether `name` ends as names of posts do: 组织委员, 支部书记.
pub(crate) fn is_post(name: &str) -> bool {
    const POSTS: [&str; 10] =
        ["书记", "委员", "主任", "校长", "院长", "处长", "部长", "组长", "负责人", "班子成员"];
    POSTS.iter().any(|p| name.ends_with(p))
}

/// Whether `name` ends as names of one office do, and as little else does.
pub(crate) fn is_office(name: &str) -> bool {
    const ENDS: [&str; 14] = [
        "部",
        "处",
        "室",
        "科",
        "办",
        "纪委",
        "团委",
        "党委",
        "总支",
        "支部",
        "中心",
        "学院",
        "工会",
        "图书馆",
    ];
    let bare = without_tail_bracket(name);
    bare.chars().nth(1).is_some() && ENDS.iter().any(|e| bare.ends_with(e)) && !is_collective(bare)
}

/// Whether `name` speaks of units without naming one: 各支部, 有关部门, 相关区.
pub(crate) fn is_collective(name: &str) -> bool {
    ["各", "有关", "相关", "全体", "其他", "其它", "所有", "全校", "全院", "下属", "所属"]
        .iter()
        .any(|w| name.starts_with(w))
}

fn without_tail_bracket(name: &str) -> &str {
    if !name.ends_with(['）', ')']) {
        return name;
    }
    name.rfind(['（', '(']).filter(|i| *i > 0).map_or(name, |i| &name[..i])
}

/// A name in a list: where it stands, and whether brackets after it say that it leads (组织部（牵头）).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) range: Range<usize>,
    pub(crate) leads: bool,
    /// It stands after 会同 and so helps whoever stands before.
    pub(crate) joins: bool,
}

/// The names in the list at `range` of the clean text.
pub(crate) fn split(flow: &Flow, range: &Range<usize>) -> Vec<Name> {
    let text = &flow.text[range.clone()];
    let spaces = !text.contains(['、', '，', ',', '；', ';']);
    let mut out = Vec::new();
    let mut depth = 0_usize;
    let mut start = range.start;
    for (i, c) in text.char_indices() {
        let at = range.start + i;
        match c {
            '（' | '(' | '〔' | '【' => depth += 1,
            '）' | ')' | '〕' | '】' => depth = depth.saturating_sub(1),
            // 党委办公室/党群工作部: two names of one office, or two offices.
            '/' | '／' if depth == 0 && is_unit(&flow.text[start..at]) => {
                piece(flow, start..at, &mut out);
                start = at + c.len_utf8();
                continue;
            }
            '、' | '，' | ',' | '；' | ';' | '\n' | '|' if depth == 0 => {
                piece(flow, start..at, &mut out);
                start = at + c.len_utf8();
                continue;
            }
            _ => {}
        }
        // Names with nothing but a space between them.
        if spaces && depth == 0 && at > start && flow.spaced_before(at) && is_unit(&flow.text[start..at]) {
            piece(flow, start..at, &mut out);
            start = at;
        }
    }
    piece(flow, start..range.end, &mut out);
    out.dedup_by(|name, before| joined(flow, name, before));
    out
}

/// Joins a bare class word to the collective before it: 院直有关部门、单位 are one name.
fn joined(flow: &Flow, name: &Name, before: &mut Name) -> bool {
    let left = &flow.text[before.range.clone()];
    let between = flow.text.get(before.range.end..name.range.start).unwrap_or_default();
    let one = between == "、"
        && CLASSES.contains(&&flow.text[name.range.clone()])
        && (is_collective(left) || CLASSES.iter().any(|c| left.ends_with(c)));
    if one {
        before.range.end = name.range.end;
    }
    one
}

/// Adds what stands between two separators: mostly one name, more where 及, 和 or 等 join them.
fn piece(flow: &Flow, range: Range<usize>, out: &mut Vec<Name>) {
    let mut start = range.start;
    let mut joins = false;
    let mut depth = 0_usize;
    let whole = &flow.text[range.clone()];
    let mut skip_to = 0;
    for (i, c) in whole.char_indices() {
        match c {
            '（' | '(' => depth += 1,
            '）' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let at = range.start + i;
        if depth > 0 || at < start || i < skip_to {
            continue;
        }
        let rest = &whole[i..];
        let left = &flow.text[start..at];
        if let Some(word) = ["会同", "联合", "商"].iter().find(|w| rest.starts_with(**w))
            && is_unit(left)
            && (is_unit(&rest[word.len()..]) || rest.contains('及'))
            && *word != "商"
        {
            push(flow, start..at, joins, out);
            joins = true;
            start = at + word.len();
        } else if let Some(word) = ["以及", "及", "和", "与", "等"].iter().find(|w| rest.starts_with(**w))
        {
            let after = &rest[word.len()..];
            let right = after.find(['及', '和', '等']).map_or(after, |k| &after[..k]);
            let parts = match *word {
                "等" => is_unit(left),
                "与" => is_unit(left) && is_collective(after),
                _ => is_join(left, right) || (is_unit(left) && is_collective(after) && is_unit(after)),
            };
            if parts {
                push(flow, start..at, joins, out);
                start = at + word.len();
            }
            skip_to = i + word.len();
        }
    }
    // What follows 等 may be nothing but a class word, or a count of them: 等3个部门.
    let after_list = start > range.start;
    let tail = &flow.text[start..range.end];
    let counted = crate::number::leading(tail).is_some();
    if !(after_list && (CLASSES.contains(&tail) || counted)) {
        push(flow, start..range.end, joins, out);
    }
}

/// Whether 及 or 和 between these two joins units and does not belong to one name (文化和旅游部, 部门和单位).
fn is_join(left: &str, right: &str) -> bool {
    is_unit(left)
        && is_unit(right)
        && !CLASSES.contains(&right)
        && !["实验室", "社区", "园区", "校区", "校园", "企业", "机关", "城市", "集团"]
            .iter()
            .any(|w| left.ends_with(w))
}

/// Adds one name without what clings to it.
fn push(flow: &Flow, mut range: Range<usize>, mut joins: bool, out: &mut Vec<Name>) {
    let mut leads = false;
    loop {
        let name = &flow.text[range.clone()];
        if name.starts_with("会同") {
            range.start += "会同".len();
            joins = true;
        } else if let Some(w) =
            ["由", "以及", "及", "和", "：", ":", "。", "."].iter().find(|w| name.starts_with(**w))
        {
            range.start += w.len();
        } else if let Some(w) = ["等", "。", "：", ":", "."].iter().find(|w| name.ends_with(**w)) {
            range.end -= w.len();
        } else if let Some(w) = ["（牵头）", "(牵头)", "（牵头单位）", "（牵头部门）", "（主办）"]
            .iter()
            .find(|w| name.ends_with(**w))
        {
            range.end -= w.len();
            leads = true;
        } else if let Some(w) =
            ["（配合）", "(配合)", "（协办）", "（责任）"].iter().find(|w| name.ends_with(**w))
        {
            range.end -= w.len();
        } else {
            break;
        }
    }
    if !range.is_empty() {
        out.push(Name { range, leads, joins });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &str) -> Vec<String> {
        let mut flow = Flow::default();
        flow.push(list, 0);
        let all = 0..flow.text.len();
        split(&flow, &all).into_iter().map(|n| flow.text[n.range].to_owned()).collect()
    }

    #[test]
    fn separators() {
        assert_eq!(names("党委办公室、宣传部，各支部"), ["党委办公室", "宣传部", "各支部"]);
        assert_eq!(
            names("市公安局、民政局,某公积金管理中心;消防支队"),
            ["市公安局", "民政局", "某公积金管理中心", "消防支队"]
        );
        assert_eq!(names("党委办公室 宣传部 各支部"), ["党委办公室", "宣传部", "各支部"]);
    }

    #[test]
    fn tails() {
        assert_eq!(
            names("财政部、民政部等国务院相关部门及各地区"),
            ["财政部", "民政部", "国务院相关部门", "各地区"]
        );
        assert_eq!(names("国务院相关部门和单位及各地区"), ["国务院相关部门和单位", "各地区"]);
        assert_eq!(names("教务处、学生处等"), ["教务处", "学生处"]);
        assert_eq!(names("教务处、学生处等部门"), ["教务处", "学生处"]);
        assert_eq!(names("组织部和各党支部"), ["组织部", "各党支部"]);
        assert_eq!(names("教务处和学生处"), ["教务处", "学生处"]);
    }

    #[test]
    fn a_class_word_belongs_to_the_collective_before_it() {
        assert_eq!(names("院直有关部门、单位，各支部"), ["院直有关部门、单位", "各支部"]);
        assert_eq!(names("各学院、部门、单位"), ["各学院、部门、单位"]);
        assert_eq!(names("县直各部门、企业，团委"), ["县直各部门、企业", "团委"]);
    }

    #[test]
    fn one_name() {
        for s in [
            "文化和旅游部",
            "工业和信息化部",
            "各县(市、区)政府",
            "市交通委（市道运局）",
            "招生与就业处",
            "实验室和设备管理处",
            "高等教育处",
            "商务部",
        ] {
            assert_eq!(names(s), [s]);
        }
    }

    #[test]
    fn roles_in_brackets() {
        let mut flow = Flow::default();
        flow.push("组织部（牵头）、宣传部", 0);
        let all = 0..flow.text.len();
        let got = split(&flow, &all);
        assert_eq!(got.iter().map(|n| n.leads).collect::<Vec<_>>(), [true, false]);
        assert_eq!(&flow.text[got[0].range.clone()], "组织部");
    }
}
