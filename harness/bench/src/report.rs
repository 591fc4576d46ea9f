//! What `modfault run --format json` says, as far as the measurements need it.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use humantime_serde::re::humantime::parse_duration;
use serde_json::Value;

use modfault_outcome::{Observation, ObservedClock, StepObservation};

/// A scenario that was run.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    /// Its id.
    pub(crate) id: String,
    /// How long it took, in real time.
    pub(crate) took: Duration,
    /// What was seen of each phase.
    pub(crate) phases: Vec<Observation>,
}

/// A phase that lasts this long on its clock is one that waits.
pub(crate) const WAITS_FROM: Duration = Duration::from_secs(1);

impl Ran {
    /// Whether a phase waits, on whichever clock.
    pub(crate) fn waits(&self) -> bool {
        self.phases.iter().any(waits)
    }

    /// Why it ran on the real clock, where a phase did.
    pub(crate) fn real_clock(&self) -> Option<&str> {
        self.phases.iter().find_map(|phase| match &phase.clock {
            ObservedClock::Real { reason } => Some(reason.as_deref().unwrap_or("it was asked for")),
            ObservedClock::Virtual { .. } => None,
        })
    }

    /// Whether a command did not come to its end.
    pub(crate) fn hangs(&self) -> bool {
        self.phases.iter().flat_map(|phase| &phase.steps).any(hangs)
    }
}

/// Whether a phase waits.
pub(crate) fn waits(phase: &Observation) -> bool {
    let lasted: Duration = phase.steps.iter().map(|step| step.took).sum();
    lasted >= WAITS_FROM
}

/// Whether a step's command did not come to its end.
pub(crate) fn hangs(step: &StepObservation) -> bool {
    step.hang.is_some()
}

/// What a phase cost in real time: its world made, used and taken down.
pub(crate) fn real(phase: &Observation) -> Duration {
    phase.cost.up + phase.cost.steps + phase.cost.down
}

/// The processor time of the commands on the clients of all phases.
pub(crate) fn commands(rans: &[Ran]) -> Duration {
    let phases = rans.iter().flat_map(|ran| &ran.phases);
    phases.map(|phase| phase.cost.command_cpu).sum()
}

/// The scenarios of a report; an error where one is not as expected, for then something else was measured.
pub(crate) fn read(text: &[u8]) -> Result<Vec<Ran>, Box<dyn Error>> {
    let report: Value = serde_json::from_slice(text)?;
    let records = report["scenarios"]
        .as_array()
        .ok_or("the report has no scenarios")?;
    let (mut rans, mut otherwise) = (Vec::new(), BTreeMap::new());
    for record in records {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = word(&record["scenario"]["id"]);
        let verdict = word(&record["verdict"]);
        if verdict != "as-expected" {
            otherwise.insert(id, verdict);
            continue;
        }
        let phases = record["phases"]
            .as_array()
            .ok_or("a record has no phases")?;
        rans.push(Ran {
            id,
            took: parse_duration(&word(&record["took"]))?,
            phases: phases
                .iter()
                .map(|phase| serde_json::from_value(phase["observation"].clone()))
                .collect::<Result<_, _>>()?,
        });
    }
    if otherwise.is_empty() {
        Ok(rans)
    } else {
        Err(format!("the set is not as expected: {otherwise:?}").into())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    /// A phase whose steps take so many seconds; `None` for one that hangs and is seen to after 8100.
    pub(crate) fn phase(clock: &str, steps: &[Option<u64>], real: [u64; 3]) -> Value {
        let steps: Vec<Value> = steps
            .iter()
            .map(|seconds| {
                let took = format!("{}s", seconds.unwrap_or(8100));
                let hang = seconds
                    .is_none()
                    .then(|| json!({"for_ever": true, "after": took, "waits": [], "dump": ""}));
                json!({
                    "title": "go version", "exit": {"code": 0}, "stdout": "", "stderr": "",
                    "took": took, "events": [], "files": {}, "hang": hang,
                })
            })
            .collect();
        let clock = match clock {
            "virtual" => json!({"virtual": {"start": "2025-01-01T00:00:00Z"}}),
            reason => json!({"real": {"reason": reason}}),
        };
        let [up, steps_took, down] = real.map(|ms| format!("{ms}ms"));
        json!({"observation": {
            "phase": "control", "go": "go1.27.3", "tools": {}, "placed": [], "steps": steps,
            "bindings": {}, "clock": clock,
            "cost": {"up": up, "steps": steps_took, "down": down, "command_cpu": "3ms"},
        }})
    }

    pub(crate) fn ran(id: &str, phases: Vec<Value>) -> Ran {
        let rans = read(report(id, "as-expected", phases).to_string().as_bytes()).unwrap();
        rans.into_iter().next().unwrap()
    }

    fn report(id: &str, verdict: &str, phases: Vec<Value>) -> Value {
        json!({"scenarios": [
            {"scenario": {"id": id}, "verdict": verdict, "took": "1s 500ms", "phases": phases},
        ]})
    }

    #[test]
    fn a_scenario_waits_where_the_steps_of_one_phase_take_a_second_together() {
        let parts = [Some(0), Some(1)];
        assert!(ran("a", vec![phase("virtual", &parts, [1, 1, 1])]).waits());
        let shorter = vec![phase("virtual", &[Some(0)], [900, 900, 900]); 3];
        assert!(!ran("a", shorter).waits(), "real time is no wait");
    }

    #[test]
    fn who_ran_on_the_real_clock_says_why() {
        let phases = vec![
            phase("virtual", &[Some(1)], [1, 1, 1]),
            phase("the kernel decides", &[Some(1)], [1, 1, 1]),
        ];
        assert_eq!(ran("a", phases).real_clock(), Some("the kernel decides"));
        let phases = vec![phase("virtual", &[None], [1, 1, 1])];
        let hanging = ran("a", phases);
        assert_eq!((hanging.real_clock(), hanging.hangs()), (None, true));
    }

    #[test]
    fn the_commands_of_all_phases_are_added_up() {
        let phases = vec![phase("virtual", &[Some(0)], [1, 20, 4]); 2];
        let ran = ran("a", phases);
        assert_eq!(real(&ran.phases[0]), Duration::from_millis(25));
        assert_eq!(ran.took, Duration::from_millis(1500));
        assert_eq!(commands(&[ran.clone(), ran]), Duration::from_millis(12));
    }

    #[test]
    fn a_set_that_is_not_as_expected_is_not_measured() {
        let text = report("a/b", "not-as-expected", Vec::new()).to_string();
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("a/b"), "{error}");
    }
}
