//! What a timed wait becomes: one without a limit, and a deadline that we keep.

use std::io;
use std::time::Duration;

use crate::calls::{FUTEX_COMMAND, Timed};
use crate::memory::Memory;
use crate::registers::Call;
use crate::timescale::{Measure, Timescale, from_timespec, from_timeval, to_timespec, to_timeval};

/// A timed wait of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    /// When it began, on the world's clock.
    pub(crate) begun: Duration,
    /// When it is over.
    pub(crate) deadline: Duration,
    /// What the thread asked for.
    pub(crate) asked: Call,
    /// What it does instead: the same wait without a limit.
    pub(crate) instead: Call,
    /// What is to be seen when it is over.
    pub(crate) expiry: Expiry,
    /// Where the thread wants to know how much was left.
    pub(crate) rest: Option<Rest>,
}

/// What a thread sees when its wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// This result.
    Result(i64),
    /// The result 0, and these sets of descriptors, of so many bytes each, empty (select(2)).
    EmptySets([u64; 3], usize),
}

/// Where the time that was left is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// As a `timespec`, when a signal ended the wait (nanosleep(2)).
    IfInterrupted(u64),
    /// As a `timeval`, however the wait ended (select(2) on Linux).
    Always(u64),
}

/// How long the wait for an instant lasts that has passed already.
const A_MOMENT: Duration = Duration::from_nanos(1);
const TIMER_ABSTIME: i32 = 1;
const FUTEX_CLOCK_REALTIME: i32 = 256;
/// futex(2): the one command whose limit is a length of time and not an instant.
const FUTEX_WAIT: u64 = 0;
/// futex(2): the one command whose instants are always the wall's.
const FUTEX_LOCK_PI: u64 = 6;

impl Wait {
    /// The wait that `asked` is, begun `now`; `None` where it has no length or the kernel will refuse it.
    pub(crate) fn of(
        timed: Timed,
        asked: Call,
        memory: &Memory,
        now: Duration,
        scale: &Timescale,
    ) -> io::Result<Option<Self>> {
        let limit = match Limit::of(timed, &asked, memory)? {
            None | Some(Limit::For(Duration::ZERO)) => return Ok(None),
            Some(limit) => limit,
        };
        let deadline = match limit {
            Limit::For(duration) => now.saturating_add(duration),
            Limit::Until(measure, shown) => scale.instant(measure, shown),
        };
        let (instead, expiry, rest) = shape(timed, asked);
        Ok(Some(Self {
            begun: now,
            // To the kernel, whose clocks are others, what has passed here may lie in the future. And a program that waits for the time
            // to be later than now has to see it pass.
            deadline: deadline.max(now + A_MOMENT),
            asked,
            instead,
            expiry,
            rest,
        }))
    }

    /// Writes what the thread shall find in its memory at the end of the wait; gives the result where the time was over.
    pub(crate) fn conclude(
        &self,
        memory: &Memory,
        now: Duration,
        end: End,
    ) -> io::Result<Option<i64>> {
        let left = self.deadline.saturating_sub(now);
        match self.rest {
            Some(Rest::IfInterrupted(to)) if end == End::Interrupted => {
                memory.write_words(to, &to_timespec(left))?;
            }
            Some(Rest::Always(to)) => memory.write_words(to, &to_timeval(left))?,
            _ => {}
        }
        if end != End::Expired {
            return Ok(None);
        }
        match self.expiry {
            Expiry::Result(result) => Ok(Some(result)),
            Expiry::EmptySets(sets, bytes) => {
                for set in sets.into_iter().filter(|set| *set != 0) {
                    memory.write(set, &vec![0; bytes])?;
                }
                Ok(Some(0))
            }
        }
    }
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// What was waited for came.
    Came,
    /// A signal came.
    Interrupted,
    /// Its time was over.
    Expired,
}

/// A limit as it was given.
enum Limit {
    For(Duration),
    Until(Measure, Duration),
}

