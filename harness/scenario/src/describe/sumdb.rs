//! A checksum database and its lies, in words.

use super::host::wanting;
use super::listed;
use crate::sumdb::SumdbSpec;
use modfault_kit::HostName;
use modfault_kit::fault::SumdbFault;

/// `checksum database of example.com/greet`.
pub(super) fn role(spec: &SumdbSpec) -> String {
    let mut words = "checksum database".to_owned();
    if let Some(name) = &spec.name {
        words.push_str(&format!(" in the name of {name}"));
    }
    if let Some(modules) = &spec.modules {
        words.push_str(&match modules.is_empty() {
            true => " that knows no module of these".to_owned(),
            false => format!(" of {}", listed(modules)),
        });
    }
    if let Some(fillers) = spec.fillers {
        words.push_str(&format!(", after {fillers} other records"));
    }
    words.push_str(&wanting(spec.login.as_ref()));
    words
}

pub(super) fn fault(on: &HostName, fault: &SumdbFault) -> String {
    let what = match fault {
        SumdbFault::WrongZipHash => {
            "has wrong hashes of module zips in its log, rightly signed".to_owned()
        }
        SumdbFault::WrongGoModHash => {
            "has wrong hashes of go.mod files in its log, rightly signed".to_owned()
        }
        SumdbFault::ForkedTree => "shows another history under the same key".to_owned(),
        SumdbFault::Rollback(size) => {
            format!("has gone back to its first {size} records")
        }
        SumdbFault::StaleHead => {
            "sends a tree head that is older than the record it comes with".to_owned()
        }
        SumdbFault::OtherRecord => "answers with the valid record of another module".to_owned(),
        SumdbFault::BadSignature => "sends tree heads with a wrong signature".to_owned(),
        SumdbFault::UnknownKey => "signs its tree heads with another key".to_owned(),
        SumdbFault::KeyNameMismatch => "signs its tree heads in another name".to_owned(),
        SumdbFault::MalformedNote => "sends tree heads that are no signed notes".to_owned(),
        SumdbFault::MalformedTree => "signs notes that hold no tree head".to_owned(),
        SumdbFault::ZeroRoot => "signs tree heads over a hash of zeros".to_owned(),
        SumdbFault::MalformedRecord => "sends records that are none".to_owned(),
        SumdbFault::InconsistentTile => "sends tiles with a wrong bit".to_owned(),
    };
    format!("{on} {what}")
}
