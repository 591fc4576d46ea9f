//! The SSH server over loopback, asked by the real `ssh` and `git`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use modfault_git::{Git, History, RepositoryStore, SshKey, SshSetup, Tagging, serve_ssh};
use modfault_kit::event::Outcome;
use modfault_kit::fault::SshFault;
use modfault_kit::{
    Armed, Bound, ByteCount, Clock, Context, EventKind, Fault, FaultId, HostName, PlacedFault,
    Recorder, Seed, Selector, SshSeen, Timeline, Trigger,
};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const SEED: Seed = Seed(1);

/// A server with `team/greet` for the key of `gopher`, and a client that has it and knows the host.
struct World {
    port: u16,
    timeline: Timeline,
    root: tempfile::TempDir,
    _server: JoinSet<std::io::Result<()>>,
}

fn git() -> Git {
    Git::find(&std::env::var_os("PATH").unwrap()).unwrap()
}

fn history() -> History {
    // Words that do not compress away, so that there is a pack to break.
    let noise: String = (0..2000u64)
        .map(|n| format!("{:x} ", Seed(n).draw(&[b"noise"])))
        .collect();
    let files = BTreeMap::from([("noise.txt".to_owned(), noise)]);
    History::new().version("v1.0.0", &files, Tagging::Tagged)
}

fn world(fault: Option<SshFault>) -> World {
    let root = tempfile::tempdir().unwrap();
    let store = RepositoryStore::new(git(), root.path().join("store"));
    let clock = Clock::real();
    let (recorder, timeline) = Recorder::new(clock.clone());
    let host = HostName::parse("git.corp.example").unwrap();
    let placed = fault.into_iter().map(|fault| PlacedFault {
        id: FaultId("fault[0]".to_owned()),
        on: host.clone(),
        select: Selector::default(),
        trigger: Trigger::Always,
        what: Fault::Ssh(fault),
    });
    let context = Context {
        clock: clock.clone(),
        recorder: recorder.clone(),
        armed: Armed::new(placed.collect(), SEED, clock, recorder),
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let key = SshKey::of_user(SEED, "gopher").unwrap();
    let host_key = SshKey::of_host(SEED, &host).unwrap();
    let file = root.path().join("key");
    std::fs::write(&file, key.private_file(None).unwrap()).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let known = format!("[127.0.0.1]:{port} {}\n", host_key.public_line().unwrap());
    std::fs::write(root.path().join("known"), known).unwrap();
    let setup = SshSetup {
        git: git(),
        other_host_key: SshKey::of_host_anew(SEED, &host).unwrap(),
        host_key,
        keys: BTreeMap::from([("gopher".to_owned(), key)]),
        repositories: BTreeMap::from([("team/greet".to_owned(), store.get(&history()).unwrap())]),
    };
    let bound = Bound {
        host,
        port: 22,
        listener: TcpListener::from_std(listener).unwrap(),
    };
    let mut server = JoinSet::new();
    server.spawn(serve_ssh(bound, setup, context, CancellationToken::new()));
    World {
        port,
        timeline,
        root,
        _server: server,
    }
}

impl World {
    fn ssh_command(&self) -> String {
        let root = self.root.path().display();
        format!(
            "ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityFile={root}/key \
             -o UserKnownHostsFile={root}/known -o GlobalKnownHostsFile=none -p {}",
            self.port
        )
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.root.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_SSH_COMMAND", self.ssh_command())
            .env("LC_ALL", "C")
            .stdin(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .current_dir(self.root.path())
            .kill_on_drop(true);
        command
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> Output {
        self.command(program, arguments).output().await.unwrap()
    }

    async fn clone(&self, url: &str) -> Output {
        self.run("git", &["clone", "-q", url, "clone"]).await
    }

    fn seen(&mut self) -> Vec<SshSeen> {
        let events = self.timeline.drain();
        let seen = events.into_iter().filter_map(|event| match event.kind {
            EventKind::Ssh { seen, .. } => Some(seen),
            _ => None,
        });
        seen.collect()
    }
}

const URL: &str = "git@127.0.0.1:team/greet.git";

fn says(output: &Output, text: &str) -> bool {
    String::from_utf8_lossy(&output.stderr).contains(text)
}

fn failed(why: &str) -> Outcome {
    Outcome::Failed(why.to_owned())
}

#[tokio::test]
async fn a_repository_comes_whole_to_whoever_has_the_key() {
    let mut world = world(None);
    let output = world.clone(URL).await;
    assert!(output.status.success(), "{output:?}");
    assert!(world.root.path().join("clone/noise.txt").is_file());
    let seen = world.seen();
    assert!(seen.iter().all(|seen| seen.outcome().is_done()), "{seen:?}");
    let subjects: Vec<String> = seen.iter().map(|s| s.subject().to_string()).collect();
    assert_eq!(
        subjects,
        [
            "key exchange",
            "key of gopher for git",
            "login as git",
            "git-upload-pack 'team/greet.git'"
        ]
    );
}

#[tokio::test]
async fn a_host_greets_and_gives_no_shell() {
    let world = world(None);
    let line = format!("{} -T git@127.0.0.1", world.ssh_command());
    let output = world.run("/bin/sh", &["-c", &line]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(says(&output, "Hi gopher!"), "{output:?}");
}

#[tokio::test]
async fn no_other_command_is_run() {
    let mut world = world(None);
    let line = format!("{} git@127.0.0.1 'id; true'", world.ssh_command());
    let output = world.run("/bin/sh", &["-c", &line]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "{output:?}");
    assert_eq!(world.seen().pop().unwrap().outcome(), &failed("no command"));
}

#[tokio::test]
async fn another_user_than_git_is_refused() {
    let mut world = world(None);
    let output = world.clone("gopher@127.0.0.1:team/greet.git").await;
    assert!(says(&output, "Permission denied (publickey)"), "{output:?}");
    let login = world.seen().pop().unwrap();
    assert_eq!(login.subject().to_string(), "login as gopher");
}

#[tokio::test]
async fn each_fault_shows_in_what_git_says() {
    for (fault, text) in [
        (SshFault::OtherHostKey, "Host key verification failed"),
        (SshFault::RefuseKeys, "Permission denied (publickey)"),
        (SshFault::PasswordOnly, "Permission denied (password)"),
        (SshFault::NotFound, "Repository not found"),
        (SshFault::Forbidden, "You may not read"),
        (SshFault::CutPack(ByteCount(100)), "early EOF"),
    ] {
        let world = world(Some(fault.clone()));
        let output = world.clone(URL).await;
        assert!(!output.status.success(), "{fault:?}");
        assert!(says(&output, text), "{fault:?}: {output:?}");
    }
}

#[tokio::test]
async fn a_stall_is_recorded_while_the_client_waits() {
    for (fault, subject) in [
        (SshFault::StallBanner, "key exchange"),
        (SshFault::StallKeyExchange, "key exchange"),
        (SshFault::StallAuthentication, "login as git"),
        (
            SshFault::StallPack(ByteCount(100)),
            "git-upload-pack 'team/greet.git'",
        ),
    ] {
        let mut world = world(Some(fault.clone()));
        let mut client = world
            .command("git", &["clone", "-q", URL, "clone"])
            .spawn()
            .unwrap();
        let stalled = async {
            loop {
                let last = world.seen().pop();
                if let Some(last) = last.filter(|last| *last.outcome() == failed("stalled")) {
                    return last.subject().to_string();
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            found = stalled => assert_eq!(found, subject),
            ended = client.wait() => panic!("{fault:?}: {ended:?}"),
        }
    }
}
