//! The loop that reads frames at one end, asks the router, and sends them on at the other.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use modfault_kit::Context;
use modfault_kit::fault::Direction;
use rustix::net::{RecvFlags, SendFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio_util::sync::CancellationToken;

use crate::frame::{Frame, VNET_HEADER, hop};
use crate::map::AddressMap;
use crate::router::{Action, Router};
use crate::unsettled::Unsettled;

/// A frame at most: virtio and Ethernet headers, a VLAN tag, and the largest packet that IPv4 has.
const LARGEST: usize = VNET_HEADER + 18 + 65_535;

/// Frames taken from one end before the other has its turn.
const BURST: usize = 64;

/// What each end may queue before we read it, in bytes: what does not fit is lost, and TCP would have to send it again.
const QUEUE: usize = 8 << 20;

/// The two ends of the wire: non-blocking packet sockets with virtio headers (packet(7), PACKET_VNET_HDR).
///
/// Where `net.core.rmem_max` is small, a connection's window must fit into it: `net.ipv4.tcp_rmem` of the client at most
/// `4096 131072 212992`. Worlds with packet faults want the offloads off, so that a lost frame is one packet.
#[derive(Debug)]
pub struct WireEnds {
    /// Towards the client.
    pub client: OwnedFd,
    /// Towards the hosts.
    pub internet: OwnedFd,
}

/// What passed the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WireReport {
    /// From the client to the hosts.
    pub upstream: Traffic,
    /// From the hosts to the client.
    pub downstream: Traffic,
    /// Frames that vanished.
    pub dropped: u64,
    /// Frames that the wire answered itself.
    pub answered: u64,
    /// Frames that the kernel would not take.
    pub refused: u64,
}

/// What was forwarded in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Frames, before the kernel cuts large ones into packets.
    pub frames: u64,
    /// Bytes, Ethernet headers included.
    pub bytes: u64,
}

/// How many frames the wire holds back at this moment. Cloning gives another handle.
#[derive(Clone, Debug, Default)]
pub struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    /// The number of frames.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

/// Carries frames between `ends` until `stop` is cancelled.
///
/// An error means that a socket broke otherwise than by the end of its interface.
pub async fn run(
    ends: WireEnds,
    map: AddressMap,
    context: Context,
    stop: CancellationToken,
) -> io::Result<WireReport> {
    Line::new(ends, map, context)?.run(stop).await
}

/// The wire of one world.
#[derive(Debug)]
pub struct Line {
    client: AsyncFd<OwnedFd>,
    internet: AsyncFd<OwnedFd>,
    router: Router,
    context: Context,
    delayed: Delayed,
    report: WireReport,
    unsettled: Unsettled,
}

