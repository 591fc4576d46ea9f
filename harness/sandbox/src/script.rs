//! What init does to become the world: operations prepared before it exists.

use std::ffi::{CStr, CString};
use std::os::fd::RawFd;

use crate::sys::{
    self, Access, Errno, OnExec, Resolve, Sys, attach_tree, change_mode, clone_tree, close,
    restrict_tree,
};

/// Descriptor numbers of init: fixed, so that messages and operations can name them before they exist.
pub(crate) mod fixed {
    use std::os::fd::RawFd;

    /// The conversation with the process that made the sandbox.
    pub(crate) const CONTROL: RawFd = 20;
    /// The namespace with the near ends of the links.
    pub(crate) const HUB: RawFd = 21;
    /// The namespace of the hosts.
    pub(crate) const INTERNET: RawFd = 22;
    /// The namespace of the client.
    pub(crate) const CLIENT: RawFd = 23;
    /// The near end of the client's link.
    pub(crate) const WIRE_CLIENT: RawFd = 24;
    /// The near end of the internet's link.
    pub(crate) const WIRE_INTERNET: RawFd = 25;
    /// The client's root directory.
    pub(crate) const ROOT: RawFd = 26;
    /// SIGCHLD.
    pub(crate) const CHILDREN: RawFd = 27;
    /// The first of the trees of mounts that wait for their place.
    pub(crate) const TREES: RawFd = 40;
}

/// One operation.
#[derive(Debug)]
pub(crate) enum Op {
    /// Leaves the namespaces that `flags` name for new ones (unshare(2)).
    Unshare(i32),
    /// Opens a path for the number `to`.
    Open {
        path: CString,
        flags: i32,
        to: RawFd,
    },
    /// Enters a network namespace.
    EnterNetwork(RawFd),
    /// Sets the host name.
    HostName(Vec<u8>),
    /// Keeps mounts from being seen outside.
    PrivateMounts,
    /// Copies what is mounted at `source` to the number `to`, and restricts it.
    CloneTree {
        source: CString,
        to: RawFd,
        access: Access,
    },
    /// Puts a copied tree at `target`.
    AttachTree { from: RawFd, target: CString },
    /// Mounts a new file system.
    Mount {
        source: CString,
        target: CString,
        kind: CString,
        flags: u64,
        options: CString,
    },
    /// Takes what is mounted at a path away.
    Unmount(CString),
    /// Makes a directory the working directory.
    Enter(CString),
    /// Makes the working directory the root.
    EnterRoot,
    /// Whose new files are, as an id in the sandbox.
    FilesOf(u32),
    /// Makes a directory; it may be there already.
    Directory { path: CString, mode: u32 },
    /// Makes a link; it may not be there.
    Link { path: CString, target: CString },
    /// Makes or replaces a file.
    File {
        path: CString,
        bytes: Vec<u8>,
        mode: u32,
    },
    /// Sets permission bits.
    Mode { path: CString, mode: u32 },
    /// Makes the mark that hides a name in an overlay.
    Whiteout(CString),
    /// Makes a path read-only from here on.
    Freeze(CString),
    /// Writes a kernel setting.
    Setting { path: CString, value: Vec<u8> },
    /// Sends messages to the network namespace that init is in, and waits for the acknowledgement.
    Netlink { messages: Vec<u8>, last: u32 },
    /// Opens the near end of a link for the number `to`.
    PacketSocket { interface: i32, to: RawFd },
    /// Turns the offloads of an interface off.
    OffloadsOff { interface: [u8; 16] },
    /// Opens the descriptor that tells of ended children.
    WatchChildren,
}

/// Whether the world can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The script ends where it fails.
    Must,
    /// It is passed over where it fails.
    May,
}

/// An operation with its name.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) op: Op,
    pub(crate) need: Need,
    /// In words that fit after "failed to".
    pub(crate) name: String,
}

/// Operations in order.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
}

impl Script {
    /// Adds an operation that must succeed.
    pub(crate) fn must(&mut self, name: impl Into<String>, op: Op) {
        self.steps.push(Step {
            op,
            need: Need::Must,
            name: name.into(),
        });
    }

    /// Adds an operation that may fail.
    pub(crate) fn may(&mut self, name: impl Into<String>, op: Op) {
        self.steps.push(Step {
            op,
            need: Need::May,
            name: name.into(),
        });
    }

    /// Does everything, in init. The number of the step that failed comes with its errno.
    pub(crate) fn perform(&self) -> Result<(), (u32, Errno)> {
        for (index, step) in self.steps.iter().enumerate() {
            match step.op.perform() {
                Ok(()) => {}
                Err(_) if step.need == Need::May => {}
                Err(errno) => return Err((index as u32, errno)),
            }
        }
        Ok(())
    }
}

