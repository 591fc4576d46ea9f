//! A scenario file as it is written. What the keys mean stands in `scenarios/README.md`; the doc comments here are what
//! editors show, by way of the JSON Schema that is made from these types.

mod claim;
mod client;
mod component;
mod expect;
mod fault;
mod host;
mod located;
mod name_service;
mod probe;
mod ssh;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::kind::{Kind, Layer};
use modfault_kit::quantity::DurationText;

pub(crate) use claim::ClaimFile;
pub(crate) use client::{ClientFile, EnvValue, False, FileValue, RetagFile, StepFile};
pub(crate) use component::ComponentFile;
pub(crate) use expect::ExpectFile;
pub(crate) use fault::{FaultFile, HeaderFile, Lift, OneOrMany, RemedyFile};
pub(crate) use host::{HostFile, ImportFile, PageFile, SumdbFile};
pub(crate) use located::Located;
pub(crate) use name_service::{FlushFile, ResolverFile, StubFile};
pub(crate) use probe::ProbeFile;
pub(crate) use ssh::{NameOrNone, SshFile};

/// A modfault scenario: a small internet, a command, one thing wrong, and what is expected of it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(title = "modfault scenario")]
pub(crate) struct ScenarioFile {
    /// One sentence: what is wrong.
    pub(crate) description: Option<Located<String>>,
    /// Where this is documented: `S1-3.2` is document S1, section 3.2; or `RFC 9110 15.4`, or `go help goproxy`.
    pub(crate) sources: Vec<Located<String>>,
    /// What it shows beside the failure that it is named after: `cmd/go mod_proxy_list`, `system dnsmasq`.
    pub(crate) covers: Vec<Located<String>>,
    /// What the scenario shows.
    pub(crate) kind: Option<Located<Kind>>,
    /// The layer, for a file that does not lie in a folder named after one.
    pub(crate) layer: Option<Located<Layer>>,
    /// Programs that the machine must have.
    pub(crate) needs: Vec<Located<String>>,
    /// The Go versions that it is about: `>=1.24`; every one unless stated.
    pub(crate) go: Option<Located<String>>,
    /// Which clock it runs under; the virtual one unless this says otherwise.
    pub(crate) clock: ClockFile,
    /// A longer text for readers: what really happens, and where a document is wrong.
    pub(crate) told: Option<String>,
    /// The root of every random choice.
    pub(crate) seed: Option<u64>,
    /// Files of the client that are kept with the observation.
    pub(crate) observe: Vec<Located<String>>,
    /// How long a command may take before it is killed; 60 s unless stated.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "Option<DurationText>")]
    pub(crate) timeout: Option<std::time::Duration>,
    /// The machine that the command runs on.
    pub(crate) client: ClientFile,
    /// The machines of the small internet, by name.
    pub(crate) hosts: BTreeMap<Located<String>, HostFile>,
    /// Names that the resolver knows beside those of the hosts, with their addresses.
    pub(crate) names: BTreeMap<Located<String>, Vec<IpAddr>>,
    /// Addresses without a machine that may be tried all the same: those of the host `nowhere`.
    pub(crate) nowhere: Vec<Located<Ipv4Addr>>,
    /// Module sources: module path, version, file path, text.
    pub(crate) modules: BTreeMap<Located<String>, VersionFiles>,
    /// What is wrong.
    pub(crate) fault: Vec<Located<FaultFile>>,
    /// What is expected of the last command while the fault is there.
    pub(crate) expect: ExpectFile,
    /// What is expected of the last command while nothing is wrong; exit 0 unless stated.
    pub(crate) control: ExpectFile,
    /// Remedies that work.
    pub(crate) fix: Vec<Located<RemedyFile>>,
    /// Folk remedies that do not work.
    pub(crate) nonfix: Vec<Located<RemedyFile>>,
    /// Commands with which people look for what is wrong, and what each reveals.
    pub(crate) probe: Vec<Located<ProbeFile>>,
    /// With the kind `claims`: what documents state, by the name of the claim.
    pub(crate) claims: BTreeMap<Located<String>, ClaimFile>,
}

/// The versions of a module, with the text of each file by its path.
type VersionFiles = BTreeMap<Located<String>, BTreeMap<String, String>>;

/// Which clock a scenario runs under.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ClockFile {
    /// The machine's own, for this reason.
    pub(crate) real: Option<Located<String>>,
    /// What the client's clock shows when the world begins, in UTC; 2026-01-01T00:00:00Z unless stated.
    pub(crate) start: Option<Located<String>>,
}
