//! Opening a case by hand.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::flow::{Opening, SubjectKind, Workflow};
use model::rule::Privacy;
use model::{CaseId, Entry, EntryId, Person, PersonId, UnitId, Value};
use runtime::flow::{Brought, Change, Subject};
use serde_json::json;
use store::{CaseFilter, CaseSight, CaseWrite, PersonSave, PersonState, Running, StoreError};
use uuid::Uuid;

use super::ground::{Ground, Wanted};
use crate::{Actor, Fault, Right, Work};

/// Tries before giving up, when others write meanwhile.
pub(crate) const TRIES: usize = 5;

/// What a case is to be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Somebody on the roster.
    Person(PersonId),
    /// Somebody who is on no roster yet: name, number, kind. They come onto it with the case.
    New {
        /// Name.
        name: String,
        /// 学工号; may be empty.
        number: String,
        /// Id of the kind of person.
        kind: String,
    },
    /// A unit.
    Unit(UnitId),
    /// A record, or a line of it.
    Record(EntryId, Option<usize>),
    /// A matter of its own.
    Matter,
}

/// A case to be opened.
#[derive(Clone, Debug)]
pub struct Open<'a> {
    /// Id of the procedure.
    pub workflow: &'a str,
    /// What it is about.
    pub about: About,
    /// What it is called; of a person or a unit their name stands where this is empty.
    pub title: &'a str,
    /// The unit that opens it.
    pub unit: UnitId,
    /// Day on which it is opened.
    pub day: Date,
    /// Why, where that is to be told: a check beyond those that the relief rule allows.
    pub reason: &'a str,
}

/// The fact under which the reason for opening is kept.
pub const OPENING_REASON: &str = "opening_reason";

/// The procedures that an account may open by hand today, each with the units for which it may. What has a sheet of lines
/// is a check or an appraisal, and no matter to be opened like others.
#[must_use]
pub fn may_open<'w>(work: &'w Work, actor: &Actor) -> Vec<(&'w Workflow, Vec<UnitId>)> {
    openable(work, actor, false)
}

/// The checks that an account may open today, each with the units for which it may.
#[must_use]
pub fn may_open_checks<'w>(work: &'w Work, actor: &Actor) -> Vec<(&'w Workflow, Vec<UnitId>)> {
    openable(work, actor, true)
}

fn openable<'w>(work: &'w Work, actor: &Actor, checks: bool) -> Vec<(&'w Workflow, Vec<UnitId>)> {
    let today = work.clock.today();
    let covered = actor.units_for(Right::Record);
    let units: Vec<_> = actor
        .known
        .organisation
        .units
        .iter()
        .filter(|u| covered.contains(&u.id) && u.exists_on(today))
        .collect();
    let of = |w: &'w Workflow| {
        let kinds = w.opens.iter().filter_map(|o| match o {
            Opening::ByHand(kinds) => Some(kinds),
            _ => None,
        });
        let kinds: Vec<_> = kinds.collect();
        let fits = |kind| kinds.iter().any(|k| k.is_empty() || k.contains(&kind));
        let may: Vec<UnitId> = units.iter().filter(|u| fits(u.kind)).map(|u| u.id).collect();
        (!may.is_empty()).then_some((w, may))
    };
    let is_meant = |w: &&'w Workflow| match &w.sheet {
        None => !checks,
        Some(sheet) => checks && sheet.is_check(),
    };
    work.rulebook.workflows_on(today).filter(is_meant).filter_map(of).collect()
}

