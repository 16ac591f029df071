//! 催办 in the demonstration: what was late was chased, by the acts of the pages, each on its day; some said how it stands, some
//! of it is held, and of two orders one is answered. What lies after the demonstration's day has not happened yet.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, anyhow};
use jiff::civil::Date;
use model::rule::Means;
use model::{CaseId, Entry, EntryId, PersonId, Role, UnitId, UnitKind, Value};
use runtime::ladder::Wait;
use store::Act;
use uuid::Uuid;
use work::chase::{self, About, Asked, Item};
use work::entries::{Record, save};
use work::{Actor, Clock, Work};

use super::make::College;

/// The days on which the office looks and releases what is to be chased: month and day.
const LOOKS: [(i8, i8); 5] = [(3, 10), (4, 14), (5, 12), (6, 9), (9, 8)];
/// The day on which it releases two orders, and what happens to them.
const ORDERS: (i8, i8) = (9, 15);
/// How many orders.
const HOW_MANY: usize = 2;

struct Chase<'a> {
    work: &'a Work,
    college: &'a College,
}

/// Gives the units their work telephones, and chases what is late up to the demonstration's day.
///
/// # Errors
/// When the store cannot write.
pub(crate) async fn chase(work: &Work, college: &College) -> anyhow::Result<()> {
    let chase = Chase { work, college };
    chase.phones().await?;
    for (month, day) in LOOKS {
        let Some(day) = chase.day((month, day))? else { continue };
        chase.look(day).await.with_context(|| day.to_string())?;
    }
    if let Some(day) = chase.day(ORDERS)? {
        chase.orders(day).await.with_context(|| day.to_string())?;
    }
    Ok(())
}

fn fault(fault: &work::Fault) -> anyhow::Error {
    anyhow!("{}：{}", fault.title(), fault.words())
}

