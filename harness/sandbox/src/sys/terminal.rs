//! Terminals.

use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use super::{Sys, call, number, pointer};

/// Makes `terminal` the controlling terminal of the calling session leader.
#[expect(unsafe_code, reason = "std has no terminals")]
pub(crate) fn take_terminal(terminal: RawFd) -> Sys<()> {
    // SAFETY: the argument is a number.
    unsafe {
        call(
            libc::SYS_ioctl,
            [number(terminal), libc::TIOCSCTTY as usize, 0, 0, 0, 0],
        )?;
    }
    Ok(())
}

/// Opens the other end of the pseudo-terminal whose master is `master`.
#[expect(unsafe_code, reason = "std has no terminals")]
pub(crate) fn open_terminal(master: RawFd) -> Sys<RawFd> {
    let unlocked = 0_i32;
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: TIOCSPTLCK reads one int; TIOCGPTPEER takes flags.
    let fd = unsafe {
        call(
            libc::SYS_ioctl,
            [
                number(master),
                libc::TIOCSPTLCK as usize,
                pointer(&unlocked),
                0,
                0,
                0,
            ],
        )?;
        call(
            libc::SYS_ioctl,
            [
                number(master),
                libc::TIOCGPTPEER as usize,
                number(flags),
                0,
                0,
                0,
            ],
        )?
    };
    Ok(fd as RawFd)
}

/// Sets the size of a terminal.
#[expect(unsafe_code, reason = "std has no terminals")]
pub(crate) fn set_terminal_size(terminal: BorrowedFd<'_>, columns: u16, rows: u16) -> Sys<()> {
    let size = [rows, columns, 0, 0];
    // SAFETY: the size has the layout of `struct winsize`.
    unsafe {
        call(
            libc::SYS_ioctl,
            [
                number(terminal.as_raw_fd()),
                libc::TIOCSWINSZ as usize,
                pointer(&size),
                0,
                0,
                0,
            ],
        )?;
    }
    Ok(())
}
