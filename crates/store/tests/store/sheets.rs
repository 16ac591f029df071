//! What is said on the sheets of checks, the figures that stand, and records as they were known on a day.

use std::collections::{BTreeMap, BTreeSet};

use model::CaseId;
use model::rule::Privacy;
use store::{Act, CaseRow, CaseWrite, Looked, SheetFigures, SheetSaid, StoreError, sha256};
use uuid::Uuid;

use crate::{
    entries::{entry, form},
    fixture::{Fixture, at, day, raw, story},
};

/// A check that runs.
async fn check(f: &Fixture) -> CaseId {
    let id = CaseId::fresh();
    let [root, ..] = f.units;
    let row = CaseRow {
        id,
        workflow: "half-year-self".to_owned(),
        fingerprint: "0011".to_owned(),
        subject: "matter".to_owned(),
        subject_id: id.0,
        subject_line: None,
        title: "上半年自查".to_owned(),
        unit: root,
        own: root,
        opened: day("2026-06-15"),
        opened_by: root,
        parent: None,
        privacy: Privacy::Open,
        ended: None,
        kept: serde_json::json!({}),
        at: at("2026-06-15T01:00:00Z"),
        account: None,
    };
    let write = CaseWrite {
        workflows: BTreeMap::from([("0011".to_owned(), serde_json::json!({}))]),
        cases: vec![row],
        as_of: f.store.change_number(f.inst).await.unwrap(),
        ..CaseWrite::default()
    };
    f.store.write_cases(f.inst, &write, &f.act("case.open").on(id)).await.unwrap();
    id
}

fn said(case: CaseId, row: Uuid, says: &str) -> SheetSaid {
    SheetSaid {
        id: Uuid::now_v7(),
        case,
        row,
        item: "{\"one\":\"term\"}".to_owned(),
        says: says.to_owned(),
        words: "在纸质本上".to_owned(),
        at: at("2026-07-02T01:00:00Z"),
        account: None,
    }
}

fn figures(f: &Fixture, case: CaseId, body: &str) -> SheetFigures {
    let [.., first, _] = f.units;
    SheetFigures {
        case,
        row: first.0,
        unit: first,
        window: (day("2026-01-01"), day("2026-06-30"), day("2026-06-30")),
        rules: "0011".to_owned(),
        body: body.to_owned(),
        fingerprint: sha256(body.as_bytes()).iter().map(|b| format!("{b:02x}")).collect(),
        at: at("2026-07-01T01:00:00Z"),
    }
}

story!(what_is_said_is_added_to_and_never_changed, |f| {
    let case = check(f).await;
    let [.., first, second] = f.units;
    let act = f.act("sheet.answer").on(case);
    f.store.say_on_sheet(f.inst, &[said(case, first.0, "elsewhere")], &act).await.unwrap();
    f.store
        .say_on_sheet(f.inst, &[said(case, first.0, "agreed")], &f.act("sheet.rule").on(case))
        .await
        .unwrap();
    f.store.say_on_sheet(f.inst, &[said(case, second.0, "not_done")], &act).await.unwrap();

    let one = f.store.sheet_said(f.inst, case, Some(first.0)).await.unwrap();
    let words: Vec<&str> = one.iter().map(|s| s.says.as_str()).collect();
    assert_eq!(words, ["elsewhere", "agreed"]);
    assert!(one.iter().all(|s| s.account == Some(f.clerk)), "who said it is told by the act");
    assert_eq!(f.store.sheet_said(f.inst, case, None).await.unwrap().len(), 3);

    // Of a case that is not there nothing is said, and the whole write is undone.
    let nowhere = f.store.say_on_sheet(f.inst, &[said(CaseId::fresh(), first.0, "not_done")], &act).await;
    assert!(matches!(nowhere, Err(StoreError::Constraint(_))), "{nowhere:?}");
    f.store.verify_audit(f.inst).await.unwrap().unwrap();
});

story!(figures_that_stand_stay_as_they_are, |f| {
    let case = check(f).await;
    let act = f.act("sheet.stand").on(case);
    f.store.keep_figures(f.inst, &[figures(f, case, "{\"lines\":[]}")], &act).await.unwrap();
    // Who keeps them a second time changes nothing, whatever they have become.
    f.store.keep_figures(f.inst, &[figures(f, case, "{\"lines\":[1]}")], &act).await.unwrap();

    let kept = f.store.sheet_figures(f.inst, case, None).await.unwrap();
    let [kept] = kept.as_slice() else { panic!("{} figures", kept.len()) };
    assert_eq!(kept.body, "{\"lines\":[]}");
    let print: String = sha256(kept.body.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(kept.fingerprint, print, "whoever has the text comes to the same fingerprint");
    let [.., second] = f.units;
    assert!(f.store.sheet_figures(f.inst, case, Some(second.0)).await.unwrap().is_empty());
    assert!(f.store.verify_figures(f.inst).await.unwrap().is_empty());
    raw(&f.target, "update sheet_figures set body = '{}'").await.unwrap();
    let [.., first, _] = f.units;
    assert_eq!(
        f.store.verify_figures(f.inst).await.unwrap(),
        [(case, first)],
        "whoever changes them is found out"
    );
    f.store.verify_audit(f.inst).await.unwrap().unwrap();
});

story!(records_are_found_as_they_were_known_and_what_came_later_apart, |f| {
    let (branch, other) = (2, 3);
    let put = async |record: &model::Entry, based_on: u32, on: &str| {
        let act = Act::new(Some(f.clerk), "", at(on), "entry.save").on(record.id);
        f.store.save_entry(f.inst, &form(record, based_on, &[], &[]), &act).await.unwrap();
    };
    let mut record = entry(f, branch, "2026-04-20", "四月主题党日");
    put(&record, 0, "2026-04-21T02:00:00Z").await;
    record.title = "四月主题党日（改过）".to_owned();
    put(&record, 1, "2026-07-03T02:00:00Z").await;
    put(&entry(f, branch, "2026-05-20", "五月主题党日"), 0, "2026-07-04T02:00:00Z").await;
    put(&entry(f, other, "2026-04-20", "别的支部"), 0, "2026-04-21T02:00:00Z").await;
    let elsewhere =
        model::Entry { ledgers: vec!["dues".to_owned()], ..entry(f, branch, "2026-04-20", "别的台账") };
    put(&elsewhere, 0, "2026-04-21T02:00:00Z").await;

    let (units, ledgers) = (BTreeSet::from([f.units[branch]]), BTreeSet::from(["theme-day".to_owned()]));
    let days = Some((day("2026-01-01"), day("2026-06-30")));
    let looked = Looked { units: &units, ledgers: &ledgers, days };
    let stood = at("2026-06-30T16:00:00Z");
    let then = f.store.entries_before(f.inst, &looked, stood).await.unwrap();
    let titles: Vec<&str> = then.iter().map(|e| e.title.as_str()).collect();
    assert_eq!(titles, ["四月主题党日"], "as it was, and nothing that came after");
    let since = f.store.entries_since(f.inst, &looked, stood).await.unwrap();
    let titles: Vec<(&str, u32)> = since.iter().map(|l| (l.entry.title.as_str(), l.entry.revision)).collect();
    assert_eq!(titles, [("四月主题党日（改过）", 2), ("五月主题党日", 1)]);
    let narrow = Looked { days: Some((day("2026-05-01"), day("2026-05-31"))), ..looked };
    assert_eq!(f.store.entries_since(f.inst, &narrow, stood).await.unwrap().len(), 1);
});
