//! One command on the client: started, read to its end, and killed when its time is over.

use std::future::Future;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio_util::sync::CancellationToken;

use modfault_kit::Clock;
use modfault_outcome::Exit;
use modfault_sandbox::{Command, End, Process, ProcessExit, Sandbox};

use crate::error::RunError;

/// What became of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ran {
    /// How it ended; `None` where there was no command.
    pub(crate) exit: Option<Exit>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// User and system time of it and its descendants.
    pub(crate) cpu: Duration,
}

/// The argument vector of a command line: its words, or the shell where it has more than words.
pub(crate) fn words(line: &str) -> Vec<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_./=@:,+^%".contains(c);
    let assigns = |word: &str| {
        word.split('/')
            .next()
            .is_some_and(|head| head.contains('='))
    };
    match line.split_ascii_whitespace().next() {
        Some(first) if line.chars().all(plain) && !assigns(first) => {
            line.split_ascii_whitespace().map(str::to_owned).collect()
        }
        _ => vec!["/bin/sh".to_owned(), "-c".to_owned(), line.to_owned()],
    }
}

/// Runs `command` to its end, or kills it when `timeout` has passed on `clock`; an interrupted run is an error.
pub(crate) async fn run(
    sandbox: &Sandbox,
    command: &Command,
    timeout: Duration,
    clock: &Clock,
    cancel: &CancellationToken,
) -> Result<Ran, RunError> {
    let failed = |source| RunError::System {
        operation: "run the command",
        source,
    };
    let mut process = sandbox.spawn(command).map_err(failed)?;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut overran = false;
    let end = {
        let (out, err) = (process.stdout.take(), process.stderr.take());
        let mut process = watched(process).map_err(failed)?;
        let reading = async {
            let (out, err) = tokio::join!(read_all(out, &mut stdout), read_all(err, &mut stderr));
            out.and(err)
        };
        let ended = async {
            let mut end = Box::pin(wait(&mut process));
            tokio::select! {
                exit = &mut end => return exit,
                () = clock.sleep(timeout) => {}
                () = cancel.cancelled() => {}
            }
            drop(end);
            overran = true;
            // Its whole session: go's children keep the pipes open otherwise.
            process.get_ref().kill()?;
            wait(&mut process).await
        };
        both(ended, reading).await.map_err(failed)?
    };
    if cancel.is_cancelled() {
        return Err(RunError::Interrupted);
    }
    Ok(Ran {
        exit: Some(if overran {
            Exit::Overran
        } else {
            exit_of(end.end)?
        }),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
        cpu: end.user_time + end.system_time,
    })
}

/// The end of the command and of its output. A descendant that keeps a pipe open after the command has ended has its time
/// until the sandbox ends, and nobody waits for it.
async fn both(
    ended: impl Future<Output = io::Result<ProcessExit>>,
    reading: impl Future<Output = io::Result<()>>,
) -> io::Result<ProcessExit> {
    tokio::pin!(ended, reading);
    let mut read = None;
    let exit = tokio::select! {
        exit = &mut ended => exit?,
        done = &mut reading => {
            read = Some(done);
            ended.await?
        }
    };
    match read {
        Some(done) => done?,
        None => drop(tokio::time::timeout(LEFT_OPEN, reading).await),
    }
    Ok(exit)
}

/// How long output is read on after the command has ended: for what stands in the pipes, and no longer.
const LEFT_OPEN: Duration = Duration::from_millis(500);

async fn wait(process: &mut AsyncFd<Process>) -> io::Result<ProcessExit> {
    loop {
        let mut ready = process.readable_mut().await?;
        match ready.get_inner_mut().try_wait()? {
            Some(exit) => return Ok(exit),
            None => ready.clear_ready(),
        }
    }
}

async fn read_all(pipe: Option<OwnedFd>, into: &mut Vec<u8>) -> io::Result<()> {
    let Some(pipe) = pipe else { return Ok(()) };
    let mut pipe = watched(std::fs::File::from(pipe))?;
    let mut chunk = [0; 8192];
    loop {
        let mut ready = pipe.readable_mut().await?;
        match ready.try_io(|file| file.get_mut().read(&mut chunk)) {
            Ok(Ok(0)) => return Ok(()),
            Ok(Ok(count)) => into.extend_from_slice(&chunk[..count]),
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(Err(error)) => return Err(error),
            Err(_not_ready) => {}
        }
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe, for descriptors that are closed meanwhile; these are owned or borrowed here"
)]
fn watched<T: std::os::fd::AsRawFd>(descriptor: T) -> io::Result<AsyncFd<T>> {
    AsyncFd::with_interest(descriptor, Interest::READABLE)
}

fn exit_of(end: End) -> Result<Exit, RunError> {
    match end {
        End::Signal(signal) => Ok(Exit::Signal(signal)),
        End::Code(_) | End::NotFound | End::NotExecutable(_) => Ok(Exit::Code(end.status())),
        End::NoDirectory(errno) => Err(RunError::System {
            operation: "enter the directory of the command",
            source: io::Error::from_raw_os_error(errno),
        }),
        End::NotSetUp(errno) => Err(RunError::System {
            operation: "make the command an ordinary user's",
            source: io::Error::from_raw_os_error(errno),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_plain_line_is_split_and_never_sees_a_shell() {
        assert_eq!(
            words("go mod download  example.com/greet@v1.0.0"),
            ["go", "mod", "download", "example.com/greet@v1.0.0"]
        );
    }

    #[test]
    fn a_line_with_more_than_words_goes_to_the_shell() {
        for line in [
            "go env | head",
            "GOPROXY=off go mod tidy",
            "cd x && go build",
            "echo 'a b'",
        ] {
            assert_eq!(words(line)[..2], ["/bin/sh", "-c"], "{line}");
        }
    }
}
