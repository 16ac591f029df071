//! The compiler: a plan, the rulebook and the organisation make measures, proposals and diagnostics.
//!
//! A proposal is an obligation before a person has looked at it. The compiler guesses who bears it, how often, and which
//! ledger shows it, and says why; it decides nothing. Nothing here reads the clock or a file, and no text makes it panic.

mod beside;
mod carry;
mod check;
mod cite;
mod clause;
mod difference;
mod explain;
mod figures;
mod fold;
mod json;
mod ledger_guess;
mod likeness;
mod lost;
mod measure;
mod members;
mod mention;
mod numbering;
mod org_file;
mod org_people;
mod owners;
mod pair;
mod persons;
mod propose;
pub mod resolve;
mod unread;
mod uphold;
mod wait;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::civil::{Date, date};
use model::{
    Cadence, Diagnostic, Item, MeasureKind, Organisation, Plan, Proposal, Severity, SourceText, Span,
};
use rulebook::Rulebook;

pub use carry::{Decided, Recurs, carry, find, in_order, recurring};
pub use check::is_quiet;
pub use cite::{Finding, Register};
pub use difference::{Difference, Document, ItemChange, Side, difference, words};
pub use explain::{CODES, explain};
pub use json::{diagnostics_to_json, to_json};
pub use likeness::likeness;
pub use members::without_members;
pub use mention::{Mention, Mentions};
pub use org_file::{OrgFault, OrgFaults, org_from_toml, org_to_toml, roll_from_toml};
pub use org_people::Roll;

pub use pair::pair;
pub use uphold::{Clause, Counts, Level, Otherwise, Upheld, counts, uphold, uphold_to_json};
pub use wait::{Wait, waits_for};

use check::Checker;
use ledger_guess::LedgerWords;
use measure::{Reading, SentenceReader, Words};
use owners::OwnerReader;
use propose::{ItemRead, Proposals, Proposer};
use resolve::Resolver;

/// What the compiler must be told beside the documents.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The year that the plan is for.
    pub year: i16,
    /// The day on which it is checked; none to leave deadlines that have passed unsaid.
    pub today: Option<Date>,
}

/// 措施: one sentence of an item and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Index of the item.
    pub item: usize,
    /// The sentence.
    pub span: Span,
    /// Its words, line wraps removed.
    pub text: String,
    /// What makes it assessable, by its strongest clause.
    pub kind: MeasureKind,
    /// Ids of the mechanisms that it names.
    pub mechanisms: Vec<String>,
    /// Who bears what it asks, by the names that the item uses; empty when it asks nothing.
    pub bearers: Vec<String>,
    /// Id of the ledger that shows its strongest clause.
    pub ledger: Option<String>,
    /// Key of the proposal of its strongest clause.
    pub key: Option<String>,
    /// Keys of every proposal that it makes or refers to.
    pub keys: Vec<String>,
    /// Why it was read so, in a sentence.
    pub reason: String,
}

/// What the compiler made of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compilation {
    /// Every sentence of every item, in order.
    pub measures: Vec<Measure>,
    /// Obligations to be: those of the items in order, then the standing rules.
    pub proposals: Vec<Proposal>,
    /// Who bears each proposal, by its key, in the words of the document where it has them.
    pub names: BTreeMap<String, Vec<String>>,
    /// What there is to say, in the order of the document.
    pub diagnostics: Vec<Diagnostic>,
}

impl Compilation {
    /// Whether publishing is refused as it stands.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// A rulebook made ready for reading: the tables are built once, for any number of plans.
#[derive(Debug)]
pub struct Compiler<'r> {
    rulebook: &'r Rulebook,
    mentions: Mentions,
    running: Mentions,
    register: Register<'r>,
    words: Words,
    ledgers: LedgerWords<'r>,
}

/// Titles shorter than this are words of the language too (问责条例), and are not looked for in running text.
const LONG_TITLE: usize = 10;

impl<'r> Compiler<'r> {
    /// Builds the tables.
    #[must_use]
    pub fn new(rulebook: &'r Rulebook) -> Self {
        let mechanisms = rulebook.mechanisms();
        let names = mechanisms.iter().enumerate().flat_map(|(i, m)| {
            std::iter::once(&m.title).chain(&m.aliases).map(move |name| (i, name.as_str()))
        });
        let hiding = mechanisms.iter().flat_map(|m| m.not_within.iter().map(String::as_str));
        let titles = rulebook
            .regulations()
            .iter()
            .enumerate()
            .filter(|(_, r)| r.title.chars().count() >= LONG_TITLE)
            .map(|(i, r)| (i, r.title.as_str()));
        Self {
            rulebook,
            mentions: Mentions::new(names, hiding),
            running: Mentions::new(titles, []),
            register: Register::new(
                rulebook.regulations(),
                rulebook.not_regulations().iter().map(String::as_str),
            ),
            words: Words::new(rulebook.lexicon()),
            ledgers: LedgerWords::new(rulebook),
        }
    }

