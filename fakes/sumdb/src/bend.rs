//! What faults make of a tree head, a record and a tile.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use modfault_kit::Seed;
use modfault_kit::fault::SumdbFault;

use crate::log::head;
use crate::note::DatabaseKey;

/// The signed head `text` at `size`, as `faults` leave it. The last of them that is about heads decides.
pub(crate) fn signed_head(
    key: &DatabaseKey,
    text: &str,
    size: u64,
    faults: &[&SumdbFault],
) -> String {
    faults
        .iter()
        .rev()
        .find_map(|fault| bent_head(key, text, size, fault))
        .unwrap_or_else(|| key.sign(text))
}

fn bent_head(key: &DatabaseKey, text: &str, size: u64, fault: &SumdbFault) -> Option<String> {
    match fault {
        SumdbFault::BadSignature => Some(key.sign_badly(text)),
        SumdbFault::UnknownKey => {
            let other = DatabaseKey::derive(Seed(u64::MAX), key.name());
            Some(other.sign(text))
        }
        SumdbFault::KeyNameMismatch => Some(key.sign_as(&format!("old.{}", key.name()), text)),
        SumdbFault::MalformedNote => Some(format!("{text}this line is no signature\n")),
        SumdbFault::MalformedTree => {
            let root = STANDARD.encode([1; 32]);
            Some(key.sign(&format!("go.sum database tree\nmany\n{root}\n")))
        }
        SumdbFault::ZeroRoot => Some(key.sign(&head(size, &[0; 32]))),
        SumdbFault::WrongZipHash
        | SumdbFault::WrongGoModHash
        | SumdbFault::ForkedTree
        | SumdbFault::Rollback(_)
        | SumdbFault::StaleHead
        | SumdbFault::OtherRecord
        | SumdbFault::MalformedRecord
        | SumdbFault::InconsistentTile => None,
    }
}

/// The number of the record that is answered where `number` was looked up, in a log of `size`.
pub(crate) fn answered(number: u64, size: u64, faults: &[&SumdbFault]) -> u64 {
    if faults.contains(&&SumdbFault::OtherRecord) && size > 0 {
        number.checked_sub(1).unwrap_or(size - 1)
    } else {
        number
    }
}

/// The size of the tree whose head comes with the record `number`.
pub(crate) fn size_with(number: u64, size: u64, faults: &[&SumdbFault]) -> u64 {
    if faults.contains(&&SumdbFault::StaleHead) {
        number.min(size)
    } else {
        size
    }
}

/// The record, as `faults` leave it.
pub(crate) fn record(record: String, faults: &[&SumdbFault]) -> String {
    if faults.contains(&&SumdbFault::MalformedRecord) {
        format!("no. {record}")
    } else {
        record
    }
}

/// The octets of a tile of hashes, as `faults` leave them.
pub(crate) fn tile(mut octets: Vec<u8>, faults: &[&SumdbFault]) -> Vec<u8> {
    if faults.contains(&&SumdbFault::InconsistentTile)
        && let Some(octet) = octets.first_mut()
    {
        *octet ^= 1;
    }
    octets
}
