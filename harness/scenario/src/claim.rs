//! Statements of documents, and what experiments make of them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::expect::Expectation;
use crate::version::{GoVersion, VersionRange};

/// The folder of scenarios that put claims to the test; it is no layer.
pub const CLAIMS: &str = "claims";

/// The name of a claim: `C17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimId(u16);

/// A text that names no claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no claim: they are called `C01`, `C02` and so on")]
pub struct InvalidClaimId(String);

impl FromStr for ClaimId {
    type Err = InvalidClaimId;

    fn from_str(text: &str) -> Result<Self, InvalidClaimId> {
        let number = text
            .strip_prefix('C')
            .and_then(|digits| digits.parse().ok());
        let id = number.filter(|number| *number > 0).map(Self);
        id.filter(|id| id.to_string() == text)
            .ok_or_else(|| InvalidClaimId(text.to_owned()))
    }
}

impl fmt::Display for ClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "C{:02}", self.0)
    }
}

impl Serialize for ClaimId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClaimId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The same sentence in two languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// In English.
    pub en: String,
    /// In Chinese, the language of the documents.
    pub zh: String,
}

/// What experiments make of a claim.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ClaimVerdict {
    /// Whatever it foretells comes.
    Confirmed,
    /// Nothing of what it foretells comes.
    Refuted,
    /// Some of it comes and some does not.
    Partly,
    /// It comes under some settings or versions, and not under others.
    Depends,
    /// No experiment of this machine could settle it.
    Untried,
}

impl ClaimVerdict {
    /// Every verdict, in the order of the table's last line.
    pub const ALL: [Self; 5] = [
        Self::Confirmed,
        Self::Refuted,
        Self::Partly,
        Self::Depends,
        Self::Untried,
    ];

    /// Its one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Refuted => "refuted",
            Self::Partly => "partly",
            Self::Depends => "depends",
            Self::Untried => "untried",
        }
    }
}

impl fmt::Display for ClaimVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A statement of a document that a scenario puts to the test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// Its name.
    pub id: ClaimId,
    /// What is stated.
    pub says: Bilingual,
    /// Where: `S1-3.2`.
    pub sources: Vec<String>,
    /// What the experiments make of it.
    pub verdict: ClaimVerdict,
    /// What they make of it on some versions of Go alone; a later one overrides an earlier one.
    #[serde(skip)]
    pub versions: Vec<(VersionRange, ClaimVerdict)>,
    /// What is true instead, or why it could not be settled.
    pub truth: Bilingual,
    /// The scenarios of the catalogue that rely on it.
    pub relied_on_by: Vec<String>,
}

impl Claim {
    /// What the experiments make of it on one version of Go.
    pub fn verdict_on(&self, go: GoVersion) -> ClaimVerdict {
        let stated = self.versions.iter().rev();
        let mut stated = stated.filter(|(range, _)| range.contains(go));
        stated.next().map_or(self.verdict, |(_, verdict)| *verdict)
    }
}

/// What a claim foretells of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// Which claim.
    pub claim: ClaimId,
    /// What would be seen if it were true.
    pub foretold: Expectation,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_named_by_c_and_two_digits_or_more() {
        for text in ["C01", "C17", "C238"] {
            assert_eq!(text.parse::<ClaimId>().unwrap().to_string(), text);
        }
        for text in ["", "C", "C1", "C00", "c17", "C017", "17", "C 17"] {
            assert!(text.parse::<ClaimId>().is_err(), "{text}");
        }
    }

    #[test]
    fn claims_are_ordered_by_number() {
        let [two, ten, hundred] = ["C02", "C10", "C100"].map(|id| id.parse::<ClaimId>().unwrap());
        assert!(two < ten && ten < hundred);
    }
}
