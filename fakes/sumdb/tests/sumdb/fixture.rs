//! A small database, and asking it without a socket.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;

use modfault_gomod::{ModulePath, ModuleVersion};
use modfault_kit::fault::SumdbFault;
use modfault_kit::{Fault, FaultId, Fired, HostName, Seed};
use modfault_sumdb::{DatabaseKey, Record, SumdbContent, SumdbSite};
use modfault_web::{Request, Site};

/// The database's name.
pub(crate) const NAME: &str = "sum.example";

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
}

/// The record of a module with a go.mod file alone.
pub(crate) fn record(module: &str, version: &str) -> Record {
    let go_mod = format!("module {module}\n");
    let files = BTreeMap::from([("go.mod".to_owned(), go_mod.clone())]);
    let path = ModulePath::parse(module).unwrap();
    Record::of(
        &path,
        &ModuleVersion::parse(version).unwrap(),
        &files,
        &go_mod,
    )
}

/// `example.com/Greet` at two versions after so many other records.
pub(crate) fn content(fillers: u64) -> SumdbContent {
    SumdbContent {
        name: NAME.to_owned(),
        records: vec![
            record("example.com/Greet", "v1.0.0"),
            record("example.com/Greet", "v1.1.0"),
        ],
        fillers,
        ..SumdbContent::default()
    }
}

pub(crate) fn site(fillers: u64) -> SumdbSite {
    SumdbSite::new(Seed(7), content(fillers))
}

pub(crate) fn verifier() -> String {
    DatabaseKey::derive(Seed(7), NAME).verifier()
}

pub(crate) async fn get(site: &SumdbSite, path: &str) -> Answer {
    get_under(site, path, &[]).await
}

/// The answer to a GET of `path` while `faults` fire.
pub(crate) async fn get_under(site: &SumdbSite, path: &str, faults: &[SumdbFault]) -> Answer {
    ask(site, http::Request::get(path), faults).await
}

/// The answer to this request while `faults` fire.
pub(crate) async fn ask(
    site: &SumdbSite,
    request: http::request::Builder,
    faults: &[SumdbFault],
) -> Answer {
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let asked = site.classify(&parts).expect("the site takes this path");
    let concerned = faults.iter().filter(|fault| fault.concerns(&asked));
    let fired = concerned
        .map(|fault| Fired {
            id: FaultId("fault[0]".to_owned()),
            fault: Fault::Sumdb(fault.clone()),
        })
        .collect();
    let response = site
        .answer(Request {
            host: HostName::parse(NAME).unwrap(),
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
