//! Jobs: taken once, taken over from the dead, tried again, given up, told once.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use model::JobId;
use serde_json::{Value, json};
use store::{Job, JobEnd, JobKind, JobState, NewJob, Store, StoreError};
use uuid::Uuid;

use crate::fixture::{Fixture, at, story};

fn now() -> Timestamp {
    at("2026-04-20T06:00:00Z")
}

async fn ask(f: &Fixture, kind: JobKind, subject: &str, when: Timestamp) -> Job {
    let new = NewJob {
        id: JobId::fresh(),
        kind,
        subject,
        name: "名册.xlsx",
        body: json!({ "sent": [["mark", "7"]] }),
        account: Some(f.clerk),
        address: "10.0.0.7",
        at: when,
    };
    f.store.ask_job(f.inst, &new).await.unwrap().unwrap()
}

async fn take(f: &Fixture, holder: Uuid, when: Timestamp) -> Option<Job> {
    f.store.take_job(holder, when).await.unwrap()
}

async fn state(f: &Fixture, id: JobId) -> (JobState, String) {
    let job = f.store.job(f.inst, id).await.unwrap();
    (job.state, job.error)
}

story!(a_job_is_taken_once_and_its_end_is_told_once, |f| {
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    let first = ask(f, JobKind::PeopleImport, "7", now()).await;
    // A double click asks for nothing more; another subject does.
    assert_eq!(ask(f, JobKind::PeopleImport, "7", now() + 1.second()).await.id, first.id);
    let other = ask(f, JobKind::PeopleImport, "8", now() + 1.second()).await;
    let (a, b) = tokio::join!(take(f, one, now() + 2.seconds()), take(f, one, now() + 2.seconds()));
    let mut taken = vec![a.unwrap().id, b.unwrap().id];
    taken.sort();
    assert_eq!(taken, [first.id, other.id], "each of the two that came at once has one");
    let job = f.store.job(f.inst, first.id).await.unwrap();
    assert_eq!((job.state, job.attempts, job.body["sent"][0][1].as_str()), (JobState::Running, 1, Some("7")));
    assert!(f.store.beat_job(&job, one, now() + 3.seconds(), (40, "写入名册")).await.unwrap());
    let seen = f.store.job_of(f.inst, f.clerk, JobKind::PeopleImport, "7").await.unwrap().unwrap();
    assert_eq!((seen.percent, seen.step.as_str()), (40, "写入名册"), "seen from anywhere");
    assert!(!f.store.beat_job(&job, two, now(), (90, "")).await.unwrap(), "nobody else speaks for it");
    let done = || JobEnd::Done(json!({ "words": "已导入" }), None);
    assert!(!f.store.end_job(&job, two, now(), done()).await.unwrap());
    assert!(!f.store.tell_job(f.inst, first.id).await.unwrap(), "it has no end yet");
    assert!(f.store.end_job(&job, one, now() + 5.seconds(), done()).await.unwrap());
    assert!(f.store.tell_job(f.inst, first.id).await.unwrap());
    assert!(!f.store.tell_job(f.inst, first.id).await.unwrap());
    let job = f.store.job(f.inst, first.id).await.unwrap();
    assert_eq!((job.state, job.percent, job.result["words"].as_str()), (JobState::Done, 100, Some("已导入")));
    // What was done may be asked for again, as another job.
    assert_ne!(ask(f, JobKind::PeopleImport, "7", now() + 9.seconds()).await.id, first.id);
    assert_eq!(f.store.jobs(f.inst, None, 9).await.unwrap().len(), 3);
});

story!(a_job_of_a_dead_process_goes_on_in_another, |f| {
    let (dead, alive) = (Uuid::now_v7(), Uuid::now_v7());
    ask(f, JobKind::EntryImport, "1", now()).await;
    let job = take(f, dead, now()).await.unwrap();
    assert!(take(f, dead, now() + 10.minutes()).await.is_none(), "never from itself");
    // An SQLite file has one process: whoever held it before is gone. On a server silence must last a minute.
    if f.is_postgres() {
        assert!(f.store.beat_job(&job, dead, now() + 30.seconds(), (10, "")).await.unwrap());
        assert!(take(f, alive, now() + 80.seconds()).await.is_none(), "it spoke fifty seconds ago");
    }
    let again = take(f, alive, now() + 91.seconds()).await.unwrap();
    assert_eq!((again.id, again.attempts), (job.id, 2));
    assert!(!f.store.end_job(&job, dead, now(), JobEnd::Done(Value::Null, None)).await.unwrap());
    assert!(!f.store.beat_job(&job, dead, now(), (99, "")).await.unwrap(), "it is told that it lost it");
    // A process that stops in order gives back what it holds, and that was no try.
    assert_eq!(f.store.give_back_jobs(alive).await.unwrap(), 1);
    let third = take(f, Uuid::now_v7(), now() + 92.seconds()).await.unwrap();
    assert_eq!((third.id, third.attempts), (job.id, 2));
});

