//! Timers that go off whatever the command does meanwhile: alarms, timers of timer_create(2), timer descriptors.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use crate::calls::Timed;
use crate::memory::Memory;
use crate::registers::Call;
use crate::sockets;
use crate::sys;
use crate::timescale::{Measure, Timescale, from_timespec, from_timeval, to_timespec, to_timeval};
use crate::tracees::State;

/// A timer that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timer {
    /// When it goes off next.
    pub(crate) due: Duration,
    /// How long from then to the next time; zero for never.
    pub(crate) interval: Duration,
}

/// TIMER_ABSTIME of timer_settime(2), and TFD_TIMER_ABSTIME of timerfd_settime(2).
const ABSOLUTE: i32 = 1;

/// What timer_settime(2) and timerfd_settime(2) ask for: flags in their second argument, an `itimerspec` in the third.
struct Wanted {
    absolute: bool,
    first: Duration,
    interval: Duration,
}

impl Wanted {
    /// `None` where the kernel would refuse it.
    fn of(call: &Call, memory: &Memory) -> io::Result<Option<Self>> {
        let [seconds, nanos, first_seconds, first_nanos] = memory.words::<4>(call.word(2))?;
        let interval = from_timespec([seconds, nanos]);
        let first = from_timespec([first_seconds, first_nanos]);
        Ok(interval.zip(first).map(|(interval, first)| Self {
            absolute: call.int(1) & ABSOLUTE != 0,
            first,
            interval,
        }))
    }

    /// The timer, begun `now`, an instant being one of the clock that `measure` gives; `None` where it is taken back.
    fn begun(
        &self,
        now: Duration,
        scale: &Timescale,
        measure: impl FnOnce() -> Measure,
    ) -> Option<Timer> {
        if !self.absolute || self.first.is_zero() {
            return timer(now, self.first, self.interval);
        }
        Some(Timer {
            due: scale.instant(measure(), self.first).max(now),
            interval: self.interval,
        })
    }
}

impl Timer {
    /// The timer after it has gone off; `None` if that was its last time.
    fn again(self) -> Option<Self> {
        (!self.interval.is_zero()).then(|| Self {
            due: self.due.saturating_add(self.interval),
            ..self
        })
    }
}

/// Does what the call of a timer asks for in the kernel's stead, and gives its result; `None` leaves it to the kernel, which
/// will refuse it.
pub(crate) fn obey(
    timed: Timed,
    call: &Call,
    process: i32,
    memory: &Memory,
    now: Duration,
    scale: &Timescale,
    state: &mut State,
) -> io::Result<Option<i64>> {
    let Some(known) = state.processes.get_mut(&process) else {
        return Ok(None);
    };
    match timed {
        Timed::Alarm => {
            let seconds = u64::from(call.word(0) as u32);
            let old = left(known.alarm, now);
            known.alarm = timer(now, Duration::from_secs(seconds), Duration::ZERO);
            Ok(Some(whole_seconds(old) as i64))
        }
        Timed::GetItimer | Timed::SetItimer => {
            let into = call.word(if timed == Timed::SetItimer { 2 } else { 1 });
            let interval = known.alarm.map_or(Duration::ZERO, |alarm| alarm.interval);
            let old = [to_timeval(interval), to_timeval(left(known.alarm, now))];
            if timed == Timed::SetItimer {
                let [seconds, micros, first_seconds, first_micros] = match call.word(1) {
                    0 => [0; 4],
                    from => memory.words::<4>(from)?,
                };
                let (Some(interval), Some(first)) = (
                    from_timeval([seconds, micros]),
                    from_timeval([first_seconds, first_micros]),
                ) else {
                    return Ok(None);
                };
                known.alarm = timer(now, first, interval);
            }
            if into != 0 {
                memory.write_words(into, &old.concat())?;
            }
            Ok(Some(0))
        }
        Timed::SetPosixTimer => {
            let Some(wanted) = Wanted::of(call, memory)? else {
                return Ok(None);
            };
            let number = call.int(0);
            let Some((signal, measure)) = posix_timer(process, number) else {
                return Ok(None);
            };
            let old = known.posix.remove(&number).map(|(timer, _)| timer);
            tell_setting(call.word(3), old, now, memory)?;
            let new = wanted.begun(now, scale, || measure);
            known.posix.extend(new.map(|new| (number, (new, signal))));
            Ok(Some(0))
        }
        Timed::GetPosixTimer => match known.posix.get(&call.int(0)) {
            None => Ok(None),
            Some((timer, _)) => {
                tell_setting(call.word(1), Some(*timer), now, memory)?;
                Ok(Some(0))
            }
        },
        Timed::SetTimerDescriptor => {
            let Some(wanted) = Wanted::of(call, memory)? else {
                return Ok(None);
            };
            let number = call.int(0);
            let Ok(descriptor) = sys::descriptor_of(process, number) else {
                return Ok(None);
            };
            if sys::set_timer_descriptor(&descriptor, 0).is_err() {
                return Ok(None);
            }
            let old = known.timers.remove(&number);
            tell_setting(call.word(3), old, now, memory)?;
            let new = wanted.begun(now, scale, || clock_of(process, number));
            known.timers.extend(new.map(|new| (number, new)));
            Ok(Some(0))
        }
        Timed::GetTimerDescriptor => match known.timers.get(&call.int(0)) {
            None => Ok(None),
            Some(timer) => {
                tell_setting(call.word(1), Some(*timer), now, memory)?;
                Ok(Some(0))
            }
        },
        Timed::SocketTimeout => sockets::limit(call, process, memory, state),
        Timed::SocketError => sockets::tell_given_up(call, process, memory, state),
        // It stays as it is, and is told that it is hidden.
        Timed::Hide => Ok(Some(0)),
        _ => Ok(None),
    }
}

