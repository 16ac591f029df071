//! 承接对照: an upper plan beside a lower one that carries it out. Clause by clause: by what it is carried, by none, where the
//! lower asks for less or later, and what nobody bears.
//!
//! Words are compared, not decided upon: every answer names what it rests on, and a person looks at it.

use std::collections::{BTreeMap, BTreeSet};

use model::{Cadence, DayIn, Due, MeasureKind, Origin, Plan, Proposal, SourceText, Span, When};
use serde_json::{Value, json};

use crate::likeness::{Shingles, candidates};
use crate::{Compilation, Measure};

/// A plan as it was compiled.
#[derive(Clone, Copy, Debug)]
pub struct Level<'a> {
    /// Its text.
    pub source: &'a SourceText,
    /// Its structure.
    pub plan: &'a Plan,
    /// What the compiler made of it.
    pub compilation: &'a Compilation,
}

/// A clause of a plan: a demand, or a sentence that asks nothing that can be counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// Key of the demand; none for a sentence that only gives the direction.
    pub key: Option<String>,
    /// Index of the item.
    pub item: usize,
    /// Number of the item as printed.
    pub number: String,
    /// Its words.
    pub text: String,
    /// Where they stand.
    pub span: Span,
    /// How often or by when; none for a sentence that only gives the direction.
    pub cadence: Option<Cadence>,
    /// Who bears it, by the names of the document; of a direction those whom its item names.
    pub bearers: Vec<String>,
    /// The day that the words name, where the demand hangs on another.
    day: Option<Cadence>,
    ledger: Option<String>,
    rule: Option<String>,
    mechanisms: BTreeSet<String>,
}

/// What the lower plan asks otherwise: in the words of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otherwise {
    /// What the upper plan asks.
    pub asked: String,
    /// What the lower one says; empty where it says nothing.
    pub given: String,
}

/// A clause of the upper plan with what carries it.
#[derive(Clone, Debug, PartialEq)]
pub struct Upheld {
    /// The clause.
    pub clause: Clause,
    /// The clauses of the lower plan that carry it, the likest first, each with how alike the words are (of 1000).
    pub by: Vec<(Clause, u32)>,
    /// Where it is asked for less.
    pub less: Option<Otherwise>,
    /// Where it is asked for later.
    pub later: Option<Otherwise>,
    /// Whether no clause that carries it names anybody.
    pub nobody: bool,
}

impl Upheld {
    /// Whether nothing is to be said of it.
    #[must_use]
    pub fn is_well(&self) -> bool {
        !self.by.is_empty() && self.less.is_none() && self.later.is_none() && !self.nobody
    }
}

/// Least likeness of the words alone.
const WORDS: u32 = 420;
/// What it adds that both name a mechanism, are shown by one ledger, or stand in items about the same.
const MECHANISM: u32 = 260;
const LEDGER: u32 = 90;
const ITEM: u32 = 160;
/// More than this many clauses of one plan carry one of another only in a list of everything.
const MOST: usize = 6;

