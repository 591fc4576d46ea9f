//! What a scenario shows beside the failure that it is named after.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A row of the coverage table, other than a failure: that is covered by the scenario of its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// A script of cmd/go's own tests, by its name: `cmd/go mod_proxy_list`.
    Script(String),
    /// A program, service or file that documents name: `system dnsmasq`.
    System(String),
}

/// How a row is spelt.
const SCRIPT: &str = "cmd/go ";
const SYSTEM: &str = "system ";

/// A text that names no row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither `cmd/go SCRIPT` nor `system NAME`")]
pub struct InvalidRow(String);

impl FromStr for Row {
    type Err = InvalidRow;

    fn from_str(text: &str) -> Result<Self, InvalidRow> {
        let named = |name: &str| {
            let whole = !name.is_empty() && name.trim() == name;
            whole.then(|| name.to_owned())
        };
        let script = text.strip_prefix(SCRIPT).and_then(named).map(Self::Script);
        let system = || text.strip_prefix(SYSTEM).and_then(named).map(Self::System);
        script
            .or_else(system)
            .ok_or_else(|| InvalidRow(text.to_owned()))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Script(name) => write!(f, "{SCRIPT}{name}"),
            Self::System(name) => write!(f, "{SYSTEM}{name}"),
        }
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_is_written() {
        for text in ["cmd/go mod_proxy_list", "system git (`ls-remote`)"] {
            assert_eq!(text.parse::<Row>().unwrap().to_string(), text);
        }
        for text in ["", "mod_proxy_list", "cmd/go ", "system", "system  nginx"] {
            assert!(text.parse::<Row>().is_err(), "{text}");
        }
    }
}
