//! The roster as a list, and how many there are.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::{InstitutionId, Membership, Person, Stage, UnitId};

use crate::{
    Scope, Store, StoreError,
    row::{Columns, args},
    sql::Parts,
};

use super::{MEMBERSHIP, person, spelling};

/// Whether somebody belongs to a branch on the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// Does.
    #[default]
    In,
    /// Does not (any more): transferred, or never in one.
    Out,
    /// Either.
    All,
}

/// Which people are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterFilter {
    /// As things stood on this day.
    pub day: Date,
    /// Whether they belong to a branch.
    pub presence: Presence,
    /// In these branches.
    pub branches: Option<BTreeSet<UnitId>>,
    /// In this group.
    pub group: Option<UnitId>,
    /// Of this kind (`staff`).
    pub kind: Option<String>,
    /// At this stage.
    pub stage: Option<Stage>,
    /// Of this category (`floating`).
    pub category: Option<String>,
    /// Name in characters, pinyin or initials, or a part of the number.
    pub words: String,
}

impl RosterFilter {
    /// Everybody who belongs to a branch on `day`.
    #[must_use]
    pub fn on(day: Date) -> Self {
        Self {
            day,
            presence: Presence::In,
            branches: None,
            group: None,
            kind: None,
            stage: None,
            category: None,
            words: String::new(),
        }
    }
}

/// One of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterRow {
    /// Who.
    pub person: Person,
    /// The stretch that holds on the day.
    pub membership: Option<Membership>,
}

/// How many there are of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Stage; none for those who belong to no branch.
    pub stage: Option<Stage>,
    /// How many.
    pub count: i64,
}

fn row(c: &mut Columns<'_>) -> Result<RosterRow, StoreError> {
    let person = person(c)?;
    let id: Option<model::MembershipId> = c.opt()?;
    let Some(id) = id else { return Ok(RosterRow { person, membership: None }) };
    let membership = Membership {
        id,
        person: c.get()?,
        branch: c.get()?,
        group: c.opt()?,
        stage: c.word()?,
        since: c.get()?,
        until: c.opt()?,
    };
    Ok(RosterRow { person, membership: Some(membership) })
}

impl Store {
    fn roster_query(
        &self,
        what: &str,
        institution: InstitutionId,
        scope: &Scope,
        filter: &RosterFilter,
    ) -> Parts {
        let RosterFilter { day, presence, branches, group, kind, stage, category, words } = filter;
        let holds = "m.institution_id = q.institution_id and m.person_id = q.id and m.since <= $2 \
                     and (m.until is null or m.until > $2)";
        // With units given, their members lead; else the names in their order do.
        let by_unit = branches.is_some() || group.is_some() || !matches!(scope, Scope::All);
        let join = match presence {
            Presence::In if by_unit => "join",
            Presence::In => self.dialect.leading_join(),
            Presence::Out | Presence::All => "left join",
        };
        let text =
            format!("select {what} from person q {join} membership m on {holds} where q.institution_id = $1");
        let mut query = Parts::new(self.dialect, &text, args![institution, day]);
        if *presence == Presence::In && by_unit {
            // Said of this table too, so that its own indexes can lead.
            query.push(" and m.institution_id = $1");
        }
        if *presence == Presence::Out {
            query.push(" and m.id is null");
        }
        scope.narrow(&mut query, "m.branch_id", "q.id = $p");
        if let Some(branches) = branches {
            query.one_of(" and ", "m.branch_id", branches.iter().map(|u| u.0));
        }
        if let Some(group) = group {
            query.with(" and m.group_id = ", group, "");
        }
        if let Some(kind) = kind {
            query.with(" and q.kind = ", kind, "");
        }
        if let Some(stage) = stage {
            query.with(" and m.stage = ", stage.id(), "");
        }
        if let Some(category) = category {
            let n = query.bind(&format!("\"{category}\""));
            let has = self.dialect.position("f.body", n);
            query.push(&format!(
                " and exists (select 1 + 0 from person_file f where f.institution_id = $1 and f.person_id = q.id and {has} > 0)"
            ));
        }
        if !words.trim().is_empty() {
            let n = query.bind(&spelling::wanted(words));
            query.push(&format!(" and {} > 0", self.dialect.position("q.spelling", n)));
        }
        query
    }

    /// A stretch of the roster, in the order of the pinyin.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn roster(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        filter: &RosterFilter,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<RosterRow>, StoreError> {
        let what = format!("q.id, q.name, q.number, q.kind, {MEMBERSHIP}");
        let mut query = self.roster_query(&what, institution, scope, filter);
        query.with(" order by q.spelling, q.id limit ", &limit, "");
        query.with(" offset ", &i64::try_from(offset).unwrap_or(i64::MAX), "");
        self.rows(&query.sql, query.args, row).await
    }

    /// How many there are, by stage.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn heads(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        filter: &RosterFilter,
    ) -> Result<Vec<Head>, StoreError> {
        let what = "m.stage, cast(count(*) as bigint)";
        let mut query = if RosterFilter::on(filter.day) == *filter && *scope == Scope::All {
            // Nothing is asked of the person: the stretches alone say it.
            let text = format!(
                "select {what} from membership m where m.institution_id = $1 and m.since <= $2 \
                 and (m.until is null or m.until > $2)"
            );
            Parts::new(self.dialect, &text, args![institution, filter.day])
        } else {
            self.roster_query(what, institution, scope, filter)
        };
        query.push(" group by m.stage");
        self.rows(&query.sql, query.args, |c| {
            let stage: Option<String> = c.opt()?;
            Ok(Head { stage: stage.as_deref().and_then(Stage::from_id), count: c.get()? })
        })
        .await
    }
}