/// The signal and the clock of a timer (proc_pid_timers(5)); `None` where it is none of ours: it counts processor time, or wakes
/// a thread of the C library's own.
fn posix_timer(process: i32, number: i32) -> Option<(i32, Measure)> {
    let timers = fs::read_to_string(format!("/proc/{process}/timers")).ok()?;
    let wanted = format!("ID: {number}");
    let mut lines = timers.lines().skip_while(|line| *line != wanted).skip(1);
    let signal = lines.next()?.strip_prefix("signal: ")?;
    let signal = signal.split_once('/')?.0.parse().ok()?;
    lines.next()?.strip_prefix("notify: signal/pid.")?;
    let clock = lines.next()?.strip_prefix("ClockID: ")?.trim().parse();
    Some((signal, Measure::of_clock(clock.ok()?)?))
}

/// The clock of a timer descriptor.
fn clock_of(process: i32, number: i32) -> Measure {
    information(process, number, "clockid: ")
        .and_then(|clock| Measure::of_clock(i32::try_from(clock).ok()?))
        .unwrap_or(Measure::Monotonic)
}

/// Lets a timer descriptor go off once more than it has since it was last read.
fn go_off(process: i32, number: i32, descriptor: &OwnedFd) -> io::Result<()> {
    let before = information(process, number, "ticks: ").unwrap_or(0);
    sys::count_timer_descriptor(descriptor, before + 1)
        // A kernel that cannot be told the count counts by itself, from nought.
        .or_else(|_| sys::set_timer_descriptor(descriptor, 1))
}

/// What the kernel tells of a timer descriptor under this name (proc_pid_fdinfo(5)).
fn information(process: i32, number: i32, name: &str) -> Option<u64> {
    let info = fs::read_to_string(format!("/proc/{process}/fdinfo/{number}")).ok()?;
    let value = info.lines().find_map(|line| line.strip_prefix(name))?;
    value.trim().parse().ok()
}

fn timer(now: Duration, first: Duration, interval: Duration) -> Option<Timer> {
    (!first.is_zero()).then(|| Timer {
        due: now.saturating_add(first),
        interval,
    })
}

fn left(timer: Option<Timer>, now: Duration) -> Duration {
    timer.map_or(Duration::ZERO, |timer| timer.due.saturating_sub(now))
}

/// What alarm(2) says is left: to the nearest second, and never zero for an alarm that runs (kernel/time/itimer.c).
fn whole_seconds(left: Duration) -> u64 {
    let seconds = left.as_secs();
    let more = left.subsec_millis() >= 500 || (seconds == 0 && !left.is_zero());
    seconds + u64::from(more)
}

/// Writes, as an `itimerspec`, what is left of a timer and its interval, where somebody wants to know.
fn tell_setting(to: u64, timer: Option<Timer>, now: Duration, memory: &Memory) -> io::Result<()> {
    if to == 0 {
        return Ok(());
    }
    let interval = timer.map_or(Duration::ZERO, |timer| timer.interval);
    memory.write_words(
        to,
        &[to_timespec(interval), to_timespec(left(timer, now))].concat(),
    )
}

impl State {
    /// When the next timer goes off.
    pub(crate) fn next_timer(&self) -> Option<Duration> {
        let of = |process: &crate::tracees::Process| {
            let alarm = process.alarm.map(|alarm| alarm.due);
            process
                .timers
                .values()
                .map(|timer| timer.due)
                .chain(process.posix.values().map(|(timer, _)| timer.due))
                .chain(alarm)
                .min()
        };
        self.processes.values().filter_map(of).min()
    }

    /// Lets every timer that is due `now` go off.
    pub(crate) fn ring(&mut self, now: Duration) -> io::Result<()> {
        for (pid, process) in &mut self.processes {
            if let Some(alarm) = process.alarm.filter(|alarm| alarm.due <= now) {
                process.alarm = alarm.again();
                sys::signal_process(*pid, libc::SIGALRM)?;
            }
            let due: Vec<_> = process
                .posix
                .iter()
                .filter(|(_, (timer, _))| timer.due <= now)
                .map(|(number, set)| (*number, *set))
                .collect();
            for (number, (timer, signal)) in due {
                process.posix.remove(&number);
                sys::signal_process(*pid, signal)?;
                let next = timer.again().map(|next| (number, (next, signal)));
                process.posix.extend(next);
            }
            let due: Vec<_> = process
                .timers
                .iter()
                .filter(|(_, timer)| timer.due <= now)
                .map(|(number, timer)| (*number, *timer))
                .collect();
            for (number, timer) in due {
                process.timers.remove(&number);
                // Closed meanwhile, it is nobody's any more.
                if let Ok(descriptor) = sys::descriptor_of(*pid, number)
                    && go_off(*pid, number, &descriptor).is_ok()
                {
                    process
                        .timers
                        .extend(timer.again().map(|next| (number, next)));
                }
            }
        }
        Ok(())
    }
}
