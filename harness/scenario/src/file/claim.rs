//! `[claims.C17]`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Located;
use crate::claim::{Bilingual, ClaimVerdict};

/// A statement of a document, put to the test by the steps that say what it `predicts`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ClaimFile {
    /// What is stated.
    pub(crate) says: Bilingual,
    /// Where: `S1-3.2` is document S1, section 3.2.
    pub(crate) sources: Vec<Located<String>>,
    /// What the experiments make of it.
    pub(crate) verdict: ClaimVerdict,
    /// What they make of it on some versions of Go alone: `"<1.21" = "refuted"`.
    #[serde(default)]
    pub(crate) versions: BTreeMap<Located<String>, ClaimVerdict>,
    /// What is true, in one sentence; of one that is untried, why it could not be settled.
    pub(crate) truth: Bilingual,
    /// The scenarios of the catalogue that rely on it, by id.
    #[serde(default)]
    pub(crate) relied_on_by: Vec<Located<String>>,
}
