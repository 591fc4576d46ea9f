//! A listening SSH server.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use modfault_kit::event::Outcome;
use modfault_kit::fault::{SshFault, SshStage};
use modfault_kit::{Accepted, Bound, Context, Event, EventKind, Fault, HostName, SshSeen, serve};
use russh::keys::PrivateKey;
use russh::server::{Config, run_stream};
use russh::{MethodKind, MethodSet, SshId};
use tokio_util::sync::CancellationToken;

use super::gate::{Gate, Valve};
use super::key::SshKey;
use super::session::Session;
use crate::program::Git;

/// A git server over SSH.
#[derive(Clone, Debug)]
pub struct SshSetup {
    /// What serves the repositories.
    pub git: Git,
    /// The key that it shows.
    pub host_key: SshKey,
    /// The one that it shows under [`SshFault::OtherHostKey`].
    pub other_host_key: SshKey,
    /// The keys that it accepts, by the name of whom they belong to.
    pub keys: BTreeMap<String, SshKey>,
    /// The directories of its repositories, by their path at the host.
    pub repositories: BTreeMap<String, PathBuf>,
}

/// Serves `setup` on `bound` until `stop` is cancelled.
///
/// Faults are counted and recorded under `ssh port N`. An error means that the socket can accept no more.
pub async fn serve_ssh(
    bound: Bound,
    setup: SshSetup,
    context: Context,
    stop: CancellationToken,
) -> io::Result<()> {
    let server = Arc::new(Server {
        host: bound.host.clone(),
        port: bound.port,
        accepted: setup
            .keys
            .iter()
            .map(|(owner, key)| (key.fingerprint(), owner.clone()))
            .collect(),
        setup,
        context: context.clone(),
    });
    serve(bound, context, stop, move |accepted| {
        connection(Arc::clone(&server), accepted)
    })
    .await
}

/// What every connection of one server shares.
pub(super) struct Server {
    host: HostName,
    port: u16,
    /// Whose key it is, by fingerprint.
    pub(super) accepted: BTreeMap<String, String>,
    pub(super) setup: SshSetup,
    pub(super) context: Context,
}

impl Server {
    pub(super) fn record(&self, seen: SshSeen) {
        let port = self.port;
        self.context
            .recorder
            .record(Event::new(&self.host, EventKind::Ssh { port, seen }));
    }

    /// The faults of `stage` that fire now.
    pub(super) fn fire(&self, stage: SshStage) -> Vec<SshFault> {
        let key = format!("ssh port {}", self.port);
        let fired = self.context.armed.fire_at_port(
            &self.host,
            self.port,
            &key,
            |fault| matches!(fault, Fault::Ssh(ssh) if ssh.stage() == stage),
        );
        fired
            .into_iter()
            .filter_map(|fired| match fired.fault {
                Fault::Ssh(fault) => Some(fault),
                _ => None,
            })
            .collect()
    }
}

async fn connection(server: Arc<Server>, accepted: Accepted) {
    let faults = server.fire(SshStage::Connection);
    let stalled = |fault| faults.contains(&fault);
    let valve = Valve::default();
    let mut gate = Gate::new(accepted.stream, valve.clone());
    if stalled(SshFault::StallBanner) {
        valve.shut();
    }
    if stalled(SshFault::StallKeyExchange) {
        gate = gate.only_greeting();
    }
    if stalled(SshFault::StallBanner) || stalled(SshFault::StallKeyExchange) {
        server.record(SshSeen::KeyExchange {
            outcome: Outcome::Failed("stalled".to_owned()),
        });
    }
    let config = Arc::new(config(&server, &faults));
    // The session is a task of its own; it ends with this one, as no byte reaches it any more.
    let _end = valve.end.clone().drop_guard();
    let methods = config.methods.clone();
    let session = Session::new(Arc::clone(&server), methods, accepted.control, valve);
    // An error is how the client left; what that means is recorded by the session.
    if let Ok(running) = run_stream(config, gate, session).await {
        drop(running.await);
    }
}

fn config(server: &Server, faults: &[SshFault]) -> Config {
    let other = faults.contains(&SshFault::OtherHostKey);
    let key: PrivateKey = match other {
        true => server.setup.other_host_key.private(),
        false => server.setup.host_key.private(),
    };
    let method = match faults.contains(&SshFault::PasswordOnly) {
        true => MethodKind::Password,
        false => MethodKind::PublicKey,
    };
    let at_most = faults.iter().find_map(|fault| match fault {
        // The question which methods there are counts too.
        SshFault::KeysAtMost(count) => usize::try_from(count.saturating_add(1)).ok(),
        _ => None,
    });
    Config {
        server_id: SshId::Standard("SSH-2.0-git".into()),
        methods: MethodSet::from(&[method][..]),
        // Every wait goes by the world's clock; here there is none.
        auth_rejection_time: Duration::ZERO,
        inactivity_timeout: None,
        keys: vec![key],
        max_auth_attempts: at_most.unwrap_or(20),
        ..Config::default()
    }
}
