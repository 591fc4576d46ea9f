//! A small proxy, and asking it without a socket.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt;

use modfault_gomod::{ModulePath, ModuleVersion};
use modfault_goproxy::{GoproxyContent, GoproxySite};
use modfault_kit::fault::GoproxyFault;
use modfault_kit::{Asked, Fault, FaultId, Fired, HostName};
use modfault_web::{Request, Site};

/// The module that every test is about.
pub(crate) const GO_MOD: &str = "module example.com/Greet\n\ngo 1.21\n";

/// An answer, read to its end.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(crate) fn path(text: &str) -> ModulePath {
    ModulePath::parse(text).unwrap()
}

pub(crate) fn version(text: &str) -> ModuleVersion {
    ModuleVersion::parse(text).unwrap()
}

pub(crate) fn files(go_mod: Option<&str>) -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([("greet.go".to_owned(), "package greet\n".to_owned())]);
    if let Some(go_mod) = go_mod {
        files.insert("go.mod".to_owned(), go_mod.to_owned());
    }
    files
}

/// `example.com/Greet` with two releases, a prerelease and a pseudo-version, and `example.com/bare` without go.mod.
pub(crate) fn content() -> GoproxyContent {
    let mut content = [
        "v1.0.0",
        "v1.10.0",
        "v1.11.0-RC.1",
        "v1.10.1-0.20210203040506-abcdefabcdef",
    ]
    .into_iter()
    .fold(GoproxyContent::default(), |content, text| {
        content.with_version(
            path("example.com/Greet"),
            version(text),
            files(Some(GO_MOD)),
        )
    })
    .with_version(path("example.com/bare"), version("v0.1.0"), files(None));
    content
        .modules
        .get_mut(&path("example.com/Greet"))
        .unwrap()
        .queries
        .insert("main".to_owned(), version("v1.10.0"));
    content
}

pub(crate) fn site() -> GoproxySite {
    GoproxySite::new(content())
}

/// What `site` takes `path` for.
pub(crate) fn classify(site: &GoproxySite, path: &str) -> Option<Asked> {
    let (parts, ()) = http::Request::get(path).body(()).unwrap().into_parts();
    site.classify(&parts)
}

/// The answer to a GET of `path` while `faults` fire.
pub(crate) async fn get_under(site: &GoproxySite, path: &str, faults: &[GoproxyFault]) -> Answer {
    let request = http::Request::get(path).body(()).unwrap();
    send(site, request, faults).await
}

pub(crate) async fn get(site: &GoproxySite, path: &str) -> Answer {
    get_under(site, path, &[]).await
}

pub(crate) async fn send(
    site: &GoproxySite,
    request: http::Request<()>,
    faults: &[GoproxyFault],
) -> Answer {
    let (parts, ()) = request.into_parts();
    let asked = site.classify(&parts).expect("the site takes this path");
    assert_eq!(asked.method, parts.method.as_str());
    let fired = faults
        .iter()
        .map(|fault| Fired {
            id: FaultId("fault[0]".to_owned()),
            fault: Fault::Goproxy(fault.clone()),
        })
        .collect();
    let response = site
        .answer(Request {
            host: HostName::parse("proxy.example").unwrap(),
            scheme: "https",
            parts,
            body: Bytes::new(),
            asked,
            fired,
        })
        .await;
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

/// A request with this method.
pub(crate) fn request(method: Method, path: &str) -> http::Request<()> {
    http::Request::builder()
        .method(method)
        .uri(path)
        .body(())
        .unwrap()
}
