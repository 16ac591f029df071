//! Entries and credits, their lists, and that the facts read by changes are the facts read at once.

use std::collections::BTreeMap;

use model::{
    Attendance, Credit, CreditId, Duty, DutyId, Entry, EntryId, Participant, PersonId, StandingFacts, Value,
};
use store::{
    Closed, EntryFilter, FieldFilter, ImportEntry, Named, SaveEntry, Saved, Scope, StoreError, Wanted,
};

use crate::{
    fixture::{Fixture, at, day, story},
    plans::published,
};

pub(crate) fn entry(f: &Fixture, unit: usize, on: &str, title: &str) -> Entry {
    let participant = |person: PersonId, name: &str, attendance| Participant {
        person: Some(person),
        name: name.to_owned(),
        attendance,
        reason: if attendance == Attendance::Leave { "出差".to_owned() } else { String::new() },
        guest: false,
        role: String::new(),
    };
    Entry {
        id: EntryId::fresh(),
        unit: f.units[unit],
        ledgers: vec!["theme-day".to_owned(), "branch-assembly".to_owned()],
        day: day(on),
        title: title.to_owned(),
        values: BTreeMap::from([
            ("minutes".to_owned(), Value::Text("学习《党章》，讨论 Plan-A 的安排".to_owned())),
            (
                "people".to_owned(),
                Value::People(vec![
                    participant(f.people[0], "林一", Attendance::Present),
                    participant(f.people[1], "周二", Attendance::Leave),
                ]),
            ),
            ("hours".to_owned(), Value::Number(1500)),
        ]),
        revision: 0,
        entered_at: at("1970-01-01T00:00:00Z"),
        entered_by: f.clerk,
        revised_at: at("1970-01-01T00:00:00Z"),
        withdrawn: false,
    }
}

fn credit(of: &Entry, to: &Duty) -> Credit {
    Credit {
        id: CreditId::fresh(),
        duty: to.id,
        entry: of.id,
        amount: 1,
        happened: of.day,
        known: day("2026-04-20"),
        ended: None,
    }
}

pub(crate) fn form<'a>(
    entry: &'a Entry,
    based_on: u32,
    add: &'a [Credit],
    end: &'a [CreditId],
) -> SaveEntry<'a> {
    SaveEntry {
        entry,
        based_on,
        late: false,
        incomplete: false,
        words: words(entry),
        above: None,
        reason: "",
        add,
        end,
        on: day("2026-04-20"),
        follows: None,
        cases: None,
        chase: None,
    }
}

pub(crate) async fn save(f: &Fixture, form: &SaveEntry<'_>) -> Saved<Entry> {
    f.store.save_entry(f.inst, form, &f.act("entry.save").on(form.entry.id)).await.unwrap()
}

story!(a_form_sent_twice_makes_one_entry, |f| {
    let (_, _, duties) = published(f).await;
    let typed = entry(f, 2, "2026-04-20", "四月主题党日");
    let credits = [credit(&typed, &duties[3])];
    let once = form(&typed, 0, &credits, &[]);
    let Saved::Done(saved) = save(f, &once).await else { panic!("the first is saved") };
    assert_eq!((saved.revision, saved.entered_by, saved.entered_at), (1, f.clerk, f.act("").at));
    let lines = f.store.verify_audit(f.inst).await.unwrap().unwrap();
    assert_eq!(save(f, &once).await, Saved::Already(saved.clone()));
    assert_eq!(f.store.verify_audit(f.inst).await.unwrap().unwrap(), lines);
    assert_eq!(f.store.entry_history(f.inst, &Scope::All, typed.id).await.unwrap().len(), 1);
    assert_eq!(f.store.credits_of_entries(f.inst, &Scope::All, &[typed.id]).await.unwrap(), credits);

    // Sent at the same moment, too.
    let other = entry(f, 2, "2026-04-21", "另一次");
    let same = form(&other, 0, &[], &[]);
    let (a, b) = tokio::join!(save(f, &same), save(f, &same));
    assert_eq!(a.into_inner(), b.into_inner());
    let found = f.store.count_entries(f.inst, &Scope::All, &EntryFilter::default(), 1_000).await.unwrap();
    assert_eq!(found, 2);
});

