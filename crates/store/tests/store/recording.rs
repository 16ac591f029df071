//! Confirmation by the level above, filters by field, acts on many records, views, arrivals.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use model::{AccountId, ArrivalId, BatchId, Confirmation, Entry, EntryId, Value};
use store::{
    Arrivals, Bulk, BulkKind, Decide, Decided, EntryFilter, FieldFilter, NewAccount, NoteKind, SaveEntry,
    Saved, SavedView, Scope, StoreError, Wanted,
};

use crate::{
    entries::{entry, form, save},
    fixture::{Fixture, at, day, story},
};

pub(crate) async fn account(f: &Fixture, login: &str, person: usize) -> AccountId {
    let id = AccountId::fresh();
    let new = NewAccount {
        id,
        person: Some(f.people[person]),
        login: login.to_owned(),
        name: login.to_owned(),
        password: String::new(),
    };
    f.store.create_accounts(f.inst, &[new], &f.act("account.create")).await.unwrap();
    id
}

async fn say(
    f: &Fixture,
    by: AccountId,
    (entry, revision): (EntryId, u32),
    kind: NoteKind,
    words: &str,
) -> Decided {
    let decide = Decide { entry, revision, kind, words };
    let mut act = f.act("entry.decide").on(entry);
    act.account = Some(by);
    f.store.decide_entry(f.inst, &decide, &act).await.unwrap()
}

fn asked<'a>(f: &Fixture, entry: &'a Entry, based_on: u32) -> SaveEntry<'a> {
    SaveEntry { above: Some(f.units[0]), ..form(entry, based_on, &[], &[]) }
}

async fn state(f: &Fixture, id: EntryId) -> Option<Confirmation> {
    f.store.entry(f.inst, &Scope::All, id).await.unwrap().confirmation
}

