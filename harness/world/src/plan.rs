//! From a scenario and a phase to the world of that phase.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::World;
use crate::client::{Client, Ssh};
use crate::clock::WorldClock;
use crate::component::Places;
use crate::environment::environment;
use crate::expectations::{of_last, of_other, of_remedy};
use crate::host::{Host, Listener, ProxyPlan, Serves, SitePlan, TlsPlan};
use crate::probe::probes;
use crate::project::files;
use crate::step::Step;
use crate::sumdb::Databases;
use modfault_kit::{FaultId, HostName, PlacedFault};
use modfault_scenario::address::{CLIENT_ADDRESS, addresses};
use modfault_scenario::client::{Action, ClientSpec, ScenarioStep, places};
use modfault_scenario::host::{Authority, HostSpec, PortUse};
use modfault_scenario::{GoVersion, Lift, Phase, RESOLVER, Scenario, ScenarioFault};

/// The world of `phase`, with what is stated of its commands when `go` runs them.
///
/// Every phase of a scenario has the same machines at the same addresses.
pub fn plan(scenario: &Scenario, phase: Phase, go: GoVersion) -> World {
    let in_force = InForce::new(scenario, phase);
    let remedy = scenario.remedy(phase);

    let mut client = scenario.client.clone();
    let mut specs = scenario.hosts.clone();
    for patch in in_force.patches() {
        client = client.patched(&patch.client);
        apply(&mut specs, &patch.hosts);
    }
    if let Some(remedy) = remedy {
        client = client.patched(&remedy.client);
        apply(&mut specs, &remedy.hosts);
    }

    let resolver = resolver();
    specs.entry(resolver.clone()).or_default();
    let addresses = addresses(specs.keys());
    let databases = Databases::new(scenario, &specs);
    let places = Places {
        addresses: &addresses,
        resolver: addresses[&resolver],
        databases: &databases,
    };
    let hosts = specs.iter().map(|(name, spec)| {
        let mut host = host(name, addresses[name], spec, &places);
        if *name == resolver && spec.component.is_none() {
            host.resolver.get_or_insert_default();
            if !scenario.hosts.contains_key(name) {
                // Undeclared, it answers questions and nothing else.
                host.listeners.clear();
            }
        }
        (name.clone(), host)
    });
    let hosts = hosts.collect();

    let mut steps = steps(scenario, &client, &in_force, phase, go);
    let clock = client.clock;
    let mut client = machine(&client, scenario, databases.default_setting(), &places);
    databases.fill_in(&mut client, &mut steps);
    let mut probes = probes(scenario, phase, &steps, go);
    databases.fill_in_probes(&mut probes);
    World {
        clock: WorldClock::of(&scenario.clock, clock, &steps),
        seed: scenario.seed,
        hosts,
        resolver,
        names: scenario.names.clone(),
        modules: scenario.modules.clone(),
        faults: in_force.placed().cloned().collect(),
        patches: in_force.other_ids(),
        probes,
        steps,
        client,
        observe: scenario.observe.clone(),
        timeout: scenario.timeout,
        nowhere: scenario.nowhere.clone(),
    }
}

/// The name of the client's nameserver.
fn resolver() -> HostName {
    HostName::parse(RESOLVER).expect("the constant is a host name")
}

/// The faults of a scenario that are there in a phase.
struct InForce<'a> {
    scenario: &'a Scenario,
    phase: Phase,
    lift: &'a Lift,
}

impl<'a> InForce<'a> {
    fn new(scenario: &'a Scenario, phase: Phase) -> Self {
        Self {
            scenario,
            phase,
            lift: scenario
                .remedy(phase)
                .map_or(&Lift::Nothing, |remedy| &remedy.lift),
        }
    }

    fn faults(&self) -> impl Iterator<Item = &'a ScenarioFault> {
        let (phase, lift) = (self.phase, self.lift);
        self.scenario.faults.iter().filter(move |fault| {
            phase != Phase::Control
                && match lift {
                    Lift::Nothing => true,
                    Lift::Everything => false,
                    Lift::On(host) => !fault.is_on(host),
                }
        })
    }

    fn placed(&self) -> impl Iterator<Item = &'a PlacedFault> {
        self.faults().filter_map(|fault| match fault {
            ScenarioFault::Placed(placed) => Some(placed),
            ScenarioFault::Patch(_) => None,
        })
    }

    fn patches(&self) -> impl Iterator<Item = &'a modfault_scenario::Patch> {
        self.faults().filter_map(|fault| match fault {
            ScenarioFault::Placed(_) => None,
            ScenarioFault::Patch(patch) => Some(patch),
        })
    }

    /// Whether `step` is done: one that is a fault only while that is there.
    fn does(&self, step: &ScenarioStep) -> bool {
        step.fault.is_none()
            || self.phase != Phase::Control
                && match (self.lift, &step.action) {
                    (Lift::Nothing, _) => true,
                    (Lift::Everything, _) => false,
                    (Lift::On(lifted), Action::Retag { host, .. }) => lifted != host,
                    (Lift::On(_), _) => true,
                }
    }

    /// The faults that no fake and no wire brings about.
    fn other_ids(&self) -> Vec<FaultId> {
        let patches = self.patches().map(|patch| patch.id.clone());
        let steps = self.scenario.steps.iter().filter(|step| self.does(step));
        patches
            .chain(steps.filter_map(|step| step.fault.clone()))
            .collect()
    }
}

fn apply(specs: &mut BTreeMap<HostName, HostSpec>, patches: &BTreeMap<HostName, HostSpec>) {
    for (name, patch) in patches {
        let spec = specs.entry(name.clone()).or_default();
        *spec = spec.patched(patch);
    }
}

