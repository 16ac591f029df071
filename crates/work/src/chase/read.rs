//! Everything that is late or soon due with its next rung.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::ToSpan;
use jiff::civil::Date;
use model::flow::{Effect, EffectKind, Workflow};
use model::follow::{Chase, DutyKind, SourceKind};
use model::{
    CaseId, DutyId, EntryId, InstitutionId, ObligationId, Organisation, PersonId, Standing, UnitId, UnitKind,
    Value,
};
use runtime::flow::{Days, Facts, Someone, State, What, World, due_days};
use runtime::ladder::{Answer, Chased, Gone, Ladder, Reached};
use runtime::{Line, Pick};
use store::{CaseFilter, CaseSight, ChaseNote, ChaseNoteKind, RungRow, Scope};

use super::About;
use crate::cases::{self, Ground};
use crate::{Fault, Work, Year};

/// Days before the due day from which a duty is looked at: no rung of the ladder comes earlier.
const AHEAD: i32 = 14;

/// Something that is owed and late, or soon due.
#[derive(Clone, Debug)]
pub struct Item {
    /// What.
    pub about: About,
    /// Who owes it.
    pub unit: UnitId,
    /// The person, where it is a person's own or about somebody.
    pub person: Option<PersonId>,
    /// Whether that person owes it for themselves.
    pub personal: bool,
    /// The obligation with which a duty stands; none of a step.
    pub obligation: Option<ObligationId>,
    /// Of a step, the case and the step in words; the title of a duty is read with its page.
    pub title: String,
    /// Of a step, who opened the case.
    pub opened_by: Option<UnitId>,
    /// The day from which it could be done.
    pub opened: Date,
    /// The due day as first planned.
    pub first_due: Date,
    /// The due day that holds.
    pub due: Date,
    /// How it stands.
    pub standing: Standing,
    /// The rungs that went or were left out, in their order.
    pub rungs: Vec<RungRow>,
    /// What was noted, in its order.
    pub notes: Vec<ChaseNote>,
    /// The next rung; none where nothing is left of the ladder.
    pub next: Option<Reached>,
}

impl Item {
    /// What holds the next rung: the note that says until when and why.
    #[must_use]
    pub fn held(&self) -> Option<&ChaseNote> {
        let of = |n: &&ChaseNote| matches!(n.kind, ChaseNoteKind::Held | ChaseNoteKind::Freed);
        self.notes.iter().rfind(of).filter(|n| n.kind == ChaseNoteKind::Held)
    }

    /// The latest rung that went and that nobody of those for whom it is has seen.
    #[must_use]
    pub fn unseen(&self) -> Option<&RungRow> {
        let seen = self.notes.iter().rfind(|n| n.kind == ChaseNoteKind::Seen).map(|n| n.at);
        let rung = self.rungs.iter().rfind(|r| !r.skipped)?;
        seen.is_none_or(|at| at < rung.at).then_some(rung)
    }

    /// Whether a person may release the next rung today.
    #[must_use]
    pub fn waits_for_release(&self) -> bool {
        self.next.as_ref().is_some_and(|n| n.wait.is_none() && n.rung.by.is_some())
    }
}

/// What is chased of an institution on a day, and against what the ladder is asked.
pub struct Chasing {
    /// The day.
    pub day: Date,
    /// The change number as of which it was read.
    pub as_of: i64,
    /// The ladder of the day; none where no file of the rulebook holds then.
    pub chase: Option<Chase>,
    /// Every rung that went since the first day of last year, in the order in which they went.
    pub rungs: Vec<RungRow>,
    /// Every note since then.
    pub notes: Vec<ChaseNote>,
    items: BTreeMap<About, Item>,
    organisation: Organisation,
    people: BTreeMap<PersonId, Someone>,
    settings: BTreeMap<String, bool>,
    days: Days,
    facts: Facts,
    entries: BTreeMap<EntryId, (model::Entry, Option<PersonId>)>,
    events: BTreeMap<String, Vec<Date>>,
}

