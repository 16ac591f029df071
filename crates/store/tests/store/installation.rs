//! Keys and files that are not those of a database are known as such; units change for every process at once.

use std::collections::BTreeMap;

use model::{Membership, MembershipId, Person, PersonId, SecretKind, Stage};
use store::{
    Algorithm, Blobs, Changes, FilesMismatch, KeyMismatch, Keys, PersonSave, PersonState, SealedAmiss, Store,
};

use crate::fixture::{Fixture, day, raw, start, story};

async fn keep_number(store: &Store, f: &Fixture) -> PersonId {
    let person =
        Person {
            id: PersonId::fresh(), name: "郑四".into(), number: "S004".into(), kind: "student".into()
        };
    let id = person.id;
    let membership = Membership {
        id: MembershipId::fresh(),
        person: id,
        branch: f.units[2],
        group: None,
        stage: Stage::Activist,
        since: day("2026-03-01"),
        until: None,
    };
    let save = PersonSave {
        state: PersonState { memberships: vec![membership], ..PersonState::of(person) },
        based_on: None,
        secrets: BTreeMap::from([(SecretKind::Phone, Some("13912345678".to_owned()))]),
        note: "新增".into(),
    };
    store.save_persons(f.inst, &[save], None, &f.act("person.save")).await.unwrap();
    id
}

story!(keys_that_are_not_those_of_the_database_are_known, |f| {
    let folder = tempfile::tempdir().unwrap();
    let ours = Keys::make(&folder.path().join("ours.keys")).unwrap();
    let theirs = Keys::make(&folder.path().join("theirs.keys")).unwrap();
    let store = f.store.clone().with_keys(ours.clone());
    assert!(!store.knows_keys().await.unwrap());
    let person = keep_number(&store, f).await;
    // A database that has not met a key yet tries it on what is sealed.
    assert_eq!(store.match_keys(&theirs).await.unwrap(), Some(KeyMismatch::Other(1)));
    assert_eq!(store.match_keys(&ours).await.unwrap(), None);
    store.note_keys(&ours, start()).await.unwrap();
    store.note_keys(&theirs, start()).await.unwrap();
    assert_eq!(store.match_keys(&ours).await.unwrap(), None, "what was noted first stays");
    assert_eq!(store.match_keys(&theirs).await.unwrap(), Some(KeyMismatch::Other(1)));
    assert!(store.knows_keys().await.unwrap());

    let before = std::fs::read(folder.path().join("ours.keys")).unwrap();
    assert_eq!(store.rotate_keys(&ours, Algorithm::Sm4Gcm, || f.act("keys.rotate")).await.unwrap(), 1);
    assert_eq!(store.verify_sealed(f.inst).await.unwrap(), (1, vec![]));
    assert_eq!(store.count_sealed(f.inst).await.unwrap(), 1);
    assert_eq!(store.match_keys(&ours).await.unwrap(), None);
    // A copy of the file from before.
    std::fs::write(folder.path().join("old.keys"), before).unwrap();
    let old = Keys::read(&folder.path().join("old.keys")).unwrap();
    assert_eq!(store.match_keys(&old).await.unwrap(), Some(KeyMismatch::Missing(2)));
    assert!(store.rotate_keys(&theirs, Algorithm::Sm4Gcm, || f.act("keys.rotate")).await.is_err());
    assert_eq!(theirs.newest().unwrap().0, 1, "nothing was added to a file that is another's");

    let faults = store.clone().with_keys(old).verify_sealed(f.inst).await.unwrap().1;
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].owner, person.0);
    assert_eq!((faults[0].kind, faults[0].what), (Some(SecretKind::Phone), SealedAmiss::NoKey(2)));
    raw(&f.target, "update person_secret set lookup = sealed").await.unwrap();
    assert_eq!(store.verify_sealed(f.inst).await.unwrap().1[0].what, SealedAmiss::Lookup);
    raw(&f.target, "update person_secret set kind = 'citizen_id'").await.unwrap();
    assert_eq!(
        store.verify_sealed(f.inst).await.unwrap().1[0].what,
        SealedAmiss::Shut,
        "moved to another row"
    );
});

story!(one_at_a_time_changes_the_keys, |f| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("luoshi.keys");
    let keys = Keys::make(&path).unwrap();
    let store = f.store.clone().with_keys(keys.clone());
    keep_number(&store, f).await;
    let held = Keys::read(&path).unwrap().lock().unwrap().unwrap();
    let refused = store.rotate_keys(&keys, Algorithm::Sm4Gcm, || f.act("keys.rotate")).await;
    assert!(matches!(refused, Err(store::StoreError::Busy)), "{refused:?}");
    drop(held);
    for n in 2..5 {
        store.rotate_keys(&keys, Algorithm::Sm4Gcm, || f.act("keys.rotate")).await.unwrap();
        let ids: Vec<u32> = keys.fingerprints().unwrap().into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, [n - 1, n], "the last one stays for copies, those before have left");
    }
    assert_eq!(store.verify_sealed(f.inst).await.unwrap(), (1, vec![]));
});

story!(a_place_of_files_belongs_to_one_database, |f| {
    assert_eq!(f.store.match_files(start()).await.unwrap(), None);
    assert_eq!(f.store.match_files(start()).await.unwrap(), None, "and stays it");
    let word = std::fs::read_to_string(f.files.path().join(FilesMismatch::FILE)).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let other = f.store.clone().with_blobs(Blobs::folder(elsewhere.path()).unwrap());
    let expected = word.trim().to_owned();
    let found = other.match_files(start()).await.unwrap();
    assert_eq!(found, Some(FilesMismatch::Missing { expected: expected.clone() }));
    std::fs::write(elsewhere.path().join(FilesMismatch::FILE), "another").unwrap();
    assert_eq!(
        other.match_files(start()).await.unwrap(),
        Some(FilesMismatch::Other { expected: expected.clone() })
    );
    // What the words of the refusal say to do.
    std::fs::write(elsewhere.path().join(FilesMismatch::FILE), format!("{expected}\r\n")).unwrap();
    assert_eq!(other.match_files(start()).await.unwrap(), None);
});

story!(units_and_settings_have_a_change_number_of_their_own, |f| {
    let first = f.store.changes(f.inst).await.unwrap();
    let mut unit = f.store.organisation(f.inst).await.unwrap().units[3].clone();
    unit.name = "第二学生党支部".into();
    f.store.save_units(f.inst, &[unit], &f.act("unit.save")).await.unwrap();
    let second = f.store.changes(f.inst).await.unwrap();
    assert_eq!(second, Changes { facts: first.facts, org: first.org + 1 });
    f.store.save_setting(f.inst, "calendar-2026", 0, 1, &f.act("calendar.save")).await.unwrap();
    f.store.rename_institution(f.inst, "春晖学院", &f.act("institution.rename")).await.unwrap();
    assert_eq!(f.store.changes(f.inst).await.unwrap().org, first.org + 3);
    f.store.record(f.inst, &f.act("export")).await.unwrap();
    assert_eq!(f.store.changes(f.inst).await.unwrap().org, first.org + 3);
});
