//! Where a duty comes from: the clause in its own words with the way to them, or the article of a standing rule.

use model::Obligation;
use rulebook::Rulebook;
use web::App;
use work::Year;

/// The origin of an obligation as pages quote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Source {
    /// 要点 三·9, or 《…》第11条.
    pub(crate) label: String,
    /// The words in the document; empty when there are none.
    pub(crate) href: String,
    /// The clause in its own words; of a standing rule, what the rulebook says of it.
    pub(crate) words: String,
    /// The article of the rule that the clause adopts; empty when it adopts none.
    pub(crate) rule: String,
}

/// Most characters of a clause that a list quotes; the whole stands in the plan.
const QUOTED: usize = 120;

/// Words cut to a length that a line can bear.
pub(crate) fn clipped(words: &str, most: usize) -> String {
    let words = words.trim();
    if words.chars().count() <= most {
        words.to_owned()
    } else {
        words.chars().take(most).chain(['…']).collect()
    }
}

/// The origin of `obligation`, which is of `year`.
pub(crate) fn of(obligation: &Obligation, year: &Year, rulebook: &Rulebook) -> Source {
    let rule = obligation.origin.rule().and_then(|id| rulebook.obligation(id));
    let article = rule.map(|r| {
        let title = rulebook.regulation(&r.source.regulation).map(|g| format!("《{}》", g.title));
        match title {
            Some(title) => format!("{title}{}", r.source.article),
            None => format!("{}：{}", r.source.level.word(), r.title),
        }
    });
    let article = article.unwrap_or_default();
    let Some(words) = obligation.origin.words() else {
        let note = rule.map(|r| r.note.clone()).unwrap_or_default();
        return Source {
            label: article.clone(),
            href: String::new(),
            words: clipped(&note, QUOTED),
            rule: article,
        };
    };
    let place = obligation.item.and_then(|i| year.plan.items.get(i).map(|item| (i, item)));
    let part = year.plan_of(obligation);
    let label = match place {
        Some((_, item)) => {
            let section =
                item.section.and_then(|s| year.plan.sections.get(s)).map_or("", |s| s.number.as_str());
            let trim = |n: &str| n.trim_matches(|c: char| "、.．（）() 第".contains(c)).to_owned();
            let plan = part.filter(|p| !p.mark.is_empty()).map_or("要点", |p| p.mark.as_str());
            match (trim(section), trim(&item.number)) {
                (s, n) if s.is_empty() => format!("{plan} {n}"),
                (s, n) => format!("{plan} {s}·{n}"),
            }
        }
        None => "要点".to_owned(),
    };
    let href = match (&obligation.origin, part) {
        (_, None) => String::new(),
        // The place in its own document, whatever stands before it here.
        (model::Origin::Progress { .. }, Some(part)) => {
            let item = obligation.item.map_or(0, |i| i + 1 - part.first.min(i));
            format!("/plan/{}#i-{item}", part.head.id)
        }
        (_, Some(part)) => format!("/plan/{}#m-{}", part.head.id, obligation.key),
    };
    let words = match place {
        Some((_, item)) => around(words, obligation, item, &year.source.text),
        None => words.to_owned(),
    };
    Source { label, href, words: clipped(&words, QUOTED), rule: article }
}

/// 《…》第11条 of the rule that an obligation adopts; empty when it adopts none.
pub(crate) fn article(app: &App, obligation: &Obligation) -> String {
    let Some(rule) = obligation.origin.rule().and_then(|id| app.rulebook.obligation(id)) else {
        return String::new();
    };
    match app.rulebook.regulation(&rule.source.regulation) {
        Some(regulation) => format!("《{}》{}", regulation.title, rule.source.article),
        None => rule.source.level.word().to_owned(),
    }
}

/// A clause that is no more than the name of a practice is quoted with the sentence that it stands in.
fn around(words: &str, obligation: &Obligation, item: &model::Item, text: &str) -> String {
    const SHORT: usize = 12;
    const BEFORE: usize = 24;
    let whole = obligation.origin.span().filter(|_| words.chars().count() < SHORT).and_then(|span| {
        let sentence = item.sentences.iter().find(|s| s.span.contains(span) && !s.is_title)?;
        Some((sentence.span.of(text), span.start.saturating_sub(sentence.span.start)))
    });
    let Some((sentence, at)) = whole.filter(|(s, _)| s.contains(words)) else { return words.to_owned() };
    let before = sentence.get(..at).map_or(0, |b| b.chars().count());
    if before <= QUOTED - words.chars().count() {
        sentence.to_owned()
    } else {
        // The name stands far back in a long sentence: begin shortly before it.
        std::iter::once('…').chain(sentence.chars().skip(before - BEFORE)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_cut_and_short_ones_are_not() {
        assert_eq!(clipped(" 每月一次 ", 4), "每月一次");
        assert_eq!(clipped("每月固定一天", 4), "每月固定…");
    }
}
