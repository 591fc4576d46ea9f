//! Where a command hangs, told from real dumps of the go command (shortened) and from timelines.

use std::fs;
use std::path::Path;
use std::time::Duration;

use modfault_kit::event::{ConnectOutcome, Outcome};
use modfault_kit::{Event, EventKind, RequestKind};
use modfault_outcome::hang::begun::begun;
use modfault_outcome::hang::dump::{Goroutine, goroutines};
use modfault_outcome::{Exit, Hang, StepObservation, Waiting, hang_words};

use crate::example::{accepted, answered, broke_off, broken, dns, fired, seen, step, tls};

const PROXY: &str = "goproxy.corp.example";
const INFO: &str = "/example.com/greet/@v/v1.0.0.info";

fn dump(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outcome/dumps");
    fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap()
}

fn hanging(hang: Hang, events: Vec<Event>) -> StepObservation {
    StepObservation {
        exit: Some(Exit::Overran),
        hang: Some(hang),
        together: Vec::new(),
        ..step(0, "", events)
    }
}

fn hang(dump: &str, waits: &[(&str, &str)]) -> Hang {
    Hang {
        for_ever: true,
        after: Duration::from_millis(41),
        waits: waits
            .iter()
            .map(|(process, call)| Waiting {
                process: (*process).to_owned(),
                call: (*call).to_owned(),
            })
            .collect(),
        dump: dump.to_owned(),
    }
}

fn place(name: &str, waits: &[(&str, &str)]) -> String {
    let step = hanging(hang(&dump(name), waits), vec![]);
    hang_words(&step).unwrap().place.unwrap_or_default()
}

#[test]
fn every_way_to_wait_is_told_from_the_dump_of_each_version() {
    let git = [("go", "waits for a child"), ("git", "reads a pipe")];
    let stat = "for `cmd/go/internal/modfetch.(*proxyRepo).Stat`";
    for (name, words) in [
        (
            "headers-1.21",
            "go waits for the headers of an HTTP response: a select in `net/http.(*persistConn).roundTrip`",
        ),
        (
            "headers-1.26",
            "go waits for the headers of an HTTP response: a select in `net/http.(*persistConn).roundTrip`",
        ),
        (
            "headers-http2-1.21",
            "go waits for the headers of an HTTP response: a select in `net/http.(*http2ClientConn).RoundTrip`",
        ),
        (
            "headers-http2-1.27",
            "go waits for the headers of an HTTP response: a select in `net/http/internal/http2.(*ClientConn).roundTrip`",
        ),
        (
            "body-1.27",
            "go reads the body of an HTTP response: a read in `net/http.(*body).Read`",
        ),
        (
            "body-http2-1.21",
            "go reads the body of an HTTP response: a condition in `net/http.http2transportResponseBody.Read`",
        ),
        (
            "body-http2-1.26",
            "go reads the body of an HTTP response: a condition in `net/http.http2transportResponseBody.Read`",
        ),
        (
            "handshake-1.21",
            "go is in a TLS handshake: a read in `crypto/tls.(*Conn).readHandshakeBytes`",
        ),
        (
            "handshake-1.26",
            "go is in a TLS handshake: a read in `crypto/tls.(*Conn).readHandshakeBytes`",
        ),
        (
            "lookup-1.26",
            "go looks up the address of a host: a read in `net.(*Resolver).exchange`",
        ),
        (
            "connect-1.26",
            "go makes a TCP connection: a write in `net.(*netFD).connect`",
        ),
        (
            "tunnel-1.26",
            "go waits for an HTTP proxy to open a tunnel: a read in `net/http.ReadResponse`",
        ),
    ] {
        assert_eq!(place(name, &git), format!("{words}, {stat}"), "{name}");
    }
    for name in ["child-1.21", "child-1.27"] {
        assert_eq!(
            place(name, &git),
            "go waits for `git` to end: a system call in `os.(*Process).Wait`, for `cmd/go/internal/vcs.(*Cmd).Ping`",
            "{name}"
        );
    }
}

#[test]
fn a_child_without_a_name_is_a_child_all_the_same() {
    assert!(place("child-1.27", &[]).starts_with("go waits for a child process to end: "));
}

