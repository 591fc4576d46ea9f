//! `modfault preflight`

mod components;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::ops::ControlFlow;

use serde::Serialize;

use crate::arguments::{Format, PreflightArguments};
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::output::Output;
use modfault_report::style::{BAD, GOOD, HEADING, WARN, painted};
use modfault_sandbox::preflight::probe;
use modfault_scenario::Tool;
use modfault_suite::clock::refused;
use modfault_suite::{Refused, cases};
use modfault_toolchain::{Error, Source, Wanted, find, newest_pinned};

/// What one part of the machine can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Check {
    /// The part: `world`, `go`, `git`, ...
    name: String,
    status: Status,
    /// What was found.
    found: String,
    /// What lifts the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    /// It is there.
    Ok,
    /// Some scenarios cannot be run, or something happens first.
    Limited,
    /// No scenario can be run.
    Missing,
}

/// Says what this machine can do, and what lifts each limit.
pub(super) fn preflight(
    arguments: &PreflightArguments,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let mut checks = worlds();
    if checks.iter().all(|check| check.status == Status::Ok) {
        // it is tried in a world
        checks.push(clock(refused()));
    }
    checks.push(go(context));
    checks.extend(programs(context)?);
    let ending = if checks.iter().any(|check| check.status == Status::Missing) {
        Ending::Machine
    } else {
        Ending::AsExpected
    };
    match arguments.format {
        Format::Human => {
            for check in &checks {
                write!(output.data, "{}", told(check))?;
            }
        }
        Format::Json => {
            let document =
                serde_json::json!({ "schema": "modfault.preflight.v1", "checks": checks });
            let text = serde_json::to_string_pretty(&document).map_err(Failure::machine)?;
            writeln!(output.data, "{text}")?;
        }
    }
    Ok(ending)
}

fn told(check: &Check) -> String {
    let (style, word) = match check.status {
        Status::Ok => (GOOD, "ok"),
        Status::Limited => (WARN, "limited"),
        Status::Missing => (BAD, "missing"),
    };
    let mut text = format!(
        "{} {}: {}\n",
        painted(style, format!("{word:>8}")),
        painted(HEADING, &check.name),
        check.found
    );
    if let Some(remedy) = &check.remedy {
        text.push_str(&format!("{:>8} {remedy}\n", "->"));
    }
    text
}

/// Whether a world can be made: one is.
fn worlds() -> Vec<Check> {
    let limits = probe();
    if limits.is_empty() {
        return vec![Check {
            name: "world".into(),
            status: Status::Ok,
            found: "a sealed world can be made".into(),
            remedy: None,
        }];
    }
    limits
        .into_iter()
        .map(|limit| Check {
            name: "world".into(),
            status: Status::Missing,
            found: format!("could not {}: {}", limit.tried, limit.setting),
            remedy: Some(limit.remedy),
        })
        .collect()
}

/// Whether commands can run on a clock of their own.
fn clock(refused: Option<Refused>) -> Check {
    let (status, found, remedy) = match refused {
        None => (
            Status::Ok,
            "virtual: what waits costs no time".to_owned(),
            None,
        ),
        Some(refused) => (
            Status::Limited,
            format!("real: {refused}; what waits takes its time"),
            (!refused.remedies.is_empty()).then(|| refused.remedies.join("\n         ")),
        ),
    };
    Check {
        name: "clock".into(),
        status,
        found,
        remedy,
    }
}

/// Whether there is a toolchain; none is fetched.
fn go(context: &Context) -> Check {
    let found = find(&Wanted::Any, &context.environment, &mut |_| {
        ControlFlow::Break(())
    });
    let (status, found, remedy) = match found {
        Ok(toolchain) => {
            let whence = match toolchain.source {
                Source::Path => "on the PATH",
                Source::Given | Source::Cache | Source::Fetched => "kept by modfault",
            };
            let found = format!(
                "{} {whence}, {}",
                toolchain.version.tag(),
                toolchain.root.display()
            );
            (Status::Ok, found, None)
        }
        Err(Error::Stopped) => (
            Status::Limited,
            format!(
                "none is here; the first run fetches {}",
                newest_pinned().tag()
            ),
            Some("`modfault toolchain add newest` fetches it now".into()),
        ),
        Err(error) => (Status::Missing, error.to_string(), error.help()),
    };
    Check {
        name: "go".into(),
        status,
        found,
        remedy,
    }
}

/// How much needs a program.
#[derive(Clone, Copy, Debug, Default)]
struct Users {
    scenarios: usize,
    probes: usize,
}

/// The programs that scenarios and their probes need, each with how many need it.
fn programs(context: &Context) -> Result<Vec<Check>, Failure> {
    let mut users: BTreeMap<String, Users> = BTreeMap::from([("git".to_owned(), Users::default())]);
    for case in cases(&[], &context.ours()?)? {
        for need in &case.scenario.needs {
            users.entry(need.clone()).or_default().scenarios += 1;
        }
        for need in case.scenario.probes.iter().flat_map(|probe| &probe.needs) {
            users.entry(need.clone()).or_default().probes += 1;
        }
    }
    let components = components::components(context, &mut users);
    Ok(users
        .into_iter()
        .map(|(program, users)| match context.program(&program) {
            Some(path) => Check {
                found: path.display().to_string(),
                name: program,
                status: Status::Ok,
                remedy: None,
            },
            None => Check {
                found: format!("not on the PATH{}", users.in_words()),
                remedy: Some(install(&program)),
                name: program,
                status: Status::Limited,
            },
        })
        .chain(components)
        .collect())
}

impl Users {
    /// What cannot be run without the program; empty where nothing is.
    fn in_words(self) -> String {
        let counted = |count: usize, what: &str| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            n => Some(format!("{n} {what}s")),
        };
        let parts = [
            counted(self.scenarios, "scenario"),
            counted(self.probes, "probe"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            return String::new();
        }
        format!("; {} cannot be run", parts.join(" and "))
    }
}

/// What brings a program, where that is known as Debian has it.
fn install(program: &str) -> String {
    match Tool::named(program) {
        Some(tool) => format!(
            "install {program}: `apt-get install {}` on Debian and its kin",
            tool.package
        ),
        None => format!("install {program}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_says_what_cannot_be_run_and_which_package_has_it() {
        let users = |scenarios, probes| Users { scenarios, probes }.in_words();
        assert_eq!(users(0, 0), "");
        assert_eq!(users(0, 2), "; 2 probes cannot be run");
        assert_eq!(users(1, 1), "; 1 scenario and 1 probe cannot be run");
        assert!(install("dig").contains("apt-get install bind9-dnsutils"));
        assert_eq!(install("svn"), "install svn");
    }

    #[test]
    fn a_machine_without_the_virtual_clock_is_limited_and_says_what_lifts_it() {
        let refused = Refused {
            why: "no command can be traced here".into(),
            remedies: vec!["allow ptrace".into(), "or do without".into()],
        };
        let check = clock(Some(refused));
        assert_eq!(check.status, Status::Limited);
        assert!(check.found.contains("no command can be traced here"));
        assert_eq!(
            check.remedy.as_deref(),
            Some("allow ptrace\n         or do without")
        );
        assert_eq!(clock(None).status, Status::Ok);
    }
}
