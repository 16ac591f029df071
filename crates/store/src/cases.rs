//! 流程: cases, what happened to them, what became known by them, and what is open now.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use model::rule::Privacy;
use model::{AccountId, CaseId, EntryId, InstitutionId, PersonId, UnitId};
use sea_orm::Value;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{
    Act, Following, PersonSave, Scope, Store, StoreError,
    following::follow,
    people,
    row::{Columns, args, to_json, to_word},
    sql::{self, Parts, insert_all},
    write::{Touches, Write},
};

/// A case as it is kept. What it is about and what happened are in the words of `runtime::flow`; here they are only kept.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseRow {
    /// Identifier.
    pub id: CaseId,
    /// Id of the procedure.
    pub workflow: String,
    /// The fingerprint of its text.
    pub fingerprint: String,
    /// person, unit, record, matter.
    pub subject: String,
    /// The person, unit, record or case.
    pub subject_id: Uuid,
    /// Of a record, the line of its table.
    pub subject_line: Option<u32>,
    /// What it is called.
    pub title: String,
    /// Whose it was when it was opened.
    pub unit: UnitId,
    /// Whose it is.
    pub own: UnitId,
    /// Day on which it was opened.
    pub opened: Date,
    /// Who opened it.
    pub opened_by: UnitId,
    /// The case under which it stands.
    pub parent: Option<CaseId>,
    /// Who may read what its records say.
    pub privacy: Privacy,
    /// How it ended, and when.
    pub ended: Option<(String, Date)>,
    /// What else is kept of it: records that came early, lapses that had their effects.
    pub kept: Json,
    /// When it was opened.
    pub at: Timestamp,
    /// By whom; none for the program itself.
    pub account: Option<AccountId>,
}

/// Something that happened to a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseEventRow {
    /// The case.
    pub case: CaseId,
    /// Its number in the case, from 1.
    pub seq: u32,
    /// Day from which it was known.
    pub known: Date,
    /// Day on which it happened.
    pub day: Date,
    /// What.
    pub body: Json,
    /// The record on which it rests.
    pub entry: Option<EntryId>,
    /// Why, where somebody said so.
    pub reason: String,
    /// When it was written down.
    pub at: Timestamp,
    /// By whom; none for the program itself.
    pub account: Option<AccountId>,
}

/// Something that became known of a person, a unit or a matter.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFactRow {
    /// Identifier; later ones are later.
    pub id: Uuid,
    /// By which case.
    pub case: Option<CaseId>,
    /// person, unit, record, matter.
    pub subject: String,
    /// Which one.
    pub subject_id: Uuid,
    /// Its name.
    pub name: String,
    /// Day from which it was known.
    pub known: Date,
    /// What it says.
    pub body: Json,
}

/// A step that is open, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseStepRow {
    /// The case.
    pub case: CaseId,
    /// Id of the step.
    pub step: String,
    /// The line of its lane.
    pub line: Option<u32>,
    /// Whether nothing is owed but to decide what is disputed.
    pub disputed: bool,
    /// Its title.
    pub title: String,
    /// Who bears it.
    pub unit: Option<UnitId>,
    /// Since when.
    pub since: Date,
    /// The due day as it follows from its moment.
    pub first_due: Option<Date>,
    /// The due day that holds.
    pub due: Option<Date>,
    /// How many things it lacks.
    pub lacks: u32,
}

/// What became of a record at a step.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseEntryRow {
    /// The case.
    pub case: CaseId,
    /// The record.
    pub entry: EntryId,
    /// Id of the step.
    pub step: String,
    /// The line of its lane.
    pub line: Option<u32>,
    /// moved, refused, attached, later, disputes.
    pub fate: String,
    /// What came out.
    pub outcome: String,
    /// What was refused or told.
    pub told: Json,
}

