//! The real `go` verifies a download against the checksum database.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use modfault_gomod::{ModulePath, ModuleVersion};
use modfault_goproxy::{GoproxyContent, GoproxySite};
use modfault_kit::fault::SumdbFault;
use modfault_kit::{
    Armed, Bound, Clock, Context, EventKind, Fault, FaultId, HostName, PlacedFault, Recorder,
    RequestKind, Seed, Selector, Timeline, Trigger,
};
use modfault_sumdb::{DatabaseKey, Record, SumdbContent, SumdbSite};
use modfault_web::serve_web;

use crate::toolchain;

const NAME: &str = "sum.example";
const SEED: Seed = Seed(5);

/// A module proxy on loopback that passes a checksum database on.
struct World {
    url: String,
    recorder: Recorder,
    timeline: Timeline,
    stop: CancellationToken,
    servers: JoinSet<std::io::Result<()>>,
}

impl World {
    async fn start(lie: Option<SumdbFault>) -> Self {
        let host = HostName::parse("goproxy.example").unwrap();
        let clock = Clock::real();
        let (recorder, timeline) = Recorder::new(clock.clone());
        let faults = lie.into_iter().map(|lie| PlacedFault {
            id: FaultId("fault[0]".to_owned()),
            on: host.clone(),
            select: Selector::default(),
            trigger: Trigger::Always,
            what: Fault::Sumdb(lie),
        });
        let context = Context {
            armed: Armed::new(faults.collect(), SEED, clock.clone(), recorder.clone()),
            clock,
            recorder: recorder.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bound = Bound {
            host,
            port: 80,
            listener,
        };
        let path = ModulePath::parse("example.com/Greet").unwrap();
        let version = ModuleVersion::parse("v1.0.0").unwrap();
        let database = SumdbContent {
            prefix: format!("/sumdb/{NAME}"),
            name: NAME.to_owned(),
            records: vec![Record::of(&path, &version, &greet(), &greet()["go.mod"])],
            fillers: 300,
            ..SumdbContent::default()
        };
        let modules = GoproxyContent::default().with_version(path, version, greet());
        let stop = CancellationToken::new();
        let mut servers = JoinSet::new();
        servers.spawn(serve_web(
            bound,
            None,
            vec![
                Arc::new(SumdbSite::new(SEED, database)),
                Arc::new(GoproxySite::new(modules)),
            ],
            context,
            stop.clone(),
        ));
        Self {
            url,
            recorder,
            timeline,
            stop,
            servers,
        }
    }

    /// `go get` of the module in a fresh project at `home`.
    async fn get(&self, home: &Path) -> Output {
        std::fs::write(home.join("go.mod"), "module app\n\ngo 1.19\n").unwrap();
        Command::new(toolchain::go())
            .args(["get", "example.com/Greet@v1.0.0"])
            .current_dir(home)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", home)
            .env("GOPROXY", &self.url)
            // A cache that can be removed again.
            .env("GOFLAGS", "-modcacherw")
            .env("GOSUMDB", DatabaseKey::derive(SEED, NAME).verifier())
            .env("GOTOOLCHAIN", "local")
            .output()
            .await
            .expect("the toolchain has a `go`")
    }

    /// What was asked for, once every connection has ended.
    async fn end(mut self) -> Vec<RequestKind> {
        self.recorder.quiet().await;
        self.stop.cancel();
        while let Some(ended) = self.servers.join_next().await {
            ended.unwrap().unwrap();
        }
        let events = self.timeline.drain();
        let asked = events.iter().filter_map(|event| match &event.kind {
            EventKind::Http(exchange) => Some(exchange.asked),
            _ => None,
        });
        asked.collect()
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

#[tokio::test]
async fn go_believes_the_database_and_keeps_what_it_proved() {
    let world = World::start(None).await;
    let home = tempfile::tempdir().unwrap();
    let output = world.get(home.path()).await;
    assert!(output.status.success(), "{output:?}");
    let read = |path: &str| std::fs::read_to_string(home.path().join(path));

    let go_sum = read("go.sum").unwrap();
    assert_eq!(go_sum.matches("example.com/Greet v1.0.0").count(), 2);
    let head = read(&format!("go/pkg/sumdb/{NAME}/latest")).unwrap();
    assert!(head.starts_with("go.sum database tree\n301\n"), "{head}");
    let cache = home
        .path()
        .join(format!("go/pkg/mod/cache/download/sumdb/{NAME}"));
    for kept in ["lookup/example.com/!greet@v1.0.0", "tile/8/0/001.p/45"] {
        assert!(cache.join(kept).is_file(), "{kept}");
    }
    let asked = world.end().await;
    for kind in [
        RequestKind::SumdbSupported,
        RequestKind::SumdbLookup,
        RequestKind::SumdbTile,
    ] {
        assert!(asked.contains(&kind), "{kind} among {asked:?}");
    }
}

#[tokio::test]
async fn go_believes_no_lie() {
    for lie in [
        SumdbFault::WrongZipHash,
        SumdbFault::WrongGoModHash,
        SumdbFault::Rollback(300),
        SumdbFault::StaleHead,
        SumdbFault::OtherRecord,
        SumdbFault::BadSignature,
        SumdbFault::UnknownKey,
        SumdbFault::KeyNameMismatch,
        SumdbFault::MalformedNote,
        SumdbFault::MalformedTree,
        SumdbFault::ZeroRoot,
        SumdbFault::MalformedRecord,
        SumdbFault::InconsistentTile,
    ] {
        let world = World::start(Some(lie.clone())).await;
        let home = tempfile::tempdir().unwrap();
        let output = world.get(home.path()).await;
        assert!(!output.status.success(), "{lie:?}: {output:?}");
        assert!(!home.path().join("go.sum").exists(), "{lie:?}");
        drop(world.end().await);
    }
}
