//! How long the store takes for what pages ask of it: one college on SQLite, and on PostgreSQL where
//! `LUOSHI_TEST_POSTGRES` gives its address.
//!
//! `cargo bench -p store`. Prints the median, the 99th percentile and the rate of each, one client at a time and 16
//! at once.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use jiff::{Timestamp, civil::Date, civil::date};
use model::{
    AccountId, Bearers, Cadence, Credit, CreditId, Duty, DutyId, Entry, EntryId, InstitutionId, MeasureKind,
    Obligation, ObligationId, Origin, Per, PlanId, SourceText, Span, Unit, UnitId, UnitKind, Value,
};
use store::{
    Act, EntryFilter, ImportEntry, PlanSave, Publication, SaveEntry, Saved, Scope, Store, StoreError, Target,
};

const BRANCHES: usize = 40;
const ENTRIES: usize = 100_000;
const OBLIGATIONS: usize = 60;
/// How many times each thing is asked.
const TIMES: usize = 400;

#[derive(Clone)]
struct College {
    store: Store,
    inst: InstitutionId,
    branches: Vec<UnitId>,
    duties: Vec<Duty>,
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(20_000 * 24)
}

fn act(action: &str) -> Act {
    Act::new(None, "10.0.0.7", now(), action)
}

/// A day of 2026: the `n`th, round and round.
fn day(n: usize) -> Date {
    let n = i32::try_from(n % 365).unwrap_or_default();
    date(2026, 1, 1).saturating_add(jiff::Span::new().days(n))
}

fn entry(unit: UnitId, n: usize) -> Entry {
    Entry {
        id: EntryId::fresh(),
        unit,
        ledgers: vec![["theme-day", "branch-assembly", "committee", "lecture"][n % 4].to_owned()],
        day: day(n * 7),
        title: format!("第{n}次主题党日：学习领会会议精神"),
        values: BTreeMap::from([
            ("place".to_owned(), Value::Text("第一会议室".to_owned())),
            (
                "minutes".to_owned(),
                Value::Text("会议由支部书记主持，全体党员参加，讨论了近期工作安排。".repeat(6)),
            ),
        ]),
        revision: 1,
        entered_at: now(),
        entered_by: AccountId::from_parts(0, &[1; 10]),
        revised_at: now(),
        withdrawn: false,
    }
}

