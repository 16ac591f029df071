//! What lies ready before somebody writes a record: whose it is, in which ledgers, who is on the roster that day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use model::rule::{Field, FieldType, Ledger, Means, PostRule};
use model::{Attached, CaseId, Condition, DutyId, Entry, EntryId, PersonId, Unit, UnitId, UnitKind};
use rulebook::Rulebook;
use store::{EntryRow, FileRow, Scope};
use web::App;
use web::extract::Fields;
use web::permit::Right;
use web::view::long_day_words;
use work::{Actor, Fault, Year, cases};

use super::form::name_of;
use super::typed::split_names;
use crate::seen::values;
use work::privacy::{may_read, reads};
use work::units::name_below;

/// Records that are offered for a link, of each ledger.
const LINKS: u32 = 60;

/// A place in the list of who came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    /// Under which it is sent: the person's id, or `x` and a number for somebody who is on no roster.
    pub(super) key: String,
    pub(super) person: Option<PersonId>,
    pub(super) name: String,
    /// Post, 预备, 列席.
    pub(super) tag: String,
    pub(super) guest: bool,
    /// As what they took part, when the record says so.
    pub(super) role: String,
}

/// What lies ready.
pub(crate) struct Desk<'a> {
    pub(super) app: &'a App,
    pub(super) actor: &'a Actor,
    pub(super) id: EntryId,
    /// The revision that the form was filled from; 0 for a new record.
    pub(super) based_on: u32,
    pub(super) unit: UnitId,
    pub(super) kind: UnitKind,
    /// The first is the one that it was opened from.
    pub(super) ledgers: Vec<&'a Ledger>,
    /// The day that is asked about; today until one is typed in.
    pub(super) day: Date,
    pub(super) duty: Option<DutyId>,
    /// The case from whose step the form was opened.
    pub(super) case: Option<CaseId>,
    /// The late duty about which it says how it stands.
    pub(super) about: Option<DutyId>,
    /// Whether the record is of every case that it names, and not of that one alone.
    pub(super) together: bool,
    /// The fields that the step reads; none where no case asks for the record.
    pub(super) reads: Option<BTreeSet<String>>,
    pub(super) old: Option<EntryRow>,
    pub(super) seats: Vec<Seat>,
    /// Everybody of the unit on the day, at whatever stage (积极分子): whom a name may mean.
    pub(super) named: Vec<(String, PersonId)>,
    /// The units below whose record it is too.
    pub(super) held_by: Vec<UnitId>,
    /// The post whose holders in the branches are asked about: those whom a department trains have branches of their own.
    pub(super) whom: String,
    /// Files that were handed in for this record, saved or not.
    pub(super) files: Vec<FileRow>,
    /// Records of the unit that a link may name, newest first.
    records: Vec<Entry>,
    /// The Book that the record is about; none while nothing is asked in that year.
    pub(super) year: Option<Arc<Year>>,
    pub(super) today: Date,
}

/// The ledger as its form was on a day; as it is now when the rulebook knows none for that day.
pub(crate) fn ledger_on<'a>(rulebook: &'a Rulebook, id: &str, day: Date) -> Option<&'a Ledger> {
    rulebook.ledger_on(id, day).ok().or_else(|| rulebook.ledger(id))
}

/// Whether units of this kind keep the ledger.
pub(super) fn keeps(ledger: &Ledger, kind: UnitKind) -> bool {
    ledger.kept_by.is_empty() || ledger.kept_by.contains(&kind)
}

