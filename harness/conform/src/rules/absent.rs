//! What is not there, and what is gone.

use super::{FALLBACK, PROTOCOL};
use crate::act::{Act, Ask};
use crate::check::{Checked, answer, fails, told};
use crate::rule::{Bend, Rule, Setting, Severity, Shown};
use crate::sample::{Known, Sample};
use crate::seen::Seen;

const ABSENT: &str = "example.com/modfault-absent";

/// Absence.
pub const RULES: &[Rule] = &[
    Rule {
        id: "absent.module",
        says: ".info, .mod and .zip of an absent module are 404 or 410",
        source: FALLBACK,
        severity: Severity::Must,
        consequence: "go asks the next entry of GOPROXY only after 404 or 410",
        setting: Setting::Healthy,
        acts: module,
        check: are_absent,
        shown: Some(Shown {
            run: "go mod download example.com/elsewhere@v1.0.0",
            next: true,
        }),
    },
    Rule {
        id: "absent.version",
        says: "an absent version is 404 or 410",
        source: FALLBACK,
        severity: Severity::Must,
        consequence: "go asks the next entry of GOPROXY only after 404 or 410",
        setting: Setting::Healthy,
        acts: version,
        check: are_absent,
        shown: Some(Shown {
            run: "go mod download example.com/greet@v1.9.9",
            next: true,
        }),
    },
    Rule {
        id: "absent.list",
        says: "list of an absent module is 404 or 410",
        source: PROTOCOL,
        severity: Severity::Should,
        consequence: "an empty list says that the module is there, without releases",
        setting: Setting::Healthy,
        acts: list,
        check: are_absent,
        shown: Some(Shown {
            run: "go list -m -versions example.com/elsewhere",
            next: true,
        }),
    },
    Rule {
        id: "absent.text",
        says: "404 comes with a text/plain body that says why",
        source: PROTOCOL,
        severity: Severity::Should,
        consequence: "go prints a body that is text; a page in HTML it leaves out",
        setting: Setting::Healthy,
        acts: version,
        check: says_why,
        shown: Some(Shown {
            run: "go mod download example.com/greet@v1.9.9",
            next: false,
        }),
    },
    Rule {
        id: "gone.absent",
        says: "410 upstream stays 404 or 410",
        source: FALLBACK,
        severity: Severity::Must,
        consequence: "go asks the next entry of GOPROXY only after 404 or 410",
        setting: Setting::Bent(Bend {
            words: "the upstream says 410",
            fault: "[[fault]]\non = \"upstream.corp.example\"\nget = [\"list\", \"latest\", \"info\", \"mod\", \"zip\"]\ngoproxy = \"gone\"\n",
        }),
        acts: plain,
        check: are_absent,
        shown: Some(Shown {
            run: "go mod download example.com/greet@v1.0.0",
            next: true,
        }),
    },
];

fn files(known: &Known) -> Vec<Act> {
    ["info", "mod", "zip"]
        .map(|ending| Act::Ask(Ask::get(known.file(ending))))
        .into()
}

fn module(_: &Sample) -> Vec<Act> {
    files(&Known::named(ABSENT, "v1.0.0"))
}

fn version(sample: &Sample) -> Vec<Act> {
    let major = sample.plain.version.split('.').next().unwrap_or("v1");
    let absent = sample.plain.at(&format!("{major}.999.0"));
    files(&absent)
}

fn list(_: &Sample) -> Vec<Act> {
    let absent = Known::named(ABSENT, "v1.0.0");
    vec![Act::Ask(Ask::get(absent.list_path()))]
}

fn plain(sample: &Sample) -> Vec<Act> {
    files(&sample.plain)
}

fn are_absent(_: &Sample, seen: &Seen) -> Checked {
    let mut words: Vec<String> = Vec::new();
    for index in 0..seen.replies.len() {
        let answer = answer(seen, index)?;
        if !answer.is_absence() {
            return Err(fails(match answer.body.is_empty() {
                true => format!("{}, empty", told(answer)),
                false => told(answer),
            }));
        }
        words.push(answer.status.to_string());
    }
    words.dedup();
    Ok(words.join(", "))
}

fn says_why(_: &Sample, seen: &Seen) -> Checked {
    for index in 0..seen.replies.len() {
        let answer = answer(seen, index)?;
        let kind = answer.header("content-type").unwrap_or("none");
        if !kind.to_ascii_lowercase().starts_with("text/plain") {
            return Err(fails(format!("Content-Type is {kind}")));
        }
        if answer.text().is_none_or(|text| text.trim().is_empty()) {
            return Err(fails("it says nothing"));
        }
    }
    Ok(told(answer(seen, 0)?))
}
