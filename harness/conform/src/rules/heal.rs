//! What is broken upstream is neither served nor kept: once it heals, the same request works.

use super::upstream::{info_and_zip, is_right, zip};
use crate::act::Act;
use crate::check::{Checked, answer, fails, told, zip_of};
use crate::rule::{Bend, Rule, Setting, Severity, Shown};
use crate::sample::Sample;
use crate::seen::{Reply, Seen};

const KEPT: &str = "every build goes on failing until somebody clears the cache";

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

/// Healing.
pub const RULES: &[Rule] = &[
    Rule {
        id: "heal.502",
        says: "after a 502 upstream the same request works",
        source: "RFC 9111 4",
        severity: Severity::Must,
        consequence: KEPT,
        setting: bend!("the upstream says 502, then heals", "http.status = 502"),
        acts: healed,
        check: works_then,
        shown: None,
    },
    Rule {
        id: "heal.reset",
        says: "after a reset upstream the same request works",
        source: "RFC 9111 4",
        severity: Severity::Must,
        consequence: KEPT,
        setting: bend!("the upstream resets, then heals", "http.reset-body = 20"),
        acts: healed,
        check: works_then,
        shown: None,
    },
    Rule {
        id: "heal.absent",
        says: "what is released after a 404 is there when asked for again",
        source: "RFC 9111 4.2.2",
        severity: Severity::Should,
        consequence: "a release is not seen by who asked for it too early",
        setting: bend!(
            "the upstream says 404, then has it",
            "goproxy = \"not-found\""
        ),
        acts: healed,
        check: works_then,
        shown: None,
    },
    Rule {
        id: "zip.truncated",
        says: "a zip that is cut short upstream is not served",
        source: "go.dev/ref/mod#zip-files",
        severity: Severity::Must,
        consequence: "go refuses it: not a valid zip file",
        setting: Setting::Bent(Bend {
            words: "zips upstream are cut short, with a length that fits",
            fault: "[[fault]]\non = \"upstream.corp.example\"\nget = \"zip\"\ngoproxy.truncated-zip = 200\n",
        }),
        acts: zip,
        check: is_no_wrong_zip,
        shown: DOWNLOAD,
    },
    Rule {
        id: "zip.cut",
        says: "a zip whose connection closes half way is not served",
        source: "RFC 9112 8",
        severity: Severity::Must,
        consequence: "go refuses it: not a valid zip file",
        setting: Setting::Bent(Bend {
            words: "the connection closes within zips",
            fault: "[[fault]]\non = \"upstream.corp.example\"\nget = \"zip\"\nhttp.cut-body = 200\n",
        }),
        acts: zip,
        check: is_no_wrong_zip,
        shown: DOWNLOAD,
    },
    Rule {
        id: "zip.corrupt",
        says: "a zip with a wrong byte is not served",
        source: "go.dev/ref/mod#zip-files",
        severity: Severity::Should,
        consequence: "go refuses it: zip: checksum error, or checksum mismatch",
        setting: Setting::Bent(Bend {
            words: "one byte of zips upstream is wrong",
            fault: "[[fault]]\non = \"upstream.corp.example\"\nget = \"zip\"\nhttp.corrupt-body = 70\n",
        }),
        acts: zip,
        check: is_no_wrong_zip,
        shown: DOWNLOAD,
    },
    Rule {
        id: "zip.altered",
        says: "a zip with a hash other than the database's is not served",
        source: "go.dev/ref/mod#checksum-database",
        severity: Severity::Should,
        consequence: "go with a checksum database refuses it; without one it is used",
        setting: Setting::Bent(Bend {
            words: "zips upstream have a file more",
            fault: "[[fault]]\non = \"upstream.corp.example\"\nget = \"zip\"\ngoproxy = \"altered-zip\"\n",
        }),
        acts: zip,
        check: is_no_wrong_zip,
        shown: DOWNLOAD,
    },
    Rule {
        id: "zip.other-mod",
        says: "a zip with another go.mod than .mod is not served",
        source: "go.dev/ref/mod#zip-files",
        severity: Severity::Should,
        consequence: "go with a checksum database refuses it; without one it is used",
        setting: Setting::Bent(Bend {
            words: "zips upstream hold another go.mod",
            fault: "[[fault]]\non = \"upstream.corp.example\"\nget = \"zip\"\ngoproxy = \"other-go-mod-in-zip\"\n",
        }),
        acts: zip,
        check: is_no_wrong_zip,
        shown: DOWNLOAD,
    },
    Rule {
        id: "heal.truncated",
        says: "after a zip that was cut short a whole one is served",
        source: "RFC 9111 3.3",
        severity: Severity::Must,
        consequence: KEPT,
        setting: Setting::Bent(Bend {
            words: "zips upstream are cut short, then whole",
            fault: "[[fault]]\non = \"upstream.corp.example\"\nget = \"zip\"\ngoproxy.truncated-zip = 200\n",
        }),
        acts: healed,
        check: works_then,
        shown: None,
    },
    Rule {
        id: "heal.cut",
        says: "after a zip whose connection closed a whole one is served",
        source: "RFC 9111 3.3",
        severity: Severity::Must,
        consequence: KEPT,
        setting: Setting::Bent(Bend {
            words: "the connection closes within zips, then no more",
            fault: "[[fault]]\non = \"upstream.corp.example\"\nget = \"zip\"\nhttp.cut-body = 200\n",
        }),
        acts: healed,
        check: works_then,
        shown: None,
    },
];

/// The same before and after it heals.
fn healed(sample: &Sample) -> Vec<Act> {
    let asked = info_and_zip(sample);
    [asked.clone(), vec![Act::Lift], asked].concat()
}

fn works_then(sample: &Sample, seen: &Seen) -> Checked {
    is_right(sample, seen, seen.replies.len().saturating_sub(2))
}

fn is_no_wrong_zip(sample: &Sample, seen: &Seen) -> Checked {
    if let Some(Reply::Broken(why)) = seen.replies.first() {
        return Ok(why.clone());
    }
    let answer = answer(seen, 0)?;
    match answer.status {
        200 => {
            zip_of(&sample.plain, &answer.body).map_err(|why| fails(format!("200, {why}")))?;
            Ok("200 with the right zip".to_owned())
        }
        _ => Ok(told(answer)),
    }
}
