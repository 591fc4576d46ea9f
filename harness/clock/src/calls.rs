//! The system calls that know of time, and the seccomp program that stops a thread at them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Is, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
};

/// A system call that knows of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    target_arch = "aarch64",
    expect(dead_code, reason = "the oldest of them are not there")
)]
pub(crate) enum Timed {
    /// poll(2): milliseconds in the third argument.
    Poll,
    /// epoll_wait(2), epoll_pwait(2): milliseconds in the fourth.
    EpollWait,
    /// epoll_pwait2(2): a `timespec` in the fourth.
    EpollPwait2,
    /// ppoll(2): a `timespec` in the third.
    Ppoll,
    /// select(2): a `timeval` in the fifth.
    Select,
    /// pselect6(2): a `timespec` in the fifth.
    Pselect,
    /// futex(2): a `timespec` in the fourth.
    Futex,
    /// nanosleep(2).
    Nanosleep,
    /// clock_nanosleep(2).
    ClockNanosleep,
    /// rt_sigtimedwait(2): a `timespec` in the third.
    SigTimedWait,
    /// alarm(2).
    Alarm,
    /// setitimer(2) for the clock on the wall.
    SetItimer,
    /// getitimer(2) for it.
    GetItimer,
    /// timer_settime(2).
    SetPosixTimer,
    /// timer_gettime(2).
    GetPosixTimer,
    /// timerfd_settime(2).
    SetTimerDescriptor,
    /// timerfd_gettime(2).
    GetTimerDescriptor,
    /// setsockopt(2) of a time limit of a socket.
    SocketTimeout,
    /// getsockopt(2) of what went wrong with a socket.
    SocketError,
    /// clock_gettime(2) of a clock that is not of processor time.
    ReadClock,
    /// gettimeofday(2).
    ReadTimeOfDay,
    /// time(2).
    ReadSeconds,
    /// prctl(2) that would take the process out of our sight: no call of time, but its clocks are in its memory, and an
    /// ordinary caller may open that only while it is dumpable.
    Hide,
}

/// What must hold of one argument.
struct Argument(u8, Length, Is, u64);

/// A call with the conditions under which it is stopped at: one of the lists, and all of that list.
type Row = (i64, Timed, Vec<Vec<Argument>>);

/// A number of milliseconds that is neither none nor for ever.
fn positive(index: u8) -> Vec<Vec<Argument>> {
    vec![vec![
        Argument(index, Length::Dword, Is::Ne, 0),
        Argument(index, Length::Dword, Is::Le, i32::MAX as u64),
    ]]
}

/// An address that is not null.
fn given(index: u8) -> Vec<Vec<Argument>> {
    vec![vec![Argument(index, Length::Qword, Is::Ne, 0)]]
}

/// Every call that is stopped at.
fn table() -> Vec<Row> {
    let equal = |index, value| Argument(index, Length::Dword, Is::Eq, value);
    let always = Vec::new;
    let futex = FUTEX_WAITS
        .map(|operation| {
            vec![
                Argument(1, Length::Dword, Is::MaskedEq(FUTEX_COMMAND), operation),
                Argument(3, Length::Qword, Is::Ne, 0),
            ]
        })
        .into();
    let limits = SOCKET_TIMEOUTS
        .map(|(option, _)| vec![equal(1, libc::SOL_SOCKET as u64), equal(2, option as u64)])
        .into();
    let clocks = [0, 1, 4, 5, 6, 7, 8, 9, 11].map(|clock| vec![equal(0, clock)]);
    let real = || vec![vec![equal(0, ITIMER_REAL)]];
    let mut table = vec![
        (libc::SYS_epoll_pwait, Timed::EpollWait, positive(3)),
        (libc::SYS_epoll_pwait2, Timed::EpollPwait2, given(3)),
        (libc::SYS_ppoll, Timed::Ppoll, given(2)),
        (libc::SYS_pselect6, Timed::Pselect, given(4)),
        (libc::SYS_futex, Timed::Futex, futex),
        (libc::SYS_nanosleep, Timed::Nanosleep, always()),
        (libc::SYS_clock_nanosleep, Timed::ClockNanosleep, always()),
        (libc::SYS_rt_sigtimedwait, Timed::SigTimedWait, given(2)),
        (libc::SYS_setitimer, Timed::SetItimer, real()),
        (libc::SYS_getitimer, Timed::GetItimer, real()),
        (libc::SYS_timer_settime, Timed::SetPosixTimer, always()),
        (libc::SYS_timer_gettime, Timed::GetPosixTimer, always()),
        (
            libc::SYS_timerfd_settime,
            Timed::SetTimerDescriptor,
            always(),
        ),
        (
            libc::SYS_timerfd_gettime,
            Timed::GetTimerDescriptor,
            always(),
        ),
        (libc::SYS_setsockopt, Timed::SocketTimeout, limits),
        (
            libc::SYS_getsockopt,
            Timed::SocketError,
            vec![vec![
                equal(1, libc::SOL_SOCKET as u64),
                equal(2, libc::SO_ERROR as u64),
            ]],
        ),
        (libc::SYS_clock_gettime, Timed::ReadClock, clocks.into()),
        (libc::SYS_gettimeofday, Timed::ReadTimeOfDay, always()),
        (
            libc::SYS_prctl,
            Timed::Hide,
            vec![vec![equal(0, libc::PR_SET_DUMPABLE as u64), equal(1, 0)]],
        ),
    ];
    table.extend(of_old());
    table
}

