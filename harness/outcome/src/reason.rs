//! Why a scenario is not as expected.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::observation::Exit;
use crate::snapshot::Diff;
use modfault_kit::FaultId;
use modfault_scenario::{ClaimId, ClaimVerdict, Phase, Stopped};

/// One rule that did not hold; its `Display` is the sentence for the user.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A phase that the rules need was not run.
    Missing {
        /// The phase.
        phase: Phase,
    },
    /// A placed fault has no `fired` event of its own.
    DidNotFire {
        /// The fault.
        fault: FaultId,
    },
    /// With the fault, all was as without it.
    DidNotBite,
    /// The scenario says that the command fails, and it did not.
    DidNotFail,
    /// The scenario says that it gets slower, and it did not.
    NotSlower {
        /// In the control phase, on the world's clock.
        control: Duration,
        /// In the fault phase.
        fault: Duration,
    },
    /// The documented symptom did not come, and nothing shows that it would have been seen.
    NoPositiveControl,
    /// A fix, or the healthy world, did not work.
    DidNotRestore {
        /// Which phase.
        phase: Phase,
        /// Its title.
        title: String,
        /// How the command ended.
        exit: Exit,
        /// Where it stopped.
        stopped: Option<Stopped>,
    },
    /// A remedy that is said not to work did.
    DidRestore {
        /// Which phase.
        phase: Phase,
        /// Its title.
        title: String,
    },
    /// A remedy that is said to change nothing made the command end or stop otherwise.
    Changed {
        /// Which phase.
        phase: Phase,
        /// Its title.
        title: String,
        /// How it was without the remedy, in words.
        from: String,
        /// How it is with it.
        to: String,
    },
    /// Something stated of a step does not hold.
    Unmet {
        /// Which phase.
        phase: Phase,
        /// The step's title.
        step: String,
        /// What was stated, in words.
        stated: String,
        /// What was seen instead.
        seen: String,
    },
    /// A command was still running when its time was over, and that was not stated.
    Hangs {
        /// Which phase.
        phase: Phase,
        /// The step's title.
        step: String,
        /// That it hangs, and where.
        words: String,
    },
    /// What is said to reveal the fault is to be seen without it.
    ProbeTellsNothing {
        /// The probe.
        probe: String,
        /// What both show: a text in backticks, or how both end.
        shown: String,
    },
    /// A probe that is said to be blind shows something else without the fault.
    ProbeTells {
        /// The probe.
        probe: String,
        /// What differs.
        what: String,
    },
    /// The verdict on a claim is not what its experiments say.
    WrongVerdict {
        /// Which claim.
        claim: ClaimId,
        /// What is said of it.
        verdict: ClaimVerdict,
        /// How much of what it foretells came.
        came: usize,
        /// Of how much.
        all: usize,
        /// Something that did not come, with what was seen instead.
        example: Option<(String, String)>,
    },
    /// The client tried to leave the world.
    Egress {
        /// Which phase.
        phase: Phase,
        /// Where it wanted to go.
        destination: String,
        /// `tcp`, `udp`, `icmp`.
        protocol: String,
    },
    /// The recorded snapshot shows something else.
    Snapshot {
        /// The difference.
        diff: Diff,
    },
    /// There is no recorded snapshot.
    NoSnapshot,
}

