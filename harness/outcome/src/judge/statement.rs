//! What is stated of steps, held against what was seen of them.

use super::{PhaseInput, steps};
use crate::hang::hang_words;
use crate::observation::{Exit, StepObservation};
use crate::program::only_accepts;
use crate::reason::{Reason, stopped_words};
use crate::stopped::stopped;
use modfault_kit::{EventKind, HostName, PlacedFault};
use modfault_scenario::{Expect, Layer};

/// What is stated of the steps and does not hold.
pub(super) fn stated(phase: &PhaseInput<'_>, layer: Layer) -> Vec<Reason> {
    steps(phase)
        .flat_map(|(step, expect)| {
            let unmet =
                unmet(step, expect, &phase.faults, layer)
                    .into_iter()
                    .map(|(stated, seen)| Reason::Unmet {
                        phase: phase.phase,
                        step: step.title.clone(),
                        stated,
                        seen,
                    });
            let hangs = hang_words(step)
                .filter(|_| !expect.is_hang())
                .map(|words| Reason::Hangs {
                    phase: phase.phase,
                    step: step.title.clone(),
                    words: words.line(),
                });
            hangs.into_iter().chain(unmet).collect::<Vec<_>>()
        })
        .collect()
}

/// The statements of `expect` that do not hold of `step`, each with what was seen instead.
pub(crate) fn unmet(
    step: &StepObservation,
    expect: &Expect,
    faults: &[PlacedFault],
    layer: Layer,
) -> Vec<(String, String)> {
    let mut unmet = Vec::new();
    if let Some(wanted) = expect.exit
        && step.exit.map(End::of) != Some(End::Status(wanted))
    {
        unmet.push((format!("exit {wanted}"), exit_words(step.exit)));
    }
    match expect.hangs {
        Some(true) if step.exit != Some(Exit::Overran) => {
            unmet.push((TO_HANG.to_owned(), exit_words(step.exit)));
        }
        // that it hangs is told with its place
        Some(_) | None => {}
    }
    for (stream, texts, printed) in [
        ("stdout", &expect.stdout, &step.stdout),
        ("stderr", &expect.stderr, &step.stderr),
    ] {
        for text in texts.iter().filter(|text| !printed.contains(text.as_str())) {
            unmet.push((
                format!("{stream} to say `{text}`"),
                "it does not".to_owned(),
            ));
        }
    }
    for text in &expect.absent {
        if says(step, text) {
            unmet.push((format!("nothing to say `{text}`"), "it is said".to_owned()));
        }
    }
    if let Some(wanted) = &expect.stopped {
        let at = stopped(step, faults, layer);
        if at.as_ref() != Some(wanted) {
            unmet.push((
                format!("to be stopped {}", stopped_words(Some(wanted))),
                format!("it stopped {}", stopped_words(at.as_ref())),
            ));
        }
    }
    for host in expect.asked.iter().filter(|host| !was_asked(step, host)) {
        unmet.push((format!("{host} to be asked"), "it was not".to_owned()));
    }
    for host in expect.not_asked.iter() {
        if let Some(what) = contact(step, host) {
            unmet.push((format!("{host} not to be asked"), what));
        }
    }
    for pattern in &expect.requested {
        if requested(step, pattern).is_none() {
            unmet.push((
                format!("{pattern} to be requested"),
                "it was not".to_owned(),
            ));
        }
    }
    for pattern in &expect.not_requested {
        if let Some(request) = requested(step, pattern) {
            unmet.push((
                format!("{pattern} not to be requested"),
                format!("{request} was"),
            ));
        }
    }
    let for_ever = step.hang.as_ref().is_some_and(|hang| hang.for_ever);
    if let Some(least) = expect.at_least
        && step.took < least
        && !for_ever
    {
        unmet.push((
            format!("it to take at least {least:?}"),
            format!("it took {:?}", step.took),
        ));
    }
    if let Some(most) = expect.at_most
        && step.took > most
    {
        unmet.push((
            format!("it to take at most {most:?}"),
            format!("it took {:?}", step.took),
        ));
    }
    unmet
}

/// The first request over HTTP that a pattern of host and path means.
fn requested(step: &StepObservation, pattern: &str) -> Option<String> {
    step.events.iter().find_map(|event| {
        let EventKind::Http(exchange) = &event.kind else {
            return None;
        };
        let request = format!("{}{}", event.host, exchange.path);
        glob(pattern, &request).then_some(request)
    })
}

/// Whether `text` is as `pattern` says, in which `*` stands for anything.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| glob(rest, &text[at..]))
        }),
    }
}

/// Whether `host` was asked something over HTTP, git or DNS; what a real program was asked nobody else sees.
fn was_asked(step: &StepObservation, host: &HostName) -> bool {
    only_accepts(&step.events, host)
        || step.events.iter().any(|event| {
            &event.host == host
                && matches!(
                    event.kind,
                    EventKind::Http(_)
                        | EventKind::Git { .. }
                        | EventKind::Dns { .. }
                        | EventKind::Ssh { .. }
                )
        })
}

/// The first thing that reached for `host`, in words: a connection, a request or a DNS question to it, not one about its
/// name.
fn contact(step: &StepObservation, host: &HostName) -> Option<String> {
    step.events
        .iter()
        .filter(|event| &event.host == host)
        .find_map(|event| match &event.kind {
            EventKind::Http(exchange) => Some(format!(
                "it was asked {} {}",
                exchange.method, exchange.path
            )),
            EventKind::Git {
                service,
                repository,
                ..
            } => Some(format!("it was asked git {service} {repository}")),
            EventKind::Ssh { port, seen } => {
                Some(format!("on its port {port} there was a {}", seen.subject()))
            }
            EventKind::Accepted { port } | EventKind::ConnectFailed { port, .. } => {
                Some(format!("its port {port} was connected to"))
            }
            EventKind::DatagramRefused { port } => {
                Some(format!("a datagram came to its port {port}"))
            }
            EventKind::Dns {
                name, record_type, ..
            } => Some(format!("it was asked for {record_type} {name}")),
            EventKind::Fired { .. }
            | EventKind::Egress { .. }
            | EventKind::Broken { .. }
            | EventKind::Tls { .. } => None,
        })
}

/// Whether `step` printed `text`.
pub(super) fn says(step: &StepObservation, text: &str) -> bool {
    step.stdout.contains(text) || step.stderr.contains(text)
}

/// The words of the statement that a command never ends.
pub(super) const TO_HANG: &str = "it to hang";

/// How a command ended, as it is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With this status, as a shell gives it.
    Status(i32),
    /// Not at all.
    Hangs,
}

impl End {
    /// How a command ended.
    pub(super) fn of(exit: Exit) -> Self {
        match exit {
            Exit::Code(code) => Self::Status(code),
            Exit::Signal(signal) => Self::Status(128 + signal),
            Exit::Overran => Self::Hangs,
        }
    }

    /// How it is stated to end, where anything is.
    pub(super) fn stated(expect: &Expect) -> Option<Self> {
        if expect.is_hang() {
            Some(Self::Hangs)
        } else {
            expect.exit.map(Self::Status)
        }
    }
}

pub(super) fn exit_words(exit: Option<Exit>) -> String {
    exit.map_or_else(|| "no command".to_owned(), |exit| exit.to_string())
}
