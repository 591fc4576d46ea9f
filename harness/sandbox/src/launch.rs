//! Forks init, from one thread that lives as long as the process.
//!
//! A parent-death signal follows the thread that forked, not its process: a worker of some pool would take the sandbox along when
//! it ends.

use std::io;
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::sync::{OnceLock, mpsc};
use std::thread;

use crate::init;
use crate::script::Script;
use crate::sys::{self, Fork, Held};

/// Everything that init needs, in memory that it will have a copy of.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) script: Script,
    /// Descriptors that init gets, with their numbers there. Their numbers here are above all of those.
    pub(crate) descriptors: Vec<(OwnedFd, RawFd)>,
    /// The client's id in the sandbox's user namespace.
    pub(crate) client: u32,
    /// Where this process's arguments and environment lie in memory, so that init can blot them out.
    pub(crate) blocks: [(usize, usize); 2],
}

/// A running init.
#[derive(Debug)]
pub(crate) struct Init {
    /// Its number outside.
    pub(crate) pid: i32,
    process: OwnedFd,
}

impl Init {
    /// Ends it, and with it everything in the sandbox; returns when nothing is left. Once it has ended this does nothing.
    pub(crate) fn end(&self) {
        let _gone = sys::signal(self.process.as_fd(), libc::SIGKILL);
        let _gone = sys::reap(self.process.as_fd());
    }
}

impl Drop for Init {
    fn drop(&mut self) {
        self.end();
    }
}

type Job = (Launch, mpsc::SyncSender<io::Result<Init>>);

/// Forks init in a user and a PID namespace of its own.
pub(crate) fn launch(launch: Launch) -> io::Result<Init> {
    let gone = || io::Error::other("the thread that forks is gone");
    let (answer, result) = mpsc::sync_channel(1);
    let thread = launcher()?;
    thread.send((launch, answer)).map_err(|_| gone())?;
    result.recv().map_err(|_| gone())?
}

fn launcher() -> io::Result<mpsc::Sender<Job>> {
    static LAUNCHER: OnceLock<mpsc::Sender<Job>> = OnceLock::new();
    if let Some(launcher) = LAUNCHER.get() {
        return Ok(launcher.clone());
    }
    let (jobs, queue) = mpsc::channel::<Job>();
    // Where two callers come here at once, one thread is left without senders and ends.
    thread::Builder::new()
        .name("modfault-launch".to_owned())
        .stack_size(128 << 10)
        .spawn(move || {
            sys::hold_signals(Held::All);
            for (launch, answer) in queue {
                // Only the child has a use for the script from here on; who asked may have gone.
                let _nobody = answer.send(fork(&launch));
            }
        })?;
    Ok(LAUNCHER.get_or_init(|| jobs).clone())
}

#[expect(unsafe_code, reason = "a fork of a process with many threads")]
fn fork(launch: &Launch) -> io::Result<Init> {
    // No exit signal: a stranger's SIGCHLD handler or wait(-1) shall not hear of it.
    let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWPID;
    // SAFETY: the child runs `init::main`, which keeps to `sys` and never returns.
    match unsafe { sys::fork(flags, 0)? } {
        Fork::Child => init::main(launch),
        Fork::Parent(pid, process) => Ok(Init { pid, process }),
    }
}
