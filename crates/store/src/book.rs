//! The Book of a year: what is asked in it, from every source, and how more of it is opened.

use std::collections::{BTreeSet, HashMap};

use jiff::{Timestamp, civil::Date};
use model::{
    AccountId, AlsoAsked, Credit, Duty, DutyId, DutySource, InstitutionId, Obligation, ObligationId, PlanId,
    RoutineId,
};

use crate::{
    Act, Store, StoreError,
    dialect::Dialect,
    row::{Columns, args, to_json},
    sql::{Parts, insert_all},
    tally::Kept,
    write::{Touches, Write},
};

/// What begins to be asked: obligations with their duties, and what was done of them already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Standing rules that run from now on, each with the year in which it does; their obligations are among `obligations`.
    pub routines: Vec<(RoutineId, i16, String)>,
    /// New obligations.
    pub obligations: Vec<Obligation>,
    /// New duties.
    pub duties: Vec<Duty>,
    /// Duties that are there and that one of these obligations asks too, or one that was there no longer.
    pub also: Vec<AlsoAsked>,
    /// What was written down before and counts for the new duties.
    pub credits: Vec<Credit>,
}

/// A standing rule that runs in a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routine {
    /// Identifier.
    pub id: RoutineId,
    /// The year.
    pub year: i16,
    /// The rule's id in the rulebook.
    pub rule: String,
    /// Day from which its duties are known.
    pub made: Date,
    /// When it was opened.
    pub at: Timestamp,
    /// By whom; none when the year opened it.
    pub account: Option<AccountId>,
}

/// An obligation, and when it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedObligation {
    /// The obligation.
    pub obligation: Obligation,
    /// Day from which it is known.
    pub since: Date,
    /// Day from which it is no longer asked.
    pub until: Option<Date>,
}

/// An obligation's body with its year beside it, which older bodies do not say.
pub(crate) fn obligation(c: &mut Columns<'_>) -> Result<Obligation, StoreError> {
    let read: Obligation = c.json()?;
    Ok(Obligation { year: c.get()?, ..read })
}

const ASKED: &str = "select o.body, o.year, coalesce(b.made, r.made), o.ended from obligation o \
                     left join publication b on b.institution_id = o.institution_id and b.plan_id = o.plan_id \
                     and b.revision = o.revision left join routine r on r.institution_id = o.institution_id \
                     and r.id = o.routine_id where o.institution_id = $1";

fn asked(c: &mut Columns<'_>) -> Result<AskedObligation, StoreError> {
    Ok(AskedObligation { obligation: obligation(c)?, since: c.get()?, until: c.opt()? })
}

impl Store {
    /// What is asked in a year from every source, also what no longer is; in the order in which it was made.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn obligations_of_year(
        &self,
        institution: InstitutionId,
        year: i16,
    ) -> Result<Vec<AskedObligation>, StoreError> {
        self.rows(&format!("{ASKED} and o.year = $2 order by o.id"), args![institution, year], asked).await
    }

    /// The years in which anything is asked, the latest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn years(&self, institution: InstitutionId) -> Result<Vec<i16>, StoreError> {
        self.rows(
            "select distinct year from obligation where institution_id = $1 order by year desc",
            args![institution],
            |c| c.get(),
        )
        .await
    }

    /// How many obligations stand in the Book of a year, and how many of them are no longer asked: whether it has to be
    /// read anew.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn count_obligations(
        &self,
        institution: InstitutionId,
        year: i16,
    ) -> Result<(u32, u32), StoreError> {
        let found = self.row(
            "select cast(count(*) as bigint), cast(count(ended) as bigint) from obligation \
             where institution_id = $1 and year = $2",
            args![institution, year],
            |c| Ok((c.get()?, c.get()?)),
        );
        Ok(found.await?.unwrap_or_default())
    }

    /// The standing rules that run in a year.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn routines(&self, institution: InstitutionId, year: i16) -> Result<Vec<Routine>, StoreError> {
        self.rows(
            "select id, year, rule, made, at, account_id from routine where institution_id = $1 and year = $2 order by id",
            args![institution, year],
            |c| {
                Ok(Routine {
                    id: c.get()?,
                    year: c.get()?,
                    rule: c.get()?,
                    made: c.get()?,
                    at: c.get()?,
                    account: c.opt()?,
                })
            },
        )
        .await
    }

    /// Lets standing rules run in a year, or more units bear those that do.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when something was written after `as_of`; [`StoreError::Constraint`] `routine_rule` when
    /// one of the rules runs already.
    pub async fn open_routines(
        &self,
        institution: InstitutionId,
        opening: &Opening,
        made: Date,
        as_of: i64,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Facts).await?;
        if write.change - 1 != as_of {
            write.abandon().await?;
            return Err(StoreError::Conflict);
        }
        write.open(opening, None, made).await?;
        write.commit().await
    }
}

