//! Releasing rungs and leaving them out.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use model::flow::Length;
use model::follow::Rung;
use model::rule::{FieldType, Ledger, Means};
use model::{CaseId, Entry, EntryId, UnitId, Value};
use runtime::flow::Days;
use runtime::ladder::Wait;
use serde_json::json;
use store::{CaseFilter, ChaseWrite, RungRow, Running, StoreError};
use uuid::Uuid;

use super::About;
use super::read::{Chasing, Item, chasing};
use super::who::{Told, may_release, releases};
use crate::cases::{self, Drafted, TRIES};
use crate::days::{day_words, long_day_words};
use crate::{Actor, Fault, Right, Work, entries, over, requests};

/// Characters of a reason.
const REASON: usize = 200;
/// Within how long an order is to be answered, unless whoever signs it writes otherwise (*house*: no college's rule was read that says
/// one).
const LIMIT: Length = Length::WorkingDays(10);
/// Characters of a title.
const TITLE: usize = 120;

/// A rung that somebody wants to release or to leave out, as the page showed it to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// For what.
    pub about: About,
    /// The rung.
    pub rung: String,
    /// The due day under which it was shown.
    pub due: Date,
    /// Why it goes before its day, or is left out.
    pub reason: String,
}

/// What became of several.
#[derive(Clone, Debug, Default)]
pub struct Released {
    /// What went or was left out.
    pub done: Vec<About>,
    /// What had been done already: a form that was sent twice.
    pub already: usize,
    /// What did not, and why: one that does not holds back no other.
    pub held_back: Vec<(About, String)>,
    /// The cases that were opened.
    pub opened: Vec<CaseId>,
}

/// Something late with its title, when the account may see it.
///
/// # Errors
/// [`Fault::NotFound`] when it may not; [`Fault::Conflict`] when it is owed no more, or not late for long.
pub(super) async fn visible<'c>(
    work: &Work,
    actor: &Actor,
    chasing: &'c Chasing,
    about: &About,
) -> Result<(&'c Item, String), Fault> {
    let title = match about {
        About::Duty(id) => Some(requests::duty(work, actor, *id).await?.0.title),
        About::Step(case, ..) => {
            let filter =
                CaseFilter { ids: Some([*case].into()), running: Running::All, ..CaseFilter::default() };
            if work.store.count_cases(actor.institution, &cases::sight(actor), &filter).await? == 0 {
                return Err(Fault::not_found("这个事项"));
            }
            None
        }
    };
    let item = chasing.get(about);
    let item = item.ok_or_else(|| Fault::Conflict("已经办成、免办或者不再要求，不用催。".to_owned()))?;
    Ok((item, title.unwrap_or_else(|| item.title.clone())))
}

/// Releases rungs, each in a transaction of its own with the case that it opens. `batch` is made with the form: sent twice, each
/// goes once.
///
/// # Errors
/// When the store cannot read or write; what went by then has gone, and is not sent again.
pub async fn release(work: &Work, actor: &Actor, asked: &[Asked], batch: Uuid) -> Result<Released, Fault> {
    many(work, actor, asked, batch, false).await
}

/// Leaves a rung out, with a reason; the next one then follows in its time.
///
/// # Errors
/// As [`release`].
pub async fn leave_out(work: &Work, actor: &Actor, asked: &Asked, batch: Uuid) -> Result<Released, Fault> {
    many(work, actor, std::slice::from_ref(asked), batch, true).await
}

/// What is known between the lines of a batch: read once, and again when others wrote meanwhile.
struct Batch {
    id: Uuid,
    skip: bool,
    chasing: Arc<Chasing>,
    /// The change number after what this batch has written itself.
    as_of: i64,
    /// The case of each gathering rung and period that this batch opened.
    gathered: BTreeMap<(String, Date), CaseId>,
}

