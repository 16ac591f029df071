//! People: who there is, where they belong, what posts they hold.

mod batch;
mod list;
mod proof;
mod rotate;
mod save;
mod secret;
mod spelling;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::{InstitutionId, Membership, Person, PersonFile, PersonId, Post, PostId};
use sea_orm::{ConnectionTrait, Value};

use crate::{
    Act, Scope, Store, StoreError,
    row::{Columns, args, to_word},
    sql::{Parts, insert_all},
    tally::Kept,
    write::Touches,
};

pub(crate) use batch::undo;
pub use batch::{Batch, BatchState, TakeIn, Undone};
pub use list::{Head, Presence, RosterFilter, RosterRow};
pub use proof::{KeyMismatch, SealedAmiss, SealedFault};
pub(crate) use save::change;
pub use save::{Held, PersonRevision, PersonSave, PersonState};
pub(crate) use secret::{belongs, sealed};
pub(crate) use spelling::{spell_all, spelling};

/// Everyone and where they belong: what an import brings, and what scheduling needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// People.
    pub people: Vec<Person>,
    /// Their memberships.
    pub memberships: Vec<Membership>,
    /// Their posts.
    pub posts: Vec<Post>,
}

/// A member as a branch's list shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub person: Person,
    /// The stretch that holds on the day asked for.
    pub membership: Membership,
}

fn person(c: &mut Columns<'_>) -> Result<Person, StoreError> {
    Ok(Person { id: c.get()?, name: c.get()?, number: c.get()?, kind: c.get()? })
}

const MEMBERSHIP: &str = "m.id, m.person_id, m.branch_id, m.group_id, m.stage, m.since, m.until";

fn membership(c: &mut Columns<'_>) -> Result<Membership, StoreError> {
    Ok(Membership {
        id: c.get()?,
        person: c.get()?,
        branch: c.get()?,
        group: c.opt()?,
        stage: c.word()?,
        since: c.get()?,
        until: c.opt()?,
    })
}

const POST: &str = "p.id, p.person_id, p.unit_id, p.title, p.since, p.until";

fn post(c: &mut Columns<'_>) -> Result<Post, StoreError> {
    Ok(Post {
        id: c.get()?,
        person: c.get()?,
        unit: c.get()?,
        title: c.get()?,
        since: c.get()?,
        until: c.opt()?,
    })
}

fn person_row(institution: InstitutionId, p: &Person) -> Vec<Value> {
    let Person { id, name, number, kind } = p;
    args![institution, id, name, number, kind, spelling(name, number)]
}

fn membership_row(institution: InstitutionId, m: &Membership) -> Result<Vec<Value>, StoreError> {
    let Membership { id, person, branch, group, stage, since, until } = m;
    Ok(args![institution, id, person, branch, group, to_word(stage)?, since, until])
}

fn post_row(institution: InstitutionId, p: &Post) -> Vec<Value> {
    let Post { id, person, unit, title, since, until } = p;
    args![institution, id, person, unit, title, since, until]
}

async fn upsert_people<C: ConnectionTrait>(
    db: &C,
    institution: InstitutionId,
    people: &[Person],
) -> Result<(), StoreError> {
    insert_all(
        db,
        "insert into person (institution_id, id, name, number, kind, spelling)",
        "on conflict (institution_id, id) do update set name = excluded.name, number = excluded.number, \
         kind = excluded.kind, spelling = excluded.spelling",
        6,
        people,
        |p| Ok(person_row(institution, p)),
    )
    .await
}

async fn upsert_memberships<C: ConnectionTrait>(
    db: &C,
    institution: InstitutionId,
    memberships: &[Membership],
) -> Result<(), StoreError> {
    insert_all(
        db,
        "insert into membership (institution_id, id, person_id, branch_id, group_id, stage, since, until)",
        "on conflict (institution_id, id) do update set branch_id = excluded.branch_id, \
         group_id = excluded.group_id, stage = excluded.stage, since = excluded.since, until = excluded.until",
        8,
        memberships,
        |m| membership_row(institution, m),
    )
    .await
}

