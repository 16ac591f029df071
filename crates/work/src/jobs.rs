//! Work that takes longer than a page should: a row that any process of the installation takes and works on, so that it
//! goes on when the page is left, and after a restart.
//!
//! Here is how a job is asked for, worked on and told; which work belongs to which kind is said where jobs are taken.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use model::JobId;
use serde_json::{Value, json};
use store::{Job, JobEnd, JobKind, JobState, NewJob, Store, StoreError};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::actor::Actor;
use crate::clock::china;
use crate::fault::Fault;
use crate::fields::Fields;
use crate::said::Said;
use crate::state::Work;

/// Days for which a finished export can be fetched.
pub const FILE_DAYS: i64 = 7;
/// How long the page waits for it before it shows how far it is.
const PATIENCE: Duration = Duration::from_millis(800);
/// How often it is written down how far a job is, when that has changed.
const BEAT: Duration = Duration::from_secs(2);
/// Of these, one is written in any case: others then know that the holder lives. Well below a minute, after which it
/// counts as dead.
const BEATS: u32 = 7;

/// Pauses before the end of a job is written down again, when the database did not answer.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(25)];

/// What became of it.
pub enum Ended {
    /// It is done: where the page goes on, and what is said there.
    Done(String, Said),
    /// It is done and has made a file of this name, which is fetched from the list of jobs.
    File(String, Vec<u8>),
    /// Nothing was done: why, above what was asked for.
    Not(&'static str),
}

impl Ended {
    fn kept(self) -> JobEnd {
        match self {
            Self::Done(to, Said { words, link, href }) => {
                JobEnd::Done(json!({ "to": to, "words": words, "link": link, "href": href }), None)
            }
            Self::File(name, bytes) => {
                JobEnd::Done(json!({ "file": name, "size": bytes.len() }), Some(Arc::new(bytes)))
            }
            Self::Not(why) => JobEnd::Refused(why.to_owned()),
        }
    }
}

/// How far the work on a job is, as the work itself says.
#[derive(Debug, Default)]
pub struct Progress {
    percent: AtomicU8,
    step: Mutex<&'static str>,
}

impl Progress {
    /// Says how far it is, in percent.
    pub fn passed(&self, percent: u8) {
        self.percent.store(percent.min(100), Ordering::Relaxed);
    }

    /// Says what is being done.
    pub fn at(&self, step: &'static str) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = step;
    }

    fn now(&self) -> (u8, &'static str) {
        let step = *self.step.lock().unwrap_or_else(PoisonError::into_inner);
        (self.percent.load(Ordering::Relaxed), step)
    }
}

/// What this process has to do with jobs.
pub struct Jobs {
    /// By which this process is known as the holder of a job.
    holder: Uuid,
    /// What it works on now: how far that is stands in the database a little later, or not before the end where the work
    /// itself holds the only connection that writes.
    here: Mutex<HashMap<JobId, Arc<Progress>>>,
    asked: Notify,
    ended: watch::Sender<u64>,
    working: AtomicBool,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            holder: Uuid::now_v7(),
            here: Mutex::default(),
            asked: Notify::new(),
            ended: watch::Sender::new(0),
            working: AtomicBool::new(false),
        }
    }
}

impl Jobs {
    fn here(&self) -> std::sync::MutexGuard<'_, HashMap<JobId, Arc<Progress>>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that this process takes jobs by itself from now on.
    pub fn begin_working(&self) {
        self.working.store(true, Ordering::Relaxed);
    }

    /// Lets this process look for a job at once: one was asked for.
    pub fn look(&self) {
        self.asked.notify_one();
    }

    /// Done when a job was asked for in this process.
    pub async fn asked(&self) {
        self.asked.notified().await;
    }
}

/// What a job of somebody needs to know: the fields that were sent.
pub fn body_of(sent: &Fields) -> Value {
    json!({ "sent": sent.pairs() })
}

/// The fields that were sent when a job was asked for.
pub fn sent_of(job: &Job) -> Fields {
    let pairs: Vec<(String, String)> =
        job.body.get("sent").and_then(|sent| serde_json::from_value(sent.clone()).ok()).unwrap_or_default();
    Fields::of(pairs)
}

/// Asks for a job in somebody's name, unless it is open already (a double click), and waits a little for its end.
///
/// # Errors
/// When the store cannot write.
pub async fn ask(
    work: &Work,
    actor: &Actor,
    kind: JobKind,
    subject: &str,
    name: &str,
    body: Value,
) -> Result<(), Fault> {
    let new = NewJob {
        id: JobId::fresh(),
        kind,
        subject,
        name,
        body,
        account: Some(actor.account),
        address: &actor.address,
        at: work.clock.wall(),
    };
    let mut ended = work.jobs().ended.subscribe();
    let Some(job) = work.store.ask_job(actor.institution, &new).await? else { return Ok(()) };
    work.jobs().look();
    if !work.jobs().working.load(Ordering::Relaxed) {
        return Ok(());
    }
    let over = async {
        while ended.changed().await.is_ok() {
            match work.store.job(actor.institution, job.id).await {
                Ok(job) if !job.state.has_ended() => {}
                // What cannot be read now is told by the page.
                _ => return,
            }
        }
    };
    // The page shows how far it is when it takes longer.
    let _ = tokio::time::timeout(PATIENCE, over).await;
    Ok(())
}

/// How far a job is: what its holder says, the freshest of it when that is this process.
pub fn how_far(work: &Work, job: &Job) -> (u8, String) {
    match work.jobs().here().get(&job.id) {
        Some(progress) => {
            let (percent, step) = progress.now();
            (percent, step.to_owned())
        }
        None => (job.percent, job.step.clone()),
    }
}

