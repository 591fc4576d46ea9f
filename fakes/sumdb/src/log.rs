//! One history of a database: its records, and the tree over them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::record::Record;
use crate::tile::{HEIGHT, Tile, TileLevel};
use crate::tree::{Hash, Tree};

/// A history: records in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Log {
    records: Vec<Record>,
    tree: Tree,
    /// Which record is that of a module version.
    numbers: BTreeMap<(String, String), u64>,
}

impl Log {
    /// The log of `records`.
    pub fn new(records: Vec<Record>) -> Self {
        let tree = Tree::of(records.iter().map(Record::text));
        let numbers = (0..)
            .zip(&records)
            .map(|(number, record)| ((record.module.clone(), record.version.clone()), number))
            .collect();
        Self {
            records,
            tree,
            numbers,
        }
    }

    /// How many records it has.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The number of the record of `module` at `version`, from 0.
    pub fn number(&self, module: &str, version: &str) -> Option<u64> {
        let key = (module.to_owned(), version.to_owned());
        self.numbers.get(&key).copied()
    }

    /// The record with this number as a lookup answers it: the number, the text, an empty line.
    pub fn record(&self, number: u64) -> Option<String> {
        let record = self.records.get(usize::try_from(number).ok()?)?;
        Some(format!("{number}\n{}\n", record.text()))
    }

    /// The head of the tree at `size`, not yet signed.
    pub fn head(&self, size: u64) -> Option<String> {
        Some(head(size, &self.tree.root(size)?))
    }

    /// The octets of `tile` when the tree has `size` records; `None` where it lacks one of the hashes.
    pub fn tile(&self, tile: Tile, size: u64) -> Option<Vec<u8>> {
        let first = tile.first()?;
        let TileLevel::Hashes(level) = tile.level else {
            let end = first.checked_add(tile.width).filter(|end| *end <= size)?;
            let mut data = String::new();
            for number in first..end {
                write!(data, "{}", self.record(number)?).ok()?;
            }
            return Some(data.into_bytes());
        };
        let level = level * HEIGHT;
        let covered = first.checked_add(tile.width)?.checked_mul(1 << level)?;
        let hashes = self
            .tree
            .hashes(usize::try_from(level).ok()?, first, tile.width)?;
        (covered <= size).then(|| hashes.concat())
    }
}

/// The text of a tree head: a fixed line, the size, the hash of the root.
pub(crate) fn head(size: u64, root: &Hash) -> String {
    format!("go.sum database tree\n{size}\n{}\n", STANDARD.encode(root))
}
