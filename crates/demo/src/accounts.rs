//! The accounts of the demonstration: one sample of each role, and one for everybody who keeps records.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use model::{AccountId, GrantId, Organisation, PersonId, Role, Unit, UnitId, UnitKind};

use super::{
    chance::{Chance, id},
    people::{People, head_title},
};

/// An account that the demonstration makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DemoAccount {
    pub(crate) id: AccountId,
    pub(crate) grant: GrantId,
    pub(crate) role: Role,
    pub(crate) unit: UnitId,
    pub(crate) unit_name: String,
    pub(crate) person: Option<PersonId>,
    pub(crate) name: String,
    pub(crate) login: String,
    /// In clear, for the samples; the others have none until the system administrator sets one. Hashing one takes some
    /// 30 ms on purpose, and eighty of them would be most of the making.
    pub(crate) password: Option<String>,
}

/// Words of which the passwords are made; none is a name.
const WORDS: [&str; 16] = [
    "Qingsong", "Chunyu", "Xinghuo", "Shanquan", "Baiyun", "Hetian", "Zhuying", "Meiduo", "Caihong",
    "Maitian", "Haitang", "Dengta", "Fengche", "Xishui", "Yinxing", "Lantian",
];

/// The password of a login, by the seed: a word and digits, of three classes as the rules for passwords ask.
pub(crate) fn password(seed: u64, login: &str) -> String {
    let mut chance = Chance::new(seed, &format!("password of {login}"));
    let word = chance.word(&WORDS);
    format!("{word}-{}", chance.within(2041, 9879))
}

struct Maker<'a> {
    org: &'a Organisation,
    people: &'a People,
    day: Date,
    base: u64,
    seed: u64,
    chance: Chance,
    out: Vec<DemoAccount>,
}

/// Everybody's accounts, the samples first.
pub(crate) fn accounts(
    org: &Organisation,
    people: &People,
    day: Date,
    base_millis: u64,
    seed: u64,
) -> Vec<DemoAccount> {
    let chance = Chance::new(seed, "accounts");
    let mut maker = Maker { org, people, day, base: base_millis, seed, chance, out: Vec::new() };
    maker.samples();
    maker.others();
    maker.out
}

