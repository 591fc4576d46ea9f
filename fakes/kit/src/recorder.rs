//! Writing down what was seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::event::Event;

/// A handle through which fakes and the wire record events. Cheap to clone; never blocks.
#[derive(Clone, Debug)]
pub struct Recorder {
    sender: mpsc::UnboundedSender<Event>,
    clock: Arc<Clock>,
    busy: Arc<watch::Sender<usize>>,
    recorded: Arc<AtomicU64>,
}

/// Something that may still have events to record: a connection, a question. It is over when this is dropped.
#[derive(Debug)]
pub struct Busy(Arc<watch::Sender<usize>>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Everything recorded, in the order of arrival.
#[derive(Debug)]
pub struct Timeline {
    receiver: mpsc::UnboundedReceiver<Event>,
}

impl Recorder {
    /// A recorder that stamps events with `clock`, and the timeline that they arrive in.
    pub fn new(clock: Clock) -> (Self, Timeline) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let busy = Arc::new(watch::Sender::new(0));
        let clock = Arc::new(clock);
        (
            Self {
                sender,
                clock,
                busy,
                recorded: Arc::default(),
            },
            Timeline { receiver },
        )
    }

    /// The clock that events are stamped with.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Says that something has begun which may record events until the guard is dropped.
    pub fn busy(&self) -> Busy {
        self.busy.send_modify(|count| *count += 1);
        Busy(Arc::clone(&self.busy))
    }

    /// Waits until nothing is under way that may still record: then the timeline is complete.
    pub async fn quiet(&self) {
        let mut busy = self.busy.subscribe();
        // The sender lives in `self`, so the channel cannot close.
        drop(busy.wait_for(|count| *count == 0).await);
    }

    /// How many events were written down so far.
    pub fn recorded(&self) -> u64 {
        self.recorded.load(Ordering::Relaxed)
    }

    /// Stamps `event` with the time and writes it down. What comes after the timeline was closed is dropped.
    pub fn record(&self, mut event: Event) {
        event.at = self.clock.now();
        self.recorded.fetch_add(1, Ordering::Relaxed);
        // Closed means: the world has ended, and nobody reads any more.
        drop(self.sender.send(event));
    }
}

impl Timeline {
    /// What has arrived since the last call.
    pub fn drain(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Ok(event) = self.receiver.try_recv() {
            events.push(event);
        }
        events
    }
}
