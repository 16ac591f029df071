//! What a record that is being saved moves, in the same transaction.

use std::collections::BTreeSet;

use model::{CaseId, Entry, EntryId, Value};
use runtime::flow::{Ask, CaseFile, Subject};
use serde::Deserialize;
use store::{CaseFilter, CaseSight, CaseWrite, Running, Scope};
use uuid::Uuid;

use super::ground::{Ground, Wanted, fate_word, people_of};
use super::sight::{sight, workflow_of};
use crate::{Actor, Fault, Work};

/// More names in the lines of one record than a meeting has on its list.
const TITLES: usize = 500;

/// What follows for cases from a record; none where it concerns no case. `based_on` is the revision that it replaces, 0
/// for a new one; `of` is the case from whose step its form was opened.
pub(crate) async fn of_record(
    work: &Work,
    actor: &Actor,
    entry: &Entry,
    based_on: u32,
    of: Option<CaseId>,
) -> Result<Option<CaseWrite>, Fault> {
    let Some((ground, brought)) = played(work, actor, entry, based_on, of).await? else { return Ok(None) };
    let write = ground.write(&brought, Some(entry.id), false).await?;
    Ok((!write.is_nothing()).then_some(write))
}

/// What a record would do if it were saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// At the cases that run.
    pub steps: Vec<Reached>,
    /// The cases that it would open: of which procedure, and how many.
    pub opens: Vec<(String, usize)>,
}

/// What a record would do at cases if it were saved as it is.
///
/// # Errors
/// When the store cannot read.
pub async fn foreseen(
    work: &Work,
    actor: &Actor,
    entry: &Entry,
    based_on: u32,
    of: Option<CaseId>,
) -> Result<Foreseen, Fault> {
    let Some((ground, brought)) = played(work, actor, entry, based_on, of).await? else {
        return Ok(Foreseen::default());
    };
    let mut opens: Vec<(String, usize)> = Vec::new();
    for file in ground.docket.files.iter().filter(|f| !ground.rows.contains_key(&f.case.id)) {
        match opens.iter_mut().find(|(title, _)| *title == file.workflow.title) {
            Some((_, n)) => *n += 1,
            None => opens.push((file.workflow.title.clone(), 1)),
        }
    }
    // Of a case that the account may not read nothing is told.
    let ids = brought.moves.iter().filter_map(|(at, _)| ground.docket.files.get(*at)).map(|f| f.case.id);
    let filter = CaseFilter { ids: Some(ids.collect()), running: Running::All, ..CaseFilter::default() };
    let sight = sight(actor);
    let seen = work.store.all_cases(actor.institution, &sight, &filter).await?;
    let one = |(at, made): &(usize, runtime::flow::Move)| {
        let file = ground.docket.files.get(*at).filter(|f| seen.iter().any(|r| r.id == f.case.id))?;
        let step = file.workflow.step(&made.step).map_or(made.step.clone(), |s| s.title.clone());
        Some(Reached {
            case: file.case.id,
            title: format!("{}：{}", file.workflow.title, file.case.title),
            step,
            fate: fate_word(made.fate).to_owned(),
            told: made.unmet.iter().map(|u| (u.words.clone(), u.shown.clone(), u.refuses)).collect(),
        })
    };
    Ok(Foreseen { steps: brought.moves.iter().filter_map(one).collect(), opens })
}

/// The cases that were opened by records, each about one of them or a line of it, as far as the account may see them: of
/// which procedure, by id and by title, and how many.
///
/// # Errors
/// When the store cannot read.
pub async fn opened_by(
    work: &Work,
    actor: &Actor,
    entries: &[EntryId],
) -> Result<Vec<(String, String, usize)>, Fault> {
    let subjects = entries.iter().map(|e| e.0).collect();
    let filter = CaseFilter { subjects: Some(subjects), running: Running::All, ..CaseFilter::default() };
    let mut out: Vec<(String, String, usize)> = Vec::new();
    for row in work.store.all_cases(actor.institution, &sight(actor), &filter).await? {
        match out.iter_mut().find(|(id, ..)| *id == row.workflow) {
            Some((.., n)) => *n += 1,
            None => {
                let title = workflow_of(work, &row).map_or_else(String::new, |w| w.title.clone());
                out.push((row.workflow, title, 1));
            }
        }
    }
    Ok(out)
}

