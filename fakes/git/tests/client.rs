//! The git server over loopback, asked by the real `git`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use modfault_git::{
    Git, GitSite, History, Repository, RepositoryStore, Tagging, copy, retag, variant,
};
use modfault_kit::event::Outcome;
use modfault_kit::fault::GitFault;
use modfault_kit::login::Login;
use modfault_kit::{
    Armed, Bound, ByteCount, Clock, Context, EventKind, Fault, FaultId, HostName, PlacedFault,
    Recorder, Seed, Selector, Timeline, Trigger,
};
use modfault_web::{Site, serve_web};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A server with `team/greet` for everybody and `team/secret.git` for `gopher` alone.
struct World {
    address: SocketAddr,
    timeline: Timeline,
    root: tempfile::TempDir,
    _server: JoinSet<std::io::Result<()>>,
}

fn git() -> Git {
    Git::find(&std::env::var_os("PATH").unwrap()).unwrap()
}

fn history() -> History {
    let files = |version: &str| {
        // Words that do not compress away, so that there is a pack to break.
        let noise: String = (0..2000u64)
            .map(|n| format!("{:x} ", Seed(n).draw(&[version.as_bytes()])))
            .collect();
        BTreeMap::from([
            ("go.mod".to_owned(), "module example.com/greet\n".to_owned()),
            ("noise.txt".to_owned(), noise),
        ])
    };
    History::new()
        .version("v1.0.0", &files("one"), Tagging::Tagged)
        .version("v1.1.0", &files("two"), Tagging::Tagged)
        .branch("old", "v1.0.0")
        .unwrap()
}

fn login() -> Login {
    Login {
        user: "gopher".to_owned(),
        password: "s3cret".to_owned(),
    }
}

fn world(faults: &[GitFault]) -> World {
    world_with(faults, Trigger::Always)
}

fn world_with(faults: &[GitFault], trigger: Trigger) -> World {
    serve(faults, trigger, None)
}

/// One in which `team/greet` is for `gopher` alone too.
fn closed_world() -> World {
    serve(&[], Trigger::Always, Some(login()))
}

fn serve(faults: &[GitFault], trigger: Trigger, greet_wants: Option<Login>) -> World {
    let root = tempfile::tempdir().unwrap();
    let store = RepositoryStore::new(git(), root.path().join("store"));
    let greet = store.get(&history()).unwrap();
    let mut repository = Repository::new(greet.clone());
    if let Some(login) = greet_wants {
        repository = repository.login(login);
    }
    for (n, fault) in faults.iter().enumerate() {
        let into = root.path().join(format!("variant-{n}"));
        if variant(&greet, fault, &into).unwrap() {
            repository = repository.variant(fault.clone(), into);
        }
    }
    let clock = Clock::real();
    let (recorder, timeline) = Recorder::new(clock.clone());
    let host = HostName::parse("git.corp.example").unwrap();
    let placed = faults.iter().enumerate().map(|(n, fault)| PlacedFault {
        id: FaultId(format!("fault[{n}]")),
        on: host.clone(),
        select: Selector::default(),
        trigger: trigger.clone(),
        what: Fault::Git(fault.clone()),
    });
    let context = Context {
        clock: clock.clone(),
        recorder: recorder.clone(),
        armed: Armed::new(placed.collect(), Seed(1), clock, recorder.clone()),
    };
    let site = GitSite::new(git(), recorder)
        .repository("team/greet", repository)
        .repository("team/secret.git", Repository::new(greet).login(login()));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let bound = Bound {
        host,
        port: 80,
        listener: TcpListener::from_std(listener).unwrap(),
    };
    let mut server = JoinSet::new();
    let sites: Vec<Arc<dyn Site>> = vec![Arc::new(site)];
    server.spawn(serve_web(
        bound,
        None,
        sites,
        context,
        CancellationToken::new(),
    ));
    World {
        address,
        timeline,
        root,
        _server: server,
    }
}