    /// Compiles a plan that was read from `source`. With an organisation without units, units are not checked.
    #[must_use]
    pub fn compile(
        &self,
        source: &SourceText,
        plan: &Plan,
        organisation: &Organisation,
        context: &Context,
    ) -> Compilation {
        let text = source.text.as_str();
        let day = written_on(plan.year.unwrap_or(context.year), context.today);
        let mut owner_reader = OwnerReader::new(Resolver::new(organisation, self.rulebook), organisation);
        let mut sentences = SentenceReader::new(text, &self.mentions, &self.words);
        let labels = labels(&plan.items);
        let items: Vec<ItemRead<'_>> = plan
            .items
            .iter()
            .zip(labels)
            .map(|(item, label)| ItemRead {
                item,
                owners: owner_reader.read(item),
                readings: sentences.read(item),
                label,
            })
            .collect();
        let resolver = owner_reader.resolver();
        let proposer = Proposer {
            source: text,
            rulebook: self.rulebook,
            ledgers: &self.ledgers,
            resolver,
            day,
            spoken: RefCell::default(),
        };
        let proposals = proposer.all(&items);
        let held: BTreeSet<_> = organisation.units.iter().map(|u| (u.kind, u.traits.clone())).collect();
        let checker = Checker {
            source: text,
            plan,
            items: &items,
            proposals: &proposals,
            rulebook: self.rulebook,
            register: &self.register,
            running: &self.running,
            words: &self.words,
            held: &held,
            year: plan.year.unwrap_or(context.year),
            today: context.today,
            day,
        };
        let mut diagnostics = checker.all();
        unread::left_out(source, &mut diagnostics);
        diagnostics.sort_by_key(|d| d.span);
        let measures = self.measures(text, &items, &proposals);
        let names = proposals.made.iter().map(|m| (m.proposal.key.clone(), m.names.clone())).collect();
        let mut made: Vec<Proposal> = proposals.made.into_iter().map(|m| m.proposal).collect();
        in_order(&mut made);
        for p in &mut made {
            p.cadence = self.rulebook.events().named(std::mem::replace(&mut p.cadence, Cadence::Standing));
        }
        Compilation { measures, proposals: made, names, diagnostics }
    }

    fn measures(&self, text: &str, items: &[ItemRead<'_>], proposals: &Proposals) -> Vec<Measure> {
        let mut out = Vec::new();
        for (i, read) in items.iter().enumerate() {
            for (s, reading) in read.readings.iter().enumerate() {
                out.push(self.measure(text, (i, s), reading, proposals));
            }
        }
        out
    }

    fn measure(
        &self,
        text: &str,
        (i, s): (usize, usize),
        reading: &Reading,
        proposals: &Proposals,
    ) -> Measure {
        let mut bearers: Vec<String> = Vec::new();
        let mut keys: Vec<String> = Vec::new();
        let mut strongest: Option<(MeasureKind, usize)> = None;
        for (a, ask) in reading.asks.iter().enumerate() {
            for n in proposals.outcome.get(&(i, s, a)).into_iter().flatten() {
                let Some(made) = proposals.made.get(*n) else { continue };
                bearers.extend(made.names.iter().cloned());
                keys.push(made.proposal.key.clone());
                if strongest.is_none_or(|(k, _)| ask.kind < k) {
                    strongest = Some((ask.kind, *n));
                }
            }
        }
        let mut seen = HashSet::new();
        bearers.retain(|b| seen.insert(b.clone()));
        let mut seen = HashSet::new();
        keys.retain(|k| seen.insert(k.clone()));
        let strongest = strongest.and_then(|(_, n)| proposals.made.get(n)).map(|m| &m.proposal);
        let reason = match strongest {
            Some(p) if reading.kind != MeasureKind::Title => format!("{}；{}", reading.reason, p.reason),
            _ => reading.reason.clone(),
        };
        Measure {
            item: i,
            span: reading.span,
            text: measure::fold_line(reading.span.of(text)),
            kind: reading.kind,
            mechanisms: reading
                .mechanisms
                .iter()
                .filter_map(|m| self.rulebook.mechanisms().get(*m))
                .map(|m| m.id.clone())
                .collect(),
            bearers,
            ledger: strongest.and_then(|p| p.ledger.clone()),
            key: strongest.map(|p| p.key.clone()),
            keys,
            reason,
        }
    }
}

/// Compiles one plan; [`Compiler`] keeps the tables for several.
#[must_use]
pub fn compile(
    source: &SourceText,
    plan: &Plan,
    rulebook: &Rulebook,
    organisation: &Organisation,
    context: &Context,
) -> Compilation {
    Compiler::new(rulebook).compile(source, plan, organisation, context)
}

/// The day on which the plan counts as written: today in its own year; else the year's first day, since a plan is
/// written at the start of its year and must not be blamed for what came later.
fn written_on(year: i16, today: Option<Date>) -> Date {
    match today {
        Some(today) if today.year() == year => today,
        _ => Date::new(year, 1, 1).unwrap_or(date(2000, 1, 1)),
    }
}

/// What the keys of each item begin with: its own number, or its place where numbers are missing or restart.
fn labels(items: &[Item]) -> Vec<String> {
    let mut seen = HashSet::new();
    let own = items.iter().all(|i| {
        let n = fold::fold(&i.number);
        n.chars().all(|c| c.is_ascii_digit()) && !n.is_empty() && seen.insert(n)
    });
    let number = |(n, item): (usize, &Item)| if own { fold::fold(&item.number) } else { (n + 1).to_string() };
    items.iter().enumerate().map(number).collect()
}
