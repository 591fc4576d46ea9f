//! HTTP itself: HEAD, lengths, conditions, ranges, and what caches are told.

use std::time::Duration;

use crate::act::{Act, Ask};
use crate::check::{Checked, answer, fails, ok, told};
use crate::rule::{Rule, Setting, Severity, Shortfall};
use crate::sample::{Known, Sample};
use crate::seen::{Answer, Seen};

/// The longest that something which changes may be kept by caches on the way.
const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// How many bytes a range asks for.
const RANGE: usize = 10;

/// HTTP.
pub const RULES: &[Rule] = &[
    Rule {
        id: "http.head",
        says: "HEAD has the status and length of GET, and no body",
        source: "RFC 9110 9.3.2",
        severity: Severity::Should,
        consequence: "go never sends HEAD; mirrors and monitors do",
        setting: Setting::Healthy,
        acts: head,
        check: is_like_get,
        shown: None,
    },
    Rule {
        id: "http.length",
        says: "Content-Length is the length of the body",
        source: "RFC 9110 8.6",
        severity: Severity::Must,
        consequence: "go waits for the rest, or keeps a part: unexpected EOF",
        setting: Setting::Healthy,
        acts: files,
        check: lengths,
        shown: None,
    },
    Rule {
        id: "http.conditional",
        says: "If-None-Match is honoured with 304, or passed over",
        source: "RFC 9110 13.1.2",
        severity: Severity::Should,
        consequence: "go asks without conditions; a cache in between keeps what is old",
        setting: Setting::Healthy,
        acts: conditional,
        check: is_honoured,
        shown: None,
    },
    Rule {
        id: "http.range",
        says: "Range is honoured with 206, or passed over",
        source: "RFC 9110 14.2, 15.3.7",
        severity: Severity::Should,
        consequence: "go asks without ranges; who resumes a download gets a wrong file",
        setting: Setting::Healthy,
        acts: range,
        check: is_the_part,
        shown: None,
    },
    Rule {
        id: "cache.list",
        says: "caches may not keep list and @latest for more than a day",
        source: "RFC 9111 5.2.2",
        severity: Severity::Should,
        consequence: "a new release is not seen until the cache forgets",
        setting: Setting::Healthy,
        acts: changing,
        check: are_short_lived,
        shown: None,
    },
    Rule {
        id: "cache.absent",
        says: "caches may not keep an absence for more than a day",
        source: "RFC 9111 5.2.2",
        severity: Severity::Should,
        consequence: "a version asked for before its release is not there after it",
        setting: Setting::Healthy,
        acts: absent,
        check: are_short_lived,
        shown: None,
    },
];

fn head(sample: &Sample) -> Vec<Act> {
    ["info", "zip"]
        .into_iter()
        .flat_map(|ending| {
            let path = sample.plain.file(ending);
            [Act::Ask(Ask::get(path.clone())), Act::Ask(Ask::head(path))]
        })
        .collect()
}

fn files(sample: &Sample) -> Vec<Act> {
    let known = &sample.plain;
    let paths = ["info", "mod", "zip"].map(|ending| known.file(ending));
    let paths = paths.into_iter().chain([known.list_path()]);
    paths.map(|path| Act::Ask(Ask::get(path))).collect()
}

fn conditional(sample: &Sample) -> Vec<Act> {
    let ask = Ask::get(sample.plain.file("zip"));
    vec![Act::Ask(ask.clone()), Act::Ask(ask.unless(0))]
}

fn range(sample: &Sample) -> Vec<Act> {
    let ask = Ask::get(sample.plain.file("zip"));
    let part = ask.clone().with("range", &format!("bytes=0-{}", RANGE - 1));
    vec![Act::Ask(ask), Act::Ask(part)]
}

fn changing(sample: &Sample) -> Vec<Act> {
    let paths = [sample.plain.list_path(), sample.plain.latest_path()];
    paths.map(|path| Act::Ask(Ask::get(path))).into()
}

fn absent(_: &Sample) -> Vec<Act> {
    let absent = Known::named("example.com/modfault-absent", "v1.0.0");
    let paths = [absent.file("info"), absent.list_path()];
    paths.map(|path| Act::Ask(Ask::get(path))).into()
}

fn length(answer: &Answer) -> Option<&str> {
    answer.header("content-length")
}