async fn build(store: Store) -> Result<College, StoreError> {
    let inst = InstitutionId::fresh();
    store.create_institution(inst, "春晖职业技术学院", &act("start")).await?;
    let unit = |id, parent, kind, name: String| Unit {
        id,
        parent,
        kind,
        name,
        aliases: vec![],
        traits: [].into(),
        sort: 0,
        founded: None,
        dissolved: None,
    };
    let root = UnitId::fresh();
    let branches: Vec<UnitId> = (0..BRANCHES).map(|_| UnitId::fresh()).collect();
    let mut units = vec![unit(root, None, UnitKind::Committee, "学校党委".to_owned())];
    units.extend(
        branches
            .iter()
            .enumerate()
            .map(|(n, id)| unit(*id, Some(root), UnitKind::Branch, format!("第{n}党支部"))),
    );
    store.save_units(inst, &units, &act("unit.save")).await?;

    let plan = PlanId::fresh();
    let save = PlanSave {
        title: "要点".to_owned(),
        year: 2026,
        issuer: None,
        file: None,
        source: Some(SourceText::from_plain("要点.txt", "一、政治建设")),
        review: "[]".to_owned(),
    };
    store.create_plan(inst, plan, &save, &act("plan.create")).await?;
    let obligations: Vec<Obligation> = (0..OBLIGATIONS)
        .map(|n| Obligation {
            id: ObligationId::fresh(),
            source: model::DutySource::Plan(plan),
            year: 2026,
            key: format!("1.{n}"),
            item: None,
            title: "主题党日".to_owned(),
            kind: MeasureKind::Counted,
            origin: Origin::Clause { text: "每月开展主题党日".to_owned(), span: Span::new(0, 3) },
            bearers: Bearers::default(),
            lead: vec![],
            cadence: Cadence::AtLeast { times: 1, per: Per::Month },
            ledger: Some("theme-day".to_owned()),
            condition: model::Conditions::default(),
            assessed: true,
        })
        .collect();
    let mut duties = Vec::new();
    for obligation in &obligations {
        for branch in &branches {
            for month in 1..=12 {
                let first = date(2026, month, 1);
                duties.push(Duty {
                    id: DutyId::fresh(),
                    obligation: obligation.id,
                    unit: *branch,
                    person: None,
                    title: format!("主题党日（{month}月）"),
                    starts: first,
                    planned: first,
                    due: first.last_of_month(),
                    seq: 1,
                    need: 1,
                    rules: "rules-1".to_owned(),
                    year: 2026,
                });
            }
        }
    }
    let publication = Publication {
        made: date(2026, 1, 20),
        opening: store::Opening { obligations, duties: duties.clone(), ..store::Opening::default() },
        ..Publication::default()
    };
    let begun = Instant::now();
    store.publish(inst, plan, 1, &publication, &act("plan.publish")).await?;
    println!("  publish {} duties: {:.0?}", duties.len(), begun.elapsed());

    let begun = Instant::now();
    for some in 0..ENTRIES / 10_000 {
        let import: Vec<ImportEntry> = (some * 10_000..(some + 1) * 10_000)
            .map(|n| {
                let entry = entry(branches[n % BRANCHES], n);
                let credits = duties.get(n).map(|duty| credit(&entry, duty)).into_iter().collect();
                ImportEntry {
                    late: n % 20 == 0,
                    incomplete: n % 15 == 0,
                    words: entry.title.to_lowercase(),
                    above: None,
                    decided: None,
                    credits,
                    entry,
                }
            })
            .collect();
        store.import_entries(inst, &import, &act("entry.import")).await?;
    }
    println!("  import {ENTRIES} entries: {:.1?}", begun.elapsed());
    Ok(College { store, inst, branches, duties })
}

fn credit(entry: &Entry, duty: &Duty) -> Credit {
    Credit {
        id: CreditId::fresh(),
        duty: duty.id,
        entry: entry.id,
        amount: 1,
        happened: entry.day,
        known: entry.day,
        ended: None,
    }
}

/// What is measured; one asking of each.
#[derive(Clone, Copy)]
enum Ask {
    List(Kind),
    Count(Kind),
    One,
    Save,
    SaveWithCredit,
    NothingChanged,
    AllFacts,
}

#[derive(Clone, Copy)]
enum Kind {
    All,
    Ledger,
    BranchLedger,
    TwentyBranches,
    Words,
    Deep,
}

fn filter(college: &College, kind: Kind, n: usize) -> EntryFilter {
    let none = EntryFilter::default();
    let ledger = Some("theme-day".to_owned());
    match kind {
        Kind::All => none,
        Kind::Ledger => EntryFilter { ledger, ..none },
        Kind::BranchLedger => {
            EntryFilter { ledger, units: Some([college.branches[n % BRANCHES]].into()), ..none }
        }
        Kind::TwentyBranches => {
            EntryFilter { units: Some(college.branches[..20].iter().copied().collect()), ..none }
        }
        Kind::Words => EntryFilter { words: Some("第777次".to_owned()), ..none },
        Kind::Deep => EntryFilter { after: Some((date(2026, 3, 1), EntryId::fresh())), ..none },
    }
}

