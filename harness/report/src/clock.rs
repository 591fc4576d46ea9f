//! Which clock a scenario ran under, for records and in words.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use modfault_outcome::{Observation, ObservedClock};

/// A clock in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockWord {
    /// The world's own, on which a wait costs no time.
    Virtual,
    /// The machine's.
    Real,
}

impl ClockWord {
    /// The clock in one word.
    pub fn of(clock: &ObservedClock) -> Self {
        match clock {
            ObservedClock::Virtual { .. } => Self::Virtual,
            ObservedClock::Real { .. } => Self::Real,
        }
    }

    /// The clock of all `observations`: the real one where a single one needed it. `None` where there are none.
    pub(crate) fn of_all<'a>(
        observations: impl IntoIterator<Item = &'a Observation>,
    ) -> Option<Self> {
        let words = observations.into_iter();
        words.map(|seen| Self::of(&seen.clock)).max()
    }

    /// `the virtual clock`
    pub fn words(self) -> &'static str {
        match self {
            Self::Virtual => "the virtual clock",
            Self::Real => "the real clock",
        }
    }
}

/// Why the real clock was taken though nobody asked for it: the first reason of `observations`.
pub(crate) fn reason<'a>(
    observations: impl IntoIterator<Item = &'a Observation>,
) -> Option<String> {
    observations.into_iter().find_map(|seen| {
        if let ObservedClock::Real { reason } = &seen.clock {
            reason.clone()
        } else {
            None
        }
    })
}

/// A time on a clock: `30.0 s on the virtual clock`, `2 h 15 min 0 s on the virtual clock`.
pub(crate) fn time_on(time: Duration, clock: &ObservedClock) -> String {
    format!("{} on {}", in_words(time), ClockWord::of(clock).words())
}

/// In the field's unit, seconds, as long as anybody counts in them.
fn in_words(time: Duration) -> String {
    const TEN_MINUTES: u64 = 600;
    let seconds = time.as_secs();
    if seconds < TEN_MINUTES {
        return format!("{:.1} s", time.as_secs_f64());
    }
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    match hours {
        0 => format!("{minutes} min {} s", seconds % 60),
        _ => format!("{hours} h {minutes} min {} s", seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_in_seconds_and_what_has_none_in_hours() {
        assert_eq!(in_words(Duration::from_millis(30_040)), "30.0 s");
        assert_eq!(in_words(Duration::from_secs(131)), "131.0 s");
        assert_eq!(in_words(Duration::from_secs(924)), "15 min 24 s");
        assert_eq!(in_words(Duration::from_secs(8_100)), "2 h 15 min 0 s");
    }
}
