//! Bad days of the upstream: none of them is an absence, and all end.

use super::FALLBACK;
use crate::act::{Act, Ask};
use crate::check::{Checked, answer, fails, ok, told, version, zip_of};
use crate::rule::{Bend, Rule, Setting, Severity, Shown};
use crate::sample::Sample;
use crate::seen::{Reply, Seen};

const LEAK: &str = "go takes 404 for absence and asks the next entry, perhaps in public";

const NEXT: Option<Shown> = Some(Shown {
    run: "go mod download example.com/greet@v1.0.0",
    next: true,
});
const DOWNLOAD: Option<Shown> = Some(Shown {
    run: "go mod download example.com/greet@v1.0.0",
    next: false,
});

/// `[[fault]]` on what the upstream says to requests for modules, in the given words of a scenario file.
macro_rules! bend {
    ($words:literal, $fault:literal) => {
        Setting::Bent(Bend {
            words: $words,
            fault: concat!(
                "[[fault]]\non = \"upstream.corp.example\"\n",
                "get = [\"list\", \"latest\", \"info\", \"mod\", \"zip\"]\n",
                $fault,
                "\n"
            ),
        })
    };
}

/// A rule that this bad day is no absence.
macro_rules! no_absence {
    ($id:literal, $words:literal, $severity:expr, $setting:expr) => {
        Rule {
            id: $id,
            says: concat!($words, ": neither 404, nor 410, nor 200"),
            source: FALLBACK,
            severity: $severity,
            consequence: LEAK,
            setting: $setting,
            acts: info_and_zip,
            check: is_no_absence,
            shown: NEXT,
        }
    };
}

/// Bad days.
pub const RULES: &[Rule] = &[
    no_absence!(
        "upstream.500",
        "the upstream says 500",
        Severity::Must,
        bend!("the upstream says 500", "http.status = 500")
    ),
    no_absence!(
        "upstream.502",
        "the upstream says 502",
        Severity::Must,
        bend!("the upstream says 502", "http.status = 502")
    ),
    no_absence!(
        "upstream.503",
        "the upstream says 503",
        Severity::Must,
        bend!("the upstream says 503", "http.status = 503")
    ),
    no_absence!(
        "upstream.429",
        "the upstream says 429",
        Severity::Must,
        bend!("the upstream says 429", "http.too-many-requests = 1")
    ),
    no_absence!(
        "upstream.401",
        "the upstream says 401",
        Severity::Should,
        bend!("the upstream says 401", "http = \"unauthorized\"")
    ),
    no_absence!(
        "upstream.403",
        "the upstream says 403",
        Severity::Should,
        bend!("the upstream says 403", "http.status = 403")
    ),
    no_absence!(
        "upstream.closes",
        "the upstream closes the connection",
        Severity::Must,
        bend!(
            "the upstream closes the connection",
            "http = \"close-before-answer\""
        )
    ),
    no_absence!(
        "upstream.reset",
        "the upstream resets the connection",
        Severity::Must,
        Setting::Bent(Bend {
            words: "the upstream resets the connection",
            fault: "[[fault]]\non = \"upstream.corp.example\"\nport = 443\ntcp.reset_after.bytes = 600\n",
        })
    ),
    no_absence!(
        "upstream.refused",
        "nobody listens upstream",
        Severity::Must,
        Setting::Bent(Bend {
            words: "nobody listens upstream",
            fault: "[[fault]]\nhosts.\"upstream.corp.example\".ports.443 = \"closed\"\n",
        })
    ),
    no_absence!(
        "upstream.no-name",
        "the upstream's name is not found",
        Severity::Must,
        Setting::Bent(Bend {
            words: "the upstream's name is not found",
            fault: "[[fault]]\non = \"upstream.corp.example\"\ndns.answer = \"nxdomain\"\n",
        })
    ),
    no_absence!(
        "upstream.certificate",
        "the upstream's certificate is untrusted",
        Severity::Must,
        Setting::Bent(Bend {
            words: "the upstream's certificate is untrusted",
            fault: "[[fault]]\non = \"upstream.corp.example\"\ntls.chain = \"unknown-root\"\n",
        })
    ),
    no_absence!(
        "upstream.page",
        "the upstream sends a login page with 200",
        Severity::Must,
        bend!(
            "the upstream sends a login page with 200",
            "http = \"captive-page\""
        )
    ),
    Rule {
        id: "upstream.broken-zip",
        says: "a zip upstream is broken: neither 404, nor 410, nor 200",
        source: FALLBACK,
        severity: Severity::Must,
        consequence: LEAK,
        setting: Setting::Bent(Bend {
            words: "zips upstream are cut short, with a length that fits",
            fault: "[[fault]]\non = \"upstream.corp.example\"\nget = \"zip\"\ngoproxy.truncated-zip = 200\n",
        }),
        acts: zip,
        check: is_no_absence,
        shown: NEXT,
    },
    Rule {
        id: "upstream.other-zip",
        says: "a zip upstream is not the database's: neither 404 nor 410",
        source: "go.dev/ref/mod#checksum-database",
        severity: Severity::Should,
        consequence: "go stops at a checksum mismatch; after 404 it asks the next entry",
        setting: Setting::Bent(Bend {
            words: "zips upstream have a file more",
            fault: "[[fault]]\non = \"upstream.corp.example\"\nget = \"zip\"\ngoproxy = \"altered-zip\"\n",
        }),
        acts: zip,
        check: is_not_called_absent,
        shown: NEXT,
    },
    Rule {
        id: "upstream.stall",
        says: "the upstream stalls: an error in time, neither 404 nor 410",
        source: FALLBACK,
        severity: Severity::Should,
        consequence: "go has no limit of its own for an answer, and waits as long",
        setting: bend!("the upstream stalls", "http = \"stall\""),
        acts: info,
        check: is_no_absence,
        shown: NEXT,
    },
    Rule {
        id: "upstream.stall-zip",
        says: "a zip stalls half way: an error in time, neither 404 nor 410",
        source: FALLBACK,
        severity: Severity::Should,
        consequence: "go has no limit of its own for an answer, and waits as long",
        setting: Setting::Bent(Bend {
            words: "the upstream stalls within a zip",
            fault: "[[fault]]\non = \"upstream.corp.example\"\nget = \"zip\"\nhttp.stall-body = 200\n",
        }),
        acts: zip,
        check: is_no_absence,
        shown: NEXT,
    },
    Rule {
        id: "upstream.redirect",
        says: "a redirect upstream is followed, or passed on",
        source: "RFC 9110 15.4",
        severity: Severity::Must,
        consequence: "mirrors that keep their zips elsewhere cannot be the upstream",
        setting: bend!(
            "the upstream redirects to a mirror",
            "http.redirect = \"https://mirror.corp.example{path}\""
        ),
        acts: info_and_zip,
        check: is_followed,
        shown: DOWNLOAD,
    },
];

