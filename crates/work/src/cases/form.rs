//! What stands in the form of a step beforehand: the ledger, whose record it is, whom it is about.

use std::collections::BTreeSet;

use model::flow::{Lane, Path, Shown, Test, Workflow};
use model::rule::{Field, FieldType, Ledger, Means, Privacy};
use model::{Attendance, CaseId, Conditions, Participant, Row, Stage, UnitId, UnitKind, Value};
use runtime::flow::{Case, State, Subject, forms};
use store::{CaseFilter, CaseRow, Running};

use super::ground::{Ground, subject_of};
use super::sight::{sight, workflow_of};
use crate::privacy::may_read;
use crate::{Actor, Fault, Right, Work};

/// Cases that one record does: as many as a table takes lines.
const MOST: u32 = 200;

/// The form of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepForm {
    /// The ledger.
    pub ledger: String,
    /// Whose record it is.
    pub unit: UnitId,
    /// What the record is called, where its ledger has no topic of its own.
    pub title: String,
    /// What the form says beforehand: ids of fields and values.
    pub values: Vec<(String, Value)>,
    /// Who comes that is not of the unit, where whoever it is about is among those who came.
    pub guests: String,
}

/// The form of an open step of a case; `together` with the others that wait for the same step, a line for each.
///
/// # Errors
/// [`Fault::NotFound`] when there is no such case, or the account keeps no records of who bears the step;
/// [`Fault::Conflict`] when the step is not open, or is shown by no record.
pub async fn step_form(
    work: &Work,
    actor: &Actor,
    id: CaseId,
    step: &str,
    line: Option<usize>,
    together: bool,
) -> Result<StepForm, Fault> {
    let ground = Ground::of_case(work, actor.institution, id).await?;
    let at = ground.place(id).ok_or_else(|| Fault::not_found("这个事项"))?;
    let states = ground.states();
    let open = ground.open_steps(at, &states);
    let open = open.iter().find(|o| o.step == step && o.line == line && !o.disputed);
    let open =
        open.ok_or_else(|| Fault::Conflict("这一环节现在不用办，看看事项走到了哪一步。".to_owned()))?;
    let unit = open.bearer.ok_or_else(|| Fault::Conflict("没有能够承办这一环节的组织。".to_owned()))?;
    actor.must_cover(Right::Record, unit).map_err(|_| Fault::not_found("这个事项"))?;
    let (Some(file), Some((case, state))) = (ground.docket.files.get(at), states.get(at)) else {
        return Err(Fault::not_found("这个事项"));
    };
    let world = ground.docket.world(&states);
    let shown = forms((&file.workflow, case, state), &world, (step, line), ground.today);
    let found = shown.iter().find_map(|s| Some((*s, work.rulebook.ledger(s.ledger.as_deref()?)?)));
    let Some((shown, ledger)) = found else {
        return Err(Fault::Conflict("这一环节不用记录：到期或者另一个事项结束，它自己就过去。".to_owned()));
    };
    let mut values: Vec<(String, Value)> = Conditions(shown.such.0.clone())
        .said()
        .map(|(f, v)| (f.to_owned(), Value::Choice(v.to_owned())))
        .collect();
    let others: Vec<CaseRow> = if together {
        let all = alike(work, actor, &file.workflow, step, unit).await?;
        // With this one no more lines than a table takes.
        all.into_iter().filter(|r| r.id != id).take(MOST as usize - 1).collect()
    } else {
        Vec::new()
    };
    let mut all: Vec<(Subject, String)> = vec![(case.subject, case.title.clone())];
    all.extend(others.iter().filter_map(|r| Some((subject_of(r)?, r.title.clone()))));
    values.extend(about(&ground, &all, shown, ledger));
    values.extend(rows_of_sheet(&ground, (&file.workflow, case, state), step, ledger));
    let of_line = line.and_then(|l| {
        let place = file.workflow.place(step)?;
        state.places.get(place)?.lines.as_ref()?.get(l)?.unit
    });
    values.extend(of_line.filter(|u| *u != unit).and_then(|u| unit_value(ledger, u)));
    let before = before(work, actor, (&file.workflow, state), (step, line), ledger).await?;
    let said = |id: &String| values.iter().any(|(known, _)| known == id);
    let again: Vec<_> = before.into_iter().filter(|(id, _)| !said(id)).collect();
    values.extend(again);
    // The title of a record stands in every list: of what is for few it names nobody.
    let title = match file.workflow.privacy {
        Privacy::Restricted => open.title.clone(),
        _ if all.len() > 1 => format!("{}：{}等 {} 件", open.title, case.title, all.len()),
        _ => format!("{}：{}", open.title, case.title),
    };
    Ok(StepForm {
        ledger: ledger.id.clone(),
        unit,
        title,
        values,
        guests: guests((actor, &ground), &all, (shown, ledger), unit),
    })
}

