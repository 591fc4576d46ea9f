//! What a command prints, as it comes.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use super::watched;

/// What a command prints to one of its pipes.
pub(super) struct Printed<'a> {
    bytes: RefCell<Vec<u8>>,
    /// Where its own words end.
    mark: Cell<Option<usize>>,
    /// Counts the bytes of all pipes.
    count: Option<Arc<AtomicU64>>,
    /// Told when there are some.
    ready: Option<&'a Notify>,
}

impl<'a> Printed<'a> {
    pub(super) fn new(count: Option<Arc<AtomicU64>>, ready: Option<&'a Notify>) -> Self {
        Self {
            bytes: RefCell::default(),
            mark: Cell::new(None),
            count,
            ready,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.borrow().len()
    }

    pub(super) fn mark(&self, at: usize) {
        self.mark.set(Some(at));
    }

    pub(super) async fn read_all(&self, pipe: Option<OwnedFd>) -> io::Result<()> {
        let Some(pipe) = pipe else { return Ok(()) };
        let mut pipe = watched(std::fs::File::from(pipe))?;
        let mut chunk = [0; 8192];
        loop {
            let mut ready = pipe.readable_mut().await?;
            match ready.try_io(|file| file.get_mut().read(&mut chunk)) {
                Ok(Ok(0)) => return Ok(()),
                Ok(Ok(length)) => {
                    self.bytes.borrow_mut().extend_from_slice(&chunk[..length]);
                    if let Some(count) = &self.count {
                        count.fetch_add(length as u64, Ordering::Relaxed);
                    }
                    if let Some(ready) = self.ready {
                        ready.notify_one();
                    }
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(error),
                Err(_not_ready) => {}
            }
        }
    }

    /// Its own words, and what came after the mark.
    pub(super) fn into_texts(self) -> (String, String) {
        let mut bytes = self.bytes.into_inner();
        let after = bytes.split_off(self.mark.get().unwrap_or(bytes.len()).min(bytes.len()));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&bytes), text(&after))
    }
}