impl<'a> Desk<'a> {
    /// Prepares the desk for what a form says: `unit`, `ledger`, `also`, `day`, `duty`, `id`, `revision`.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when the unit, the ledger, the duty or the record is not there or not covered;
    /// [`Fault::Conflict`] when the unit keeps no such ledger.
    pub(super) async fn open(app: &'a App, actor: &'a Actor, sent: &Fields) -> Result<Self, Fault> {
        let today = app.clock.today();
        let id = sent.parsed::<EntryId>("id").unwrap_or_else(EntryId::fresh);
        let based_on = sent.parsed::<u32>("revision").unwrap_or(0);
        let old = if based_on == 0 {
            None
        } else {
            Some(app.store.entry(actor.institution, &actor.scope_for(Right::Record), id).await?)
        };
        let unit = match &old {
            Some(row) => row.entry.unit,
            None => sent.parsed::<UnitId>("unit").ok_or_else(|| Fault::not_found("这个组织"))?,
        };
        actor.must_cover(Right::Record, unit)?;
        let kind = actor
            .known
            .organisation
            .unit(unit)
            .map(|u| u.kind)
            .ok_or_else(|| Fault::not_found("这个组织"))?;
        let duty = sent.parsed::<DutyId>("duty");
        // Of a duty that is not one's own nothing is told, its name least of all.
        if let Some(duty) = duty {
            let found = app.store.duty(actor.institution, &actor.scope_for(Right::Record), duty).await;
            found.map_err(|_| Fault::not_found("这件事"))?;
        }
        let year = work::entries::year_of(app, actor, duty, sent.day("day").unwrap_or(today)).await?;
        let facts = duty.and_then(|duty| year.as_ref()?.board().facts(duty));
        // What a duty of a month gone by is about did not happen today. Until somebody says when, it is asked about as it
        // stood when it was due: the roster of that day, and nothing is late yet.
        let due = facts.map(|f| runtime::due_on(&f, today)).filter(|due| *due < today);
        let day = sent.day("day").or(due).unwrap_or(today);
        let mut ledgers: Vec<&Ledger> = Vec::new();
        let named = sent.all("ledger").take(1).chain(sent.all("also"));
        for id in named {
            let ledger = ledger_on(&app.rulebook, id, day).ok_or_else(|| Fault::not_found("这本台账"))?;
            if ledgers.iter().all(|l| l.id != ledger.id) {
                ledgers.push(ledger);
            }
        }
        if ledgers.is_empty() {
            return Err(Fault::not_found("这本台账"));
        }
        let case = sent.parsed::<CaseId>("case");
        let reads = match case {
            Some(id) => cases::step_reads(app, actor, id, sent.text("step")).await?,
            None => None,
        };
        let asked = |ledger: &Ledger| {
            let (Some(year), Some(duty)) = (&year, duty) else { return false };
            let board = year.board();
            let theirs = board.facts(duty).is_some_and(|f| f.unit == unit);
            let askers = board.askers(duty, today);
            let mut asks = askers.into_iter().filter_map(|o| year.obligation(o)?.ledger.as_ref());
            theirs && asks.any(|l| *l == ledger.id)
        };
        let shows = |l: &Ledger| {
            case.is_some() && app.rulebook.workflows().any(|w| w.concerns(std::slice::from_ref(&l.id)))
        };
        let held = |l: &Ledger| old.as_ref().is_some_and(|row| row.entry.ledgers.contains(&l.id));
        // Not offered anywhere, but an address can be typed. What a duty asks, or a record is already, stays.
        if let Some(other) = ledgers.iter().find(|l| !keeps(l, kind) && !asked(l) && !shows(l) && !held(l)) {
            let by: Vec<&str> = other.kept_by.iter().map(|k| k.word()).collect();
            let (title, name) = (&other.title, actor.known.unit_name(unit));
            let words = format!("“{title}”由{}记录，{name}不用记。", by.join("、"));
            return Err(Fault::Conflict(words));
        }
        let mut desk = Self {
            app,
            actor,
            id,
            based_on,
            unit,
            kind,
            ledgers,
            day,
            duty,
            case,
            about: sent.parsed("about"),
            together: sent.text("together") == "1",
            reads,
            old,
            seats: Vec::new(),
            named: Vec::new(),
            held_by: Vec::new(),
            whom: sent.text("whom").to_owned(),
            files: Vec::new(),
            records: Vec::new(),
            year,
            today,
        };
        desk.held_by = desk.held_by(sent);
        (desk.seats, desk.named) = desk.roster().await?;
        desk.files = app.store.files_of(actor.institution, id).await?;
        desk.records = desk.to_link().await?;
        Ok(desk)
    }

    /// The case of which the record is alone.
    pub(super) fn of_case(&self) -> Option<CaseId> {
        self.case.filter(|_| !self.together)
    }

    /// The period of the duty from which the form was opened: its first day, and its due day.
    pub(super) fn period(&self) -> Option<(Date, Date)> {
        let facts = self.year.as_ref()?.board().facts(self.duty?)?;
        Some((facts.starts, runtime::due_on(&facts, self.today)))
    }

    /// Whether the unit has no people of its own: a department, a committee.
    pub(super) fn has_no_roster(&self) -> bool {
        !matches!(self.kind, UnitKind::Branch | UnitKind::Group)
    }

