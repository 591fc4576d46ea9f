//! Toxics that change when bytes leave, and in which pieces, but keep every byte in order.

use std::time::Duration;

use super::ending::swallow;
use super::{Draws, Piece, Stage, Timed};

/// Holds each chunk for a while after its arrival; delays do not add up from chunk to chunk.
#[derive(Debug)]
pub(super) struct Latency {
    latency: u64,
    jitter: u64,
    draws: Draws,
    offset: u64,
    last: Duration,
}

impl Latency {
    /// Both in milliseconds; the wait is uniform from `latency - jitter` up to, not including, `latency + jitter`.
    pub(super) fn new(latency: u64, jitter: u64, draws: Draws) -> Self {
        Self {
            latency,
            jitter,
            draws,
            offset: 0,
            last: Duration::ZERO,
        }
    }

    fn wait(&self) -> Duration {
        let spread = self.draws.below(self.jitter.saturating_mul(2), self.offset);
        let milliseconds = self
            .latency
            .saturating_add(spread)
            .saturating_sub(self.jitter);
        Duration::from_millis(milliseconds)
    }
}

impl Stage for Latency {
    fn pass(&mut self, timed: Timed, out: &mut Vec<Timed>) {
        let due = match &timed.piece {
            Piece::Data(bytes) => {
                let due = timed.due.saturating_add(self.wait());
                self.offset += bytes.len() as u64;
                due
            }
            Piece::End(_) => timed.due,
            Piece::Stalled => return out.push(timed),
        };
        // Jitter must not make a piece overtake the one before it.
        self.last = self.last.max(due);
        out.push(Timed {
            due: self.last,
            piece: timed.piece,
        });
    }
}

/// Lets at most so many bytes through in a second.
#[derive(Debug)]
pub(super) struct Bandwidth {
    rate: u64,
    free: Duration,
    stalled: bool,
}

impl Bandwidth {
    /// `rate` in kilobytes of 1000 bytes a second; at 0 nothing passes.
    pub(super) fn new(rate: u64) -> Self {
        Self {
            rate,
            free: Duration::ZERO,
            stalled: false,
        }
    }

    fn time_for(&self, length: usize) -> Duration {
        // `rate` kilobytes a second is one byte in 1_000_000 / rate nanoseconds.
        let nanoseconds = (length as u64)
            .saturating_mul(1_000_000)
            .checked_div(self.rate)
            .unwrap_or(u64::MAX);
        Duration::from_nanos(nanoseconds)
    }
}

impl Stage for Bandwidth {
    fn pass(&mut self, timed: Timed, out: &mut Vec<Timed>) {
        if self.rate == 0 {
            return swallow(timed, &mut self.stalled, out);
        }
        self.free = self.free.max(timed.due);
        match timed.piece {
            Piece::Data(mut bytes) => {
                // A tenth of a second at a time, so that a big chunk does not come all at its end.
                let most = usize::try_from(self.rate.saturating_mul(100)).unwrap_or(usize::MAX);
                while !bytes.is_empty() {
                    let part = bytes.split_to(most.min(bytes.len()));
                    self.free = self.free.saturating_add(self.time_for(part.len()));
                    out.push(Timed {
                        due: self.free,
                        piece: Piece::Data(part),
                    });
                }
            }
            piece @ Piece::End(_) => out.push(Timed {
                due: self.free,
                piece,
            }),
            Piece::Stalled => out.push(timed),
        }
    }
}

/// Cuts the stream into small pieces with a pause after each.
#[derive(Debug)]
pub(super) struct Slicer {
    average: u64,
    variation: u64,
    pause: Duration,
    draws: Draws,
    offset: u64,
    free: Duration,
}

impl Slicer {
    /// Sizes in bytes, the pause in microseconds. A piece has at least one byte.
    pub(super) fn new(average: u64, variation: u64, pause: u64, draws: Draws) -> Self {
        Self {
            average,
            variation,
            pause: Duration::from_micros(pause),
            draws,
            offset: 0,
            free: Duration::ZERO,
        }
    }

    fn size(&self) -> usize {
        let spread = self
            .draws
            .below(self.variation.saturating_mul(2), self.offset);
        let size = self
            .average
            .saturating_add(spread)
            .saturating_sub(self.variation);
        usize::try_from(size.max(1)).unwrap_or(usize::MAX)
    }
}

impl Stage for Slicer {
    fn pass(&mut self, timed: Timed, out: &mut Vec<Timed>) {
        self.free = self.free.max(timed.due);
        match timed.piece {
            Piece::Data(mut bytes) => {
                while !bytes.is_empty() {
                    let part = bytes.split_to(self.size().min(bytes.len()));
                    self.offset += part.len() as u64;
                    out.push(Timed {
                        due: self.free,
                        piece: Piece::Data(part),
                    });
                    self.free = self.free.saturating_add(self.pause);
                }
            }
            piece @ Piece::End(_) => out.push(Timed {
                due: self.free,
                piece,
            }),
            Piece::Stalled => out.push(timed),
        }
    }
}