/// The cases of a procedure that wait for the same step of the same unit and can be done in one record: those whose record
/// has a line for each.
///
/// # Errors
/// When the store cannot read.
pub async fn alike(
    work: &Work,
    actor: &Actor,
    workflow: &Workflow,
    step: &str,
    unit: UnitId,
) -> Result<Vec<CaseRow>, Fault> {
    let has_lines =
        workflow.step(step).is_some_and(|s| s.per.is_none() && s.shown_by.iter().any(|x| x.rows.is_some()));
    if !has_lines || workflow.privacy == Privacy::Restricted {
        return Ok(Vec::new());
    }
    let filter = CaseFilter {
        workflows: Some([workflow.id.clone()].into()),
        step: Some(step.to_owned()),
        bearers: Some([unit].into()),
        ..CaseFilter::default()
    };
    Ok(work.store.cases(actor.institution, &sight(actor), &filter, (0, MOST)).await?)
}

/// Whoever it is about and is no member of the unit that holds it comes as a guest.
fn guests(
    (actor, ground): (&Actor, &Ground<'_>),
    all: &[(Subject, String)],
    (shown, ledger): (&Shown, &Ledger),
    unit: UnitId,
) -> String {
    let table = shown.rows.as_ref().and_then(|id| ledger.field(id));
    if !table.is_some_and(Field::is_attendance) {
        return String::new();
    }
    // A branch has its members before it, and only they sit on its list.
    let has_list =
        actor.known.unit(unit).is_some_and(|u| matches!(u.kind, UnitKind::Branch | UnitKind::Group));
    let away = |(subject, title): &(Subject, String)| {
        let Subject::Person(id) = subject else { return None };
        let stage = ground.docket.people.get(id).and_then(|p| p.stage(ground.today)).and_then(Stage::from_id);
        (!has_list || stage.is_some_and(|s| !s.is_member())).then(|| title.clone())
    };
    all.iter().filter_map(away).collect::<Vec<_>>().join("、")
}

/// What a step that was led back said the last time: it is put right, not written again. Of a decision nothing is carried
/// over, nor of what is done once in each period; nor are files, which belong to their own record.
async fn before(
    work: &Work,
    actor: &Actor,
    (workflow, state): (&Workflow, &State),
    (step, line): (&str, Option<usize>),
    ledger: &Ledger,
) -> Result<Vec<(String, Value)>, Fault> {
    let place = workflow.place(step).and_then(|p| Some((workflow.steps.get(p)?, state.places.get(p)?)));
    let Some((_, place)) = place.filter(|(s, _)| s.decides.is_none() && s.beside.is_none()) else {
        return Ok(Vec::new());
    };
    let Some(id) = place.done.iter().rev().find(|d| d.line == line).and_then(|d| d.entry) else {
        return Ok(Vec::new());
    };
    let scope = actor.scope_for(Right::Record);
    let found = work.store.entries_by_ids(actor.institution, &scope, &[id]).await?;
    let Some(entry) = found.into_iter().map(|r| r.entry).find(|e| e.ledgers.first() == Some(&ledger.id))
    else {
        return Ok(Vec::new());
    };
    let carried = |id: &String, value: &Value| {
        let typed = ledger.field(id).is_some_and(|f| !f.is_head() && f.computed.is_none());
        typed && !matches!(value, Value::Files(_)) && may_read(work, actor, &entry, id)
    };
    Ok(entry.values.iter().filter(|(id, v)| carried(id, v)).map(|(id, v)| (id.clone(), v.clone())).collect())
}

/// The fields that a step of a case reads in its record, those of a vote and its quorum included; none where the account
/// sees no such case.
///
/// # Errors
/// When the store cannot read.
pub async fn step_reads(
    work: &Work,
    actor: &Actor,
    id: CaseId,
    step: &str,
) -> Result<Option<BTreeSet<String>>, Fault> {
    let filter = CaseFilter { ids: Some([id].into()), running: Running::All, ..CaseFilter::default() };
    let rows = work.store.cases(actor.institution, &sight(actor), &filter, (0, 1)).await?;
    let workflow = rows.first().and_then(|row| workflow_of(work, row));
    let Some(step) = workflow.and_then(|w| w.step(step)) else { return Ok(None) };
    let quorums = step.guard.iter().filter_map(|g| match &g.test {
        Test::Quorum(vote) => Some(vote),
        _ => None,
    });
    let votes = step.decides.iter().filter_map(|d| d.vote.as_ref()).chain(quorums);
    let counts = votes.filter_map(|id| work.rulebook.vote(id)).flat_map(|v| v.fields.ids()).cloned();
    Ok(Some(step.fields().into_iter().chain(counts).collect()))
}

/// The unit of the line of a lane, for the field in which a record says of which unit it speaks.
fn unit_value(ledger: &Ledger, unit: UnitId) -> Option<(String, Value)> {
    let plain = |f: &&Field| f.means.is_none() && matches!(f.kind, FieldType::Unit | FieldType::Units);
    let field = ledger.fields.iter().find(plain)?;
    let value = if field.kind == FieldType::Unit { Value::Unit(unit) } else { Value::Units(vec![unit]) };
    Some((field.id.clone(), value))
}

/// The units that stand on a sheet, for the field of the first step's record that says from then on which they are.
fn rows_of_sheet(
    ground: &Ground<'_>,
    (workflow, case, state): (&Workflow, &Case, &State),
    step: &str,
    ledger: &Ledger,
) -> Option<(String, Value)> {
    let sheet = workflow.sheet.as_ref()?;
    let says = |lane: &Lane| match lane {
        Lane::Field(Path::Step { step: of, field }) if of == step => Some(field.clone()),
        _ => None,
    };
    let field = workflow.steps.iter().filter_map(|s| s.per.as_ref()).find_map(says)?;
    ledger.field(&field).filter(|f| f.kind == FieldType::Units)?;
    let states = ground.states();
    let world = ground.docket.world(&states);
    let cutoff = runtime::flow::cutoff(workflow, case, state, &world, ground.today).unwrap_or(ground.today);
    let found = runtime::sheet::scope(sheet, &ground.docket.organisation, &ground.docket.days, cutoff);
    Some((field, Value::Units(found.units)))
}

/// Whom or what the record is about: lines of the table by which the step is shown, or the field for it.
fn about(
    ground: &Ground<'_>,
    all: &[(Subject, String)],
    shown: &Shown,
    ledger: &Ledger,
) -> Option<(String, Value)> {
    let (first, title) = all.first()?;
    if let (Some(field), Subject::Person(_), [_]) = (ledger.meaning(Means::Subject), first, all) {
        return Some((field.id.clone(), named(ground, *first, title)));
    }
    let field = shown.rows.as_ref().and_then(|id| ledger.field(id))?;
    match field.kind {
        FieldType::Rows => {
            let column = column_for(field, *first)?;
            // Of one matter alone a record says what it says once, where it can: not in a line.
            let in_head = |c: &Field| {
                c.id == column.id || ledger.field(&c.id).is_some_and(|f| f.kind != FieldType::Rows)
            };
            if matches!((first, all), (Subject::Record(..) | Subject::Matter(_), [_]))
                && field.rows.iter().any(|c| c.id != column.id && in_head(c))
            {
                return None;
            }
            let line = |(subject, title): &(Subject, String)| {
                Row::from([(column.id.clone(), named(ground, *subject, title))])
            };
            Some((field.id.clone(), Value::Rows(all.iter().map(line).collect())))
        }
        // Who came is chosen by buttons.
        FieldType::People if field.is_attendance() => None,
        FieldType::People => {
            let one = |(subject, title): &(Subject, String)| match named(ground, *subject, title) {
                Value::Person { id, name } => Some(Participant {
                    person: id,
                    name,
                    attendance: Attendance::Present,
                    reason: String::new(),
                    guest: false,
                    role: String::new(),
                }),
                _ => None,
            };
            let people: Vec<Participant> = all.iter().filter_map(one).collect();
            (!people.is_empty()).then(|| (field.id.clone(), Value::People(people)))
        }
        _ => None,
    }
}

/// What a case is about, as a record says it.
fn named(ground: &Ground<'_>, subject: Subject, title: &str) -> Value {
    match subject {
        Subject::Person(id) => {
            let name = ground.docket.people.get(&id).map_or_else(|| title.to_owned(), |p| p.name.clone());
            Value::Person { id: Some(id), name }
        }
        Subject::Unit(id) => Value::Unit(id),
        // A matter, and a problem of a list, is called by its words.
        Subject::Record(..) | Subject::Matter(_) => Value::Text(title.to_owned()),
    }
}

/// The column of a table in which a line says what it is about.
fn column_for(table: &Field, subject: Subject) -> Option<&Field> {
    let wanted = match subject {
        Subject::Person(_) => FieldType::Person,
        Subject::Unit(_) => FieldType::Unit,
        Subject::Record(..) | Subject::Matter(_) => FieldType::Text,
    };
    table.rows.iter().find(|f| f.kind == wanted)
}
