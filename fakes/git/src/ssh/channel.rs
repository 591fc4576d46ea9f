//! What runs on one channel: `git upload-pack`, or a refusal in a code host's own words.

use std::path::Path;
use std::sync::Arc;

use modfault_kit::event::Outcome;
use modfault_kit::fault::{SshFault, SshStage};
use modfault_kit::{SshSeen, StreamControl};
use russh::server::{Handle, Msg};
use russh::{Channel, ChannelWriteHalf};

use super::command::{Command, understood};
use super::server::Server;
use super::transfer::{Ended, Transfer};

/// The stream that carries what a command says beside its output (RFC 4254 §5.2).
pub(super) const STDERR: u32 = 1;

/// A command of a client that has come in.
pub(super) struct Job {
    pub(super) server: Arc<Server>,
    pub(super) control: StreamControl,
    pub(super) handle: Handle,
    /// Whose key it was.
    pub(super) owner: String,
    /// The command line; `None` for a shell.
    pub(super) command: Option<String>,
    pub(super) protocol: Option<String>,
}

/// Does `job` on `channel`, up to the status that the client exits with.
pub(super) async fn run(job: Job, channel: Channel<Msg>) {
    let server = Arc::clone(&job.server);
    let record = Record::new(Arc::clone(&server), job.command.clone());
    let Some(line) = &job.command else {
        let greeting = format!(
            "Hi {}! You've successfully authenticated, but there is no shell here.\n",
            job.owner
        );
        say(&channel, &greeting).await;
        end(&channel, 1).await;
        record.end(Outcome::Done);
        return;
    };
    let refused = match understood(line, &server.setup.repositories) {
        Command::UploadPack(directory) => {
            let faults = server.fire(SshStage::Command);
            let fault = faults.first().cloned();
            match fault {
                Some(SshFault::Forbidden) => {
                    Some(("ERROR: You may not read this repository.\n", "forbidden"))
                }
                Some(_) => Some(NOT_FOUND),
                None => {
                    upload_pack(&job, directory, channel, record).await;
                    return;
                }
            }
        }
        Command::Unknown => Some(NOT_FOUND),
        Command::Other => None,
    };
    let (words, why) = refused.unwrap_or(("ERROR: There is no such command here.\n", "no command"));
    say(&channel, words).await;
    end(&channel, 1).await;
    record.end(Outcome::Failed(why.to_owned()));
}

/// What a code host says of a repository that does not exist, or is hidden.
const NOT_FOUND: (&str, &str) = ("ERROR: Repository not found.\n", "no repository");

async fn upload_pack(job: &Job, directory: &Path, channel: Channel<Msg>, mut record: Record) {
    let (reader, writer) = channel.split();
    let transfer = Transfer {
        server: &job.server,
        directory,
        protocol: job.protocol.as_deref(),
        writer: &writer,
    };
    match transfer.run(reader, &mut record.bytes).await {
        Ok(Ended::Exited(status)) => {
            finish(&writer, status).await;
            record.end(match status {
                0 => Outcome::Done,
                status => Outcome::Failed(format!("exit status {status}")),
            });
        }
        Ok(Ended::Stalled(_transfer)) => {
            record.end(Outcome::Failed("stalled".to_owned()));
            std::future::pending::<()>().await;
        }
        Ok(Ended::Cut) => {
            record.end(Outcome::Failed("cut".to_owned()));
            // Nobody opens channels to a client of this kind; that it says no proves that it has all that was sent before.
            drop(job.handle.channel_open_session().await);
            job.control.close();
        }
        // The client is gone, or git did not run.
        Err(_) => drop(record),
    }
}

async fn say(channel: &Channel<Msg>, words: &str) {
    // A client that is gone hears nothing.
    drop(
        channel
            .extended_data_bytes(STDERR, words.as_bytes().to_vec())
            .await,
    );
}

async fn end(channel: &Channel<Msg>, status: u32) {
    // As above.
    drop(channel.eof().await);
    drop(channel.exit_status(status).await);
    drop(channel.close().await);
}

async fn finish(writer: &ChannelWriteHalf<Msg>, status: u32) {
    // As above.
    drop(writer.eof().await);
    drop(writer.exit_status(status).await);
    drop(writer.close().await);
}

/// Records a command once it has ended; one that is dropped before was left by its client.
struct Record {
    server: Arc<Server>,
    command: Option<String>,
    bytes: u64,
    outcome: Outcome,
}

impl Record {
    fn new(server: Arc<Server>, command: Option<String>) -> Self {
        Self {
            server,
            command,
            bytes: 0,
            outcome: Outcome::Failed("left by client".to_owned()),
        }
    }

    fn end(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.server.record(SshSeen::Command {
            command: self.command.take(),
            bytes: self.bytes,
            outcome: self.outcome.clone(),
        });
    }
}