    /// The holders of a post in the branches: of a general branch in its own, else in all.
    async fn holders_of(&self, title: &str) -> Result<Vec<Seat>, Fault> {
        let organisation = &self.actor.known.organisation;
        let below = organisation.subtree(self.unit);
        let whole = self.kind != UnitKind::GeneralBranch;
        let branch = |id: UnitId| {
            organisation
                .unit(id)
                .is_some_and(|u| u.kind == UnitKind::Branch && (whole || below.contains(&id)))
        };
        let (store, institution) = (&self.app.store, self.actor.institution);
        let posts = store.posts_on(institution, &Scope::All, self.day).await?;
        let held: BTreeMap<PersonId, UnitId> =
            posts.iter().filter(|p| p.title == title && branch(p.unit)).map(|p| (p.person, p.unit)).collect();
        let names = store.names(institution, &held.keys().copied().collect::<Vec<_>>()).await?;
        let mut seats: Vec<(usize, Seat)> = Vec::new();
        for (person, unit) in held {
            let Some(name) = names.get(&person) else { continue };
            let seat = Seat {
                key: person.to_string(),
                person: Some(person),
                name: name.clone(),
                tag: self.actor.known.unit_name(unit).to_owned(),
                guest: false,
                role: String::new(),
            };
            seats.push((self.actor.known.place(unit), seat));
        }
        seats.sort_by_key(|(place, _)| *place);
        Ok(seats.into_iter().map(|(_, seat)| seat).collect())
    }

    /// The posts whose holders may be asked about.
    pub(super) fn whoms(&self) -> Vec<(String, String, bool)> {
        if !self.has_no_roster() || !self.asks_people() {
            return Vec::new();
        }
        let posts = &self.app.rulebook.roles().posts;
        let seats = posts.iter().filter(|p| p.seat || p.heads.contains(&UnitKind::Branch));
        let option = |p: &PostRule| (p.title.clone(), format!("各党支部{}", p.title), p.title == self.whom);
        seats.map(option).collect()
    }

