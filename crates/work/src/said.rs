//! What is said of an act that is done.

/// A sentence with a link at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The sentence.
    pub words: String,
    /// Where the link leads; empty for no link.
    pub href: String,
    /// The link's words.
    pub link: String,
}

impl Said {
    /// A sentence without a link.
    pub fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), ..Self::default() }
    }

    /// With this link at its end.
    #[must_use]
    pub fn link(mut self, words: impl Into<String>, href: impl Into<String>) -> Self {
        self.link = words.into();
        self.href = href.into();
        self
    }
}
