//! A GOPROXY server as the subject: what the protocol wants of it, asked rule by rule.
//!
//! Read in this order: [`rule`] is what a rule is, [`rules`] the table of all, each family in a file of its own; a rule has
//! [`act`]s and a check over the [`seen`] exchanges, about what a [`sample`] says to be true. [`stage`] is the world that a
//! subject is put into. That is all pure; what talks is small: [`client`] makes one exchange, [`battery`] plays a rule on a
//! [`stand`], the place where the subject is, of which [`outside`] is the one that is reached by a URL. [`result`] is what came of it.

pub mod act;
pub mod battery;
mod check;
pub mod client;
pub mod outside;
pub mod result;
pub mod rule;
pub mod rules;
pub mod sample;
pub mod seen;
pub mod stage;
pub mod stand;

pub use act::{Act, Ask};
pub use battery::{play, show};
pub use outside::{BadUrl, Outside};
pub use result::{Conformance, Counts, Demonstration, RuleResult};
pub use rule::{Bend, Rule, Setting, Severity, Shortfall, Shown};
pub use rules::RULES;
pub use sample::{BadModule, Known, Sample};
pub use seen::{Answer, GoRun, Reply, Seen, UpstreamRequest};
pub use stage::{Stage, StageError, Subject};
pub use stand::{Connection, Stand, Target};
