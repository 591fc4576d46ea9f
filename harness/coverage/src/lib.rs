//! What of the catalogue the scenarios show: every documented failure, every system that documents name, every behaviour that
//! cmd/go's own tests assert.
//!
//! Reading order: [`ledger`] the rows that there must be, as `scenarios/coverage.toml` lists them; [`shown`] what a scenario
//! shows; [`coverage`] each row held against the scenarios; [`markdown`] the table that people read.

pub mod coverage;
pub mod ledger;
pub mod markdown;
pub mod shown;

pub use coverage::{Coverage, CoveredRow, Problem, Status};
pub use ledger::{Failure, InvalidLedger, Ledger, Part, Script, System};
pub use markdown::markdown;
