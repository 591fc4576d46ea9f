//! A proxy on loopback with two origins behind it, and curl in front.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use modfault_kit::dial::LoopbackDialer;
use modfault_kit::event::Exchange;
use modfault_kit::fault::{HttpFault, TlsFault};
use modfault_kit::{
    Armed, Bound, Clock, Context, Dial, Event, EventKind, Fault, FaultId, HostName, PlacedFault,
    Recorder, RequestKind, Seed, Selector, Timeline, Trigger,
};
use modfault_mitm::{ProxySetup, serve_proxy};
use modfault_pki::{Authority, Pki};
use modfault_web::{Page, PagesSite, Site, TlsSetup, serve_web};

/// The proxy's own name.
pub(crate) const PROXY: &str = "proxy.example";

/// The host with pages, over http and https.
pub(crate) const ORIGIN: &str = "origin.example";

/// What the origin has of a module.
pub(crate) const LIST: &str = "/a.example/c/@v/list";
const INFO: &str = "/a.example/c/@v/v1.1.0.info";
const MOD: &str = "/a.example/c/@v/v1.1.0.mod";

/// A small internet on loopback.
pub(crate) struct Internet {
    pub(crate) proxy: SocketAddr,
    pki: Arc<Pki>,
    recorder: Recorder,
    timeline: Timeline,
    stop: CancellationToken,
    servers: JoinSet<std::io::Result<()>>,
}

/// What curl got.
#[derive(Debug)]
pub(crate) struct Got {
    /// curl's exit status.
    pub(crate) exit: i32,
    /// The head and body of the last answer.
    pub(crate) text: String,
    /// What curl wrote with `--write-out`: the status of CONNECT, that of the answer behind it and its HTTP version (0 for none).
    pub(crate) codes: String,
}

/// A fault of HTTP at the proxy.
pub(crate) fn http_fault(get: &[RequestKind], fault: HttpFault) -> PlacedFault {
    placed(PROXY, get, Fault::Http(fault))
}

/// A fault of TLS at a host; at the proxy, within its tunnels.
pub(crate) fn tls_fault(on: &str, fault: TlsFault) -> PlacedFault {
    placed(on, &[], Fault::Tls(fault))
}

fn placed(on: &str, get: &[RequestKind], what: Fault) -> PlacedFault {
    PlacedFault {
        id: FaultId("fault[0]".to_owned()),
        on: HostName::parse(on).unwrap(),
        select: Selector {
            get: get.to_vec(),
            ..Selector::default()
        },
        trigger: Trigger::Always,
        what,
    }
}

fn origin_site() -> Arc<dyn Site> {
    let page = |body: &str| Page {
        status: 200,
        content_type: "text/plain".to_owned(),
        body: body.to_owned(),
    };
    Arc::new(PagesSite::new(BTreeMap::from([
        ("/hello".to_owned(), page("hello\n")),
        (LIST.to_owned(), page("v1.0.0\nv1.1.0\n")),
        (INFO.to_owned(), page("{\"Version\":\"v1.1.0\"}")),
        (MOD.to_owned(), page("module a.example/c\n")),
        ("/large".to_owned(), page(&"0123456789".repeat(100_000))),
    ])))
}

impl Internet {
    /// Starts it with `faults`; `change` sets the proxy up otherwise than by default.
    pub(crate) async fn start(
        faults: Vec<PlacedFault>,
        change: impl FnOnce(&mut ProxySetup),
    ) -> Self {
        let clock = Clock::real();
        let (recorder, timeline) = Recorder::new(clock.clone());
        let context = Context {
            armed: Armed::new(faults, Seed(0), clock.clone(), recorder.clone()),
            clock,
            recorder: recorder.clone(),
        };
        let pki = Arc::new(Pki::new(Seed(0)));
        let stop = CancellationToken::new();
        let mut servers = JoinSet::new();
        let mut dialer = LoopbackDialer::default();
        for (port, tls) in [(80, false), (443, true)] {
            let (bound, address) = bind(ORIGIN, port).await;
            let names = vec![ORIGIN.to_owned()];
            let tls = tls.then(|| TlsSetup::new(Arc::clone(&pki), Authority::Public, names));
            servers.spawn(serve_web(
                bound,
                tls,
                vec![origin_site()],
                context.clone(),
                stop.clone(),
            ));
            dialer = dialer.with(ORIGIN, port, address);
        }
        // Nobody listens where this one was.
        let (closed, address) = bind("refused.example", 80).await;
        drop(closed);
        dialer = dialer
            .with("refused.example", 80, address)
            .with("refused.example", 443, address);

        let (bound, proxy) = bind(PROXY, 3128).await;
        let mut setup = ProxySetup::new(Arc::clone(&pki), Dial::new(dialer));
        change(&mut setup);
        servers.spawn(serve_proxy(bound, setup, context, stop.clone()));
        Self {
            proxy,
            pki,
            recorder,
            timeline,
            stop,
            servers,
        }
    }

    /// Runs `curl` through the proxy, trusting `authority`.
    pub(crate) async fn curl(&self, authority: Authority, arguments: &[&str]) -> Got {
        let directory = tempfile::tempdir().unwrap();
        let trusted = directory.path().join("ca.pem");
        std::fs::write(&trusted, self.pki.root_pem(authority).unwrap()).unwrap();
        let output = Command::new("curl")
            .env_clear()
            .env("HOME", directory.path())
            .args(["--silent", "--include", "--max-time", "20", "--proxy"])
            .arg(format!("http://{}", self.proxy))
            .arg("--cacert")
            .arg(&trusted)
            .args([
                "--write-out",
                "%{stderr}%{http_connect} %{http_code} %{http_version}",
            ])
            .args(arguments)
            .output()
            .await
            .expect("`curl` must be there for this test");
        Got {
            exit: output.status.code().unwrap(),
            text: String::from_utf8_lossy(&output.stdout).into_owned(),
            codes: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Gives what was seen once every connection has ended.
    pub(crate) async fn end(self) -> Vec<Event> {
        self.recorder.quiet().await;
        self.stop().await
    }

    /// Ends every server now, and gives what was seen until then.
    pub(crate) async fn stop(mut self) -> Vec<Event> {
        self.stop.cancel();
        while let Some(ended) = self.servers.join_next().await {
            ended.unwrap().unwrap();
        }
        self.timeline.drain()
    }
}

async fn bind(host: &str, port: u16) -> (Bound, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let host = HostName::parse(host).unwrap();
    (
        Bound {
            host,
            port,
            listener,
        },
        address,
    )
}

/// The exchanges seen at `host`.
pub(crate) fn exchanges(events: &[Event], host: &str) -> Vec<Exchange> {
    events
        .iter()
        .filter(|event| event.host.as_str() == host)
        .filter_map(|event| match &event.kind {
            EventKind::Http(exchange) => Some(exchange.clone()),
            _ => None,
        })
        .collect()
}

/// Everybody is let through.
pub(crate) fn open(_: &mut ProxySetup) {}

/// TLS is terminated with leaves of the corporate authority.
pub(crate) fn terminating(setup: &mut ProxySetup) {
    setup.terminate = Some(Authority::Corporate);
}

/// A wait that is over at once.
pub(crate) const SOON: Duration = Duration::from_millis(50);