impl Reason {
    /// The name of the rule, for reports that machines read.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing-phase",
            Self::DidNotFire { .. } => "did-not-fire",
            Self::DidNotBite => "did-not-bite",
            Self::DidNotFail => "did-not-fail",
            Self::NotSlower { .. } => "not-slower",
            Self::NoPositiveControl => "no-positive-control",
            Self::DidNotRestore { .. } => "did-not-restore",
            Self::DidRestore { .. } => "did-restore",
            Self::Changed { .. } => "changed",
            Self::Unmet { .. } => "unmet",
            Self::Hangs { .. } => "hangs",
            Self::ProbeTellsNothing { .. } => "probe-tells-nothing",
            Self::ProbeTells { .. } => "probe-tells",
            Self::WrongVerdict { .. } => "wrong-verdict",
            Self::Egress { .. } => "egress",
            Self::Snapshot { .. } => "snapshot",
            Self::NoSnapshot => "no-snapshot",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { phase } => write!(f, "{} was not run", Name(*phase)),
            Self::DidNotFire { fault } => write!(
                f,
                "the fault did not fire: nothing that the command did came upon `{fault}`"
            ),
            Self::DidNotBite => f.write_str(
                "the fault did not bite: with it, the command printed, left and asked the same as without it",
            ),
            Self::DidNotFail => f.write_str(
                "the command did not fail: every step exited 0, and what is expected of it holds without the fault too",
            ),
            Self::NotSlower { control, fault } => write!(
                f,
                "the fault did not bite: with it, the command took {fault:?}, without it {control:?}"
            ),
            Self::NoPositiveControl => f.write_str(
                "a myth proves nothing without a positive control: no nonfix shows the symptom",
            ),
            Self::DidNotRestore {
                phase,
                title,
                exit,
                stopped,
            } => {
                write!(f, "{} did not {}: {exit}", Titled(*phase, title), match phase {
                    Phase::Control => "work",
                    Phase::Fault => "survive",
                    Phase::Fix(_) | Phase::Nonfix(_) | Phase::Trial => "restore",
                })?;
                match stopped {
                    Some(stopped) => write!(f, ", stopped {}", stopped_words(Some(stopped))),
                    None => Ok(()),
                }
            }
            Self::DidRestore { phase, title } => {
                write!(f, "{} did restore", Titled(*phase, title))
            }
            Self::Changed {
                phase,
                title,
                from,
                to,
            } => write!(
                f,
                "{} changed what happens: {from} without it, {to} with it",
                Titled(*phase, title)
            ),
            Self::Unmet {
                phase,
                step,
                stated,
                seen,
            } => write!(f, "{}, `{step}`: expected {stated}; {seen}", Name(*phase)),
            Self::Hangs { phase, step, words } => {
                write!(f, "{}, `{step}`: {words}", Name(*phase))
            }
            Self::ProbeTellsNothing { probe, shown } => write!(
                f,
                "the probe `{probe}` tells nothing: without the fault too there is {shown}"
            ),
            Self::ProbeTells { probe, what } => write!(
                f,
                "the probe `{probe}` is said to be blind, and is not: {what} differs without the fault"
            ),
            Self::WrongVerdict {
                claim,
                verdict,
                came,
                all,
                example,
            } => {
                write!(
                    f,
                    "{claim} is not {verdict}: {came} of {all} things that it foretells came"
                )?;
                match example {
                    Some((foretold, seen)) => write!(f, "; it foretells {foretold}, and {seen}"),
                    None => Ok(()),
                }
            }
            Self::Egress {
                phase,
                destination,
                protocol,
            } => write!(
                f,
                "{}: the client tried to reach {destination} ({protocol}), which no host owns",
                Name(*phase)
            ),
            Self::Snapshot { .. } => f.write_str("the snapshot shows something else"),
            Self::NoSnapshot => f.write_str("there is no snapshot to compare with"),
        }
    }
}

/// A phase as a reader counts: fixes and nonfixes from 1.
struct Name(Phase);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Phase::Control => f.write_str("control"),
            Phase::Fault => f.write_str("fault"),
            Phase::Fix(n) => write!(f, "fix {}", n + 1),
            Phase::Nonfix(n) => write!(f, "nonfix {}", n + 1),
            Phase::Trial => f.write_str("trial"),
        }
    }
}

struct Titled<'a>(Phase, &'a str);

impl fmt::Display for Titled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1.is_empty() {
            write!(f, "{}", Name(self.0))
        } else {
            write!(f, "{} `{}`", Name(self.0), self.1)
        }
    }
}

/// Where it stopped, in words: `in tls at proxy.example`, `on the client (env)`, `nowhere`.
pub fn stopped_words(stopped: Option<&Stopped>) -> String {
    match stopped {
        None => "nowhere".to_owned(),
        Some(Stopped { at: None, layer }) => format!("on the client ({layer})"),
        Some(Stopped {
            at: Some(host),
            layer,
        }) => format!("in {layer} at {host}"),
    }
}
