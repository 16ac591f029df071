//! The cases that are meant, with all that they are judged against; and what is new in it, as one write.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use model::flow::{Lane, Workflow};
use model::{
    AccountId, CaseId, Entry, EntryId, InstitutionId, Moment, Organisation, PersonId, UnitId, Value,
};
use runtime::flow::{
    Brought, Case, CaseFile, Change, Days, Docket, Event, Fact, Fate, OpenStep, State, Subject, Unmet, What,
    counted_ledgers, open_steps, own_unit,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{
    CaseEntryRow, CaseEventRow, CaseFactRow, CaseFilter, CaseRow, CaseSight, CaseStepRow, CaseWrite,
    EntryFilter, Held, Named, Running, Scope,
};
use uuid::Uuid;

use super::roster;
use crate::{Fault, Known, Work, terms};

/// More records of one ledger about one subject than a guard counts.
const MOST: u32 = 500;
/// How many years before and after today the working days are known.
const YEARS: (i16, i16) = (8, 3);
/// The setting under which an institution's choices in procedures are kept.
pub(super) const SETTINGS: &str = "procedures";

/// What is kept of a case beside its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    early: Vec<(EntryId, Date)>,
    lapses: usize,
}

/// A fact with the line of the record that it is about.
#[derive(Serialize, Deserialize)]
struct KeptFact {
    fact: Fact,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

/// Procedures that were read, by fingerprint.
#[derive(Default)]
struct Texts(Mutex<HashMap<String, Arc<Workflow>>>);

/// Cases with all that they are judged against.
pub struct Ground<'w> {
    work: &'w Work,
    institution: InstitutionId,
    /// The cases, people, facts and records.
    pub docket: Docket<'w>,
    /// The cases as they were read, by id.
    pub rows: BTreeMap<CaseId, CaseRow>,
    /// How many events of each were read.
    read: BTreeMap<CaseId, usize>,
    kept: BTreeMap<CaseId, Kept>,
    held: BTreeMap<PersonId, Held>,
    /// Why something was done, in words: written beside the events that are new.
    pub reason: String,
    /// The change number as of which all this was read.
    pub as_of: i64,
    /// The day.
    pub today: Date,
}

/// What is to be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// These cases, with those that stand above, under and beside them.
    pub(super) cases: BTreeSet<CaseId>,
    /// What is known of these people.
    pub(super) people: BTreeSet<PersonId>,
    /// These records.
    pub(super) entries: BTreeSet<EntryId>,
}

