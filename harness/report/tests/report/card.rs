//! A scenario's card.

use modfault_kit::HostName;
use modfault_report::{Card, Place};
use modfault_scenario::{GoVersion, ModuleLibrary, Phase, parse};
use modfault_world::plan;

const SCENARIO: &str = r#"
description = "The firewall drops what goes to the proxy, and the name of another host is unknown."
sources = ["S1-3.2"]

[client]
run = "go mod download example.com/greet@v1.0.0"
env.GOPROXY = "https://goproxy.corp.example"

[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/greet"]

[[fault]]
on = "goproxy.corp.example"
net = "drop"

[[fault]]
on = "goproxy.corp.example"
dns.answer = "nxdomain"

[expect]
exit = 1
stopped = { at = "goproxy.corp.example", in = "dns" }

[[fix]]
title = "Both are mended"
lift = true
"#;

#[test]
fn a_card_says_who_is_there_and_where_it_is_broken() {
    let library = ModuleLibrary::from_files([(
        "example.com/greet/v1.0.0/go.mod",
        "module example.com/greet\n",
    )]);
    let scenario = parse("scenarios/dns/two-things.toml", SCENARIO, &library).unwrap();
    let world = plan(&scenario, Phase::Control, GoVersion::new(1, 26, 8));
    let card = Card::new(&scenario, &world);

    assert_eq!(card.id, "dns/two-things");
    assert_eq!(card.steps, ["go mod download example.com/greet@v1.0.0"]);
    assert_eq!(card.fixes, ["Both are mended"]);
    assert_eq!(card.client, ["GOPROXY=https://goproxy.corp.example"]);
    let host = |name| HostName::parse(name).unwrap();
    let places: Vec<&Place> = card.faults.iter().map(|fault| &fault.place).collect();
    assert_eq!(
        places,
        [
            &Place::Wire(host("goproxy.corp.example")),
            &Place::Host(host("resolver.corp.example")),
        ]
    );
    let resolver = card.hosts.last().unwrap();
    assert_eq!(resolver.role, "resolver");
    assert_eq!(resolver.address.to_string(), "198.51.100.53");
}