fn only(text: &str) -> Goroutine {
    let mut found = goroutines(text);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn a_goroutine_is_read_in_the_form_of_every_version() {
    let frames = "net/http.(*Client).do(0xc000, {0x1?, (0x2)})\n\tnet/http/client.go:724 +0x912 fp=0xc0 sp=0xc0 pc=0x71\n\
                  par.(*Cache[...]).Do(...)\n\tpar/work.go:118\n";
    let old = only(&format!(
        "goroutine 12 [IO wait, 2 minutes, locked to thread]:\n{frames}created by net/http.(*Transport).dialConn\n\tnet/http/transport.go:1 +0x1\n"
    ));
    let new = only(&format!(
        "goroutine 12 gp=0xc000 m=nil [IO wait, 2 minutes]:\n{frames}created by net/http.(*Transport).dialConn in goroutine 8\n\tnet/http/transport.go:1 +0x1\n"
    ));
    for goroutine in [&old, &new] {
        assert_eq!((goroutine.id, goroutine.minutes), (12, Some(2)));
        assert_eq!(goroutine.state, "IO wait");
        let names: Vec<(&str, &str, u32)> = goroutine
            .frames
            .iter()
            .map(|frame| (frame.function.as_str(), frame.file.as_str(), frame.line))
            .collect();
        assert_eq!(
            names,
            [
                ("net/http.(*Client).do", "net/http/client.go", 724),
                ("par.(*Cache[...]).Do", "par/work.go", 118)
            ]
        );
        let creator = goroutine.created_by.as_ref().unwrap();
        assert_eq!(creator.function, "net/http.(*Transport).dialConn");
    }
    let by = |goroutine: &Goroutine| goroutine.created_by.as_ref().unwrap().goroutine;
    assert_eq!((by(&old), by(&new)), (None, Some(8)));
}

#[test]
fn registers_and_what_no_program_of_go_printed_are_no_goroutines() {
    assert!(goroutines("").is_empty());
    assert!(goroutines("fatal: the remote end hung up\n\nrax    0x1\nrip    0x2\n").is_empty());
    let one = only(
        "goroutine 1 [running]:\n\tgoroutine running on other thread; stack unavailable\n\nf(x)\n\tg.go:1\n",
    );
    assert!(one.frames.is_empty());
}

#[test]
fn goroutines_that_wait_for_the_same_are_counted_and_one_that_waits_for_them_is_not_chosen() {
    let worker = "goroutine 7 [select]:\nnet/http.(*persistConn).roundTrip(0x1)\n\tnet/http/transport.go:1\n\
                  cmd/go/internal/modfetch.(*proxyRepo).Zip(0x1)\n\tcmd/go/internal/modfetch/proxy.go:1\n\n";
    let text = format!(
        "goroutine 1 [semacquire]:\nsync.(*WaitGroup).Wait(0x1)\n\tsync/waitgroup.go:1\n\
         cmd/go/internal/modload.Download(0x1)\n\tcmd/go/internal/modload/load.go:1\n\n{worker}{worker}{worker}"
    );
    let step = hanging(hang(&text, &[]), vec![]);
    assert_eq!(
        hang_words(&step).unwrap().place.unwrap(),
        "go waits for the headers of an HTTP response: a select in `net/http.(*persistConn).roundTrip`, \
         for `cmd/go/internal/modfetch.(*proxyRepo).Zip`, and 2 goroutines more like it"
    );
}

#[test]
fn what_was_begun_and_never_ended_is_told_from_the_timeline() {
    let silent = broke_off(PROXY, RequestKind::Info, INFO, "client went away");
    let mut unanswered = silent.clone();
    if let EventKind::Http(exchange) = &mut unanswered.kind {
        exchange.status = None;
    }
    let dropped = seen(
        PROXY,
        EventKind::ConnectFailed {
            port: 443,
            outcome: ConnectOutcome::Dropped,
        },
    );
    let mut no_answer = dns(PROXY, "A", "NO");
    if let EventKind::Dns { answer, .. } = &mut no_answer.kind {
        *answer = "no answer".to_owned();
    }
    let stalled_pack = seen(
        "git.example",
        EventKind::Git {
            repository: "team/greet".to_owned(),
            service: "pack".to_owned(),
            outcome: Outcome::Failed("stalled".to_owned()),
        },
    );
    for (events, words) in [
        (
            vec![unanswered.clone()],
            "goproxy.corp.example never answers `GET /example.com/greet/@v/v1.0.0.info`",
        ),
        (
            vec![silent.clone()],
            "the answer of goproxy.corp.example to `GET /example.com/greet/@v/v1.0.0.info` never comes to its end",
        ),
        (
            vec![
                tls(PROXY, None),
                silent.clone(),
                tls(PROXY, Some("closed by client")),
                broken(PROXY, "closed by client"),
            ],
            "the answer of goproxy.corp.example to `GET /example.com/greet/@v/v1.0.0.info` never comes to its end",
        ),
        (
            vec![
                accepted(PROXY),
                tls(PROXY, Some("stalled after the client hello")),
            ],
            "the TLS handshake with goproxy.corp.example on port 443 never comes to its end",
        ),
        (
            vec![
                accepted(PROXY),
                broken(PROXY, "stalled"),
                fired(PROXY, "port 443"),
            ],
            "goproxy.corp.example accepts a connection on port 443 and never says a word",
        ),
        (
            vec![accepted(PROXY)],
            "goproxy.corp.example accepts a connection on port 443 and never says a word",
        ),
        (
            vec![dropped],
            "nothing ever answers the connection to port 443 of goproxy.corp.example",
        ),
        (
            vec![no_answer],
            "resolver.corp.example never answers the question for A of goproxy.corp.example",
        ),
        (
            vec![stalled_pack.clone()],
            "the git service `pack` of team/greet at git.example never comes to its end",
        ),
        (
            vec![
                broke_off(
                    "git.example",
                    RequestKind::GitPack,
                    "/team/greet/git-upload-pack",
                    "client went away",
                ),
                stalled_pack.clone(),
            ],
            "the answer of git.example to `GET /team/greet/git-upload-pack` never comes to its end",
        ),
    ] {
        assert_eq!(begun(&events).as_deref(), Some(words));
    }
}

#[test]
fn what_was_done_after_all_did_not_hang() {
    let silent = broke_off(PROXY, RequestKind::Info, INFO, "client went away");
    let again = answered(PROXY, RequestKind::Info, INFO, 200);
    assert_eq!(begun(&[accepted(PROXY), silent, again]), None);
}

#[test]
fn what_a_host_or_the_client_broke_off_did_not_hang() {
    let cut = broke_off(PROXY, RequestKind::Info, INFO, "cut after 10 bytes");
    assert_eq!(begun(&[accepted(PROXY), cut]), None);
    let alert = tls(PROXY, Some("client sent alert bad_certificate"));
    assert_eq!(begun(&[accepted(PROXY), alert]), None);
}

#[test]
fn all_that_is_known_is_told_and_an_end_has_nothing_to_tell() {
    let waits = [
        ("go", "waits for a child"),
        ("git-remote-https", "waits for a descriptor"),
        ("git", "reads a pipe"),
        ("git", "reads a pipe"),
    ];
    let mut step = hanging(
        hang(&dump("child-1.27"), &waits),
        vec![broke_off(
            "git.example",
            RequestKind::GitPack,
            "/team/greet/git-upload-pack",
            "stalled",
        )],
    );
    let words = hang_words(&step).unwrap();
    assert_eq!(
        words.sentences().collect::<Vec<_>>(),
        [
            "it hangs for ever: nothing is left that could bring it on",
            "the answer of git.example to `GET /team/greet/git-upload-pack` never comes to its end",
            "go waits for `git` to end: a system call in `os.(*Process).Wait`, for `cmd/go/internal/vcs.(*Cmd).Ping`",
            "`git` reads a pipe, `git-remote-https` waits for a descriptor",
        ]
    );
    let hang = step.hang.as_mut().unwrap();
    hang.for_ever = false;
    hang.after = Duration::from_secs(5);
    assert_eq!(
        hang_words(&step).unwrap().how,
        "it hangs: still running after 5.0 s, and killed"
    );
    step.exit = Some(Exit::Code(0));
    assert_eq!(hang_words(&step), None);
}
