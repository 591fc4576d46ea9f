//! `$module/@v/list` and `$module/@latest`.

use std::collections::BTreeSet;

use super::PROTOCOL;
use crate::act::{Act, Ask};
use crate::check::{Checked, answer, fails, ok, shortened, text, told, version};
use crate::rule::{Rule, Setting, Severity, Shown};
use crate::sample::Sample;
use crate::seen::Seen;
use modfault_gomod::ModuleVersion;

/// Versions of a module, and the latest one.
pub const RULES: &[Rule] = &[
    Rule {
        id: "list.versions",
        says: "list has the versions, one a line, pre-releases too",
        source: PROTOCOL,
        severity: Severity::Must,
        consequence: "`@latest` and `@upgrade` mean another version, or none",
        setting: Setting::Healthy,
        acts: list,
        check: versions,
        shown: Some(Shown {
            run: "go list -m -versions example.com/greet",
            next: false,
        }),
    },
    Rule {
        id: "list.text",
        says: "list is text/plain",
        source: PROTOCOL,
        severity: Severity::Should,
        consequence: "go does not look; caches and filters between may",
        setting: Setting::Healthy,
        acts: list,
        check: is_text,
        shown: None,
    },
    Rule {
        id: "list.no-pseudo",
        says: "list has no pseudo-versions",
        source: PROTOCOL,
        severity: Severity::Should,
        consequence: "go passes them over, and has read them for nothing",
        setting: Setting::Healthy,
        acts: untagged_list,
        check: no_pseudo,
        shown: None,
    },
    Rule {
        id: "list.untagged",
        says: "list of a module without releases is 200 and empty",
        source: PROTOCOL,
        severity: Severity::Must,
        consequence: "go asks for `@latest` only when the list is there and empty",
        setting: Setting::Healthy,
        acts: untagged_list,
        check: is_empty,
        shown: Some(Shown {
            run: "go list -m example.com/untagged@latest",
            next: true,
        }),
    },
    Rule {
        id: "latest.version",
        says: "@latest is JSON with a Version, or 404 or 410",
        source: PROTOCOL,
        severity: Severity::Must,
        consequence: "`@latest` of a module without releases cannot be told",
        setting: Setting::Healthy,
        acts: latest,
        check: names_a_version,
        shown: Some(Shown {
            run: "go list -m example.com/untagged@latest",
            next: true,
        }),
    },
];

fn list(sample: &Sample) -> Vec<Act> {
    vec![Act::Ask(Ask::get(sample.plain.list_path()))]
}

fn untagged_list(sample: &Sample) -> Vec<Act> {
    let untagged = sample.untagged.iter();
    untagged
        .map(|known| Act::Ask(Ask::get(known.list_path())))
        .collect()
}

fn latest(sample: &Sample) -> Vec<Act> {
    let modules = std::iter::once(&sample.plain).chain(&sample.untagged);
    modules
        .map(|known| Act::Ask(Ask::get(known.latest_path())))
        .collect()
}

fn versions(sample: &Sample, seen: &Seen) -> Checked {
    let lines: Vec<&str> = text(ok(seen, 0)?)?.lines().collect();
    for line in &lines {
        // The reference lets a time follow the version.
        let word = line.split(' ').next().unwrap_or_default();
        if ModuleVersion::parse(word).is_err() {
            return Err(fails(format!(
                "the line `{}` is no version",
                shortened(line, 40)
            )));
        }
    }
    let got: BTreeSet<&str> = lines.iter().copied().collect();
    if got.len() < lines.len() {
        return Err(fails("a version stands in it twice"));
    }
    if let Some(right) = &sample.plain.list {
        let right: BTreeSet<&str> = right.iter().map(String::as_str).collect();
        if let Some(missing) = right.difference(&got).next() {
            return Err(fails(format!("{missing} is missing")));
        }
        if let Some(more) = got.difference(&right).next() {
            return Err(fails(format!("{more} is in it, and not upstream")));
        }
    }
    Ok(lines.join(" "))
}

fn is_text(_: &Sample, seen: &Seen) -> Checked {
    match ok(seen, 0)?.header("content-type") {
        Some(kind) if kind.to_ascii_lowercase().starts_with("text/plain") => Ok(kind.to_owned()),
        Some(other) => Err(fails(other)),
        None => Err(fails("no Content-Type")),
    }
}

fn no_pseudo(_: &Sample, seen: &Seen) -> Checked {
    let lines = text(ok(seen, 0)?)?.lines();
    let is_pseudo =
        |line: &&str| ModuleVersion::parse(line).is_ok_and(|version| version.is_pseudo());
    match lines.into_iter().find(is_pseudo) {
        Some(line) => Err(fails(format!("{line} is in it"))),
        None => Ok("none".to_owned()),
    }
}

fn is_empty(_: &Sample, seen: &Seen) -> Checked {
    let answer = ok(seen, 0)?;
    match text(answer)?.trim() {
        "" => Ok("200, empty".to_owned()),
        more => Err(fails(format!("200: {}", shortened(more, 40)))),
    }
}

fn names_a_version(_: &Sample, seen: &Seen) -> Checked {
    let mut words = Vec::new();
    for index in 0..seen.replies.len() {
        let answer = answer(seen, index)?;
        words.push(match answer.status {
            200 => version(answer)?,
            404 | 410 => answer.status.to_string(),
            _ => return Err(fails(told(answer))),
        });
    }
    Ok(words.join(", "))
}
