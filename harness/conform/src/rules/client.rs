//! `go` itself, on a good day.

use crate::act::Act;
use crate::check::{Checked, fails, shortened};
use crate::rule::{Rule, Setting, Severity};
use crate::sample::Sample;
use crate::seen::Seen;

const DOWNLOAD: &str = "go mod download example.com/greet@v1.1.0 example.com/Camel@v1.0.0-RC.1";
const VERSIONS: &str = "go list -m -versions example.com/greet";
const GET: &str = "go get example.com/greet@latest";

/// A real client.
pub const RULES: &[Rule] = &[
    Rule {
        id: "go.download",
        says: "go mod download gets modules, and verifies them",
        source: "`go help mod download`, `go help module-auth`",
        severity: Severity::Must,
        consequence: "nothing can be built",
        setting: Setting::Alone,
        acts: |sample| run(sample, DOWNLOAD),
        check: succeeds,
        shown: None,
    },
    Rule {
        id: "go.list",
        says: "go list -m -versions tells the releases",
        source: "`go help list`",
        severity: Severity::Must,
        consequence: "no upgrade is seen",
        setting: Setting::Alone,
        acts: |sample| run(sample, VERSIONS),
        check: succeeds,
        shown: None,
    },
    Rule {
        id: "go.get",
        says: "go get MODULE@latest takes the newest release",
        source: "`go help get`",
        severity: Severity::Must,
        consequence: "no dependency can be added",
        setting: Setting::Alone,
        acts: |sample| run(sample, GET),
        check: succeeds,
        shown: None,
    },
];

fn run(sample: &Sample, command: &str) -> Vec<Act> {
    match sample.has_world {
        true => vec![Act::Go(command.to_owned())],
        false => Vec::new(),
    }
}

fn succeeds(_: &Sample, seen: &Seen) -> Checked {
    let Some(run) = seen.runs.first() else {
        return Err(fails("it was not run"));
    };
    let last = |text: &str| {
        let line = text.trim().lines().last().unwrap_or_default();
        shortened(line, 120)
    };
    match run.exit {
        Some(0) if run.command == VERSIONS => match run.stdout.contains("v1.1.0") {
            true => Ok(last(&run.stdout)),
            false => Err(fails(format!("no v1.1.0 in `{}`", last(&run.stdout)))),
        },
        Some(0) => Ok("exit 0".to_owned()),
        Some(code) => Err(fails(format!("exit {code}: {}", last(&run.stderr)))),
        None => Err(fails("killed, as it did not end")),
    }
}
