//! `.info`, `.mod` and `.zip` of a version.

use std::io::Cursor;

use serde_json::Value;
use zip::ZipArchive;

use super::PROTOCOL;
use crate::act::{Act, Ask};
use crate::check::{Checked, fails, json, ok, prefix, shortened, text, version, zip_of};
use crate::rule::{Rule, Setting, Severity, Shown};
use crate::sample::Sample;
use crate::seen::Seen;

const DOWNLOAD: Option<Shown> = Some(Shown {
    run: "go mod download example.com/greet@v1.0.0",
    next: false,
});

/// The three files of a version.
pub const RULES: &[Rule] = &[
    Rule {
        id: "info.version",
        says: ".info is JSON with the Version that was asked for",
        source: PROTOCOL,
        severity: Severity::Must,
        consequence: "go refuses an answer that is no JSON or names another version",
        setting: Setting::Healthy,
        acts: info,
        check: same_version,
        shown: Some(Shown {
            run: "go list -m -json example.com/greet@v1.0.0",
            next: false,
        }),
    },
    Rule {
        id: "info.time",
        says: ".info has a Time as RFC 3339 spells it",
        source: "go.dev/ref/mod#goproxy-protocol, RFC 3339 5.6",
        severity: Severity::Should,
        consequence: "a Time in another form is an error; without one go shows none",
        setting: Setting::Healthy,
        acts: info,
        check: time,
        shown: None,
    },
    Rule {
        id: "mod.bytes",
        says: ".mod is the module's go.mod, byte for byte",
        source: PROTOCOL,
        severity: Severity::Must,
        consequence: "go.sum and the checksum database refuse it: checksum mismatch",
        setting: Setting::Healthy,
        acts: go_mod,
        check: same_bytes,
        shown: DOWNLOAD,
    },
    Rule {
        id: "zip.prefix",
        says: ".zip is a zip whose names begin with module@version/",
        source: "go.dev/ref/mod#zip-files",
        severity: Severity::Must,
        consequence: "go refuses to unpack it",
        setting: Setting::Healthy,
        acts: zip,
        check: prefixed,
        shown: DOWNLOAD,
    },
    Rule {
        id: "zip.hash",
        says: ".zip has the h1 hash that it has upstream",
        source: "go.dev/ref/mod#go-sum-files",
        severity: Severity::Must,
        consequence: "go.sum and the checksum database refuse it: checksum mismatch",
        setting: Setting::Healthy,
        acts: zip,
        check: hashed,
        shown: DOWNLOAD,
    },
];

fn info(sample: &Sample) -> Vec<Act> {
    vec![Act::Ask(Ask::get(sample.plain.file("info")))]
}

fn go_mod(sample: &Sample) -> Vec<Act> {
    vec![Act::Ask(Ask::get(sample.plain.file("mod")))]
}

fn zip(sample: &Sample) -> Vec<Act> {
    vec![Act::Ask(Ask::get(sample.plain.file("zip")))]
}

fn same_version(sample: &Sample, seen: &Seen) -> Checked {
    let version = version(ok(seen, 0)?)?;
    match version == sample.plain.version {
        true => Ok(version),
        false => Err(fails(format!("its Version is {version}"))),
    }
}

fn time(_: &Sample, seen: &Seen) -> Checked {
    let json = json(ok(seen, 0)?)?;
    match json.get("Time") {
        Some(Value::String(time)) if is_time(time) => Ok(time.clone()),
        Some(other) => Err(fails(format!("Time is {other}"))),
        None => Err(fails("no Time")),
    }
}

/// Whether `text` is a `date-time` of RFC 3339 5.6.
fn is_time(text: &str) -> bool {
    let shaped = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text
                .chars()
                .zip(shape.chars())
                .all(|(is, like)| match like {
                    '0' => is.is_ascii_digit(),
                    _ => is == like,
                })
    };
    let Some((moment, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let fraction = |text: &str| {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        (digits > 0).then_some(digits)
    };
    let zone = match rest.strip_prefix('.') {
        None => rest,
        Some(rest) => match fraction(rest) {
            Some(digits) => &rest[digits..],
            None => return false,
        },
    };
    shaped(moment, "0000-00-00T00:00:00")
        && (zone == "Z" || shaped(zone, "+00:00") || shaped(zone, "-00:00"))
}

fn same_bytes(sample: &Sample, seen: &Seen) -> Checked {
    let answer = ok(seen, 0)?;
    let got = text(answer)?;
    match &sample.plain.go_mod {
        Some(right) if right == got => Ok(format!("{} bytes", got.len())),
        Some(_) => Err(fails(format!(
            "other bytes: {}",
            shortened(&got.escape_debug().to_string(), 50)
        ))),
        None => {
            let named = got.lines().find_map(|line| line.strip_prefix("module "));
            match named.map(|name| name.trim().trim_matches('"')) {
                Some(name) if name == sample.plain.path => Ok(format!("module {name}")),
                Some(name) => Err(fails(format!("it is that of {}", shortened(name, 60)))),
                None => Err(fails("it has no module line")),
            }
        }
    }
}

fn prefixed(sample: &Sample, seen: &Seen) -> Checked {
    let answer = ok(seen, 0)?;
    let archive = ZipArchive::new(Cursor::new(&answer.body));
    let archive = archive.map_err(|error| fails(format!("no zip: {error}")))?;
    let prefix = prefix(&sample.plain);
    let odd = archive.file_names().find(|name| !name.starts_with(&prefix));
    match odd {
        Some(name) => Err(fails(format!("it has `{}`", shortened(name, 60)))),
        None => Ok(format!("{} files below {prefix}", archive.len())),
    }
}

fn hashed(sample: &Sample, seen: &Seen) -> Checked {
    Ok(zip_of(&sample.plain, &ok(seen, 0)?.body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_other_texts() {
        for text in [
            "2020-01-01T00:00:00Z",
            "2020-01-01T00:00:00.123Z",
            "2020-01-01T00:00:00+08:00",
        ] {
            assert!(is_time(text), "{text}");
        }
        for text in [
            "",
            "2020-01-01",
            "2020-01-01 00:00:00",
            "2020-01-01T00:00:00",
            "2020-01-01T00:00:00.Z",
            "Wed, 01 Jan 2020 00:00:00 GMT",
        ] {
            assert!(!is_time(text), "{text}");
        }
    }
}
