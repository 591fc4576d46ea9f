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

/// A time on a clock: `30.0 s on the virtual clock`.
pub(crate) fn time_on(time: Duration, clock: &ObservedClock) -> String {
    format!(
        "{:.1} s on {}",
        time.as_secs_f64(),
        ClockWord::of(clock).words()
    )
}
