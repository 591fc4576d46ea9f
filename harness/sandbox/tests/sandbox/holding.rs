//! Commands that are held before they execute, and what is known of them from outside.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::common::{finish, run, script, stderr, stdout, wait_readable};
use modfault_sandbox::{Command, End, Output, Sandbox, SandboxPlan, Signal, User};

const USERS: [User; 2] = [User::Client, User::Root];

/// A filter (seccomp(2)) that answers the system call `number` with `errno` and lets all others pass.
fn refuse(number: libc::c_long, errno: i32) -> Vec<[u8; 8]> {
    let load = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    let jump = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    let answer = (libc::BPF_RET | libc::BPF_K) as u16;
    [
        (load, 0, 0, 0),
        (jump, 0, 1, number as u32),
        (answer, 0, 0, libc::SECCOMP_RET_ERRNO | errno as u32),
        (answer, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
    .map(|(code, then, otherwise, value)| {
        let mut bytes = [0; 8];
        bytes[..2].copy_from_slice(&u16::to_ne_bytes(code));
        bytes[2] = then;
        bytes[3] = otherwise;
        bytes[4..].copy_from_slice(&u32::to_ne_bytes(value));
        bytes
    })
    .to_vec()
}

/// Looks until it is so.
fn until(what: &str, so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::yield_now();
    }
}

/// Whether it sleeps in a read(2), which an init that serves never does, nor a shell before its exec.
fn waits_to_be_released(pid: i32) -> bool {
    let call = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    call.split(' ').next() == Some(&libc::SYS_read.to_string())
}

/// How many filters are in force for a process.
fn filters(process: &str) -> u32 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Seccomp_filters:"));
    line.unwrap().trim().parse().unwrap()
}

#[test]
fn a_held_command_does_nothing_until_it_is_released() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    for user in USERS {
        let command = script("echo ran > /tmp/ran; echo done").user(user).held([]);
        let mut process = sandbox.spawn(&command).unwrap();
        let pid = process.outside_pid().unwrap();
        until("held", || waits_to_be_released(pid));
        assert_eq!(stdout(&run(&sandbox, &script("ls /tmp"))), "");
        assert_eq!(process.try_wait().unwrap(), None);
        process.release().unwrap();
        process.release().unwrap();
        let done = finish(process);
        assert_eq!((done.end, stdout(&done)), (End::Code(0), "done\n"));
        assert_eq!(sandbox.files().read("/tmp/ran").unwrap(), b"ran\n");
        sandbox.files().remove_all("/tmp/ran").unwrap();
    }
}

#[test]
fn a_command_with_a_terminal_is_held_too() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let mut command = script("tty; uname").held(refuse(libc::SYS_uname, libc::EPERM));
    command.output = Output::Terminal {
        columns: 80,
        rows: 24,
    };
    let mut process = sandbox.spawn(&command).unwrap();
    process.release().unwrap();
    let done = finish(process);
    assert_eq!(done.end, End::Code(1));
    assert!(stdout(&done).starts_with("/dev/pts/0\r\n"), "{done:?}");
}

#[test]
fn a_filter_bites_after_the_release_and_not_before() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let ours = filters("self");
    for user in USERS {
        assert_eq!(run(&sandbox, &script("uname").user(user)).end, End::Code(0));
        let command = script("uname; echo asked; sleep 1000")
            .user(user)
            .held(refuse(libc::SYS_uname, libc::EPERM));
        let mut process = sandbox.spawn(&command).unwrap();
        let pid = process.outside_pid().unwrap();
        until("held", || waits_to_be_released(pid));
        assert_eq!(filters(&pid.to_string()), ours);
        process.release().unwrap();
        let mut asked = [0; 6];
        let mut output = File::from(process.stdout.take().unwrap());
        wait_readable(&output);
        output.read_exact(&mut asked).unwrap();
        assert_eq!(&asked, b"asked\n");
        assert_eq!(filters(&pid.to_string()), ours + 1);
        process.kill().unwrap();
        let done = finish(process);
        assert!(stderr(&done).starts_with("uname: "), "{done:?}");
    }
}

#[test]
fn setting_up_is_not_subject_to_the_filter() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    for call in [libc::SYS_unshare, libc::SYS_setresuid, libc::SYS_capset] {
        let command = script("echo here").held(refuse(call, libc::EPERM));
        let mut process = sandbox.spawn(&command).unwrap();
        process.release().unwrap();
        assert_eq!(stdout(&finish(process)), "here\n");
    }
}