async fn many(work: &Work, actor: &Actor, asked: &[Asked], id: Uuid, skip: bool) -> Result<Released, Fault> {
    actor.must(Right::Release)?;
    let chasing = chasing(work, actor.institution).await?;
    let as_of = chasing.as_of;
    let mut batch = Batch { id, skip, chasing, as_of, gathered: BTreeMap::new() };
    let mut out = Released::default();
    for one in asked {
        match single(work, actor, one, &mut batch).await {
            Ok(Some(opened)) => {
                out.done.push(one.about.clone());
                out.opened.extend(opened);
            }
            Ok(None) => out.already += 1,
            Err(fault @ (Fault::Internal(_) | Fault::Disk(_) | Fault::Busy)) => return Err(fault),
            Err(fault @ Fault::NotFound(_)) => out.held_back.push((one.about.clone(), fault.title())),
            Err(fault) => out.held_back.push((one.about.clone(), fault.words())),
        }
    }
    Ok(out)
}

/// One of them: the case that it opened, if it did; nothing when it had been done already.
async fn single(
    work: &Work,
    actor: &Actor,
    asked: &Asked,
    batch: &mut Batch,
) -> Result<Option<Option<CaseId>>, Fault> {
    if let Some(words) = over(&asked.reason, REASON) {
        return Err(Fault::field("reason", words));
    }
    for _ in 0..TRIES {
        let seen = Arc::clone(&batch.chasing);
        let (item, title) = visible(work, actor, &seen, &asked.about).await?;
        if item.rungs.iter().any(|r| went(r, asked, item)) {
            return Ok(None);
        }
        let rung = allowed(work, actor, &seen, item, asked, batch.skip)?;
        match climb(work, actor, (item, &title, &rung), asked, batch).await? {
            Some(opened) => return Ok(Some(opened)),
            None => {
                batch.chasing = chasing(work, actor.institution).await?;
                batch.as_of = batch.chasing.as_of;
            }
        }
    }
    Err(Fault::Conflict("情况一直在变，没有办成；请过一会儿再按一次。".to_owned()))
}

/// Whether a rung that went is the one that is asked for; of what is gathered, in this period.
fn went(row: &RungRow, asked: &Asked, item: &Item) -> bool {
    let gathers = item.next.as_ref().is_some_and(|n| n.rung.id == asked.rung && n.rung.gather.is_some());
    row.rung == asked.rung && row.due == asked.due && !gathers
}

/// That the account may, and that it is this rung's turn.
fn allowed(
    work: &Work,
    actor: &Actor,
    chasing: &Chasing,
    item: &Item,
    asked: &Asked,
    skip: bool,
) -> Result<Rung, Fault> {
    let refuse = |words: String| Err(Fault::Conflict(words));
    let next = item.next.as_ref().filter(|n| n.rung.by.is_some());
    let Some(next) = next else { return refuse("现在没有要放行的。".to_owned()) };
    if next.rung.id != asked.rung || item.due != asked.due {
        return refuse(format!("情况有变，现在轮到“{}”，刷新再看。", next.rung.title));
    }
    if !may_release(work, actor, chasing, item) {
        let units = releases(work, chasing, item);
        let who: Vec<&str> = units.iter().map(|u| actor.known.unit_name(*u)).collect();
        let who = if who.is_empty() { "别的单位".to_owned() } else { who.join("、") };
        return Err(Fault::NotAllowed(format!("“{}”由{who}放行。", next.rung.title)));
    }
    let reasoned = !asked.reason.trim().is_empty();
    if skip {
        let lacks = || Err(Fault::field("reason", "略过要写明原因。"));
        return if reasoned { Ok(next.rung.clone()) } else { lacks() };
    }
    match &next.wait {
        None => Ok(next.rung.clone()),
        Some(Wait::Until(_)) if reasoned => Ok(next.rung.clone()),
        Some(wait) => refuse(match wait {
            Wait::Until(day) => {
                format!("“{}”{}起才可以放行；提前放行要写明原因。", next.rung.title, day_words(*day))
            }
            Wait::Today => "今天已经放行过一级，一天不发两级。".to_owned(),
            Wait::Request(_) => "有申请还没有批，批了再说。".to_owned(),
            Wait::Answered(until) => format!("说明过情况，{}以后再看。", day_words(*until)),
            Wait::Case(..) => "督办单挂起，恢复办理以后再看。".to_owned(),
            Wait::Held(until) => format!("暂缓到{}；要放行先放开。", day_words(*until)),
            Wait::Quiet => "休息日、节假日和寒暑假不发，上班以后放行。".to_owned(),
            Wait::Dropped => "上一级没有立项，停在那里。".to_owned(),
        }),
    }
}

