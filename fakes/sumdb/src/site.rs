//! The database behind a web server, its own or a module proxy's.

use std::future::{Future, ready};
use std::pin::Pin;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{Response, StatusCode};

use modfault_kit::fault::SumdbFault;
use modfault_kit::{Asked, Fault, Login, Seed};
use modfault_web::{Body, Request, Site, admits, asked, full};

use crate::bend;
use crate::histories::Histories;
use crate::log::Log;
use crate::note::DatabaseKey;
use crate::record::Record;
use crate::tile::{Tile, TileLevel};
use crate::wanted::Wanted;

/// What a database has, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SumdbContent {
    /// What stands before every path, without a final slash: `""`, or `/goproxy/sumdb/sum.golang.org` behind a proxy.
    pub prefix: String,
    /// The database's name, which its key is for.
    pub name: String,
    /// The records of the modules.
    pub records: Vec<Record>,
    /// How many records of other modules come before these; at least one does.
    pub fillers: u64,
    /// The credentials that are wanted, if any: Basic (RFC 7617), or the password as a bearer token (RFC 6750).
    pub login: Option<Login>,
}

/// A checksum database.
#[derive(Debug)]
pub struct SumdbSite {
    prefix: String,
    login: Option<Login>,
    key: DatabaseKey,
    histories: Histories,
}

/// What is answered, before it is HTTP.
enum Answer {
    /// Text under 200.
    Text(String),
    /// Hashes under 200.
    Octets(Vec<u8>),
    /// An error status with a line that says why.
    Missing(StatusCode, &'static str),
}

impl SumdbSite {
    /// A database with `content`, whose key comes from `seed` and its name.
    pub fn new(seed: Seed, content: SumdbContent) -> Self {
        Self {
            key: DatabaseKey::derive(seed, &content.name),
            prefix: content.prefix,
            login: content.login,
            histories: Histories::new(content.fillers, content.records),
        }
    }

    fn wanted(&self, parts: &Parts) -> Option<Wanted> {
        Wanted::parse(parts.uri.path().strip_prefix(self.prefix.as_str())?)
    }

    fn respond(&self, request: &Request) -> Response<Body> {
        if !admits(self.login.as_ref(), &request.parts) {
            let mut response = Answer::Missing(
                StatusCode::UNAUTHORIZED,
                "unauthorized: this database wants a user name and a password",
            )
            .into_response();
            response.headers_mut().insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"sumdb\""),
            );
            return response;
        }
        let faults: Vec<&SumdbFault> = request
            .fired
            .iter()
            .filter_map(|fired| match &fired.fault {
                Fault::Sumdb(fault) => Some(fault),
                Fault::Dns(_)
                | Fault::Net(_)
                | Fault::Tcp(_)
                | Fault::Tls(_)
                | Fault::Http(_)
                | Fault::Goproxy(_)
                | Fault::Git(_)
                | Fault::Ssh(_)
                | Fault::Vanity(_) => None,
            })
            .collect();
        // The path may have been mangled since it was classified.
        match self.wanted(&request.parts) {
            Some(wanted) => self.answer_to(&wanted, &faults),
            None => Answer::not_found("not found: this database has no such path"),
        }
        .into_response()
    }

    fn answer_to(&self, wanted: &Wanted, faults: &[&SumdbFault]) -> Answer {
        let mut logs = faults.iter().rev();
        let log = logs.find_map(|fault| self.histories.under(fault));
        let log = log.unwrap_or_else(|| self.histories.honest());
        let rolled_back = faults.iter().find_map(|fault| match fault {
            SumdbFault::Rollback(size) => Some(*size),
            _ => None,
        });
        let size = rolled_back.map_or(log.size(), |size| size.min(log.size()));
        let answer = match wanted {
            Wanted::Supported => Some(Answer::Text(String::new())),
            Wanted::Latest => self.head(log, size, faults).map(Answer::Text),
            Wanted::Lookup { module, version } => {
                return self.lookup(log, size, module.as_deref(), version.as_deref(), faults);
            }
            Wanted::Tile(tile) => tile.and_then(|tile| piece(log, size, tile, faults)),
        };
        answer.unwrap_or(Answer::not_found("not found: the tree has no such tile"))
    }

    fn lookup(
        &self,
        log: &Log,
        size: u64,
        module: Option<&str>,
        version: Option<&str>,
        faults: &[&SumdbFault],
    ) -> Answer {
        let number = module
            .zip(version)
            .and_then(|(module, version)| log.number(module, version))
            .filter(|number| *number < size);
        let Some(number) = number else {
            return Answer::not_found("not found: nothing is known here of such a version");
        };
        let number = bend::answered(number, size, faults);
        let head = self.head(log, bend::size_with(number, size, faults), faults);
        match log.record(number).zip(head) {
            Some((record, head)) => Answer::Text(bend::record(record, faults) + &head),
            None => Answer::not_found("not found: the tree is smaller than that"),
        }
    }

    fn head(&self, log: &Log, size: u64, faults: &[&SumdbFault]) -> Option<String> {
        let text = log.head(size)?;
        Some(bend::signed_head(&self.key, &text, size, faults))
    }
}

fn piece(log: &Log, size: u64, tile: Tile, faults: &[&SumdbFault]) -> Option<Answer> {
    let octets = log.tile(tile, size)?;
    Some(match tile.level {
        TileLevel::Hashes(_) => Answer::Octets(bend::tile(octets, faults)),
        TileLevel::Data => Answer::Text(String::from_utf8(octets).ok()?),
    })
}

impl Answer {
    fn not_found(why: &'static str) -> Self {
        Self::Missing(StatusCode::NOT_FOUND, why)
    }

    fn into_response(self) -> Response<Body> {
        const TEXT: &str = "text/plain; charset=UTF-8";
        let (status, content_type, octets) = match self {
            Self::Text(text) => (StatusCode::OK, TEXT, Bytes::from(text)),
            Self::Octets(octets) => (
                StatusCode::OK,
                "application/octet-stream",
                Bytes::from(octets),
            ),
            Self::Missing(status, why) => (status, TEXT, Bytes::from(format!("{why}\n"))),
        };
        let mut response = Response::new(full(octets));
        *response.status_mut() = status;
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    }
}

impl Site for SumdbSite {
    fn classify(&self, parts: &Parts) -> Option<Asked> {
        let wanted = self.wanted(parts)?;
        Some(asked(parts, wanted.kind(), wanted.module()))
    }

    fn answer(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Response<Body>> + Send + '_>> {
        Box::pin(ready(self.respond(&request)))
    }
}
