//! What each sentence asks: clauses, their kinds, and the mechanisms that they name.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use model::{
    Cadence, CadencePhrase, DayIn, DeadlineKind, DeadlinePhrase, Due, Item, MeasureKind, Per, Sentence, Span,
    VagueWord,
};
use rulebook::Lexicon;

use crate::beside::give_times;
use crate::clause;
use crate::figures;
use crate::fold::{Folded, fold};
use crate::mention::{Mention, Mentions};
use crate::persons::{self, Who};
use crate::propose::yearly;

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
    /// The people by whose name the clause, or one before it in the sentence, begins.
    pub(crate) who: Option<Who>,
}

impl Ask {
    /// An ask of these words that says neither how often nor by when.
    pub(crate) fn of(kind: MeasureKind, span: Span, clause: Span) -> Self {
        Self {
            kind,
            span,
            clause,
            cadence: None,
            phrase: None,
            mechanisms: Vec::new(),
            around: Vec::new(),
            vague: false,
            who: None,
        }
    }
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
    /// Verbs whose doing leaves something (签订, 召开).
    verbs: Option<AhoCorasick>,
    /// Things made or held (台账, 座谈会).
    objects: Option<AhoCorasick>,
    /// What never ends and is not shown by one piece (机制, 氛围).
    soft: Vec<String>,
    often: Vec<String>,
    soon: Vec<String>,
    /// Acts that are done by themselves (公示).
    alone: Vec<String>,
    /// What a meeting arranges for others (布置).
    arranged: Vec<String>,
    /// Verbs before a number of things to be done (举办…2期).
    counted: Vec<String>,
    /// Acts by whose name alone something is asked (廉政谈话).
    acts: Vec<String>,
    /// Verbs of direction.
    directions: Vec<String>,
    lexicon: Lexicon,
}

/// Characters of the longest clause that is nothing but the name of an act.
const LONGEST_ACT: usize = 10;

/// Bytes of the longest act that is done by itself.
const LONGEST_ALONE: usize = 24;

/// What comes of a practice: to consolidate its results is not to practise it.
const RESULTS: [&str; 4] = ["成果", "成效", "经验", "精神"];

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
        let folded = |list: &str| lexicon.words(list).iter().map(|w| fold(w)).collect::<Vec<_>>();
        Self {
            verbs: automaton(lexicon.words("deliverable_verbs")),
            objects: automaton(lexicon.words("deliverable_objects")),
            soft: folded("directional_objects"),
            often: folded("vague_rhythm"),
            soon: folded("vague_prompt"),
            alone: folded("acts_alone"),
            arranged: folded("arranged_at_meetings"),
            counted: [folded("counted_verbs"), folded("deliverable_acts")].concat(),
            acts: folded("deliverable_acts"),
            directions: folded("directional_verbs"),
            lexicon: lexicon.clone(),
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

    /// Whether the words are one of the acts that are done by themselves, alone or with how often it is done (每季度公示一次).
    fn is_act(&self, words: &str) -> bool {
        if words.len() > LONGEST_ALONE + LONGEST_ALONE / 2 {
            return false;
        }
        let words = fold(words);
        self.alone.contains(&words)
            || (words.starts_with(['每', '按', '逐', '半'])
                && self.alone.iter().any(|a| words.contains(a.as_str())))
    }

    /// Whether a clause calls a meeting: 每月召开书记例会.
    fn calls_meeting(&self, clause: &str) -> bool {
        let clause = fold(clause);
        let ends = clause.trim_end_matches(|c: char| !c.is_alphanumeric()).ends_with('会')
            || clause.ends_with("会议");
        ends && ["召开", "举行", "举办"].iter().any(|v| clause.contains(v))
    }

    /// Whether a clause is what a meeting arranges: 布置组织生活会等工作.
    fn is_arranged(&self, clause: &str) -> bool {
        let clause = fold(clause);
        self.arranged.iter().any(|a| clause.starts_with(a.as_str()))
    }

    /// Whether a short clause names an act and nothing else: 任前廉政谈话.
    fn names_act(&self, folded: &str) -> bool {
        folded.chars().count() <= LONGEST_ACT
            && self.acts.iter().any(|a| folded.ends_with(a.as_str()))
            && !self.directions.iter().any(|d| folded.starts_with(d.as_str()))
            && !folded.contains(['和', '与', '的'])
    }

    /// Where the folded words of a clause promise something that can be shown: from a verb that makes to the last thing
    /// made. The last words are the head of the phrase: 建立…工作机制 is about a 机制, whatever stands before it.
    fn deliverable(&self, text: &str) -> Option<(usize, usize)> {
        let (verbs, objects) = (self.verbs.as_ref()?, self.objects.as_ref()?);
        if self.soft.iter().any(|w| text.ends_with(w.as_str())) {
            return None;
        }
        let verb = verbs.find(text)?;
        let object = objects.find_iter(text).filter(|o| o.start() >= verb.end()).last()?;
        Some((verb.start(), object.end()))
    }
}