story!(a_record_is_confirmed_or_returned_by_somebody_else_and_every_word_is_kept, |f| {
    let other = account(f, "above", 1).await;
    let typed = entry(f, 2, "2026-04-20", "民主评议");
    save(f, &asked(f, &typed, 0)).await;
    assert_eq!(state(f, typed.id).await, Some(Confirmation::Waiting));

    // The author does not confirm, nor does the same person under another account.
    assert_eq!(say(f, f.clerk, (typed.id, 1), NoteKind::Confirmed, "").await, Decided::Author);
    assert_eq!(say(f, other, (typed.id, 1), NoteKind::Returned, "写明事由").await, Decided::Done);
    assert_eq!(state(f, typed.id).await, Some(Confirmation::Returned));
    let lines = f.store.verify_audit(f.inst).await.unwrap().unwrap();
    assert_eq!(say(f, other, (typed.id, 1), NoteKind::Returned, "写明事由").await, Decided::Already);
    assert_eq!(f.store.verify_audit(f.inst).await.unwrap().unwrap(), lines, "a form sent twice is one line");
    assert!(matches!(say(f, other, (typed.id, 1), NoteKind::Confirmed, "").await, Decided::Stale(_)));

    // Mended, it waits anew; what was looked at before is stale.
    let mended = Entry { title: "民主评议（补事由）".to_owned(), ..typed.clone() };
    assert!(matches!(save(f, &asked(f, &mended, 1)).await, Saved::Done(_)));
    assert_eq!(state(f, typed.id).await, Some(Confirmation::Waiting));
    let Decided::Stale(newest) = say(f, other, (typed.id, 1), NoteKind::Confirmed, "").await else {
        panic!("the page is older than the record")
    };
    assert_eq!((newest.revision, newest.title.as_str()), (2, "民主评议（补事由）"));
    assert_eq!(say(f, other, (typed.id, 2), NoteKind::Confirmed, "").await, Decided::Done);
    assert_eq!(say(f, other, (typed.id, 2), NoteKind::Reopened, "").await, Decided::Done);
    assert_eq!(state(f, typed.id).await, Some(Confirmation::Waiting));
    assert_eq!(say(f, other, (typed.id, 2), NoteKind::Confirmed, "").await, Decided::Done);
    let third = account(f, "third", 0).await;
    assert!(
        matches!(say(f, third, (typed.id, 2), NoteKind::Reopened, "").await, Decided::Stale(_)),
        "only who confirmed takes it back"
    );
    let notes = f.store.entry_notes(f.inst, typed.id).await.unwrap();
    let kinds: Vec<(NoteKind, u32)> = notes.iter().map(|n| (n.kind, n.revision)).collect();
    assert_eq!(
        kinds,
        [
            (NoteKind::Confirmed, 2),
            (NoteKind::Reopened, 2),
            (NoteKind::Confirmed, 2),
            (NoteKind::Returned, 1)
        ]
    );
    assert_eq!((notes[3].words.as_str(), notes[3].account), ("写明事由", Some(other)));
    let last = f.store.last_notes(f.inst, &[typed.id]).await.unwrap();
    assert_eq!(last[&typed.id].kind, NoteKind::Confirmed);

    // What nobody asks for, and what was withdrawn, is confirmed by nobody.
    let plain = entry(f, 2, "2026-04-20", "党日");
    save(f, &form(&plain, 0, &[], &[])).await;
    assert_eq!(say(f, other, (plain.id, 1), NoteKind::Confirmed, "").await, Decided::NotAsked);
    let gone = Entry { withdrawn: true, ..mended };
    save(f, &SaveEntry { reason: "记错了", ..asked(f, &gone, 2) }).await;
    assert_eq!(state(f, typed.id).await, None);
    assert!(matches!(say(f, other, (typed.id, 3), NoteKind::Confirmed, "").await, Decided::Stale(_)));
    let notes = f.store.entry_notes(f.inst, typed.id).await.unwrap();
    assert_eq!((notes[0].kind, notes[0].words.as_str()), (NoteKind::Withdrawn, "记错了"));

    let faults = f.store.verify_entries(f.inst, |entry, _| crate::entries::words(entry)).await.unwrap().1;
    assert!(faults.is_empty(), "{faults:?}");
});

