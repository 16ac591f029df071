//! Names of people as they are written: one reading for the roster, the records and the sheets.

/// Whether a character is one of those in which Chinese names are written.
fn is_cjk(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c) || ('\u{20000}'..='\u{3ffff}').contains(&c)
}

/// A name without what is put into it for the eye: blanks between two characters (尉迟　恭), one of many dots.
#[must_use]
pub fn spelt(words: &str) -> String {
    let words = crate::cells::clean(words);
    if words.chars().any(is_cjk) {
        let seen = words.chars().filter(|c| !c.is_whitespace());
        seen.map(|c| if "•．.・‧∙●".contains(c) { '·' } else { c }).collect()
    } else {
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Reads a name as it is written.
///
/// # Errors
/// In words, when it is none.
pub fn read(words: &str) -> Result<String, String> {
    let name = spelt(words);
    if name.is_empty() {
        return Err("没有填".to_owned());
    }
    if name.starts_with(['=', '+', '-', '@']) {
        return Err("像一个公式，不是姓名".to_owned());
    }
    if let Some(bad) = name.chars().find(|c| !(is_cjk(*c) || c.is_alphabetic() || "· '-".contains(*c))) {
        let code = if bad.is_control() || bad.is_whitespace() { String::new() } else { bad.to_string() };
        return Err(format!("姓名里不该有“{code}”（U+{:04X}）", u32::from(bad)));
    }
    if name.chars().count() > 40 {
        return Err("太长，最多 40 个字".to_owned());
    }
    Ok(name)
}

/// Titles by which people are called behind their names, besides the posts of the rulebook.
const CALLED: [&str; 10] = ["同志", "老师", "教授", "主任", "处长", "院长", "部长", "馆长", "班长", "辅导员"];

/// What stands behind a known name: nothing, or a title by which the person is called (于雪蓉书记); `posts` are those of the
/// rulebook. None when it is another name.
#[must_use]
pub fn called<'w>(words: &'w str, name: &str, posts: &[&str]) -> Option<&'w str> {
    let rest = words.strip_prefix(name)?;
    (rest.is_empty() || CALLED.contains(&rest) || posts.contains(&rest)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_however_it_is_spaced() {
        for (words, name) in [
            ("尉迟　恭", "尉迟恭"),
            ("王 世 亮", "王世亮"),
            ("王\u{200b}静宜", "王静宜"),
            ("阿依古丽•买买提", "阿依古丽·买买提"),
            ("'方以宁", "方以宁"),
            ("Anna  Berg", "Anna Berg"),
        ] {
            assert_eq!(read(words).as_deref(), Ok(name), "{words}");
        }
        assert!(read("张三1").is_err_and(|why| why.contains("U+0031")));
        assert!(read(" ").is_err());
    }

    #[test]
    fn a_title_behind_a_known_name_is_taken_off() {
        assert_eq!(called("于雪蓉书记", "于雪蓉", &["书记"]), Some("书记"));
        assert_eq!(called("于雪蓉", "于雪蓉", &[]), Some(""));
        assert_eq!(called("于雪蓉芳", "于雪蓉", &["书记"]), None);
    }
}