story!(a_stale_form_changes_nothing_and_the_newest_comes_back, |f| {
    let typed = entry(f, 2, "2026-04-20", "四月主题党日");
    save(f, &form(&typed, 0, &[], &[])).await;
    let mine = Entry { title: "我的标题".to_owned(), ..typed.clone() };
    let theirs = Entry { title: "他的标题".to_owned(), ..typed.clone() };
    let Saved::Done(second) = save(f, &form(&theirs, 1, &[], &[])).await else {
        panic!("the second is saved")
    };
    assert_eq!(second.revision, 2);
    assert_eq!(save(f, &form(&mine, 1, &[], &[])).await, Saved::Stale(second.clone()));
    // A new form whose answer was lost, corrected and sent again: not silently dropped.
    assert!(matches!(save(f, &form(&mine, 0, &[], &[])).await, Saved::Stale(_)));
    assert_eq!(f.store.entry(f.inst, &Scope::All, typed.id).await.unwrap().entry, second);
    let history = f.store.entry_history(f.inst, &Scope::All, typed.id).await.unwrap();
    let titles: Vec<&str> = history.iter().map(|r| r.entry.title.as_str()).collect();
    assert_eq!(titles, ["他的标题", "四月主题党日"]);
    assert_eq!((history[0].account, history[0].address.as_str()), (Some(f.clerk), "10.0.0.7"));
});

story!(an_entry_counts_once_for_a_duty_and_its_credits_end, |f| {
    let (_, _, duties) = published(f).await;
    let typed = entry(f, 2, "2026-04-20", "四月主题党日");
    let credits = [credit(&typed, &duties[3]), credit(&typed, &duties[4])];
    save(f, &form(&typed, 0, &credits, &[])).await;
    let doubled = [credit(&typed, &duties[3])];
    let refused = f.store.save_entry(f.inst, &form(&typed, 1, &doubled, &[]), &f.act("entry.save")).await;
    assert!(matches!(refused, Err(StoreError::Constraint(name)) if name == "credit_duty_id_entry_id"));

    let withdrawn = Entry { withdrawn: true, ..typed.clone() };
    let ids = credits.each_ref().map(|c| c.id);
    save(f, &form(&withdrawn, 1, &[], &ids)).await;
    let of_duty = f.store.credits_of_duties(f.inst, &Scope::All, &[duties[3].id]).await.unwrap();
    assert_eq!(of_duty[0].ended, Some(day("2026-04-20")));
    let twice = f.store.save_entry(f.inst, &form(&typed, 2, &[], &ids), &f.act("entry.save")).await;
    assert!(matches!(twice, Err(StoreError::NotFound)));
    let count =
        async |filter: EntryFilter| f.store.count_entries(f.inst, &Scope::All, &filter, 1_000).await.unwrap();
    assert_eq!(count(EntryFilter::default()).await, 0);
    assert_eq!(count(EntryFilter { withdrawn: true, ..EntryFilter::default() }).await, 1);
    // Counted again, after its end.
    save(f, &form(&typed, 2, &[credit(&typed, &duties[3])], &[])).await;
    assert_eq!(f.store.credits_of_duties(f.inst, &Scope::All, &[duties[3].id]).await.unwrap().len(), 2);
});