/// A write of cases: all that follows from one act for them.
#[derive(Clone, Debug, Default)]
pub struct CaseWrite {
    /// Procedures by fingerprint, that may not be kept yet.
    pub workflows: BTreeMap<String, Json>,
    /// Cases, new ones or as they stand now.
    pub cases: Vec<CaseRow>,
    /// What happened.
    pub events: Vec<CaseEventRow>,
    /// What became known.
    pub facts: Vec<CaseFactRow>,
    /// What became of records.
    pub entries: Vec<CaseEntryRow>,
    /// All that is open of these cases.
    pub steps: BTreeMap<CaseId, Vec<CaseStepRow>>,
    /// People whose stage, branch or posts change.
    pub people: Vec<PersonSave>,
    /// What follows from that for duties.
    pub following: Option<Following>,
    /// Numbers that are given: series, year, to which case.
    pub numbers: Vec<(String, i16, CaseId)>,
    /// The institution's change number as of which this was worked out.
    pub as_of: i64,
}

impl CaseWrite {
    /// Whether nothing is to be written.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.cases.is_empty()
            && self.events.is_empty()
            && self.facts.is_empty()
            && self.entries.is_empty()
            && self.steps.is_empty()
            && self.people.is_empty()
            && self.numbers.is_empty()
    }
}

/// Whether cases run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Running {
    /// Those that run.
    #[default]
    Open,
    /// Those that have ended.
    Ended,
    /// All.
    All,
}

/// Which cases are meant.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    /// These.
    pub ids: Option<BTreeSet<CaseId>>,
    /// About one of these: person, unit, record or case.
    pub subjects: Option<BTreeSet<Uuid>>,
    /// Of one of these procedures.
    pub workflows: Option<BTreeSet<String>>,
    /// Whose they are.
    pub own: Option<BTreeSet<UnitId>>,
    /// Of which a step is open that one of these units bears.
    pub bearers: Option<BTreeSet<UnitId>>,
    /// Of which this step is open.
    pub step: Option<String>,
    /// Of which a step is open that was due before this day.
    pub late: Option<Date>,
    /// Under one of these.
    pub parents: Option<BTreeSet<CaseId>>,
    /// In whose title this stands.
    pub text: String,
    /// Whether they run.
    pub running: Running,
}

/// Which cases somebody may read: of those for few, fewer.
#[derive(Clone, Debug)]
pub struct CaseSight {
    /// Of what is open and of what is for the branch and those above it.
    pub scope: Scope,
    /// Of what is for few.
    pub restricted: Scope,
}

impl CaseSight {
    /// Everything: for the program's own computing.
    #[must_use]
    pub fn all() -> Self {
        Self { scope: Scope::All, restricted: Scope::All }
    }
}

const CASE: &str = "c.id, c.workflow, c.fingerprint, c.subject, c.subject_id, c.subject_line, c.title, c.unit_id, c.own_id, \
                    c.opened, c.opened_by, c.parent_id, c.privacy, c.outcome, c.ended, c.kept, c.at, c.account_id";
const STEP: &str =
    "s.case_id, s.step, s.line, s.disputed, s.title, s.unit_id, s.since, s.first_due, s.due, s.lacks";

const FIRST: &str =
    " order by case when c.outcome is null then 0 else 1 end, o.due is null, o.due, c.opened desc, c.id";

/// A query of cases that can be put in the order [`FIRST`].
fn in_order() -> String {
    format!(
        "select {CASE} from case_file c left join (select institution_id, case_id, min(due) as due from case_step \
         where institution_id = $1 group by institution_id, case_id) o on o.institution_id = c.institution_id and \
         o.case_id = c.id where c.institution_id = $1"
    )
}

fn case_row(c: &mut Columns<'_>) -> Result<CaseRow, StoreError> {
    Ok(CaseRow {
        id: c.get()?,
        workflow: c.get()?,
        fingerprint: c.get()?,
        subject: c.get()?,
        subject_id: c.get()?,
        subject_line: c.opt()?,
        title: c.get()?,
        unit: c.get()?,
        own: c.get()?,
        opened: c.get()?,
        opened_by: c.get()?,
        parent: c.opt()?,
        privacy: c.word()?,
        ended: {
            let (how, on): (Option<String>, Option<Date>) = (c.opt()?, c.opt()?);
            how.zip(on)
        },
        kept: c.json()?,
        at: c.get()?,
        account: c.opt()?,
    })
}

