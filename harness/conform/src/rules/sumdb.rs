//! `/sumdb/NAME/...`: the checksum database, passed on.

use crate::act::{Act, Ask};
use crate::check::{Checked, answer, fails, ok, shortened, told};
use crate::rule::{Bend, Rule, Setting, Severity, Shortfall, Shown};
use crate::sample::Sample;
use crate::seen::{Answer, Seen};

const SOURCE: &str = "go.dev/design/25530-sumdb#proxying-a-checksum-database";

const DOWNLOAD: Option<Shown> = Some(Shown {
    run: "go mod download example.com/greet@v1.0.0",
    next: false,
});

/// The checksum database.
pub const RULES: &[Rule] = &[
    Rule {
        id: "sumdb.supported",
        says: "supported is 200 where the database is passed on, else 404 or 410",
        source: SOURCE,
        severity: Severity::Must,
        consequence: "go stops, and does not ask the database itself",
        setting: Setting::Healthy,
        acts: supported,
        check: is_clear,
        shown: DOWNLOAD,
    },
    Rule {
        id: "sumdb.lookup",
        says: "lookup is what the database says, byte for byte",
        source: SOURCE,
        severity: Severity::Must,
        consequence: "go refuses a record that it cannot verify: nothing is downloaded",
        setting: Setting::Healthy,
        acts: |sample| passed(sample, &lookup(sample)),
        check: is_same,
        shown: DOWNLOAD,
    },
    Rule {
        id: "sumdb.latest",
        says: "latest is what the database says, byte for byte",
        source: SOURCE,
        severity: Severity::Must,
        consequence: "go refuses a tree head that it cannot verify",
        setting: Setting::Healthy,
        acts: |sample| passed(sample, "/latest"),
        check: is_same,
        shown: DOWNLOAD,
    },
    Rule {
        id: "sumdb.tile",
        says: "a tile is what the database says, byte for byte",
        source: SOURCE,
        severity: Severity::Must,
        consequence: "go refuses a tile that does not fit the tree: security error",
        setting: Setting::Healthy,
        acts: |sample| passed(sample, "/tile/8/0/000.p/2"),
        check: is_same,
        shown: DOWNLOAD,
    },
    Rule {
        id: "sumdb.absent",
        says: "a module that the database lacks is as absent as there",
        source: SOURCE,
        severity: Severity::Should,
        consequence: "go prints what the server says of it",
        setting: Setting::Healthy,
        acts: |sample| passed(sample, "/lookup/example.com/modfault-absent@v1.0.0"),
        check: is_as_absent,
        shown: None,
    },
    Rule {
        id: "sumdb.lie",
        says: "a lie of the database is passed on, not repaired",
        source: SOURCE,
        severity: Severity::Must,
        consequence: "go alone has the key, and must be the one who finds it",
        setting: Setting::Bent(Bend {
            words: "the database has a wrong hash in its log",
            fault: "[[fault]]\non = \"sum.golang.org\"\nsumdb = \"wrong-zip-hash\"\n\n[[fault]]\non = \"upstream.corp.example\"\nsumdb = \"wrong-zip-hash\"\n",
        }),
        acts: |sample| passed(sample, &lookup(sample)),
        check: is_same,
        shown: DOWNLOAD,
    },
];

fn path(sample: &Sample, rest: &str) -> Option<String> {
    let database = sample.database.as_ref()?;
    Some(format!("/sumdb/{database}{rest}"))
}

fn lookup(sample: &Sample) -> String {
    let known = &sample.plain;
    let escape = modfault_gomod::escape;
    format!("/lookup/{}@{}", escape(&known.path), escape(&known.version))
}

fn supported(sample: &Sample) -> Vec<Act> {
    let path = path(sample, "/supported").into_iter();
    path.map(|path| Act::Ask(Ask::get(path))).collect()
}

/// Whether it is supported, the file from the subject, and from the database where that is to be had.
fn passed(sample: &Sample, rest: &str) -> Vec<Act> {
    let mut acts = supported(sample);
    acts.extend(path(sample, rest).map(|path| Act::Ask(Ask::get(path))));
    if sample.has_world && !acts.is_empty() {
        acts.push(Act::AskDatabase(rest.to_owned()));
    }
    acts
}

fn is_clear(_: &Sample, seen: &Seen) -> Checked {
    let answer = answer(seen, 0)?;
    match answer.status {
        200 | 404 | 410 => Ok(answer.status.to_string()),
        _ => Err(fails(told(answer))),
    }
}

/// The answers of the subject and of the database, where the subject passes that on.
fn pair(seen: &Seen) -> Result<(&Answer, Option<&Answer>), Shortfall> {
    let supported = answer(seen, 0)?;
    if supported.status != 200 {
        return Err(Shortfall::NotTried(format!(
            "the database is not passed on ({})",
            supported.status
        )));
    }
    let itself = match seen.replies.len() {
        3.. => Some(answer(seen, 2)?),
        _ => None,
    };
    Ok((answer(seen, 1)?, itself))
}

fn is_same(_: &Sample, seen: &Seen) -> Checked {
    let (passed, itself) = pair(seen)?;
    let passed = match passed.status {
        200 => passed,
        _ => return Err(fails(told(passed))),
    };
    match itself {
        Some(itself) if itself.status != 200 => Err(Shortfall::NotTried(format!(
            "the database itself says {}",
            itself.status
        ))),
        Some(itself) if itself.body != passed.body => {
            let beginning = passed.text().unwrap_or("bytes").escape_debug().to_string();
            Err(fails(format!("other bytes: {}", shortened(&beginning, 50))))
        }
        Some(_) => Ok(format!("the same {} bytes", passed.body.len())),
        None => Ok(format!("{} bytes", passed.body.len())),
    }
}

fn is_as_absent(_: &Sample, seen: &Seen) -> Checked {
    let (passed, itself) = pair(seen)?;
    match (passed.is_absence(), itself.is_none_or(Answer::is_absence)) {
        (true, _) => Ok(passed.status.to_string()),
        (false, true) => Err(fails(told(passed))),
        (false, false) => ok(seen, 1).map(|answer| answer.status.to_string()),
    }
}
