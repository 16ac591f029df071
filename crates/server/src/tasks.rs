//! Which work belongs to which kind of job, and the loop in which a process takes jobs.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use store::{Job, JobKind};
use tokio::sync::watch;
use web::App;
use web::jobs::Task;
use work::jobs::{self, Ended, Progress};
use work::{Actor, Fault, Work, upkeep};

/// Jobs that a process works on at the same time: one long import does not keep another institution waiting, and the
/// pages keep the rest of the machine.
const AT_ONCE: usize = 2;
/// How often a process looks for jobs that others asked for, or left.
const LOOK: Duration = Duration::from_secs(5);
/// Every kind of job that a page folder works on.
fn table() -> Vec<Task> {
    [crate::people::tasks(), crate::entries::tasks(), crate::papers::tasks(), crate::admin::tasks()]
        .into_iter()
        .flatten()
        .collect()
}

/// Works on one job.
async fn work(work: Work, job: Job, progress: Arc<Progress>) -> Result<Ended, Fault> {
    if job.kind == JobKind::Turn {
        return work::turn::turn(&work, &job).await;
    }
    let app = App::from(work);
    let Some(account) = job.account else { return Ok(Ended::Not("没有说是谁要做的，没有做")) };
    let found = Actor::of_account(&app, job.institution, account, &job.address).await?;
    let Some(actor) = found else { return Ok(Ended::Not("账号已经停用，没有做")) };
    match table().into_iter().find(|task| task.kind == job.kind) {
        Some(task) => (task.work)(&app, &actor, &job, &progress).await,
        None => Err(anyhow::anyhow!("nobody works on {:?}", job.kind).into()),
    }
}

/// Works on every job that is due, one after the other, until there is none: for tests and for commands. A server does it by
/// itself.
///
/// # Errors
/// When the store cannot take one.
pub async fn run_jobs(app: &App) -> Result<usize, Fault> {
    run_jobs_as_of(app, app.clock.wall()).await
}

/// The same as it would be at `now`: what waits for another try until then is tried, and who has been silent for a
/// minute by then is dead.
///
/// # Errors
/// When the store cannot take one.
pub async fn run_jobs_as_of(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let mut done = 0;
    while jobs::run_one(app, now, work).await? {
        done += 1;
    }
    Ok(done)
}

/// Takes jobs and works on them, until `stop` says so; what is under way then is given back.
pub(crate) async fn keep_working(app: App, mut stop: watch::Receiver<bool>) {
    app.jobs().begin_working();
    let workers = (0..AT_ONCE).map(|_| tokio::spawn(worker(app.clone()))).collect::<Vec<_>>();
    let turner = tokio::spawn(turner(app.clone()));
    let keeper = tokio::spawn(keeper(app.clone()));
    // An error says that whoever would stop it is gone.
    let _ = stop.wait_for(|stop| *stop).await;
    turner.abort();
    keeper.abort();
    for worker in workers {
        worker.abort();
        // Its end: aborted, which is what was asked.
        let _ = worker.await;
    }
    jobs::give_back(&app).await;
}

async fn worker(app: App) {
    loop {
        match jobs::run_one(&app, app.clock.wall(), work).await {
            Ok(true) => {}
            Ok(false) => {
                // Whichever comes first; when nobody asks, others may have.
                let _ = tokio::time::timeout(LOOK, app.jobs().asked()).await;
            }
            Err(error) => {
                tracing::warn!(%error, "could not look for jobs");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Asks for the turn of each day as it begins.
async fn turner(app: App) {
    let mut every = tokio::time::interval(Duration::from_secs(60));
    let mut asked = None;
    loop {
        every.tick().await;
        let today = app.clock.today();
        if asked == Some(today) {
            continue;
        }
        match app.ask_turns().await {
            Ok(()) => asked = Some(today),
            Err(error) => tracing::warn!(%error, "could not ask for the turn of the day"),
        }
    }
}

/// Takes backups when they are due, and measures the room on the disks.
async fn keeper(app: App) {
    if !upkeep::is_kept(&app) {
        return;
    }
    let mut every = tokio::time::interval(Duration::from_secs(30));
    loop {
        every.tick().await;
        if let Err(error) = upkeep::note_rooms(&app).await {
            tracing::warn!(%error, "could not note the room on the disks");
        }
        if let Err(error) = upkeep::back_up_if_due(&app).await {
            tracing::warn!(%error, "could not note what became of a backup");
        }
    }
}
