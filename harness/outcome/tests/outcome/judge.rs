//! Each rule of the judge, held and broken.

use std::time::Duration;

use crate::example::{WORDING, answered, dns, fired, host, phase, placed, seen, step};
use modfault_kit::fault::HttpFault;
use modfault_kit::{EventKind, Fault, RequestKind};
use modfault_outcome::{
    Exit, Hang, JudgeInput, Judgement, Observation, PhaseInput, Verdict, judge,
};
use modfault_scenario::{Expect, Kind, Layer, Phase, Stopped};

const PROXY: &str = "goproxy.corp.example";
const INFO: &str = "/example.com/greet/@v/v1.0.0.info";

fn healthy(which: Phase) -> Observation {
    phase(
        which,
        &[],
        vec![step(
            0,
            "",
            vec![answered(PROXY, RequestKind::Info, INFO, 200)],
        )],
    )
}

fn faulty(which: Phase) -> Observation {
    let events = vec![
        fired(PROXY, &format!("GET {INFO}")),
        answered(PROXY, RequestKind::Info, INFO, 502),
    ];
    phase(which, &["fault[0]"], vec![step(1, "it broke\n", events)])
}

fn survived() -> Observation {
    let mut observation = faulty(Phase::Fault);
    observation.steps[0].exit = Some(Exit::Code(0));
    observation
}

fn input<'a>(observation: &'a Observation, title: &str, expect: Expect) -> PhaseInput<'a> {
    PhaseInput {
        phase: observation.phase,
        title: title.to_owned(),
        expect: vec![expect],
        faults: if observation.placed.is_empty() {
            vec![]
        } else {
            vec![placed(PROXY, Fault::Http(HttpFault::Status(502)))]
        },
        observation,
    }
}

fn judged(kind: Kind, observations: &[Observation], fault_expect: Expect) -> Judgement {
    let phases = observations
        .iter()
        .map(|observation| {
            let expect = if observation.phase == Phase::Fault {
                fault_expect.clone()
            } else {
                Expect::default()
            };
            input(observation, "a remedy", expect)
        })
        .collect();
    let input = JudgeInput {
        kind,
        layer: Layer::Goproxy,
        phases,
    };
    judge(&input, &WORDING)
}

fn reasons(judgement: &Judgement) -> Vec<String> {
    judgement.reasons.iter().map(ToString::to_string).collect()
}

fn all_four() -> [Observation; 4] {
    [
        healthy(Phase::Control),
        faulty(Phase::Fault),
        healthy(Phase::Fix(0)),
        faulty(Phase::Nonfix(0)),
    ]
}

#[test]
fn an_experiment_in_which_all_holds_is_as_expected() {
    let expect = Expect {
        exit: Some(1),
        stderr: vec!["it broke".to_owned()],
        stopped: Some(Stopped {
            at: Some(host(PROXY)),
            layer: Layer::Goproxy,
        }),
        asked: vec![host(PROXY)],
        not_asked: vec![host("proxy.golang.org")],
        ..Expect::default()
    };
    let judgement = judged(Kind::Fails, &all_four(), expect);
    assert_eq!(reasons(&judgement), Vec::<String>::new());
    assert_eq!(judgement.verdict, Verdict::AsExpected);
}

#[test]
fn a_fault_that_changes_nothing_did_not_bite() {
    let mut fault = healthy(Phase::Fault);
    fault.placed = faulty(Phase::Fault).placed;
    fault.steps[0].events.insert(0, fired(PROXY, "port 443"));
    let judgement = judged(
        Kind::Fails,
        &[healthy(Phase::Control), fault],
        Expect::default(),
    );
    assert_eq!(judgement.verdict, Verdict::NotAsExpected);
    assert_eq!(
        reasons(&judgement),
        [
            "the fault did not bite: with it, the command printed, left and asked the same as without it"
        ]
    );
}

#[test]
fn a_fault_that_nothing_came_upon_did_not_fire() {
    let mut fault = faulty(Phase::Fault);
    fault.steps[0].events.remove(0);
    let judgement = judged(
        Kind::Fails,
        &[healthy(Phase::Control), fault],
        Expect::default(),
    );
    assert_eq!(
        reasons(&judgement),
        ["the fault did not fire: nothing that the command did came upon `fault[0]`"]
    );
}

