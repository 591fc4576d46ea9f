//! Plain pages.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use http::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};

use modfault_kit::{Asked, RequestKind};

use crate::site::{Body, Request, Site, full};

/// A page as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its status.
    pub status: u16,
    /// Its `Content-Type`.
    pub content_type: String,
    /// Its body.
    pub body: String,
}

/// Pages by path, without query; what it does not have it leaves to other sites.
#[derive(Clone, Debug, Default)]
pub struct PagesSite {
    pages: BTreeMap<String, Page>,
}

impl PagesSite {
    /// A site of `pages` by path.
    pub fn new(pages: BTreeMap<String, Page>) -> Self {
        Self { pages }
    }
}

impl Site for PagesSite {
    fn classify(&self, parts: &Parts) -> Option<Asked> {
        if parts.method == Method::CONNECT {
            return None;
        }
        self.pages.get(parts.uri.path())?;
        Some(Asked {
            kind: RequestKind::Page,
            method: parts.method.to_string(),
            path: parts.uri.path_and_query()?.to_string(),
            module: None,
        })
    }

    fn answer(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Response<Body>> + Send + '_>> {
        Box::pin(async move {
            let page = self.pages.get(request.parts.uri.path());
            page.map_or_else(|| Response::new(full("")), to_response)
        })
    }
}

/// `page` as an answer; a status or type that HTTP does not have becomes 500 or is left out.
pub(crate) fn to_response(page: &Page) -> Response<Body> {
    let mut answer = Response::new(full(page.body.clone()));
    *answer.status_mut() =
        StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = HeaderValue::try_from(&page.content_type) {
        answer.headers_mut().insert(CONTENT_TYPE, value);
    }
    answer
}
