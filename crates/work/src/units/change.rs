//! What follows from a change: for people and posts, for duties, for accounts. Shown first, and then done as it was shown.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::{
    DutyId, Membership, MembershipId, Organisation, PersonId, Post, Role, Unit, UnitChange, UnitChangeId,
    UnitChangeKind, UnitId,
};
use runtime::{Basis, Regroup, Roster};
use store::{DutyFilter, Held, PersonSave, PersonState, Scope, StoreError, UnitChangeSave, sha256};

use super::full_name;
use crate::actor::Actor;
use crate::fault::Fault;
use crate::right::Right;
use crate::state::Work;

/// A change as somebody asks for it, before what follows is known.
pub struct Regrouping {
    /// What is done.
    pub kind: UnitChangeKind,
    /// From which day.
    pub day: Date,
    /// On what it rests.
    pub note: String,
    /// The units that it is done to.
    pub from: Vec<UnitId>,
    /// The units that come of it; the first takes the members whom nobody assigns.
    pub to: Vec<UnitId>,
    /// Units that are changed or new, as they shall stand; those that end with their day.
    pub after: Vec<Unit>,
    /// The branch that takes the members of a dissolved one.
    pub members_to: Option<UnitId>,
    /// Of a unit that is split, where its people go; whoever is not named goes to the first.
    pub assigned: BTreeMap<PersonId, UnitId>,
    /// What is done, in a line.
    pub title: String,
}

/// Somebody whose branch changes.
pub struct Mover {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their stage.
    pub stage: &'static str,
    /// From which branch.
    pub from: String,
    /// Into which.
    pub to: String,
    /// The same; none when that was not said.
    pub target: Option<UnitId>,
}

impl Mover {
    /// Whether they go into this one.
    #[must_use]
    pub fn goes_to(&self, unit: &UnitId) -> bool {
        self.target == Some(*unit)
    }
}

