//! A world in which somebody else says what is done: what asks a server from the client's place, step by step.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddrV4;

use tokio::net::{TcpSocket, TcpStream};

use modfault_kit::{Event, HostName, Timeline};
use modfault_outcome::{Exit, StepObservation};
use modfault_world::World;

use crate::error::RunError;
use crate::phase::{Options, in_world};
use crate::step::Steps;

/// Makes `world` on a thread of its own, does in it what `act` says, takes it down, and gives what `act` gave.
///
/// Its steps are not done.
///
/// # Errors
/// The world could not be made, ended before `act` did, or somebody ended it.
pub fn visit<T: Send>(
    world: &World,
    options: &Options,
    act: impl AsyncFnOnce(&mut Visit<'_>) -> Result<T, RunError> + Send,
) -> Result<T, RunError> {
    let until_cancelled = async |visit: &mut Visit<'_>| {
        tokio::select! {
            done = act(visit) => done,
            () = options.cancel.cancelled() => Err(RunError::Interrupted),
        }
    };
    Ok(in_world(world, "visited", options, until_cancelled)?.done)
}

/// A world that is up.
pub struct Visit<'a> {
    pub(crate) steps: Steps<'a>,
    pub(crate) timeline: Timeline,
}

impl Visit<'_> {
    /// A connection from the client to `host`, over the wire.
    ///
    /// # Errors
    /// There is no such host, or it did not come about.
    pub async fn connect(&self, host: &HostName, port: u16) -> io::Result<TcpStream> {
        let unknown = || io::Error::new(io::ErrorKind::NotFound, format!("no host `{host}`"));
        let address = self
            .steps
            .world
            .hosts
            .get(host)
            .ok_or_else(unknown)?
            .address;
        let socket = self.steps.sandbox.client_broker().tcp_socket(None)?;
        TcpSocket::from_std_stream(socket.into())
            .connect(SocketAddrV4::new(address, port).into())
            .await
    }

    /// From now on no fault fires.
    pub fn lift(&self) {
        self.steps.context.armed.lift();
    }

    /// What the fakes and the wire have seen since this was asked last.
    pub fn seen(&mut self) -> Vec<Event> {
        self.timeline.drain()
    }

    /// Runs a command on the client to its end, with `env` beside the client's own variables; what was seen before it is forgotten.
    ///
    /// # Errors
    /// It could not be run, or somebody ended it.
    pub async fn run(
        &mut self,
        line: &str,
        env: &BTreeMap<String, String>,
    ) -> Result<StepObservation, RunError> {
        drop(self.timeline.drain());
        let began = self.steps.context.clock.now();
        let ran = self.steps.commands(&[line.to_owned()], env).await?;
        let took = self.steps.context.clock.now().saturating_sub(began);
        let ran = crate::together::all(ran);
        Ok(StepObservation {
            title: line.to_owned(),
            exit: Some(ran.exit.unwrap_or(Exit::Overran)),
            stdout: ran.stdout,
            stderr: ran.stderr,
            took,
            events: self.timeline.drain(),
            files: BTreeMap::new(),
            hang: ran.hang,
            together: Vec::new(),
        })
    }
}
