//! The steps of a phase, done one after the other on the client.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use modfault_dns::StubCache;
use modfault_kit::{Context, Timeline};
use modfault_outcome::StepObservation;
use modfault_sandbox::{Files, Sandbox};
use modfault_world::{Step, World};

use crate::command::{self, Ran};
use crate::error::RunError;
use crate::repositories::Repositories;
use crate::time::Time;
use crate::together::{all, apart};

/// What steps act upon.
pub(crate) struct Steps<'a> {
    pub(crate) world: &'a World,
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) repositories: &'a Repositories,
    pub(crate) context: &'a Context,
    pub(crate) stub: Option<StubCache>,
    pub(crate) time: Option<Time>,
    pub(crate) cancel: &'a CancellationToken,
}

impl Steps<'_> {
    /// Does every step; gives what was seen and the processor time of the commands.
    pub(crate) async fn run(
        &mut self,
        timeline: &mut Timeline,
    ) -> Result<(Vec<StepObservation>, Duration), RunError> {
        let world = self.world;
        let mut seen = Vec::new();
        let mut cpu = Duration::ZERO;
        for step in &world.steps {
            let began = self.context.clock.now();
            let ran = match step {
                Step::Run { command, env, .. } => {
                    let commands = std::slice::from_ref(command);
                    self.commands(commands, env).await?
                }
                Step::Together { commands, env, .. } => self.commands(commands, env).await?,
                Step::Write { .. }
                | Step::Corrupt { .. }
                | Step::Truncate { .. }
                | Step::Remove { .. }
                | Step::Chmod { .. } => {
                    self.change_file(step)?;
                    Vec::new()
                }
                Step::Retag {
                    host,
                    repository,
                    tag,
                    to,
                } => {
                    self.repositories.retag(host, repository, tag, to)?;
                    Vec::new()
                }
                Step::FlushStubResolver => {
                    self.stub.iter().for_each(StubCache::flush);
                    Vec::new()
                }
            };
            let took = self.context.clock.now().saturating_sub(began);
            self.settle().await;
            let together = apart(step, &ran);
            let ran = all(ran);
            cpu += ran.cpu;
            seen.push(StepObservation {
                title: title(step),
                exit: ran.exit,
                stdout: ran.stdout,
                stderr: ran.stderr,
                took,
                events: timeline.drain(),
                files: self.observed()?,
                hang: ran.hang,
                together,
            });
        }
        Ok((seen, cpu))
    }

    /// Runs `lines` at the same time, to the end of the last.
    pub(crate) async fn commands(
        &mut self,
        lines: &[String],
        extra: &BTreeMap<String, String>,
    ) -> Result<Vec<Ran>, RunError> {
        let commands = lines.iter().map(|line| self.client_command(line, extra));
        let commands = commands.collect();
        command::run(commands, self.running()).await
    }

    /// Waits until the fakes have noticed that the command is gone, so that the timeline of the step is whole.
    pub(crate) async fn settle(&mut self) {
        let stuck = async {
            match &mut self.time {
                Some(time) => drop(time.news.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.context.recorder.quiet() => {}
            // A connection whose packets a fault swallows is never seen to end. Nothing more can happen on it, then.
            () = self.context.clock.sleep(SETTLE) => {}
            () = stuck => {}
            () = self.cancel.cancelled() => {}
        }
    }

    fn change_file(&self, step: &Step) -> Result<(), RunError> {
        let files: &Files = self.sandbox.files();
        let (operation, path, result) = match step {
            Step::Write { path, text } => ("write", path, files.write(path, text.as_bytes())),
            Step::Corrupt {
                path,
                offset,
                bytes,
            } => ("change", path, files.overwrite_at(path, *offset, bytes)),
            Step::Truncate { path, length } => ("cut", path, files.truncate(path, *length)),
            Step::Remove { path } => ("remove", path, files.remove_all(path)),
            Step::Chmod { path, mode } => ("change the mode of", path, files.chmod(path, *mode)),
            Step::Run { .. }
            | Step::Together { .. }
            | Step::Retag { .. }
            | Step::FlushStubResolver => return Ok(()),
        };
        result.map_err(|source| RunError::ClientFile {
            operation,
            path: path.clone(),
            source,
        })
    }

    fn observed(&self) -> Result<BTreeMap<String, Option<String>>, RunError> {
        let mut files = BTreeMap::new();
        for path in &self.world.observe {
            let content = match self.sandbox.files().read(path) {
                Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(source) => {
                    return Err(RunError::ClientFile {
                        operation: "read",
                        path: path.clone(),
                        source,
                    });
                }
            };
            files.insert(path.clone(), content);
        }
        Ok(files)
    }
}

/// How long connections may take to be seen as ended after the command that made them is gone. Only a fault that swallows
/// packets makes them take so long.
const SETTLE: Duration = Duration::from_secs(1);

fn title(step: &Step) -> String {
    match step {
        Step::Run { command, .. } => command.clone(),
        Step::Together { commands, .. } => commands.join("  &  "),
        Step::Write { path, .. } => format!("(write {path})"),
        Step::Corrupt {
            path,
            offset,
            bytes,
        } => format!("(change {} bytes at {offset} of {path})", bytes.len()),
        Step::Truncate { path, length } => format!("(cut {path} to {length} bytes)"),
        Step::Remove { path } => format!("(remove {path})"),
        Step::Chmod { path, mode } => format!("(chmod {mode:o} {path})"),
        Step::Retag {
            host,
            repository,
            tag,
            to,
        } => format!("(move tag {tag} of {host}/{repository} to {to})"),
        Step::FlushStubResolver => "(flush the cache of the client's own resolver)".to_owned(),
    }
}
