//! Commands on the client: started, read to their ends, and killed when their time is over.

mod ending;
mod line;
mod printed;

use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use modfault_clock::{Sleeper, Standstill};
use modfault_kit::Clock;
use modfault_kit::clock::Watched;
use modfault_outcome::{Exit, Hang, Waiting};
use modfault_sandbox::{Command, End, Process, ProcessExit, Sandbox};

pub(crate) use self::ending::wait;
use self::ending::{interrupt, quit};
pub(crate) use self::line::words;
use self::printed::Printed;
use crate::error::RunError;
use crate::time::Time;

/// What became of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ran {
    /// How it ended; `None` where there was no command.
    pub(crate) exit: Option<Exit>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Where it was, if it did not end by itself.
    pub(crate) hang: Option<Hang>,
    /// User and system time of it and its descendants.
    pub(crate) cpu: Duration,
}

/// With what a command is run.
pub(crate) struct Running<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) clock: &'a Clock,
    /// What moves the clock, where it is the world's own.
    pub(crate) time: Option<&'a mut Time>,
    /// How long it may take on the machine's clock. On the world's own it is known when nothing more can come.
    pub(crate) timeout: Duration,
    pub(crate) cancel: &'a CancellationToken,
    /// How commands that are not traced go together with the world.
    pub(crate) watch: Option<Watch<'a>>,
}

/// How a command on the machine's clock goes together with the world.
#[derive(Clone, Copy)]
pub(crate) struct Watch<'a> {
    /// The world's clock: it stands while the command is awake.
    pub(crate) clock: &'a Clock,
    /// Told when it has printed something.
    pub(crate) ready: Option<&'a Notify>,
    /// Ends it, as Ctrl-C would.
    pub(crate) stop: Option<&'a CancellationToken>,
}

impl<'a> Watch<'a> {
    /// The world's clock, and nothing else.
    pub(crate) fn with(clock: &'a Clock) -> Self {
        Self {
            clock,
            ready: None,
            stop: None,
        }
    }
}

/// Why a command was not left to end by itself.
#[derive(Clone)]
enum Cut {
    Late,
    Standstill(Standstill),
    Cancelled,
    Stopped,
}

/// Runs `commands` at the same time to the end of the last, or to that of their time; an interrupted run is an error.
pub(crate) async fn run(
    commands: Vec<Command>,
    mut running: Running<'_>,
) -> Result<Vec<Ran>, RunError> {
    let clock = running.clock;
    let (cut, _) = watch::channel(None);
    let mut started = Vec::new();
    // Time must not move before somebody looks at the processes.
    let hold = running.watch.map(|watch| watch.clock.hold());
    for command in commands {
        let process = start(command, &running).map_err(failed)?;
        started.push(Started {
            began: clock.now(),
            _watched: running.watch.and_then(|watch| watched_by(watch, &process)),
            process,
            ready: running.watch.and_then(|watch| watch.ready),
            printed: running.time.as_ref().map(|time| Arc::clone(&time.printed)),
            cut: cut.subscribe(),
        });
    }
    drop(hold);
    let ran = {
        let ends = try_join_all(started.into_iter().map(|one| one.until_it_ends(clock)));
        tokio::pin!(ends);
        tokio::select! {
            ran = &mut ends => ran?,
            why = cut_off(&mut running) => {
                cut.send_replace(Some(why));
                ends.await?
            }
        }
    };
    if running.cancel.is_cancelled() {
        return Err(RunError::Interrupted);
    }
    if let Some(reason) = running.time.and_then(|time| time.supervisor.broken()) {
        return Err(RunError::ClockStuck { reason });
    }
    Ok(ran)
}

/// A command that runs.
struct Started<'a> {
    began: Duration,
    process: Process,
    /// The look of the world's clock at it, where it is not traced.
    _watched: Option<Watched>,
    /// Told when it prints.
    ready: Option<&'a Notify>,
    /// Counts what it prints.
    printed: Option<Arc<AtomicU64>>,
    cut: watch::Receiver<Option<Cut>>,
}

impl Started<'_> {
    async fn until_it_ends(mut self, clock: &Clock) -> Result<Ran, RunError> {
        let stdout = Printed::new(self.printed.clone(), self.ready);
        let stderr = Printed::new(self.printed, self.ready);
        let mut hang = None;
        let (out, err) = (self.process.stdout.take(), self.process.stderr.take());
        let mut process = watched(self.process).map_err(failed)?;
        let reading = async {
            let (out, err) = tokio::join!(stdout.read_all(out), stderr.read_all(err));
            out.and(err)
        };
        let ended = async {
            let mut end = Box::pin(wait(&mut process));
            let cut = tokio::select! {
                exit = &mut end => return exit.map_err(failed),
                cut = told(&mut self.cut) => cut,
            };
            drop(end);
            let (for_ever, waits) = match cut {
                Cut::Cancelled => {
                    process.get_ref().kill().map_err(failed)?;
                    return wait(&mut process).await.map_err(failed);
                }
                Cut::Stopped => {
                    let exit = interrupt(&mut process).await;
                    return exit.map_err(failed);
                }
                Cut::Standstill(Standstill::Stuck { reason }) => {
                    process.get_ref().kill().map_err(failed)?;
                    return Err(RunError::ClockStuck { reason });
                }
                Cut::Standstill(Standstill::ForEver { sleepers, .. }) => (true, sleepers),
                Cut::Late => (false, Vec::new()),
            };
            hang = Some(Hang {
                for_ever,
                after: clock.now().saturating_sub(self.began),
                waits: waiting(waits),
                dump: String::new(),
            });
            // What it prints from here on is no longer the command's own doing.
            let mark = stderr.len();
            let exit = quit(&mut process).await.map_err(failed)?;
            stderr.mark(mark);
            Ok(exit)
        };
        let end = both(ended, reading, clock).await?;
        let (stderr, dump) = stderr.into_texts();
        if let Some(hang) = &mut hang {
            hang.dump = dump;
        }
        Ok(Ran {
            exit: Some(match hang {
                Some(_) => Exit::Overran,
                None => exit_of(end.end)?,
            }),
            stdout: stdout.into_texts().0,
            stderr,
            hang,
            cpu: end.user_time + end.system_time,
        })
    }
}

