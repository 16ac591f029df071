//! A check that runs, with its rows.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::flow::{Lane, Workflow};
use model::sheet::{Carries, Sheet};
use model::{CaseId, EntryId, InstitutionId, Organisation, PersonId, UnitId, Value};
use runtime::flow::{Case, Days, OpenStep, State, Status};
use runtime::sheet::{LeftOut, RowOf, Window, scope};
use store::CaseRow;

use crate::cases::{Ground, sees_every_line};
use crate::{Actor, Fault, Right, Work};

/// What a unit sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// On which day.
    pub day: Date,
    /// The record.
    pub entry: EntryId,
}

/// That a row was drawn, to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The line of the lane of those who look.
    pub line: usize,
    /// Who looks, by name.
    pub team: String,
    /// The person, where the roster has them.
    pub person: Option<PersonId>,
    /// The unit that bears it, while it is open.
    pub bearer: Option<UnitId>,
    /// The unit for which somebody looks, or has looked.
    pub of: Option<UnitId>,
    /// The records of those who have looked.
    pub looked: Vec<EntryId>,
}

/// A row of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The unit.
    pub unit: UnitId,
    /// Its line in the lane of those who answer.
    pub line: Option<usize>,
    /// What it sent last.
    pub sent: Option<Sent>,
    /// Whether it is still to send, or to send anew.
    pub open: bool,
    /// Until when.
    pub due: Option<Date>,
    /// Whether the time ran out without it.
    pub lapsed: bool,
    /// That it was drawn.
    pub drawn: Option<Drawn>,
    /// From when until when it is looked at.
    pub window: Window,
    /// Whether its figures stand: nothing that comes changes them.
    pub stands: bool,
}

impl Row {
    /// The row as the lines ask for it.
    #[must_use]
    pub fn of(&self) -> RowOf {
        RowOf { unit: self.unit, person: None, held: None }
    }
}

/// A check with its rows.
pub struct Campaign<'w> {
    /// The case with what it is judged against.
    pub ground: Ground<'w>,
    /// How every case of the ground stands.
    states: Vec<(Case, State)>,
    at: usize,
    institution: InstitutionId,
    /// The case as it is kept.
    pub row: CaseRow,
    /// Its rows, in the order of the organisation.
    pub rows: Vec<Row>,
    /// Whether the first record has fixed them; before that they are those that the scope would bring.
    pub fixed: bool,
    /// The units of the same kinds that do not stand on it: by the scope, or because the first record leaves them out.
    pub left_out: Vec<LeftOut>,
    /// The last day of what is looked at.
    pub cutoff: Date,
    /// The steps that are open.
    pub open: Vec<OpenStep>,
}

impl<'w> Campaign<'w> {
    /// Reads a check.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when there is no such check.
    pub async fn read(work: &'w Work, institution: InstitutionId, id: CaseId) -> Result<Self, Fault> {
        let nowhere = || Fault::not_found("这次检查");
        let ground = Ground::of_case(work, institution, id).await?;
        let at = ground.place(id).ok_or_else(nowhere)?;
        let row = ground.rows.get(&id).cloned().ok_or_else(nowhere)?;
        let sheet = ground.docket.files.get(at).and_then(|f| f.workflow.sheet.as_ref());
        if !sheet.is_some_and(|s| s.is_check()) {
            return Err(nowhere());
        }
        Ok(Self::of(institution, ground, at, row))
    }

    fn of(institution: InstitutionId, ground: Ground<'w>, at: usize, row: CaseRow) -> Self {
        let states = ground.states();
        let open = ground.open_steps(at, &states);
        let mut out = Self {
            institution,
            row,
            rows: Vec::new(),
            fixed: false,
            left_out: Vec::new(),
            cutoff: ground.today,
            open,
            states,
            at,
            ground,
        };
        out.lay_out();
        out
    }

    /// A check that is not opened yet, as it would stand: its rows, its days, whom it leaves out. Nothing is written.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when the procedure has no sheet, or does not hold on the day; when the store cannot read.
    pub async fn foreseen(
        work: &'w Work,
        institution: InstitutionId,
        workflow: &str,
        (unit, day): (UnitId, Date),
    ) -> Result<Self, Fault> {
        let nowhere = || Fault::not_found("这种检查");
        let mut ground = Ground::of_cases(work, institution, BTreeSet::new()).await?;
        let subject = runtime::flow::Subject::Unit(unit);
        let at = ground.docket.open_case(workflow, subject, "", unit, unit, day, None).ok_or_else(nowhere)?;
        let file = ground.docket.files.get(at).filter(|f| f.workflow.sheet.is_some()).ok_or_else(nowhere)?;
        let row = CaseRow {
            id: file.case.id,
            workflow: workflow.to_owned(),
            fingerprint: file.workflow.fingerprint.clone(),
            subject: "matter".to_owned(),
            subject_id: file.case.id.0,
            subject_line: None,
            title: String::new(),
            unit,
            own: unit,
            opened: day,
            opened_by: unit,
            parent: None,
            privacy: file.workflow.privacy,
            ended: None,
            kept: serde_json::Value::Null,
            at: work.clock.now(),
            account: None,
        };
        Ok(Self::of(institution, ground, at, row))
    }

