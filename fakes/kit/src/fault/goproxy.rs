//! Module proxy faults (`go help goproxy`, https://go.dev/ref/mod#goproxy-protocol).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::ByteCount;

/// What goes wrong in what a module proxy serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GoproxyFault {
    /// The file is missing: 404.
    NotFound,
    /// The file is gone: 410.
    Gone,
    /// A JSON answer that is no JSON.
    BadJson,
    /// A JSON answer with another version than was asked for.
    WrongVersion(String),
    /// The go.mod names this module path instead.
    WrongModulePath(String),
    /// The go.mod has a line that is no directive.
    BadGoMod,
    /// The zip ends after so many bytes, under a right `Content-Length` for that.
    TruncatedZip(ByteCount),
    /// The zip is no zip.
    NotAZip,
    /// The files in the zip stand under another prefix than `module@version/`.
    WrongZipPrefix,
    /// The zip has a file more than the module has, so that its h1 hash differs.
    AlteredZip,
    /// The zip holds another go.mod than the `.mod` file.
    OtherGoModInZip,
    /// The list has no versions.
    EmptyList,
    /// The list lacks this version, and the version is served all the same.
    StaleList(String),
    /// The list has this version, which is not served.
    GhostVersion(String),
    /// The `@latest` endpoint is not implemented: 404.
    NoLatest,
}
