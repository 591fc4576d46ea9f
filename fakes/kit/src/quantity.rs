//! Quantities with their unit in the type.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number of bytes.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct ByteCount(pub u64);

impl fmt::Display for ByteCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 byte"),
            n => write!(f, "{n} bytes"),
        }
    }
}

/// A probability between 0 and 1, both included.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

impl Probability {
    /// `value` as a probability, or `None` outside 0 to 1.
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// The number between 0 and 1.
    pub fn value(self) -> f64 {
        self.0
    }

    /// Whether an event of this probability comes to pass for `draw`, a uniformly distributed 64-bit number.
    pub fn holds_for(self, draw: u64) -> bool {
        // 53 bits are what an f64 holds exactly.
        ((draw >> 11) as f64) / ((1u64 << 53) as f64) < self.0
    }
}

impl TryFrom<f64> for Probability {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        Self::new(value)
            .ok_or_else(|| format!("`{value}` is not a probability: it lies between 0 and 1"))
    }
}

impl From<Probability> for f64 {
    fn from(probability: Probability) -> Self {
        probability.0
    }
}

/// How a duration is written in a file (`5ms`, `1m 30s`): what a schema says of a field read by `humantime_serde`.
#[derive(Clone, Copy, Debug)]
pub struct DurationText;

impl JsonSchema for DurationText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A duration: a number with a unit, such as `5ms`, `30s` or `1m 30s`.",
            "pattern": "^ *([0-9]+ *[a-zA-Zµ]+ *)+$",
        })
    }
}

/// The root of every random choice in a world.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// A number that depends on the seed and on `parts` alone, never on the order in which numbers are asked for.
    ///
    /// The parts are length-prefixed before they are hashed (64-bit FNV-1a, then a SplitMix64 finish), so that
    /// `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn draw(self, parts: &[&[u8]]) -> u64 {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325 ^ self.0;
        let mut eat = |bytes: &[u8]| {
            for byte in bytes {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        };
        for part in parts {
            eat(&(part.len() as u64).to_le_bytes());
            eat(part);
        }
        let mut mixed = hash.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_where_one_part_ends() {
        assert_ne!(Seed(1).draw(&[b"ab", b"c"]), Seed(1).draw(&[b"a", b"bc"]));
    }

    #[test]
    fn probability_one_always_holds_and_zero_never() {
        for draw in [0, 1, u64::MAX / 2, u64::MAX] {
            assert!(Probability::new(1.0).unwrap().holds_for(draw));
            assert!(!Probability::new(0.0).unwrap().holds_for(draw));
        }
    }

    #[test]
    fn one_draw_in_four_holds_at_a_quarter() {
        let quarter = Probability::new(0.25).unwrap();
        let held = (0..4000u64)
            .filter(|n| quarter.holds_for(Seed(7).draw(&[&n.to_le_bytes()])))
            .count();
        assert!((850..1150).contains(&held), "{held}");
    }
}
