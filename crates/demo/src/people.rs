//! Who there is: members and applicants of every branch, what they have been since when, and the posts they hold.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use model::{Membership, Organisation, Person, PersonId, Post, Stage, Unit, UnitId, UnitKind};

use super::{
    chance::{Chance, id},
    names::{Generation, Names},
};

/// Everybody of the college.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct People {
    pub(crate) persons: Vec<Person>,
    pub(crate) memberships: Vec<Membership>,
    pub(crate) posts: Vec<Post>,
}

impl People {
    /// The person who holds `title` in `unit` on `day`.
    pub(crate) fn holder(&self, unit: UnitId, title: &str, day: Date) -> Option<&Person> {
        let post = self.posts.iter().find(|p| {
            p.unit == unit && p.title == title && p.since <= day && p.until.is_none_or(|until| day < until)
        })?;
        self.persons.iter().find(|p| p.id == post.person)
    }

    /// How many are Party members (预备党员 included) on `day`.
    #[cfg(test)]
    pub(crate) fn members_on(&self, day: Date) -> usize {
        self.memberships
            .iter()
            .filter(|m| m.stage.is_member() && m.since <= day && m.until.is_none_or(|until| day < until))
            .count()
    }
}

/// Departments whose people are together in one branch of the offices; a department that is not named here goes to the
/// last one.
const HOMES: [(&str, &[&str]); 6] = [
    ("组织宣传党支部", &["纪委", "组织部", "宣传部", "统战部", "监察审计处", "工会", "妇女委员会"]),
    (
        "教务科研党支部",
        &["教务处", "科研处", "国际交流处", "信息中心", "质量管理办公室", "图书馆", "继续教育学院"],
    ),
    ("学生工作党支部", &["学生工作部", "就业中心", "团委"]),
    ("财务资产党支部", &["财务处", "资产管理处", "人事处"]),
    ("后勤保卫党支部", &["保卫处", "后勤处"]),
    ("马克思主义学院党支部", &["马克思主义学院"]),
];

/// The college's leaders, and the branch in which each is an ordinary member. The third is the unit of the post.
const LEADERS: [(&str, &str, &str); 6] = [
    ("书记", "马克思主义学院党支部", ""),
    ("副书记", "信息工程学院教工第一党支部", ""),
    ("副书记", "学生工作党支部", ""),
    ("书记", "组织宣传党支部", "纪委"),
    ("委员", "智能制造学院教工第一党支部", ""),
    ("委员", "健康护理学院教工第一党支部", ""),
];

/// What the people of one branch are like.
struct Shape {
    /// Members on the first day of the year.
    members: i64,
    /// Members of the staff among them (a students' branch is led by teachers).
    staff: i64,
    /// Probationary members among them.
    probationary: i64,
    candidates: i64,
    activists: i64,
    /// Those who graduate in summer.
    graduates: i64,
}

impl Shape {
    fn of(branch: &Unit, chance: &mut Chance) -> Self {
        let has = |t: &str| branch.traits.contains(t);
        if has("student") {
            let members = chance.within(31, 48);
            Self {
                members,
                staff: chance.within(3, 5),
                probationary: members * chance.within(28, 42) / 100,
                candidates: chance.within(4, 8),
                activists: chance.within(9, 18),
                graduates: chance.within(2, 5),
            }
        } else if has("retired") {
            Self {
                members: chance.within(36, 44),
                staff: 0,
                probationary: 0,
                candidates: 0,
                activists: 0,
                graduates: 0,
            }
        } else {
            // A branch of fewer than seven full members has no committee (党支部工作条例第20条).
            let members = if has("committee") { chance.within(17, 33) } else { chance.within(5, 6) };
            let young = i64::from(has("committee"));
            Self {
                members,
                staff: members,
                probationary: chance.within(0, 2) * young,
                candidates: chance.within(0, 1) * young,
                activists: chance.within(1, 3) * young,
                graduates: 0,
            }
        }
    }
}

struct Maker<'o> {
    org: &'o Organisation,
    year: i16,
    base: u64,
    made: u64,
    chance: Chance,
    names: Names,
    people: People,
}

/// The people of `org` in the year of the plan, the same for the same seed.
pub(crate) fn people(org: &Organisation, year: i16, base_millis: u64, seed: u64) -> People {
    let mut maker = Maker {
        org,
        year,
        base: base_millis,
        made: 0,
        chance: Chance::new(seed, "people"),
        names: Names::new(),
        people: People::default(),
    };
    let mut members = BTreeMap::new();
    for branch in org.units.iter().filter(|u| u.kind == UnitKind::Branch) {
        let found = maker.branch(branch);
        members.insert(branch.id, found);
    }
    for (branch, found) in &members {
        maker.branch_posts(*branch, found);
    }
    maker.leaders(&mut members);
    maker.departments(&mut members);
    maker.general_branches(&mut members);
    maker.people
}

