//! What each sentence asks: clauses, their kinds, and the mechanisms that they name.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use model::{
    Cadence, CadencePhrase, DeadlineKind, DeadlinePhrase, Item, MeasureKind, Sentence, Span, VagueWord,
};
use rulebook::Lexicon;

use crate::clause;
use crate::fold::{Folded, fold};
use crate::ledger_guess::LedgerWords;
use crate::mention::{Mention, Mentions};

/// Something that a clause asks, before it is known who bears it and what shows it.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) kind: MeasureKind,
    /// The words that ask.
    pub(crate) span: Span,
    /// The clause that they stand in.
    pub(crate) clause: Span,
    /// How often or by when, in the document's own words; none when it says neither.
    pub(crate) cadence: Option<Cadence>,
    /// The phrase that says how often or by when.
    pub(crate) phrase: Option<Span>,
    /// Mechanisms that it is about.
    pub(crate) mechanisms: Vec<usize>,
    /// Mechanisms named in the rest of its clause.
    pub(crate) around: Vec<usize>,
    /// 定期 and the like in the clause, where no number says more.
    pub(crate) vague: bool,
}

/// What one sentence asks.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) span: Span,
    pub(crate) is_title: bool,
    pub(crate) kind: MeasureKind,
    /// Every mechanism named, in order, each once.
    pub(crate) mechanisms: Vec<usize>,
    pub(crate) asks: Vec<Ask>,
    /// Why it is of its kind.
    pub(crate) reason: String,
}

/// Word lists by which clauses are judged; their names are those of the rulebook's lexicon.
#[derive(Debug)]
pub(crate) struct Words {
    /// Verbs whose doing leaves something (签订, 制定).
    made: Option<AhoCorasick>,
    /// Verbs of holding something (召开, 开展).
    held: Option<AhoCorasick>,
    /// Things held or made that can be counted (活动, 培训班).
    things: Option<AhoCorasick>,
    /// Things that make 建立、健全、完善 a deliverable (台账).
    objects: Option<AhoCorasick>,
    /// What never ends, and is not shown by one piece (机制, 氛围).
    lasting: Vec<String>,
    often: Vec<String>,
    soon: Vec<String>,
}

/// Verbs that make something only with an object that can be shown.
const SETTING_UP: [&str; 4] = ["建立", "健全", "完善", "更新"];

/// What a vague word leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vague {
    /// How often (定期).
    HowOften,
    /// How soon (及时).
    HowSoon,
    /// Neither: a manner (常态化).
    Manner,
}

fn automaton(words: &[String]) -> Option<AhoCorasick> {
    if words.is_empty() { None } else { AhoCorasick::new(words.iter().map(|w| fold(w))).ok() }
}

impl Words {
    pub(crate) fn new(lexicon: &Lexicon) -> Self {
        let things = [lexicon.words("events"), lexicon.words("deliverable_objects")].concat();
        Self {
            made: automaton(lexicon.words("deliverable")),
            held: automaton(lexicon.words("event_verbs")),
            things: automaton(&things),
            objects: automaton(lexicon.words("deliverable_objects")),
            lasting: lexicon.words("lasting").iter().map(|w| fold(w)).collect(),
            often: lexicon.words("vague").iter().map(|w| fold(w)).collect(),
            soon: lexicon.words("prompt").iter().map(|w| fold(w)).collect(),
        }
    }

    pub(crate) fn vague(&self, word: &str) -> Vague {
        let word = fold(word);
        if self.often.contains(&word) {
            Vague::HowOften
        } else if self.soon.contains(&word) {
            Vague::HowSoon
        } else {
            Vague::Manner
        }
    }

    /// The words of a clause that promise something that can be shown. `pointed` tells whether a ledger's own words
    /// stand in the clause: what is held and has a ledger can be shown, whatever it is called.
    fn deliverable<'f>(&self, folded: &'f Folded, pointed: bool) -> Option<(&'f str, &'f str)> {
        let text = folded.text.as_str();
        // The last words are the head of the phrase: 建立…工作机制 is about a 机制, whatever stands before it.
        let soft = self.lasting.iter().any(|w| text.trim_end_matches("建设").ends_with(w.as_str()));
        if soft {
            return None;
        }
        let first =
            |a: &Option<AhoCorasick>| a.as_ref().and_then(|a| a.find(text)).map(|m| (m.start(), m.end()));
        let last = |a: &Option<AhoCorasick>, from: usize| {
            a.as_ref()
                .and_then(|a| a.find_iter(text).filter(|m| m.start() >= from).last())
                .map(|m| &text[m.range()])
        };
        let tail = |from: usize| text.get(from..).filter(|t| t.chars().nth(1).is_some());
        if let Some((start, end)) = first(&self.made)
            && let Some(object) = tail(end)
        {
            return Some((&text[start..end], object));
        }
        let set_up = SETTING_UP.iter().filter_map(|v| text.find(v).map(|at| (at, at + v.len()))).min();
        if let Some((start, end)) = set_up
            && let Some(object) = last(&self.objects, end)
        {
            return Some((&text[start..end], object));
        }
        let (start, end) = first(&self.held)?;
        if pointed && let Some(object) = tail(end) {
            return Some((&text[start..end], object));
        }
        last(&self.things, end).filter(|thing| text.ends_with(*thing)).map(|thing| (&text[start..end], thing))
    }
}

