//! Memory that one process prepares and another reads.

use std::os::fd::{OwnedFd, RawFd};

use super::{Sys, call, number, owned, text};

/// memfd_create(2): an anonymous file.
#[expect(unsafe_code, reason = "std has no anonymous files")]
pub(crate) fn anonymous_file() -> Sys<OwnedFd> {
    // SAFETY: the name ends in NUL.
    let fd = unsafe {
        call(
            libc::SYS_memfd_create,
            [text(c"command"), libc::MFD_CLOEXEC as usize, 0, 0, 0, 0],
        )?
    };
    Ok(owned(fd as RawFd))
}

/// Maps the first `length` bytes of `fd`, privately and writable, until exec.
#[expect(unsafe_code, reason = "mapping memory")]
pub(crate) fn map_private(fd: RawFd, length: usize) -> Sys<&'static mut [u8]> {
    // SAFETY: the kernel chooses the address.
    let address = unsafe {
        call(
            libc::SYS_mmap,
            [
                0,
                length,
                number(libc::PROT_READ | libc::PROT_WRITE),
                number(libc::MAP_PRIVATE),
                number(fd),
                0,
            ],
        )?
    };
    // SAFETY: the mapping is `length` bytes long, private to this process and never unmapped.
    Ok(unsafe { std::slice::from_raw_parts_mut(address as *mut u8, length) })
}

/// Overwrites the bytes from `start` to `end` of the process's own argument or environment block with NULs after `text`.
///
/// # Safety
/// The range must be the block that the kernel set up at exec, in a process with one thread whose code reads neither.
#[expect(unsafe_code, reason = "the block is known by its addresses only")]
pub(crate) unsafe fn blot_out(start: usize, end: usize, text: &[u8]) {
    let Some(length) = end.checked_sub(start) else {
        return;
    };
    // SAFETY: the caller vouches for the range, which is writable stack memory.
    let block = unsafe { std::slice::from_raw_parts_mut(start as *mut u8, length) };
    block.fill(0);
    for (to, from) in block.iter_mut().zip(text) {
        *to = *from;
    }
}
