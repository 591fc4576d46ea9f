//! The thread that traces one command with everything that it starts.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use libc::c_int;
use modfault_kit::clock::TimeKeeper;

use crate::calls::Timed;
use crate::memory::Memory;
use crate::registers::{Registers, interrupted};
use crate::sys::{self, Resume};
use crate::timers;
use crate::timescale::{Measure, Timescale, to_timespec, to_timeval};
use crate::tracees::{CutShort, Doing, Ticks, Tracees};
use crate::vdso::Vdso;
use crate::wait::{End, Wait};

/// Follows the threads of one command, from its seizing to the end of the last.
#[derive(Debug)]
pub(crate) struct Tracer {
    pub(crate) tracees: Arc<Tracees>,
    pub(crate) keeper: TimeKeeper,
    pub(crate) scale: Timescale,
    /// New threads that have stopped before the one that made them has told of them.
    pub(crate) newborn: BTreeSet<i32>,
}

/// A stop by an event (ptrace(2)).
const EVENT_STOP: c_int = libc::PTRACE_EVENT_STOP;
/// The stop at the beginning or end of a system call (PTRACE_O_TRACESYSGOOD).
const SYSCALL: c_int = libc::SIGTRAP | 0x80;

impl Tracer {
    /// Serves until nobody is left.
    pub(crate) fn serve(&mut self) -> io::Result<()> {
        while let Some((tid, status)) = sys::wait_any()? {
            self.tracees.lock().reports += 1;
            match self.report(tid, status) {
                // Killed while we looked at it: its end is reported next.
                Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
                other => other?,
            }
        }
        Ok(())
    }

