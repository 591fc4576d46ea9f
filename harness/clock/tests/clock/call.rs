//! System calls as programs make them, without a library in between, and the clocks.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use libc::{c_int, c_long, timespec, timeval};

use crate::stage::START;

/// Makes a system call; an error is its errno.
#[expect(unsafe_code, reason = "raw system calls are what is tested")]
pub(crate) fn call<const N: usize>(number: c_long, arguments: [usize; N]) -> Result<i64, c_int> {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&arguments);
    let [first, second, third, fourth, fifth, sixth] = all;
    // SAFETY: callers pass numbers, and addresses of values that they own and that live longer than the call.
    let result = unsafe { libc::syscall(number, first, second, third, fourth, fifth, sixth) };
    if result < 0 {
        return Err(std::io::Error::last_os_error().raw_os_error().unwrap());
    }
    Ok(result)
}

/// The address of what the kernel reads.
pub(crate) fn from<T>(value: &T) -> usize {
    std::ptr::from_ref(value) as usize
}

/// The address of what the kernel writes.
pub(crate) fn to<T>(value: &mut T) -> usize {
    std::ptr::from_mut(value) as usize
}

pub(crate) fn spec(duration: Duration) -> timespec {
    timespec {
        tv_sec: duration.as_secs() as i64,
        tv_nsec: duration.subsec_nanos().into(),
    }
}

pub(crate) fn val(duration: Duration) -> timeval {
    timeval {
        tv_sec: duration.as_secs() as i64,
        tv_usec: duration.subsec_micros().into(),
    }
}

pub(crate) fn of_spec(time: timespec) -> Duration {
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

pub(crate) fn of_val(time: timeval) -> Duration {
    Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1_000)
}

pub(crate) fn readable(fd: c_int) -> libc::pollfd {
    libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    }
}

/// ppoll(2), as every machine has it; milliseconds, or less than zero for ever.
pub(crate) fn poll(descriptors: &mut [libc::pollfd], milliseconds: i64) -> Result<i64, c_int> {
    let limit = u64::try_from(milliseconds)
        .ok()
        .map(|limit| spec(Duration::from_millis(limit)));
    let limit = limit.as_ref().map_or(0, from);
    let at = descriptors.as_mut_ptr() as usize;
    call(libc::SYS_ppoll, [at, descriptors.len(), limit, 0, 0])
}

/// Both clocks of a process at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clocks {
    pub(crate) wall: Duration,
    pub(crate) monotonic: Duration,
}

impl Clocks {
    /// Reads them in every way that there is, and makes sure that all agree.
    pub(crate) fn read() -> Self {
        let by_library = |clock| {
            let mut time = spec(Duration::ZERO);
            assert_eq!(by_vdso(clock, &mut time), 0);
            of_spec(time)
        };
        let by_call = |clock: c_int| {
            let mut time = spec(Duration::ZERO);
            call(libc::SYS_clock_gettime, [clock as usize, to(&mut time)]).unwrap();
            of_spec(time)
        };
        let [wall, monotonic] = [libc::CLOCK_REALTIME, libc::CLOCK_MONOTONIC].map(by_library);
        for kin in [
            libc::CLOCK_REALTIME,
            libc::CLOCK_REALTIME_COARSE,
            libc::CLOCK_TAI,
        ] {
            assert_eq!((by_library(kin), by_call(kin)), (wall, wall), "clock {kin}");
        }
        for kin in [
            libc::CLOCK_MONOTONIC,
            libc::CLOCK_MONOTONIC_RAW,
            libc::CLOCK_MONOTONIC_COARSE,
            libc::CLOCK_BOOTTIME,
        ] {
            let both = (by_library(kin), by_call(kin));
            assert_eq!(both, (monotonic, monotonic), "clock {kin}");
        }
        let micros = Duration::from_micros(wall.as_micros() as u64);
        assert_eq!(time_of_day(), micros);
        let mut time = val(Duration::ZERO);
        call(libc::SYS_gettimeofday, [to(&mut time), 0]).unwrap();
        assert_eq!(of_val(time), micros);
        assert_eq!(seconds(), wall.as_secs());
        #[cfg(target_arch = "x86_64")]
        assert_eq!(call(libc::SYS_time, [0]), Ok(wall.as_secs() as i64));
        Self { wall, monotonic }
    }