/// The cases that a record concerns, after it was played through them.
async fn played<'w>(
    work: &'w Work,
    actor: &Actor,
    entry: &Entry,
    based_on: u32,
    of: Option<CaseId>,
) -> Result<Option<(Ground<'w>, runtime::flow::Brought)>, Fault> {
    let institution = actor.institution;
    let concerned: BTreeSet<String> =
        work.rulebook.workflows().filter(|w| w.concerns(&entry.ledgers)).map(|w| w.id.clone()).collect();
    let mut cases = BTreeSet::new();
    let mut of = of;
    if !concerned.is_empty() && !entry.withdrawn {
        let subjects = subjects_of(entry);
        let titles = texts_of(entry);
        let found = work.store.cases_of_record(institution, &concerned, (&subjects, &titles), entry.unit, of);
        cases.extend(found.await?);
    }
    let before = match based_on {
        0 => None,
        _ => {
            let resting = work.store.cases_resting_on(institution, entry.id).await?;
            // What was opened from one case stays of that one when it is put right.
            if let (None, 1) = (of, resting.len()) {
                of = resting.first().copied();
            }
            cases.extend(resting);
            let history = work.store.entry_history(institution, &Scope::All, entry.id).await?;
            history.into_iter().find(|r| r.entry.revision == based_on).map(|r| r.entry)
        }
    };
    let opens = work.rulebook.workflows().any(|w| w.opened_by(&entry.ledgers));
    if before.is_some() && opens {
        // Those that are about it, ended ones too: of them it opens no second.
        let filter = CaseFilter {
            subjects: Some(BTreeSet::from([entry.id.0])),
            running: Running::All,
            ..CaseFilter::default()
        };
        let all = CaseSight::all();
        let about = work.store.all_cases(institution, &all, &filter).await?;
        cases.extend(about.into_iter().map(|r| r.id));
    }
    if cases.is_empty() && !opens {
        return Ok(None);
    }
    let mut people: BTreeSet<_> = entry.values.values().flat_map(people_of).collect();
    people.extend(actor.person);
    let linked = entry.values.values().filter_map(|v| match v {
        Value::Link(id) => Some(*id),
        _ => None,
    });
    let mut entries: BTreeSet<EntryId> = linked.collect();
    if before.is_some() {
        entries.insert(entry.id);
    }
    let mut ground = Ground::read(work, institution, Wanted { cases, people, entries }).await?;
    let mut entry = entry.clone();
    ground.name(&mut entry);
    let entry = &entry;
    let today = ground.today;
    let who = match &before {
        Some(_) => ground.docket.entries.get(&entry.id).and_then(|(_, who)| *who),
        None => actor.person,
    };
    let mut brought = runtime::flow::Brought::default();
    if let Some(before) = &before {
        let changed = changed(before, entry);
        if !changed.is_empty() {
            ground.docket.correct(entry, &changed, today);
        }
    }
    if entry.withdrawn {
        // A case about which nothing was done yet goes with the record that it is about.
        let of_record = |f: &CaseFile| {
            matches!(f.case.subject, Subject::Record(id, _) if id == entry.id) && f.events.is_empty()
        };
        let places = ground.docket.files.iter().enumerate().filter(|(_, f)| of_record(f));
        for at in places.map(|(at, _)| at).collect::<Vec<_>>() {
            ground.docket.act(at, &Ask::End("随记录撤回".to_owned()), today, today);
        }
    } else {
        brought = match before {
            Some(_) => ground.docket.save_again(entry, who, today, of),
            None => ground.docket.save(entry, who, today, of),
        };
    }
    Ok(Some((ground, brought)))
}

