//! What is held of a person beyond name, number and kind.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Stage;

/// 人员类别: every kind of [`Person`](crate::Person) with its id and its word.
pub const PERSON_KINDS: [(&str, &str); 3] = [("staff", "教职工"), ("student", "学生"), ("retired", "离退休")];

/// A kind of person in Chinese; empty when it is none.
#[must_use]
pub fn kind_word(kind: &str) -> &'static str {
    PERSON_KINDS.iter().find(|(id, _)| *id == kind).map_or("", |(_, word)| word)
}

/// What rules and lists ask of a person beside the kind, with its id and its word.
pub const PERSON_CATEGORIES: [(&str, &str); 8] = [
    ("leader", "校领导"),
    ("cadre", "中层干部"),
    ("teacher", "专任教师"),
    ("counsellor", "辅导员"),
    ("floating", "流动党员"),
    ("lost", "失联党员"),
    ("abroad", "出国（境）"),
    ("needy", "生活困难"),
];

/// 性别.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
}

impl Sex {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Male, Self::Female];

    /// In Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
        }
    }
}

/// What is kept apart, encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// 公民身份号码.
    CitizenId,
    /// 手机号.
    Phone,
}

impl SecretKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::CitizenId, Self::Phone];

    /// In Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::CitizenId => "身份证号",
            Self::Phone => "手机号",
        }
    }

    /// The value with all but its end hidden: enough to tell two apart, too little to put the whole together. Made when
    /// it is shown and kept nowhere.
    ///
    /// Of a 公民身份号码 two characters are left. Birthday and sex stand in the clear beside it, and the last digit of the
    /// order in it is odd for men; so with four (order and check digit) only the place would be open, and of the some
    /// 3,000 codes of places about one in eleven fits a check digit: the number of a county's own people would be certain
    /// or nearly so. With two, a hundred orders stay open for each of these places. Of a phone number, beside which
    /// nothing tells of it, four characters are left, if at least as many are hidden.
    #[must_use]
    pub fn masked(self, value: &str) -> String {
        let tail = match self {
            Self::CitizenId => 2,
            Self::Phone => 4,
        };
        let length = value.chars().count();
        let hidden = if length < 2 * tail { length } else { length - tail };
        "*".repeat(hidden).chars().chain(value.chars().skip(hidden)).collect()
    }
}

/// What is held of a person. Days of the stages are the person's own, whichever branch they were in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonFile {
    /// 性别.
    pub sex: Option<Sex>,
    /// 民族.
    pub nation: String,
    /// 出生日期.
    pub born: Option<Date>,
    /// 学历.
    pub education: String,
    /// 工作岗位、班级.
    pub work: String,
    /// 申请入党.
    pub applied: Option<Date>,
    /// 确定为入党积极分子.
    pub activist: Option<Date>,
    /// 确定为发展对象.
    pub candidate: Option<Date>,
    /// 入党 (支部大会通过接收为预备党员).
    pub joined: Option<Date>,
    /// 转正.
    pub full: Option<Date>,
    /// Ids of [`PERSON_CATEGORIES`].
    pub categories: BTreeSet<String>,
}

impl PersonFile {
    /// The day on which the person reached a stage.
    #[must_use]
    pub fn stage_day(&self, stage: Stage) -> Option<Date> {
        match stage {
            Stage::Activist => self.activist,
            Stage::Candidate => self.candidate,
            Stage::Probationary => self.joined,
            Stage::Full => self.full,
        }
    }

    /// Notes the day on which the person reached a stage.
    pub fn set_stage_day(&mut self, stage: Stage, day: Option<Date>) {
        match stage {
            Stage::Activist => self.activist = day,
            Stage::Candidate => self.candidate = day,
            Stage::Probationary => self.joined = day,
            Stage::Full => self.full = day,
        }
    }
}

/// What is wrong with a 公民身份号码.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdFault {
    /// Not 18 characters.
    Length(usize),
    /// Something that is no digit (only the last may be X).
    Digit,
    /// The eight digits of the birthday are no day.
    Day,
    /// The check digit does not fit.
    Check,
}

impl std::fmt::Display for IdFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Length(n) => write!(f, "要 18 位，这里是 {n} 位"),
            Self::Digit => f.write_str("只能是数字，最后一位可以是 X"),
            Self::Day => f.write_str("第 7 到 14 位不是日期"),
            Self::Check => f.write_str("校验位不对，有一位抄错了"),
        }
    }
}

/// A 公民身份号码 that holds together (GB 11643-1999: six digits of the place, eight of the birthday, three in order, odd
/// for men, and a check digit by ISO 7064 MOD 11-2).
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenId {
    number: String,
    born: Date,
    sex: Sex,
}