/// Opens a case: its id.
///
/// # Errors
/// [`Fault::NotFound`] when the account may not open it for the unit; [`Fault::Conflict`] when one about the same runs
/// already; [`Fault::Invalid`] when what it is to be about does not fit.
pub async fn open(work: &Work, actor: &Actor, asked: &Open<'_>) -> Result<CaseId, Fault> {
    let today = work.clock.today();
    let mut may = may_open(work, actor).into_iter().chain(may_open_checks(work, actor));
    let found = may.find(|(w, units)| w.id == asked.workflow && units.contains(&asked.unit));
    let Some((workflow, _)) = found else { return Err(Fault::not_found("这个流程")) };
    if asked.day > today {
        return Err(Fault::field("day", "开始的日期还没有到。"));
    }
    let mut fresh = None;
    let subject = match (&asked.about, workflow.subject) {
        (About::Person(id), SubjectKind::Person) => Subject::Person(*id),
        (About::New { name, number, kind }, SubjectKind::Person) => {
            let (name, number) = (name.trim(), number.trim());
            if name.is_empty() {
                return Err(Fault::field("name", "写上姓名。"));
            }
            let id = PersonId::fresh();
            let (name, number, kind) = (name.to_owned(), number.to_owned(), kind.clone());
            fresh = Some(Person { id, name, number, kind });
            Subject::Person(id)
        }
        (About::Unit(id), SubjectKind::Unit) => {
            actor.must_cover(Right::SeeOrganisation, *id)?;
            Subject::Unit(*id)
        }
        (About::Record(id, line), SubjectKind::Record) => Subject::Record(*id, *line),
        // A matter, and a finding of which there is no record yet: the case itself is what it is about.
        (About::Matter, SubjectKind::Matter | SubjectKind::Record) => Subject::Matter(CaseId::fresh()),
        _ => return Err(Fault::field("about", "选上这个事项是关于谁、哪个组织的。")),
    };
    for _ in 0..TRIES {
        match once(work, actor, asked, workflow, subject, fresh.clone()).await {
            Err(Fault::Conflict(words)) if words.is_empty() => {}
            other => return other,
        }
    }
    Err(Fault::Conflict("办理情况一直在变，没有办成；请过一会儿再按一次。".to_owned()))
}

async fn once(
    work: &Work,
    actor: &Actor,
    asked: &Open<'_>,
    workflow: &Workflow,
    subject: Subject,
    fresh: Option<Person>,
) -> Result<CaseId, Fault> {
    let today = work.clock.today();
    let (mut cases, mut people) = (BTreeSet::new(), BTreeSet::new());
    let id: Option<Uuid> = match subject {
        Subject::Person(id) => {
            people.insert(id);
            Some(id.0)
        }
        Subject::Unit(id) => Some(id.0),
        Subject::Record(id, _) => Some(id.0),
        Subject::Matter(_) => None,
    };
    if let Some(id) = id {
        let filter = CaseFilter {
            subjects: Some(BTreeSet::from([id])),
            running: Running::All,
            ..CaseFilter::default()
        };
        let all = CaseSight::all();
        let found = work.store.all_cases(actor.institution, &all, &filter).await?;
        cases.extend(found.into_iter().map(|r| r.id));
    }
    let mut ground =
        Ground::read(work, actor.institution, Wanted { cases, people, ..Wanted::default() }).await?;
    let named = match subject {
        Subject::Person(id) => match &fresh {
            Some(person) => person.name.clone(),
            None => ground
                .docket
                .people
                .get(&id)
                .map(|p| p.name.clone())
                .ok_or_else(|| Fault::not_found("这个人"))?,
        },
        Subject::Unit(id) => actor.known.unit_name(id).to_owned(),
        _ => String::new(),
    };
    let title = if asked.title.trim().is_empty() { named } else { asked.title.trim().to_owned() };
    if title.is_empty() {
        return Err(Fault::field("title", "写一句话，说明是什么事。"));
    }
    // The same again is a second click, or the same matter: opened once.
    let filter = CaseFilter {
        workflows: Some(BTreeSet::from([workflow.id.clone()])),
        text: title.clone(),
        ..CaseFilter::default()
    };
    let alike = work.store.all_cases(actor.institution, &CaseSight::all(), &filter).await?;
    let fresh_again = fresh.is_some() || matches!(subject, Subject::Matter(_));
    if fresh_again && alike.iter().any(|r| r.title == title && r.opened_by == asked.unit) {
        return Err(Fault::Conflict(format!("“{title}”已经有一件“{}”在办。", workflow.title)));
    }
    if workflow.one_open && ground.docket.has_open(&workflow.id, subject, today) {
        return Err(Fault::Conflict(format!("{title}已经有一件“{}”在办。", workflow.title)));
    }
    // The subject's own unit keeps the case; of somebody who has none yet, the unit that opens it.
    let unit = match subject {
        Subject::Person(id) => ground.docket.people.get(&id).and_then(|p| p.branch(asked.day)),
        Subject::Unit(id) => Some(id),
        _ => None,
    }
    .unwrap_or(asked.unit);
    if matches!(subject, Subject::Person(_)) {
        actor.must_cover(Right::SeeOrganisation, unit)?;
    }
    let opened = ground.docket.open_case(&workflow.id, subject, &title, unit, asked.unit, asked.day, None);
    let Some(case) = opened.and_then(|at| ground.docket.files.get(at)).map(|f| f.case.id) else {
        return Err(Fault::Conflict(format!("{}还没有“{}”这个流程。", asked.day, workflow.title)));
    };
    if !asked.reason.is_empty() {
        let subject = ground.docket.files.last().map_or(subject, |f| f.case.subject);
        let (name, value) = (OPENING_REASON.to_owned(), Some(Value::Text(asked.reason.to_owned())));
        let fact = Change::Fact { subject, name, value, from: asked.day, ends: None };
        ground.docket.changed.push((Some(case), fact, today));
    }
    ground.docket.pass_to(today);
    let mut write = ground.write(&Brought::default(), None, false).await?;
    if let Some(person) = fresh {
        write.people.push(PersonSave {
            state: PersonState::of(person),
            based_on: None,
            secrets: BTreeMap::new(),
            note: format!("随流程“{}”登记", workflow.title),
        });
    }
    // Of what is for few the title is the name of whom it is about.
    let called = if workflow.privacy == Privacy::Restricted { "" } else { title.as_str() };
    let act = actor
        .act(work, "case.open")
        .on(case)
        .with(json!({ "title": called, "workflow": workflow.id, "reason": asked.reason }));
    match work.store.write_cases(actor.institution, &write, &act).await {
        Ok(()) => Ok(case),
        Err(StoreError::Conflict) => Err(Fault::Conflict(String::new())),
        Err(StoreError::Constraint(name)) if name == "person_number_taken" => {
            Err(Fault::field("number", "这个学工号名册里已经有人了，从名册里选这个人。"))
        }
        Err(other) => Err(other.into()),
    }
}

