//! Capital letters, which are escaped in paths (`!c` for `C`).

use super::PROTOCOL;
use crate::act::{Act, Ask};
use crate::check::{Checked, answer, fails, ok, text, told, version, zip_of};
use crate::rule::{Rule, Setting, Severity, Shown};
use crate::sample::Sample;
use crate::seen::{Reply, Seen};

const DOWNLOAD: Option<Shown> = Some(Shown {
    run: "go mod download example.com/Camel@v1.0.0-RC.1",
    next: false,
});

/// Escaping, asked for and left out.
pub const RULES: &[Rule] = &[
    Rule {
        id: "escape.capital",
        says: "`!c` in module path and version stands for `C`",
        source: PROTOCOL,
        severity: Severity::Must,
        consequence: "go asks so; a module with capitals cannot be had",
        setting: Setting::Healthy,
        acts: capital,
        check: is_served,
        shown: DOWNLOAD,
    },
    Rule {
        id: "escape.namesake",
        says: "modules that differ in capitals are told apart",
        source: PROTOCOL,
        severity: Severity::Must,
        consequence: "go gets another module's files, and refuses their go.mod",
        setting: Setting::Healthy,
        acts: both,
        check: are_told_apart,
        shown: DOWNLOAD,
    },
    Rule {
        id: "escape.unescaped",
        says: "an unescaped capital is not taken for another module",
        source: PROTOCOL,
        severity: Severity::Must,
        consequence: "who types a URL by hand is shown what go does not get",
        setting: Setting::Healthy,
        acts: unescaped,
        check: is_no_other,
        shown: None,
    },
];

fn capital(sample: &Sample) -> Vec<Act> {
    let Some(capital) = &sample.capital else {
        return Vec::new();
    };
    ["info", "mod", "zip"]
        .map(|ending| Act::Ask(Ask::get(capital.file(ending))))
        .into()
}

fn both(sample: &Sample) -> Vec<Act> {
    match (&sample.capital, &sample.namesake) {
        (Some(capital), Some(namesake)) => [capital, namesake]
            .map(|known| Act::Ask(Ask::get(known.file("mod"))))
            .into(),
        _ => Vec::new(),
    }
}

fn unescaped(sample: &Sample) -> Vec<Act> {
    let (Some(capital), Some(namesake)) = (&sample.capital, &sample.namesake) else {
        return Vec::new();
    };
    let path = format!("/{}/@v/{}.mod", capital.path, namesake.version);
    vec![Act::Ask(Ask::get(path))]
}

fn is_served(sample: &Sample, seen: &Seen) -> Checked {
    let Some(capital) = &sample.capital else {
        return Err(fails("nothing to ask for"));
    };
    let version = version(ok(seen, 0)?)?;
    if version != capital.version {
        return Err(fails(format!("its Version is {version}")));
    }
    let go_mod = text(ok(seen, 1)?)?;
    if capital
        .go_mod
        .as_deref()
        .is_some_and(|right| right != go_mod)
    {
        return Err(fails("another go.mod"));
    }
    zip_of(capital, &ok(seen, 2)?.body)?;
    Ok(format!("{}@{version}", capital.path))
}

fn are_told_apart(sample: &Sample, seen: &Seen) -> Checked {
    for (index, known) in [&sample.capital, &sample.namesake].into_iter().enumerate() {
        let Some(known) = known else { continue };
        let got = text(ok(seen, index)?)?;
        if known.go_mod.as_deref().is_some_and(|right| right != got) {
            return Err(fails(format!("another go.mod for {}", known.path)));
        }
    }
    Ok("each has its own go.mod".to_owned())
}

fn is_no_other(sample: &Sample, seen: &Seen) -> Checked {
    if let Some(Reply::Broken(why)) = seen.replies.first() {
        return Err(fails(format!("no whole answer: {why}")));
    }
    let answer = answer(seen, 0)?;
    let namesake = sample.namesake.as_ref();
    let other = namesake.and_then(|known| known.go_mod.as_deref());
    if answer.status == 200 && other.is_some() && answer.text() == other {
        return Err(fails("200 with the go.mod of the module in lower case"));
    }
    if answer.status >= 500 {
        return Err(fails(told(answer)));
    }
    Ok(told(answer))
}
