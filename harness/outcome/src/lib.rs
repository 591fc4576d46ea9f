//! From what was seen to a verdict: pure functions of observations.
//!
//! Read in this order: [`observation`] is what was seen, raw; [`canonical`] what of it is the same in every run of a
//! correct `go`, with [`wording`] for the texts that only tools word; [`stopped`] where a command was stopped, and [`hang`] where one waits for ever;
//! [`judge`] holds the phases of a scenario against its kind, [`probe`] what probes reveal against the healthy world, and [`claims`] what claims foretell against what came; [`snapshot`] writes the canonical form down and compares.

pub mod canonical;
pub mod claims;
pub mod hang;
pub mod judge;
pub mod observation;
pub mod probe;
mod program;
pub mod reason;
pub mod snapshot;
pub mod stopped;
pub mod wording;

pub use canonical::{Canonical, CanonicalStep, canonicalise};
pub use claims::{ClaimsInput, TriedClaim, TriedPrediction, try_claims};
pub use hang::{HangWords, hang_words};
pub use judge::{JudgeInput, Judgement, PhaseInput, Verdict, judge};
pub use observation::{
    CommandObservation, ComponentLog, Cost, Exit, Hang, Observation, ObservedClock,
    StepObservation, Waiting,
};
pub use probe::{ProbeInput, ProbeObservation, judge_probes};
pub use reason::Reason;
pub use snapshot::{Diff, SnapFile, compare, probes_text, snapshot_text};
pub use stopped::stopped;
pub use wording::Wording;
