//! Real programs in place of fakes: everything filled in, ready to be started.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::client::FileContent;
use crate::host::TlsPlan;
use crate::sumdb::Databases;
use modfault_kit::HostName;
use modfault_scenario::component::{Blank, ComponentSpec, KnownComponent, filled};

/// Where the directories of the programs of hosts are; those of the client's are in [`DAEMONS`].
const COMPONENTS: &str = "/run/components";

/// Where the directories of programs on the client are.
const DAEMONS: &str = "/run/daemons";

/// Where the roots of the authorities lie, by name.
const ROOTS: &str = "/usr/local/share/ca-certificates";

/// A program with its files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentPlan {
    /// The name of a known one, or an absolute path.
    pub program: String,
    /// Its own directory, absolute: where it runs, and its home.
    pub directory: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// Its files by absolute path.
    pub files: BTreeMap<String, FileContent>,
    /// Directories outside its own that it may write to, by absolute path.
    pub directories: Vec<String>,
    /// Where it is.
    pub address: Ipv4Addr,
    /// The TCP ports that it opens.
    pub listen: Vec<u16>,
    /// The UDP ports that it opens.
    pub listen_udp: Vec<u16>,
    /// The unix sockets that it opens, by absolute path.
    pub listen_unix: Vec<String>,
    /// Its logs, by their path in its directory.
    pub logs: Vec<String>,
    /// Its certificate, where it has one.
    pub tls: Option<TlsPlan>,
    /// Whether it has an SSH host key.
    pub ssh_host_key: bool,
    /// The names of the SSH keys of which it has the public half.
    pub ssh_keys: Vec<String>,
}

/// The files that a program is given beside its own, in its directory.
impl ComponentPlan {
    /// Its certificate and what signed that.
    pub fn certificate_file(&self) -> String {
        format!("{}/certificate.pem", self.directory)
    }

    /// Its certificate alone.
    pub fn leaf_file(&self) -> String {
        format!("{}/leaf.pem", self.directory)
    }

    /// The key of its certificate; HAProxy looks for it under this name beside the certificate.
    pub fn key_file(&self) -> String {
        format!("{}.key", self.certificate_file())
    }

    /// The same key beside the certificate alone.
    pub fn leaf_key_file(&self) -> String {
        format!("{}.key", self.leaf_file())
    }

    /// Its SSH host key.
    pub fn ssh_host_key_file(&self) -> String {
        format!("{}/ssh_host_key", self.directory)
    }

    /// The public half of the SSH key `name`.
    pub fn ssh_key_file(&self, name: &str) -> String {
        format!("{}/{name}.pub", self.directory)
    }
}

/// What the programs of one phase are told of the world.
pub(crate) struct Places<'a> {
    pub(crate) addresses: &'a BTreeMap<HostName, Ipv4Addr>,
    /// The address of the client's name server.
    pub(crate) resolver: Ipv4Addr,
    pub(crate) databases: &'a Databases<'a>,
}

