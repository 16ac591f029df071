//! Work that takes longer than a page should: it goes on when the page is left, and whoever asked for it sees how far it
//! is.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use model::BatchId;
use tokio::sync::watch;

use crate::fault::Fault;
use crate::view::{Frame, Place, Said};

/// How long the page waits for it before it shows how far it is.
const PATIENCE: Duration = Duration::from_millis(800);

/// Ends that are kept until somebody comes back for them.
const KEPT: usize = 100;

/// What became of it.
pub(crate) enum Ended {
    /// It is done: where the page goes on, and what is said there.
    Done(String, Said),
    /// Nothing was done: why, above what was asked for.
    Not(&'static str),
}

/// One such work.
pub(crate) struct Job {
    percent: AtomicU8,
    end: Mutex<Option<Result<Ended, Fault>>>,
    over: watch::Sender<bool>,
}

impl Job {
    /// Says how far it is, in percent.
    pub(crate) fn passed(&self, percent: u8) {
        self.percent.store(percent.min(100), Ordering::Relaxed);
    }

    /// How far it is, in percent.
    pub(crate) fn percent(&self) -> u8 {
        self.percent.load(Ordering::Relaxed)
    }
}

/// The works of this process, each under the number of what it works on.
pub(crate) struct Jobs {
    all: Mutex<HashMap<BatchId, Arc<Job>>>,
    patience: Duration,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { all: Mutex::default(), patience: PATIENCE }
    }
}

impl Jobs {
    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<BatchId, Arc<Job>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins it, unless it is under way already (a double click), and waits a little for its end.
    pub(crate) async fn begin<W>(&self, id: BatchId, work: impl FnOnce(Arc<Job>) -> W)
    where
        W: Future<Output = Result<Ended, Fault>> + Send + 'static,
    {
        let mut over = {
            let mut all = self.all();
            if all.len() >= KEPT {
                // What nobody came back for.
                all.retain(|_, job| !*job.over.borrow());
            }
            match all.get(&id) {
                Some(job) => job.over.subscribe(),
                None => {
                    let (sender, over) = watch::channel(false);
                    let job =
                        Arc::new(Job { percent: AtomicU8::new(0), end: Mutex::default(), over: sender });
                    all.insert(id, Arc::clone(&job));
                    let work = tokio::spawn(work(Arc::clone(&job)));
                    tokio::spawn(async move {
                        let end = work.await.unwrap_or_else(|panic| Err(panic.into()));
                        *job.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
                        job.over.send_replace(true);
                    });
                    over
                }
            }
        };
        let _ = tokio::time::timeout(self.patience, over.wait_for(|over| *over)).await;
    }

    /// How far a work is that is under way.
    pub(crate) fn under_way(&self, id: BatchId) -> Option<u8> {
        self.all().get(&id).filter(|job| !*job.over.borrow()).map(|job| job.percent())
    }

    /// The end of a work that is over; told once.
    pub(crate) fn end(&self, id: BatchId) -> Option<Result<Ended, Fault>> {
        let mut all = self.all();
        let job = all.get(&id).filter(|job| *job.over.borrow()).cloned()?;
        all.remove(&id);
        job.end.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Whether the page only asks whether it is over: what became of it is told to the page that is opened then.
pub(crate) fn is_asked_again(headers: &HeaderMap) -> bool {
    headers.get("x-part").is_some_and(|part| part == "under-way")
}

/// How far a work is: asked again until it is over.
#[derive(askama::Template)]
#[template(path = "under_way.html")]
pub(crate) struct UnderWay {
    frame: Frame,
    back: String,
    place: String,
    title: String,
    percent: u8,
    note: &'static str,
}

impl UnderWay {
    /// `back` leads to `place`, of which the work is a part; `note` says what becomes of it when the page is left.
    pub(crate) fn new(
        frame: Frame,
        at: Place,
        (back, place): (String, String),
        title: String,
        percent: u8,
        note: &'static str,
    ) -> Self {
        Self { frame: frame.titled("正在导入").at(at), back, place, title, percent, note }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_long_work_goes_on_and_its_end_is_told_once() {
        let jobs = Jobs { patience: Duration::ZERO, ..Jobs::default() };
        let id = BatchId::fresh();
        let (go_on, wait) = tokio::sync::oneshot::channel::<()>();
        jobs.begin(id, |job| async move {
            job.passed(40);
            let _ = wait.await;
            Ok(Ended::Not("没有人"))
        })
        .await;
        let job = Arc::clone(&jobs.all()[&id]);
        while job.percent() < 40 {
            tokio::task::yield_now().await;
        }
        assert_eq!(jobs.under_way(id), Some(40));
        assert!(jobs.end(id).is_none());
        let mut over = job.over.subscribe();
        // A double click begins nothing.
        jobs.begin(id, |_| async { panic!("it is under way") }).await;
        go_on.send(()).unwrap();
        over.wait_for(|over| *over).await.unwrap();
        assert_eq!(jobs.under_way(id), None);
        assert!(matches!(jobs.end(id), Some(Ok(Ended::Not("没有人")))));
        assert!(jobs.end(id).is_none());
    }

    #[tokio::test]
    async fn a_work_that_breaks_is_a_fault_and_not_under_way_for_ever() {
        let jobs = Jobs::default();
        let id = BatchId::fresh();
        jobs.begin(id, |_| async { panic!("broken") }).await;
        assert_eq!(jobs.under_way(id), None);
        assert!(matches!(jobs.end(id), Some(Err(Fault::Internal(_)))));
    }
}
