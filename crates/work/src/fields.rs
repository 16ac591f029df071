//! What somebody filled in: names and values, as a form, a query or a row of a table gives them.

use std::str::FromStr;

use jiff::civil::Date;

/// What there is to say of words that are longer than `most` characters; nothing of shorter ones. Nothing typed is ever cut.
#[must_use]
pub fn over(words: &str, most: usize) -> Option<String> {
    let n = words.chars().count();
    (n > most).then(|| format!("最多 {most} 个字，现在 {n} 个"))
}

/// Names and values in the order in which they were sent: of a query, or of a form.
///
/// Reading is forgiving about what is missing and strict about what is wrong; it never panics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// These pairs.
    #[must_use]
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// One pair more.
    pub fn push(&mut self, pair: (String, String)) {
        self.0.push(pair);
    }

    /// All pairs.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first value of that name, trimmed; empty when there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim())
    }

    /// The first value of that name as it was sent, for passwords.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// All values of that name that are not empty, trimmed.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.trim()).filter(|v| !v.is_empty())
    }

    /// Whether something was sent under that name (a checked box).
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// The value of that name read as `T`; none when it is empty or wrong.
    #[must_use]
    pub fn parsed<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).parse().ok()
    }

    /// The day of that name (2022-04-22, as a date input sends it); none when it is empty or wrong.
    #[must_use]
    pub fn day(&self, name: &str) -> Option<Date> {
        self.parsed(name)
    }

    /// The page of a list, from 1.
    #[must_use]
    pub fn page(&self) -> u64 {
        self.parsed("page").unwrap_or(1).clamp(1, 1_000_000)
    }

    /// The same, with one name set to a value (or dropped when it is empty), as a query string that starts with `?`.
    /// The page number is dropped, so that a changed filter starts at the first page.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (n, v) in &self.0 {
            if n != name && n != "page" && !v.is_empty() {
                out.append_pair(n, v);
            }
        }
        if !value.is_empty() {
            out.append_pair(name, value);
        }
        let query = out.finish();
        if query.is_empty() { "?".to_owned() } else { format!("?{query}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(query: &str) -> Fields {
        Fields(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    #[test]
    fn a_changed_filter_keeps_the_others_and_starts_at_the_first_page() {
        let f = fields("ledger=theme-day&unit=7&page=3&q=");
        assert_eq!(f.with("unit", "8"), "?ledger=theme-day&unit=8");
        assert_eq!(f.with("unit", ""), "?ledger=theme-day");
        assert_eq!(Fields::default().with("unit", ""), "?");
    }

    #[test]
    fn what_is_wrong_reads_as_nothing() {
        let f = fields("day=2022-02-30&page=-4&n=x");
        assert_eq!(f.day("day"), None);
        assert_eq!(f.page(), 1);
        assert_eq!(f.parsed::<u32>("n"), None);
        assert_eq!(f.text("none"), "");
    }
}
