//! What becomes of a frame: the wire is a router, and behind it are the packet faults of the hosts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use modfault_kit::event::ConnectOutcome;
use modfault_kit::fault::{Direction, NetFault};
use modfault_kit::toxic::refuses;
use modfault_kit::{Context, Event, EventKind, Fault, HostName};

use crate::fault::concerns;
use crate::flow::{Flow, FlowKey};
use crate::frame::{ACK, Content, Frame, Packet, RST, SYN, Segment, Transport};
use crate::map::{AddressMap, NOWHERE};
use crate::reply::{self, Unreachable};
use crate::settle::{Fate, Settlement};
use crate::unsettled::Unsettled;

/// Flows remembered before those that have been silent are forgotten.
const FLOWS: usize = 4096;

/// After this silence datagrams between the same ports are something new, and a flow may be forgotten.
const SILENCE: Duration = Duration::from_secs(120);

/// The protocol's number (IANA).
const TCP: u8 = 6;

/// Where traceroute expects a refusal: its datagrams go to ports that nobody listens at (traceroute(8)).
const TRACEROUTE: RangeInclusive<u16> = 33434..=33534;

/// What becomes of one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What is done.
    pub action: Action,
    /// How long it takes until then.
    pub hold: Duration,
}

/// What is done with a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It goes on to the other end, one hop older.
    Forward,
    /// It vanishes, and so will whatever is sent in its place.
    Drop,
    /// It vanishes by chance: its sender may send it again.
    Lose,
    /// These frames go on to the other end in its place.
    Replace(Vec<Vec<u8>>),
    /// This frame goes back to the end that it came from.
    Reply(Vec<u8>),
}

/// Decides on frames; holds what is known of the flows.
///
/// It reads no clock and touches no socket: what it is told of time and frames decides what it says. The faults'
/// trigger counts and the recorded events go through the context.
#[derive(Debug)]
pub struct Router {
    map: AddressMap,
    pub(crate) context: Context,
    nowhere: HostName,
    gateway: HostName,
    pub(crate) flows: BTreeMap<FlowKey, Flow>,
    unsettled: Unsettled,
    strayed: BTreeSet<(Ipv4Addr, u16, u8)>,
}

impl Router {
    /// A router between the client and the hosts of `map`.
    pub fn new(map: AddressMap, context: Context) -> Self {
        let name = |text| HostName::parse(text).expect("it is a host name");
        Self {
            map,
            context,
            nowhere: name(NOWHERE),
            gateway: name("gateway"),
            flows: BTreeMap::new(),
            unsettled: Unsettled::default(),
            strayed: BTreeSet::new(),
        }
    }

    /// The connections whose kernels have still something to do, to be asked while it runs.
    pub fn unsettled(&self) -> Unsettled {
        self.unsettled.clone()
    }

    /// What becomes of `frame`, which goes in `direction` and came `now`.
    ///
    /// A frame that is to be forwarded at once counts as delivered; of others [`Router::leaves`] has to be told.
    pub fn decide(&mut self, frame: &Frame<'_>, direction: Direction, now: Duration) -> Verdict {
        match frame.content() {
            Content::Ipv4(packet) => self.route(frame, &packet, direction, now),
            Content::WhoHas { sender, target } if sender != target => {
                reply_with(reply::is_at(frame, sender, target))
            }
            // IPv6 and the like: this internet has none, and the kernel's own attempts are no finding.
            Content::WhoHas { .. } | Content::Other => Verdict::at_once(Action::Drop),
        }
    }

    /// Takes note that `frame`, held until now, goes on in `direction`.
    pub fn leaves(&mut self, frame: &Frame<'_>, direction: Direction) {
        if let Content::Ipv4(packet) = frame.content()
            && let Transport::Tcp(segment) = &packet.transport
            && let Some((settlement, _)) = self.settlement(&packet, direction)
        {
            settlement.leaves(direction, segment);
        }
    }

    /// The books of the connection that `packet` belongs to, and whether nothing of it passes any more.
    fn settlement(
        &mut self,
        packet: &Packet,
        direction: Direction,
    ) -> Option<(&mut Settlement, bool)> {
        let key = FlowKey::of(packet, direction)?;
        let flow = self.flows.get_mut(&key)?;
        Some((flow.settlement.as_mut()?, flow.cut))
    }

