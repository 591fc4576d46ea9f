//! Observations and verdicts as texts: pure functions, so that a saved run can be told again without running `go`.
//!
//! Read in this order: [`card`] is what a report says of a scenario, [`record`] a scenario with what was observed and
//! judged; then one format a module: [`terminal`] for live lines and the summary, [`mod@show`] tells one scenario to a
//! reader, [`change`] what differs between two versions of Go, [`claims`] what documents state and what is true, [`conform`] what came of the rules for a server, [`list`], [`diagnostic`], [`json`] (documented in `FORMAT.md`) and [`junit`]. Texts carry colour as ANSI escapes
//! ([`style`]); whoever prints strips them where colour is not wanted.

pub mod card;
pub mod change;
pub mod claims;
pub mod clock;
pub mod conform;
pub mod coverage;
pub mod diagnostic;
mod diff;
pub mod json;
pub mod junit;
pub mod list;
pub mod record;
pub mod show;
pub mod style;
pub mod terminal;
mod wrap;

pub use card::{Card, FaultCard, HostCard, Place, ProbeCard};
pub use change::{Changes, changes_text};
pub use claims::{
    ClaimCard, Language, claim_evidence, claim_untold, claims_article, claims_json, claims_table,
};
pub use clock::ClockWord;
pub use conform::{conform_json, conform_text};
pub use coverage::{coverage_json, coverage_text};
pub use diagnostic::{render_diagnostics, render_diagnostics_json};
pub use json::{Report, SavedError, VersionSummary, read_report};
pub use junit::junit;
pub use list::{list_json, list_table};
pub use record::{PhaseRecord, ReasonRecord, Record, VerdictWord};
pub use show::{Detail, show};
pub use terminal::{Summary, finished_line, problem};
