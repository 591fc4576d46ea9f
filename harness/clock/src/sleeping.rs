//! In which system call a thread sleeps, and what that is called.

/// A system call in which a thread may sleep until somebody else does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sleep {
    pub(crate) number: i64,
    /// Its first argument, a descriptor in most of them.
    pub(crate) first: u64,
}

impl Sleep {
    /// From proc_pid_syscall(5): the number, the arguments in hexadecimal, stack and code. `None` where the thread runs, or sleeps
    /// in a call that waits for the machine and not for others.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let number = words.next()?.parse().ok()?;
        let first = u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()?;
        let sleep = Self { number, first };
        sleep.in_words().map(|_| sleep)
    }

    /// What the thread does, in words.
    pub(crate) fn in_words(self) -> Option<&'static str> {
        CALLS
            .iter()
            .find(|(numbers, _)| numbers.contains(&self.number))
            .map(|(_, words)| *words)
    }

    /// Whether it waits for a descriptor to become ready, as a runtime does that has nothing to do.
    pub(crate) fn is_idle(self) -> bool {
        self.in_words() == Some(IDLE)
    }

    /// Whether it waits for a child or a tracee to report.
    pub(crate) fn awaits_children(self) -> bool {
        self.in_words() == Some(CHILDREN)
    }

    /// Whether the call receives from a descriptor, for which a socket may have a time limit.
    pub(crate) fn receives(self) -> bool {
        [
            libc::SYS_read,
            libc::SYS_readv,
            libc::SYS_recvfrom,
            libc::SYS_recvmsg,
            libc::SYS_accept,
            libc::SYS_accept4,
        ]
        .contains(&self.number)
    }

    /// Whether the call sends to a descriptor.
    pub(crate) fn sends(self) -> bool {
        [
            libc::SYS_write,
            libc::SYS_writev,
            libc::SYS_sendto,
            libc::SYS_sendmsg,
        ]
        .contains(&self.number)
    }
}

const IDLE: &str = "waits for a descriptor";
const CHILDREN: &str = "waits for a child";

const CALLS: &[(&[i64], &str)] = &[
    (
        &[libc::SYS_read, libc::SYS_readv],
        "reads from a descriptor",
    ),
    (
        &[libc::SYS_write, libc::SYS_writev, libc::SYS_splice],
        "writes to a descriptor that takes no more",
    ),
    (
        &[libc::SYS_recvfrom, libc::SYS_recvmsg, libc::SYS_recvmmsg],
        "receives from a socket",
    ),
    (
        &[libc::SYS_sendto, libc::SYS_sendmsg, libc::SYS_sendmmsg],
        "sends to a socket that takes no more",
    ),
    (&[libc::SYS_connect], "connects"),
    (
        &[libc::SYS_accept, libc::SYS_accept4],
        "accepts connections",
    ),
    (
        &[
            libc::SYS_epoll_pwait,
            libc::SYS_epoll_pwait2,
            libc::SYS_ppoll,
            libc::SYS_pselect6,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_epoll_wait,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_poll,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_select,
        ],
        IDLE,
    ),
    (
        &[libc::SYS_futex, libc::SYS_futex_waitv],
        "waits for another thread",
    ),
    (&[libc::SYS_wait4, libc::SYS_waitid], CHILDREN),
    (
        &[
            libc::SYS_rt_sigsuspend,
            libc::SYS_rt_sigtimedwait,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_pause,
        ],
        "waits for a signal",
    ),
    (
        &[libc::SYS_flock, libc::SYS_fcntl],
        "waits for a lock on a file",
    ),
    (
        &[libc::SYS_msgrcv, libc::SYS_msgsnd, libc::SYS_semop],
        "waits for another process",
    ),
    (&[libc::SYS_io_uring_enter], "waits for input or output"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiting_call_is_told_from_one_that_works() {
        let line = |number: i64| format!("{number} 0x7 0x1 0x0 0x0 0x0 0x0 0x7ffd 0x7f00");
        let sleep = Sleep::parse(&line(libc::SYS_recvfrom)).unwrap();
        assert_eq!(sleep.first, 7);
        assert!(sleep.receives() && !sleep.sends());
        assert_eq!(sleep.in_words(), Some("receives from a socket"));
        // Opening a file may sleep as well: for a disk or a server behind it.
        for other in [
            line(libc::SYS_openat),
            "running".to_owned(),
            "-1 0x7ffd 0x7f00".to_owned(),
        ] {
            assert_eq!(Sleep::parse(&other), None, "{other}");
        }
    }
}
