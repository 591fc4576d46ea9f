//! The probes of a phase: commands that look for what is wrong, in the world as its steps have left it.
//!
//! What they ask is taken off the timeline, each its own. One that runs beside the command is started first; it is ready when it
//! has said something, and is told to end (as by Ctrl-C) when the command has ended and the probe itself is idle again.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use modfault_kit::{Clock, Timeline};
use modfault_outcome::ProbeObservation;
use modfault_sandbox::{Command, Place, User};
use modfault_world::Probe;
use modfault_world::probe::{Beside, ProbeClock, ProbeUser};

use crate::command::{self, Ran, Running, Watch};
use crate::error::RunError;
use crate::step::Steps;
use crate::tools;

/// How long a probe on the machine's clock may take before it is ended.
const LIMIT: Duration = Duration::from_secs(10);

/// How long the world is left alone, on its clock, before a probe that listens is ended: on a clock of its own that moves only
/// when nothing is under way any more.
const QUIET: Duration = Duration::from_millis(500);

/// Where root finds programs.
const PATH_OF_ROOT: &str =
    "/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Steps<'_> {
    /// Runs every probe; gives what was seen and the processor time of them.
    pub(crate) async fn probes(
        &mut self,
        search_path: &OsString,
        timeline: &mut Timeline,
    ) -> Result<(Vec<ProbeObservation>, Duration), RunError> {
        let world = self.world;
        let mut seen = Vec::new();
        let mut cpu = Duration::ZERO;
        for probe in &world.probes {
            let lacking = probe
                .needs
                .iter()
                .find(|need| tools::found(search_path, need).is_none());
            let why = lacking
                .map(|need| format!("it needs `{need}`"))
                .or_else(|| refused(probe));
            if let Some(why) = why {
                seen.push(ProbeObservation::not_run(&probe.run, why));
                continue;
            }
            let clock = self.clock_of(probe);
            let began = clock.now();
            let ran = match &probe.beside {
                None => self.probe(probe).await?,
                Some(beside) => self.beside(probe, beside).await?,
            };
            let took = clock.now().saturating_sub(began);
            self.settle().await;
            cpu += ran.cpu;
            seen.push(ProbeObservation {
                run: probe.run.clone(),
                not_run: None,
                tools: tools::versions(search_path, &probe.needs),
                exit: ran.exit,
                stdout: ran.stdout,
                stderr: ran.stderr,
                took,
                events: timeline.drain(),
            });
        }
        Ok((seen, cpu))
    }

    fn clock_of(&self, probe: &Probe) -> Clock {
        match probe.clock {
            ProbeClock::World => self.context.clock.clone(),
            ProbeClock::Machine => Clock::real(),
        }
    }

    async fn probe(&mut self, probe: &Probe) -> Result<Ran, RunError> {
        match probe.clock {
            ProbeClock::World => {
                let command = self.command_of(probe);
                command::run(vec![command], self.running()).await.map(only)
            }
            ProbeClock::Machine => self.untraced(probe, None).await,
        }
    }

    /// Runs a probe on the machine's clock. The world's moves on while it sleeps.
    async fn untraced(&self, probe: &Probe, watch: Option<Watch<'_>>) -> Result<Ran, RunError> {
        command::run(
            vec![self.command_of(probe)],
            Running {
                sandbox: self.sandbox,
                clock: &Clock::real(),
                time: None,
                timeout: LIMIT,
                cancel: self.cancel,
                watch: Some(watch.unwrap_or(Watch::with(&self.context.clock))),
            },
        )
        .await
        .map(only)
    }

    /// Runs a probe while the command runs once more.
    async fn beside(&mut self, probe: &Probe, beside: &Beside) -> Result<Ran, RunError> {
        let (ready, stop) = (Notify::new(), CancellationToken::new());
        let world_clock = self.context.clock.clone();
        let commands = beside.commands.iter();
        let commands = commands.map(|command| self.client_command(command, &beside.env));
        let commands = commands.collect();
        let alone = Running {
            sandbox: self.sandbox,
            clock: &Clock::real(),
            time: None,
            timeout: LIMIT,
            cancel: self.cancel,
            watch: Some(Watch {
                clock: &world_clock,
                ready: Some(&ready),
                stop: Some(&stop),
            }),
        };
        let line = self.command_of(probe);
        let listening = async {
            let ran = command::run(vec![line], alone).await.map(only);
            // whatever it did, nobody waits for it any more
            ready.notify_one();
            ran
        };
        let acting = async {
            ready.notified().await;
            let ran = command::run(commands, self.running()).await;
            self.settle().await;
            world_clock.sleep(QUIET).await;
            stop.cancel();
            ran
        };
        let (heard, acted) = tokio::join!(listening, acting);
        let (mut heard, acted) = (heard?, acted?);
        heard.cpu += acted.iter().map(|ran| ran.cpu).sum::<Duration>();
        Ok(heard)
    }

    fn command_of(&self, probe: &Probe) -> Command {
        let mut command = self.client_command(&probe.command, &BTreeMap::new());
        if probe.user == ProbeUser::Root {
            command.user = User::Root;
            for (name, value) in [
                ("HOME", "/root"),
                ("LOGNAME", "root"),
                ("PATH", PATH_OF_ROOT),
                ("USER", "root"),
            ] {
                command.env.insert(name.to_owned(), value.to_owned());
            }
        }
        command
    }

    /// A command line of the client's user, with further variables.
    pub(crate) fn client_command(&self, line: &str, extra: &BTreeMap<String, String>) -> Command {
        let client = &self.world.client;
        let mut env = client.env.clone();
        env.extend(extra.clone());
        Command {
            argv: command::words(line),
            env,
            directory: client.directory.clone(),
            user: User::Client,
            place: Place::Client,
            output: modfault_sandbox::Output::Pipes,
            ..Command::new([""; 0])
        }
    }

    /// With what a command of this world is run.
    pub(crate) fn running(&mut self) -> Running<'_> {
        Running {
            sandbox: self.sandbox,
            clock: &self.context.clock,
            time: self.time.as_mut(),
            timeout: self.world.timeout,
            cancel: self.cancel,
            watch: None,
        }
    }
}

/// What became of the only command.
fn only(mut ran: Vec<Ran>) -> Ran {
    ran.pop().unwrap_or_default()
}

/// Why a probe cannot be run by whom we are, where that is so.
fn refused(probe: &Probe) -> Option<String> {
    // It gives up its groups before it listens; in a user namespace that an ordinary user has made nobody may (user_namespaces(7)).
    let drops_groups = probe.needs.iter().any(|need| need == "tcpdump");
    (drops_groups && !rustix::process::geteuid().is_root())
        .then(|| "tcpdump captures only where modfault is run by root".to_owned())
}
