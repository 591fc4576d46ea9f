//! The kernel's own patience with a peer that has fallen silent, which cannot be moved: it is foretold. When its time has come, an
//! established connection is left to the kernel with the shortest limits that it has, so that the command hears its own word. An
//! attempt to connect is ended at once, as its next timer may be a second away; the kernel's word for it, ETIMEDOUT, is told instead.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use crate::standstill::Silent;
use crate::sys::{self, TcpOption};

/// How often the client's kernel repeats a SYN (ip-sysctl: `tcp_syn_retries`, `tcp_syn_linear_timeouts`). Both are what the client believes;
/// its kernel must be set to more, so that it never gives up by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SynRetries {
    /// Repetitions, each after twice the time of the one before.
    pub doubling: u32,
    /// Repetitions before those, each after a second.
    pub linear: u32,
}

/// tcp(7): a segment is repeated 15 times, which takes at least 924.6 seconds from a first 200 milliseconds on, doubled up to two minutes.
const RETRANSMISSION: Duration = Duration::from_millis(924_600);

/// The longest time between two repetitions (TCP_RTO_MAX).
const LONGEST: u64 = 120;

impl SynRetries {
    /// How long an attempt to connect lasts. Linux gives up when a repetition is due and the attempt is as old as if every
    /// interval since the first second had doubled; the linear repetitions come in between (net/ipv4/tcp_timer.c).
    fn lasts(self) -> Duration {
        let doubled: u64 = (0..=self.doubling)
            .map(|turn| 2_u64.saturating_pow(turn).min(LONGEST))
            .sum();
        let mut interval = 1;
        let mut due = 1 + u64::from(self.linear);
        // One of the linear repetitions may be the last.
        if doubled <= due {
            return Duration::from_secs(doubled);
        }
        while due < doubled {
            interval = (interval * 2).min(LONGEST);
            due += interval;
        }
        Duration::from_secs(due)
    }
}

/// Foresees when the kernel gives up which connection.
#[derive(Debug)]
pub(crate) struct Patience {
    retries: SynRetries,
    /// When each silent connection is given up, `None` for never; by client port and beginning.
    foreseen: BTreeMap<(u16, Duration), Option<Duration>>,
    /// Sockets whose end is under way.
    dying: Vec<OwnedFd>,
}

impl Patience {
    pub(crate) fn new(retries: SynRetries) -> Self {
        Self {
            retries,
            foreseen: BTreeMap::new(),
            dying: Vec::new(),
        }
    }

    /// When the next of `silent` connections is given up by a process of `processes`.
    pub(crate) fn next(&mut self, silent: &[Silent], processes: &[i32]) -> Option<Duration> {
        self.foreseen
            .retain(|key, _| silent.iter().any(|silent| silent.key() == *key));
        for connection in silent {
            if !self.foreseen.contains_key(&connection.key()) {
                let over = self.foresee(connection, processes);
                self.foreseen.insert(connection.key(), over);
            }
        }
        self.foreseen.values().flatten().min().copied()
    }

    fn foresee(&self, connection: &Silent, processes: &[i32]) -> Option<Duration> {
        let lasts = if connection.established {
            silence_borne(&socket_at(connection.client_port, processes)?)?
        } else {
            self.retries.lasts()
        };
        Some(connection.since.saturating_add(lasts))
    }

    /// Gives up what is due `now`, and gives the sockets whose attempt to connect that ends, which the caller ends.
    pub(crate) fn give_up(
        &mut self,
        silent: &[Silent],
        processes: &[i32],
        now: Duration,
    ) -> io::Result<Vec<OwnedFd>> {
        let mut attempts = Vec::new();
        for connection in silent {
            let Some(over) = self.foreseen.get_mut(&connection.key()) else {
                continue;
            };
            if over.is_none_or(|over| over > now) {
                continue;
            }
            *over = None;
            let Some(socket) = socket_at(connection.client_port, processes) else {
                continue;
            };
            if !connection.established {
                attempts.push(socket);
                continue;
            }
            // From here on the kernel's next timer ends it, after a second or two.
            for (option, value) in [
                (TcpOption::UserTimeout, 1),
                (TcpOption::KeepIdle, 1),
                (TcpOption::KeepInterval, 1),
                (TcpOption::KeepCount, 1),
            ] {
                sys::set_tcp_option(&socket, option, value)?;
            }
            self.dying.push(socket);
        }
        Ok(attempts)
    }

    /// Whether the kernel is about to give up a connection: time stands until it has.
    pub(crate) fn is_ending(&mut self) -> bool {
        self.dying
            .retain(|socket| sys::tcp_state(socket).is_ok_and(|tcp| tcp.state != sys::TCP_CLOSE));
        !self.dying.is_empty()
    }
}

/// How long the kernel bears the silence of an established connection's peer; `None` for ever.
fn silence_borne(socket: &OwnedFd) -> Option<Duration> {
    if sys::tcp_state(socket).ok()?.unacknowledged > 0 {
        return Some(RETRANSMISSION);
    }
    if !sys::keeps_alive(socket).ok()? {
        return None;
    }
    let option = |option| sys::tcp_option(socket, option).ok();
    let idle = option(TcpOption::KeepIdle)?;
    let probes = option(TcpOption::KeepCount)?.checked_mul(option(TcpOption::KeepInterval)?)?;
    Some(Duration::from_secs(u64::from(idle) + u64::from(probes)))
}

/// The inode of a socket of ours.
pub(crate) fn inode(socket: &OwnedFd) -> Option<u64> {
    crate::sockets::socket(std::process::id() as i32, socket.as_raw_fd())
}

/// The TCP socket of any of `processes` that is bound to `port`.
fn socket_at(port: u16, processes: &[i32]) -> Option<OwnedFd> {
    processes.iter().find_map(|pid| {
        let entries = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
        entries.flatten().find_map(|entry| {
            let target = fs::read_link(entry.path()).ok()?;
            if !target.to_str()?.starts_with("socket:") {
                return None;
            }
            let number = entry.file_name().to_str()?.parse().ok()?;
            let stream = std::net::TcpStream::from(sys::descriptor_of(*pid, number).ok()?);
            let bound = stream.local_addr().ok()?.port() == port;
            let socket = OwnedFd::from(stream);
            (bound && sys::tcp_state(&socket).is_ok()).then_some(socket)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_lasts_as_long_as_the_kernels_documentation_says() {
        let lasts = |doubling, linear| SynRetries { doubling, linear }.lasts().as_secs();
        assert_eq!(lasts(6, 4), 131, "ip-sysctl, tcp_syn_retries");
        assert_eq!(lasts(6, 0), 127, "before there were linear ones");
        // Seen on Linux 6.18.
        assert_eq!(lasts(1, 4), 3);
        assert_eq!(lasts(2, 4), 7);
        assert_eq!(lasts(0, 4), 1);
        assert_eq!(
            lasts(7, 0),
            127 + 120,
            "no interval is longer than two minutes"
        );
    }
}