/// -1 stands for no line.
fn line_of(stored: i64) -> Option<u32> {
    u32::try_from(stored).ok()
}

fn stored_line(line: Option<u32>) -> i64 {
    line.map_or(-1, i64::from)
}

fn step_row(c: &mut Columns<'_>) -> Result<CaseStepRow, StoreError> {
    Ok(CaseStepRow {
        case: c.get()?,
        step: c.get()?,
        line: line_of(c.get()?),
        disputed: c.get()?,
        title: c.get()?,
        unit: c.opt()?,
        since: c.get()?,
        first_due: c.opt()?,
        due: c.opt()?,
        lacks: c.get()?,
    })
}

/// Narrows a query of cases `c` to what somebody may read.
fn narrow(query: &mut Parts, sight: &CaseSight) {
    let one = |query: &mut Parts, scope: &Scope| match scope {
        Scope::All => query.push("1 = 1"),
        Scope::Nothing => query.push("1 = 0"),
        Scope::Units(units) => {
            let ids: Vec<Uuid> = units.iter().map(|u| u.0).collect();
            query.one_of("(", "c.own_id", ids.iter().copied());
            query.one_of(" or ", "c.opened_by", ids.iter().copied());
            query.push(
                " or exists (select 1 from case_step w where w.institution_id = c.institution_id and w.case_id = c.id",
            );
            query.one_of(" and ", "w.unit_id", ids.iter().copied());
            // Who did a step sees what became of it.
            query.push(
                ") or exists (select 1 from case_entry l join entry e on e.institution_id = l.institution_id \
                 and e.id = l.entry_id where l.institution_id = c.institution_id and l.case_id = c.id \
                 and l.fate = 'moved'",
            );
            query.one_of(" and ", "e.unit_id", ids.iter().copied());
            query.push("))");
        }
        Scope::Own { person, units } => {
            query.with("((c.subject = 'person' and c.subject_id = ", person, ")");
            query.one_of(" or (c.privacy = 'open' and ", "c.own_id", units.iter().map(|u| u.0));
            query.push("))");
        }
    };
    query.push(" and ((c.privacy <> 'restricted' and ");
    one(query, &sight.scope);
    query.push(") or (c.privacy = 'restricted' and ");
    one(query, &sight.restricted);
    query.push("))");
}

/// Appends what a filter asks of cases `c`.
fn sift(query: &mut Parts, filter: &CaseFilter) {
    let CaseFilter { ids, subjects, workflows, own, bearers, step, late, parents, text, running } = filter;
    if let Some(ids) = ids {
        query.one_of(" and ", "c.id", ids.iter().map(|c| c.0));
    }
    if let Some(subjects) = subjects {
        query.one_of(" and ", "c.subject_id", subjects.iter().copied());
    }
    if let Some(parents) = parents {
        query.one_of(" and ", "c.parent_id", parents.iter().map(|c| c.0));
    }
    if let Some(own) = own {
        query.one_of(" and ", "c.own_id", own.iter().map(|u| u.0));
    }
    if let Some(workflows) = workflows {
        query.push(" and (1 = 0");
        for id in workflows {
            query.with(" or c.workflow = ", id, "");
        }
        query.push(")");
    }
    if bearers.is_some() || step.is_some() || late.is_some() {
        query.push(
            " and exists (select 1 from case_step f where f.institution_id = c.institution_id and f.case_id = c.id",
        );
        if let Some(bearers) = bearers {
            query.one_of(" and ", "f.unit_id", bearers.iter().map(|u| u.0));
        }
        if let Some(step) = step {
            query.with(" and f.step = ", step, "");
        }
        if let Some(day) = late {
            query.with(" and f.due < ", day, "");
        }
        query.push(")");
    }
    if !text.is_empty() {
        let n = query.bind(text.as_str());
        let found = query.dialect.position("c.title", n);
        query.push(&format!(" and {found} > 0"));
    }
    match running {
        Running::Open => query.push(" and c.outcome is null"),
        Running::Ended => query.push(" and c.outcome is not null"),
        Running::All => {}
    }
}

