//! Selectors by header field.

use std::collections::BTreeMap;

use super::Check;
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{FaultFile, HeaderFile};
use modfault_kit::HeaderWanted;

impl Check<'_> {
    /// What a fault wants of the header fields of a request.
    pub(super) fn header(&mut self, file: &FaultFile) -> BTreeMap<String, HeaderWanted> {
        let mut wanted = BTreeMap::new();
        for (name, value) in &file.header {
            if !is_token(&name.value) {
                self.report(
                    Diagnostic::new(
                        Code::BadHeaderName,
                        format!("`{}` is not the name of a header field", name.value),
                    )
                    .at(name.span.clone(), "no request can have it")
                    .help("write it as it is sent, without its colon: `User-Agent`"),
                );
            }
            let value = match &value.value {
                HeaderFile::Like(pattern) => HeaderWanted::Like(pattern.clone()),
                HeaderFile::Absent(_) => HeaderWanted::Absent,
            };
            wanted.insert(name.value.clone(), value);
        }
        wanted
    }
}

/// Whether `name` is a token (RFC 9110 §5.6.2).
fn is_token(name: &str) -> bool {
    let may = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.chars().all(may)
}