/// Whether the text asks at the same time for the very thing that the title asks: what the title's clause ends with, its time
/// left out, stands in the text's clause.
fn says_again(source: &str, title: &Ask, below: &Ask) -> bool {
    if title.cadence != below.cadence {
        return false;
    }
    let phrase = title.phrase.unwrap_or(Span::new(title.clause.end, title.clause.end));
    let before = Span::new(title.clause.start, phrase.start.max(title.clause.start));
    let after = Span::new(phrase.end.min(title.clause.end), title.clause.end);
    let act = fold(before.of(source)) + &fold(after.of(source));
    let act: Vec<char> = act.chars().filter(|c| c.is_alphanumeric()).collect();
    let tail: String = act.iter().skip(act.len().saturating_sub(LAST_WORDS)).collect();
    !tail.is_empty() && fold(below.clause.of(source)).contains(&tail)
}

/// Characters that end a clause and say what it is about: 分享会, 成自查.
const LAST_WORDS: usize = 3;

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
    folded: Folded,
}

impl<'a> SentenceReader<'a> {
    pub(crate) fn new(source: &'a str, mentions: &'a Mentions, words: &'a Words) -> Self {
        Self { source, mentions, words, folded: Folded::default() }
    }

    /// Reads every sentence of an item. The title asks for nothing, but for the mechanisms that only it names; where
    /// the item is nothing but its title (a row of a table), the title is what is asked.
    pub(crate) fn read(&mut self, item: &Item) -> Vec<Reading> {
        let only_title = item.sentences.iter().all(|s| s.is_title);
        let mut readings: Vec<Reading> =
            item.sentences.iter().map(|s| self.sentence(item, s, s.is_title && !only_title)).collect();
        let (titles, below): (Vec<_>, Vec<_>) = readings.iter_mut().partition(|r| r.is_title && !only_title);
        let named: BTreeSet<usize> = below.iter().flat_map(|r| r.mechanisms.iter().copied()).collect();
        let timed = |asks: &[Ask]| -> BTreeSet<usize> {
            let with_time = asks.iter().filter(|a| a.cadence.is_some());
            with_time.flat_map(|a| a.mechanisms.iter().copied()).collect()
        };
        let timed_below: BTreeSet<usize> = below.iter().flat_map(|r| timed(&r.asks)).collect();
        let plain =
            |r: &Reading| r.asks.iter().filter(|a| a.mechanisms.is_empty()).cloned().collect::<Vec<_>>();
        let plain_below: Vec<Ask> = below.iter().flat_map(|r| plain(r)).collect();
        let source = self.source;
        let mut timed_above = BTreeSet::new();
        // A title keeps the day and the count that it says itself, unless the text says when the same is done.
        for reading in titles {
            reading.asks.retain_mut(|ask| {
                if ask.cadence.is_some() {
                    let said_below = |m: &usize| timed_below.contains(m);
                    return if ask.mechanisms.is_empty() {
                        !plain_below.iter().any(|b| says_again(source, ask, b))
                    } else {
                        !ask.mechanisms.iter().all(said_below)
                    };
                }
                ask.mechanisms.retain(|m| !named.contains(m));
                !ask.mechanisms.is_empty()
            });
            timed_above.extend(timed(&reading.asks));
        }
        // What only names again what the title dates is no second demand.
        for reading in below {
            let again = |a: &Ask| a.mechanisms.iter().all(|m| timed_above.contains(m));
            reading.asks.retain(|a| a.cadence.is_some() || a.mechanisms.is_empty() || !again(a));
        }
        give_times(item, &mut readings);
        readings
    }

