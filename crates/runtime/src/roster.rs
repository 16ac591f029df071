//! Who is in which branch, and who holds which post, on a day.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use model::{About, Membership, Organisation, PersonId, Post, Unit, UnitId, UnitKind};

/// Memberships and posts with the look-ups that scheduling needs. Built once; a look-up costs what it returns.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    memberships: Vec<Membership>,
    posts: Vec<Post>,
    by_branch: BTreeMap<UnitId, Vec<u32>>,
    by_person: HashMap<PersonId, Vec<u32>>,
    by_title: BTreeMap<String, Vec<u32>>,
    categories: BTreeMap<PersonId, BTreeSet<String>>,
}

fn holds(since: Date, until: Option<Date>, day: Date) -> bool {
    since <= day && until.is_none_or(|u| day < u)
}

fn numbered<T>(all: &[T]) -> impl Iterator<Item = (u32, &T)> {
    (0u32..).zip(all)
}

impl Roster {
    /// A roster of these memberships (of any stage) and posts (past ones included).
    #[must_use]
    pub fn new(mut memberships: Vec<Membership>, mut posts: Vec<Post>) -> Self {
        memberships.sort_by_key(|m| (m.branch, m.person, m.since));
        posts.sort_by_key(|p| (p.unit, p.person, p.since));
        let mut out = Self { memberships, posts, ..Self::default() };
        for (i, m) in numbered(&out.memberships) {
            out.by_branch.entry(m.branch).or_default().push(i);
            out.by_person.entry(m.person).or_default().push(i);
        }
        for (i, p) in numbered(&out.posts) {
            match out.by_title.get_mut(&p.title) {
                Some(list) => list.push(i),
                None => {
                    out.by_title.insert(p.title.clone(), vec![i]);
                }
            }
        }
        out
    }

    /// The same with the categories of people; of who is not named, none.
    #[must_use]
    pub fn with_categories(self, categories: BTreeMap<PersonId, BTreeSet<String>>) -> Self {
        Self { categories, ..self }
    }

    /// Party members (预备党员 included) of `branch` on `day`, by person.
    pub fn members_of(&self, branch: UnitId, day: Date) -> impl Iterator<Item = &Membership> {
        let list = self.by_branch.get(&branch).map(Vec::as_slice).unwrap_or_default();
        list.iter()
            .filter_map(|&i| self.memberships.get(i as usize))
            .filter(move |m| m.stage.is_member() && holds(m.since, m.until, day))
    }

    /// The people of a unit whom a demand is about on `day`, each once, with the day since when they are such: those at the
    /// stages in it (of a group its own, of what stands above branches those of all of them) and of the categories, and those
    /// who hold the posts.
    #[must_use]
    pub fn about(
        &self,
        about: &About,
        unit: &Unit,
        org: &Organisation,
        day: Date,
    ) -> BTreeMap<PersonId, Date> {
        let mut out: BTreeMap<PersonId, Date> = BTreeMap::new();
        let mut add = |person: PersonId, since: Date| {
            out.entry(person).and_modify(|d| *d = since.min(*d)).or_insert(since);
        };
        let is_meant = |person: PersonId| {
            let of = || self.categories.get(&person).is_some_and(|c| !c.is_disjoint(&about.categories));
            about.categories.is_empty() || of()
        };
        let group = unit.kind == UnitKind::Group;
        let branches = match unit.kind {
            UnitKind::Group => unit.parent.into_iter().collect(),
            UnitKind::Branch => BTreeSet::from([unit.id]),
            _ => org.subtree(unit.id),
        };
        for branch in &branches {
            let list = self.by_branch.get(branch).map(Vec::as_slice).unwrap_or_default();
            list.iter()
                .filter_map(|&i| self.memberships.get(i as usize))
                .filter(|m| about.stages.contains(&m.stage) && holds(m.since, m.until, day))
                .filter(|m| (!group || m.group == Some(unit.id)) && is_meant(m.person))
                .for_each(|m| add(m.person, m.since));
        }
        self.holders(&about.posts, day).filter(|p| p.unit == unit.id).for_each(|p| add(p.person, p.since));
        out
    }

    /// Branches that have, or have had, anybody.
    pub fn branches(&self) -> impl Iterator<Item = UnitId> {
        self.by_branch.keys().copied()
    }

    /// The day since when `person` is a Party member, in whichever branch, as far as the roster goes back.
    #[must_use]
    pub fn member_since(&self, person: PersonId) -> Option<Date> {
        let list = self.by_person.get(&person)?.iter().filter_map(|&i| self.memberships.get(i as usize));
        list.filter(|m| m.stage.is_member()).map(|m| m.since).min()
    }

    /// The branch in which `person` is a Party member on `day`.
    #[must_use]
    pub fn branch_of(&self, person: PersonId, day: Date) -> Option<UnitId> {
        let list = self.by_person.get(&person)?;
        list.iter()
            .filter_map(|&i| self.memberships.get(i as usize))
            .find(|m| m.stage.is_member() && holds(m.since, m.until, day))
            .map(|m| m.branch)
    }

    /// Posts with one of these titles (whole titles: 书记 is not 副书记) that are held on `day`.
    pub fn holders<'a>(&'a self, titles: &'a BTreeSet<String>, day: Date) -> impl Iterator<Item = &'a Post> {
        titles
            .iter()
            .filter_map(|t| self.by_title.get(t))
            .flatten()
            .filter_map(|&i| self.posts.get(i as usize))
            .filter(move |p| holds(p.since, p.until, day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use model::{MembershipId, PostId, Stage};

    fn membership(person: u8, branch: u8, stage: Stage, since: Date, until: Option<Date>) -> Membership {
        Membership {
            id: MembershipId::fresh(),
            person: PersonId::from_parts(1, &[person; 10]),
            branch: UnitId::from_parts(1, &[branch; 10]),
            group: None,
            stage,
            since,
            until,
        }
    }

    #[test]
    fn a_transfer_moves_the_person_on_its_day() {
        let roster = Roster::new(
            vec![
                membership(1, 1, Stage::Full, date(2020, 1, 1), Some(date(2022, 5, 9))),
                membership(1, 2, Stage::Full, date(2022, 5, 9), None),
                membership(2, 1, Stage::Activist, date(2021, 1, 1), None),
            ],
            vec![],
        );
        let (p1, b1, b2) = (
            PersonId::from_parts(1, &[1; 10]),
            UnitId::from_parts(1, &[1; 10]),
            UnitId::from_parts(1, &[2; 10]),
        );
        assert_eq!(roster.branch_of(p1, date(2022, 5, 8)), Some(b1));
        assert_eq!(roster.branch_of(p1, date(2022, 5, 9)), Some(b2));
        assert_eq!(roster.members_of(b1, date(2022, 1, 1)).count(), 1, "an activist is no member");
        assert_eq!(roster.members_of(b1, date(2022, 6, 1)).count(), 0);
    }

    #[test]
    fn a_title_is_met_whole() {
        let post = |title: &str, person: u8| Post {
            id: PostId::fresh(),
            person: PersonId::from_parts(1, &[person; 10]),
            unit: UnitId::from_parts(1, &[1; 10]),
            title: title.to_owned(),
            since: date(2020, 1, 1),
            until: None,
        };
        let roster = Roster::new(vec![], vec![post("书记", 1), post("副书记", 2)]);
        let titles = BTreeSet::from(["书记".to_owned()]);
        assert_eq!(roster.holders(&titles, date(2022, 1, 1)).count(), 1);
        assert_eq!(roster.holders(&titles, date(2019, 1, 1)).count(), 0);
    }
}
