//! When a fault fires.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::{Probability, Seed};

/// When a fault fires, among the requests that its selector takes.
///
/// Counts are kept for each key (host, method, path) on its own, and chance is a hash of (seed, key, count): which of
/// several concurrent requests comes first changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// Each time.
    #[default]
    Always,
    /// Only the nth time, from 1.
    Nth(u64),
    /// The first n times; then it has healed.
    First(u64),
    /// From the nth time on, counted from 1.
    From(u64),
    /// Until so much time has passed since the world began; then it has healed.
    For(
        #[serde(with = "humantime_serde")]
        #[schemars(with = "crate::quantity::DurationText")]
        Duration,
    ),
    /// With this probability, drawn from the world's seed.
    Chance(Probability),
}

impl Trigger {
    /// Whether it fires for the `count`th occurrence (from 1) of `key`, `now` after the world began.
    pub fn fires(&self, seed: Seed, key: &str, count: u64, now: Duration) -> bool {
        match self {
            Self::Always => true,
            Self::Nth(n) => count == *n,
            Self::First(n) => count <= *n,
            Self::From(n) => count >= *n,
            Self::For(until) => now < *until,
            Self::Chance(probability) => {
                probability.holds_for(seed.draw(&[b"chance", key.as_bytes(), &count.to_le_bytes()]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fired(trigger: &Trigger) -> Vec<u64> {
        (1..=5)
            .filter(|count| trigger.fires(Seed(0), "key", *count, Duration::ZERO))
            .collect()
    }

    #[test]
    fn counts_start_at_one() {
        assert_eq!(fired(&Trigger::Nth(2)), [2]);
        assert_eq!(fired(&Trigger::First(2)), [1, 2]);
        assert_eq!(fired(&Trigger::From(4)), [4, 5]);
        assert_eq!(fired(&Trigger::Always), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_fault_for_a_while_heals() {
        let trigger = Trigger::For(Duration::from_secs(3));
        assert!(trigger.fires(Seed(0), "key", 1, Duration::from_millis(2999)));
        assert!(!trigger.fires(Seed(0), "key", 1, Duration::from_secs(3)));
    }
}