/// What follows from a change.
pub struct Followed {
    /// What is done, in a line.
    pub title: String,
    /// A fingerprint of all that is shown: what is confirmed is what was seen.
    pub mark: String,
    /// Each unit with what becomes of it.
    pub units: Vec<(String, String)>,
    /// Whose branch changes.
    pub people: Vec<Mover>,
    /// How many of them go nowhere: then it cannot be done.
    pub nowhere: usize,
    /// Posts that end: who, which, where.
    pub posts: Vec<(String, String, String)>,
    /// Accounts that lose their scope: name, role, unit.
    pub accounts: Vec<(String, &'static str, String)>,
    /// Duties of units that end, by what they are, with how many.
    pub ending: Vec<(String, usize)>,
    /// Duties that units get, likewise.
    pub making: Vec<(String, usize)>,
    /// How many duties end.
    pub dropped: usize,
    /// How many are made.
    pub made: usize,
    /// People's duties that go with them.
    pub carried: usize,
    /// Duties of ended units that were due before the day: they stay.
    pub due_before: u32,
    /// Those that are done: they stay.
    pub done: u32,
    /// Records of the ended units.
    pub records: u64,
    /// Records of the ended units on the day or after it.
    pub late_records: u64,
    /// Whether a unit ends.
    pub ends: bool,
    /// Whether it is said one by one where people go.
    pub assigns: bool,
    save: UnitChangeSave,
}

/// Works out what follows.
///
/// # Errors
/// When the store cannot read.
pub async fn follow(
    work: &Work,
    actor: &Actor,
    id: UnitChangeId,
    draft: &Regrouping,
) -> Result<Followed, Fault> {
    let before = &actor.known.organisation;
    let as_of = work.store.change_number(actor.institution).await?;
    let after = stands_after(before, draft);
    let ended: BTreeSet<UnitId> =
        draft.after.iter().filter(|u| u.dissolved.is_some_and(|d| draft.day <= d)).map(|u| u.id).collect();
    let assigns = draft.kind == UnitChangeKind::Split;
    // Whose people go: of units that end, and of one that is split though it stays.
    let mut left = ended.clone();
    if assigns {
        left.extend(&draft.from);
    }
    let held = people_of(work, actor, &left, draft.day).await?;
    let moves = Moves { draft, ended: &ended, left: &left, after: &after };
    let mut people = Vec::new();
    let mut posts = Vec::new();
    let mut saves = Vec::new();
    let mut moved = BTreeMap::new();
    let mut nowhere = 0;
    for one in held.values() {
        let (state, shown) = moves.of(&one.state);
        if let Some((mover, to)) = shown {
            match to {
                Some(to) => {
                    moved.insert(one.state.person.id, to);
                }
                None => nowhere += 1,
            }
            people.push(mover);
        }
        for p in moves.ending(&one.state) {
            posts.push((one.state.person.name.clone(), p.title.clone(), full_name(before, p.unit)));
        }
        if state != one.state {
            let note = format!("{}：{}", draft.kind.word(), draft.title);
            saves.push(PersonSave { state, based_on: Some(one.revision), secrets: BTreeMap::new(), note });
        }
    }
    people.sort_by(|a, b| (&a.from, &a.name).cmp(&(&b.from, &b.name)));
    let change = Regroup {
        founded: founded(before, draft),
        came_from: draft.from.iter().copied().collect(),
        ended: ended.clone(),
        moved,
    };
    let duties = duties(work, actor, &change, draft.day, &after, &saves).await?;
    let (records, late_records) = if ended.is_empty() {
        (0, 0)
    } else {
        work.store.records_of_units(actor.institution, &ended, draft.day).await?
    };
    let units = units_in_words(before, draft);
    let accounts = accounts(work, actor, &ended).await?;
    let save = UnitChangeSave {
        change: UnitChange {
            id,
            kind: draft.kind,
            day: draft.day,
            note: draft.note.clone(),
            from: draft.from.clone(),
            to: draft.to.clone(),
            before: draft.after.iter().filter_map(|u| before.unit(u.id)).cloned().collect(),
            after: draft.after.clone(),
            people: people.len(),
            posts: posts.len(),
            dropped: duties.drop.len(),
            made: duties.made.len(),
        },
        people: saves,
        drop: duties.drop,
        duties: duties.made,
        also: duties.also,
        carry: duties.carry,
        as_of,
    };
    let mut out = Followed {
        title: draft.title.clone(),
        mark: String::new(),
        units,
        people,
        nowhere,
        posts,
        accounts,
        dropped: save.drop.len() - duties.rehomed,
        made: save.duties.len() - duties.rehomed,
        carried: duties.rehomed,
        ending: duties.ending,
        making: duties.making,
        due_before: duties.due_before,
        done: duties.done,
        records,
        late_records,
        ends: !ended.is_empty(),
        assigns,
        save,
    };
    out.mark = mark(&out);
    Ok(out)
}

/// The units as they are after the change.
fn stands_after(before: &Organisation, draft: &Regrouping) -> Organisation {
    let mut out = before.clone();
    for unit in &draft.after {
        match out.units.iter_mut().find(|u| u.id == unit.id) {
            Some(there) => there.clone_from(unit),
            None => out.units.push(unit.clone()),
        }
    }
    out
}

fn founded(before: &Organisation, draft: &Regrouping) -> BTreeSet<UnitId> {
    // One that was entered in the tree before anything was asked of it is founded as far as duties are concerned.
    let joins = |id: &UnitId| draft.kind == UnitChangeKind::Founded && draft.to.contains(id);
    draft.after.iter().map(|u| u.id).filter(|id| before.unit(*id).is_none() || joins(id)).collect()
}

fn units_in_words(before: &Organisation, draft: &Regrouping) -> Vec<(String, String)> {
    let name = |id: UnitId| before.unit(id).or_else(|| draft.after.iter().find(|u| u.id == id));
    let named = |id: Option<UnitId>| id.and_then(name).map_or("", |u| u.name.as_str());
    let words = |u: &Unit| match before.unit(u.id) {
        None => format!("成立，{}，上级是{}", u.kind.word(), named(u.parent)),
        Some(_) if u.dissolved.is_some() => "撤销".to_owned(),
        Some(_) if draft.kind == UnitChangeKind::Founded => "接上今年余下的应办事项".to_owned(),
        Some(was) if was.name != u.name => format!("改名为{}，旧名留作别名", u.name),
        Some(was) => format!("上级由{}改为{}", named(was.parent), named(u.parent)),
    };
    draft.after.iter().map(|u| (before.unit(u.id).map_or(&u.name, |b| &b.name).clone(), words(u))).collect()
}

/// Everybody who belongs to these units on the day or later, or holds a post there.
async fn people_of(
    work: &Work,
    actor: &Actor,
    units: &BTreeSet<UnitId>,
    day: Date,
) -> Result<BTreeMap<PersonId, Held>, Fault> {
    if units.is_empty() {
        return Ok(BTreeMap::new());
    }
    let scope = Scope::Units(units.clone());
    let mut ids = BTreeSet::new();
    for on in BTreeSet::from([day, work.clock.today()]) {
        let members = work.store.members_on(actor.institution, &scope, on).await?;
        ids.extend(members.into_iter().map(|m| m.person.id));
        let posts = work.store.posts_on(actor.institution, &scope, on).await?;
        ids.extend(posts.into_iter().map(|p| p.person));
    }
    Ok(work.store.held(actor.institution, &ids).await?)
}

/// Where people go.
struct Moves<'d> {
    draft: &'d Regrouping,
    ended: &'d BTreeSet<UnitId>,
    left: &'d BTreeSet<UnitId>,
    after: &'d Organisation,
}

