//! Many clients at once.

use crate::act::{Act, Ask};
use crate::check::{Checked, fails, ok, zip_of};
use crate::rule::{Rule, Setting, Severity};
use crate::sample::Sample;
use crate::seen::Seen;

/// How many ask at the same time.
const CROWD: usize = 20;

/// How often the upstream may be asked for what they ask.
const UPSTREAM: usize = 2;

/// A crowd.
pub const RULES: &[Rule] = &[
    Rule {
        id: "load.same",
        says: "20 who ask at once for a new zip get the same bytes",
        source: "go.dev/ref/mod#goproxy-protocol",
        severity: Severity::Must,
        consequence: "one build of many fails: checksum mismatch, or not a valid zip file",
        setting: Setting::Alone,
        acts: crowd,
        check: are_same,
        shown: None,
    },
    Rule {
        id: "load.once",
        says: "for them the upstream is asked for the zip twice at most",
        source: "RFC 9111 4",
        severity: Severity::Should,
        consequence: "the first builds after a release are a burst upstream: 429",
        setting: Setting::Alone,
        acts: crowd,
        check: upstream,
        shown: None,
    },
];

fn crowd(sample: &Sample) -> Vec<Act> {
    let unasked = sample.unasked.iter();
    unasked
        .map(|known| Act::Together(CROWD, Ask::get(known.file("zip"))))
        .collect()
}

fn are_same(sample: &Sample, seen: &Seen) -> Checked {
    let first = ok(seen, 0)?;
    for index in 1..seen.replies.len() {
        if ok(seen, index)?.body != first.body {
            return Err(fails("two of them got different bytes"));
        }
    }
    match &sample.unasked {
        Some(known) => Ok(zip_of(known, &first.body)?),
        None => Err(fails("nothing to ask for")),
    }
}

fn upstream(sample: &Sample, seen: &Seen) -> Checked {
    for index in 0..seen.replies.len() {
        ok(seen, index)?;
    }
    let path = sample.unasked.as_ref().map(|known| known.file("zip"));
    let asked = seen.upstream.iter().map(|asked| &asked.path);
    let times = asked.filter(|asked| path.as_ref() == Some(asked)).count();
    match times {
        0 => Err(fails("nobody asked the upstream for it")),
        1 => Ok("asked once".to_owned()),
        2..=UPSTREAM => Ok(format!("asked {times} times")),
        _ => Err(fails(format!("asked {times} times"))),
    }
}
