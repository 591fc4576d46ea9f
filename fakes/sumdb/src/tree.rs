//! The Merkle tree over the records (RFC 6962 §2.1).

use sha2::{Digest, Sha256};

/// The hash of a record or of a part of the tree.
pub type Hash = [u8; 32];

/// The hashes of all complete parts of a tree that has grown to some size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// `levels[l][n]` covers the records from `n * 2^l` on, `2^l` of them.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree over the records with these texts, in order.
    pub fn of<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Self {
        let mut level: Vec<Hash> = texts.into_iter().map(|text| leaf(text.as_ref())).collect();
        let mut levels = Vec::new();
        while !level.is_empty() {
            let above = level
                .chunks_exact(2)
                .map(|pair| node(&pair[0], &pair[1]))
                .collect();
            levels.push(level);
            level = above;
        }
        Self { levels }
    }

    /// How many records it has.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |level| level.len() as u64)
    }

    /// The hash of the tree when it had `size` records; `None` while it has fewer.
    pub fn root(&self, size: u64) -> Option<Hash> {
        if size > self.size() {
            return None;
        }
        // The complete parts that make up the tree, the largest first: one for each bit of the size.
        let mut parts = Vec::new();
        let mut covered = 0;
        for level in (0..u64::BITS as usize).rev() {
            if size & (1 << level) != 0 {
                parts.push(*self.levels.get(level)?.get(index(covered >> level)?)?);
                covered += 1 << level;
            }
        }
        let joined = parts
            .into_iter()
            .rev()
            .reduce(|right, left| node(&left, &right));
        Some(joined.unwrap_or_else(empty))
    }

    /// `width` hashes of `level` from `first` on; `None` where the tree lacks one of them.
    pub fn hashes(&self, level: usize, first: u64, width: u64) -> Option<&[Hash]> {
        let first = index(first)?;
        let end = first.checked_add(index(width)?)?;
        self.levels.get(level)?.get(first..end)
    }
}

fn index(number: u64) -> Option<usize> {
    usize::try_from(number).ok()
}

/// The hash of a record: `SHA-256(0x00 || text)`.
pub fn leaf(text: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(text)
        .finalize()
        .into()
}

/// The hash of two parts beside each other: `SHA-256(0x01 || left || right)`.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// The hash of no records.
pub fn empty() -> Hash {
    Sha256::digest([]).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition as RFC 6962 §2.1 gives it, by halves.
    fn by_definition(texts: &[String]) -> Hash {
        match texts {
            [] => empty(),
            [text] => leaf(text.as_bytes()),
            _ => {
                let half = texts.len().next_power_of_two() / 2;
                let (left, right) = texts.split_at(half);
                node(&by_definition(left), &by_definition(right))
            }
        }
    }

    #[test]
    fn the_hash_of_no_records_is_the_published_one() {
        let hex: String = empty().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(Tree::default().root(0), Some(empty()));
    }

    #[test]
    fn the_future_has_no_hash() {
        assert_eq!(Tree::of(["a\n"]).root(2), None);
        assert_eq!(Tree::of(["a\n"]).hashes(0, 0, 2), None);
    }

    proptest! {
        #[test]
        fn every_size_has_the_hash_of_the_definition(
            texts in prop::collection::vec("[a-z]{0,4}\n", 0..70),
        ) {
            let tree = Tree::of(&texts);
            for size in 0..=texts.len() {
                prop_assert_eq!(tree.root(size as u64), Some(by_definition(&texts[..size])));
            }
        }

        #[test]
        fn growing_changes_no_hash_that_was_there(
            texts in prop::collection::vec("[a-z]{0,4}\n", 1..70), at in any::<prop::sample::Index>(),
        ) {
            let size = at.index(texts.len()) + 1;
            let (young, old) = (Tree::of(&texts[..size]), Tree::of(&texts));
            for (level, hashes) in young.levels.iter().enumerate() {
                let width = hashes.len() as u64;
                prop_assert_eq!(old.hashes(level, 0, width), Some(hashes.as_slice()));
            }
        }
    }
}