/// Lays the lower plan beside the upper one.
#[must_use]
pub fn uphold(upper: Level<'_>, lower: Level<'_>) -> Vec<Upheld> {
    let mine = clauses(lower);
    let shingles: Vec<Shingles> = mine.iter().map(|c| Shingles::of(&c.text)).collect();
    let headings: Vec<Shingles> = lower.plan.items.iter().map(|i| Shingles::of(&i.title)).collect();
    let year = upper.plan.year.or(lower.plan.year).unwrap_or(2000);
    let asked = clauses(upper);
    let words: Vec<Shingles> = asked.iter().map(|c| Shingles::of(&c.text)).collect();
    // All with all would take too long for two long plans: those that share words that are not everywhere, and those that
    // adopt one rule.
    let near = candidates(&shingles.iter().collect::<Vec<_>>(), &words.iter().collect::<Vec<_>>());
    let mut by_rule: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, clause) in mine.iter().enumerate() {
        if let Some(rule) = &clause.rule {
            by_rule.entry(rule).or_default().push(at);
        }
    }
    let one = |((clause, words), near): ((Clause, Shingles), Vec<usize>)| {
        let heading = upper.plan.items.get(clause.item).map(|i| Shingles::of(&i.title)).unwrap_or_default();
        let mut found: Vec<(u32, u32, usize)> = Vec::new();
        let adopted = clause.rule.as_deref().and_then(|r| by_rule.get(r)).into_iter().flatten();
        for at in near.iter().chain(adopted).copied().collect::<BTreeSet<usize>>() {
            let (Some(other), Some(theirs)) = (mine.get(at), shingles.get(at)) else { continue };
            let alike = words.likeness(theirs);
            // A clause that names a mechanism makes a demand of each of its rules: each is carried by its own.
            if clause.rule.is_some() && other.rule.is_some() && clause.rule != other.rule {
                continue;
            }
            let same_rule = clause.rule.is_some() && clause.rule == other.rule;
            let named = !clause.mechanisms.is_disjoint(&other.mechanisms);
            let shown = clause.ledger.is_some() && clause.ledger == other.ledger;
            let item = headings.get(other.item).is_some_and(|h| heading.likeness(h) >= WORDS);
            let mut score = alike;
            for (holds, worth) in [(named, MECHANISM), (shown, LEDGER), (item, ITEM)] {
                score += if holds { worth } else { 0 };
            }
            // Two demands that adopt one rule are one demand; else two clauses shown by another thing are hardly the same.
            if same_rule {
                score = score.max(1000);
            } else if clause.ledger.is_some() && other.ledger.is_some() && !shown && !named {
                score = score.saturating_sub(LEDGER);
            }
            if score >= WORDS && alike > 0 {
                found.push((score, alike, at));
            }
        }
        found.sort_by_key(|(score, alike, at)| (std::cmp::Reverse((*score, *alike)), *at));
        let best = found.first().map_or(0, |(score, ..)| *score);
        found.retain(|(score, ..)| *score * 10 >= best * 8);
        found.truncate(MOST);
        let by: Vec<(Clause, u32)> =
            found.iter().filter_map(|(_, alike, at)| mine.get(*at).map(|c| (c.clone(), *alike))).collect();
        judged(clause, by, year)
    };
    asked.into_iter().zip(words).zip(near).map(one).collect()
}

/// The clauses of a plan in the order of the document: its demands, and the sentences that make none.
fn clauses(level: Level<'_>) -> Vec<Clause> {
    let number = |item: usize| level.plan.items.get(item).map(|i| i.number.clone()).unwrap_or_default();
    let owners = |item: usize| -> Vec<String> {
        let names = level.plan.items.get(item).into_iter().flat_map(|i| &i.owners).map(|o| o.name.clone());
        names.collect()
    };
    let mut of_key: BTreeMap<&str, &Measure> = BTreeMap::new();
    for measure in &level.compilation.measures {
        for key in &measure.keys {
            of_key.entry(key.as_str()).or_insert(measure);
        }
    }
    let mut out = Vec::new();
    for proposal in &level.compilation.proposals {
        if matches!(proposal.origin, Origin::Standing { .. } | Origin::Progress { .. }) {
            continue;
        }
        let (Some(item), Some(span)) = (proposal.item, proposal.origin.span()) else { continue };
        let asks = !matches!(proposal.kind, MeasureKind::Title | MeasureKind::Directional);
        let (said, day) = in_words(level.plan, item, span);
        // Where the words ask less than the rule that they name the demand is the rule's: here the words are compared.
        let fewer = said.filter(|s| often(s).zip(often(&proposal.cadence)).is_some_and(|(w, r)| w < r));
        let counted = !matches!(proposal.cadence.core(), Cadence::By(_) | Cadence::Hang { .. });
        let cadence = fewer.filter(|_| counted).unwrap_or_else(|| proposal.cadence.clone());
        let measure = of_key.get(proposal.key.as_str());
        out.push(Clause {
            key: Some(proposal.key.clone()),
            item,
            number: number(item),
            text: words_of(proposal),
            span,
            cadence: asks.then_some(cadence),
            day: day.filter(|_| proposal.origin.rule().is_none() || counted),
            bearers: level.compilation.names.get(&proposal.key).cloned().unwrap_or_default(),
            ledger: proposal.ledger.clone(),
            rule: proposal.origin.rule().map(str::to_owned),
            mechanisms: measure.map(|m| m.mechanisms.iter().cloned().collect()).unwrap_or_default(),
        });
    }
    for measure in &level.compilation.measures {
        if measure.kind == MeasureKind::Title || !measure.keys.is_empty() {
            continue;
        }
        out.push(Clause {
            key: None,
            item: measure.item,
            number: number(measure.item),
            text: measure.text.clone(),
            span: measure.span,
            cadence: None,
            day: None,
            bearers: owners(measure.item),
            ledger: measure.ledger.clone(),
            rule: None,
            mechanisms: measure.mechanisms.iter().cloned().collect(),
        });
    }
    out.sort_by_key(|c| (c.item, c.span.start));
    out
}

