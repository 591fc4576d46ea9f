//! A world as the place where a subject is.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use modfault_conform::client::exchange;
use modfault_conform::{Ask, Connection, GoRun, Reply, Stage, Stand, Target, UpstreamRequest};
use modfault_kit::{Event, EventKind, HostName};
use modfault_outcome::Exit;
use modfault_outcome::canonical::timeline::exchange_words;
use modfault_run::{RunError, Visit};

/// A world that is up.
pub(crate) struct WorldStand<'a, 'w> {
    visit: &'a mut Visit<'w>,
    subject: Target,
    database: Target,
}

impl<'a, 'w> WorldStand<'a, 'w> {
    /// That of `visit`.
    pub(crate) fn new(visit: &'a mut Visit<'w>) -> Self {
        Self {
            visit,
            subject: Stage::target(),
            database: Stage::database(),
        }
    }

    /// Whether the subject breaks a request off. A process that is ending has an open port almost to its last moment, but answers nobody.
    pub(crate) async fn breaks_off(&self, patience: Duration) -> bool {
        let reply = exchange(self, &self.subject, &Ask::get("/"), patience).await;
        matches!(reply, Reply::Broken(_))
    }
}

impl Stand for WorldStand<'_, '_> {
    type Error = RunError;

    fn subject(&self) -> &Target {
        &self.subject
    }

    fn database(&self) -> Option<&Target> {
        Some(&self.database)
    }

    async fn connect(&self, to: &Target) -> io::Result<Connection> {
        // A redirect to another host is seen and not followed: what lies there is not the subject's.
        if *to != self.subject && *to != self.database {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let host = HostName::parse(&to.host).map_err(io::Error::other)?;
        Ok(Box::new(self.visit.connect(&host, to.port).await?))
    }

    fn lift(&self) {
        self.visit.lift();
    }

    async fn upstream(&mut self) -> Vec<UpstreamRequest> {
        let seen = self.visit.seen();
        let exchanges = seen.into_iter().filter_map(|event| match event.kind {
            EventKind::Http(exchange) if is_upstream(&event.host) => Some(exchange),
            _ => None,
        });
        exchanges
            .map(|exchange| UpstreamRequest {
                method: exchange.method,
                path: exchange.path,
            })
            .collect()
    }

    async fn go(&mut self, command: &str, goproxy: &str) -> Result<Option<GoRun>, RunError> {
        let env = BTreeMap::from([("GOPROXY".to_owned(), goproxy.to_owned())]);
        let ran = self.visit.run(command, &env).await?;
        Ok(Some(GoRun {
            command: command.to_owned(),
            goproxy: goproxy.to_owned(),
            exit: match ran.exit {
                Some(Exit::Code(code)) => Some(code),
                Some(Exit::Signal(_) | Exit::Overran) | None => None,
            },
            stdout: ran.stdout,
            stderr: ran.stderr,
            asked: asked(&ran.events),
        }))
    }
}

fn is_upstream(host: &HostName) -> bool {
    host.as_str() == modfault_conform::stage::UPSTREAM
}

/// Who was asked what by HTTP, each line once.
fn asked(events: &[Event]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for event in events {
        let EventKind::Http(exchange) = &event.kind else {
            continue;
        };
        let line = format!(
            "{}: {} {}: {}",
            event.host,
            exchange.method,
            exchange.path,
            exchange_words(exchange)
        );
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}
