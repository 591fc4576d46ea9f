//! Lies of a checksum database (<https://go.dev/design/25530-sumdb>).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::select::{Asked, RequestKind};

/// What goes wrong in what a checksum database serves, or a module proxy in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SumdbFault {
    /// The log holds a wrong hash of every module's zip, and is consistent in that.
    WrongZipHash,
    /// The log holds a wrong hash of every module's go.mod, and is consistent in that.
    WrongGoModHash,
    /// Another history under the same key: its first record differs.
    ForkedTree,
    /// The database has gone back to its first so many records, and knows no later ones.
    Rollback(u64),
    /// The tree head that comes with a record is older than the record.
    StaleHead,
    /// A lookup is answered with the valid record of another module.
    OtherRecord,
    /// Tree heads are signed, and the signature is wrong.
    BadSignature,
    /// Tree heads are signed with another key than the client has.
    UnknownKey,
    /// Tree heads are signed in another name than the database's.
    KeyNameMismatch,
    /// Tree heads are no signed notes.
    MalformedNote,
    /// Tree heads are signed notes that hold no tree head.
    MalformedTree,
    /// Tree heads are rightly signed over a hash of zeros.
    ZeroRoot,
    /// A lookup is answered with something that is no record.
    MalformedRecord,
    /// One bit of each tile is wrong.
    InconsistentTile,
}

impl SumdbFault {
    /// Whether it changes the answer to `asked`.
    pub fn concerns(&self, asked: &Asked) -> bool {
        use RequestKind::{SumdbLatest, SumdbLookup, SumdbTile};

        match self {
            Self::WrongZipHash | Self::WrongGoModHash | Self::ForkedTree | Self::Rollback(_) => {
                matches!(asked.kind, SumdbLookup | SumdbLatest | SumdbTile)
            }
            Self::BadSignature
            | Self::UnknownKey
            | Self::KeyNameMismatch
            | Self::MalformedNote
            | Self::MalformedTree
            | Self::ZeroRoot => matches!(asked.kind, SumdbLookup | SumdbLatest),
            Self::StaleHead | Self::OtherRecord | Self::MalformedRecord => {
                asked.kind == SumdbLookup
            }
            Self::InconsistentTile => {
                asked.kind == SumdbTile && !asked.path.contains("/tile/8/data/")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: RequestKind, path: &str) -> Asked {
        Asked {
            kind,
            method: "GET".to_owned(),
            path: path.to_owned(),
            module: None,
        }
    }

    #[test]
    fn a_tile_fault_concerns_hashes_alone() {
        let fault = SumdbFault::InconsistentTile;
        assert!(fault.concerns(&asked(RequestKind::SumdbTile, "/tile/8/0/000")));
        assert!(!fault.concerns(&asked(RequestKind::SumdbTile, "/tile/8/data/000")));
        assert!(!fault.concerns(&asked(RequestKind::SumdbLookup, "/lookup/a.b@v1.0.0")));
    }

    #[test]
    fn another_history_concerns_everything_but_the_claim_to_have_one() {
        for (kind, path, concerned) in [
            (RequestKind::SumdbSupported, "/supported", false),
            (RequestKind::SumdbLookup, "/lookup/a.b@v1.0.0", true),
            (RequestKind::SumdbLatest, "/latest", true),
            (RequestKind::SumdbTile, "/tile/8/data/000", true),
        ] {
            assert_eq!(
                SumdbFault::ForkedTree.concerns(&asked(kind, path)),
                concerned
            );
        }
    }
}
