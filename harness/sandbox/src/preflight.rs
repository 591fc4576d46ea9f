//! What a machine lacks for a sandbox, and how that is mended.

use std::fmt;

/// One thing that stands in the way of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What was tried: `make a user namespace`.
    pub tried: String,
    /// The setting that forbids it, with its value: `user.max_user_namespaces = 0`.
    pub setting: String,
    /// The command or change that lifts it.
    pub remedy: String,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.tried, self.setting, self.remedy)
    }
}

/// The settings that may stand behind a refusal.
pub(crate) fn explain(_operation: &str, _error: &std::io::Error) -> Vec<Limit> {
    Vec::new()
}
