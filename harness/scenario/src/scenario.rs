//! A scenario, checked: nothing downstream asks again whether it makes sense.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde::Serialize;

use crate::claim::{Claim, ClaimId};
use crate::client::{ClientSpec, ScenarioStep};
use crate::covers::Row;
use crate::expect::Expectation;
use crate::host::HostSpec;
use crate::kind::{Kind, Layer, Phase};
use crate::module::Module;
use crate::probe::Probe;
use crate::time::WallTime;
use crate::version::{GoVersion, VersionRange};
use modfault_kit::{FaultId, HostName, PlacedFault, Seed};

/// The name of a scenario, `<layer>/<name>`; also the cause that it shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ScenarioId(pub(crate) String);

impl ScenarioId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the layer: `missing-intermediate`.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(_, name)| name)
    }
}

impl fmt::Display for ScenarioId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A controlled experiment: a world, a command, one thing wrong, what is expected, and what mends it or does not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// Its name; also the cause.
    pub id: ScenarioId,
    /// The layer that it belongs to.
    pub layer: Layer,
    /// What it shows.
    pub kind: Kind,
    /// One sentence: what is wrong.
    pub description: String,
    /// Where it is documented: `S1-3.2`.
    pub sources: Vec<String>,
    /// What it shows beside the failure that it is named after.
    pub covers: Vec<Row>,
    /// A longer text for readers.
    pub told: Option<String>,
    /// Programs that the machine must have.
    pub needs: Vec<String>,
    /// The Go versions that it is about; all where it does not say.
    pub go: Option<VersionRange>,
    /// Which clock it runs under.
    pub clock: ClockChoice,
    /// The root of every random choice.
    pub seed: Seed,
    /// Files of the client, by absolute path, that are kept with the observation.
    pub observe: Vec<String>,
    /// How long a command may take before it is killed.
    pub timeout: Duration,
    /// The client.
    pub client: ClientSpec,
    /// The machines of the small internet, the resolver apart.
    pub hosts: BTreeMap<HostName, HostSpec>,
    /// Addresses without a machine that may be tried all the same: those of the host [`NOWHERE`](crate::NOWHERE).
    pub nowhere: Vec<Ipv4Addr>,
    /// Names that the resolver knows beside those of the hosts.
    pub names: BTreeMap<HostName, Vec<IpAddr>>,
    /// Every module that a host serves or the client requires, with what these require.
    pub modules: BTreeMap<String, Module>,
    /// What is done, in order; at least one step is a command.
    pub steps: Vec<ScenarioStep>,
    /// What is wrong, steps that are faults apart.
    pub faults: Vec<ScenarioFault>,
    /// What is stated of the last command while the fault is there.
    pub expect: Expectation,
    /// What is stated of the last command while nothing is wrong.
    pub control: Expectation,
    /// Remedies that work.
    pub fixes: Vec<Remedy>,
    /// Folk remedies that do not.
    pub nonfixes: Vec<Remedy>,
    /// The commands with which people look for what is wrong.
    pub probes: Vec<Probe>,
    /// The statements of documents that its steps put to the test.
    pub claims: BTreeMap<ClaimId, Claim>,
}

/// Which clock a scenario runs under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockChoice {
    /// The world's own, which need not wait.
    Virtual {
        /// What the client's clock shows when the world begins.
        start: WallTime,
    },
    /// The machine's own.
    Real {
        /// Why.
        reason: String,
    },
}

/// One thing wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(
    clippy::large_enum_variant,
    reason = "a scenario has a handful of them"
)]
pub enum ScenarioFault {
    /// A fake or the wire misbehaves.
    Placed(PlacedFault),
    /// The client or hosts are otherwise than they should be.
    Patch(Patch),
}

/// A state of the world that is otherwise than it should be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Patch {
    /// Its name in reports.
    pub id: FaultId,
    /// How the client differs.
    pub client: ClientSpec,
    /// How hosts differ.
    pub hosts: BTreeMap<HostName, HostSpec>,
}

impl ScenarioFault {
    /// Its name in events and reports.
    pub fn id(&self) -> &FaultId {
        match self {
            Self::Placed(placed) => &placed.id,
            Self::Patch(patch) => &patch.id,
        }
    }

    /// Whether it is on `host`.
    pub fn is_on(&self, host: &HostName) -> bool {
        match self {
            Self::Placed(placed) => &placed.on == host,
            Self::Patch(patch) => patch.hosts.contains_key(host),
        }
    }
}

/// Something done about the fault.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Remedy {
    /// What is done, for readers.
    pub title: String,
    /// Which faults it takes away.
    pub lift: Lift,
    /// How the client is changed.
    pub client: ClientSpec,
    /// How hosts are changed.
    pub hosts: BTreeMap<HostName, HostSpec>,
    /// Steps before the last command.
    pub before: Vec<ScenarioStep>,
    /// What is then stated of the last command, where the file says so.
    pub expect: Option<Expectation>,
}

/// Which faults a remedy takes away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Lift {
    /// None: it works in spite of them.
    Nothing,
    /// All, steps that are faults among them.
    Everything,
    /// Those on one host.
    On(HostName),
}

impl Scenario {
    /// Its phases, in the order in which they are told.
    pub fn phases(&self) -> Vec<Phase> {
        if self.kind == Kind::Claims {
            return vec![Phase::Trial];
        }
        [Phase::Control, Phase::Fault]
            .into_iter()
            .chain((0..self.fixes.len()).map(Phase::Fix))
            .chain((0..self.nonfixes.len()).map(Phase::Nonfix))
            .collect()
    }

    /// The remedy of a phase, where it has one.
    pub fn remedy(&self, phase: Phase) -> Option<&Remedy> {
        match phase {
            Phase::Control | Phase::Fault | Phase::Trial => None,
            Phase::Fix(n) => self.fixes.get(n),
            Phase::Nonfix(n) => self.nonfixes.get(n),
        }
    }

    /// Whether it is about this version of Go.
    pub fn is_about(&self, go: GoVersion) -> bool {
        self.go.as_ref().is_none_or(|range| range.contains(go))
    }

    /// The truth about what is wrong: its own id.
    pub fn cause(&self) -> &ScenarioId {
        &self.id
    }
}
