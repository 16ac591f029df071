//! A row of the table as facts about a person; everything that is wrong with it at once, each with its cell.

use jiff::civil::Date;
use model::{CitizenId, PERSON_CATEGORIES, PERSON_KINDS, Sex, Stage};

use work::cells::{day, month};
use work::names;

use super::cells::{Cells, Row};
use super::columns::Col;

/// Something that is wrong in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The row's number.
    pub(crate) row: u32,
    /// The column.
    pub(crate) col: Col,
    /// What is wrong and how to put it right.
    pub(crate) words: String,
    /// Whether the row is taken all the same, without this cell.
    pub(crate) left_out: bool,
}

/// What a row says of a person. Nothing where the cell is empty: then what is known stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) name: String,
    pub(crate) number: String,
    pub(crate) citizen_id: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) sex: Option<Sex>,
    pub(crate) nation: String,
    pub(crate) born: Option<Date>,
    pub(crate) kind: Option<&'static str>,
    pub(crate) general: String,
    pub(crate) branch: String,
    pub(crate) group: String,
    pub(crate) stage: Option<Stage>,
    pub(crate) applied: Option<Date>,
    pub(crate) stage_days: [Option<Date>; 4],
    pub(crate) arrived: Option<Date>,
    pub(crate) posts: Vec<String>,
    pub(crate) post_since: Option<Date>,
    pub(crate) education: String,
    pub(crate) work: String,
    pub(crate) categories: Vec<&'static str>,
    /// Days of which the row names only the month: its first day was taken.
    pub(crate) months: Vec<Col>,
}

/// The columns of the days of the stages, in the order of the stages.
pub(crate) const STAGE_COLS: [(Stage, Col); 4] = [
    (Stage::Activist, Col::Activist),
    (Stage::Candidate, Col::Candidate),
    (Stage::Probationary, Col::Joined),
    (Stage::Full, Col::Full),
];

/// Reads a mobile number, or a line with its area code.
pub(crate) fn phone(words: &str) -> Result<String, String> {
    let digits: String = words
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
            other => other,
        })
        .filter(|c| !c.is_whitespace() && !"-－—()（）".contains(*c))
        .collect();
    let digits = digits.strip_prefix("+86").unwrap_or(&digits);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err("只能是数字".to_owned());
    }
    let mobile = digits.len() == 11 && digits.starts_with('1') && !digits.starts_with("10");
    let line = (10..=12).contains(&digits.len()) && digits.starts_with('0');
    if mobile || line {
        Ok(digits.to_owned())
    } else {
        Err(format!("手机号是 11 位，座机要带区号；这里是 {} 位", digits.len()))
    }
}

/// Reads the number of an identity card.
pub(crate) fn citizen_id(words: &str) -> Result<CitizenId, String> {
    if words.contains(['E', 'e']) && words.contains('+') {
        return Err("Excel 把号码变成了数字，后几位已经丢了。把这一栏设为“文本”再重新填".to_owned());
    }
    CitizenId::read(words).map_err(|fault| {
        if words.ends_with("000") {
            format!("{fault}。像是被 Excel 当数字存过，后三位变成了 000")
        } else {
            fault.to_string()
        }
    })
}

/// A stage in any of its names.
fn stage(words: &str) -> Option<Stage> {
    Some(match words {
        "正式党员" | "正式" | "中共党员" | "党员" => Stage::Full,
        "预备党员" | "预备" | "中共预备党员" => Stage::Probationary,
        "发展对象" => Stage::Candidate,
        "入党积极分子" | "积极分子" => Stage::Activist,
        _ => return None,
    })
}

/// A kind in any of its names.
fn kind(words: &str) -> Option<&'static str> {
    if let Some((id, _)) = PERSON_KINDS.iter().find(|(_, word)| *word == words) {
        return Some(id);
    }
    let has = |all: &[&str]| all.iter().any(|w| words.contains(w));
    if has(&["离退", "退休", "离休"]) {
        Some("retired")
    } else if has(&["学生", "本科生", "专科生", "研究生", "高职生", "在校生"]) {
        Some("student")
    } else if has(&["教工", "教职", "教师", "职工", "在职", "在岗", "干部", "管理人员", "专业技术", "工勤"])
    {
        Some("staff")
    } else {
        None
    }
}

