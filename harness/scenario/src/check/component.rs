//! Real programs in place of fakes.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Check;
use crate::client::FileContent;
use crate::component::filling::WITH;
use crate::component::{Blank, COMPONENTS, ComponentSpec, KnownComponent, blanks};
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{
    ClientFile, ComponentFile, EnvValue, FileValue, HostFile, Located, ScenarioFile,
};
use crate::host::HostSpec;
use crate::scenario::{Scenario, ScenarioFault};
use crate::ssh::wrong_key_name;
use modfault_kit::HostName;

/// Where a program runs: only a host has a certificate and keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runs {
    AsHost,
    OnClient,
}

impl Check<'_> {
    /// The program as declared; what it takes to start one is asked apart.
    pub(super) fn component(&mut self, file: &ComponentFile) -> ComponentSpec {
        if let Some(program) = &file.program {
            self.program(program);
        }
        let files: BTreeMap<String, Option<FileContent>> = file
            .files
            .iter()
            .map(|(name, value)| {
                self.below_directory(name);
                let content = match value {
                    FileValue::Text(text) => Some(FileContent {
                        text: text.clone(),
                        mode: 0o644,
                    }),
                    FileValue::Full(full) => Some(FileContent {
                        text: full.text.clone(),
                        mode: full.mode,
                    }),
                    FileValue::Absent(_) => None,
                };
                (name.value.clone(), content)
            })
            .collect();
        let env = file.env.iter().map(|(name, value)| {
            let value = match value {
                EnvValue::Set(value) => Some(value.clone()),
                EnvValue::Unset(_) => None,
            };
            let text = value.as_deref().unwrap_or_default();
            self.variable(&name.value, text, &name.span);
            (name.value.clone(), value)
        });
        let env = env.collect();
        ComponentSpec {
            program: file.program.as_ref().map(|program| program.value.clone()),
            listen: file.listen.clone(),
            listen_udp: file.listen_udp.clone(),
            listen_unix: file.listen_unix.as_ref().map(|paths| {
                let paths = paths.iter().filter_map(|path| self.path(path));
                paths.collect()
            }),
            files,
            arguments: file.arguments.as_ref().map(|arguments| {
                let arguments = arguments.iter();
                arguments.map(|argument| argument.value.clone()).collect()
            }),
            env,
            logs: file.logs.as_ref().map(|logs| {
                let logs = logs.iter().inspect(|log| self.below_directory(log));
                logs.map(|log| log.value.clone()).collect()
            }),
        }
    }

    fn program(&mut self, program: &Located<String>) {
        let name = program.value.as_str();
        if name.starts_with('/') || KnownComponent::named(name).is_some() {
            return;
        }
        self.report(
            Diagnostic::new(
                Code::UnknownComponent,
                format!("`{name}` is no known program"),
            )
            .at(
                program.span.clone(),
                "modfault does not know how to start it",
            )
            .nearest(name, COMPONENTS.iter().map(|known| known.name)),
        );
    }

    /// Reports a name that leads out of a program's own directory.
    fn below_directory(&mut self, name: &Located<String>) {
        let text = &name.value;
        let leads_out = text.is_empty()
            || text.starts_with(['/', '~'])
            || text.split('/').any(|part| part.is_empty() || part == "..");
        if leads_out {
            self.report(
                Diagnostic::new(
                    Code::BadFilePath,
                    format!("`{text}` is no path below `{{dir}}`"),
                )
                .at(
                    name.span.clone(),
                    "the files of a program are in its own directory",
                )
                .help("take a relative path such as `nginx.conf` or `conf.d/go.conf`"),
            );
        }
    }

    /// Holds every program against the hosts of the whole file.
    pub(super) fn components(&mut self, file: &ScenarioFile) {
        let remedies = || file.fix.iter().chain(&file.nonfix);
        for (name, host) in &file.hosts {
            if let Some(component) = &host.component {
                self.can_start(&name.span, component);
            }
            self.component_of_host(name, host);
        }
        let faults = file.fault.iter().map(|fault| &fault.value.hosts);
        let patches = faults.chain(remedies().map(|remedy| &remedy.value.hosts));
        for (name, host) in patches.flatten() {
            self.component_of_host(name, host);
        }
        for (name, daemon) in &file.client.daemons {
            self.can_start(&name.span, daemon);
        }
        let faults = file.fault.iter().filter_map(|fault| {
            let client = fault.value.client.as_ref()?;
            Some(&client.value)
        });
        let remedies = remedies().filter_map(|remedy| remedy.value.client.as_ref());
        let clients = std::iter::once(&file.client).chain(faults).chain(remedies);
        let daemons = clients.flat_map(|client: &ClientFile| &client.daemons);
        for (_, daemon) in daemons {
            self.templates(daemon, Runs::OnClient);
        }
    }

    fn component_of_host(&mut self, name: &Located<String>, host: &HostFile) {
        let Ok(declared) = HostName::parse(&name.value) else {
            return;
        };
        let declared = self.hosts.get(&declared);
        let is_component = declared.is_some_and(|spec| spec.component.is_some());
        let has_role = declared.is_some_and(has_role) || has_role_in_file(host);
        if has_role && (is_component || host.component.is_some()) {
            self.report(
                Diagnostic::new(
                    Code::ComponentWithRole,
                    format!("`{}` is a real program and something else", name.value),
                )
                .at(name.span.clone(), "a program serves all that its host has")
                .help("give the other role to a host of its own, and let the program reach it by `{address:…}`"),
            );
        }
        if let Some(component) = &host.component {
            self.templates(component, Runs::AsHost);
        }
    }

    /// Reports a program that cannot be started, or of which nobody could say that it has.
    fn can_start(&mut self, span: &Range<usize>, component: &ComponentFile) {
        let mut missing = Vec::new();
        if component.program.is_none() {
            missing.push((
                "program",
                "say which: `program = \"nginx\"`, or an absolute path",
            ));
        }
        let opens = component.listen.as_ref().is_some_and(|l| !l.is_empty())
            || component.listen_udp.as_ref().is_some_and(|l| !l.is_empty())
            || component
                .listen_unix
                .as_ref()
                .is_some_and(|l| !l.is_empty());
        if !opens {
            missing.push((
                "listen",
                "name the ports that it opens, as its own files do: `listen = [443]`, `listen-udp = [53]` or `listen-unix = [\"/run/…\"]`",
            ));
        }
        for (key, help) in missing {
            self.report(
                Diagnostic::new(Code::MissingKey, format!("`{key}` is missing"))
                    .at(span.clone(), "needed for this program")
                    .help(help),
            );
        }
    }

    /// Reports blanks that stand for nothing.
    fn templates(&mut self, component: &ComponentFile, runs: Runs) {
        for (name, value) in &component.files {
            match value {
                FileValue::Text(text) => self.template(text, &name.span, runs),
                FileValue::Full(full) => self.template(&full.text, &name.span, runs),
                FileValue::Absent(_) => {}
            }
        }
        for argument in component.arguments.iter().flatten() {
            self.template(&argument.value, &argument.span, runs);
        }
        for (name, value) in &component.env {
            if let EnvValue::Set(value) = value {
                self.template(value, &name.span, runs);
            }
        }
    }

    fn template(&mut self, text: &str, span: &Range<usize>, runs: Runs) {
        for (place, blank) in blanks(text) {
            let written = &text[place];
            let wrong = match blank {
                Blank::Directory | Blank::Address(None) | Blank::Resolver => None,
                Blank::Address(Some(host)) => {
                    if let Some(host) = self.host_name(host, span) {
                        self.declared(&host, span);
                    }
                    None
                }
                Blank::Certificate | Blank::Leaf | Blank::Key | Blank::SshHostKey => (runs
                    == Runs::OnClient)
                    .then_some("what runs on the client has no certificate and no host key"),
                Blank::Authority("public" | "corporate") => None,
                Blank::Authority(_) => Some("the authorities are `public` and `corporate`"),
                Blank::SshKey(name) => wrong_key_name(name),
                Blank::Unknown(_) => Some("nothing is called so"),
            };
            if let Some(wrong) = wrong {
                let diagnostic =
                    Diagnostic::new(Code::BadTemplate, format!("`{written}` stands for nothing"))
                        .at(span.clone(), wrong);
                self.report(match blank {
                    Blank::Unknown(word) => diagnostic.nearest(word, WITH),
                    _ => diagnostic.help("scenarios/README.md lists what can be filled in"),
                });
            }
        }
    }
}