impl Chasing {
    /// What is late or soon due.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// One of them; none when nothing is owed any more, or it is due much later.
    #[must_use]
    pub fn get(&self, about: &About) -> Option<&Item> {
        self.items.get(about)
    }

    /// The working days.
    #[must_use]
    pub fn days(&self) -> &Days {
        &self.days
    }

    /// Units, people and settings, as the ladder asks them.
    pub(super) fn world<'w>(&'w self, work: &'w Work) -> World<'w> {
        World {
            rulebook: &work.rulebook,
            organisation: &self.organisation,
            people: &self.people,
            facts: &self.facts,
            entries: &self.entries,
            settings: &self.settings,
            events: &self.events,
            days: &self.days,
            cases: &[],
        }
    }
}

/// What was read of each institution, with the number of writes and the day for which it holds.
#[derive(Default)]
struct Kept(Mutex<HashMap<InstitutionId, (i64, Arc<Chasing>)>>);

/// What is chased today, as it stands in the database. Costs one look-up where nothing was written since the last time.
///
/// # Errors
/// When the store cannot read.
pub async fn chasing(work: &Work, institution: InstitutionId) -> Result<Arc<Chasing>, Fault> {
    let today = work.clock.today();
    let kept = work.kept::<Kept>();
    // Requests change no fact, but stop the climb: so all writes are counted, not only those that change facts.
    let writes = work.store.writes(institution).await?;
    let found = {
        let all = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&institution).filter(|(at, c)| *at == writes && c.day == today).map(|(_, c)| Arc::clone(c))
    };
    if let Some(found) = found {
        return Ok(found);
    }
    let fresh = Arc::new(read(work, institution, today).await?);
    let mut all = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    all.insert(institution, (writes, Arc::clone(&fresh)));
    Ok(fresh)
}

/// What was noted or went, by what it is about.
struct Before {
    rungs: BTreeMap<About, Vec<RungRow>>,
    notes: BTreeMap<About, Vec<ChaseNote>>,
    requests: BTreeMap<DutyId, BTreeSet<String>>,
    /// Of each case that a rung opened: the due days of its steps, whether it was dropped, its stage while it runs, and the
    /// answers in it.
    opened: BTreeMap<CaseId, OpenedCase>,
    /// The records that answer, by id.
    answers: BTreeMap<EntryId, Answer>,
    of_unit: BTreeMap<UnitId, Vec<(String, Date)>>,
}

#[derive(Default)]
struct OpenedCase {
    workflow: String,
    dues: BTreeMap<String, Date>,
    dropped: bool,
    stage: Option<String>,
    answers: Vec<Answer>,
}

async fn read(work: &Work, institution: InstitutionId, today: Date) -> Result<Chasing, Fault> {
    let as_of = work.store.change_number(institution).await?;
    let known = work.known(institution).await?;
    let from = Date::new(today.year() - 1, 1, 1).unwrap_or(today);
    let mut chasing = Chasing {
        day: today,
        as_of,
        chase: work.rulebook.chase_on(today).cloned(),
        rungs: work.store.rungs(institution, None, from).await?,
        notes: work.store.chase_notes(institution, from).await?,
        items: BTreeMap::new(),
        organisation: cases::organisation(work, &known),
        people: holders(work, institution, today).await?,
        settings: cases::settings(work, institution).await?,
        days: cases::days(work, &known, today),
        facts: Facts::new(),
        entries: BTreeMap::new(),
        events: BTreeMap::new(),
    };
    let before = before(work, institution, &chasing).await?;
    let mut items = Vec::new();
    if let Some(year) = work.year(institution, None).await? {
        duties(&year, &chasing, today, &mut items);
    }
    steps(work, institution, &chasing, today, &mut items).await?;
    let world = chasing.world(work);
    let setting = |id: &str| world.setting(id);
    let ladder = chasing.chase.as_ref().map(|chase| Ladder { chase, days: &chasing.days, setting: &setting });
    let mut out = BTreeMap::new();
    for (mut item, kind) in items {
        item.rungs = before.rungs.get(&item.about).cloned().unwrap_or_default();
        item.notes = before.notes.get(&item.about).cloned().unwrap_or_default();
        item.next = ladder.as_ref().and_then(|l| next(l, &item, &kind, &before, today));
        out.insert(item.about.clone(), item);
    }
    chasing.items = out;
    Ok(chasing)
}

