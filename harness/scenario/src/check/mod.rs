//! Whether what is written makes sense, every problem at once: file to [`Scenario`].

mod claim;
mod client;
mod clock;
mod component;
mod fault;
mod header;
mod host;
mod judgement;
mod modules;
mod name_service;
mod names;
mod probe;
mod sources;
mod ssh;
mod step;
mod sumdb;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use crate::claim::CLAIMS;
use crate::client::{ClientSpec, client_path};
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{ClientFile, HostFile, Located, ScenarioFile};
use crate::host::HostSpec;
use crate::kind::{Kind, Layer};
use crate::module::{Module, ModuleLibrary};
use crate::scenario::{Scenario, ScenarioFault, ScenarioId};
use modfault_kit::{FaultId, HostName, Seed};

/// Programs that a scenario may need, and that modfault knows how to look for.
pub const KNOWN_NEEDS: &[&str] = &[
    // Debian's go is built with the C library; its package is golang-1.19-go.
    "/usr/lib/go-1.19/bin/go",
    // Not on everybody's PATH.
    "/usr/sbin/dnsmasq",
    "/usr/sbin/nscd",
    "bash",
    "curl",
    "dig",
    "flock",
    "gcc",
    "getent",
    "git",
    "gpg",
    "hg",
    "host",
    "ip",
    "nc",
    "nslookup",
    "openssl",
    "ping",
    "python3",
    "script",
    "ss",
    "ssh",
    "ssh-keyscan",
    "strace",
    "svn",
    "tcpdump",
    "telnet",
    "traceroute",
    "tshark",
    "wget",
];

/// How long a command may take unless the scenario says otherwise.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Checks `file`. The scenario is of use only when nothing was found.
pub(crate) fn check(
    path: &str,
    text: &str,
    file: &ScenarioFile,
    host_names: &[(Range<usize>, HostName)],
    library: &ModuleLibrary,
) -> (Scenario, Vec<Diagnostic>) {
    let mut check = Check {
        library,
        modules: BTreeMap::new(),
        hosts: BTreeMap::new(),
        names_declared: BTreeSet::new(),
        has_nowhere: !file.nowhere.is_empty(),
        has_stub_resolver: name_service::has_stub_resolver(file),
        head: match &file.description {
            Some(description) => description.span.clone(),
            None => 0..text.lines().next().map_or(0, str::len),
        },
        diagnostics: Vec::new(),
    };
    let mut scenario = check.scenario(path, file);
    check.names(text, file, host_names, &scenario);
    check.databases(text, file, &scenario);
    check.components(file);
    for program in component::programs(&scenario) {
        if !scenario.needs.contains(&program) {
            scenario.needs.push(program);
        }
    }
    check.judgement(file, &scenario);
    check.experiments(file, &scenario);
    check.client_clocks(file);
    (scenario, check.diagnostics)
}

/// What the parts of the check share.
struct Check<'a> {
    library: &'a ModuleLibrary,
    /// The modules of the file, laid over those of the library, as far as they were asked for.
    modules: BTreeMap<String, Module>,
    /// The hosts as declared.
    hosts: BTreeMap<HostName, HostSpec>,
    /// The names that the resolver knows beside those of the hosts.
    names_declared: BTreeSet<HostName>,
    /// Whether the scenario has addresses without a machine.
    has_nowhere: bool,
    /// Whether a caching resolver runs on the client in any phase.
    has_stub_resolver: bool,
    /// Where the file begins, or its description: the place of what is absent.
    head: Range<usize>,
    diagnostics: Vec<Diagnostic>,
}

impl Check<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn scenario(&mut self, path: &str, file: &ScenarioFile) -> Scenario {
        let (id, layer) = self.identity(path, file);
        self.read_modules(file);
        let hosts = self.hosts(&file.hosts);
        self.hosts.clone_from(&hosts);
        let nowhere = self.nowhere(&file.nowhere);
        let names = file.names.iter().filter_map(|(name, addresses)| {
            Some((self.host_name(&name.value, &name.span)?, addresses.clone()))
        });
        let names: BTreeMap<HostName, _> = names.collect();
        self.names_declared = names.keys().cloned().collect();

        let client = self.client(&file.client);
        let steps = self.steps(file);
        let faults: Vec<ScenarioFault> = file
            .fault
            .iter()
            .enumerate()
            .filter_map(|(n, fault)| self.fault(FaultId(format!("fault[{n}]")), fault))
            .collect();
        let fixes = self.remedies(&file.fix, &faults);
        let nonfixes = self.remedies(&file.nonfix, &faults);
        let expect = self.expectation(&file.expect);
        let control = self.expectation(&file.control);
        let probes = self.probes(&file.probe);
        let claims = self.claims(file);
        self.read_requirements();