async fn upsert_posts<C: ConnectionTrait>(
    db: &C,
    institution: InstitutionId,
    posts: &[Post],
) -> Result<(), StoreError> {
    insert_all(
        db,
        "insert into post (institution_id, id, person_id, unit_id, title, since, until)",
        "on conflict (institution_id, id) do update set unit_id = excluded.unit_id, title = excluded.title, \
         since = excluded.since, until = excluded.until",
        7,
        posts,
        |p| Ok(post_row(institution, p)),
    )
    .await
}

impl Store {
    /// Saves people, memberships and posts, new ones and changed ones, all or none.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `foreign_key` when a person or unit that is named is not there.
    pub async fn save_people(
        &self,
        institution: InstitutionId,
        people: &People,
        act: &Act,
    ) -> Result<(), StoreError> {
        let People { people, memberships, posts } = people;
        let write = self.write(institution, act, Touches::Other).await?;
        let named = people.iter().map(|p| p.id).chain(memberships.iter().map(|m| m.person));
        let named: BTreeSet<PersonId> = named.chain(posts.iter().map(|p| p.person)).collect();
        write.changes_people(&named.iter().map(|p| p.0).collect::<Vec<_>>()).await?;
        upsert_people(&write.tx, institution, people).await?;
        upsert_memberships(&write.tx, institution, memberships).await?;
        upsert_posts(&write.tx, institution, posts).await?;
        write.commit().await
    }