/// Who holds which post today.
async fn holders(
    work: &Work,
    institution: InstitutionId,
    today: Date,
) -> Result<BTreeMap<PersonId, Someone>, Fault> {
    let posts = work.store.posts_on(institution, &Scope::All, today).await?;
    let ids: BTreeSet<PersonId> = posts.iter().map(|p| p.person).collect();
    let names = work.store.names(institution, &ids.into_iter().collect::<Vec<_>>()).await?;
    let mut out: BTreeMap<PersonId, Someone> = BTreeMap::new();
    for post in posts {
        let someone = out.entry(post.person).or_default();
        someone.name = names.get(&post.person).cloned().unwrap_or_default();
        someone.posts.push((post.unit, post.title, post.since, post.until));
    }
    Ok(out)
}

async fn before(work: &Work, institution: InstitutionId, chasing: &Chasing) -> Result<Before, Fault> {
    let mut out = Before {
        rungs: BTreeMap::new(),
        notes: BTreeMap::new(),
        requests: BTreeMap::new(),
        opened: BTreeMap::new(),
        answers: BTreeMap::new(),
        of_unit: BTreeMap::new(),
    };
    for row in &chasing.rungs {
        out.rungs.entry(About::of(&row.key)).or_default().push(row.clone());
        if !row.skipped {
            out.of_unit.entry(row.unit).or_default().push((row.rung.clone(), row.day));
        }
    }
    for note in &chasing.notes {
        out.notes.entry(About::of(&note.key)).or_default().push(note.clone());
    }
    for asked in work.store.exemptions(institution, &Scope::All, None, true).await? {
        let kind = match asked.request.wish.kind() {
            model::RequestKind::Waiver => "waiver",
            model::RequestKind::Extension => "extension",
            // Not about duties.
            model::RequestKind::Correction | model::RequestKind::Account => continue,
        };
        out.requests.entry(asked.duty).or_default().insert(kind.to_owned());
    }
    let entries: Vec<EntryId> = chasing.notes.iter().filter_map(|n| n.entry).collect();
    for row in work.store.entries_by_ids(institution, &Scope::All, &entries).await? {
        let entry = row.entry;
        if entry.withdrawn {
            continue;
        }
        let known = crate::clock::day_of(entry.entered_at);
        out.answers.insert(entry.id, Answer { known, ..answer(&entry, known) });
    }
    let cases: BTreeSet<CaseId> = chasing.rungs.iter().filter_map(|r| r.case).collect();
    out.opened = opened(work, institution, cases, chasing.day).await?;
    Ok(out)
}

/// A record as an answer: its ledgers, and the fields that say something.
fn answer(entry: &model::Entry, known: Date) -> Answer {
    let says = |v: &Value| match v {
        Value::Text(t) => !t.trim().is_empty(),
        Value::Rows(rows) => !rows.is_empty(),
        _ => true,
    };
    let filled = entry.values.iter().filter(|(_, v)| says(v)).map(|(id, _)| id.clone()).collect();
    Answer { ledgers: entry.ledgers.clone(), known, filled }
}