        Scenario {
            id,
            layer,
            kind: file.kind.as_ref().map_or(Kind::Fails, |kind| kind.value),
            description: self.description(file),
            sources: self.sources(file),
            covers: self.covers(file),
            told: file.told.clone(),
            needs: self.needs(file),
            go: file.go.as_ref().and_then(|range| self.version_range(range)),
            clock: self.clock(&file.clock),
            seed: Seed(file.seed.unwrap_or_default()),
            observe: file
                .observe
                .iter()
                .filter_map(|path| self.path(path))
                .collect(),
            timeout: file.timeout.unwrap_or(TIMEOUT),
            client,
            hosts,
            nowhere,
            names,
            modules: self.modules.clone(),
            steps,
            faults,
            expect,
            control,
            fixes,
            nonfixes,
            probes,
            claims,
        }
    }

    /// The id from the last two elements of the path; a file outside a layer's folder says its layer itself.
    fn identity(&mut self, path: &str, file: &ScenarioFile) -> (ScenarioId, Layer) {
        let stem = path.strip_suffix(".toml").unwrap_or(path);
        let mut elements = stem.rsplit(['/', '\\']);
        let name = elements.next().unwrap_or_default();
        let folder = elements.next().unwrap_or_default();
        let of_folder = Layer::ALL
            .into_iter()
            .find(|layer| layer.as_str() == folder);
        let stated = file.layer.as_ref().map(|layer| layer.value);
        let layer = stated.or(of_folder).unwrap_or_else(|| {
            let layers = Layer::ALL.map(Layer::as_str);
            self.report(
                Diagnostic::new(
                    Code::UnknownLayer,
                    format!("`{path}` lies in no layer's folder"),
                )
                .at(self.head.clone(), "of this scenario")
                .help(format!(
                    "move it into one of {}, or say `layer = \"…\"` in it",
                    crate::diagnostic::quoted(&layers)
                )),
            );
            Layer::Mod
        });
        let kind = file.kind.as_ref().map(|kind| kind.value);
        let id = match kind {
            Some(Kind::Claims) => format!("{CLAIMS}/{name}"),
            _ => format!("{layer}/{name}"),
        };
        (ScenarioId(id), layer)
    }

    fn description(&mut self, file: &ScenarioFile) -> String {
        match &file.description {
            Some(text) if !text.value.trim().is_empty() => text.value.trim().to_owned(),
            other => {
                let (span, text) = match other {
                    Some(text) => (text.span.clone(), "this is empty"),
                    None => (self.head.clone(), "it should stand here"),
                };
                self.report(
                    Diagnostic::new(Code::NoDescription, "the scenario has no description")
                        .at(span, text)
                        .help("begin the file with `description = \"…\"`: one sentence that says what is wrong"),
                );
                String::new()
            }
        }
    }

    /// Says which of the programs cannot be looked for.
    fn known(&mut self, needs: &[Located<String>]) {
        for need in needs {
            if !KNOWN_NEEDS.contains(&need.value.as_str()) {
                self.report(
                    Diagnostic::new(Code::BadNeed, format!("unknown need `{}`", need.value))
                        .at(need.span.clone(), "modfault cannot look for this")
                        .nearest(&need.value, KNOWN_NEEDS.iter().copied()),
                );
            }
        }
    }

    fn needs(&mut self, file: &ScenarioFile) -> Vec<String> {
        self.known(&file.needs);
        let mut needs: Vec<String> = file.needs.iter().map(|need| need.value.clone()).collect();
        // The fake git server puts its protocol in front of the machine's own git.
        let serves_git = self.hosts.values().any(|host| !host.git.is_empty());
        if serves_git && !needs.iter().any(|need| need == "git") {
            needs.push("git".to_owned());
        }
        needs
    }

    /// A path on the client, absolute.
    fn path(&mut self, path: &Located<String>) -> Option<String> {
        match client_path(&path.value) {
            Ok(absolute) => Some(absolute),
            Err(reason) => {
                self.report(
                    Diagnostic::new(
                        Code::BadFilePath,
                        format!("`{}` is no path on the client", path.value),
                    )
                    .at(path.span.clone(), reason)
                    .help(
                        "paths are relative to the project, or begin with `~/`, `modcache:` or `/`",
                    ),
                );
                None
            }
        }
    }

    /// A patch of the client and of hosts, as a fault or a remedy has it.
    fn patch(
        &mut self,
        client: Option<&ClientFile>,
        hosts: &BTreeMap<Located<String>, HostFile>,
    ) -> (ClientSpec, BTreeMap<HostName, HostSpec>) {
        let client = client.map(|client| self.client_patch(client));
        let specs = self.hosts(hosts);
        for name in hosts.keys() {
            if let Ok(host) = HostName::parse(&name.value) {
                self.declared(&host, &name.span);
            }
        }
        (client.unwrap_or_default(), specs)
    }
}
