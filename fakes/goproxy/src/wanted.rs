//! What a path asks for.

use modfault_gomod::{ModulePath, unescape};
use modfault_kit::RequestKind;

/// What a path below the prefix of a module proxy asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A file of a module.
    Module {
        /// The module, or `None` where the path spells none.
        module: Option<ModulePath>,
        /// Which file.
        file: File,
    },
    /// Something of a checksum database.
    Sumdb {
        /// The database's name.
        name: String,
        /// Which of its endpoints.
        kind: RequestKind,
        /// The module of a lookup.
        module: Option<String>,
    },
}

/// A file of a module, with versions unescaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum File {
    /// `@v/list`
    List,
    /// `@latest`
    Latest,
    /// `@v/$query.info`; the query is a version, a branch or a revision.
    Info(String),
    /// `@v/$version.mod`
    Mod(String),
    /// `@v/$version.zip`
    Zip(String),
    /// Something else below `@v/`.
    Other,
}

impl Wanted {
    /// What `path` asks for, percent-encoded as in a URL (RFC 3986 §2.1) and without the prefix; `None` where it is no
    /// path of the protocol.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let path = percent_decoded(path)?;
        let path = path.strip_prefix('/')?;
        if let Some(rest) = path.strip_prefix("sumdb/") {
            return sumdb(rest);
        }
        let (escaped, file) = if let Some((module, file)) = path.split_once("/@v/") {
            (module, File::parse(file))
        } else {
            (path.strip_suffix("/@latest")?, File::Latest)
        };
        Some(Self::Module {
            module: ModulePath::from_escaped(escaped).ok(),
            file,
        })
    }

    /// The word for it in events and selectors.
    pub(crate) fn kind(&self) -> RequestKind {
        match self {
            Self::Sumdb { kind, .. } => *kind,
            Self::Module {
                module: Some(module),
                ..
            } if module.as_str() == "golang.org/toolchain" => RequestKind::Toolchain,
            Self::Module { file, .. } => match file {
                File::List => RequestKind::List,
                File::Latest => RequestKind::Latest,
                File::Info(_) => RequestKind::Info,
                File::Mod(_) => RequestKind::Mod,
                File::Zip(_) => RequestKind::Zip,
                File::Other => RequestKind::Page,
            },
        }
    }

    /// The module that it is about.
    pub(crate) fn module(&self) -> Option<String> {
        match self {
            Self::Module { module, .. } => module.as_ref().map(ToString::to_string),
            Self::Sumdb { module, .. } => module.clone(),
        }
    }
}

impl File {
    fn parse(name: &str) -> Self {
        if name == "list" {
            return Self::List;
        }
        let Some((stem, suffix)) = name.rsplit_once('.') else {
            return Self::Other;
        };
        let Ok(version) = unescape(stem) else {
            return Self::Other;
        };
        match suffix {
            "info" => Self::Info(version),
            "mod" => Self::Mod(version),
            "zip" => Self::Zip(version),
            _ => Self::Other,
        }
    }

    /// How a person names it, as a file of `module`: `example.com/greet@v1.0.0`.
    pub(crate) fn named(&self, module: &str) -> String {
        match self {
            Self::List | Self::Other => module.to_owned(),
            Self::Latest => format!("{module}@latest"),
            Self::Info(version) | Self::Mod(version) | Self::Zip(version) => {
                format!("{module}@{version}")
            }
        }
    }

    /// The version or query that it names.
    pub(crate) fn version(&self) -> Option<&str> {
        match self {
            Self::Info(version) | Self::Mod(version) | Self::Zip(version) => Some(version),
            Self::List | Self::Latest | Self::Other => None,
        }
    }
}