/// How the cases stand that rungs opened.
async fn opened(
    work: &Work,
    institution: InstitutionId,
    cases: BTreeSet<CaseId>,
    today: Date,
) -> Result<BTreeMap<CaseId, OpenedCase>, Fault> {
    let mut out = BTreeMap::new();
    if cases.is_empty() {
        return Ok(out);
    }
    let ground = Ground::of_cases(work, institution, cases.clone()).await?;
    let states = ground.states();
    let world = ground.docket.world(&states);
    for (file, (case, state)) in ground.docket.files.iter().zip(&states) {
        if !cases.contains(&case.id) {
            continue;
        }
        let dropped = state.places.iter().flat_map(|p| &p.done).any(|d| d.outcome == "dropped");
        let stage = world.fact(case.subject, "stage", today).and_then(|f| match &f.value {
            Some(Value::Choice(stage)) => Some(stage.clone()),
            _ => None,
        });
        let done = file.events.iter().filter_map(|e| match &e.what {
            What::Done { entry: Some(id), .. } => Some((e.known, *id)),
            _ => None,
        });
        let answers =
            done.filter_map(|(known, id)| Some(answer(&ground.docket.entries.get(&id)?.0, known))).collect();
        // Whoever was not told yet is late with nothing: an order that is not signed is still with whoever drafts it.
        let dues = if is_told(&file.workflow, state) {
            due_days(&file.workflow, case, state, &world, today)
        } else {
            BTreeMap::new()
        };
        let one = OpenedCase {
            workflow: case.workflow.clone(),
            dues,
            dropped: state.ended.is_some() && dropped,
            stage: stage.filter(|_| state.ended.is_none()),
            answers,
        };
        out.insert(case.id, one);
    }
    Ok(out)
}

/// Whether a case has told whom it is about, where it does so at one of its steps.
fn is_told(workflow: &Workflow, state: &State) -> bool {
    let tells = |effects: &[Effect]| effects.iter().any(|e| matches!(e.kind, EffectKind::Tell(_)));
    let telling = workflow.steps.iter().zip(&state.places).filter_map(|(step, place)| {
        let outcomes: Vec<&String> =
            step.effects.iter().filter(|(_, e)| tells(e)).map(|(outcome, _)| outcome).collect();
        let told = place.done.iter().any(|d| outcomes.iter().any(|o| **o == d.outcome || *o == "done"));
        (!outcomes.is_empty()).then_some(told)
    });
    let all: Vec<bool> = telling.collect();
    all.is_empty() || all.contains(&true)
}

/// The duties of the year that are late or soon due, each with what selectors ask of it.
fn duties(year: &Year, chasing: &Chasing, today: Date, out: &mut Vec<(Item, DutyKind)>) {
    let mut kinds: HashMap<(ObligationId, UnitId, bool), Option<DutyKind>> = HashMap::new();
    let board = year.board();
    let last = today.checked_add(AHEAD.days()).unwrap_or(today);
    let pick = Pick {
        standings: Some(BTreeSet::from([Standing::Overdue, Standing::DueSoon, Standing::Open])),
        due: Some((Date::MIN, last)),
        ..Pick::default()
    };
    for line in board.list(&pick, today) {
        let of = (line.obligation, line.unit, line.person.is_some());
        let kind = kinds.entry(of).or_insert_with(|| duty_kind(year, &line, &chasing.organisation));
        let (Some(kind), Some(facts)) = (kind.clone(), board.facts(line.duty)) else { continue };
        let item = Item {
            about: About::Duty(line.duty),
            unit: line.unit,
            person: line.person,
            personal: kind.member,
            obligation: Some(line.obligation),
            title: String::new(),
            opened_by: None,
            opened: facts.starts.max(facts.made),
            first_due: facts.due,
            due: line.due,
            standing: line.standing,
            rungs: Vec::new(),
            notes: Vec::new(),
            next: None,
        };
        out.push((item, kind));
    }
}

