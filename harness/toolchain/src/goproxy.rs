//! The user's module proxies (`go help goproxy`, `go help environment`).

use std::path::PathBuf;

use url::Url;

use crate::environment::Environment;
use crate::hop::{Hop, Problem};

/// What `go` uses where nobody says otherwise.
const DEFAULT: &str = "https://proxy.golang.org,direct";

/// The module proxies of the GOPROXY list, in order: from the environment, else from the `go env` file, else the default.
///
/// `direct` is no place that has toolchains, and `off` ends the list.
pub(crate) fn proxies(environment: &Environment) -> Vec<Result<Url, Hop>> {
    let list = environment
        .value("GOPROXY")
        .map(str::to_owned)
        .or_else(|| from_file(environment))
        .unwrap_or_else(|| DEFAULT.to_owned());
    parse(&list)
}

fn parse(list: &str) -> Vec<Result<Url, Hop>> {
    list.split([',', '|'])
        .map(str::trim)
        .take_while(|part| *part != "off")
        .filter(|part| !part.is_empty() && *part != "direct")
        .map(|part| {
            // a directory of the base: without the slash its last element would be replaced by a join
            let unusable = |why: String| Hop::unasked(&without_login(part), Problem::Url(why));
            let url = Url::parse(&format!("{}/", part.trim_end_matches('/')))
                .map_err(|error| unusable(error.to_string()))?;
            match url.scheme() {
                "http" | "https" | "file" => Ok(url),
                _ => Err(unusable("only http, https and file are understood".into())),
            }
        })
        .collect()
}

/// What cannot be parsed may still hold a password.
fn without_login(text: &str) -> String {
    text.rsplit('@').next().unwrap_or_default().to_owned()
}

/// GOPROXY as `go env -w` wrote it.
fn from_file(environment: &Environment) -> Option<String> {
    let path = match environment.value("GOENV") {
        Some("off") => return None,
        Some(path) => PathBuf::from(path),
        None if cfg!(target_os = "macos") => environment
            .home()?
            .join("Library/Application Support/go/env"),
        None => environment.config_home()?.join("go/env"),
    };
    value_in(&std::fs::read_to_string(path).ok()?, "GOPROXY")
}

fn value_in(text: &str, name: &str) -> Option<String> {
    text.lines()
        .filter_map(|line| line.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bases(list: &str) -> Vec<String> {
        parse(list)
            .into_iter()
            .map(|base| base.map_or_else(|hop| hop.to_string(), |url| url.to_string()))
            .collect()
    }

    #[test]
    fn a_list_keeps_its_proxies_in_order_whatever_separates_them() {
        assert_eq!(
            bases("https://goproxy.corp.example/go/|https://proxy.golang.org, direct"),
            [
                "https://goproxy.corp.example/go/",
                "https://proxy.golang.org/"
            ]
        );
        assert_eq!(bases("direct"), [""; 0]);
        assert_eq!(
            bases("https://a.example,off,https://b.example"),
            ["https://a.example/"]
        );
    }

    #[test]
    fn what_is_no_url_is_told_without_its_password() {
        let told = bases("ada:s3cret@goproxy.corp.example:x");
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("`goproxy.corp.example:x`"), "{told:?}");
    }

    #[test]
    fn the_environment_goes_before_the_file_and_the_file_before_the_default() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "GOFLAGS=-mod=mod\nGOPROXY=https://file.example\n",
        )
        .unwrap();
        let goenv = ("GOENV".to_owned(), file.path().to_str().unwrap().to_owned());
        let first =
            |environment: &Environment| proxies(environment)[0].as_ref().unwrap().to_string();
        assert_eq!(
            first(&Environment::new([goenv.clone()])),
            "https://file.example/"
        );
        let variable = ("GOPROXY".to_owned(), "https://variable.example".to_owned());
        assert_eq!(
            first(&Environment::new([goenv, variable])),
            "https://variable.example/"
        );
        let off = ("GOENV".to_owned(), "off".to_owned());
        assert_eq!(first(&Environment::new([off])), "https://proxy.golang.org/");
    }
}
