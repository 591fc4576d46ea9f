//! Work on several threads, reported as it finishes.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use modfault_suite::pace::Pace;

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

/// How many items that wait are under way at once, for each job.
const WAITING_PER_JOB: usize = 4;

/// Does `work` on every item, on as many threads as `jobs`, items taken up in order, and tells `watch` what happens, in the
/// order in which it does. Items whose pace says that they mostly wait take no job: they are taken up first, on threads of
/// their own.
///
/// After a cancellation nothing more is taken up; what was under way is waited for a moment, and left to itself then.
///
/// # Errors
/// No thread could be started.
pub(crate) fn work<T, R>(
    items: Vec<T>,
    jobs: NonZeroUsize,
    pace: impl Fn(&T) -> Pace,
    cancel: &CancellationToken,
    work: impl Fn(usize, &T) -> R + Send + Sync + 'static,
    mut watch: impl FnMut(Event<R>),
) -> std::io::Result<()>
where
    T: Send + Sync + 'static,
    R: Send + 'static,
{
    let (waiting, others): (Vec<usize>, Vec<usize>) =
        (0..items.len()).partition(|index| pace(&items[*index]) == Pace::AtOnce);
    let lanes = [
        (waiting, jobs.get().saturating_mul(WAITING_PER_JOB)),
        (others, jobs.get()),
    ]
    .map(|(indices, most)| {
        let threads = most.min(indices.len());
        (Arc::new((indices, AtomicUsize::new(0))), threads)
    });
    let shared = Arc::new((items, work));
    let (report, events) = mpsc::channel();
    let lanes = lanes
        .iter()
        .flat_map(|(lane, threads)| std::iter::repeat_n(lane, *threads));
    for (number, lane) in lanes.enumerate() {
        let (lane, shared) = (Arc::clone(lane), Arc::clone(&shared));
        let (cancel, report) = (cancel.clone(), report.clone());
        // not scoped: one that does not end after a cancellation must not keep the others from being reported
        thread::Builder::new()
            .name(format!("job-{number}"))
            .spawn(move || {
                let ((indices, next), (items, work)) = (&*lane, &*shared);
                while !cancel.is_cancelled() {
                    let Some(index) = indices.get(next.fetch_add(1, Ordering::Relaxed)) else {
                        break;
                    };
                    let (index, item) = (*index, &items[*index]);
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
            |_| Pace::InTurn,
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
            |()| Pace::InTurn,
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
    fn what_waits_starts_at_once_and_takes_no_job() {
        // the first waits for the last: with the one job taken by either this would never end
        let barrier = Barrier::new(2);
        let mut finished = Vec::new();
        work(
            vec!["ordinary", "waits"],
            jobs(1),
            |item| {
                if *item == "waits" {
                    Pace::AtOnce
                } else {
                    Pace::InTurn
                }
            },
            &CancellationToken::new(),
            move |_, _| {
                barrier.wait();
            },
            |event| {
                if let Event::Finished(index, ()) = event {
                    finished.push(index);
                }
            },
        )
        .unwrap();
        finished.sort_unstable();
        assert_eq!(finished, [0, 1]);
    }

    #[test]
    fn after_a_cancellation_nothing_more_is_taken_up() {
        let cancel = CancellationToken::new();
        let inside = cancel.clone();
        let mut finished = Vec::new();
        work(
            (0..10).collect(),
            jobs(1),
            |_| Pace::InTurn,
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
            |()| Pace::InTurn,
            &CancellationToken::new(),
            |_, ()| (),
            |_| panic!("something happened"),
        )
        .unwrap();
    }
}
