//! A program on the client.

use modfault_kit::EventKind;
use modfault_run::COMPONENTS_START_WITHIN;

use crate::fixture::run_with;

const NSCD: &str = r#"
[client.daemons.nscd]
program = "nscd"
listen-unix = ["/var/run/nscd/socket"]
files."nscd.conf" = """
paranoia no
enable-cache hosts yes
positive-time-to-live hosts 3600
persistent hosts no
shared hosts no
enable-cache passwd no
enable-cache group no
enable-cache services no
enable-cache netgroup no
"""
"#;

/// How many questions about the name there were in each of two commands that ask for it.
fn questions(table: &str) -> [usize; 2] {
    let ask = "getent ahostsv4 web.corp.example";
    let seen = run_with(table, &[ask, ask], COMPONENTS_START_WITHIN).unwrap();
    [0, 1].map(|step| {
        let step = &seen.steps[step];
        assert!(step.stdout.contains("203.0.113.10"), "{step:?}");
        let events = step.events.iter();
        events
            .filter(|event| matches!(event.kind, EventKind::Dns { .. }))
            .count()
    })
}

#[test]
fn nscd_remembers_what_the_client_has_asked() {
    let [first, second] = questions(NSCD);
    assert!(first > 0);
    assert_eq!(second, 0);
    // Without it, the second command asks as the first did.
    let [first, second] = questions("");
    assert!(first > 0);
    assert_eq!(second, first);
}
