//! Real programs in place of fakes: what is taken, what is refused, and how patches lie over it.

use modfault_scenario::{Code, Scenario, ScenarioFault, parse};

use crate::tree::library;

const PROGRAM: &str = r#"
program = "nginx"
listen = [443]
files."nginx.conf" = "include {dir}/routes.conf;"
files."routes.conf" = "return 404;"
"#;

fn text(component: &str, fault: &str, more: &str) -> String {
    format!(
        r#"
description = "x"
[client]
run = "go version"
[hosts."nginx.corp.example".component]
{component}
[hosts."modules.corp.example"]
goproxy.modules = ["example.com/greet"]
[[fault]]
{fault}
[expect]
exit = 1
[[fix]]
title = "It works again"
lift = true
{more}
"#
    )
}

const OTHER_ROUTES: &str =
    r#"hosts."nginx.corp.example".component.files."routes.conf" = "return 200;""#;

fn parsed(text: &str) -> Scenario {
    parse("http/x.toml", text, &library()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn codes(text: &str) -> Vec<Code> {
    let problems = parse("http/x.toml", text, &library()).unwrap_err();
    problems.into_iter().map(|problem| problem.code).collect()
}

#[test]
fn a_program_is_needed_without_being_named() {
    let scenario = parsed(&text(PROGRAM, OTHER_ROUTES, ""));
    assert_eq!(scenario.needs, ["nginx"]);
    let fix = r#"
[[fix]]
title = "Another proxy"
hosts."modules.corp.example".tls.names = ["modules.corp.example"]
client.daemons.nscd = { program = "nscd", listen-unix = ["/run/nscd/socket"] }
"#;
    let scenario = parsed(&text(PROGRAM, OTHER_ROUTES, fix));
    assert_eq!(scenario.needs, ["nginx", "nscd"]);
}

#[test]
fn a_patch_changes_one_file_and_leaves_the_others() {
    let scenario = parsed(&text(PROGRAM, OTHER_ROUTES, ""));
    let mut hosts = scenario.hosts.iter();
    let (name, declared) = hosts.find(|(_, spec)| spec.component.is_some()).unwrap();
    let ScenarioFault::Patch(patch) = &scenario.faults[0] else {
        panic!("the fault is a patch");
    };
    let patched = declared.patched(&patch.hosts[name]);
    let program = patched.component.unwrap();
    assert_eq!(program.program.as_deref(), Some("nginx"));
    assert_eq!(program.files.len(), 2);
    let routes = program.files["routes.conf"].as_ref().unwrap();
    assert_eq!(routes.text, "return 200;");
}

#[test]
fn only_packets_and_names_can_be_at_fault_around_a_program() {
    let on = |what: &str| format!("on = \"nginx.corp.example\"\n{what}");
    for what in ["tls = \"stall\"", "http.status = 502", "tcp.down = {}"] {
        let found = codes(&text(PROGRAM, &on(what), ""));
        assert_eq!(found, [Code::FaultNotApplicable], "{what}");
    }
    for what in ["net = \"drop\"", "dns.answer = \"nxdomain\""] {
        parsed(&text(PROGRAM, &on(what), ""));
    }
}

#[test]
fn what_cannot_be_started_is_refused() {
    for (component, code) in [
        ("listen = [443]", Code::MissingKey),
        ("program = \"nginx\"", Code::MissingKey),
        (
            "program = \"apache\"\nlisten = [443]",
            Code::UnknownComponent,
        ),
        (
            "program = \"nginx\"\nlisten = [443]\nfiles.\"../x\" = \"\"",
            Code::BadFilePath,
        ),
        (
            "program = \"nginx\"\nlisten = [443]\nfiles.x = \"{ca:publik}\"",
            Code::BadTemplate,
        ),
        (
            "program = \"nginx\"\nlisten = [443]\narguments = [\"{address:no.example}\"]",
            Code::UnknownHost,
        ),
    ] {
        let fault = "on = \"modules.corp.example\"\nhttp.status = 502";
        assert_eq!(codes(&text(component, fault, "")), [code], "{component}");
    }
}

#[test]
fn a_patch_makes_no_program_of_a_fake_nor_the_reverse() {
    let role = r#"hosts."nginx.corp.example".goproxy.modules = ["example.com/greet"]"#;
    let program =
        r#"hosts."modules.corp.example".component = { program = "nginx", listen = [443] }"#;
    for fault in [role, program] {
        let found = codes(&text(PROGRAM, fault, ""));
        assert_eq!(found, [Code::ComponentWithRole], "{fault}");
    }
}

#[test]
fn what_runs_on_the_client_has_no_certificate() {
    let daemon = r#"
[client.daemons.nscd]
program = "nscd"
listen-unix = ["/run/nscd/socket"]
files."nscd.conf" = "{certificate}"
"#;
    let fault = "on = \"modules.corp.example\"\nhttp.status = 502";
    assert_eq!(codes(&text(PROGRAM, fault, daemon)), [Code::BadTemplate]);
}