/// Members of one branch who can hold posts, staff first, those longest in the Party first.
type Able = Vec<PersonId>;

impl Maker<'_> {
    fn millis(&mut self) -> u64 {
        self.made += 1;
        self.base + self.made
    }

    fn person(&mut self, kind: &str, number: String) -> PersonId {
        let generation = match kind {
            "student" => Generation::Younger,
            "retired" => Generation::Elder,
            _ => Generation::Middle,
        };
        let name = self.names.next(generation, &mut self.chance);
        let millis = self.millis();
        let id = id!(PersonId, millis, self.chance);
        self.people.persons.push(Person { id, name, number, kind: kind.to_owned() });
        id
    }

    fn membership(
        &mut self,
        person: PersonId,
        at: (UnitId, Option<UnitId>),
        stage: Stage,
        since: Date,
        until: Option<Date>,
    ) {
        let millis = self.millis();
        let id = id!(MembershipId, millis, self.chance);
        let (branch, group) = at;
        self.people.memberships.push(Membership { id, person, branch, group, stage, since, until });
    }

    fn post(&mut self, person: PersonId, unit: UnitId, title: &str) {
        let millis = self.millis();
        let id = id!(PostId, millis, self.chance);
        let since = date(self.year - 2, 9, 15);
        let title = title.to_owned();
        self.people.posts.push(Post { id, person, unit, title, since, until: None });
    }

    /// 工号: year of entry and a running number; 学号: year of entry, a digit of the college, class, place.
    fn number(&mut self, kind: &str) -> String {
        let n = self.people.persons.len();
        match kind {
            "student" => format!("{}{:02}{:04}", self.year - 2, 10 + n % 7, n),
            "retired" => format!("T{:05}", 10_000 + n),
            _ => format!("{}{n:04}", 1995 + self.chance.within(0, i64::from(self.year) - 1997)),
        }
    }

    fn branch(&mut self, branch: &Unit) -> Able {
        let shape = Shape::of(branch, &mut self.chance);
        let groups: Vec<UnitId> = self
            .org
            .units
            .iter()
            .filter(|u| u.kind == UnitKind::Group && u.parent == Some(branch.id))
            .map(|u| u.id)
            .collect();
        let group =
            |n: i64| usize::try_from(n).ok().and_then(|n| groups.get(n % groups.len().max(1))).copied();
        let outside = if branch.traits.contains("student") {
            "student"
        } else if branch.traits.contains("retired") {
            "retired"
        } else {
            "staff"
        };
        let (year, today) = (self.year, date(self.year, 1, 1));
        let mut able = Able::new();
        for n in 0..shape.members {
            let kind = if n < shape.staff { "staff" } else { outside };
            let number = self.number(kind);
            let person = self.person(kind, number);
            let at = (branch.id, group(n));
            if n >= shape.members - shape.probationary {
                // Admitted last year; made full members a year later, on the day of the assembly.
                let admitted = self.chance.day(date(year - 1, 4, 10), date(year - 1, 12, 10));
                let full = admitted.saturating_add(jiff::Span::new().years(1));
                self.membership(person, at, Stage::Probationary, admitted, Some(full));
                self.membership(person, at, Stage::Full, full, None);
                continue;
            }
            let since = match kind {
                "student" => self.chance.day(date(year - 1, 3, 1), date(year - 1, 12, 20)),
                "retired" => self.chance.day(date(1968, 7, 1), date(1995, 12, 20)),
                _ => self.chance.day(date(1996, 7, 1), date(year - 3, 12, 20)),
            };
            let leaves = (kind == "student" && n < shape.staff + shape.graduates)
                .then(|| self.chance.day(date(year, 6, 26), date(year, 7, 9)));
            self.membership(person, at, Stage::Full, since, leaves);
            if leaves.is_none() {
                able.push(person);
            }
        }
        for n in 0..shape.candidates {
            let number = self.number(outside);
            let person = self.person(outside, number);
            let since = self.chance.day(date(year - 1, 10, 8), date(year - 1, 12, 25));
            // Most are admitted in early summer; the rest wait for the next meeting.
            let admitted =
                self.chance.percent(65).then(|| self.chance.day(date(year, 5, 20), date(year, 6, 24)));
            self.membership(person, (branch.id, None), Stage::Candidate, since, admitted);
            if let Some(day) = admitted {
                self.membership(person, (branch.id, group(n)), Stage::Probationary, day, None);
            }
        }
        for _ in 0..shape.activists {
            let number = self.number(outside);
            let person = self.person(outside, number);
            let since = self.chance.day(date(year - 1, 3, 5), today);
            self.membership(person, (branch.id, None), Stage::Activist, since, None);
        }
        able
    }

    fn branch_posts(&mut self, branch: UnitId, able: &[PersonId]) {
        let Some(unit) = self.org.unit(branch) else { return };
        let mut titles = vec!["书记"];
        if unit.traits.contains("committee") {
            titles.extend(["副书记", "组织委员", "宣传委员", "纪检委员"]);
        }
        for (title, person) in titles.iter().zip(able) {
            self.post(*person, branch, title);
        }
        let groups: Vec<UnitId> = self
            .org
            .units
            .iter()
            .filter(|u| u.kind == UnitKind::Group && u.parent == Some(branch))
            .map(|u| u.id)
            .collect();
        for group in groups {
            let heads = |m: &&Membership| {
                m.group == Some(group) && m.stage == Stage::Full && able.contains(&m.person)
            };
            // One who holds no post in the branch yet, when there is one.
            let found: Vec<PersonId> =
                self.people.memberships.iter().filter(heads).map(|m| m.person).collect();
            let free =
                found.iter().find(|p| !self.people.posts.iter().any(|x| x.person == **p)).or(found.first());
            if let Some(person) = free.copied() {
                self.post(person, group, "组长");
            }
        }
    }

    fn named(&self, name: &str) -> Option<UnitId> {
        self.org.units.iter().find(|u| u.name == name).map(|u| u.id)
    }

    fn root(&self) -> Option<UnitId> {
        self.org.units.iter().find(|u| u.kind == UnitKind::Committee).map(|u| u.id)
    }

    /// Takes somebody without a post in the branch called `home`; in a branch of an unknown name, in the first that
    /// has anybody left.
    fn ordinary(&self, home: &str, members: &mut BTreeMap<UnitId, Able>) -> Option<PersonId> {
        let taken = |p: &PersonId| self.people.posts.iter().any(|x| x.person == *p);
        let from = |able: &Able| able.iter().rev().find(|p| !taken(p)).copied();
        let there = self.named(home).and_then(|id| members.get(&id)).and_then(from);
        there.or_else(|| members.values().find_map(from))
    }

    fn leaders(&mut self, members: &mut BTreeMap<UnitId, Able>) {
        let Some(root) = self.root() else { return };
        for (title, home, unit) in LEADERS {
            let unit = self.named(unit).unwrap_or(root);
            if let Some(person) = self.ordinary(home, members) {
                self.post(person, unit, title);
            }
        }
    }

    fn departments(&mut self, members: &mut BTreeMap<UnitId, Able>) {
        let heads: Vec<(UnitId, String)> = self
            .org
            .units
            .iter()
            .filter(|u| matches!(u.kind, UnitKind::Department | UnitKind::MassOrganisation))
            .map(|u| (u.id, u.name.clone()))
            .collect();
        for (n, (unit, name)) in heads.iter().enumerate() {
            let home = HOMES
                .iter()
                .find(|(_, all)| all.contains(&name.as_str()))
                .map_or("党政办公室党支部", |(home, _)| home);
            // Here and there the head of a department is also on the committee of the branch.
            let on_committee = self
                .named(home)
                .filter(|_| n % 5 == 1)
                .and_then(|branch| {
                    self.people.posts.iter().find(|p| p.unit == branch && p.title == "组织委员")
                })
                .map(|p| p.person)
                .filter(|p| self.people.posts.iter().filter(|x| x.person == *p).count() == 1);
            if let Some(person) = on_committee.or_else(|| self.ordinary(home, members)) {
                self.post(person, *unit, head_title(name));
            }
            if name == "党委办公室"
                && let Some(person) = self.ordinary(home, members)
            {
                self.post(person, *unit, "秘书");
            }
        }
    }

    fn general_branches(&mut self, members: &mut BTreeMap<UnitId, Able>) {
        let all: Vec<UnitId> =
            self.org.units.iter().filter(|u| u.kind == UnitKind::GeneralBranch).map(|u| u.id).collect();
        for unit in all {
            let first = self.org.units.iter().find(|u| {
                u.parent == Some(unit)
                    && u.kind == UnitKind::Branch
                    && u.traits.contains("staff")
                    && u.traits.contains("committee")
            });
            let home = first.map_or(String::new(), |u| u.name.clone());
            for title in ["书记", "副书记"] {
                if let Some(person) = self.ordinary(&home, members) {
                    self.post(person, unit, title);
                }
            }
        }
    }
}

/// What the head of a department is called, by the department's name.
pub(crate) fn head_title(department: &str) -> &'static str {
    match department {
        "团委" => "书记",
        "工会" => "主席",
        "图书馆" => "馆长",
        _ if department.ends_with('部') => "部长",
        _ if department.ends_with('处') => "处长",
        _ if department.ends_with("学院") => "院长",
        _ => "主任",
    }
}
