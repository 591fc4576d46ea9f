//! `modfault claims`

use std::collections::BTreeMap;
use std::io::Write as _;
use std::num::NonZeroUsize;

use super::{run, show};
use crate::arguments::{ClaimsArguments, Format, GoChoice, LanguageName, RunArguments, Selection};
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::output::Output;
use modfault_report::{
    Card, ClaimCard, Language, Record, VerdictWord, claim_evidence, claim_untold, claims_article,
    claims_json, claims_table,
};
use modfault_scenario::{ClaimId, ClaimVerdict};
use modfault_suite::{Case, cases};
use modfault_toolchain::Wanted;

/// Nobody has stated this.
#[derive(Debug, thiserror::Error)]
#[error("there is no claim {0}")]
struct NoClaim(ClaimId);

/// Says what documents state about go and what is true, or tries it.
pub(super) fn claims(
    arguments: &ClaimsArguments,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let ours = context.ours()?;
    let all = cases(&["kind:claims".to_owned()], &ours)
        .or_else(|error| output.bad_files(error.into(), arguments.format))?;
    if arguments.write {
        let cards: Vec<&Card> = all.iter().map(|case| &*case.card).collect();
        let text = claims_article(&ours.claims_preface()?, &cards);
        let Some(path) = ours.write_claims(&text)? else {
            let failure =
                Failure::usage("there is no checkout to write `scenarios/claims/README.md` to");
            return Err(failure
                .help("run it in a checkout of modfault, or name one with `--scenarios DIR`"));
        };
        writeln!(output.notes, "wrote {}", path.display())?;
        return Ok(Ending::AsExpected);
    }
    let wanted = wanted(arguments, &all)?;
    if arguments.run {
        return try_all(arguments, &wanted, context, output);
    }
    let language = language(arguments.lang, context);
    if arguments.claims.is_empty() || arguments.format == Format::Json {
        let cards: Vec<&ClaimCard> = wanted.values().map(|(card, _)| *card).collect();
        let text = match arguments.format {
            Format::Human => claims_table(&cards, language),
            Format::Json => claims_json(&cards).map_err(Failure::machine)?,
        };
        write!(output.data, "{text}")?;
        return Ok(Ending::AsExpected);
    }
    let go = match &arguments.go {
        None => Wanted::default(),
        Some(GoChoice::Each(versions)) if versions.len() == 1 => versions[0].clone(),
        Some(GoChoice::Each(_) | GoChoice::All) => {
            return Err(
                Failure::usage("a claim is told on one Go at a time").help(
                    "name one version, or try it on several with `--run`, which judges and prints no evidence",
                ),
            );
        }
    };
    tell(arguments, &wanted, &go, language, context, output)
}

/// The claims that are meant, each with the scenario that tries it.
fn wanted<'a>(
    arguments: &ClaimsArguments,
    all: &'a [Case],
) -> Result<BTreeMap<ClaimId, (&'a ClaimCard, &'a Case)>, Failure> {
    let mut known: BTreeMap<ClaimId, (&ClaimCard, &Case)> = BTreeMap::new();
    for case in all {
        for claim in &case.card.claims {
            known.insert(claim.id, (claim, case));
        }
    }
    if let Some(unknown) = arguments.claims.iter().find(|id| !known.contains_key(id)) {
        return Err(Failure::usage(NoClaim(*unknown)).help("`modfault claims` lists them"));
    }
    known.retain(|id, (claim, _)| {
        let named = arguments.claims.is_empty() || arguments.claims.contains(id);
        named
            && arguments
                .verdict
                .is_none_or(|verdict| verdict == claim.verdict)
    });
    Ok(known)
}

/// Runs the scenarios of these claims.
fn try_all(
    arguments: &ClaimsArguments,
    wanted: &BTreeMap<ClaimId, (&ClaimCard, &Case)>,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let mut filters: Vec<String> = wanted
        .values()
        .map(|(_, case)| case.id().to_owned())
        .collect();
    filters.sort();
    filters.dedup();
    let arguments = RunArguments {
        selection: Selection { filters },
        go: arguments.go.clone(),
        clock: arguments.clock,
        jobs: arguments.jobs,
        format: arguments.format,
        save: None,
        repeat: NonZeroUsize::MIN,
        partition: None,
        bless: false,
        fail_fast: false,
        no_probes: false,
    };
    run::run(&arguments, context, output)
}

/// Tries the scenarios of these claims, each once, and tells each claim with its evidence.
fn tell(
    arguments: &ClaimsArguments,
    wanted: &BTreeMap<ClaimId, (&ClaimCard, &Case)>,
    go: &Wanted,
    language: Language,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let mut records: BTreeMap<&str, Record> = BTreeMap::new();
    let mut ending = Ending::AsExpected;
    let mut first = true;
    for (claim, case) in wanted.values() {
        if !std::mem::take(&mut first) {
            writeln!(output.data)?;
        }
        if claim.verdict == ClaimVerdict::Untried {
            write!(output.data, "{}", claim_untold(claim, language))?;
            continue;
        }
        if !records.contains_key(case.id()) {
            let ran = show::run((*case).clone(), go, arguments.clock.name, context, output);
            let ran = match ran {
                Ok(ran) => ran,
                Err(failure) => {
                    // what is known without running it is still worth reading
                    write!(output.data, "{}", claim_untold(claim, language))?;
                    return Err(failure);
                }
            };
            if let Some(hindrance) = ran.hindrance {
                write!(output.data, "{}", claim_untold(claim, language))?;
                return Err(hindrance.into());
            }
            records.insert(case.id(), ran.record);
        }
        if let Some(record) = records.get(case.id()) {
            write!(output.data, "{}", claim_evidence(claim, record, language))?;
            ending = match record.verdict {
                VerdictWord::AsExpected | VerdictWord::OtherGo => ending,
                VerdictWord::NotAsExpected => Ending::NotAsExpected,
                VerdictWord::CouldNotRun => Ending::Machine,
            };
        }
    }
    Ok(ending)
}

/// The language that is asked for, or that of the user.
fn language(named: Option<LanguageName>, context: &Context) -> Language {
    match named {
        Some(LanguageName::En) => Language::En,
        Some(LanguageName::Zh) => Language::Zh,
        None => {
            let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
            let mut set = set.filter_map(|name| context.environment.value(name));
            // the first of them that is set counts (POSIX, 8.2)
            match set.find(|value| !value.is_empty()) {
                Some(value) if value.starts_with("zh") => Language::Zh,
                Some(_) | None => Language::En,
            }
        }
    }
}