/// Writes one; nothing when something was written meanwhile.
async fn climb(
    work: &Work,
    actor: &Actor,
    (item, title, rung): (&Item, &str, &Rung),
    asked: &Asked,
    batch: &mut Batch,
) -> Result<Option<Option<CaseId>>, Fault> {
    let chasing = Arc::clone(&batch.chasing);
    let period = rung.gather.map_or(item.due, |per| Days::period(chasing.day, per).0);
    let named = format!("{}：{title}", actor.known.unit_name(item.unit));
    let mut row = RungRow {
        key: item.about.key(),
        rung: rung.id.clone(),
        due: item.due,
        period,
        unit: item.unit,
        title: title.to_owned(),
        day: chasing.day,
        skipped: batch.skip,
        reason: asked.reason.trim().to_owned(),
        case: None,
        told: json!([]),
        batch: batch.id,
        at: work.clock.now(),
        account: None,
    };
    let opens = rung.opens.first().filter(|_| !batch.skip);
    if !batch.skip {
        row.told = json!(Told::of(work, &chasing, item, rung));
    }
    if opens.is_some() && rung.gather.is_some() {
        row.case = gathered(work, actor, &chasing, batch, (&rung.id, period)).await?;
    }
    let line = |case: Option<CaseId>| {
        let act =
            if batch.skip { actor.act(work, "chase.leave-out") } else { actor.act(work, "chase.release") };
        act.on(&item.about).with(json!({
            "rung": rung.title, "unit": actor.known.unit_name(item.unit), "title": title, "due": item.due,
            "case": case, "reason": asked.reason.trim(),
        }))
    };
    let (Some(workflow), None) = (opens, row.case) else {
        let line = line(row.case);
        let write = ChaseWrite { rungs: vec![row], notes: Vec::new() };
        let done = work.store.write_chase(actor.institution, &write, None, batch.as_of, &line).await;
        return settled(done.map(|()| batch.as_of + 1), None, batch);
    };
    let by = releases(work, &chasing, item).first().copied();
    let by = by.or_else(|| actor.own_units(Right::Record).first().copied()).unwrap_or(item.unit);
    let called = match rung.gather {
        Some(_) => format!("逾期事项{}（{}年{}月）", rung.title, period.year(), period.month()),
        None => named.chars().take(TITLE).collect(),
    };
    let blank = blank_of(work, workflow).filter(|_| actor.covers(Right::Record, by));
    let draft = blank.map(|blank| order(work, actor, &chasing, item, by, &called, &blank));
    let opened = Drafted { workflow, unit: item.unit, by, title: &called, draft: draft.as_ref() };
    let (case, cases) = cases::of_rung(work, actor, &opened).await?;
    if cases.as_of != batch.as_of {
        return Ok(None);
    }
    row.case = Some(case);
    let line = line(row.case);
    let write = ChaseWrite { rungs: vec![row], notes: Vec::new() };
    let done = match &draft {
        Some(entry) => entries::draft(work, actor, entry, (&cases, &write), &line).await?,
        None => {
            let done = work.store.write_chase(actor.institution, &write, Some(&cases), batch.as_of, &line);
            done.await.map(|()| batch.as_of + 1)
        }
    };
    if done.is_ok() && rung.gather.is_some() {
        batch.gathered.insert((rung.id.clone(), period), case);
    }
    settled(done, Some(case), batch)
}

