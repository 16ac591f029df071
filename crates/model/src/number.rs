//! Numbers in any writing: 12, １２, 十二, 两, 二〇二二.

/// The value of an Arabic digit, half or full width.
#[must_use]
pub fn digit(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(c as u32 - '0' as u32),
        '０'..='９' => Some(c as u32 - '０' as u32),
        _ => None,
    }
}

/// The value of a Chinese digit: 〇 to 九, and 两.
fn hanzi_digit(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '零' | '○' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '贰' => 2,
        '三' | '叁' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// Whether a Chinese numeral can contain this character.
#[must_use]
pub fn is_hanzi(c: char) -> bool {
    matches!(c, '十' | '百') || hanzi_digit(c).is_some()
}

/// Value and length in bytes of the Arabic number at the start of `s`; at most nine digits, so that it fits.
#[must_use]
pub fn arabic(s: &str) -> Option<(u32, usize)> {
    let mut value = 0;
    let mut len = 0;
    for (n, c) in s.chars().enumerate() {
        let Some(d) = digit(c) else { break };
        if n == 9 {
            return None;
        }
        value = value * 10 + d;
        len += c.len_utf8();
    }
    (len > 0).then_some((value, len))
}

/// Value and length in bytes of the Chinese numeral at the start of `s`, up to 999, or up to four digits said one by
/// one (二〇二二).
#[must_use]
pub fn hanzi(s: &str) -> Option<(u32, usize)> {
    let (mut total, mut last, mut digits, mut said) = (0, None, 0, 0);
    let mut len = 0;
    for c in s.chars() {
        match c {
            '十' | '百' => {
                let unit = if c == '十' { 10 } else { 100 };
                if digits > 1 {
                    break;
                }
                total += last.take().unwrap_or(1) * unit;
                digits = 0;
            }
            _ => {
                let Some(d) = hanzi_digit(c) else { break };
                // 一百零五: the zero only fills a gap.
                if d == 0 && total > 0 && digits == 0 {
                    len += c.len_utf8();
                    said += 1;
                    continue;
                }
                last = Some(last.map_or(d, |l| l * 10 + d));
                digits += 1;
            }
        }
        len += c.len_utf8();
        said += 1;
        if said > 6 || digits > 4 {
            return None;
        }
    }
    (len > 0).then_some((total + last.unwrap_or(0), len))
}

/// Value and length in bytes of the number at the start of `s`, in either writing.
#[must_use]
pub fn leading(s: &str) -> Option<(u32, usize)> {
    arabic(s).or_else(|| hanzi(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_writing() {
        for (s, value, len) in [
            ("12次", 12, 2),
            ("１２次", 12, 6),
            ("十次", 10, 3),
            ("十二次", 12, 6),
            ("二十", 20, 6),
            ("二十一、", 21, 9),
            ("两次", 2, 3),
            ("一百零五", 105, 12),
            ("二〇二二年", 2022, 12),
            ("三十二学时", 32, 9),
        ] {
            assert_eq!(leading(s), Some((value, len)), "{s}");
        }
    }

    #[test]
    fn not_a_number() {
        for s in ["", "次", "a1", "一二三四五六七八九", "1234567890123"] {
            assert_eq!(leading(s), None, "{s}");
        }
    }
}