/// The ids of what differs between two revisions; that one was withdrawn changes all that rests on it.
fn changed(before: &Entry, now: &Entry) -> Vec<String> {
    let mut out: Vec<String> = before
        .values
        .keys()
        .chain(now.values.keys())
        .filter(|id| before.values.get(*id) != now.values.get(*id))
        .cloned()
        .collect();
    if before.day != now.day || before.withdrawn != now.withdrawn {
        out.push("day".to_owned());
    }
    out.sort();
    out.dedup();
    out
}

/// The people, units, records and the unit itself that a record names.
fn subjects_of(entry: &Entry) -> BTreeSet<Uuid> {
    fn of(value: &Value, out: &mut BTreeSet<Uuid>) {
        match value {
            Value::Unit(id) => {
                out.insert(id.0);
            }
            Value::Units(ids) => out.extend(ids.iter().map(|u| u.0)),
            Value::Link(id) => {
                out.insert(id.0);
            }
            Value::Rows(rows) => rows.iter().flat_map(|r| r.values()).for_each(|v| of(v, out)),
            other => out.extend(people_of(other).into_iter().map(|p| p.0)),
        }
    }
    let mut out = BTreeSet::from([entry.unit.0]);
    entry.values.values().for_each(|v| of(v, &mut out));
    out
}

/// What stands as text in the lines of a record's tables: by it a line names a matter.
fn texts_of(entry: &Entry) -> BTreeSet<String> {
    let rows = entry.values.values().filter_map(|v| match v {
        Value::Rows(rows) => Some(rows),
        _ => None,
    });
    let texts = rows.flatten().flat_map(|r| r.values()).filter_map(|v| match v {
        Value::Text(t) if !t.is_empty() => Some(t.clone()),
        _ => None,
    });
    // Whoever is on no list of the form is named by name: an applicant.
    texts.chain(entry.values.values().flat_map(unlisted)).take(TITLES).collect()
}

/// The names of people of whom a value knows no more.
fn unlisted(value: &Value) -> Vec<String> {
    match value {
        Value::Person { id: None, name } => vec![name.clone()],
        Value::People(people) => {
            people.iter().filter(|p| p.person.is_none()).map(|p| p.name.clone()).collect()
        }
        Value::Rows(rows) => rows.iter().flat_map(|r| r.values()).flat_map(unlisted).collect(),
        _ => Vec::new(),
    }
}

/// What a record reached: one case and step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The case.
    pub case: CaseId,
    /// What it is called: 发展党员：王一.
    pub title: String,
    /// The step, in words.
    pub step: String,
    /// moved, refused, attached, later, disputes.
    pub fate: String,
    /// What was refused or told: words, article, whether it refuses.
    pub told: Vec<(String, String, bool)>,
}

#[derive(Deserialize)]
struct Told {
    words: String,
    article: String,
    refuses: bool,
}

/// What a record reached at the cases that the account may see.
///
/// # Errors
/// When the store cannot read.
pub async fn reached(work: &Work, actor: &Actor, entry: EntryId) -> Result<Vec<Reached>, Fault> {
    let institution = actor.institution;
    let links = work.store.case_entries(institution, None, Some(&BTreeSet::from([entry]))).await?;
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let ids: BTreeSet<CaseId> = links.iter().map(|l| l.case).collect();
    let filter = CaseFilter { ids: Some(ids), running: Running::All, ..CaseFilter::default() };
    let rows = work.store.all_cases(institution, &sight(actor), &filter).await?;
    let mut out = Vec::new();
    for link in links {
        let Some(row) = rows.iter().find(|r| r.id == link.case) else { continue };
        let workflow = workflow_of(work, row);
        let step = workflow.and_then(|w| w.step(&link.step)).map_or(link.step.clone(), |s| s.title.clone());
        let name = workflow.map_or("", |w| w.title.as_str());
        let told: Vec<Told> = serde_json::from_value(link.told).unwrap_or_default();
        out.push(Reached {
            case: row.id,
            title: format!("{name}：{}", row.title),
            step,
            fate: link.fate,
            told: told.into_iter().map(|t| (t.words, t.article, t.refuses)).collect(),
        });
    }
    Ok(out)
}
