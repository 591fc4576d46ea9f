//! Processes, their identities and their ends.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

use super::{Errno, Sys, call, number, owned, pointer, pointer_mut, text};

/// Who returned from [`fork`].
pub(crate) enum Fork {
    /// The new process.
    Child,
    /// The old one, with the new one's number and a descriptor of it.
    Parent(i32, OwnedFd),
}

/// clone(2) without a stack of its own: a fork of the calling thread alone, with `flags` and a pidfd.
///
/// # Safety
/// The child must neither allocate, lock, panic nor return from its caller: it may use this module only, and exit.
#[expect(
    unsafe_code,
    reason = "libc's fork takes no namespaces and runs handlers"
)]
pub(crate) unsafe fn fork(flags: i32, exit_signal: i32) -> Sys<Fork> {
    let mut pidfd: RawFd = -1;
    // SAFETY: without a stack and without CLONE_VM the child works on a copy of this one; `pidfd` is writable. The third
    // argument is the pidfd's place on every architecture.
    let pid = unsafe {
        call(
            libc::SYS_clone,
            [
                number(flags | libc::CLONE_PIDFD | exit_signal),
                0,
                pointer_mut(&mut pidfd),
                0,
                0,
                0,
            ],
        )?
    };
    if pid == 0 {
        Ok(Fork::Child)
    } else {
        Ok(Fork::Parent(pid as i32, owned(pidfd)))
    }
}

/// exit_group(2).
#[expect(unsafe_code, reason = "nothing of the parent's may run at exit")]
pub(crate) fn exit(status: i32) -> ! {
    loop {
        // SAFETY: no memory is involved; it does not return.
        let _never = unsafe { call(libc::SYS_exit_group, [number(status), 0, 0, 0, 0, 0]) };
    }
}

/// execve(2); returns only what went wrong.
///
/// # Safety
/// `arguments` and `environment` must be arrays of pointers to texts, each ended by a null pointer.
#[expect(unsafe_code, reason = "std's exec searches the real PATH")]
pub(crate) unsafe fn execute(program: &CStr, arguments: usize, environment: usize) -> Errno {
    // SAFETY: the caller vouches for the arrays.
    let result = unsafe {
        call(
            libc::SYS_execve,
            [text(program), arguments, environment, 0, 0, 0],
        )
    };
    match result {
        Ok(_) => Errno(libc::EIO),
        Err(errno) => errno,
    }
}

/// prctl(2) with one number.
#[expect(unsafe_code, reason = "std has no prctl")]
pub(crate) fn set_process_option(option: i32, value: usize) -> Sys<()> {
    // SAFETY: used only with options that take numbers or a text with NUL.
    unsafe {
        call(libc::SYS_prctl, [number(option), value, 0, 0, 0, 0])?;
    }
    Ok(())
}

/// seccomp(2): puts a filter of system calls into force for the calling process and what it becomes.
#[expect(unsafe_code, reason = "std has no filters")]
pub(crate) fn filter_calls(instructions: &[[u8; 8]]) -> Sys<()> {
    #[repr(C)]
    struct Program {
        length: u16,
        instructions: usize,
    }
    let program = Program {
        length: u16::try_from(instructions.len()).map_err(|_| Errno(libc::EINVAL))?,
        instructions: pointer(instructions),
    };
    // SAFETY: the program has the layout of `struct sock_fprog` and names as many instructions as there are.
    unsafe {
        call(
            libc::SYS_seccomp,
            [
                libc::SECCOMP_SET_MODE_FILTER as usize,
                0,
                pointer(&program),
                0,
                0,
                0,
            ],
        )?;
    }
    Ok(())
}

/// setgroups(2) to none.
#[expect(unsafe_code, reason = "libc's wrapper talks to every thread")]
pub(crate) fn drop_groups() -> Sys<()> {
    // SAFETY: no group is read.
    unsafe {
        call(libc::SYS_setgroups, [0; 6])?;
    }
    Ok(())
}

/// setresgid(2) and setresuid(2), all to `id`.
#[expect(unsafe_code, reason = "libc's wrappers talk to every thread")]
pub(crate) fn become_user(id: u32) -> Sys<()> {
    let id = id as usize;
    // SAFETY: no memory is involved.
    unsafe {
        call(libc::SYS_setresgid, [id, id, id, 0, 0, 0])?;
        call(libc::SYS_setresuid, [id, id, id, 0, 0, 0])?;
    }
    Ok(())
}

/// setfsgid(2) and setfsuid(2): who new files belong to.
#[expect(unsafe_code, reason = "libc's wrappers are not at hand in init")]
pub(crate) fn make_files_as(id: u32) {
    // SAFETY: no memory is involved. They report no errors.
    unsafe {
        let _old = call(libc::SYS_setfsgid, [id as usize, 0, 0, 0, 0, 0]);
        let _old = call(libc::SYS_setfsuid, [id as usize, 0, 0, 0, 0, 0]);
    }
}

