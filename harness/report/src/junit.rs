//! JUnit XML, as CI systems read it: a suite a layer, a case a scenario; on several versions of Go one a scenario and version,
//! with the version in its name. Each suite has the versions as its property `go`.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::diff_text;
use crate::json::Report;
use crate::record::{Record, VerdictWord};
use crate::terminal::other_go;

/// The report as one XML document.
pub fn junit(report: &Report) -> String {
    let several = !report.versions.is_empty();
    let mut suites: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in &report.scenarios {
        suites
            .entry(record.scenario.layer.as_str())
            .or_default()
            .push(record);
    }
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"modfault\" {}>\n",
        counts(report.scenarios.iter())
    );
    for (layer, records) in suites {
        out.push_str(&format!(
            "  <testsuite name=\"{layer}\" {}>\n",
            counts(records.iter().copied())
        ));
        out.push_str(&properties(&records));
        for record in records {
            out.push_str(&case(record, several));
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn counts<'a>(records: impl Iterator<Item = &'a Record>) -> String {
    let (mut tests, mut failures, mut skipped, mut seconds) = (0, 0, 0, 0.0);
    for record in records {
        tests += 1;
        seconds += record.took.as_secs_f64();
        match record.verdict {
            VerdictWord::AsExpected => {}
            VerdictWord::NotAsExpected => failures += 1,
            VerdictWord::CouldNotRun | VerdictWord::OtherGo => skipped += 1,
        }
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" skipped=\"{skipped}\" time=\"{seconds:.3}\"")
}

/// The versions of Go that a suite ran on.
fn properties(records: &[&Record]) -> String {
    let versions: BTreeSet<&str> = records
        .iter()
        .filter_map(|record| record.go.as_deref())
        .collect();
    if versions.is_empty() {
        return String::new();
    }
    let versions: Vec<&str> = versions.into_iter().collect();
    format!(
        "    <properties>\n      <property name=\"go\" value=\"{}\"/>\n    </properties>\n",
        escaped(&versions.join(" "))
    )
}

fn case(record: &Record, several: bool) -> String {
    let name = match &record.go {
        Some(go) if several => format!("{} ({go})", record.scenario.id),
        Some(_) | None => record.scenario.id.clone(),
    };
    let opening = format!(
        "    <testcase classname=\"modfault.{}\" name=\"{}\" time=\"{:.3}\"",
        record.scenario.layer,
        escaped(&name),
        record.took.as_secs_f64()
    );
    let probes = probes(record);
    match record.verdict {
        VerdictWord::AsExpected if probes.is_empty() => format!("{opening}/>\n"),
        VerdictWord::AsExpected => format!("{opening}>\n{probes}    </testcase>\n"),
        VerdictWord::CouldNotRun => format!(
            "{opening}>\n      <skipped message=\"{}\"/>\n    </testcase>\n",
            escaped(record.could_not_run.as_deref().unwrap_or_default())
        ),
        VerdictWord::OtherGo => format!(
            "{opening}>\n      <skipped message=\"{}\"/>\n    </testcase>\n",
            escaped(&other_go(record))
        ),
        VerdictWord::NotAsExpected => {
            let mut text = String::new();
            for reason in &record.reasons {
                text.push_str(&format!("{}\n", reason.message));
                if let Some(diff) = &reason.diff {
                    text.push_str(&without_escapes(&diff_text(diff, "")));
                }
            }
            let first = record.reasons.first().map_or("", |reason| &reason.message);
            format!(
                "{opening}>\n      <failure message=\"{}\">{}</failure>\n{probes}    </testcase>\n",
                escaped(first),
                escaped(&text)
            )
        }
    }
}

/// What was tried to find the fault, and what it showed, as the output of the case; empty without any.
fn probes(record: &Record) -> String {
    let mut text = String::new();
    for probe in &record.scenario.probes {
        text.push_str(&format!("$ {}\n{}\n", probe.run, probe.reveals));
        match record.probe(&probe.run) {
            Some(seen) => {
                if let Some(why) = &seen.not_run {
                    text.push_str(&format!("not run: {why}\n"));
                }
                text.push_str(&format!("{}{}", seen.stdout, seen.stderr));
            }
            None => text.push_str("not run\n"),
        }
        text.push('\n');
    }
    if text.is_empty() {
        return text;
    }
    format!(
        "      <system-out>{}</system-out>\n",
        escaped(text.trim_end())
    )
}

/// Text without ANSI colour escapes (`ESC [ … m`).
fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    out + rest
}

/// Text for XML; characters that XML 1.0 §2.2 forbids become `?`.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\n' => "&#10;".to_owned(),
            '\t' => "\t".to_owned(),
            control if control.is_control() => "?".to_owned(),
            other => other.to_string(),
        })
        .collect()
}