#[test]
fn a_command_that_copes_does_not_fail() {
    let judgement = judged(
        Kind::Fails,
        &[healthy(Phase::Control), survived()],
        Expect::default(),
    );
    assert!(reasons(&judgement)[0].starts_with("the command did not fail"));
}

#[test]
fn a_fix_that_does_not_mend_is_named_with_its_exit() {
    let [control, fault, _, _] = all_four();
    let judgement = judged(
        Kind::Fails,
        &[control, fault, faulty(Phase::Fix(1))],
        Expect::default(),
    );
    assert_eq!(
        reasons(&judgement),
        ["fix 2 `a remedy` did not restore: exit 1, stopped in goproxy at goproxy.corp.example"]
    );
}

#[test]
fn a_nonfix_that_mends_is_named() {
    let [control, fault, _, _] = all_four();
    let judgement = judged(
        Kind::Fails,
        &[control, fault, healthy(Phase::Nonfix(0))],
        Expect::default(),
    );
    assert_eq!(reasons(&judgement), ["nonfix 1 `a remedy` did restore"]);
}

#[test]
fn a_nonfix_that_fails_elsewhere_is_named_with_both_places() {
    let [control, fault, _, _] = all_four();
    let nonfix = phase(Phase::Nonfix(0), &[], vec![step(1, "", vec![])]);
    let judgement = judged(Kind::Fails, &[control, fault, nonfix], Expect::default());
    assert_eq!(
        reasons(&judgement),
        [
            "nonfix 1 `a remedy` changed what happens: stopped in goproxy at goproxy.corp.example \
          without it, stopped on the client (goproxy) with it"
        ]
    );
}

#[test]
fn a_control_that_fails_proves_nothing() {
    let mut control = healthy(Phase::Control);
    control.steps[0].exit = Some(Exit::Code(1));
    let judgement = judged(
        Kind::Fails,
        &[control, faulty(Phase::Fault)],
        Expect::default(),
    );
    assert!(reasons(&judgement)[0].contains("did not work: exit 1"));
}

#[test]
fn leaving_the_world_fails_by_name() {
    let mut control = healthy(Phase::Control);
    control.steps[0].events.push(seen(
        "nowhere",
        EventKind::Egress {
            destination: "8.8.8.8:53".parse().unwrap(),
            protocol: "udp".to_owned(),
        },
    ));
    let judgement = judged(
        Kind::Fails,
        &[control, faulty(Phase::Fault)],
        Expect::default(),
    );
    assert_eq!(
        reasons(&judgement),
        ["control: the client tried to reach 8.8.8.8:53 (udp), which no host owns"]
    );
}