impl<'w> Ground<'w> {
    /// Reads a case with what it is judged against.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn of_case(work: &'w Work, institution: InstitutionId, id: CaseId) -> Result<Self, Fault> {
        let wanted = Wanted { cases: BTreeSet::from([id]), ..Wanted::default() };
        Self::read(work, institution, wanted).await
    }

    /// Reads several cases with what they are judged against.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn of_cases(
        work: &'w Work,
        institution: InstitutionId,
        cases: BTreeSet<CaseId>,
    ) -> Result<Self, Fault> {
        Self::read(work, institution, Wanted { cases, ..Wanted::default() }).await
    }

    /// Reads what is wanted.
    pub(super) async fn read(
        work: &'w Work,
        institution: InstitutionId,
        wanted: Wanted,
    ) -> Result<Self, Fault> {
        let as_of = work.store.change_number(institution).await?;
        let today = work.clock.today();
        let known = work.known(institution).await?;
        let organisation = Arc::new(organisation(work, &known));
        let days = Arc::new(days(work, &known, today));
        let docket = Docket::new(&work.rulebook, days, organisation, CaseId::fresh);
        let mut ground = Self {
            work,
            institution,
            docket,
            rows: BTreeMap::new(),
            read: BTreeMap::new(),
            kept: BTreeMap::new(),
            held: BTreeMap::new(),
            reason: String::new(),
            as_of,
            today,
        };
        ground.read_cases(&wanted.cases).await?;
        let mut entries = wanted.entries;
        for file in &ground.docket.files {
            entries.extend(file.events.iter().filter_map(|e| match &e.what {
                What::Done { entry, .. } | What::Disputed(_, entry) => *entry,
                _ => None,
            }));
            entries.extend(file.early.iter().map(|(e, _)| *e));
            if let Subject::Record(id, _) = file.case.subject {
                entries.insert(id);
            }
        }
        ground.read_entries(&entries).await?;
        ground.read_counted().await?;
        ground.read_people(wanted.people).await?;
        ground.name_people();
        ground.read_facts().await?;
        ground.read_events().await?;
        ground.docket.settings = settings(work, institution).await?;
        Ok(ground)
    }

    /// The cases, those above, under and beside them, and those about the same.
    async fn read_cases(&mut self, ids: &BTreeSet<CaseId>) -> Result<(), Fault> {
        if ids.is_empty() {
            return Ok(());
        }
        let (store, institution, all) = (&self.work.store, self.institution, CaseSight::all());
        let ask = |filter: CaseFilter| {
            let filter = CaseFilter { running: Running::All, ..filter };
            let all = all.clone();
            async move { store.all_cases(institution, &all, &filter).await }
        };
        let mut rows = ask(CaseFilter { ids: Some(ids.clone()), ..CaseFilter::default() }).await?;
        let parents: BTreeSet<CaseId> =
            rows.iter().filter_map(|r| r.parent).chain(rows.iter().map(|r| r.id)).collect();
        rows.extend(ask(CaseFilter { parents: Some(parents.clone()), ..CaseFilter::default() }).await?);
        rows.extend(ask(CaseFilter { ids: Some(parents), ..CaseFilter::default() }).await?);
        let subjects: BTreeSet<Uuid> = rows.iter().map(|r| r.subject_id).collect();
        rows.extend(ask(CaseFilter { subjects: Some(subjects), ..CaseFilter::default() }).await?);
        // A check that is counted against others of its kind: those that the same unit opened in its year.
        let sheets = self.work.rulebook.workflows().filter(|w| w.sheet.is_some());
        let sheets: BTreeSet<String> = sheets.map(|w| w.id.clone()).collect();
        let is_check = |r: &CaseRow| sheets.contains(&r.workflow);
        let of_year = |r: &CaseRow| (r.opened_by, r.opened.year());
        let years: BTreeSet<_> = rows.iter().filter(|r| is_check(r)).map(of_year).collect();
        if !years.is_empty() {
            let all = ask(CaseFilter { workflows: Some(sheets), ..CaseFilter::default() }).await?;
            rows.extend(all.into_iter().filter(|r| years.contains(&of_year(r))));
        }
        self.rows = rows.into_iter().map(|r| (r.id, r)).collect();
        let ids: BTreeSet<CaseId> = self.rows.keys().copied().collect();
        let mut events: BTreeMap<CaseId, Vec<Event>> = BTreeMap::new();
        for row in store.case_events(institution, &ids).await? {
            let what: What = serde_json::from_value(row.body).map_err(anyhow::Error::from)?;
            let event = Event { known: row.known, day: row.day, what };
            events.entry(row.case).or_default().push(event);
        }
        let workflows = self.texts().await?;
        for row in self.rows.values() {
            let Some(workflow) = workflows.get(&row.fingerprint) else { continue };
            let Some(subject) = subject_of(row) else { continue };
            let case = Case {
                id: row.id,
                workflow: row.workflow.clone(),
                subject,
                title: row.title.clone(),
                unit: row.unit,
                opened: row.opened,
                opened_by: row.opened_by,
                parent: row.parent,
            };
            let kept: Kept = serde_json::from_value(row.kept.clone()).unwrap_or_default();
            let events = events.remove(&row.id).unwrap_or_default();
            self.read.insert(row.id, events.len());
            let (early, lapses) = (kept.early.clone(), kept.lapses);
            self.kept.insert(row.id, kept);
            self.docket.files.push(CaseFile { case, workflow: Arc::clone(workflow), events, early, lapses });
        }
        Ok(())
    }

    /// The procedures of the cases, each as it was when the case was opened.
    async fn texts(&self) -> Result<HashMap<String, Arc<Workflow>>, Fault> {
        let kept = self.work.kept::<Texts>();
        let mut out: HashMap<String, Arc<Workflow>> = HashMap::new();
        let mut lacking = BTreeSet::new();
        for row in self.rows.values() {
            let there = kept.0.lock().unwrap_or_else(PoisonError::into_inner).get(&row.fingerprint).cloned();
            let built_in = || {
                let found = self.work.rulebook.workflow_of_text(&row.workflow, &row.fingerprint)?;
                Some(Arc::new(found.clone()))
            };
            match there.or_else(built_in) {
                Some(workflow) => {
                    out.insert(row.fingerprint.clone(), workflow);
                }
                None => {
                    lacking.insert(row.fingerprint.clone());
                }
            }
        }
        for (fingerprint, body) in self.work.store.workflows(self.institution, &lacking).await? {
            let workflow: Workflow = serde_json::from_value(body).map_err(anyhow::Error::from)?;
            out.insert(fingerprint, Arc::new(workflow));
        }
        let mut kept = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(out.iter().map(|(f, w)| (f.clone(), Arc::clone(w))));
        Ok(out)
    }

    async fn read_entries(&mut self, ids: &BTreeSet<EntryId>) -> Result<(), Fault> {
        let ids: Vec<EntryId> = ids.iter().copied().collect();
        let rows = self.work.store.entries_by_ids(self.institution, &Scope::All, &ids).await?;
        self.keep_entries(rows.into_iter().map(|r| r.entry)).await
    }

    /// Keeps records, each with the person who wrote it.
    async fn keep_entries(&mut self, entries: impl Iterator<Item = Entry>) -> Result<(), Fault> {
        let entries: Vec<Entry> = entries.collect();
        let accounts: BTreeSet<AccountId> = entries.iter().map(|e| e.entered_by).collect();
        let behind = self.work.store.people_behind(self.institution, &accounts).await?;
        for entry in entries {
            let who = behind.get(&entry.entered_by).copied();
            self.docket.entries.insert(entry.id, (entry, who));
        }
        Ok(())
    }

    /// The records that steps count, about the subject of each case.
    async fn read_counted(&mut self) -> Result<(), Fault> {
        let mut asked: BTreeSet<(String, Option<PersonId>, UnitId)> = BTreeSet::new();
        for file in &self.docket.files {
            let person = match file.case.subject {
                Subject::Person(id) => Some(id),
                _ => None,
            };
            for ledger in counted_ledgers(&file.workflow) {
                asked.insert((ledger.to_owned(), person, file.case.unit));
            }
        }
        for (ledger, person, unit) in asked {
            let filter = EntryFilter {
                ledger: Some(ledger),
                person: person.map(|person| Named { person, closed: Vec::new() }),
                units: person.is_none().then(|| BTreeSet::from([unit])),
                ..EntryFilter::default()
            };
            let rows = self.work.store.entries(self.institution, &Scope::All, &filter, MOST).await?;
            self.keep_entries(rows.into_iter().map(|r| r.entry)).await?;
        }
        Ok(())
    }

    async fn read_people(&mut self, more: BTreeSet<PersonId>) -> Result<(), Fault> {
        let mut ids = more;
        let mut branches = BTreeSet::new();
        for file in &self.docket.files {
            if let Subject::Person(id) = file.case.subject {
                ids.insert(id);
            }
            let lanes = file.workflow.steps.iter().any(|s| matches!(s.per, Some(Lane::People(_))));
            if lanes {
                branches.extend([file.case.unit]);
                branches.extend(self.rows.get(&file.case.id).map(|r| r.own));
            }
        }
        for (entry, who) in self.docket.entries.values() {
            ids.extend(who);
            ids.extend(entry.values.values().flat_map(people_of));
        }
        if !branches.is_empty() {
            let scope = Scope::Units(branches);
            let members = self.work.store.members_on(self.institution, &scope, self.today).await?;
            ids.extend(members.into_iter().map(|m| m.person.id));
        }
        self.add_people(ids).await
    }

    /// Gives the people whom records name only by name their place on the roster, where one of those who are known here is
    /// called so and no other: an applicant is of no branch's list yet, and who did a step may be of another branch.
    fn name_people(&mut self) {
        let mut entries = std::mem::take(&mut self.docket.entries);
        for (entry, _) in entries.values_mut() {
            self.name(entry);
        }
        self.docket.entries = entries;
    }

    /// The same for one record.
    pub(super) fn name(&self, entry: &mut Entry) {
        let known = |name: &str| {
            let mut called = self.docket.people.iter().filter(|(_, p)| p.name == name);
            match (called.next(), called.next()) {
                (Some((id, _)), None) => Some(*id),
                _ => None,
            }
        };
        for value in entry.values.values_mut() {
            name_value(value, &known);
        }
    }

    /// Adds people to those that are known.
    pub(super) async fn add_people(&mut self, ids: BTreeSet<PersonId>) -> Result<(), Fault> {
        let ids: BTreeSet<PersonId> = ids.into_iter().filter(|id| !self.held.contains_key(id)).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let held = self.work.store.held(self.institution, &ids).await?;
        for (id, held) in &held {
            self.docket.people.insert(*id, roster::someone(&held.state));
            roster::facts_of(&held.state, &mut self.docket.facts);
        }
        self.held.extend(held);
        Ok(())
    }

    async fn read_facts(&mut self) -> Result<(), Fault> {
        let mut subjects: BTreeSet<Uuid> = self.docket.people.keys().map(|p| p.0).collect();
        for file in &self.docket.files {
            subjects.extend([file.case.unit.0, file.case.id.0]);
            subjects.insert(id_of(file.case.subject));
        }
        for row in self.work.store.case_facts(self.institution, &subjects).await? {
            let kept: KeptFact = serde_json::from_value(row.body).map_err(anyhow::Error::from)?;
            let Some(subject) = subject_from(&row.subject, row.subject_id, kept.line) else { continue };
            self.docket.facts.entry((subject, row.name)).or_default().push(kept.fact);
        }
        // The end of a term is what the last election says; a procedure may say a later one.
        for (unit, ends) in terms::all_terms(self.work, self.institution).await? {
            let fact = Fact {
                known: Date::constant(1900, 1, 1),
                value: Some(Value::Day(ends)),
                from: None,
                ends: None,
                cleared: false,
            };
            let of = self.docket.facts.entry((Subject::Unit(unit), "term_ends".to_owned())).or_default();
            of.insert(0, fact);
        }
        Ok(())
    }

    /// The days of the school's events: told, or written down in records that are events.
    async fn read_events(&mut self) -> Result<(), Fault> {
        if self.docket.files.is_empty() {
            return Ok(());
        }
        let told = self.work.store.moments(self.institution, None).await?;
        for (told, _) in crate::moments::by_occasion(told) {
            if let Some(day) = told.day {
                self.docket.events.entry(told.event).or_default().push(day);
            }
        }
        let year = self.today.year();
        let events = self.work.rulebook.events();
        let of: Vec<Moment> = events
            .all()
            .iter()
            .filter(|e| e.ledger.is_some())
            .map(|e| Moment::Event { id: e.id.clone(), words: e.title.clone() })
            .collect();
        for moment in &of {
            let Moment::Event { id, .. } = moment else { continue };
            if !self.docket.files.iter().any(|f| f.workflow.waits_for_event(id)) {
                continue;
            }
            let Some(ledger) = events.get(id).and_then(|e| e.ledger.clone()) else { continue };
            let filter = EntryFilter {
                ledger: Some(ledger),
                from: Some(Date::constant(year - 1, 1, 1)),
                ..EntryFilter::default()
            };
            let rows = self.work.store.entries(self.institution, &Scope::All, &filter, MOST).await?;
            let days = self.docket.events.entry(id.clone()).or_default();
            days.extend(rows.iter().map(|r| r.entry.day));
        }
        Ok(())
    }

    /// The place of a case among those that were read.
    #[must_use]
    pub fn place(&self, id: CaseId) -> Option<usize> {
        self.docket.files.iter().position(|f| f.case.id == id)
    }

    /// How every case stands today.
    #[must_use]
    pub fn states(&self) -> Vec<(Case, State)> {
        self.docket.states(self.today)
    }

    /// What holds a case open today; of one that has ended, what of it is disputed.
    #[must_use]
    pub fn open_steps(&self, at: usize, states: &[(Case, State)]) -> Vec<OpenStep> {
        let (Some(file), Some((case, state))) = (self.docket.files.get(at), states.get(at)) else {
            return Vec::new();
        };
        open_steps(&file.workflow, case, state, &self.docket.world(states), self.today)
    }

    /// What is new, as a write; `brought` is what became of the record that was saved, if one was. With `all` what is open
    /// is written of every case, whether or not something happened to it.
    ///
    /// # Errors
    /// When the store cannot read what follows for duties.
    pub(super) async fn write(
        &self,
        brought: &Brought,
        record: Option<EntryId>,
        all: bool,
    ) -> Result<CaseWrite, Fault> {
        let mut out = CaseWrite { as_of: self.as_of, ..CaseWrite::default() };
        let grew = |f: &CaseFile| {
            let kept = Kept { early: f.early.clone(), lapses: f.lapses };
            self.read.get(&f.case.id).copied() != Some(f.events.len())
                || self.kept.get(&f.case.id) != Some(&kept)
        };
        if let Some(entry) = record {
            out.entries = self.fates(brought, entry)?;
        }
        if !all && !self.docket.files.iter().any(grew) && self.docket.changed.is_empty() {
            return Ok(out);
        }
        let states = self.states();
        let world = self.docket.world(&states);
        for (i, (file, (case, state))) in self.docket.files.iter().zip(&states).enumerate() {
            let id = case.id;
            let own = own_unit(&file.workflow, case, state, &world, self.today);
            let open = self.open_steps(i, &states);
            out.steps.insert(id, open.iter().map(|o| step_row(id, o)).collect());
            let before = self.rows.get(&id);
            if before.is_none() {
                let body = serde_json::to_value(file.workflow.as_ref()).map_err(anyhow::Error::from)?;
                out.workflows.insert(file.workflow.fingerprint.clone(), body);
            }
            let row = self.row(file, own, state)?;
            if before.is_none_or(|b| b.own != row.own || b.ended != row.ended || b.kept != row.kept) {
                out.cases.push(row);
            }
            let read = self.read.get(&id).copied().unwrap_or(0);
            for (at, event) in file.events.iter().enumerate().skip(read) {
                out.events.push(self.event_row(id, at, event)?);
            }
        }
        self.put_changes(&mut out, &states).await?;
        Ok(out)
    }

    fn row(&self, file: &CaseFile, own: UnitId, state: &State) -> Result<CaseRow, Fault> {
        let case = &file.case;
        let (subject, subject_id, line) = words_of(case.subject);
        let kept = Kept { early: file.early.clone(), lapses: file.lapses };
        Ok(CaseRow {
            id: case.id,
            workflow: case.workflow.clone(),
            fingerprint: file.workflow.fingerprint.clone(),
            subject: subject.to_owned(),
            subject_id,
            subject_line: line.and_then(|l| u32::try_from(l).ok()),
            title: case.title.clone(),
            unit: case.unit,
            own,
            opened: case.opened,
            opened_by: case.opened_by,
            parent: case.parent,
            privacy: file.workflow.privacy,
            ended: state.ended.clone(),
            kept: serde_json::to_value(kept).map_err(anyhow::Error::from)?,
            at: self.work.clock.now(),
            account: None,
        })
    }

    fn event_row(&self, case: CaseId, at: usize, event: &Event) -> Result<CaseEventRow, Fault> {
        let entry = match &event.what {
            What::Done { entry, .. } | What::Disputed(_, entry) => *entry,
            _ => None,
        };
        let by_person = !matches!(event.what, What::Done { .. } | What::Disputed(..));
        Ok(CaseEventRow {
            case,
            seq: u32::try_from(at + 1).unwrap_or(u32::MAX),
            known: event.known,
            day: event.day,
            body: serde_json::to_value(&event.what).map_err(anyhow::Error::from)?,
            entry,
            reason: if by_person { self.reason.clone() } else { String::new() },
            at: self.work.clock.now(),
            account: None,
        })
    }

    /// What became of a record at the steps of the cases.
    fn fates(&self, brought: &Brought, entry: EntryId) -> Result<Vec<CaseEntryRow>, Fault> {
        let mut out: BTreeMap<(CaseId, String, Option<u32>), CaseEntryRow> = BTreeMap::new();
        for (at, made) in &brought.moves {
            let Some(file) = self.docket.files.get(*at) else { continue };
            let line = made.line.and_then(|l| u32::try_from(l).ok());
            let row = CaseEntryRow {
                case: file.case.id,
                entry,
                step: made.step.clone(),
                line,
                fate: fate_word(made.fate).to_owned(),
                outcome: made.outcome.clone(),
                told: json!(made.unmet.iter().map(told).collect::<Vec<_>>()),
            };
            // A record that came early may have moved its step within the same save.
            let by_record = made
                .event
                .as_ref()
                .is_none_or(|e| !matches!(&e.what, What::Done { entry: of, .. } if *of != Some(entry)));
            if by_record {
                out.insert((file.case.id, made.step.clone(), line), row);
            }
        }
        Ok(out.into_values().collect())
    }

    /// What the docket changed beside its cases: facts, people, numbers.
    async fn put_changes(&self, out: &mut CaseWrite, states: &[(Case, State)]) -> Result<(), Fault> {
        let world = self.docket.world(states);
        let own = |by: Option<CaseId>| {
            let at = by.and_then(|id| self.place(id))?;
            let (file, (case, state)) = (self.docket.files.get(at)?, states.get(at)?);
            Some((file, own_unit(&file.workflow, case, state, &world, self.today)))
        };
        let mut of_people: Vec<(UnitId, Change)> = Vec::new();
        let mut note = String::new();
        for (by, change, known) in &self.docket.changed {
            if let Some((subject, name, fact)) = fact_of(change, *known) {
                let (word, subject_id, line) = words_of(subject);
                out.facts.push(CaseFactRow {
                    id: Uuid::now_v7(),
                    case: *by,
                    subject: word.to_owned(),
                    subject_id,
                    name,
                    known: *known,
                    body: serde_json::to_value(KeptFact { fact, line }).map_err(anyhow::Error::from)?,
                });
            }
            match (change, own(*by)) {
                (Change::Number(series), Some((file, _))) => {
                    out.numbers.push((series.clone(), known.year(), file.case.id));
                }
                (
                    Change::Stage(Subject::Person(_), ..) | Change::Post(..) | Change::Move(..),
                    Some((file, unit)),
                ) => {
                    note = format!("办理流程“{}”", file.workflow.title);
                    of_people.push((unit, change.clone()));
                }
                _ => {}
            }
        }
        if !of_people.is_empty() {
            out.people = roster::changed(&self.held, &of_people, &note);
            out.following = self.work.following(self.institution, &out.people).await?;
        }
        Ok(())
    }
}