    fn route(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet,
        direction: Direction,
        now: Duration,
    ) -> Verdict {
        let far = match direction {
            Direction::Upstream if packet.source != self.map.client => {
                return Verdict::at_once(Action::Drop);
            }
            Direction::Upstream => packet.destination,
            Direction::Downstream if packet.destination != self.map.client => {
                return self.stray(frame, packet);
            }
            Direction::Downstream => packet.source,
        };
        if direction == Direction::Upstream && self.map.host(far).is_none() {
            if far == self.map.gateway {
                return self.at_gateway(frame, packet);
            }
            return self.stray(frame, packet);
        }
        if packet.ttl <= 1 {
            if !packet.may_be_answered_by_an_error() {
                return Verdict::at_once(Action::Drop);
            }
            return reply_with(reply::time_exceeded(frame, packet, self.map.gateway));
        }
        let verdict = self.at_host(frame, packet, far, direction, now);
        if let Transport::Tcp(segment) = &packet.transport {
            let fate = if self.falls_at_host(segment, far, direction, &verdict) {
                self.failed(packet, direction, ConnectOutcome::Dropped);
                Fate::IsSwallowed
            } else {
                verdict.fate()
            };
            if let Some((settlement, cut)) = self.settlement(packet, direction) {
                settlement.arrives(direction, segment, fate, cut, now);
            }
        }
        verdict
    }

    /// Whether the kernel of the host lets `segment` fall, though the wire lets it pass: a SYN to a listener without room.
    fn falls_at_host(
        &self,
        segment: &Segment,
        far: Ipv4Addr,
        direction: Direction,
        verdict: &Verdict,
    ) -> bool {
        direction == Direction::Upstream
            && verdict.action == Action::Forward
            && segment.has(SYN, SYN | ACK)
            && (self.map.overloaded).contains(&(far, segment.destination_port))
    }

    /// A packet between the client and `far`, which a host owns.
    fn at_host(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet,
        far: Ipv4Addr,
        direction: Direction,
        now: Duration,
    ) -> Verdict {
        let verdict = self.in_flow(frame, packet, direction, now);
        let at_nowhere = self.map.host(far) == Some(&self.nowhere);
        if at_nowhere && verdict.action == Action::Forward && direction == Direction::Upstream {
            self.failed(packet, direction, ConnectOutcome::Unreachable);
            return self.unreachable(frame, packet, Unreachable::Host, verdict.hold);
        }
        verdict
    }

    /// A packet to the wire itself.
    fn at_gateway(&self, frame: &Frame<'_>, packet: &Packet) -> Verdict {
        match &packet.transport {
            Transport::Icmp {
                kind: 8,
                identifier,
                sequence,
            } => reply_with(reply::echo(frame, packet, *identifier, *sequence)),
            Transport::Tcp(segment) if segment.has(RST, RST) => Verdict::at_once(Action::Drop),
            Transport::Tcp(segment) => {
                if segment.has(SYN, SYN | ACK) {
                    self.context.recorder.record(Event::new(
                        &self.gateway,
                        EventKind::ConnectFailed {
                            port: segment.destination_port,
                            outcome: ConnectOutcome::Refused,
                        },
                    ));
                }
                reply_with(reply::reset(frame, packet, segment))
            }
            Transport::Udp { .. } => {
                self.unreachable(frame, packet, Unreachable::Port, Duration::ZERO)
            }
            Transport::Icmp { .. } | Transport::Other => Verdict::at_once(Action::Drop),
        }
    }

    /// A packet to an address that no host owns.
    fn stray(&mut self, frame: &Frame<'_>, packet: &Packet) -> Verdict {
        // 224.0.0.0/24 never leaves a link (RFC 5771 §4): the kernel's own group reports.
        if packet.destination.octets()[..3] == [224, 0, 0] {
            return Verdict::at_once(Action::Drop);
        }
        let port = packet.destination_port();
        if self
            .strayed
            .insert((packet.destination, port, packet.protocol))
        {
            self.context.recorder.record(Event::new(
                &self.nowhere,
                EventKind::Egress {
                    destination: SocketAddr::from((packet.destination, port)),
                    protocol: packet.protocol_name(),
                },
            ));
        }
        self.unreachable(frame, packet, Unreachable::Host, Duration::ZERO)
    }

    pub(crate) fn unreachable(
        &self,
        frame: &Frame<'_>,
        packet: &Packet,
        reason: Unreachable,
        hold: Duration,
    ) -> Verdict {
        if !packet.may_be_answered_by_an_error() {
            return Verdict::at_once(Action::Drop);
        }
        Verdict {
            action: Action::Reply(reply::unreachable(frame, packet, self.map.gateway, reason)),
            hold,
        }
    }

