//! Problems of scenario files, with file, line and caret.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;

use modfault_scenario::Diagnostic;

/// The problems of one file as text: each with its place in `text`, the content of `path`, and what to do next.
pub fn render_diagnostics(path: &str, text: &str, diagnostics: &[Diagnostic]) -> String {
    let renderer = Renderer::styled();
    let mut out = String::new();
    for diagnostic in diagnostics {
        let snippet =
            Snippet::source(text)
                .path(path)
                .annotations(diagnostic.labels.iter().enumerate().map(|(index, label)| {
                    let kind = if index == 0 {
                        AnnotationKind::Primary
                    } else {
                        AnnotationKind::Context
                    };
                    kind.span(within(text, label.span.start)..within(text, label.span.end))
                        .label(label.text.as_str())
                }));
        let title = Level::ERROR
            .primary_title(diagnostic.message.as_str())
            .id(diagnostic.code.as_str());
        let mut group = if diagnostic.labels.is_empty() {
            title.element(annotate_snippets::Origin::path(path))
        } else {
            title.element(snippet)
        };
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        // writing to a String cannot fail
        let _ok = writeln!(out, "{}\n", renderer.render(&[group]));
    }
    out
}

/// The nearest place at or before `at` where `text` can be cut.
fn within(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// One file with its problems.
#[derive(Clone, Copy, Debug)]
pub struct BadFile<'a> {
    /// Its name.
    pub path: &'a str,
    /// Its content.
    pub text: &'a str,
    /// What is wrong.
    pub diagnostics: &'a [Diagnostic],
}

/// `{"schema": "modfault.diagnostics.v1", "diagnostics": [...]}`, with lines and columns from 1.
///
/// # Errors
///
/// None that is known: every key is a text and every number finite.
pub fn render_diagnostics_json(files: &[BadFile<'_>]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Document<'a> {
        schema: &'static str,
        diagnostics: Vec<Problem<'a>>,
    }
    #[derive(Serialize)]
    struct Problem<'a> {
        path: &'a str,
        line: usize,
        column: usize,
        #[serde(flatten)]
        diagnostic: &'a Diagnostic,
    }
    let mut diagnostics = Vec::new();
    for file in files {
        for diagnostic in file.diagnostics {
            let start = diagnostic
                .labels
                .first()
                .map_or(0, |label| label.span.start);
            let before = &file.text[..within(file.text, start)];
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            diagnostics.push(Problem {
                path: file.path,
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                diagnostic,
            });
        }
    }
    let mut text = serde_json::to_string_pretty(&Document {
        schema: "modfault.diagnostics.v1",
        diagnostics,
    })?;
    text.push('\n');
    Ok(text)
}