/// A case that a rung of the chase opens.
pub(crate) struct Drafted<'a> {
    /// Id of the procedure.
    pub(crate) workflow: &'a str,
    /// Who is chased.
    pub(crate) unit: UnitId,
    /// Who opens it.
    pub(crate) by: UnitId,
    /// What it is called.
    pub(crate) title: &'a str,
    /// The record that drafts it, where one does.
    pub(crate) draft: Option<&'a Entry>,
}

/// What a rung of the chase opens, as a write: about the unit that is chased, or a matter of whoever releases it.
///
/// # Errors
/// [`Fault::Conflict`] in words when the procedure does not hold today, or one about the unit runs already.
pub(crate) async fn of_rung(
    work: &Work,
    actor: &Actor,
    drafted: &Drafted<'_>,
) -> Result<(CaseId, CaseWrite), Fault> {
    let Drafted { workflow, unit, by, title, draft } = *drafted;
    let today = work.clock.today();
    let procedure = work
        .rulebook
        .workflow_on(workflow, today)
        .map_err(|_| Fault::Conflict(format!("{today}还没有“{workflow}”这个流程，开不了。")))?;
    let (subject, own) = match procedure.subject {
        SubjectKind::Unit => (Subject::Unit(unit), unit),
        _ => (Subject::Matter(CaseId::fresh()), by),
    };
    let mut wanted = Wanted { people: actor.person.into_iter().collect(), ..Wanted::default() };
    if let Subject::Unit(id) = subject {
        let filter = CaseFilter { subjects: Some([id.0].into()), ..CaseFilter::default() };
        let found = work.store.all_cases(actor.institution, &CaseSight::all(), &filter).await?;
        wanted.cases = found.into_iter().map(|r| r.id).collect();
    }
    let mut ground = Ground::read(work, actor.institution, wanted).await?;
    let opened = ground.docket.open_case(&procedure.id, subject, title, own, by, today, None);
    let Some(case) = opened.and_then(|at| ground.docket.files.get(at)).map(|f| f.case.id) else {
        return Err(Fault::Conflict(format!("已经有一件“{}”在办。", procedure.title)));
    };
    let brought = match draft {
        Some(entry) => {
            let mut entry = entry.clone();
            ground.name(&mut entry);
            ground.docket.save(&entry, actor.person, today, Some(case))
        }
        None => ground.docket.pass_to(today),
    };
    Ok((case, ground.write(&brought, draft.map(|e| e.id), false).await?))
}
