//! Module proxy faults (`go help goproxy`, https://go.dev/ref/mod#goproxy-protocol).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::ByteCount;
use crate::select::{Asked, RequestKind};

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
    /// The go.mod does not parse: a block in it has no end.
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
    /// The zip holds the same files in other bytes: something on the way has packed it anew.
    RepackedZip,
    /// The list has no versions.
    EmptyList,
    /// The list lacks this version, and the version is served all the same.
    StaleList(String),
    /// The list has this version, which is not served.
    GhostVersion(String),
    /// The `@latest` endpoint is not implemented: 404.
    NoLatest,
}

impl GoproxyFault {
    /// Whether it changes the answer to `asked`: a truncated zip is about nothing but zips.
    ///
    /// A server asks this before it fires the fault, so that only what was bent is recorded as such.
    pub fn concerns(&self, asked: &Asked) -> bool {
        use RequestKind::{Info, Latest, List, Mod, Zip};

        let is_of = |version: &str| {
            asked
                .path
                .rsplit_once("/@v/")
                .is_some_and(|(_, file)| names(file, version))
        };
        match self {
            Self::NotFound | Self::Gone => {
                file(asked).is_some() || asked.kind == RequestKind::SumdbSupported
            }
            Self::BadJson | Self::WrongVersion(_) => matches!(file(asked), Some(Info | Latest)),
            Self::WrongModulePath(_) | Self::BadGoMod => matches!(file(asked), Some(Mod | Zip)),
            Self::TruncatedZip(_)
            | Self::NotAZip
            | Self::WrongZipPrefix
            | Self::AlteredZip
            | Self::OtherGoModInZip
            | Self::RepackedZip => file(asked) == Some(Zip),
            Self::EmptyList | Self::StaleList(_) => file(asked) == Some(List),
            Self::GhostVersion(version) => match file(asked) {
                Some(List) => true,
                Some(Info | Mod | Zip) => is_of(version),
                _ => false,
            },
            Self::NoLatest => file(asked) == Some(Latest),
        }
    }
}

/// Which file of a module proxy `asked` is about; also of the module `golang.org/toolchain`, whose files share one kind.
fn file(asked: &Asked) -> Option<RequestKind> {
    use RequestKind::{Info, Latest, List, Mod, Toolchain, Zip};

    match asked.kind {
        List | Latest | Info | Mod | Zip => Some(asked.kind),
        Toolchain => [
            ("/@v/list", List),
            ("/@latest", Latest),
            (".info", Info),
            (".mod", Mod),
            (".zip", Zip),
        ]
        .into_iter()
        .find_map(|(end, kind)| asked.path.ends_with(end).then_some(kind)),
        _ => None,
    }
}

/// Whether `file`, the last element of a path, is one of `version`; both in any escaping.
fn names(file: &str, version: &str) -> bool {
    let plain = |text: &str| {
        text.replace("%21", "!")
            .replace('!', "")
            .to_ascii_lowercase()
    };
    file.rsplit_once('.')
        .is_some_and(|(stem, _)| plain(stem) == plain(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: RequestKind, path: &str) -> Asked {
        Asked {
            kind,
            method: "GET".to_owned(),
            path: path.to_owned(),
            module: None,
        }
    }

    #[test]
    fn a_zip_fault_concerns_zips_alone() {
        let fault = GoproxyFault::NotAZip;
        assert!(fault.concerns(&asked(RequestKind::Zip, "/a.b/@v/v1.0.0.zip")));
        assert!(!fault.concerns(&asked(RequestKind::Mod, "/a.b/@v/v1.0.0.mod")));
        assert!(!fault.concerns(&asked(RequestKind::Page, "/x.zip")));
    }

    #[test]
    fn a_file_of_the_toolchain_module_is_known_by_its_path() {
        let path = "/golang.org/toolchain/@v/v0.0.1-go1.26.8.linux-amd64.zip";
        let zip = asked(RequestKind::Toolchain, path);
        assert!(GoproxyFault::NotAZip.concerns(&zip));
        assert!(!GoproxyFault::BadJson.concerns(&zip));
    }

    #[test]
    fn a_ghost_concerns_the_list_and_its_own_version() {
        let ghost = GoproxyFault::GhostVersion("v1.1.0-RC".to_owned());
        assert!(ghost.concerns(&asked(RequestKind::List, "/a.b/@v/list")));
        assert!(ghost.concerns(&asked(RequestKind::Info, "/a.b/@v/v1.1.0-!r!c.info")));
        assert!(ghost.concerns(&asked(RequestKind::Info, "/a.b/@v/v1.1.0-%21r%21c.info")));
        assert!(!ghost.concerns(&asked(RequestKind::Info, "/a.b/@v/v1.0.0.info")));
    }
}
