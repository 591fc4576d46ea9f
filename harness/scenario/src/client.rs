//! The client of a scenario, as the scenario declares it, and what is done on it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::claim::Prediction;
use crate::component::ComponentSpec;
use crate::expect::Expectation;
use crate::host::{Authority, Login, merge, replace};
use crate::name_service::StubSpec;
use crate::ssh::SshSpec;
use crate::time::WallTime;
use modfault_kit::{FaultId, HostName};

/// The client. As a patch it holds what is different.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ClientSpec {
    /// In a patch: another command line in the place of the last one.
    pub run: Option<String>,
    /// In a patch: other steps in the place of all.
    pub steps: Option<Vec<ScenarioStep>>,
    /// Variables beside the default ones; `None` takes one away.
    pub env: BTreeMap<String, Option<String>>,
    /// Files by absolute path; `None` for one that does not exist.
    pub files: BTreeMap<String, Option<FileContent>>,
    /// Modules with version that the project requires.
    pub requires: Option<Vec<Requirement>>,
    /// The `go` line of the project's go.mod.
    pub go_directive: Option<String>,
    /// Authorities in the system's trust store beside the public one.
    pub trust: Option<Vec<Authority>>,
    /// Further lines of `/etc/hosts`.
    pub hosts_file: Option<Vec<String>>,
    /// `/etc/resolv.conf`, whole.
    pub resolv_conf: Option<String>,
    /// `/etc/nsswitch.conf`, whole.
    pub nsswitch_conf: Option<String>,
    /// The caching resolver that runs on it.
    pub stub_resolver: Option<StubSpec>,
    /// Real programs that run on it, by name.
    pub daemons: BTreeMap<String, ComponentSpec>,
    /// What its clock shows when the world begins, where that is not what the scenario's shows.
    pub clock: Option<WallTime>,
    /// Small file systems: absolute path to size in bytes.
    pub small_disks: BTreeMap<String, u64>,
    /// Directories that are mounted read-only, by absolute path.
    pub read_only: Option<Vec<String>>,
    /// Kernel settings of the client's network.
    pub sysctls: BTreeMap<String, String>,
    /// Programs that the client lacks.
    pub without: Option<Vec<String>>,
    /// Entries of `~/.netrc`, by machine.
    pub netrc: BTreeMap<String, Login>,
    /// Its side of SSH, where it has one.
    pub ssh: Option<SshSpec>,
}

/// A module at a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// The module path.
    pub module: String,
    /// The version.
    pub version: String,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileContent {
    /// The bytes, as text.
    pub text: String,
    /// Permission bits: `0o644`.
    pub mode: u32,
}

impl ClientSpec {
    /// This client with what `patch` says different: whole values replace, maps are merged by key.
    pub fn patched(&self, patch: &Self) -> Self {
        let mut client = self.clone();
        replace(&mut client.run, &patch.run);
        replace(&mut client.steps, &patch.steps);
        merge(&mut client.env, &patch.env);
        merge(&mut client.files, &patch.files);
        replace(&mut client.requires, &patch.requires);
        replace(&mut client.go_directive, &patch.go_directive);
        replace(&mut client.trust, &patch.trust);
        replace(&mut client.hosts_file, &patch.hosts_file);
        replace(&mut client.resolv_conf, &patch.resolv_conf);
        replace(&mut client.nsswitch_conf, &patch.nsswitch_conf);
        if let Some(patch) = &patch.stub_resolver {
            client.stub_resolver = Some(client.stub_resolver.unwrap_or_default().patched(patch));
        }
        for (name, patch) in &patch.daemons {
            let daemon = client.daemons.entry(name.clone()).or_default();
            daemon.patch(patch);
        }
        replace(&mut client.clock, &patch.clock);
        merge(&mut client.small_disks, &patch.small_disks);
        replace(&mut client.read_only, &patch.read_only);
        merge(&mut client.sysctls, &patch.sysctls);
        replace(&mut client.without, &patch.without);
        merge(&mut client.netrc, &patch.netrc);
        if let Some(patch) = &patch.ssh {
            client.ssh.get_or_insert_default().patch(patch);
        }
        client
    }
}