/// Every program that some phase of `scenario` starts, by what its file calls it.
pub(super) fn programs(scenario: &Scenario) -> Vec<String> {
    let patches = scenario.faults.iter().filter_map(|fault| match fault {
        ScenarioFault::Placed(_) => None,
        ScenarioFault::Patch(patch) => Some((&patch.hosts, &patch.client)),
    });
    let remedies = scenario.fixes.iter().chain(&scenario.nonfixes);
    let remedies = remedies.map(|remedy| (&remedy.hosts, &remedy.client));
    let states = std::iter::once((&scenario.hosts, &scenario.client))
        .chain(patches)
        .chain(remedies);
    let components = states.flat_map(|(hosts, client)| {
        let hosts = hosts.values().filter_map(|host| host.component.as_ref());
        hosts.chain(client.daemons.values())
    });
    let mut programs: Vec<String> = components.filter_map(|one| one.program.clone()).collect();
    programs.sort();
    programs.dedup();
    programs
}

/// Whether it is anything but a program; its certificate is the program's.
fn has_role(spec: &HostSpec) -> bool {
    *spec
        != HostSpec {
            component: spec.component.clone(),
            tls: spec.tls.clone(),
            ..HostSpec::default()
        }
}

fn has_role_in_file(host: &HostFile) -> bool {
    host.goproxy.is_some()
        || host.sumdb.is_some()
        || host.git.is_some()
        || host.http_proxy.is_some()
        || host.resolver.is_some()
        || !host.vanity.is_empty()
        || !host.pages.is_empty()
        || !host.ports.is_empty()
}
