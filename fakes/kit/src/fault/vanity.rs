//! Faults of `?go-get=1` pages (`go help importpath`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What goes wrong with a go-import page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VanityFault {
    /// The page has no go-import tag.
    NoMeta,
    /// The go-import tag names this prefix.
    WrongPrefix(String),
    /// The go-import tag names this repository.
    WrongRepository(String),
    /// The go-import tag names this version control system.
    WrongVcs(String),
    /// The page is a login form under 200.
    LoginPage,
    /// Two go-import tags for the same prefix.
    TwoTags,
    /// The page is whole, and comes under this status.
    Status(u16),
    /// The tag stands after the end of the head, where it is not looked for.
    TagInBody,
}
