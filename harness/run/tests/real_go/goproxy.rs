//! The real `go` command downloads from the proxy over HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use modfault_gomod::{ModulePath, ModuleVersion, hash_files};
use modfault_goproxy::{GoproxyContent, GoproxySite};
use modfault_kit::fault::GoproxyFault;
use modfault_kit::{
    Armed, Bound, Clock, Context, Event, EventKind, Fault, FaultId, HostName, PlacedFault,
    Recorder, RequestKind, Seed, Selector, Timeline, Trigger,
};
use modfault_web::serve_web;

use crate::toolchain;

const HOST: &str = "goproxy.example";

/// A proxy on loopback.
struct Proxy {
    address: SocketAddr,
    recorder: Recorder,
    timeline: Timeline,
    stop: CancellationToken,
    servers: JoinSet<std::io::Result<()>>,
}

impl Proxy {
    async fn start(faults: &[GoproxyFault]) -> Self {
        let host = HostName::parse(HOST).unwrap();
        let clock = Clock::real();
        let (recorder, timeline) = Recorder::new(clock.clone());
        let faults = faults
            .iter()
            .map(|fault| PlacedFault {
                id: FaultId("fault[0]".to_owned()),
                on: host.clone(),
                select: Selector::default(),
                trigger: Trigger::Always,
                what: Fault::Goproxy(fault.clone()),
            })
            .collect();
        let context = Context {
            armed: Armed::new(faults, Seed(0), clock.clone(), recorder.clone()),
            clock,
            recorder: recorder.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let bound = Bound {
            host,
            port: 80,
            listener,
        };
        let stop = CancellationToken::new();
        let mut servers = JoinSet::new();
        servers.spawn(serve_web(
            bound,
            None,
            vec![Arc::new(GoproxySite::new(content()))],
            context,
            stop.clone(),
        ));
        Self {
            address,
            recorder,
            timeline,
            stop,
            servers,
        }
    }

    /// What was seen, once every connection has ended.
    async fn end(mut self) -> Vec<Event> {
        self.recorder.quiet().await;
        self.stop.cancel();
        while let Some(ended) = self.servers.join_next().await {
            ended.unwrap().unwrap();
        }
        self.timeline.drain()
    }
}

fn greet() -> BTreeMap<String, String> {
    BTreeMap::from([
        (
            "go.mod".to_owned(),
            "module example.com/Greet\n\ngo 1.19\n".to_owned(),
        ),
        ("greet.go".to_owned(), "package greet\n".to_owned()),
    ])
}

fn content() -> GoproxyContent {
    let path = ModulePath::parse("example.com/Greet").unwrap();
    let version = |text| ModuleVersion::parse(text).unwrap();
    let mut content = ["v1.0.0", "v1.1.0", "v1.2.0-RC.1"]
        .into_iter()
        .fold(GoproxyContent::default(), |content, text| {
            content.with_version(path.clone(), version(text), greet())
        });
    let queries = &mut content.modules.get_mut(&path).unwrap().queries;
    queries.insert("main".to_owned(), version("v1.2.0-RC.1"));
    content
}

async fn go(home: &Path, proxy: &Proxy, arguments: &[&str]) -> Output {
    Command::new(toolchain::go())
        .args(arguments)
        .current_dir(home)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home)
        .env("GOPROXY", format!("http://{}", proxy.address))
        // A cache that can be removed again.
        .env("GOFLAGS", "-mod=mod -modcacherw")
        .env("GOSUMDB", "off")
        .env("GOTOOLCHAIN", "local")
        .output()
        .await
        .expect("the toolchain has a `go`")
}

async fn download(proxy: &Proxy, what: &str) -> serde_json::Value {
    let home = tempfile::tempdir().unwrap();
    let output = go(home.path(), proxy, &["mod", "download", "-json", what]).await;
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[tokio::test]
async fn go_downloads_versions_branches_and_the_latest() {
    let proxy = Proxy::start(&[]).await;
    for (query, version) in [
        ("v1.0.0", "v1.0.0"),
        ("v1.2.0-RC.1", "v1.2.0-RC.1"),
        ("latest", "v1.1.0"),
        ("main", "v1.2.0-RC.1"),
    ] {
        let said = download(&proxy, &format!("example.com/Greet@{query}")).await;
        assert_eq!(said["Version"], version, "{said}");
        let hash = hash_files(&format!("example.com/Greet@{version}/"), &greet());
        assert_eq!(said["Sum"], hash.as_str(), "{said}");
    }
    let events = proxy.end().await;
    let asked: Vec<RequestKind> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Http(exchange) => Some(exchange.asked),
            _ => None,
        })
        .collect();
    for kind in [
        RequestKind::List,
        RequestKind::Info,
        RequestKind::Mod,
        RequestKind::Zip,
    ] {
        assert!(asked.contains(&kind), "{kind} among {asked:?}");
    }
}

#[tokio::test]
async fn go_asks_for_latest_where_the_list_is_empty() {
    let proxy = Proxy::start(&[GoproxyFault::EmptyList]).await;
    let said = download(&proxy, "example.com/Greet@latest").await;
    assert_eq!(said["Version"], "v1.1.0", "{said}");
    let latest = |event: &Event| matches!(&event.kind, EventKind::Http(exchange) if exchange.asked == RequestKind::Latest);
    assert!(proxy.end().await.iter().any(latest));
}

#[tokio::test]
async fn go_takes_nothing_of_what_is_bent() {
    for fault in [
        GoproxyFault::NotFound,
        GoproxyFault::Gone,
        GoproxyFault::BadJson,
        GoproxyFault::TruncatedZip(modfault_kit::ByteCount(100)),
        GoproxyFault::NotAZip,
        GoproxyFault::WrongZipPrefix,
    ] {
        let proxy = Proxy::start(std::slice::from_ref(&fault)).await;
        let said = download(&proxy, "example.com/Greet@v1.0.0").await;
        assert!(said["Error"].is_string(), "{fault:?}: {said}");
        assert_eq!(said["Sum"], serde_json::Value::Null, "{fault:?}: {said}");
    }
}

#[tokio::test]
async fn go_reads_the_mod_file_only_where_another_module_requires_it() {
    for fault in [
        GoproxyFault::BadGoMod,
        GoproxyFault::WrongModulePath("example.com/other".to_owned()),
    ] {
        let proxy = Proxy::start(std::slice::from_ref(&fault)).await;
        let said = download(&proxy, "example.com/Greet@v1.0.0").await;
        assert!(said["Sum"].is_string(), "{fault:?}: {said}");

        let home = tempfile::tempdir().unwrap();
        let app = "module app\n\ngo 1.19\n\nrequire example.com/Greet v1.0.0\n";
        std::fs::write(home.path().join("go.mod"), app).unwrap();
        let output = go(home.path(), &proxy, &["list", "-m", "all"]).await;
        assert!(!output.status.success(), "{fault:?}: {output:?}");
        drop(proxy.end().await);

        let healthy = Proxy::start(&[]).await;
        let output = go(home.path(), &healthy, &["list", "-m", "all"]).await;
        assert!(!output.status.success(), "{fault:?}: the cache keeps it");
        let output = go(home.path(), &healthy, &["clean", "-modcache"]).await;
        assert!(output.status.success(), "{fault:?}: {output:?}");
        let output = go(home.path(), &healthy, &["list", "-m", "all"]).await;
        assert!(output.status.success(), "{fault:?}: {output:?}");
    }
}
