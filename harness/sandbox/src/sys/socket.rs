//! Sockets, and descriptors that travel over them.

use std::net::SocketAddrV4;
use std::os::fd::{OwnedFd, RawFd};

use super::{Errno, Sys, call, number, owned, pointer, pointer_mut};

/// The most descriptors that one message carries.
pub(crate) const MOST_PASSED: usize = 8;

/// What a socket speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// socket(2), close-on-exec, with further type flags.
#[expect(unsafe_code, reason = "std's sockets are bound or connected at once")]
pub(crate) fn socket(family: i32, kind: i32, protocol: i32) -> Sys<RawFd> {
    // SAFETY: no memory is involved.
    let fd = unsafe {
        call(
            libc::SYS_socket,
            [
                number(family),
                number(kind | libc::SOCK_CLOEXEC),
                number(protocol),
                0,
                0,
                0,
            ],
        )?
    };
    Ok(fd as RawFd)
}

/// A non-blocking IPv4 socket.
pub(crate) fn internet_socket(transport: Transport) -> Sys<RawFd> {
    let kind = match transport {
        Transport::Tcp => libc::SOCK_STREAM,
        Transport::Udp => libc::SOCK_DGRAM,
    };
    socket(libc::AF_INET, kind | libc::SOCK_NONBLOCK, 0)
}

/// setsockopt(2) with a number.
#[expect(unsafe_code, reason = "std knows few options")]
pub(crate) fn set_option(socket: RawFd, level: i32, option: i32, value: i32) -> Sys<()> {
    // SAFETY: the value is an int, its size is given.
    unsafe {
        call(
            libc::SYS_setsockopt,
            [
                number(socket),
                number(level),
                number(option),
                pointer(&value),
                size_of::<i32>(),
                0,
            ],
        )?;
    }
    Ok(())
}

/// bind(2) to an IPv4 address.
pub(crate) fn bind_internet(socket: RawFd, address: SocketAddrV4) -> Sys<()> {
    let address = libc::sockaddr_in {
        sin_family: libc::AF_INET as u16,
        sin_port: address.port().to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from_ne_bytes(address.ip().octets()),
        },
        sin_zero: [0; 8],
    };
    bind(socket, &address)
}

/// bind(2) of a packet socket to one interface, for every protocol (packet(7)).
pub(crate) fn bind_packets(socket: RawFd, interface: i32) -> Sys<()> {
    let address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: (libc::ETH_P_ALL as u16).to_be(),
        sll_ifindex: interface,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    bind(socket, &address)
}

#[expect(unsafe_code, reason = "std cannot bind a socket that exists")]
fn bind<A>(socket: RawFd, address: &A) -> Sys<()> {
    // SAFETY: both callers pass the address structure of the socket's family, its size is given.
    unsafe {
        call(
            libc::SYS_bind,
            [number(socket), pointer(address), size_of::<A>(), 0, 0, 0],
        )?;
    }
    Ok(())
}

/// listen(2).
#[expect(unsafe_code, reason = "std cannot listen on a socket that exists")]
pub(crate) fn listen(socket: RawFd, backlog: i32) -> Sys<()> {
    // SAFETY: no memory is involved.
    unsafe {
        call(
            libc::SYS_listen,
            [number(socket), number(backlog), 0, 0, 0, 0],
        )?;
    }
    Ok(())
}

/// A pair of connected AF_UNIX sockets that keep messages apart.
#[expect(unsafe_code, reason = "std has no SOCK_SEQPACKET")]
pub(crate) fn message_pair() -> Sys<(OwnedFd, OwnedFd)> {
    let mut pair: [RawFd; 2] = [-1; 2];
    // SAFETY: the pair is writable.
    unsafe {
        call(
            libc::SYS_socketpair,
            [
                number(libc::AF_UNIX),
                number(libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC),
                0,
                pointer_mut(&mut pair),
                0,
                0,
            ],
        )?;
    }
    let [one, other] = pair;
    Ok((owned(one), owned(other)))
}

#[repr(C, align(8))]
struct Passed {
    header: libc::cmsghdr,
    descriptors: [RawFd; MOST_PASSED],
}

impl Passed {
    fn new(count: usize) -> Self {
        // The kernel counts the header and the descriptors, without padding at the end.
        let mut header = zeroed_header();
        header.cmsg_len = Self::length(count) as _;
        header.cmsg_level = libc::SOL_SOCKET;
        header.cmsg_type = libc::SCM_RIGHTS;
        Self {
            header,
            descriptors: [-1; MOST_PASSED],
        }
    }

