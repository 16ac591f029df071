//! Records are found by their words: each engine's index finds what reading every record would.

use std::collections::BTreeSet;

use model::{Entry, EntryId, InstitutionId, UnitId, UnitKind};
use proptest::{
    prelude::Strategy as _,
    sample::select,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use store::{EntryFilter, ImportEntry, SaveEntry, Scope, holds};

use crate::{
    entries::{entry, form, save},
    fixture::{Engine, Fixture, day, raw, story, unit},
};

fn saying(words: &str) -> EntryFilter {
    EntryFilter { words: Some(words.to_owned()), ..EntryFilter::default() }
}

/// Records that say these texts, days apart, alternately of two branches and in two ledgers.
async fn say(f: &Fixture, texts: &[&str]) -> Vec<Entry> {
    let all: Vec<Entry> = texts
        .iter()
        .enumerate()
        .map(|(n, text)| {
            let on =
                day("2026-03-01").checked_add(jiff::Span::new().days(i64::try_from(n / 3).unwrap())).unwrap();
            let mut one = entry(f, 2 + n % 2, &on.to_string(), text);
            one.revision = 1;
            one.ledgers = vec![if n % 3 == 0 { "talk" } else { "theme-day" }.to_owned()];
            one
        })
        .collect();
    import(f, f.inst, &all).await;
    all
}

async fn import(f: &Fixture, institution: InstitutionId, all: &[Entry]) {
    let import: Vec<ImportEntry> = all
        .iter()
        .map(|e| ImportEntry {
            entry: e.clone(),
            late: e.day.day() % 2 == 0,
            incomplete: e.day.day() % 5 == 0,
            words: e.title.clone(),
            above: None,
            decided: None,
            credits: vec![],
        })
        .collect();
    f.store.import_entries(institution, &import, &f.act("entry.import")).await.unwrap();
}

/// The titles found, in order; as many as are counted.
async fn found(f: &Fixture, scope: &Scope, filter: &EntryFilter) -> Vec<String> {
    let found = f.store.entries(f.inst, scope, filter, 1_000).await.unwrap();
    let counted = f.store.count_entries(f.inst, scope, filter, 1_000).await.unwrap();
    assert_eq!(i64::try_from(found.len()).unwrap(), counted, "{filter:?}");
    assert!(found.windows(2).all(|w| w[0].entry.day >= w[1].entry.day), "the newest day first");
    found.into_iter().map(|r| r.entry.title).collect()
}

const TEXTS: [&str; 9] = [
    "四月主题党日",
    "支部党员大会学习《党章》",
    "党课：讲“初心”，it's 90% 好",
    "第3支部 2026年 WPS培训",
    "谈心谈话\n下一行",
    "email 培训",
    "日党会议",
    "完成ＡＩ课程 100％",
    "路径 C:\\数据\\*.* & (a|b) :* ' \" AND OR NOT",
];

story!(words_are_found_in_chinese_and_other_writing, |f| {
    say(f, &TEXTS).await;
    for (query, places) in [
        ("党日", &[0][..]),
        ("党", &[0, 1, 2, 6]),
        ("党员大会", &[1]),
        ("员大", &[1]),
        ("主题 四月", &[0]),
        ("主题 党课", &[]),
        ("ai", &[7]),
        ("AI课程", &[7]),
        ("ａｉ", &[7]),
        ("Email", &[5]),
        ("mail", &[]),
        ("2026", &[3]),
        ("202", &[]),
        ("2026年", &[3]),
        ("wps 培训", &[3]),
        ("培训", &[3, 5]),
        ("话下", &[]),
        ("《党章》", &[1]),
        ("“初心”", &[2]),
        ("初心，", &[]),
        ("90%", &[2]),
        ("%", &[2, 7]),
        ("％", &[2, 7]),
        ("100%", &[7]),
        ("_", &[]),
        ("'", &[2, 8]),
        ("it's", &[2]),
        ("\"", &[8]),
        ("\\", &[8]),
        ("*", &[8]),
        (":*", &[8]),
        ("(a|b)", &[8]),
        ("AND", &[8]),
        ("not or", &[8]),
        ("'; drop table entry; --", &[]),
        ("\0", &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("", &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ] {
        let expected: BTreeSet<&str> = places.iter().map(|&n| TEXTS[n]).collect();
        let got = found(f, &Scope::All, &saying(query)).await;
        assert_eq!(got.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected, "{query:?}");
    }
});

story!(what_a_revision_no_longer_says_is_no_longer_found, |f| {
    let typed = entry(f, 2, "2026-04-20", "四月主题党日");
    let words = |e: &Entry| e.title.clone();
    let first = SaveEntry { words: words(&typed), ..form(&typed, 0, &[], &[]) };
    save(f, &first).await;
    let other = Entry { title: "五月支部大会".to_owned(), day: day("2026-05-06"), ..typed.clone() };
    save(f, &SaveEntry { words: words(&other), ..form(&other, 1, &[], &[]) }).await;
    assert!(found(f, &Scope::All, &saying("主题党日")).await.is_empty());
    assert!(found(f, &Scope::All, &saying("四月")).await.is_empty());
    assert_eq!(found(f, &Scope::All, &saying("大会")).await, ["五月支部大会"]);
    let from = EntryFilter { from: Some(day("2026-05-01")), ..saying("五月") };
    assert_eq!(found(f, &Scope::All, &from).await.len(), 1, "under its new day");

    let gone = Entry { withdrawn: true, ..other.clone() };
    save(f, &SaveEntry { words: words(&gone), ..form(&gone, 2, &[], &[]) }).await;
    assert!(found(f, &Scope::All, &saying("大会")).await.is_empty());
    let withdrawn = EntryFilter { withdrawn: true, ..saying("大会") };
    assert_eq!(found(f, &Scope::All, &withdrawn).await.len(), 1);
});

story!(a_search_stays_in_its_institution_and_its_scope, |f| {
    let own = say(f, &TEXTS).await;
    let other = InstitutionId::fresh();
    let act = f.act("fixture");
    f.store.create_institution(other, "另一所学校", &act).await.unwrap();
    let theirs = unit(UnitId::fresh(), None, UnitKind::Branch, "外校支部", 1);
    f.store.save_units(other, std::slice::from_ref(&theirs), &act).await.unwrap();
    let mut secret = Entry { id: EntryId::fresh(), unit: theirs.id, ..own[0].clone() };
    secret.title = "外校主题党日".to_owned();
    secret.values.clear();
    import(f, other, &[secret]).await;
    assert_eq!(found(f, &Scope::All, &saying("主题党日")).await, ["四月主题党日"]);
    assert!(found(f, &Scope::All, &saying("外校")).await.is_empty());
    assert_eq!(f.store.count_entries(other, &Scope::All, &saying("党"), 10).await.unwrap(), 1);

    let of = |n: usize| Scope::Units([f.units[n]].into());
    assert_eq!(found(f, &of(2), &saying("培训")).await.len(), 0);
    assert_eq!(found(f, &of(3), &saying("培训")).await.len(), 2);
    let asked = EntryFilter { units: Some([f.units[3]].into()), ..saying("培训") };
    assert_eq!(found(f, &of(2), &asked).await.len(), 0, "what is asked for does not widen what is seen");
    assert_eq!(found(f, &Scope::Units(BTreeSet::new()), &saying("培训")).await.len(), 0);
    assert_eq!(found(f, &Scope::Nothing, &saying("培训")).await.len(), 0);
    let many: BTreeSet<UnitId> = (0..100).map(|_| UnitId::fresh()).chain([f.units[3]]).collect();
    assert_eq!(found(f, &Scope::Units(many), &saying("培训")).await.len(), 2);
    // Their own unit's, and whatever names them.
    let member = Scope::Own { person: f.people[0], units: [f.units[0]].into() };
    assert_eq!(found(f, &member, &saying("培训")).await.len(), 2);
    let stranger = Scope::Own { person: f.people[2], units: [f.units[0]].into() };
    assert_eq!(found(f, &stranger, &saying("培训")).await.len(), 0);
});

/// Texts and queries of few signs, so that queries are found, often nearly.
fn invented(runner: &mut TestRunner, most: usize) -> String {
    const SIGNS: [&str; 20] = [
        "党", "党", "员", "大", "会", "会", "日", "a", "B", "1", "2", " ", "　", "，", "%", "'", "\"", "：",
        "\n", "Ａ",
    ];
    let text = proptest::collection::vec(select(SIGNS.as_slice()), 1..=most);
    text.new_tree(runner).unwrap().current().concat()
}

story!(the_index_finds_what_reading_every_record_finds, |f| {
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let texts: Vec<String> = (0..600).map(|n| format!("{n}号\n{}", invented(&mut runner, 14))).collect();
    let all = say(f, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut hits = 0;
    for n in 0..150 {
        let query = invented(&mut runner, 1 + n % 4);
        if query.trim().is_empty() {
            continue;
        }
        let mut filter = saying(&query);
        let scope = if n % 4 == 0 { Scope::Units([f.units[2]].into()) } else { Scope::All };
        filter.ledger = (n % 5 == 0).then(|| "talk".to_owned());
        filter.from = (n % 3 == 0).then(|| day("2026-03-20"));
        filter.to = (n % 7 == 0).then(|| day("2026-06-30"));
        filter.late = [None, None, None, Some(true), Some(false)][n % 5];
        filter.incomplete = [None, Some(true), None, None, Some(false), None][n % 6];
        let expected: BTreeSet<&str> = all
            .iter()
            .filter(|e| {
                holds(&e.title, &query)
                    && (n % 4 != 0 || e.unit == f.units[2])
                    && filter.ledger.as_ref().is_none_or(|l| e.ledgers.contains(l))
                    && filter.from.is_none_or(|d| e.day >= d)
                    && filter.to.is_none_or(|d| e.day <= d)
                    && filter.late.is_none_or(|late| late == (e.day.day() % 2 == 0))
                    && filter.incomplete.is_none_or(|lacks| lacks == (e.day.day() % 5 == 0))
            })
            .map(|e| e.title.as_str())
            .collect();
        let got = found(f, &scope, &filter).await;
        hits += got.len();
        assert_eq!(got.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected, "{filter:?}");
    }
    assert!(hits > 2_000, "{hits}");
});

story!(pages_of_a_search_hold_each_record_once, |f| {
    let texts: Vec<String> = (0..700).map(|n| format!("{n}号党日")).collect();
    let all = say(f, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for (query, expected) in [("党日", all.len()), ("号党日", all.len()), ("7号", 1)] {
        let mut walked = Vec::new();
        let mut filter = saying(query);
        loop {
            let page = f.store.entries(f.inst, &Scope::All, &filter, 97).await.unwrap();
            let Some(last) = page.last() else { break };
            filter.after = Some((last.entry.day, last.entry.id));
            walked.extend(page.into_iter().map(|r| (r.entry.day, r.entry.id)));
        }
        assert!(walked.windows(2).all(|w| w[0].0 >= w[1].0));
        assert_eq!(walked.len(), expected, "{query}");
        assert_eq!(walked.into_iter().collect::<BTreeSet<_>>().len(), expected, "{query}");
        for most in [1, 50, 300, 450, 1_000] {
            let counted = f.store.count_entries(f.inst, &Scope::All, &saying(query), most).await.unwrap();
            let known = i64::try_from(expected).unwrap().min(most.into());
            assert_eq!(counted, known, "{query}, at most {most}");
        }
    }
});

/// Records that an older program kept are indexed when the store is opened.
async fn older(engine: Engine) {
    let Some(f) = Fixture::make(engine).await else { return };
    say(&f, &TEXTS).await;
    let position = if engine == Engine::Sqlite { "n" } else { "entry_id" };
    for sql in [
        "insert into entry_text (institution_id, entry_id, words) select institution_id, id, lower(title) from entry",
        &format!(
            "delete from entry_gram where {} in (select {position} from entry_words)",
            if engine == Engine::Sqlite { "rowid" } else { "entry_id" }
        ),
        "delete from entry_words",
    ] {
        raw(&f.target, sql).await.unwrap();
    }
    assert!(found(&f, &Scope::All, &saying("党日")).await.is_empty());
    let again = store::Store::open(&f.target, crate::fixture::start()).await.unwrap();
    again.close().await.unwrap();
    assert_eq!(found(&f, &Scope::All, &saying("党日")).await, ["四月主题党日"]);
    assert_eq!(found(&f, &Scope::All, &saying("ai")).await.len(), 1);
    f.end().await;
}

#[tokio::test]
async fn records_of_an_older_program_are_indexed_on_sqlite() {
    older(Engine::Sqlite).await;
}

#[tokio::test]
async fn records_of_an_older_program_are_indexed_on_postgres() {
    older(Engine::Postgres).await;
}
