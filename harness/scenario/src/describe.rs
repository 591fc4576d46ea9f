//! Faults, hosts and steps in words, for people who read a report.

mod client;
mod component;
mod fault;
mod host;
mod ssh;
mod sumdb;

pub use client::{describe_client, describe_step};
pub use fault::{describe, describe_placed};
pub use host::describe_host;

use crate::scenario::ClockChoice;
use crate::time::WallTime;

/// What is particular about the clock of a scenario; nothing where it is the usual one, or why it is the real one, which is
/// told where it was run.
pub fn describe_clock(clock: &ClockChoice) -> Option<String> {
    match clock {
        ClockChoice::Virtual { start } if *start != WallTime::START => {
            Some(format!("its clock begins at {start}"))
        }
        ClockChoice::Virtual { .. } | ClockChoice::Real { .. } => None,
    }
}

/// Names with commas, and `and` before the last.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}
