//! What is asked for that is no release: branches, pseudo-versions, `+incompatible`.

use super::PROTOCOL;
use crate::act::{Act, Ask};
use crate::check::{Checked, answer, fails, ok, told, version, zip_of};
use crate::rule::{Rule, Setting, Severity, Shown};
use crate::sample::{Known, Sample};
use crate::seen::Seen;

/// Queries.
pub const RULES: &[Rule] = &[
    Rule {
        id: "query.branch",
        says: ".info of a branch is its version, or 404 or 410",
        source: PROTOCOL,
        severity: Severity::Must,
        consequence: "`go get MODULE@main` stops, where another entry could tell",
        setting: Setting::Healthy,
        acts: branch,
        check: is_told_or_absent,
        shown: Some(Shown {
            run: "go list -m example.com/greet@main",
            next: true,
        }),
    },
    Rule {
        id: "query.pseudo",
        says: "a pseudo-version is served as any version",
        source: "go.dev/ref/mod#pseudo-versions",
        severity: Severity::Must,
        consequence: "a go.mod that requires a commit cannot be built",
        setting: Setting::Healthy,
        acts: |sample| files(sample.untagged.as_ref()),
        check: |sample, seen| is_served(sample.untagged.as_ref(), seen),
        shown: Some(Shown {
            run: "go mod download example.com/untagged@v0.0.0-20200101000000-0123456789ab",
            next: false,
        }),
    },
    Rule {
        id: "query.incompatible",
        says: "a +incompatible version is served as any version",
        source: "go.dev/ref/mod#incompatible-versions",
        severity: Severity::Must,
        consequence: "a module from before go.mod cannot be had",
        setting: Setting::Healthy,
        acts: |sample| files(sample.incompatible.as_ref()),
        check: |sample, seen| is_served(sample.incompatible.as_ref(), seen),
        shown: Some(Shown {
            run: "go mod download example.com/legacy@v2.0.0+incompatible",
            next: false,
        }),
    },
];

fn branch(sample: &Sample) -> Vec<Act> {
    let path = sample.plain.at("main").file("info");
    vec![Act::Ask(Ask::get(path))]
}

fn is_told_or_absent(_: &Sample, seen: &Seen) -> Checked {
    let answer = answer(seen, 0)?;
    match answer.status {
        200 => Ok(version(answer)?),
        404 | 410 => Ok(told(answer)),
        _ => Err(fails(told(answer))),
    }
}

fn files(known: Option<&Known>) -> Vec<Act> {
    let Some(known) = known else {
        return Vec::new();
    };
    ["info", "zip"]
        .map(|ending| Act::Ask(Ask::get(known.file(ending))))
        .into()
}

fn is_served(known: Option<&Known>, seen: &Seen) -> Checked {
    let Some(known) = known else {
        return Err(fails("nothing to ask for"));
    };
    let got = version(ok(seen, 0)?)?;
    if got != known.version {
        return Err(fails(format!("its Version is {got}")));
    }
    zip_of(known, &ok(seen, 1)?.body)?;
    Ok(got)
}
