//! What a web server is made of: sites that know their requests and answer them.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::Pin;

use bytes::Bytes;
use http::Response;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use modfault_kit::{Asked, Fired, HostName, Login, RequestKind};

/// The body of an answer. An error ends the connection (HTTP/1.1) or the stream (HTTP/2).
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A body that is all there.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

/// What `parts` asks an origin server for, by its method and its path with the query.
pub fn asked(parts: &Parts, kind: RequestKind, module: Option<String>) -> Asked {
    Asked {
        kind,
        method: parts.method.to_string(),
        path: path_and_query(parts),
        module,
    }
}

/// The path with its query.
pub(crate) fn path_and_query(parts: &Parts) -> String {
    parts
        .uri
        .path_and_query()
        .map_or_else(String::new, |path| path.as_str().to_owned())
}

/// Whether an origin server that wants `login`, or nothing, lets `parts` in.
pub fn admits(login: Option<&Login>, parts: &Parts) -> bool {
    let sent = parts.headers.get(AUTHORIZATION);
    login.is_none_or(|login| sent.is_some_and(|value| login.is_brought_by(value.as_bytes())))
}

/// One request, whole, with what the fault layer says of it.
#[derive(Debug)]
pub struct Request {
    /// The host that was reached (not the `Host` field).
    pub host: HostName,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Method, URI, version, header fields; for CONNECT the extensions hold hyper's `OnUpgrade`.
    pub parts: Parts,
    /// The body.
    pub body: Bytes,
    /// What it asks for, as the site itself said.
    pub asked: Asked,
    /// The goproxy, git and vanity faults that fire for it. The server itself sees to the HTTP faults.
    pub fired: Vec<Fired>,
}

/// Content with a protocol: a module proxy, a git server, go-import pages, plain pages.
pub trait Site: Send + Sync {
    /// What `parts` asks for, or `None` when this site has nothing to do with it. A pure function of the request.
    fn classify(&self, parts: &Parts) -> Option<Asked>;

    /// What `asked` proves to be once the body is read; nothing else for most protocols. A pure function of the request.
    fn refine(&self, asked: Asked, _body: &[u8]) -> Asked {
        asked
    }

    /// The answer to a request that [`Site::classify`] took.
    fn answer(&self, request: Request)
    -> Pin<Box<dyn Future<Output = Response<Body>> + Send + '_>>;
}
