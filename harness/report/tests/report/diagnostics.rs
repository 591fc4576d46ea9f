//! Problems of scenario files.

use anstream::adapter::strip_str;

use modfault_report::diagnostic::BadFile;
use modfault_report::{render_diagnostics, render_diagnostics_json};
use modfault_scenario::diagnostic::{Code, Diagnostic, Label};

const TEXT: &str = "description = \"Über\"\n\n[[fault]]\non = \"goprxy.corp.example\"\n";

fn problems() -> Vec<Diagnostic> {
    let start = TEXT.find("\"goprxy").unwrap();
    vec![
        Diagnostic {
            code: Code::UnknownHost,
            message: "no host `goprxy.corp.example`".to_owned(),
            labels: vec![Label {
                span: start..start + 21,
                text: "not among `[hosts]`".to_owned(),
            }],
            help: Some("did you mean `goproxy.corp.example`?".to_owned()),
        },
        Diagnostic {
            code: Code::NoRun,
            message: "nothing is run".to_owned(),
            labels: vec![],
            help: Some("write `run = \"go mod download …\"` below `[client]`".to_owned()),
        },
    ]
}

#[test]
fn each_problem_has_file_line_caret_and_help() {
    let text = render_diagnostics("mine/x.toml", TEXT, &problems());
    insta::assert_snapshot!(strip_str(&text).to_string());
}

#[test]
fn machines_get_lines_and_columns() {
    let problems = problems();
    let file = BadFile {
        path: "mine/x.toml",
        text: TEXT,
        diagnostics: &problems,
    };
    insta::assert_snapshot!(render_diagnostics_json(&[file]).unwrap());
}

#[test]
fn a_span_beyond_the_text_is_no_panic() {
    let mut problems = problems();
    problems[0].labels[0].span = 15..9000;
    assert!(render_diagnostics("x.toml", TEXT, &problems).contains("x.toml"));
}
