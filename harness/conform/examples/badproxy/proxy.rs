//! What it answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RANGE,
};
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::fault::Fault;
use crate::upstream::Upstream;
use modfault_gomod::{hash_zip, unescape, zip_under};

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// A caching proxy.
pub(crate) struct Proxy {
    upstream: Upstream,
    faults: BTreeSet<Fault>,
    kept: Mutex<BTreeMap<String, Answer>>,
    count: AtomicUsize,
}

/// An answer before it is one of HTTP.
#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    kind: &'static str,
    body: Bytes,
}

impl Answer {
    fn new(status: u16, kind: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self { status, kind, body }
    }
}

impl Proxy {
    pub(crate) fn new(upstream: Upstream, faults: BTreeSet<Fault>) -> Self {
        Self {
            upstream,
            faults,
            kept: Mutex::default(),
            count: AtomicUsize::new(0),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    /// The answer to a request.
    pub(crate) async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        let answer = match request.method() {
            &Method::HEAD if self.has(Fault::NoHead) => {
                Answer::new(405, TEXT, "method not allowed\n")
            }
            _ => self.bent(path, self.whole(path).await),
        };
        self.response(request, answer)
    }

    async fn whole(&self, path: &str) -> Answer {
        let mut path = path.to_owned();
        if path.starts_with("/sumdb/") {
            if path.ends_with("/supported") && self.has(Fault::SumdbError) {
                return Answer::new(500, TEXT, "internal error\n");
            }
            return self.passed(&path).await;
        }
        if self.has(Fault::FoldEscaped) {
            path = path.replace('!', "");
        }
        if self.has(Fault::FoldCapitals) {
            path.make_ascii_lowercase();
        }
        if unescape(&path).is_err() || (self.has(Fault::NoEscape) && path.contains('!')) {
            return self.absent("no such path");
        }
        if self.has(Fault::Dies) && path.ends_with(".zip") {
            std::process::abort();
        }
        if self.has(Fault::BranchError) && path.ends_with("/main.info") {
            return Answer::new(500, TEXT, "internal error\n");
        }
        let is_none = |fault, part| self.has(fault) && path.contains(part);
        if is_none(Fault::NoPseudo, "-20200101")
            || is_none(Fault::NoIncompatible, "+incompatible")
            || is_none(Fault::ListMissing, "untagged/@v/list")
        {
            return self.absent("no such file");
        }
        self.kept(&path).await
    }

    /// What is kept, or comes to be kept: one asks, the others wait.
    async fn kept(&self, path: &str) -> Answer {
        if self.has(Fault::EachAsks) {
            return self.fetched(path).await.0;
        }
        let mut kept = self.kept.lock().await;
        if let Some(answer) = kept.get(path) {
            return answer.clone();
        }
        let (answer, may_be_kept) = self.fetched(path).await;
        if may_be_kept && !path.ends_with("list") && !path.ends_with("@latest") {
            kept.insert(path.to_owned(), answer.clone());
        }
        answer
    }

    /// What the upstream has, and whether that is worth keeping.
    async fn fetched(&self, path: &str) -> (Answer, bool) {
        let has_limit = !self.has(Fault::NoLimit);
        let follows = !self.has(Fault::NoRedirect);
        let said = self.upstream.get(path, has_limit, follows).await;
        let why = match said {
            Ok(said) if said.is_cut && !self.has(Fault::Partial) => {
                "the upstream sent a part".to_owned()
            }
            Ok(said) if said.status == 200 => {
                match self.flaw(path, &said.body, said.is_cut).await {
                    None => return (Answer::new(200, kind(path), said.body), true),
                    Some(flaw) => flaw,
                }
            }
            Ok(said) if said.status == 410 && self.has(Fault::GoneError) => "gone".to_owned(),
            Ok(said) if matches!(said.status, 404 | 410) => {
                return (
                    self.absent("upstream has none"),
                    self.has(Fault::KeepAbsence),
                );
            }
            Ok(said) => format!("the upstream says {}", said.status),
            Err(why) => why,
        };
        let answer = match self.has(Fault::ErrorsAbsent) {
            true => self.absent(&why),
            false => Answer::new(502, TEXT, format!("bad gateway: {why}\n")),
        };
        (answer, self.has(Fault::KeepErrors))
    }

    /// What is wrong with a file from the upstream.
    async fn flaw(&self, path: &str, body: &Bytes, is_cut: bool) -> Option<String> {
        if path.ends_with(".info") || path.ends_with("@latest") {
            let json = serde_json::from_slice::<Value>(body).ok();
            let has_version = json.is_some_and(|json| json.get("Version").is_some());
            return (!has_version).then(|| "no version came".to_owned());
        }
        let (module, version) = path.strip_suffix(".zip")?.split_once("/@v/")?;
        if is_cut || self.has(Fault::Unchecked) {
            return None;
        }
        let Ok(hash) = hash_zip(body) else {
            return Some("a broken zip came".to_owned());
        };
        let lookup = format!("/sumdb/sum.golang.org/lookup{module}@{version}");
        let record = self.upstream.get(&lookup, true, true).await.ok()?;
        let is_known = String::from_utf8_lossy(&record.body).contains(hash.as_str());
        (record.status == 200 && !is_known).then(|| "another zip came".to_owned())
    }

    /// What the database says.
    async fn passed(&self, path: &str) -> Answer {
        match self.upstream.get(path, true, true).await {
            Ok(said) if said.status == 200 => {
                let mut body = said.body.to_vec();
                if self.has(Fault::SumdbRewritten) && !path.ends_with("/supported") {
                    body.push(b'\n');
                }
                Answer::new(200, TEXT, body)
            }
            Ok(_) if self.has(Fault::SumdbAbsentOk) => Answer::new(200, TEXT, ""),
            Ok(said) => Answer::new(said.status, TEXT, said.body),
            Err(why) => Answer::new(502, TEXT, format!("bad gateway: {why}\n")),
        }
    }

    fn absent(&self, why: &str) -> Answer {
        if self.has(Fault::AbsentOk) {
            return Answer::new(200, TEXT, "");
        }
        match self.has(Fault::AbsentHtml) {
            true => Answer::new(404, HTML, "<html><h1>Not found</h1></html>\n"),
            false => Answer::new(404, TEXT, format!("not found: {why}\n")),
        }
    }

    /// What the faults of single files make of an answer.
    fn bent(&self, path: &str, mut answer: Answer) -> Answer {
        if answer.status != 200 || path.starts_with("/sumdb/") {
            return answer;
        }
        let file = path.rsplit(['.', '/']).next().unwrap_or_default();
        for fault in &self.faults {
            let text = || String::from_utf8_lossy(&answer.body).into_owned();
            let body: Bytes = match (fault, file) {
                (Fault::ListShort, "list") => text()
                    .split_inclusive('\n')
                    .skip(1)
                    .collect::<String>()
                    .into(),
                (Fault::ListEmpty, "list") => Bytes::new(),
                (Fault::ListPseudo, "list") if path.contains("untagged") => {
                    "v0.0.0-20200101000000-0123456789ab\n".into()
                }
                (Fault::ListJson, "list") => {
                    answer.kind = "application/json";
                    continue;
                }
                (Fault::LatestHtml, "@latest") => "<html></html>".into(),
                (Fault::InfoOther, "info") => info("v1.0.9", "2020-01-01T00:00:00Z"),
                (Fault::InfoTime, "info") => info("v1.0.0", "yesterday"),
                (Fault::ModCrlf, "mod") => text().replace('\n', "\r\n").into(),
                (Fault::ZipPrefix, "zip") => other_zip("other/"),
                (Fault::ZipAltered, "zip") => other_zip("example.com/greet@v1.0.0/"),
                (Fault::MixedCrowd, "zip") => {
                    match self.count.fetch_add(1, Ordering::Relaxed) % 2 {
                        0 => continue,
                        _ => other_zip("example.com/unasked@v1.0.0/"),
                    }
                }
                _ => continue,
            };
            answer.body = body;
        }
        answer
    }

    fn response(&self, request: &Request<Incoming>, answer: Answer) -> Response<Full<Bytes>> {
        let is_file = answer.status == 200 && request.uri().path().contains("/@v/v");
        let tag = format!("\"{}\"", answer.body.len());
        let keeps = match self.has(Fault::KeepForEver) {
            true => "public, max-age=31536000",
            false => "max-age=60",
        };
        let mut response = Response::builder()
            .header(CONTENT_TYPE, answer.kind)
            .header(CACHE_CONTROL, keeps);
        let mut status = answer.status;
        let mut body = answer.body;
        if is_file {
            response = response.header(ETAG, &tag);
            let headers = request.headers();
            let is_same = headers
                .get(IF_NONE_MATCH)
                .is_some_and(|value| value == &tag);
            if is_same {
                body = Bytes::new();
                status = if self.has(Fault::EmptyCondition) {
                    200
                } else {
                    304
                };
            }
            if headers.get(RANGE).is_some_and(|value| value == "bytes=0-9") && body.len() > 10 {
                if !self.has(Fault::BareRange) {
                    let range = format!("bytes 0-9/{}", body.len());
                    response = response.header(CONTENT_RANGE, range);
                }
                status = 206;
                body = body.slice(..10);
            }
        }
        if self.has(Fault::LongLength) {
            response = response.header(CONTENT_LENGTH, body.len() + 1);
        }
        response
            .status(status)
            .body(Full::new(body))
            .expect("the fields are well formed")
    }
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("zip") => "application/zip",
        Some("info") => "application/json",
        _ => TEXT,
    }
}

fn info(version: &str, time: &str) -> Bytes {
    json!({ "Version": version, "Time": time })
        .to_string()
        .into()
}

fn other_zip(prefix: &str) -> Bytes {
    let files = BTreeMap::from([("other.go".to_owned(), "package other\n".to_owned())]);
    zip_under(prefix, &files).unwrap_or_default().into()
}
