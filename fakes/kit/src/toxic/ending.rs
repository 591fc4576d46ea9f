//! Toxics about how and when a stream ends.

use std::time::Duration;

use super::{Ending, Piece, Stage, Timed};
use crate::quantity::ByteCount;

/// Passes on an orderly close only after a while.
#[derive(Debug)]
pub(super) struct SlowClose {
    delay: Duration,
}

impl SlowClose {
    /// `delay` in milliseconds.
    pub(super) fn new(delay: u64) -> Self {
        Self {
            delay: Duration::from_millis(delay),
        }
    }
}

impl Stage for SlowClose {
    fn pass(&mut self, mut timed: Timed, out: &mut Vec<Timed>) {
        if let Piece::End(Ending::Orderly | Ending::Closed(_)) = timed.piece {
            timed.due = timed.due.saturating_add(self.delay);
        }
        out.push(timed);
    }
}

/// Swallows everything, and closes at a fixed time after the connection began.
#[derive(Debug)]
pub(super) struct Timeout {
    after: Option<Duration>,
    stalled: bool,
}

impl Timeout {
    /// `timeout` in milliseconds; with 0 the connection stays open.
    pub(super) fn new(timeout: u64) -> Self {
        Self {
            after: (timeout > 0).then(|| Duration::from_millis(timeout)),
            stalled: false,
        }
    }
}

impl Stage for Timeout {
    fn begin(&mut self, now: Duration, out: &mut Vec<Timed>) {
        if let Some(after) = self.after {
            out.push(Timed {
                due: now.saturating_add(after),
                piece: Piece::End(Ending::Closed("closed by fault".to_owned())),
            });
        }
    }

    fn pass(&mut self, timed: Timed, out: &mut Vec<Timed>) {
        swallow(timed, &mut self.stalled, out);
    }
}

/// Lets nothing through but the endings that another toxic has made; marks the first data that it swallows.
pub(super) fn swallow(timed: Timed, stalled: &mut bool, out: &mut Vec<Timed>) {
    match timed.piece {
        Piece::Data(_) if !*stalled => {
            *stalled = true;
            out.push(Timed {
                due: timed.due,
                piece: Piece::Stalled,
            });
        }
        Piece::Data(_) | Piece::End(Ending::Orderly) => {}
        Piece::Stalled | Piece::End(Ending::Closed(_) | Ending::Reset(_)) => out.push(timed),
    }
}

/// Swallows everything, and resets the connection a while after the first piece came.
#[derive(Debug)]
pub(super) struct ResetPeer {
    after: Duration,
    begun: bool,
}

impl ResetPeer {
    /// `timeout` in milliseconds.
    pub(super) fn new(timeout: u64) -> Self {
        Self {
            after: Duration::from_millis(timeout),
            begun: false,
        }
    }
}

impl Stage for ResetPeer {
    fn pass(&mut self, timed: Timed, out: &mut Vec<Timed>) {
        if timed.piece == Piece::Stalled {
            out.push(timed);
        } else if !self.begun {
            self.begun = true;
            out.push(Timed {
                due: timed.due.saturating_add(self.after),
                piece: Piece::End(Ending::Reset("reset by fault".to_owned())),
            });
        }
    }
}

/// Passes exactly so many bytes, then ends the connection.
#[derive(Debug)]
pub(super) struct Limit {
    left: u64,
    ending: Option<Ending>,
}

impl Limit {
    /// Ends with FIN after `bytes` bytes; with 0, when the first byte would pass.
    pub(super) fn closing(bytes: u64) -> Self {
        Self {
            left: bytes,
            ending: Some(Ending::Closed(format!("cut after {}", ByteCount(bytes)))),
        }
    }

    /// Ends with RST after `bytes` bytes; with 0, when the first byte would pass.
    pub(super) fn resetting(bytes: u64) -> Self {
        Self {
            left: bytes,
            ending: Some(Ending::Reset(format!("reset after {}", ByteCount(bytes)))),
        }
    }
}

impl Stage for Limit {
    fn pass(&mut self, timed: Timed, out: &mut Vec<Timed>) {
        if self.ending.is_none() {
            return;
        }
        let due = timed.due;
        match timed.piece {
            Piece::Data(mut bytes) => {
                let most = usize::try_from(self.left).unwrap_or(usize::MAX);
                bytes.truncate(most);
                self.left -= bytes.len() as u64;
                if !bytes.is_empty() {
                    out.push(Timed {
                        due,
                        piece: Piece::Data(bytes),
                    });
                }
                if self.left == 0
                    && let Some(ending) = self.ending.take()
                {
                    out.push(Timed {
                        due,
                        piece: Piece::End(ending),
                    });
                }
            }
            piece @ (Piece::Stalled | Piece::End(_)) => out.push(Timed { due, piece }),
        }
    }
}