fn info(sample: &Sample) -> Vec<Act> {
    vec![Act::Ask(Ask::get(sample.plain.file("info")))]
}

pub(super) fn zip(sample: &Sample) -> Vec<Act> {
    vec![Act::Ask(Ask::get(sample.plain.file("zip")))]
}

pub(super) fn info_and_zip(sample: &Sample) -> Vec<Act> {
    [info(sample), zip(sample)].concat()
}

fn is_no_absence(_: &Sample, seen: &Seen) -> Checked {
    let mut words: Vec<String> = Vec::new();
    for (index, reply) in seen.replies.iter().enumerate() {
        // To go, an answer that breaks off is no absence either.
        if let Reply::Broken(why) = reply {
            words.push(why.clone());
            continue;
        }
        let answer = answer(seen, index)?;
        match answer.status {
            200 | 404 | 410 => return Err(fails(told(answer))),
            _ => words.push(told(answer)),
        }
    }
    words.dedup();
    Ok(words.join("; "))
}

/// A wrong zip may be passed on, for go to find: that is another rule's business.
fn is_not_called_absent(_: &Sample, seen: &Seen) -> Checked {
    if let Some(Reply::Broken(why)) = seen.replies.first() {
        return Ok(why.clone());
    }
    let answer = answer(seen, 0)?;
    match answer.is_absence() {
        true => Err(fails(told(answer))),
        false => Ok(told(answer)),
    }
}

fn is_followed(sample: &Sample, seen: &Seen) -> Checked {
    for index in 0..seen.replies.len() {
        let answer = answer(seen, index)?;
        if let (300..400, Some(_)) = (answer.status, answer.header("location")) {
            return Ok(format!("passed on: {}", answer.status));
        }
    }
    is_right(sample, seen, 0)
}

/// Whether `.info` and `.zip` from `first` on are right.
pub(super) fn is_right(sample: &Sample, seen: &Seen, first: usize) -> Checked {
    let got = version(ok(seen, first)?)?;
    if got != sample.plain.version {
        return Err(fails(format!("its Version is {got}")));
    }
    zip_of(&sample.plain, &ok(seen, first + 1)?.body)?;
    Ok("200, 200".to_owned())
}
