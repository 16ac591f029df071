//! What somebody owes and is reminded of.

use std::collections::BTreeSet;

use model::UnitId;
use store::RungRow;

use super::read::{Item, chasing};
use crate::{Actor, Fault, Work, sight};

/// What somebody owes today: nothing of it is anybody else's.
#[derive(Clone, Debug, Default)]
pub struct Digest {
    /// What is late.
    pub late: Vec<Item>,
    /// What is due today or in the coming days of 将到期.
    pub soon: Vec<Item>,
    /// Of these, what a rung reminds of today, with the rung's title: what goes by itself, before the due day.
    pub reminded: Vec<(Item, String)>,
    /// What was released to their units, or to them, and nobody of them has seen yet.
    pub released: Vec<(Item, RungRow)>,
}

impl Digest {
    /// Whether nothing is owed: then nothing goes.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        let Self { late, soon, reminded, released } = self;
        late.is_empty() && soon.is_empty() && reminded.is_empty() && released.is_empty()
    }
}

/// What an account owes today and is reminded of.
///
/// # Errors
/// When the store cannot read.
pub async fn digest(work: &Work, actor: &Actor) -> Result<Digest, Fault> {
    let chasing = chasing(work, actor.institution).await?;
    let own = sight::own_units(work, actor).await?;
    let mut out = Digest::default();
    for item in chasing.items().filter(|i| is_theirs(actor, &own, i)) {
        if item.standing == model::Standing::Overdue {
            out.late.push(item.clone());
        } else if item.standing == model::Standing::DueSoon {
            out.soon.push(item.clone());
        }
        if let Some(next) = item.next.as_ref().filter(|n| n.rung.by.is_none() && n.wait.is_none()) {
            out.reminded.push((item.clone(), next.rung.title.clone()));
        }
        if let Some(rung) = item.unseen() {
            out.released.push((item.clone(), rung.clone()));
        }
    }
    let by_due = |a: &Item, b: &Item| (a.due, a.unit, &a.about).cmp(&(b.due, b.unit, &b.about));
    out.late.sort_by(by_due);
    out.soon.sort_by(by_due);
    Ok(out)
}

/// Whether somebody owes it: a person their own, a unit's who keeps its records.
fn is_theirs(actor: &Actor, own: &BTreeSet<UnitId>, item: &Item) -> bool {
    if item.personal {
        return item.person.is_some() && item.person == actor.person;
    }
    own.contains(&item.unit)
}
