//! What a request that passes through asks for. A proxy sees only the URL.

use http::{Method, Uri};

use modfault_gomod::{ModulePath, unescape};
use modfault_kit::RequestKind;

/// What `method` on `uri` asks of `host`, with the module that it is about, where the path spells one.
pub(crate) fn asked_of(host: &str, method: &Method, uri: &Uri) -> (RequestKind, Option<String>) {
    let path = uri.path().replace("%21", "!").replace("%40", "@");
    let query = |wanted: &str| {
        uri.query()
            .is_some_and(|query| query.split('&').any(|pair| pair == wanted))
    };
    if query("go-get=1") {
        return (RequestKind::GoGet, Some(format!("{host}{path}")));
    }
    if path.ends_with("/info/refs") && query("service=git-upload-pack") {
        return (RequestKind::GitRefs, None);
    }
    if path.ends_with("/git-upload-pack") && method == Method::POST {
        return (RequestKind::GitPack, None);
    }
    file(&path)
        .or_else(|| sumdb(&path))
        .unwrap_or((RequestKind::Page, None))
}

/// A file of the GOPROXY protocol, below any prefix.
fn file(path: &str) -> Option<(RequestKind, Option<String>)> {
    let (before, kind) = if let Some(before) = path.strip_suffix("/@latest") {
        (before, RequestKind::Latest)
    } else {
        let (before, file) = path.split_once("/@v/")?;
        let kind = match file.rsplit_once('.').map(|(_, suffix)| suffix) {
            None if file == "list" => RequestKind::List,
            Some("info") => RequestKind::Info,
            Some("mod") => RequestKind::Mod,
            Some("zip") => RequestKind::Zip,
            _ => return None,
        };
        (before, kind)
    };
    let module = module_at_the_end(before);
    let kind = match module.as_deref() {
        Some("golang.org/toolchain") => RequestKind::Toolchain,
        _ => kind,
    };
    Some((kind, module))
}

/// An endpoint of a checksum database, behind a module proxy or on its own.
fn sumdb(path: &str) -> Option<(RequestKind, Option<String>)> {
    if path.starts_with("/sumdb/") && path.ends_with("/supported") {
        Some((RequestKind::SumdbSupported, None))
    } else if let Some((_, record)) = path.split_once("/lookup/") {
        let escaped = record.split('@').next().unwrap_or(record);
        Some((RequestKind::SumdbLookup, unescape(escaped).ok()))
    } else if path.contains("/tile/") {
        Some((RequestKind::SumdbTile, None))
    } else {
        path.ends_with("/latest")
            .then_some((RequestKind::SumdbLatest, None))
    }
}

/// The longest module path that `path` ends with: what stands before it is the prefix of a proxy.
fn module_at_the_end(path: &str) -> Option<String> {
    path.match_indices('/')
        .find_map(|(at, _)| ModulePath::from_escaped(&path[at + 1..]).ok())
        .map(|module| module.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(url: &str) -> (RequestKind, Option<String>) {
        let uri: Uri = url.parse().unwrap();
        asked_of("proxy.example", &Method::GET, &uri)
    }

    #[test]
    fn files_of_a_module_proxy_are_known_below_any_prefix() {
        let greet = || Some("example.com/Greet".to_owned());
        for (url, kind) in [
            ("/example.com/!greet/@v/list", RequestKind::List),
            ("/example.com/%21greet/@latest", RequestKind::Latest),
            (
                "http://proxy.example/goproxy/example.com/!greet/@v/v1.0.0.info",
                RequestKind::Info,
            ),
            (
                "/api/go/main/example.com/!greet/@v/v1.0.0.mod",
                RequestKind::Mod,
            ),
            ("/example.com/!greet/%40v/v1.0.0.zip", RequestKind::Zip),
        ] {
            assert_eq!(get(url), (kind, greet()), "{url}");
        }
        let toolchain = "/golang.org/toolchain/@v/v0.0.1-go1.26.8.linux-amd64.zip";
        assert_eq!(get(toolchain).0, RequestKind::Toolchain);
    }

    #[test]
    fn pages_git_and_checksum_databases_are_told_apart() {
        assert_eq!(
            get("/greet?go-get=1"),
            (RequestKind::GoGet, Some("proxy.example/greet".to_owned()))
        );
        for (url, kind) in [
            (
                "/greet.git/info/refs?service=git-upload-pack",
                RequestKind::GitRefs,
            ),
            ("/greet.git/info/refs", RequestKind::Page),
            (
                "/sumdb/sum.golang.org/supported",
                RequestKind::SumdbSupported,
            ),
            ("/latest", RequestKind::SumdbLatest),
            ("/tile/8/0/000", RequestKind::SumdbTile),
            ("/x/@v/readme.txt", RequestKind::Page),
            ("/", RequestKind::Page),
        ] {
            assert_eq!(get(url).0, kind, "{url}");
        }
        assert_eq!(
            get("/lookup/example.com/!greet@v1.0.0"),
            (
                RequestKind::SumdbLookup,
                Some("example.com/Greet".to_owned())
            )
        );
        let uri = "/greet.git/git-upload-pack".parse().unwrap();
        assert_eq!(
            asked_of("git.example", &Method::POST, &uri).0,
            RequestKind::GitPack
        );
    }
}
