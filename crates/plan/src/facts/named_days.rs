//! Days that have a name (七一, 护士节, 春节), as `days.toml` beside the sources lists them.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    day: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    names: Vec<String>,
    month: Option<i8>,
    day: Option<i8>,
}

/// A name, and month and day where they are the same every year.
type Named = (String, Option<(i8, i8)>);

static DAYS: LazyLock<Vec<Named>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../days.toml")).expect("a test reads this file");
    let all = file.day.into_iter().flat_map(|row| {
        let day = row.month.zip(row.day);
        row.names.into_iter().map(move |name| (name, day))
    });
    let mut all: Vec<Named> = all.collect();
    all.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    all
});

static FIRST: LazyLock<HashSet<char>> =
    LazyLock::new(|| DAYS.iter().filter_map(|d| d.0.chars().next()).collect());

/// Whether the name of a day can begin with this character.
pub(crate) fn may_begin(c: char) -> bool {
    FIRST.contains(&c)
}

/// The named day at the start of `s`: its name, and month and day where they are fixed.
pub(crate) fn at_start(s: &str) -> Option<(&'static str, Option<(i8, i8)>)> {
    let first = s.chars().next()?;
    if !may_begin(first) {
        return None;
    }
    DAYS.iter().find(|(name, _)| s.starts_with(name.as_str())).map(|(name, day)| (name.as_str(), *day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::Date;

    #[test]
    fn every_fixed_day_is_a_day_and_every_name_is_found() {
        for (name, day) in DAYS.iter() {
            assert!(day.is_none_or(|(m, d)| Date::new(2023, m, d).is_ok()), "{name}");
            assert_eq!(at_start(name).map(|f| f.0), Some(name.as_str()), "{name}");
        }
        assert_eq!(at_start("国际护士节前"), Some(("国际护士节", Some((5, 12)))));
        assert_eq!(at_start("春天来了"), None);
    }
}
