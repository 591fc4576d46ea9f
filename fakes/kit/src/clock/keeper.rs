//! Who moves a virtual clock.

use std::sync::Arc;
use std::time::Duration;

use super::timetable::Timetable;

/// Moves a virtual clock; to be used from another thread than that of the runtime whose tasks wait for it.
///
/// Cloning gives another handle. It decides nothing: when time may move is for its user to know.
#[derive(Clone, Debug)]
pub struct TimeKeeper {
    timetable: Arc<Timetable>,
}

impl TimeKeeper {
    pub(super) fn new(timetable: Arc<Timetable>) -> Self {
        Self { timetable }
    }

    /// What the clock reads.
    pub fn now(&self) -> Duration {
        self.timetable.now()
    }

    /// When the earliest of those that wait wants to be woken, if any does.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.timetable.next_deadline()
    }

    /// Lets the clock read `instant` and wakes, earliest first, everyone whose deadline has come. It never goes back.
    ///
    /// When this returns, the threads of the woken are awake as far as the kernel is concerned.
    pub fn advance_to(&self, instant: Duration) {
        self.timetable.advance_to(instant);
    }

    /// How many [`Hold`](super::Hold)s there are: with any, time must not move.
    pub fn holds(&self) -> usize {
        self.timetable.holds()
    }

    /// The processes that are [`Watched`](super::Watched), in ascending order.
    pub fn processes(&self) -> Vec<u32> {
        self.timetable.processes()
    }
}
