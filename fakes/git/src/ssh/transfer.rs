//! One run of `git upload-pack` behind a channel.

use std::io;
use std::path::Path;
use std::pin::pin;
use std::process::Stdio;
use std::sync::OnceLock;

use bytes::Bytes;
use futures_util::future::{Either, select};
use modfault_kit::ByteCount;
use modfault_kit::fault::{SshFault, SshStage};
use russh::server::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

use super::channel::STDERR;
use super::server::Server;
use crate::pack::offset_after;

/// What is read from the backend at once.
const CHUNK: usize = 32 * 1024;

/// A run, and where its output goes.
pub(super) struct Transfer<'a> {
    pub(super) server: &'a Server,
    pub(super) directory: &'a Path,
    pub(super) protocol: Option<&'a str>,
    pub(super) writer: &'a ChannelWriteHalf<Msg>,
}

/// How a run ended.
pub(super) enum Ended {
    /// By itself, with this status.
    Exited(u32),
    /// In the middle of the pack; the backend lives as long as this.
    Stalled(Child),
    /// In the middle of the pack, and now the connection is to end.
    Cut,
}

impl Transfer<'_> {
    /// Carries bytes both ways until the backend has exited, and adds to `sent` what the client got.
    ///
    /// What the client may take at once, it says itself (RFC 4254 §5.2). An error means that it is gone, or that git could
    /// not be run.
    pub(super) async fn run(
        &self,
        mut reader: ChannelReadHalf,
        sent: &mut u64,
    ) -> io::Result<Ended> {
        let mut child = self.command().spawn()?;
        let _watched = child
            .id()
            .map(|pid| self.server.context.clock.watch_process(pid));
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let cut: OnceLock<SshFault> = OnceLock::new();
        let down = async {
            let output = pin!(self.output(stdout, &cut, sent));
            let errors = pin!(self.errors(stderr));
            match select(output, errors).await {
                Either::Left((Ok(None), errors)) => errors.await.map(|()| None),
                Either::Left((output, _)) => output,
                Either::Right((errors, output)) => {
                    errors?;
                    output.await
                }
            }
        };
        let ended = tokio::select! {
            ended = down => ended?,
            never = self.input(&mut reader, stdin, &cut) => match never {},
        };
        match ended {
            Some(SshFault::CutPack(_)) => Ok(Ended::Cut),
            Some(_) => Ok(Ended::Stalled(child)),
            None => {
                let status = child.wait().await?;
                let code = status.code().and_then(|code| u32::try_from(code).ok());
                Ok(Ended::Exited(code.unwrap_or(128)))
            }
        }
    }

    fn command(&self) -> Command {
        let git = &self.server.setup.git;
        let mut command = Command::new(git.program());
        command
            .args(["upload-pack", "--strict"])
            .arg(self.directory)
            .env_clear()
            .envs(git.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(protocol) = self.protocol {
            command.env("GIT_PROTOCOL", protocol);
        }
        command
    }

    /// Hands on what the client says, to its end; then waits for ever. A fault of the pack fires when one is asked for.
    async fn input(
        &self,
        reader: &mut ChannelReadHalf,
        mut stdin: Option<ChildStdin>,
        cut: &OnceLock<SshFault>,
    ) -> std::convert::Infallible {
        while let (Some(to), Some(message)) = (&mut stdin, reader.wait().await) {
            match message {
                ChannelMsg::Data { data } => {
                    if cut.get().is_none()
                        && asks_for_pack(&data)
                        && let Some(fault) = self.server.fire(SshStage::Pack).pop()
                    {
                        cut.get_or_init(|| fault);
                    }
                    if to.write_all(&data).await.is_err() {
                        stdin = None;
                    }
                }
                ChannelMsg::Eof | ChannelMsg::Close => stdin = None,
                _ => {}
            }
        }
        drop(stdin);
        // What it says after its end is nothing to git; it must be read all the same.
        while reader.wait().await.is_some() {}
        std::future::pending().await
    }

    /// Hands on what the backend says; gives the fault that ended it before.
    async fn output(
        &self,
        stdout: Option<impl AsyncRead + Unpin>,
        cut: &OnceLock<SshFault>,
        sent: &mut u64,
    ) -> io::Result<Option<SshFault>> {
        let Some(mut stdout) = stdout else {
            return Ok(None);
        };
        let mut held = Vec::new();
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            let ended = stdout.read_buf(&mut chunk).await? == 0;
            held.append(&mut chunk);
            let broken = cut.get().and_then(|fault| {
                let (SshFault::StallPack(ByteCount(count)) | SshFault::CutPack(ByteCount(count))) =
                    fault
                else {
                    return None;
                };
                Some((fault.clone(), offset_after(&held, *count)))
            });
            let fault = match broken {
                Some((fault, Some(at))) => {
                    held.truncate(at);
                    Some(fault)
                }
                // Whether there is more of the pack shows only at a flush.
                Some((_, None)) if !ended && !held.ends_with(b"0000") => continue,
                Some((_, None)) | None => None,
            };
            *sent += held.len() as u64;
            let bytes = Bytes::from(std::mem::take(&mut held));
            self.writer.data_bytes(bytes).await.map_err(gone)?;
            if ended || fault.is_some() {
                return Ok(fault);
            }
        }
    }

    async fn errors(&self, stderr: Option<impl AsyncRead + Unpin>) -> io::Result<()> {
        let Some(mut stderr) = stderr else {
            return Ok(());
        };
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            if stderr.read_buf(&mut chunk).await? == 0 {
                return Ok(());
            }
            let said = self.writer.extended_data_bytes(STDERR, chunk);
            said.await.map_err(gone)?;
        }
    }
}

fn gone(error: russh::Error) -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, error)
}

/// Whether a client that says `data` wants a pack (gitprotocol-v2, "fetch"; gitprotocol-pack, "Packfile Negotiation").
fn asks_for_pack(data: &[u8]) -> bool {
    const FETCH: &[u8] = b"command=fetch";
    data.windows(FETCH.len()).any(|window| window == FETCH)
        || data.get(4..).is_some_and(|rest| rest.starts_with(b"want "))
}