impl World {
    /// Runs `git` as a user without settings would; `{}` in an argument is the server's URL.
    async fn git(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().await.unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let url = format!("http://{}", self.address);
        let with_login = format!("http://gopher:s3cret@{}", self.address);
        let wrong = format!("http://gopher:guess@{}", self.address);
        let mut command = Command::new(git().program());
        command
            .args(arguments.iter().map(|argument| {
                argument
                    .replace("{gopher}", &with_login)
                    .replace("{wrong}", &wrong)
                    .replace("{}", &url)
            }))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.root.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .current_dir(self.root.path())
            .kill_on_drop(true);
        command
    }

    /// The refs that the server shows under `path`, without `HEAD`; `None` where git fails.
    async fn refs(&self, path: &str) -> Option<BTreeMap<String, String>> {
        let output = self.git(&["ls-remote", path]).await;
        output.status.success().then(|| {
            String::from_utf8(output.stdout)
                .unwrap()
                .lines()
                .map(|line| line.split_once('\t').unwrap())
                .map(|(id, name)| (name.to_owned(), id.to_owned()))
                .collect()
        })
    }

    /// Each git service that ran, with its outcome, as `repository service: done`; repeats left out.
    fn services(&mut self) -> Vec<String> {
        let mut services: Vec<String> = self
            .timeline
            .drain()
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::Git {
                    repository,
                    service,
                    outcome,
                } => Some(match outcome {
                    Outcome::Done => format!("{repository} {service}: done"),
                    Outcome::Failed(how) => format!("{repository} {service}: {how}"),
                }),
                _ => None,
            })
            .collect();
        services.dedup();
        services
    }

    fn exists(&self, path: &str) -> bool {
        Path::new(self.root.path()).join(path).exists()
    }
}

#[tokio::test]
async fn a_clone_is_whole_in_each_protocol_version() {
    for version in ["0", "1", "2"] {
        let mut world = world(&[]);
        let version = format!("protocol.version={version}");
        let output = world
            .git(&["-c", &version, "clone", "{}/team/greet", "here"])
            .await;
        assert!(output.status.success(), "{output:?}");
        assert!(world.exists("here/noise.txt"));
        assert_eq!(
            world.services(),
            ["team/greet refs: done", "team/greet pack: done"]
        );
    }
}

#[tokio::test]
async fn a_fetch_as_shallow_as_the_go_command_makes_it_works_by_tag_and_by_commit() {
    let world = world(&[]);
    let refs = world.refs("{}/team/greet").await.unwrap();
    assert!(
        world
            .git(&["init", "-q", "--bare", "."])
            .await
            .status
            .success()
    );
    for wanted in [
        "refs/tags/v1.0.0:refs/tags/v1.0.0",
        refs["refs/tags/v1.1.0"].as_str(),
    ] {
        let output = world
            .git(&["fetch", "-f", "--depth=1", "{}/team/greet", wanted])
            .await;
        assert!(output.status.success(), "{output:?}");
    }
}

#[tokio::test]
async fn a_long_request_is_understood_though_git_compresses_it() {
    let mut world = world(&[]);
    let clone = world.git(&["clone", "-q", "{}/team/greet", "here"]).await;
    assert!(clone.status.success());
    world.services();
    // Each is told to the server, and matches nothing there.
    let wanted: Vec<String> = (0..100)
        .map(|n| format!("refs/heads/b{n}/*:refs/heads/b{n}/*"))
        .collect();
    let mut arguments = vec!["-C", "here", "fetch", "{}/team/greet", "main"];
    arguments.extend(wanted.iter().map(String::as_str));
    let output = world
        .command(&arguments)
        .env("GIT_TRACE_CURL", "1")
        .output()
        .await
        .unwrap();
    let trace = String::from_utf8_lossy(&output.stderr).to_lowercase();
    assert!(trace.contains("content-encoding: gzip"), "{trace}");
    assert!(output.status.success(), "{trace}");
    assert_eq!(world.services(), ["team/greet refs: done"]);
}

#[tokio::test]
async fn a_repository_answers_with_and_without_the_ending() {
    let world = world(&[]);
    let plain = world.refs("{}/team/greet").await.unwrap();
    assert_eq!(world.refs("{}/team/greet.git").await.unwrap(), plain);
    assert_eq!(world.refs("{gopher}/team/secret.git").await.unwrap(), plain);
    assert_eq!(world.refs("{gopher}/team/secret").await, None);
    assert_eq!(world.refs("{}/team").await, None);
    assert_eq!(world.refs("{}/team/greeting").await, None);
}