/// The rhythm and the day that stand in the words of a clause, where one of each does.
fn in_words(plan: &Plan, item: usize, span: Span) -> (Option<Cadence>, Option<Cadence>) {
    let Some(item) = plan.items.get(item) else { return (None, None) };
    let only = |found: Vec<&Cadence>| match found.as_slice() {
        [one] => Some((*one).clone()),
        _ => None,
    };
    let rhythms = item.cadences.iter().filter(|c| span.contains(c.span)).map(|c| &c.cadence).collect();
    let days = item.deadlines.iter().filter(|d| span.contains(d.span)).map(|d| &d.cadence).collect();
    (only(rhythms), only(days))
}

fn words_of(proposal: &Proposal) -> String {
    let words = proposal.origin.words().unwrap_or(&proposal.title);
    words.split_whitespace().collect()
}

/// What is to be said of a clause that these carry.
fn judged(clause: Clause, by: Vec<(Clause, u32)>, year: i16) -> Upheld {
    let nobody = !by.is_empty() && by.iter().all(|(c, _)| c.bearers.is_empty());
    let (mut less, mut later) = (None, None);
    if let Some(asked) = clause.cadence.as_ref().filter(|_| !by.is_empty()) {
        let given: Vec<&Cadence> = by.iter().filter_map(|(c, _)| c.cadence.as_ref()).collect();
        let most = given.iter().max_by_key(|c| often(c)).copied();
        let words = |c: Option<&Cadence>| c.map(Cadence::words).unwrap_or_default();
        if let Some(wanted) = often(asked) {
            // What carries it without a number asks for less, and so does what asks for fewer times.
            if given.iter().filter_map(|c| often(c)).max().is_none_or(|n| n < wanted) {
                less = Some(Otherwise { asked: asked.words(), given: words(most) });
            }
        }
        if less.is_none()
            && let Some((wanted, asked)) = day_of(&clause, year)
        {
            let mut days: Vec<(i32, &Cadence)> = by.iter().filter_map(|(c, _)| day_of(c, year)).collect();
            days.sort_by_key(|(day, _)| *day);
            match days.first() {
                Some((day, _)) if *day <= wanted => {}
                Some((_, first)) => {
                    later = Some(Otherwise { asked: asked.words(), given: first.words() });
                }
                // A rhythm within the year has its days; what names no day at all is asked for later.
                None if given.iter().any(|c| often(c).is_some_and(|n| n > 1000)) => {}
                None => later = Some(Otherwise { asked: asked.words(), given: words(most) }),
            }
        }
    }
    Upheld { clause, by, less, later, nobody }
}

/// The last day of a clause: that of its words, else that of its demand.
fn day_of(clause: &Clause, year: i16) -> Option<(i32, &Cadence)> {
    let named = [clause.day.as_ref(), clause.cadence.as_ref()];
    named.into_iter().flatten().find_map(|c| Some((last_day(c, year)?, c)))
}

