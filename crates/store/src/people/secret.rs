//! What is kept sealed of a person: put away, found again by its keyed hash, opened with a line in the audit chain.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{InstitutionId, PersonId, SecretKind};
use sea_orm::ConnectionTrait;

use crate::{
    Act, Store, StoreError,
    row::{Columns, args, to_word},
    seal::{Drawer, Sealed},
    sql::{self, Parts, insert_all},
    write::{Touches, Write},
};

use super::save::PersonSave;

/// More values than this are compared with all that are kept, read at once, instead of one by one.
const MANY: usize = 20;

/// What a sealed value is bound to: it opens in no other row.
pub(crate) fn belongs(institution: InstitutionId, owner: uuid::Uuid, purpose: &str) -> Vec<u8> {
    [institution.0.as_bytes().as_slice(), owner.as_bytes(), purpose.as_bytes()].concat()
}

pub(crate) fn sealed(c: &mut Columns<'_>) -> Result<Sealed, StoreError> {
    Ok(Sealed { key: c.get()?, by: c.get()?, bytes: c.get()? })
}

/// Who holds these values now, each asked for with its hashes.
async fn holders<C: ConnectionTrait>(
    db: &C,
    institution: InstitutionId,
    kind: SecretKind,
    lookups: &[(usize, Vec<Vec<u8>>)],
) -> Result<HashMap<usize, Vec<PersonId>>, StoreError> {
    let word = to_word(&kind)?;
    let mut found: HashMap<usize, Vec<PersonId>> = HashMap::new();
    if lookups.len() <= MANY {
        for (n, hashes) in lookups {
            for hash in hashes {
                let some = sql::rows(
                    db,
                    "select person_id from person_secret where institution_id = $1 and kind = $2 and lookup = $3 and holds = 1",
                    args![institution, word, hash],
                    |c| c.get::<PersonId>(),
                )
                .await?;
                found.entry(*n).or_default().extend(some);
            }
        }
        return Ok(found);
    }
    let mut all: HashMap<Vec<u8>, Vec<PersonId>> = HashMap::new();
    let rows = sql::rows(
        db,
        "select lookup, person_id from person_secret where institution_id = $1 and kind = $2 and holds = 1",
        args![institution, word],
        |c| Ok((c.get::<Vec<u8>>()?, c.get::<PersonId>()?)),
    );
    for (lookup, person) in rows.await? {
        all.entry(lookup).or_default().push(person);
    }
    for (n, hashes) in lookups {
        let some: Vec<PersonId> = hashes.iter().filter_map(|h| all.get(h)).flatten().copied().collect();
        found.insert(*n, some);
    }
    Ok(found)
}

/// Puts away what `saves` bring: the number of each that holds now, by the save's place and kind.
///
/// # Errors
/// [`StoreError::Constraint`] `person_secret_taken` when somebody else has the number of an identity card.
pub(super) async fn put(
    write: &Write,
    drawer: Option<&Drawer>,
    saves: &[PersonSave],
) -> Result<HashMap<(PersonId, SecretKind), u32>, StoreError> {
    let institution = write.institution;
    let given: Vec<(PersonId, SecretKind, Option<&str>)> = saves
        .iter()
        .flat_map(|s| s.secrets.iter().map(|(k, v)| (s.state.person.id, *k, v.as_deref())))
        .collect();
    if given.is_empty() {
        return Ok(HashMap::new());
    }
    let drawer =
        drawer.ok_or_else(|| StoreError::Internal("the store was opened without keys".to_owned()))?;
    let mut asked = Vec::new();
    for (n, (_, kind, value)) in given.iter().enumerate() {
        if let (SecretKind::CitizenId, Some(value)) = (kind, value) {
            asked.push((n, drawer.lookups(value)?));
        }
    }
    let taken = holders(&write.tx, institution, SecretKind::CitizenId, &asked).await?;
    if taken.iter().any(|(n, holders)| holders.iter().any(|h| given[*n].0 != *h)) {
        return Err(StoreError::Constraint("person_secret_taken".to_owned()));
    }
    let people: BTreeSet<PersonId> = given.iter().map(|(p, ..)| *p).collect();
    let mut newest: HashMap<(PersonId, SecretKind), u32> = HashMap::new();
    let text = "select person_id, kind, max(revision) from person_secret where institution_id = $1";
    let mut query = Parts::new(write.dialect, text, args![institution]);
    query.one_of(" and ", "person_id", people.iter().map(|p| p.0));
    query.push(" group by person_id, kind");
    for (person, kind, revision) in sql::rows(&write.tx, &query.sql, query.args, |c| {
        Ok((c.get::<PersonId>()?, c.word::<SecretKind>()?, c.get::<u32>()?))
    })
    .await?
    {
        newest.insert((person, kind), revision);
    }
    for kind in SecretKind::ALL {
        let mine = given.iter().filter(|g| g.1 == kind && newest.contains_key(&(g.0, kind))).map(|g| g.0.0);
        let mine: Vec<_> = mine.collect();
        if !mine.is_empty() {
            let text =
                "update person_secret set holds = 0 where institution_id = $1 and kind = $2 and holds = 1";
            let mut query = Parts::new(write.dialect, text, args![institution, to_word(&kind)?]);
            query.one_of(" and ", "person_id", mine.into_iter());
            sql::execute(&write.tx, &query.sql, query.args).await?;
        }
    }
    let mut rows = Vec::new();
    let mut out = HashMap::new();
    for (person, kind, value) in given {
        let Some(value) = value else { continue };
        let word = to_word(&kind)?;
        let revision = newest.get(&(person, kind)).copied().unwrap_or(0) + 1;
        let sealed = drawer.seal(value.as_bytes(), &belongs(institution, person.0, &word))?;
        out.insert((person, kind), revision);
        rows.push((person, word, revision, sealed, drawer.lookup(value)?));
    }
    insert_all(
        &write.tx,
        "insert into person_secret (institution_id, person_id, kind, revision, holds, sealed_key, sealed_by, sealed, lookup)",
        "",
        9,
        &rows,
        |(person, word, revision, sealed, lookup)| {
            Ok(args![institution, person, word, revision, 1_i64, sealed.key, sealed.by, sealed.bytes, lookup])
        },
    )
    .await?;
    Ok(out)
}

