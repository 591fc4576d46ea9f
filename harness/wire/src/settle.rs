//! Whether the two kernels of a connection have done all that they do by themselves.
//!
//! ```text
//!   sender ──▶ wire ──▶ receiver       delivered: up to here the receiver has been given the stream
//!          ◀──      ◀──                acknowledged: up to here it has said so to the wire, told: to the sender
//! ```
//!
//! The kernels run on real time, which a virtual clock must not overtake. What was delivered is acknowledged at once, and
//! what the wire lost by chance is sent again: until then the connection is unsettled. What a fault swallows for ever is not
//! waited for, and a frame that is held is a deadline of the clock.

use std::time::Duration;

use modfault_kit::fault::Direction;

use crate::frame::{ACK, FIN, RST, SYN, Segment};
use crate::unsettled::{Account, Reading};

/// What becomes of a segment that arrives at the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes on now.
    Passes,
    /// It goes on later.
    IsHeld,
    /// Its beginning goes on later, the rest never.
    IsShortened,
    /// It vanishes, and its sender will send it again.
    IsLost,
    /// It vanishes, and so will whatever is sent in its place.
    IsSwallowed,
    /// The wire answers in the place of the receiver, and the connection is over.
    IsAnswered,
}

/// The bookkeeping of one TCP connection.
#[derive(Debug)]
pub(crate) struct Settlement {
    upstream: Course,
    downstream: Course,
    silent_since: Option<Duration>,
    /// The client has no use for the connection any more.
    client_is_done: bool,
    account: Account,
}

impl Settlement {
    pub(crate) fn new(account: Account) -> Self {
        Self {
            upstream: Course::default(),
            downstream: Course::default(),
            silent_since: None,
            client_is_done: false,
            account,
        }
    }

    /// Notes that `segment`, which goes in `direction`, came to the wire `now`, and what becomes of it; and whether from now on
    /// nothing of the connection passes in either direction.
    pub(crate) fn arrives(
        &mut self,
        direction: Direction,
        segment: &Segment,
        fate: Fate,
        nothing_passes: bool,
        now: Duration,
    ) {
        let (course, reverse) = match direction {
            Direction::Upstream => (&mut self.upstream, &mut self.downstream),
            Direction::Downstream => (&mut self.downstream, &mut self.upstream),
        };
        if segment.has(RST, RST) {
            // Who resets sends nothing again; the other end learns of it now, or when it sends again.
            course.settle();
            if fate != Fate::IsLost {
                reverse.settle();
            }
            self.client_is_done |= direction == Direction::Upstream
                || matches!(fate, Fate::Passes | Fate::IsHeld | Fate::IsShortened);
        } else {
            if segment.has(ACK, ACK) && reverse.hears(segment, fate) {
                self.silent_since = None;
            }
            match fate {
                Fate::Passes => {
                    course.gets_through(segment);
                    course.is_given(segment);
                }
                Fate::IsHeld => course.gets_through(segment),
                Fate::IsShortened | Fate::IsSwallowed => {
                    let matters = course.loses_for_ever(segment, fate);
                    // Where only what the host sends is too large, it still answers the client's probes.
                    if matters && (direction == Direction::Upstream || nothing_passes) {
                        self.silent_since.get_or_insert(now);
                    }
                }
                Fate::IsLost => course.loses(segment),
                Fate::IsAnswered => {
                    course.settle();
                    reverse.settle();
                }
            }
        }
        if self.client_is_done {
            self.silent_since = None;
        }
        self.publish();
    }

    /// Notes that `segment`, held until now, goes on.
    pub(crate) fn leaves(&mut self, direction: Direction, segment: &Segment) {
        match direction {
            Direction::Upstream => self.upstream.is_given(segment),
            Direction::Downstream => self.downstream.is_given(segment),
        }
        self.publish();
    }

    fn publish(&mut self) {
        self.account.publish(&Reading {
            owed: [self.upstream.owed(), self.downstream.owed()],
            lost: [self.upstream.awaits(), self.downstream.awaits()],
            silent_since: self.silent_since,
            // A client that acknowledges anything has had the answer to its SYN.
            established: self.downstream.acknowledged.is_some(),
        });
    }
}

/// One direction of a connection, in numbers of its sender's sequence space (RFC 9293 §3.4).
#[derive(Debug, Default)]
struct Course {
    delivered: Option<u32>,
    acknowledged: Option<u32>,
    /// The receiver has no room: what is beyond the acknowledgement is thrown away until it has (RFC 9293 §3.8.6.1).
    closed: bool,
    /// Where the first gap begins that will never be filled.
    hole: Option<u32>,
    /// What was lost by chance and has not come again.
    lost: Vec<(u32, u32)>,
    told: Option<u32>,
    told_closed: bool,
    /// An acknowledgement that was lost by chance: the sender goes on sending what it is about.
    untold: Option<u32>,
}

