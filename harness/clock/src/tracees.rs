//! What is known of the traced threads: written by those who trace them, read by the one who moves the clock.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::memory::Memory;
use crate::registers::Call;
use crate::sockets::SocketLimits;
use crate::timers::Timer;
use crate::vdso::Vdso;
use crate::wait::Wait;

/// All traced threads of one world.
#[derive(Debug, Default)]
pub(crate) struct Tracees(Mutex<State>);

/// What is known at a moment.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) threads: BTreeMap<i32, Thread>,
    pub(crate) processes: BTreeMap<i32, Process>,
    /// The processes that were asked for and have not ended. What they leave behind, such as an agent, is traced on, but is nobody
    /// whose end is waited for.
    pub(crate) commands: BTreeSet<i32>,
    /// The threads of ours that trace.
    pub(crate) tracers: Vec<i32>,
    /// Time limits of sockets, by inode.
    pub(crate) sockets: BTreeMap<u64, SocketLimits>,
    /// Sockets, by inode, whose attempt to connect has lasted too long: the kernel's word for that is still to be told.
    pub(crate) given_up: BTreeSet<u64>,
    /// Counts what the tracers have seen.
    pub(crate) reports: u64,
    /// Counts processes begun, executed and ended: what a command does that can be seen.
    pub(crate) deeds: u64,
    /// Why a tracer gave up, in words.
    pub(crate) broken: Option<String>,
}

/// One traced thread.
#[derive(Debug)]
pub(crate) struct Thread {
    /// The process that it belongs to.
    pub(crate) process: i32,
    pub(crate) doing: Doing,
    /// SIGSTOPs of ours that are still to arrive: they interrupt a wait, and are taken away before the thread notices.
    pub(crate) pokes: u32,
    /// The wait that a signal has interrupted, should it be begun again.
    pub(crate) cut_short: Option<CutShort>,
    /// Waits of the same kind at the same place, one after the other, none of which brought anything.
    pub(crate) ticks: Ticks,
    /// The result that the next poke brings, for a wait that was not begun under our eyes.
    pub(crate) answer: Option<i64>,
}

/// What a thread does, as far as the clock is concerned.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a command has tens of threads, and a wait is written at each of its waits"
)]
pub(crate) enum Doing {
    /// Something of its own: it runs, or waits without a limit.
    Anything,
    /// A timed wait; whether its time is over.
    Waiting { wait: Wait, expired: bool },
    /// Nothing: it was stopped by a signal such as SIGTSTP.
    Stopped,
}

/// A wait that was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CutShort {
    pub(crate) call: Call,
    pub(crate) instruction: u64,
    pub(crate) deadline: Duration,
}

/// A thread that looks around at short intervals, as git does while it transfers over HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ticks {
    /// Number of the call, and where it is made.
    pub(crate) place: (i64, u64),
    /// How many waits there have ended with their time.
    pub(crate) count: u32,
}

/// One traced process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Process {
    pub(crate) vdso: Option<Vdso>,
    /// Its memory, once somebody has looked into it.
    memory: Option<Arc<Memory>>,
    /// Its alarm (setitimer(2), alarm(2)).
    pub(crate) alarm: Option<Timer>,
    /// Its timers of timer_create(2), by number, each with its signal.
    pub(crate) posix: BTreeMap<i32, (Timer, i32)>,
    /// Its timer descriptors, by number.
    pub(crate) timers: BTreeMap<i32, Timer>,
}

impl Tracees {
    /// Looks and changes. A tracer that panicked has left nothing half done: each change is one assignment.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The memory of the process of thread `tid`.
    pub(crate) fn memory(&mut self, tid: i32) -> io::Result<Arc<Memory>> {
        let gone = || io::Error::from_raw_os_error(libc::ESRCH);
        let thread = self.threads.get(&tid).ok_or_else(gone)?;
        let process = self.processes.entry(thread.process).or_default();
        if let Some(memory) = &process.memory {
            return Ok(Arc::clone(memory));
        }
        let memory = Arc::new(Memory::of(tid)?);
        process.memory = Some(Arc::clone(&memory));
        Ok(memory)
    }

    /// Adds a thread of `process`.
    pub(crate) fn begin(&mut self, tid: i32, process: i32) {
        self.threads.insert(
            tid,
            Thread {
                process,
                doing: Doing::Anything,
                pokes: 0,
                cut_short: None,
                ticks: Ticks::default(),
                answer: None,
            },
        );
    }

    /// Whether a signal such as SIGTSTP has stopped it.
    pub(crate) fn is_stopped(&self, tid: i32) -> bool {
        let thread = self.threads.get(&tid);
        thread.is_some_and(|thread| matches!(thread.doing, Doing::Stopped))
    }

    /// Takes a thread away, and its process with the last one.
    pub(crate) fn end(&mut self, tid: i32) {
        let Some(gone) = self.threads.remove(&tid) else {
            return;
        };
        if self
            .threads
            .values()
            .all(|thread| thread.process != gone.process)
        {
            self.processes.remove(&gone.process);
            self.commands.remove(&gone.process);
            self.deeds += 1;
        }
    }

    /// The process of thread `leader` has executed a program: its other threads are gone.
    pub(crate) fn executed(&mut self, leader: i32, vdso: Option<Vdso>) {
        self.threads.retain(|_, thread| thread.process != leader);
        self.begin(leader, leader);
        self.deeds += 1;
        let process = self.processes.entry(leader).or_default();
        process.vdso = vdso;
        process.memory = None;
        // timer_create(2): an exec deletes them.
        process.posix.clear();
        // timerfd_create(2): they survive unless closed on exec, which all of them are that we have met.
        process.timers.clear();
    }
}