/// How much a cadence asks in a year, in thousandths of a time (of hours, in hours): none where it asks no number.
fn often(cadence: &Cadence) -> Option<i64> {
    match cadence {
        Cadence::AtLeast { times, per } | Cadence::EachBy { times, per, .. } => {
            Some(i64::from(*times) * i64::from(per.in_year()) * 1000)
        }
        Cadence::Hours { hours, per } => Some(i64::from(*hours) * i64::from(per.in_year()) * 1000),
        Cadence::By(_) => Some(1000),
        Cadence::Hang { when: When::Before { .. } | When::Within { .. }, .. } => Some(1000),
        // Each time that something is held: as often as that.
        Cadence::Hang { when: When::On, .. } | Cadence::Standing => None,
        Cadence::Limited { each, months, .. } => {
            let whole = often(each)?;
            let some = i64::try_from(months.len()).unwrap_or(12);
            if months.is_empty() { Some(whole) } else { Some((whole * some / 12).max(1000)) }
        }
    }
}

/// The last day of a year on which what a cadence asks is in time, as a number that grows with it: of a dated one its day, of
/// one with a day in each period that day. None where it names no day.
fn last_day(cadence: &Cadence, year: i16) -> Option<i32> {
    let at = |month: i8, day: i8| i32::from(month) * 31 + i32::from(day);
    match cadence {
        Cadence::By(due) => Some(match due {
            Due::Day(day) => i32::from(day.year() - year) * 400 + at(day.month(), day.day()),
            Due::MonthDay { month, day } => at(*month, *day),
            Due::MonthEnd { month } => at(*month, 31),
            Due::Months { to, .. } => at(*to, 31),
            Due::TermStart { .. } => return None,
        }),
        Cadence::EachBy { by: DayIn::Month { month, day }, .. } => Some(at(*month, *day)),
        Cadence::EachBy { by: DayIn::Between { month, to, .. }, .. } => Some(at(*month, *to)),
        Cadence::Limited { each, .. } => last_day(each, year),
        Cadence::AtLeast { .. }
        | Cadence::EachBy { .. }
        | Cadence::Hours { .. }
        | Cadence::Hang { .. }
        | Cadence::Standing => None,
    }
}

/// How many clauses stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of the upper plan.
    pub clauses: usize,
    /// Carried as they are asked.
    pub well: usize,
    /// Carried by none.
    pub none: usize,
    /// Asked for less.
    pub less: usize,
    /// Asked for later.
    pub later: usize,
    /// Carried by nobody.
    pub nobody: usize,
}

/// Counts the clauses; one may be asked for less and borne by nobody.
#[must_use]
pub fn counts(all: &[Upheld]) -> Counts {
    let count = |fits: &dyn Fn(&Upheld) -> bool| all.iter().filter(|u| fits(u)).count();
    Counts {
        clauses: all.len(),
        well: count(&Upheld::is_well),
        none: count(&|u| u.by.is_empty()),
        less: count(&|u| u.less.is_some()),
        later: count(&|u| u.later.is_some()),
        nobody: count(&|u| u.nobody),
    }
}

/// The comparison as `luoshi carry --json` prints it.
#[must_use]
pub fn uphold_to_json(upper: &SourceText, lower: &SourceText, all: &[Upheld]) -> Value {
    let clause = |c: &Clause, source: &SourceText| {
        let (line, column) = source.line_column(c.span.start);
        json!({
            "key": c.key, "item": c.item, "number": c.number, "text": c.text, "line": line, "column": column,
            "cadence": c.cadence.as_ref().map(Cadence::words), "bearers": c.bearers,
        })
    };
    let otherwise = |o: &Option<Otherwise>| o.as_ref().map(|o| json!({ "asked": o.asked, "given": o.given }));
    let one = |u: &Upheld| {
        let mut out = clause(&u.clause, upper);
        let by: Vec<Value> =
            u.by.iter()
                .map(|(c, alike)| {
                    let mut page = clause(c, lower);
                    page["likeness"] = json!(alike);
                    page
                })
                .collect();
        out["by"] = json!(by);
        out["less"] = json!(otherwise(&u.less));
        out["later"] = json!(otherwise(&u.later));
        out["nobody"] = json!(u.nobody);
        out
    };
    let c = counts(all);
    json!({
        "upper": upper.name, "lower": lower.name,
        "clauses": all.iter().map(one).collect::<Vec<_>>(),
        "counts": {
            "clauses": c.clauses, "well": c.well, "none": c.none, "less": c.less, "later": c.later, "nobody": c.nobody,
        },
    })
}
