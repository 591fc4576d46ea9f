//! The histories that a database can show: the true one and those that it makes up.

use std::sync::OnceLock;

use modfault_gomod::hash_go_mod;
use modfault_kit::fault::SumdbFault;

use crate::log::Log;
use crate::record::Record;

/// The histories of one database, each made when it is first shown.
#[derive(Debug)]
pub(crate) struct Histories {
    records: Vec<Record>,
    /// How many of the first records are about modules that nobody serves.
    fillers: usize,
    honest: OnceLock<Log>,
    wrong_zips: OnceLock<Log>,
    wrong_go_mods: OnceLock<Log>,
    forked: OnceLock<Log>,
}

impl Histories {
    /// Of a database with `records` after `fillers` others. There is always one of those, so that no record is in the
    /// tree of size 0.
    pub(crate) fn new(fillers: u64, records: Vec<Record>) -> Self {
        let mut all: Vec<Record> = (0..fillers.max(1)).map(Record::filler).collect();
        let fillers = all.len();
        all.extend(records);
        Self {
            records: all,
            fillers,
            honest: OnceLock::new(),
            wrong_zips: OnceLock::new(),
            wrong_go_mods: OnceLock::new(),
            forked: OnceLock::new(),
        }
    }

    /// What really happened.
    pub(crate) fn honest(&self) -> &Log {
        self.honest.get_or_init(|| Log::new(self.records.clone()))
    }

    /// The history that `fault` shows, if it shows one of its own.
    pub(crate) fn under(&self, fault: &SumdbFault) -> Option<&Log> {
        match fault {
            SumdbFault::WrongZipHash => Some(
                self.wrong_zips
                    .get_or_init(|| self.otherwise(|record| record.zip = wrong(&record.zip))),
            ),
            SumdbFault::WrongGoModHash => Some(
                self.wrong_go_mods
                    .get_or_init(|| self.otherwise(|record| record.go_mod = wrong(&record.go_mod))),
            ),
            SumdbFault::ForkedTree => Some(self.forked.get_or_init(|| {
                let mut records = self.records.clone();
                records[0].module = "fork.example/m".to_owned();
                Log::new(records)
            })),
            SumdbFault::Rollback(_)
            | SumdbFault::StaleHead
            | SumdbFault::OtherRecord
            | SumdbFault::BadSignature
            | SumdbFault::UnknownKey
            | SumdbFault::KeyNameMismatch
            | SumdbFault::MalformedNote
            | SumdbFault::MalformedTree
            | SumdbFault::ZeroRoot
            | SumdbFault::MalformedRecord
            | SumdbFault::InconsistentTile => None,
        }
    }

    fn otherwise(&self, change: impl Fn(&mut Record)) -> Log {
        let mut records = self.records.clone();
        records[self.fillers..].iter_mut().for_each(change);
        Log::new(records)
    }
}

/// A hash of the right form that is of nothing anybody has.
fn wrong(hash: &str) -> String {
    hash_go_mod(&format!("not {hash}")).to_string()
}
