//! The kernel's calls for tracing, each with the one meaning that it has here.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use libc::{c_int, c_long, c_void};

/// Which options a tracee is followed with: everything it starts is traced too, and it dies with us.
const FOLLOW: c_int = libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACESECCOMP
    | libc::PTRACE_O_EXITKILL;

/// How a stopped thread goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    /// Until something of note.
    Freely,
    /// Until the end of its system call.
    ToSyscallEnd,
    /// Not at all: it is stopped for its own reasons (a group stop), and its waking is reported.
    Listen,
}

/// Begins to trace `pid` without stopping it (PTRACE_SEIZE).
pub(crate) fn seize(pid: i32) -> io::Result<()> {
    ptrace(
        libc::PTRACE_SEIZE,
        pid,
        std::ptr::null_mut(),
        FOLLOW as usize as *mut c_void,
    )
    .map(drop)
}

/// Lets a stopped thread go on; `signal` is delivered to it unless zero. That it is gone is no error.
pub(crate) fn resume(tid: i32, how: Resume, signal: c_int) -> io::Result<()> {
    let request = match how {
        Resume::Freely => libc::PTRACE_CONT,
        Resume::ToSyscallEnd => libc::PTRACE_SYSCALL,
        Resume::Listen => libc::PTRACE_LISTEN,
    };
    let signal = signal as usize as *mut c_void;
    match ptrace(request, tid, std::ptr::null_mut(), signal) {
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
        other => other.map(drop),
    }
}

/// What a ptrace event says: the number of the new process, or the old number of the thread that executes.
#[expect(unsafe_code, reason = "the kernel writes one word through the pointer")]
pub(crate) fn event_message(tid: i32) -> io::Result<u64> {
    let mut message: libc::c_ulong = 0;
    let to = (&raw mut message).cast::<c_void>();
    // SAFETY: PTRACE_GETEVENTMSG writes one unsigned long to `to`, which lives until after the call.
    let result = unsafe { libc::ptrace(libc::PTRACE_GETEVENTMSG, tid, 0_usize, to) };
    check(result).map(|_| message)
}

/// A request whose arguments are numbers to the kernel.
#[expect(
    unsafe_code,
    reason = "ptrace(2) takes words that are pointers for some requests"
)]
fn ptrace(
    request: libc::c_uint,
    pid: i32,
    address: *mut c_void,
    data: *mut c_void,
) -> io::Result<c_long> {
    // SAFETY: the requests that come here take `data` as a number; the kernel reads and writes nothing of ours.
    check(unsafe { libc::ptrace(request, pid, address, data) })
}

