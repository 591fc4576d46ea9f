//! Real programs in place of fakes: started, waited for, listened to, and ended with the world.
//!
//! `program` finds one and asks for its version, `files` puts it and its files into the client's file system, `listening` says
//! whether it has opened its ports, `attend` reads what it prints.

mod attend;
mod files;
mod listening;
pub(crate) mod program;

use std::collections::BTreeMap;
use std::io;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use modfault_kit::Clock;
use modfault_kit::clock::Watched;
use modfault_outcome::ComponentLog;
use modfault_sandbox::{Command, Place, Process, Sandbox, User};
use modfault_world::{ComponentPlan, World};

use self::attend::{Ended, Output, attend};
use self::listening::Doors;
use crate::error::{RunError, Said};
use crate::phase::Options;

pub(crate) use self::files::{binds, entries};

/// How long between two looks at a program that is about to listen: nothing tells when a socket of another process is opened, so
/// there is no event to wait for. It grows with the time that the program has taken.
const BETWEEN_LOOKS: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_millis(20);

/// The longest text of a log that is kept, in bytes: its end.
const LONGEST_LOG: usize = 1 << 20;

/// The programs of one world.
pub(crate) struct Components<'a> {
    running: Vec<Running<'a>>,
    attended: JoinSet<Ended>,
    stop: CancellationToken,
}

/// One that was started.
struct Running<'a> {
    /// Its host, or its name on the client.
    owner: String,
    plan: &'a ComponentPlan,
    doors: Doors,
    output: Output,
    pid: Option<i32>,
    /// The look of the world's clock at it.
    _watched: Option<Watched>,
}

/// Every program of `world`, by its host or by its name on the client.
pub(crate) fn plans(world: &World) -> impl Iterator<Item = (String, &ComponentPlan, Place)> {
    let hosts = world.hosts.iter().filter_map(|(name, host)| {
        let plan = host.component.as_ref()?;
        Some((name.to_string(), plan, Place::Internet))
    });
    let daemons = world.client.daemons.iter();
    hosts.chain(daemons.map(|(name, plan)| (name.clone(), plan, Place::Client)))
}

impl<'a> Components<'a> {
    /// Starts all programs, and returns when each listens on every port that it is said to.
    pub(crate) async fn start(
        world: &'a World,
        sandbox: &Sandbox,
        clock: &Clock,
        options: &Options,
    ) -> Result<Self, RunError> {
        let mut components = Self {
            running: Vec::new(),
            attended: JoinSet::new(),
            stop: CancellationToken::new(),
        };
        for (owner, plan, place) in plans(world) {
            let program = program::inside(&owner, plan, options)?;
            let process = sandbox
                .spawn(&command(plan, program, place))
                .map_err(|source| failed("start a program", source))?;
            components.take(owner, plan, process, clock);
        }
        components.until_all_listen(sandbox, options).await?;
        Ok(components)
    }

    fn take(&mut self, owner: String, plan: &'a ComponentPlan, process: Process, clock: &Clock) {
        // Where it has ended already, whoever attends it says so.
        let pid = process.outside_pid().ok();
        let watched = pid.and_then(|pid| u32::try_from(pid).ok());
        let output = Output::default();
        let attending = attend(
            self.running.len(),
            process,
            output.clone(),
            self.stop.clone(),
        );
        self.attended.spawn(attending);
        self.running.push(Running {
            owner,
            plan,
            doors: Doors::of(plan),
            output,
            pid,
            _watched: watched.map(|pid| clock.watch_process(pid)),
        });
    }

    async fn until_all_listen(
        &mut self,
        sandbox: &Sandbox,
        options: &Options,
    ) -> Result<(), RunError> {
        let began = Instant::now();
        let late = tokio::time::sleep(options.components_start_within);
        tokio::pin!(late);
        for index in 0..self.running.len() {
            while let Some(closed) = self.closed(index) {
                let pause =
                    (began.elapsed() / 16).clamp(*BETWEEN_LOOKS.start(), *BETWEEN_LOOKS.end());
                tokio::select! {
                    biased;
                    died = self.died(sandbox) => return Err(died),
                    () = options.cancel.cancelled() => return Err(RunError::Interrupted),
                    () = &mut late => return Err(self.silent(index, closed, sandbox)),
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
        Ok(())
    }

    /// What the program at `index` has not opened yet, in words; `None` when all is open.
    fn closed(&self, index: usize) -> Option<String> {
        let running = self.running.get(index)?;
        match running.pid {
            Some(pid) => running.doors.closed(pid),
            None => Some("anything".to_owned()),
        }
    }

    fn silent(&self, index: usize, closed: String, sandbox: &Sandbox) -> RunError {
        let running = &self.running[index];
        RunError::ComponentSilent {
            program: running.plan.program.clone(),
            owner: running.owner.clone(),
            closed,
            said: running.said(sandbox),
        }
    }

    /// Waits until one of them ends, which none should.
    pub(crate) async fn died(&mut self, sandbox: &Sandbox) -> RunError {
        match self.attended.join_next().await {
            // All that were started are attended.
            None => std::future::pending().await,
            Some(Err(panic)) => failed("attend a program", io::Error::other(panic)),
            Some(Ok(ended)) => match (ended.how, self.running.get(ended.index)) {
                (Ok(end), Some(running)) => RunError::ComponentEnded {
                    program: running.plan.program.clone(),
                    owner: running.owner.clone(),
                    how: attend::words(end),
                    said: running.said(sandbox),
                },
                (Ok(_), None) => failed("attend a program", io::ErrorKind::NotFound.into()),
                (Err(source), _) => failed("attend a program", source),
            },
        }
    }

    /// What they have said, to the last byte that stands in their pipes.
    pub(crate) async fn logs(mut self, sandbox: &Sandbox) -> BTreeMap<String, ComponentLog> {
        self.stop.cancel();
        while self.attended.join_next().await.is_some() {}
        let logs = self.running.iter();
        logs.map(|running| (running.owner.clone(), running.log(sandbox)))
            .collect()
    }
}

impl Running<'_> {
    fn log(&self, sandbox: &Sandbox) -> ComponentLog {
        let files = self.plan.logs.iter().filter_map(|name| {
            let path = format!("{}/{name}", self.plan.directory);
            let bytes = sandbox.files().read(&path).ok()?;
            Some((name.clone(), attend::end_of(&bytes, LONGEST_LOG)))
        });
        let (stdout, stderr) = self.output.texts();
        ComponentLog {
            program: self.plan.program.clone(),
            stdout,
            stderr,
            files: files.collect(),
        }
    }

    /// Its last words: on standard error, or wherever there are any.
    fn said(&self, sandbox: &Sandbox) -> Said {
        let log = self.log(sandbox);
        let texts = [log.stderr, log.stdout].into_iter();
        Said::last_of(texts.chain(log.files.into_values()))
    }
}

fn command(plan: &ComponentPlan, program: PathBuf, place: Place) -> Command {
    let program = program.to_string_lossy().into_owned();
    let arguments = plan.arguments.iter().cloned();
    Command {
        env: plan.env.clone(),
        directory: plan.directory.clone(),
        user: User::Client,
        place,
        ..Command::new(std::iter::once(program).chain(arguments))
    }
}

fn failed(operation: &'static str, source: io::Error) -> RunError {
    RunError::System { operation, source }
}
