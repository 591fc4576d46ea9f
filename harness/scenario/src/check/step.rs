//! Steps and expectations.

use std::ops::Range;

use super::Check;
use super::client::AlteringStep;
use crate::client::{Action, ScenarioStep};
use crate::diagnostic::{Code, Diagnostic};
use crate::expect::Expectation;
use crate::file::{ClientFile, ExpectFile, FlushFile, Located, RetagFile, ScenarioFile, StepFile};
use crate::kind::Kind;
use crate::version::{InvalidVersion, VersionRange};
use modfault_kit::FaultId;

impl Check<'_> {
    /// What the scenario does: its one command, or its steps.
    pub(super) fn steps(&mut self, file: &ScenarioFile) -> Vec<ScenarioStep> {
        self.run_or_steps(&file.client);
        let claims = file
            .kind
            .as_ref()
            .is_some_and(|kind| kind.value == Kind::Claims);
        let altering = if file.fault.is_empty() && !claims {
            AlteringStep::IsTheFault
        } else {
            AlteringStep::Belongs
        };
        let mut steps = match &file.client.steps {
            Some(steps) => self.step_list(&steps.value, altering),
            None => Vec::new(),
        };
        if let Some(run) = &file.client.run {
            steps.push(ScenarioStep {
                action: Action::Run {
                    command: run.value.clone(),
                    env: Default::default(),
                },
                expect: None,
                control: None,
                fault: None,
                predictions: Vec::new(),
            });
        }
        if !steps.iter().any(ScenarioStep::is_run) {
            let (span, text) = match &file.client.steps {
                Some(steps) => (steps.span.clone(), "none of these steps is a `run`"),
                None => (self.head.clone(), "this is not tried"),
            };
            self.report(
                Diagnostic::new(Code::NoRun, "the scenario runs nothing")
                    .at(span, text)
                    .help("say `run = \"go mod download …\"` under `[client]`"),
            );
        }
        steps
    }

    pub(super) fn run_or_steps(&mut self, client: &ClientFile) {
        if let (Some(run), Some(steps)) = (&client.run, &client.steps) {
            self.report(
                Diagnostic::new(Code::RunAndSteps, "the client has both `run` and `steps`")
                    .at(run.span.clone(), "one command")
                    .at(steps.span.clone(), "several steps")
                    .help("make the command the last of the steps: `{ run = \"…\" }`"),
            );
        }
    }

    pub(super) fn step_list(
        &mut self,
        steps: &[Located<StepFile>],
        altering: AlteringStep,
    ) -> Vec<ScenarioStep> {
        steps
            .iter()
            .enumerate()
            .filter_map(|(n, step)| self.step(n, step, altering))
            .collect()
    }

    fn step(
        &mut self,
        n: usize,
        step: &Located<StepFile>,
        altering: AlteringStep,
    ) -> Option<ScenarioStep> {
        let file = &step.value;
        let things = [
            file.run.is_some(),
            file.together.is_some(),
            file.write.is_some(),
            file.corrupt.is_some(),
            file.truncate.is_some(),
            file.remove.is_some(),
            file.chmod.is_some(),
            file.retag.is_some(),
            file.flush.is_some(),
        ];
        let count = things.into_iter().filter(|there| *there).count();
        if count != 1 {
            let message = match count {
                0 => "the step does nothing",
                _ => "the step does several things at once",
            };
            self.report(
                Diagnostic::new(Code::BadStep, message)
                    .at(step.span.clone(), "a step does one thing")
                    .help(
                        "one of `run`, `together`, `write`, `corrupt`, `truncate`, `remove`, `chmod`, `retag`, `flush`",
                    ),
            );
            return None;
        }
        let is_run = file.run.is_some() || file.together.is_some();
        let stated = file.expect.given
            || file.control.given
            || !file.env.is_empty()
            || !file.predicts.is_empty();
        if !is_run && stated {
            self.report(
                Diagnostic::new(
                    Code::BadStep,
                    "only a command has `env`, `expect`, `control` and `predicts`",
                )
                .at(step.span.clone(), "this step runs no command")
                .help("move them to a step with `run`"),
            );
        }
        if file.together.as_ref().is_some_and(|all| all.len() < 2) {
            self.report(
                Diagnostic::new(Code::BadStep, "`together` has fewer than two commands")
                    .at(step.span.clone(), "nothing runs at the same time here")
                    .help("name two commands or more, or say `run`"),
            );
        }
        let env = self.environment(&file.env);
        let action = self.action(file, env, &step.span)?;
        let is_fault = match altering {
            AlteringStep::IsTheFault => file.is_fault_alone(),
            AlteringStep::Belongs => file.fault.unwrap_or(false),
        };
        Some(ScenarioStep {
            action,
            expect: file.expect.given.then(|| self.expectation(&file.expect)),
            control: file.control.given.then(|| self.expectation(&file.control)),
            fault: is_fault.then(|| FaultId(format!("step[{n}]"))),
            predictions: self.predictions(&file.predicts),
        })
    }

    fn action(
        &mut self,
        file: &StepFile,
        env: std::collections::BTreeMap<String, String>,
        step: &Range<usize>,
    ) -> Option<Action> {
        if let Some(command) = &file.run {
            return Some(Action::Run {
                command: command.clone(),
                env,
            });
        }
        if let Some(commands) = &file.together {
            return Some(Action::Together {
                commands: commands.clone(),
                env,
            });
        }
        if let Some(write) = &file.write {
            return Some(Action::Write {
                path: self.path(&write.path)?,
                text: write.text.clone(),
            });
        }
        if let Some(corrupt) = &file.corrupt {
            return Some(Action::Corrupt {
                path: self.path(&corrupt.path)?,
                offset: corrupt.offset,
                bytes: corrupt.with.clone().into_bytes(),
            });
        }
        if let Some(truncate) = &file.truncate {
            return Some(Action::Truncate {
                path: self.path(&truncate.path)?,
                length: truncate.length,
            });
        }
        if let Some(path) = &file.remove {
            return Some(Action::Remove {
                path: self.path(path)?,
            });
        }
        if let Some(chmod) = &file.chmod {
            return Some(Action::Chmod {
                path: self.path(&chmod.path)?,
                mode: chmod.mode,
            });
        }
        if let Some(FlushFile::StubResolver) = file.flush {
            if !self.has_stub_resolver {
                self.report(
                    Diagnostic::new(Code::BadStep, "the client has no resolver of its own")
                        .at(step.clone(), "there is nothing to flush")
                        .help("give it one: `stub-resolver = {}` under `[client]`"),
                );
            }
            return Some(Action::FlushStubResolver);
        }
        self.retag(file.retag.as_ref()?)
    }

    fn retag(&mut self, retag: &RetagFile) -> Option<Action> {
        let wanted = retag.repo.value.as_str();
        let found = self.hosts.iter().find_map(|(host, spec)| {
            let mut repositories = spec.git.iter();
            let (path, _) = repositories
                .find(|(path, repository)| *path == wanted || repository.module == wanted)?;
            Some((host.clone(), path.clone()))
        });
        if let Some((host, repository)) = found {
            return Some(Action::Retag {
                host,
                repository,
                tag: retag.tag.clone(),
                to: retag.to.clone(),
            });
        }
        let known: Vec<String> = self
            .hosts
            .values()
            .flat_map(|spec| spec.git.values().map(|r| r.module.clone()))
            .collect();
        let diagnostic = Diagnostic::new(
            Code::UnknownRepository,
            format!("no git host has the repository `{wanted}`"),
        )
        .at(retag.repo.span.clone(), "unknown repository")
        .nearest(wanted, known.iter().map(String::as_str));
        self.report(diagnostic);
        None
    }

    pub(super) fn expectation(&mut self, file: &ExpectFile) -> Expectation {
        if file.base.is_hang() && file.base.exit.is_some() {
            let places = file.keys.iter();
            let places = places.filter(|key| matches!(key.value.as_str(), "exit" | "hangs"));
            self.exit_and_hangs(places.map(|key| key.span.clone()));
        }
        let mut by_version = Vec::new();
        for (range, expect) in &file.by_version {
            if expect.is_hang() && expect.exit.is_some() {
                self.exit_and_hangs([range.span.clone()]);
            }
            if let Some(parsed) = self.version_range(range) {
                by_version.push((parsed, expect.clone()));
            }
        }
        Expectation {
            base: file.base.clone(),
            by_version,
        }
    }

    /// A range of Go versions, where it can be read.
    pub(super) fn version_range(&mut self, range: &Located<String>) -> Option<VersionRange> {
        match range.value.parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                let error: InvalidVersion = error;
                self.report(
                    Diagnostic::new(Code::BadVersionRange, error.to_string())
                        .at(range.span.clone(), "this cannot be read")
                        .help("write `<1.24` or `>=1.22, <1.25`"),
                );
                None
            }
        }
    }

    fn exit_and_hangs(&mut self, places: impl IntoIterator<Item = Range<usize>>) {
        let diagnostic = Diagnostic::new(
            Code::ExitAndHangs,
            "a command that hangs has no exit status",
        )
        .help("leave `exit` out, or `hangs`");
        self.report(places.into_iter().fold(diagnostic, |diagnostic, place| {
            diagnostic.at(place, "only one of them can be")
        }));
    }
}
