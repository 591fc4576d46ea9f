//! What a proxy has for a request, before it is an HTTP answer.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use bytes::Bytes;
use http::{Response, StatusCode, header};

use crate::content::{ModuleContent, VersionContent};
use crate::wanted::File;
use modfault_gomod::{
    ArchiveError, CommitTime, ModulePath, ModuleVersion, Packing, default_go_mod, info_json,
    latest, module_prefix, zip_packed,
};
use modfault_web::{Body, full};

/// A module with its zips, each made when it is first asked for.
#[derive(Debug)]
pub(crate) struct Shelf {
    content: ModuleContent,
    zips: BTreeMap<ModuleVersion, OnceLock<Bytes>>,
}

/// What is served, still in the terms of the protocol, so that a fault can bend it.
#[derive(Clone, Debug)]
pub(crate) enum Served<'a> {
    /// Nothing, with a status and a line that says why.
    Missing(StatusCode, String),
    /// The versions, one a line.
    List(Vec<String>),
    /// A version and its time.
    Info {
        /// The version.
        version: String,
        /// Its time.
        time: CommitTime,
    },
    /// A go.mod file.
    GoMod(String),
    /// A module zip.
    Zip(Archive<'a>),
    /// Bytes that are no longer any of these.
    Raw {
        /// `Content-Type`.
        content_type: &'static str,
        /// The body.
        bytes: Bytes,
    },
}

/// A module zip before it is packed.
#[derive(Clone, Debug)]
pub(crate) struct Archive<'a> {
    prefix: String,
    files: Cow<'a, BTreeMap<String, String>>,
    packing: Packing,
    /// The packed zip, or room for it; none once prefix or files have been changed.
    packed: Option<&'a OnceLock<Bytes>>,
}

impl Shelf {
    /// A shelf with nothing packed yet.
    pub(crate) fn new(content: ModuleContent) -> Self {
        let zips = content
            .versions
            .keys()
            .map(|version| (version.clone(), OnceLock::new()))
            .collect();
        Self { content, zips }
    }

    /// What the module `path` has for `file`.
    pub(crate) fn serve(&self, path: &ModulePath, file: &File) -> Served<'_> {
        let not_found = || Served::not_found(&file.named(path.as_str()));
        match file {
            File::List => Served::List(
                self.content
                    .versions
                    .keys()
                    .filter(|version| !version.is_pseudo())
                    .map(ToString::to_string)
                    .collect(),
            ),
            File::Latest => match latest(self.content.versions.keys()) {
                Some(version) => self.info(version).unwrap_or_else(not_found),
                None => not_found(),
            },
            File::Info(query) => ModuleVersion::parse(query)
                .ok()
                .as_ref()
                .or_else(|| self.content.queries.get(query))
                .and_then(|version| self.info(version))
                .unwrap_or_else(not_found),
            File::Mod(text) => match self.version(text) {
                Some((_, version)) => Served::GoMod(match version.files.get("go.mod") {
                    Some(go_mod) => go_mod.clone(),
                    None => default_go_mod(path),
                }),
                None => not_found(),
            },
            File::Zip(text) => match self.version(text) {
                Some((version, content)) => Served::Zip(Archive {
                    prefix: module_prefix(path, version),
                    files: Cow::Borrowed(&content.files),
                    packing: Packing::Stored,
                    packed: self.zips.get(version),
                }),
                None => not_found(),
            },
            File::Other => not_found(),
        }
    }

    fn version(&self, text: &str) -> Option<(&ModuleVersion, &VersionContent)> {
        let version = ModuleVersion::parse(text).ok()?;
        self.content.versions.get_key_value(&version)
    }

    fn info(&self, version: &ModuleVersion) -> Option<Served<'_>> {
        let content = self.content.versions.get(version)?;
        Some(Served::Info {
            version: version.to_string(),
            time: content
                .time
                .clone()
                .unwrap_or_else(|| CommitTime::of(version)),
        })
    }
}

impl Served<'_> {
    /// 404, in the manner of public proxies.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::Missing(
            StatusCode::NOT_FOUND,
            format!("not found: this proxy has no {what}"),
        )
    }

    /// The HTTP answer.
    pub(crate) fn into_response(self) -> Response<Body> {
        const TEXT: &str = "text/plain; charset=UTF-8";
        let (status, content_type, bytes) = match self {
            Self::Missing(status, why) => (status, TEXT, Bytes::from(format!("{why}\n"))),
            Self::List(versions) => {
                let lines: String = versions
                    .iter()
                    .map(|version| format!("{version}\n"))
                    .collect();
                (StatusCode::OK, TEXT, lines.into())
            }
            Self::Info { version, time } => (
                StatusCode::OK,
                "application/json",
                info_json(&version, &time).into(),
            ),
            Self::GoMod(text) => (StatusCode::OK, TEXT, text.into()),
            Self::Zip(archive) => match archive.packed() {
                Ok(bytes) => (StatusCode::OK, "application/zip", bytes),
                Err(error) => (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    TEXT,
                    format!("{error}\n").into(),
                ),
            },
            Self::Raw {
                content_type,
                bytes,
            } => (StatusCode::OK, content_type, bytes),
        };
        let mut response = Response::new(full(bytes));
        *response.status_mut() = status;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static(content_type),
        );
        response
    }
}

impl Archive<'_> {
    /// The zip's bytes, packed at most once while nothing was changed.
    pub(crate) fn packed(&self) -> Result<Bytes, ArchiveError> {
        if let Some(bytes) = self.packed.and_then(OnceLock::get) {
            return Ok(bytes.clone());
        }
        let bytes = Bytes::from(zip_packed(&self.prefix, &self.files, self.packing)?);
        Ok(match self.packed {
            Some(room) => room.get_or_init(|| bytes).clone(),
            None => bytes,
        })
    }

    /// Puts every file under another prefix.
    pub(crate) fn under(mut self, prefix: String) -> Self {
        self.packed = None;
        self.prefix = prefix;
        self
    }

    /// Compresses the files.
    pub(crate) fn deflated(mut self) -> Self {
        self.packed = None;
        self.packing = Packing::Deflated;
        self
    }

    /// Adds `text` as the file `path`, or replaces it.
    pub(crate) fn with_file(mut self, path: &str, text: String) -> Self {
        self.packed = None;
        self.files.to_mut().insert(path.to_owned(), text);
        self
    }

    /// The go.mod file in it.
    pub(crate) fn go_mod(&self) -> Option<&str> {
        self.files.get("go.mod").map(String::as_str)
    }

    /// The prefix of its files.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }
}
