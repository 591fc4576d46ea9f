//! A scenario in words, for reports.

use modfault_kit::PlacedFault;
use modfault_report::{Card, FaultCard, HostCard, Place};
use modfault_scenario::client::Action;
use modfault_scenario::{Phase, Scenario, ScenarioFault, ScenarioStep};
use modfault_world::{World, plan};
use serde_json::Value;

/// The card of a scenario; its hosts are those of the world with the fault.
pub(crate) fn card(scenario: &Scenario) -> Card {
    let newest = modfault_scenario::GoVersion::new(1, u32::MAX, 0);
    let world = plan(scenario, Phase::Fault, newest);
    Card {
        id: scenario.id.to_string(),
        description: scenario.description.clone(),
        kind: scenario.kind,
        layer: scenario.layer,
        cause: scenario.cause().to_string(),
        told: scenario.told.clone(),
        sources: scenario.sources.clone(),
        needs: scenario.needs.clone(),
        client: settings(scenario),
        hosts: hosts(scenario, &world),
        faults: faults(scenario),
        steps: scenario.steps.iter().map(step).collect(),
        fixes: titles(&scenario.fixes),
        nonfixes: titles(&scenario.nonfixes),
    }
}

fn titles(remedies: &[modfault_scenario::Remedy]) -> Vec<String> {
    remedies.iter().map(|remedy| remedy.title.clone()).collect()
}

/// The variables that the scenario itself sets.
fn settings(scenario: &Scenario) -> Vec<String> {
    scenario
        .client
        .env
        .iter()
        .map(|(name, value)| match value {
            Some(value) => format!("{name}={value}"),
            None => format!("{name} unset"),
        })
        .collect()
}

fn hosts(scenario: &Scenario, world: &World) -> Vec<HostCard> {
    world
        .hosts
        .iter()
        .map(|(name, host)| {
            let role = match scenario.hosts.get(name) {
                Some(spec) if *name != world.resolver => {
                    let served = spec
                        .goproxy
                        .as_ref()
                        .and_then(|goproxy| goproxy.modules.as_ref())
                        .filter(|modules| !modules.is_empty())
                        .map(|modules| format!(" with {}", modules.join(", ")))
                        .unwrap_or_default();
                    format!("{}{served}", spec.roles().join(", "))
                }
                Some(_) | None => "resolver".to_owned(),
            };
            HostCard {
                name: name.clone(),
                address: host.address.into(),
                role,
            }
        })
        .collect()
}

fn faults(scenario: &Scenario) -> Vec<FaultCard> {
    let declared = scenario.faults.iter().map(|fault| match fault {
        ScenarioFault::Placed(placed) => FaultCard {
            words: placed_words(placed),
            place: match placed.what.mechanism() {
                "net" | "tcp" => Place::Wire(placed.on.clone()),
                _ => Place::Host(placed.on.clone()),
            },
        },
        ScenarioFault::Patch(patch) => FaultCard {
            words: patch_words(patch),
            place: match patch.hosts.keys().next() {
                Some(host) => Place::Host(host.clone()),
                None => Place::Client,
            },
        },
    });
    let steps = scenario
        .steps
        .iter()
        .filter(|step| step.fault.is_some())
        .map(|broken| FaultCard {
            words: step(broken),
            place: match &broken.action {
                Action::Retag { host, .. } => Place::Host(host.clone()),
                _ => Place::Client,
            },
        });
    declared.chain(steps).collect()
}

/// `tls.chain = "leaf-only" at goproxy.corp.example`, in the words of the scenario file.
fn placed_words(placed: &PlacedFault) -> String {
    let mut words = assignments(&placed.what);
    words.push_str(&format!(" at {}", placed.on));
    let select = assignments(&placed.select);
    if !select.is_empty() {
        words.push_str(&format!(", for {select}"));
    }
    match serde_json::to_value(&placed.trigger) {
        Ok(Value::String(always)) if always == "always" => {}
        Ok(value) => words.push_str(&format!(", when {}", flat("", &value).join(", "))),
        Err(_) => {}
    }
    words
}

fn patch_words(patch: &modfault_scenario::Patch) -> String {
    let client = assignments(&patch.client);
    let hosts = patch.hosts.iter().map(|(host, spec)| {
        let differs = assignments(spec);
        format!("{differs} at {host}")
    });
    (!client.is_empty())
        .then(|| format!("{client} on the client"))
        .into_iter()
        .chain(hosts)
        .collect::<Vec<_>>()
        .join("; ")
}

/// What is set in a value, as `a.b = c, a.d = e`; what is absent or empty is left out.
fn assignments(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).map_or_else(|_| String::new(), |value| flat("", &value).join(", "))
}

fn flat(name: &str, value: &Value) -> Vec<String> {
    let under = |key: &str| match name {
        "" => key.to_owned(),
        _ => format!("{name}.{key}"),
    };
    match value {
        Value::Null => Vec::new(),
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| flat(&under(key), value))
            .collect(),
        Value::Array(items) if items.is_empty() => Vec::new(),
        Value::String(text) if name.is_empty() => vec![text.clone()],
        Value::String(text) if text.contains('\n') => vec![format!(
            "{name} = {:?}",
            text.lines().next().unwrap_or_default()
        )],
        other if name.is_empty() => vec![other.to_string()],
        other => vec![format!("{name} = {other}")],
    }
}

/// A step as a reader would say it: the command line itself, or what is done.
fn step(step: &ScenarioStep) -> String {
    match &step.action {
        Action::Run { command, env } => env
            .iter()
            .map(|(name, value)| format!("{name}={value} "))
            .chain([command.clone()])
            .collect(),
        Action::Write { path, .. } => format!("(write {path})"),
        Action::Corrupt { path, .. } => format!("(overwrite bytes of {path})"),
        Action::Truncate { path, length } => format!("(cut {path} to {length} bytes)"),
        Action::Remove { path } => format!("(remove {path})"),
        Action::Chmod { path, mode } => format!("(chmod {mode:o} {path})"),
        Action::Retag {
            host,
            repository,
            tag,
            to,
        } => {
            format!("(the tag {tag} of {host}/{repository} moves to {to})")
        }
    }
}