    fn report(&mut self, tid: i32, status: c_int) -> io::Result<()> {
        if !libc::WIFSTOPPED(status) {
            self.newborn.remove(&tid);
            self.tracees.lock().end(tid);
            return Ok(());
        }
        let signal = libc::WSTOPSIG(status);
        match status >> 16 {
            libc::PTRACE_EVENT_SECCOMP => self.begins(tid),
            libc::PTRACE_EVENT_EXEC => self.executes(tid),
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
                self.gives_birth(tid)
            }
            EVENT_STOP => self.stops(tid, signal),
            _ if signal == SYSCALL => self.ends(tid),
            _ => self.is_signalled(tid, signal),
        }
    }

    /// A thread is new, or a signal such as SIGTSTP has stopped its process.
    fn stops(&mut self, tid: i32, signal: c_int) -> io::Result<()> {
        let mut state = self.tracees.lock();
        let Some(thread) = state.threads.get_mut(&tid) else {
            drop(state);
            self.newborn.insert(tid);
            return Ok(());
        };
        if matches!(
            signal,
            libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU
        ) {
            thread.doing = Doing::Stopped;
            return sys::resume(tid, Resume::Listen, 0);
        }
        if matches!(thread.doing, Doing::Stopped) {
            thread.doing = Doing::Anything;
        }
        sys::resume(tid, Resume::Freely, 0)
    }

    fn gives_birth(&mut self, parent: i32) -> io::Result<()> {
        let child = sys::event_message(parent)? as i32;
        let mut state = self.tracees.lock();
        let family = state.threads.get(&parent).map(|thread| thread.process);
        let Some(family) = family else {
            return sys::resume(parent, Resume::Freely, 0);
        };
        if Path::new(&format!("/proc/{family}/task/{child}")).exists() {
            state.begin(child, family);
        } else {
            // Its memory is a copy; timers are not inherited (fork(2)).
            let vdso = state
                .processes
                .get(&family)
                .and_then(|process| process.vdso);
            state.processes.entry(child).or_default().vdso = vdso;
            state.begin(child, child);
            state.deeds += 1;
        }
        drop(state);
        if self.newborn.remove(&child) {
            sys::resume(child, Resume::Freely, 0)?;
        }
        sys::resume(parent, Resume::Freely, 0)
    }

    fn executes(&mut self, leader: i32) -> io::Result<()> {
        let stack = Registers::of(leader)?.stack();
        let reading = self.scale.reading(self.keeper.now());
        let vdso = Vdso::take_over(leader, stack, reading)?;
        self.tracees.lock().executed(leader, vdso);
        sys::resume(leader, Resume::Freely, 0)
    }

    /// A thread is about to make a call that knows of time.
    fn begins(&mut self, tid: i32) -> io::Result<()> {
        let mut registers = Registers::of(tid)?;
        let call = registers.call();
        let now = self.keeper.now();
        let Some(timed) = Timed::of(call.number) else {
            return sys::resume(tid, Resume::Freely, 0);
        };
        let mut state = self.tracees.lock();
        let memory = state.memory(tid);
        let Some(thread) = state.threads.get_mut(&tid) else {
            return sys::resume(tid, Resume::Freely, 0);
        };
        let memory = memory?;
        let process = thread.process;
        let before = thread.cut_short.take();
        // What cannot be read the kernel refuses as well.
        if let Ok(Some(mut wait)) = Wait::of(timed, call, &memory, now, &self.scale) {
            if let Some(before) = before
                && before.call == call
                && before.instruction == registers.instruction()
            {
                wait.deadline = before.deadline;
            }
            let place = (call.number, registers.instruction());
            if thread.ticks.place != place {
                thread.ticks = Ticks { place, count: 0 };
            }
            registers.set_call(wait.instead);
            thread.doing = Doing::Waiting {
                wait,
                expired: false,
            };
            drop(state);
            registers.set(tid)?;
            return sys::resume(tid, Resume::ToSyscallEnd, 0);
        }
        let result = match self.read_clock(timed, &call, &memory, now) {
            Ok(Some(result)) => Some(result),
            Ok(None) => timers::obey(timed, &call, process, &memory, now, &self.scale, &mut state)
                .unwrap_or(None),
            Err(_) => Some(-i64::from(libc::EFAULT)),
        };
        drop(state);
        if let Some(result) = result {
            registers.skip(result);
            registers.set(tid)?;
        }
        sys::resume(tid, Resume::Freely, 0)
    }

    /// Answers the question for the time; `None` where the call is another.
    fn read_clock(
        &self,
        timed: Timed,
        call: &crate::registers::Call,
        memory: &Memory,
        now: Duration,
    ) -> io::Result<Option<i64>> {
        let reading = self.scale.reading(now);
        let (first, second) = (call.word(0), call.word(1));
        match timed {
            Timed::ReadClock => {
                let Some(measure) = Measure::of_clock(call.int(0)) else {
                    return Ok(None);
                };
                memory.write_words(second, &to_timespec(reading.of(measure)))?;
                Ok(Some(0))
            }
            Timed::ReadTimeOfDay => {
                if first != 0 {
                    memory.write_words(first, &to_timeval(reading.wall))?;
                }
                if second != 0 {
                    memory.write_words(second, &[0])?;
                }
                Ok(Some(0))
            }
            Timed::ReadSeconds => {
                let seconds = reading.wall.as_secs();
                if first != 0 {
                    memory.write_words(first, &[seconds])?;
                }
                Ok(Some(seconds as i64))
            }
            _ => Ok(None),
        }
    }

    /// A timed wait has ended.
    fn ends(&mut self, tid: i32) -> io::Result<()> {
        let mut state = self.tracees.lock();
        let Some(thread) = state.threads.get_mut(&tid) else {
            return sys::resume(tid, Resume::Freely, 0);
        };
        let doing = std::mem::replace(&mut thread.doing, Doing::Anything);
        let Doing::Waiting { wait, expired } = doing else {
            return sys::resume(tid, Resume::Freely, 0);
        };
        let mut registers = Registers::of(tid)?;
        let end = match interrupted(registers.result()) {
            true if expired => End::Expired,
            true => End::Interrupted,
            false => End::Came,
        };
        registers.restore(wait.asked);
        thread.ticks.count = if end == End::Expired {
            thread.ticks.count + 1
        } else {
            0
        };
        if end == End::Interrupted {
            // Some waits without a limit begin again where the same with one do not, and the other way round.
            registers.begin_again_unless_caught();
            thread.cut_short = Some(CutShort {
                call: wait.asked,
                instruction: registers.instruction(),
                deadline: wait.deadline,
            });
        }
        let memory = state.memory(tid)?;
        drop(state);
        // Where the thread's memory cannot be written it loses what the kernel could not have given it either.
        if let Ok(Some(result)) = wait.conclude(&memory, self.keeper.now(), end) {
            registers.finish(result);
        }
        registers.set(tid)?;
        sys::resume(tid, Resume::Freely, 0)
    }

    /// A signal is about to be delivered.
    fn is_signalled(&mut self, tid: i32, signal: c_int) -> io::Result<()> {
        let mut state = self.tracees.lock();
        let Some(thread) = state.threads.get_mut(&tid) else {
            return sys::resume(tid, Resume::Freely, signal);
        };
        if signal == libc::SIGSTOP && thread.pokes > 0 {
            thread.pokes -= 1;
            if let Some(answer) = thread.answer.take() {
                let mut registers = Registers::of(tid)?;
                if interrupted(registers.result()) {
                    registers.finish(answer);
                    registers.set(tid)?;
                }
            }
            return sys::resume(tid, Resume::Freely, 0);
        }
        // A handler makes the wait end; without one the kernel begins it again.
        if thread.cut_short.is_some() && catches(tid, signal) {
            thread.cut_short = None;
        }
        drop(state);
        sys::resume(tid, Resume::Freely, signal)
    }
}

/// Whether the process of `tid` has a handler for `signal` (proc_pid_status(5)).
fn catches(tid: i32, signal: c_int) -> bool {
    fs::read_to_string(format!("/proc/{tid}/status"))
        .ok()
        .and_then(|status| {
            let mask = status
                .lines()
                .find_map(|line| line.strip_prefix("SigCgt:"))?;
            u64::from_str_radix(mask.trim(), 16).ok()
        })
        .is_none_or(|caught| caught & (1 << (signal - 1)) != 0)
}