impl Write {
    /// Makes what begins to be asked, known from `made` on: what hangs on a plan with this revision of it.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when a duty's obligation is neither new nor there, or one of a plan comes without one.
    pub(crate) async fn open(
        &self,
        opening: &Opening,
        plan: Option<(PlanId, u32)>,
        made: Date,
    ) -> Result<(), StoreError> {
        let Opening { routines, obligations, duties, also, credits } = opening;
        let institution = self.institution;
        insert_all(
            &self.tx,
            "insert into routine (institution_id, id, year, rule, made, at, account_id, address)",
            "",
            8,
            routines,
            |(id, year, rule)| {
                Ok(args![institution, id, year, rule, made, self.at, self.account, self.address])
            },
        )
        .await?;
        self.changes(Kept::Obligations, obligations.iter().map(|o| o.id.0)).await?;
        insert_all(
            &self.tx,
            "insert into obligation (institution_id, id, year, plan_id, routine_id, revision, key, ledger, body, \
             about)",
            "",
            10,
            obligations,
            |o| {
                let (of_plan, of_rule) = match o.source {
                    DutySource::Plan(id) => (Some(id), None),
                    DutySource::Rule(id) => (None, Some(id)),
                };
                let revision = match (of_plan, plan) {
                    (Some(id), Some((published, revision))) if id == published => Some(revision),
                    (None, _) => None,
                    _ => return Err(StoreError::Internal("an obligation of another plan".to_owned())),
                };
                let about = !o.bearers.are_people();
                Ok(args![
                    institution, o.id, o.year, of_plan, of_rule, revision, o.key, o.ledger, to_json(o)?, about
                ])
            },
        )
        .await?;
        let sources = self.sources_of(obligations, duties).await?;
        let with_source = duties.iter().map(|d| {
            let source = sources.get(&d.obligation).copied();
            source.map(|s| (s, d)).ok_or_else(|| StoreError::Internal("a duty of no obligation".to_owned()))
        });
        self.insert_duties(made, with_source.collect::<Result<Vec<_>, _>>()?).await?;
        self.put_also(also).await?;
        let counted = self.insert_credits(credits).await?;
        let new: BTreeSet<DutyId> = duties.iter().map(|d| d.id).collect();
        let touched: Vec<DutyId> =
            also.iter().map(|a| a.duty).chain(counted).filter(|d| !new.contains(d)).collect();
        for some in touched.chunks(Dialect::MOST_VALUES) {
            self.touch_duties(some).await?;
        }
        Ok(())
    }

    /// What the obligations of these duties hang on: the new ones', and those that are there already.
    async fn sources_of(
        &self,
        obligations: &[Obligation],
        duties: &[Duty],
    ) -> Result<HashMap<ObligationId, DutySource>, StoreError> {
        let mut out: HashMap<ObligationId, DutySource> =
            obligations.iter().map(|o| (o.id, o.source)).collect();
        let missing: BTreeSet<ObligationId> =
            duties.iter().map(|d| d.obligation).filter(|o| !out.contains_key(o)).collect();
        if !missing.is_empty() {
            let text = "select body, year from obligation where institution_id = $1";
            let mut query = Parts::new(self.dialect, text, args![self.institution]);
            query.one_of(" and ", "id", missing.into_iter().map(|o| o.0).collect::<Vec<_>>().into_iter());
            out.extend(
                self.rows(&query.sql, query.args, obligation).await?.into_iter().map(|o| (o.id, o.source)),
            );
        }
        Ok(out)
    }
}
