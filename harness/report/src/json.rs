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
    /// The same by version of Go, in the order in which they were run, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<VersionSummary>,
    /// What was run, in the order of ids.
    pub scenarios: Vec<Record>,
}

/// What came of the scenarios on one version of Go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionSummary {
    /// What `go env GOVERSION` says.
    pub go: String,
    /// Counts.
    pub summary: Summary,
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
    /// The report of `scenarios`, sorted by id; those of one id, and the versions, stay in the order in which they are given.
    pub fn new(mut scenarios: Vec<Record>) -> Self {
        let versions = by_version(&scenarios);
        scenarios.sort_by(|one, two| one.scenario.id.cmp(&two.scenario.id));
        Self {
            schema: SCHEMA.to_owned(),
            modfault: env!("CARGO_PKG_VERSION").to_owned(),
            summary: Summary::of(&scenarios),
            versions,
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

/// Counts for each version of Go, where there are several.
fn by_version(records: &[Record]) -> Vec<VersionSummary> {
    let mut versions: Vec<VersionSummary> = Vec::new();
    for record in records {
        let Some(go) = &record.go else { continue };
        if let Some(known) = versions.iter_mut().find(|known| known.go == *go) {
            known.summary.add(record);
        } else {
            versions.push(VersionSummary {
                go: go.clone(),
                summary: Summary::of([record]),
            });
        }
    }
    if versions.len() > 1 {
        versions
    } else {
        Vec::new()
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
