//! What a machine lacks for a sandbox, and how that is mended.

use std::fmt;
use std::fs;
use std::io;

/// One thing that stands in the way of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What was tried, in words that fit after "failed to": `make a user namespace`.
    pub tried: String,
    /// What forbids it: `user.max_user_namespaces is 0`.
    pub setting: String,
    /// The command or change that lifts it.
    pub remedy: String,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.tried, self.setting, self.remedy)
    }
}

/// Makes a sandbox and ends it again. Nothing stands in the way where nothing comes back.
#[cfg(target_os = "linux")]
pub fn probe() -> Vec<Limit> {
    use crate::{Command, End, Sandbox, SandboxPlan};

    let sandbox = match Sandbox::create(&SandboxPlan::default()) {
        Ok(sandbox) => sandbox,
        Err(error) => {
            let limits = error.limits().to_vec();
            return if limits.is_empty() {
                vec![unexplained(&error)]
            } else {
                limits
            };
        }
    };
    // An error of the conversation is told like one of the command.
    let end = sandbox
        .spawn(&Command::new(["/bin/sh", "-c", ":"]))
        .and_then(|mut process| process.wait())
        .map(|exit| exit.end);
    match end {
        Ok(End::Code(0)) => Vec::new(),
        Ok(End::NotSetUp(errno)) => explain(
            "run a command as a user of its own",
            &io::Error::from_raw_os_error(errno),
        ),
        other => vec![Limit {
            tried: "run /bin/sh in a sandbox".to_owned(),
            setting: format!("it ended with {other:?}"),
            remedy: "see whether /bin/sh and /usr/lib are readable for everybody".to_owned(),
        }],
    }
}

/// Always that it needs Linux.
#[cfg(not(target_os = "linux"))]
pub fn probe() -> Vec<Limit> {
    vec![unexplained(&crate::SandboxError::NeedsLinux)]
}

fn unexplained(error: &crate::SandboxError) -> Limit {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    Limit {
        tried: error.to_string(),
        setting: cause.unwrap_or_else(|| "this machine has no namespaces".to_owned()),
        remedy: "run on Linux 5.12 or newer, outside of a container".to_owned(),
    }
}

/// What the machine says about itself, as far as it matters for sandboxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Machine {
    /// `user.max_user_namespaces`.
    user_namespaces: Option<u64>,
    /// `user.max_net_namespaces`.
    network_namespaces: Option<u64>,
    /// `kernel.unprivileged_userns_clone` of Debian's older kernels.
    unprivileged_clone: Option<u64>,
    /// `kernel.apparmor_restrict_unprivileged_userns` of Ubuntu since 23.10.
    apparmor: Option<u64>,
    /// Whether system calls of ours are filtered (`Seccomp: 2` in proc_pid_status(5)), as in containers.
    filtered: bool,
    /// Whether parts of `/proc` are covered, as in containers.
    covered_proc: bool,
    /// Whether we are root.
    root: bool,
    /// `kernel.osrelease`, the two numbers.
    release: Option<(u32, u32)>,
}

impl Machine {
    fn look() -> Self {
        let setting = |name: &str| {
            let text = fs::read_to_string(format!("/proc/sys/{}", name.replace('.', "/"))).ok()?;
            text.trim().parse().ok()
        };
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            user_namespaces: setting("user.max_user_namespaces"),
            network_namespaces: setting("user.max_net_namespaces"),
            unprivileged_clone: setting("kernel.unprivileged_userns_clone"),
            apparmor: setting("kernel.apparmor_restrict_unprivileged_userns"),
            filtered: status.lines().any(|line| line == "Seccomp:\t2"),
            covered_proc: covers_proc(&mounts),
            root: status
                .lines()
                .find_map(|line| line.strip_prefix("Uid:"))
                .is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0")),
            release: numbers(&release),
        }
    }

    /// The limits that may stand behind `error`, likeliest first.
    fn explain(&self, tried: &str, error: &io::Error) -> Vec<Limit> {
        let mut limits = Vec::new();
        let mut limit = |setting: String, remedy: &str| {
            limits.push(Limit {
                tried: tried.to_owned(),
                setting,
                remedy: remedy.to_owned(),
            });
        };
        let errno = error.raw_os_error().unwrap_or(0);
        let refused = matches!(errno, EPERM | EACCES);
        if let Some((major, minor)) = self.release.filter(|release| *release < (5, 12)) {
            limit(
                format!("the kernel is Linux {major}.{minor}"),
                "run Linux 5.12 or newer",
            );
        }
        if self.user_namespaces == Some(0) {
            limit(
                "user.max_user_namespaces is 0".to_owned(),
                "sudo sysctl -w user.max_user_namespaces=15000",
            );
        } else if errno == ENOSPC && tried.contains("user namespace") {
            limit(
                "user.max_user_namespaces, or 32 levels of them, are used up".to_owned(),
                "sudo sysctl -w user.max_user_namespaces=15000",
            );
        }
        if errno == ENOSPC && tried.contains("network namespace") {
            limit(
                setting_in_words("user.max_net_namespaces", self.network_namespaces),
                "sudo sysctl -w user.max_net_namespaces=15000",
            );
        }
        if self.unprivileged_clone == Some(0) && !self.root {
            limit(
                "kernel.unprivileged_userns_clone is 0".to_owned(),
                "sudo sysctl -w kernel.unprivileged_userns_clone=1",
            );
        }
        if self.apparmor == Some(1) && refused && !self.root {
            limit(
                "kernel.apparmor_restrict_unprivileged_userns is 1".to_owned(),
                "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
            );
        }
        if self.covered_proc && refused && tried.contains("proc") {
            limit(
                "parts of /proc are covered, as a container's are".to_owned(),
                "docker run --security-opt systempaths=unconfined --security-opt seccomp=unconfined ...",
            );
        }
        if self.filtered && (refused || errno == ENOSYS) {
            limit(
                "a seccomp filter forbids system calls, as in a container".to_owned(),
                "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined ...",
            );
        }
        if errno == EOPNOTSUPP && tried.contains("veth") {
            limit("the kernel has no veth".to_owned(), "sudo modprobe veth");
        }
        if matches!(errno, EAFNOSUPPORT | EOPNOTSUPP) && tried.contains("packet socket") {
            limit(
                "the kernel has no packet sockets".to_owned(),
                "sudo modprobe af_packet",
            );
        }
        if errno == ENODEV && tried.contains("overlay") {
            limit(
                "the kernel has no overlay file system".to_owned(),
                "sudo modprobe overlay",
            );
        }
        limits
    }
}