impl Course {
    /// How much the receiver has still to acknowledge.
    fn owed(&self) -> u32 {
        match (self.delivered, self.acknowledged) {
            (Some(_), _) if self.closed => 0,
            (Some(delivered), Some(acknowledged)) if after(delivered, acknowledged) => {
                delivered.wrapping_sub(acknowledged)
            }
            (Some(_), None) => 1,
            (Some(_) | None, _) => 0,
        }
    }

    /// Whether its sender's kernel will send something again.
    fn awaits(&self) -> bool {
        !self.lost.is_empty() || self.untold.is_some()
    }

    /// Its receiver was given `segment`.
    fn is_given(&mut self, segment: &Segment) {
        let (begin, end) = range(segment);
        if begin != end {
            raise(&mut self.delivered, end);
        }
    }

    /// `segment` was spared by chance: it need not be sent again, when nothing else happens to it.
    fn gets_through(&mut self, segment: &Segment) {
        let (begin, end) = range(segment);
        self.cover(begin, end);
    }

    fn loses(&mut self, segment: &Segment) {
        let (mut begin, end) = range(segment);
        if let Some(acknowledged) = self.acknowledged
            && after(acknowledged, begin)
        {
            begin = acknowledged;
        }
        if after(end, begin) {
            self.cover(begin, end);
            self.lost.push((begin, end));
        }
    }

    /// Whether that changes anything for its sender.
    fn loses_for_ever(&mut self, segment: &Segment, fate: Fate) -> bool {
        let (begin, end) = range(segment);
        self.cover(begin, end);
        // What was lost is sent again in vain.
        self.untold = None;
        if begin == end {
            return true;
        }
        if self.acknowledged.is_some_and(|number| !after(end, number)) {
            return false;
        }
        let gap = if fate == Fate::IsShortened {
            end
        } else {
            begin
        };
        if self.hole.is_none_or(|hole| after(hole, gap)) {
            self.hole = Some(gap);
        }
        true
    }

    /// Its receiver says in `segment` how far it has come; whether a gap proves to be filled after all.
    fn hears(&mut self, segment: &Segment, fate: Fate) -> bool {
        let number = segment.acknowledgement;
        let closed = segment.window == 0;
        raise(&mut self.acknowledged, number);
        self.closed = closed;
        let filled = self.hole.is_some_and(|hole| after(number, hole));
        if filled {
            self.hole = None;
        } else if self.hole.is_some()
            && let Some(delivered) = self.delivered
        {
            // Behind a gap it can only repeat itself.
            raise(&mut self.acknowledged, delivered);
        }
        // What it has had in spite of all need not come again.
        self.cover(number.wrapping_sub(HALF - 1), number);
        match fate {
            Fate::Passes | Fate::IsHeld | Fate::IsShortened => {
                raise(&mut self.told, number);
                self.told_closed = closed;
                if self.untold.is_some_and(|untold| !after(untold, number)) {
                    self.untold = None;
                }
            }
            Fate::IsLost => {
                let is_news = self.told.is_none_or(|told| after(number, told));
                if is_news || (self.told_closed && !closed) {
                    raise(&mut self.untold, number);
                }
            }
            Fate::IsSwallowed | Fate::IsAnswered => self.untold = None,
        }
        filled
    }

    /// Nothing is owed or sent again any more, until something new is delivered.
    fn settle(&mut self) {
        if let Some(delivered) = self.delivered {
            raise(&mut self.acknowledged, delivered);
        }
        self.lost.clear();
        self.untold = None;
    }

    /// Takes `begin..end` out of what has to come again.
    fn cover(&mut self, begin: u32, end: u32) {
        if self.lost.is_empty() || begin == end {
            return;
        }
        let mut left = Vec::new();
        for (from, to) in self.lost.drain(..) {
            if !after(end, from) || !after(to, begin) {
                left.push((from, to));
                continue;
            }
            if after(begin, from) {
                left.push((from, begin));
            }
            if after(to, end) {
                left.push((end, to));
            }
        }
        self.lost = left;
    }
}

/// Half of the sequence space: what is further away lies behind.
const HALF: u32 = 1 << 31;

/// Whether `number` comes after `other`, around the end of the sequence space (RFC 9293 §3.4).
fn after(number: u32, other: u32) -> bool {
    number != other && number.wrapping_sub(other) < HALF
}

fn raise(highest: &mut Option<u32>, number: u32) {
    if highest.is_none_or(|highest| after(number, highest)) {
        *highest = Some(number);
    }
}

/// The part of the sequence space that `segment` takes up.
fn range(segment: &Segment) -> (u32, u32) {
    let payload = u32::try_from(segment.payload).unwrap_or(u32::MAX);
    let flags = u32::from(segment.has(SYN, SYN)) + u32::from(segment.has(FIN, FIN));
    let end = segment.sequence.wrapping_add(payload).wrapping_add(flags);
    (segment.sequence, end)
}

#[cfg(test)]
mod tests;
