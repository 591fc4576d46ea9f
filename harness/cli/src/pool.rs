//! Work on several threads, reported as it finishes.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// How often somebody who watches is told that time has passed.
const TICK: Duration = Duration::from_millis(100);

/// How long work that was under way has to end after a cancellation.
const GRACE: Duration = Duration::from_millis(600);

/// What happens to a piece of work; pieces are named by their place in the list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event<R> {
    /// A thread took it up.
    Started(usize),
    /// It is done, and this came of it.
    Finished(usize, R),
    /// Nothing happened for a while.
    Tick,
}

/// Does `work` on every item, on as many threads as `jobs`, items taken up in order, and tells `watch` what happens, in the
/// order in which it does.
///
/// After a cancellation nothing more is taken up; what was under way is waited for a moment, and left to itself then.
///
/// # Errors
/// No thread could be started.
pub(crate) fn work<T, R>(
    items: Vec<T>,
    jobs: NonZeroUsize,
    cancel: &CancellationToken,
    work: impl Fn(usize, &T) -> R + Send + Sync + 'static,
    mut watch: impl FnMut(Event<R>),
) -> std::io::Result<()>
where
    T: Send + Sync + 'static,
    R: Send + 'static,
{
    let threads = jobs.get().min(items.len());
    let shared = Arc::new((items, AtomicUsize::new(0), work));
    let (report, events) = mpsc::channel();
    for number in 0..threads {
        let (shared, cancel, report) = (Arc::clone(&shared), cancel.clone(), report.clone());
        // not scoped: one that does not end after a cancellation must not keep the others from being reported
        thread::Builder::new()
            .name(format!("job-{number}"))
            .spawn(move || {
                let (items, next, work) = &*shared;
                while !cancel.is_cancelled() {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    // who no longer listens has given up on us
                    if report.send(Event::Started(index)).is_err()
                        || report
                            .send(Event::Finished(index, work(index, item)))
                            .is_err()
                    {
                        break;
                    }
                }
            })?;
    }
    drop(report);
    let mut cancelled = None;
    loop {
        match events.recv_timeout(TICK) {
            Ok(event) => watch(event),
            Err(RecvTimeoutError::Timeout) => watch(Event::Tick),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        if cancel.is_cancelled() {
            let since = *cancelled.get_or_insert_with(Instant::now);
            if since.elapsed() > GRACE {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Barrier;

    use super::*;

    fn jobs(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).unwrap()
    }

    #[test]
    fn every_item_is_started_once_and_finished_after_that() {
        let mut started = BTreeSet::new();
        let mut finished = BTreeSet::new();
        let items: Vec<usize> = (0..50).collect();
        work(
            items,
            jobs(4),
            &CancellationToken::new(),
            |_, n| n * n,
            |event| match event {
                Event::Started(index) => assert!(started.insert(index)),
                Event::Finished(index, square) => {
                    assert!(started.contains(&index));
                    assert_eq!(square, index * index);
                    assert!(finished.insert(index));
                }
                Event::Tick => {}
            },
        )
        .unwrap();
        assert_eq!(finished.len(), 50);
    }

    #[test]
    fn as_many_items_as_jobs_are_under_way_at_once() {
        // each waits for the other: with one thread this would never end
        let barrier = Barrier::new(2);
        let mut finished = 0;
        work(
            vec![(), ()],
            jobs(2),
            &CancellationToken::new(),
            move |_, ()| {
                barrier.wait();
            },
            |event| {
                finished += usize::from(matches!(event, Event::Finished(..)));
            },
        )
        .unwrap();
        assert_eq!(finished, 2);
    }

    #[test]
    fn after_a_cancellation_nothing_more_is_taken_up() {
        let cancel = CancellationToken::new();
        let inside = cancel.clone();
        let mut finished = Vec::new();
        work(
            (0..10).collect(),
            jobs(1),
            &cancel,
            move |_, n: &usize| {
                if *n == 2 {
                    inside.cancel();
                }
            },
            |event| {
                if let Event::Finished(index, ()) = event {
                    finished.push(index);
                }
            },
        )
        .unwrap();
        assert_eq!(finished, [0, 1, 2]);
    }

    #[test]
    fn no_items_are_no_work() {
        let none: Vec<()> = Vec::new();
        work(
            none,
            jobs(3),
            &CancellationToken::new(),
            |_, ()| (),
            |_| panic!("something happened"),
        )
        .unwrap();
    }
}