// The numbers of errno(3), the same on every architecture that Rust's standard library knows but MIPS and SPARC.
const EPERM: i32 = 1;
const EACCES: i32 = 13;
const ENODEV: i32 = 19;
const ENOSPC: i32 = 28;
const ENOSYS: i32 = 38;
const EOPNOTSUPP: i32 = 95;
const EAFNOSUPPORT: i32 = 97;

/// The settings that may stand behind a refusal.
pub(crate) fn explain(tried: &str, error: &io::Error) -> Vec<Limit> {
    Machine::look().explain(tried, error)
}

fn setting_in_words(name: &str, value: Option<u64>) -> String {
    match value {
        Some(value) => format!("{name} is {value}, and used up"),
        None => format!("{name} is used up"),
    }
}

/// Whether something is mounted below `/proc` that hides a part of it: mountinfo's fifth field (proc_pid_mountinfo(5)).
fn covers_proc(mounts: &str) -> bool {
    mounts.lines().any(|line| {
        let point = line.split(' ').nth(4).unwrap_or_default();
        // systemd's automount for binary formats lies on an empty directory and hides nothing.
        point.starts_with("/proc/") && point != "/proc/sys/fs/binfmt_misc"
    })
}

fn numbers(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(machine: &Machine, tried: &str, errno: i32) -> Vec<String> {
        let error = io::Error::from_raw_os_error(errno);
        let limits = machine.explain(tried, &error);
        limits.into_iter().map(|limit| limit.remedy).collect()
    }

    #[test]
    fn a_setting_that_forbids_namespaces_is_named_with_its_command() {
        let machine = Machine {
            user_namespaces: Some(0),
            ..Machine::default()
        };
        assert_eq!(
            explained(&machine, "make a user namespace", ENOSPC),
            ["sudo sysctl -w user.max_user_namespaces=15000"]
        );
    }

    #[test]
    fn ubuntus_restriction_is_named_wherever_it_strikes() {
        let machine = Machine {
            apparmor: Some(1),
            ..Machine::default()
        };
        let remedy = ["sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"];
        assert_eq!(explained(&machine, "map the user ids", EPERM), remedy);
        assert_eq!(explained(&machine, "keep mounts private", EACCES), remedy);
        assert_eq!(explained(&machine, "mount tmpfs at /mnt", ENOSPC), [""; 0]);
    }

    #[test]
    fn a_containers_covered_proc_is_told_from_a_desks() {
        let desk = "25 1 0:22 / /proc rw - proc proc rw\n30 25 0:30 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw\n";
        assert!(!covers_proc(desk));
        assert!(covers_proc(
            "25 1 0:22 /acpi /proc/acpi ro - tmpfs tmpfs ro\n"
        ));
        let machine = Machine {
            covered_proc: true,
            ..Machine::default()
        };
        assert_eq!(explained(&machine, "mount proc at /proc", EPERM).len(), 1);
    }

    #[test]
    fn an_old_kernel_is_named() {
        assert_eq!(numbers("6.18.44-generic\n"), Some((6, 18)));
        let machine = Machine {
            release: Some((5, 4)),
            ..Machine::default()
        };
        assert_eq!(
            explained(&machine, "bind /usr/bin", ENOSYS),
            ["run Linux 5.12 or newer"]
        );
    }

    #[test]
    fn nothing_is_explained_on_a_machine_without_limits() {
        let machine = Machine {
            user_namespaces: Some(15_000),
            release: Some((6, 1)),
            ..Machine::default()
        };
        assert_eq!(explained(&machine, "bind /usr/bin", EPERM), [""; 0]);
    }
}
