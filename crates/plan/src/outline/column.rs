//! What the columns of a task table hold.

use crate::label::{self, Field};

/// What a column holds, by its heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// 序号.
    Number,
    /// 类别: one word for several tasks.
    Group,
    /// 工作任务.
    Task,
    /// 任务分解, 具体措施.
    Detail,
    /// 牵头部门, 责任单位.
    Owner(Field),
    /// 责任人, 责任领导: they count where no column names units.
    Person,
    /// 完成时限.
    Time,
    /// 考核要点, 预期成果.
    Check,
    /// Anything else.
    Other,
}

/// Columns with units that are not those who do it.
const OTHER_UNITS: [&str; 9] = ["填报", "所在", "工作单位", "监督", "考核", "督办", "报送", "来文", "发文"];

/// The column under this heading.
pub(crate) fn kind(heading: &str) -> Column {
    let heading: String = heading.chars().filter(|c| !c.is_whitespace() && *c != '*').collect();
    let heading = heading.as_str();
    let count = heading.chars().count();
    if count == 0 || count > 16 || heading.contains(['。', '，', '；']) {
        return Column::Other;
    }
    let has = |words: &[&str]| words.iter().any(|w| heading.contains(w));
    let ends = |words: &[&str]| words.iter().any(|w| heading.ends_with(w));
    if ["序号", "编号", "序", "号", "No", "No."].contains(&heading) {
        return Column::Number;
    }
    match label::of_column(heading) {
        Some(field @ (Field::Lead | Field::Answer | Field::Help)) => return Column::Owner(field),
        Some(Field::Time) => return Column::Time,
        Some(Field::Person) => return Column::Person,
        Some(Field::Contact) => return Column::Other,
        Some(Field::Other) | None => {}
    }
    if ends(&["月份", "时间", "时限", "日期", "期限", "月"]) {
        Column::Time
    } else if ends(&["单位", "部门", "科室", "处室", "股室"]) && !has(&OTHER_UNITS) {
        Column::Owner(Field::Answer)
    } else if ends(&["类别", "分类", "板块", "模块", "领域", "方面", "一级指标", "类型"]) {
        Column::Group
    } else if has(&[
        "考核",
        "成果",
        "验收",
        "佐证",
        "完成情况",
        "进展",
        "标准",
        "成效",
        "效果",
        "评分",
        "备注",
    ]) {
        Column::Check
    } else if has(&["分解", "措施", "举措", "进度", "步骤", "具体", "推进"])
        || ends(&["内容", "要求", "安排", "做法"])
    {
        Column::Detail
    } else if ends(&[
        "任务", "项目", "工作", "要点", "事项", "重点", "活动", "名称", "主题", "专题", "专项", "条目",
        "清单", "议题",
    ]) {
        Column::Task
    } else if ends(&["目标", "指标"]) {
        Column::Check
    } else {
        Column::Other
    }
}

/// Whether a row is the heading row of a task table: it names tasks, and something about them.
pub(crate) fn is_header(kinds: &[Column]) -> bool {
    let tasks = kinds.iter().filter(|k| matches!(k, Column::Task | Column::Detail)).count();
    let known = kinds.iter().filter(|k| **k != Column::Other).count();
    tasks >= 1 && known >= 2
}

/// Whether a cell names units and nothing else.
pub(crate) fn is_units(words: &str) -> bool {
    !words.is_empty()
        && words.chars().count() <= 60
        && !words.contains(['。', '；', '：'])
        && words.split(['、', '，', ',', ' ']).filter(|w| !w.is_empty()).all(crate::names::is_unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings() {
        for (words, kind_) in [
            ("序号", Column::Number),
            ("工作任务", Column::Task),
            ("任务分解/时序进度", Column::Detail),
            ("工作内容", Column::Detail),
            ("考核要点", Column::Check),
            ("责任科室", Column::Owner(Field::Answer)),
            ("牵头部门", Column::Owner(Field::Lead)),
            ("时限要求", Column::Time),
            ("完成时间", Column::Time),
            ("责任领导", Column::Person),
            ("备注", Column::Check),
        ] {
            assert_eq!(kind(words), kind_, "{words}");
        }
    }
}
