//! The kernel's calls as functions that neither allocate nor lock, so that a fork of a threaded process may use them.
//!
//! libc's wrappers for `setuid` and its kin talk to every thread of the process: they are called by number here.

mod directory;
mod file;
mod memory;
mod mount;
mod process;
mod signal;
mod socket;
mod terminal;

pub(crate) use directory::*;
pub(crate) use file::*;
pub(crate) use memory::*;
pub(crate) use mount::*;
pub(crate) use process::*;
pub(crate) use signal::*;
pub(crate) use socket::*;
pub(crate) use terminal::*;

use std::ffi::CStr;
use std::io;

/// What a call gave instead of a result (errno(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) i32);

impl From<Errno> for io::Error {
    fn from(errno: Errno) -> Self {
        Self::from_raw_os_error(errno.0)
    }
}

/// A result without allocation.
pub(crate) type Sys<T> = Result<T, Errno>;

/// Calls the kernel.
///
/// # Safety
/// Every argument that the call reads or writes through must be valid for it.
#[expect(unsafe_code, reason = "the one place where the kernel is called")]
pub(crate) unsafe fn call(number: libc::c_long, arguments: [usize; 6]) -> Sys<usize> {
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: the caller vouches for the arguments; `syscall` itself touches nothing but errno.
    let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if result < 0 {
        // SAFETY: the location of this thread's errno is always valid.
        Err(Errno(unsafe { *libc::__errno_location() }))
    } else {
        Ok(result.unsigned_abs() as usize)
    }
}

/// A pointer argument.
pub(crate) fn pointer<T: ?Sized>(value: &T) -> usize {
    std::ptr::from_ref(value).cast::<u8>() as usize
}

/// A pointer argument to something the kernel fills.
pub(crate) fn pointer_mut<T: ?Sized>(value: &mut T) -> usize {
    std::ptr::from_mut(value).cast::<u8>() as usize
}

/// A text argument.
pub(crate) fn text(value: &CStr) -> usize {
    value.as_ptr() as usize
}

/// A descriptor or another signed number as an argument.
pub(crate) fn number(value: i32) -> usize {
    value as isize as usize
}
