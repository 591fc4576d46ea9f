//! Signals.

use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use super::{Sys, call, number, pointer};

/// kill(2).
#[expect(unsafe_code, reason = "std has no signals")]
pub(crate) fn kill(pid: i32, signal: i32) -> Sys<()> {
    // SAFETY: no memory is involved.
    unsafe {
        call(libc::SYS_kill, [number(pid), number(signal), 0, 0, 0, 0])?;
    }
    Ok(())
}

/// pidfd_send_signal(2).
#[expect(unsafe_code, reason = "std has no signals")]
pub(crate) fn signal(process: BorrowedFd<'_>, signal: i32) -> Sys<()> {
    // SAFETY: no signal information is passed.
    unsafe {
        call(
            libc::SYS_pidfd_send_signal,
            [number(process.as_raw_fd()), number(signal), 0, 0, 0, 0],
        )?;
    }
    Ok(())
}

/// Sets every signal to its default (SIGKILL and SIGSTOP have no other).
#[expect(unsafe_code, reason = "libc's sigaction keeps its own two signals")]
pub(crate) fn reset_signal_handlers() {
    // SIG_DFL, no flags, no restorer, empty mask: the kernel's own layout is four words, all zero.
    let default = [0_u64; 4];
    for signal in 1..=64 {
        // SAFETY: the new action is readable, the old one is not asked for.
        let _refused = unsafe {
            call(
                libc::SYS_rt_sigaction,
                [signal, pointer(&default), 0, size_of::<u64>(), 0, 0],
            )
        };
    }
}

/// Which signals the calling thread holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// All but the two that libc's threads send each other, which may not wait.
    All,
    /// None.
    None,
}

/// rt_sigprocmask(2).
#[expect(unsafe_code, reason = "std has no signals")]
pub(crate) fn hold_signals(held: Held) {
    let mask: u64 = match held {
        Held::All => !(0b11 << (32 - 1)),
        Held::None => 0,
    };
    // SAFETY: the mask has the kernel's size, the old one is not asked for.
    let _always_works = unsafe {
        call(
            libc::SYS_rt_sigprocmask,
            [
                number(libc::SIG_SETMASK),
                pointer(&mask),
                0,
                size_of::<u64>(),
                0,
                0,
            ],
        )
    };
}

/// signalfd4(2) for SIGCHLD, non-blocking.
#[expect(unsafe_code, reason = "std has no signals")]
pub(crate) fn child_signals() -> Sys<RawFd> {
    let mask: u64 = 1 << (libc::SIGCHLD - 1);
    // SAFETY: the mask has the kernel's size.
    let fd = unsafe {
        call(
            libc::SYS_signalfd4,
            [
                number(-1),
                pointer(&mask),
                size_of::<u64>(),
                number(libc::SFD_NONBLOCK | libc::SFD_CLOEXEC),
                0,
                0,
            ],
        )?
    };
    Ok(fd as RawFd)
}
