//! From what was seen to a verdict.

pub mod observation;

pub use observation::{Cost, Exit, Observation, StepObservation};