/// One step of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioStep {
    /// What is done.
    pub action: Action,
    /// What is stated of a command while the fault is there; `None` where the file says nothing of it.
    pub expect: Option<Expectation>,
    /// What is stated of a command while nothing is wrong.
    pub control: Option<Expectation>,
    /// The fault that this step is, where it is one; it is then left out of the control.
    pub fault: Option<FaultId>,
    /// What claims foretell of it.
    pub predictions: Vec<Prediction>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Action {
    /// A command line runs on the client.
    Run {
        /// The command line.
        command: String,
        /// Further variables for it alone.
        env: BTreeMap<String, String>,
    },
    /// Several command lines run on the client at the same time.
    Together {
        /// The command lines.
        commands: Vec<String>,
        /// Further variables for each of them.
        env: BTreeMap<String, String>,
    },
    /// A file of the client is written.
    Write {
        /// Absolute path.
        path: String,
        /// What it then holds.
        text: String,
    },
    /// Bytes of a file of the client are overwritten.
    Corrupt {
        /// Absolute path.
        path: String,
        /// Where; negative offsets count from the end.
        offset: i64,
        /// With this.
        bytes: Vec<u8>,
    },
    /// A file of the client is cut to this length.
    Truncate {
        /// Absolute path.
        path: String,
        /// Bytes that stay.
        length: u64,
    },
    /// A file or directory of the client is removed.
    Remove {
        /// Absolute path.
        path: String,
    },
    /// Permission bits of a file or directory of the client change.
    Chmod {
        /// Absolute path.
        path: String,
        /// The new bits.
        mode: u32,
    },
    /// A tag of a repository moves.
    Retag {
        /// The host.
        host: HostName,
        /// The repository's path at the host.
        repository: String,
        /// The tag.
        tag: String,
        /// The branch or tag whose commit it gets.
        to: String,
    },
    /// The cache of the client's own resolver is emptied.
    FlushStubResolver,
}

impl ScenarioStep {
    /// Whether it runs a command, or several.
    pub fn is_run(&self) -> bool {
        matches!(self.action, Action::Run { .. } | Action::Together { .. })
    }
}

/// The client's fixed places.
pub mod places {
    /// The user's home.
    pub const HOME: &str = "/home/dev";
    /// The project, where commands run.
    pub const PROJECT: &str = "/home/dev/app";
    /// GOPATH.
    pub const GOPATH: &str = "/home/dev/go";
    /// GOMODCACHE.
    pub const MODULE_CACHE: &str = "/home/dev/go/pkg/mod";
    /// GOCACHE.
    pub const BUILD_CACHE: &str = "/home/dev/.cache/go-build";
    /// GOENV.
    pub const GO_ENV: &str = "/home/dev/.config/go/env";
    /// The toolchain.
    pub const GOROOT: &str = "/usr/local/go";
}

/// `text` as an absolute path on the client: relative to the project, `~/x` below the home, `modcache:x` in the module cache.
///
/// The error says in words what is wrong with it.
pub(crate) fn client_path(text: &str) -> Result<String, &'static str> {
    let path = if let Some(rest) = text.strip_prefix("modcache:") {
        format!("{}/{rest}", places::MODULE_CACHE)
    } else if let Some(rest) = text.strip_prefix("~/") {
        format!("{}/{rest}", places::HOME)
    } else if text.starts_with('/') {
        text.to_owned()
    } else {
        format!("{}/{text}", places::PROJECT)
    };
    if text.is_empty() || path.ends_with('/') {
        return Err("it names no file");
    }
    if text.starts_with('~') && !text.starts_with("~/") {
        return Err("only `~/` stands for a home, that of `dev`");
    }
    if text.contains('\0') {
        return Err("a path has no NUL");
    }
    if path[1..]
        .split('/')
        .any(|part| matches!(part, "" | "." | ".."))
    {
        return Err("it has an empty element, `.` or `..`");
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_three_short_forms() {
        assert_eq!(client_path("go.sum").unwrap(), "/home/dev/app/go.sum");
        assert_eq!(client_path("~/.netrc").unwrap(), "/home/dev/.netrc");
        assert_eq!(
            client_path("modcache:cache/lock").unwrap(),
            "/home/dev/go/pkg/mod/cache/lock"
        );
        assert_eq!(client_path("/etc/hosts").unwrap(), "/etc/hosts");
        for bad in ["", "~root/x", "a/../b", "/", "a//b", "~/", "x/"] {
            assert!(client_path(bad).is_err(), "{bad}");
        }
    }
}