    /// How long ago they were read; on both the same.
    pub(crate) fn elapsed(self) -> Duration {
        let now = Self::read();
        let elapsed = now.monotonic - self.monotonic;
        assert_eq!(now.wall - self.wall, elapsed);
        // Nobody has waited before the routine began.
        assert!(self.wall >= START);
        elapsed
    }
}

#[expect(unsafe_code, reason = "the C library reads the clock from the vDSO")]
fn by_vdso(clock: c_int, time: &mut timespec) -> c_int {
    // SAFETY: it writes one timespec.
    unsafe { libc::clock_gettime(clock, time) }
}

#[expect(unsafe_code, reason = "the C library reads the clock from the vDSO")]
fn time_of_day() -> Duration {
    let mut time = val(Duration::ZERO);
    // SAFETY: it writes one timeval, and no time zone.
    assert_eq!(
        unsafe { libc::gettimeofday(&mut time, std::ptr::null_mut()) },
        0
    );
    of_val(time)
}

#[expect(unsafe_code, reason = "the C library reads the clock from the vDSO")]
fn seconds() -> u64 {
    // SAFETY: without a place it writes nothing.
    unsafe { libc::time(std::ptr::null_mut()) as u64 }
}

/// How often the handler has been called.
static CAUGHT: AtomicU32 = AtomicU32::new(0);

/// What becomes of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// It is counted, and interrupted calls end (`SA_RESTART` not set).
    Caught,
    /// It is counted, and interrupted calls that can begin again do.
    CaughtAndRestarting,
    Ignored,
}

/// Decides what becomes of `signal`.
#[expect(
    unsafe_code,
    reason = "a handler is a function pointer in a plain structure"
)]
pub(crate) fn dispose(signal: c_int, disposition: Disposition) {
    extern "C" fn count(_signal: c_int) {
        CAUGHT.fetch_add(1, Ordering::Relaxed);
    }
    let handler = count as extern "C" fn(c_int) as usize;
    let (action, flags) = match disposition {
        Disposition::Caught => (handler, 0),
        Disposition::CaughtAndRestarting => (handler, libc::SA_RESTART),
        Disposition::Ignored => (libc::SIG_IGN, 0),
    };
    // SAFETY: all zeroes are a valid sigaction; the handler does nothing but count.
    let result = unsafe {
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = action;
        new.sa_flags = flags;
        libc::sigaction(signal, &raw const new, std::ptr::null_mut())
    };
    assert_eq!(result, 0);
}

/// How many signals were caught.
pub(crate) fn caught() -> u32 {
    CAUGHT.load(Ordering::Relaxed)
}

/// Keeps `signal` from being delivered: it waits.
pub(crate) fn block(signal: c_int) -> u64 {
    let set = 1_u64 << (signal - 1);
    call(libc::SYS_rt_sigprocmask, [0, from(&set), 0, 8]).unwrap();
    set
}

/// A second process that does `child` and exits; its number. Only where the calling process has one thread.
#[expect(unsafe_code, reason = "fork(2)")]
pub(crate) fn fork(child: impl FnOnce()) -> c_int {
    let child = Cell::new(Some(child));
    // SAFETY: the process has one thread, so that its copy may do whatever it could have done itself.
    match unsafe { libc::fork() } {
        0 => {
            if let Some(child) = child.take() {
                child();
            }
            leave(0)
        }
        pid => pid,
    }
}

/// Ends the process, with all of its threads.
pub(crate) fn leave(status: usize) -> ! {
    unreachable!("{:?}", call(libc::SYS_exit_group, [status]))
}

/// Ends the calling thread and no other.
pub(crate) fn leave_others() -> ! {
    unreachable!("{:?}", call(libc::SYS_exit, [0]))
}

/// Waits for a child, and gives its status.
pub(crate) fn reap(pid: c_int) -> c_int {
    let mut status: c_int = -1;
    let arguments = [pid as usize, to(&mut status), 0, 0];
    assert_eq!(call(libc::SYS_wait4, arguments), Ok(pid.into()));
    status
}