impl Limit {
    fn of(timed: Timed, asked: &Call, memory: &Memory) -> io::Result<Option<Self>> {
        let timespec = |at: u64| memory.words::<2>(at).map(from_timespec);
        let milliseconds = |count: i32| Duration::from_millis(count.max(0).unsigned_abs().into());
        let limit = match timed {
            Timed::Poll => Some(Self::For(milliseconds(asked.int(2)))),
            Timed::EpollWait => Some(Self::For(milliseconds(asked.int(3)))),
            Timed::EpollPwait2 => timespec(asked.word(3))?.map(Self::For),
            Timed::Ppoll | Timed::SigTimedWait => timespec(asked.word(2))?.map(Self::For),
            Timed::Pselect => timespec(asked.word(4))?.map(Self::For),
            Timed::Select => from_timeval(memory.words(asked.word(4))?).map(Self::For),
            Timed::Nanosleep => timespec(asked.word(0))?.map(Self::For),
            Timed::ClockNanosleep => match Measure::of_clock(asked.int(0)) {
                None => None,
                Some(measure) => timespec(asked.word(2))?.map(|time| {
                    if asked.int(1) & TIMER_ABSTIME != 0 {
                        Self::Until(measure, time)
                    } else {
                        Self::For(time)
                    }
                }),
            },
            Timed::Futex => timespec(asked.word(3))?.map(|time| {
                let command = asked.word(1) & FUTEX_COMMAND;
                let wall = command == FUTEX_LOCK_PI || asked.int(1) & FUTEX_CLOCK_REALTIME != 0;
                match command {
                    FUTEX_WAIT => Self::For(time),
                    _ if wall => Self::Until(Measure::Wall, time),
                    _ => Self::Until(Measure::Monotonic, time),
                }
            }),
            Timed::Alarm
            | Timed::SetItimer
            | Timed::GetItimer
            | Timed::SetPosixTimer
            | Timed::GetPosixTimer
            | Timed::SetTimerDescriptor
            | Timed::GetTimerDescriptor
            | Timed::SocketTimeout
            | Timed::SocketError
            | Timed::ReadClock
            | Timed::ReadTimeOfDay
            | Timed::ReadSeconds
            | Timed::Hide => None,
        };
        Ok(limit)
    }
}

/// The call without its limit, what its end looks like, and where the rest goes.
fn shape(timed: Timed, asked: Call) -> (Call, Expiry, Option<Rest>) {
    let for_ever = u64::MAX;
    let nothing = Expiry::Result(0);
    // ppoll(2) of no descriptors and without a limit waits for a signal, as pause(2) does, which not every machine has.
    let pause = Call {
        number: libc::SYS_ppoll,
        // Of no descriptors the address does not matter; on aarch64 its register is the one that cannot be changed.
        arguments: [asked.word(0), 0, 0, 0, 0, 0],
    };
    let rest = |at: u64| (at != 0).then_some(Rest::IfInterrupted(at));
    match timed {
        Timed::Poll => (asked.with(2, for_ever), nothing, None),
        Timed::EpollWait => (asked.with(3, for_ever), nothing, None),
        Timed::EpollPwait2 => (asked.with(3, 0), nothing, None),
        Timed::Ppoll => (asked.with(2, 0), nothing, None),
        Timed::Select | Timed::Pselect => {
            let sets = [asked.word(1), asked.word(2), asked.word(3)];
            let bytes = (asked.int(0).max(0) as usize).div_ceil(64) * 8;
            let rest = (timed == Timed::Select).then_some(Rest::Always(asked.word(4)));
            (asked.with(4, 0), Expiry::EmptySets(sets, bytes), rest)
        }
        Timed::Futex => (
            asked.with(3, 0),
            Expiry::Result(-i64::from(libc::ETIMEDOUT)),
            None,
        ),
        Timed::SigTimedWait => (
            asked.with(2, 0),
            Expiry::Result(-i64::from(libc::EAGAIN)),
            None,
        ),
        Timed::Nanosleep => (pause, nothing, rest(asked.word(1))),
        Timed::ClockNanosleep if asked.int(1) & TIMER_ABSTIME != 0 => (pause, nothing, None),
        Timed::ClockNanosleep => (pause, nothing, rest(asked.word(3))),
        // These are no waits.
        Timed::Alarm
        | Timed::SetItimer
        | Timed::GetItimer
        | Timed::SetPosixTimer
        | Timed::GetPosixTimer
        | Timed::SetTimerDescriptor
        | Timed::GetTimerDescriptor
        | Timed::SocketTimeout
        | Timed::SocketError
        | Timed::ReadClock
        | Timed::ReadTimeOfDay
        | Timed::ReadSeconds
        | Timed::Hide => (asked, nothing, None),
    }
}
