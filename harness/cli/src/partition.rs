//! A share of the scenarios, as nextest's `--partition` gives it (<https://nexte.st/docs/ci-features/partitioning/>).

use std::str::FromStr;

/// The mth of n shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    share: usize,
    of: usize,
}

/// A text that is no partition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not `slice:m/n` with m from 1 to n")]
pub(crate) struct InvalidPartition(String);

impl Partition {
    /// The items of this share, in order: every nth, from the mth on.
    pub(crate) fn of<T>(self, items: Vec<T>) -> Vec<T> {
        items
            .into_iter()
            .skip(self.share - 1)
            .step_by(self.of)
            .collect()
    }
}

impl FromStr for Partition {
    type Err = InvalidPartition;

    fn from_str(text: &str) -> Result<Self, InvalidPartition> {
        text.strip_prefix("slice:")
            .and_then(|rest| rest.split_once('/'))
            .and_then(|(share, of)| {
                Some(Self {
                    share: share.parse().ok()?,
                    of: of.parse().ok()?,
                })
            })
            .filter(|partition| (1..=partition.of).contains(&partition.share))
            .ok_or_else(|| InvalidPartition(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_are_disjoint_and_together_are_everything() {
        let items: Vec<u32> = (0..10).collect();
        let mut seen: Vec<u32> = (1..=3)
            .map(|share| format!("slice:{share}/3").parse::<Partition>().unwrap())
            .flat_map(|partition| partition.of(items.clone()))
            .collect();
        assert_eq!(seen[..4], [0, 3, 6, 9]);
        seen.sort_unstable();
        assert_eq!(seen, items);
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in [
            "",
            "1/2",
            "slice:0/2",
            "slice:3/2",
            "slice:1/0",
            "hash:1/2",
            "slice:1",
            "slice:a/b",
        ] {
            assert!(text.parse::<Partition>().is_err(), "{text}");
        }
    }
}
