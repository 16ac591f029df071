//! Keeping the college that was made: everything goes through the store, as the server's own work does.

use std::collections::HashMap;

use anyhow::{Context as _, anyhow};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use model::{AccountId, DutyId, Entry, EntryId, InstitutionId, Role};
use rulebook::Rulebook;
use runtime::is_backfill;
use serde::{Deserialize, Serialize};
use store::{
    Act, EntryNote, Follows, ImportEntry, NewAccount, NoteKind, Opening, PlanSave, Publication, Store,
    TellMoment,
};

use super::{
    accounts::{DemoAccount, password},
    attach::attach,
    make::{CONGRESS, College, DemoPlan, millis_of},
};

/// Under which name the store keeps [`Mark`].
const MARK: &str = "demo";

/// What tells a demonstration from an institution, and lets it be opened again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// From which it was made.
    pub seed: u64,
    /// The day on which it stands.
    pub today: Date,
}

/// Records kept at a time: the rows of all of them at once would take as much memory as the server.
const AT_A_TIME: usize = 300;

/// Days after which a record is 补录 (the server's setting).
const GRACE: i64 = 3;

fn moment(day: Date, hour: i64) -> Timestamp {
    let millis = i64::try_from(millis_of(day)).unwrap_or(0) + hour * 3_600_000;
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Keeps `college` in an empty store.
///
/// # Errors
/// When the store cannot write.
pub async fn keep(store: &Store, college: &College, rulebook: &Rulebook, seed: u64) -> anyhow::Result<()> {
    let id = college.institution;
    let start = moment(college.made, 8);
    let by_program = |action: &str| Act::new(None, "", start, action).on(&college.org.name);
    store.create_institution(id, &college.org.name, &by_program("institution.create")).await?;
    store.save_units(id, &college.org.units, &by_program("unit.import")).await?;
    let people = store::People {
        people: college.people.persons.clone(),
        memberships: college.people.memberships.clone(),
        posts: college.people.posts.clone(),
    };
    store.save_people(id, &people, &by_program("person.import")).await?;
    keep_accounts(store, college, &by_program("account.create")).await?;
    keep_plans(store, college).await?;
    keep_requests(store, college).await?;
    keep_entries(store, college, rulebook).await?;
    // Last, so that a making that was broken off is not taken for a whole one.
    let mark = Mark { seed, today: college.today };
    store.save_setting(id, MARK, 0, mark, &by_program("demo.make")).await?;
    Ok(())
}

async fn keep_accounts(store: &Store, college: &College, act: &Act) -> anyhow::Result<()> {
    let passwords: Vec<Option<String>> = college.accounts.iter().map(|a| a.password.clone()).collect();
    // Argon2id takes a core for some 30 ms each: off the threads that serve.
    let work = move || passwords.into_iter().map(hashed).collect::<anyhow::Result<Vec<_>>>();
    let hashes = tokio::task::spawn_blocking(work).await??;
    let accounts: Vec<NewAccount> = college
        .accounts
        .iter()
        .zip(hashes)
        .map(|(account, password)| {
            let DemoAccount { id, person, login, name, .. } = account.clone();
            NewAccount { id, person, login, name, password }
        })
        .collect();
    store.create_accounts(college.institution, &accounts, act).await?;
    let grants: Vec<_> = college.accounts.iter().map(|a| (a.grant, a.id, a.role, a.unit)).collect();
    store.grant(college.institution, &grants, act).await?;
    Ok(())
}

/// The hash of a password; empty where there is none.
fn hashed(password: Option<String>) -> anyhow::Result<String> {
    let Some(password) = password else { return Ok(String::new()) };
    work::password::hash(&password, false).map_err(|e| anyhow!("{e:?}"))
}

async fn keep_plans(store: &Store, college: &College) -> anyhow::Result<()> {
    tell_congress(store, college).await?;
    for (plan, hour) in college.plans.iter().zip(9..) {
        keep_plan(store, college, plan, hour).await?;
    }
    Ok(())
}

fn by_clerk(college: &College, action: &str, hour: i64) -> Act {
    Act::new(college.accounts.first().map(|a| a.id), "127.0.0.1", moment(college.made, hour), action)
}

async fn tell_congress(store: &Store, college: &College) -> anyhow::Result<()> {
    let (id, day) = college.congress;
    let congress = TellMoment {
        id,
        based_on: 0,
        event: CONGRESS.to_owned(),
        year: college.calendar_year,
        unit: None,
        day: Some(day),
        note: "工会委员会议定".to_owned(),
    };
    let as_of = store.change_number(college.institution).await?;
    let told = by_clerk(college, "moment.tell", 9).on(id);
    store
        .tell_moment(college.institution, &congress, &Follows::default(), college.made, as_of, &told)
        .await?
        .or_conflict()?;
    Ok(())
}

/// Keeps a plan as it was taken up at an hour of the day, and publishes it.
async fn keep_plan(store: &Store, college: &College, plan: &DemoPlan, hour: i64) -> anyhow::Result<()> {
    let save = PlanSave {
        title: plan.title.clone(),
        year: college.calendar_year,
        issuer: plan.issuer,
        file: Some(store::File {
            name: plan.source.name.clone(),
            bytes: plan.source.text.clone().into_bytes(),
        }),
        source: Some(plan.source.clone()),
        review: serde_json::to_string(&plan.review)?,
    };
    let act = |action| by_clerk(college, action, hour).on(plan.id);
    let saved =
        store.create_plan(college.institution, plan.id, &save, &act("plan.save")).await?.or_conflict()?;
    let publication = Publication {
        made: college.made,
        opening: Opening {
            obligations: plan.obligations.clone(),
            duties: plan.duties.clone(),
            also: plan.also.clone(),
            ..Opening::default()
        },
        ..Publication::default()
    };
    store
        .publish(college.institution, plan.id, saved.revision, &publication, &act("plan.publish"))
        .await?
        .or_conflict()?;
    Ok(())
}

async fn keep_requests(store: &Store, college: &College) -> anyhow::Result<()> {
    let act = Act::new(None, "", moment(college.today, 17), "request.import").on(&college.org.name);
    store.import_requests(college.institution, &college.year.requests, &act).await?;
    Ok(())
}

async fn keep_entries(store: &Store, college: &College, rulebook: &Rulebook) -> anyhow::Result<()> {
    let mut credits: HashMap<EntryId, Vec<model::Credit>> = HashMap::new();
    for credit in &college.year.credits {
        credits.entry(credit.entry).or_default().push(credit.clone());
    }
    let due: HashMap<DutyId, Date> =
        college.plans.iter().flat_map(|p| &p.duties).map(|d| (d.id, d.due)).collect();
    let decided = Decisions::of(college, rulebook);
    let mut files = attach(store, college).await?;
    let import = |entry: &Entry| {
        let mut entry = entry.clone();
        let files = files.remove(&entry.id).unwrap_or_default();
        files.put_into(&mut entry.values);
        let ledgers = rulebook.ledgers_of(&entry);
        let counting = credits.get(&entry.id).into_iter().flatten();
        let until = counting.filter_map(|c| due.get(&c.duty).copied()).min();
        ImportEntry {
            late: is_backfill(entry.day, work::clock::day_of(entry.entered_at), until, GRACE),
            incomplete: !runtime::missing(&entry, &ledgers).is_empty(),
            words: runtime::words(&entry, &ledgers, &files.texts),
            above: runtime::confirmed_by(&entry, &ledgers, &college.org),
            decided: decided.of_entry(&entry, runtime::confirmed_by(&entry, &ledgers, &college.org)),
            credits: credits.remove(&entry.id).unwrap_or_default(),
            entry,
        }
    };
    let mut entries = college.year.entries.iter().map(import).peekable();
    let act = Act::new(None, "", moment(college.today, 18), "entry.import").on(&college.org.name);
    while entries.peek().is_some() {
        let some: Vec<ImportEntry> = entries.by_ref().take(AT_A_TIME).collect();
        store.import_entries(college.institution, &some, &act).await?;
    }
    Ok(())
}

/// What the level above has said of the records that it confirms.
struct Decisions {
    /// Who speaks for a unit.
    speakers: HashMap<model::UnitId, AccountId>,
    /// The record of the first sample branch that was returned.
    returned: Option<EntryId>,
    /// The newest that the committee's office confirms: it still waits.
    waiting: Option<EntryId>,
    today: Date,
}

impl Decisions {
    fn of(college: &College, rulebook: &Rulebook) -> Self {
        let speaks = |role: Role| matches!(role, Role::Office | Role::Secretary);
        let speakers: HashMap<_, _> =
            college.accounts.iter().rev().filter(|a| speaks(a.role)).map(|a| (a.unit, a.id)).collect();
        let branch = college.accounts.iter().find(|a| a.login == "shuji01").map(|a| a.unit);
        let root = college.org.units.iter().find(|u| u.parent.is_none()).map(|u| u.id);
        let newest = |wanted: &dyn Fn(&Entry, model::UnitId) -> bool| {
            let asked = college.year.entries.iter().filter(|e| {
                let above = runtime::confirmed_by(e, &rulebook.ledgers_of(e), &college.org);
                above.is_some_and(|above| wanted(e, above))
            });
            asked.max_by_key(|e| (e.day, e.id)).map(|e| e.id)
        };
        Self {
            speakers,
            returned: newest(&|e, _| Some(e.unit) == branch),
            waiting: newest(&|_, above| Some(above) == root),
            today: college.today,
        }
    }

    /// Two days after it was entered somebody has looked; what came in later still waits.
    fn of_entry(&self, entry: &Entry, above: Option<model::UnitId>) -> Option<EntryNote> {
        let by = self.speakers.get(&above?).copied().filter(|by| *by != entry.entered_by)?;
        let returned = self.returned == Some(entry.id);
        let on = work::clock::day_of(entry.entered_at).checked_add(2.days()).ok()?;
        if on > self.today || self.waiting == Some(entry.id) {
            return None;
        }
        Some(EntryNote {
            revision: entry.revision,
            kind: if returned { NoteKind::Returned } else { NoteKind::Confirmed },
            words: if returned {
                "请核对日期和参加的人，再报。".to_owned()
            } else {
                String::new()
            },
            at: moment(on, 10),
            account: Some(by),
            address: "127.0.0.1".to_owned(),
        })
    }
}

/// What the store holds already.
pub enum Kept {
    /// Nothing.
    Nothing,
    /// A demonstration.
    Demo(InstitutionId, Mark),
    /// An institution, or a demonstration whose making was broken off.
    Other,
}

/// Looks what the store holds.
///
/// # Errors
/// When the store cannot read.
pub async fn held(store: &Store) -> anyhow::Result<Kept> {
    let all = store.institutions().await?;
    let Some(first) = all.first() else { return Ok(Kept::Nothing) };
    Ok(match store.setting::<Mark>(first.id, MARK).await? {
        Some(found) if all.len() == 1 => Kept::Demo(first.id, found.value),
        _ => Kept::Other,
    })
}

/// A sample account as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Id of the role.
    pub role: &'static str,
    /// The role in Chinese; not in the JSON, whose form is fixed.
    #[serde(skip)]
    pub word: &'static str,
    /// Name of the person.
    pub name: String,
    /// With what they sign in.
    pub login: String,
    /// Their password.
    pub password: String,
    /// Over which unit.
    #[serde(skip)]
    pub unit: String,
}

/// The sample accounts of a kept demonstration: those that have a password.
///
/// # Errors
/// When the store cannot read, or the demonstration is not whole.
pub async fn samples(store: &Store, institution: InstitutionId, seed: u64) -> anyhow::Result<Vec<Told>> {
    let org = store.organisation(institution).await?;
    let mut out = Vec::new();
    for account in store.accounts(institution).await? {
        if account.password.is_empty() || account.disabled_at.is_some() {
            continue;
        }
        let grants = store.grants_of(institution, account.id).await?;
        let Some(grant) = grants.first() else { continue };
        out.push(Told {
            role: grant.role.id(),
            word: grant.role.word(),
            name: account.name,
            password: password(seed, &account.login),
            login: account.login,
            unit: org.unit(grant.unit).map(|u| u.name.clone()).unwrap_or_default(),
        });
    }
    if out.is_empty() {
        Err(anyhow!("no account has a password")).context("演示数据不完整，请换一个文件夹")?;
    }
    Ok(out)
}
