//! Steps of cases as duties: what is owed at one is a duty like any other, so that sheets need no word for cases.

use jiff::civil::Date;
use model::follow::{DutyKind, SourceKind};
use model::{CaseId, DutyId, ObligationId, StandingFacts};
use sha2::{Digest, Sha256};

use crate::flow::{Docket, Status, Subject, due_days, open_steps};

/// A step of a case, as a duty.
#[derive(Clone, Debug)]
pub struct StepDuty {
    /// The case.
    pub case: CaseId,
    /// The title of the step.
    pub title: String,
    /// What kind of duty it is.
    pub kind: DutyKind,
    /// The duty with what its standing rests on; its id is made of case and step, the same each time.
    pub facts: StandingFacts,
}

/// Sixteen bytes made of a case and a step: the same each time, and no other duty's.
fn id_of(case: CaseId, step: &str) -> DutyId {
    let sum = Sha256::digest(format!("{case}/{step}"));
    let mut bytes = [0; 10];
    bytes.iter_mut().zip(sum).for_each(|(to, from)| *to = from);
    DutyId::from_parts(1, &bytes)
}

/// The steps of the cases of a docket on a day as duties: open ones with their due days, done ones with the day.
#[must_use]
pub fn step_duties(docket: &Docket<'_>, on: Date) -> Vec<StepDuty> {
    let states = docket.states(on);
    let world = docket.world(&states);
    let mut out = Vec::new();
    for (file, (case, state)) in docket.files.iter().zip(&states) {
        let open = open_steps(&file.workflow, case, state, &world, on);
        let dues = due_days(&file.workflow, case, state, &world, on);
        for (place, step) in file.workflow.steps.iter().enumerate() {
            let Some(due) = dues.get(&step.id) else { continue };
            let done = state.latest(place, None).filter(|d| !d.lapsed);
            let bearer = open.iter().find(|o| o.step == step.id).and_then(|o| o.bearer);
            let unit = done.and_then(|d| d.unit).or(bearer);
            let Some(unit) = unit.and_then(|u| docket.organisation.unit(u)) else { continue };
            let marks = state.places.get(place).map(|p| p.marks.as_slice()).unwrap_or_default();
            let passed = marks.iter().any(|m| m.status == Status::Passed);
            let credits = done.filter(|_| passed).map(|d| (d.day, d.known, None, 1)).into_iter().collect();
            let duty = id_of(case.id, &step.id);
            let facts = StandingFacts {
                duty,
                obligation: ObligationId(duty.0),
                unit: unit.id,
                person: match case.subject {
                    Subject::Person(p) => Some(p),
                    _ => None,
                },
                starts: case.opened,
                due: *due,
                need: 1,
                made: case.opened,
                dropped: None,
                credits,
                waived: None,
                extended: Vec::new(),
                also: Vec::new(),
            };
            let kind = DutyKind {
                obligation: None,
                source: SourceKind::Case,
                issuer: None,
                step: Some((file.workflow.id.clone(), step.id.clone())),
                kind: unit.kind,
                member: false,
                ledger: None,
            };
            out.push(StepDuty { case: case.id, title: step.title.clone(), kind, facts });
        }
    }
    out
}