story!(what_breaks_is_tried_again_after_growing_pauses_and_given_up_with_its_reason, |f| {
    let me = Uuid::now_v7();
    let id = ask(f, JobKind::EntryExport, "1", now()).await.id;
    let mut when = now();
    let mut pauses = Vec::new();
    while let Some(job) = take(f, me, when).await {
        f.store.end_job(&job, me, when, JobEnd::Broken("系统正忙".to_owned())).await.unwrap();
        let job = f.store.job(f.inst, id).await.unwrap();
        if job.state == JobState::Failed {
            break;
        }
        assert!(take(f, me, job.next_at - 1.second()).await.is_none(), "it waits");
        pauses.push(job.next_at.duration_since(when).as_secs());
        when = job.next_at;
    }
    assert_eq!(pauses, [10, 60, 300, 1800]);
    assert_eq!(state(f, id).await, (JobState::Failed, "系统正忙".to_owned()));
    let act = f.act("job.retry");
    f.store.retry_job(f.inst, id, when, &act).await.unwrap();
    let job = take(f, me, when).await.unwrap();
    assert_eq!((job.id, job.attempts), (id, 1), "from the beginning");
    assert!(matches!(f.store.cancel_job(f.inst, id, &act).await, Err(StoreError::Conflict)), "it was begun");
    assert!(matches!(f.store.retry_job(f.inst, id, when, &act).await, Err(StoreError::Conflict)));
    f.store.end_job(&job, me, when, JobEnd::Refused("没有记录".to_owned())).await.unwrap();
    assert_eq!(state(f, id).await, (JobState::Refused, "没有记录".to_owned()));
    let waiting = ask(f, JobKind::EntryExport, "2", when).await.id;
    f.store.cancel_job(f.inst, waiting, &act).await.unwrap();
    assert_eq!(state(f, waiting).await.0, JobState::Cancelled);
    assert!(take(f, me, when + 1.hour()).await.is_none());
    assert!(f.store.verify_audit(f.inst).await.unwrap().is_ok());
});

story!(a_job_that_ends_its_process_each_time_is_given_up, |f| {
    let id = ask(f, JobKind::UnitImport, "1", now()).await.id;
    let mut when = now();
    let mut times = 0;
    while take(f, Uuid::now_v7(), when).await.is_some() {
        times += 1;
        when += SignedDuration::from_mins(2);
    }
    assert_eq!(times, 5);
    assert_eq!(state(f, id).await.0, JobState::Failed);
});

story!(the_turn_of_a_day_is_one_job_whoever_asks_and_whenever, |f| {
    let midnight = at("2026-04-19T16:00:00Z");
    let id = Store::once(f.inst, JobKind::Turn, "2026-04-20", midnight);
    assert_ne!(id, Store::once(model::InstitutionId::fresh(), JobKind::Turn, "2026-04-20", midnight));
    let new = NewJob {
        id,
        kind: JobKind::Turn,
        subject: "2026-04-20",
        name: "2026-04-20",
        body: Value::Null,
        account: None,
        address: "",
        at: now(),
    };
    let (a, b) = tokio::join!(f.store.ask_job(f.inst, &new), f.store.ask_job(f.inst, &new));
    assert_eq!((a.unwrap().unwrap().id, b.unwrap().unwrap().id), (id, id));
    let me = Uuid::now_v7();
    let job = take(f, me, now()).await.unwrap();
    f.store.end_job(&job, me, now(), JobEnd::Done(Value::Null, None)).await.unwrap();
    assert_eq!(f.store.ask_job(f.inst, &new).await.unwrap().unwrap().state, JobState::Done, "not once more");
    assert!(take(f, me, now() + 1.hour()).await.is_none());
});

story!(the_file_of_a_job_is_sealed_opens_after_a_change_of_keys_and_is_swept, |f| {
    let me = Uuid::now_v7();
    ask(f, JobKind::EntryExport, "1", now()).await;
    let job = take(f, me, now()).await.unwrap();
    let bytes = b"PK: what stands in a spreadsheet".to_vec();
    f.store
        .end_job(&job, me, now(), JobEnd::Done(json!({ "file": "记录.xlsx" }), Some(Arc::new(bytes.clone()))))
        .await
        .unwrap();
    assert!(f.store.job(f.inst, job.id).await.unwrap().has_file);
    let mut kept = vec![f.files.path().to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = kept.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { kept.push(path) } else { files.push(std::fs::read(path).unwrap()) }
        }
    }
    assert_eq!(files.len(), 1);
    assert!(!files[0].windows(8).any(|w| bytes.starts_with(w)), "no word of it lies open");
    // The key that seals it stays until it is swept.
    for _ in 0..2 {
        f.store.rotate_keys(&f.keys, store::Algorithm::Aes256Gcm, || f.act("keys.rotate")).await.unwrap();
    }
    assert_eq!(f.store.job_file(f.inst, job.id).await.unwrap(), bytes);
    let week = now() + SignedDuration::from_hours(24 * 7);
    assert_eq!(f.store.sweep_jobs(f.inst, now(), now()).await.unwrap(), (0, 0), "it ended at this moment");
    assert_eq!(f.store.sweep_jobs(f.inst, week, now()).await.unwrap(), (1, 0));
    assert!(matches!(f.store.job_file(f.inst, job.id).await, Err(StoreError::NotFound)));
    assert_eq!(f.store.sweep_jobs(f.inst, week, week).await.unwrap(), (0, 1));
    assert!(f.store.jobs(f.inst, None, 9).await.unwrap().is_empty());
});
