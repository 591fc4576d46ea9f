//! What a request is, and which requests a fault is about.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::header::HeaderWanted;

/// What a request asks for, told from its content alone.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RequestKind {
    /// `$module/@v/list` of the GOPROXY protocol (`go help goproxy`).
    List,
    /// `$module/@latest`.
    Latest,
    /// `$module/@v/$version.info`.
    Info,
    /// `$module/@v/$version.mod`.
    Mod,
    /// `$module/@v/$version.zip`.
    Zip,
    /// `/sumdb/$name/supported`.
    SumdbSupported,
    /// `/lookup/$module@$version` of a checksum database.
    SumdbLookup,
    /// `/latest` of a checksum database.
    SumdbLatest,
    /// `/tile/...` of a checksum database.
    SumdbTile,
    /// A page asked for with `?go-get=1` (`go help importpath`).
    GoGet,
    /// `info/refs?service=git-upload-pack` of smart HTTP (gitprotocol-http).
    GitRefs,
    /// `git-upload-pack` of smart HTTP: the pack itself.
    GitPack,
    /// `CONNECT host:port` at an HTTP proxy (RFC 9110 §9.3.6).
    Connect,
    /// A file of the module `golang.org/toolchain`.
    Toolchain,
    /// Anything else over HTTP.
    Page,
}

impl RequestKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::List,
        Self::Latest,
        Self::Info,
        Self::Mod,
        Self::Zip,
        Self::SumdbSupported,
        Self::SumdbLookup,
        Self::SumdbLatest,
        Self::SumdbTile,
        Self::GoGet,
        Self::GitRefs,
        Self::GitPack,
        Self::Connect,
        Self::Toolchain,
        Self::Page,
    ];

    /// The word for it in scenario files, events and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Latest => "latest",
            Self::Info => "info",
            Self::Mod => "mod",
            Self::Zip => "zip",
            Self::SumdbSupported => "sumdb-supported",
            Self::SumdbLookup => "sumdb-lookup",
            Self::SumdbLatest => "sumdb-latest",
            Self::SumdbTile => "sumdb-tile",
            Self::GoGet => "go-get",
            Self::GitRefs => "git-refs",
            Self::GitPack => "git-pack",
            Self::Connect => "connect",
            Self::Toolchain => "toolchain",
            Self::Page => "page",
        }
    }
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One request as the triggers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What it asks for.
    pub kind: RequestKind,
    /// `GET`, `POST`, `CONNECT`.
    pub method: String,
    /// The path with its query, as sent.
    pub path: String,
    /// The module it is about, unescaped, where the path names one.
    pub module: Option<String>,
}

/// Which requests to a host a fault is about. The empty selector takes every one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Selector {
    /// Only requests of these kinds; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub get: Vec<RequestKind>,
    /// Only requests about modules that match this pattern (`*` matches within a path element).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Only requests whose path matches this pattern (`*` matches anything, `/` included).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only requests by this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only requests with, or without, these header fields; see [`Selector::takes_headers`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub header: BTreeMap<String, HeaderWanted>,
    /// Only connections to this port; for `net`, `tcp` and `tls` faults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

impl Selector {
    /// Whether it takes every request.
    pub fn is_everything(&self) -> bool {
        self == &Self::default()
    }

    /// Whether it takes `asked`, as far as the header fields of the request do not decide.
    pub fn takes(&self, asked: &Asked) -> bool {
        (self.get.is_empty() || self.get.contains(&asked.kind))
            && self
                .method
                .as_deref()
                .is_none_or(|method| method == asked.method)
            && self.module.as_deref().is_none_or(|pattern| {
                asked
                    .module
                    .as_deref()
                    .is_some_and(|module| module_matches(pattern, module))
            })
            && self
                .path
                .as_deref()
                .is_none_or(|pattern| wildcard(pattern, &asked.path))
    }

    /// Whether it takes a request with these header fields, names in any case.
    pub fn takes_headers(&self, fields: &[(&str, &str)]) -> bool {
        self.header
            .iter()
            .all(|(name, wanted)| wanted.is_met(name, fields))
    }

    /// Whether it takes a connection to `port`.
    pub fn takes_port(&self, port: u16) -> bool {
        self.port.is_none_or(|wanted| wanted == port)
    }
}

/// Whether `module` or one of its path prefixes matches `pattern`, as GOPRIVATE patterns do (`go help module-private`).
fn module_matches(pattern: &str, module: &str) -> bool {
    let depth = pattern.split('/').count();
    let elements: Vec<&str> = module.split('/').collect();
    elements.len() >= depth
        && pattern
            .split('/')
            .zip(elements)
            .all(|(glob, element)| wildcard(glob, element))
}

/// Whether `text` matches `pattern`, in which `*` stands for any run of characters.
pub fn wildcard(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(first) = pieces.next() else {
        return text.is_empty();
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_pattern_covers_what_lies_below_it() {
        assert!(module_matches("example.com/*", "example.com/greet/v2"));
        assert!(module_matches("example.com", "example.com/greet"));
        assert!(!module_matches("example.com/*", "example.com"));
        assert!(!module_matches("*.example", "git.corp.example.com/x"));
    }

    #[test]
    fn a_star_in_a_path_pattern_crosses_slashes() {
        assert!(wildcard("*/@v/*.zip", "/example.com/greet/@v/v1.0.0.zip"));
        assert!(!wildcard("*/@v/*.zip", "/example.com/greet/@v/v1.0.0.mod"));
        assert!(wildcard("a*a", "aa"));
        assert!(!wildcard("a*a", "a"));
    }

    #[test]
    fn the_kind_is_spelt_alike_in_files_and_reports() {
        for kind in RequestKind::ALL {
            let quoted = format!("\"{kind}\"");
            assert_eq!(serde_json_like(&quoted), Some(kind));
        }
    }

    fn serde_json_like(quoted: &str) -> Option<RequestKind> {
        use serde::de::IntoDeserializer;
        use serde::de::value::{Error, StrDeserializer};
        let text: StrDeserializer<'_, Error> = quoted.trim_matches('"').into_deserializer();
        RequestKind::deserialize(text).ok()
    }
}
