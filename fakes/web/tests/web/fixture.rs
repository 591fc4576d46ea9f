//! A web server on loopback, and the clients that ask it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;

use http::Response;
use http::request::Parts;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use modfault_kit::event::Exchange;
use modfault_kit::fault::HttpFault;
use modfault_kit::login::Login;
use modfault_kit::{
    Armed, Asked, Bound, Clock, Context, Event, EventKind, Fault, FaultId, HostName, PlacedFault,
    Recorder, RequestKind, Seed, Selector, Timeline, Trigger,
};
use modfault_pki::{Authority, Pki};
use modfault_web::{
    Body, Gate, GoImport, Page, PagesSite, Refusal, Request, Site, TlsSetup, VanitySite, full,
    serve_web,
};

/// The host under test.
pub(crate) const HOST: &str = "web.example";
/// What `/greeting` answers.
pub(crate) const GREETING: &str = "Hello from the small internet.\n";
/// How many bytes `/large` answers.
pub(crate) const LARGE: usize = 300_000;

/// Whether the server speaks TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// A running server.
pub(crate) struct Fixture {
    pub(crate) scheme: Scheme,
    pub(crate) port: u16,
    recorder: Recorder,
    timeline: Timeline,
    folder: tempfile::TempDir,
    serving: JoinSet<std::io::Result<()>>,
    stop: CancellationToken,
}

/// How curl ended.
#[derive(Debug)]
pub(crate) struct Curl {
    /// Its exit status (`man curl`, "EXIT CODES").
    pub(crate) code: i32,
    /// Head and body, as they came.
    pub(crate) text: String,
    /// What it said.
    pub(crate) error: String,
}

impl Curl {
    /// What came after the head.
    pub(crate) fn body(&self) -> &str {
        self.text
            .split_once("\r\n\r\n")
            .map_or("", |(_, body)| body)
    }

