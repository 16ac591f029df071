//! What stands round a list.

use work::Fields;

/// With more units than this the unit is typed, not chosen: a list of two thousand is no choice.
pub const MOST_CHOICES: usize = 300;

/// One of several to choose from: of a segment, of tabs, of a crumb.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Word.
    pub word: String,
    /// Where it leads; empty when it leads nowhere.
    pub href: String,
    /// Whether it is the chosen one.
    pub here: bool,
    /// How many it holds.
    pub count: Option<String>,
}

impl Choice {
    /// A choice without a count.
    pub fn new(word: impl Into<String>, href: impl Into<String>, here: bool) -> Self {
        Self { word: word.into(), href: href.into(), here, count: None }
    }

    /// The same with a count.
    #[must_use]
    pub fn counting(mut self, count: impl std::fmt::Display) -> Self {
        self.count = Some(count.to_string());
        self
    }
}

/// A link drawn as a button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Word: a verb.
    pub word: String,
    /// Where it leads.
    pub href: String,
}

impl Link {
    /// This word, leading there.
    pub fn new(word: impl Into<String>, href: impl Into<String>) -> Self {
        Self { word: word.into(), href: href.into() }
    }
}

/// Nothing here: what, why, and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Empty {
    /// What is not here.
    pub title: String,
    /// Why, and what would be here.
    pub words: String,
    /// What to do; the first is the main one.
    pub acts: Vec<Link>,
}

impl Empty {
    /// Without a next step.
    pub fn new(title: impl Into<String>, words: impl Into<String>) -> Self {
        Self { title: title.into(), words: words.into(), acts: Vec::new() }
    }

    /// The same with one more step.
    #[must_use]
    pub fn with(mut self, link: Link) -> Self {
        self.acts.push(link);
        self
    }
}

/// Which stretch of a list is shown, and the way to the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pager {
    /// 第 1—18 条，共 206 条.
    pub words: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
}

impl Pager {
    /// Page `page` (from 1) of `total` rows, `per` a page; `query` holds the filters that the links keep.
    #[must_use]
    pub fn of(page: u64, per: u64, total: u64, query: &Fields) -> Self {
        let per = per.max(1);
        let from = page.saturating_sub(1).saturating_mul(per);
        let to = from.saturating_add(per).min(total);
        let words = if total == 0 {
            "没有".to_owned()
        } else if from >= total {
            format!("共 {total} 条，这一页没有")
        } else {
            format!("第 {}—{to} 条，共 {total} 条", from + 1)
        };
        let link = |p: u64| query.with("page", &p.to_string());
        Self {
            words,
            previous: (page > 1).then(|| link((page - 1).min(total.div_ceil(per).max(1)))),
            next: (to < total && from < total).then(|| link(page + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pager_says_what_is_shown() {
        let query = Fields::of(vec![("unit".into(), "7".into()), ("page".into(), "2".into())]);
        let p = Pager::of(2, 25, 60, &query);
        assert_eq!(p.words, "第 26—50 条，共 60 条");
        assert_eq!(p.previous.as_deref(), Some("?unit=7&page=1"));
        assert_eq!(p.next.as_deref(), Some("?unit=7&page=3"));
        let last = Pager::of(3, 25, 60, &query);
        assert_eq!((last.words.as_str(), last.next), ("第 51—60 条，共 60 条", None));
    }

    #[test]
    fn a_page_beyond_the_end_leads_back() {
        let p = Pager::of(9, 25, 60, &Fields::default());
        assert_eq!(p.previous.as_deref(), Some("?page=3"));
        assert_eq!(p.next, None);
    }
}