/// What a write says: that it is done, that it was already, that it is to be worked out anew.
fn settled(
    done: Result<i64, StoreError>,
    opened: Option<CaseId>,
    batch: &mut Batch,
) -> Result<Option<Option<CaseId>>, Fault> {
    match done {
        Ok(change) => {
            batch.as_of = change;
            Ok(Some(opened))
        }
        // Somebody else released it at the same moment: read anew, it went.
        Err(StoreError::Conflict) => Ok(None),
        Err(StoreError::Constraint(name)) if name == "chase_rung_pkey" => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// The case in which a rung is gathered in its period, where one runs.
async fn gathered(
    work: &Work,
    actor: &Actor,
    chasing: &Chasing,
    batch: &Batch,
    (rung, period): (&str, Date),
) -> Result<Option<CaseId>, Fault> {
    if let Some(case) = batch.gathered.get(&(rung.to_owned(), period)) {
        return Ok(Some(*case));
    }
    let of = |r: &&RungRow| r.rung == rung && r.period == period;
    let Some(case) = chasing.rungs.iter().filter(of).find_map(|r| r.case) else { return Ok(None) };
    let filter = CaseFilter { ids: Some([case].into()), ..CaseFilter::default() };
    let running = work.store.count_cases(actor.institution, &store::CaseSight::all(), &filter).await?;
    if running == 0 {
        return Err(Fault::Conflict("这一期已经印发或者不发了，下一期再列。".to_owned()));
    }
    Ok(Some(case))
}

/// The ledger by which the first step of a procedure is shown, where its record asks whose it is, until when and what is to be
/// done: with these three fields. Such a record is drafted with the case.
fn blank_of<'a>(work: &'a Work, workflow: &str) -> Option<(&'a Ledger, [&'a str; 3])> {
    let procedure = work.rulebook.workflow_on(workflow, work.clock.today()).ok()?;
    let ledger = procedure.steps.first()?.shown_by.iter().find_map(|s| s.ledger.as_deref())?;
    let ledger = work.rulebook.ledger(ledger)?;
    let first = |kind| ledger.fields.iter().find(|f| f.kind == kind).map(|f| f.id.as_str());
    Some((ledger, [first(FieldType::Unit)?, first(FieldType::Day)?, first(FieldType::LongText)?]))
}

/// The order that a release drafts: what, whose, until when, and what was tried.
fn order(
    work: &Work,
    actor: &Actor,
    chasing: &Chasing,
    item: &Item,
    by: UnitId,
    called: &str,
    (ledger, [whose, until, what]): &(&Ledger, [&str; 3]),
) -> Entry {
    let limit = chasing.days().after(chasing.day, LIMIT);
    let tried: Vec<String> =
        item.rungs.iter().filter(|r| !r.skipped && r.due == item.due).map(|r| day_words(r.day)).collect();
    let tried =
        if tried.is_empty() { String::new() } else { format!("已于{}催办，", tried.join("、")) };
    let content = format!(
        "{called}，应于{}前办理，{tried}到{}还没有记录。请于{}前报落实情况；已经办理没有记录的，请补录。",
        long_day_words(item.due),
        day_words(chasing.day),
        long_day_words(limit),
    );
    let mut values = BTreeMap::from([
        ((*whose).to_owned(), Value::Unit(item.unit)),
        ((*until).to_owned(), Value::Day(limit)),
        ((*what).to_owned(), Value::Text(content)),
    ]);
    if let Some(field) = ledger.meaning(Means::Title) {
        values.insert(field.id.clone(), Value::Text(called.to_owned()));
    }
    let now = work.clock.now();
    Entry {
        id: EntryId::fresh(),
        unit: by,
        ledgers: vec![ledger.id.clone()],
        day: chasing.day,
        title: called.to_owned(),
        values,
        revision: 0,
        entered_at: now,
        entered_by: actor.account,
        revised_at: now,
        withdrawn: false,
    }
}
