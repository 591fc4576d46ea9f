//! Host names.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A lower-case DNS host name without the final dot (RFC 1123 §2.1).
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(String);

/// Why a text is not a [`HostName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a host name: {reason}")]
pub struct InvalidHostName {
    /// The text as it was written.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl HostName {
    /// Checks `text` and folds it to lower case.
    pub fn parse(text: &str) -> Result<Self, InvalidHostName> {
        let invalid = |reason| InvalidHostName {
            text: text.to_owned(),
            reason,
        };
        if text.is_empty() {
            return Err(invalid("it is empty"));
        }
        if text.len() > 253 {
            return Err(invalid("it is longer than 253 characters"));
        }
        for label in text.split('.') {
            if label.is_empty() || label.len() > 63 {
                return Err(invalid("each label has 1 to 63 characters"));
            }
            if label.starts_with('-') || label.ends_with('-') {
                return Err(invalid("a label neither starts nor ends with `-`"));
            }
            if !label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            {
                return Err(invalid("a label has only letters, digits, `-` and `_`"));
            }
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for HostName {
    type Err = InvalidHostName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for HostName {
    type Error = InvalidHostName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<HostName> for String {
    fn from(name: HostName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_to_lower_case() {
        assert_eq!(
            HostName::parse("Proxy.Golang.ORG").unwrap().as_str(),
            "proxy.golang.org"
        );
    }

    #[test]
    fn a_name_with_a_scheme_or_blank_is_refused() {
        for text in ["", "https://x", "a b", "a..b", "-a.example", "a.example."] {
            assert!(HostName::parse(text).is_err(), "{text:?}");
        }
    }
}