impl Places<'_> {
    /// The program of the host `name`, whose certificate would be `tls`.
    pub(crate) fn of_host(
        &self,
        name: &HostName,
        address: Ipv4Addr,
        tls: &TlsPlan,
        spec: &ComponentSpec,
    ) -> ComponentPlan {
        self.plan(format!("{COMPONENTS}/{name}"), address, Some(tls), spec)
    }

    /// The program `name` on the client.
    pub(crate) fn of_client(
        &self,
        name: &str,
        address: Ipv4Addr,
        spec: &ComponentSpec,
    ) -> ComponentPlan {
        self.plan(format!("{DAEMONS}/{name}"), address, None, spec)
    }

    fn plan(
        &self,
        directory: String,
        address: Ipv4Addr,
        tls: Option<&TlsPlan>,
        spec: &ComponentSpec,
    ) -> ComponentPlan {
        let program = spec.program.clone().unwrap_or_default();
        let known = KnownComponent::named(&program);
        let listen_unix = spec.listen_unix.clone().unwrap_or_default();
        let mut directories: Vec<String> = known
            .map(|known| known.directories)
            .unwrap_or_default()
            .iter()
            .map(|directory| (*directory).to_owned())
            .collect();
        directories.extend(listen_unix.iter().filter_map(|path| parent(path)));
        directories.sort();
        directories.dedup();
        let mut plan = ComponentPlan {
            program,
            directory,
            arguments: Vec::new(),
            env: BTreeMap::new(),
            files: BTreeMap::new(),
            directories,
            address,
            listen: spec.listen.clone().unwrap_or_default(),
            listen_udp: spec.listen_udp.clone().unwrap_or_default(),
            listen_unix,
            logs: spec.logs.clone().unwrap_or_default(),
            tls: None,
            ssh_host_key: false,
            ssh_keys: Vec::new(),
        };
        let arguments = spec.arguments.clone().unwrap_or_else(|| {
            let usual = known.map(|known| known.arguments).unwrap_or_default();
            usual.iter().map(|one| (*one).to_owned()).collect()
        });
        plan.arguments = arguments
            .iter()
            .map(|text| self.fill(text, &mut plan, tls))
            .collect();
        plan.env = environment(&plan.directory);
        for (name, value) in &spec.env {
            match value {
                Some(value) => {
                    let value = self.fill(value, &mut plan, tls);
                    plan.env.insert(name.clone(), value);
                }
                None => {
                    plan.env.remove(name);
                }
            }
        }
        for (name, content) in &spec.files {
            if let Some(content) = content {
                let text = self.fill(&content.text, &mut plan, tls);
                let path = format!("{}/{name}", plan.directory);
                let mode = content.mode;
                plan.files.insert(path, FileContent { text, mode });
            }
        }
        plan.ssh_keys.sort();
        plan.ssh_keys.dedup();
        plan
    }

    /// Fills in a text; what it speaks of, the plan has from then on.
    fn fill(&self, text: &str, plan: &mut ComponentPlan, tls: Option<&TlsPlan>) -> String {
        let mut text = filled(text, |blank| {
            Some(match blank {
                Blank::Directory => plan.directory.clone(),
                Blank::Address(None) => plan.address.to_string(),
                Blank::Address(Some(host)) => {
                    let host = HostName::parse(host).ok()?;
                    self.addresses.get(&host)?.to_string()
                }
                Blank::Resolver => self.resolver.to_string(),
                Blank::Certificate => {
                    plan.tls = tls.cloned();
                    plan.certificate_file()
                }
                Blank::Leaf => {
                    plan.tls = tls.cloned();
                    plan.leaf_file()
                }
                Blank::Key => {
                    plan.tls = tls.cloned();
                    plan.key_file()
                }
                Blank::Authority(name) => format!("{ROOTS}/{name}-root.crt"),
                Blank::SshHostKey => {
                    plan.ssh_host_key = true;
                    plan.ssh_host_key_file()
                }
                Blank::SshKey(name) => {
                    plan.ssh_keys.push(name.to_owned());
                    plan.ssh_key_file(name)
                }
                Blank::Unknown(_) => return None,
            })
        });
        self.databases.fill(&mut text);
        text
    }
}

/// The variables of a program: what every one expects, and nothing of the client's own settings.
fn environment(directory: &str) -> BTreeMap<String, String> {
    [
        ("GOTOOLCHAIN", "local"),
        ("HOME", directory),
        ("LANG", "C"),
        ("LC_ALL", "C"),
        ("LOGNAME", "dev"),
        (
            "PATH",
            "/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ),
        ("USER", "dev"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// The directory of a socket; `/var/run` is a link to `/run`.
fn parent(path: &str) -> Option<String> {
    let (parent, _) = path.rsplit_once('/')?;
    let parent = parent
        .strip_prefix("/var")
        .filter(|rest| rest.starts_with("/run"))
        .unwrap_or(parent);
    (!parent.is_empty()).then(|| parent.to_owned())
}
