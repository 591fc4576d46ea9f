//! The virtual clock of one world, from its beginning to its end.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use modfault_kit::clock::TimeKeeper;
use modfault_sandbox::{Command, Process, Sandbox};

use crate::calls::filter;
use crate::mover::Mover;
use crate::patience::{Patience, SynRetries};
use crate::rest::Rest;
use crate::standstill::Surroundings;
use crate::stop::Stop;
use crate::sys;
use crate::timescale::Timescale;
use crate::tracees::Tracees;
use crate::tracer::Tracer;

/// What a supervisor is begun with.
pub struct Setup {
    /// Moves the clock of the fakes and the wire.
    pub keeper: TimeKeeper,
    /// What the command's clock on the wall shows when the world begins, since 1970.
    pub start: Duration,
    /// Threads, by their numbers in our own PID namespace, that must sleep before time may move: that of the world's runtime,
    /// and the sandbox's init.
    pub others: Vec<i32>,
    /// How often the client's kernel repeats a SYN, as far as the client knows.
    pub syn_retries: SynRetries,
    /// The world around the command.
    pub surroundings: Box<dyn Surroundings>,
}

/// Runs commands on the virtual clock of one world.
#[derive(Debug)]
pub struct Supervisor {
    tracees: Arc<Tracees>,
    keeper: TimeKeeper,
    scale: Timescale,
    stop: Arc<Stop>,
    mover: Option<JoinHandle<()>>,
    tracers: Mutex<Vec<JoinHandle<()>>>,
}

impl Supervisor {
    /// Begins to move the clock.
    pub fn begin(setup: Setup) -> io::Result<Self> {
        let tracees = Arc::new(Tracees::default());
        let stop = Arc::new(Stop::default());
        let scale = Timescale::new(setup.start);
        let mut mover = Mover::new(
            Arc::clone(&tracees),
            setup.keeper.clone(),
            scale,
            Rest::new(Arc::clone(&tracees), setup.keeper.clone(), setup.others)?,
            Patience::new(setup.syn_retries),
            setup.surroundings,
            Arc::clone(&stop),
        );
        let mover = thread::Builder::new()
            .name("modfault-clock".to_owned())
            .spawn(move || mover.serve())?;
        Ok(Self {
            tracees,
            keeper: setup.keeper,
            scale,
            stop,
            mover: Some(mover),
            tracers: Mutex::default(),
        })
    }

    /// Starts `command` on the clock, with everything that it will start. An error is the kernel's refusal.
    pub fn spawn(&self, sandbox: &Sandbox, command: Command) -> io::Result<Process> {
        let mut process = sandbox.spawn(&command.held(filter()))?;
        // Before, an ordinary caller may not trace it.
        process.wait_until_held()?;
        self.trace(process.outside_pid()?)?;
        process.release()?;
        Ok(process)
    }

    /// Why a command was given up, if one was: it was killed then, and its end is not its own.
    pub fn broken(&self) -> Option<String> {
        self.tracees.lock().broken.clone()
    }

    /// Begins to trace `pid`, a process that is held before it executes its program.
    fn trace(&self, pid: i32) -> io::Result<()> {
        let mut tracer = Tracer {
            tracees: Arc::clone(&self.tracees),
            keeper: self.keeper.clone(),
            scale: self.scale,
            newborn: BTreeSet::new(),
        };
        let (tell, told) = mpsc::sync_channel(1);
        // Only the thread that has begun to trace a process can go on with it (ptrace(2)).
        let thread = thread::Builder::new()
            .name("modfault-trace".to_owned())
            .spawn(move || {
                let tracees = Arc::clone(&tracer.tracees);
                let own = sys::own_thread();
                let begun = sys::seize(pid);
                if begun.is_ok() {
                    let mut state = tracees.lock();
                    state.processes.entry(pid).or_default();
                    state.commands.insert(pid);
                    state.begin(pid, pid);
                    state.tracers.push(own);
                    // Whoever looks at this moment has not seen it.
                    state.reports += 1;
                }
                let goes_on = begun.is_ok();
                // Whoever asked waits for this.
                drop(tell.send(begun));
                if goes_on {
                    let served = tracer.serve();
                    let mut state = tracees.lock();
                    state.tracers.retain(|tracer| *tracer != own);
                    // With this thread the kernel kills whatever it still traces.
                    if let Err(error) = served {
                        state.broken = Some(format!("tracing broke: {error}"));
                    }
                }
            })?;
        self.tracers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(thread);
        told.recv()
            .map_err(|_| io::Error::other("the thread that traces is gone"))?
    }

    /// Ends it. Every command must be gone, or its end is waited for.
    pub fn end(mut self) {
        self.stop.now();
        let tracers = self.tracers.get_mut();
        for thread in tracers.unwrap_or_else(PoisonError::into_inner).drain(..) {
            // A panic there has been told already.
            drop(thread.join());
        }
        drop(self.mover.take().map(JoinHandle::join));
    }
}

impl Drop for Supervisor {
    /// Time moves no more. The tracers end with what they trace.
    fn drop(&mut self) {
        self.stop.now();
    }
}

/// The calling thread's number in our own PID namespace, for [`Setup::others`].
pub fn this_thread() -> i32 {
    sys::own_thread()
}