impl Chase<'_> {
    /// A day of the demonstration's year, if it has come and the ladder holds by then.
    fn day(&self, (month, day): (i8, i8)) -> anyhow::Result<Option<Date>> {
        let day = Date::new(self.college.calendar_year, month, day)?;
        Ok((day <= self.college.today && self.work.rulebook.chase_on(day).is_some()).then_some(day))
    }

    fn on(&self, day: Date) -> Work {
        self.work.at(Clock::Standing(day))
    }

    /// Whoever has this role over this unit.
    async fn actor(&self, work: &Work, unit: Option<UnitId>) -> anyhow::Result<Option<Actor>> {
        let accounts = &self.college.accounts;
        let found = match unit {
            None => accounts.iter().find(|a| a.role == Role::Office),
            Some(unit) => {
                accounts.iter().find(|a| a.unit == unit && matches!(a.role, Role::Secretary | Role::Lead))
            }
        };
        let Some(found) = found else { return Ok(None) };
        let account = self.work.store.account(self.college.institution, found.id).await?;
        Ok(Some(Actor::of(work, account, "127.0.0.1").await.map_err(|e| fault(&e))?))
    }

    async fn office(&self, work: &Work) -> anyhow::Result<Actor> {
        self.actor(work, None).await?.context("the college has no office")
    }

    async fn phones(&self) -> anyhow::Result<()> {
        let units = self.college.org.units.iter().filter(|u| u.kind != UnitKind::Group);
        let phones: Vec<(UnitId, String)> =
            units.enumerate().map(|(i, u)| (u.id, format!("5601 2{:03}", 1 + i * 7))).collect();
        let work = self.on(self.college.today);
        let act = Act::new(None, "", work.clock.now(), "unit.contact");
        Ok(self.work.store.set_contacts(self.college.institution, &phones, &act).await?)
    }

    /// The office releases what is to be chased; every third unit looks at it, every fifth says how it stands.
    async fn look(&self, day: Date) -> anyhow::Result<()> {
        let work = self.on(day);
        let office = self.office(&work).await?;
        let asked = self.waiting(&work, &office, "nudge").await?;
        let done = chase::release(&work, &office, &asked, Uuid::now_v7()).await.map_err(|e| fault(&e))?;
        let mut units: BTreeMap<UnitId, Vec<About>> = BTreeMap::new();
        // What was done by the next day has nothing to be answered.
        let next = self.on(day.tomorrow()?);
        let chasing = chase::chasing(&next, office.institution).await.map_err(|e| fault(&e))?;
        for about in done.done {
            if let Some(item) = chasing.get(&about) {
                units.entry(item.unit).or_default().push(about);
            }
        }
        for (n, (unit, all)) in units.into_iter().enumerate() {
            let Some(secretary) = self.actor(&next, Some(unit)).await? else { continue };
            if let (0, Some(about)) = (n % 3, all.first()) {
                chase::seen(&next, &secretary, about, Uuid::now_v7()).await.map_err(|e| fault(&e))?;
            }
            if let (0, Some(About::Duty(duty))) = (n % 5, all.first()) {
                let values = [
                    ("progress", Value::Choice("behind".to_owned())),
                    (
                        "summary",
                        Value::Text(
                            "书记外出挂职，已请副书记牵头，本月底前补上，党员都通知到了。".to_owned(),
                        ),
                    ),
                    ("problems", Value::Text("挂职期间没有人主持".to_owned())),
                ];
                let entry = self.entry(&next, &secretary, unit, "progress-note", "情况说明", values)?;
                let answer = chase::answer(&next, &secretary, &entry, *duty).await.map_err(|e| fault(&e))?;
                let record = Record { chase: Some(&answer), ..record(&entry, None) };
                save(&next, &secretary, &record).await.map_err(|e| fault(&e))?;
            }
        }
        // One is held, with a reason that everybody reads.
        let held: Vec<Item> = chase::chasing(&next, office.institution)
            .await
            .map_err(|e| fault(&e))?
            .items()
            .filter(|i| matches!(i.next.as_ref().and_then(|n| n.wait.as_ref()), Some(Wait::Until(_))))
            .filter(|i| !i.rungs.is_empty())
            .take(1)
            .cloned()
            .collect();
        for item in held {
            let until = day.checked_add(jiff::Span::new().days(20))?;
            let office = self.office(&next).await?;
            let reason = "书记病休，回来再看";
            chase::hold(&next, &office, &item.about, (Uuid::now_v7(), until), reason)
                .await
                .map_err(|e| fault(&e))?;
        }
        Ok(())
    }

    /// What waits for the office at a rung.
    async fn waiting(&self, work: &Work, office: &Actor, rung: &str) -> anyhow::Result<Vec<Asked>> {
        let chasing = chase::chasing(work, office.institution).await.map_err(|e| fault(&e))?;
        let waits = |i: &&Item| {
            i.waits_for_release()
                && i.next.as_ref().is_some_and(|n| n.rung.id == rung)
                && chase::may_release(work, office, &chasing, i)
        };
        let mut items: Vec<&Item> = chasing.items().filter(waits).collect();
        items.sort_by_key(|i| (i.due, i.about.clone()));
        let asked = |i: &Item| Asked {
            about: i.about.clone(),
            rung: rung.to_owned(),
            due: i.due,
            reason: String::new(),
        };
        Ok(items.into_iter().map(asked).collect())
    }

    /// Two orders are released; both are signed, one is answered, the other not yet signed for.
    async fn orders(&self, day: Date) -> anyhow::Result<()> {
        let work = self.on(day);
        let office = self.office(&work).await?;
        let mut units = BTreeSet::new();
        let mut asked = self.waiting(&work, &office, "order").await?;
        let chasing = chase::chasing(&work, office.institution).await.map_err(|e| fault(&e))?;
        // One for a branch is enough to begin with.
        asked.retain(|a| chasing.get(&a.about).is_some_and(|i| units.insert(i.unit)));
        asked.truncate(HOW_MANY);
        let done = chase::release(&work, &office, &asked, Uuid::now_v7()).await.map_err(|e| fault(&e))?;
        for (n, (about, case)) in done.done.iter().zip(&done.opened).enumerate() {
            let Some(item) = chasing.get(about) else { continue };
            self.order(*case, item.unit, n == 0).await?;
        }
        Ok(())
    }

    async fn order(&self, case: CaseId, unit: UnitId, answered: bool) -> anyhow::Result<()> {
        let desk = self.college.org.units.iter().find(|u| u.name == "党委办公室").context("党委办公室")?.id;
        let Some(day) = self.day((9, 16))? else { return Ok(()) };
        let work = self.on(day);
        let office = self.office(&work).await?;
        let signer = self.college.people.holder(desk, "主任", day).map(|p| (p.id, p.name.clone()));
        let mut values = vec![
            ("sign_stage", Value::Choice("issue".to_owned())),
            ("verdict", Value::Choice("signed".to_owned())),
        ];
        values.extend(
            signer.map(|(id, name): (PersonId, String)| ("signer", Value::Person { id: Some(id), name })),
        );
        self.of_case(&work, &office, (case, desk), "order-sign", "督办单签发", values).await?;
        let Some(day) = self.day((9, 17))?.filter(|_| answered) else { return Ok(()) };
        let work = self.on(day);
        let Some(secretary) = self.actor(&work, Some(unit)).await? else { return Ok(()) };
        let content = |words: &str| vec![("content", Value::Text(words.to_owned()))];
        let (of, ledger) = ((case, unit), "order-receipt");
        self.of_case(&work, &secretary, of, ledger, "督办单签收", content("收到，支委会已研究。")).await?;
        let Some(day) = self.day((9, 24))? else { return Ok(()) };
        let work = self.on(day);
        let words = content("已定于十月上旬补开，地点和主持人都定了，届时补录。");
        self.of_case(&work, &secretary, of, "order-reply", "落实情况", words).await
    }

    async fn of_case(
        &self,
        work: &Work,
        actor: &Actor,
        (case, unit): (CaseId, UnitId),
        ledger: &str,
        title: &str,
        values: Vec<(&str, Value)>,
    ) -> anyhow::Result<()> {
        let entry = self.entry(work, actor, unit, ledger, title, values)?;
        save(work, actor, &record(&entry, Some(case))).await.map(|_| ()).map_err(|e| fault(&e))
    }

    fn entry<'v>(
        &self,
        work: &Work,
        actor: &Actor,
        unit: UnitId,
        ledger: &str,
        title: &str,
        values: impl IntoIterator<Item = (&'v str, Value)>,
    ) -> anyhow::Result<Entry> {
        let form = self.work.rulebook.ledger(ledger).with_context(|| ledger.to_owned())?;
        let mut all: BTreeMap<String, Value> = values.into_iter().map(|(id, v)| (id.to_owned(), v)).collect();
        if let Some(field) = form.meaning(Means::Title) {
            all.insert(field.id.clone(), Value::Text(title.to_owned()));
        }
        let now = work.clock.now();
        Ok(Entry {
            id: EntryId::fresh(),
            unit,
            ledgers: vec![ledger.to_owned()],
            day: work.clock.today(),
            title: title.to_owned(),
            values: all,
            revision: 0,
            entered_at: now,
            entered_by: actor.account,
            revised_at: now,
            withdrawn: false,
        })
    }
}

fn record(entry: &Entry, case: Option<CaseId>) -> Record<'_> {
    Record { entry, based_on: 0, proposals: &[], reason: "", case, chase: None }
}