    /// The value of a header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.text.split_once("\r\n\r\n")?;
        head.lines().find_map(|line| {
            let (field, value) = line.split_once(": ")?;
            field.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> Option<u16> {
        self.text.split(' ').nth(1)?.trim().parse().ok()
    }
}

impl Fixture {
    pub(crate) async fn http(faults: &[HttpFault]) -> Self {
        Self::new(Scheme::Http, faults.iter().cloned().map(Fault::Http)).await
    }

    pub(crate) async fn https(faults: &[HttpFault]) -> Self {
        Self::new(Scheme::Https, faults.iter().cloned().map(Fault::Http)).await
    }

    pub(crate) async fn new(scheme: Scheme, faults: impl IntoIterator<Item = Fault>) -> Self {
        let everything = |fault| (Selector::default(), fault);
        Self::selecting(scheme, faults.into_iter().map(everything)).await
    }

    pub(crate) async fn selecting(
        scheme: Scheme,
        faults: impl IntoIterator<Item = (Selector, Fault)>,
    ) -> Self {
        let host = HostName::parse(HOST).unwrap();
        let clock = Clock::real();
        let (recorder, timeline) = Recorder::new(clock.clone());
        let placed = faults
            .into_iter()
            .enumerate()
            .map(|(index, (select, what))| PlacedFault {
                id: FaultId(format!("fault[{index}]")),
                on: host.clone(),
                select,
                trigger: Trigger::Always,
                what,
            })
            .collect();
        let context = Context {
            armed: Armed::new(placed, Seed(1), clock.clone(), recorder.clone()),
            clock,
            recorder: recorder.clone(),
        };
        let pki = Arc::new(Pki::new(Seed(1)));
        let folder = tempfile::tempdir().unwrap();
        let root = pki.root_pem(Authority::Public).unwrap();
        std::fs::write(folder.path().join("root.pem"), root).unwrap();
        let tls = (scheme == Scheme::Https)
            .then(|| TlsSetup::new(pki, Authority::Public, vec![HOST.to_owned()]));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let bound = Bound {
            port: match scheme {
                Scheme::Http => 80,
                Scheme::Https => 443,
            },
            host,
            listener,
        };
        let stop = CancellationToken::new();
        let mut serving = JoinSet::new();
        serving.spawn(serve_web(bound, tls, sites(), context, stop.clone()));
        Self {
            scheme,
            port,
            recorder,
            timeline,
            folder,
            serving,
            stop,
        }
    }

    /// Asks for `path` by curl, with further options.
    pub(crate) async fn curl(&self, path: &str, options: &[&str]) -> Curl {
        let (scheme, port) = match self.scheme {
            Scheme::Http => ("http", 80),
            Scheme::Https => ("https", 443),
        };
        let output = Command::new("curl")
            .env_clear()
            .args(["-sS", "-i", "--noproxy", "*", "--max-time", "20"])
            .args([
                "--connect-to",
                &format!("{HOST}:{port}:127.0.0.1:{}", self.port),
            ])
            .arg("--cacert")
            .arg(self.root())
            .args(options)
            .arg(format!("{scheme}://{HOST}{path}"))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        Curl {
            code: output.status.code().unwrap(),
            text: String::from_utf8_lossy(&output.stdout).into_owned(),
            error: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The file with the root that clients trust.
    pub(crate) fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("root.pem")
    }

    /// A bare connection.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// Everything recorded, once every connection has ended.
    pub(crate) async fn events(&mut self) -> Vec<Event> {
        self.recorder.quiet().await;
        self.timeline.drain()
    }

    /// Everything recorded up to now, as soon as `enough` of it is there.
    pub(crate) async fn until(&mut self, enough: impl Fn(&EventKind) -> bool) -> Vec<Event> {
        let mut events = Vec::new();
        while !events.iter().any(|event: &Event| enough(&event.kind)) {
            tokio::task::yield_now().await;
            events.extend(self.timeline.drain());
        }
        events
    }

    pub(crate) async fn exchanges(&mut self) -> Vec<Exchange> {
        let events = self.events().await;
        events
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::Http(exchange) => Some(exchange),
                _ => None,
            })
            .collect()
    }

    /// Ends the server; whatever it says counts.
    pub(crate) async fn shutdown(mut self) -> Vec<Event> {
        self.stop.cancel();
        while let Some(ended) = self.serving.join_next().await {
            ended.unwrap().unwrap();
        }
        self.timeline.drain()
    }
}

fn sites() -> Vec<Arc<dyn Site>> {
    let page = |status, content_type: &str, body: &str| Page {
        status,
        content_type: content_type.to_owned(),
        body: body.to_owned(),
    };
    let pages = BTreeMap::from([
        ("/greeting".to_owned(), page(200, "text/plain", GREETING)),
        (
            "/large".to_owned(),
            page(200, "text/plain", &"x".repeat(LARGE)),
        ),
        ("/gone".to_owned(), page(410, "text/plain", "gone\n")),
        ("/a/@v/!list".to_owned(), page(200, "text/plain", "list\n")),
        (
            "/sent/%40v/%21list".to_owned(),
            page(200, "text/plain", "list\n"),
        ),
        ("/Upper".to_owned(), page(200, "text/plain", "upper\n")),
        ("/a/b".to_owned(), page(200, "text/plain", "below\n")),
        ("/empty".to_owned(), page(200, "text/plain", "")),
    ]);
    let imports = BTreeMap::from([
        (
            format!("{HOST}/pkg"),
            GoImport {
                vcs: "git".to_owned(),
                repository: "https://git.example/pkg".to_owned(),
                subdirectory: None,
                gate: None,
            },
        ),
        (
            format!("{HOST}/pkg/inner"),
            GoImport {
                vcs: "mod".to_owned(),
                repository: "https://proxy.example".to_owned(),
                subdirectory: None,
                gate: None,
            },
        ),
        (
            format!("{HOST}/closed/group/project"),
            GoImport {
                vcs: "git".to_owned(),
                repository: "https://git.example/project".to_owned(),
                subdirectory: Some("go/client".to_owned()),
                gate: Some(Gate {
                    login: Login {
                        user: "gopher".to_owned(),
                        password: "s3cret".to_owned(),
                    },
                    otherwise: Refusal::TwoElements,
                }),
            },
        ),
    ]);
    vec![
        Arc::new(Echo),
        Arc::new(VanitySite::new(HostName::parse(HOST).unwrap(), imports)),
        Arc::new(PagesSite::new(pages)),
    ]
}

/// Answers `/echo` with what the field `X-Echo` says.
struct Echo;

impl Site for Echo {
    fn classify(&self, parts: &Parts) -> Option<Asked> {
        (parts.uri.path() == "/echo").then(|| Asked {
            kind: RequestKind::Page,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            module: None,
        })
    }

    fn answer(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Response<Body>> + Send + '_>> {
        let said = request.parts.headers.get("x-echo");
        let said = said.map_or("nothing", |value| value.to_str().unwrap());
        let answer = Response::new(full(said.to_owned()));
        Box::pin(async move { answer })
    }
}
