//! What stands in the way where a command cannot be traced or filtered, and what lifts it.

use std::fs;
use std::io;

use modfault_sandbox::preflight::Limit;

/// What was tried, in words that fit after "failed to".
const TRIED: &str = "trace a command for the virtual clock";

/// What remains where nothing can be lifted.
const WITHOUT: &str = "run with --clock real";

/// The settings that may stand behind a refusal of ptrace(2) or seccomp(2), likeliest first. At least one: where nothing is known of
/// this machine, it says what the kernel said.
pub fn explain(error: &io::Error) -> Vec<Limit> {
    let read = |path: &str| fs::read_to_string(path).ok();
    let [status, scope, profile, trace_denied] = [
        "/proc/self/status",
        "/proc/sys/kernel/yama/ptrace_scope",
        "/proc/self/attr/current",
        "/sys/fs/selinux/booleans/deny_ptrace",
    ]
    .map(read);
    let machine = Machine {
        status: status.as_deref().unwrap_or_default(),
        scope: scope.as_deref(),
        profile: profile.as_deref(),
        trace_denied: trace_denied.as_deref(),
        filters: fs::exists("/proc/sys/kernel/seccomp").unwrap_or(false),
    };
    machine.explain(error)
}

/// What the machine says about itself: the texts of its files, where they are.
#[derive(Clone, Copy, Debug, Default)]
struct Machine<'a> {
    /// `/proc/self/status` (proc_pid_status(5)).
    status: &'a str,
    /// `/proc/sys/kernel/yama/ptrace_scope` (ptrace(2)): 0 to 3.
    scope: Option<&'a str>,
    /// `/proc/self/attr/current`: the AppArmor profile with its mode in brackets, or `unconfined`.
    profile: Option<&'a str>,
    /// `/sys/fs/selinux/booleans/deny_ptrace`: the value now, and the one that waits.
    trace_denied: Option<&'a str>,
    /// Whether there is `/proc/sys/kernel/seccomp`, as wherever the kernel has filters (seccomp(2)).
    filters: bool,
}