async fn ask(college: &College, what: Ask, n: usize) -> Result<(), StoreError> {
    let College { store, inst, branches, duties, .. } = college;
    match what {
        Ask::List(kind) => {
            store.entries(*inst, &Scope::All, &filter(college, kind, n), 50).await?;
        }
        Ask::Count(kind) => {
            store.count_entries(*inst, &Scope::All, &filter(college, kind, n), 10_000).await?;
        }
        Ask::One => {
            store.duty(*inst, &Scope::All, duties[n % duties.len()].id).await?;
        }
        Ask::Save | Ask::SaveWithCredit => {
            let entry = entry(branches[n % BRANCHES], n);
            let credits = [credit(&entry, &duties[n % duties.len()])];
            let add = if matches!(what, Ask::Save) { &[][..] } else { &credits[..] };
            let form = SaveEntry {
                entry: &entry,
                based_on: 0,
                late: false,
                incomplete: false,
                words: entry.title.to_lowercase(),
                above: None,
                reason: "",
                add,
                end: &[],
                on: entry.day,
                follows: None,
                cases: None,
                chase: None,
            };
            let saved = store.save_entry(*inst, &form, &act("entry.save")).await?;
            assert!(matches!(saved, Saved::Done(_)));
        }
        Ask::NothingChanged => {
            let change = store.change_number(*inst).await?;
            store.facts_changed_since(*inst, Some(2026), change).await?;
        }
        Ask::AllFacts => {
            let all = store.facts_changed_since(*inst, Some(2026), 0).await?;
            assert_eq!(all.facts.len(), duties.len());
        }
    }
    Ok(())
}

async fn measure(college: &College, name: &str, what: Ask, times: usize, clients: usize) {
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..clients {
        let college = college.clone();
        tasks.spawn(async move {
            let mut took = Vec::new();
            for n in (client..times).step_by(clients) {
                let begun = Instant::now();
                ask(&college, what, n).await.expect("the store answers");
                took.push(begun.elapsed());
            }
            took
        });
    }
    let mut took: Vec<Duration> = Vec::new();
    while let Some(some) = tasks.join_next().await {
        took.extend(some.expect("no client fails"));
    }
    let rate = took.len() as f64 / begun.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)].as_secs_f64() * 1000.0;
    println!(
        "  {name:<44} {clients:>2} clients  p50 {:>8.2} ms  p99 {:>8.2} ms  {rate:>8.0}/s",
        at(50),
        at(99)
    );
}

async fn run(name: &str, target: &Target) {
    println!("{name}");
    let begun = Instant::now();
    let store = Store::open(target, now()).await.expect("the store opens");
    println!("  open, schema made: {:.0?}", begun.elapsed());
    let college = build(store).await.expect("the college is built");
    for clients in [1, 16] {
        measure(&college, "list of 50 of 100,000, all", Ask::List(Kind::All), TIMES, clients).await;
        measure(&college, "list of 50, one ledger (25,000)", Ask::List(Kind::Ledger), TIMES, clients).await;
        measure(&college, "list of 50, one branch and ledger", Ask::List(Kind::BranchLedger), TIMES, clients)
            .await;
        measure(&college, "list of 50, twenty branches", Ask::List(Kind::TwentyBranches), TIMES, clients)
            .await;
        measure(&college, "list of 50, far down", Ask::List(Kind::Deep), TIMES, clients).await;
        measure(&college, "list by words found once in a thousand", Ask::List(Kind::Words), 20, clients)
            .await;
        measure(&college, "count, all", Ask::Count(Kind::All), 100, clients).await;
        measure(&college, "count, one ledger", Ask::Count(Kind::Ledger), 100, clients).await;
        measure(&college, "count, one branch and ledger", Ask::Count(Kind::BranchLedger), 100, clients).await;
        measure(&college, "count, twenty branches", Ask::Count(Kind::TwentyBranches), 100, clients).await;
        measure(&college, "one duty", Ask::One, TIMES, clients).await;
        measure(&college, "save an entry", Ask::Save, TIMES, clients).await;
        measure(&college, "save an entry that counts", Ask::SaveWithCredit, TIMES, clients).await;
        measure(&college, "facts: nothing changed", Ask::NothingChanged, TIMES, clients).await;
        measure(&college, "facts: all 28,800 duties", Ask::AllFacts, 8, clients.min(2)).await;
    }
    college.store.close().await.expect("the store closes");
}

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    run("SQLite", &Target::Sqlite(directory.path().join("luoshi.db"))).await;
    match std::env::var("LUOSHI_TEST_POSTGRES") {
        Ok(url) => run("PostgreSQL", &Target::Postgres(url)).await,
        Err(_) => println!("SKIPPED on PostgreSQL: LUOSHI_TEST_POSTGRES is not set"),
    }
}