    /// The check as somebody may see it.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when there is none, or the account sees no row of it.
    pub async fn seen(work: &'w Work, actor: &Actor, id: CaseId) -> Result<Self, Fault> {
        let found = Self::read(work, actor.institution, id).await?;
        let sees = found.sees_all(actor) || found.rows.iter().any(|r| found.sees(actor, r));
        if sees { Ok(found) } else { Err(Fault::not_found("这次检查")) }
    }

    /// Its procedure.
    ///
    /// # Panics
    /// Never: whoever reads a check looks that it is there.
    #[must_use]
    pub fn workflow(&self) -> &Workflow {
        &self.ground.docket.files[self.at].workflow
    }

    /// Its sheet.
    ///
    /// # Panics
    /// Never: whoever reads a check looks that there is one.
    #[must_use]
    pub fn sheet(&self) -> &Sheet {
        self.workflow().sheet.as_deref().expect("a check has a sheet")
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.states[self.at].1
    }

    /// The institution whose check it is.
    #[must_use]
    pub fn institution(&self) -> InstitutionId {
        self.institution
    }

    /// The units, with the traits that they have by their kind.
    #[must_use]
    pub fn organisation(&self) -> &Organisation {
        &self.ground.docket.organisation
    }

    /// The row of a unit.
    #[must_use]
    pub fn row_of(&self, unit: UnitId) -> Option<&Row> {
        self.rows.iter().find(|r| r.unit == unit)
    }

    /// The step that carries lines of a kind.
    #[must_use]
    pub fn carrier(&self, carries: Carries) -> Option<&str> {
        self.sheet().carrier(carries)
    }

    /// Whether an account runs the check: it keeps the records of who opened it, or of whose it is.
    #[must_use]
    pub fn runs(&self, actor: &Actor) -> bool {
        actor.covers(Right::Record, self.row.opened_by) || actor.covers(Right::Record, self.row.own)
    }

    /// Whether an account sees every row: it runs the check, or reads the whole institution.
    #[must_use]
    pub fn sees_all(&self, actor: &Actor) -> bool {
        sees_every_line(actor, &self.row, Some(self.workflow()))
    }

    /// Whether an account sees a row: its own, one below it, or one at which it has to look. Of another unit's it learns nothing.
    #[must_use]
    pub fn sees(&self, actor: &Actor, row: &Row) -> bool {
        self.sees_all(actor) || actor.covers(Right::SeeBoard, row.unit) || self.looks_at(actor, row)
    }

    /// Whether an account has to look at a row, or has looked at it.
    #[must_use]
    pub fn looks_at(&self, actor: &Actor, row: &Row) -> bool {
        row.drawn.as_ref().is_some_and(|d| {
            let by_unit = d.of.is_some_and(|u| actor.covers(Right::Record, u));
            by_unit || (d.person.is_some() && d.person == actor.person)
        })
    }

    /// Whether an account may write down what was seen at a row: it keeps the records of the unit for which somebody looks.
    #[must_use]
    pub fn may_judge(&self, actor: &Actor, row: &Row) -> bool {
        let bearer = row.drawn.as_ref().and_then(|d| d.bearer);
        bearer.is_some_and(|u| actor.covers(Right::Record, u))
            && !actor.own_units(Right::Record).contains(&row.unit)
    }

