//! A planned world becomes a running one: fakes behind faults, the command on its client, and what was seen.
//!
//! [`run_phase`] is the whole of it; [`visit()`] leaves what is done in the world to the caller. Inside: `machine` is the client, `stub` its own resolver, `internet` the hosts, `imports` their go-import pages, `component` those that are real programs, `overload` those that accept nothing, `repositories` what git serves,
//! `broker` how hosts reach each other; `step` does one step, `probe` one look at what is wrong, `command` runs one command, or several at the same time.

mod broker;
mod command;
mod component;
mod database;
pub mod error;
pub mod folder;
mod imports;
mod internet;
mod machine;
mod overload;
pub mod phase;
mod probe;
pub mod refusal;
mod repositories;
mod ssh;
mod step;
mod stub;
mod time;
mod together;
mod tools;
pub mod visit;

pub use component::program::{component_program, component_version};
pub use error::RunError;
pub use folder::sweep;
pub use phase::{COMPONENTS_START_WITHIN, Options, run_phase};
pub use refusal::{ClockRefusal, clock_refusal};
pub use time::ClockWish;
pub use visit::{Visit, visit};
