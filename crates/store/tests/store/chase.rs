//! The chase: each rung once for each due day, notes that are kept, and what is changed behind the program's back.

use model::UnitId;
use serde_json::json;
use store::{ChaseKey, ChaseNote, ChaseNoteKind, ChaseWrite, Kept, KeptFault, RungRow, StoreError};
use uuid::Uuid;

use crate::{
    fixture::{Fixture, day, raw, start, story},
    plans::published,
};

fn rung(key: &ChaseKey, unit: UnitId, rung: &str, due: &str) -> RungRow {
    RungRow {
        key: key.clone(),
        rung: rung.to_owned(),
        due: day(due),
        period: day(due),
        unit,
        title: "主题党日（4月）".to_owned(),
        day: day("2026-05-11"),
        skipped: false,
        reason: String::new(),
        case: None,
        told: json!([]),
        batch: Uuid::now_v7(),
        at: start(),
        account: None,
    }
}

async fn put(f: &Fixture, rungs: Vec<RungRow>, notes: Vec<ChaseNote>) -> Result<(), StoreError> {
    let as_of = f.store.change_number(f.inst).await?;
    let write = ChaseWrite { rungs, notes };
    f.store.write_chase(f.inst, &write, None, as_of, &f.act("chase.release")).await
}

fn is(done: &Result<(), StoreError>, name: &str) -> bool {
    matches!(done, Err(StoreError::Constraint(c)) if c == name)
}

story!(a_rung_goes_once_for_a_due_day_and_what_is_taken_out_behind_the_programs_back_shows, |f| {
    let (_, _, duties) = published(f).await;
    let key = ChaseKey { subject: duties[0].id.0, step: String::new(), line: None };
    let unit = duties[0].unit;
    let one = rung(&key, unit, "nudge", "2026-04-30");
    put(f, vec![one.clone()], Vec::new()).await.unwrap();
    let twice = put(f, vec![one.clone()], Vec::new()).await;
    assert!(is(&twice, "chase_rung_pkey"), "{twice:?}");
    // Put off, it goes again; the next rung and another step of the same are others.
    let later = rung(&key, unit, "nudge", "2026-05-20");
    let other = ChaseKey { step: "reply".to_owned(), line: Some(1), ..key.clone() };
    put(f, vec![later, rung(&other, unit, "nudge", "2026-04-30")], Vec::new()).await.unwrap();
    let all = f.store.rungs(f.inst, None, day("2026-01-01")).await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all.iter().filter(|r| r.key == other).count(), 1);
    assert!(all.iter().all(|r| r.account == Some(f.clerk)));
    assert!(f.store.rungs(f.inst, None, day("2026-05-12")).await.unwrap().is_empty());
    assert_eq!(f.store.rungs(f.inst, Some(&[unit].into()), day("2026-01-01")).await.unwrap().len(), 3);
    assert!(f.store.rungs(f.inst, Some(&[f.units[0]].into()), day("2026-01-01")).await.unwrap().is_empty());

    let note = ChaseNote {
        id: Uuid::now_v7(),
        key: key.clone(),
        kind: ChaseNoteKind::Held,
        day: day("2026-05-12"),
        until: Some(day("2026-05-20")),
        words: "书记出差".to_owned(),
        entry: None,
        at: start(),
        account: None,
    };
    put(f, Vec::new(), vec![note.clone()]).await.unwrap();
    let twice = put(f, Vec::new(), vec![note.clone()]).await;
    assert!(is(&twice, "chase_note_pkey"), "{twice:?}");
    let notes = f.store.chase_notes(f.inst, day("2026-05-12")).await.unwrap();
    assert_eq!(notes.len(), 1);
    assert_eq!((notes[0].kind, notes[0].until), (ChaseNoteKind::Held, Some(day("2026-05-20"))));

    // Worked out from what has changed meanwhile, it is refused.
    let stale = f.store.change_number(f.inst).await.unwrap() - 1;
    let write = ChaseWrite { rungs: vec![rung(&key, unit, "order", "2026-04-30")], notes: Vec::new() };
    let refused = f.store.write_chase(f.inst, &write, None, stale, &f.act("chase.release")).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");

    assert_eq!(f.store.verify_kept(f.inst).await.unwrap(), []);
    raw(&f.target, "delete from chase_rung where step = 'reply'").await.unwrap();
    raw(&f.target, "update chase_note set until = '2026-06-30'").await.unwrap();
    let faults = f.store.verify_kept(f.inst).await.unwrap();
    let rungs = KeptFault { what: Kept::Rungs, said: 3, found: 2 };
    assert_eq!(faults, [rungs, KeptFault { what: Kept::Notes, said: 1, found: 1 }]);
});

story!(a_unit_is_called_under_one_number, |f| {
    let act = f.act("unit.contact");
    let one = [(f.units[2], "5601 2101".to_owned())];
    f.store.set_contacts(f.inst, &one, &act).await.unwrap();
    let other = [(f.units[2], "5601 2102".to_owned()), (f.units[3], String::new())];
    f.store.set_contacts(f.inst, &other, &act).await.unwrap();
    let all = f.store.contacts(f.inst).await.unwrap();
    assert_eq!(all.into_iter().collect::<Vec<_>>(), [(f.units[2], "5601 2102".to_owned())]);
    let nobody = [(UnitId::fresh(), "1".to_owned())];
    let refused = f.store.set_contacts(f.inst, &nobody, &act).await;
    assert!(is(&refused, "foreign_key"), "{refused:?}");
});
