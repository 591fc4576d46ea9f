//! What a fault wants of a header field of a request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::select::wildcard;

/// What is wanted of one header field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HeaderWanted {
    /// It is there, with a value that matches this pattern (`*` for any run of characters).
    Like(String),
    /// It is not there.
    Absent,
}

impl HeaderWanted {
    /// Whether `fields` have what is wanted of the field `name` (RFC 9110 §5.1: names in any case).
    pub fn is_met(&self, name: &str, fields: &[(&str, &str)]) -> bool {
        let mut values = fields
            .iter()
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value);
        match self {
            Self::Like(pattern) => values.any(|value| wildcard(pattern, value)),
            Self::Absent => values.next().is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_in_any_case_and_by_any_of_its_values() {
        let fields = &[
            ("user-agent", "Go-http-client/2.0"),
            ("accept", "a"),
            ("accept", "b"),
        ];
        let like = |pattern: &str| HeaderWanted::Like(pattern.to_owned());
        assert!(like("Go-http-client/*").is_met("User-Agent", fields));
        assert!(!like("curl/*").is_met("User-Agent", fields));
        assert!(like("b").is_met("Accept", fields));
        assert!(!like("*").is_met("Cookie", fields));
        assert!(HeaderWanted::Absent.is_met("Cookie", fields));
        assert!(!HeaderWanted::Absent.is_met("Accept", fields));
    }
}
