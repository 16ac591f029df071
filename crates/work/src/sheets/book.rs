//! The Book as it was known on a day, for the rows of a sheet; and what it shows on their lines, in words that stay with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::ToSpan;
use jiff::civil::Date;
use model::follow::{DutyKind, Selector, SourceKind};
use model::rule::Ledger;
use model::sheet::{Mark, Measure, Sheet, Source};
use model::{
    CaseId, DutyId, DutySource, Entry, Organisation, Origin, PersonId, StandingFacts, UnitId, UnitKind,
};
use runtime::Pick;
use runtime::flow::Days;
use runtime::sheet::{Basis, Book, BookDuty, BookEntry, Filled, Item, RowOf, Window, step_duties};
use serde::{Deserialize, Serialize};
use store::{CaseFilter, CaseSight, Looked, Running, Scope};

use super::campaign::{Campaign, Row};
use crate::cases::Ground;
use crate::clock::{china, day_of};
use crate::days::day_words;
use crate::{Fault, Work, Year};

/// An item of a line as it is kept: with the words and the day that it had when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaidItem {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// What it is: 4月; 4月8日 一季度大会.
    pub words: String,
    /// The day of a record, the due day of a duty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// The case, of a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
}

/// A line of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaidLine {
    /// Id of the line.
    pub line: String,
    /// Whether it is for the unit at all.
    pub applies: bool,
    /// What it breaks into.
    pub items: Vec<LaidItem>,
}

/// What the Book shows of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Laid {
    /// Its lines, in the order of the sheet.
    pub lines: Vec<LaidLine>,
}

impl Laid {
    /// The lines as they are settled.
    #[must_use]
    pub fn bare(&self) -> Vec<Filled> {
        let of = |l: &LaidLine| Filled {
            line: l.line.clone(),
            applies: l.applies,
            items: l.items.iter().map(|i| i.item.clone()).collect(),
            value: None,
        };
        self.lines.iter().map(of).collect()
    }

    /// The items with this basis.
    pub fn of<'l>(&'l self, basis: &'l Basis) -> impl Iterator<Item = &'l LaidItem> {
        self.lines.iter().flat_map(|l| &l.items).filter(move |i| i.item.basis == *basis)
    }
}

/// What a duty is called, for a line.
struct Named {
    title: String,
    unit: UnitId,
    starts: Date,
    due: Date,
    person: Option<PersonId>,
    case: Option<CaseId>,
}

/// The Book of several rows.
pub struct BookOf<'w> {
    work: &'w Work,
    organisation: Organisation,
    days: std::sync::Arc<Days>,
    /// By the day on which they were known: figures of two rows may stand on two days, and one row lie under the other.
    duties: BTreeMap<(Date, UnitId), Vec<(DutyKind, StandingFacts)>>,
    entries: BTreeMap<(Date, UnitId), Vec<(Entry, Date)>>,
    people: HashMap<(UnitId, String), u32>,
    names: BTreeMap<DutyId, Named>,
    persons: BTreeMap<PersonId, String>,
}

/// The measures of a sheet.
fn measures(sheet: &Sheet) -> impl Iterator<Item = &Measure> {
    let of = sheet.lines.iter().filter_map(|l| match &l.source {
        Source::From(all) => Some(all),
        Source::Ask { .. } | Source::Judge(_) | Source::Vote(_) => None,
    });
    of.flatten()
}

/// The ledgers of whose records of the period the lines speak, and those of which the latest counts, whatever its day.
fn ledgers(sheet: &Sheet) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut dated, mut latest) = (BTreeSet::new(), BTreeSet::new());
    for measure in measures(sheet) {
        match measure {
            Measure::Count { ledgers, .. }
            | Measure::Has { ledgers, .. }
            | Measure::Span { ledgers, .. }
            | Measure::Sum { ledgers, .. } => dated.extend(ledgers.iter().cloned()),
            Measure::Latest { ledger, .. } => {
                dated.insert(ledger.clone());
            }
            Measure::Between { since, until, .. } => {
                for mark in [since, until] {
                    if let Mark::Latest { ledger, .. } = mark {
                        latest.insert(ledger.clone());
                    }
                }
            }
            Measure::Duty { .. } | Measure::People { .. } | Measure::Sheet(_) | Measure::Unit(_) => {}
        }
    }
    (dated, latest)
}