fn duty_kind(year: &Year, line: &Line, organisation: &Organisation) -> Option<DutyKind> {
    let obligation = year.obligation(line.obligation)?;
    let kind_of = |id: UnitId| organisation.unit(id).map(|u| u.kind);
    let part = year.plan_of(obligation);
    Some(DutyKind {
        obligation: obligation.origin.rule().map(str::to_owned),
        source: if part.is_some() { SourceKind::Plan } else { SourceKind::Rule },
        // A plan without an issuer is the institution's own.
        issuer: part.map(|p| p.head.issuer.and_then(kind_of).unwrap_or(UnitKind::Committee)),
        step: None,
        kind: kind_of(line.unit)?,
        member: line.person.is_some() && obligation.bearers.are_people(),
        ledger: obligation.ledger.clone(),
    })
}

/// The open steps of cases that are late or soon due.
async fn steps(
    work: &Work,
    institution: InstitutionId,
    chasing: &Chasing,
    today: Date,
    out: &mut Vec<(Item, DutyKind)>,
) -> Result<(), Fault> {
    let last = today.checked_add(AHEAD.days()).unwrap_or(today);
    let filter = CaseFilter { late: last.tomorrow().ok(), ..CaseFilter::default() };
    let found = work.store.case_steps(institution, &CaseSight::all(), &filter, None, u32::MAX).await?;
    for (step, row) in found {
        let (Some(due), Some(unit)) = (step.due.filter(|d| *d <= last), step.unit) else { continue };
        let Some(kind) = chasing.organisation.unit(unit).map(|u| u.kind) else { continue };
        if step.disputed {
            continue;
        }
        let workflow = cases::workflow_of(work, &row);
        let name = workflow.map_or(row.workflow.as_str(), |w| w.title.as_str());
        let standing = if due < today { Standing::Overdue } else { Standing::DueSoon };
        let item = Item {
            about: About::Step(row.id, step.step.clone(), step.line),
            unit,
            person: None,
            personal: false,
            obligation: None,
            title: format!("{name}“{}”：{}", row.title, step.title),
            opened_by: Some(row.opened_by),
            opened: step.since,
            first_due: step.first_due.unwrap_or(due),
            due,
            standing,
            rungs: Vec::new(),
            notes: Vec::new(),
            next: None,
        };
        let kind = DutyKind {
            obligation: None,
            source: SourceKind::Case,
            issuer: None,
            step: Some((row.workflow.clone(), step.step.clone())),
            kind,
            member: false,
            ledger: None,
        };
        out.push((item, kind));
    }
    Ok(())
}

/// The next rung of something that is owed.
fn next(ladder: &Ladder<'_>, item: &Item, kind: &DutyKind, before: &Before, today: Date) -> Option<Reached> {
    let case = |row: &RungRow| row.case.and_then(|id| before.opened.get(&id));
    let gone: Vec<Gone> = (item.rungs.iter())
        .map(|row| Gone {
            rung: row.rung.clone(),
            day: row.day,
            due: row.due,
            skipped: row.skipped,
            dues: case(row).map(|c| c.dues.clone()).unwrap_or_default(),
            dropped: case(row).is_some_and(|c| c.dropped),
        })
        .collect();
    let opened: Vec<&OpenedCase> = item.rungs.iter().filter_map(case).collect();
    let cases: Vec<(String, String)> =
        opened.iter().filter_map(|c| Some((c.workflow.clone(), c.stage.clone()?))).collect();
    let mut answers: Vec<Answer> = opened.iter().flat_map(|c| c.answers.clone()).collect();
    answers.extend(item.notes.iter().filter_map(|n| before.answers.get(&n.entry?).cloned()));
    let none = BTreeSet::new();
    let requests = match &item.about {
        About::Duty(id) => before.requests.get(id).unwrap_or(&none),
        About::Step(..) => &none,
    };
    let chased = Chased {
        kind,
        named: &none,
        opened: item.opened,
        first_due: item.first_due,
        due: item.due,
        settled: false,
        gone: &gone,
        of_unit: before.of_unit.get(&item.unit).map(Vec::as_slice).unwrap_or_default(),
        requests,
        answers: &answers,
        cases: &cases,
        held: item.held().and_then(|n| n.until),
    };
    ladder.next(&chased, today)
}
