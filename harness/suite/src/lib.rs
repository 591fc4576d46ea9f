//! Scenarios as a set: where they come from, which are meant, and how one of them is run, judged and held against its snapshot.
//!
//! The command line and the snapshot tests both stand on this room, so that they can never disagree. Nothing here prints, reads
//! the process environment or decides about an exit code.
//!
//! Reading order: [`collection`] files and snapshots, compiled in or on disk; [`select`] which scenarios are meant;
//! [`engine`] a task and what comes of it, with [`pace`] which phases run at once, `probes` what was tried to find the fault, and [`recorded`] what a snapshot must agree
//! with; [`conform`] a GOPROXY server as the subject; [`machine`] the way to this machine's worlds, and [`clock`] which clock they have; [`error`] what can go wrong.

mod claims;
pub mod clock;
pub mod collection;
pub mod conform;
pub mod engine;
pub mod error;
pub mod machine;
pub mod pace;
mod probes;
pub mod recorded;
pub mod select;

pub use clock::{Available, ClockWish, Refused};
pub use collection::Collection;
pub use engine::{Hindrance, Probes, Ran, Snapshots, Task, run};
pub use error::{BadFile, Error};
pub use machine::Machine;
pub use select::{Case, case, cases};