/// The ledgers of whose records the lines speak; of duties those by which they are shown.
pub(super) fn all_ledgers(work: &Work, sheet: &Sheet) -> BTreeSet<String> {
    let (mut out, latest) = ledgers(sheet);
    out.extend(latest);
    for of in selectors(sheet) {
        let shown = of.obligations.iter().filter_map(|id| work.rulebook.obligation(id));
        out.extend(shown.map(|o| o.ledger.clone()));
    }
    out
}

fn selectors(sheet: &Sheet) -> impl Iterator<Item = &Selector> {
    measures(sheet).filter_map(|m| match m {
        Measure::Duty { of, .. } => Some(of),
        _ => None,
    })
}

/// The first instant of the day after this one.
pub(super) fn end_of(day: Date) -> jiff::Timestamp {
    let next = day.checked_add(1.day()).unwrap_or(day);
    next.to_zoned(china()).map_or(jiff::Timestamp::MAX, |z| z.timestamp())
}

impl<'w> BookOf<'w> {
    /// Reads the Book of these rows of a check.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn read(work: &'w Work, campaign: &Campaign<'_>, rows: &[&Row]) -> Result<Self, Fault> {
        let mut out = Self {
            work,
            organisation: campaign.organisation().clone(),
            days: std::sync::Arc::clone(&campaign.ground.docket.days),
            duties: BTreeMap::new(),
            entries: BTreeMap::new(),
            people: HashMap::new(),
            names: BTreeMap::new(),
            persons: BTreeMap::new(),
        };
        // Rows whose figures stand on the same day are read together.
        let mut by_known: BTreeMap<Date, (Window, BTreeSet<UnitId>)> = BTreeMap::new();
        for row in rows {
            let known = by_known.entry(row.window.known).or_insert((row.window, BTreeSet::new()));
            known.0.cutoff = known.0.cutoff.max(row.window.cutoff);
            known.1.extend(out.organisation.subtree(row.unit));
        }
        for (window, units) in by_known.values() {
            out.read_duties(campaign, *window, units).await?;
            out.read_cases(campaign, *window, units).await?;
            out.read_entries(campaign, *window, units).await?;
        }
        out.read_people(campaign, rows).await?;
        let persons: BTreeSet<PersonId> = out.names.values().filter_map(|n| n.person).collect();
        let persons: Vec<PersonId> = persons.into_iter().collect();
        out.persons = work.store.names(campaign.institution(), &persons).await?;
        Ok(out)
    }

    async fn read_duties(
        &mut self,
        campaign: &Campaign<'_>,
        window: Window,
        units: &BTreeSet<UnitId>,
    ) -> Result<(), Fault> {
        if selectors(campaign.sheet()).next().is_none() {
            return Ok(());
        }
        let pick = Pick { units: Some(units.clone()), ..Pick::default() };
        for number in window.from.year()..=window.cutoff.year() {
            let Some(year) = self.work.book(campaign.institution(), number, None).await? else { continue };
            let board = year.board();
            for line in board.list(&pick, window.known) {
                let (Some(facts), Some(asked)) = (board.facts(line.duty), year.obligation(line.obligation))
                else {
                    continue;
                };
                let kind = self.kind(&year, asked, line.unit);
                let named = Named {
                    title: asked.title.clone(),
                    unit: line.unit,
                    starts: line.starts,
                    due: line.due,
                    person: line.person,
                    case: None,
                };
                self.names.insert(line.duty, named);
                self.duties.entry((window.known, line.unit)).or_default().push((kind, facts));
            }
        }
        Ok(())
    }

    /// What kind of duty one is.
    fn kind(&self, year: &Year, asked: &model::Obligation, unit: UnitId) -> DutyKind {
        let rule = match &asked.origin {
            Origin::Adopted { rule, .. } | Origin::Standing { rule } => Some(rule.clone()),
            Origin::Clause { .. } | Origin::Progress { .. } => None,
        };
        // A plan without an issuer is the institution's own.
        let issuer = year.plan_of(asked).map(|part| {
            let issuer = part.head.issuer.and_then(|u| self.organisation.unit(u));
            issuer.map_or(UnitKind::Committee, |u| u.kind)
        });
        DutyKind {
            obligation: rule,
            source: match asked.source {
                DutySource::Plan(_) => SourceKind::Plan,
                DutySource::Rule(_) => SourceKind::Rule,
            },
            issuer,
            step: None,
            kind: self.organisation.unit(unit).map_or(UnitKind::Branch, |u| u.kind),
            member: asked.bearers.members,
            ledger: asked.ledger.clone(),
        }
    }

    /// Steps of the cases of which the lines speak.
    async fn read_cases(
        &mut self,
        campaign: &Campaign<'_>,
        window: Window,
        units: &BTreeSet<UnitId>,
    ) -> Result<(), Fault> {
        let workflows: BTreeSet<String> =
            selectors(campaign.sheet()).flat_map(|s| s.workflows.iter().cloned()).collect();
        if workflows.is_empty() {
            return Ok(());
        }
        let institution = campaign.institution();
        let filter = CaseFilter {
            workflows: Some(workflows.clone()),
            own: Some(units.clone()),
            running: Running::All,
            ..CaseFilter::default()
        };
        let found = self.work.store.all_cases(institution, &CaseSight::all(), &filter).await?;
        let found: BTreeSet<CaseId> =
            found.into_iter().filter(|r| r.opened <= window.known).map(|r| r.id).collect();
        if found.is_empty() {
            return Ok(());
        }
        let ground = Ground::of_cases(self.work, institution, found.clone()).await?;
        for step in step_duties(&ground.docket, window.known) {
            if !found.contains(&step.case) {
                continue;
            }
            let facts = step.facts;
            let title = ground.docket.files.iter().find(|f| f.case.id == step.case);
            let title = title.map_or_else(String::new, |f| format!("{}：{}", f.case.title, step.title));
            let named = Named {
                title,
                unit: facts.unit,
                starts: facts.starts,
                due: facts.due,
                person: None,
                case: Some(step.case),
            };
            self.names.insert(facts.duty, named);
            self.duties.entry((window.known, facts.unit)).or_default().push((step.kind, facts));
        }
        Ok(())
    }

    async fn read_entries(
        &mut self,
        campaign: &Campaign<'_>,
        window: Window,
        units: &BTreeSet<UnitId>,
    ) -> Result<(), Fault> {
        let (dated, latest) = ledgers(campaign.sheet());
        let institution = campaign.institution();
        let before = end_of(window.known);
        let days = Some((window.from, window.cutoff));
        let mut found = Vec::new();
        for (ledgers, days) in [(dated, days), (latest, None)] {
            let looked = Looked { units, ledgers: &ledgers, days };
            found.extend(self.work.store.entries_before(institution, &looked, before).await?);
        }
        let mut known = BTreeSet::new();
        for entry in found.into_iter().filter(|e| known.insert(e.id)) {
            let entered = day_of(entry.entered_at);
            self.entries.entry((window.known, entry.unit)).or_default().push((entry, entered));
        }
        Ok(())
    }

    /// How many people of each stage each unit has on the cut-off day, where lines ask for it.
    async fn read_people(&mut self, campaign: &Campaign<'_>, rows: &[&Row]) -> Result<(), Fault> {
        let asks = campaign.sheet().lines.iter().any(|l| l.people.is_some())
            || measures(campaign.sheet()).any(|m| matches!(m, Measure::People { .. }));
        let (true, Some(row)) = (asks, rows.first()) else { return Ok(()) };
        let units = rows.iter().map(|r| r.unit).collect();
        let scope = Scope::Units(units);
        let on = row.window.cutoff;
        for member in self.work.store.members_on(campaign.institution(), &scope, on).await? {
            let key = (member.membership.branch, member.membership.stage.id().to_owned());
            *self.people.entry(key).or_default() += 1;
        }
        Ok(())
    }

    /// What the Book shows on the lines of a row.
    #[must_use]
    pub fn lay(&self, sheet: &Sheet, row: &RowOf, window: Window) -> Laid {
        let below = self.organisation.subtree(row.unit);
        let duties: Vec<BookDuty<'_>> = below
            .iter()
            .filter_map(|u| self.duties.get(&(window.known, *u)))
            .flatten()
            .map(|(kind, facts)| BookDuty { kind: kind.clone(), facts })
            .collect();
        let mine = self.entries.get(&(window.known, row.unit)).map(Vec::as_slice).unwrap_or_default();
        let entries: Vec<BookEntry<'_>> =
            mine.iter().map(|(entry, entered)| BookEntry { entry, entered: *entered }).collect();
        let people =
            |unit: UnitId, stage: &str| self.people.get(&(unit, stage.to_owned())).copied().unwrap_or(0);
        let ledger = |id: &str| -> Option<&Ledger> { self.work.rulebook.ledger(id) };
        let book = Book {
            duties: &duties,
            entries: &entries,
            ledger: &ledger,
            organisation: &self.organisation,
            people: &people,
            days: &self.days,
        };
        let looked = book.look(sheet, row, window);
        let line = |f: Filled| {
            let title = sheet.line(&f.line).map_or("", |l| l.title.as_str());
            let mut items: Vec<LaidItem> =
                f.items.into_iter().map(|item| self.laid(item, row, mine, title)).collect();
            items.sort_by_key(|a| a.day);
            LaidLine { line: f.line, applies: f.applies, items }
        };
        Laid { lines: looked.into_iter().map(line).collect() }
    }

    /// An item with its words.
    fn laid(&self, item: Item, row: &RowOf, mine: &[(Entry, Date)], title: &str) -> LaidItem {
        let (words, day, case) = match &item.basis {
            Basis::Duty(id) => match self.names.get(id) {
                Some(n) if n.case.is_some() => (n.title.clone(), Some(n.due), n.case),
                Some(n) => (self.duty_words(n, row), Some(n.due), None),
                None => (title.to_owned(), None, None),
            },
            Basis::Entry(id) => match mine.iter().map(|(e, _)| e).find(|e| e.id == *id) {
                Some(e) => (format!("{} {}", day_words(e.day), e.title), Some(e.day), None),
                None => (title.to_owned(), None, None),
            },
            Basis::Wanted(_, n) => (format!("第 {} 次", n + 1), None, None),
            Basis::One(_) => (title.to_owned(), None, None),
        };
        LaidItem { item, words, day, case }
    }

    /// The stretch of a duty, whose it is where it is another's, and whom it is about.
    fn duty_words(&self, named: &Named, row: &RowOf) -> String {
        let mut out = stretch(named.starts, named.due);
        if let Some(name) = named.person.and_then(|p| self.persons.get(&p)) {
            out.push('　');
            out.push_str(name);
        }
        if let Some(unit) =
            Some(named.unit).filter(|u| *u != row.unit).and_then(|u| self.organisation.unit(u))
        {
            out.push('　');
            out.push_str(&unit.name);
        }
        out
    }
}

/// A stretch of time in words: 4月, 第二季度, 上半年, 全年; else from when to when.
fn stretch(starts: Date, due: Date) -> String {
    if starts.year() == due.year() {
        match (starts.month(), due.month()) {
            (a, b) if a == b => return format!("{a}月"),
            (1, 3) => return "第一季度".to_owned(),
            (4, 6) => return "第二季度".to_owned(),
            (7, 9) => return "第三季度".to_owned(),
            (10, 12) => return "第四季度".to_owned(),
            (1, 6) => return "上半年".to_owned(),
            (7, 12) => return "下半年".to_owned(),
            (1, 12) => return "全年".to_owned(),
            _ => {}
        }
    }
    format!("{}至{}", day_words(starts), day_words(due))
}