impl Op {
    fn perform(&self) -> Sys<()> {
        match self {
            Self::Unshare(flags) => sys::unshare(*flags),
            Self::Open { path, flags, to } => place(sys::open(path, *flags)?, *to),
            Self::EnterNetwork(namespace) => sys::enter_network(*namespace),
            Self::HostName(name) => sys::set_host_name(name),
            Self::PrivateMounts => {
                sys::mount(c"none", c"/", c"", libc::MS_REC | libc::MS_PRIVATE, c"")
            }
            Self::CloneTree { source, to, access } => {
                let tree = clone_tree(source)?;
                restrict_tree(tree, *access).inspect_err(|_| close(tree))?;
                place(tree, *to)
            }
            Self::AttachTree { from, target } => {
                let result = attach_tree(*from, target);
                close(*from);
                result
            }
            Self::Mount {
                source,
                target,
                kind,
                flags,
                options,
            } => sys::mount(source, target, kind, *flags, options),
            Self::Unmount(path) => sys::detach(path),
            Self::Enter(path) => sys::change_directory(path),
            Self::EnterRoot => sys::enter_root(),
            Self::FilesOf(id) => {
                sys::make_files_as(*id);
                Ok(())
            }
            Self::Directory { path, mode } => {
                match sys::make_directory(libc::AT_FDCWD, path, *mode) {
                    Err(Errno(libc::EEXIST)) => Ok(()),
                    other => other,
                }
            }
            Self::Link { path, target } => sys::make_link(target, libc::AT_FDCWD, path),
            Self::File { path, bytes, mode } => write_file(path, bytes, *mode),
            Self::Mode { path, mode } => change_mode(path, *mode),
            Self::Whiteout(path) => sys::make_whiteout(path),
            Self::Freeze(path) => {
                let tree = clone_tree(path)?;
                let result =
                    restrict_tree(tree, Access::ReadOnly).and_then(|()| attach_tree(tree, path));
                close(tree);
                result
            }
            Self::Setting { path, value } => {
                let file = sys::open(path, libc::O_WRONLY)?;
                let result = sys::write_all(file, value);
                close(file);
                result
            }
            Self::Netlink { messages, last } => converse(messages, *last),
            Self::PacketSocket { interface, to } => place(packet_socket(*interface)?, *to),
            Self::OffloadsOff { interface } => turn_offloads_off(*interface),
            Self::WatchChildren => place(sys::child_signals()?, fixed::CHILDREN),
        }
    }
}

/// Moves a descriptor to its fixed number.
pub(crate) fn place(from: RawFd, to: RawFd) -> Sys<()> {
    if from == to {
        return Ok(());
    }
    let result = sys::duplicate_to(from, to, OnExec::Close);
    close(from);
    result
}

fn write_file(path: &CStr, bytes: &[u8], mode: u32) -> Sys<()> {
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC;
    let file = sys::open_at(libc::AT_FDCWD, path, flags, mode, Resolve::NoLinks)?;
    let result = sys::write_all(file, bytes);
    close(file);
    result
}

/// Sends a batch and reads answers until the last message is acknowledged; the first refusal is the result.
fn converse(messages: &[u8], last: u32) -> Sys<()> {
    let socket = sys::socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE)?;
    let result = sys::send(socket, messages, &[]).and_then(|()| read_answers(socket, last));
    close(socket);
    result
}

fn read_answers(socket: RawFd, last: u32) -> Sys<()> {
    const NLMSG_ERROR: u16 = 2;
    let mut first_refusal = None;
    let mut buffer = [0_u8; 8192];
    loop {
        let (length, _) = sys::receive(socket, &mut buffer)?;
        let mut rest = buffer.get(..length).unwrap_or_default();
        while let (Some(size), Some(kind), Some(sequence)) =
            (word(rest, 0), word(rest, 4), word(rest, 8))
        {
            if kind as u16 == NLMSG_ERROR {
                let refusal = word(rest, 16).unwrap_or_default() as i32;
                if refusal != 0 && first_refusal.is_none() {
                    first_refusal = Some(Errno(-refusal));
                }
                if sequence == last {
                    return first_refusal.map_or(Ok(()), Err);
                }
            }
            rest = rest
                .get((size.max(16) as usize).next_multiple_of(4)..)
                .unwrap_or_default();
        }
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_ne_bytes(*bytes))
}

fn packet_socket(interface: i32) -> Sys<RawFd> {
    const PACKET_VNET_HDR: i32 = 15;
    const PACKET_QDISC_BYPASS: i32 = 20;
    const PACKET_IGNORE_OUTGOING: i32 = 23;
    const BUFFER: i32 = 16 << 20;
    // Protocol 0: it hears nothing before it is bound to its one interface.
    let socket = sys::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_NONBLOCK, 0)?;
    sys::set_option(socket, libc::SOL_PACKET, PACKET_VNET_HDR, 1)?;
    sys::set_option(socket, libc::SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)?;
    sys::set_option(socket, libc::SOL_PACKET, PACKET_QDISC_BYPASS, 1)?;
    for option in [libc::SO_RCVBUF, libc::SO_SNDBUF] {
        // What is above the machine's `net.core.rmem_max` is cut to it; the links' TCP windows are small enough for that.
        sys::set_option(socket, libc::SOL_SOCKET, option, BUFFER)?;
    }
    sys::bind_packets(socket, interface)?;
    Ok(socket)
}

fn turn_offloads_off(interface: [u8; 16]) -> Sys<()> {
    const ETHTOOL_STXCSUM: u32 = 0x17;
    const ETHTOOL_STSO: u32 = 0x1f;
    const ETHTOOL_SGSO: u32 = 0x24;
    const ETHTOOL_SGRO: u32 = 0x2c;
    let socket = sys::socket(libc::AF_INET, libc::SOCK_DGRAM, 0)?;
    let result = [ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM]
        .into_iter()
        .try_for_each(|feature| sys::turn_off(socket, interface, feature));
    close(socket);
    result
}
