//! What a real program is told of its world.

use modfault_scenario::{GoVersion, ModuleLibrary, Phase, parse};
use modfault_world::{Authority, ComponentPlan, World, plan};

const GO: GoVersion = GoVersion::new(1, 26, 0);

fn world(component: &str, phase: Phase) -> World {
    let text = format!(
        r#"
description = "x"
[client]
run = "go version"
[client.daemons.nscd]
program = "nscd"
listen-unix = ["/var/run/nscd/socket"]
[hosts."nginx.corp.example"]
tls.authority = "corporate"
[hosts."nginx.corp.example".component]
program = "nginx"
listen = [443]
{component}
[hosts."sum.corp.example"]
sumdb = {{}}
[[fault]]
hosts."nginx.corp.example".component.files."routes.conf" = "return 404; # {{address}}"
[expect]
exit = 1
[[fix]]
title = "x"
lift = true
"#
    );
    let scenario = parse("http/x.toml", &text, &ModuleLibrary::default())
        .unwrap_or_else(|problems| panic!("{problems:#?}"));
    plan(&scenario, phase, GO)
}

fn component(text: &str, phase: Phase) -> ComponentPlan {
    let world = world(text, phase);
    let mut hosts = world.hosts.into_values();
    hosts.find_map(|host| host.component).unwrap()
}

/// The text of the file `name`.
fn file<'a>(component: &'a ComponentPlan, name: &str) -> &'a str {
    let path = format!("/run/components/nginx.corp.example/{name}");
    &component.files[&path].text
}

#[test]
fn what_its_files_speak_of_is_filled_in_and_other_braces_stay() {
    let nginx = component(
        r#"
files."a" = "{dir} {address} {address:sum.corp.example} {resolver} {ca:corporate}"
files."b" = "server { listen 80; } ${key} {sumdb-key:sum.corp.example}"
env.WHERE = "{dir}"
"#,
        Phase::Control,
    );
    assert_eq!(
        file(&nginx, "a"),
        "/run/components/nginx.corp.example 203.0.113.10 203.0.113.11 198.51.100.53 \
         /usr/local/share/ca-certificates/corporate-root.crt"
    );
    let braces = file(&nginx, "b");
    assert!(braces.starts_with("server { listen 80; } ${key} sum.corp.example+"));
    assert_eq!(nginx.env["WHERE"], nginx.directory);
    assert_eq!(nginx.env["HOME"], nginx.directory);
    assert!(
        nginx
            .arguments
            .contains(&format!("{}/nginx.conf", nginx.directory))
    );
    assert!(nginx.directories.contains(&"/var/lib/nginx".to_owned()));
    assert_eq!(nginx.tls, None);
}

#[test]
fn it_has_a_certificate_and_keys_where_its_files_speak_of_them() {
    let nginx = component(
        r#"
files."a" = "{leaf} {ssh-host-key}"
files."b" = "{ssh-key:dev}"
"#,
        Phase::Control,
    );
    let tls = nginx.tls.as_ref().unwrap();
    assert_eq!(tls.authority, Authority::Corporate);
    assert_eq!(tls.names, ["nginx.corp.example"]);
    assert!(nginx.ssh_host_key);
    assert_eq!(nginx.ssh_keys, ["dev"]);
    assert_eq!(file(&nginx, "b"), nginx.ssh_key_file("dev"));
}

#[test]
fn its_arguments_take_the_place_of_the_usual_ones() {
    let nginx = component(r#"arguments = ["-t", "{address}"]"#, Phase::Control);
    assert_eq!(nginx.arguments, ["-t", "203.0.113.10"]);
}

#[test]
fn a_fault_is_a_file_that_says_otherwise() {
    let text = r#"
files."nginx.conf" = "x"
files."routes.conf" = "return 200;"
"#;
    let [control, fault, fix] =
        [Phase::Control, Phase::Fault, Phase::Fix(0)].map(|phase| component(text, phase));
    assert_eq!(file(&control, "routes.conf"), "return 200;");
    assert_eq!(file(&fault, "routes.conf"), "return 404; # 203.0.113.10");
    assert_eq!(file(&fault, "nginx.conf"), "x");
    assert_eq!(fix, control);
}

#[test]
fn no_fake_is_in_its_place() {
    let world = world("", Phase::Control);
    let mut hosts = world.hosts.values();
    let host = hosts.find(|host| host.component.is_some()).unwrap();
    assert!(host.listeners.is_empty() && host.sites.is_empty());
    let nscd = &world.client.daemons["nscd"];
    assert_eq!(nscd.directory, "/run/daemons/nscd");
    assert!(nscd.directories.contains(&"/run/nscd".to_owned()));
}