/// By which words a record is found here: its title, its texts, and what is said of people.
pub(crate) fn words(entry: &Entry) -> String {
    let texts = entry.values.values().filter_map(|v| match v {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let reasons = entry.people().iter().map(|p| p.reason.as_str());
    let all: Vec<&str> = std::iter::once(entry.title.as_str()).chain(texts).chain(reasons).collect();
    all.join("\n").to_lowercase()
}

/// Twelve entries: first branch, a day each in March and April; second branch, two days.
async fn shelf(f: &Fixture) -> Vec<Entry> {
    let mut all = Vec::new();
    for (n, on) in ["2026-03-02", "2026-03-09", "2026-03-09", "2026-03-23", "2026-04-01", "2026-04-08"]
        .iter()
        .enumerate()
    {
        let mut one = entry(f, if n < 4 { 2 } else { 3 }, on, &format!("第{n}次活动 100%"));
        one.revision = 1;
        if n % 2 == 1 {
            one.ledgers = vec!["talk".to_owned()];
            one.values.remove("people");
        }
        all.push(one);
    }
    let import: Vec<ImportEntry> = all
        .iter()
        .enumerate()
        .map(|(n, e)| ImportEntry {
            entry: e.clone(),
            late: n == 2,
            incomplete: n >= 4,
            words: words(e),
            above: None,
            decided: None,
            credits: vec![],
        })
        .collect();
    f.store.import_entries(f.inst, &import, &f.act("entry.import")).await.unwrap();
    all.sort_by_key(|e| std::cmp::Reverse((e.day, e.id)));
    all
}

story!(lists_filter_page_and_count_alike, |f| {
    let all = shelf(f).await;
    let titles = async |scope: &Scope, filter: EntryFilter| {
        let found = f.store.entries(f.inst, scope, &filter, 100).await.unwrap();
        let counted = f.store.count_entries(f.inst, scope, &filter, 1_000).await.unwrap();
        assert_eq!(
            i64::try_from(found.len()).unwrap(),
            counted,
            "the number equals the length of the list: {filter:?}"
        );
        found.into_iter().map(|r| r.entry.id).collect::<Vec<_>>()
    };
    let expect =
        |keep: &dyn Fn(&Entry) -> bool| all.iter().filter(|e| keep(e)).map(|e| e.id).collect::<Vec<_>>();
    let none = EntryFilter::default;
    assert_eq!(titles(&Scope::All, none()).await, expect(&|_| true));
    let talk = EntryFilter { ledger: Some("talk".to_owned()), ..none() };
    assert_eq!(titles(&Scope::All, talk.clone()).await, expect(&|e| e.ledgers == ["talk"]));
    let second = EntryFilter { units: Some([f.units[3]].into()), ..talk.clone() };
    assert_eq!(titles(&Scope::All, second).await, expect(&|e| e.ledgers == ["talk"] && e.unit == f.units[3]));
    let march = EntryFilter { from: Some(day("2026-03-09")), to: Some(day("2026-03-31")), ..none() };
    assert_eq!(
        titles(&Scope::All, march).await,
        expect(&|e| e.day >= day("2026-03-09") && e.day <= day("2026-03-31"))
    );
    let saying = |w: &str| EntryFilter { words: Some(w.to_owned()), ..none() };
    assert_eq!(titles(&Scope::All, saying("plan-a")).await.len(), 6);
    assert_eq!(titles(&Scope::All, saying("第3次")).await, expect(&|e| e.title.contains("第3次")));
    assert_eq!(titles(&Scope::All, saying("100%")).await.len(), 6);
    assert_eq!(titles(&Scope::All, saying("_100%")).await.len(), 0);
    assert_eq!(titles(&Scope::All, saying("出差")).await, expect(&|e| !e.people().is_empty()));
    assert_eq!(titles(&Scope::All, EntryFilter { late: Some(true), ..none() }).await.len(), 1);
    assert_eq!(titles(&Scope::All, EntryFilter { incomplete: Some(false), ..talk.clone() }).await.len(), 2);
    let with = EntryFilter {
        person: Some(Named { person: f.people[1], closed: Vec::new() }),
        ledger: Some("theme-day".to_owned()),
        ..none()
    };
    assert_eq!(titles(&Scope::All, with).await, expect(&|e| !e.people().is_empty()));

    let branch = Scope::Units([f.units[3]].into());
    assert_eq!(titles(&branch, none()).await, expect(&|e| e.unit == f.units[3]));
    assert_eq!(
        titles(&branch, talk.clone()).await,
        expect(&|e| e.unit == f.units[3] && e.ledgers == ["talk"])
    );
    assert!(titles(&Scope::Nothing, none()).await.is_empty());
    let member = Scope::Own { person: f.people[0], units: [f.units[3]].into() };
    let mine = expect(&|e| e.unit == f.units[3] || !e.people().is_empty());
    assert_eq!(titles(&member, none()).await, mine);
    assert_eq!(titles(&member, talk).await, expect(&|e| e.unit == f.units[3] && e.ledgers == ["talk"]));
    let two = Scope::Units([f.units[2], f.units[3]].into());
    assert_eq!(titles(&two, none()).await, expect(&|_| true));

    let mut walked = Vec::new();
    let mut after = None;
    loop {
        let page = f.store.entries(f.inst, &Scope::All, &EntryFilter { after, ..none() }, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.entry.day, last.entry.id));
        walked.extend(page.into_iter().map(|r| r.entry.id));
    }
    assert_eq!(walked, expect(&|_| true));
});

story!(one_entry_out_of_scope_is_not_there, |f| {
    let all = shelf(f).await;
    let of_first = all.iter().find(|e| e.unit == f.units[2] && e.people().is_empty()).unwrap();
    let second = Scope::Units([f.units[3]].into());
    assert!(matches!(f.store.entry(f.inst, &second, of_first.id).await, Err(StoreError::NotFound)));
    assert!(matches!(f.store.entry_history(f.inst, &second, of_first.id).await, Err(StoreError::NotFound)));
    assert!(f.store.entry(f.inst, &Scope::Units([f.units[2]].into()), of_first.id).await.is_ok());
    let elsewhere = model::InstitutionId::fresh();
    f.store.create_institution(elsewhere, "另一所学校", &f.act("institution.create")).await.unwrap();
    assert!(matches!(f.store.entry(elsewhere, &Scope::All, of_first.id).await, Err(StoreError::NotFound)));
    let again = ImportEntry {
        entry: of_first.clone(),
        late: false,
        incomplete: false,
        words: words(of_first),
        above: None,
        decided: None,
        credits: vec![],
    };
    let refused = f.store.import_entries(f.inst, &[again], &f.act("entry.import")).await;
    assert!(matches!(refused, Err(StoreError::Constraint(name)) if name == "entry_revision_pkey"));
});

story!(a_revision_moves_the_lists_with_it, |f| {
    let typed = entry(f, 2, "2026-04-20", "四月主题党日");
    save(f, &form(&typed, 0, &[], &[])).await;
    let mut moved = typed.clone();
    moved.ledgers = vec!["party-lecture".to_owned()];
    moved.day = day("2026-04-22");
    moved.values.remove("people");
    save(f, &form(&moved, 1, &[], &[])).await;
    let count =
        async |filter: EntryFilter| f.store.count_entries(f.inst, &Scope::All, &filter, 1_000).await.unwrap();
    let ledger = |id: &str| EntryFilter { ledger: Some(id.to_owned()), ..EntryFilter::default() };
    assert_eq!(count(ledger("theme-day")).await, 0);
    assert_eq!(count(ledger("party-lecture")).await, 1);
    assert_eq!(
        count(EntryFilter {
            person: Some(Named { person: f.people[0], closed: Vec::new() }),
            ..EntryFilter::default()
        })
        .await,
        0
    );
    assert_eq!(count(EntryFilter { to: Some(day("2026-04-21")), ..EntryFilter::default() }).await, 0);
    let stands = f.store.entry(f.inst, &Scope::All, typed.id).await.unwrap().entry;
    assert_eq!(stands.entered_at, f.act("").at);
});

story!(facts_by_changes_are_the_facts_read_at_once, |f| {
    let (_, _, duties) = published(f).await;
    let mut known: BTreeMap<DutyId, StandingFacts> = BTreeMap::new();
    let mut change = 0;
    let mut saved: Vec<(Entry, Vec<Credit>)> = Vec::new();
    for step in 0..12_usize {
        match step % 3 {
            // A record that counts for two duties; every fourth step withdraws one again.
            0 | 1 => {
                let typed = entry(f, 2, "2026-04-20", &format!("第{step}次"));
                let credits = vec![credit(&typed, &duties[step]), credit(&typed, &duties[(step + 5) % 24])];
                save(f, &form(&typed, 0, &credits, &[])).await;
                saved.push((typed, credits));
            }
            _ => {
                let (typed, credits) = saved.remove(0);
                let withdrawn = Entry { withdrawn: true, ..typed };
                let ids: Vec<CreditId> = credits.iter().map(|c| c.id).collect();
                save(f, &form(&withdrawn, 1, &[], &ids)).await;
            }
        }
        let news = f.store.facts_changed_since(f.inst, Some(2026), change).await.unwrap();
        assert!(!news.facts.is_empty());
        if step > 0 {
            assert!(news.facts.len() <= 2, "only what changed comes");
        }
        change = news.change;
        known.extend(news.facts.into_iter().map(|n| (n.duty, n)));
        let whole = f.store.facts_changed_since(f.inst, Some(2026), 0).await.unwrap();
        assert_eq!(whole.facts.into_iter().map(|n| (n.duty, n)).collect::<BTreeMap<_, _>>(), known);
    }
    assert_eq!(known.len(), 24);
    assert!(known.values().any(|k| k.credits.iter().any(|c| c.2.is_some())));
    let quiet = f.store.facts_changed_since(f.inst, Some(2026), change).await.unwrap();
    assert_eq!((quiet.facts.len(), quiet.change), (0, change));
    let elsewhere = f.store.facts_changed_since(f.inst, Some(2027), 0).await.unwrap();
    assert!(elsewhere.facts.is_empty());
});

story!(writes_at_once_lose_no_change, |f| {
    let (_, _, duties) = published(f).await;
    let before = f.store.facts_changed_since(f.inst, Some(2026), 0).await.unwrap().change;
    let entries: Vec<Entry> = (0..8).map(|n| entry(f, 2, "2026-04-20", &format!("第{n}次"))).collect();
    let credits: Vec<[Credit; 1]> = entries.iter().zip(&duties).map(|(e, d)| [credit(e, d)]).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for (e, c) in entries.into_iter().zip(credits) {
        let (store, inst, act) = (f.store.clone(), f.inst, f.act("entry.save"));
        tasks.spawn(async move { store.save_entry(inst, &form(&e, 0, &c, &[]), &act).await.unwrap() });
    }
    let mut change = before;
    let mut seen = std::collections::BTreeSet::new();
    while let Some(done) = tasks.join_next().await {
        assert!(matches!(done.unwrap(), Saved::Done(_)));
        let news = f.store.facts_changed_since(f.inst, Some(2026), change).await.unwrap();
        change = news.change;
        seen.extend(news.facts.iter().map(|n| n.duty));
    }
    assert_eq!(seen, duties[..8].iter().map(|d| d.id).collect());
    assert_eq!(change, before + 8);
    assert!(f.store.verify_audit(f.inst).await.unwrap().is_ok());
});

story!(nobody_is_found_by_a_field_that_may_not_be_read, |f| {
    let person = |id: PersonId| Value::Person { id: Some(id), name: "周二".to_owned() };
    let talk = |unit: usize, ledgers: &[&str], fields: &[&str]| {
        let mut one = entry(f, unit, "2026-04-20", &format!("{}，{}", ledgers.join("和"), fields.join("和")));
        one.ledgers = ledgers.iter().map(|l| (*l).to_owned()).collect();
        one.values = fields.iter().map(|field| ((*field).to_owned(), person(f.people[1]))).collect();
        one.values.insert("content".to_owned(), Value::Text("内容".to_owned()));
        one
    };
    let all = [
        talk(2, &["heart-talk"], &["counterpart"]),
        talk(2, &["heart-talk", "warning-talk"], &["counterpart"]),
        talk(2, &["warning-talk"], &["counterpart", "talker"]),
        talk(3, &["warning-talk"], &["counterpart"]),
    ];
    for one in &all {
        save(f, &form(one, 0, &[], &[])).await;
    }
    let closed = |field: &str, but: &[usize]| Closed {
        field: field.to_owned(),
        ledgers: ["warning-talk".to_owned()].into(),
        but: but.iter().map(|u| f.units[*u]).collect(),
    };
    let found = async |filter: EntryFilter| {
        let found = f.store.entries(f.inst, &Scope::All, &filter, 9).await.unwrap();
        let counted = f.store.count_entries(f.inst, &Scope::All, &filter, 9).await.unwrap();
        assert_eq!(found.len(), usize::try_from(counted).unwrap());
        let is_found = |e: &Entry| found.iter().any(|row| row.entry.id == e.id);
        all.iter().map(is_found).collect::<Vec<_>>()
    };
    for ledger in [None, Some("heart-talk".to_owned()), Some("warning-talk".to_owned())] {
        let listed = |expected: [bool; 4]| -> Vec<bool> {
            let here = |e: &Entry| ledger.as_ref().is_none_or(|l| e.ledgers.contains(l));
            all.iter().zip(expected).map(|(e, wanted)| wanted && here(e)).collect()
        };
        let named = async |closed: Vec<Closed>| {
            let person = Some(Named { person: f.people[1], closed });
            found(EntryFilter { ledger: ledger.clone(), person, ..EntryFilter::default() }).await
        };
        assert_eq!(named(vec![]).await, listed([true; 4]));
        assert_eq!(named(vec![closed("counterpart", &[])]).await, listed([true, false, true, false]));
        assert_eq!(named(vec![closed("counterpart", &[3])]).await, listed([true, false, true, true]));
        let both = vec![closed("counterpart", &[]), closed("talker", &[])];
        assert_eq!(named(both).await, listed([true, false, false, false]));
        let with = async |closed: Vec<Closed>| {
            let wanted = Wanted::Words("内容".to_owned());
            let fields = vec![FieldFilter { field: "content".to_owned(), wanted, closed }];
            found(EntryFilter { ledger: ledger.clone(), fields, ..EntryFilter::default() }).await
        };
        assert_eq!(with(vec![]).await, listed([true; 4]));
        assert_eq!(with(vec![closed("content", &[])]).await, listed([true, false, false, false]));
        assert_eq!(with(vec![closed("content", &[2])]).await, listed([true, true, true, false]));
    }
    let sound = f.store.verify_entries(f.inst, |e, _| words(e)).await.unwrap();
    assert_eq!(sound, (4, vec![]));
});

story!(what_one_sees_for_having_been_there_is_found_by_its_title, |f| {
    save(f, &form(&entry(f, 2, "2026-04-20", "四月主题党日"), 0, &[], &[])).await;
    let count = async |unit: usize, words: &str| {
        let scope = Scope::Own { person: f.people[0], units: [f.units[unit]].into() };
        let filter = EntryFilter { words: Some(words.to_owned()), ..EntryFilter::default() };
        f.store.count_entries(f.inst, &scope, &filter, 9).await.unwrap()
    };
    assert_eq!((count(2, "主题党日").await, count(3, "主题党日").await), (1, 1));
    assert_eq!((count(2, "党章").await, count(3, "党章").await), (1, 0), "their own branch's, and another's");
});