#[test]
fn every_statement_that_does_not_hold_is_told() {
    let expect = Expect {
        exit: Some(2),
        stdout: vec!["joy".to_owned()],
        absent: vec!["broke".to_owned()],
        stopped: Some(Stopped {
            at: None,
            layer: Layer::Env,
        }),
        asked: vec![host("proxy.golang.org")],
        not_asked: vec![host(PROXY)],
        at_least: Some(Duration::from_secs(1)),
        ..Expect::default()
    };
    let [control, fault, _, _] = all_four();
    let judgement = judged(Kind::Fails, &[control, fault], expect);
    insta::assert_snapshot!(reasons(&judgement).join("\n"), @"
    fault, `go mod download example.com/greet@v1.0.0`: expected exit 2; exit 1
    fault, `go mod download example.com/greet@v1.0.0`: expected stdout to say `joy`; it does not
    fault, `go mod download example.com/greet@v1.0.0`: expected nothing to say `broke`; it is said
    fault, `go mod download example.com/greet@v1.0.0`: expected to be stopped on the client (env); it stopped in goproxy at goproxy.corp.example
    fault, `go mod download example.com/greet@v1.0.0`: expected proxy.golang.org to be asked; it was not
    fault, `go mod download example.com/greet@v1.0.0`: expected goproxy.corp.example not to be asked; it was asked GET /example.com/greet/@v/v1.0.0.info
    fault, `go mod download example.com/greet@v1.0.0`: expected it to take at least 1s; it took 40ms
    ");
}

#[test]
fn a_resolver_is_asked_by_a_question_and_the_host_of_the_name_is_not() {
    let mut fault = faulty(Phase::Fault);
    let question = dns(PROXY, "A", "NXDOMAIN");
    fault.steps[0].events = vec![fired(PROXY, &format!("A {PROXY}")), question];
    let both = [healthy(Phase::Control), fault];
    let asked = |asked: &[&str], not_asked: &[&str]| {
        let expect = Expect {
            asked: asked.iter().copied().map(host).collect(),
            not_asked: not_asked.iter().copied().map(host).collect(),
            ..Expect::default()
        };
        reasons(&judged(Kind::Fails, &both, expect))
    };
    assert_eq!(asked(&["resolver.corp.example"], &[PROXY]), [""; 0]);
    insta::assert_snapshot!(asked(&[PROXY], &["resolver.corp.example"]).join("\n"), @"
    fault, `go mod download example.com/greet@v1.0.0`: expected goproxy.corp.example to be asked; it was not
    fault, `go mod download example.com/greet@v1.0.0`: expected resolver.corp.example not to be asked; it was asked for A goproxy.corp.example
    ");
}

fn hanging(which: Phase) -> Observation {
    let mut hanging = faulty(which);
    hanging.steps[0].exit = Some(Exit::Overran);
    hanging
}

fn to_hang() -> Expect {
    Expect {
        hangs: Some(true),
        ..Expect::default()
    }
}

#[test]
fn a_hang_fails_unless_it_is_stated() {
    let both = [healthy(Phase::Control), hanging(Phase::Fault)];
    let judgement = judged(Kind::Fails, &both, Expect::default());
    assert_eq!(
        reasons(&judgement),
        [
            "fault, `go mod download example.com/greet@v1.0.0`: it hangs: still running after 0.0 s, and killed"
        ]
    );
    assert_eq!(
        judged(Kind::Fails, &both, to_hang()).verdict,
        Verdict::AsExpected
    );
}

#[test]
fn what_exits_with_the_status_that_timeout_gives_does_not_hang_and_what_hangs_has_no_status() {
    let mut exited = faulty(Phase::Fault);
    exited.steps[0].exit = Some(Exit::Code(124));
    let judgement = judged(Kind::Fails, &[healthy(Phase::Control), exited], to_hang());
    assert_eq!(
        reasons(&judgement),
        ["fault, `go mod download example.com/greet@v1.0.0`: expected it to hang; exit 124"]
    );
    let both = [healthy(Phase::Control), hanging(Phase::Fault)];
    let judgement = judged(Kind::Fails, &both, Expect::exit(124));
    assert_eq!(judgement.verdict, Verdict::NotAsExpected);
}

#[test]
fn a_nonfix_of_a_hang_hangs_too() {
    let (control, fault) = (healthy(Phase::Control), hanging(Phase::Fault));
    let with = |nonfix: Observation, stated: Expect| {
        let input = JudgeInput {
            kind: Kind::Fails,
            layer: Layer::Goproxy,
            phases: vec![
                input(&control, "", Expect::default()),
                input(&fault, "", to_hang()),
                input(&nonfix, "a remedy", stated),
            ],
        };
        reasons(&judge(&input, &WORDING))
    };
    let none = Vec::<String>::new();
    assert_eq!(with(hanging(Phase::Nonfix(0)), to_hang()), none);
    assert_eq!(
        with(faulty(Phase::Nonfix(0)), Expect::default()),
        [
            "nonfix 1 `a remedy` changed what happens: still running, killed without it, exit 1 with it"
        ]
    );
}

#[test]
fn what_hangs_for_ever_takes_any_least_time() {
    let mut fault = hanging(Phase::Fault);
    let least = Expect {
        at_least: Some(Duration::from_secs(5)),
        ..to_hang()
    };
    let judged = |fault: &Observation| {
        let both = [healthy(Phase::Control), fault.clone()];
        judged(Kind::Fails, &both, least.clone()).verdict
    };
    assert_eq!(judged(&fault), Verdict::NotAsExpected);
    fault.steps[0].hang = Some(Hang {
        for_ever: true,
        after: Duration::from_millis(40),
        waits: Vec::new(),
        dump: String::new(),
    });
    assert_eq!(judged(&fault), Verdict::AsExpected);
}

#[test]
fn to_survive_is_to_work_although_the_fault_bites() {
    let both = [healthy(Phase::Control), survived()];
    assert_eq!(
        judged(Kind::Survives, &both, Expect::default()).verdict,
        Verdict::AsExpected
    );
    let broken = [healthy(Phase::Control), faulty(Phase::Fault)];
    assert_eq!(
        reasons(&judged(Kind::Survives, &broken, Expect::default())),
        ["fault `a remedy` did not survive: exit 1, stopped in goproxy at goproxy.corp.example"]
    );
}

#[test]
fn to_be_slower_is_to_take_longer_than_control() {
    let mut fault = survived();
    let control = healthy(Phase::Control);
    fault.steps[0].took = Duration::from_secs(31);
    let stated = Expect {
        at_least: Some(Duration::from_secs(30)),
        ..Expect::default()
    };
    let both = [control.clone(), fault.clone()];
    assert_eq!(
        judged(Kind::Slower, &both, stated.clone()).verdict,
        Verdict::AsExpected
    );
    fault.steps[0].took = control.steps[0].took;
    let judgement = judged(Kind::Slower, &[control, fault], Expect::default());
    assert!(reasons(&judgement)[0].contains("with it, the command took 40ms"));
}

#[test]
fn a_myth_needs_a_positive_control() {
    let stated = Expect {
        absent: vec!["it broke".to_owned()],
        ..Expect::default()
    };
    let mut unharmed = survived();
    unharmed.steps[0].stderr.clear();
    let both = [healthy(Phase::Control), unharmed];
    let judgement = judged(Kind::Myth, &both, stated.clone());
    assert_eq!(reasons(&judgement).len(), 1);
    assert!(reasons(&judgement)[0].contains("positive control"));
    let [control, fault] = both;
    let three = [control, fault, faulty(Phase::Nonfix(0))];
    assert_eq!(
        judged(Kind::Myth, &three, stated).verdict,
        Verdict::AsExpected
    );
}

#[test]
fn a_stated_exit_that_a_remedy_changes_is_told_as_the_remedys_fault() {
    let observations = [
        healthy(Phase::Control),
        faulty(Phase::Fault),
        faulty(Phase::Fix(0)),
        healthy(Phase::Nonfix(0)),
    ];
    let phases = observations
        .iter()
        .map(|observation| {
            let works = matches!(observation.phase, Phase::Control | Phase::Fix(_));
            input(
                observation,
                "a remedy",
                Expect::exit(if works { 0 } else { 1 }),
            )
        })
        .collect();
    let judgement = judge(
        &JudgeInput {
            kind: Kind::Fails,
            layer: Layer::Goproxy,
            phases,
        },
        &WORDING,
    );
    assert_eq!(
        reasons(&judgement),
        [
            "fix 1 `a remedy` did not restore: exit 1, stopped in goproxy at goproxy.corp.example",
            "nonfix 1 `a remedy` did restore"
        ]
    );
}

#[test]
fn only_the_last_command_must_work_where_nothing_is_stated() {
    let mut fix = healthy(Phase::Fix(0));
    fix.steps.insert(0, faulty(Phase::Fault).steps.remove(0));
    let three = [healthy(Phase::Control), faulty(Phase::Fault), fix];
    assert_eq!(
        judged(Kind::Fails, &three, Expect::default()).verdict,
        Verdict::AsExpected
    );
}

#[test]
fn a_fault_of_the_client_has_fired_by_being_there() {
    let mut fault = phase(Phase::Fault, &[], vec![step(1, "it broke\n", vec![])]);
    fault.placed = vec![];
    let both = [healthy(Phase::Control), fault];
    assert_eq!(
        judged(Kind::Fails, &both, Expect::default()).verdict,
        Verdict::AsExpected
    );
}

#[test]
fn a_step_that_spoils_nothing_does_not_bite_by_being_done() {
    let mut fault = healthy(Phase::Fault);
    let mut spoils = step(0, "", vec![]);
    spoils.title = "overwrite a byte".to_owned();
    spoils.exit = None;
    fault.steps.insert(0, spoils);
    let both = [healthy(Phase::Control), fault];
    let judgement = judged(Kind::Fails, &both, Expect::default());
    assert!(reasons(&judgement)[0].starts_with("the fault did not bite"));
}

#[test]
fn a_missing_phase_is_told() {
    let judgement = judged(Kind::Fails, &[healthy(Phase::Control)], Expect::default());
    assert_eq!(reasons(&judgement), ["fault was not run"]);
}
