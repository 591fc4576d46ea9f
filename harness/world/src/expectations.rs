//! What is stated of each command in each phase, defaults included.
//!
//! | phase | the last command | the others |
//! |---|---|---|
//! | control | exit 0, `[control]` over it | exit 0, the step's `control` over it |
//! | fault | exit 1 for `fails`, 0 otherwise; `[expect]` over it | exit 0, the step's `expect` over it |
//! | fix | exit 0, the fix's `expect` over it | exit 0; nothing where the fault made them fail |
//! | nonfix | the fault's exit (or that it hangs), stop and least time, the nonfix's `expect` over it | as in a fix |
//! | trial | exit 0, the step's `expect` over it | the same |
//!
//! A nonfix of a `myth` is its positive control: nothing is stated of it but what the file says.
//! Where the fault is that it is `slower`, control and fixes take at most the least time of the fault.

use modfault_scenario::{Expect, Expectation, GoVersion, Kind, Phase, Scenario, ScenarioStep};

/// What is stated of `step`, the last command of `scenario`.
pub(crate) fn of_last(
    scenario: &Scenario,
    step: &ScenarioStep,
    phase: Phase,
    go: GoVersion,
) -> Expect {
    let fault = over(
        of_kind(scenario.kind),
        [step.expect.as_ref(), Some(&scenario.expect)],
        go,
    );
    let works = Expect {
        at_most: match scenario.kind {
            Kind::Slower => fault.at_least,
            Kind::Fails | Kind::Survives | Kind::Myth | Kind::Claims => None,
        },
        ..Expect::exit(0)
    };
    let remedy = scenario.remedy(phase);
    let stated = remedy.and_then(|remedy| remedy.expect.as_ref());
    match phase {
        Phase::Control => over(works, [step.control.as_ref(), Some(&scenario.control)], go),
        Phase::Fault => fault,
        Phase::Trial => over(
            Expect::exit(0),
            [step.expect.as_ref(), Some(&scenario.expect)],
            go,
        ),
        Phase::Fix(_) => over(works, [stated, None], go),
        // The positive control of a myth: here the symptom comes, and only the scenario knows which.
        Phase::Nonfix(_) if scenario.kind == Kind::Myth => {
            over(Expect::default(), [stated, None], go)
        }
        Phase::Nonfix(_) => {
            let same = Expect {
                exit: fault.exit,
                hangs: fault.hangs,
                stopped: fault.stopped,
                at_least: fault.at_least,
                ..Expect::default()
            };
            over(same, [stated, None], go)
        }
    }
}

/// What is stated of `step`, a command before the last one.
pub(crate) fn of_other(step: &ScenarioStep, phase: Phase, go: GoVersion) -> Expect {
    match phase {
        Phase::Control => over(Expect::exit(0), [step.control.as_ref(), None], go),
        Phase::Fault | Phase::Trial => over(Expect::exit(0), [step.expect.as_ref(), None], go),
        // Whether the remedy mends this one too, or comes after it, only the scenario could say.
        Phase::Fix(_) | Phase::Nonfix(_) if step.expect.is_some() => Expect::default(),
        Phase::Fix(_) | Phase::Nonfix(_) => Expect::exit(0),
    }
}

/// What is stated of `step`, a command that belongs to a remedy.
pub(crate) fn of_remedy(step: &ScenarioStep, go: GoVersion) -> Expect {
    over(Expect::exit(0), [step.expect.as_ref(), None], go)
}

fn of_kind(kind: Kind) -> Expect {
    match kind {
        Kind::Fails => Expect::exit(1),
        Kind::Survives | Kind::Slower | Kind::Myth | Kind::Claims => Expect::exit(0),
    }
}

fn over(base: Expect, layers: [Option<&Expectation>; 2], go: GoVersion) -> Expect {
    layers
        .into_iter()
        .flatten()
        .fold(base, |expect, layer| expect.overridden_by(&layer.at(go)))
}
