//! Which work belongs to which kind of job, and the loop in which a process takes jobs.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::Standing;
use store::{Act, Job, JobKind};
use tokio::sync::watch;
use web::App;
use work::jobs::{self, Ended, Progress};
use work::{Actor, Fault, Said, Work};

/// Jobs that a process works on at the same time: one long import does not keep another institution waiting, and the
/// pages keep the rest of the machine.
const AT_ONCE: usize = 2;
/// How often a process looks for jobs that others asked for, or left.
const LOOK: Duration = Duration::from_secs(5);
/// Days after which a file that was handed in, but never saved with a record nor kept in a draft, is thrown away.
const UNSAVED_DAYS: i64 = 30;
/// Days for which a finished export can be fetched.
pub(crate) const FILE_DAYS: i64 = 7;
/// Days for which it is shown what became of a job.
const JOB_DAYS: i64 = 90;

/// Works on one job.
async fn work(work: Work, job: Job, progress: Arc<Progress>) -> Result<Ended, Fault> {
    let app = App::from(work);
    let actor = match job.account {
        None => None,
        Some(account) => {
            let found = Actor::of_account(&app, job.institution, account, &job.address).await?;
            let Some(actor) = found else { return Ok(Ended::Not("账号已经停用，没有做")) };
            Some(actor)
        }
    };
    match (job.kind, actor) {
        (JobKind::Turn, _) => turn(&app, &job).await,
        (_, None) => Ok(Ended::Not("没有说是谁要做的，没有做")),
        (JobKind::PeopleImport, Some(actor)) => {
            crate::people::import::take_in(&app, &actor, &job, &progress).await
        }
        (JobKind::EntryImport, Some(actor)) => {
            crate::entries::import::take_in(&app, &actor, &job, &progress).await
        }
        (JobKind::UnitImport, Some(actor)) => crate::admin::unit_import::take_in(&app, &actor, &job).await,
        (JobKind::EntryExport, Some(actor)) => {
            crate::entries::export::written(&app, &actor, &job, &progress).await
        }
    }
}

/// The turn of the day: says what became due and what is late, and throws away what is old. Done again it says and throws
/// away the same.
async fn turn(app: &App, job: &Job) -> Result<Ended, Fault> {
    let (institution, now, wall) = (job.institution, app.clock.now(), app.clock.wall());
    let day: jiff::civil::Date = job.subject.parse().map_err(anyhow::Error::from)?;
    let opened = crate::routine::by_itself(app, institution, day.year()).await?;
    let facts = app.store.facts_changed_since(institution, None, 0).await?.facts;
    let before = day.yesterday().unwrap_or(day);
    let soon = app.settings.soon_days;
    let (due, late) = tokio::task::spawn_blocking(move || {
        let is_late = |fact, day| runtime::standing(fact, day, soon) == Some(Standing::Overdue);
        let waits = |fact| {
            let standing = runtime::standing(fact, day, soon);
            matches!(standing, Some(Standing::DueSoon | Standing::Open | Standing::NotDue))
        };
        let due = facts.iter().filter(|f| waits(f) && runtime::due_on(f, day) == day).count();
        (due, facts.iter().filter(|f| is_late(f, day) && !is_late(f, before)).count())
    })
    .await?;
    let old = |from: Timestamp, days| from - SignedDuration::from_hours(24 * days);
    app.store.sweep_sessions(wall).await?;
    let act = Act::new(None, "", now, "file.sweep").on(&job.subject);
    let files = app.store.sweep_files(institution, old(now, UNSAVED_DAYS), &act).await?;
    let (exports, _) = app.store.sweep_jobs(institution, old(wall, FILE_DAYS), old(wall, JOB_DAYS)).await?;
    crate::people::import::sweep(app, institution).await?;
    let mut words = format!("今天到期还没有办结的 {due} 项，今天起逾期的 {late} 项");
    if opened > 0 {
        words.push_str(&format!("；{}年度常规开始运行，排出 {opened} 项", day.year()));
    }
    if files > 0 {
        words.push_str(&format!("；清理没有保存的附件 {files} 个"));
    }
    if exports > 0 {
        words.push_str(&format!("；清理过期的导出文件 {exports} 个"));
    }
    Ok(Ended::Done(String::new(), Said::new(format!("{words}。"))))
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
    app.jobs.begin_working();
    let workers = (0..AT_ONCE).map(|_| tokio::spawn(worker(app.clone()))).collect::<Vec<_>>();
    let turner = tokio::spawn(turner(app.clone()));
    // An error says that whoever would stop it is gone.
    let _ = stop.wait_for(|stop| *stop).await;
    turner.abort();
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
                let _ = tokio::time::timeout(LOOK, app.jobs.asked()).await;
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