/// Why a job that is open is not worked on; empty when it is.
pub fn waits(job: &Job, now: Timestamp) -> String {
    match job.state {
        JobState::Waiting if job.attempts > 0 => {
            let seconds = job.next_at.duration_since(now).as_secs().max(0);
            let when = if seconds < 60 { "马上".to_owned() } else { format!("{} 分钟后", seconds / 60) };
            format!("上一次没有做成（{}），{when}再试", job.error)
        }
        JobState::Waiting => "排队等着".to_owned(),
        _ => String::new(),
    }
}

/// Takes one job that is due at `now` and works on it to its end; whether there was one.
///
/// # Errors
/// When the store cannot take one. What goes wrong in the work itself stands in the job.
pub async fn run_one<W>(
    work: &Work,
    now: Timestamp,
    task: impl FnOnce(Work, Job, Arc<Progress>) -> W,
) -> Result<bool, StoreError>
where
    W: Future<Output = Result<Ended, Fault>> + Send + 'static,
{
    let Some(job) = work.store.take_job(work.jobs().holder, now).await? else { return Ok(false) };
    let progress = Arc::new(Progress::default());
    work.jobs().here().insert(job.id, Arc::clone(&progress));
    // Dropped with this function when the process stops, the work ends too: nothing of it goes on unseen.
    let mut tasks = JoinSet::new();
    tasks.spawn(task(work.clone(), job.clone(), Arc::clone(&progress)));
    let end = tokio::select! {
        done = tasks.join_next() => done,
        () = beating(work, &job, &progress) => None,
    };
    let ended = match end {
        // Another process has it: what was begun here is rolled back.
        None => {
            tasks.abort_all();
            tracing::warn!(job = %job.id, "a job was taken over by another process while it was worked on");
            Ok(false)
        }
        Some(done) => {
            let end = match done.map_err(Fault::from) {
                Ok(Ok(ended)) => ended.kept(),
                Ok(Err(fault)) | Err(fault) => broken(&job, &fault),
            };
            say_end(work, &job, end).await
        }
    };
    work.jobs().here().remove(&job.id);
    work.jobs().ended.send_modify(|n| *n += 1);
    ended.map(|_| true)
}

/// Writes down how a job ended, again after a pause while the database does not answer: what was done is done.
async fn say_end(work: &Work, job: &Job, end: JobEnd) -> Result<bool, StoreError> {
    for pause in PAUSES {
        match work.store.end_job(job, work.jobs().holder, work.clock.wall(), end.clone()).await {
            Err(StoreError::Unavailable | StoreError::Busy | StoreError::Full) => {
                tokio::time::sleep(pause).await;
            }
            said => return said,
        }
    }
    work.store.end_job(job, work.jobs().holder, work.clock.wall(), end).await
}

/// What is kept of a fault: words for people in the job, the cause in the log.
fn broken(job: &Job, fault: &Fault) -> JobEnd {
    match fault {
        Fault::Internal(error) => {
            tracing::error!(job = %job.id, kind = ?job.kind, attempt = job.attempts, error = format!("{error:#}"), "a job broke off");
            JobEnd::Broken("系统出错了，已经记入日志".to_owned())
        }
        Fault::Busy => JobEnd::Broken("系统正忙".to_owned()),
        Fault::Disk(error) => {
            tracing::error!(job = %job.id, kind = ?job.kind, attempt = job.attempts, %error, "a job broke off at the disk");
            JobEnd::Broken(fault.title())
        }
        // Another try would end in the same words.
        other => JobEnd::Refused(format!("{}：{}", other.title(), other.words())),
    }
}

/// Writes down how far a job is while it is worked on; done only when another process has it.
async fn beating(work: &Work, job: &Job, progress: &Progress) {
    let mut said = (0, "");
    let mut every = tokio::time::interval(BEAT);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    every.tick().await;
    for n in 1u32.. {
        every.tick().await;
        let now = progress.now();
        if now == said && n % BEATS > 0 {
            continue;
        }
        // What cannot be written now is written the next time: the work itself may hold the only connection.
        if let Ok(ours) = work.store.beat_job(job, work.jobs().holder, work.clock.wall(), now).await {
            if !ours {
                return;
            }
            said = now;
        }
    }
}

/// Gives back what this process holds, when it stops.
pub async fn give_back(work: &Work) {
    match work.store.give_back_jobs(work.jobs().holder).await {
        Ok(0) => {}
        Ok(jobs) => tracing::info!(jobs, "given back to be worked on after the restart"),
        Err(error) => tracing::warn!(%error, "could not give back the jobs that were under way"),
    }
}

impl Work {
    /// What this process has to do with jobs.
    #[must_use]
    pub fn jobs(&self) -> Arc<Jobs> {
        self.kept()
    }

    /// Asks for the turn of the present day in every institution; whoever asked first, and however often, it is one job.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn ask_turns(&self) -> Result<(), StoreError> {
        let day = self.clock.today();
        let midnight = day.to_zoned(china()).map_or(Timestamp::UNIX_EPOCH, |z| z.timestamp());
        let subject = day.to_string();
        for institution in self.store.institutions().await? {
            let new = NewJob {
                id: Store::once(institution.id, JobKind::Turn, &subject, midnight),
                kind: JobKind::Turn,
                subject: &subject,
                name: &subject,
                body: Value::Null,
                account: None,
                address: "",
                at: self.clock.wall(),
            };
            self.store.ask_job(institution.id, &new).await?;
        }
        Ok(())
    }
}