    /// The field that says which units held it together, where the form has one and there are such units.
    pub(super) fn holding(&self) -> Option<&'a Field> {
        let field = self.ledgers.iter().find_map(|l| l.meaning(Means::HeldBy))?;
        (!self.holders().is_empty()).then_some(field)
    }

    /// The units that may have held it together: of a branch its groups, of a group the others.
    pub(super) fn holders(&self) -> Vec<&'a Unit> {
        let ledger = self.ledgers.iter().find(|l| l.meaning(Means::HeldBy).is_some());
        ledger.map(|l| self.holders_in(l)).unwrap_or_default()
    }

    fn holders_in(&self, ledger: &Ledger) -> Vec<&'a Unit> {
        let organisation = &self.actor.known.organisation;
        let branch = self.branch();
        let below = organisation.subtree(branch);
        let others = organisation.units.iter().filter(|u| below.contains(&u.id) && u.exists_on(self.day));
        others.filter(|u| u.id != branch && u.id != self.unit && keeps(ledger, u.kind)).collect()
    }

    /// Those of them that are ticked. Where a branch is asked for the first time, all of them are: a meeting of nobody
    /// counts for nobody.
    fn held_by(&self, sent: &Fields) -> Vec<UnitId> {
        let Some(field) = self.holding() else { return Vec::new() };
        let name = name_of(&field.id);
        let ticked: Vec<&str> = sent.all(&name).flat_map(split_names).collect();
        let first = !sent.has(&name) && self.old.is_none() && self.unit == self.branch();
        let holders = self.holders().into_iter();
        holders.filter(|u| first || ticked.contains(&u.name.as_str())).map(|u| u.id).collect()
    }

    /// Whose people are asked about: of a group the branch that it belongs to.
    pub(super) fn branch(&self) -> UnitId {
        let parent = self.actor.known.organisation.unit(self.unit).and_then(|u| u.parent);
        if self.kind == UnitKind::Group { parent.unwrap_or(self.unit) } else { self.unit }
    }

    /// Who is due on the day, from the roster; and who stands in the record already.
    async fn roster(&self) -> Result<(Vec<Seat>, Vec<(String, PersonId)>), Fault> {
        let (store, institution) = (&self.app.store, self.actor.institution);
        let branch = self.branch();
        let scope = Scope::Units(BTreeSet::from([branch, self.unit]));
        let posts = store.posts_on(institution, &scope, self.day).await?;
        let mut titles: BTreeMap<PersonId, Vec<&str>> = BTreeMap::new();
        for post in &posts {
            titles.entry(post.person).or_default().push(&post.title);
        }
        let members = store.members_on(institution, &scope, self.day).await?;
        let named = members.iter().map(|m| (m.person.name.clone(), m.person.id)).collect();
        let by_post = matches!(self.ledgers.as_slice(), [only] if only.of_posts);
        // A meeting of groups is that of their people, whoever writes it down; one that is a theme day too is the branch's.
        let groups: BTreeSet<UnitId> = match self.ledgers.as_slice() {
            _ if self.kind == UnitKind::Group => self.held_by.iter().copied().chain([self.unit]).collect(),
            [only] if only.meaning(Means::HeldBy).is_some() => self.held_by.iter().copied().collect(),
            _ => BTreeSet::new(),
        };
        let mut seats: Vec<Seat> = members
            .iter()
            .filter(|m| m.membership.stage.is_member())
            .filter(|m| groups.is_empty() || m.membership.group.is_some_and(|g| groups.contains(&g)))
            .filter(|m| !by_post || titles.contains_key(&m.person.id))
            .map(|m| {
                let mut tags: Vec<&str> = titles.get(&m.person.id).cloned().unwrap_or_default();
                if let Some(group) = m.membership.group.filter(|_| groups.len() > 1) {
                    tags.push(name_below(
                        self.actor.known.unit_name(group),
                        self.actor.known.unit_name(branch),
                    ));
                }
                if m.membership.stage == model::Stage::Probationary {
                    tags.push("预备");
                }
                Seat {
                    key: m.person.id.to_string(),
                    person: Some(m.person.id),
                    name: m.person.name.clone(),
                    tag: tags.join("、"),
                    guest: false,
                    role: String::new(),
                }
            })
            .collect();
        // Those with a post come first, in the order of the rulebook.
        let roles = self.app.rulebook.roles();
        let rank = |seat: &Seat| {
            let held = seat.person.and_then(|p| titles.get(&p)).into_iter().flatten();
            held.map(|title| roles.rank(title)).min().unwrap_or(usize::MAX)
        };
        seats.sort_by_key(rank);
        if seats.is_empty() {
            for (person, titles) in &titles {
                if let Ok(p) = store.person(institution, *person).await {
                    seats.push(Seat {
                        key: p.id.to_string(),
                        person: Some(p.id),
                        name: p.name,
                        tag: titles.join("、"),
                        guest: false,
                        role: String::new(),
                    });
                }
            }
        }
        if self.has_no_roster() && !self.whom.is_empty() {
            seats.extend(self.holders_of(&self.whom).await?);
        }
        if let Some(row) = &self.old {
            for (n, p) in row.entry.people().iter().enumerate() {
                if p.person.is_some_and(|id| seats.iter().any(|s| s.person == Some(id))) {
                    continue;
                }
                seats.push(Seat {
                    key: p.person.map_or_else(|| format!("x{n}"), |id| id.to_string()),
                    person: p.person,
                    name: p.name.clone(),
                    tag: match (p.guest, p.role.is_empty()) {
                        (_, false) => p.role.clone(),
                        (true, true) => "列席".to_owned(),
                        (false, true) => String::new(),
                    },
                    guest: p.guest,
                    role: p.role.clone(),
                });
            }
        }
        Ok((seats, named))
    }

    /// The fields of all ledgers, each id once, in the order of the ledgers; what the head of the form asks is left out.
    pub(super) fn fields(&self) -> Vec<&'a Field> {
        let mut out = values::fields(&self.ledgers);
        out.retain(|f| !f.is_head());
        out
    }

    /// The files that whoever writes may name in this field: their own, and those that the record names already.
    pub(super) fn files_for(&self, field: &Field) -> impl Iterator<Item = &Attached> {
        let named = move |id| self.old.as_ref().is_some_and(|r| r.entry.file(id).is_some());
        let mine = move |f: &&FileRow| f.by == self.actor.account || named(f.file.id);
        let of_field = self.files.iter().filter(move |f| f.field == field.id);
        of_field.filter(mine).map(|f| &f.file)
    }

    /// Whether who came is asked.
    pub(super) fn asks_people(&self) -> bool {
        self.ledgers.iter().any(|l| l.meaning(Means::Attendance).is_some())
    }

    /// Whether a complete record says who came: where nobody need meet, the list is not thrust on anybody.
    pub(super) fn wants_people(&self) -> bool {
        self.ledgers.iter().any(|l| {
            let wanted = |c: &Condition| match c {
                Condition::EveryAbsenceHasReason | Condition::Quorum { .. } => true,
                other => other.wants().is_some_and(|id| l.field(id).is_some_and(Field::is_attendance)),
            };
            l.meaning(Means::Attendance).is_some() && (l.counts_hours || l.complete.iter().any(wanted))
        })
    }

    /// What links may name: the records of the unit in each of the ledgers that a link of this form leads to.
    async fn to_link(&self) -> Result<Vec<Entry>, Fault> {
        let mut out: Vec<Entry> = Vec::new();
        let links = self.ledgers.iter().flat_map(|l| &l.fields).filter(|f| f.kind == FieldType::Link);
        let ledgers: BTreeSet<&String> = links.flat_map(|f| &f.links).collect();
        let scope = self.actor.scope_for(Right::Record);
        for ledger in ledgers {
            let filter = store::EntryFilter {
                ledger: Some(ledger.clone()),
                units: Some(BTreeSet::from([self.unit])),
                ..store::EntryFilter::default()
            };
            let found = self.app.store.entries(self.actor.institution, &scope, &filter, LINKS).await?;
            out.extend(found.into_iter().map(|r| r.entry).filter(|e| e.id != self.id));
        }
        out.sort_by_key(|e| std::cmp::Reverse((e.day, e.id)));
        out.dedup_by_key(|e| e.id);
        Ok(out)
    }

    /// The records that this link may name, as options; `chosen` stays among them.
    pub(super) fn linkable(&self, field: &Field, chosen: &str) -> Vec<(String, String)> {
        let fits = |e: &&Entry| e.ledgers.iter().any(|l| field.links.contains(l));
        let mut out: Vec<(String, String)> = self
            .records
            .iter()
            .filter(fits)
            .map(|e| (e.id.to_string(), format!("{}　{}", long_day_words(e.day), e.title)))
            .collect();
        let known = chosen.is_empty() || out.iter().any(|(id, _)| id == chosen);
        if !known && chosen.parse::<EntryId>().is_ok() {
            out.push((chosen.to_owned(), "原来选的记录".to_owned()));
        }
        out
    }

    /// The label of the line that says what it was about.
    pub(super) fn topic(&self) -> (&'a str, &'a str) {
        let mut fields = self.ledgers.iter().flat_map(|l| &l.fields);
        fields.find(|f| f.is_title()).map_or(("主题", "一句话，说明这次是什么事"), |f| {
            (f.title.as_str(), f.hint.as_str())
        })
    }

    /// Ledgers that the same meeting may serve as well, and whether they are ticked. A meeting of groups is offered only
    /// where there are groups.
    pub(super) fn together(&self) -> Vec<(&'a Ledger, bool)> {
        let mut out: Vec<(&Ledger, bool)> = Vec::new();
        let Some(first) = self.ledgers.first() else { return out };
        let others = self.ledgers.iter().skip(1).map(|l| l.id.as_str());
        for id in first.together.iter().map(String::as_str).chain(others) {
            let Some(ledger) = ledger_on(&self.app.rulebook, id, self.day) else { continue };
            let of_others = ledger.meaning(Means::HeldBy).is_some() && self.kind != UnitKind::Group;
            let kept = keeps(ledger, self.kind) && !(of_others && self.holders_in(ledger).is_empty());
            let ticked = self.ledgers.iter().any(|l| l.id == id);
            if (kept || ticked) && id != first.id && out.iter().all(|(l, _)| l.id != id) {
                out.push((ledger, ticked));
            }
        }
        out
    }

    /// Whether the account may read this field of a record of this unit.
    pub(super) fn may_read(&self, field: &Field) -> bool {
        let Some(EntryRow { entry, .. }) = &self.old else { return true };
        let here = reads(self.actor, self.unit, Some(entry), field.privacy);
        let there = !entry.values.contains_key(&field.id) || may_read(self.app, self.actor, entry, &field.id);
        entry.entered_by == self.actor.account || (here && there)
    }

    /// The newest records of the first ledger in this unit, the newest first: what is usually the same is filled in from
    /// them.
    pub(super) async fn newest(&self, most: u32) -> Result<Vec<Entry>, Fault> {
        let filter = store::EntryFilter {
            ledger: self.ledgers.first().map(|l| l.id.clone()),
            units: Some(BTreeSet::from([self.unit])),
            to: Some(self.day),
            ..store::EntryFilter::default()
        };
        let scope = self.actor.scope_for(Right::Record);
        let rows = self.app.store.entries(self.actor.institution, &scope, &filter, most).await?;
        Ok(rows.into_iter().map(|r| r.entry).collect())
    }
}
