//! Reading what a program prints, until it ends or nobody wants to know any more.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::unix::AsyncFd;
use tokio_util::sync::CancellationToken;

use modfault_sandbox::{End, Process};

use super::LONGEST_LOG;
use crate::command::{wait, watched};

/// What a program has printed so far.
#[derive(Clone, Default)]
pub(super) struct Output(Arc<Mutex<[Vec<u8>; 2]>>);

/// A program that is attended no more.
pub(super) struct Ended {
    /// Which.
    pub(super) index: usize,
    /// How it ended.
    pub(super) how: io::Result<End>,
}

#[derive(Clone, Copy)]
enum Stream {
    Stdout = 0,
    Stderr = 1,
}

impl Output {
    fn add(&self, stream: Stream, bytes: &[u8]) {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = &mut texts[stream as usize];
        text.extend_from_slice(bytes);
        // Cut rarely: a program that prints without end must not cost the square of it.
        if text.len() > 2 * LONGEST_LOG {
            text.drain(..text.len() - LONGEST_LOG);
        }
    }

    /// Standard output and standard error.
    pub(super) fn texts(&self) -> (String, String) {
        let texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [stdout, stderr] = &*texts;
        (end_of(stdout, LONGEST_LOG), end_of(stderr, LONGEST_LOG))
    }
}

/// The last `most` bytes of a log as text.
pub(super) fn end_of(bytes: &[u8], most: usize) -> String {
    let from = bytes.len().saturating_sub(most);
    String::from_utf8_lossy(&bytes[from..]).into_owned()
}

/// Attends `process` to its end, or until `stop`; then `output` has all that it printed before.
pub(super) async fn attend(
    index: usize,
    mut process: Process,
    output: Output,
    stop: CancellationToken,
) -> Ended {
    let pipes = [
        (Stream::Stdout, process.stdout.take()),
        (Stream::Stderr, process.stderr.take()),
    ];
    let how = listen(process, pipes, &output, &stop).await;
    Ended { index, how }
}

async fn listen(
    process: Process,
    pipes: [(Stream, Option<OwnedFd>); 2],
    output: &Output,
    stop: &CancellationToken,
) -> io::Result<End> {
    let mut process = watched(process)?;
    let [mut out, mut err] = {
        let [(_, out), (_, err)] = pipes;
        [
            Pipe::new(Stream::Stdout, out)?,
            Pipe::new(Stream::Stderr, err)?,
        ]
    };
    let end = tokio::select! {
        exit = wait(&mut process) => exit.map(|exit| exit.end),
        Err(error) = out.pump(output) => Err(error),
        Err(error) = err.pump(output) => Err(error),
        () = stop.cancelled() => Ok(End::Code(0)),
    };
    out.drain(output)?;
    err.drain(output)?;
    end
}

struct Pipe {
    stream: Stream,
    pipe: Option<AsyncFd<File>>,
}

impl Pipe {
    fn new(stream: Stream, pipe: Option<OwnedFd>) -> io::Result<Self> {
        let pipe = pipe.map(|pipe| watched(File::from(pipe))).transpose()?;
        Ok(Self { stream, pipe })
    }

    /// Reads as it comes. Whoever closes its output goes on working.
    async fn pump(&mut self, output: &Output) -> io::Result<()> {
        while let Some(pipe) = &mut self.pipe {
            let mut ready = pipe.readable_mut().await?;
            match read(ready.get_inner_mut(), self.stream, output)? {
                Read::Nothing => ready.clear_ready(),
                Read::End => self.pipe = None,
            }
        }
        std::future::pending().await
    }

    /// Reads what stands in it.
    fn drain(&mut self, output: &Output) -> io::Result<()> {
        if let Some(pipe) = &mut self.pipe {
            read(pipe.get_mut(), self.stream, output)?;
        }
        Ok(())
    }
}

/// Why nothing more can be read.
enum Read {
    Nothing,
    End,
}

fn read(file: &mut File, stream: Stream, output: &Output) -> io::Result<Read> {
    let mut chunk = [0; 8192];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(Read::End),
            Ok(length) => output.add(stream, &chunk[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Read::Nothing),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// How a program ended that should not have.
pub(super) fn words(end: End) -> String {
    match end {
        End::Code(code) => format!("exit {code}"),
        End::Signal(signal) => format!("signal {signal}"),
        End::NotFound => "it is not there, or what interprets it is not".to_owned(),
        End::NotExecutable(errno) | End::NoDirectory(errno) | End::NotSetUp(errno) => {
            io::Error::from_raw_os_error(errno).to_string()
        }
    }
}
