//! Files that records name: kept once, named only when they are there, swept when nobody saved them, and checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::{Attached, Entry, EntryId, FileId, FileKind, Value};
use serde_json::json;
use store::{BlobFault, Draft, FileRow, NewFile, SaveEntry, Saved, Scope, StoreError, sha256};

use crate::fixture::{Fixture, at, day, start, story};

fn entry(f: &Fixture, files: &[&FileRow]) -> Entry {
    let files = files.iter().map(|r| r.file.clone()).collect();
    Entry {
        id: EntryId::fresh(),
        unit: f.units[2],
        ledgers: vec!["theme-day".to_owned()],
        day: day("2026-04-20"),
        title: "四月主题党日".to_owned(),
        values: BTreeMap::from([("attachments".to_owned(), Value::Files(files))]),
        revision: 0,
        entered_at: start(),
        entered_by: f.clerk,
        revised_at: start(),
        withdrawn: false,
    }
}

fn file(entry: EntryId, name: &str, bytes: &[u8]) -> NewFile {
    NewFile {
        entry,
        field: "attachments".to_owned(),
        name: name.to_owned(),
        kind: FileKind::Pdf,
        given: sha256(bytes),
        bytes: bytes.to_vec(),
        small: None,
        words: format!("{name}里的字"),
    }
}

async fn keep(f: &Fixture, new: NewFile) -> FileRow {
    f.store.keep_file(f.inst, new, &f.act("file.keep")).await.unwrap()
}

async fn save(f: &Fixture, entry: &Entry, based_on: u32) -> Result<Saved<Entry>, StoreError> {
    let form = SaveEntry {
        entry,
        based_on,
        late: false,
        incomplete: false,
        words: "四月主题党日\n一.pdf里的字".to_owned(),
        above: None,
        reason: "",
        add: &[],
        end: &[],
        on: day("2026-04-20"),
        follows: None,
        cases: None,
        chase: None,
    };
    f.store.save_entry(f.inst, &form, &f.act("entry.save").on(entry.id)).await
}

/// Every file in the folder of files.
fn lying(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for one in std::fs::read_dir(folder).expect("a folder") {
        let path = one.expect("an entry of the folder").path();
        if path.is_dir() { out.extend(lying(&path)) } else { out.push(path) }
    }
    out
}

story!(a_file_handed_in_twice_is_one_and_its_bytes_lie_once, |f| {
    let (here, there) = (EntryId::fresh(), EntryId::fresh());
    let first = keep(f, file(here, "一.pdf", b"content")).await;
    assert_eq!(keep(f, file(here, "一.pdf", b"content")).await, first, "sent twice");
    let (a, b) =
        tokio::join!(keep(f, file(there, "二.pdf", b"content")), keep(f, file(there, "二.pdf", b"content")));
    assert_eq!(a, b, "sent twice at the same moment");
    assert_ne!(a.file.id, first.file.id, "another record has its own");
    assert_ne!(keep(f, file(here, "新名字.pdf", b"content")).await.file.id, first.file.id);
    assert_eq!(f.store.files_of(f.inst, here).await.unwrap().len(), 2);
    assert_eq!(f.store.files_of(f.inst, there).await.unwrap(), std::slice::from_ref(&a));
    let lying = lying(f.files.path());
    assert_eq!(lying.len(), 1, "{lying:?}");
    assert_eq!(std::fs::read(&lying[0]).unwrap(), b"content");
    assert_eq!(f.store.file_bytes(f.inst, first.file.id, false).await.unwrap(), b"content");
    assert!(matches!(f.store.file_bytes(f.inst, first.file.id, true).await, Err(StoreError::NotFound)));
    assert!(matches!(f.store.file_bytes(f.inst, FileId::fresh(), false).await, Err(StoreError::NotFound)));

    let mut picture = file(here, "照片.jpg", b"large");
    picture.small = Some(b"small".to_vec());
    let row = keep(f, picture).await;
    assert!(row.has_small);
    assert_eq!(f.store.file_bytes(f.inst, row.file.id, true).await.unwrap(), b"small");
});

