//! What is said of a value that does not fit.

use std::ops::Range;

use super::way::Way;
use crate::diagnostic::{Code, Diagnostic};

pub(crate) fn bad_host_name(text: &str, reason: &str, span: Range<usize>) -> Diagnostic {
    Diagnostic::new(Code::BadHostName, format!("`{text}` is not a host name"))
        .at(span, reason)
        .help("a host name looks like `goproxy.corp.example`")
}

pub(super) fn nothing_said(key: &str, span: Range<usize>) -> Diagnostic {
    Diagnostic::new(Code::MissingKey, format!("`{key}` says nothing"))
        .at(span, "it needs one key")
        .help("say what goes wrong")
}

pub(super) fn several_said(key: &str, first: Range<usize>, second: Range<usize>) -> Diagnostic {
    Diagnostic::new(
        Code::SeveralFaults,
        format!("`{key}` says several things at once"),
    )
    .at(second, "this is a thing of its own")
    .at(first, "beside this")
    .help("write a second `[[fault]]`: faults compose")
}

pub(super) fn unknown_word(
    ways: &[Way<'_>],
    key: &str,
    text: &str,
    span: Range<usize>,
) -> Diagnostic {
    let name = ways.iter().find_map(|way| way.name).unwrap_or_default();
    let (code, what) = if name.ends_with("Fault") || name == "ChainFlaw" {
        (Code::UnknownFault, format!("{key} fault"))
    } else if name == "Layer" {
        (Code::UnknownLayer, "layer".to_owned())
    } else {
        (Code::UnknownValue, format!("value for `{key}`"))
    };
    Diagnostic::new(code, format!("`{text}` is no {what}")).at(span, "unknown word")
}
