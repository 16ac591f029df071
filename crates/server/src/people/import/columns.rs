//! The columns of the roster: one table for the template, the import and the export, so that what goes out comes in.

use model::{PERSON_KINDS, Sex, Stage};

/// A column of the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Col {
    Name,
    Number,
    CitizenId,
    Phone,
    Sex,
    Nation,
    Born,
    Kind,
    General,
    Branch,
    Group,
    Stage,
    Applied,
    Activist,
    Candidate,
    Joined,
    Full,
    Arrived,
    Post,
    PostSince,
    Education,
    Work,
    Categories,
}

impl Col {
    /// Every column in the order of the template.
    pub(crate) const ALL: [Self; 23] = [
        Self::Name,
        Self::Number,
        Self::CitizenId,
        Self::Phone,
        Self::Sex,
        Self::Nation,
        Self::Born,
        Self::Kind,
        Self::General,
        Self::Branch,
        Self::Group,
        Self::Stage,
        Self::Applied,
        Self::Activist,
        Self::Candidate,
        Self::Joined,
        Self::Full,
        Self::Arrived,
        Self::Post,
        Self::PostSince,
        Self::Education,
        Self::Work,
        Self::Categories,
    ];

    /// Its head in our template, and the other heads by which it is known: those of the lists that offices keep and of
    /// the exports of the national system of Party members.
    fn heads(self) -> &'static [&'static str] {
        match self {
            Self::Name => &["姓名", "党员姓名", "名字"],
            Self::Number => {
                &["工号或学号", "工号/学号", "工号、学号", "工号", "学号", "职工号", "教工号", "人员编号"]
            }
            Self::CitizenId => &[
                "身份证号",
                "身份证号码",
                "身份证",
                "公民身份号码",
                "公民身份证号码",
                "公民身份证号",
                "居民身份证号码",
                "居民身份证号",
                "证件号码",
            ],
            Self::Phone => &[
                "手机号",
                "手机号码",
                "手机",
                "联系电话",
                "电话",
                "移动电话",
                "联系方式",
                "电话号码",
                "本人联系电话",
            ],
            Self::Sex => &["性别"],
            Self::Nation => &["民族"],
            Self::Born => &["出生日期", "出生年月日", "出生年月", "出生时间", "生日"],
            Self::Kind => &["类别", "人员类别", "人员类型", "身份类别"],
            Self::General => &["所在党总支", "党总支", "所属党总支", "二级党组织", "所在二级党组织"],
            Self::Branch => &[
                "所在支部",
                "所在党支部",
                "党支部",
                "支部",
                "支部名称",
                "党支部名称",
                "所属党支部",
                "所属支部",
                "所在党组织",
                "所在组织",
                "党组织名称",
                "所在党支部名称",
            ],
            Self::Group => &["党小组", "所在党小组"],
            Self::Stage => &["发展阶段", "阶段", "党员类别", "党员身份", "身份", "政治面貌", "发展状态"],
            Self::Applied => {
                &["申请入党日期", "申请入党时间", "递交入党申请书日期", "递交入党申请书时间", "申请日期"]
            }
            Self::Activist => &[
                "积极分子日期",
                "确定为积极分子日期",
                "列为积极分子日期",
                "确定积极分子日期",
                "积极分子时间",
                "列为积极分子时间",
                "确定为入党积极分子日期",
                "确定为入党积极分子时间",
            ],
            Self::Candidate => &[
                "发展对象日期",
                "确定为发展对象日期",
                "列为发展对象日期",
                "发展对象时间",
                "列为发展对象时间",
                "确定为发展对象时间",
            ],
            Self::Joined => &[
                "入党日期",
                "入党时间",
                "加入党组织日期",
                "加入党组织时间",
                "加入中共组织日期",
                "预备党员日期",
                "接收为预备党员日期",
                "接收预备党员日期",
                "入党年月",
            ],
            Self::Full => &["转正日期", "转正时间", "转为正式党员日期", "正式党员日期", "转正年月"],
            Self::Arrived => &[
                "到支部日期",
                "到本支部日期",
                "进入当前党支部日期",
                "进入党支部日期",
                "进入支部日期",
                "转入日期",
                "转入支部日期",
                "组织关系转入日期",
                "转入时间",
            ],
            Self::Post => &["职务", "党内职务", "支部职务", "党务职务"],
            Self::PostSince => &["任职日期", "任职时间", "任现职日期"],
            Self::Education => &["学历", "文化程度", "最高学历"],
            Self::Work => &["工作岗位", "岗位", "班级", "部门", "工作单位", "所在部门", "所在班级"],
            Self::Categories => &["其他类别", "标签", "备注类别"],
        }
    }

    /// Its head in our template.
    pub(crate) fn title(self) -> &'static str {
        self.heads().first().copied().unwrap_or_default()
    }

    /// The column that a head means.
    pub(crate) fn of_head(head: &str) -> Option<Self> {
        let plain = plain(head);
        Self::ALL.into_iter().find(|c| c.heads().iter().any(|h| self::plain(h) == plain))
    }

    /// Width in half-width characters.
    pub(crate) fn width(self) -> u16 {
        match self {
            Self::Name | Self::Nation | Self::Kind | Self::Education => 10,
            Self::Sex => 6,
            Self::CitizenId => 21,
            Self::General | Self::Branch | Self::Work => 26,
            Self::Number | Self::Phone | Self::Group | Self::Stage | Self::Post => 14,
            _ => 13,
        }
    }

    /// Whether it holds a day.
    pub(crate) fn is_day(self) -> bool {
        matches!(
            self,
            Self::Born
                | Self::Applied
                | Self::Activist
                | Self::Candidate
                | Self::Joined
                | Self::Full
                | Self::Arrived
                | Self::PostSince
        )
    }

    /// Whether a person is registered as well without it, so that a cell that cannot be read never costs the row. What tells
    /// one person from another, and what decides of membership, has to be read.
    pub(crate) fn may_stay_empty(self) -> bool {
        matches!(
            self,
            Self::Phone
                | Self::Sex
                | Self::Nation
                | Self::Born
                | Self::Education
                | Self::Work
                | Self::Categories
        )
    }

    /// What there is to choose from, where it is the same everywhere.
    pub(crate) fn choices(self) -> Vec<&'static str> {
        match self {
            Self::Sex => Sex::ALL.map(Sex::word).to_vec(),
            Self::Kind => PERSON_KINDS.map(|(_, word)| word).to_vec(),
            Self::Stage => Stage::IDS.map(|(_, stage)| stage.word()).to_vec(),
            _ => Vec::new(),
        }
    }
}