    fn sentence(&mut self, item: &Item, sentence: &Sentence, as_title: bool) -> Reading {
        self.folded.refill(self.source, sentence.span);
        let mentions = self.mentions.find_in(self.source, &self.folded);
        let cadences = within(&item.cadences, sentence.span, |c| c.span);
        let deadlines = within(&item.deadlines, sentence.span, |d| d.span);
        let vague = within(&item.vague, sentence.span, |v| v.span);
        let mut mechanisms: Vec<usize> = Vec::new();
        for m in mentions.iter().filter(|m| !is_event(m, deadlines)) {
            if !mechanisms.contains(&m.mechanism) {
                mechanisms.push(m.mechanism);
            }
        }
        // 每月召开书记例会。 as the first sentence of an item is its title and asks all the same.
        let counts =
            cadences.iter().any(|c| c.times.is_some() || c.hours.is_some() || c.text.starts_with('每'))
                || deadlines.iter().any(|d| d.text.ends_with('前') || d.text.ends_with("月底"));
        if as_title && !counts {
            let asks = mentions.iter().map(|m| Ask {
                mechanisms: vec![m.mechanism],
                ..Ask::of(MeasureKind::Ruled, m.span, sentence.span)
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
        let is_act = |words: &str| self.words.is_act(words);
        let clauses = clause::whole_clauses(self.source, sentence.span, cadences, deadlines, is_act);
        let mut who: Option<Who> = None;
        let mut meets = false;
        let mut earlier: Vec<usize> = Vec::new();
        for clause in clauses {
            let words = clause.of(self.source);
            if meets
                && self.words.is_arranged(words)
                && within(cadences, clause, |c| c.span).is_empty()
                && within(deadlines, clause, |d| d.span).is_empty()
            {
                continue;
            }
            meets |= self.words.calls_meeting(words);
            who = persons::subject(words, &self.words.lexicon).or(who);
            let all = Times {
                mentions: within(&mentions, clause, |m| m.span),
                cadences: within(cadences, clause, |c| c.span),
                deadlines: within(deadlines, clause, |d| d.span),
                vague: within(vague, clause, |v| v.span),
            };
            let mut found = once_each(self.clause(clause, &all, &mut reason));
            for ask in &mut found {
                ask.who.clone_from(&who);
                // 按季度公示: what is made public stands in the clause before.
                if ask.cadence.is_some()
                    && ask.mechanisms.is_empty()
                    && ask.around.is_empty()
                    && self.is_bare(ask)
                {
                    ask.around.clone_from(&earlier);
                    ask.clause = Span { start: sentence.span.start, end: ask.clause.end };
                }
                ask.span = clause::with_marks(self.source, ask.span, sentence.span);
            }
            earlier.extend(all.mentions.iter().map(|m| m.mechanism));
            asks.extend(found);
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
        let kept = clause.of(self.source).trim_end_matches(['”', '’', '」', '』']);
        let result = RESULTS.iter().any(|r| kept.ends_with(r)).then_some(clause.start + kept.len());
        let mentions: Vec<Mention> = mentions
            .iter()
            .filter(|m| !is_event(m, dates) && result.is_none_or(|end| m.span.end >= end))
            .copied()
            .collect();
        let mut around: Vec<usize> = mentions.iter().map(|m| m.mechanism).collect();
        around.sort_unstable();
        around.dedup();
        let is_vague = counts.is_empty()
            && dates.iter().all(|d| !is_calendar(d))
            && vague.iter().any(|v| self.words.vague(&v.word) == Vague::HowOften);
        let mut asks = Vec::new();
        let mut used: Vec<usize> = Vec::new();
        let of_parts = |c: &&CadencePhrase| c.hours.is_none() && c.per.is_some_and(|p| p != Per::Year);
        let most = counts.iter().filter(of_parts).map(|c| yearly(&c.cadence)).max().unwrap_or(0);
        let counts: Vec<&CadencePhrase> = counts.iter().filter(|c| !self.restates(clause, c, most)).collect();
        // 每年教师节、国庆节前慰问: the year is the plan's, and the days stand.
        let only_yearly = |c: &&&CadencePhrase| {
            c.times.is_none() && c.cadence == Cadence::AtLeast { times: 1, per: Per::Year }
        };
        let counts = match counts.as_slice() {
            [one] if only_yearly(&one) && one.text.starts_with('每') && dates.iter().any(is_calendar) => {
                Vec::new()
            }
            _ => counts,
        };
        let several = counts.len() > 1 || (counts.is_empty() && dates.len() > 1);
        let parts = if several { clause::parts(self.source, clause) } else { Vec::new() };
        for count in &counts {
            let (span, about) = self.part(clause, &parts, count.span, count.times.is_some(), &mentions);
            used.extend(&about);
            asks.push(Ask {
                cadence: Some(count.cadence.clone()),
                phrase: Some(count.span),
                mechanisms: about,
                around: around.clone(),
                ..Ask::of(MeasureKind::Counted, span, clause)
            });
        }
        // 6月底前举办培训班2期: so many by that day.
        let by_then = match dates {
            [date] if counts.is_empty() => self.so_many_by(clause, date),
            _ => None,
        };
        if let Some((cadence, figure)) = by_then {
            used.extend(&around);
            asks.push(Ask {
                cadence: Some(cadence),
                phrase: Some(figure),
                mechanisms: around.clone(),
                around: around.clone(),
                ..Ask::of(MeasureKind::Counted, clause, clause)
            });
        } else if counts.is_empty() {
            for date in dates {
                let (span, about) = self.part(clause, &parts, date.span, true, &mentions);
                used.extend(&about);
                asks.push(Ask {
                    cadence: Some(date.cadence.clone()),
                    phrase: Some(date.span),
                    mechanisms: about,
                    around: around.clone(),
                    ..Ask::of(MeasureKind::Dated, span, clause)
                });
            }
        }
        self.folded.refill(self.source, clause);
        // 举办培训班2期: so many in the plan's year. 5个工作日内答复: each time that it is asked, so it has no day.
        if asks.is_empty() {
            let bare = figures::bare_counts(self.source, clause, &self.words.counted);
            let year = |times| Cadence::AtLeast { times, per: Per::Year };
            let mut found: Vec<(Cadence, Span)> = bare.into_iter().map(|(n, span)| (year(n), span)).collect();
            if found.is_empty() {
                let allowed = figures::figures(self.source, clause).into_iter().find(|f| f.allowed);
                found.extend(allowed.map(|f| (Cadence::Standing, f.span)));
            }
            let parts = if found.len() > 1 { clause::parts(self.source, clause) } else { Vec::new() };
            for (cadence, figure) in found {
                let (span, about) = self.part(clause, &parts, figure, true, &mentions);
                used.extend(&about);
                asks.push(Ask {
                    cadence: Some(cadence),
                    phrase: Some(figure),
                    mechanisms: about,
                    around: around.clone(),
                    ..Ask::of(MeasureKind::Counted, span, clause)
                });
            }
        }
        let counted = !asks.is_empty();
        let made = self.words.deliverable(&self.folded.text);
        for mention in mentions.iter().filter(|m| !used.contains(&m.mechanism)) {
            // The clause's own words, so that the reader sees what was read; one clause may name several.
            let span = if mentions.len() == 1 && counts.is_empty() { clause } else { mention.span };
            asks.push(Ask {
                mechanisms: vec![mention.mechanism],
                vague: is_vague,
                ..Ask::of(MeasureKind::Ruled, span, clause)
            });
        }
        let named = self.words.names_act(&self.folded.text);
        if !counted && mentions.is_empty() && (made.is_some() || is_vague || named) {
            let words = made.map(|(start, end)| self.folded.span(start, end));
            // In a list of things to do (坚守底线、开展专项整治) the part that promises is the one meant.
            let part =
                words.and_then(|w| clause::parts(self.source, clause).into_iter().find(|p| p.contains(w)));
            asks.push(Ask {
                vague: is_vague,
                ..Ask::of(MeasureKind::Deliverable, part.unwrap_or(clause), clause)
            });
            if reason.is_empty() {
                *reason = match words {
                    None if named => "写明要办的事".to_owned(),
                    Some(words) => format!("要拿出成果：“{}”", clip(&fold_line(words.of(self.source)))),
                    None => "要反复做，只是没有写次数".to_owned(),
                };
            }
        }
        asks
    }

    /// So many by a day of the plan's year, where a clause says both; its phrase is from the one to the other.
    fn so_many_by(&self, clause: Span, date: &DeadlinePhrase) -> Option<(Cadence, Span)> {
        let Cadence::By(due) = date.cadence.core() else { return None };
        let by = match due {
            Due::MonthDay { month, day } => Some(DayIn::Month { month: *month, day: *day }),
            Due::MonthEnd { month } => Some(DayIn::Month { month: *month, day: 31 }),
            Due::Months { to, .. } if *to < 12 => Some(DayIn::Month { month: *to, day: 31 }),
            Due::Months { .. } => None,
            Due::Day(_) | Due::TermStart { .. } => return None,
        };
        let counts = figures::bare_counts(self.source, clause, &self.words.counted);
        let [(times, figure)] = counts.as_slice() else { return None };
        let per = Per::Year;
        let cadence = match by {
            Some(by) => Cadence::EachBy { times: *times, per, by },
            None => Cadence::AtLeast { times: *times, per },
        };
        let span = Span { start: date.span.start.min(figure.start), end: date.span.end.max(figure.end) };
        (*times > 1).then_some((cadence, span))
    }

    /// Whether a count only sums up another of its clause: 每季度1次，全年不少于4次 asks for nothing more. 其中 is a part.
    /// `most` is what the others ask in a year.
    fn restates(&self, clause: Span, count: &CadencePhrase, most: u64) -> bool {
        let sum = count.per == Some(Per::Year) && count.hours.is_none() && !count.text.starts_with("其中");
        let after = Span { start: count.span.end.min(clause.end), end: clause.end };
        // What stands behind it is counted by it: 每月1次例会、全年2次大会.
        let bare = after.of(self.source).chars().next().is_none_or(|c| !c.is_alphanumeric());
        sum && bare && count.times.is_some_and(|times| u64::from(times) <= most)
    }

    /// Whether an ask is an act by itself with its time, which says nothing of what it is about.
    fn is_bare(&self, ask: &Ask) -> bool {
        let phrase = ask.phrase.unwrap_or(ask.span);
        // No act by itself is longer; in a text without marks the clause is the text.
        if ask.clause.end - ask.clause.start > phrase.end - phrase.start + LONGEST_ALONE {
            return false;
        }
        let before = Span { start: ask.clause.start, end: phrase.start.max(ask.clause.start) };
        let after = Span { start: phrase.end.min(ask.clause.end), end: ask.clause.end };
        let words = format!("{}{}", before.of(self.source), after.of(self.source));
        self.words.is_act(words.trim())
            || (words.trim().is_empty() && self.words.is_act(phrase.of(self.source).trim()))
    }

    /// The words that go with one of several times in a clause, and the mechanisms named in them.
    fn part(
        &self,
        clause: Span,
        parts: &[Span],
        phrase: Span,
        printed: bool,
        mentions: &[Mention],
    ) -> (Span, Vec<usize>) {
        let only_when = |p: &Span| p.end - p.start <= phrase.end - phrase.start + '的'.len_utf8();
        let span = match parts {
            [] => clause,
            // 3月、9月的15日前报送台账: what is due stands behind the last of the days.
            parts
                if printed
                    && clause.end - clause.start <= LONGEST_PART
                    && parts.iter().any(|p| p.contains(phrase) && only_when(p)) =>
            {
                clause
            }
            // 半年专项自查 names what it counts; 每季度1次 needs the words around it.
            parts if printed => within(parts, phrase, |p| *p)
                .first()
                .copied()
                .filter(|p| p.end - p.start <= LONGEST_PART)
                .unwrap_or(phrase),
            _ => phrase,
        };
        let inside: BTreeSet<usize> =
            within(mentions, span, |m| m.span).iter().map(|m| m.mechanism).collect();
        (span, inside.into_iter().collect())
    }
}

/// Bytes beyond which a part of a list is no part but a text that lost its marks.
const LONGEST_PART: usize = 600;

/// Whether a mechanism is named only to say when (在民主生活会召开前).
fn is_event(mention: &Mention, deadlines: &[DeadlinePhrase]) -> bool {
    within(deadlines, mention.span, |d| d.span).iter().any(|d| d.kind == DeadlineKind::Event)
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
