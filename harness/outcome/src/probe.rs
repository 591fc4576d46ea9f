//! What the commands reveal with which people look for what is wrong.
//!
//! A probe tells something when what is pinned of it is to be seen with the fault, and not without: each text that it is said to
//! print, or, where none is, how it ends. A blind one is the same in both worlds, whole.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::canonical::text::Texts;
use crate::observation::Exit;
use crate::reason::Reason;
use crate::wording::Wording;
use modfault_kit::Event;
use modfault_scenario::{Expect, Insight, Phase};

/// What was seen of one probe in one phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeObservation {
    /// Its command line, as it is told.
    pub run: String,
    /// Why it was not run, where it was not; then nothing else was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_run: Option<String>,
    /// The versions of the tools in it, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<String, String>,
    /// How it ended.
    pub exit: Option<Exit>,
    /// What it printed.
    pub stdout: String,
    /// What it printed.
    pub stderr: String,
    /// How long it took on the clock that it ran under.
    #[serde(with = "humantime_serde")]
    pub took: Duration,
    /// What the fakes and the wire saw meanwhile.
    pub events: Vec<Event>,
}

impl ProbeObservation {
    /// One that was not run, and why.
    pub fn not_run(run: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            run: run.into(),
            not_run: Some(why.into()),
            tools: BTreeMap::new(),
            exit: None,
            stdout: String::new(),
            stderr: String::new(),
            took: Duration::ZERO,
            events: Vec::new(),
        }
    }

    /// The tools that word what it prints, each with its version: `dig 9.18.33`; nothing where none does whose version is known.
    pub fn worded_by(&self) -> Option<String> {
        let tools: Vec<String> = self
            .tools
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        (!tools.is_empty()).then(|| tools.join(", "))
    }

    /// The lines of a stream that hold one of the texts, each once, without what differs from run to run.
    pub(crate) fn pinned_lines(printed: &str, texts: &[String], wording: &Wording) -> Vec<String> {
        let holds = |line: &&str| texts.iter().any(|text| line.contains(text.as_str()));
        let lines: Vec<&str> = printed.lines().filter(holds).collect();
        let mut kept = Vec::new();
        for line in Texts::plain(wording).file(&lines.join("\n")) {
            if !kept.contains(&line) {
                kept.push(line);
            }
        }
        kept
    }
}

/// A probe as it was meant, and as it was seen with the fault and without.
#[derive(Clone, Debug)]
pub struct ProbeInput<'a> {
    /// Whether it tells anything.
    pub insight: Insight,
    /// What is pinned of it.
    pub expect: &'a Expect,
    /// With the fault.
    pub fault: &'a ProbeObservation,
    /// Without.
    pub control: Option<&'a ProbeObservation>,
}

/// What is said of the probes and does not hold. Of those that were not run nothing is said.
pub fn judge_probes(probes: &[ProbeInput<'_>], wording: &Wording) -> Vec<Reason> {
    let ran = probes.iter().filter(|probe| probe.fault.not_run.is_none());
    ran.flat_map(|probe| {
        let mut reasons = unmet(probe.expect, probe.fault, Phase::Fault);
        let control = probe.control.filter(|control| control.not_run.is_none());
        if let Some(control) = control {
            match probe.insight {
                Insight::Tells => reasons.extend(told_without(probe, control)),
                Insight::Blind => reasons.extend(seen_through(probe, control, wording)),
            }
        }
        reasons
    })
    .collect()
}

/// What is pinned and was not seen.
fn unmet(expect: &Expect, seen: &ProbeObservation, phase: Phase) -> Vec<Reason> {
    let unmet = |stated: String, seen_instead: String| Reason::Unmet {
        phase,
        step: seen.run.clone(),
        stated,
        seen: seen_instead,
    };
    let mut reasons = Vec::new();
    if let Some(wanted) = expect.exit
        && seen.exit.and_then(status) != Some(wanted)
    {
        let ended = seen.exit.map(|exit| exit.to_string()).unwrap_or_default();
        reasons.push(unmet(format!("exit {wanted}"), ended));
    }
    for (stream, texts, printed) in streams(expect, seen) {
        for text in texts.iter().filter(|text| !printed.contains(text.as_str())) {
            reasons.push(unmet(
                format!("{stream} to say `{text}`"),
                "it does not".to_owned(),
            ));
        }
    }
    reasons
}

/// What is pinned and is to be seen on a healthy machine too.
fn told_without(probe: &ProbeInput<'_>, control: &ProbeObservation) -> Vec<Reason> {
    let nothing = |shown: String| Reason::ProbeTellsNothing {
        probe: control.run.clone(),
        shown,
    };
    let mut reasons = Vec::new();
    let mut has_texts = false;
    for (_, texts, printed) in streams(probe.expect, control) {
        has_texts |= !texts.is_empty();
        let shown = texts.iter().filter(|text| printed.contains(text.as_str()));
        reasons.extend(shown.map(|text| nothing(format!("`{text}`"))));
    }
    if !has_texts && control.exit == probe.fault.exit {
        let ended = control.exit.map(|exit| exit.to_string());
        reasons.push(nothing(ended.unwrap_or_default()));
    }
    reasons
}

/// What is otherwise on a healthy machine.
fn seen_through(
    probe: &ProbeInput<'_>,
    control: &ProbeObservation,
    wording: &Wording,
) -> Option<Reason> {
    let lines = |text: &str| Texts::plain(wording).lines(text);
    let fault = probe.fault;
    let what = if fault.exit != control.exit {
        "how it ends"
    } else if lines(&fault.stdout) != lines(&control.stdout) {
        "stdout"
    } else if lines(&fault.stderr) != lines(&control.stderr) {
        "stderr"
    } else {
        return None;
    };
    Some(Reason::ProbeTells {
        probe: control.run.clone(),
        what: what.to_owned(),
    })
}

fn streams<'a>(
    expect: &'a Expect,
    seen: &'a ProbeObservation,
) -> [(&'static str, &'a [String], &'a str); 2] {
    [
        ("stdout", &expect.stdout, &seen.stdout),
        ("stderr", &expect.stderr, &seen.stderr),
    ]
}

/// The status as shells give it; none of what was cut off.
fn status(exit: Exit) -> Option<i32> {
    match exit {
        Exit::Code(code) => Some(code),
        Exit::Signal(signal) => Some(128 + signal),
        Exit::Overran => None,
    }
}
