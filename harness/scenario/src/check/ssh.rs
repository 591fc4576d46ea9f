//! SSH keys, on both sides.

use std::ops::Range;

use super::Check;
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{Located, NameOrNone, SshFile};
use crate::ssh::{SshSpec, wrong_key_name};

impl Check<'_> {
    /// The client's side of SSH as declared.
    pub(super) fn ssh(&mut self, file: &SshFile) -> SshSpec {
        if let Some(key) = &file.key
            && let Some(name) = key.value.name()
        {
            self.key_name(name, &key.span);
        }
        SshSpec {
            key: file.key.as_ref().map(|key| key.value.name().cloned()),
            file: file.file.as_ref().and_then(|path| self.path(path)),
            passphrase: file
                .passphrase
                .as_ref()
                .map(NameOrNone::name)
                .map(Option::<&String>::cloned),
            others: file.others.as_ref().map(|keys| self.key_names(keys)),
            known_hosts: file.known_hosts,
        }
    }

    /// The keys that a host accepts, or that a client has.
    pub(super) fn key_names(&mut self, keys: &[Located<String>]) -> Vec<String> {
        for key in keys {
            self.key_name(&key.value, &key.span);
        }
        keys.iter().map(|key| key.value.clone()).collect()
    }

    fn key_name(&mut self, name: &str, span: &Range<usize>) {
        if let Some(reason) = wrong_key_name(name) {
            self.report(
                Diagnostic::new(Code::BadKeyName, format!("`{name}` is no name of an SSH key"))
                    .at(span.clone(), reason)
                    .help("take a short word such as `dev`: whoever says the same name means the same key"),
            );
        }
    }
}
