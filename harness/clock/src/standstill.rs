//! What the clock is told of the world around the command, and what it tells.

use std::time::Duration;

/// The world around a command, as far as the clock needs to know. Asked from the clock's own thread.
pub trait Surroundings: Send {
    /// How much is under way between machines that nobody's sleep shows. With any, time stands.
    fn unsettled(&self) -> usize;

    /// What that is, in words.
    fn describe(&self) -> Vec<String>;

    /// The client's TCP connections whose packets are swallowed for ever at this moment: for these its kernel will lose patience.
    fn silent(&self) -> Vec<Silent>;

    /// A number that changes when something happens that can be seen: an event, output of the command.
    fn progress(&self) -> u64;

    /// Hears that time has come to an end. May be called more than once.
    fn tell(&self, standstill: Standstill);
}

/// A connection whose packets are swallowed for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silent {
    /// The client's port.
    pub client_port: u16,
    /// When the first packet was swallowed, on the world's clock.
    pub since: Duration,
    /// Whether the connection was there already.
    pub established: bool,
}

impl Silent {
    /// What tells it from others.
    pub(crate) fn key(&self) -> (u16, Duration) {
        (self.client_port, self.since)
    }
}

/// Why a command will not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standstill {
    /// It waits for what will never come.
    ForEver {
        /// The world's clock.
        now: Duration,
        /// Its threads, by process.
        sleepers: Vec<Sleeper>,
    },
    /// It cannot be said what it waits for: something works without end, and time stands still meanwhile.
    Stuck {
        /// What works.
        reason: String,
    },
}

/// A thread that waits for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sleeper {
    /// The name of its process: `go`, `git-remote-http`.
    pub process: String,
    /// What it does, in words.
    pub call: &'static str,
}
