//! go-import pages (`go help importpath`, "Remote import paths").

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use http::request::Parts;
use http::{Method, Response};

use modfault_kit::fault::{Fault, VanityFault};
use modfault_kit::{Asked, HostName, RequestKind};

use crate::pages::{Page, to_response};
use crate::site::{Body, Request, Site};

mod gate;

pub use gate::{Gate, Refusal};

/// What a go-import tag says of an import path prefix, `prefix vcs repository subdirectory`, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoImport {
    /// The version control system, or `mod` for a module proxy.
    pub vcs: String,
    /// The URL of the repository or module proxy.
    pub repository: String,
    /// The directory of the repository in which the module is, where it is not the root.
    pub subdirectory: Option<String>,
    /// Who is shown the tag; everybody without it.
    pub gate: Option<Gate>,
}

/// The pages of one host for the import paths that begin with its name.
#[derive(Clone, Debug)]
pub struct VanitySite {
    host: HostName,
    imports: BTreeMap<String, GoImport>,
}

impl VanitySite {
    /// A site at `host` for `imports` by import path prefix, host included.
    pub fn new(host: HostName, imports: BTreeMap<String, GoImport>) -> Self {
        Self { host, imports }
    }

    /// The longest prefix that covers the import path that `parts` asks about.
    fn prefix(&self, parts: &Parts) -> Option<(&str, &GoImport)> {
        let path = format!("{}{}", self.host, parts.uri.path());
        let path = path.trim_end_matches('/');
        self.imports
            .iter()
            .rev()
            .find(|(prefix, _)| {
                path.strip_prefix(prefix.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
            .map(|(prefix, import)| (prefix.as_str(), import))
    }
}

impl Site for VanitySite {
    fn classify(&self, parts: &Parts) -> Option<Asked> {
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return None;
        }
        let (prefix, _) = self.prefix(parts)?;
        Some(Asked {
            kind: if is_go_get(parts) {
                RequestKind::GoGet
            } else {
                RequestKind::Page
            },
            method: parts.method.to_string(),
            path: parts.uri.path_and_query()?.to_string(),
            module: Some(prefix.to_owned()),
        })
    }

    fn answer(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Response<Body>> + Send + '_>> {
        Box::pin(async move {
            match self.prefix(&request.parts) {
                Some((prefix, import)) if is_go_get(&request.parts) => {
                    if let Some(refusal) = gate::refusal(import, &request.parts) {
                        return gate::refused(refusal, prefix, import);
                    }
                    let faults = request.fired.iter().filter_map(|fired| match &fired.fault {
                        Fault::Vanity(fault) => Some(fault),
                        _ => None,
                    });
                    let (status, html) = go_import_page(prefix, import, faults);
                    response(status, html)
                }
                Some((prefix, _)) => {
                    response(200, document("", &format!("<h1>{}</h1>\n", escape(prefix))))
                }
                None => response(200, document("", "")),
            }
        })
    }
}

fn is_go_get(parts: &Parts) -> bool {
    parts
        .uri
        .query()
        .is_some_and(|query| query.split('&').any(|pair| pair == "go-get=1"))
}

fn response(status: u16, html: String) -> Response<Body> {
    to_response(&Page {
        status,
        content_type: "text/html; charset=utf-8".to_owned(),
        body: html,
    })
}

/// The status and the page for `prefix`, with what `faults` make of it.
fn go_import_page<'a>(
    prefix: &str,
    import: &GoImport,
    faults: impl Iterator<Item = &'a VanityFault>,
) -> (u16, String) {
    let mut status = 200;
    let mut prefix = prefix;
    let mut vcs = import.vcs.as_str();
    let mut repository = import.repository.as_str();
    let mut placement = Placement::Head;
    for fault in faults {
        match fault {
            VanityFault::NoMeta => placement = Placement::Nowhere,
            VanityFault::WrongPrefix(other) => prefix = other,
            VanityFault::WrongRepository(other) => repository = other,
            VanityFault::WrongVcs(other) => vcs = other,
            VanityFault::LoginPage => return (status, login_page()),
            VanityFault::Status(other) => status = *other,
            VanityFault::TwoTags => placement = Placement::Twice,
            VanityFault::TagInBody => placement = Placement::Body,
        }
    }
    let tag = tag(prefix, vcs, repository, import.subdirectory.as_deref());
    let about = format!("<h1>{}</h1>\n", escape(prefix));
    let html = match placement {
        Placement::Head => document(&tag, &about),
        Placement::Twice => document(&format!("{tag}{tag}"), &about),
        Placement::Body => document("", &format!("{about}{tag}")),
        Placement::Nowhere => document("", &about),
    };
    (status, html)
}

/// Where the go-import tag stands.
enum Placement {
    Head,
    Twice,
    Body,
    Nowhere,
}

fn tag(prefix: &str, vcs: &str, repository: &str, subdirectory: Option<&str>) -> String {
    let mut content = format!("{prefix} {vcs} {repository}");
    if let Some(field) = subdirectory {
        content.push(' ');
        content.push_str(field);
    }
    let content = escape(&content);
    format!("<meta name=\"go-import\" content=\"{content}\">\n")
}

fn login_page() -> String {
    document(
        "<title>Sign in</title>\n",
        "<form action=\"/login\" method=\"post\">\n<input name=\"user\"><input name=\"password\" type=\"password\">\n\
         <button>Sign in</button>\n</form>\n",
    )
}

fn document(head: &str, body: &str) -> String {
    format!("<!DOCTYPE html>\n<html>\n<head>\n{head}</head>\n<body>\n{body}</body>\n</html>\n")
}

/// `text` as it stands in HTML text and in quoted attribute values.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