impl Machine<'_> {
    fn explain(&self, error: &io::Error) -> Vec<Limit> {
        let mut limits = Vec::new();
        let mut limit = |setting: String, remedy: String| {
            limits.push(Limit {
                tried: TRIED.to_owned(),
                setting,
                remedy,
            });
        };
        let errno = error.raw_os_error().unwrap_or(0);
        let refused = matches!(errno, libc::EPERM | libc::EACCES);
        if refused && let Some(tracer) = self.tracer() {
            limit(
                format!("process {tracer} traces modfault, and a process has one tracer"),
                "run modfault without strace or gdb, or let them not follow its children"
                    .to_owned(),
            );
        }
        match self.scope.map(str::trim) {
            Some("2") if refused => limit(
                "kernel.yama.ptrace_scope is 2: only privileged processes trace".to_owned(),
                "sudo sysctl -w kernel.yama.ptrace_scope=1".to_owned(),
            ),
            // The kernel takes no other value any more until it starts anew.
            Some("3") if refused => limit(
                "kernel.yama.ptrace_scope is 3: nobody traces, until the machine is started anew"
                    .to_owned(),
                "set kernel.yama.ptrace_scope to 1 in /etc/sysctl.d and restart the machine"
                    .to_owned(),
            ),
            _ => {}
        }
        if refused && self.trace_denied.is_some_and(|now| now.starts_with('1')) {
            limit(
                "SELinux's deny_ptrace is on".to_owned(),
                "sudo setsebool deny_ptrace off".to_owned(),
            );
        }
        // Container tools answer forbidden calls with EPERM, unknown ones with ENOSYS.
        if (refused || errno == libc::ENOSYS) && self.field("Seccomp") == Some("2") {
            limit(
                "a seccomp filter forbids system calls, as in a container".to_owned(),
                "docker run --cap-add SYS_PTRACE ..., or --security-opt seccomp=unconfined"
                    .to_owned(),
            );
        }
        if refused && let Some(profile) = self.enforced() {
            limit(
                format!("the AppArmor profile `{profile}` is in force"),
                format!(
                    "docker run --security-opt apparmor=unconfined ..., or sudo aa-complain {profile}"
                ),
            );
        }
        if matches!(errno, libc::EINVAL | libc::ENOSYS) && !self.filters {
            limit(
                "the kernel has no seccomp filters".to_owned(),
                format!("run a kernel with CONFIG_SECCOMP_FILTER=y, or {WITHOUT}"),
            );
        }
        if limits.is_empty() {
            limits.push(Limit {
                tried: TRIED.to_owned(),
                setting: error.to_string(),
                remedy: WITHOUT.to_owned(),
            });
        }
        limits
    }

    /// The process that traces us.
    fn tracer(&self) -> Option<&str> {
        self.field("TracerPid").filter(|pid| *pid != "0")
    }

    /// The AppArmor profile that refuses and does not only complain.
    fn enforced(&self) -> Option<&str> {
        self.profile?.trim_end().strip_suffix(" (enforce)")
    }

    /// A value of the status file.
    fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.status.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = fields.find(|(field, _)| *field == name)?;
        Some(value.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESK: Machine<'_> = Machine {
        status: "Name:\tmodfault\nTracerPid:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n",
        scope: Some("1\n"),
        profile: Some("unconfined\n"),
        trace_denied: None,
        filters: true,
    };

    fn told(machine: &Machine<'_>, errno: i32) -> Vec<String> {
        let limits = machine.explain(&io::Error::from_raw_os_error(errno));
        limits
            .into_iter()
            .map(|limit| format!("{}; {}", limit.setting, limit.remedy))
            .collect()
    }

    /// One limit, with these words in it.
    fn assert_told(machine: &Machine<'_>, errno: i32, words: &[&str]) {
        let told = told(machine, errno);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(words.iter().all(|word| told[0].contains(word)), "{told:?}");
    }

    #[test]
    fn yamas_second_scope_is_lifted_by_a_setting_and_its_third_by_a_restart() {
        let scope = |scope| Machine {
            scope: Some(scope),
            ..DESK
        };
        let setting = "sudo sysctl -w kernel.yama.ptrace_scope=1";
        assert_told(&scope("2\n"), libc::EPERM, &["is 2", setting]);
        assert_told(&scope("3\n"), libc::EPERM, &["is 3", "restart the machine"]);
        for harmless in ["0\n", "1\n"] {
            assert_told(&scope(harmless), libc::EPERM, &[WITHOUT]);
        }
    }

    #[test]
    fn a_tracer_of_our_own_is_named() {
        let traced = Machine {
            status: "TracerPid:\t4711\nSeccomp:\t0\n",
            ..DESK
        };
        assert_told(&traced, libc::EPERM, &["process 4711", "without strace"]);
    }

    #[test]
    fn a_containers_filter_is_told_by_what_it_answers() {
        let contained = Machine {
            status: "TracerPid:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\n",
            ..DESK
        };
        for errno in [libc::EPERM, libc::EACCES, libc::ENOSYS] {
            assert_told(
                &contained,
                errno,
                &["--cap-add SYS_PTRACE", "seccomp=unconfined"],
            );
        }
        assert_told(&contained, libc::ESRCH, &[WITHOUT]);
    }

    #[test]
    fn a_profile_that_only_complains_is_not_in_the_way() {
        let profile = |profile| Machine {
            profile: Some(profile),
            ..DESK
        };
        let enforced = profile("docker-default (enforce)\n");
        assert_told(
            &enforced,
            libc::EACCES,
            &["`docker-default`", "apparmor=unconfined"],
        );
        assert_told(
            &profile("docker-default (complain)\n"),
            libc::EACCES,
            &[WITHOUT],
        );
    }

    #[test]
    fn selinux_denies_by_a_boolean() {
        let denied = |now| Machine {
            trace_denied: Some(now),
            ..DESK
        };
        assert_told(&denied("1 1"), libc::EACCES, &["setsebool deny_ptrace off"]);
        assert_told(&denied("0 1"), libc::EACCES, &[WITHOUT]);
    }

    #[test]
    fn a_kernel_without_filters_is_named() {
        let without = Machine {
            filters: false,
            ..DESK
        };
        for errno in [libc::EINVAL, libc::ENOSYS] {
            assert_told(&without, errno, &["CONFIG_SECCOMP_FILTER"]);
        }
        assert_told(&DESK, libc::EINVAL, &["Invalid argument", WITHOUT]);
    }

    #[test]
    fn everything_that_may_stand_in_the_way_is_told() {
        let much = Machine {
            status: "TracerPid:\t7\nSeccomp:\t2\n",
            scope: Some("2"),
            profile: Some("docker-default (enforce)"),
            ..DESK
        };
        assert_eq!(told(&much, libc::EPERM).len(), 4);
    }

    #[test]
    fn a_refusal_that_nothing_explains_is_told_in_the_kernels_own_words() {
        assert_told(
            &Machine::default(),
            libc::EPERM,
            &["Operation not permitted", WITHOUT],
        );
        assert_told(&Machine::default(), libc::ESRCH, &["No such process"]);
        assert!(!explain(&io::Error::other("broken")).is_empty());
    }
}
