//! What a search found, marked in the words where it stands.

use store::found_in;

/// Characters that an excerpt shows before what was found.
const BEFORE: usize = 14;
/// Most characters of an excerpt.
const MOST: usize = 56;

/// Some words, all of them found or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The words.
    pub text: String,
    /// Whether they are what was looked for.
    pub found: bool,
}

/// A text with what a query finds in it marked; without a query, in one piece.
#[must_use]
pub fn marked(text: &str, query: &str) -> Vec<Found> {
    let mut out = Vec::new();
    let mut last = 0;
    let mut add = |text: Option<&str>, found| {
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            out.push(Found { text: text.to_owned(), found });
        }
    };
    for place in found_in(text, query) {
        add(text.get(last..place.start), false);
        last = place.end;
        add(text.get(place), true);
    }
    add(text.get(last..), false);
    out
}

/// The first line in which something is found, cut to what stands round it, marked; nothing when no line holds any.
#[must_use]
pub fn excerpt<'t>(mut lines: impl Iterator<Item = &'t str>, query: &str) -> Vec<Found> {
    let found = lines.find_map(|line| Some((line, found_in(line, query).first()?.start)));
    let Some((line, start)) = found else { return Vec::new() };
    let before = line.get(..start).unwrap_or_default();
    let skipped = before.chars().count().saturating_sub(BEFORE);
    let rest = line.chars().skip(skipped);
    let mut text: String = rest.clone().take(MOST).collect();
    if rest.count() > MOST {
        text.push('…');
    }
    if skipped > 0 {
        text.insert(0, '…');
    }
    marked(&text, query)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(said: &[Found]) -> String {
        said.iter().map(|s| if s.found { format!("[{}]", s.text) } else { s.text.clone() }).collect()
    }

    #[test]
    fn what_is_found_is_marked_and_no_word_is_lost() {
        assert_eq!(shown(&marked("四月主题党日，党日", "党日 四月")), "[四月]主题[党日]，[党日]");
        assert_eq!(shown(&marked("四月", "")), "四月");
        assert_eq!(shown(&marked("", "党")), "");
        assert_eq!(shown(&marked("<b>ＷＰＳ</b>", "wps")), "<b>[ＷＰＳ]</b>");
    }

    #[test]
    fn an_excerpt_shows_what_stands_round_the_first_find() {
        let long = "甲".repeat(30) + "党日" + &"乙".repeat(90);
        let lines = ["没有", long.as_str(), "党日"];
        let expected = format!("…{}[党日]{}…", "甲".repeat(14), "乙".repeat(40));
        assert_eq!(shown(&excerpt(lines.into_iter(), "党日")), expected);
        assert_eq!(excerpt(lines.into_iter(), "丙"), []);
    }
}
