//! The client: its environment, files and settings.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Check;
use crate::client::{ClientSpec, FileContent};
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{ClientFile, EnvValue, FileValue, Located};

/// Variables that no scenario sets, each with the reason.
const RESERVED: &[(&str, &str)] = &[
    (
        "GOCACHE",
        "the build cache is shared by all runs of a toolchain",
    ),
    (
        "GOTELEMETRY",
        "go only reports it; telemetry is off by its mode file",
    ),
    ("LANG", "what tools print must not depend on a language"),
    ("LC_ALL", "what tools print must not depend on a language"),
    ("LD_PRELOAD", "the command under test stays as it is"),
];

impl Check<'_> {
    /// The client as declared; its steps are read apart.
    pub(super) fn client(&mut self, file: &ClientFile) -> ClientSpec {
        let mut files: BTreeMap<String, Option<FileContent>> = BTreeMap::new();
        if let Some(text) = &file.gitconfig {
            files.insert("/home/dev/.gitconfig".to_owned(), Some(plain(text)));
        }
        for (path, value) in &file.files {
            let content = match value {
                FileValue::Text(text) => Some(plain(text)),
                FileValue::Full(full) => Some(FileContent {
                    text: full.text.clone(),
                    mode: full.mode,
                }),
                FileValue::Absent(_) => None,
            };
            if let Some(path) = self.path(path) {
                files.insert(path, content);
            }
        }
        let env = file.env.iter().map(|(name, value)| {
            let value = match value {
                EnvValue::Set(value) => Some(value.clone()),
                EnvValue::Unset(_) => None,
            };
            self.variable(
                &name.value,
                value.as_deref().unwrap_or_default(),
                &name.span,
            );
            (name.value.clone(), value)
        });
        let env = env.collect();
        let disks = file.small_disks.iter().filter_map(|(path, size)| {
            let path = self.path(path)?;
            Some((path, *size))
        });
        let small_disks = disks.collect();
        let read_only = file.read_only.as_ref().map(|paths| {
            let paths = paths.iter().filter_map(|path| self.path(path));
            paths.collect()
        });
        let requires = file.requires.as_ref().map(|requires| {
            let requires = requires.iter().filter_map(|one| self.requirement(one));
            requires.collect()
        });
        ClientSpec {
            run: None,
            steps: None,
            env,
            files,
            requires,
            go_directive: file.go_directive.clone(),
            trust: file.trust.clone(),
            hosts_file: file.hosts_file.clone(),
            resolv_conf: file.resolv_conf.clone(),
            nsswitch_conf: file.nsswitch_conf.clone(),
            stub_resolver: file
                .stub_resolver
                .as_ref()
                .map(|stub| self.stub_resolver(stub)),
            daemons: file
                .daemons
                .iter()
                .map(|(name, daemon)| (name.value.clone(), self.component(daemon)))
                .collect(),
            clock: file.clock.as_ref().map(|clock| self.wall_time(clock)),
            small_disks,
            read_only,
            sysctls: file.sysctls.clone(),
            without: file.without.clone(),
            netrc: file.netrc.clone(),
            ssh: file.ssh.as_ref().map(|ssh| self.ssh(ssh)),
        }
    }

    /// A client as a fault or a remedy has it, commands included.
    pub(super) fn client_patch(&mut self, file: &ClientFile) -> ClientSpec {
        self.run_or_steps(file);
        ClientSpec {
            run: file.run.as_ref().map(|run| run.value.clone()),
            steps: file
                .steps
                .as_ref()
                .map(|steps| self.step_list(&steps.value, AlteringStep::Belongs)),
            ..self.client(file)
        }
    }

    pub(super) fn environment(
        &mut self,
        env: &BTreeMap<Located<String>, String>,
    ) -> BTreeMap<String, String> {
        for (name, value) in env {
            self.variable(&name.value, value, &name.span);
        }
        env.iter()
            .map(|(name, value)| (name.value.clone(), value.clone()))
            .collect()
    }

    pub(super) fn variable(&mut self, name: &str, value: &str, span: &Range<usize>) {
        let mut letters = name.chars();
        let is_name = letters
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            self.report(
                Diagnostic::new(
                    Code::BadEnv,
                    format!("`{name}` is no name of an environment variable"),
                )
                .at(span.clone(), "no shell could set it")
                .help("a name has letters, digits and `_`, and does not begin with a digit"),
            );
        } else if value.contains('\0') {
            self.report(
                Diagnostic::new(Code::BadEnv, format!("the value of `{name}` has a NUL"))
                    .at(span.clone(), "no environment variable can hold that")
                    .help("take the NUL out"),
            );
        } else if let Some((_, reason)) = RESERVED.iter().find(|(known, _)| *known == name) {
            self.report(
                Diagnostic::new(Code::ReservedEnv, format!("`{name}` is not to be set"))
                    .at(span.clone(), *reason)
                    .help("take it out; what else a command gets is in harness/world/src/environment.rs"),
            );
        }
    }
}

/// Whether a step that is no command counts as the fault where the file does not say so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AlteringStep {
    /// It does: nothing else is wrong in the file.
    IsTheFault,
    /// It does not: it belongs to what is done anyway.
    Belongs,
}

fn plain(text: &str) -> FileContent {
    FileContent {
        text: text.to_owned(),
        mode: 0o644,
    }
}