impl std::fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&SecretKind::CitizenId.masked(&self.number))
    }
}

impl CitizenId {
    /// Reads a number as people type it: full-width digits, a small x, spaces.
    ///
    /// # Errors
    /// Says what does not hold.
    pub fn read(text: &str) -> Result<Self, IdFault> {
        let number: String = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| match c {
                '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
                'x' | 'ｘ' | 'Ｘ' => 'X',
                other => other,
            })
            .collect();
        let length = number.chars().count();
        if length != 18 {
            return Err(IdFault::Length(length));
        }
        let mut values = Vec::with_capacity(18);
        for (i, c) in number.chars().enumerate() {
            values.push(match c.to_digit(10) {
                Some(d) => d,
                None if i == 17 && c == 'X' => 10,
                None => return Err(IdFault::Digit),
            });
        }
        let joined = |from: usize, to: usize| values[from..to].iter().fold(0_u32, |n, d| n * 10 + d);
        let born = i16::try_from(joined(6, 10))
            .ok()
            .zip(i8::try_from(joined(10, 12)).ok())
            .zip(i8::try_from(joined(12, 14)).ok())
            .and_then(|((y, m), d)| Date::new(y, m, d).ok())
            .ok_or(IdFault::Day)?;
        // Weights are 2^(17-i) mod 11; the whole, check digit included, leaves 1 (ISO 7064).
        let sum = values.iter().enumerate().fold(0, |sum, (i, v)| sum + v * (1_u32 << (17 - i)) % 11);
        if sum % 11 != 1 {
            return Err(IdFault::Check);
        }
        let sex = if values[16] % 2 == 1 { Sex::Male } else { Sex::Female };
        Ok(Self { number, born, sex })
    }

    /// Its 18 characters.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The birthday in it.
    #[must_use]
    pub fn born(&self) -> Date {
        self.born
    }

    /// The sex in it.
    #[must_use]
    pub fn sex(&self) -> Sex {
        self.sex
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_held_to_its_check_digit() {
        // The standard's own examples.
        let one = CitizenId::read("11010519491231002X").unwrap();
        assert_eq!((one.born(), one.sex()), (Date::constant(1949, 12, 31), Sex::Female));
        let two = CitizenId::read(" 44052418800101001４").unwrap();
        assert_eq!((two.number(), two.sex()), ("440524188001010014", Sex::Male));
        assert_eq!(CitizenId::read("110105194912310021"), Err(IdFault::Check));
        assert_eq!(CitizenId::read("11010519491331002X"), Err(IdFault::Day));
        assert_eq!(CitizenId::read("1101051949123100X2"), Err(IdFault::Digit));
        assert_eq!(CitizenId::read("110105491231002"), Err(IdFault::Length(15)));
        assert!(!format!("{one:?}").contains("19491231"), "never whole in a log");
    }

    #[test]
    fn every_wrong_digit_and_every_swap_of_neighbours_is_found() {
        let right = "11010519491231002X";
        let digits: Vec<char> = right.chars().collect();
        for i in 0..17 {
            for d in '0'..='9' {
                let mut other = digits.clone();
                other[i] = d;
                let text: String = other.iter().collect();
                assert_eq!(CitizenId::read(&text).is_ok(), text == right, "{text}");
            }
            let mut swapped = digits.clone();
            swapped.swap(i, i + 1);
            let text: String = swapped.iter().collect();
            assert_eq!(CitizenId::read(&text).is_ok(), text == right, "{text}");
        }
    }

    #[test]
    fn what_is_masked_cannot_be_used() {
        assert_eq!(SecretKind::CitizenId.masked("11010519491231002X"), "****************2X");
        assert_eq!(SecretKind::Phone.masked("13812345678"), "*******5678");
        assert_eq!(SecretKind::Phone.masked("1234567"), "*******");
        assert_eq!(SecretKind::Phone.masked("123"), "***");
        assert_eq!(SecretKind::Phone.masked(""), "");
    }

    /// Numbers that fit a mask, a birthday and a sex, in a hundred counties of one province.
    #[test]
    fn a_mask_leaves_hundreds_of_numbers_open_beside_birthday_and_sex() {
        let whole = CitizenId::read("11010519491231002X").unwrap();
        let mask = SecretKind::CitizenId.masked(whole.number());
        let mut fitting = 0;
        for county in 110_100..110_200 {
            for order in 0..1_000 {
                for check in "0123456789X".chars() {
                    let number = format!("{county}19491231{order:03}{check}");
                    fitting += usize::from(CitizenId::read(&number).is_ok_and(|n| {
                        n.sex() == whole.sex() && SecretKind::CitizenId.masked(n.number()) == mask
                    }));
                }
            }
        }
        assert!(fitting > 500, "{fitting}");
    }
}