impl Line {
    /// A wire between `ends`.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(ends: WireEnds, map: AddressMap, context: Context) -> io::Result<Self> {
        let router = Router::new(map, context.clone());
        Ok(Self {
            client: watched(ends.client)?,
            internet: watched(ends.internet)?,
            unsettled: router.unsettled(),
            router,
            context,
            delayed: Delayed::default(),
            report: WireReport::default(),
        })
    }

    /// The number of frames held back, to be asked while it runs.
    pub fn in_flight(&self) -> InFlight {
        self.delayed.in_flight.clone()
    }

    /// The connections whose kernels have still something to do, to be asked while it runs.
    pub fn unsettled(&self) -> Unsettled {
        self.unsettled.clone()
    }

    /// Carries frames until `stop` is cancelled. What is held back then is lost.
    pub async fn run(mut self, stop: CancellationToken) -> io::Result<WireReport> {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            ended = self.carry_all() => match ended? {},
        }
        Ok(self.report)
    }

    async fn carry_all(&mut self) -> io::Result<Infallible> {
        let mut buffer = vec![0; LARGEST];
        loop {
            let due = self.delayed.next();
            tokio::select! {
                biased;
                () = self.context.clock.sleep_until(due.unwrap_or_default()), if due.is_some() => {}
                // A guard that is not cleared leaves the readiness to `take`, which clears it when it finds nothing.
                ready = self.client.readable() => drop(ready?),
                ready = self.internet.readable() => drop(ready?),
            }
            while let Some((direction, frame)) = self.delayed.pop(self.context.clock.now()) {
                if let Some(frame) = Frame::new(&frame) {
                    self.router.leaves(&frame, direction);
                }
                self.send(direction, &frame).await?;
            }
            let more = self.burst(Direction::Upstream, &mut buffer).await?
                | self.burst(Direction::Downstream, &mut buffer).await?;
            if more {
                // The fakes share this thread.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Takes frames that go in `direction`; whether there may be more.
    async fn burst(&mut self, direction: Direction, buffer: &mut [u8]) -> io::Result<bool> {
        for _ in 0..BURST {
            let Some(length) = self.take(direction, buffer)? else {
                return Ok(false);
            };
            self.carry(direction, &mut buffer[..length]).await?;
        }
        Ok(true)
    }

    /// Reads one frame that goes in `direction`, if there is one.
    fn take(&self, direction: Direction, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let end = match direction {
            Direction::Upstream => &self.client,
            Direction::Downstream => &self.internet,
        };
        let taken = end.try_io(Interest::READABLE, |end| {
            Ok(rustix::net::recv(end, &mut *buffer, RecvFlags::empty())?)
        });
        match taken {
            Ok((length, _)) => Ok(Some(length)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            // The interface is gone or not there yet; the socket says so once (packet(7)).
            Err(error) if error.kind() == io::ErrorKind::NetworkDown => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn carry(&mut self, direction: Direction, bytes: &mut [u8]) -> io::Result<()> {
        let Some(frame) = Frame::new(bytes) else {
            self.report.dropped += 1;
            return Ok(());
        };
        let now = self.context.clock.now();
        let verdict = self.router.decide(&frame, direction, now);
        let at = now.saturating_add(verdict.hold);
        let held = !verdict.hold.is_zero();
        match verdict.action {
            Action::Forward => {
                self.count(direction, bytes.len());
                hop(bytes);
                if held {
                    self.delayed.push(at, direction, bytes.to_vec());
                } else {
                    self.send(direction, bytes).await?;
                }
            }
            Action::Drop | Action::Lose => self.report.dropped += 1,
            Action::Replace(frames) => {
                for frame in frames {
                    self.count(direction, frame.len());
                    self.delayed.push(at, direction, frame);
                }
            }
            Action::Reply(frame) => {
                self.report.answered += 1;
                let back = match direction {
                    Direction::Upstream => Direction::Downstream,
                    Direction::Downstream => Direction::Upstream,
                };
                if held {
                    self.delayed.push(at, back, frame);
                } else {
                    self.send(back, &frame).await?;
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, direction: Direction, length: usize) {
        let traffic = match direction {
            Direction::Upstream => &mut self.report.upstream,
            Direction::Downstream => &mut self.report.downstream,
        };
        traffic.frames += 1;
        self.unsettled.carry();
        traffic.bytes += (length - VNET_HEADER) as u64;
    }

    /// Sends `frame` in `direction`, after all that was sent before it.
    async fn send(&mut self, direction: Direction, frame: &[u8]) -> io::Result<()> {
        let end = match direction {
            Direction::Upstream => &self.internet,
            Direction::Downstream => &self.client,
        };
        let sent = end
            .async_io(Interest::WRITABLE, |end| {
                Ok(rustix::net::send(end, frame, SendFlags::empty())?)
            })
            .await;
        match sent.map_err(|error| (rustix::io::Errno::from_io_error(&error), error)) {
            Ok(_) => Ok(()),
            // A full queue, a frame that the interface does not take, or no interface: a wire may lose packets.
            Err((
                Some(
                    rustix::io::Errno::NOBUFS
                    | rustix::io::Errno::MSGSIZE
                    | rustix::io::Errno::INVAL
                    | rustix::io::Errno::NETDOWN
                    | rustix::io::Errno::NXIO,
                ),
                _,
            )) => {
                self.report.refused += 1;
                Ok(())
            }
            Err((_, error)) => Err(error),
        }
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe, for types whose descriptor may change; that of an OwnedFd does not"
)]
fn watched(end: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // Root may have more than `net.core.rmem_max`; everybody else gets at most that.
    if rustix::net::sockopt::set_socket_recv_buffer_size_force(&end, QUEUE).is_err() {
        rustix::net::sockopt::set_socket_recv_buffer_size(&end, QUEUE)?;
    }
    AsyncFd::new(end)
}

/// Frames that are held back, in the order in which they leave.
#[derive(Debug, Default)]
struct Delayed {
    frames: BTreeMap<(Duration, u64), (Direction, Vec<u8>)>,
    pushed: u64,
    in_flight: InFlight,
}

impl Delayed {
    fn push(&mut self, due: Duration, direction: Direction, frame: Vec<u8>) {
        self.pushed += 1;
        self.frames.insert((due, self.pushed), (direction, frame));
        self.in_flight.0.store(self.frames.len(), Ordering::Release);
    }

    fn next(&self) -> Option<Duration> {
        self.frames.first_key_value().map(|((due, _), _)| *due)
    }

    fn pop(&mut self, now: Duration) -> Option<(Direction, Vec<u8>)> {
        if self.next()? > now {
            return None;
        }
        let (_, held) = self.frames.pop_first()?;
        self.in_flight.0.store(self.frames.len(), Ordering::Release);
        Some(held)
    }
}
