//! Units.

use std::collections::BTreeMap;

use model::{InstitutionId, Organisation, Unit, UnitId};

use crate::{
    Act, Store, StoreError,
    row::{Columns, args, to_json, to_word},
    tally::Kept,
    write::{Touches, Write},
};

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
        let known = known_units(&write).await?;
        let saved = put_units(&write, &known, units).await?;
        write.changes_org().await?;
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
}

/// Every unit as it stands, with the number of that state.
pub(crate) async fn known_units(write: &Write) -> Result<BTreeMap<UnitId, (Unit, u32)>, StoreError> {
    let text = format!("select {UNIT}, revision from unit where institution_id = $1");
    let rows = write.rows(&text, args![write.institution], |c| Ok((unit(c)?, c.get::<u32>()?))).await?;
    Ok(rows.into_iter().map(|(u, revision)| (u.id, (u, revision))).collect())
}

/// Saves units within a write that is under way; how many were new or changed.
pub(crate) async fn put_units(
    write: &Write,
    known: &BTreeMap<UnitId, (Unit, u32)>,
    units: &[Unit],
) -> Result<usize, StoreError> {
    // Parents first, whatever the order given: a row may point only at one that is there.
    let ordered = in_order_of_saving(units);
    if ordered.len() < units.len() || has_circle(known, units) {
        return Err(StoreError::Constraint("unit_circle".to_owned()));
    }
    let mut saved = 0;
    for unit in ordered {
        let before = known.get(&unit.id);
        if before.is_some_and(|(u, _)| u == unit) {
            continue;
        }
        save_unit(write, unit, before.map_or(1, |(_, revision)| revision + 1)).await?;
        saved += 1;
    }
    Ok(saved)
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
    write.changes(Kept::Units, [id.0]).await?;
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
