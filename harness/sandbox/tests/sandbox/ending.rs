//! What is left behind: nothing.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command as RealCommand, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use modfault_sandbox::{Command, End, Sandbox, SandboxPlan};

use crate::common::{run, script, stdout};

/// Set for the process that is to be killed.
const VICTIM: &str = "MODFAULT_SANDBOX_VICTIM";

#[test]
fn killing_the_process_that_holds_a_sandbox_leaves_nothing() {
    if std::env::var_os(VICTIM).is_some() {
        hold_a_sandbox();
    }
    let mut victim = RealCommand::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "ending::killing_the_process_that_holds_a_sandbox_leaves_nothing",
        ])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let pids: Vec<u32> = lines
        .map_while(Result::ok)
        .find_map(|line| {
            Some(
                line.strip_prefix("pids ")?
                    .split(' ')
                    .map(|pid| pid.parse().unwrap())
                    .collect(),
            )
        })
        .unwrap();
    assert_eq!(pids.len(), 2);
    assert!(pids.iter().all(|pid| alive(*pid)));
    victim.kill().unwrap();
    assert_eq!(victim.wait().unwrap().signal(), Some(libc::SIGKILL));
    let deadline = Instant::now() + Duration::from_secs(10);
    while pids.iter().any(|pid| alive(*pid)) {
        assert!(Instant::now() < deadline, "{pids:?} are still there");
        thread::yield_now();
    }
}

/// Tells the numbers of two inits, one of which has a command running, and waits to be killed.
fn hold_a_sandbox() -> ! {
    let one = Sandbox::create(&SandboxPlan::default()).unwrap();
    let other = Sandbox::create(&SandboxPlan::default()).unwrap();
    let _running = one.spawn(&script("sleep 1000")).unwrap();
    println!("\npids {} {}", one.pid(), other.pid());
    loop {
        thread::park();
    }
}

fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // A zombie that its new parent has not reaped yet holds nothing any more.
    stat.rsplit_once(')')
        .is_some_and(|(_, fields)| !fields.starts_with(" Z"))
}

#[test]
fn sandboxes_are_made_and_ended_from_many_threads_at_once() {
    thread::scope(|scope| {
        for number in 0..4 {
            scope.spawn(move || {
                for _ in 0..5 {
                    let plan = SandboxPlan {
                        host_name: format!("host{number}"),
                        ..SandboxPlan::default()
                    };
                    let sandbox = Sandbox::create(&plan).unwrap();
                    let done = run(&sandbox, &script("hostname"));
                    assert_eq!(stdout(&done), format!("host{number}\n"));
                    let pid = sandbox.pid();
                    sandbox.destroy();
                    assert!(!Path::new(&format!("/proc/{pid}")).exists());
                }
            });
        }
    });
}

#[test]
fn a_sandbox_outlives_the_thread_that_made_it() {
    let sandbox = thread::scope(|scope| {
        scope
            .spawn(|| Sandbox::create(&SandboxPlan::default()).unwrap())
            .join()
            .unwrap()
    });
    assert_eq!(
        run(&sandbox, &Command::new(["/usr/bin/id"])).end,
        End::Code(0)
    );
}

#[test]
fn a_failed_sandbox_leaves_no_process_and_no_descriptor() {
    let plan = SandboxPlan {
        read_only: vec!["/no/such/path".to_owned()],
        ..SandboxPlan::default()
    };
    let error = Sandbox::create(&plan).unwrap_err();
    assert_eq!(error.to_string(), "make /no/such/path read-only");
    assert_eq!(children_called_init(), 0);
}

/// Inits of other tests run at the same time belong to this process too: only those without a command line of their own count.
fn children_called_init() -> usize {
    let me = std::process::id().to_string();
    let mut count = 0;
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let zombie_child = stat
            .rsplit_once(") Z ")
            .is_some_and(|(_, rest)| rest.split(' ').next() == Some(&me));
        count += usize::from(zombie_child && stat.contains("(init)"));
    }
    count
}