    fn length(count: usize) -> usize {
        size_of::<libc::cmsghdr>() + count * size_of::<RawFd>()
    }
}

#[expect(unsafe_code, reason = "musl's header has private padding")]
fn zeroed_header() -> libc::cmsghdr {
    // SAFETY: plain numbers, for which zero is valid.
    unsafe { std::mem::zeroed() }
}

#[expect(unsafe_code, reason = "musl's header has private padding")]
fn message(bytes: &mut libc::iovec, passed: Option<&mut Passed>, control: usize) -> libc::msghdr {
    // SAFETY: numbers and null pointers, for which zero is valid.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = bytes;
    message.msg_iovlen = 1;
    if let Some(passed) = passed {
        message.msg_control = std::ptr::from_mut(passed).cast();
        message.msg_controllen = control as _;
    }
    message
}

/// sendmsg(2) of `bytes` with copies of `descriptors` (SCM_RIGHTS, unix(7)); never raises SIGPIPE.
#[expect(unsafe_code, reason = "std cannot pass descriptors")]
pub(crate) fn send(socket: RawFd, bytes: &[u8], descriptors: &[RawFd]) -> Sys<()> {
    let mut vector = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    let mut passed = Passed::new(descriptors.len());
    if descriptors.len() > MOST_PASSED {
        return Err(Errno(libc::EINVAL));
    }
    for (to, from) in passed.descriptors.iter_mut().zip(descriptors) {
        *to = *from;
    }
    let control = Passed::length(descriptors.len());
    let message = message(
        &mut vector,
        (!descriptors.is_empty()).then_some(&mut passed),
        control,
    );
    loop {
        // SAFETY: the message points to live, sized buffers.
        let sent = unsafe {
            call(
                libc::SYS_sendmsg,
                [
                    number(socket),
                    pointer(&message),
                    number(libc::MSG_NOSIGNAL),
                    0,
                    0,
                    0,
                ],
            )
        };
        match sent {
            Err(Errno(libc::EINTR)) => {}
            other => return other.map(|_| ()),
        }
    }
}

/// Descriptors that came with a message, as numbers; `-1` where there is none.
pub(crate) type Received = [RawFd; MOST_PASSED];

/// recvmsg(2): one message with its descriptors, which are close-on-exec. A length of 0 means that the other end is gone.
#[expect(unsafe_code, reason = "std cannot receive descriptors")]
pub(crate) fn receive(socket: RawFd, bytes: &mut [u8]) -> Sys<(usize, Received)> {
    let mut vector = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    };
    let mut passed = Passed::new(0);
    let room = size_of::<Passed>();
    let mut message = message(&mut vector, Some(&mut passed), room);
    let length = loop {
        // SAFETY: the message points to live, writable, sized buffers.
        let received = unsafe {
            call(
                libc::SYS_recvmsg,
                [
                    number(socket),
                    pointer_mut(&mut message),
                    number(libc::MSG_CMSG_CLOEXEC),
                    0,
                    0,
                    0,
                ],
            )
        };
        match received {
            Err(Errno(libc::EINTR)) => {}
            other => break other?,
        }
    };
    // The kernel fills as many as came; the others are still -1.
    Ok((length, passed.descriptors))
}

/// Turns one offload of the interface `name` off (ethtool's `ETHTOOL_STSO` and its kin).
#[expect(unsafe_code, reason = "std has no ioctl")]
pub(crate) fn turn_off(socket: RawFd, name: [u8; 16], feature: u32) -> Sys<()> {
    #[repr(C)]
    struct Value {
        command: u32,
        data: u32,
    }
    #[repr(C)]
    struct Request {
        name: [u8; 16],
        data: usize,
        rest: [u8; 16],
    }
    const SIOCETHTOOL: usize = 0x8946;
    let value = Value {
        command: feature,
        data: 0,
    };
    let request = Request {
        name,
        data: pointer(&value),
        rest: [0; 16],
    };
    // SAFETY: the request has the layout of `struct ifreq` and points to a live `ethtool_value`.
    unsafe {
        call(
            libc::SYS_ioctl,
            [number(socket), SIOCETHTOOL, pointer(&request), 0, 0, 0],
        )?;
    }
    Ok(())
}