/// Reads a row. What is wrong goes to `wrong`; the rest is there all the same.
pub(crate) fn row(cells: &Cells, row: &Row, today: Date, wrong: &mut Vec<Wrong>) -> Said {
    let mut said = Said::default();
    // A cell that may be empty and cannot be read never costs the row: it stays empty, and is told.
    let mut bad = |col: Col, words: String| {
        wrong.push(Wrong { row: row.number, col, words, left_out: col.may_stay_empty() });
    };
    let get = |col: Col| cells.get(row, col);
    match names::read(get(Col::Name)) {
        Ok(name) => said.name = name,
        Err(why) => bad(Col::Name, why),
    }
    for (col, field, most) in [
        (Col::Number, &mut said.number, 32),
        (Col::Nation, &mut said.nation, 20),
        (Col::General, &mut said.general, 80),
        (Col::Branch, &mut said.branch, 80),
        (Col::Group, &mut said.group, 60),
        (Col::Education, &mut said.education, 30),
        (Col::Work, &mut said.work, 60),
    ] {
        let words = get(col);
        if words.chars().count() > most {
            bad(col, format!("太长，最多 {most} 个字"));
        } else if words.starts_with(['=', '@'])
            || (words.starts_with('#') && words.ends_with(['!', '?', 'A']))
        {
            bad(col, format!("“{words}”是公式或出错的格子，不是内容"));
        } else if col == Col::Number && words.contains("E+") {
            bad(col, "Excel 把它变成了数字，请把这一栏设为“文本”再重新填".to_owned());
        } else {
            words.clone_into(field);
        }
    }
    // Said to be hidden: what is known stays.
    let hidden = |words: &str| words.contains('*');
    let words = get(Col::CitizenId);
    let mut card = None;
    if !words.is_empty() && !hidden(words) {
        match citizen_id(words) {
            Ok(id) => {
                said.citizen_id = Some(id.number().to_owned());
                card = Some(id);
            }
            Err(why) => bad(Col::CitizenId, why),
        }
    }
    let words = get(Col::Phone);
    if !words.is_empty() && !hidden(words) {
        match phone(words) {
            Ok(number) => said.phone = Some(number),
            Err(why) => bad(Col::Phone, why),
        }
    }
    let words = get(Col::Sex);
    match words {
        "" => {}
        "男" | "男性" => said.sex = Some(Sex::Male),
        "女" | "女性" => said.sex = Some(Sex::Female),
        other => bad(Col::Sex, format!("“{other}”不是男或女")),
    }
    // One head may stand for either: the national system calls 正式党员 a 人员类别.
    for col in [Col::Kind, Col::Stage] {
        let words = get(col);
        if words.is_empty() {
            continue;
        }
        if let Some(found) = stage(words) {
            if said.stage.is_some_and(|s| s != found) {
                bad(col, "和另一栏的发展阶段不一样".to_owned());
            }
            said.stage = Some(found);
        } else if let Some(found) = kind(words) {
            said.kind = said.kind.or(Some(found));
        } else if col == Col::Kind {
            bad(col, format!("“{words}”不是教职工、学生、离退休，也不是发展阶段"));
        } else if !matches!(words, "群众" | "共青团员" | "团员" | "申请人" | "入党申请人") {
            bad(col, format!("“{words}”不是入党积极分子、发展对象、预备党员、正式党员"));
        }
    }
    if said.kind.is_none() {
        said.kind = kind(&said.work);
    }
    let mut days = [None; 8];
    for (place, col) in days.iter_mut().zip(Col::ALL.into_iter().filter(|c| c.is_day())) {
        let words = get(col);
        if !words.is_empty() {
            let of_card = card.as_ref().filter(|_| col == Col::Born).map(|c| c.born());
            match (day(words, today), month(words, today), of_card) {
                (Ok(day), ..) => *place = Some(day),
                // The card knows the day; the month is only checked against it.
                (Err(_), Some(first), Some(born)) if born.first_of_month() == first => *place = Some(born),
                (Err(_), Some(first), None) => {
                    *place = Some(first);
                    said.months.push(col);
                }
                (Err(_), Some(_), Some(born)) => bad(col, format!("和身份证号里的 {born} 不一样")),
                (Err(why), None, _) => bad(col, why),
            }
        }
    }
    let [born, applied, activist, candidate, joined, full, arrived, post_since] = days;
    (said.born, said.applied, said.arrived, said.post_since) = (born, applied, arrived, post_since);
    said.stage_days = [activist, candidate, joined, full];
    if let Some(card) = &card {
        if said.born.is_some_and(|b| b != card.born()) {
            bad(Col::Born, format!("和身份证号里的 {} 不一样", card.born()));
        }
        if said.sex.is_some_and(|s| s != card.sex()) {
            bad(Col::Sex, format!("和身份证号不一样，号码上是{}", card.sex().word()));
        }
        said.born = said.born.or(Some(card.born()));
        said.sex = said.sex.or(Some(card.sex()));
    }
    said.posts = get(Col::Post)
        .split(['、', '，', ',', '；', ';', '/'])
        .map(str::trim)
        .filter(|p| !p.is_empty() && !matches!(*p, "无" | "党员" | "-" | "—"))
        .map(ToOwned::to_owned)
        .collect();
    if said.posts.iter().any(|p| p.chars().count() > 20 || p.starts_with(['=', '@'])) {
        bad(Col::Post, "写职务的名称，例：书记、组织委员".to_owned());
    }
    for words in
        get(Col::Categories).split(['、', '，', ',', '；', ';']).map(str::trim).filter(|w| !w.is_empty())
    {
        match PERSON_CATEGORIES.iter().find(|(_, word)| *word == words) {
            Some((id, _)) => said.categories.push(id),
            None => {
                let known = PERSON_CATEGORIES.map(|(_, word)| word).join("、");
                bad(Col::Categories, format!("没有“{words}”这一类，有：{known}"));
            }
        }
    }
    said
}