/// Waits for the next report of any thread that this thread traces: its number and wait(2)'s status. `None` when there is nobody left.
#[expect(
    unsafe_code,
    reason = "the kernel writes the status through the pointer"
)]
pub(crate) fn wait_any() -> io::Result<Option<(i32, c_int)>> {
    loop {
        let mut status = 0;
        // SAFETY: wait4(2) writes to `status` and, as the usage is null, nowhere else.
        let tid = unsafe {
            libc::wait4(
                -1,
                &raw mut status,
                libc::__WALL | libc::__WNOTHREAD,
                std::ptr::null_mut(),
            )
        };
        match check(c_long::from(tid)) {
            Ok(tid) => return Ok(Some((tid as i32, status))),
            Err(error) if error.raw_os_error() == Some(libc::ECHILD) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Sends `signal` to one thread. That it is gone is no error.
pub(crate) fn signal_thread(pid: i32, tid: i32, signal: c_int) -> io::Result<()> {
    gone_is_fine(call(
        libc::SYS_tgkill,
        [pid as usize, tid as usize, signal as usize],
    ))
}

/// Sends `signal` to a process. That it is gone is no error.
pub(crate) fn signal_process(pid: i32, signal: c_int) -> io::Result<()> {
    gone_is_fine(call(libc::SYS_kill, [pid as usize, signal as usize, 0]))
}

fn gone_is_fine(result: io::Result<c_long>) -> io::Result<()> {
    match result {
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
        other => other.map(drop),
    }
}

/// A copy of descriptor `number` of process `pid` (pidfd_getfd(2)).
#[expect(unsafe_code, reason = "a new descriptor becomes an owned one")]
pub(crate) fn descriptor_of(pid: i32, number: RawFd) -> io::Result<OwnedFd> {
    let owned = |fd: c_long| {
        // SAFETY: the kernel has just made this descriptor for us, and nobody else knows it.
        unsafe { OwnedFd::from_raw_fd(fd as RawFd) }
    };
    let process = owned(call(libc::SYS_pidfd_open, [pid as usize, 0, 0])?);
    let raw = std::os::fd::AsRawFd::as_raw_fd(&process);
    call(libc::SYS_pidfd_getfd, [raw as usize, number as usize, 0]).map(owned)
}

/// Sets a timer descriptor: its first expiry after `first` nanoseconds, never for zero.
#[expect(unsafe_code, reason = "the kernel reads the time through a pointer")]
pub(crate) fn set_timer_descriptor(fd: &OwnedFd, first: i64) -> io::Result<()> {
    let value = libc::itimerspec {
        it_interval: libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        },
        it_value: libc::timespec {
            tv_sec: 0,
            tv_nsec: first,
        },
    };
    let raw = std::os::fd::AsRawFd::as_raw_fd(fd);
    // SAFETY: timerfd_settime(2) reads `value`, which lives until after the call, and writes nothing.
    let result = unsafe { libc::timerfd_settime(raw, 0, &raw const value, std::ptr::null_mut()) };
    check(c_long::from(result)).map(drop)
}

/// Makes a timer descriptor one that has gone off so many times (ioctl_tfd(2)): at once, and for kernels that can be restored from
/// a checkpoint.
#[expect(unsafe_code, reason = "the kernel reads the count through a pointer")]
pub(crate) fn count_timer_descriptor(fd: &OwnedFd, times: u64) -> io::Result<()> {
    /// `_IOW('T', 0, __u64)`
    const SET_TICKS: libc::Ioctl = 0x4008_5400;
    let raw = std::os::fd::AsRawFd::as_raw_fd(fd);
    // SAFETY: TFD_IOC_SET_TICKS reads eight bytes from `times`, which lives until after the call.
    let result = unsafe { libc::ioctl(raw, SET_TICKS, &raw const times) };
    check(c_long::from(result)).map(drop)
}

/// The options of a TCP socket that decide how long the kernel bears silence (tcp(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TcpOption {
    UserTimeout = libc::TCP_USER_TIMEOUT as isize,
    KeepIdle = libc::TCP_KEEPIDLE as isize,
    KeepInterval = libc::TCP_KEEPINTVL as isize,
    KeepCount = libc::TCP_KEEPCNT as isize,
}

/// What TCP_INFO says of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TcpState {
    /// RFC 9293's states by the kernel's numbers.
    pub(crate) state: u8,
    /// Segments sent and not acknowledged.
    pub(crate) unacknowledged: u32,
}

/// The number of the state of a connection that is over (include/net/tcp_states.h).
pub(crate) const TCP_CLOSE: u8 = 7;

/// Reads an option.
pub(crate) fn tcp_option(socket: &OwnedFd, option: TcpOption) -> io::Result<u32> {
    let mut value = [0; 4];
    get_option(socket, libc::IPPROTO_TCP, option as c_int, &mut value)?;
    Ok(u32::from_ne_bytes(value))
}

