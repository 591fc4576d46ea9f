//! A program that does not start, or does not stay.

use std::time::{Duration, Instant};

use modfault_run::RunError;

use crate::fixture::{NGINX, in_words, run, run_usual};

fn shell(script: &str) -> String {
    format!("program = \"/bin/sh\"\nlisten = [443]\narguments = [\"-c\", \"{script}\"]")
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let error = run_usual(
        "program = \"/nonexistent/server\"\nlisten = [443]",
        &["true"],
    );
    let words = in_words(error.unwrap_err());
    assert_eq!(
        words,
        "find the program `/nonexistent/server` of `server.corp.example`"
    );
}

#[test]
fn a_program_that_ends_at_once_does_so_in_its_own_words() {
    let began = Instant::now();
    let error = run_usual(
        &shell("echo first; echo no such thing >&2; exit 7"),
        &["true"],
    );
    assert_eq!(
        in_words(error.unwrap_err()),
        "keep `/bin/sh` of `server.corp.example` running: it ended by itself (exit 7): no such thing"
    );
    // Nobody waits for the ports of a program that is gone.
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_wrong_line_in_its_file_is_told_as_the_program_tells_it() {
    let wrong = NGINX.replace("proxy_pass", "proxy_psas");
    let error = run_usual(&wrong, &["true"]).unwrap_err();
    assert!(error.help().is_empty());
    let words = in_words(error);
    assert!(
        words.contains("exit 1") && words.contains("proxy_psas"),
        "{words}"
    );
}

#[test]
fn a_program_that_goes_into_the_background_is_told_to_stay() {
    let error = run_usual(&shell("sleep 1000 & exit 0"), &["true"]).unwrap_err();
    assert_eq!(error.help(), ["let it stay in the foreground"]);
}

#[test]
fn a_port_that_never_opens_is_given_up() {
    let error = run(
        &shell("echo still thinking >&2; exec sleep 1000"),
        &["true"],
        Duration::from_millis(500),
    );
    let error = error.unwrap_err();
    assert!(
        matches!(error, RunError::ComponentSilent { .. }),
        "{error:?}"
    );
    assert_eq!(
        in_words(error),
        "start `/bin/sh` of `server.corp.example`: it does not listen on TCP port 443: still thinking"
    );
}

#[test]
fn a_program_that_ends_in_the_middle_of_a_phase_is_no_finding() {
    let error = run_usual(
        NGINX,
        &[
            "sh -c 'kill $(cat /run/components/server.corp.example/nginx.pid)'",
            "sleep 1000",
        ],
    );
    let words = in_words(error.unwrap_err());
    assert!(
        words.starts_with("keep `nginx` of `server.corp.example` running: it ended by itself"),
        "{words}"
    );
}