impl Moves<'_> {
    fn target(&self, person: PersonId) -> Option<UnitId> {
        match self.draft.kind {
            UnitChangeKind::Dissolved => self.draft.members_to,
            UnitChangeKind::Split => {
                self.draft.assigned.get(&person).or_else(|| self.draft.to.first()).copied()
            }
            _ => self.draft.to.first().copied(),
        }
    }

    fn lasts(&self, until: Option<Date>) -> bool {
        until.is_none_or(|u| self.draft.day < u)
    }

    /// The posts that end.
    fn ending<'s>(&'s self, state: &'s PersonState) -> impl Iterator<Item = &'s Post> {
        state.posts.iter().filter(|p| self.ended.contains(&p.unit) && self.lasts(p.until))
    }

    /// The person after the change, and, when their branch changes, how that is shown and where they go.
    fn of(&self, before: &PersonState) -> (PersonState, Option<(Mover, Option<UnitId>)>) {
        let day = self.draft.day;
        let mut state = before.clone();
        let person = state.person.id;
        let mut shown = None;
        let mut fresh: Vec<Membership> = Vec::new();
        let target = self.target(person);
        for m in &mut state.memberships {
            let leaves = self.left.contains(&m.branch);
            let group = m.group.filter(|g| !self.ended.contains(g));
            if !self.lasts(m.until) || !(leaves || group != m.group) {
                continue;
            }
            if leaves {
                shown = Some((self.mover(before, m, target), target));
            }
            let branch = if leaves { target } else { Some(m.branch) };
            let Some(branch) = branch.filter(|b| *b != m.branch || group != m.group) else { continue };
            let group = group.filter(|_| branch == m.branch);
            if m.since >= day {
                (m.branch, m.group) = (branch, group);
            } else {
                fresh.push(Membership { id: MembershipId::fresh(), branch, group, since: day, ..m.clone() });
                m.until = Some(day);
            }
        }
        state.memberships.extend(fresh);
        state.memberships.sort_by_key(|m| m.since);
        state.posts.retain(|p| !(self.ended.contains(&p.unit) && self.lasts(p.until) && p.since >= day));
        for p in &mut state.posts {
            if self.ended.contains(&p.unit) && self.lasts(p.until) {
                p.until = Some(day);
            }
        }
        (state, shown)
    }

    fn mover(&self, state: &PersonState, m: &Membership, to: Option<UnitId>) -> Mover {
        let name = |id: UnitId| self.after.unit(id).map_or_else(String::new, |u| u.name.clone());
        Mover {
            person: state.person.id,
            name: state.person.name.clone(),
            stage: m.stage.word(),
            from: name(m.branch),
            to: to.map(name).unwrap_or_default(),
            target: to,
        }
    }
}

#[derive(Default)]
struct Duties {
    drop: Vec<DutyId>,
    made: Vec<(model::DutySource, model::Duty)>,
    also: Vec<model::AlsoAsked>,
    carry: Vec<(DutyId, DutyId)>,
    ending: Vec<(String, usize)>,
    making: Vec<(String, usize)>,
    rehomed: usize,
    due_before: u32,
    done: u32,
}

