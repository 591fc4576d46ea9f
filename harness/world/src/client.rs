//! The machine that the command runs on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use modfault_scenario::host::Authority;
use modfault_scenario::name_service::StubSpec;

use crate::component::ComponentPlan;

pub use crate::ssh::Ssh;
pub use modfault_scenario::client::FileContent;

/// The client: an ordinary user's machine, `dev` with uid 1000 and the home `/home/dev`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// Where commands run.
    pub directory: String,
    /// Every variable that commands get, defaults included; nothing comes from the real environment.
    pub env: BTreeMap<String, String>,
    /// Files by absolute path, made before the first step; they belong to `dev`.
    pub files: BTreeMap<String, FileContent>,
    /// Authorities in the system's trust store.
    pub trust: Vec<Authority>,
    /// Further lines of `/etc/hosts`.
    pub hosts_file: Vec<String>,
    /// `/etc/resolv.conf`, whole, where it is not the default that names the resolver.
    pub resolv_conf: Option<String>,
    /// `/etc/nsswitch.conf`, whole, where it is not the default `hosts: files dns`.
    pub nsswitch_conf: Option<String>,
    /// The caching resolver that runs on it, at [`STUB_RESOLVER_ADDRESS`](crate::STUB_RESOLVER_ADDRESS).
    pub stub_resolver: Option<StubSpec>,
    /// Small file systems: absolute path → size in bytes.
    pub small_disks: BTreeMap<String, u64>,
    /// Directories that are mounted read-only, by absolute path, after the files were made.
    pub read_only: Vec<String>,
    /// Kernel settings of the client's network namespace: `net.ipv4.tcp_syn_retries` → `6`.
    pub sysctls: BTreeMap<String, String>,
    /// Programs that are not on the client's PATH though the machine has them: `git`.
    pub without: Vec<String>,
    /// Real programs that run on it, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub daemons: BTreeMap<String, ComponentPlan>,
    /// Its side of SSH, where it has one.
    pub ssh: Option<Ssh>,
}