#[tokio::test]
async fn only_the_right_login_opens_a_closed_repository() {
    let mut world = world(&[]);
    assert_eq!(world.refs("{}/team/secret.git").await, None);
    assert_eq!(world.refs("{wrong}/team/secret.git").await, None);
    assert_eq!(world.services(), ["team/secret.git refs: status 401"]);
    assert!(world.refs("{gopher}/team/secret.git").await.is_some());
}

#[tokio::test]
async fn a_repository_that_does_not_exist_is_not_found() {
    let mut world = world(&[]);
    assert_eq!(world.refs("{}/team/nowhere").await, None);
    assert_eq!(world.services(), ["team/nowhere refs: status 404"]);
}

#[tokio::test]
async fn where_all_is_closed_nobody_learns_what_is_not_there() {
    let mut world = closed_world();
    assert_eq!(world.refs("{}/team/nowhere").await, None);
    assert_eq!(world.services(), ["team/nowhere refs: status 401"]);
    assert_eq!(world.refs("{gopher}/team/nowhere").await, None);
    let services = world.services();
    assert!(
        services.ends_with(&["team/nowhere refs: status 404".to_owned()]),
        "{services:?}"
    );
}

#[tokio::test]
async fn a_branch_that_was_forced_back_no_longer_leads_to_its_commits() {
    let forced = GitFault::MovedBranch {
        branch: "main".to_owned(),
        to: "v1.0.0".to_owned(),
    };
    let refs = world(&[forced]).refs("{}/team/greet").await.unwrap();
    assert_eq!(refs["refs/heads/main"], refs["refs/tags/v1.0.0"]);
    assert_ne!(refs["refs/heads/main"], refs["refs/tags/v1.1.0"]);
}

#[tokio::test]
async fn nobody_may_push() {
    let world = world(&[]);
    let clone = world.git(&["clone", "-q", "{}/team/greet", "here"]).await;
    assert!(clone.status.success());
    let push = world
        .git(&["-C", "here", "push", "{}/team/greet", "main:stolen"])
        .await;
    assert!(!push.status.success());
    let refs = world.refs("{}/team/greet").await.unwrap();
    assert!(!refs.contains_key("refs/heads/stolen"));
}

#[tokio::test]
async fn refusals_stop_the_client_at_the_refs() {
    for (fault, status) in [
        (GitFault::AuthRequired, 401),
        (GitFault::Forbidden, 403),
        (GitFault::NotFound, 404),
    ] {
        let mut world = world(&[fault]);
        assert_eq!(world.refs("{gopher}/team/greet").await, None);
        assert_eq!(
            world.services(),
            [format!("team/greet refs: status {status}")]
        );
    }
}

#[tokio::test]
async fn an_expired_token_is_refused_and_the_public_is_not() {
    let world = world(&[GitFault::ExpiredToken]);
    assert_eq!(world.refs("{gopher}/team/secret.git").await, None);
    assert!(world.refs("{}/team/greet").await.is_some());
}

#[tokio::test]
async fn a_hidden_tag_is_not_listed_and_a_moved_one_is_elsewhere() {
    let hidden = GitFault::HiddenRef("v1.1.0".to_owned());
    let refs = world(&[hidden]).refs("{}/team/greet").await.unwrap();
    assert!(!refs.contains_key("refs/tags/v1.1.0"));
    assert!(refs.contains_key("refs/tags/v1.0.0"));

    let moved = GitFault::MovedTag {
        tag: "v1.1.0".to_owned(),
        to: "old".to_owned(),
    };
    let refs = world(&[moved]).refs("{}/team/greet").await.unwrap();
    assert_eq!(refs["refs/tags/v1.1.0"], refs["refs/heads/old"]);
    assert_ne!(refs["refs/tags/v1.1.0"], refs["refs/heads/main"]);
}