fn host(name: &HostName, address: Ipv4Addr, spec: &HostSpec, places: &Places<'_>) -> Host {
    let tls = TlsPlan {
        authority: spec.tls.authority.unwrap_or(Authority::Public),
        names: match &spec.tls.names {
            Some(names) => names.clone(),
            None => vec![name.to_string()],
        },
    };
    let proxy = spec.http_proxy.clone().unwrap_or_default();
    let proxy = ProxyPlan {
        terminate: proxy.terminate,
        login: proxy.login,
        deny: proxy.deny.unwrap_or_default(),
        deny_paths: proxy.deny_paths.unwrap_or_default(),
        connect_ports: proxy.connect_ports,
    };
    let listeners = spec.open_ports().into_iter().map(|(port, spoken)| {
        let serves = match spoken {
            PortUse::HttpProxy | PortUse::HttpsProxy => Serves::HttpProxy(proxy.clone()),
            PortUse::Ssh => Serves::Ssh {
                keys: spec.ssh.clone().unwrap_or_default(),
            },
            PortUse::Overloaded => Serves::Nobody,
            PortUse::Https | PortUse::Http | PortUse::Closed => Serves::Sites,
        };
        let tls = spoken.has_tls().then(|| tls.clone());
        (port, Listener { tls, serves })
    });
    Host {
        address,
        listeners: listeners.collect(),
        sites: match &spec.component {
            Some(_) => Vec::new(),
            None => sites(name, spec, places.databases),
        },
        resolver: spec.resolver.clone(),
        component: spec
            .component
            .as_ref()
            .map(|component| places.of_host(name, address, &tls, component)),
    }
}

/// The sites of a host, those that know their requests by the path's form before those that take any below a prefix.
fn sites(name: &HostName, spec: &HostSpec, databases: &Databases<'_>) -> Vec<SitePlan> {
    let mut sites = Vec::new();
    if !spec.git.is_empty() {
        sites.push(SitePlan::Git {
            repositories: spec.git.clone(),
        });
    }
    if !spec.vanity.is_empty() {
        sites.push(SitePlan::Vanity {
            imports: spec.vanity.clone(),
        });
    }
    sites.extend(databases.own(name));
    sites.extend(databases.behind(spec));
    if let Some(goproxy) = &spec.goproxy {
        sites.push(SitePlan::Goproxy {
            prefix: goproxy.prefix.clone().unwrap_or_default(),
            modules: goproxy.modules.clone().unwrap_or_default(),
            login: goproxy.login.clone(),
        });
    }
    if !spec.pages.is_empty() {
        sites.push(SitePlan::Pages {
            pages: spec.pages.clone(),
        });
    }
    sites
}

fn machine(
    client: &ClientSpec,
    scenario: &Scenario,
    sumdb: Option<String>,
    places: &Places<'_>,
) -> Client {
    let mut trust = vec![Authority::Public];
    trust.extend(client.trust.iter().flatten().copied());
    trust.sort();
    trust.dedup();
    Client {
        directory: places::PROJECT.to_owned(),
        env: environment(&client.env, sumdb),
        files: files(client, &scenario.modules),
        trust,
        hosts_file: client.hosts_file.clone().unwrap_or_default(),
        resolv_conf: client.resolv_conf.clone(),
        nsswitch_conf: client.nsswitch_conf.clone(),
        stub_resolver: client.stub_resolver.clone(),
        small_disks: client.small_disks.clone(),
        read_only: client.read_only.clone().unwrap_or_default(),
        sysctls: client.sysctls.clone(),
        without: client.without.clone().unwrap_or_default(),
        daemons: client
            .daemons
            .iter()
            .map(|(name, daemon)| {
                let plan = places.of_client(name, CLIENT_ADDRESS, daemon);
                (name.clone(), plan)
            })
            .collect(),
        ssh: client.ssh.as_ref().map(Ssh::of),
    }
}

fn steps(
    scenario: &Scenario,
    client: &ClientSpec,
    in_force: &InForce<'_>,
    phase: Phase,
    go: GoVersion,
) -> Vec<Step> {
    let all = client.steps.as_ref().unwrap_or(&scenario.steps);
    let last = all.iter().rposition(ScenarioStep::is_run);
    let mut steps = Vec::new();
    for (n, step) in all.iter().enumerate() {
        if Some(n) == last {
            let before = scenario.remedy(phase).map(|remedy| &remedy.before);
            for step in before.into_iter().flatten() {
                steps.push(step_of(&step.action, of_remedy(step, go), None));
            }
            let expect = of_last(scenario, step, phase, go);
            steps.push(step_of(&step.action, expect, client.run.as_deref()));
        } else if in_force.does(step) {
            steps.push(step_of(&step.action, of_other(step, phase, go), None));
        }
    }
    steps
}

fn step_of(action: &Action, expect: modfault_scenario::Expect, other: Option<&str>) -> Step {
    match action.clone() {
        Action::Run { command, env } => Step::Run {
            command: other.map_or(command, str::to_owned),
            expect,
            env,
        },
        Action::Together { commands, env } => match other {
            Some(command) => Step::Run {
                command: command.to_owned(),
                expect,
                env,
            },
            None => Step::Together {
                commands,
                expect,
                env,
            },
        },
        Action::Write { path, text } => Step::Write { path, text },
        Action::Corrupt {
            path,
            offset,
            bytes,
        } => Step::Corrupt {
            path,
            offset,
            bytes,
        },
        Action::Truncate { path, length } => Step::Truncate { path, length },
        Action::Remove { path } => Step::Remove { path },
        Action::Chmod { path, mode } => Step::Chmod { path, mode },
        Action::FlushStubResolver => Step::FlushStubResolver,
        Action::Retag {
            host,
            repository,
            tag,
            to,
        } => Step::Retag {
            host,
            repository,
            tag,
            to,
        },
    }
}
