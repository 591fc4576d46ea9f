//! The seam for time: every wait of a fake and of the wire goes through a [`Clock`].
//!
//! It runs with the real time, or stands until its [`TimeKeeper`] moves it.

mod keeper;
#[cfg(test)]
mod tests;
mod timetable;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use self::keeper::TimeKeeper;
use self::timetable::{Sleep, Timetable};

/// The time of one world, counted from the moment it was made.
///
/// Cloning gives another handle to the same clock.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
    real_origin: Instant,
}

#[derive(Clone, Debug)]
enum Source {
    Real { origin: tokio::time::Instant },
    Virtual(Arc<Timetable>),
}

impl Clock {
    /// A clock that starts now and runs with the real one (in a test with paused time: with the runtime's).
    ///
    /// # Panics
    /// Never; a runtime is needed only by [`Clock::sleep`].
    pub fn real() -> Self {
        Self {
            source: Source::Real {
                origin: tokio::time::Instant::now(),
            },
            real_origin: Instant::now(),
        }
    }

    /// A clock that reads zero and stands still until the keeper moves it, and its keeper.
    pub fn virtual_from_zero() -> (Self, TimeKeeper) {
        let timetable = Arc::new(Timetable::default());
        let clock = Self {
            source: Source::Virtual(Arc::clone(&timetable)),
            real_origin: Instant::now(),
        };
        (clock, TimeKeeper::new(timetable))
    }

    /// Whether a [`TimeKeeper`] moves it.
    pub fn is_virtual(&self) -> bool {
        match self.source {
            Source::Real { .. } => false,
            Source::Virtual(_) => true,
        }
    }

    /// Time since the world began.
    pub fn now(&self) -> Duration {
        match &self.source {
            Source::Real { origin } => origin.elapsed(),
            Source::Virtual(timetable) => timetable.now(),
        }
    }

    /// Waits until `duration` has passed on this clock.
    pub async fn sleep(&self, duration: Duration) {
        match &self.source {
            Source::Real { .. } => tokio::time::sleep(duration).await,
            Source::Virtual(timetable) => {
                Sleep::until(timetable, timetable.now().saturating_add(duration)).await;
            }
        }
    }

    /// Waits until this clock reads `instant`; returns at once when it has passed.
    pub async fn sleep_until(&self, instant: Duration) {
        match &self.source {
            Source::Real { origin } => tokio::time::sleep_until(*origin + instant).await,
            Source::Virtual(timetable) => Sleep::until(timetable, instant).await,
        }
    }

    /// Real time since the world began, whatever this clock reads.
    pub fn real_elapsed(&self) -> Duration {
        self.real_origin.elapsed()
    }

    /// Keeps virtual time from moving while the guard lives: something works that the keeper cannot see.
    ///
    /// On the real clock it does nothing.
    pub fn hold(&self) -> Hold {
        let timetable = self.timetable();
        if let Some(timetable) = &timetable {
            timetable.hold();
        }
        Hold { timetable }
    }

    /// Tells the keeper of a process outside the sandbox that works for a fake (git's backend): while it or a descendant
    /// of it is awake, virtual time stands. The guard ends the watch.
    ///
    /// It is no [`hold`](Self::hold): a process that is blocked on a full pipe is idle. On the real clock it does nothing.
    pub fn watch_process(&self, pid: u32) -> Watched {
        Watched {
            entry: self.timetable().map(|timetable| {
                let id = timetable.watch(pid);
                (timetable, id)
            }),
        }
    }

    fn timetable(&self) -> Option<Arc<Timetable>> {
        match &self.source {
            Source::Real { .. } => None,
            Source::Virtual(timetable) => Some(Arc::clone(timetable)),
        }
    }
}

/// While it lives, virtual time does not move.
#[derive(Debug)]
#[must_use = "time may move again as soon as it is dropped"]
pub struct Hold {
    timetable: Option<Arc<Timetable>>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(timetable) = &self.timetable {
            timetable.release();
        }
    }
}

/// While it lives, the keeper of a virtual clock looks at a process.
#[derive(Debug)]
#[must_use = "nobody looks at the process as soon as it is dropped"]
pub struct Watched {
    entry: Option<(Arc<Timetable>, u64)>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some((timetable, id)) = &self.entry {
            timetable.forget(*id);
        }
    }
}
