//! How commands run, end and are ended.

use std::time::{Duration, Instant};

use crate::common::{finish, run, script, stderr, stdout};
use modfault_sandbox::{Command, End, Entry, Output, Sandbox, SandboxPlan, User};

#[test]
fn a_command_tells_its_status_its_signal_and_its_time() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    assert_eq!(run(&sandbox, &script("exit 3")).end, End::Code(3));
    assert_eq!(run(&sandbox, &script("kill -TERM $$")).end, End::Signal(15));
    let mut busy = sandbox
        .spawn(&script("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"))
        .unwrap();
    assert!(busy.wait().unwrap().user_time > Duration::ZERO);
}

#[test]
fn a_command_that_cannot_be_executed_differs_from_one_that_is_not_there() {
    let plan = SandboxPlan {
        entries: vec![Entry::file("/home/dev/plain", "text", 0o644)],
        ..SandboxPlan::default()
    };
    let sandbox = Sandbox::create(&plan).unwrap();
    assert_eq!(
        run(&sandbox, &Command::new(["no-such"]).env("PATH", "/usr/bin")).end,
        End::NotFound
    );
    assert_eq!(
        run(&sandbox, &Command::new(["./plain"])).end,
        End::NotExecutable(libc::EACCES)
    );
    let mut nowhere = Command::new(["/usr/bin/id"]);
    nowhere.directory = "/no/such".to_owned();
    assert_eq!(run(&sandbox, &nowhere).end, End::NoDirectory(libc::ENOENT));
}

#[test]
fn output_can_be_opened_anew_by_name() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let done = run(
        &sandbox,
        &script("echo out > /dev/stdout; echo err > /dev/stderr"),
    );
    assert_eq!((stdout(&done), stderr(&done)), ("out\n", "err\n"));
}

#[test]
fn a_terminal_is_one_with_the_size_that_was_asked_for() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let mut command = script("tty && stty size && echo to-tty > /dev/tty");
    command.output = Output::Terminal {
        columns: 80,
        rows: 24,
    };
    let done = run(&sandbox, &command);
    assert_eq!(done.end, End::Code(0), "{done:?}");
    assert_eq!(stdout(&done), "/dev/pts/0\r\n24 80\r\nto-tty\r\n");
}

#[test]
fn several_commands_run_at_once_and_killing_one_ends_its_session() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let mut background = sandbox
        .spawn(&script("sleep 1000 & sleep 1000 & wait"))
        .unwrap();
    // A shell with job control puts its jobs into process groups of their own; they stay in its session.
    let mut jobs = sandbox.spawn(&script("set -m; sleep 2000 & wait")).unwrap();
    assert_eq!(stdout(&run(&sandbox, &script("echo here"))), "here\n");
    assert_eq!(background.try_wait().unwrap(), None);
    let counted = |count: usize| {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            let done = run(&sandbox, &script("cat /proc/[0-9]*/comm 2>/dev/null"));
            if stdout(&done)
                .lines()
                .filter(|name| *name == "sleep")
                .count()
                == count
            {
                return true;
            }
        }
        false
    };
    assert!(counted(3));
    background.kill().unwrap();
    assert_eq!(background.wait().unwrap().end, End::Signal(9));
    jobs.kill().unwrap();
    assert_eq!(jobs.wait().unwrap().end, End::Signal(9));
    assert!(counted(0));
    jobs.kill().unwrap();
}

#[test]
fn orphans_are_reaped() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    assert_eq!(
        run(&sandbox, &script("(sh -c 'exit 0' &)")).end,
        End::Code(0)
    );
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        let done = run(
            &sandbox,
            &script("cat /proc/[0-9]*/status | grep -c zombie"),
        );
        if stdout(&done) == "0\n" {
            return;
        }
    }
    panic!("a zombie is left");
}

#[test]
fn everything_ends_with_the_sandbox() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let process = sandbox
        .spawn(&script("sleep 1000").user(User::Root))
        .unwrap();
    let pid = sandbox.pid();
    sandbox.destroy();
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    let mut process = process;
    assert!(process.wait().is_err());
    assert!(process.kill().is_err());
    assert_eq!(finish_bytes(process), 0);
}

fn finish_bytes(mut process: modfault_sandbox::Process) -> usize {
    process
        .stdout
        .take()
        .map_or(0, |fd| crate::common::read_all(fd).len())
}

#[test]
fn a_long_command_line_and_a_large_output_pass() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let mut command = script("echo \"$0\" | wc -c; head -c 3000000 /dev/zero");
    command.argv.push("x".repeat(100_000));
    let done = finish(sandbox.spawn(&command).unwrap());
    assert_eq!(
        done.stdout.len(),
        3_000_000 + "100001\n".len(),
        "{:?}",
        stderr(&done)
    );
}
