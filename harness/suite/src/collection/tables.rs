//! What stands beside scenarios: the table of wordings, the rows that must be covered, and what is written of both and of the claims.

use std::fs;
use std::path::PathBuf;

use super::{Collection, SCENARIOS, unreadable};
use crate::error::Error;
use modfault_coverage::Ledger;
use modfault_outcome::Wording;

pub(super) const WORDING: &str = "wording.toml";
pub(super) const LEDGER: &str = "coverage.toml";
const PREFACE: &str = "claims/preface.md";

impl Collection {
    /// What tools alone word.
    ///
    /// # Errors
    /// The table could not be read, or is wrong.
    pub fn wording(&self) -> Result<Wording, Error> {
        Ok(Wording::parse(&self.table(WORDING)?)?)
    }

    /// The rows that the coverage table must have.
    ///
    /// # Errors
    /// The list could not be read, or is wrong.
    pub fn ledger(&self) -> Result<Ledger, Error> {
        Ok(Ledger::parse(&self.table(LEDGER)?)?)
    }

    /// Writes the coverage table and says where it is now; `None` where nothing is on disk to write to.
    ///
    /// # Errors
    /// It could not be written.
    pub fn write_coverage(&self, text: &str) -> Result<Option<PathBuf>, Error> {
        self.write_beside("COVERAGE.md", text)
    }

    /// What stands before the claims in their article; nothing where there is none.
    ///
    /// # Errors
    /// It could not be read.
    pub fn claims_preface(&self) -> Result<String, Error> {
        self.table(PREFACE)
    }

    /// Writes the article about the claims and says where it is now; `None` where nothing is on disk to write to.
    ///
    /// # Errors
    /// It could not be written.
    pub fn write_claims(&self, text: &str) -> Result<Option<PathBuf>, Error> {
        self.write_beside("claims/README.md", text)
    }

    fn write_beside(&self, name: &str, text: &str) -> Result<Option<PathBuf>, Error> {
        let Self::Checkout { scenarios, .. } = self else {
            return Ok(None);
        };
        let path = scenarios.join(name);
        match fs::write(&path, text) {
            Ok(()) => Ok(Some(path)),
            Err(source) => Err(Error::Table { path, source }),
        }
    }

    /// A table beside the scenarios; somebody's own have ours.
    fn table(&self, name: &str) -> Result<String, Error> {
        match self {
            Self::Checkout { scenarios, .. } => {
                let path = scenarios.join(name);
                fs::read_to_string(&path).map_err(unreadable(&path))
            }
            Self::Embedded | Self::Own(_) => Ok(SCENARIOS
                .get_file(name)
                .and_then(include_dir::File::contents_utf8)
                .unwrap_or_default()
                .to_owned()),
        }
    }
}
