//! Units, people, memberships, posts.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::{InstitutionId, Membership, Organisation, Person, PersonId, Post, PostId, Unit, UnitId};
use sea_orm::Value;

use crate::{
    Act, Scope, Store, StoreError,
    act::{Touches, Write},
    row::{Columns, args, to_json, to_word},
    sql::{Parts, insert_all},
};

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

const UNIT: &str = "id, parent_id, kind, name, aliases, traits, sort, founded, dissolved";

fn unit(c: &mut Columns<'_>) -> Result<Unit, StoreError> {
    Ok(Unit {
        id: c.get()?,
        parent: c.opt()?,
        kind: c.word()?,
        name: c.get()?,
        aliases: c.json()?,
        traits: c.json()?,
        sort: c.get()?,
        founded: c.opt()?,
        dissolved: c.opt()?,
    })
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
    args![institution, id, name, number, kind]
}

fn membership_row(institution: InstitutionId, m: &Membership) -> Result<Vec<Value>, StoreError> {
    let Membership { id, person, branch, group, stage, since, until } = m;
    Ok(args![institution, id, person, branch, group, to_word(stage)?, since, until])
}

fn post_row(institution: InstitutionId, p: &Post) -> Vec<Value> {
    let Post { id, person, unit, title, since, until } = p;
    args![institution, id, person, unit, title, since, until]
}

/// Units with parents before children, siblings by `sort` and then by age; a unit whose parent is not there (which
/// the foreign key forbids) would come last.
fn in_tree_order(units: Vec<Unit>) -> Vec<Unit> {
    let mut children: BTreeMap<Option<UnitId>, Vec<Unit>> = BTreeMap::new();
    for unit in units {
        children.entry(unit.parent).or_default().push(unit);
    }
    for siblings in children.values_mut() {
        siblings.sort_by_key(|u| (u.sort, u.id));
    }
    let mut ordered = Vec::new();
    let mut waiting: Vec<Unit> = children.remove(&None).unwrap_or_default();
    waiting.reverse();
    while let Some(unit) = waiting.pop() {
        if let Some(below) = children.remove(&Some(unit.id)) {
            waiting.extend(below.into_iter().rev());
        }
        ordered.push(unit);
    }
    ordered.extend(children.into_values().flatten());
    ordered
}

impl Store {
    /// The organisation: every unit that there is or was, parents before children, siblings in order.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such institution.
    pub async fn organisation(&self, institution: InstitutionId) -> Result<Organisation, StoreError> {
        let name = self.institution(institution).await?.name;
        let text = format!("select {UNIT} from unit where institution_id = $1");
        let units = self.rows(&text, args![institution], unit).await?;
        Ok(Organisation { name, units: in_tree_order(units) })
    }