    /// Everyone there ever was, with every membership and post, by age of the record.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn people(&self, institution: InstitutionId) -> Result<People, StoreError> {
        let people = self
            .rows(
                "select id, name, number, kind from person where institution_id = $1 order by id",
                args![institution],
                person,
            )
            .await?;
        let text = format!("select {MEMBERSHIP} from membership m where m.institution_id = $1 order by m.id");
        let memberships = self.rows(&text, args![institution], membership).await?;
        let text = format!("select {POST} from post p where p.institution_id = $1 order by p.id");
        let posts = self.rows(&text, args![institution], post).await?;
        Ok(People { people, memberships, posts })
    }

    /// The categories of those who are of some.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn categories(
        &self,
        institution: InstitutionId,
    ) -> Result<BTreeMap<PersonId, BTreeSet<String>>, StoreError> {
        // As it is written into the file; few people have any.
        let has = self.dialect.position("body", 2);
        let text = format!("select person_id, body from person_file where institution_id = $1 and {has} > 0");
        let args = args![institution, "\"categories\":[\""];
        let row = |c: &mut Columns<'_>| Ok((c.get()?, c.json::<PersonFile>()?.categories));
        Ok(self.rows(&text, args, row).await?.into_iter().collect())
    }

    /// One person.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn person(&self, institution: InstitutionId, id: PersonId) -> Result<Person, StoreError> {
        self.row(
            "select id, name, number, kind from person where institution_id = $1 and id = $2",
            args![institution, id],
            person,
        )
        .await?
        .ok_or(StoreError::NotFound)
    }

    /// Names of these people, by id; who is not there is left out.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn names(
        &self,
        institution: InstitutionId,
        people: &[PersonId],
    ) -> Result<BTreeMap<PersonId, String>, StoreError> {
        if people.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut query = Parts::new(
            self.dialect,
            "select id, name from person where institution_id = $1",
            args![institution],
        );
        query.one_of(" and ", "id", people.iter().map(|p| p.0));
        let rows = self.rows(&query.sql, query.args, |c| Ok((c.get()?, c.get()?))).await?;
        Ok(rows.into_iter().collect())
    }

    /// Memberships that hold on `day`, with the person, in the branches of the scope; by branch, then by age.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn members_on(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        day: Date,
    ) -> Result<Vec<Member>, StoreError> {
        let text = format!(
            "select q.id, q.name, q.number, q.kind, {MEMBERSHIP} from membership m \
             join person q on q.institution_id = m.institution_id and q.id = m.person_id \
             where m.institution_id = $1 and m.since <= $2 and (m.until is null or m.until > $2)"
        );
        let mut query = Parts::new(self.dialect, &text, args![institution, day]);
        scope.narrow(&mut query, "m.branch_id", "m.person_id = $p");
        query.push(" order by m.branch_id, m.id");
        self.rows(&query.sql, query.args, |c| Ok(Member { person: person(c)?, membership: membership(c)? }))
            .await
    }

    /// Memberships that hold on a day from `from` to `to`, with the person, in the branches of the scope; by person, then by
    /// the day on which they began.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn members_between(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        from: Date,
        to: Date,
    ) -> Result<Vec<Member>, StoreError> {
        let text = format!(
            "select q.id, q.name, q.number, q.kind, {MEMBERSHIP} from membership m \
             join person q on q.institution_id = m.institution_id and q.id = m.person_id \
             where m.institution_id = $1 and m.since <= $3 and (m.until is null or m.until >= $2)"
        );
        let mut query = Parts::new(self.dialect, &text, args![institution, from, to]);
        scope.narrow(&mut query, "m.branch_id", "m.person_id = $p");
        query.push(" order by q.id, m.since, m.id");
        self.rows(&query.sql, query.args, |c| Ok(Member { person: person(c)?, membership: membership(c)? }))
            .await
    }

    /// Every membership of a person, oldest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn memberships_of(
        &self,
        institution: InstitutionId,
        id: PersonId,
    ) -> Result<Vec<Membership>, StoreError> {
        self.stretches_of(institution, &[id]).await
    }

    /// Every membership of these people, oldest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn stretches_of(
        &self,
        institution: InstitutionId,
        people: &[PersonId],
    ) -> Result<Vec<Membership>, StoreError> {
        let text = format!("select {MEMBERSHIP} from membership m where m.institution_id = $1");
        let ids = people.iter().map(|p| p.0);
        self.rows_of(institution, &text, ("m.person_id", ids), "m.since, m.id", membership).await
    }

    /// Every post that these people hold or held, oldest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn posts_of(
        &self,
        institution: InstitutionId,
        people: &[PersonId],
    ) -> Result<Vec<Post>, StoreError> {
        let text = format!("select {POST} from post p where p.institution_id = $1");
        let ids = people.iter().map(|p| p.0);
        self.rows_of(institution, &text, ("p.person_id", ids), "p.since, p.id", post).await
    }

    /// Posts held on `day` in the units of the scope.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn posts_on(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        day: Date,
    ) -> Result<Vec<Post>, StoreError> {
        let text = format!(
            "select {POST} from post p where p.institution_id = $1 and p.since <= $2 and (p.until is null or p.until > $2)"
        );
        let mut query = Parts::new(self.dialect, &text, args![institution, day]);
        scope.narrow(&mut query, "p.unit_id", "p.person_id = $p");
        query.push(" order by p.unit_id, p.id");
        self.rows(&query.sql, query.args, post).await
    }

    /// Ends a post or changes nothing when it has ended before `day`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such post that is held.
    pub async fn end_post(
        &self,
        institution: InstitutionId,
        id: PostId,
        day: Date,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let whose = "select person_id from post where institution_id = $1 and id = $2";
        let whose = write.row(whose, args![institution, id], |c| c.get::<PersonId>()).await?;
        write.changes(Kept::Posts, whose.map(|person| person.0)).await?;
        let touched = write
            .execute(
                "update post set until = $3 where institution_id = $1 and id = $2 and until is null",
                args![institution, id, day],
            )
            .await?;
        if touched == 0 {
            return Err(StoreError::NotFound);
        }
        write.commit().await
    }
}
