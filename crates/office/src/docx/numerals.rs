//! Numbers as Word writes them in lists (ECMA-376 part 1, 17.18.59).

/// How the numbers of a level are written; formats not known here are written in Arabic digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// 1
    #[default]
    Decimal,
    /// 01
    DecimalZero,
    /// １
    FullWidth,
    /// I
    UpperRoman,
    /// i
    LowerRoman,
    /// A
    UpperLetter,
    /// a
    LowerLetter,
    /// 一, 十一, 一百二十
    Chinese,
    /// 一〇
    ChineseDigits,
    /// 壹拾
    ChineseLegal,
    /// ①
    Circle,
    /// ⒈
    FullStop,
    /// ⑴
    Parenthesis,
    /// 甲
    Stem,
    /// 子
    Branch,
    /// A mark instead of a number.
    Bullet,
    /// Nothing.
    None,
}

impl Format {
    /// The format of that name in the file.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "decimalZero" => Self::DecimalZero,
            "decimalFullWidth" | "decimalFullWidth2" => Self::FullWidth,
            "upperRoman" => Self::UpperRoman,
            "lowerRoman" => Self::LowerRoman,
            "upperLetter" => Self::UpperLetter,
            "lowerLetter" => Self::LowerLetter,
            "chineseCounting"
            | "chineseCountingThousand"
            | "japaneseCounting"
            | "taiwaneseCounting"
            | "taiwaneseCountingThousand" => Self::Chinese,
            "ideographDigital" | "japaneseDigitalTenThousand" | "taiwaneseDigital" => Self::ChineseDigits,
            "chineseLegalSimplified" | "ideographLegalTraditional" => Self::ChineseLegal,
            "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => Self::Circle,
            "decimalEnclosedFullstop" => Self::FullStop,
            "decimalEnclosedParen" => Self::Parenthesis,
            "ideographTraditional" => Self::Stem,
            "ideographZodiac" => Self::Branch,
            "bullet" => Self::Bullet,
            "none" => Self::None,
            _ => Self::Decimal,
        }
    }

    /// `n` in this format; numbers that a format cannot write come in Arabic digits, as Word does it.
    pub(crate) fn write(self, n: u32) -> String {
        let from = |first: char, most: u32| {
            (1..=most).contains(&n).then(|| char::from_u32(first as u32 + n - 1)).flatten().map(String::from)
        };
        let one_of = |names: &str| {
            let at = (n as usize).checked_sub(1)?;
            names.chars().nth(at).map(String::from)
        };
        let written = match self {
            Self::Decimal => None,
            Self::DecimalZero => Some(format!("{n:02}")),
            Self::FullWidth => Some(digits(n, "０１２３４５６７８９")),
            Self::UpperRoman => roman(n),
            Self::LowerRoman => roman(n).map(|r| r.to_ascii_lowercase()),
            Self::UpperLetter => letters(n, b'A'),
            Self::LowerLetter => letters(n, b'a'),
            Self::Chinese => counting(n, "零一二三四五六七八九", ["", "十", "百", "千"], true),
            Self::ChineseDigits => Some(digits(n, "〇一二三四五六七八九")),
            Self::ChineseLegal => counting(n, "零壹贰叁肆伍陆柒捌玖", ["", "拾", "佰", "仟"], false),
            Self::Circle => match n {
                21..=35 => char::from_u32(0x3251 + n - 21).map(String::from),
                36..=50 => char::from_u32(0x32b1 + n - 36).map(String::from),
                _ => from('①', 20),
            },
            Self::FullStop => from('⒈', 20),
            Self::Parenthesis => from('⑴', 20),
            Self::Stem => one_of("甲乙丙丁戊己庚辛壬癸"),
            Self::Branch => one_of("子丑寅卯辰巳午未申酉戌亥"),
            Self::Bullet | Self::None => Some(String::new()),
        };
        written.unwrap_or_else(|| n.to_string())
    }
}

fn digits(n: u32, ten: &str) -> String {
    n.to_string().bytes().filter_map(|b| ten.chars().nth(usize::from(b - b'0'))).collect()
}

fn letters(n: u32, first: u8) -> Option<String> {
    // After z comes aa, bb, cc: the letter repeats.
    let at = n.checked_sub(1)?;
    let letter = char::from(first + u8::try_from(at % 26).ok()?);
    let times = usize::try_from(at / 26 + 1).ok()?;
    (times <= 30).then(|| letter.to_string().repeat(times))
}

fn roman(n: u32) -> Option<String> {
    const PARTS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if !(1..4000).contains(&n) {
        return None;
    }
    let (mut rest, mut out) = (n, String::new());
    for (value, letters) in PARTS {
        while rest >= value {
            out.push_str(letters);
            rest -= value;
        }
    }
    Some(out)
}

/// Counting up to 9,999; `short_ten` writes 十一 and not 一十一.
fn counting(n: u32, ten: &str, units: [&str; 4], short_ten: bool) -> Option<String> {
    if n > 9999 {
        return None;
    }
    let name = |digit: u32| ten.chars().nth(digit as usize);
    if n == 0 {
        return name(0).map(String::from);
    }
    let (mut out, mut is_zero_due) = (String::new(), false);
    for place in (0..4u32).rev() {
        let digit = n / 10u32.pow(place) % 10;
        if digit == 0 {
            is_zero_due = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut is_zero_due) {
            out.extend(name(0));
        }
        if !(short_ten && place == 1 && digit == 1 && out.is_empty()) {
            out.extend(name(digit));
        }
        out.push_str(units[place as usize]);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_on_paper() {
        let cases: [(&str, u32, &str); 22] = [
            ("decimal", 12, "12"),
            ("decimalZero", 7, "07"),
            ("decimalFullWidth", 20, "２０"),
            ("chineseCountingThousand", 1, "一"),
            ("chineseCountingThousand", 10, "十"),
            ("japaneseCounting", 11, "十一"),
            ("chineseCounting", 20, "二十"),
            ("chineseCountingThousand", 105, "一百零五"),
            ("chineseCountingThousand", 110, "一百一十"),
            ("chineseCountingThousand", 1001, "一千零一"),
            ("chineseCountingThousand", 10_000, "10000"),
            ("ideographDigital", 10, "一〇"),
            ("chineseLegalSimplified", 21, "贰拾壹"),
            ("decimalEnclosedCircleChinese", 3, "③"),
            ("decimalEnclosedCircle", 21, "㉑"),
            ("decimalEnclosedParen", 2, "⑵"),
            ("upperRoman", 1994, "MCMXCIV"),
            ("lowerLetter", 28, "bb"),
            ("ideographTraditional", 3, "丙"),
            ("ideographZodiac", 13, "13"),
            ("bullet", 3, ""),
            ("somethingNew", 5, "5"),
        ];
        for (name, n, expected) in cases {
            assert_eq!(Format::named(name).write(n), expected, "{name} {n}");
        }
    }
}