impl Store {
    /// A query of cases `c`, narrowed to what a filter asks and to what somebody may read; `text` ends within its `where`.
    fn cases_query(&self, text: &str, args: Vec<Value>, sight: &CaseSight, filter: &CaseFilter) -> Parts {
        let mut query = Parts::new(self.dialect, text, args);
        sift(&mut query, filter);
        narrow(&mut query, sight);
        query
    }

    /// Cases, those that are due first before the others, then the newest; page by page.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn cases(
        &self,
        institution: InstitutionId,
        sight: &CaseSight,
        filter: &CaseFilter,
        (skip, most): (u32, u32),
    ) -> Result<Vec<CaseRow>, StoreError> {
        let mut query = self.cases_query(&in_order(), args![institution], sight, filter);
        query.push(FIRST);
        query.with(" limit ", &i64::from(most), "");
        query.with(" offset ", &i64::from(skip), "");
        self.rows(&query.sql, query.args, case_row).await
    }

    /// All cases that a filter finds, in the order of [`Store::cases`].
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn all_cases(
        &self,
        institution: InstitutionId,
        sight: &CaseSight,
        filter: &CaseFilter,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let mut query = self.cases_query(&in_order(), args![institution], sight, filter);
        query.push(FIRST);
        self.rows(&query.sql, query.args, case_row).await
    }

    /// How many cases there are.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn count_cases(
        &self,
        institution: InstitutionId,
        sight: &CaseSight,
        filter: &CaseFilter,
    ) -> Result<u64, StoreError> {
        let text = "select count(*) from case_file c where c.institution_id = $1";
        let query = self.cases_query(text, args![institution], sight, filter);
        let found = self.row(&query.sql, query.args, |c| c.get::<i64>()).await?;
        Ok(found.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
    }

    /// How many cases of each procedure run, and of how many a step is late on a day.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn cases_by_workflow(
        &self,
        institution: InstitutionId,
        sight: &CaseSight,
        filter: &CaseFilter,
        today: Date,
    ) -> Result<Vec<(String, u64, u64)>, StoreError> {
        let text = "select c.workflow, count(*), sum(case when exists (select 1 from case_step l where \
                    l.institution_id = c.institution_id and l.case_id = c.id and l.due < $2) then 1 else 0 end) \
                    from case_file c where c.institution_id = $1";
        let mut query = self.cases_query(text, args![institution, today], sight, filter);
        query.push(" group by c.workflow");
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        self.rows(&query.sql, query.args, |c| {
            Ok((c.get()?, number(c.get()?), number(c.opt::<i64>()?.unwrap_or(0))))
        })
        .await
    }

    /// The steps that are open of the cases that a filter finds, the earliest due first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn case_steps(
        &self,
        institution: InstitutionId,
        sight: &CaseSight,
        filter: &CaseFilter,
        bearers: Option<&BTreeSet<UnitId>>,
        most: u32,
    ) -> Result<Vec<(CaseStepRow, CaseRow)>, StoreError> {
        let text = format!(
            "select {STEP}, {CASE} from case_file c join case_step s on s.institution_id = c.institution_id and \
             s.case_id = c.id where c.institution_id = $1"
        );
        let mut query = self.cases_query(&text, args![institution], sight, filter);
        if let Some(units) = bearers {
            query.one_of(" and ", "s.unit_id", units.iter().map(|u| u.0));
        }
        query.push(" order by s.due is null, s.due, c.title, s.case_id, s.step, s.line");
        query.with(" limit ", &i64::from(most), "");
        self.rows(&query.sql, query.args, |c| Ok((step_row(c)?, case_row(c)?))).await
    }

    /// How many stand at each step of a procedure, and the first day since when one does.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn cases_by_step(
        &self,
        institution: InstitutionId,
        sight: &CaseSight,
        filter: &CaseFilter,
        today: Date,
    ) -> Result<Vec<(String, u64, u64, Date)>, StoreError> {
        let text = "select s.step, count(distinct c.id), count(distinct case when s.due < $2 then c.id end), min(s.since) \
                    from case_file c join case_step s on s.institution_id = c.institution_id and s.case_id = c.id \
                    where c.institution_id = $1";
        let mut query = self.cases_query(text, args![institution, today], sight, filter);
        query.push(" group by s.step");
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        self.rows(&query.sql, query.args, |c| Ok((c.get()?, number(c.get()?), number(c.get()?), c.get()?)))
            .await
    }

    /// What happened to these cases, in its order.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn case_events(
        &self,
        institution: InstitutionId,
        cases: &BTreeSet<CaseId>,
    ) -> Result<Vec<CaseEventRow>, StoreError> {
        let text = "select case_id, seq, known, day, body, entry_id, reason, at, account_id from case_event \
                    where institution_id = $1";
        self.rows_of(institution, text, ("case_id", cases.iter().map(|c| c.0)), "case_id, seq", |c| {
            Ok(CaseEventRow {
                case: c.get()?,
                seq: c.get()?,
                known: c.get()?,
                day: c.get()?,
                body: c.json()?,
                entry: c.opt()?,
                reason: c.get()?,
                at: c.get()?,
                account: c.opt()?,
            })
        })
        .await
    }

    /// What became known of these people, units, records and matters, in its order.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn case_facts(
        &self,
        institution: InstitutionId,
        subjects: &BTreeSet<Uuid>,
    ) -> Result<Vec<CaseFactRow>, StoreError> {
        let text = "select id, case_id, subject, subject_id, name, known, body from case_fact where institution_id = $1";
        self.rows_of(institution, text, ("subject_id", subjects.iter().copied()), "id", |c| {
            Ok(CaseFactRow {
                id: c.get()?,
                case: c.opt()?,
                subject: c.get()?,
                subject_id: c.get()?,
                name: c.get()?,
                known: c.get()?,
                body: c.json()?,
            })
        })
        .await
    }

    /// What became of records at the steps of these cases; or of these records, at whichever cases.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn case_entries(
        &self,
        institution: InstitutionId,
        cases: Option<&BTreeSet<CaseId>>,
        entries: Option<&BTreeSet<EntryId>>,
    ) -> Result<Vec<CaseEntryRow>, StoreError> {
        let text = "select case_id, entry_id, step, line, fate, outcome, told from case_entry where institution_id = $1";
        let mut query = Parts::new(self.dialect, text, args![institution]);
        if let Some(cases) = cases {
            query.one_of(" and ", "case_id", cases.iter().map(|c| c.0));
        }
        if let Some(entries) = entries {
            query.one_of(" and ", "entry_id", entries.iter().map(|e| e.0));
        }
        query.push(" order by case_id, at, step, line");
        self.rows(&query.sql, query.args, |c| {
            Ok(CaseEntryRow {
                case: c.get()?,
                entry: c.get()?,
                step: c.get()?,
                line: line_of(c.get()?),
                fate: c.get()?,
                outcome: c.get()?,
                told: c.json()?,
            })
        })
        .await
    }

    /// The procedures with these fingerprints, as they were kept.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn workflows(
        &self,
        institution: InstitutionId,
        fingerprints: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Json>, StoreError> {
        let mut out = BTreeMap::new();
        for fingerprint in fingerprints {
            let text = "select body from workflow where institution_id = $1 and fingerprint = $2";
            let found = self.row(text, args![institution, fingerprint], |c| c.json::<Json>()).await?;
            out.extend(found.map(|body| (fingerprint.clone(), body)));
        }
        Ok(out)
    }

    /// The numbers that these cases were given: series, year, number.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn case_numbers(
        &self,
        institution: InstitutionId,
        cases: &BTreeSet<CaseId>,
    ) -> Result<Vec<(CaseId, String, i16, u32)>, StoreError> {
        let text = "select case_id, series, year, number from case_number where institution_id = $1";
        self.rows_of(institution, text, ("case_id", cases.iter().map(|c| c.0)), "year, number", |c| {
            Ok((c.get()?, c.get()?, c.get()?, c.get()?))
        })
        .await
    }

    /// The running cases that a record may concern: this one; those of these procedures about one of these subjects, or
    /// called so; those of which this unit bears a line of a lane.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn cases_of_record(
        &self,
        institution: InstitutionId,
        workflows: &BTreeSet<String>,
        (subjects, titles): (&BTreeSet<Uuid>, &BTreeSet<String>),
        unit: UnitId,
        of: Option<CaseId>,
    ) -> Result<BTreeSet<CaseId>, StoreError> {
        let text =
            "select c.id from case_file c where c.institution_id = $1 and c.outcome is null and (1 = 0";
        let mut query = Parts::new(self.dialect, text, args![institution]);
        for id in workflows {
            query.with(" or c.workflow = ", id, "");
        }
        query.one_of(") and (", "c.subject_id", subjects.iter().copied());
        for title in titles {
            query.with(" or c.title = ", title, "");
        }
        query.with(
            " or exists (select 1 from case_step s where s.institution_id = c.institution_id and s.case_id = c.id \
             and s.line >= 0 and s.unit_id = ",
            &unit,
            "))",
        );
        let found = self.rows(&query.sql, query.args, |c| c.get::<CaseId>()).await?;
        Ok(found.into_iter().chain(of).collect())
    }

    /// The cases of which something rests on a record.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn cases_resting_on(
        &self,
        institution: InstitutionId,
        entry: EntryId,
    ) -> Result<BTreeSet<CaseId>, StoreError> {
        let text = "select case_id from case_entry where institution_id = $1 and entry_id = $2";
        let found = self.rows(text, args![institution, entry], |c| c.get::<CaseId>()).await?;
        Ok(found.into_iter().collect())
    }

    /// The person behind each of these accounts.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn people_behind(
        &self,
        institution: InstitutionId,
        accounts: &BTreeSet<AccountId>,
    ) -> Result<BTreeMap<AccountId, PersonId>, StoreError> {
        let text = "select id, person_id from account where institution_id = $1 and person_id is not null";
        let ids = accounts.iter().map(|a| a.0);
        let found = self.rows_of(institution, text, ("id", ids), "id", |c| Ok((c.get()?, c.get()?))).await?;
        Ok(found.into_iter().collect())
    }

    /// Writes what follows from an act for cases, all or none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when something was written since it was worked out; [`StoreError::Constraint`]
    /// `foreign_key` when a unit is not there any more, and what [`Store::save_persons`] refuses.
    pub async fn write_cases(
        &self,
        institution: InstitutionId,
        cases: &CaseWrite,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Facts).await?;
        put(self, &write, cases).await?;
        write.commit().await
    }
}

