//! The command's clocks and the world's: one time in three notations.

use std::time::Duration;

/// What a clock that only runs shows when the world begins: a machine that has been up for a while.
const UPTIME: Duration = Duration::from_secs(1_000);

/// Both clocks of a command at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Since 1970.
    pub(crate) wall: Duration,
    /// Since the machine was started.
    pub(crate) monotonic: Duration,
}

/// Which of a command's clocks an instant is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// CLOCK_REALTIME and its kin.
    Wall,
    /// CLOCK_MONOTONIC and its kin.
    Monotonic,
}

/// How the world's time, which begins at zero, shows on the command's clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timescale {
    start: Duration,
}

impl Timescale {
    /// A world that begins at `start` after 1970.
    pub(crate) fn new(start: Duration) -> Self {
        Self { start }
    }

    /// What the clocks show at `instant` of the world.
    pub(crate) fn reading(&self, instant: Duration) -> Reading {
        Reading {
            wall: self.start + instant,
            monotonic: UPTIME + instant,
        }
    }

    /// So long after `now`, but no later than the last nanosecond at which both clocks still show the second that they show.
    pub(crate) fn within_the_second(&self, now: Duration, length: Duration) -> Duration {
        let left = |clock: Duration| {
            Duration::from_nanos(999_999_999) - Duration::from_nanos(clock.subsec_nanos().into())
        };
        let Reading { wall, monotonic } = self.reading(now);
        now + length.min(left(wall)).min(left(monotonic))
    }

    /// The instant of the world at which a clock shows `shown`; zero for what was before it.
    pub(crate) fn instant(&self, measure: Measure, shown: Duration) -> Duration {
        shown.saturating_sub(match measure {
            Measure::Wall => self.start,
            Measure::Monotonic => UPTIME,
        })
    }
}

impl Measure {
    /// By its number (clock_gettime(2)); `None` for clocks of processor time and others that we leave to the kernel.
    pub(crate) fn of_clock(number: i32) -> Option<Self> {
        match number {
            0 | 5 | 8 | 11 => Some(Self::Wall),
            1 | 4 | 6 | 7 | 9 => Some(Self::Monotonic),
            _ => None,
        }
    }
}

impl Reading {
    pub(crate) fn of(&self, measure: Measure) -> Duration {
        match measure {
            Measure::Wall => self.wall,
            Measure::Monotonic => self.monotonic,
        }
    }
}

/// Seconds and nanoseconds of a `timespec`; `None` where the kernel would refuse them.
pub(crate) fn from_timespec([seconds, nanoseconds]: [u64; 2]) -> Option<Duration> {
    let seconds = u64::try_from(seconds as i64).ok()?;
    let nanoseconds = u32::try_from(nanoseconds).ok()?;
    (nanoseconds < 1_000_000_000).then(|| Duration::new(seconds, nanoseconds))
}

/// Seconds and microseconds of a `timeval`; `None` where the kernel would refuse them.
pub(crate) fn from_timeval([seconds, microseconds]: [u64; 2]) -> Option<Duration> {
    from_timespec([seconds, microseconds.checked_mul(1_000)?])
}

/// A `timespec`.
pub(crate) fn to_timespec(duration: Duration) -> [u64; 2] {
    [duration.as_secs(), u64::from(duration.subsec_nanos())]
}

/// A `timeval`.
pub(crate) fn to_timeval(duration: Duration) -> [u64; 2] {
    [duration.as_secs(), u64::from(duration.subsec_micros())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_read_from_a_clock_is_that_instant() {
        let scale = Timescale::new(Duration::from_secs(1_767_225_600));
        let instant = Duration::from_millis(30_001);
        for measure in [Measure::Wall, Measure::Monotonic] {
            let shown = scale.reading(instant).of(measure);
            assert_eq!(scale.instant(measure, shown), instant);
        }
        assert_eq!(
            scale.instant(Measure::Wall, Duration::from_secs(1)),
            Duration::ZERO
        );
    }

    #[test]
    fn a_moment_goes_no_further_than_the_second_that_either_clock_shows() {
        // The clock on the wall is 0.3 s ahead of the other in its second.
        let scale = Timescale::new(Duration::from_millis(1_767_225_600_300));
        let moment = Duration::from_millis(10);
        let after = |millis| scale.within_the_second(Duration::from_millis(millis), moment);
        assert_eq!(after(500), Duration::from_millis(510));
        let last = Duration::from_nanos(1);
        assert_eq!(after(695), Duration::from_millis(700) - last, "the wall's");
        assert_eq!(after(995), Duration::from_secs(1) - last, "the other's");
    }

    #[test]
    fn what_the_kernel_refuses_as_a_time_is_no_time() {
        assert_eq!(from_timespec([1, 5]), Some(Duration::new(1, 5)));
        assert_eq!(from_timespec([u64::MAX, 0]), None);
        assert_eq!(from_timespec([0, 1_000_000_000]), None);
        assert_eq!(from_timeval([2, 3]), Some(Duration::new(2, 3_000)));
        assert_eq!(from_timeval([0, 1_000_000]), None);
    }
}
