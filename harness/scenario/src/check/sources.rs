//! Where a scenario is documented, and which rows of the coverage table it shows.

use super::Check;
use crate::covers::Row;
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{Located, ScenarioFile};

impl Check<'_> {
    pub(super) fn sources(&mut self, file: &ScenarioFile) -> Vec<String> {
        for source in file.sources.iter().filter(|s| !is_source(&s.value)) {
            self.bad_source(source);
        }
        file.sources.iter().map(|s| s.value.clone()).collect()
    }

    pub(super) fn bad_source(&mut self, source: &Located<String>) {
        self.report(
            Diagnostic::new(
                Code::BadSource,
                format!("`{}` is not a source", source.value),
            )
            .at(source.span.clone(), "expected a document and a section")
            .help(
                "write `S1-3.2` for section 3.2 of the document S1, `RFC 9110 15.4` or `go help goproxy`; \
                 a script of cmd/go's tests stands under `covers`",
            ),
        );
    }

    pub(super) fn covers(&mut self, file: &ScenarioFile) -> Vec<Row> {
        let mut rows = Vec::new();
        for row in &file.covers {
            match row.value.parse::<Row>() {
                Ok(row) => rows.push(row),
                Err(error) => self.report(
                    Diagnostic::new(Code::BadCovers, error.to_string())
                        .at(row.span.clone(), "no row of the coverage table is called so")
                        .help("`modfault coverage` lists the rows; the failure of its own id a scenario covers without being told"),
                ),
            }
        }
        rows
    }
}

/// Whether `text` is a document and a section (`S1-3.2`), a section of an RFC (`RFC 9110 15.4`), or a help topic (`go help goproxy`).
pub(super) fn is_source(text: &str) -> bool {
    if let Some(topic) = text.strip_prefix("go help ") {
        return !topic.is_empty() && topic.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    }
    if let Some(rfc) = text.strip_prefix("RFC ") {
        let mut words = rfc.split(' ');
        let is_rfc = words
            .next()
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
        return is_rfc && words.next().is_none_or(is_section) && words.next().is_none();
    }
    let Some((document, section)) = text.split_once('-') else {
        return false;
    };
    let mut letters = document.chars();
    letters.next().is_some_and(|c| c.is_ascii_uppercase())
        && document.len() > 1
        && letters.all(|c| c.is_ascii_alphanumeric())
        && is_section(section)
}

/// Whether `text` is numbers with points between.
fn is_section(text: &str) -> bool {
    text.split('.')
        .all(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::is_source;

    #[test]
    fn a_source_names_a_document_a_standard_or_a_help_topic() {
        for text in [
            "S1-3.2",
            "S0-1",
            "RFC 2308",
            "RFC 9110 15.4",
            "go help goproxy",
        ] {
            assert!(is_source(text), "{text}");
        }
        for text in [
            "",
            "S1",
            "S1-",
            "s1-3",
            "RFC ",
            "RFC 9110 15.4 a",
            "RFC x",
            "go help ",
            "go help GOPROXY",
            "chapter 3",
        ] {
            assert!(!is_source(text), "{text}");
        }
    }
}