/// Sets an option.
#[expect(unsafe_code, reason = "the kernel reads the value through a pointer")]
pub(crate) fn set_tcp_option(socket: &OwnedFd, option: TcpOption, value: c_int) -> io::Result<()> {
    let raw = std::os::fd::AsRawFd::as_raw_fd(socket);
    let from = (&raw const value).cast::<c_void>();
    let length = size_of::<c_int>() as libc::socklen_t;
    // SAFETY: setsockopt(2) reads `length` bytes from `value`, which lives until after the call.
    let result = unsafe { libc::setsockopt(raw, libc::IPPROTO_TCP, option as c_int, from, length) };
    check(c_long::from(result)).map(drop)
}

/// Ends an attempt to connect: whoever waits for it is woken (connect(2), AF_UNSPEC).
#[expect(unsafe_code, reason = "the kernel reads the address through a pointer")]
pub(crate) fn disconnect(socket: &OwnedFd) -> io::Result<()> {
    let nowhere = libc::sockaddr {
        sa_family: libc::AF_UNSPEC as libc::sa_family_t,
        sa_data: [0; 14],
    };
    let raw = std::os::fd::AsRawFd::as_raw_fd(socket);
    let length = size_of::<libc::sockaddr>() as libc::socklen_t;
    // SAFETY: connect(2) reads `length` bytes from `nowhere`, which lives until after the call.
    let result = unsafe { libc::connect(raw, &raw const nowhere, length) };
    check(c_long::from(result)).map(drop)
}

/// Whether the kernel sends probes on an idle connection (SO_KEEPALIVE).
pub(crate) fn keeps_alive(socket: &OwnedFd) -> io::Result<bool> {
    let mut value = [0; 4];
    get_option(socket, libc::SOL_SOCKET, libc::SO_KEEPALIVE, &mut value)?;
    Ok(value != [0; 4])
}

/// How a connection stands; an error for a socket that is not TCP's.
pub(crate) fn tcp_state(socket: &OwnedFd) -> io::Result<TcpState> {
    // struct tcp_info (include/uapi/linux/tcp.h): the state is its first byte, the unacknowledged segments its fifth word of four bytes
    // after the eight bytes of flags.
    let mut info = [0; 28];
    get_option(socket, libc::IPPROTO_TCP, libc::TCP_INFO, &mut info)?;
    let [state, ..] = info;
    let [.., first, second, third, fourth] = info;
    Ok(TcpState {
        state,
        unacknowledged: u32::from_ne_bytes([first, second, third, fourth]),
    })
}

#[expect(unsafe_code, reason = "the kernel writes the value through a pointer")]
fn get_option(socket: &OwnedFd, level: c_int, name: c_int, value: &mut [u8]) -> io::Result<()> {
    let raw = std::os::fd::AsRawFd::as_raw_fd(socket);
    let mut length = value.len() as libc::socklen_t;
    let to = value.as_mut_ptr().cast::<c_void>();
    // SAFETY: getsockopt(2) writes at most `length` bytes to `value`.
    let result = unsafe { libc::getsockopt(raw, level, name, to, &raw mut length) };
    check(c_long::from(result)).map(drop)
}

/// The calling thread's number.
pub(crate) fn own_thread() -> i32 {
    // gettid(2) cannot fail.
    call(libc::SYS_gettid, [0; 3]).map_or(0, |tid| tid as i32)
}

/// Lets this thread's sleeps end when they should, not up to 50 microseconds later (PR_SET_TIMERSLACK(2const)).
pub(crate) fn wake_punctually() {
    // Later wakings cost time, nothing else.
    drop(call(
        libc::SYS_prctl,
        [libc::PR_SET_TIMERSLACK as usize, 1_000, 0],
    ));
}

/// A system call that takes numbers only.
#[expect(unsafe_code, reason = "raw system calls")]
fn call(number: c_long, arguments: [usize; 3]) -> io::Result<c_long> {
    let [first, second, third] = arguments;
    // SAFETY: none of the calls made here takes an address; the kernel touches no memory of ours.
    check(unsafe { libc::syscall(number, first, second, third, 0_usize) })
}

fn check(result: c_long) -> io::Result<c_long> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}
