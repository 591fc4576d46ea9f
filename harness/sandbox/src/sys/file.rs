//! Descriptors, files and directories.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::{Sys, call, number, pointer, pointer_mut, text};

/// Where a path leads when it is looked up by [`open_at`] (openat2(2)).
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(crate) enum Resolve {
    /// Symbolic links are refused.
    NoLinks = 0x04,
    /// The directory is the root of every absolute path, link and `..`.
    InRoot = 0x10,
}

#[repr(C)]
struct OpenHow {
    flags: u64,
    mode: u64,
    resolve: u64,
}

/// openat2(2) as a bare number, close-on-exec.
#[expect(unsafe_code, reason = "openat2 is reached by number only")]
pub(crate) fn open_at(
    directory: RawFd,
    path: &CStr,
    flags: i32,
    mode: u32,
    resolve: Resolve,
) -> Sys<RawFd> {
    let how = OpenHow {
        flags: (flags | libc::O_CLOEXEC) as u32 as u64,
        mode: if flags & (libc::O_CREAT | libc::O_TMPFILE) == 0 {
            0
        } else {
            u64::from(mode)
        },
        resolve: resolve as u64,
    };
    // SAFETY: `path` ends in NUL and `how` lives through the call, with its size given.
    let fd = unsafe {
        call(
            libc::SYS_openat2,
            [
                number(directory),
                text(path),
                pointer(&how),
                size_of::<OpenHow>(),
                0,
                0,
            ],
        )?
    };
    Ok(fd as RawFd)
}

/// openat(2) from the working directory, following links, close-on-exec.
#[expect(unsafe_code, reason = "opens by raw call: init may not use std")]
pub(crate) fn open(path: &CStr, flags: i32) -> Sys<RawFd> {
    // SAFETY: `path` ends in NUL.
    let fd = unsafe {
        call(
            libc::SYS_openat,
            [
                number(libc::AT_FDCWD),
                text(path),
                number(flags | libc::O_CLOEXEC),
                0,
                0,
                0,
            ],
        )?
    };
    Ok(fd as RawFd)
}

/// Takes over a descriptor that a call has just made.
#[expect(
    unsafe_code,
    reason = "a number from the kernel becomes an owned descriptor"
)]
pub(crate) fn owned(fd: RawFd) -> OwnedFd {
    // SAFETY: callers pass numbers that the kernel has just handed out and that nothing else owns.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// close(2).
#[expect(unsafe_code, reason = "init works on descriptor numbers")]
pub(crate) fn close(fd: RawFd) {
    // SAFETY: closing a number touches no memory; init owns every number of its table.
    let _closed = unsafe { call(libc::SYS_close, [number(fd), 0, 0, 0, 0, 0]) };
}

/// close_range(2): every descriptor from `first` to `last`, both included.
#[expect(unsafe_code, reason = "init works on descriptor numbers")]
pub(crate) fn close_range(first: u32, last: u32) -> Sys<()> {
    // SAFETY: no memory is involved.
    unsafe {
        call(
            libc::SYS_close_range,
            [first as usize, last as usize, 0, 0, 0, 0],
        )?;
    }
    Ok(())
}

/// Whether a descriptor survives exec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnExec {
    /// It is closed.
    Close,
    /// It stays.
    Keep,
}

/// dup3(2): puts a copy of `from` at the number `to`.
#[expect(unsafe_code, reason = "init works on descriptor numbers")]
pub(crate) fn duplicate_to(from: RawFd, to: RawFd, on_exec: OnExec) -> Sys<()> {
    let flags = match on_exec {
        OnExec::Close => libc::O_CLOEXEC,
        OnExec::Keep => 0,
    };
    // SAFETY: no memory is involved.
    unsafe {
        call(
            libc::SYS_dup3,
            [number(from), number(to), number(flags), 0, 0, 0],
        )?;
    }
    Ok(())
}

/// Moves `fd` to the lowest free number from `lowest` on, close-on-exec.
#[expect(unsafe_code, reason = "std offers no lowest number")]
pub(crate) fn duplicate_above(fd: BorrowedFd<'_>, lowest: RawFd) -> Sys<OwnedFd> {
    // SAFETY: no memory is involved.
    let copy = unsafe {
        call(
            libc::SYS_fcntl,
            [
                number(fd.as_raw_fd()),
                number(libc::F_DUPFD_CLOEXEC),
                number(lowest),
                0,
                0,
                0,
            ],
        )?
    };
    Ok(owned(copy as RawFd))
}

/// One write(2).
#[expect(unsafe_code, reason = "init may not use std")]
pub(crate) fn write(fd: RawFd, bytes: &[u8]) -> Sys<usize> {
    // SAFETY: `bytes` is readable for its length.
    unsafe {
        call(
            libc::SYS_write,
            [number(fd), pointer(bytes), bytes.len(), 0, 0, 0],
        )
    }
}

/// One read(2).
#[expect(unsafe_code, reason = "init may not use std")]
pub(crate) fn read(fd: RawFd, bytes: &mut [u8]) -> Sys<usize> {
    // SAFETY: `bytes` is writable for its length.
    unsafe {
        call(
            libc::SYS_read,
            [number(fd), pointer_mut(bytes), bytes.len(), 0, 0, 0],
        )
    }
}