/// Lets exactly these numbers hold, of the people who are named.
pub(super) async fn restore(
    write: &Write,
    people: &[PersonId],
    holding: &[(PersonId, SecretKind, u32)],
) -> Result<(), StoreError> {
    let institution = write.institution;
    let mut query = Parts::new(
        write.dialect,
        "update person_secret set holds = 0 where institution_id = $1 and holds = 1",
        args![institution],
    );
    query.one_of(" and ", "person_id", people.iter().map(|p| p.0));
    sql::execute(&write.tx, &query.sql, query.args).await?;
    for (person, kind, revision) in holding {
        write
            .execute(
                "update person_secret set holds = 1 where institution_id = $1 and person_id = $2 and kind = $3 and revision = $4",
                args![institution, person, to_word(kind)?, revision],
            )
            .await?;
    }
    Ok(())
}

impl Store {
    /// Opens what is sealed of these people. The act is in the audit chain before anything is given.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when a key is missing or a value was changed.
    pub async fn reveal(
        &self,
        institution: InstitutionId,
        people: &[PersonId],
        act: &Act,
    ) -> Result<BTreeMap<(PersonId, SecretKind), String>, StoreError> {
        self.write(institution, act, Touches::Other).await?.commit().await?;
        self.opened(institution, people).await?.into_iter().map(|(of, value)| Ok((of, value?))).collect()
    }

    /// What is sealed of these people, so shortened that the whole cannot be put together ([`SecretKind::masked`]): the
    /// only form that a page shows without a reason. Made at each look and kept nowhere; of a value that does not open,
    /// none.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn masks(
        &self,
        institution: InstitutionId,
        people: &[PersonId],
    ) -> Result<BTreeMap<(PersonId, SecretKind), Option<String>>, StoreError> {
        let opened = self.opened(institution, people).await?;
        Ok(opened
            .into_iter()
            .map(|((person, kind), value)| {
                let masked = match value {
                    Ok(value) => Some(kind.masked(&value)),
                    Err(error) => {
                        tracing::warn!(%person, %error, "a sealed value does not open");
                        None
                    }
                };
                ((person, kind), masked)
            })
            .collect())
    }

    /// The values that hold of these people, each opened or the reason why not.
    async fn opened(
        &self,
        institution: InstitutionId,
        people: &[PersonId],
    ) -> Result<BTreeMap<(PersonId, SecretKind), Result<String, StoreError>>, StoreError> {
        if people.is_empty() {
            return Ok(BTreeMap::new());
        }
        let drawer = self.drawer()?;
        let text = "select person_id, kind, sealed_key, sealed_by, sealed from person_secret \
                    where institution_id = $1 and holds = 1";
        let mut query = Parts::new(self.dialect, text, args![institution]);
        query.one_of(" and ", "person_id", people.iter().map(|p| p.0));
        let rows = self
            .rows(&query.sql, query.args, |c| Ok((c.get::<PersonId>()?, c.word::<SecretKind>()?, sealed(c)?)))
            .await?;
        let mut out = BTreeMap::new();
        for (person, kind, sealed) in rows {
            let opened = drawer.open(&sealed, &belongs(institution, person.0, &to_word(&kind)?));
            out.insert((person, kind), opened.map(|o| String::from_utf8_lossy(&o).into_owned()));
        }
        Ok(out)
    }

    /// Who holds each of these values now, in their order (two people may share a phone); by keyed hashes, nothing is opened.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn secret_holders(
        &self,
        institution: InstitutionId,
        kind: SecretKind,
        values: &[&str],
    ) -> Result<Vec<Vec<PersonId>>, StoreError> {
        let drawer = self.drawer()?;
        let mut lookups = Vec::new();
        for (n, value) in values.iter().enumerate() {
            lookups.push((n, drawer.lookups(value)?));
        }
        let tx = self.snapshot().await?;
        let mut found = holders(&tx, institution, kind, &lookups).await?;
        tx.commit().await?;
        Ok((0..values.len()).map(|n| found.remove(&n).unwrap_or_default()).collect())
    }

    /// Whether anything at all is sealed in this database: then a missing file of keys is a loss, not a first start.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn holds_secrets(&self) -> Result<bool, StoreError> {
        for table in super::rotate::TABLES {
            let text = format!("select 1 + 0 from {} where sealed_key > 0 limit 1", table.name);
            if self.row(&text, vec![], |_| Ok(())).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