/// Whether a deadline is a number on the calendar and not an event.
pub(crate) fn is_calendar(deadline: &DeadlinePhrase) -> bool {
    deadline.kind != DeadlineKind::Event
}

/// Reads sentences with buffers that are used again.
#[derive(Debug)]
pub(crate) struct SentenceReader<'a> {
    source: &'a str,
    mentions: &'a Mentions,
    words: &'a Words,
    ledgers: &'a LedgerWords<'a>,
    folded: Folded,
}

impl<'a> SentenceReader<'a> {
    pub(crate) fn new(
        source: &'a str,
        mentions: &'a Mentions,
        words: &'a Words,
        ledgers: &'a LedgerWords<'a>,
    ) -> Self {
        Self { source, mentions, words, ledgers, folded: Folded::default() }
    }

    /// Reads every sentence of an item. The title asks for nothing, but for the mechanisms that only it names; where
    /// the item is nothing but its title (a row of a table), the title is what is asked.
    pub(crate) fn read(&mut self, item: &Item) -> Vec<Reading> {
        let only_title = item.sentences.iter().all(|s| s.is_title);
        let mut readings: Vec<Reading> =
            item.sentences.iter().map(|s| self.sentence(item, s, s.is_title && !only_title)).collect();
        let named_below: BTreeSet<usize> = readings
            .iter()
            .filter(|r| !r.is_title || only_title)
            .flat_map(|r| r.mechanisms.iter().copied())
            .collect();
        for reading in readings.iter_mut().filter(|r| r.is_title && !only_title) {
            for ask in &mut reading.asks {
                ask.mechanisms.retain(|m| !named_below.contains(m));
            }
            reading.asks.retain(|a| !a.mechanisms.is_empty());
        }
        readings
    }

    fn sentence(&mut self, item: &Item, sentence: &Sentence, as_title: bool) -> Reading {
        self.folded.refill(self.source, sentence.span);
        let mentions = self.mentions.find_in(self.source, &self.folded);
        let mut mechanisms: Vec<usize> = Vec::new();
        for m in &mentions {
            if !mechanisms.contains(&m.mechanism) {
                mechanisms.push(m.mechanism);
            }
        }
        let cadences = within(&item.cadences, sentence.span, |c| c.span);
        let deadlines = within(&item.deadlines, sentence.span, |d| d.span);
        let vague = within(&item.vague, sentence.span, |v| v.span);
        if as_title {
            let asks = mentions.iter().map(|m| Ask {
                kind: MeasureKind::Ruled,
                span: m.span,
                clause: sentence.span,
                cadence: None,
                phrase: None,
                mechanisms: vec![m.mechanism],
                around: Vec::new(),
                vague: false,
            });
            let asks = once_each(asks.collect());
            return Reading {
                span: sentence.span,
                is_title: true,
                kind: MeasureKind::Title,
                mechanisms,
                asks,
                reason: "条目标题".to_owned(),
            };
        }
        let mut asks = Vec::new();
        let mut reason = String::new();
        for clause in clause::whole_clauses(self.source, sentence.span, cadences, deadlines) {
            let all = Times {
                mentions: within(&mentions, clause, |m| m.span),
                cadences: within(cadences, clause, |c| c.span),
                deadlines: within(deadlines, clause, |d| d.span),
                vague: within(vague, clause, |v| v.span),
            };
            asks.extend(once_each(self.clause(clause, &all, &mut reason)));
        }
        let kind = asks.iter().map(|a| a.kind).min().unwrap_or(MeasureKind::Directional);
        if asks.is_empty() {
            reason = "没有次数、时限、制度或可交付的成果".to_owned();
        } else if kind == MeasureKind::Ruled {
            reason = "写到已有规定或机制".to_owned();
        } else if let Some(phrase) = asks.iter().find(|a| a.kind == kind).and_then(|a| a.phrase) {
            reason = format!("写明“{}”", fold_line(phrase.of(self.source)));
        }
        Reading { span: sentence.span, is_title: sentence.is_title, kind, mechanisms, asks, reason }
    }