/// What follows for the duties of the day's year and of later ones, from every source.
async fn duties(
    work: &Work,
    actor: &Actor,
    change: &Regroup,
    day: Date,
    after: &Organisation,
    saves: &[PersonSave],
) -> Result<Duties, Fault> {
    let mut out = Duties::default();
    let touched: BTreeSet<UnitId> = change.ended.union(&change.came_from).copied().collect();
    if change.ended.is_empty() && change.founded.is_empty() && change.moved.is_empty() {
        return Ok(out);
    }
    // Whether somebody holds a post still is asked of those who move only.
    let roster = Roster::new(Vec::new(), saves.iter().flat_map(|s| s.state.posts.clone()).collect());
    let (mut ending, mut making): (BTreeMap<String, usize>, BTreeMap<String, usize>) = Default::default();
    let today = work.clock.today();
    let usual = runtime::usual_months(work.rulebook.in_force(today));
    for number in work.store.years(actor.institution).await?.into_iter().filter(|y| *y >= day.year()) {
        let Some(year) = work.book(actor.institution, number, None).await? else { continue };
        let asked: Vec<_> = year.obligations().iter().filter(|o| year.asked(o.id, today)).cloned().collect();
        let filter = DutyFilter { year: Some(number), units: Some(touched.clone()), ..DutyFilter::default() };
        let duties = if touched.is_empty() {
            Vec::new()
        } else {
            work.store.duties(actor.institution, &Scope::All, &filter, u32::MAX).await?
        };
        let duties: Vec<_> = {
            let board = year.board();
            duties.into_iter().filter_map(|d| board.facts(d.id).map(|f| (d, f))).collect()
        };
        let sources: BTreeMap<_, _> = asked.iter().map(|o| (o.id, o.source)).collect();
        let moments = crate::moments::of_year(work, actor.institution, number).await?;
        let basis = Basis {
            org: after,
            roster: &roster,
            calendar: &year.calendar,
            year: number,
            made: today,
            from: day,
            rules: work.rulebook.version(),
            moments: &moments,
            usual_months: &usual,
        };
        let mut found = runtime::regroup(change, &asked, &duties, &basis, &mut DutyId::fresh);
        // What a unit that was there before owes already is not asked of it twice.
        let held =
            DutyFilter { year: Some(number), units: Some(change.founded.clone()), ..DutyFilter::default() };
        let held = work.store.duties(actor.institution, &Scope::All, &held, u32::MAX).await?;
        found.duties = runtime::unmade(&held, found.duties);
        let made: BTreeSet<DutyId> = found.duties.iter().map(|d| d.id).collect();
        found.also.retain(|also| made.contains(&also.duty));
        let title = |id| year.obligation(id).map_or_else(String::new, |o| o.title.clone());
        let by_id: BTreeMap<DutyId, &model::Duty> = duties.iter().map(|(d, _)| (d.id, d)).collect();
        out.rehomed += found.duties.iter().filter(|d| d.person.is_some()).count();
        let rehomed: BTreeSet<_> =
            found.duties.iter().filter_map(|d| Some((d.person?, d.obligation, d.due, d.seq))).collect();
        for d in found.drop.iter().filter_map(|id| by_id.get(id)) {
            if d.person.is_none_or(|p| !rehomed.contains(&(p, d.obligation, d.due, d.seq))) {
                *ending.entry(title(d.obligation)).or_default() += 1;
            }
        }
        for d in found.duties.iter().filter(|d| d.person.is_none()) {
            *making.entry(title(d.obligation)).or_default() += 1;
        }
        out.drop.extend(found.drop);
        out.carry.extend(found.carry);
        let with_source = |d: model::Duty| sources.get(&d.obligation).map(|source| (*source, d));
        out.made.extend(found.duties.into_iter().filter_map(with_source));
        out.also.extend(found.also);
        out.due_before += found.due_before;
        out.done += found.done;
    }
    out.ending = most_first(ending);
    out.making = most_first(making);
    Ok(out)
}

fn most_first(counts: BTreeMap<String, usize>) -> Vec<(String, usize)> {
    let mut out: Vec<(String, usize)> = counts.into_iter().collect();
    out.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    out
}

