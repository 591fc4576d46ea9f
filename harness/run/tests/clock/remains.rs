//! However a run is ended, nothing of it is left.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio_util::sync::CancellationToken;

use modfault_run::RunError;
use modfault_scenario::Phase;

use crate::setting::Setting;

/// By this variable the test knows that it is the process which is to be killed.
const TO_BE_KILLED: &str = "MODFAULT_TO_BE_KILLED";

/// A host that is a real program; and one process that sleeps, one that is stopped, and one that works, so that time stands still; the number is by what they are found.
fn scenario(mark: &str) -> String {
    format!(
        r#"
description = "Somebody sleeps, somebody is stopped, and somebody works."

[client]
run = "sleep {mark} & sh -c 'kill -STOP $$' {mark} & exec sh -c 'while :; do :; done' {mark}"

[hosts."web.corp.example"]
pages."/" = "hello"

[hosts."nginx.corp.example".component]
program = "nginx"
listen = [80]
files."nginx.conf" = "events {{}} http {{ server {{ listen {{address}}:80; }} }}"

[[fault]]
on = "web.corp.example"
net = "drop"

[expect]
exit = 1

[[fix]]
title = "Nothing"
lift = true
"#
    )
}

#[test]
fn killing_us_in_the_middle_of_a_run_leaves_no_process() {
    const MARK: &str = "98765.1";
    if std::env::var_os(TO_BE_KILLED).is_some() {
        let setting = Setting::find();
        let world = setting.world(&scenario(MARK), Phase::Fault);
        let ended = setting.run_until(&world, CancellationToken::new());
        unreachable!("it works for ever: {ended:?}");
    }
    let run = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "remains::killing_us_in_the_middle_of_a_run_leaves_no_process",
        ])
        .env(TO_BE_KILLED, "1")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut run = Killed(run);
    commands_of(MARK);
    let all = descendants(run.0.id());
    // Its init, the commands, and the program that a host is.
    assert!(all.len() >= 5, "{all:?}");
    assert!(
        all.iter()
            .any(|pid| field(*pid, "Name:").as_deref() == Some("nginx"))
    );
    let all: Vec<_> = all.into_iter().filter_map(watched).collect();
    run.kill();
    for process in &all {
        assert!(has_ended(process, SOON));
    }
}

#[test]
fn a_run_that_is_cancelled_leaves_no_process() {
    const MARK: &str = "98765.2";
    let setting = Setting::find();
    let world = setting.world(&scenario(MARK), Phase::Fault);
    let cancel = CancellationToken::new();
    let run = {
        let cancel = cancel.clone();
        || setting.run_until(&world, cancel)
    };
    let (ended, all) = thread::scope(|scope| {
        let cancel = cancel.drop_guard();
        let run = thread::Builder::new().spawn_scoped(scope, run).unwrap();
        let commands = commands_of(MARK);
        let parents = commands.iter().filter_map(|pid| parent(*pid));
        // The sandbox's init is the parent of the first of them.
        let all: BTreeSet<u32> = commands.iter().copied().chain(parents).collect();
        assert_eq!(all.len(), commands.len() + 1, "{all:?}");
        let all: Vec<_> = all.into_iter().filter_map(watched).collect();
        drop(cancel);
        (run.join().unwrap(), all)
    });
    assert!(matches!(ended, Err(RunError::Interrupted)), "{ended:?}");
    for process in &all {
        assert!(has_ended(process, Duration::ZERO));
    }
}

/// A process that is killed, however the test ends.
struct Killed(Child);

impl Killed {
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// How long a sandbox takes to end at most, on a machine that is busy with other things.
const SOON: Duration = Duration::from_secs(20);

/// The three commands of the scenario with `mark`, once all are there, and one of them is stopped.
fn commands_of(mark: &str) -> Vec<u32> {
    let began = Instant::now();
    loop {
        let found: Vec<u32> = processes()
            .filter(|pid| {
                let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                line.split(|byte| *byte == 0)
                    .any(|word| word == mark.as_bytes())
            })
            .collect();
        let stopped = found
            .iter()
            .any(|pid| field(*pid, "State:").is_some_and(|state| state.contains("tracing stop")));
        if found.len() == 3 && stopped {
            for pid in &found {
                assert_ne!(field(*pid, "TracerPid:").as_deref(), Some("0"));
            }
            return found;
        }
        assert!(began.elapsed() < SOON, "{found:?}");
        // Nobody tells when another process starts.
        thread::sleep(Duration::from_millis(5));
    }
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The children of a process, their children, and so on.
fn descendants(pid: u32) -> Vec<u32> {
    let parents: Vec<_> = processes()
        .map(|process| (process, parent(process)))
        .collect();
    let mut all = vec![pid];
    let mut known = 0;
    while known < all.len() {
        let parent = Some(all[known]);
        let children = parents
            .iter()
            .filter(|(_, of)| *of == parent)
            .map(|(child, _)| *child);
        all.extend(children.collect::<Vec<_>>());
        known += 1;
    }
    all.split_off(1)
}

fn parent(pid: u32) -> Option<u32> {
    field(pid, "PPid:")?.parse().ok()
}

/// A field of proc_pid_status(5).
fn field(pid: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().to_owned())
}

/// A descriptor that becomes readable when the process has ended (pidfd_open(2)); `None` where it has already.
fn watched(pid: u32) -> Option<OwnedFd> {
    pidfd_open(Pid::from_raw(pid as i32)?, PidfdFlags::empty()).ok()
}

fn has_ended(process: &OwnedFd, within: Duration) -> bool {
    let limit = Timespec {
        tv_sec: within.as_secs() as i64,
        tv_nsec: within.subsec_nanos().into(),
    };
    let mut process = [PollFd::new(process, PollFlags::IN)];
    poll(&mut process, Some(&limit)).unwrap() == 1
}
