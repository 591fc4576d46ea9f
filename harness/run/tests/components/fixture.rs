//! A world with one program in it.

use std::ops::ControlFlow;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use modfault_outcome::Observation;
use modfault_run::{COMPONENTS_START_WITHIN, ClockWish, Options, RunError, run_phase};
use modfault_scenario::{GoVersion, ModuleLibrary, Phase, parse};
use modfault_toolchain::{Environment, Wanted, find, newest_pinned};
use modfault_world::plan;

/// nginx with one page, and a request to an upstream.
pub(crate) const NGINX: &str = r#"
program = "nginx"
listen = [443, 8080]
logs = ["access.log", "never-written.log"]
files."nginx.conf" = """
events {}
http {
    access_log {dir}/access.log;
    server {
        listen {address}:443 ssl;
        listen {address}:8080;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        location = /own { return 200 "by nginx, in ${scheme}\\n"; }
        location / { proxy_pass http://web.corp.example; }
    }
}
"""
"#;

/// Runs `commands` one after the other in a world where `web.corp.example` is a fake and `server.corp.example` the program of `component`.
pub(crate) fn run(
    component: &str,
    commands: &[&str],
    patience: Duration,
) -> Result<Observation, RunError> {
    let program = format!("[hosts.\"server.corp.example\".component]\n{component}");
    run_with(&program, commands, patience)
}

/// The same with any table in the place of the program.
pub(crate) fn run_with(
    table: &str,
    commands: &[&str],
    patience: Duration,
) -> Result<Observation, RunError> {
    let steps: Vec<String> = commands
        .iter()
        .map(|command| format!("{{ run = \"{command}\" }}"))
        .collect();
    let text = format!(
        r#"
description = "What a program does."
[client]
steps = [{}]
[hosts."web.corp.example"]
pages."/" = "<p>Hello</p>"
{table}
[[fault]]
on = "web.corp.example"
http.status = 502
[expect]
stderr = ["any"]
[[fix]]
title = "It works"
lift = true
"#,
        steps.join(", ")
    );
    let scenario = parse("http/test.toml", &text, &ModuleLibrary::default())
        .unwrap_or_else(|problems| panic!("{problems:#?}"));
    let environment = Environment::new(std::env::vars());
    let wanted = Wanted::Version(newest_pinned().clone());
    let toolchain = find(&wanted, &environment, &mut |_| ControlFlow::Continue(())).unwrap();
    let go: GoVersion = toolchain.version.to_string().parse().unwrap();
    let options = Options {
        lent: Vec::new(),
        toolchain: toolchain.root.clone(),
        go: toolchain.version.tag(),
        cache: environment.cache_dir().unwrap(),
        search_path: std::env::var_os("PATH").unwrap_or_default(),
        components_start_within: patience,
        clock: ClockWish::Virtual,
        cancel: CancellationToken::new(),
    };
    run_phase(
        &plan(&scenario, Phase::Control, go),
        Phase::Control,
        &options,
    )
}

/// The same with the usual patience.
pub(crate) fn run_usual(component: &str, commands: &[&str]) -> Result<Observation, RunError> {
    run(component, commands, COMPONENTS_START_WITHIN)
}

/// An error and what caused it, one after the other.
pub(crate) fn in_words(error: RunError) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        words.push_str(&format!(": {next}"));
        cause = next.source();
    }
    words
}