/// `rest` is `$name/supported`, `$name/latest`, `$name/lookup/$module@$version` or `$name/tile/...`.
fn sumdb(rest: &str) -> Option<Wanted> {
    let wanted = |name: &str, kind, module| Wanted::Sumdb {
        name: name.to_owned(),
        kind,
        module,
    };
    if let Some(name) = rest.strip_suffix("/supported") {
        Some(wanted(name, RequestKind::SumdbSupported, None))
    } else if let Some((name, record)) = rest.split_once("/lookup/") {
        let escaped = record.split('@').next().unwrap_or(record);
        Some(wanted(
            name,
            RequestKind::SumdbLookup,
            unescape(escaped).ok(),
        ))
    } else if let Some((name, _)) = rest.split_once("/tile/") {
        Some(wanted(name, RequestKind::SumdbTile, None))
    } else {
        let name = rest.strip_suffix("/latest")?;
        Some(wanted(name, RequestKind::SumdbLatest, None))
    }
}

/// `None` where the octets are no UTF-8. A `%` that no two hexadecimal digits follow stands for itself.
fn percent_decoded(path: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&octet, after)) = rest.split_first() {
        rest = after;
        let decoded = (octet == b'%')
            .then(|| Some(hexadecimal(*after.first()?)? * 16 + hexadecimal(*after.get(1)?)?))
            .flatten();
        match decoded {
            Some(decoded) => {
                octets.push(decoded);
                rest = &after[2..];
            }
            None => octets.push(octet),
        }
    }
    String::from_utf8(octets).ok()
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_and_module(path: &str) -> Option<(RequestKind, Option<String>)> {
        Wanted::parse(path).map(|wanted| (wanted.kind(), wanted.module()))
    }

    #[test]
    fn every_endpoint_of_the_protocol_is_known() {
        let about = |module: &str| Some(module.to_owned());
        for (path, kind, module) in [
            ("/a.b/c/@v/list", RequestKind::List, about("a.b/c")),
            ("/a.b/c/@latest", RequestKind::Latest, about("a.b/c")),
            ("/a.b/c/@v/v1.0.0.info", RequestKind::Info, about("a.b/c")),
            ("/a.b/c/@v/main.info", RequestKind::Info, about("a.b/c")),
            ("/a.b/!c/@v/v1.0.0.mod", RequestKind::Mod, about("a.b/C")),
            ("/a.b/%21c/@v/v1.0.0.zip", RequestKind::Zip, about("a.b/C")),
            ("/a.b/c/%40v/list", RequestKind::List, about("a.b/c")),
            ("/a.b/C/@v/list", RequestKind::List, None),
            ("/a.b/c/@v/v1.0.0.tar", RequestKind::Page, about("a.b/c")),
            (
                "/golang.org/toolchain/@v/v0.0.1-go1.26.8.linux-amd64.zip",
                RequestKind::Toolchain,
                about("golang.org/toolchain"),
            ),
            (
                "/sumdb/sum.golang.org/supported",
                RequestKind::SumdbSupported,
                None,
            ),
            (
                "/sumdb/sum.golang.org/lookup/a.b/!c@v1.0.0",
                RequestKind::SumdbLookup,
                about("a.b/C"),
            ),
            (
                "/sumdb/sum.golang.org/latest",
                RequestKind::SumdbLatest,
                None,
            ),
            (
                "/sumdb/sum.golang.org/tile/8/0/000",
                RequestKind::SumdbTile,
                None,
            ),
        ] {
            assert_eq!(kind_and_module(path), Some((kind, module)), "{path}");
        }
    }

    #[test]
    fn other_paths_are_left_to_other_sites() {
        for path in [
            "/",
            "/a.b/c",
            "/a.b/c?go-get=1",
            "/sumdb/x",
            "list",
            "/a.b/%ff/@v/list",
        ] {
            assert_eq!(Wanted::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_percent_sign_that_encodes_nothing_stands_for_itself() {
        assert_eq!(percent_decoded("/%4").as_deref(), Some("/%4"));
        assert_eq!(percent_decoded("/%zz%").as_deref(), Some("/%zz%"));
        assert_eq!(percent_decoded("/%2540").as_deref(), Some("/%40"));
        assert_eq!(percent_decoded("/%+1é").as_deref(), Some("/%+1é"));
    }
}