story!(lists_are_filtered_by_confirmation_and_by_any_field, |f| {
    let unit = f.units[3];
    let with = |title: &str, on: &str, values: &[(&str, Value)]| {
        let mut e = entry(f, 2, on, title);
        e.values.extend(values.iter().map(|(n, v)| ((*n).to_owned(), v.clone())));
        e
    };
    let a = with(
        "甲",
        "2026-03-01",
        &[
            ("form", Value::Choice("assembly".to_owned())),
            ("host", Value::Person { id: None, name: "林\"一\"".to_owned() }),
            ("ends", Value::Day(day("2026-05-01"))),
            ("money", Value::Money(12_050)),
            ("units", Value::Units(vec![unit, f.units[2]])),
        ],
    );
    let b = with(
        "乙",
        "2026-03-02",
        &[
            ("form", Value::Choice("assembly-2".to_owned())),
            ("kinds", Value::Choices(vec!["x".to_owned(), "y".to_owned()])),
            ("span", Value::Days(day("2026-03-30"), day("2026-04-02"))),
            ("note", Value::Text("学习 Plan 安排".to_owned())),
        ],
    );
    let c = with("丙", "2026-03-03", &[]);
    save(f, &asked(f, &a, 0)).await;
    save(f, &SaveEntry { above: Some(f.units[2]), ..form(&b, 0, &[], &[]) }).await;
    save(f, &form(&c, 0, &[], &[])).await;
    let titles = async |filter: EntryFilter| -> String {
        let found = f.store.entries(f.inst, &Scope::All, &filter, 100).await.unwrap();
        let counted = f.store.count_entries(f.inst, &Scope::All, &filter, 100).await.unwrap();
        assert_eq!(i64::try_from(found.len()).unwrap(), counted, "{filter:?}");
        found.iter().map(|r| r.entry.title.as_str()).collect()
    };
    let none = EntryFilter::default;
    let waiting = EntryFilter { confirmation: Some(Confirmation::Waiting), ..none() };
    assert_eq!(titles(waiting.clone()).await, "乙甲");
    assert_eq!(titles(EntryFilter { above: Some([f.units[0]].into()), ..waiting.clone() }).await, "甲");
    let of_ledger = EntryFilter { ledger: Some("theme-day".to_owned()), ..waiting };
    assert_eq!(titles(of_ledger).await, "乙甲");
    let field = |name: &str, wanted: Wanted| EntryFilter {
        fields: vec![FieldFilter { field: name.to_owned(), wanted, closed: Vec::new() }],
        ..none()
    };
    let id = |s: &str| Wanted::Id(s.to_owned());
    assert_eq!(titles(field("form", id("assembly"))).await, "甲", "the whole option, not how it begins");
    assert_eq!(titles(field("kinds", id("y"))).await, "乙");
    assert_eq!(titles(field("units", id(&unit.to_string()))).await, "甲");
    let words = |s: &str| Wanted::Words(s.to_owned());
    assert_eq!(titles(field("host", words("林\"一\""))).await, "甲");
    assert_eq!(titles(field("note", words("plan 安"))).await, "乙");
    assert_eq!(titles(field("minutes", words("党章"))).await, "丙乙甲");
    let days = |a: Option<&str>, b: Option<&str>| Wanted::Days(a.map(day), b.map(day));
    assert_eq!(titles(field("ends", days(Some("2026-05-01"), None))).await, "甲");
    assert_eq!(titles(field("ends", days(None, Some("2026-04-30")))).await, "");
    assert_eq!(
        titles(field("span", days(Some("2026-04-01"), Some("2026-04-30")))).await,
        "乙",
        "they overlap"
    );
    assert_eq!(titles(field("span", days(Some("2026-04-03"), None))).await, "");
    assert_eq!(titles(field("hours", Wanted::Number(Some(1500), Some(1500)))).await, "丙乙甲");
    assert_eq!(titles(field("money", Wanted::Number(Some(12_000), None))).await, "甲");
    assert_eq!(titles(field("money", Wanted::Number(None, Some(12_000)))).await, "");
    let both = EntryFilter { ledger: Some("theme-day".to_owned()), ..field("form", id("assembly")) };
    assert_eq!(titles(both).await, "甲");

    let oldest = EntryFilter { oldest_first: true, ..none() };
    assert_eq!(titles(oldest.clone()).await, "甲乙丙");
    let after = EntryFilter { after: Some((a.day, a.id)), ..oldest };
    let next = f.store.entries(f.inst, &Scope::All, &after, 1).await.unwrap();
    assert_eq!(next[0].entry.title, "乙");
});

