//! A command that works for long, and may be waiting for time to pass while it does.
//!
//! While a command works the world's clock stands: how fast a machine is shall not be seen. But a program may work *until* a moment
//! has passed. Go's runtime asks a running thread to stop, and asks again only when its clock has moved (suspendG, in
//! runtime/preempt.go); its sweeper turns round and round until another goroutine has run, which it is kept from until one that
//! watches has seen ten milliseconds pass (retake, in runtime/proc.go). So where nobody in the command has rested for a second in
//! reality, and no process has begun or ended, moments pass: the shortest that could help first.

use std::time::{Duration, Instant};

/// How long, in reality, a command may work before the first moment passes.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long, in reality, until the next one does, and how much longer that is.
const PAUSE: Duration = Duration::from_millis(20);
const FIRST: Duration = Duration::from_micros(20);
const GROWTH: u32 = 2;

/// After so many, 20 ms all together, patience begins anew.
const MOMENTS: u32 = 10;

/// Work of a command without a rest.
#[derive(Debug, Default)]
pub(crate) struct Busy {
    /// Since when, in reality.
    since: Option<Instant>,
    /// What the command had done by then that can be seen.
    deeds: u64,
    moments: u32,
}

impl Busy {
    /// It is seen at work `now`, after so many deeds; how much time is to pass.
    pub(crate) fn goes_on(&mut self, now: Instant, deeds: u64) -> Option<Duration> {
        if self.deeds != deeds {
            self.ends();
            self.deeds = deeds;
        }
        let since = *self.since.get_or_insert(now);
        if now.saturating_duration_since(since) < PATIENCE + PAUSE * self.moments {
            return None;
        }
        let moment = FIRST * GROWTH.pow(self.moments);
        self.moments += 1;
        if self.moments == MOMENTS {
            self.ends();
        }
        Some(moment)
    }

    /// It rests.
    pub(crate) fn ends(&mut self) {
        (self.since, self.moments) = (None, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moments that pass while a command works from one instant to another, both in milliseconds.
    fn passed(busy: &mut Busy, began: Instant, millis: std::ops::Range<u64>) -> Vec<(u64, u128)> {
        millis
            .step_by(10)
            .filter_map(|at| {
                let moment = busy.goes_on(began + Duration::from_millis(at), 7)?;
                Some((at, moment.as_micros()))
            })
            .collect()
    }

    #[test]
    fn after_a_second_of_work_moments_pass_that_grow() {
        let moments = passed(&mut Busy::default(), Instant::now(), 0..1_080);
        let expected = [(1_000, 20), (1_020, 40), (1_040, 80), (1_060, 160)];
        assert_eq!(moments, expected);
    }

    #[test]
    fn in_a_minute_of_work_about_a_second_passes() {
        let moments = passed(&mut Busy::default(), Instant::now(), 0..60_000);
        let all: u128 = moments.iter().map(|(_, micros)| micros).sum();
        assert!((900_000..1_100_000).contains(&all), "{all}");
    }

    #[test]
    fn after_a_rest_or_a_deed_it_begins_anew() {
        let mut busy = Busy::default();
        let began = Instant::now();
        assert_eq!(busy.goes_on(began, 0), None);
        busy.ends();
        assert_eq!(busy.goes_on(began + PATIENCE, 0), None);
        assert_eq!(busy.goes_on(began + PATIENCE * 2, 1), None, "a deed");
        assert_eq!(busy.goes_on(began + PATIENCE * 3, 1), Some(FIRST));
    }
}