/// The accounts whose role reaches nowhere from the day on. Members follow their own branch and are not among them.
async fn accounts(
    work: &Work,
    actor: &Actor,
    ended: &BTreeSet<UnitId>,
) -> Result<Vec<(String, &'static str, String)>, Fault> {
    if ended.is_empty() {
        return Ok(Vec::new());
    }
    let grants = work.store.grants(actor.institution).await?;
    let mut out = Vec::new();
    for g in grants.iter().filter(|g| g.ended.is_none() && g.role != Role::Member && ended.contains(&g.unit))
    {
        let account = work.store.account(actor.institution, g.account).await?;
        if account.disabled_at.is_none() {
            out.push((account.name, g.role.word(), actor.known.unit_name(g.unit).to_owned()));
        }
    }
    Ok(out)
}

/// A fingerprint of what is shown. Identifiers are made anew each time and are not in it.
fn mark(f: &Followed) -> String {
    let people: Vec<_> = f.people.iter().map(|m| (m.person, &m.from, &m.to)).collect();
    let text = format!(
        "{} {:?} {:?} {people:?} {:?} {:?} {:?} {:?} {} {} {} {} {}",
        f.title,
        f.save.change.day,
        f.units,
        f.posts,
        f.accounts,
        f.ending,
        f.making,
        f.carried,
        f.due_before,
        f.done,
        f.records,
        f.late_records,
    );
    hex::encode(&sha256(text.as_bytes())[..8])
}

/// Does what was looked at, with all that follows. False when something was written meanwhile: then nothing is done, and what
/// follows is to be looked at again.
///
/// # Errors
/// [`Fault::NotAllowed`] when the account may not; [`Fault::Conflict`] when somebody would go nowhere.
pub async fn change(work: &Work, actor: &Actor, followed: &Followed) -> Result<bool, Fault> {
    actor.must(Right::ChangeUnits)?;
    if followed.nowhere > 0 {
        return Err(Fault::Conflict(format!("还有 {} 人没有选转到哪个支部。", followed.nowhere)));
    }
    let change = &followed.save.change;
    let act = actor.act(work, &format!("unit.{}", change.kind.id())).on(&followed.title);
    let act = act.with(serde_json::json!({
        "change": change.id, "day": change.day.to_string(), "note": change.note,
        "people": followed.people.len(), "duties_ended": followed.dropped, "duties_made": followed.made,
    }));
    let done = work.store.change_units(actor.institution, &followed.save, &act).await;
    work.forget(actor.institution);
    match done {
        Ok(()) => {
            // Whose cases are, and who bears their steps, follows from the units.
            crate::cases::follow(work, actor.institution, None).await;
            Ok(true)
        }
        Err(StoreError::Conflict) => Ok(false),
        Err(other) => Err(other.into()),
    }
}

/// Takes a change back, with all that followed from it; `title` is what it was, in a line.
///
/// # Errors
/// [`Fault::NotAllowed`] when the account may not; [`Fault::Conflict`] in words, when too much rests on it meanwhile.
pub async fn undo(work: &Work, actor: &Actor, id: UnitChangeId, title: &str) -> Result<(), Fault> {
    actor.must(Right::ChangeUnits)?;
    let act = actor.act(work, "unit.undo").on(title).with(serde_json::json!({ "change": id }));
    let note = format!("撤回组织变动：{title}");
    let why = match work.store.undo_unit_change(actor.institution, id, &note, &act).await {
        Ok(_) => {
            work.forget(actor.institution);
            crate::cases::follow(work, actor.institution, None).await;
            return Ok(());
        }
        Err(StoreError::Conflict) => "这次变动已经撤回过了。",
        Err(StoreError::Constraint(c)) => match c.as_str() {
            "unit_change_later" => "同一个组织后来又办过变动，先撤回后来的那次。",
            "unit_changed_since" => "有组织在这之后被修改过，不能再撤回；请再办一次变动来改正。",
            "unit_people_changed" => "转走的人里有人之后又改过，先把他们改回来，或者再办一次变动来改正。",
            "unit_in_use" => "新成立的组织里已有别的人员、职务或下级组织，先把他们转走。",
            "unit_has_records" => "新成立的组织已有记录，先撤回那些记录。",
            _ => return Err(StoreError::Constraint(c).into()),
        },
        Err(other) => return Err(other.into()),
    };
    Err(Fault::Conflict(format!("没有撤回，什么都没有变。{why}")))
}
