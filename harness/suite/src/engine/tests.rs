//! The engine with observations that are made up: what it makes of them, and of snapshots.

use std::time::Duration;

use super::*;
use crate::collection::Collection;
use modfault_kit::{Event, EventKind};
use modfault_outcome::{Cost, Exit, ObservedClock, StepObservation};
use modfault_report::{Card, VerdictWord};
use modfault_scenario::{ModuleLibrary, parse};
use modfault_toolchain::{Source, newest_pinned};
use modfault_world::plan;

const SCENARIO: &str = r#"
description = "The proxy answers 502."

[client]
run = "go mod download example.com/greet@v1.0.0"

[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/greet"]

[modules."example.com/greet"."v1.0.0"]
"go.mod" = "module example.com/greet\n"

[[fault]]
on = "goproxy.corp.example"
http.status = 502

[expect]
exit = 1

[[fix]]
title = "The proxy is well again"
lift = true
"#;

/// A directory with snapshots, and the scenario in it.
struct Mine {
    directory: tempfile::TempDir,
}

impl Mine {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn task(&self, go: &str, snapshots: Snapshots) -> Task {
        let scenario = parse("http/mine.toml", SCENARIO, &ModuleLibrary::default()).unwrap();
        let world = plan(&scenario, Phase::Fault, GoVersion::new(1, 27, 0));
        Task {
            case: Case {
                card: Card::new(&scenario, &world).into(),
                scenario: Arc::new(scenario),
                home: Arc::new(Collection::Own(self.directory.path().to_owned())),
            },
            wording: Arc::default(),
            toolchain: Toolchain {
                version: go.parse().unwrap(),
                root: "/nowhere".into(),
                source: Source::Given,
            },
            snapshots,
            lacking: None,
            clock: Available::Real,
            probes: Probes::Run,
        }
    }

    /// The scenario on a version of Go that words its failure so.
    fn run(&self, go: &str, snapshots: Snapshots, words: &str) -> Ran {
        run(&self.task(go, snapshots), |world, phase| {
            Ok(observed(world, phase, words))
        })
        .unwrap()
    }

    fn snapshots(&self) -> Vec<String> {
        let folder = self.directory.path().join("snapshots/http");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .map(|entries| {
                entries
                    .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                    .collect()
            })
            .unwrap_or_default();
        names.sort();
        names
    }
}

/// The newest pinned version, and another release of the same minor version that is not pinned.
fn newest() -> String {
    newest_pinned().to_string()
}

fn observed(world: &World, phase: Phase, words: &str) -> Observation {
    let broken = phase == Phase::Fault;
    let host = world
        .hosts
        .keys()
        .find(|name| **name != world.resolver)
        .unwrap();
    let fired = world.faults.iter().map(|placed| {
        Event::new(
            host,
            EventKind::Fired {
                fault: placed.id.clone(),
                key: "GET /x".into(),
            },
        )
    });
    Observation {
        phase,
        go: "go1.27.3".into(),
        tools: BTreeMap::new(),
        placed: world
            .faults
            .iter()
            .map(|placed| placed.id.clone())
            .collect(),
        steps: vec![StepObservation {
            title: "go mod download example.com/greet@v1.0.0".into(),
            exit: Some(Exit::Code(i32::from(broken))),
            stdout: String::new(),
            stderr: if broken {
                format!("{words}\n")
            } else {
                String::new()
            },
            took: Duration::from_millis(5),
            events: fired.collect(),
            files: BTreeMap::new(),
            hang: None,
            together: Vec::new(),
        }],
        probes: Vec::new(),
        components: BTreeMap::new(),
        bindings: BTreeMap::new(),
        clock: ObservedClock::default(),
        cost: Cost::default(),
    }
}

fn rules(ran: &Ran) -> Vec<&str> {
    ran.record
        .reasons
        .iter()
        .map(|reason| reason.rule.as_str())
        .collect()
}

#[test]
fn a_scenario_without_a_snapshot_is_not_as_expected_until_it_is_blessed() {
    let mine = Mine::new();
    assert_eq!(
        rules(&mine.run(&newest(), Snapshots::Compare, "bad")),
        ["no-snapshot"]
    );
    let blessed = mine.run(&newest(), Snapshots::Bless, "bad");
    assert_eq!(blessed.record.verdict, VerdictWord::AsExpected);
    assert!(blessed.blessed.is_some());
    assert_eq!(mine.snapshots(), ["mine.snap"]);
    let again = mine.run(&newest(), Snapshots::Compare, "bad");
    assert_eq!(again.record.verdict, VerdictWord::AsExpected);
    assert_eq!(
        mine.run(&newest(), Snapshots::Bless, "bad").blessed,
        None,
        "nothing changed"
    );
}

#[test]
fn another_output_fails_on_a_pinned_version_and_is_drift_on_another() {
    let mine = Mine::new();
    mine.run(&newest(), Snapshots::Bless, "bad");
    let pinned = mine.run(&newest(), Snapshots::Compare, "worse");
    assert_eq!(rules(&pinned), ["snapshot"]);
    let users_own = mine.run("1.25.1", Snapshots::Compare, "worse");
    assert_eq!(users_own.record.verdict, VerdictWord::AsExpected);
    assert!(users_own.record.drift.is_some());
}

#[test]
fn a_version_that_differs_gets_a_snapshot_of_its_own_and_loses_it_when_it_no_longer_does() {
    let mine = Mine::new();
    mine.run(&newest(), Snapshots::Bless, "bad");
    mine.run("1.21.13", Snapshots::Bless, "bad in the old way");
    assert_eq!(mine.snapshots(), ["mine.snap", "mine@1.21.snap"]);
    for (go, words) in [
        (newest().as_str(), "bad"),
        ("1.21.13", "bad in the old way"),
        ("1.22.10", "bad"),
    ] {
        let ran = mine.run(go, Snapshots::Compare, words);
        assert_eq!(ran.record.verdict, VerdictWord::AsExpected, "{go}");
        assert!(
            ran.record.drift.is_none(),
            "{go}: like one that is recorded"
        );
    }
    assert_eq!(
        rules(&mine.run("1.21.13", Snapshots::Compare, "bad")),
        ["snapshot"]
    );
    mine.run("1.21.13", Snapshots::Bless, "bad");
    assert_eq!(mine.snapshots(), ["mine.snap"]);
}

#[test]
fn a_snapshot_holds_for_every_older_version_down_to_the_next_that_has_one() {
    let mine = Mine::new();
    for (go, words) in [
        (newest().as_str(), "bad"),
        ("1.23.12", "bad in the old way"),
        ("1.22.12", "bad in the old way"),
        ("1.19.13", "bad in the oldest way"),
    ] {
        mine.run(go, Snapshots::Bless, words);
    }
    assert_eq!(
        mine.snapshots(),
        ["mine.snap", "mine@1.19.snap", "mine@1.23.snap"]
    );
    for (go, words, verdict) in [
        ("1.24.13", "bad", VerdictWord::AsExpected),
        ("1.22.12", "bad in the old way", VerdictWord::AsExpected),
        ("1.21.13", "bad in the old way", VerdictWord::AsExpected),
        ("1.21.13", "bad", VerdictWord::NotAsExpected),
        ("1.19.13", "bad in the old way", VerdictWord::NotAsExpected),
    ] {
        let ran = mine.run(go, Snapshots::Compare, words);
        assert_eq!(ran.record.verdict, verdict, "{go} {words}");
    }
    // what an older version no longer needs goes
    mine.run("1.19.13", Snapshots::Bless, "bad in the old way");
    assert_eq!(mine.snapshots(), ["mine.snap", "mine@1.23.snap"]);
}

#[test]
fn a_scenario_about_other_versions_of_go_is_not_run_and_says_so() {
    let task = stating("go = \">=1.99\"\n", "exit = 1");
    let ran = run(&task, |_, _| panic!("a world was made")).unwrap();
    assert_eq!(ran.record.verdict, VerdictWord::OtherGo);
    assert_eq!(ran.record.go, Some(newest_pinned().tag()));
    assert!(ran.hindrance.is_none() && ran.canonical.is_empty());
    let ran = run(&stating("go = \">=1.1\"\n", "exit = 1"), |world, phase| {
        Ok(observed(world, phase, "bad"))
    });
    assert_eq!(ran.unwrap().record.verdict, VerdictWord::AsExpected);
}

#[test]
fn what_is_not_as_expected_is_not_blessed() {
    let mine = Mine::new();
    let task = mine.task(&newest(), Snapshots::Bless);
    // the fault makes no difference
    let ran = run(&task, |world, phase| {
        let mut observation = observed(world, phase, "");
        observation.steps[0].exit = Some(Exit::Code(0));
        observation.steps[0].stderr.clear();
        Ok(observation)
    })
    .unwrap();
    assert_eq!(ran.record.verdict, VerdictWord::NotAsExpected);
    assert!(rules(&ran).contains(&"did-not-bite"), "{:?}", rules(&ran));
    assert!(mine.snapshots().is_empty());
}

#[test]
fn what_is_lacking_is_named_and_nothing_is_run() {
    let mut task = Mine::new().task(&newest(), Snapshots::Compare);
    task.lacking = Some("ssh".into());
    let ran = run(&task, |_, _| panic!("a world was made")).unwrap();
    assert_eq!(ran.record.could_not_run.as_deref(), Some("it needs `ssh`"));
    assert!(
        ran.hindrance.is_none(),
        "no error: the machine is what it is"
    );
}

#[test]
fn only_the_lack_of_git_is_an_error_of_the_machine() {
    let mine = Mine::new();
    for (program, stands_in_the_way) in [("ssh", false), ("git", true)] {
        let mut task = mine.task(&newest(), Snapshots::Compare);
        task.lacking = Some(program.into());
        let ran = run(&task, |_, _| panic!("a world was made")).unwrap();
        assert_eq!(ran.hindrance.is_some(), stands_in_the_way, "{program}");
    }
}

#[test]
fn an_interrupted_scenario_leaves_no_record() {
    let task = Mine::new().task(&newest(), Snapshots::Compare);
    assert!(run(&task, |_, _| Err(Hindrance::Interrupted)).is_none());
}

#[test]
fn a_world_that_cannot_be_made_is_no_verdict_about_go() {
    let task = Mine::new().task(&newest(), Snapshots::Compare);
    let ran = run(&task, |_, _| {
        Err(Hindrance::Machine(Error::Thread(std::io::Error::other(
            "no more threads",
        ))))
    })
    .unwrap();
    assert_eq!(ran.record.verdict, VerdictWord::CouldNotRun);
    assert!(matches!(ran.hindrance, Some(Hindrance::Machine(_))));
}

/// The scenario with something else stated of its fault, and more at its top.
fn stating(top: &str, expect: &str) -> Task {
    let mut task = Mine::new().task(&newest(), Snapshots::Ignore);
    let text = format!("{top}{}", SCENARIO.replace("exit = 1", expect));
    let scenario = parse("http/mine.toml", &text, &ModuleLibrary::default()).unwrap();
    task.case.scenario = Arc::new(scenario);
    task
}

#[test]
fn who_waits_on_a_clock_of_its_own_waits_no_real_time_and_its_phases_run_in_turn() {
    let mut task = stating("", "exit = 1\nat-least = \"30s\"");
    assert_eq!(task.wait(), Duration::from_secs(30));
    task.clock = Available::Virtual;
    assert_eq!(task.wait(), Duration::ZERO);
    let under_way = std::sync::atomic::AtomicUsize::new(0);
    run(&task, |world, phase| {
        use std::sync::atomic::Ordering::SeqCst;
        assert_eq!(under_way.fetch_add(1, SeqCst), 0, "another one runs");
        let observation = observed(world, phase, "bad");
        std::thread::yield_now();
        under_way.fetch_sub(1, SeqCst);
        Ok(observation)
    })
    .unwrap();
}

#[test]
fn who_has_a_reason_for_the_real_clock_waits_on_any_machine() {
    let top = "clock.real = \"the kernel's own timers decide\"\n";
    let mut task = stating(top, "exit = 1\nat-least = \"30s\"");
    task.clock = Available::Virtual;
    assert_eq!(task.wait(), Duration::from_secs(30));
}

#[test]
fn who_hangs_waits_until_it_is_killed() {
    let task = stating("timeout = \"7s\"\n", "hangs = true");
    assert_eq!(task.wait(), Duration::from_secs(7));
}

#[test]
fn the_phases_of_a_scenario_that_waits_run_at_once_and_are_told_in_order() {
    let task = stating("", "exit = 1\nat-least = \"2s\"");
    assert_eq!(task.wait(), Duration::from_secs(2));
    // each phase waits for the other two: in turn this would never end
    let barrier = std::sync::Barrier::new(3);
    let ran = run(&task, |world, phase| {
        barrier.wait();
        let mut observation = observed(world, phase, "bad");
        observation.steps[0].took = Duration::from_secs(2);
        Ok(observation)
    })
    .unwrap();
    let phases: Vec<Phase> = ran.record.phases.iter().map(|phase| phase.phase).collect();
    assert_eq!(phases, [Phase::Control, Phase::Fault, Phase::Fix(0)]);
    assert_eq!(
        ran.record.verdict,
        VerdictWord::AsExpected,
        "{:?}",
        rules(&ran)
    );
}
