//! Days that are told, with the duties that follow, in one transaction.

use model::{Duty, DutyId, DutySource, MomentId, ObligationId, PlanId};
use store::{DutyFilter, Follows, SaveEntry, Saved, Scope, StoreError, TellMoment};

use crate::{
    entries::{entry, form, save},
    fixture::{Fixture, day, story},
    plans::{duty, published},
};

fn congress(id: MomentId, based_on: u32, on: Option<&str>) -> TellMoment {
    TellMoment {
        id,
        based_on,
        event: "party-congress".to_owned(),
        year: 2026,
        unit: None,
        day: on.map(day),
        note: String::new(),
    }
}

async fn tell(
    f: &Fixture,
    tell: &TellMoment,
    follows: &Follows,
) -> Result<Saved<store::MomentTold>, StoreError> {
    let as_of = f.store.change_number(f.inst).await?;
    let act = f.act("moment.tell").on(tell.id);
    f.store.tell_moment(f.inst, tell, follows, day("2026-03-01"), as_of, &act).await
}

async fn owed(f: &Fixture, of: ObligationId) -> Vec<DutyId> {
    let filter = DutyFilter { obligation: Some(of), ..DutyFilter::default() };
    f.store.duties(f.inst, &Scope::All, &filter, 100).await.unwrap().iter().map(|d| d.id).collect()
}

fn made(plan: PlanId, duty: &Duty) -> Follows {
    Follows { made: vec![(DutySource::Plan(plan), duty.clone())], ..Follows::default() }
}

story!(a_day_is_told_moved_and_taken_back_with_its_duties_and_every_word_is_kept, |f| {
    let (plan, asked, duties) = published(f).await;
    let first = Duty { due: day("2026-06-17"), ..duty(f, asked.id, 1, 6) };
    let later = Duty { id: DutyId::fresh(), due: day("2026-09-19"), ..first.clone() };
    let id = MomentId::fresh();

    let told = congress(id, 0, Some("2026-06-18"));
    let Ok(Saved::Done(stands)) = tell(f, &told, &made(plan, &first)).await else { panic!("it is told") };
    assert_eq!((stands.revision, stands.day, stands.account), (1, Some(day("2026-06-18")), Some(f.clerk)));
    assert!(owed(f, asked.id).await.contains(&first.id));

    // The form sent twice is told once; a form that is older than the day changes nothing.
    let again = tell(f, &told, &Follows::default()).await;
    assert!(matches!(again, Ok(Saved::Already(_))), "{again:?}");
    let stale = tell(f, &congress(id, 0, Some("2026-07-01")), &Follows::default()).await;
    assert!(matches!(stale, Ok(Saved::Stale(_))), "{stale:?}");

    let moves = Follows { drop: vec![first.id], carry: vec![(first.id, later.id)], ..made(plan, &later) };
    assert!(matches!(tell(f, &congress(id, 1, Some("2026-09-20")), &moves).await, Ok(Saved::Done(_))));
    let now = owed(f, asked.id).await;
    assert!(now.contains(&later.id) && !now.contains(&first.id));

    let other = TellMoment { event: "staff-congress".to_owned(), ..congress(id, 2, Some("2026-09-21")) };
    let refused = tell(f, &other, &Follows::default()).await;
    assert!(matches!(refused, Err(StoreError::Constraint(_))), "{refused:?}");

    let ends = Follows { drop: vec![later.id], ..Follows::default() };
    assert!(matches!(tell(f, &congress(id, 2, None), &ends).await, Ok(Saved::Done(_))));
    assert_eq!(owed(f, asked.id).await.len(), duties.len());

    let all = f.store.moments(f.inst, Some(2026)).await.unwrap();
    let days: Vec<_> = all.iter().map(|m| (m.revision, m.day)).collect();
    assert_eq!(days, [(1, Some(day("2026-06-18"))), (2, Some(day("2026-09-20"))), (3, None)]);
    assert!(f.store.moments(f.inst, Some(2027)).await.unwrap().is_empty());
    f.store.verify_audit(f.inst).await.unwrap().unwrap();
});

story!(what_follows_is_written_with_its_act_or_not_at_all, |f| {
    let (plan, asked, _) = published(f).await;
    let one = Duty { due: day("2026-06-17"), ..duty(f, asked.id, 1, 6) };
    let before = f.store.change_number(f.inst).await.unwrap();
    tell(f, &congress(MomentId::fresh(), 0, Some("2026-06-18")), &Follows::default()).await.unwrap();

    // Worked out before something else was written: neither the day nor the duty is there.
    let late = congress(MomentId::fresh(), 0, Some("2026-07-18"));
    let act = f.act("moment.tell").on(late.id);
    let refused =
        f.store.tell_moment(f.inst, &late, &made(plan, &one), day("2026-03-01"), before, &act).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    assert!(f.store.moments(f.inst, None).await.unwrap().iter().all(|m| m.id != late.id));

    // A record that is an event: it and its duty come together.
    let held = entry(f, 2, "2026-04-20", "党委会");
    let follows = made(plan, &one);
    let refused = f
        .store
        .save_entry(
            f.inst,
            &SaveEntry { follows: Some((&follows, before)), ..form(&held, 0, &[], &[]) },
            &f.act("entry.save"),
        )
        .await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    assert!(f.store.entry(f.inst, &Scope::All, held.id).await.is_err());
    assert!(!owed(f, asked.id).await.contains(&one.id));

    let as_of = f.store.change_number(f.inst).await.unwrap();
    save(f, &SaveEntry { follows: Some((&follows, as_of)), ..form(&held, 0, &[], &[]) }).await;
    assert!(owed(f, asked.id).await.contains(&one.id));
    f.store.verify_audit(f.inst).await.unwrap().unwrap();
});
