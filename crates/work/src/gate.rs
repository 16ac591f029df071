//! Whose turn it is to do something heavy. The turn belongs to the work and not to the request that asked for it: when
//! whoever asked goes away, the work goes on, and the next begins when it has ended.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use crate::fault::Fault;

/// What goes on behind a gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AtWork {
    /// Works that go on now.
    pub running: usize,
    /// Most that went on at once so far.
    pub most: usize,
    /// Works that have begun so far.
    pub begun: usize,
}

/// Lets so many heavy works go on at once, and so many wait.
#[derive(Clone, Debug)]
pub struct Gate {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
    seen: watch::Sender<AtWork>,
}

/// One work that goes on: its end is noted however it comes.
struct Turn {
    seen: watch::Sender<AtWork>,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.seen.send_modify(|at| at.running -= 1);
    }
}

impl Gate {
    /// A gate through which `turns` go at once, while at most `places` wait.
    #[must_use]
    pub fn new(turns: usize, places: usize) -> Self {
        let seen = watch::Sender::new(AtWork::default());
        Self { turns: Arc::new(Semaphore::new(turns)), places: Arc::new(Semaphore::new(places)), seen }
    }

    /// Does the work on a thread of its own when its turn comes.
    ///
    /// # Errors
    /// [`Fault::Busy`] when too many wait already; [`Fault::Internal`] when the work panics.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let permit = {
            let _place = self.places.try_acquire().map_err(|_| Fault::Busy)?;
            Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Fault::Busy)?
        };
        self.seen.send_modify(|at| {
            at.running += 1;
            at.begun += 1;
            at.most = at.most.max(at.running);
        });
        let turn = Turn { seen: self.seen.clone(), _permit: permit };
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|e| Fault::Internal(e.into()))
    }

    /// What goes on, as it changes.
    #[must_use]
    pub fn watched(&self) -> watch::Receiver<AtWork> {
        self.seen.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::task::JoinHandle;

    use super::*;

    type Task = JoinHandle<Result<Result<(), mpsc::RecvError>, Fault>>;

    /// Work that keeps its turn until it is released.
    fn held(gate: &Gate) -> (mpsc::Sender<()>, Task) {
        let (release, held) = mpsc::channel::<()>();
        let gate = gate.clone();
        (release, tokio::spawn(async move { gate.run(move || held.recv()).await }))
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_work_its_turn() {
        let gate = Gate::new(1, 8);
        let mut seen = gate.watched();
        let (release, first) = held(&gate);
        seen.wait_for(|at| at.running == 1).await.unwrap();
        let others: Vec<_> = (0..3)
            .map(|_| {
                let gate = gate.clone();
                tokio::spawn(async move { gate.run(|| ()).await })
            })
            .collect();
        for broken_off in others {
            broken_off.abort();
            assert!(broken_off.await.unwrap_err().is_cancelled());
        }
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        // The request is gone, its work is not.
        assert_eq!(*gate.watched().borrow(), AtWork { running: 1, most: 1, begun: 1 });
        assert_eq!(gate.turns.available_permits(), 0);
        let next = tokio::spawn({
            let gate = gate.clone();
            async move { gate.run(|| 7).await }
        });
        release.send(()).unwrap();
        assert_eq!(next.await.unwrap().unwrap(), 7);
        seen.wait_for(|at| at.running == 0).await.unwrap();
        assert_eq!(*gate.watched().borrow(), AtWork { running: 0, most: 1, begun: 2 });
    }

    #[tokio::test]
    async fn when_too_many_wait_the_next_is_told_so_and_a_panic_ends_a_turn() {
        let gate = Gate::new(1, 1);
        let mut seen = gate.watched();
        let (release, first) = held(&gate);
        seen.wait_for(|at| at.running == 1).await.unwrap();
        let mut second = Box::pin(gate.run(|| panic!("a reader falls over a file")));
        // Once asked, it waits in the only place.
        assert!(futures_poll(&mut second).await.is_pending());
        assert!(matches!(gate.run(|| ()).await, Err(Fault::Busy)));
        release.send(()).unwrap();
        first.await.unwrap().unwrap().unwrap();
        let panicked: Result<(), Fault> = second.await;
        assert!(matches!(panicked, Err(Fault::Internal(_))));
        gate.run(|| ()).await.unwrap();
    }

    /// Asks a future once.
    async fn futures_poll<F: Future + Unpin>(future: &mut F) -> std::task::Poll<()> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).map(|_| ()))
        })
        .await
    }
}
