//! Reports for machines: `modfault.report.v1`, documented in `FORMAT.md`.
//!
//! A file that `--save` writes is a report of one scenario, so one function reads both.

use serde::{Deserialize, Serialize};

use crate::record::Record;
use crate::terminal::Summary;

/// The name and version of the format.
pub const SCHEMA: &str = "modfault.report.v1";

/// A whole run, or one saved scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of modfault that wrote it.
    pub modfault: String,
    /// Counts.
    pub summary: Summary,
    /// What was run, in the order of ids.
    pub scenarios: Vec<Record>,
}

/// Why a text is not a report.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// It is no JSON, or not of this shape.
    #[error("read the saved report")]
    Json(#[source] serde_json::Error),
    /// It is of another format or version.
    #[error("read the saved report: its schema is `{found}`, and `{SCHEMA}` is understood")]
    OtherSchema {
        /// What it says it is.
        found: String,
    },
}

impl Report {
    /// The report of `scenarios`, sorted by id.
    pub fn new(mut scenarios: Vec<Record>) -> Self {
        scenarios.sort_by(|one, two| one.scenario.id.cmp(&two.scenario.id));
        Self {
            schema: SCHEMA.to_owned(),
            modfault: env!("CARGO_PKG_VERSION").to_owned(),
            summary: Summary::of(&scenarios),
            scenarios,
        }
    }

    /// As JSON, with a line end.
    ///
    /// # Errors
    ///
    /// None that is known: every key is a text and every number finite.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }
}

/// Reads a report back.
///
/// # Errors
///
/// When it is no JSON, not of this shape, or of another version.
pub fn read_report(text: &str) -> Result<Report, SavedError> {
    #[derive(Deserialize)]
    struct Named {
        schema: String,
    }
    let named: Named = serde_json::from_str(text).map_err(SavedError::Json)?;
    if named.schema != SCHEMA {
        return Err(SavedError::OtherSchema {
            found: named.schema,
        });
    }
    serde_json::from_str(text).map_err(SavedError::Json)
}