impl Maker<'_> {
    fn named(&self, name: &str) -> Option<UnitId> {
        self.org.units.iter().find(|u| u.name == name).map(|u| u.id)
    }

    fn add(&mut self, role: Role, unit: UnitId, person: Option<PersonId>, login: &str, sample: bool) {
        let millis = self.base + u64::try_from(self.out.len()).unwrap_or(0);
        let name = person
            .and_then(|id| self.people.persons.iter().find(|p| p.id == id))
            .map_or_else(|| role.word().to_owned(), |p| p.name.clone());
        self.out.push(DemoAccount {
            id: id!(AccountId, millis, self.chance),
            grant: id!(GrantId, millis, self.chance),
            role,
            unit,
            unit_name: self.org.unit(unit).map_or(String::new(), |u| u.name.clone()),
            person,
            name,
            login: login.to_owned(),
            password: sample.then(|| password(self.seed, login)),
        });
    }

    fn head(&self, unit: &Unit) -> Option<PersonId> {
        let title = match unit.kind {
            UnitKind::Department | UnitKind::MassOrganisation => head_title(&unit.name),
            _ => "书记",
        };
        self.people.holder(unit.id, title, self.day).map(|p| p.id)
    }

    fn samples(&mut self) {
        let Some(root) = self.org.units.iter().find(|u| u.kind == UnitKind::Committee).map(|u| u.id) else {
            return;
        };
        let office = self.named("党委办公室").unwrap_or(root);
        let clerk = self.people.holder(office, "秘书", self.day).map(|p| p.id);
        self.add(Role::Office, root, clerk, "dangban", true);
        for (name, login) in [("组织部", "zuzhi"), ("宣传部", "xuanchuan")] {
            if let Some(unit) = self.org.units.iter().find(|u| u.name == name) {
                let (id, head) = (unit.id, self.head(unit));
                self.add(Role::Lead, id, head, login, true);
            }
        }
        // One branch of teachers that has groups, one of students.
        let has_groups =
            |u: &Unit| self.org.units.iter().any(|g| g.kind == UnitKind::Group && g.parent == Some(u.id));
        let branches = || self.org.units.iter().filter(|u| u.kind == UnitKind::Branch);
        let teachers = branches().find(|u| u.name.contains("学院教工") && has_groups(u));
        let students = branches().find(|u| u.traits.contains("student"));
        let of_students = students.map(|u| u.id);
        let two: Vec<(UnitId, Option<PersonId>)> =
            [teachers, students].into_iter().flatten().map(|u| (u.id, self.head(u))).collect();
        for ((unit, head), login) in two.into_iter().zip(["shuji01", "shuji02"]) {
            self.add(Role::Secretary, unit, head, login, true);
        }
        // What a branch sends up goes through the general branch above it.
        let above = students.and_then(|u| self.org.unit(u.parent?));
        if let Some(unit) = above.filter(|u| u.kind == UnitKind::GeneralBranch) {
            let (id, head) = (unit.id, self.head(unit));
            self.add(Role::Secretary, id, head, "zongzhi01", true);
        }
        if let Some(unit) = self.org.units.iter().find(|u| u.kind == UnitKind::Discipline) {
            let head = self.head(unit);
            self.add(Role::Discipline, root, head, "jiwei", true);
        }
        let leader = self.people.holder(root, "书记", self.day).map(|p| p.id);
        self.add(Role::Leader, root, leader, "lingdao", true);
        if let Some(branch) = of_students
            && let Some(person) = self.plain_member(branch)
        {
            self.add(Role::Member, branch, Some(person), "dangyuan", true);
        }
        self.add(Role::SystemAdmin, root, None, "xitong", true);
        self.add(Role::SecurityAdmin, root, None, "anquan", true);
        self.add(Role::AuditAdmin, root, None, "shenji", true);
    }

    /// A student of the branch who holds no post.
    fn plain_member(&self, branch: UnitId) -> Option<PersonId> {
        let here = self.people.memberships.iter().filter(|m| {
            m.branch == branch
                && m.stage.is_member()
                && m.since <= self.day
                && m.until.is_none_or(|u| u > self.day)
        });
        let plain = |id: &PersonId| {
            let student = self.people.persons.iter().any(|p| p.id == *id && p.kind == "student");
            student && !self.people.posts.iter().any(|p| p.person == *id)
        };
        here.map(|m| m.person).find(plain)
    }

    fn others(&mut self) {
        let taken: BTreeSet<(Role, UnitId)> = self.out.iter().map(|a| (a.role, a.unit)).collect();
        let mut numbers: HashMap<&str, usize> = HashMap::from([("shuji", 2), ("zongzhi", 1)]);
        let units: Vec<&Unit> = self.org.units.iter().collect();
        for unit in units {
            let (role, stem) = match unit.kind {
                UnitKind::Branch => (Role::Secretary, "shuji"),
                UnitKind::GeneralBranch => (Role::Secretary, "zongzhi"),
                UnitKind::Department | UnitKind::MassOrganisation => (Role::Lead, "bumen"),
                UnitKind::Committee | UnitKind::Discipline | UnitKind::Group => continue,
            };
            if taken.contains(&(role, unit.id)) {
                continue;
            }
            let number = numbers.entry(stem).or_default();
            *number += 1;
            let login = format!("{stem}{number:02}");
            let head = self.head(unit);
            self.add(role, unit.id, head, &login, false);
        }
    }
}

/// Whose account keeps the records of each unit: its own, or that of the unit above.
pub(crate) fn keepers(org: &Organisation, accounts: &[DemoAccount]) -> HashMap<UnitId, AccountId> {
    let own: HashMap<UnitId, AccountId> = accounts
        .iter()
        .rev()
        .filter(|a| matches!(a.role, Role::Office | Role::Lead | Role::Secretary))
        .map(|a| (a.unit, a.id))
        .collect();
    let discipline = accounts.iter().find(|a| a.role == Role::Discipline).map(|a| a.id);
    let mut out = HashMap::new();
    for unit in &org.units {
        let mut at = Some(unit);
        let mut found = if unit.kind == UnitKind::Discipline { discipline } else { None };
        while let (None, Some(here)) = (found, at) {
            found = own.get(&here.id).copied();
            at = here.parent.and_then(|p| org.unit(p));
        }
        if let Some(account) = found {
            out.insert(unit.id, account);
        }
    }
    out
}
