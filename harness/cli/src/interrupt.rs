//! Ctrl-C: everything ends within a second, and what finished is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio_util::sync::CancellationToken;

use crate::failure::{Ending, Failure};

/// How long the command has to end by itself once it was interrupted.
const GRACE: Duration = Duration::from_millis(850);

/// Whether somebody wants the command to end.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    /// Cancelled by the first signal.
    pub(crate) token: CancellationToken,
    signal: Arc<AtomicI32>,
}

impl Interrupt {
    /// Takes SIGINT, SIGTERM and SIGHUP from now on.
    ///
    /// The first cancels the token. A second one, or a command that takes longer than [`GRACE`] to end, ends the process at
    /// once; worlds end with it.
    pub(crate) fn install() -> Result<Self, Failure> {
        let this = Self {
            token: CancellationToken::new(),
            signal: Arc::new(AtomicI32::new(0)),
        };
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(Failure::machine)?;
        let (first, raised) = mpsc::channel();
        let taken = this.clone();
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                for signal in signals.forever() {
                    if taken.token.is_cancelled() {
                        end(signal);
                    }
                    taken.signal.store(signal, Ordering::Relaxed);
                    taken.token.cancel();
                    // the other thread has ended only when the process is about to
                    first.send(signal).ok();
                }
            })
            .map_err(Failure::machine)?;
        thread::Builder::new()
            .name("deadline".into())
            .spawn(move || {
                if let Ok(signal) = raised.recv()
                    && raised.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout)
                {
                    end(signal);
                }
            })
            .map_err(Failure::machine)?;
        Ok(this)
    }

    /// Whether a signal came.
    pub(crate) fn is_raised(&self) -> bool {
        self.token.is_cancelled()
    }

    /// The exit status of a command that ended so: a signal's own, if one came and nothing worse.
    pub(crate) fn ending(&self, ending: Ending) -> u8 {
        match (ending, self.signal.load(Ordering::Relaxed)) {
            (Ending::Interrupted, signal @ 1..) => status(signal),
            _ => ending.code(),
        }
    }
}

/// 128 and the signal's number, as shells have it: 130 for Ctrl-C.
fn status(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(Ending::Interrupted.code())
}

#[expect(
    clippy::exit,
    reason = "the command did not end in time, and nothing is left to wait for"
)]
fn end(signal: i32) -> ! {
    std::process::exit(i32::from(status(signal)))
}
