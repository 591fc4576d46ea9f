//! Checksum databases in a plan.

use modfault_kit::Seed;
use modfault_scenario::{GoVersion, ModuleLibrary, Phase, parse};
use modfault_sumdb::DatabaseKey;
use modfault_world::{SitePlan, Step, World, plan};

const GO: GoVersion = GoVersion::new(1, 26, 0);

/// The world of `phase` of a scenario with a database, a proxy that passes it on below a prefix, and `more`.
fn world(phase: Phase, more: &str) -> World {
    let text = format!(
        r#"
description = "x"
seed = 3
[client]
env.GOPROXY = "https://goproxy.corp.example/goproxy"
files."~/.config/go/env" = "GOSUMDB={{sumdb-key:sum.corp.example}}\n"
steps = [
    {{ run = "echo {{sumdb-key:sum.corp.example}}", env.KEY = "{{sumdb-key:sum.corp.example}} https://x" }},
    {{ run = "go mod download" }},
]
[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/greet"]
goproxy.prefix = "/goproxy"
goproxy.sumdb = "sum.corp.example"
[hosts."sum.corp.example"]
sumdb.fillers = 300
[modules."example.com/greet"."v1.0.0"]
"go.mod" = "module example.com/greet\n"
[[fault]]
on = "sum.corp.example"
sumdb = "bad-signature"
[expect]
exit = 1
[[fix]]
title = "a second database"
lift = true
hosts."other.corp.example".sumdb = {{}}
hosts."sum.corp.example".sumdb.name = "sum.golang.org"
[hosts."other.corp.example"]
{more}
"#
    );
    let scenario = parse("sum/x.toml", &text, &ModuleLibrary::default())
        .unwrap_or_else(|problems| panic!("{problems:#?}"));
    plan(&scenario, phase, GO)
}

fn key(name: &str) -> String {
    DatabaseKey::derive(Seed(3), name).verifier()
}

fn databases(world: &World) -> Vec<(&str, &str, u64)> {
    let sites = world.hosts.values().flat_map(|host| &host.sites);
    sites
        .filter_map(|site| match site {
            SitePlan::Sumdb {
                prefix,
                name,
                fillers,
                ..
            } => Some((prefix.as_str(), name.as_str(), *fillers)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_probe_executes_the_key_and_is_told_with_the_placeholder() {
    let probe = r#"
[[probe]]
run = "test {sumdb-key:sum.corp.example} = $GOSUMDB"
reveals = "x"
blind = true
exit = 0
"#;
    let world = world(Phase::Fault, probe);
    let [probe] = &world.probes[..] else {
        panic!("one probe");
    };
    let executed = format!("test {} = $GOSUMDB", key("sum.corp.example"));
    assert_eq!(probe.command, executed);
    assert!(probe.run.contains("{sumdb-key:sum.corp.example}"));
}

#[test]
fn the_only_database_is_the_one_that_the_client_uses() {
    let world = world(Phase::Control, "");
    assert_eq!(world.client.env["GOSUMDB"], key("sum.corp.example"));
}

#[test]
fn a_database_in_another_name_is_told_with_its_url() {
    let world = world(Phase::Fix(0), "");
    let told = format!("{} https://sum.corp.example", key("sum.golang.org"));
    assert_eq!(world.client.env["GOSUMDB"], told);
}

#[test]
fn with_two_databases_from_the_beginning_there_is_none_by_default() {
    let world = world(Phase::Control, "sumdb = {}");
    assert_eq!(world.client.env["GOSUMDB"], "off");
}

#[test]
fn a_proxy_passes_on_the_same_log_below_its_prefix() {
    let world = world(Phase::Control, "");
    assert_eq!(
        databases(&world),
        [
            ("/goproxy/sumdb/sum.corp.example", "sum.corp.example", 300),
            ("", "sum.corp.example", 300),
        ]
    );
}

#[test]
fn keys_are_filled_into_variables_files_and_commands() {
    let world = world(Phase::Control, "");
    let key = key("sum.corp.example");
    let file = &world.client.files["/home/dev/.config/go/env"];
    assert_eq!(file.text, format!("GOSUMDB={key}\n"));
    let Step::Run { command, env, .. } = &world.steps[0] else {
        panic!("{:?}", world.steps);
    };
    assert_eq!(command, &format!("echo {key}"));
    assert_eq!(env["KEY"], format!("{key} https://x"));
}
