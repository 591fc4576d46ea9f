//! The conversation between a sandbox and its init: one request, one reply, over a socket that keeps messages apart.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::{Mutex, PoisonError};

use crate::command::{Place, User};
use crate::process::Signal;
use crate::sys::{self, Errno};

/// What is asked of init.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    /// A listening TCP socket, with the length of its queue.
    BindTcp(Place, SocketAddrV4, u16),
    /// A UDP socket.
    BindUdp(Place, SocketAddrV4),
    /// A TCP socket that connects from this address.
    TcpSocket(Place, Option<Ipv4Addr>),
    /// A command; its image, its report pipe, its output pipes and, where it is held, the pipe that releases it come along.
    Spawn(Spawn),
    /// A signal to every process of a command's session.
    Signal(i32, Signal),
}

/// How a command is started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spawn {
    pub(crate) user: User,
    pub(crate) place: Place,
    pub(crate) terminal: bool,
    /// Length of its image, in bytes.
    pub(crate) size: u32,
}

/// A request as it travels: four words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) what: What,
}

impl Request {
    pub(crate) const SIZE: usize = 16;

    pub(crate) fn to_bytes(self) -> [u8; Self::SIZE] {
        let words: [u32; 4] = match self.what {
            What::BindTcp(place, address, queue) => {
                let port_and_queue = u32::from(address.port()) | u32::from(queue) << 16;
                [0, address.ip().to_bits(), port_and_queue, word(place)]
            }
            What::BindUdp(place, address) => {
                let port = u32::from(address.port());
                [1, address.ip().to_bits(), port, word(place)]
            }
            What::TcpSocket(place, None) => [2, 0, 0, word(place)],
            What::TcpSocket(place, Some(from)) => [2, from.to_bits(), 1, word(place)],
            What::Spawn(spawn) => {
                let user = match spawn.user {
                    User::Client => 0,
                    User::Root => 1,
                };
                let user_and_place = user | word(spawn.place) << 1;
                [3, user_and_place, u32::from(spawn.terminal), spawn.size]
            }
            What::Signal(pid, signal) => {
                let signal = signal.number().unsigned_abs();
                [4, pid.unsigned_abs(), signal, 0]
            }
        };
        let mut bytes = [0; Self::SIZE];
        for (to, word) in bytes.chunks_exact_mut(4).zip(words) {
            to.copy_from_slice(&word.to_ne_bytes());
        }
        bytes
    }

    /// Reads a request without allocation or panic.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.as_chunks::<4>();
        let [kind, a, b, c] = *words.first_chunk::<4>()?;
        let [kind, a, b, c] = [kind, a, b, c].map(u32::from_ne_bytes);
        if !rest.is_empty() {
            return None;
        }
        let address = SocketAddrV4::new(Ipv4Addr::from_bits(a), b as u16);
        let what = match kind {
            0 => What::BindTcp(place(c), address, (b >> 16) as u16),
            1 => What::BindUdp(place(c), address),
            2 => What::TcpSocket(place(c), (b != 0).then(|| Ipv4Addr::from_bits(a))),
            3 => What::Spawn(Spawn {
                user: if a & 1 == 0 { User::Client } else { User::Root },
                place: place(a >> 1),
                terminal: b != 0,
                size: c,
            }),
            4 => What::Signal(a as i32, Signal::from_number(b as i32)?),
            _ => return None,
        };
        Some(Self { what })
    }
}

fn word(place: Place) -> u32 {
    match place {
        Place::Client => 0,
        Place::Internet => 1,
    }
}

fn place(word: u32) -> Place {
    if word & 1 == 0 {
        Place::Client
    } else {
        Place::Internet
    }
}

/// What init answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The kernel's refusal, or 0.
    pub(crate) errno: i32,
    /// The number of the step that was refused, or a result.
    pub(crate) value: u32,
}

impl Reply {
    const SIZE: usize = 8;

    pub(crate) fn ready() -> Self {
        Self::done(0)
    }

    pub(crate) fn done(value: u32) -> Self {
        Self { errno: 0, value }
    }

    pub(crate) fn failed(value: u32, errno: Errno) -> Self {
        Self {
            errno: errno.0,
            value,
        }
    }

    pub(crate) fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        let (errno, value) = bytes.split_at_mut(4);
        errno.copy_from_slice(&self.errno.to_ne_bytes());
        value.copy_from_slice(&self.value.to_ne_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let ([errno, value], []) = bytes.as_chunks::<4>() else {
            return None;
        };
        Some(Self {
            errno: i32::from_ne_bytes(*errno),
            value: u32::from_ne_bytes(*value),
        })
    }
}

/// Our end of the conversation.
#[derive(Debug)]
pub(crate) struct Control(Mutex<OwnedFd>);

impl Control {
    pub(crate) fn new(socket: OwnedFd) -> Self {
        Self(Mutex::new(socket))
    }

    /// Asks for something; the answer is a number with descriptors.
    pub(crate) fn ask(&self, what: What, pass: &[RawFd]) -> io::Result<(u32, Vec<OwnedFd>)> {
        let socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sys::send(socket.as_raw_fd(), &Request { what }.to_bytes(), pass)?;
        let (reply, descriptors) = receive(&socket)?;
        match reply {
            Reply { errno: 0, value } => Ok((value, descriptors)),
            Reply { errno, .. } => Err(io::Error::from_raw_os_error(errno)),
        }
    }

    /// Has the socket for oneself.
    pub(crate) fn with<T>(&self, converse: impl FnOnce(&OwnedFd) -> T) -> T {
        converse(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks for one descriptor.
    pub(crate) fn ask_for_one(&self, what: What) -> io::Result<OwnedFd> {
        let (_, descriptors) = self.ask(what, &[])?;
        descriptors.into_iter().next().ok_or_else(broken_off)
    }
}

/// Reads one reply. The end of the conversation is [`io::ErrorKind::BrokenPipe`].
pub(crate) fn receive(socket: &OwnedFd) -> io::Result<(Reply, Vec<OwnedFd>)> {
    let mut bytes = [0; Reply::SIZE];
    let (length, passed) = sys::receive(socket.as_raw_fd(), &mut bytes)?;
    let descriptors = passed
        .into_iter()
        .filter(|fd| *fd >= 0)
        .map(sys::owned)
        .collect();
    let reply = bytes
        .get(..length)
        .and_then(Reply::parse)
        .ok_or_else(broken_off)?;
    Ok((reply, descriptors))
}

fn broken_off() -> io::Error {
    io::Error::from(io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_survives_the_journey() {
        let address = SocketAddrV4::new(Ipv4Addr::new(203, 0, 113, 10), 443);
        let spawn = Spawn {
            user: User::Root,
            place: Place::Internet,
            terminal: true,
            size: 4096,
        };
        for what in [
            What::BindTcp(Place::Internet, address, 1024),
            What::BindTcp(Place::Client, address, 0),
            What::BindUdp(Place::Client, address),
            What::TcpSocket(Place::Internet, None),
            What::TcpSocket(Place::Client, Some(*address.ip())),
            What::Spawn(spawn),
            What::Signal(17, Signal::Kill),
            What::Signal(18, Signal::Quit),
            What::Signal(19, Signal::Interrupt),
        ] {
            let bytes = Request { what }.to_bytes();
            let parsed = Request::parse(&bytes).unwrap();
            assert_eq!(format!("{what:?}"), format!("{:?}", parsed.what));
        }
        assert!(Request::parse(&[0; 15]).is_none());
        assert!(Request::parse(&[9; 16]).is_none());
    }
}