    /// Saves units, new ones and changed ones, all or none; a unit that is as it was is left alone. How many were new
    /// or changed. Units are never deleted: one that is no more has a day on which it was dissolved.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `foreign_key` when a parent is not there, `unit_circle` when a unit would be below itself.
    pub async fn save_units(
        &self,
        institution: InstitutionId,
        units: &[Unit],
        act: &Act,
    ) -> Result<usize, StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let text = format!("select {UNIT}, revision from unit where institution_id = $1");
        let known: BTreeMap<UnitId, (Unit, u32)> = write
            .rows(&text, args![institution], |c| Ok((unit(c)?, c.get::<u32>()?)))
            .await?
            .into_iter()
            .map(|(u, revision)| (u.id, (u, revision)))
            .collect();
        // Parents first, whatever the order given: a row may point only at one that is there.
        let ordered = in_order_of_saving(units);
        if ordered.len() < units.len() || has_circle(&known, units) {
            return Err(StoreError::Constraint("unit_circle".to_owned()));
        }
        let mut saved = 0;
        for unit in ordered {
            let before = known.get(&unit.id);
            if before.is_some_and(|(u, _)| u == unit) {
                continue;
            }
            save_unit(&write, unit, before.map_or(1, |(_, revision)| revision + 1)).await?;
            saved += 1;
        }
        write.commit().await?;
        Ok(saved)
    }

    /// What a unit was like, newest first: (revision, unit, when, by whom).
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn unit_history(
        &self,
        institution: InstitutionId,
        id: UnitId,
    ) -> Result<Vec<(u32, Unit, jiff::Timestamp, Option<model::AccountId>)>, StoreError> {
        self.rows(
            "select revision, body, at, account_id from unit_revision where institution_id = $1 and unit_id = $2 \
             order by revision desc",
            args![institution, id],
            |c| Ok((c.get()?, c.json()?, c.get()?, c.opt()?)),
        )
        .await
    }

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
        insert_all(
            &write.tx,
            "insert into person (institution_id, id, name, number, kind)",
            "on conflict (institution_id, id) do update set name = excluded.name, number = excluded.number, \
             kind = excluded.kind",
            5,
            people,
            |p| Ok(person_row(institution, p)),
        )
        .await?;
        insert_all(
            &write.tx,
            "insert into membership (institution_id, id, person_id, branch_id, group_id, stage, since, until)",
            "on conflict (institution_id, id) do update set branch_id = excluded.branch_id, \
             group_id = excluded.group_id, stage = excluded.stage, since = excluded.since, until = excluded.until",
            8,
            memberships,
            |m| membership_row(institution, m),
        )
        .await?;
        insert_all(
            &write.tx,
            "insert into post (institution_id, id, person_id, unit_id, title, since, until)",
            "on conflict (institution_id, id) do update set unit_id = excluded.unit_id, title = excluded.title, \
             since = excluded.since, until = excluded.until",
            7,
            posts,
            |p| Ok(post_row(institution, p)),
        )
        .await?;
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

    /// Every membership of a person, oldest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn memberships_of(
        &self,
        institution: InstitutionId,
        id: PersonId,
    ) -> Result<Vec<Membership>, StoreError> {
        let text = format!(
            "select {MEMBERSHIP} from membership m where m.institution_id = $1 and m.person_id = $2 order by m.since, m.id"
        );
        self.rows(&text, args![institution, id], membership).await
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

/// The units such that none stands before its parent; units in a circle are left out.
fn in_order_of_saving(units: &[Unit]) -> Vec<&Unit> {
    let given: BTreeMap<UnitId, &Unit> = units.iter().map(|u| (u.id, u)).collect();
    let mut ordered = Vec::new();
    let mut done = std::collections::BTreeSet::new();
    loop {
        let before = ordered.len();
        for unit in units {
            let parent_waits = unit.parent.is_some_and(|p| given.contains_key(&p) && !done.contains(&p));
            if !parent_waits && done.insert(unit.id) {
                ordered.push(unit);
            }
        }
        if ordered.len() == before {
            return ordered;
        }
    }
}

/// Whether any unit would be below itself once `units` are saved.
fn has_circle(known: &BTreeMap<UnitId, (Unit, u32)>, units: &[Unit]) -> bool {
    let mut parents: BTreeMap<UnitId, Option<UnitId>> =
        known.iter().map(|(id, (u, _))| (*id, u.parent)).collect();
    parents.extend(units.iter().map(|u| (u.id, u.parent)));
    units.iter().any(|unit| {
        let mut above = unit.parent;
        for _ in 0..=parents.len() {
            match above {
                Some(id) if id == unit.id => return true,
                Some(id) => above = parents.get(&id).copied().flatten(),
                None => return false,
            }
        }
        true
    })
}

async fn save_unit(write: &Write, unit: &Unit, revision: u32) -> Result<(), StoreError> {
    let Unit { id, parent, kind, name, aliases, traits, sort, founded, dissolved } = unit;
    let (aliases, traits) = (to_json(aliases)?, to_json(traits)?);
    let institution = write.institution;
    write
        .execute(
            "insert into unit (institution_id, id, parent_id, kind, name, aliases, traits, sort, founded, dissolved, \
             revision) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             on conflict (institution_id, id) do update set parent_id = excluded.parent_id, kind = excluded.kind, \
             name = excluded.name, aliases = excluded.aliases, traits = excluded.traits, sort = excluded.sort, \
             founded = excluded.founded, dissolved = excluded.dissolved, revision = excluded.revision",
            args![
                institution, id, parent, to_word(kind)?, name, aliases, traits, sort, founded, dissolved, revision
            ],
        )
        .await?;
    write
        .execute(
            "insert into unit_revision (institution_id, unit_id, revision, body, at, account_id, address) \
             values ($1, $2, $3, $4, $5, $6, $7)",
            args![institution, id, revision, to_json(unit)?, write.at, write.account, write.address],
        )
        .await?;
    Ok(())
}
