//! A body on its way to the client, which may end too early.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::exchange::Pending;
use super::lent::{Breaker, Ending};
use crate::site::Body;

/// Where a body stops before its end, or right after it, and what happens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    /// After so many bytes.
    pub(crate) after: u64,
    /// In this way.
    pub(crate) by: StopBy,
}

/// How a body stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopBy {
    /// The connection closes.
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing more comes.
    Stall,
}

impl Stop {
    fn outcome(self) -> String {
        let bytes = modfault_kit::ByteCount(self.after);
        match self.by {
            StopBy::Close => format!("cut after {bytes} of body"),
            StopBy::Reset => format!("reset after {bytes} of body"),
            StopBy::Stall => format!("stalled after {bytes} of body"),
        }
    }
}

/// The body of an answer with the exchange that it ends.
#[derive(Debug)]
pub(crate) struct AnswerBody {
    inner: Body,
    pending: Pending,
    breaker: Breaker,
    sent: u64,
    /// What the header says of its length.
    length: Option<u64>,
    stop: Option<Stop>,
}

impl AnswerBody {
    /// `inner`, whose head says that it has `length` bytes.
    pub(crate) fn new(
        inner: Body,
        mut pending: Pending,
        breaker: Breaker,
        length: Option<u64>,
        stop: Option<Stop>,
    ) -> Self {
        // hyper does not ask a body for its bytes that has none.
        if inner.is_end_stream() && stop.is_none() {
            pending.done();
        }
        Self {
            inner,
            pending,
            breaker,
            sent: 0,
            length,
            stop,
        }
    }

    fn stop_now(&mut self, stop: Stop) {
        let outcome = stop.outcome();
        match stop.by {
            StopBy::Close => {
                self.pending.failed(&outcome);
                self.breaker.pull(Ending::Close);
            }
            StopBy::Reset => {
                self.pending.failed(&outcome);
                self.breaker.pull(Ending::Reset);
            }
            StopBy::Stall => self.pending.means(&outcome),
        }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if let Some(stop) = this.stop
            && this.sent >= stop.after
        {
            this.stop_now(stop);
            // Whoever ends the connection polls it, and drops this.
            return Poll::Pending;
        }
        let Some(frame) = ready!(Pin::new(&mut this.inner).poll_frame(context)) else {
            this.pending.done();
            return Poll::Ready(None);
        };
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                this.pending.failed("broken off by the server");
                return Poll::Ready(Some(Err(error)));
            }
        };
        let mut bytes = match frame.into_data() {
            Ok(bytes) => bytes,
            Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
        };
        if let Some(stop) = this.stop {
            let left = usize::try_from(stop.after - this.sent).unwrap_or(usize::MAX);
            bytes.truncate(left);
        }
        this.sent += bytes.len() as u64;
        this.pending.sent(bytes.len());
        // hyper does not ask again after the last byte.
        if this.length == Some(this.sent) || (this.stop.is_none() && this.inner.is_end_stream()) {
            this.pending.done();
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.stop.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        // With a stop the head has the length already, or there is none to be had; a head that has lost it is not to get it back.
        match self.stop {
            None if self.length.is_some() || self.inner.is_end_stream() => self.inner.size_hint(),
            None | Some(_) => SizeHint::default(),
        }
    }
}