/// A head without what people put into it: blanks, a star, a remark in brackets, a colon.
fn plain(head: &str) -> String {
    let mut depth = 0_u32;
    head.chars()
        .filter(|c| match c {
            '（' | '(' | '【' | '[' => {
                depth += 1;
                false
            }
            '）' | ')' | '】' | ']' => {
                depth = depth.saturating_sub(1);
                false
            }
            '*' | '＊' | '：' | ':' => false,
            c => depth == 0 && !c.is_whitespace(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_known_however_they_are_written() {
        for (head, col) in [
            ("姓  名", Col::Name),
            ("*公民身份证号码", Col::CitizenId),
            ("联系电话（手机）", Col::Phone),
            ("人员类别", Col::Kind),
            ("所在党支部", Col::Branch),
            ("入党\n日期", Col::Joined),
            ("工作岗位", Col::Work),
        ] {
            assert_eq!(Col::of_head(head), Some(col), "{head}");
        }
        assert_eq!(Col::of_head("籍贯"), None);
    }

    #[test]
    fn no_head_means_two_columns() {
        let mut all: Vec<String> = Col::ALL.iter().flat_map(|c| c.heads()).map(|h| plain(h)).collect();
        all.sort();
        let before = all.len();
        all.dedup();
        // Two ways of writing one head may be the same without their marks, within one column.
        let within = Col::ALL.iter().map(|c| {
            let mut heads: Vec<String> = c.heads().iter().map(|h| plain(h)).collect();
            heads.sort();
            let n = heads.len();
            heads.dedup();
            n - heads.len()
        });
        assert_eq!(before - all.len(), within.sum::<usize>());
    }
}
