//! What stands in the form of a step beforehand: the ledger, whose record it is, whom it is about.

use std::collections::BTreeSet;

use model::flow::{Lane, Path, Shown, Test, Workflow};
use model::rule::{Field, FieldType, Ledger, Means, Privacy};
use model::{Attendance, CaseId, Conditions, Participant, Row, UnitId, Value};
use runtime::flow::{Case, State, Subject, forms};
use store::{CaseFilter, Running};

use super::ground::Ground;
use super::sight::{sight, workflow_of};
use crate::{Actor, Fault, Right, Work};

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
}

/// The form of an open step of a case.
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
    values.extend(about(&ground, case, shown, ledger));
    values.extend(rows_of_sheet(&ground, (&file.workflow, case, state), step, ledger));
    let of_line = line.and_then(|l| {
        let place = file.workflow.place(step)?;
        state.places.get(place)?.lines.as_ref()?.get(l)?.unit
    });
    values.extend(of_line.filter(|u| *u != unit).and_then(|u| unit_value(ledger, u)));
    // The title of a record stands in every list: of what is for few it names nobody.
    let title = match file.workflow.privacy {
        Privacy::Restricted => open.title.clone(),
        _ => format!("{}：{}", open.title, case.title),
    };
    Ok(StepForm { ledger: ledger.id.clone(), unit, title, values })
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

/// Whom or what the record is about: a line of the table by which the step is shown, or the field for it.
fn about(ground: &Ground<'_>, case: &Case, shown: &Shown, ledger: &Ledger) -> Option<(String, Value)> {
    let named = subject_value(ground, case)?;
    if let (Some(field), Value::Person { .. }) = (ledger.meaning(Means::Subject), &named) {
        return Some((field.id.clone(), named));
    }
    let table = shown.rows.as_ref().and_then(|id| ledger.field(id));
    match table {
        Some(field) if field.kind == FieldType::Rows => {
            // A record of one matter alone says what it says of it once, not in a line.
            let column = column_for(field, case)?;
            Some((field.id.clone(), Value::Rows(vec![Row::from([(column.id.clone(), named)])])))
        }
        // Who came is chosen by buttons.
        Some(field) if field.is_attendance() => None,
        Some(field) if field.kind == FieldType::People => {
            let Value::Person { id, name } = named else { return None };
            let one = Participant {
                person: id,
                name,
                attendance: Attendance::Present,
                reason: String::new(),
                guest: false,
                role: String::new(),
            };
            Some((field.id.clone(), Value::People(vec![one])))
        }
        _ => None,
    }
}

fn subject_value(ground: &Ground<'_>, case: &Case) -> Option<Value> {
    Some(match case.subject {
        Subject::Person(id) => {
            Value::Person { id: Some(id), name: ground.docket.people.get(&id)?.name.clone() }
        }
        Subject::Unit(id) => Value::Unit(id),
        Subject::Record(id, _) => Value::Link(id),
        Subject::Matter(_) => return None,
    })
}

/// The column of a table in which a line says what it is about.
fn column_for<'f>(table: &'f Field, case: &Case) -> Option<&'f Field> {
    let wanted = match case.subject {
        Subject::Person(_) => FieldType::Person,
        Subject::Unit(_) => FieldType::Unit,
        Subject::Record(..) | Subject::Matter(_) => return None,
    };
    table.rows.iter().find(|f| f.kind == wanted)
}
