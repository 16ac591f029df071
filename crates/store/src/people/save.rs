//! A person as a whole, every state of it kept: what a change, an import and its undoing go through.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use model::{AccountId, BatchId, InstitutionId, Membership, Person, PersonFile, PersonId, Post, SecretKind};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use crate::{
    Act, Following, Scope, Store, StoreError,
    dialect::Dialect,
    following::follow,
    row::{args, from_json, to_json},
    sql::{self, Parts, insert_all},
    write::Write,
};

use super::{
    MEMBERSHIP, POST, membership, person, post, secret, upsert_memberships, upsert_people, upsert_posts,
};

/// More numbers than this are compared with all that there are, read at once, instead of one by one.
const MANY: usize = 20;

/// All that is held of one person; sealed values by their numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonState {
    /// Name, number, kind.
    pub person: Person,
    /// What else is held.
    #[serde(default)]
    pub file: PersonFile,
    /// Every stretch in a branch, oldest first.
    #[serde(default)]
    pub memberships: Vec<Membership>,
    /// Every post, oldest first.
    #[serde(default)]
    pub posts: Vec<Post>,
    /// Which of the sealed values hold.
    #[serde(default)]
    pub secrets: BTreeMap<SecretKind, u32>,
}

impl PersonState {
    /// A person of whom nothing else is known yet.
    #[must_use]
    pub fn of(person: Person) -> Self {
        Self {
            person,
            file: PersonFile::default(),
            memberships: Vec::new(),
            posts: Vec::new(),
            secrets: BTreeMap::new(),
        }
    }
}

/// A person as they stand now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// All that is held.
    pub state: PersonState,
    /// Number of the state: what a change is based on. 0 for somebody of whom only the bare rows were ever kept.
    pub revision: u32,
}

/// A change of one person.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonSave {
    /// The person as they shall stand; memberships and posts that are not in it go (they stay in the states before).
    pub state: PersonState,
    /// The state that the change was made from; none for a new person.
    pub based_on: Option<u32>,
    /// Sealed values that change: a new one, or none any more.
    pub secrets: BTreeMap<SecretKind, Option<String>>,
    /// What was done, in a line; no number of a card or phone.
    pub note: String,
}

impl std::fmt::Debug for PersonSave {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What is to be sealed does not belong into a log.
        f.debug_struct("PersonSave").field("person", &self.state.person.id).finish_non_exhaustive()
    }
}

/// One state that a person was in.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonRevision {
    /// Its number.
    pub revision: u32,
    /// The person then; none when they were taken off the roster.
    pub state: Option<PersonState>,
    /// What was done.
    pub note: String,
    /// The import that it came with.
    pub batch: Option<BatchId>,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub account: Option<AccountId>,
}

/// People as they stand, by id; of those who are not there, nothing.
pub(super) async fn held<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    institution: InstitutionId,
    ids: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, Held>, StoreError> {
    let query = |text: &str, column: &str, order: &str| {
        let mut query = Parts::new(dialect, text, args![institution]);
        query.one_of(" and ", column, ids.iter().map(|p| p.0));
        query.push(order);
        query
    };
    let q = query("select id, name, number, kind from person where institution_id = $1", "id", "");
    let mut out: BTreeMap<PersonId, Held> = sql::rows(db, &q.sql, q.args, person)
        .await?
        .into_iter()
        .map(|p| (p.id, Held { state: PersonState::of(p), revision: 0 }))
        .collect();
    let q =
        query("select person_id, revision, body from person_file where institution_id = $1", "person_id", "");
    let files = sql::rows(db, &q.sql, q.args, |c| {
        Ok((c.get::<PersonId>()?, c.get::<u32>()?, c.json::<PersonFile>()?))
    });
    for (id, revision, file) in files.await? {
        if let Some(held) = out.get_mut(&id) {
            held.revision = revision;
            held.state.file = file;
        }
    }
    let text = format!("select {MEMBERSHIP} from membership m where m.institution_id = $1");
    let q = query(&text, "m.person_id", " order by m.since, m.id");
    for m in sql::rows(db, &q.sql, q.args, membership).await? {
        if let Some(held) = out.get_mut(&m.person) {
            held.state.memberships.push(m);
        }
    }
    let text = format!("select {POST} from post p where p.institution_id = $1");
    let q = query(&text, "p.person_id", " order by p.since, p.id");
    for p in sql::rows(db, &q.sql, q.args, post).await? {
        if let Some(held) = out.get_mut(&p.person) {
            held.state.posts.push(p);
        }
    }
    let text = "select person_id, kind, revision from person_secret where institution_id = $1 and holds = 1";
    let q = query(text, "person_id", "");
    let secrets = sql::rows(db, &q.sql, q.args, |c| {
        Ok((c.get::<PersonId>()?, c.word::<SecretKind>()?, c.get::<u32>()?))
    });
    for (id, kind, revision) in secrets.await? {
        if let Some(held) = out.get_mut(&id) {
            held.state.secrets.insert(kind, revision);
        }
    }
    Ok(out)
}