story!(what_was_done_to_many_is_undone_once, |f| {
    let now = f.act("").at;
    let mut bulk = Bulk {
        id: BatchId::fresh(),
        account: f.clerk,
        session: vec![1, 2],
        kind: BulkKind::Import,
        name: "三会一课.xlsx".to_owned(),
        made_at: now,
        cells: "{}".to_owned(),
        entries: Vec::new(),
        done_at: None,
        undone_at: None,
    };
    f.store.keep_bulk(f.inst, &bulk, &f.act("entry.import")).await.unwrap();
    assert_eq!(f.store.bulk(f.inst, bulk.id).await.unwrap(), bulk);
    bulk.cells.clear();
    bulk.entries.push((EntryId::fresh(), 1));
    bulk.done_at = Some(now);
    f.store.keep_bulk(f.inst, &bulk, &f.act("entry.import")).await.unwrap();
    f.store.drop_bulk(f.inst, bulk.id).await.unwrap();
    assert_eq!(f.store.bulk(f.inst, bulk.id).await.unwrap(), bulk, "what was done stays");
    f.store.undo_bulk(f.inst, bulk.id, &f.act("entry.undo")).await.unwrap();
    let again = f.store.undo_bulk(f.inst, bulk.id, &f.act("entry.undo")).await;
    assert!(matches!(again, Err(StoreError::Conflict)));
    let nothing = f.store.undo_bulk(f.inst, BatchId::fresh(), &f.act("entry.undo")).await;
    assert!(matches!(nothing, Err(StoreError::NotFound)));
    let draft = Bulk { id: BatchId::fresh(), done_at: None, ..bulk.clone() };
    f.store.keep_bulk(f.inst, &draft, &f.act("entry.import")).await.unwrap();
    let listed = f.store.entry_imports(f.inst, f.clerk, now + 1.second()).await.unwrap();
    assert_eq!(listed.iter().map(|b| b.id).collect::<Vec<_>>(), [bulk.id], "an old draft is thrown away");

    let view = |name: &str, query: &str| SavedView { name: name.to_owned(), query: query.to_owned() };
    f.store
        .keep_view(f.inst, f.clerk, &view("党日", "ledger=theme-day"), at("2026-04-20T01:00:00Z"))
        .await
        .unwrap();
    f.store
        .keep_view(f.inst, f.clerk, &view("待补", "state=incomplete"), at("2026-04-20T02:00:00Z"))
        .await
        .unwrap();
    f.store
        .keep_view(f.inst, f.clerk, &view("待补", "state=late"), at("2026-04-20T03:00:00Z"))
        .await
        .unwrap();
    let kept = f.store.views(f.inst, f.clerk).await.unwrap();
    assert_eq!(kept, [view("党日", "ledger=theme-day"), view("待补", "state=late")]);
    assert!(f.store.views(f.inst, AccountId::fresh()).await.unwrap().is_empty(), "everybody has their own");
    f.store.drop_view(f.inst, f.clerk, "党日").await.unwrap();
    assert_eq!(f.store.views(f.inst, f.clerk).await.unwrap().len(), 1);
});

story!(of_an_arrival_nothing_is_left_but_the_record, |f| {
    let open = Arrivals {
        id: ArrivalId::fresh(),
        unit: f.units[2],
        account: f.clerk,
        title: "四月主题党日".to_owned(),
        draft: "record/1".to_owned(),
        due: f.people.to_vec(),
        ends_at: at("2026-04-20T09:00:00Z"),
    };
    f.store.open_arrivals(f.inst, &open, &f.act("arrival.open")).await.unwrap();
    assert_eq!(f.store.arrivals(f.inst, open.id).await.unwrap(), open);
    assert_eq!(f.store.arrivals_of_draft(f.inst, f.clerk, "record/1").await.unwrap(), Some(open.clone()));
    let lines = f.store.verify_audit(f.inst).await.unwrap().unwrap();
    f.store.arrive(f.inst, open.id, f.people[1]).await.unwrap();
    f.store.arrive(f.inst, open.id, f.people[1]).await.unwrap();
    f.store.arrive(f.inst, open.id, f.people[0]).await.unwrap();
    let came: BTreeMap<_, _> =
        f.store.arrived(f.inst, open.id).await.unwrap().into_iter().map(|p| (p, ())).collect();
    assert_eq!(came.len(), 2);
    assert_eq!(
        f.store.verify_audit(f.inst).await.unwrap().unwrap(),
        lines,
        "no line says when somebody came"
    );
    f.store.close_arrivals(f.inst, open.id, &f.act("arrival.close")).await.unwrap();
    assert!(f.store.arrived(f.inst, open.id).await.unwrap().is_empty());
    assert!(matches!(f.store.arrivals(f.inst, open.id).await, Err(StoreError::NotFound)));
    let again = f.store.close_arrivals(f.inst, open.id, &f.act("arrival.close")).await;
    assert!(matches!(again, Err(StoreError::NotFound)));
});