/// Writes all of `bytes`.
pub(crate) fn write_all(fd: RawFd, mut bytes: &[u8]) -> Sys<()> {
    while !bytes.is_empty() {
        match write(fd, bytes) {
            Ok(0) => return Err(super::Errno(libc::EIO)),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(super::Errno(libc::EINTR)) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// mkdirat(2).
#[expect(unsafe_code, reason = "init may not use std")]
pub(crate) fn make_directory(at: RawFd, path: &CStr, mode: u32) -> Sys<()> {
    // SAFETY: `path` ends in NUL.
    unsafe {
        call(
            libc::SYS_mkdirat,
            [number(at), text(path), mode as usize, 0, 0, 0],
        )?;
    }
    Ok(())
}

/// symlinkat(2).
#[expect(unsafe_code, reason = "init may not use std")]
pub(crate) fn make_link(target: &CStr, at: RawFd, path: &CStr) -> Sys<()> {
    // SAFETY: both texts end in NUL.
    unsafe {
        call(
            libc::SYS_symlinkat,
            [text(target), number(at), text(path), 0, 0, 0],
        )?;
    }
    Ok(())
}

/// mknodat(2) of the character device 0:0, which hides a name in an overlay.
#[expect(unsafe_code, reason = "init may not use std")]
pub(crate) fn make_whiteout(path: &CStr) -> Sys<()> {
    // SAFETY: `path` ends in NUL.
    unsafe {
        call(
            libc::SYS_mknodat,
            [
                number(libc::AT_FDCWD),
                text(path),
                libc::S_IFCHR as usize,
                0,
                0,
                0,
            ],
        )?;
    }
    Ok(())
}

/// fchmodat(2), following links.
#[expect(unsafe_code, reason = "init may not use std")]
pub(crate) fn change_mode(path: &CStr, mode: u32) -> Sys<()> {
    // SAFETY: `path` ends in NUL.
    unsafe {
        call(
            libc::SYS_fchmodat,
            [number(libc::AT_FDCWD), text(path), mode as usize, 0, 0, 0],
        )?;
    }
    Ok(())
}

/// unlinkat(2); `flags` may be `AT_REMOVEDIR`.
#[expect(unsafe_code, reason = "std removes by path only")]
pub(crate) fn unlink_at(directory: RawFd, name: &CStr, flags: i32) -> Sys<()> {
    // SAFETY: `name` ends in NUL.
    unsafe {
        call(
            libc::SYS_unlinkat,
            [number(directory), text(name), number(flags), 0, 0, 0],
        )?;
    }
    Ok(())
}

/// fchown(2).
#[expect(unsafe_code, reason = "std's fchown is not at hand in init")]
pub(crate) fn change_owner(fd: RawFd, id: u32) -> Sys<()> {
    // SAFETY: no memory is involved.
    unsafe {
        call(
            libc::SYS_fchown,
            [number(fd), id as usize, id as usize, 0, 0, 0],
        )?;
    }
    Ok(())
}

/// chdir(2).
#[expect(unsafe_code, reason = "init may not use std")]
pub(crate) fn change_directory(path: &CStr) -> Sys<()> {
    // SAFETY: `path` ends in NUL.
    unsafe {
        call(libc::SYS_chdir, [text(path), 0, 0, 0, 0, 0])?;
    }
    Ok(())
}

/// dup(2), close-on-exec.
#[expect(unsafe_code, reason = "init works on descriptor numbers")]
pub(crate) fn duplicate(fd: RawFd) -> Sys<RawFd> {
    // SAFETY: no memory is involved.
    let copy = unsafe {
        call(
            libc::SYS_fcntl,
            [number(fd), number(libc::F_DUPFD_CLOEXEC), 0, 0, 0, 0],
        )?
    };
    Ok(copy as RawFd)
}

/// getdents64(2).
#[expect(unsafe_code, reason = "std's directory reader allocates")]
pub(crate) fn read_directory(directory: RawFd, bytes: &mut [u8]) -> Sys<usize> {
    // SAFETY: `bytes` is writable for its length.
    unsafe {
        call(
            libc::SYS_getdents64,
            [number(directory), pointer_mut(bytes), bytes.len(), 0, 0, 0],
        )
    }
}

/// Opens `PID/stat` below a `/proc`, with room for the path given.
pub(crate) fn open_stat(proc_directory: RawFd, pid: i32, room: &mut [u8; 24]) -> Sys<RawFd> {
    let mut at = 0;
    let mut put = |byte| {
        if let Some(to) = room.get_mut(at) {
            *to = byte;
            at += 1;
        }
    };
    let mut divisor = 1_000_000_000;
    let mut started = false;
    while divisor > 0 {
        let digit = pid / divisor % 10;
        started |= digit != 0;
        if started {
            put(b'0' + digit as u8);
        }
        divisor /= 10;
    }
    for byte in *b"/stat\0" {
        put(byte);
    }
    let path = CStr::from_bytes_until_nul(room).map_err(|_| super::Errno(libc::ENAMETOOLONG))?;
    open_at(proc_directory, path, libc::O_RDONLY, 0, Resolve::NoLinks)
}

/// Makes reads and writes return at once (`O_NONBLOCK`).
#[expect(unsafe_code, reason = "std knows this of sockets only")]
pub(crate) fn never_block(fd: BorrowedFd<'_>) -> Sys<()> {
    let fd = number(fd.as_raw_fd());
    // SAFETY: the arguments are numbers.
    unsafe {
        let flags = call(libc::SYS_fcntl, [fd, number(libc::F_GETFL), 0, 0, 0, 0])?;
        let flags = flags | libc::O_NONBLOCK as usize;
        call(libc::SYS_fcntl, [fd, number(libc::F_SETFL), flags, 0, 0, 0])?;
    }
    Ok(())
}
