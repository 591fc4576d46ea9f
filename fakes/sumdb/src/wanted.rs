//! What a path asks for.

use modfault_gomod::unescape;
use modfault_kit::RequestKind;

use crate::tile::Tile;

/// What a path below the prefix of a database asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// `/supported`: whether a proxy stands in for the database.
    Supported,
    /// `/latest`: the newest tree head.
    Latest,
    /// `/lookup/$module@$version`.
    Lookup {
        /// The module, unescaped; `None` where the path spells none.
        module: Option<String>,
        /// The version, unescaped.
        version: Option<String>,
    },
    /// `/tile/...`; `None` where it names no tile.
    Tile(Option<Tile>),
}

impl Wanted {
    /// What `path`, without the prefix, asks for; `None` where it is no path of a database.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        // `@` and `!` are the only characters of these paths that anybody might percent-encode (RFC 3986 §2.2).
        let path = path
            .replace("%40", "@")
            .replace("%21", "!")
            .replace("%2B", "+")
            .replace("%2b", "+");
        match path.strip_prefix('/')? {
            "supported" => Some(Self::Supported),
            "latest" => Some(Self::Latest),
            rest if rest.starts_with("tile/") => Some(Self::Tile(Tile::parse(rest))),
            rest => {
                let (module, version) = rest.strip_prefix("lookup/")?.split_once('@')?;
                Some(Self::Lookup {
                    module: unescape(module).ok(),
                    version: unescape(version).ok(),
                })
            }
        }
    }

    /// The word for it in events and selectors.
    pub(crate) fn kind(&self) -> RequestKind {
        match self {
            Self::Supported => RequestKind::SumdbSupported,
            Self::Latest => RequestKind::SumdbLatest,
            Self::Lookup { .. } => RequestKind::SumdbLookup,
            Self::Tile(_) => RequestKind::SumdbTile,
        }
    }

    /// The module that it is about.
    pub(crate) fn module(&self) -> Option<String> {
        match self {
            Self::Lookup { module, .. } => module.clone(),
            Self::Supported | Self::Latest | Self::Tile(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_known() {
        for (path, kind) in [
            ("/supported", RequestKind::SumdbSupported),
            ("/latest", RequestKind::SumdbLatest),
            ("/lookup/a.b/!c@v1.0.0", RequestKind::SumdbLookup),
            ("/tile/8/0/000.p/7", RequestKind::SumdbTile),
            ("/tile/8/nonsense", RequestKind::SumdbTile),
        ] {
            let wanted = Wanted::parse(path).map(|wanted| wanted.kind());
            assert_eq!(wanted, Some(kind), "{path}");
        }
    }

    #[test]
    fn a_lookup_is_unescaped() {
        for path in [
            "/lookup/a.b/!c@v1.0.0-!r!c",
            "/lookup/a.b/%21c%40v1.0.0-!r!c",
        ] {
            let lookup = Wanted::Lookup {
                module: Some("a.b/C".to_owned()),
                version: Some("v1.0.0-RC".to_owned()),
            };
            assert_eq!(Wanted::parse(path), Some(lookup), "{path}");
        }
    }

    #[test]
    fn other_paths_are_left_to_other_sites() {
        for path in [
            "/",
            "/lookup",
            "/lookup/a.b",
            "latest",
            "/a.b/@v/list",
            "/a.b/@latest",
        ] {
            assert_eq!(Wanted::parse(path), None, "{path}");
        }
    }
}
