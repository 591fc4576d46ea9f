//! Who was asked what, in the order in which it was seen.

use std::time::Duration;

use crate::clock::time_on;
use crate::style::{ASIDE, BAD, painted};
use crate::wrap::wrapped;
use modfault_kit::event::Outcome;
use modfault_kit::{Event, EventKind};
use modfault_outcome::canonical::timeline::{connect_words, exchange_words};
use modfault_outcome::{ObservedClock, StepObservation};

/// A wait of this length is told.
const WAIT: Duration = Duration::from_secs(1);

/// How the line of a TLS handshake begins.
const HANDSHAKE: &str = "TLS ";

/// How the line of an accepted connection begins.
const ACCEPTED: &str = "accepts a connection";

/// More lines than this are left out at the end.
const LINES: usize = 40;

/// The events of all steps, a line each; equal neighbours are one, and long waits are told.
pub(crate) fn asked(steps: &[StepObservation], clock: &ObservedClock) -> String {
    let mut lines: Vec<(Line, usize)> = Vec::new();
    for step in steps {
        let mut before: Option<Duration> = None;
        for event in &step.events {
            if let Some(before) = before
                && let Some(wait) = event.at.checked_sub(before)
                && wait >= WAIT
            {
                lines.push((Line::Wait(format!("{} pass", time_on(wait, clock))), 1));
            }
            before = Some(event.at);
            add(&mut lines, line(event));
        }
    }
    if lines.is_empty() {
        return wrapped("Nobody: no packet came to any of them.", "  ", "  ");
    }
    let left_out = lines.len().saturating_sub(LINES);
    let mut out = String::new();
    for (line, times) in lines.iter().take(LINES) {
        out.push_str(&line.text(*times));
    }
    if left_out > 0 {
        out.push_str(&format!("       ... and {left_out} lines more\n"));
    }
    out
}

#[derive(PartialEq)]
enum Line {
    Wait(String),
    Fired(String),
    Seen {
        host: String,
        what: String,
        went_well: bool,
    },
}

impl Line {
    fn is_handshake(&self) -> bool {
        matches!(self, Self::Seen { what, .. } if what.starts_with(HANDSHAKE))
    }

    /// Whether it is an accepted connection at the host of `later`.
    fn is_accepted_at(&self, later: &Self) -> bool {
        let (Self::Seen { host, what, .. }, Self::Seen { host: at, .. }) = (self, later) else {
            return false;
        };
        host == at && what.starts_with(ACCEPTED)
    }

    fn text(&self, times: usize) -> String {
        let times = if times > 1 {
            format!(" ({times} times)")
        } else {
            String::new()
        };
        match self {
            Self::Wait(wait) => format!("  {}\n", painted(ASIDE, format!("... {wait} ..."))),
            Self::Fired(what) => painted_lines(
                BAD,
                &wrapped(&format!("the fault fires{what}{times}"), "  ! ", "      "),
            ),
            Self::Seen {
                host,
                what,
                went_well,
            } => {
                let text = wrapped(&format!("{host}: {what}{times}"), "    ", "      ");
                if *went_well {
                    text
                } else {
                    painted_lines(BAD, &text)
                }
            }
        }
    }
}

fn painted_lines(style: anstyle::Style, text: &str) -> String {
    format!("{}\n", painted(style, text.trim_end_matches('\n')))
}

/// Adds a line: the handshake takes the place of the accepted connection that it is on, and equal neighbours are one.
fn add(lines: &mut Vec<(Line, usize)>, line: Line) {
    if line.is_handshake()
        && lines
            .last()
            .is_some_and(|(last, _)| last.is_accepted_at(&line))
    {
        match lines.last_mut() {
            Some((_, times)) if *times > 1 => *times -= 1,
            Some(_) | None => {
                lines.pop();
            }
        }
    }
    match lines.last_mut() {
        Some((last, times)) if *last == line => *times += 1,
        Some(_) | None => lines.push((line, 1)),
    }
}

fn line(event: &Event) -> Line {
    let (what, went_well) = match &event.kind {
        EventKind::Fired { key, .. } => return Line::Fired(format!(" at {}: {key}", event.host)),
        EventKind::Egress {
            destination,
            protocol,
        } => (
            format!("{protocol} to {destination}, which nobody owns"),
            false,
        ),
        EventKind::ConnectFailed { port, outcome } => (
            format!("connection to port {port} {}", connect_words(*outcome)),
            false,
        ),
        EventKind::DatagramRefused { port } => {
            (format!("a datagram to port {port} is refused"), false)
        }
        EventKind::Dns {
            name,
            record_type,
            answer,
            transport,
            outcome,
        } => {
            let over = if transport == "udp" { "" } else { " over tcp" };
            (
                format!("{record_type} {name}{over} -> {answer}"),
                outcome.is_done(),
            )
        }
        EventKind::Accepted { port } => (format!("{ACCEPTED} on port {port}"), true),
        EventKind::Broken { port, how } => (format!("connection on port {port}: {how}"), false),
        EventKind::Tls {
            version,
            alpn,
            outcome,
            ..
        } => match outcome {
            Outcome::Done => (
                format!(
                    "{HANDSHAKE}{}{}",
                    version.as_deref().unwrap_or("done"),
                    alpn.as_deref()
                        .map_or(String::new(), |alpn| format!(", {alpn}"))
                ),
                true,
            ),
            Outcome::Failed(why) => (format!("{HANDSHAKE}handshake fails: {why}"), false),
        },
        EventKind::Http(exchange) => (
            format!(
                "{} {} -> {}",
                exchange.method,
                exchange.path,
                exchange_words(exchange)
            ),
            exchange.outcome.is_done() && exchange.status.is_some_and(|status| status < 400),
        ),
        EventKind::Git {
            repository,
            service,
            outcome,
        } => (
            match outcome {
                Outcome::Done => format!("git {service} of {repository}"),
                Outcome::Failed(why) => format!("git {service} of {repository} fails: {why}"),
            },
            outcome.is_done(),
        ),
        EventKind::Ssh { seen, .. } => (
            match seen.outcome() {
                Outcome::Done => format!("ssh: {}", seen.subject()),
                Outcome::Failed(why) => format!("ssh: {} fails: {why}", seen.subject()),
            },
            seen.outcome().is_done(),
        ),
    };
    Line::Seen {
        host: event.host.to_string(),
        what,
        went_well,
    }
}
