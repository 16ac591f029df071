//! What is noted beside the rungs.

use jiff::civil::Date;
use model::{DutyId, Entry};
use serde_json::json;
use store::{ChaseNote, ChaseNoteKind, ChaseWrite, StoreError};
use uuid::Uuid;

use super::About;
use super::read::{Chasing, Item, chasing};
use super::release::visible;
use super::who::may_hold;
use crate::cases::TRIES;
use crate::{Actor, Fault, Right, Work, over};

/// Characters of a reason, or of what was said on the telephone.
const WORDS: usize = 200;

fn words_of(field: &str, words: &str, lacking: &str) -> Result<String, Fault> {
    let words = words.trim();
    if words.is_empty() {
        return Err(Fault::field(field, lacking));
    }
    over(words, WORDS).map_or(Ok(()), |said| Err(Fault::field(field, said)))?;
    Ok(words.to_owned())
}

/// Writes a note, as long as `allowed` says that it may be made; a form sent twice notes once.
async fn put(
    work: &Work,
    actor: &Actor,
    note: ChaseNote,
    action: store::Act,
    allowed: impl Fn(&Chasing, &Item) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let about = About::of(&note.key);
    let write = ChaseWrite { notes: vec![note], ..ChaseWrite::default() };
    for _ in 0..TRIES {
        let chasing = chasing(work, actor.institution).await?;
        let (item, _) = visible(work, actor, &chasing, &about).await?;
        allowed(&chasing, item)?;
        match work.store.write_chase(actor.institution, &write, None, chasing.as_of, &action).await {
            Err(StoreError::Conflict) => {}
            Err(StoreError::Constraint(name)) if name == "chase_note_pkey" => return Ok(()),
            other => return Ok(other?),
        }
    }
    Err(Fault::Conflict("情况一直在变，没有记下；请过一会儿再按一次。".to_owned()))
}

fn note(work: &Work, about: &About, id: Uuid, kind: ChaseNoteKind, words: String) -> ChaseNote {
    ChaseNote {
        id,
        key: about.key(),
        kind,
        day: work.clock.today(),
        until: None,
        words,
        entry: None,
        at: work.clock.now(),
        account: None,
    }
}

fn allowed(work: &Work, actor: &Actor, chasing: &Chasing, item: &Item) -> Result<(), Fault> {
    if may_hold(work, actor, chasing, item) {
        Ok(())
    } else {
        Err(Fault::NotAllowed("这件事的催办由党委办公室掌握。".to_owned()))
    }
}

/// The last day until which a rung may be held that is held today.
#[must_use]
pub(super) fn hold_limit(chasing: &Chasing) -> Option<Date> {
    let (_, most) = chasing.chase.as_ref()?.hold.as_ref()?;
    Some(chasing.days().after(chasing.day, *most))
}

/// Holds the next rung of something until a day, with a reason.
///
/// # Errors
/// [`Fault::NotFound`] when the account does not see it, or it is not late any more; [`Fault::NotAllowed`] when it may not;
/// [`Fault::Invalid`] at `until` when it is past or later than the ladder allows, at `reason` when there is none.
pub async fn hold(
    work: &Work,
    actor: &Actor,
    about: &About,
    (id, until): (Uuid, Date),
    reason: &str,
) -> Result<(), Fault> {
    let reason = words_of("reason", reason, "按住要写明原因，看的人会看到。")?;
    let act = actor.act(work, "chase.hold").on(about).with(json!({ "until": until, "reason": reason }));
    let note = ChaseNote { until: Some(until), ..note(work, about, id, ChaseNoteKind::Held, reason) };
    put(work, actor, note, act, |chasing, item| {
        allowed(work, actor, chasing, item)?;
        if until <= chasing.day {
            return Err(Fault::field("until", "暂缓到今天以后的一天。"));
        }
        match hold_limit(chasing) {
            Some(last) if until > last => {
                Err(Fault::field("until", format!("最长只能暂缓到{}。", crate::days::long_day_words(last))))
            }
            _ => Ok(()),
        }
    })
    .await
}

/// Lets it go again before that day.
///
/// # Errors
/// As [`hold`]; [`Fault::Conflict`] when nothing holds it.
pub async fn free(work: &Work, actor: &Actor, about: &About, id: Uuid) -> Result<(), Fault> {
    let act = actor.act(work, "chase.free").on(about);
    let note = note(work, about, id, ChaseNoteKind::Freed, String::new());
    put(work, actor, note, act, |chasing, item| {
        allowed(work, actor, chasing, item)?;
        match item.held() {
            Some(_) => Ok(()),
            None => Err(Fault::Conflict("这件事没有暂缓，不用放开。".to_owned())),
        }
    })
    .await
}

/// Notes that whoever owes it was called, and what they said. It stops nothing: what stops the climb is what they write.
///
/// # Errors
/// As [`hold`].
pub async fn call(work: &Work, actor: &Actor, about: &About, id: Uuid, words: &str) -> Result<(), Fault> {
    let words = words_of("words", words, "写一句电话里怎么说的。")?;
    let act = actor.act(work, "chase.call").on(about);
    put(work, actor, note(work, about, id, ChaseNoteKind::Called, words), act, |chasing, item| {
        allowed(work, actor, chasing, item)
    })
    .await
}

/// Notes that whom it is for has seen what was released: they say so themselves, nothing watches them.
///
/// # Errors
/// [`Fault::NotFound`] when the account does not keep the records of the unit that owes it; [`Fault::Conflict`] when
/// nothing was released that is not seen yet.
pub async fn seen(work: &Work, actor: &Actor, about: &About, id: Uuid) -> Result<(), Fault> {
    let act = actor.act(work, "chase.seen").on(about);
    let note = note(work, about, id, ChaseNoteKind::Seen, String::new());
    put(work, actor, note, act, |_, item| {
        actor.must_cover(Right::Record, item.unit).map_err(|_| Fault::not_found("这件事"))?;
        match item.unseen() {
            Some(_) => Ok(()),
            None => Err(Fault::Conflict("没有还没看过的催办。".to_owned())),
        }
    })
    .await
}

/// A record that says how a late duty stands, as what is written of the chase with it.
///
/// # Errors
/// [`Fault::NotFound`] when there is no such duty for the account; [`Fault::Conflict`] when the record is another unit's, or in no
/// ledger by which one answers.
pub async fn answer(work: &Work, actor: &Actor, entry: &Entry, duty: DutyId) -> Result<ChaseWrite, Fault> {
    let scope = actor.scope_for(Right::Record);
    let found = work.store.duty(actor.institution, &scope, duty).await;
    let found = found.map_err(|_| Fault::not_found("这件应办事项"))?;
    if found.unit != entry.unit {
        let name = actor.known.unit_name(found.unit);
        return Err(Fault::Conflict(format!("这件事由{name}承担，情况说明也要由{name}来写。")));
    }
    let stops = work.rulebook.chase_on(work.clock.today()).map(|c| c.stops.as_slice()).unwrap_or_default();
    let answers = stops.iter().any(|s| match s {
        model::follow::Stop::Entries { ledgers, .. } => entry.ledgers.iter().any(|l| ledgers.contains(l)),
        _ => false,
    });
    if !answers {
        return Err(Fault::Conflict("说明情况要记在“工作进展说明”里。".to_owned()));
    }
    let about = About::Duty(duty);
    let note = ChaseNote {
        entry: Some(entry.id),
        ..note(work, &about, Uuid::now_v7(), ChaseNoteKind::Answered, String::new())
    };
    Ok(ChaseWrite { notes: vec![note], ..ChaseWrite::default() })
}