    /// Whether the rows that were drawn are known.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        self.rows.iter().any(|r| r.drawn.is_some())
    }

    /// The lines of the lane of a step, with those that were fixed.
    fn lines(&self, step: Option<&str>) -> Option<(usize, &[runtime::flow::Line])> {
        let place = self.workflow().place(step?)?;
        let lines = self.state().places.get(place)?.lines.as_deref()?;
        Some((place, lines))
    }

    fn lay_out(&mut self) {
        let case = &self.states[self.at].0;
        let (from, ends) = Days::period(case.opened, self.sheet().period);
        let world = self.ground.docket.world(&self.states);
        let today = self.ground.today;
        let cutoff =
            runtime::flow::cutoff(self.workflow(), case, self.state(), &world, today).unwrap_or(ends);
        let scoped = scope(self.sheet(), self.organisation(), &self.ground.docket.days, cutoff);
        let (ask, judge) = (self.carrier(Carries::Ask), self.carrier(Carries::Judge));
        let named = ask.and_then(|step| self.named(step));
        let fixed = named.is_some();
        let units = named.unwrap_or_else(|| scoped.units.clone());
        let mut left_out = scoped.left_out;
        let out = scoped.units.iter().filter(|u| !units.contains(u));
        left_out.extend(out.map(|unit| LeftOut {
            unit: *unit,
            with: Vec::new(),
            lacks: Vec::new(),
            young: false,
        }));
        let wanted: BTreeSet<UnitId> = units.into_iter().collect();
        // In the order of the organisation; who is no more stands last.
        let order = self.organisation().units.iter().map(|u| u.id).filter(|u| wanted.contains(u));
        let rows = order.map(|unit| self.one(unit, (ask, judge), (from, cutoff))).collect();
        (self.rows, self.fixed, self.left_out, self.cutoff) = (rows, fixed, left_out, cutoff);
    }

    /// The units that the record of the first step names, once there is one.
    fn named(&self, ask: &str) -> Option<Vec<UnitId>> {
        if let Some((_, lines)) = self.lines(Some(ask)) {
            return Some(lines.iter().filter_map(|l| l.unit).collect());
        }
        // The lane is not open yet: its units stand in the record by which they are named.
        let Some(Lane::Field(model::flow::Path::Step { step, field })) = &self.workflow().step(ask)?.per
        else {
            return None;
        };
        let place = self.workflow().place(step)?;
        let entry = self.state().latest(place, None)?.entry?;
        match self.ground.docket.entries.get(&entry)?.0.values.get(field)? {
            Value::Units(all) => Some(all.clone()),
            Value::Unit(one) => Some(vec![*one]),
            _ => None,
        }
    }

    fn one(
        &self,
        unit: UnitId,
        (ask, judge): (Option<&str>, Option<&str>),
        (from, cutoff): (Date, Date),
    ) -> Row {
        let of_unit = |lines: &[runtime::flow::Line]| lines.iter().position(|l| l.unit == Some(unit));
        let mut row = Row {
            unit,
            line: None,
            sent: None,
            open: false,
            due: None,
            lapsed: false,
            drawn: None,
            window: Window { from, cutoff, known: cutoff },
            stands: false,
        };
        if let Some((place, line)) = self.lines(ask).and_then(|(p, lines)| Some((p, of_unit(lines)?))) {
            let open = self.open.iter().find(|o| Some(o.step.as_str()) == ask && o.line == Some(line));
            let at = self.state().places.get(place);
            let done = at.into_iter().flat_map(|p| &p.done).rev().filter(|d| d.line == Some(line));
            let done: Vec<_> = done.collect();
            row.line = Some(line);
            row.open = open.is_some();
            row.due = open.and_then(|o| o.due);
            row.sent = done.iter().find_map(|d| Some(Sent { day: d.day, entry: d.entry? }));
            row.lapsed = done.first().is_some_and(|d| d.lapsed);
        }
        if let Some((place, lines)) = self.lines(judge)
            && let Some(line) = of_unit(lines)
        {
            row.drawn = Some(self.drawn(place, line, lines, judge));
        }
        self.set_window(&mut row, (from, cutoff));
        row
    }

    fn drawn(&self, place: usize, line: usize, lines: &[runtime::flow::Line], judge: Option<&str>) -> Drawn {
        let open = self.open.iter().find(|o| Some(o.step.as_str()) == judge && o.line == Some(line));
        let said = lines.get(line).into_iter().flat_map(|l| l.row.values());
        let mut who = said.filter_map(|v| match v {
            Value::Person { id, name } => Some((*id, name.clone())),
            _ => None,
        });
        let (person, team) = who.next_back().unwrap_or_default();
        let done = self.state().places.get(place).into_iter().flat_map(|p| &p.done);
        let done: Vec<_> = done.filter(|d| d.line == Some(line)).collect();
        let bearer = open.and_then(|o| o.bearer);
        // Who has looked sees the row still: what was found is written down after it.
        let of = bearer.or_else(|| done.iter().rev().find_map(|d| d.unit));
        let looked = done.iter().filter_map(|d| d.entry).collect();
        Drawn { line, team, person, bearer, of, looked }
    }

    /// Counted is what was done by the cut-off and entered by the day on which the figures stand: the cut-off, or that on
    /// which the unit has sent or the time ran out.
    fn set_window(&self, row: &mut Row, (from, cutoff): (Date, Date)) {
        let today = self.ground.today;
        let stood = match &self.sheet().known {
            None => (today > cutoff).then_some(cutoff),
            Some(step) => self.passed(step, row.unit),
        };
        let known = stood.unwrap_or(today);
        row.stands = stood.is_some();
        row.window = Window { from, cutoff: cutoff.min(known), known };
    }

    /// The day on which a step was done or lapsed for a unit.
    fn passed(&self, step: &str, unit: UnitId) -> Option<Date> {
        let place = self.workflow().place(step)?;
        let at = self.state().places.get(place)?;
        let line = at.lines.as_ref().map(|lines| lines.iter().position(|l| l.unit == Some(unit)));
        let line = match line {
            Some(None) => return None,
            Some(found) => found,
            None => None,
        };
        // What was led back is to be sent anew: it stands no longer.
        let is_open = at.marks.get(line.unwrap_or(0)).is_some_and(|m| m.status == Status::Open);
        let done = at.done.iter().rev().find(|d| line.is_none() || d.line == line);
        done.filter(|_| !is_open).map(|d| d.known)
    }
}