    /// A packet between the client and a host: its flow's faults decide.
    fn in_flow(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet,
        direction: Direction,
        now: Duration,
    ) -> Verdict {
        let Some(key) = FlowKey::of(packet, direction) else {
            if direction == Direction::Downstream {
                self.tell_refused_datagram(frame, packet);
            }
            return Verdict::at_once(Action::Forward);
        };
        if self.begins(&key, packet, direction, now) {
            self.begin(key, packet, direction, now);
        }
        let Some(flow) = self.flows.get_mut(&key) else {
            return Verdict::at_once(Action::Forward);
        };
        flow.last_seen = now;
        if let (Transport::Tcp(segment), Direction::Upstream) = (&packet.transport, direction)
            && self.map.untold.contains(&key.host)
            && flow.accepts(segment)
        {
            let port = key.host_port;
            let accepted = Event::new(&flow.host, EventKind::Accepted { port });
            self.context.recorder.record(accepted);
        }
        if let (Transport::Tcp(segment), Direction::Downstream) = (&packet.transport, direction) {
            if segment.has(SYN | ACK, SYN | ACK) {
                flow.host_isn = Some(segment.sequence);
            }
            if segment.has(RST, RST) && flow.host_isn.is_none() {
                self.failed(packet, direction, ConnectOutcome::Refused);
            }
        }
        self.suffer(frame, packet, direction, key)
    }

    fn tell_refused_datagram(&self, frame: &Frame<'_>, packet: &Packet) {
        if let Some(port) = frame.refused_datagram()
            && !TRACEROUTE.contains(&port)
            && let Some(host) = self.map.host(packet.source)
        {
            self.context
                .recorder
                .record(Event::new(host, EventKind::DatagramRefused { port }));
        }
    }

    fn begins(&self, key: &FlowKey, packet: &Packet, direction: Direction, now: Duration) -> bool {
        let Some(flow) = self.flows.get(key) else {
            return true;
        };
        match &packet.transport {
            // Sent again, a SYN keeps its sequence number (RFC 9293 §3.8.1).
            Transport::Tcp(segment) => {
                direction == Direction::Upstream
                    && segment.has(SYN, SYN | ACK)
                    && flow.client_isn != Some(segment.sequence)
            }
            Transport::Udp { .. } | Transport::Icmp { .. } | Transport::Other => {
                now.saturating_sub(flow.last_seen) > SILENCE
            }
        }
    }

    fn begin(&mut self, key: FlowKey, packet: &Packet, direction: Direction, now: Duration) {
        let Some(host) = self.map.host(key.host) else {
            return;
        };
        let opens = direction == Direction::Upstream
            && match &packet.transport {
                Transport::Tcp(segment) => segment.has(SYN, SYN | ACK),
                Transport::Udp { .. } | Transport::Icmp { .. } => true,
                Transport::Other => false,
            };
        let mut flow = Flow::new(host.clone(), key.host_port, now);
        if let Transport::Tcp(segment) = &packet.transport
            && opens
        {
            flow.client_isn = Some(segment.sequence);
        }
        if opens {
            let name = match packet.transport {
                Transport::Icmp { .. } => "ping".to_owned(),
                _ => format!("port {}", key.host_port),
            };
            let fired = self
                .context
                .armed
                .fire_at_port(host, key.host_port, &name, |fault| {
                    concerns(fault, &packet.transport)
                });
            flow.faults = fired
                .into_iter()
                .filter_map(|fired| match fired.fault {
                    Fault::Net(fault) => Some((fired.id, fault)),
                    down if refuses(&down) => Some((fired.id, NetFault::Rst)),
                    _ => None,
                })
                .collect();
        }
        if self.flows.len() >= FLOWS {
            self.flows
                .retain(|_, flow| now.saturating_sub(flow.last_seen) <= SILENCE);
        }
        if key.protocol == TCP {
            flow.settlement = Some(Settlement::new(self.unsettled.open(key, host)));
        }
        self.flows.insert(key, flow);
    }
}

impl Verdict {
    pub(crate) fn at_once(action: Action) -> Self {
        Self {
            action,
            hold: Duration::ZERO,
        }
    }

    fn fate(&self) -> Fate {
        match self.action {
            Action::Forward if self.hold.is_zero() => Fate::Passes,
            Action::Forward => Fate::IsHeld,
            Action::Replace(_) => Fate::IsShortened,
            Action::Lose => Fate::IsLost,
            Action::Drop => Fate::IsSwallowed,
            Action::Reply(_) => Fate::IsAnswered,
        }
    }
}

fn reply_with(frame: Vec<u8>) -> Verdict {
    Verdict::at_once(Action::Reply(frame))
}
