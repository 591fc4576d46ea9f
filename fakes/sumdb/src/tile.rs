//! Tiles: the pieces of the tree that clients fetch (<https://research.swtch.com/tlog#tiling_a_log>).

use std::fmt;

/// How many levels of the tree a tile of the Go checksum database spans; it has up to `2^8` hashes.
pub const HEIGHT: u32 = 8;

/// The hashes in a full tile.
pub const FULL: u64 = 1 << HEIGHT;

/// One tile, whole or partial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Which level of tiles.
    pub level: TileLevel,
    /// Which tile of the level, from 0.
    pub number: u64,
    /// How many hashes it has, 1 to [`FULL`].
    pub width: u64,
}

/// A level of tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileLevel {
    /// The hashes of level `8 * n` of the tree.
    Hashes(u32),
    /// The records themselves.
    Data,
}

impl Tile {
    /// What `tile/8/0/x001/234.p/5` means; `None` for a path that no client would build, or of another height.
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/8/")?;
        let (level, rest) = rest.split_once('/')?;
        let level = match level {
            "data" => TileLevel::Data,
            // no tree is higher than 64 levels
            level => TileLevel::Hashes(level.parse().ok().filter(|level| *level < 8)?),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok()?),
            None => (rest, FULL),
        };
        let mut tile = Self {
            level,
            number: 0,
            width,
        };
        for group in number.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            let group = Some(digits).filter(|digits| digits.len() == 3)?;
            tile.number = tile.number.checked_mul(1000)?;
            tile.number = tile.number.checked_add(group.parse::<u16>().ok()?.into())?;
        }
        // Only the one way to write it counts.
        ((1..=FULL).contains(&width) && tile.to_string() == path).then_some(tile)
    }

    /// The first record or hash in it.
    pub fn first(self) -> Option<u64> {
        self.number.checked_mul(FULL)
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            TileLevel::Hashes(level) => write!(f, "tile/{HEIGHT}/{level}/")?,
            TileLevel::Data => write!(f, "tile/{HEIGHT}/data/")?,
        }
        let mut groups = vec![self.number % 1000];
        let mut rest = self.number / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups[1..].iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if self.width != FULL {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_read_as_the_reference_writes_it() {
        let tile = Tile::parse("tile/8/1/x001/x234/067.p/44").unwrap();
        assert_eq!(tile.level, TileLevel::Hashes(1));
        assert_eq!((tile.number, tile.width), (1_234_067, 44));
        let data = Tile::parse("tile/8/data/000").unwrap();
        assert_eq!((data.level, data.width), (TileLevel::Data, FULL));
    }

    #[test]
    fn other_spellings_are_no_tiles() {
        for path in [
            "tile/4/0/000",
            "tile/8/0/0",
            "tile/8/0/001/000",
            "tile/8/0/x000/000",
            "tile/8/0/000.p/0",
            "tile/8/0/000.p/256",
            "tile/8/0/000.p/007",
            "tile/8/8/000",
            "tile/8/0/+01",
            "tile/8/x/000",
        ] {
            assert_eq!(Tile::parse(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            level in prop_oneof![(0u32..8).prop_map(TileLevel::Hashes), Just(TileLevel::Data)],
            number in 0u64..5_000_000_000,
            width in 1u64..=FULL,
        ) {
            let tile = Tile { level, number, width };
            prop_assert_eq!(Tile::parse(&tile.to_string()), Some(tile));
        }
    }
}