/// Writes what follows for cases within a write that is under way and touches facts.
pub(crate) async fn put(store: &Store, write: &Write, cases: &CaseWrite) -> Result<(), StoreError> {
    let institution = write.institution;
    if write.change - 1 != cases.as_of {
        return Err(StoreError::Conflict);
    }
    let workflows: Vec<(&String, &Json)> = cases.workflows.iter().collect();
    insert_all(
        &write.tx,
        "insert into workflow (institution_id, fingerprint, body)",
        "on conflict (institution_id, fingerprint) do nothing",
        3,
        &workflows,
        |(fingerprint, body)| Ok(args![institution, fingerprint, to_json(body)?]),
    )
    .await?;
    insert_all(
        &write.tx,
        "insert into case_file (institution_id, id, workflow, fingerprint, subject, subject_id, subject_line, title, \
         unit_id, own_id, opened, opened_by, parent_id, privacy, outcome, ended, kept, at, account_id, address)",
        "on conflict (institution_id, id) do update set fingerprint = excluded.fingerprint, title = excluded.title, \
         own_id = excluded.own_id, outcome = excluded.outcome, ended = excluded.ended, kept = excluded.kept",
        20,
        &cases.cases,
        |c| {
            let (how, on) = (c.ended.as_ref().map(|(how, _)| how), c.ended.as_ref().map(|(_, on)| *on));
            Ok(args![
                institution,
                c.id,
                c.workflow,
                c.fingerprint,
                c.subject,
                c.subject_id,
                c.subject_line,
                c.title,
                c.unit,
                c.own,
                c.opened,
                c.opened_by,
                c.parent,
                to_word(&c.privacy)?,
                how,
                on,
                to_json(&c.kept)?,
                write.at,
                write.account,
                write.address
            ])
        },
    )
    .await?;
    insert_all(
        &write.tx,
        "insert into case_event (institution_id, case_id, seq, known, day, body, entry_id, reason, at, account_id, address)",
        "",
        11,
        &cases.events,
        |e| {
            Ok(args![
                institution,
                e.case,
                e.seq,
                e.known,
                e.day,
                to_json(&e.body)?,
                e.entry,
                e.reason,
                write.at,
                write.account,
                write.address
            ])
        },
    )
    .await?;
    insert_all(
        &write.tx,
        "insert into case_fact (institution_id, id, case_id, subject, subject_id, name, known, body)",
        "",
        8,
        &cases.facts,
        |f| Ok(args![institution, f.id, f.case, f.subject, f.subject_id, f.name, f.known, to_json(&f.body)?]),
    )
    .await?;
    insert_all(
        &write.tx,
        "insert into case_entry (institution_id, case_id, entry_id, step, line, fate, outcome, told, at)",
        "on conflict (institution_id, case_id, entry_id, step, line) do update set fate = excluded.fate, \
         outcome = excluded.outcome, told = excluded.told",
        9,
        &cases.entries,
        |e| {
            Ok(args![
                institution,
                e.case,
                e.entry,
                e.step,
                stored_line(e.line),
                e.fate,
                e.outcome,
                to_json(&e.told)?,
                write.at
            ])
        },
    )
    .await?;
    put_steps(write, &cases.steps).await?;
    for (series, year, case) in &cases.numbers {
        let text = "insert into case_number (institution_id, series, year, number, case_id) select $1, $2, $3, \
                    coalesce(max(number), 0) + 1, $4 from case_number where institution_id = $1 and series = $2 \
                    and year = $3";
        write.execute(text, args![institution, series, year, case]).await?;
    }
    if !cases.people.is_empty() {
        people::change(store, write, &cases.people, None, &|_| ()).await?;
        follow(write, cases.following.as_ref()).await?;
    }
    Ok(())
}

/// What is open of these cases takes the place of what was.
async fn put_steps(write: &Write, steps: &BTreeMap<CaseId, Vec<CaseStepRow>>) -> Result<(), StoreError> {
    if steps.is_empty() {
        return Ok(());
    }
    let text = "delete from case_step where institution_id = $1";
    let mut query = Parts::new(write.dialect, text, args![write.institution]);
    query.one_of(" and ", "case_id", steps.keys().map(|c| c.0));
    sql::execute(&write.tx, &query.sql, query.args).await?;
    let all: Vec<&CaseStepRow> = steps.values().flatten().collect();
    insert_all(
        &write.tx,
        "insert into case_step (institution_id, case_id, step, line, disputed, title, unit_id, since, first_due, due, lacks)",
        "",
        11,
        &all,
        |s| {
            Ok(args![
                write.institution,
                s.case,
                s.step,
                stored_line(s.line),
                s.disputed,
                s.title,
                s.unit,
                s.since,
                s.first_due,
                s.due,
                s.lacks
            ])
        },
    )
    .await
}
