//! Whom a row is about.

use std::collections::HashMap;

use model::{PersonId, SecretKind};

use super::columns::Col;
use super::preview::{Roll, stretch_on};
use super::read::Said;
use super::units::Branches;

/// What a row is looked up by.
pub(super) struct Matching<'m> {
    /// Who holds its card.
    pub(super) card: Option<PersonId>,
    pub(super) by_number: &'m HashMap<&'m str, PersonId>,
    pub(super) by_name: &'m HashMap<&'m str, Vec<PersonId>>,
}

impl Matching<'_> {
    /// Who a row is about: by card, by number, else by name and branch when one of that name is there.
    pub(super) fn find(
        &self,
        said: &Said,
        roll: &Roll<'_>,
        branches: &Branches<'_>,
    ) -> Result<Option<PersonId>, (Col, String)> {
        let name_of = |id: PersonId| roll.held.get(&id).map_or("", |h| h.state.person.name.as_str());
        let numbered =
            Some(said.number.as_str()).filter(|n| !n.is_empty()).and_then(|n| self.by_number.get(n)).copied();
        match (self.card, numbered) {
            (Some(card), Some(number)) if card != number => {
                let words = format!("这个号是{}的，身份证号是{}的", name_of(number), name_of(card));
                Err((Col::Number, words))
            }
            (Some(one), _) => Ok(Some(one)),
            (None, Some(one)) if !said.name.is_empty() && name_of(one) != said.name => {
                let words =
                    format!("这个号在名册里是{}。是同一个人改了名，请先到人员页改；不是就改号", name_of(one));
                Err((Col::Number, words))
            }
            (None, Some(one)) => {
                let known =
                    roll.held.get(&one).is_some_and(|h| h.state.secrets.contains_key(&SecretKind::CitizenId));
                if known && said.citizen_id.is_some() {
                    return Err((
                        Col::CitizenId,
                        "和名册里这个人的身份证号不一样，要改请到人员页改".to_owned(),
                    ));
                }
                Ok(Some(one))
            }
            (None, None) => self.by_name_and_branch(said, roll, branches),
        }
    }

    fn by_name_and_branch(
        &self,
        said: &Said,
        roll: &Roll<'_>,
        branches: &Branches<'_>,
    ) -> Result<Option<PersonId>, (Col, String)> {
        let branch = branches.find(&said.branch, &said.general).ok().map(|u| u.id);
        let same: Vec<PersonId> = self
            .by_name
            .get(said.name.as_str())
            .into_iter()
            .flatten()
            .copied()
            .filter(|id| {
                let Some(held) = roll.held.get(id) else { return false };
                let there = stretch_on(&held.state.memberships, roll.day)
                    .and_then(|i| held.state.memberships.get(i))
                    .map(|m| m.branch);
                // Another card, or another number, is another person of that name.
                let other_card =
                    said.citizen_id.is_some() && held.state.secrets.contains_key(&SecretKind::CitizenId);
                let other_number = !said.number.is_empty() && !held.state.person.number.is_empty();
                let other_birth = said.born.zip(held.state.file.born).is_some_and(|(a, b)| a != b);
                !other_card
                    && !other_number
                    && !other_birth
                    && (branch.is_none() || there.is_none() || there == branch)
            })
            .collect();
        match same.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            many => {
                Err((Col::Name, format!("名册里有 {} 个{}，请填身份证号或工号、学号", many.len(), said.name)))
            }
        }
    }
}