/// The units with the traits that they have in procedures without anybody saying so.
pub(crate) fn organisation(work: &Work, known: &Known) -> Organisation {
    let mut organisation = known.organisation.clone();
    for wanted in &work.rulebook.roles().traits {
        let units = organisation.units.iter_mut().filter(|u| wanted.always.contains(&u.kind));
        units.for_each(|u| {
            u.traits.insert(wanted.id.clone());
        });
    }
    organisation
}

/// The working days of the years around a day.
pub(crate) fn days(work: &Work, known: &Known, today: Date) -> Days {
    Days::of(&work.rulebook, today.year() - YEARS.0..=today.year() + YEARS.1)
        .with(today.year(), known.calendar.clone())
}

/// The settings of procedures that the institution has made.
pub(crate) async fn settings(
    work: &Work,
    institution: InstitutionId,
) -> Result<BTreeMap<String, bool>, Fault> {
    let made = work.store.setting::<BTreeMap<String, bool>>(institution, SETTINGS).await?;
    Ok(made.map(|s| s.value).unwrap_or_default())
}

/// A change that is kept as a fact: all but those that the roster takes and those that the docket has carried out.
fn fact_of(change: &Change, known: Date) -> Option<(Subject, String, Fact)> {
    let plain = Fact { known, value: None, from: None, ends: None, cleared: false };
    Some(match change {
        Change::Stage(Subject::Person(_), ..) => return None,
        Change::Stage(subject, stage, from) => {
            let fact = Fact { value: Some(Value::Choice(stage.clone())), from: Some(*from), ..plain };
            (*subject, "stage".to_owned(), fact)
        }
        Change::Fact { subject, name, value, from, ends } => {
            let fact = Fact { value: value.clone(), from: Some(*from), ends: *ends, ..plain };
            (*subject, name.clone(), fact)
        }
        Change::Cleared(subject, name) => (*subject, name.clone(), Fact { cleared: true, ..plain }),
        Change::Unit(unit, act, from) => {
            let fact = Fact { value: Some(Value::Choice(act.clone())), from: Some(*from), ..plain };
            (Subject::Unit(*unit), "unit_change".to_owned(), fact)
        }
        _ => return None,
    })
}

