//! Live lines, failures and the last line of a run, in the manner of cargo-nextest.

use std::time::Duration;

use anstyle::Style;
use serde::{Deserialize, Serialize};

use crate::diff::diff_text;
use crate::record::{Record, VerdictWord};
use crate::style::{ASIDE, BAD, GOOD, HEADING, NAME, WARN, painted};
use crate::wrap::wrapped;

/// How many scenarios ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Those that were looked at.
    pub scenarios: usize,
    /// Everything held.
    pub as_expected: usize,
    /// Something did not.
    pub not_as_expected: usize,
    /// The machine could not run them.
    pub could_not_run: usize,
    /// They are about other versions of Go.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub other_go: usize,
    /// Among those as expected: with a difference from another Go version's snapshot.
    pub drifted: usize,
    /// Probes whose tool the machine lacks.
    #[serde(default)]
    pub probes_not_run: usize,
}

impl Summary {
    /// Counts.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut summary = Self::default();
        for record in records {
            summary.add(record);
        }
        summary
    }

    /// Counts one more.
    pub fn add(&mut self, record: &Record) {
        self.scenarios += 1;
        self.probes_not_run += record.probes_not_run().count();
        match record.verdict {
            VerdictWord::AsExpected => self.as_expected += 1,
            VerdictWord::NotAsExpected => self.not_as_expected += 1,
            VerdictWord::CouldNotRun => self.could_not_run += 1,
            VerdictWord::OtherGo => self.other_go += 1,
        }
        if record.verdict == VerdictWord::AsExpected && record.drift.is_some() {
            self.drifted += 1;
        }
    }

    /// The last line of a run that took `took` of real time.
    pub fn line(&self, took: Duration) -> String {
        self.titled("Summary", &bracketed(took))
    }

    /// The line of one version of Go among several: `go1.21.13`.
    pub fn line_of_version(&self, go: &str) -> String {
        self.titled(go, &" ".repeat(BRACKETED))
    }

    fn titled(&self, title: &str, took: &str) -> String {
        let style = if self.not_as_expected > 0 {
            BAD
        } else if self.could_not_run > 0 {
            WARN
        } else {
            GOOD
        };
        let plural = if self.scenarios == 1 { "" } else { "s" };
        let mut line = format!(
            "{} {} {} scenario{plural}: {}, {}, {}",
            painted(style, format!("{title:>12}")),
            took,
            painted(HEADING, self.scenarios),
            painted(GOOD, format!("{} as expected", self.as_expected)),
            painted(
                if self.not_as_expected > 0 { BAD } else { ASIDE },
                format!("{} not", self.not_as_expected)
            ),
            painted(
                if self.could_not_run > 0 { WARN } else { ASIDE },
                format!("{} could not run", self.could_not_run)
            ),
        );
        if self.other_go > 0 {
            line.push_str(&format!(
                ", {}",
                painted(ASIDE, format!("{} for other Go versions", self.other_go))
            ));
        }
        if self.drifted > 0 {
            line.push_str(&format!(
                ", {}",
                painted(WARN, format!("{} drifted", self.drifted))
            ));
        }
        if self.probes_not_run > 0 {
            let plural = if self.probes_not_run == 1 { "" } else { "s" };
            line.push_str(&format!(
                ", {}",
                painted(
                    WARN,
                    format!("{} probe{plural} not run", self.probes_not_run)
                )
            ));
        }
        line.push('\n');
        line
    }
}

/// The line of a scenario that has just finished: `PASS [   0.123s] tls/missing-intermediate`.
pub fn finished_line(record: &Record) -> String {
    let (style, word) = status(record);
    let mut line = format!(
        "{} {} {}",
        painted(style, format!("{word:>12}")),
        bracketed(record.took),
        id_text(&record.scenario.id),
    );
    if record.verdict == VerdictWord::OtherGo {
        line.push_str(&format!(": {}", other_go(record)));
    } else if let Some(reason) = &record.could_not_run {
        line.push_str(&format!(": {reason}"));
    } else if record.drift.is_some() {
        line.push_str(&format!(" {}", painted(WARN, "(drift)")));
    }
    for (probe, why) in record.probes_not_run() {
        let note = format!("(probe `{probe}` not run: {why})");
        line.push_str(&format!(" {}", painted(WARN, note)));
    }
    line.push('\n');
    line
}

/// What is wrong with a scenario, its differences, and how to see more; empty where nothing is.
pub fn problem(record: &Record) -> String {
    let mut out = String::new();
    let indent = "             ";
    for reason in &record.reasons {
        out.push_str(&wrapped(
            &reason.message,
            &format!("{indent}* "),
            &format!("{indent}  "),
        ));
        if let Some(diff) = &reason.diff {
            out.push_str(&diff_text(diff, &format!("{indent}  ")));
        }
    }
    if let Some(drift) = &record.drift {
        out.push_str(&wrapped(
            &format!(
                "{} prints or asks something else than the version that was recorded: no failure",
                record.go.as_deref().unwrap_or("this go")
            ),
            &format!("{indent}* "),
            &format!("{indent}  "),
        ));
        out.push_str(&diff_text(drift, &format!("{indent}  ")));
    }
    if record.verdict == VerdictWord::NotAsExpected {
        out.push_str(&format!(
            "{indent}  {}\n",
            painted(
                ASIDE,
                format!(
                    "to see it told: modfault show {}",
                    record.scenario.argument()
                )
            )
        ));
    }
    if !out.is_empty() {
        out.insert_str(0, &finished_line(record));
    }
    out
}

fn status(record: &Record) -> (Style, &'static str) {
    match record.verdict {
        VerdictWord::AsExpected => (GOOD, "PASS"),
        VerdictWord::NotAsExpected => (BAD, "FAIL"),
        VerdictWord::CouldNotRun => (WARN, "NOT RUN"),
        VerdictWord::OtherGo => (ASIDE, "OTHER GO"),
    }
}

/// Which versions of Go a scenario is about.
pub(crate) fn other_go(record: &Record) -> String {
    let range = record.scenario.go.as_deref().unwrap_or("of other versions");
    format!("about Go {range} alone")
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The columns of a time in brackets.
const BRACKETED: usize = 11;

fn bracketed(took: Duration) -> String {
    format!("[{:>8.3}s]", took.as_secs_f64())
}

/// `layer/name` with the name standing out.
pub(crate) fn id_text(id: &str) -> String {
    match id.rsplit_once('/') {
        Some((folder, name)) => format!("{}/{}", painted(ASIDE, folder), painted(NAME, name)),
        None => painted(NAME, id),
    }
}
