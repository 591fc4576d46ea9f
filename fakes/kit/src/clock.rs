//! The seam for time: every wait of a fake and of the wire goes through a [`Clock`].

use std::time::{Duration, Instant};

/// The time of one world, counted from the moment it was made.
///
/// Cloning gives another handle to the same clock.
#[derive(Clone, Debug)]
pub struct Clock {
    origin: tokio::time::Instant,
    real_origin: Instant,
}

impl Clock {
    /// A clock that starts now and runs with the real one (in a test with paused time: with the runtime's).
    ///
    /// # Panics
    /// Never; a runtime is needed only by [`Clock::sleep`].
    pub fn real() -> Self {
        Self {
            origin: tokio::time::Instant::now(),
            real_origin: Instant::now(),
        }
    }

    /// Time since the world began.
    pub fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Waits until `duration` has passed on this clock.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    /// Waits until this clock reads `instant`; returns at once when it has passed.
    pub async fn sleep_until(&self, instant: Duration) {
        tokio::time::sleep_until(self.origin + instant).await;
    }

    /// Real time since the world began, whatever this clock reads.
    pub fn real_elapsed(&self) -> Duration {
        self.real_origin.elapsed()
    }
}