fn told(unmet: &Unmet) -> serde_json::Value {
    json!({ "words": unmet.words, "article": unmet.shown, "refuses": unmet.refuses })
}

/// The word for what became of a record.
pub(super) fn fate_word(fate: Fate) -> &'static str {
    match fate {
        Fate::Moved => "moved",
        Fate::Refused => "refused",
        Fate::Attached => "attached",
        Fate::Later => "later",
        Fate::Disputes => "disputes",
    }
}

fn step_row(case: CaseId, open: &OpenStep) -> CaseStepRow {
    CaseStepRow {
        case,
        step: open.step.clone(),
        line: open.line.and_then(|l| u32::try_from(l).ok()),
        disputed: open.disputed,
        title: open.title.clone(),
        unit: open.bearer,
        since: open.since,
        first_due: open.first_due,
        due: open.due,
        lacks: u32::try_from(open.unmet.len()).unwrap_or(u32::MAX),
    }
}

fn id_of(subject: Subject) -> Uuid {
    words_of(subject).1
}

fn words_of(subject: Subject) -> (&'static str, Uuid, Option<usize>) {
    match subject {
        Subject::Person(id) => ("person", id.0, None),
        Subject::Unit(id) => ("unit", id.0, None),
        Subject::Record(id, line) => ("record", id.0, line),
        Subject::Matter(id) => ("matter", id.0, None),
    }
}

