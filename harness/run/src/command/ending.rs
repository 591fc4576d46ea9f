//! How a command is ended that does not end by itself, and how its end is waited for.

use std::io;
use std::time::Duration;

use tokio::io::unix::AsyncFd;

use modfault_sandbox::{Process, ProcessExit, Signal};

/// How long, in reality, a command that is told to end may take: `go` prints its goroutines at once; others heed nothing.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Ends it as a person would, and kills what does not heed that.
pub(super) async fn interrupt(process: &mut AsyncFd<Process>) -> io::Result<ProcessExit> {
    process.get_ref().signal(Signal::Interrupt)?;
    if let Ok(exit) = tokio::time::timeout(LAST_WORDS, wait(process)).await {
        return exit;
    }
    process.get_ref().kill()?;
    wait(process).await
}

/// Lets `go` tell where it is, and kills what is left then.
pub(super) async fn quit(process: &mut AsyncFd<Process>) -> io::Result<ProcessExit> {
    process.get_ref().signal(Signal::Quit)?;
    if let Ok(exit) = tokio::time::timeout(LAST_WORDS, wait(process)).await {
        // Its children may have done otherwise.
        process.get_ref().kill()?;
        return exit;
    }
    // Its whole session: go's children keep the pipes open otherwise.
    process.get_ref().kill()?;
    wait(process).await
}

/// Waits for its end.
pub(crate) async fn wait(process: &mut AsyncFd<Process>) -> io::Result<ProcessExit> {
    loop {
        let mut ready = process.readable_mut().await?;
        match ready.get_inner_mut().try_wait()? {
            Some(exit) => return Ok(exit),
            None => ready.clear_ready(),
        }
    }
}
