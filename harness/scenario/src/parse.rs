//! Text to [`Scenario`], or to everything that is wrong with it.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;
use toml::de::{DeTable, Deserializer};

use crate::check::check;
use crate::diagnostic::{Code, Diagnostic};
use crate::file::ScenarioFile;
use crate::module::ModuleLibrary;
use crate::scenario::Scenario;
use crate::schema::schema;
use crate::shape::check_shape;

/// Reads and checks a scenario file.
///
/// `path` is shown to readers and gives the id: `scenarios/tls/expired.toml` is `tls/expired`. The error holds every problem
/// of the file, in the order of the file.
pub fn parse(path: &str, text: &str, library: &ModuleLibrary) -> Result<Scenario, Vec<Diagnostic>> {
    let (mut document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // What a broken line was meant to say is a guess: the rest waits until it can be read.
        let diagnostics = errors.iter().map(|error| {
            let span = error.span().unwrap_or_default();
            Diagnostic::new(Code::BadToml, "the file is no TOML")
                .at(span, error.message())
                .help("https://toml.io explains the format; nothing else is checked until this is right")
        });
        return Err(diagnostics.collect());
    }

    static SCHEMA: LazyLock<Value> = LazyLock::new(schema);
    let span = document.span();
    let shape = check_shape(document.get_mut(), span, &SCHEMA);
    let file = match ScenarioFile::deserialize(Deserializer::from(document)) {
        Ok(file) => file,
        Err(error) => {
            // The schema lets through what the types refuse; where it found something itself, that is the cause.
            let mut diagnostics = shape.diagnostics;
            if diagnostics.is_empty() {
                let span = error.span().unwrap_or_default();
                diagnostics.push(
                    Diagnostic::new(Code::BadValue, "this value cannot be read")
                        .at(span, error.message())
                        .help("scenarios/README.md has an example for every key"),
                );
            }
            return Err(diagnostics);
        }
    };
    let is_whole = shape.diagnostics.is_empty();
    let mut diagnostics = shape.diagnostics;
    let (scenario, mut found) = check(path, text, &file, &shape.host_names, library);
    if !is_whole {
        found.retain(|diagnostic| !is_about_absence(diagnostic.code));
    }
    diagnostics.append(&mut found);
    if diagnostics.is_empty() {
        return Ok(scenario);
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span.start));
    diagnostics.dedup();
    Err(diagnostics)
}

/// Whether the problem may only be there because what would have been it was taken out as misshapen.
fn is_about_absence(code: Code) -> bool {
    matches!(
        code,
        Code::NoDescription
            | Code::UnknownLayer
            | Code::NoRun
            | Code::NoFault
            | Code::NoFix
            | Code::EmptyExpect
            | Code::EmptyFault
            | Code::FixChangesNothing
            | Code::BadStep
            | Code::MissingKey
            | Code::KindMismatch
            | Code::FaultNotApplicable
            | Code::UnknownRepository
            | Code::UnknownPort
    )
}
