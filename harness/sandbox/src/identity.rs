//! Who calls, and who the client is to the kernel.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use crate::sys;

/// The user that commands run as inside, and its group.
pub const CLIENT_ID: u32 = 1000;

/// How ids inside the sandbox's user namespace stand for ids outside.
///
/// The namespace's root is always the caller. Where the caller is root, the client is a user id of its own; an ordinary caller
/// has but one to give, so that the client is the caller too, with a namespace of its own between them and no capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The client is 1000 outside too.
    Root,
    /// The client is the caller.
    Ordinary { user: u32, group: u32 },
}

impl Identity {
    /// The caller's.
    pub(crate) fn of_caller() -> Self {
        let (user, group) = sys::effective_ids();
        let mapped = ["/proc/self/uid_map", "/proc/self/gid_map"]
            .iter()
            .all(|map| fs::read_to_string(map).is_ok_and(|map| maps(&map, CLIENT_ID)));
        if user == 0 && mapped && may_set_ids() {
            Self::Root
        } else {
            Self::Ordinary { user, group }
        }
    }

    /// The client's id in the sandbox's outer namespace.
    pub(crate) fn client_id(self) -> u32 {
        match self {
            Self::Root => CLIENT_ID,
            Self::Ordinary { .. } => 0,
        }
    }

    /// `uid_map` and `gid_map` of the outer namespace (user_namespaces(7)).
    pub(crate) fn maps(self) -> (String, String) {
        match self {
            Self::Root => {
                let map = format!("0 0 1\n{CLIENT_ID} {CLIENT_ID} 1\n");
                (map.clone(), map)
            }
            Self::Ordinary { user, group } => (format!("0 {user} 1\n"), format!("0 {group} 1\n")),
        }
    }
}

impl Identity {
    /// Makes what is behind `fd` the client's, so that it may be opened again from inside.
    pub(crate) fn give_to_client(self, fd: BorrowedFd<'_>) -> io::Result<()> {
        match self {
            Self::Root => Ok(sys::change_owner(fd.as_raw_fd(), CLIENT_ID)?),
            Self::Ordinary { .. } => Ok(()),
        }
    }
}

/// Whether a map of the caller's own namespace has `id` on its left side.
fn maps(map: &str, id: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(first)), Some(Ok(_)), Some(Ok(count))) => {
                (first..first.saturating_add(count)).contains(&u64::from(id))
            }
            _ => false,
        }
    })
}

/// Whether the caller has CAP_SETGID (6) and CAP_SETUID (7), which a map of two ids wants.
fn may_set_ids() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|set| u64::from_str_radix(set.trim(), 16).ok())
        .is_some_and(|set| set & 0b1100_0000 == 0b1100_0000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_read_by_ranges() {
        assert!(maps("         0          0 4294967295\n", 1000));
        assert!(!maps("0 1001 1\n", 1000));
        assert!(maps("0 1001 1\n1 100000 65536\n", 1000));
        assert!(!maps("", 0));
    }
}