story!(a_record_names_only_files_that_were_handed_in_for_it, |f| {
    let mut typed = entry(f, &[]);
    let own = keep(f, file(typed.id, "一.pdf", b"1")).await;
    let strange = keep(f, file(EntryId::fresh(), "二.pdf", b"2")).await;
    let invented = Attached { id: FileId::fresh(), name: "三.pdf".to_owned(), kind: FileKind::Pdf, size: 1 };
    for wrong in [strange.file, invented] {
        typed.values.insert("attachments".to_owned(), Value::Files(vec![own.file.clone(), wrong]));
        let refused = save(f, &typed, 0).await;
        assert!(
            matches!(&refused, Err(StoreError::Constraint(c)) if c == "attachment_of_entry"),
            "{refused:?}"
        );
        assert!(matches!(f.store.entry(f.inst, &Scope::All, typed.id).await, Err(StoreError::NotFound)));
    }
    typed.values.insert("attachments".to_owned(), Value::Files(vec![own.file.clone()]));
    assert!(matches!(save(f, &typed, 0).await.unwrap(), Saved::Done(_)));
    assert!(matches!(save(f, &typed, 0).await.unwrap(), Saved::Already(_)), "the form sent twice");
    let words = f.store.file_words(f.inst, &typed).await.unwrap();
    assert_eq!(words[&own.file.id], "一.pdf里的字");
    let by_words = |entry: &Entry, texts: &BTreeMap<FileId, String>| {
        let files: Vec<String> = entry.files().map(|(_, file)| texts[&file.id].clone()).collect();
        format!("{}\n{}", entry.title, files.join("\n"))
    };
    let (count, faults) = f.store.verify_entries(f.inst, by_words).await.unwrap();
    assert_eq!((count, faults), (1, vec![]));

    // Taken out of the record it stays with the revision that had it.
    let without = Entry { values: BTreeMap::new(), ..typed.clone() };
    assert!(matches!(save(f, &without, 1).await.unwrap(), Saved::Done(_)));
    let history = f.store.entry_history(f.inst, &Scope::All, typed.id).await.unwrap();
    assert_eq!(history.iter().map(|r| r.entry.files().count()).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(f.store.file_bytes(f.inst, own.file.id, false).await.unwrap(), b"1");
});

story!(what_nobody_saved_is_swept_and_nothing_else, |f| {
    let saved = entry(f, &[]);
    let kept = keep(f, file(saved.id, "存了.pdf", b"kept")).await;
    let with = Entry {
        values: BTreeMap::from([("attachments".to_owned(), Value::Files(vec![kept.file.clone()]))]),
        ..saved
    };
    save(f, &with, 0).await.unwrap();
    let drafted = keep(f, file(EntryId::fresh(), "草稿.pdf", b"drafted")).await;
    let body = json!([["f_attachments", drafted.file.id.to_string()]]);
    let draft = Draft { key: "record/1".to_owned(), body, at: start() };
    f.store.keep_draft(f.inst, f.clerk, &draft).await.unwrap();
    let left = keep(f, file(EntryId::fresh(), "不要了.pdf", b"left")).await;
    let same = keep(f, file(EntryId::fresh(), "不要了.pdf", b"kept")).await;

    let act = f.act("file.sweep");
    assert_eq!(f.store.sweep_files(f.inst, act.at, &act).await.unwrap(), 0, "not yet");
    let later = at("2026-12-01T00:00:00Z");
    let lines = f.store.verify_audit(f.inst).await.unwrap().unwrap();
    assert_eq!(f.store.sweep_files(f.inst, later, &act).await.unwrap(), 2);
    assert!(f.store.verify_audit(f.inst).await.unwrap().unwrap() > lines, "a sweep is in the log");
    assert_eq!(f.store.sweep_files(f.inst, later, &act).await.unwrap(), 0);
    for gone in [left, same] {
        assert!(matches!(f.store.file_bytes(f.inst, gone.file.id, false).await, Err(StoreError::NotFound)));
    }
    for (row, bytes) in [(kept, b"kept".as_slice()), (drafted, b"drafted")] {
        assert_eq!(f.store.file_bytes(f.inst, row.file.id, false).await.unwrap(), bytes);
    }
    assert_eq!(lying(f.files.path()).len(), 2);
});

story!(missing_and_changed_bytes_are_told_and_never_handed_out, |f| {
    let home = EntryId::fresh();
    let rows = [
        keep(f, file(home, "好.pdf", b"good")).await,
        keep(f, file(home, "变.pdf", b"changed")).await,
        keep(f, file(home, "丢.pdf", b"missing")).await,
    ];
    assert_eq!(f.store.verify_files(f.inst).await.unwrap(), (3, vec![]));
    for path in lying(f.files.path()) {
        match std::fs::read(&path).unwrap().as_slice() {
            b"changed" => std::fs::write(&path, b"CHANGED").unwrap(),
            b"missing" => std::fs::remove_file(&path).unwrap(),
            _ => {}
        }
    }
    let (count, faults) = f.store.verify_files(f.inst).await.unwrap();
    let told: Vec<_> = faults.iter().map(|f| (f.name.as_str(), f.what)).collect();
    assert_eq!((count, told), (3, vec![("变.pdf", BlobFault::Changed), ("丢.pdf", BlobFault::Missing)]));
    assert_eq!(f.store.file_bytes(f.inst, rows[0].file.id, false).await.unwrap(), b"good");
    for row in &rows[1..] {
        assert!(matches!(f.store.file_bytes(f.inst, row.file.id, false).await, Err(StoreError::Internal(_))));
    }
});