/// Makes the rows of these people what their states say.
pub(super) async fn put_rows(
    write: &Write,
    before: &BTreeMap<PersonId, Held>,
    after: &[(&PersonState, u32)],
) -> Result<(), StoreError> {
    let institution = write.institution;
    let people: Vec<Person> = after.iter().map(|(s, _)| s.person.clone()).collect();
    write.changes_people(&people.iter().map(|p| p.id.0).collect::<Vec<_>>()).await?;
    upsert_people(&write.tx, institution, &people).await?;
    insert_all(
        &write.tx,
        "insert into person_file (institution_id, person_id, revision, body)",
        "on conflict (institution_id, person_id) do update set revision = excluded.revision, body = excluded.body",
        4,
        after,
        |(s, revision)| Ok(args![institution, s.person.id, revision, to_json(&s.file)?]),
    )
    .await?;
    let mut memberships = Vec::new();
    let mut posts = Vec::new();
    let mut gone = (Vec::new(), Vec::new());
    for (state, _) in after {
        let old = before.get(&state.person.id).map(|h| &h.state);
        let (had_m, had_p) = old.map_or((&[][..], &[][..]), |o| (&o.memberships, &o.posts));
        memberships.extend(state.memberships.iter().filter(|m| !had_m.contains(m)).cloned());
        posts.extend(state.posts.iter().filter(|p| !had_p.contains(p)).cloned());
        gone.0.extend(
            had_m.iter().map(|m| m.id.0).filter(|id| state.memberships.iter().all(|m| m.id.0 != *id)),
        );
        gone.1.extend(had_p.iter().map(|p| p.id.0).filter(|id| state.posts.iter().all(|p| p.id.0 != *id)));
    }
    for (table, ids) in [("membership", gone.0), ("post", gone.1)] {
        delete(write, table, "id", ids).await?;
    }
    upsert_memberships(&write.tx, institution, &memberships).await?;
    upsert_posts(&write.tx, institution, &posts).await
}

/// Deletes rows of people by an id; what they said stays in the states.
pub(super) async fn delete(
    write: &Write,
    table: &str,
    column: &str,
    ids: Vec<uuid::Uuid>,
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let text = format!("delete from {table} where institution_id = $1");
    let mut query = Parts::new(write.dialect, &text, args![write.institution]);
    query.one_of(" and ", column, ids.into_iter());
    sql::execute(&write.tx, &query.sql, query.args).await.map(|_| ())
}

/// Notes states: (person, number, body, note).
pub(super) async fn note_states(
    write: &Write,
    states: &[(PersonId, u32, String, &str)],
    batch: Option<BatchId>,
) -> Result<(), StoreError> {
    insert_all(
        &write.tx,
        "insert into person_revision (institution_id, person_id, revision, body, note, batch_id, at, account_id, address)",
        "",
        9,
        states,
        |(person, revision, body, note)| {
            Ok(args![
                write.institution, person, revision, body, *note, batch, write.at, write.account, write.address
            ])
        },
    )
    .await
}

/// That no number is given to two people.
async fn check_numbers(
    write: &Write,
    before: &BTreeMap<PersonId, Held>,
    saves: &[PersonSave],
) -> Result<(), StoreError> {
    let fresh: HashMap<&str, PersonId> = saves
        .iter()
        .map(|s| &s.state.person)
        .filter(|p| !p.number.is_empty())
        .filter(|p| before.get(&p.id).is_none_or(|h| h.state.person.number != p.number))
        .map(|p| (p.number.as_str(), p.id))
        .collect();
    let text = "select id, number from person where institution_id = $1";
    let taken = || StoreError::Constraint("person_number_taken".to_owned());
    let read = |c: &mut crate::row::Columns<'_>| Ok((c.get::<PersonId>()?, c.get::<String>()?));
    let mut there = Vec::new();
    if fresh.len() > MANY {
        there = write.rows(text, args![write.institution], read).await?;
    } else {
        for number in fresh.keys() {
            let text = format!("{text} and number = $2");
            there.extend(write.rows(&text, args![write.institution, *number], read).await?);
        }
    }
    // Somebody whose number changes in this very save gives it up.
    let given_up: BTreeSet<PersonId> = saves
        .iter()
        .map(|s| &s.state.person)
        .filter(|p| before.get(&p.id).is_some_and(|h| h.state.person.number != p.number))
        .map(|p| p.id)
        .collect();
    for (id, number) in there {
        if fresh.get(number.as_str()).is_some_and(|p| *p != id) && !given_up.contains(&id) {
            return Err(taken());
        }
    }
    Ok(())
}

