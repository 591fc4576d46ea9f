//! What is left behind: nothing.

use std::io::{BufRead, BufReader, Write};
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
    let mut victim = again("ending::killing_the_process_that_holds_a_sandbox_leaves_nothing")
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
    let pids = format!("\npids {} {}\n", one.pid(), other.pid());
    std::io::stdout().write_all(pids.as_bytes()).unwrap();
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
                    let done = run(&sandbox, &script("cat /proc/sys/kernel/hostname"));
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
fn sandboxes_leave_no_process_and_no_descriptor_whether_made_or_refused() {
    // Other tests make and end sandboxes meanwhile: what is counted is a process's own.
    if std::env::var_os(VICTIM).is_none() {
        let status =
            again("ending::sandboxes_leave_no_process_and_no_descriptor_whether_made_or_refused")
                .status()
                .unwrap();
        assert!(status.success());
        return;
    }
    let refused = SandboxPlan {
        read_only: vec!["/no/such/path".to_owned()],
        ..SandboxPlan::default()
    };
    let both = || {
        let error = Sandbox::create(&refused).unwrap_err();
        assert_eq!(error.to_string(), "make /no/such/path read-only");
        let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
        assert_eq!(run(&sandbox, &script("exit 0")).end, End::Code(0));
    };
    let before = open_descriptors();
    (0..10).for_each(|_| both());
    // A thread of its own closes the packet sockets, some milliseconds each.
    let deadline = Instant::now() + Duration::from_secs(10);
    while open_descriptors() > before && Instant::now() < deadline {
        thread::yield_now();
    }
    assert_eq!(open_descriptors(), before);
    let children = std::fs::read_dir("/proc/self/task").unwrap().map(|task| {
        std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default()
    });
    assert_eq!(children.collect::<String>(), "");
}

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// This test binary once more, for one test.
fn again(test: &str) -> RealCommand {
    let mut command = RealCommand::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture", test])
        .env(VICTIM, "1");
    command
}