/// The calls that younger architectures do without.
fn of_old() -> Vec<Row> {
    #[cfg(target_arch = "x86_64")]
    return vec![
        (libc::SYS_poll, Timed::Poll, positive(2)),
        (libc::SYS_epoll_wait, Timed::EpollWait, positive(3)),
        (libc::SYS_select, Timed::Select, given(4)),
        (libc::SYS_alarm, Timed::Alarm, Vec::new()),
        (libc::SYS_time, Timed::ReadSeconds, Vec::new()),
    ];
    #[cfg(target_arch = "aarch64")]
    Vec::new()
}

/// The part of futex(2)'s operation that is the command.
pub(crate) const FUTEX_COMMAND: u64 = 0x7f;
/// The commands of futex(2) that take a time limit: WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2.
const FUTEX_WAITS: [u64; 5] = [0, 6, 9, 11, 13];
const ITIMER_REAL: u64 = 0;
/// The socket options that are time limits, in their two forms, and whether each is for sending (socket(7)).
pub(crate) const SOCKET_TIMEOUTS: [(i32, bool); 4] =
    [(20, false), (21, true), (66, false), (67, true)];

impl Timed {
    /// The call of this number.
    pub(crate) fn of(number: i64) -> Option<Self> {
        static KNOWN: OnceLock<BTreeMap<i64, Timed>> = OnceLock::new();
        let known = KNOWN.get_or_init(|| {
            let entries = table().into_iter();
            entries.map(|(number, timed, _)| (number, timed)).collect()
        });
        known.get(&number).copied()
    }
}

/// The seccomp program under which a command runs: it stops for whoever traces it at each call of the table, and at no other.
///
/// Each instruction is a `struct sock_filter` in its eight bytes.
pub(crate) fn filter() -> Vec<[u8; 8]> {
    // The table is fixed, and a test builds the program.
    program()
        .unwrap_or_default()
        .into_iter()
        .map(|instruction| {
            let mut bytes = [0; 8];
            bytes[..2].copy_from_slice(&instruction.code.to_ne_bytes());
            bytes[2] = instruction.jt;
            bytes[3] = instruction.jf;
            bytes[4..].copy_from_slice(&instruction.k.to_ne_bytes());
            bytes
        })
        .collect()
}

fn program() -> Result<BpfProgram, seccompiler::BackendError> {
    let rules = table()
        .into_iter()
        .map(|(number, _, alternatives)| {
            let rules = alternatives
                .into_iter()
                .map(|all| {
                    let conditions = all
                        .into_iter()
                        .map(|Argument(index, length, is, value)| {
                            SeccompCondition::new(index, length, is, value)
                        })
                        .collect::<Result<_, _>>()?;
                    SeccompRule::new(conditions)
                })
                .collect::<Result<_, _>>()?;
            Ok((number, rules))
        })
        .collect::<Result<_, seccompiler::BackendError>>()?;
    #[cfg(target_arch = "x86_64")]
    let architecture = TargetArch::x86_64;
    #[cfg(target_arch = "aarch64")]
    let architecture = TargetArch::aarch64;
    SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Trace(0),
        architecture,
    )?
    .try_into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_can_be_built_and_is_short_enough_for_the_kernel() {
        let program = program().unwrap();
        assert!(
            (10..4096).contains(&program.len()),
            "BPF_MAXINSNS of seccomp(2)"
        );
    }

    #[test]
    fn a_call_is_known_by_its_number() {
        assert_eq!(Timed::of(libc::SYS_futex), Some(Timed::Futex));
        assert_eq!(Timed::of(libc::SYS_getpid), None);
    }
}