fn is_like_get(_: &Sample, seen: &Seen) -> Checked {
    let mut same = Vec::new();
    for index in (0..seen.replies.len()).step_by(2) {
        let get = ok(seen, index)?;
        let head = answer(seen, index + 1)?;
        if head.status != get.status {
            return Err(fails(format!(
                "HEAD is {}, GET {}",
                head.status, get.status
            )));
        }
        if let Some(length) = length(head)
            && length != get.body.len().to_string()
        {
            return Err(fails(format!(
                "HEAD says {length} bytes, GET has {}",
                get.body.len()
            )));
        }
        same.push(length(head).unwrap_or("no length"));
    }
    Ok(format!("200, {}", same.join(" and ")))
}

fn lengths(_: &Sample, seen: &Seen) -> Checked {
    let mut words = Vec::new();
    for index in 0..seen.replies.len() {
        let answer = ok(seen, index)?;
        let body = answer.body.len().to_string();
        match length(answer) {
            Some(length) if length != body => {
                return Err(fails(format!("it says {length}, and {body} bytes came")));
            }
            Some(length) => words.push(length),
            None => words.push("none"),
        }
    }
    Ok(words.join(", "))
}

fn is_honoured(_: &Sample, seen: &Seen) -> Checked {
    let first = ok(seen, 0)?;
    let Some(tag) = first.header("etag") else {
        return Ok("no ETag".to_owned());
    };
    let second = answer(seen, 1)?;
    match second.status {
        304 if second.body.is_empty() => Ok(format!("304 for {tag}")),
        304 => Err(fails("304 with a body")),
        200 if second.body == first.body => Ok("passed over: 200".to_owned()),
        200 => Err(fails("200 with another body")),
        _ => Err(fails(told(second))),
    }
}

fn is_the_part(_: &Sample, seen: &Seen) -> Checked {
    let whole = &ok(seen, 0)?.body;
    if whole.len() <= RANGE {
        return Err(Shortfall::NotTried("too small".to_owned()));
    }
    let part = answer(seen, 1)?;
    let right = format!("bytes 0-{}/{}", RANGE - 1, whole.len());
    let unknown = format!("bytes 0-{}/*", RANGE - 1);
    match (part.status, part.header("content-range")) {
        (206, Some(range)) if range == right || range == unknown => {
            match part.body == whole[..RANGE] {
                true => Ok(format!("206, {range}")),
                false => Err(fails("206 with other bytes")),
            }
        }
        (206, range) => Err(fails(format!(
            "206 with Content-Range {}",
            range.unwrap_or("none")
        ))),
        (200, _) if part.body == *whole => Ok("passed over: 200".to_owned()),
        (200, _) => Err(fails("200 with a part of the body")),
        _ => Err(fails(told(part))),
    }
}

fn are_short_lived(_: &Sample, seen: &Seen) -> Checked {
    let mut words: Vec<String> = Vec::new();
    for index in 0..seen.replies.len() {
        let answer = answer(seen, index)?;
        let control = answer.header("cache-control").unwrap_or("none");
        if is_long(control) {
            return Err(fails(format!(
                "Cache-Control of {} is {control}",
                answer.status
            )));
        }
        words.push(control.to_owned());
    }
    words.dedup();
    Ok(format!("Cache-Control: {}", words.join("; ")))
}

/// Whether a Cache-Control lets shared caches keep something for more than a day.
fn is_long(control: &str) -> bool {
    let directives = || {
        control
            .split(',')
            .map(|word| word.trim().to_ascii_lowercase())
    };
    if directives().any(|word| matches!(word.as_str(), "no-store" | "no-cache" | "private")) {
        return false;
    }
    let seconds = |name: &str| {
        directives().find_map(|word| {
            let value = word.strip_prefix(name)?.strip_prefix('=')?.to_owned();
            value.trim_matches('"').parse::<u64>().ok()
        })
    };
    // What a shared cache goes by comes first (RFC 9111 5.2.2.10).
    let age = seconds("s-maxage").or_else(|| seconds("max-age"));
    directives().any(|word| word == "immutable") || age.is_some_and(|age| age > A_DAY.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_caches_may_keep_for_long_is_told_by_the_directives() {
        for control in [
            "immutable",
            "public, max-age=31536000",
            "s-maxage=90000, max-age=1",
            "Max-Age=\"604800\"",
        ] {
            assert!(is_long(control), "{control}");
        }
        for control in [
            "none",
            "",
            "max-age=60",
            "no-store, max-age=31536000",
            "private, max-age=31536000",
            "s-maxage=60, max-age=31536000",
        ] {
            assert!(!is_long(control), "{control}");
        }
    }
}
