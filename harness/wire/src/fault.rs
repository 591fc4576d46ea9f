//! What the packet faults of a flow do to one of its packets.

use std::time::Duration;

use modfault_kit::event::ConnectOutcome;
use modfault_kit::fault::{Direction, NetFault};
use modfault_kit::toxic::refuses;
use modfault_kit::{ByteCount, Event, EventKind, Fault, Probability};

use crate::flow::FlowKey;
use crate::frame::{Frame, Packet, RST, Segment, Transport};
use crate::reply::{self, Unreachable};
use crate::router::{Action, Router, Verdict};

impl Router {
    /// Applies the flow's faults, in their order; the first that stops the packet has the last word.
    pub(crate) fn suffer(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet,
        direction: Direction,
        key: FlowKey,
    ) -> Verdict {
        let Some(flow) = self.flows.get_mut(&key) else {
            return Verdict::at_once(Action::Forward);
        };
        if flow.cut {
            return Verdict::at_once(Action::Drop);
        }
        if flow.faults.is_empty() {
            return Verdict::at_once(Action::Forward);
        }
        let faults = flow.faults.clone();
        let mut verdict = Verdict::at_once(Action::Forward);
        for (id, fault) in &faults {
            match fault {
                NetFault::Drop => {
                    self.failed(packet, direction, ConnectOutcome::Dropped);
                    verdict.action = Action::Drop;
                }
                NetFault::DropIcmp => verdict.action = Action::Drop,
                NetFault::Rst => {
                    verdict.action = match &packet.transport {
                        Transport::Tcp(segment) if !segment.has(RST, RST) => {
                            self.failed(packet, direction, ConnectOutcome::Refused);
                            Action::Reply(reply::reset(frame, packet, segment))
                        }
                        _ => Action::Drop,
                    };
                }
                NetFault::HostUnreachable
                | NetFault::NetUnreachable
                | NetFault::AdminProhibited => {
                    let reason = match fault {
                        NetFault::NetUnreachable => Unreachable::Network,
                        NetFault::AdminProhibited => Unreachable::Prohibited,
                        _ => Unreachable::Host,
                    };
                    self.failed(packet, direction, ConnectOutcome::Unreachable);
                    verdict.action = self
                        .unreachable(frame, packet, reason, Duration::ZERO)
                        .action;
                }
                NetFault::Delay(delay) => verdict.hold = verdict.hold.saturating_add(*delay),
                NetFault::Loss(probability) => {
                    if self.loses(&id.0, *probability, packet, direction, key) {
                        // What every draw loses is not lost by chance.
                        let is_certain = probability.holds_for(u64::MAX);
                        verdict.action = if is_certain {
                            Action::Drop
                        } else {
                            Action::Lose
                        };
                    }
                }
                NetFault::MtuBlackhole(size) => {
                    if direction == Direction::Downstream && packet.size > usize::from(*size) {
                        self.broken(key, "stalled");
                        verdict.action = Action::Drop;
                    }
                }
                NetFault::CutAfter(limit) => {
                    if let (Transport::Tcp(segment), Direction::Downstream) =
                        (&packet.transport, direction)
                    {
                        verdict.action = self.cut(frame, packet, segment, key, limit.0);
                    }
                }
            }
            if !matches!(verdict.action, Action::Forward | Action::Replace(_)) {
                break;
            }
        }
        if let Action::Reply(_) = verdict.action {
            // There and back.
            verdict.hold = verdict.hold.saturating_mul(2);
        }
        verdict
    }

    fn loses(
        &mut self,
        id: &str,
        probability: Probability,
        packet: &Packet,
        direction: Direction,
        key: FlowKey,
    ) -> bool {
        let seed = self.context.armed.seed();
        self.flows.get_mut(&key).is_some_and(|flow| {
            let occurrence = flow.occurrence(packet, direction);
            let draw = seed.draw(&[
                b"loss",
                id.as_bytes(),
                flow.host.as_str().as_bytes(),
                &flow.port.to_le_bytes(),
                &occurrence,
            ]);
            probability.holds_for(draw)
        })
    }

    /// Lets `limit` bytes of payload through to the client, counted without gaps, and then nothing.
    fn cut(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet,
        segment: &Segment,
        key: FlowKey,
        limit: u64,
    ) -> Action {
        let Some(flow) = self.flows.get_mut(&key) else {
            return Action::Forward;
        };
        let Some(isn) = flow.host_isn else {
            return Action::Forward;
        };
        if segment.payload == 0 {
            return Action::Forward;
        }
        let begin = u64::from(segment.sequence.wrapping_sub(isn).wrapping_sub(1));
        let end = begin.saturating_add(segment.payload as u64);
        if begin <= flow.carried {
            flow.carried = flow.carried.max(end.min(limit));
        }
        flow.cut = flow.carried >= limit;
        if flow.cut {
            self.broken(key, &format!("cut after {}", ByteCount(limit)));
        }
        if end <= limit {
            return Action::Forward;
        }
        let left = usize::try_from(limit.saturating_sub(begin)).unwrap_or(usize::MAX);
        if left == 0 {
            Action::Drop
        } else {
            Action::Replace(reply::shortened(frame, packet, segment, left))
        }
    }

    /// Records, once, that the connection which `packet` opens or refuses did not come about.
    pub(crate) fn failed(
        &mut self,
        packet: &Packet,
        direction: Direction,
        outcome: ConnectOutcome,
    ) {
        if packet.protocol != 6 {
            return;
        }
        if let Some(key) = FlowKey::of(packet, direction) {
            self.tell(key, |port| EventKind::ConnectFailed { port, outcome });
        }
    }

    /// Records, once, that a fault broke an established connection.
    fn broken(&mut self, key: FlowKey, how: &str) {
        self.tell(key, |port| EventKind::Broken {
            port,
            how: how.to_owned(),
        });
    }

    fn tell(&mut self, key: FlowKey, kind: impl FnOnce(u16) -> EventKind) {
        if let Some(flow) = self.flows.get_mut(&key)
            && !flow.told
        {
            flow.told = true;
            self.context
                .recorder
                .record(Event::new(&flow.host, kind(flow.port)));
        }
    }
}

/// Whether `fault` can do anything to a flow of this protocol; what it cannot touch it does not fire for.
pub(crate) fn concerns(fault: &Fault, transport: &Transport) -> bool {
    let (tcp, icmp) = match transport {
        Transport::Tcp(_) => (true, false),
        Transport::Icmp { .. } => (false, true),
        Transport::Udp { .. } | Transport::Other => (false, false),
    };
    match fault {
        Fault::Net(fault) => match fault {
            NetFault::Drop
            | NetFault::HostUnreachable
            | NetFault::NetUnreachable
            | NetFault::AdminProhibited
            | NetFault::Delay(_)
            | NetFault::Loss(_)
            | NetFault::MtuBlackhole(_) => true,
            NetFault::DropIcmp => icmp,
            NetFault::Rst | NetFault::CutAfter(_) => tcp,
        },
        Fault::Tcp(_) => tcp && refuses(fault),
        Fault::Dns(_)
        | Fault::Tls(_)
        | Fault::Http(_)
        | Fault::Goproxy(_)
        | Fault::Sumdb(_)
        | Fault::Git(_)
        | Fault::Ssh(_)
        | Fault::Vanity(_) => false,
    }
}
