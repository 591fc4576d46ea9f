//! The proxy behind a web server.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, ready};
use std::pin::Pin;

use bytes::Bytes;
use http::header::{ALLOW, HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use crate::bend::bend;
use crate::content::GoproxyContent;
use crate::served::{Served, Shelf};
use crate::wanted::{File, Wanted};
use modfault_gomod::ModulePath;
use modfault_kit::{Asked, Fault, Login, RequestKind};
use modfault_web::{Body, Request, Site, admits, asked};

/// A module proxy.
#[derive(Debug)]
pub struct GoproxySite {
    prefix: String,
    login: Option<Login>,
    sumdbs: BTreeSet<String>,
    shelves: BTreeMap<ModulePath, Shelf>,
}

impl GoproxySite {
    /// A proxy that serves `content`.
    pub fn new(content: GoproxyContent) -> Self {
        Self {
            prefix: content.prefix,
            login: content.login,
            sumdbs: content.sumdbs,
            shelves: content
                .modules
                .into_iter()
                .map(|(path, module)| (path, Shelf::new(module)))
                .collect(),
        }
    }

    fn wanted(&self, parts: &Parts) -> Option<Wanted> {
        Wanted::parse(parts.uri.path().strip_prefix(self.prefix.as_str())?)
    }

    fn respond(&self, request: &Request) -> Response<Body> {
        if !admits(self.login.as_ref(), &request.parts) {
            return refusal(
                StatusCode::UNAUTHORIZED,
                "unauthorized: this proxy wants a user name and a password",
                (WWW_AUTHENTICATE, "Basic realm=\"modules\""),
            );
        }
        if !matches!(request.parts.method, Method::GET | Method::HEAD) {
            return refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                "method not allowed: this proxy only reads",
                (ALLOW, "GET, HEAD"),
            );
        }
        // The path may have been mangled since it was classified.
        let Some(wanted) = self.wanted(&request.parts) else {
            return Served::not_found("such path").into_response();
        };
        let (name, file, served) = match wanted {
            Wanted::Module { module, file } => {
                let name = module
                    .as_ref()
                    .map_or("module of that spelling", ModulePath::as_str);
                let served = match module
                    .as_ref()
                    .and_then(|module| self.shelves.get_key_value(module))
                {
                    Some((module, shelf)) => shelf.serve(module, &file),
                    None => Served::not_found(name),
                };
                (name.to_owned(), file, served)
            }
            Wanted::Sumdb { name, kind, .. } => {
                let served = self.serve_sumdb(&name, kind);
                (name, File::Other, served)
            }
        };
        request
            .fired
            .iter()
            .fold(served, |served, fired| match &fired.fault {
                Fault::Goproxy(fault) => bend(fault, &name, &file, served),
                Fault::Dns(_)
                | Fault::Net(_)
                | Fault::Tcp(_)
                | Fault::Tls(_)
                | Fault::Http(_)
                | Fault::Sumdb(_)
                | Fault::Git(_)
                | Fault::Ssh(_)
                | Fault::Vanity(_) => served,
            })
            .into_response()
    }

    /// Only the question whether a database is proxied has an answer here; its records are another fake's.
    fn serve_sumdb(&self, name: &str, kind: RequestKind) -> Served<'_> {
        if kind == RequestKind::SumdbSupported && self.sumdbs.contains(name) {
            Served::Raw {
                content_type: "text/plain; charset=UTF-8",
                bytes: Bytes::new(),
            }
        } else {
            Served::not_found(name)
        }
    }
}

impl Site for GoproxySite {
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

fn refusal(
    status: StatusCode,
    why: &str,
    (name, value): (http::HeaderName, &'static str),
) -> Response<Body> {
    let mut response = Served::Missing(status, why.to_owned()).into_response();
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
    response
}
