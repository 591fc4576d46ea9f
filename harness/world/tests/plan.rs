//! Scenario and phase to world.

use std::collections::BTreeMap;

use modfault_scenario::{Expect, GoVersion, ModuleLibrary, Phase, Scenario, parse};
use modfault_world::probe::{ProbeClock, ProbeUser};
use modfault_world::{Authority, Login, Serves, SitePlan, Step, World, WorldClock, plan};

const GO: GoVersion = GoVersion::new(1, 26, 0);

const MODULES: &str = r#"
[modules."example.com/greet"."v1.0.0"]
"go.mod" = "module example.com/greet\n\ngo 1.19\n"
"greet.go" = "package greet\n"
[modules."git.corp.example/team/secret"."v1.0.0"]
"go.mod" = "module git.corp.example/team/secret\n\ngo 1.19\n"
"#;

/// The scenario of `text` after a description, with two modules to serve.
fn scenario(text: &str) -> Scenario {
    let text = format!("description = \"x\"\n{text}\n{MODULES}");
    parse("http/x.toml", &text, &ModuleLibrary::default())
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn proxy_scenario(more: &str) -> Scenario {
    scenario(&format!(
        r#"
[client]
run = "go mod download example.com/greet@v1.0.0"
env.GOPROXY = "https://goproxy.corp.example"
requires = ["example.com/greet@v1.0.0"]
[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/greet"]
[hosts."a.example"]
[[fault]]
on = "goproxy.corp.example"
http.status = 502
[[fault]]
client.env.GOFLAGS = "-x"
{more}
"#
    ))
}

const REMEDIES: &str = r#"
[expect]
exit = 1
stderr = ["502"]
stopped = { at = "goproxy.corp.example", in = "goproxy" }
"<1.20".exit = 2
[[fix]]
title = "lifted"
lift = true
[[fix]]
title = "another way"
client.env = { GOPROXY = "https://a.example", GOFLAGS = false }
hosts."a.example".goproxy.modules = ["example.com/greet"]
[[fix]]
title = "lifted on one host"
lift = "goproxy.corp.example"
before = [{ run = "go clean -modcache" }]
expect.stdout = ["ok"]
[[nonfix]]
title = "once more"
client.run = "go mod download -x example.com/greet@v1.0.0"
"#;

fn command(step: &Step) -> (&str, &Expect) {
    match step {
        Step::Run {
            command, expect, ..
        } => (command, expect),
        other => panic!("{other:?}"),
    }
}

fn fault_ids(world: &World) -> Vec<String> {
    let placed = world.faults.iter().map(|fault| fault.id.to_string());
    placed
        .chain(world.patches.iter().map(ToString::to_string))
        .collect()
}

#[test]
fn each_phase_has_the_faults_that_it_should() {
    let scenario = proxy_scenario(REMEDIES);
    let in_force = |phase| fault_ids(&plan(&scenario, phase, GO));
    assert!(in_force(Phase::Control).is_empty());
    assert_eq!(in_force(Phase::Fault), ["fault[0]", "fault[1]"]);
    assert!(in_force(Phase::Fix(0)).is_empty());
    assert_eq!(in_force(Phase::Fix(1)), ["fault[0]", "fault[1]"]);
    assert_eq!(in_force(Phase::Fix(2)), ["fault[1]"]);
    assert_eq!(in_force(Phase::Nonfix(0)), ["fault[0]", "fault[1]"]);
}

#[test]
fn patches_lie_over_the_scenario_and_remedies_over_both() {
    let scenario = proxy_scenario(REMEDIES);
    let env = |phase| plan(&scenario, phase, GO).client.env;
    assert_eq!(env(Phase::Control).get("GOFLAGS"), None);
    assert_eq!(env(Phase::Fault)["GOFLAGS"], "-x");
    let fixed = plan(&scenario, Phase::Fix(1), GO);
    assert_eq!(fixed.client.env.get("GOFLAGS"), None);
    assert_eq!(fixed.client.env["GOPROXY"], "https://a.example");
    let sites = |world: &World, name: &str| world.hosts[&name.parse().unwrap()].sites.clone();
    assert!(sites(&plan(&scenario, Phase::Fault, GO), "a.example").is_empty());
    assert!(matches!(
        sites(&fixed, "a.example").as_slice(),
        [SitePlan::Goproxy { modules, .. }] if modules == &["example.com/greet"]
    ));
}

#[test]
fn what_is_stated_follows_from_the_phase() {
    let scenario = proxy_scenario(REMEDIES);
    let stated = |phase, go| {
        let world = plan(&scenario, phase, go);
        command(world.steps.last().unwrap()).1.clone()
    };
    assert_eq!(stated(Phase::Control, GO), Expect::exit(0));
    assert_eq!(stated(Phase::Fault, GO), scenario.expect.base);
    assert_eq!(stated(Phase::Fault, GoVersion::new(1, 19, 8)).exit, Some(2));
    assert_eq!(stated(Phase::Fix(0), GO), Expect::exit(0));
    assert_eq!(stated(Phase::Fix(2), GO).stdout, ["ok"]);
    assert_eq!(stated(Phase::Fix(2), GO).exit, Some(0));
    let nonfix = stated(Phase::Nonfix(0), GO);
    assert_eq!(nonfix.exit, Some(1));
    assert_eq!(nonfix.stopped, scenario.expect.base.stopped);
    assert!(nonfix.stderr.is_empty());
}

#[test]
fn a_remedy_comes_before_the_last_command_or_in_its_place() {
    let scenario = proxy_scenario(REMEDIES);
    let commands = |phase| -> Vec<String> {
        let steps = plan(&scenario, phase, GO).steps;
        steps
            .iter()
            .map(|step| command(step).0.to_owned())
            .collect()
    };
    let download = "go mod download example.com/greet@v1.0.0";
    assert_eq!(commands(Phase::Fault), [download]);
    assert_eq!(commands(Phase::Fix(2)), ["go clean -modcache", download]);
    assert_eq!(
        commands(Phase::Nonfix(0)),
        ["go mod download -x example.com/greet@v1.0.0"]
    );
}

#[test]
fn a_step_that_is_the_fault_is_left_out_of_the_control() {
    let scenario = scenario(
        r#"
[client]
steps = [
    { run = "go mod download example.com/greet@v1.0.0" },
    { truncate = { path = "modcache:cache/download/x.zip", length = 10 } },
    { run = "go clean -cache", expect.exit = 3 },
    { run = "go mod verify", expect.exit = 1, control.stdout = ["all"] },
]
env.GOPROXY = "https://goproxy.corp.example"
[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/greet"]
[[fix]]
title = "emptied"
before = [{ run = "go clean -modcache" }]
[[fix]]
title = "never happened"
lift = true
"#,
    );
    let steps = |phase| plan(&scenario, phase, GO).steps;
    assert_eq!(steps(Phase::Control).len(), 3);
    assert_eq!(steps(Phase::Fault).len(), 4);
    assert_eq!(steps(Phase::Fix(0)).len(), 5);
    assert_eq!(steps(Phase::Fix(1)).len(), 3);
    assert_eq!(fault_ids(&plan(&scenario, Phase::Fault, GO)), ["step[1]"]);
    let control = steps(Phase::Control);
    assert_eq!(command(&control[1]).1, &Expect::exit(0));
    assert_eq!(command(&control[2]).1.stdout, ["all"]);
    assert_eq!(command(&steps(Phase::Fault)[2]).1.exit, Some(3));
    assert_eq!(command(&steps(Phase::Fix(0))[2]).1, &Expect::default());
    assert!(matches!(
        &steps(Phase::Fault)[1],
        Step::Truncate { path, length: 10 } if path == "/home/dev/go/pkg/mod/cache/download/x.zip"
    ));
}

#[test]
fn a_slower_scenario_is_fast_where_nothing_is_wrong() {
    let scenario = scenario(
        r#"
kind = "slower"
[client]
run = "go mod download example.com/greet@v1.0.0"
[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/greet"]
[[fault]]
on = "goproxy.corp.example"
http.delay = "5s"
[expect]
at-least = "5s"
[[fix]]
title = "lifted"
lift = true
"#,
    );
    let stated = |phase| {
        let steps = plan(&scenario, phase, GO).steps;
        command(&steps[0]).1.clone()
    };
    let five = Some(std::time::Duration::from_secs(5));
    assert_eq!(stated(Phase::Fault).at_least, five);
    assert_eq!(stated(Phase::Fault).exit, Some(0));
    assert_eq!(stated(Phase::Control).at_most, five);
    assert_eq!(stated(Phase::Fix(0)).at_most, five);
}

#[test]
fn every_phase_has_the_same_machines_at_the_same_addresses() {
    let scenario = proxy_scenario(REMEDIES);
    let addresses = |phase| -> BTreeMap<String, String> {
        let world = plan(&scenario, phase, GO);
        let hosts = world.hosts.iter();
        hosts
            .map(|(name, host)| (name.to_string(), host.address.to_string()))
            .collect()
    };
    let control = addresses(Phase::Control);
    assert_eq!(control["a.example"], "203.0.113.10");
    assert_eq!(control["goproxy.corp.example"], "203.0.113.11");
    assert_eq!(control["resolver.corp.example"], "198.51.100.53");
    for phase in scenario.phases() {
        assert_eq!(addresses(phase), control, "{phase}");
    }
}

#[test]
fn the_client_has_a_project_and_no_telemetry() {
    let client = plan(&proxy_scenario(REMEDIES), Phase::Control, GO).client;
    assert_eq!(
        client.files["/home/dev/app/go.mod"].text,
        "module app\n\ngo 1.19\n\nrequire example.com/greet v1.0.0\n"
    );
    assert_eq!(
        client.files["/home/dev/app/main.go"].text,
        "package main\n\nimport _ \"example.com/greet\"\n\nfunc main() {}\n"
    );
    assert_eq!(
        client.files["/home/dev/.config/go/telemetry/mode"].text,
        "off\n"
    );
    assert_eq!(client.env["HOME"], "/home/dev");
    assert_eq!(client.env["GOTOOLCHAIN"], "local");
    assert_eq!(client.trust, [Authority::Public]);
}

#[test]
fn roles_become_listeners_and_sites() {
    let scenario = scenario(
        r#"
[client]
run = "go mod download git.corp.example/team/secret@v1.0.0"
netrc."git.corp.example" = { user = "dev", password = "secret" }
files."~/.netrc" = false
[hosts."git.corp.example"]
git.repos = ["git.corp.example/team/secret", "example.com/greet"]
git.login = { user = "dev", password = "secret" }
tls.authority = "corporate"
[hosts."squid.corp.example"]
http-proxy = { terminate = "corporate", deny = ["*.example.net"] }
[hosts."plain.example"]
ports.8080 = "http"
[[fault]]
on = "squid.corp.example"
get = "connect"
http.status = 403
[expect]
exit = 1
[[fix]]
title = "lifted"
lift = true
"#,
    );
    let world = plan(&scenario, Phase::Control, GO);
    let host = |name: &str| &world.hosts[&name.parse().unwrap()];
    let git = host("git.corp.example");
    assert_eq!(git.listeners.keys().collect::<Vec<_>>(), [&80, &443]);
    let tls = git.listeners[&443].tls.as_ref().unwrap();
    assert_eq!(tls.authority, Authority::Corporate);
    assert_eq!(tls.names, ["git.corp.example"]);
    let login = Login {
        user: "dev".to_owned(),
        password: "secret".to_owned(),
    };
    match git.sites.as_slice() {
        [SitePlan::Git { repositories }, SitePlan::Vanity { imports }] => {
            let import = &imports["git.corp.example/team/secret"];
            assert_eq!(
                import.repository,
                "https://git.corp.example/team/secret.git"
            );
            assert_eq!(imports.len(), 1);
            assert_eq!(repositories["team/secret"].login, Some(login));
            assert_eq!(
                repositories["example.com/greet"].module,
                "example.com/greet"
            );
        }
        other => panic!("{other:?}"),
    }
    let squid = host("squid.corp.example");
    assert_eq!(squid.listeners.keys().collect::<Vec<_>>(), [&3128]);
    assert!(matches!(
        &squid.listeners[&3128].serves,
        Serves::HttpProxy(proxy) if proxy.deny == ["*.example.net"]
    ));
    assert_eq!(
        host("plain.example").listeners.keys().collect::<Vec<_>>(),
        [&8080]
    );
    assert!(!world.client.files.contains_key("/home/dev/.netrc"));
}

#[test]
fn a_world_begins_on_one_day_unless_its_scenario_says_another_or_has_a_reason_for_the_real_clock() {
    let clock = |text: &str| plan(&scenario(&format!("{text}{WORLD}")), Phase::Fault, GO).clock;
    let at = |text: &str| WorldClock::Virtual {
        start: text.parse().unwrap(),
    };
    assert_eq!(clock(""), at("2026-01-01T00:00:00Z"));
    assert_eq!(
        clock("clock.start = \"2019-03-01T00:00:00Z\"\n"),
        at("2019-03-01T00:00:00Z")
    );
    let reason = "the kernel's own timers decide".to_owned();
    assert_eq!(
        clock(&format!("clock.real = \"{reason}\"\n")),
        WorldClock::Real { reason }
    );
}

#[test]
fn only_a_phase_that_runs_a_tracer_is_under_the_real_clock_for_it() {
    let remedy =
        "[[fix]]\ntitle = \"watched\"\nlift = true\nbefore = [{ run = \"strace go version\" }]\n";
    let scenario = scenario(&format!("{WORLD}{remedy}"));
    let clock = |phase| plan(&scenario, phase, GO).clock;
    assert!(matches!(clock(Phase::Control), WorldClock::Virtual { .. }));
    let WorldClock::Real { reason } = clock(Phase::Fix(1)) else {
        panic!("a tracer is traced");
    };
    assert!(reason.contains("strace"), "{reason}");
}

#[test]
fn a_nonfix_of_what_hangs_is_stated_to_hang_and_an_exit_status_takes_its_place() {
    let text = WORLD.replace("exit = 1", "hangs = true");
    let nonfix = "[[nonfix]]\ntitle = \"a\"\nlift = true\n[[nonfix]]\ntitle = \"b\"\nlift = true\nexpect.exit = 1\n";
    let scenario = scenario(&format!("{text}{nonfix}"));
    let stated = |phase| {
        let world = plan(&scenario, phase, GO);
        let (_, expect) = command(world.steps.last().unwrap());
        (expect.exit, expect.hangs)
    };
    assert_eq!(stated(Phase::Control), (Some(0), None));
    assert_eq!(stated(Phase::Fault), (None, Some(true)));
    assert_eq!(stated(Phase::Nonfix(0)), (None, Some(true)));
    assert_eq!(stated(Phase::Nonfix(1)), (Some(1), None));
}

const WORLD: &str = r#"
[client]
run = "go mod download example.com/greet@v1.0.0"
env.GOPROXY = "https://goproxy.corp.example"
[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/greet"]
[[fault]]
on = "goproxy.corp.example"
http.status = 502
[expect]
exit = 1
[[fix]]
title = "lifted"
lift = true
"#;

#[test]
fn probes_are_run_where_the_fault_is_and_where_nothing_is_wrong() {
    let scenario = proxy_scenario(
        r#"
[expect]
exit = 1
[[fix]]
title = "x"
lift = true
[[probe]]
run = "sudo tcpdump -n port 53"
reveals = "x"
during = true
stdout = ["x"]
[[probe]]
run = "dig goproxy.corp.example"
reveals = "x"
stdout = ["x"]
"<1.20".stdout = ["y"]
"#,
    );
    assert!(plan(&scenario, Phase::Fix(0), GO).probes.is_empty());
    let control = plan(&scenario, Phase::Control, GO).probes;
    let old = GoVersion::new(1, 19, 0);
    let [tcpdump, dig] = &plan(&scenario, Phase::Fault, old).probes[..] else {
        panic!("two probes");
    };
    assert_eq!(control.len(), 2);
    assert_eq!(tcpdump.command, "tcpdump -n port 53");
    assert_eq!(tcpdump.user, ProbeUser::Root);
    assert_eq!(tcpdump.clock, ProbeClock::Machine);
    let beside = tcpdump.beside.as_ref().unwrap();
    assert!(beside.commands[0].starts_with("go mod download"));
    assert_eq!(
        (dig.user, dig.clock),
        (ProbeUser::Client, ProbeClock::World)
    );
    assert_eq!(dig.needs, ["dig"]);
    assert_eq!(
        (&dig.expect.stdout[0][..], &control[1].expect.stdout[0][..]),
        ("y", "x")
    );
}