#[test]
fn a_filter_that_the_kernel_refuses_is_told_with_its_errno() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let allow = refuse(0, 0)[3];
    for wrong in [vec![[0xff; 8]], vec![allow; 5_000], vec![allow; 70_000]] {
        let mut process = sandbox.spawn(&script("echo ran").held(wrong)).unwrap();
        process.release().unwrap();
        let done = finish(process);
        assert_eq!((done.end, stdout(&done)), (End::NotSetUp(libc::EINVAL), ""));
    }
}

#[test]
fn what_is_wrong_before_the_hold_is_told_without_a_release() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let mut command = script("true").held([]);
    command.directory = "/no/such".to_owned();
    let mut process = sandbox.spawn(&command).unwrap();
    assert_eq!(process.wait().unwrap().end, End::NoDirectory(libc::ENOENT));
    process.release().unwrap();
}

#[test]
fn a_held_command_keeps_no_pipe_and_reads_no_clock() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    // Were the call made between release and exec, the command would be killed with SIGSYS.
    let mut filter = refuse(libc::SYS_clock_gettime, 0);
    filter[2][4..].copy_from_slice(&libc::SECCOMP_RET_KILL_PROCESS.to_ne_bytes());
    let command = Command::new(["/bin/sh", "-c", "echo /proc/self/fd/*"]).held(filter);
    let mut process = sandbox.spawn(&command).unwrap();
    process.release().unwrap();
    let done = finish(process);
    // The fourth is the directory that the shell reads.
    let expected = "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3\n";
    assert_eq!((done.end, stdout(&done)), (End::Code(0), expected));
}

#[test]
fn a_held_command_that_is_never_released_dies_with_the_sandbox() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let process = sandbox.spawn(&script("true").held([])).unwrap();
    let pid = process.outside_pid().unwrap();
    until("held", || waits_to_be_released(pid));
    sandbox.destroy();
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    let gone = process.outside_pid().unwrap_err();
    assert_eq!(gone.raw_os_error(), Some(libc::ESRCH));
}

#[test]
fn a_held_command_that_nobody_can_release_ends_without_having_run() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let command = script("echo ran > /tmp/ran").held([]);
    let process = sandbox.spawn(&command).unwrap();
    let pid = process.outside_pid().unwrap();
    drop(process);
    until("ended", || !Path::new(&format!("/proc/{pid}")).exists());
    assert!(!sandbox.files().exists("/tmp/ran"));
}

#[test]
fn the_number_outside_is_that_of_the_process_inside() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    for user in USERS {
        let mut process = sandbox
            .spawn(&script("exec sleep 1000").user(user).held([]))
            .unwrap();
        let outside = process.outside_pid().unwrap();
        let read = |name: &str| fs::read_to_string(format!("/proc/{outside}/{name}")).unwrap();
        let status = read("status");
        let numbers = status
            .lines()
            .find_map(|line| line.strip_prefix("NSpid:"))
            .unwrap();
        let numbers: Vec<i32> = numbers
            .split_whitespace()
            .map(|number| number.parse().unwrap())
            .collect();
        assert_eq!(numbers.first(), Some(&outside));
        assert_eq!(numbers.last(), Some(&process.pid()));
        process.release().unwrap();
        until("executed", || read("comm") == "sleep\n");
        process.kill().unwrap();
        assert_eq!(process.wait().unwrap().end, End::Signal(libc::SIGKILL));
    }
}

#[test]
fn a_quit_reaches_everybody_in_the_session() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    // With job control, which needs a terminal, the inner shell has a process group of its own; its sleep, in the background of a
    // shell without it, ignores the signal.
    let inner = "trap 'echo inner' QUIT; sleep 1000 & echo ready; wait; wait";
    let outer = format!("trap 'echo outer' QUIT; set -m; sh -c \"{inner}\" & wait; wait; wait");
    let mut command = script(&outer);
    command.output = Output::Terminal {
        columns: 80,
        rows: 24,
    };
    let mut process = sandbox.spawn(&command).unwrap();
    let mut output = File::from(process.stdout.take().unwrap());
    let mut heard = Vec::new();
    let mut hear = |word: &str| {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !String::from_utf8_lossy(&heard).contains(word) {
            assert!(Instant::now() < deadline, "never heard: {word}");
            // It does not block; that there is nothing yet is no matter.
            let _nothing_yet = output.read_to_end(&mut heard);
            std::thread::yield_now();
        }
    };
    hear("ready\r\n");
    process.signal(Signal::Quit).unwrap();
    hear("inner\r\n");
    hear("outer\r\n");
    process.kill().unwrap();
    assert_eq!(process.wait().unwrap().end, End::Signal(libc::SIGKILL));
    process.signal(Signal::Quit).unwrap();
}
