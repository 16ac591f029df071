//! Who and which units stand in a record.

use model::{Attendance, Participant, Person, Unit, UnitId, UnitKind, Value, rule::Field};

use super::{Scene, named};
use crate::chance::Chance;

/// Ledgers whose `person` is a member of the branch, and not its head.
const OF_A_MEMBER: [&str; 5] =
    ["member-development", "membership-transfer", "pledge", "pioneer-post", "floating-members"];

impl<'a> Scene<'_, 'a> {
    pub(super) fn person(&self, field: &Field, chance: &mut Chance) -> Option<Value> {
        let other = |chance: &mut Chance| {
            let there = self.present(chance)?;
            Some(Value::Person { id: there.person, name: there.name.clone() })
        };
        match field.id.as_str() {
            "recorder" | "author" => self.recorder.map(named).or_else(|| other(chance)),
            "host" => self.host.map(named).or_else(|| other(chance)),
            // Who is to come is on no roster yet.
            "person" if self.occasion.ledgers.iter().any(|l| l == "talent-check") => {
                Some(Value::Person { id: None, name: self.phrase("recruit", chance)? })
            }
            "person" if self.occasion.ledgers.iter().any(|l| l == "ethics-file") => {
                let branches: Vec<&Unit> =
                    self.world.org.units.iter().filter(|u| u.kind == UnitKind::Branch).collect();
                let branch = chance.pick(&branches)?;
                chance.pick(&self.world.members(branch, self.occasion.day)).map(|p| named(p))
            }
            id if id.starts_with("gate_") => {
                let word = match id {
                    "gate_personnel" => "人事处",
                    "gate_organisation" => "组织部",
                    "gate_publicity" => "宣传部",
                    "gate_discipline" => "纪委",
                    _ => "党总支",
                };
                let of = self.world.org.units.iter().find(|u| u.name.contains(word))?;
                self.world.officers(of.id, self.occasion.day).first().map(|p| named(p))
            }
            "person" if self.occasion.ledgers.iter().any(|l| OF_A_MEMBER.contains(&l.as_str())) => {
                chance.pick(&self.world.members(self.unit, self.occasion.day)).map(|p| named(p))
            }
            "counterpart" => {
                let all = self.world.members(self.unit, self.occasion.day);
                let all = if all.is_empty() { self.world.board(self.unit, self.occasion.day) } else { all };
                let of: Vec<&Person> =
                    all.into_iter().filter(|p| Some(p.id) != self.officer(0).map(|o| o.id)).collect();
                chance.pick(&of).map(|p| named(p))
            }
            "signed_by_superior" => {
                let above = self.unit.parent.unwrap_or(self.unit.id);
                self.world.officers(above, self.occasion.day).first().map(|p| named(p))
            }
            _ => self.officer(0).map(named).or_else(|| other(chance)),
        }
    }

    pub(super) fn named_people(&self, field: &Field, chance: &mut Chance) -> Option<Value> {
        if field.id == "people" {
            return (!self.people.is_empty()).then(|| Value::People(self.people.clone()));
        }
        let named = |person: &Person, role: &str| Participant {
            person: Some(person.id),
            name: person.name.clone(),
            attendance: Attendance::Present,
            reason: String::new(),
            guest: false,
            role: role.to_owned(),
        };
        let mut some: Vec<&Person> = if field.id == "committee_members" || self.people.is_empty() {
            self.officers.clone()
        } else {
            self.people.iter().filter_map(|p| self.world.person(p.person?)).collect()
        };
        if field.id != "committee_members" {
            chance.shuffle(&mut some);
        }
        some.truncate(usize::try_from(chance.within(3, 6)).unwrap_or(3));
        let first = match field.id.as_str() {
            "committee_members" => "书记",
            "honoured_people" => "",
            _ => "组长",
        };
        let list = some.iter().enumerate().map(|(n, p)| named(p, if n == 0 { first } else { "" }));
        let list: Vec<Participant> = list.collect();
        (!list.is_empty()).then_some(Value::People(list))
    }

    /// How many days ago the running term began; each unit's differs.
    pub(super) fn days_of_term(&self) -> i64 {
        let place = self.world.org.units.iter().position(|u| u.id == self.unit.id).unwrap_or(0);
        i64::try_from(place * 37 % 950).unwrap_or(0) + 30
    }

    pub(super) fn some_units(&self, field: &Field, chance: &mut Chance) -> Vec<UnitId> {
        // Responsibility letters are signed with those directly below; here and there one is still to come.
        if matches!(field.id.as_str(), "letter_due" | "letter_signed") {
            let below = self.world.org.units.iter().filter(|u| u.parent == Some(self.unit.id));
            let mut below: Vec<UnitId> = below.filter(|u| u.kind != UnitKind::Group).map(|u| u.id).collect();
            if below.is_empty() {
                below.push(self.unit.id);
            }
            if field.id == "letter_signed" && below.len() > 2 && self.occasion.day.day() % 3 == 0 {
                below.pop();
            }
            return below;
        }
        let kind = match field.id.as_str() {
            "joint_units" => UnitKind::Department,
            "honoured_units" => UnitKind::Branch,
            _ => UnitKind::GeneralBranch,
        };
        let mut all: Vec<UnitId> =
            self.world.org.units.iter().filter(|u| u.kind == kind).map(|u| u.id).collect();
        chance.shuffle(&mut all);
        all.truncate(usize::try_from(chance.within(2, 4)).unwrap_or(2));
        all.sort_unstable();
        all
    }
}
