//! Toxiproxy's toxics, as pure transformations of timed pieces of a stream.
//!
//! A [`Chain`] turns "these bytes arrived at this time" into "these bytes leave at that time"; nothing in it waits or
//! reads a clock, so a chain does the same whenever it is asked. [`pump`] moves real bytes at those times.
//!
//! Where Toxiproxy's behaviour depends on the order of arrival, ours depends on the stream alone: random choices are
//! drawn from the world's seed and the offset in the stream, `timeout` counts from the beginning of the connection,
//! and `reset_peer` resets live connections too.

mod ending;
pub(crate) mod pump;
mod shaping;

use std::time::Duration;

use bytes::Bytes;

use crate::armed::Armed;
use crate::fault::{Direction, Fault, TcpFault, Toxic};
use crate::name::HostName;
use crate::quantity::Seed;

/// Whether `what` refuses connections ([`Toxic::Down`]); the wire and dialers act on it, a [`crate::Stream`] cannot.
pub fn refuses(what: &Fault) -> bool {
    matches!(
        what,
        Fault::Tcp(TcpFault {
            toxic: Toxic::Down {},
            ..
        })
    )
}

/// Whether a connection to `port` of `host` that is tried now is refused by a `down` toxic; counts and records it.
///
/// For who opens connections without the wire between: the wire asks the same for each SYN that passes it.
pub fn is_down(armed: &Armed, host: &HostName, port: u16) -> bool {
    !armed
        .fire_at_port(host, port, &format!("port {port}"), refuses)
        .is_empty()
}

/// The longest that anything is held: beyond it a timer would overflow.
const FAR: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// One piece of a stream, and when it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timed {
    /// On the world's clock.
    pub(crate) due: Duration,
    /// What leaves.
    pub(crate) piece: Piece,
}

/// What passes through a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Bytes.
    Data(Bytes),
    /// From here on everything is swallowed; a mark for the timeline.
    Stalled,
    /// The stream ends.
    End(Ending),
}

/// How a stream ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As its sender ended it.
    Orderly,
    /// With FIN, by a fault, for this reason.
    Closed(String),
    /// With RST, by a fault, for this reason.
    Reset(String),
}

/// What one toxic does. Data and endings come and leave in order of time; [`Piece::Stalled`] is a mark beside them.
trait Stage: std::fmt::Debug + Send {
    /// The connection begins at `now`.
    fn begin(&mut self, _now: Duration, _out: &mut Vec<Timed>) {}

    /// A piece comes; what leaves because of it is added to `out`.
    fn pass(&mut self, timed: Timed, out: &mut Vec<Timed>);
}

/// The toxics of one direction of one connection, in order.
#[derive(Debug)]
pub(crate) struct Chain {
    stages: Vec<Box<dyn Stage>>,
}

impl Chain {
    /// The chain of those of `faults` that act on `direction`; `place` names the connection's end for random choices.
    pub(crate) fn new(faults: &[TcpFault], direction: Direction, seed: Seed, place: &str) -> Self {
        let stages = faults
            .iter()
            .filter(|fault| fault.stream == direction)
            .enumerate()
            .filter_map(|(index, fault)| {
                let draws = Draws {
                    seed,
                    place: format!("{place} {direction:?} {index}"),
                };
                stage(&fault.toxic, draws)
            })
            .collect();
        Self { stages }
    }

    /// What leaves later because the connection begins `now`.
    pub(crate) fn begin(&mut self, now: Duration) -> Vec<Timed> {
        let mut all = Vec::new();
        for index in 0..self.stages.len() {
            let mut out = Vec::new();
            self.stages[index].begin(now, &mut out);
            all.extend(Self::through(&mut self.stages[index + 1..], out));
        }
        all
    }

    /// What leaves because `piece` comes at `now`.
    pub(crate) fn pass(&mut self, now: Duration, piece: Piece) -> Vec<Timed> {
        Self::through(&mut self.stages, vec![Timed { due: now, piece }])
    }

    fn through(stages: &mut [Box<dyn Stage>], mut pieces: Vec<Timed>) -> Vec<Timed> {
        for stage in stages {
            let mut out = Vec::new();
            for timed in pieces {
                stage.pass(timed, &mut out);
            }
            pieces = out;
        }
        for timed in &mut pieces {
            timed.due = timed.due.min(FAR);
        }
        pieces
    }
}

fn stage(toxic: &Toxic, draws: Draws) -> Option<Box<dyn Stage>> {
    Some(match *toxic {
        Toxic::Latency { latency, jitter } => {
            Box::new(shaping::Latency::new(latency, jitter, draws))
        }
        Toxic::Bandwidth { rate } => Box::new(shaping::Bandwidth::new(rate)),
        Toxic::Slicer {
            average_size,
            size_variation,
            delay,
        } => Box::new(shaping::Slicer::new(
            average_size,
            size_variation,
            delay,
            draws,
        )),
        Toxic::SlowClose { delay } => Box::new(ending::SlowClose::new(delay)),
        Toxic::Timeout { timeout } => Box::new(ending::Timeout::new(timeout)),
        Toxic::ResetPeer { timeout } => Box::new(ending::ResetPeer::new(timeout)),
        Toxic::LimitData { bytes } => Box::new(ending::Limit::closing(bytes)),
        Toxic::ResetAfter { bytes } => Box::new(ending::Limit::resetting(bytes)),
        Toxic::Down {} => return None,
    })
}

/// Random numbers for one stage: a function of the seed, its place and the offset in the stream.
#[derive(Clone, Debug)]
struct Draws {
    seed: Seed,
    place: String,
}

impl Draws {
    /// A number below `bound` (0 for the bound 0).
    fn below(&self, bound: u64, offset: u64) -> u64 {
        let draw = self
            .seed
            .draw(&[b"toxic", self.place.as_bytes(), &offset.to_le_bytes()]);
        draw.checked_rem(bound).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
