//! One SSH connection: who it is, and what it wants.

use std::collections::BTreeMap;
use std::sync::Arc;

use modfault_kit::event::Outcome;
use modfault_kit::fault::{SshFault, SshStage};
use modfault_kit::{SshSeen, StreamControl};
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, VerifiedPublicKey};
use russh::{Channel, ChannelId, MethodKind, MethodSet, Pty};
use tokio::task::JoinSet;

use super::channel::{Job, run};
use super::gate::Valve;
use super::key::fingerprint;
use super::server::Server;

/// The one user of a code host.
const USER: &str = "git";

/// What the callbacks of one connection share.
pub(super) struct Session {
    server: Arc<Server>,
    /// The ways in that are offered.
    methods: MethodSet,
    control: StreamControl,
    valve: Valve,
    progress: Progress,
    /// The faults of the login, once they have had their chance to fire.
    login_faults: Option<Vec<SshFault>>,
    owner: String,
    channels: BTreeMap<ChannelId, Waiting>,
    /// The commands; they end with the connection.
    commands: JoinSet<()>,
}

/// A channel on which nothing runs yet.
struct Waiting {
    channel: Channel<Msg>,
    /// The version of git's protocol that the client asks for (git(1), GIT_PROTOCOL).
    protocol: Option<String>,
}

/// How far a connection has come.
enum Progress {
    /// The client has not said who it is.
    Begun,
    /// It says that it is this user.
    Named(String),
    /// Whether it may come in is settled.
    Settled,
}

impl Session {
    pub(super) fn new(
        server: Arc<Server>,
        methods: MethodSet,
        control: StreamControl,
        valve: Valve,
    ) -> Self {
        Self {
            server,
            methods,
            control,
            valve,
            progress: Progress::Begun,
            login_faults: None,
            owner: String::new(),
            channels: BTreeMap::new(),
            commands: JoinSet::new(),
        }
    }

    /// Notes that the client says who it is, which will be answered: it has taken the host key for good.
    fn named(&mut self, user: &str) {
        self.valve.hold(&self.server.context.clock);
        if matches!(self.progress, Progress::Begun) {
            self.server.record(SshSeen::KeyExchange {
                outcome: Outcome::Done,
            });
            self.progress = Progress::Named(user.to_owned());
        }
    }

    /// No, and what else may be tried.
    fn no(&self) -> Auth {
        Auth::Reject {
            proceed_with_methods: Some(self.methods.clone()),
            partial_success: false,
        }
    }

    fn login(&mut self, user: &str, outcome: Outcome) {
        self.progress = Progress::Settled;
        self.server.record(SshSeen::Login {
            user: user.to_owned(),
            outcome,
        });
    }

    fn login_faults(&mut self) -> &[SshFault] {
        let server = &self.server;
        self.login_faults
            .get_or_insert_with(|| server.fire(SshStage::Login))
    }

    fn start(
        &mut self,
        id: ChannelId,
        command: Option<&[u8]>,
        session: &mut russh::server::Session,
    ) {
        let Some(waiting) = self.channels.remove(&id) else {
            return;
        };
        self.commands.spawn(run(
            Job {
                server: Arc::clone(&self.server),
                control: self.control.clone(),
                handle: session.handle(),
                owner: self.owner.clone(),
                command: command.map(|line| String::from_utf8_lossy(line).into_owned()),
                protocol: waiting.protocol,
            },
            waiting.channel,
        ));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let outcome = |why: &str| Outcome::Failed(why.to_owned());
        match std::mem::replace(&mut self.progress, Progress::Settled) {
            Progress::Begun => self.server.record(SshSeen::KeyExchange {
                outcome: outcome("left by client"),
            }),
            Progress::Named(user) => self.login(&user, outcome("without a key that is accepted")),
            Progress::Settled => {}
        }
    }
}

impl Handler for Session {
    type Error = russh::Error;

    async fn auth_none(&mut self, user: &str) -> Result<Auth, Self::Error> {
        self.named(user);
        Ok(self.no())
    }

    async fn auth_password(&mut self, user: &str, _password: &str) -> Result<Auth, Self::Error> {
        self.named(user);
        Ok(self.no())
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        self.named(user);
        let faults = self.login_faults();
        let refused = faults.contains(&SshFault::RefuseKeys);
        let stalled = faults.contains(&SshFault::StallAuthentication);
        if stalled {
            self.valve.shut();
            self.login(user, Outcome::Failed("stalled".to_owned()));
            return Ok(self.no());
        }
        let fingerprint = fingerprint(offer.public_key);
        let owner = self.server.accepted.get(&fingerprint).cloned();
        let welcome = owner.is_some()
            && user == USER
            && !refused
            && self.methods.contains(&MethodKind::PublicKey);
        self.server.record(SshSeen::Key {
            user: user.to_owned(),
            owner,
            fingerprint,
            outcome: match welcome {
                true => Outcome::Done,
                false => Outcome::Failed("refused".to_owned()),
            },
        });
        Ok(match welcome {
            true => Auth::Accept,
            false => self.no(),
        })
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        self.valve.hold(&self.server.context.clock);
        let owner = self.server.accepted.get(&fingerprint(key.public_key));
        let Some(owner) = owner.filter(|_| user == USER).cloned() else {
            return Ok(self.no());
        };
        self.owner = owner;
        self.login(user, Outcome::Done);
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        let waiting = Waiting {
            channel,
            protocol: None,
        };
        self.channels.insert(waiting.channel.id(), waiting);
        reply.accept().await;
        Ok(())
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        value: &str,
        session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        match self.channels.get_mut(&channel) {
            Some(waiting) if name == "GIT_PROTOCOL" => {
                waiting.protocol = Some(value.to_owned());
                session.channel_success(channel)
            }
            _ => session.channel_failure(channel),
        }
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        self.start(channel, None, session);
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        self.start(channel, Some(command), session);
        Ok(())
    }
}
