//! What a virtual clock, its keeper and those who wait for it share.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The reading of a virtual clock, and who waits for a later one.
#[derive(Debug, Default)]
pub(super) struct Timetable {
    /// In nanoseconds. Written under the lock of `entries`, so that nobody lies down for a time that has just come.
    now: AtomicU64,
    holds: AtomicUsize,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    /// By deadline; of equal deadlines the earlier comer first.
    sleepers: BTreeMap<(Duration, u64), Waker>,
    watched: BTreeMap<u64, u32>,
    next_id: u64,
}

/// The last instant that a virtual clock can read: 584 years.
const END: Duration = Duration::from_nanos(u64::MAX);

impl Timetable {
    pub(super) fn now(&self) -> Duration {
        Duration::from_nanos(self.now.load(Ordering::Acquire))
    }

    pub(super) fn next_deadline(&self) -> Option<Duration> {
        let entries = self.entries();
        let ((deadline, _), _) = entries.sleepers.first_key_value()?;
        Some(*deadline)
    }

    pub(super) fn advance_to(&self, instant: Duration) {
        let instant = instant.min(END);
        let due = {
            let mut entries = self.entries();
            if instant > self.now() {
                let nanoseconds = u64::try_from(instant.as_nanos()).unwrap_or(u64::MAX);
                self.now.store(nanoseconds, Ordering::Release);
            }
            let later = entries
                .sleepers
                .split_off(&(instant.saturating_add(Duration::from_nanos(1)), 0));
            std::mem::replace(&mut entries.sleepers, later)
        };
        // Outside the lock: who is woken may look at the clock from within.
        for waker in due.into_values() {
            waker.wake();
        }
    }

    pub(super) fn hold(&self) {
        self.holds.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn release(&self) {
        self.holds.fetch_sub(1, Ordering::AcqRel);
    }

    pub(super) fn holds(&self) -> usize {
        self.holds.load(Ordering::Acquire)
    }

    pub(super) fn watch(&self, pid: u32) -> u64 {
        let mut entries = self.entries();
        let id = entries.new_id();
        entries.watched.insert(id, pid);
        id
    }

    pub(super) fn forget(&self, id: u64) {
        self.entries().watched.remove(&id);
    }

    pub(super) fn processes(&self) -> Vec<u32> {
        let mut processes: Vec<u32> = self.entries().watched.values().copied().collect();
        processes.sort_unstable();
        processes.dedup();
        processes
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}

/// Waits for an instant of a virtual clock.
pub(super) struct Sleep<'a> {
    timetable: &'a Timetable,
    deadline: Duration,
    /// Where it stands in the timetable, once it does.
    id: Option<u64>,
}

impl<'a> Sleep<'a> {
    pub(super) fn until(timetable: &'a Arc<Timetable>, instant: Duration) -> Self {
        Self {
            timetable,
            deadline: instant.min(END),
            id: None,
        }
    }
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let timetable = self.timetable;
        let mut entries = timetable.entries();
        if timetable.now() >= self.deadline {
            return Poll::Ready(());
        }
        let id = *self.id.get_or_insert_with(|| entries.new_id());
        let replaced = entries
            .sleepers
            .insert((self.deadline, id), context.waker().clone());
        drop(entries);
        // A waker's end may run code of its task: outside the lock.
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            let left = self
                .timetable
                .entries()
                .sleepers
                .remove(&(self.deadline, id));
            drop(left);
        }
    }
}

#[cfg(test)]
impl Timetable {
    /// Whether nobody is at the entries now.
    pub(super) fn is_free(&self) -> bool {
        self.entries.try_lock().is_ok()
    }
}
