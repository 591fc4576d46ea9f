//! Faults, hosts and steps in words, for people who read a report.

mod client;
mod fault;
mod host;

pub use client::{describe_client, describe_step};
pub use fault::{describe, describe_placed};
pub use host::describe_host;

/// Names with commas, and `and` before the last.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}
