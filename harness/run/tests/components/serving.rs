//! A program that runs as it should.

use modfault_kit::EventKind;
use modfault_outcome::{Exit, Observation};

use crate::fixture::{NGINX, run_usual};

const HOST: &str = "server.corp.example";

fn events(seen: &Observation, step: usize, host: &str) -> Vec<EventKind> {
    let events = seen.steps[step].events.iter();
    let of_host = events.filter(|event| event.host.as_str() == host);
    of_host.map(|event| event.kind.clone()).collect()
}

#[test]
fn what_it_serves_reaches_the_client_under_the_hosts_own_certificate() {
    let seen = run_usual(
        NGINX,
        &[
            "curl -sS https://server.corp.example/own",
            "curl -sS http://server.corp.example:8080/own",
        ],
    )
    .unwrap();
    assert_eq!(seen.steps[0].stdout, "by nginx, in https\n");
    assert_eq!(seen.steps[1].stdout, "by nginx, in http\n");
    assert_eq!(
        events(&seen, 0, HOST),
        [EventKind::Accepted { port: 443 }],
        "the wire tells of the connection, once"
    );
    assert_eq!(events(&seen, 1, HOST), [EventKind::Accepted { port: 8080 }]);
}

#[test]
fn what_it_asks_its_upstream_is_in_the_timeline_and_what_it_asks_at_its_start_is_not() {
    let seen = run_usual(NGINX, &["curl -sS http://server.corp.example:8080/"]).unwrap();
    assert!(seen.steps[0].stdout.contains("<p>Hello</p>"));
    let asked = events(&seen, 0, "web.corp.example");
    assert!(
        asked
            .iter()
            .any(|kind| matches!(kind, EventKind::Http(exchange) if exchange.path == "/")),
        "{asked:?}"
    );
    // nginx asks for its upstream's addresses before it listens.
    let names = events(&seen, 0, "resolver.corp.example");
    assert!(
        !names
            .iter()
            .any(|kind| matches!(kind, EventKind::Dns { name, .. } if name == "web.corp.example")),
        "{names:?}"
    );
}

#[test]
fn its_version_and_its_logs_are_kept() {
    let seen = run_usual(NGINX, &["curl -sS http://server.corp.example:8080/own"]).unwrap();
    let version = &seen.tools["nginx"];
    assert!(version.starts_with("1."), "{version}");
    let log = &seen.components[HOST];
    assert_eq!(log.program, "nginx");
    assert!(
        log.files["access.log"].contains("GET /own"),
        "{:?}",
        log.files
    );
    assert!(!log.files.contains_key("never-written.log"));
}

#[test]
fn all_that_it_printed_before_the_end_is_kept() {
    let python = r#"
program = "/usr/bin/python3"
listen = [8080]
arguments = ["-u", "{dir}/serve.py"]
env.GREETING = "from {address:web.corp.example}"
files."serve.py" = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Serve(BaseHTTPRequestHandler):
    def do_GET(self):
        print('asked', os.environ['GREETING'], os.environ['HOME'], os.getcwd())
        self.send_response(200)
        self.end_headers()
HTTPServer(('{address}', 8080), Serve).serve_forever()
"""
"#;
    let seen = run_usual(python, &["curl -sS http://server.corp.example:8080/x"]).unwrap();
    assert_eq!(seen.steps[0].exit, Some(Exit::Code(0)));
    let log = &seen.components[HOST];
    let home = "/run/components/server.corp.example";
    assert_eq!(
        log.stdout,
        format!("asked from 203.0.113.11 {home} {home}\n")
    );
    assert!(log.stderr.contains("GET /x"), "{}", log.stderr);
}