#[tokio::test]
async fn a_tag_that_moves_while_the_server_runs_is_seen_at_once() {
    let world = world(&[]);
    let before = world.refs("{}/team/greet").await.unwrap();
    let store = world.root.path().join("store");
    let served = std::fs::read_dir(store).unwrap().next().unwrap().unwrap();
    retag(&served.path(), "v1.1.0", "old").unwrap();
    let after = world.refs("{}/team/greet").await.unwrap();
    assert_ne!(before["refs/tags/v1.1.0"], after["refs/tags/v1.1.0"]);
}

#[tokio::test]
async fn a_forbidden_pack_leaves_the_refs() {
    let mut world = world(&[GitFault::PackForbidden]);
    assert!(world.refs("{}/team/greet").await.is_some());
    let output = world.git(&["clone", "{}/team/greet", "here"]).await;
    assert!(!output.status.success());
    assert_eq!(
        world.services(),
        ["team/greet refs: done", "team/greet pack: status 403"]
    );
}

#[tokio::test]
async fn a_cut_pack_breaks_the_clone_in_each_protocol_version() {
    for version in ["protocol.version=0", "protocol.version=2"] {
        let mut world = world(&[GitFault::CutPack(ByteCount(100))]);
        let output = world
            .git(&["-c", version, "clone", "{}/team/greet", "here"])
            .await;
        assert!(!output.status.success(), "{output:?}");
        assert_eq!(
            world.services(),
            ["team/greet refs: done", "team/greet pack: cut"]
        );
    }
}

#[tokio::test]
async fn the_first_pack_is_not_a_list_of_refs_in_any_protocol_version() {
    for version in ["protocol.version=0", "protocol.version=2"] {
        let mut world = world_with(&[GitFault::CutPack(ByteCount(100))], Trigger::Nth(1));
        // libcurl asks again on a new connection where a reused one broke, so that the clone itself may work.
        world
            .git(&["-c", version, "clone", "{}/team/greet", "here"])
            .await;
        assert_eq!(
            world.services()[..2],
            ["team/greet refs: done", "team/greet pack: cut"],
            "{version}"
        );
    }
}

#[tokio::test]
async fn a_cut_beyond_the_end_of_the_pack_changes_nothing() {
    let mut world = world(&[GitFault::CutPack(ByteCount(1 << 30))]);
    let output = world.git(&["clone", "{}/team/greet", "here"]).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        world.services(),
        ["team/greet refs: done", "team/greet pack: done"]
    );
}

#[tokio::test]
async fn a_stalled_pack_stops_and_keeps_the_connection() {
    let mut world = world(&[GitFault::StallPack(ByteCount(100))]);
    // git's own patience, for a server that sends less than a byte a second.
    let output = tokio::time::timeout(
        Duration::from_secs(60),
        world.git(&[
            "-c",
            "http.lowSpeedLimit=1",
            "-c",
            "http.lowSpeedTime=1",
            "clone",
            "{}/team/greet",
            "here",
        ]),
    )
    .await
    .unwrap();
    assert!(!output.status.success(), "{output:?}");
    assert_eq!(
        world.services(),
        ["team/greet refs: done", "team/greet pack: stalled"]
    );
}

#[tokio::test]
async fn a_dumb_server_shows_refs_as_a_plain_file_and_can_be_cloned_whole() {
    let world = world(&[GitFault::DumbOnly]);
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream
        .write_all(b"GET /team/greet/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.to_lowercase().contains("content-type: text/plain"),
        "{head}"
    );
    assert!(body.contains("\trefs/tags/v1.0.0\n"), "{body}");

    let whole = world.git(&["clone", "{}/team/greet", "here"]).await;
    assert!(whole.status.success(), "{whole:?}");
    let shallow = world
        .git(&["clone", "--depth=1", "{}/team/greet", "shallow"])
        .await;
    assert!(!shallow.status.success());
}

#[tokio::test]
async fn a_copy_is_served_as_its_original_is() {
    let root = tempfile::tempdir().unwrap();
    let store = RepositoryStore::new(git(), root.path().join("store"));
    let twin = root.path().join("twin");
    copy(&store.get(&history()).unwrap(), &twin).unwrap();
    let output = Command::new(git().program())
        .args(["clone", "-q", "--no-local"])
        .arg(&twin)
        .arg(root.path().join("here"))
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
