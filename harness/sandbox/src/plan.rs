//! What a sandbox is made from: plain data.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;

/// Everything about one sandbox.
///
/// Paths inside are absolute. The home `/home/dev` and `/tmp` are there without being named.
#[derive(Clone, Debug)]
pub struct SandboxPlan {
    /// The client's host name.
    pub host_name: String,
    /// The directory of the real machine that becomes `/usr/local/go`.
    pub toolchain: Option<PathBuf>,
    /// Programs that are not found on the client though the machine has them: `git`.
    pub without: Vec<String>,
    /// Files, directories and links, made in this order; missing parents are made too.
    pub entries: Vec<Entry>,
    /// Directories and files of the real machine.
    pub binds: Vec<Bind>,
    /// Small file systems of the client's: absolute path → size in bytes (rounded up to a page).
    pub small_disks: BTreeMap<String, u64>,
    /// Paths that are mounted read-only after everything was made.
    pub read_only: Vec<String>,
    /// The network.
    pub network: NetworkPlan,
}

/// The addresses of a sandbox and the behaviour of its links.
#[derive(Clone, Debug)]
pub struct NetworkPlan {
    /// The client's address, on `eth0`.
    pub client: Ipv4Addr,
    /// The client's default router; it is the wire.
    pub gateway: Ipv4Addr,
    /// The addresses that belong to the internet side: first address and prefix length.
    pub hosts: Vec<(Ipv4Addr, u8)>,
    /// Whether links carry packets larger than the MTU and leave checksums to the receiver.
    pub offloads: Offloads,
    /// Kernel settings of the client's network namespace: `net.ipv4.tcp_syn_retries` → `6`.
    pub sysctls: BTreeMap<String, String>,
}

/// Whether segmentation and checksums are left undone on links that lose and damage nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offloads {
    /// They are: fast. The wire sees packets of up to 64 KiB with virtio headers that say what is left to do.
    #[default]
    On,
    /// They are not: each packet on the wire is as it would be on a real one.
    Off,
}

/// Something in the client's file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its absolute path.
    pub path: String,
    /// What it is.
    pub content: Content,
    /// Whose it is.
    pub owner: Owner,
}

/// What an [`Entry`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file with its bytes and permission bits.
    File {
        /// The bytes.
        bytes: Vec<u8>,
        /// The permission bits: `0o644`.
        mode: u32,
    },
    /// A directory with its permission bits.
    Directory {
        /// The permission bits: `0o755`.
        mode: u32,
    },
    /// A symbolic link.
    Link {
        /// Where it points.
        target: String,
    },
}

/// Whose a file is.
///
/// An ordinary caller has one user id to give away, so that every file carries the client's. [`Owner::Root`] therefore means:
/// the owner's bits are those that the plan gives to others. Commands as [`User::Root`](crate::User::Root) are not bound by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The client's user.
    Client,
    /// The machine's; the client may do with it what others may.
    Root,
}

/// A directory or file of the real machine that the client sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    /// Where it is on the real machine.
    pub source: PathBuf,
    /// Where the client sees it: an absolute path.
    pub target: String,
    /// What the client may do with it, its permissions there allowing.
    pub access: BindAccess,
}

/// What may be done through a [`Bind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindAccess {
    /// It is read only.
    ReadOnly,
    /// It is written too.
    ReadWrite,
}

impl Entry {
    /// A file of the client's user.
    pub fn file(path: impl Into<String>, bytes: impl Into<Vec<u8>>, mode: u32) -> Self {
        Self {
            path: path.into(),
            content: Content::File {
                bytes: bytes.into(),
                mode,
            },
            owner: Owner::Client,
        }
    }

    /// A directory of the client's user.
    pub fn directory(path: impl Into<String>, mode: u32) -> Self {
        Self {
            path: path.into(),
            content: Content::Directory { mode },
            owner: Owner::Client,
        }
    }

    /// A symbolic link.
    pub fn link(path: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            content: Content::Link {
                target: target.into(),
            },
            owner: Owner::Root,
        }
    }

    /// The same, owned by the machine.
    pub fn of_root(mut self) -> Self {
        self.owner = Owner::Root;
        self
    }
}

impl Default for SandboxPlan {
    /// A machine without a toolchain, files of its own, or anything special.
    fn default() -> Self {
        Self {
            host_name: "desk".to_owned(),
            toolchain: None,
            without: Vec::new(),
            entries: Vec::new(),
            binds: Vec::new(),
            small_disks: BTreeMap::new(),
            read_only: Vec::new(),
            network: NetworkPlan::default(),
        }
    }
}

impl Default for NetworkPlan {
    /// The documentation networks (RFC 5737): the client in 198.51.100.0/24, the hosts in 203.0.113.0/24, the resolver 198.51.100.53.
    fn default() -> Self {
        Self {
            client: Ipv4Addr::new(198, 51, 100, 2),
            gateway: Ipv4Addr::new(198, 51, 100, 1),
            hosts: vec![
                (Ipv4Addr::new(203, 0, 113, 0), 24),
                (Ipv4Addr::new(198, 51, 100, 53), 32),
            ],
            offloads: Offloads::On,
            sysctls: BTreeMap::new(),
        }
    }
}
