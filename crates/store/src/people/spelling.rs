//! A name as people look for it: 单晓雨 is found by 单, 晓雨, shanxiaoyu, danxiaoyu, xiaoyu, sxy.

use std::collections::BTreeSet;

use pinyin::{ToPinyin as _, ToPinyinMulti as _};

use crate::search::text::narrow;
use crate::{Store, StoreError, row::args, sql};

/// Readings of the first character that are tried: a surname is often read otherwise than the word.
const READINGS: usize = 4;

/// Surnames that are read otherwise than the word.
const SURNAMES: [(char, &str); 24] = [
    ('单', "shan"),
    ('曾', "zeng"),
    ('查', "zha"),
    ('解', "xie"),
    ('仇', "qiu"),
    ('任', "ren"),
    ('区', "ou"),
    ('朴', "piao"),
    ('盖', "ge"),
    ('华', "hua"),
    ('翟', "zhai"),
    ('冼', "xian"),
    ('覃', "qin"),
    ('乐', "yue"),
    ('缪', "miao"),
    ('员', "yun"),
    ('折', "she"),
    ('黑', "he"),
    ('秘', "bi"),
    ('种', "chong"),
    ('繁', "po"),
    ('尉', "yu"),
    ('万', "wan"),
    ('石', "shi"),
];

/// The words by which a name is found, each after a space, the usual reading first (so that a list can be put in the
/// order of the pinyin): the whole, the initials, the same with other readings of the surname, the given name, the
/// characters, the number.
pub(crate) fn spelling(name: &str, number: &str) -> String {
    let letters: Vec<char> = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let plain = |c: char| c.to_pinyin().map_or_else(|| c.to_string(), |p| p.plain().to_owned());
    let initial = |c: char| plain(c).chars().next().map(String::from).unwrap_or_default();
    let number: String = number.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let Some((&first, rest)) = letters.split_first() else { return format!(" {number}") };
    let given: String = rest.iter().map(|&c| plain(c)).collect();
    let given_initials: String = rest.iter().map(|&c| initial(c)).collect();
    let surname = SURNAMES.iter().find(|(c, _)| *c == first).map(|(_, reading)| (*reading).to_owned());
    let mut readings: Vec<String> = surname.into_iter().collect();
    readings.push(plain(first));
    if let Some(all) = first.to_pinyin_multi() {
        readings.extend(all.into_iter().map(|p| p.plain().to_owned()));
    }
    let mut words = Vec::new();
    for reading in readings.iter().take(READINGS) {
        let letter: String = reading.chars().take(1).collect();
        words.push(format!("{reading}{given}"));
        words.push(format!("{letter}{given_initials}"));
    }
    words.extend([given, letters.iter().collect(), number]);
    let mut seen = BTreeSet::new();
    words
        .iter()
        .filter(|w| !w.is_empty() && seen.insert(w.as_str()))
        .fold(String::new(), |all, w| all + " " + w)
}

/// What is looked for, as [`spelling`] holds it: Latin letters from the beginning of a word, characters anywhere.
pub(super) fn wanted(words: &str) -> String {
    let plain: String = words
        .chars()
        .map(narrow)
        .collect::<String>()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    if !plain.is_empty() && plain.is_ascii() { format!(" {plain}") } else { plain }
}

/// Spells the names that were kept before there was a column for it.
pub(crate) async fn spell_all(store: &Store) -> Result<(), StoreError> {
    let names = sql::rows(
        store.writer(),
        "select institution_id, id, name, number from person where spelling = ''",
        vec![],
        |c| {
            Ok((
                c.get::<model::InstitutionId>()?,
                c.get::<model::PersonId>()?,
                c.get::<String>()?,
                c.get::<String>()?,
            ))
        },
    )
    .await?;
    if names.is_empty() {
        return Ok(());
    }
    let tx = store.transaction().await?;
    for (institution, id, name, number) in &names {
        sql::execute(
            &tx,
            "update person set spelling = $3 where institution_id = $1 and id = $2",
            args![institution, id, spelling(name, number)],
        )
        .await?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(name: &str, words: &str) -> bool {
        spelling(name, "S-001").contains(&wanted(words))
    }

    #[test]
    fn a_name_is_found_by_characters_pinyin_and_initials() {
        for words in [
            "单",
            "晓雨",
            "单晓雨",
            "shanxiaoyu",
            "Shan Xiaoyu",
            "danxiaoyu",
            "xiaoyu",
            "sxy",
            "shan",
            "s",
            "s001",
            "S-00",
        ] {
            assert!(finds("单晓雨", words), "{words}: {}", spelling("单晓雨", ""));
        }
        for words in ["an", "yu", "单雨", "zhang"] {
            assert!(!finds("单晓雨", words), "{words}");
        }
        assert!(finds("阿依古丽·买买提", "古丽买"));
        assert!(finds("Anna Li", "anna l"));
    }

    #[test]
    fn the_usual_reading_comes_first_and_a_name_of_nothing_is_spelt_too() {
        assert!(spelling("林一", "").starts_with(" linyi ly"));
        assert!(spelling("单晓雨", "").starts_with(" shanxiaoyu"), "as a surname");
        assert!(!spelling("", "").is_empty(), "else it would be spelt at every start");
        assert_eq!(wanted(" ' % "), "");
        assert_eq!(wanted("ＳＸＹ"), " sxy");
    }
}