/// Changes people within a write that is under way; `passed` is told how far it is, in percent.
pub(crate) async fn change(
    store: &Store,
    write: &Write,
    saves: &[PersonSave],
    batch: Option<BatchId>,
    passed: &(dyn Fn(u8) + Sync),
) -> Result<(), StoreError> {
    let institution = write.institution;
    let ids: BTreeSet<PersonId> = saves.iter().map(|s| s.state.person.id).collect();
    let before = held(&write.tx, write.dialect, institution, &ids).await?;
    if saves.iter().any(|s| before.get(&s.state.person.id).map(|h| h.revision) != s.based_on) {
        return Err(StoreError::Conflict);
    }
    check_numbers(write, &before, saves).await?;
    passed(15);
    let drawer = store.drawer().ok();
    // The rows that secrets hang on come first.
    let plain: Vec<(&PersonState, u32)> =
        saves.iter().map(|s| (&s.state, s.based_on.unwrap_or(0) + 1)).collect();
    put_rows(write, &before, &plain).await?;
    passed(50);
    let put = secret::put(write, drawer.as_ref(), saves).await?;
    passed(75);
    let mut states = Vec::new();
    for save in saves {
        let id = save.state.person.id;
        if let (Some(0), Some(held)) = (save.based_on, before.get(&id)) {
            states.push((id, 0, to_json(&held.state)?, "原有"));
        }
        let mut state = save.state.clone();
        state.secrets = before.get(&id).map(|h| h.state.secrets.clone()).unwrap_or_default();
        for (kind, value) in &save.secrets {
            state.secrets.remove(kind);
            if value.is_some() {
                state.secrets.extend(put.get(&(id, *kind)).map(|n| (*kind, *n)));
            }
        }
        states.push((id, save.based_on.unwrap_or(0) + 1, to_json(&state)?, save.note.as_str()));
    }
    note_states(write, &states, batch).await
}

impl Store {
    /// People as they stand now, by id.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn held(
        &self,
        institution: InstitutionId,
        ids: &BTreeSet<PersonId>,
    ) -> Result<BTreeMap<PersonId, Held>, StoreError> {
        let tx = self.snapshot().await?;
        let out = held(&tx, self.dialect, institution, ids).await?;
        tx.commit().await?;
        Ok(out)
    }

    /// Everyone as they stand now, by id.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn held_all(&self, institution: InstitutionId) -> Result<BTreeMap<PersonId, Held>, StoreError> {
        let ids = self
            .rows("select id from person where institution_id = $1", args![institution], |c| c.get())
            .await?;
        self.held(institution, &ids.into_iter().collect()).await
    }

    /// Whether somebody belongs to the scope on `day`: by a membership that holds then, or a post.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn person_in_scope(
        &self,
        institution: InstitutionId,
        scope: &Scope,
        id: PersonId,
        day: jiff::civil::Date,
    ) -> Result<bool, StoreError> {
        let mut query = Parts::new(
            self.dialect,
            "select 1 + 0 from person q left join membership m on m.institution_id = q.institution_id \
             and m.person_id = q.id and m.since <= $3 and (m.until is null or m.until > $3) \
             where q.institution_id = $1 and q.id = $2",
            args![institution, id, day],
        );
        scope.narrow(&mut query, "m.branch_id", "q.id = $p");
        Ok(self.row(&query.sql, query.args, |_| Ok(())).await?.is_some())
    }

    /// Changes people with what follows for duties, all or none; every state before is kept.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody was changed meanwhile; [`StoreError::Constraint`] `person_number_taken` or
    /// `person_secret_taken` when somebody else has the number, `foreign_key` when a unit is not there, `facts_changed`
    /// when something was written since it was worked out what follows.
    pub async fn save_persons(
        &self,
        institution: InstitutionId,
        saves: &[PersonSave],
        follows: Option<&Following>,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write_following(institution, follows, act).await?;
        change(self, &write, saves, None, &|_| ()).await?;
        follow(&write, follows).await?;
        write.commit().await
    }

    /// Every state that a person was in, newest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn person_history(
        &self,
        institution: InstitutionId,
        id: PersonId,
    ) -> Result<Vec<PersonRevision>, StoreError> {
        self.rows(
            "select revision, body, note, batch_id, at, account_id from person_revision \
             where institution_id = $1 and person_id = $2 order by revision desc",
            args![institution, id],
            |c| {
                let revision = c.get()?;
                let body: String = c.get()?;
                Ok(PersonRevision {
                    revision,
                    state: if body.is_empty() { None } else { Some(from_json(&body)?) },
                    note: c.get()?,
                    batch: c.opt()?,
                    at: c.get()?,
                    account: c.opt()?,
                })
            },
        )
        .await
    }
}
