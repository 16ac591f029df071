//! Work that takes longer than a page should: it goes on when the page is left, and whoever asked for it sees how far it
//! is.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use model::{AccountId, BatchId};
use tokio::sync::watch;

use crate::fault::Fault;
use crate::identity::cookie;
use crate::view::{Frame, Said};

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

/// What the page of such a work shows now.
pub(crate) enum Seen {
    /// How far it is: what is worked on, and the percent.
    UnderWay(String, u8),
    /// It leads on.
    Leads(Response),
    /// What the page shows when nothing is under way, with this above it; empty when there is nothing to say.
    Page(&'static str),
}

/// One such work.
pub(crate) struct Job {
    name: String,
    percent: AtomicU8,
    end: Mutex<Option<Result<Ended, Fault>>>,
    over: watch::Sender<bool>,
}

impl Job {
    /// Says how far it is, in percent.
    pub(crate) fn passed(&self, percent: u8) {
        self.percent.store(percent.min(100), Ordering::Relaxed);
    }

    fn percent(&self) -> u8 {
        self.percent.load(Ordering::Relaxed)
    }
}

/// Whose work it is, and the number of what it works on: nobody else sees it.
type Key = (AccountId, BatchId);

/// The works of this process.
pub(crate) struct Jobs {
    all: Mutex<HashMap<Key, Arc<Job>>>,
    patience: Duration,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { all: Mutex::default(), patience: PATIENCE }
    }
}

impl Jobs {
    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<Job>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the work on what is called so, unless it is under way already (a double click), and waits a little for its
    /// end.
    pub(crate) async fn begin<W>(&self, key: Key, name: &str, work: impl FnOnce(Arc<Job>) -> W)
    where
        W: Future<Output = Result<Ended, Fault>> + Send + 'static,
    {
        let mut over = {
            let mut all = self.all();
            if all.len() >= KEPT {
                // What nobody came back for.
                all.retain(|_, job| !*job.over.borrow());
            }
            match all.get(&key) {
                Some(job) => job.over.subscribe(),
                None => {
                    let (sender, over) = watch::channel(false);
                    let job = Arc::new(Job {
                        name: name.to_owned(),
                        percent: AtomicU8::new(0),
                        end: Mutex::default(),
                        over: sender,
                    });
                    all.insert(key, Arc::clone(&job));
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

    fn under_way(&self, key: Key) -> Option<(String, u8)> {
        let job = self.all().get(&key).filter(|job| !*job.over.borrow()).cloned()?;
        Some((job.name.clone(), job.percent()))
    }

    /// The end of a work that is over; told once.
    fn end(&self, key: Key) -> Option<Result<Ended, Fault>> {
        let mut all = self.all();
        let job = all.get(&key).filter(|job| *job.over.borrow()).cloned()?;
        all.remove(&key);
        job.end.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What the page of this work shows to whoever began it. When the page only asks whether it is over, it is told
    /// nothing else: what became of it is told once, to the page that is opened then.
    ///
    /// # Errors
    /// The fault in which the work ended.
    pub(crate) fn seen(&self, key: Key, headers: &HeaderMap) -> Result<Seen, Fault> {
        if let Some((name, percent)) = self.under_way(key) {
            return Ok(Seen::UnderWay(name, percent));
        }
        if headers.get("x-part").is_some_and(|part| part == "under-way") {
            return Ok(Seen::Leads(StatusCode::NO_CONTENT.into_response()));
        }
        match self.end(key).transpose()? {
            Some(Ended::Done(to, said)) => Ok(Seen::Leads(cookie::done(&to, &said)?)),
            Some(Ended::Not(why)) => Ok(Seen::Page(why)),
            None => Ok(Seen::Page("")),
        }
    }
}

/// How far a work is: asked again until it is over.
#[derive(askama::Template)]
#[template(path = "under_way.html")]
pub(crate) struct UnderWay {
    pub(crate) frame: Frame,
    /// Of what it is a part, and where that is.
    pub(crate) back: &'static str,
    pub(crate) place: &'static str,
    pub(crate) title: String,
    pub(crate) percent: u8,
    /// What becomes of it when the page is left.
    pub(crate) note: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_long_work_goes_on_and_its_end_is_told_once() {
        let jobs = Jobs { patience: Duration::ZERO, ..Jobs::default() };
        let key = (AccountId::fresh(), BatchId::fresh());
        let (go_on, wait) = tokio::sync::oneshot::channel::<()>();
        jobs.begin(key, "名册.xlsx", |job| async move {
            job.passed(40);
            let _ = wait.await;
            Ok(Ended::Not("没有人"))
        })
        .await;
        let job = Arc::clone(&jobs.all()[&key]);
        while job.percent() < 40 {
            tokio::task::yield_now().await;
        }
        assert_eq!(jobs.under_way(key), Some(("名册.xlsx".to_owned(), 40)));
        assert!(jobs.end(key).is_none());
        assert_eq!(jobs.under_way((AccountId::fresh(), key.1)), None, "it is nobody else's to see");
        let mut over = job.over.subscribe();
        // A double click begins nothing.
        jobs.begin(key, "名册.xlsx", |_| async { panic!("it is under way") }).await;
        go_on.send(()).unwrap();
        over.wait_for(|over| *over).await.unwrap();
        assert_eq!(jobs.under_way(key), None);
        assert!(matches!(jobs.end(key), Some(Ok(Ended::Not("没有人")))));
        assert!(jobs.end(key).is_none());
    }

    #[tokio::test]
    async fn a_work_that_breaks_is_a_fault_and_not_under_way_for_ever() {
        let jobs = Jobs::default();
        let key = (AccountId::fresh(), BatchId::fresh());
        jobs.begin(key, "名册.xlsx", |_| async { panic!("broken") }).await;
        assert_eq!(jobs.under_way(key), None);
        assert!(matches!(jobs.end(key), Some(Err(Fault::Internal(_)))));
    }
}