/// capset(2) to nothing.
#[expect(unsafe_code, reason = "std has no capabilities")]
pub(crate) fn drop_capabilities() -> Sys<()> {
    const VERSION_3: u32 = 0x2008_0522;
    let header = [VERSION_3, 0];
    let none = [0_u32; 6];
    // SAFETY: version 3 reads one header and two blocks of three words.
    unsafe {
        call(
            libc::SYS_capset,
            [pointer(&header), pointer(&none), 0, 0, 0, 0],
        )?;
    }
    Ok(())
}

/// setsid(2).
#[expect(unsafe_code, reason = "std has no sessions")]
pub(crate) fn new_session() -> Sys<()> {
    // SAFETY: no memory is involved.
    unsafe {
        call(libc::SYS_setsid, [0; 6])?;
    }
    Ok(())
}

/// waitid(2): waits for the end of a child that sends no signal.
#[expect(unsafe_code, reason = "std waits for its own children only")]
pub(crate) fn reap(process: BorrowedFd<'_>) -> Sys<()> {
    loop {
        // SAFETY: neither information nor usage is written.
        let result = unsafe {
            call(
                libc::SYS_waitid,
                [
                    libc::P_PIDFD as usize,
                    number(process.as_raw_fd()),
                    0,
                    number(libc::WEXITED | libc::__WALL),
                    0,
                    0,
                ],
            )
        };
        match result {
            Err(Errno(libc::EINTR)) => {}
            other => return other.map(|_| ()),
        }
    }
}

/// A child that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reaped {
    /// Its number.
    pub(crate) pid: i32,
    /// How it ended, as wait(2) encodes it.
    pub(crate) status: i32,
    /// User time of it and its waited-for children.
    pub(crate) user: Duration,
    /// System time of it and its waited-for children.
    pub(crate) system: Duration,
    /// Largest resident set, in KiB.
    pub(crate) peak: u64,
}

/// wait4(2): any child that has ended, if there is one.
#[expect(unsafe_code, reason = "std waits for its own children only")]
pub(crate) fn reap_any() -> Option<Reaped> {
    let mut status = 0_i32;
    // SAFETY: all zeros are a valid rusage.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: status and usage are writable and of the kernel's layout.
    let pid = unsafe {
        call(
            libc::SYS_wait4,
            [
                number(-1),
                pointer_mut(&mut status),
                number(libc::WNOHANG | libc::__WALL),
                pointer_mut(&mut usage),
                0,
                0,
            ],
        )
    }
    .ok()?;
    (pid != 0).then(|| Reaped {
        pid: pid as i32,
        status,
        user: duration(usage.ru_utime),
        system: duration(usage.ru_stime),
        peak: usage.ru_maxrss.unsigned_abs(),
    })
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_secs(time.tv_sec.unsigned_abs())
        .saturating_add(Duration::from_micros(time.tv_usec.unsigned_abs()))
}

/// Waits until one of `descriptors` can be read or is closed at the other end (ppoll(2)).
#[expect(unsafe_code, reason = "init may not use std")]
pub(crate) fn wait_readable<const N: usize>(descriptors: [RawFd; N]) -> [bool; N] {
    let mut polled = descriptors.map(|fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    });
    // SAFETY: the array is writable and N long; neither a timeout nor a mask is given.
    let _interrupted = unsafe {
        call(
            libc::SYS_ppoll,
            [pointer_mut(&mut polled), N, 0, 0, size_of::<u64>(), 0],
        )
    };
    polled.map(|one| one.revents != 0)
}

/// umask(2).
#[expect(unsafe_code, reason = "std has no umask")]
pub(crate) fn set_umask(mask: u32) {
    // SAFETY: no memory is involved; it cannot fail.
    let _old = unsafe { call(libc::SYS_umask, [mask as usize, 0, 0, 0, 0, 0]) };
}

/// The effective user and group of the calling process.
#[expect(unsafe_code, reason = "std does not say who we are")]
pub(crate) fn effective_ids() -> (u32, u32) {
    // SAFETY: they cannot fail.
    unsafe { (libc::geteuid(), libc::getegid()) }
}

/// Leaves the caller's session keyring (keyctl(2)), which holds keys of the real machine's.
#[expect(unsafe_code, reason = "std has no keyrings")]
pub(crate) fn leave_keyring() {
    const KEYCTL_JOIN_SESSION_KEYRING: usize = 1;
    // SAFETY: no name is given. Where a container forbids the call, it forbids the use of keys too.
    let _forbidden = unsafe {
        call(
            libc::SYS_keyctl,
            [KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0, 0],
        )
    };
}

/// Keeps crashes from leaving a core file, or from reaching a collector outside (core(5)).
#[expect(unsafe_code, reason = "std has no limits")]
pub(crate) fn forbid_core_dumps() -> Sys<()> {
    // A limit of 0 still feeds a collector; 1 does not.
    let limit = [1_u64; 2];
    // SAFETY: the limit has the layout of `struct rlimit64`; the old one is not asked for.
    unsafe {
        call(
            libc::SYS_prlimit64,
            [0, libc::RLIMIT_CORE as usize, pointer(&limit), 0, 0, 0],
        )?;
    }
    Ok(())
}
