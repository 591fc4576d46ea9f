//! The commands with which people look for what is wrong, as a phase runs them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::tracer;
use crate::step::Step;
use modfault_scenario::shell::simple_commands;
use modfault_scenario::{Expect, GoVersion, Insight, Moment, Phase, Scenario, shell};

/// A probe of one phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// The command line as it is told.
    pub run: String,
    /// The command line as it is executed.
    pub command: String,
    /// As whom.
    pub user: ProbeUser,
    /// By which clock.
    pub clock: ProbeClock,
    /// Whether it tells anything about the fault.
    pub insight: Insight,
    /// What else runs while it does.
    pub beside: Option<Beside>,
    /// Programs that the machine must have.
    pub needs: Vec<String>,
    /// What is pinned of it while the fault is there.
    pub expect: Expect,
}

/// As whom a probe runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeUser {
    /// As everything else does.
    Client,
    /// As the client's root.
    Root,
}

/// By which clock a probe runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeClock {
    /// The world's.
    World,
    /// The machine's: the kernel stamps what it measures, or it traces others itself.
    Machine,
}

/// What a probe runs beside: the last command, or the last that run together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    /// The command lines.
    pub commands: Vec<String>,
    /// Their own variables.
    pub env: BTreeMap<String, String>,
}

/// Programs that compare their own clock with the stamps which the kernel gives to packets: only the machine's will do.
const BY_KERNEL_STAMPS: [&str; 4] = ["ping", "tcpdump", "traceroute", "tshark"];

/// The probes of `phase`, whose steps are `steps`: those of the scenario where it shows the fault, and the world without it.
pub(crate) fn probes(
    scenario: &Scenario,
    phase: Phase,
    steps: &[Step],
    go: GoVersion,
) -> Vec<Probe> {
    match phase {
        Phase::Control | Phase::Fault => {}
        Phase::Fix(_) | Phase::Nonfix(_) | Phase::Trial => return Vec::new(),
    }
    let last = steps.iter().rev().find_map(|step| match step {
        Step::Run { command, env, .. } => Some(Beside {
            commands: vec![command.clone()],
            env: env.clone(),
        }),
        Step::Together { commands, env, .. } => Some(Beside {
            commands: commands.clone(),
            env: env.clone(),
        }),
        _ => None,
    });
    let of = |probe: &modfault_scenario::Probe| {
        let (user, command) = match probe.run.strip_prefix("sudo ") {
            Some(command) => (ProbeUser::Root, command.trim_start()),
            None => (ProbeUser::Client, probe.run.as_str()),
        };
        Probe {
            run: probe.run.clone(),
            command: command.to_owned(),
            user,
            clock: clock(command),
            insight: probe.insight,
            beside: match probe.moment {
                Moment::After => None,
                Moment::During => last.clone(),
            },
            needs: probe.needs.clone(),
            expect: probe.expect.at(go),
        }
    };
    scenario.probes.iter().map(of).collect()
}

fn clock(line: &str) -> ProbeClock {
    let stamped = simple_commands(line).iter().any(|words| {
        let first = words.iter().find(|word| !shell::is_assignment(word));
        first.is_some_and(|first| BY_KERNEL_STAMPS.contains(&shell::program(first)))
    });
    if stamped || tracer(line).is_some() {
        ProbeClock::Machine
    } else {
        ProbeClock::World
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_by_the_kernels_stamps_or_traces_has_the_machines_clock() {
        for line in ["ping -c 1 a", "cd /tmp; tcpdump -n", "strace -f go version"] {
            assert_eq!(clock(line), ProbeClock::Machine, "{line}");
        }
        for line in ["dig a", "curl -v https://a", "go env"] {
            assert_eq!(clock(line), ProbeClock::World, "{line}");
        }
    }
}