fn failed(source: io::Error) -> RunError {
    RunError::System {
        operation: "run the command",
        source,
    }
}

/// Waits until it is told that the commands are cut off.
async fn told(cut: &mut watch::Receiver<Option<Cut>>) -> Cut {
    let told = cut.wait_for(Option::is_some).await;
    match told.ok().and_then(|cut| cut.clone()) {
        Some(cut) => cut,
        // Whoever could tell is gone, and the command has its time.
        None => std::future::pending().await,
    }
}

/// Starts it; on the world's own clock, traced from its first instruction on.
fn start(command: Command, running: &Running<'_>) -> io::Result<Process> {
    let Some(time) = &running.time else {
        return running.sandbox.spawn(&command);
    };
    time.supervisor.spawn(running.sandbox, command)
}

/// Waits for what ends a command from outside.
async fn cut_off(running: &mut Running<'_>) -> Cut {
    let late = async {
        match &mut running.time {
            None => {
                running.clock.sleep(running.timeout).await;
                Cut::Late
            }
            Some(time) => match time.news.recv().await {
                Some(standstill) => Cut::Standstill(standstill),
                // The clock lives as long as the world.
                None => std::future::pending().await,
            },
        }
    };
    let stopped = async {
        match running.watch.and_then(|watch| watch.stop) {
            Some(stop) => stop.cancelled().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        cut = late => cut,
        () = running.cancel.cancelled() => Cut::Cancelled,
        () = stopped => Cut::Stopped,
    }
}

/// Lets the clock look at a process of the sandbox that is not traced; nothing where it has ended already.
fn watched_by(watch: Watch<'_>, process: &Process) -> Option<Watched> {
    let pid = u32::try_from(process.outside_pid().ok()?).ok()?;
    Some(watch.clock.watch_process(pid))
}

/// The sleeping processes, each with every way in which one of its threads sleeps.
fn waiting(sleepers: Vec<Sleeper>) -> Vec<Waiting> {
    let different: BTreeSet<Sleeper> = sleepers.into_iter().collect();
    different
        .into_iter()
        .map(|sleeper| Waiting {
            process: sleeper.process,
            call: sleeper.call.to_owned(),
        })
        .collect()
}

/// The end of the command and of its output. A descendant that keeps a pipe open after the command has ended has its time
/// until the sandbox ends, and nobody waits for it.
async fn both(
    ended: impl Future<Output = Result<ProcessExit, RunError>>,
    reading: impl Future<Output = io::Result<()>>,
    clock: &Clock,
) -> Result<ProcessExit, RunError> {
    let failed = |source| RunError::System {
        operation: "read what the command prints",
        source,
    };
    tokio::pin!(ended, reading);
    let mut read = None;
    let exit = tokio::select! {
        exit = &mut ended => exit?,
        done = &mut reading => {
            read = Some(done);
            ended.await?
        }
    };
    match read {
        Some(done) => done.map_err(failed)?,
        None => tokio::select! {
            done = reading => done.map_err(failed)?,
            () = clock.sleep(LEFT_OPEN) => {}
        },
    }
    Ok(exit)
}

/// How long output is read on after the command has ended: for what stands in the pipes, and no longer.
const LEFT_OPEN: Duration = Duration::from_millis(500);

#[expect(
    deprecated,
    reason = "its successor is unsafe, for descriptors that are closed meanwhile; these are owned or borrowed here"
)]
pub(crate) fn watched<T: std::os::fd::AsRawFd>(descriptor: T) -> io::Result<AsyncFd<T>> {
    AsyncFd::with_interest(descriptor, Interest::READABLE)
}

fn exit_of(end: End) -> Result<Exit, RunError> {
    match end {
        End::Signal(signal) => Ok(Exit::Signal(signal)),
        End::Code(_) | End::NotFound | End::NotExecutable(_) => Ok(Exit::Code(end.status())),
        End::NoDirectory(errno) => Err(RunError::System {
            operation: "enter the directory of the command",
            source: io::Error::from_raw_os_error(errno),
        }),
        End::NotSetUp(errno) => Err(RunError::System {
            operation: "make the command an ordinary user's",
            source: io::Error::from_raw_os_error(errno),
        }),
    }
}