fn subject_from(word: &str, id: Uuid, line: Option<usize>) -> Option<Subject> {
    Some(match word {
        "person" => Subject::Person(PersonId(id)),
        "unit" => Subject::Unit(UnitId(id)),
        "record" => Subject::Record(EntryId(id), line),
        "matter" => Subject::Matter(CaseId(id)),
        _ => return None,
    })
}

pub(super) fn subject_of(row: &CaseRow) -> Option<Subject> {
    subject_from(&row.subject, row.subject_id, row.subject_line.map(|l| l as usize))
}

/// Gives the people of a value their ids where they are known by their names.
fn name_value(value: &mut Value, known: &impl Fn(&str) -> Option<PersonId>) {
    match value {
        Value::Person { id, name } if id.is_none() => *id = known(name),
        Value::People(people) => {
            for one in people.iter_mut().filter(|p| p.person.is_none()) {
                one.person = known(&one.name);
            }
        }
        Value::Rows(rows) => rows.iter_mut().flat_map(|r| r.values_mut()).for_each(|v| name_value(v, known)),
        _ => {}
    }
}

/// The people that a value names, lines of tables included.
pub(super) fn people_of(value: &Value) -> Vec<PersonId> {
    match value {
        Value::Person { id, .. } => id.iter().copied().collect(),
        Value::People(people) => people.iter().filter_map(|p| p.person).collect(),
        Value::Rows(rows) => rows.iter().flat_map(|r| r.values()).flat_map(people_of).collect(),
        _ => Vec::new(),
    }
}