    fn clause(&mut self, clause: Span, all: &Times<'_>, reason: &mut String) -> Vec<Ask> {
        let Times { mentions, cadences: counts, deadlines: dates, vague } = *all;
        // A mechanism named only to say when (在民主生活会召开前) is not what is asked.
        let event =
            |m: &Mention| dates.iter().any(|d| d.kind == DeadlineKind::Event && d.span.overlaps(m.span));
        let mentions: Vec<Mention> = mentions.iter().filter(|m| !event(m)).copied().collect();
        let around: Vec<usize> = mentions.iter().map(|m| m.mechanism).collect();
        let is_vague = counts.is_empty()
            && dates.iter().all(|d| !is_calendar(d))
            && vague.iter().any(|v| self.words.vague(&v.word) == Vague::HowOften);
        let mut asks = Vec::new();
        let mut used: Vec<usize> = Vec::new();
        let several = counts.len() > 1;
        for count in counts {
            let (span, about) = self.part(clause, count.span, count.times.is_some(), several, &mentions);
            used.extend(&about);
            asks.push(Ask {
                kind: MeasureKind::Counted,
                span,
                clause,
                cadence: Some(count.cadence.clone()),
                phrase: Some(count.span),
                mechanisms: about,
                around: around.clone(),
                vague: false,
            });
        }
        if counts.is_empty() {
            let several = dates.len() > 1;
            for date in dates {
                let (span, about) = self.part(clause, date.span, true, several, &mentions);
                used.extend(&about);
                asks.push(Ask {
                    kind: MeasureKind::Dated,
                    span,
                    clause,
                    cadence: Some(date.cadence.clone()),
                    phrase: Some(date.span),
                    mechanisms: about,
                    around: around.clone(),
                    vague: false,
                });
            }
        }
        self.folded.refill(self.source, clause);
        let pointed = !self.ledgers.pointed(&self.folded).is_empty();
        let made = self
            .words
            .deliverable(&self.folded, pointed)
            .map(|(v, o)| format!("要拿出成果：“{v}{}”", clip(o)));
        for mention in mentions.iter().filter(|m| !used.contains(&m.mechanism)) {
            asks.push(Ask {
                kind: MeasureKind::Ruled,
                // The clause's own words, so that the reader sees what was read; one clause may name several.
                span: if mentions.len() == 1 && counts.is_empty() { clause } else { mention.span },
                clause,
                cadence: None,
                phrase: None,
                mechanisms: vec![mention.mechanism],
                around: Vec::new(),
                vague: is_vague,
            });
        }
        if counts.is_empty() && dates.is_empty() && mentions.is_empty() && (made.is_some() || is_vague) {
            asks.push(Ask {
                kind: MeasureKind::Deliverable,
                span: clause,
                clause,
                cadence: None,
                phrase: None,
                mechanisms: Vec::new(),
                around: Vec::new(),
                vague: is_vague,
            });
            if reason.is_empty() {
                *reason = made.unwrap_or_else(|| "要反复做，只是没有写次数".to_owned());
            }
        }
        asks
    }

    /// The words that go with one of several times in a clause, and the mechanisms named in them.
    fn part(
        &self,
        clause: Span,
        phrase: Span,
        printed: bool,
        several: bool,
        mentions: &[Mention],
    ) -> (Span, Vec<usize>) {
        let span = if several {
            let parts = clause::parts(self.source, clause);
            // 半年专项自查 names what it counts; 每季度1次 needs the words around it.
            let part = parts.into_iter().find(|p| p.overlaps(phrase)).filter(|_| printed);
            part.unwrap_or(phrase)
        } else {
            clause
        };
        let inside: Vec<usize> =
            mentions.iter().filter(|m| span.overlaps(m.span)).map(|m| m.mechanism).collect();
        (span, inside)
    }
}

/// A clause that says the same name twice asks once.
fn once_each(mut asks: Vec<Ask>) -> Vec<Ask> {
    let mut seen: Vec<usize> = Vec::new();
    asks.retain(|a| {
        let new = a.kind != MeasureKind::Ruled || a.mechanisms.iter().any(|m| !seen.contains(m));
        seen.extend(&a.mechanisms);
        new
    });
    asks
}

/// What a clause holds of the lists of its sentence.
struct Times<'s> {
    mentions: &'s [Mention],
    cadences: &'s [CadencePhrase],
    deadlines: &'s [DeadlinePhrase],
    vague: &'s [VagueWord],
}

/// The stretch of a list in the order of the document that overlaps `span`. Lists are as long as the document, so they
/// are searched, not walked.
pub(crate) fn within<T>(list: &[T], span: Span, of: impl Fn(&T) -> Span) -> &[T] {
    let start = list.partition_point(|x| of(x).end <= span.start);
    let rest = list.get(start..).unwrap_or_default();
    let end = rest.partition_point(|x| of(x).start < span.end);
    rest.get(..end).unwrap_or_default()
}

/// The words on one line: wraps and spaces at wraps removed.
pub(crate) fn fold_line(words: &str) -> String {
    words.split(['\n', '\r']).map(str::trim).collect()
}

/// The first dozen characters of a long phrase.
pub(crate) fn clip(words: &str) -> String {
    if words.chars().count() <= 14 {
        return words.to_owned();
    }
    let mut out: String = words.chars().take(13).collect();
    out.push('…');
    out
}
