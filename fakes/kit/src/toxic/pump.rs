//! Moves the bytes of one connection through its chains, at the times that these say.
//!
//! ```text
//!   client ── socket ──▶ upstream chain ──▶ pipe ── Stream ── the fake
//!          ◀─ socket ── downstream chain ◀─ pipe ──
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio_util::sync::CancellationToken;

use super::{Chain, Ending, Piece, Timed};
use crate::clock::Clock;
use crate::stream::link::{Ended, Link, SocketEnd};

/// The most that is read at once, in bytes.
const CHUNK: usize = 32 * 1024;

/// Pieces held before reading stops: as many as Toxiproxy buffers, so that a delay does not cut the bandwidth.
const HELD: usize = 1024;

/// Carries both directions until the connection has ended.
pub(crate) async fn pump(
    link: Arc<Link>,
    pipe: DuplexStream,
    upstream: Chain,
    downstream: Chain,
    clock: Clock,
) {
    let (mut from_server, mut to_server) = tokio::io::split(pipe);
    let mut from_client = SocketEnd::new(link.socket());
    let mut to_client = SocketEnd::new(link.socket());
    let never = CancellationToken::new();
    let up = Carrier {
        clock: &clock,
        link: &link,
        closing: &never,
        sink_gone: SinkGone::Discard,
    };
    let down = Carrier {
        clock: &clock,
        link: &link,
        closing: link.closing(),
        sink_gone: SinkGone::End,
    };
    let end = {
        let up = up.carry(&mut from_client, &mut to_server, upstream);
        let down = down.carry(&mut from_server, &mut to_client, downstream);
        tokio::pin!(up, down);
        tokio::select! {
            end = &mut up => match end {
                End::Done => down.await,
                End::Cut => {
                    // The whole connection ends; what the fake had written still reaches the client.
                    link.closing().cancel();
                    match down.await {
                        End::Done | End::Cut => End::Cut,
                        end @ (End::Reset(_) | End::Lost) => end,
                    }
                }
                End::Reset(how) => {
                    link.reset(&how);
                    End::Lost
                }
                End::Lost => End::Lost,
            },
            end = &mut down => match end {
                End::Done => match up.await {
                    End::Reset(how) => {
                        link.reset(&how);
                        End::Lost
                    }
                    end @ (End::Done | End::Cut | End::Lost) => end,
                },
                end @ (End::Cut | End::Reset(_) | End::Lost) => end,
            },
        }
    };
    match end {
        End::Done => {}
        End::Cut => {
            link.end(Ended::Cut);
            drop((from_server, to_server));
            link.drain().await;
        }
        // Exactly the bytes that the toxic has passed reach the client before it.
        End::Reset(how) => {
            link.sent().await;
            link.reset(&how);
        }
        End::Lost => {
            link.end(Ended::Reset);
        }
    }
}

/// How one direction ended.
enum End {
    /// Its sender closed it, and that was passed on or swallowed.
    Done,
    /// A toxic closed it.
    Cut,
    /// A toxic resets the connection, for this reason.
    Reset(String),
    /// The client reset the connection.
    Lost,
}

/// What is done when nobody takes the bytes any more.
#[derive(Clone, Copy)]
enum SinkGone {
    /// They are thrown away, until their sender closes.
    Discard,
    /// The connection is over.
    End,
}

struct Carrier<'a> {
    clock: &'a Clock,
    link: &'a Link,
    /// Cancelled when what can be read now is the last.
    closing: &'a CancellationToken,
    sink_gone: SinkGone,
}

impl Carrier<'_> {
    async fn carry(
        &self,
        source: &mut (impl AsyncRead + Unpin),
        sink: &mut (impl AsyncWrite + Unpin),
        mut chain: Chain,
    ) -> End {
        let mut held = VecDeque::new();
        hold(&mut held, chain.begin(self.clock.now()));
        let mut buffer = BytesMut::new();
        let mut open = true;
        let mut discard = false;
        loop {
            while let Some(timed) = pop_due(&mut held, self.clock) {
                match timed.piece {
                    Piece::Data(_) if discard => {}
                    Piece::Data(bytes) => {
                        if sink.write_all(&bytes).await.is_err() {
                            match self.sink_gone {
                                SinkGone::Discard => discard = true,
                                SinkGone::End => return End::Lost,
                            }
                        }
                    }
                    Piece::Stalled => self.link.broken("stalled"),
                    Piece::End(Ending::Reset(how)) => return End::Reset(how),
                    Piece::End(Ending::Closed(how)) => {
                        self.link.broken(&how);
                        // Only a connection that is gone already cannot be shut down.
                        drop(sink.shutdown().await);
                        return End::Cut;
                    }
                    Piece::End(Ending::Orderly) => {
                        drop(sink.shutdown().await);
                        return End::Done;
                    }
                }
            }
            if !open && held.is_empty() {
                return End::Done;
            }
            let due = held.front().map(|timed| timed.due);
            let mut chunk = (&mut buffer).limit(CHUNK);
            tokio::select! {
                // What can be read counts before `closing`.
                biased;
                () = self.clock.sleep_until(due.unwrap_or_default()), if due.is_some() => {}
                read = source.read_buf(&mut chunk), if open && held.len() < HELD => {
                    let piece = match read {
                        Err(_) => return End::Lost,
                        Ok(0) => {
                            open = false;
                            Piece::End(Ending::Orderly)
                        }
                        Ok(_) => Piece::Data(buffer.split().freeze()),
                    };
                    hold(&mut held, chain.pass(self.clock.now(), piece));
                }
                () = self.closing.cancelled(), if open => {
                    open = false;
                    hold(&mut held, chain.pass(self.clock.now(), Piece::End(Ending::Orderly)));
                }
            }
        }
    }
}

/// Adds `pieces` to what is held, in order of time; of equal times the earlier comer stays ahead.
fn hold(held: &mut VecDeque<Timed>, pieces: Vec<Timed>) {
    for timed in pieces {
        let at = held.partition_point(|earlier| earlier.due <= timed.due);
        held.insert(at, timed);
    }
}

fn pop_due(held: &mut VecDeque<Timed>, clock: &Clock) -> Option<Timed> {
    held.front()
        .is_some_and(|timed| timed.due <= clock.now())
        .then(|| held.pop_front())
        .flatten()
}