/// What the days of one person contradict each other in, given what is known and what the row says: at the columns that the
/// row fills in.
pub(crate) fn order(file: &model::PersonFile, given: impl Fn(Col) -> bool, mut bad: impl FnMut(Col, String)) {
    let days = [
        (Col::Born, "出生", file.born),
        (Col::Applied, "申请入党", file.applied),
        (Col::Activist, "积极分子", file.activist),
        (Col::Candidate, "发展对象", file.candidate),
        (Col::Joined, "入党", file.joined),
        (Col::Full, "转正", file.full),
    ];
    let known: Vec<(Col, &str, Date)> = days.into_iter().filter_map(|(c, w, d)| Some((c, w, d?))).collect();
    for pair in known.windows(2) {
        let [(earlier, before, a), (later, after, b)] = pair else { continue };
        if a > b {
            let at = if given(*later) { *later } else { *earlier };
            bad(at, format!("{after}（{b}）早于{before}（{a}）"));
        }
    }
    // 党章第一条: 年满十八岁可以申请入党.
    if let (Some(born), Some(joined)) = (file.born, file.joined)
        && born <= joined
        && born.checked_add(jiff::Span::new().years(18)).is_ok_and(|grown| joined < grown)
    {
        let at = if given(Col::Joined) { Col::Joined } else { Col::Born };
        bad(at, format!("入党（{joined}）时不满 18 岁"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::cells::of_paste;
    use super::*;

    const TODAY: Date = Date::constant(2022, 4, 22);

    #[test]
    fn days_are_read_as_people_write_them() {
        for text in ["2015-07-01", "2015/7/1", "2015.07.01", "20150701", "2015年7月1日", "２０１５．７．１"]
        {
            assert_eq!(day(text, TODAY), Ok(Date::constant(2015, 7, 1)), "{text}");
        }
        for (text, why) in [
            ("2015.7", "只到月"),
            ("201507", "只到月"),
            ("2015-02-30", "没有"),
            ("1900-01-01", "太早"),
            ("2022-04-23", "还没有到"),
            ("七月一日", "不是日期"),
            ("", "不是日期"),
            ("42186", "不是日期"),
        ] {
            let fault = day(text, TODAY).unwrap_err();
            assert!(fault.contains(why), "{text}: {fault}");
        }
    }

    #[test]
    fn everything_that_is_wrong_with_a_row_is_told_at_once_with_its_cell() {
        let cells = of_paste(
            "姓名\t身份证号\t联系电话\t性别\t出生日期\t人员类别\t工作岗位\t转正日期\n\
             =A1\t110105194912310021\t1381234567\t无\t1900-01-00\t群众演员\t#REF!\t2030-01-01",
        )
        .unwrap();
        let mut wrong = Vec::new();
        row(&cells, &cells.rows[0], TODAY, &mut wrong);
        let mut cols: Vec<Col> = wrong.iter().map(|w| w.col).collect();
        cols.sort();
        assert_eq!(
            cols,
            [Col::Name, Col::CitizenId, Col::Phone, Col::Sex, Col::Born, Col::Kind, Col::Full, Col::Work],
            "{wrong:#?}"
        );
        assert_eq!(cells.address(2, Col::CitizenId), "B2");
    }

    #[test]
    fn a_month_where_a_day_is_asked_is_taken_and_told() {
        let cells = of_paste(
            "姓名\t身份证号\t出生年月\t入党时间\t党员类别\t人员类别\n\
             方以宁\t11010519491231002X\t1949.12\t2010年7月\t正式党员\t教职工\n\
             尤一诺\t\t198503\t2022年7月\t预备党员\t学生\n\
             时也\t11010519491231002X\t1949年11月\t\t\t",
        )
        .unwrap();
        let mut wrong = Vec::new();
        let said: Vec<Said> = cells.rows.iter().map(|r| row(&cells, r, TODAY, &mut wrong)).collect();
        assert_eq!(
            (said[0].born, said[0].kind, said[0].stage),
            (Some(Date::constant(1949, 12, 31)), Some("staff"), Some(Stage::Full))
        );
        assert_eq!(
            (said[0].stage_days[2], said[0].months.as_slice()),
            (Some(Date::constant(2010, 7, 1)), &[Col::Joined][..])
        );
        assert_eq!(
            (said[1].born, said[1].months.as_slice()),
            (Some(Date::constant(1985, 3, 1)), &[Col::Born][..])
        );
        assert_eq!((said[1].kind, said[1].stage), (Some("student"), Some(Stage::Probationary)));
        // A month that has not come, and one that the card denies.
        assert_eq!(
            wrong.iter().map(|w| (w.row, w.col)).collect::<Vec<_>>(),
            [(3, Col::Joined), (4, Col::Born)]
        );
    }

    #[test]
    fn the_national_systems_columns_say_stage_and_kind() {
        let cells = of_paste(
            "姓名\t性别\t公民身份证号码\t民族\t出生日期\t学历\t人员类别\t所在党支部\t入党日期\t转正日期\t工作岗位\t联系电话\n\
             方 以宁\t女\t11010519491231002X\t汉族\t1949-12-31\t本科\t正式党员\t教工第一党支部\t2009-07-01\t2010-07-01\t高等学校教师\t138 1234 5678",
        )
        .unwrap();
        assert_eq!((cells.columns.len(), cells.unknown.len()), (12, 0));
        let mut wrong = Vec::new();
        let said = row(&cells, &cells.rows[0], TODAY, &mut wrong);
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!((said.stage, said.kind), (Some(Stage::Full), Some("staff")));
        assert_eq!((said.name.as_str(), said.phone.as_deref()), ("方以宁", Some("13812345678")));
        assert_eq!(said.stage_days[3], Some(Date::constant(2010, 7, 1)));
    }

    #[test]
    fn what_a_spreadsheet_did_to_a_long_number_is_named() {
        assert!(citizen_id("1.10105E+17").unwrap_err().contains("Excel"));
        assert!(citizen_id("110105194912310000").unwrap_err().contains("000"));
        assert_eq!(phone("+86 138-1234-5678"), Ok("13812345678".to_owned()));
        assert_eq!(phone("0919-2181234"), Ok("09192181234".to_owned()));
        assert!(phone("10812345678").is_err());
    }

    #[test]
    fn days_that_contradict_each_other_are_named_at_the_cell_that_was_filled_in() {
        let file = model::PersonFile {
            born: Some(Date::constant(2000, 1, 1)),
            joined: Some(Date::constant(2017, 7, 1)),
            full: Some(Date::constant(2016, 7, 1)),
            ..model::PersonFile::default()
        };
        let mut found = Vec::new();
        order(&file, |c| c == Col::Joined, |col, words| found.push((col, words)));
        assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), [Col::Joined, Col::Joined]);
        assert!(found[1].1.contains("不满 18 岁"));
    }
}
