//! A date and time as a scenario file has it, for the clock of a world.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What a wall clock shows: a second of UTC, from 1970 to 9999, written as RFC 3339 has it: `2019-03-01T00:00:00Z`.
///
/// As everywhere in POSIX, a minute has sixty seconds: leap seconds do not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WallTime {
    seconds_since_epoch: u64,
}

/// Why a text is no [`WallTime`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct InvalidTime {
    /// What is wrong, as the rest of a sentence.
    pub reason: &'static str,
}

impl WallTime {
    /// When a world begins unless its scenario says otherwise: 2026-01-01T00:00:00Z.
    ///
    /// It lies within the life of every good certificate and after that of every expired one, and after the commits of every
    /// repository.
    pub const START: Self = Self {
        seconds_since_epoch: 20_454 * DAY,
    };

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn seconds_since_epoch(self) -> u64 {
        self.seconds_since_epoch
    }
}

impl FromStr for WallTime {
    type Err = InvalidTime;

    /// Reads `2019-03-01T00:00:00Z` (RFC 3339 §5.6), in UTC alone and without fractions of a second.
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let shape = Err(InvalidTime {
            reason: "expected a date and a time of UTC, like `2019-03-01T00:00:00Z`",
        });
        let bytes = text.as_bytes();
        let pattern = b"0000-00-00T00:00:00Z";
        let fits = |(byte, wanted): (&u8, &u8)| match wanted {
            b'0' => byte.is_ascii_digit(),
            _ => byte == wanted,
        };
        if bytes.len() != pattern.len() || !bytes.iter().zip(pattern).all(fits) {
            return shape;
        }
        let number = |from: usize, to: usize| {
            let digits = bytes[from..to].iter();
            digits.fold(0, |number, digit| 10 * number + u64::from(digit - b'0'))
        };
        let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
        let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
        if year < 1970 {
            return Err(InvalidTime {
                reason: "clocks of computers begin in 1970",
            });
        }
        if !(1..=12).contains(&month) || day == 0 || day > days_of_month(year, month) {
            return Err(InvalidTime {
                reason: "the calendar has no such day",
            });
        }
        if hour > 23 || minute > 59 || second > 59 {
            return Err(InvalidTime {
                reason: "no day has such a time",
            });
        }
        let years: u64 = (1970..year).map(days_of_year).sum();
        let months: u64 = (1..month).map(|month| days_of_month(year, month)).sum();
        let days = years + months + day - 1;
        Ok(Self {
            seconds_since_epoch: days * DAY + hour * HOUR + minute * MINUTE + second,
        })
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut days = self.seconds_since_epoch / DAY;
        let (mut year, mut month) = (1970, 1);
        while days >= days_of_year(year) {
            days -= days_of_year(year);
            year += 1;
        }
        while days >= days_of_month(year, month) {
            days -= days_of_month(year, month);
            month += 1;
        }
        let day = days + 1;
        let second = self.seconds_since_epoch % DAY;
        let (hour, minute, second) = (second / HOUR, second % HOUR / MINUTE, second % MINUTE);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

impl TryFrom<String> for WallTime {
    type Error = InvalidTime;

    fn try_from(text: String) -> Result<Self, InvalidTime> {
        text.parse()
    }
}

impl From<WallTime> for String {
    fn from(time: WallTime) -> Self {
        time.to_string()
    }
}

fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_times_are_as_many_seconds_as_everybody_counts() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2019-03-01T00:00:00Z", 1_551_398_400),
            ("2026-01-01T00:00:00Z", 1_767_225_600),
            ("2100-03-01T12:30:15Z", 4_107_587_415),
        ] {
            let time: WallTime = text.parse().unwrap();
            assert_eq!(time.seconds_since_epoch(), seconds, "{text}");
            assert_eq!(time.to_string(), text);
        }
        assert_eq!(WallTime::START.to_string(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn what_no_calendar_and_no_clock_shows_is_refused() {
        for text in [
            "",
            "yesterday",
            "2019-03-01",
            "2019-03-01 00:00:00Z",
            "2019-03-01T00:00:00",
            "2019-03-01T00:00:00+01:00",
            "2019-03-01T00:00:00.5Z",
            "2019-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2019-00-01T00:00:00Z",
            "2019-13-01T00:00:00Z",
            "2019-04-31T00:00:00Z",
            "2019-03-01T24:00:00Z",
            "2019-03-01T23:60:00Z",
            "2019-03-01T23:59:60Z",
            "1969-12-31T23:59:59Z",
        ] {
            assert!(text.parse::<WallTime>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_second_is_read_as_it_is_written(seconds_since_epoch in 0_u64..253_402_300_800) {
            let time = WallTime { seconds_since_epoch };
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }
    }
}
