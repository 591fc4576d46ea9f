//! Questions to a name server, and which answer belongs to which.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddrV4;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hickory_proto::op::{Message as Wire, Query, ResponseCode};
use hickory_proto::rr::RecordType;
use modfault_kit::{Clock, Dial, HostName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::sync::oneshot;

use crate::message::{Message, Shape};
use crate::reply::Question;

/// How long a name server has for its answer before the next is asked.
const PATIENCE: Duration = Duration::from_secs(2);

/// The port of name servers.
const PORT: u16 = 53;

/// A name server, as the stub resolver sees it.
#[derive(Debug)]
pub(super) struct Upstream {
    address: SocketAddrV4,
    socket: UdpSocket,
    waiting: Mutex<Waiting>,
}

/// The questions that have no answer yet, by the id that they were sent under.
#[derive(Debug, Default)]
struct Waiting {
    last: u16,
    questions: BTreeMap<u16, oneshot::Sender<Wire>>,
}

impl Upstream {
    /// Takes `socket` for questions to `address`.
    pub(super) async fn connect(address: SocketAddrV4, socket: UdpSocket) -> io::Result<Self> {
        socket.connect(address).await?;
        Ok(Self {
            address,
            socket,
            waiting: Mutex::default(),
        })
    }

    /// Hands every answer to the question that it belongs to, for ever. Who is refused learns it at once.
    pub(super) async fn read(self: std::sync::Arc<Self>) -> io::Result<()> {
        let mut datagram = vec![0; 1 << 16];
        loop {
            match self.socket.recv(&mut datagram).await {
                Ok(length) => {
                    let answer = datagram.get(..length).unwrap_or_default();
                    // What cannot be read is no answer to anything.
                    if let Ok(answer) = Wire::from_vec(answer) {
                        let waiting = self.waiting().questions.remove(&answer.metadata.id);
                        // The one who asked may have given up.
                        if let Some(waiting) = waiting {
                            let _unheard = waiting.send(answer);
                        }
                    }
                }
                // An ICMP message says that nobody is there: of which question, the kernel does not tell.
                Err(_refused) => self.waiting().questions.clear(),
            }
        }
    }

    /// The answer to `question`, over TCP where it does not fit into a datagram; `None` where the server is of no use.
    pub(super) async fn ask(
        &self,
        question: &Question,
        clock: &Clock,
        dial: &Dial,
        from: &HostName,
    ) -> Option<Message> {
        let answer = within(clock, self.over_udp(question)).await?;
        let answer = if answer.metadata.truncation {
            within(clock, self.over_tcp(question, dial, from)).await?
        } else {
            answer
        };
        matches!(
            answer.metadata.response_code,
            ResponseCode::NoError | ResponseCode::NXDomain
        )
        .then(|| read(answer))
    }

    async fn over_udp(&self, question: &Question) -> Option<Wire> {
        let (answered, answer) = oneshot::channel();
        let id = {
            let mut waiting = self.waiting();
            waiting.last = waiting.last.wrapping_add(1);
            let id = waiting.last;
            waiting.questions.insert(id, answered);
            id
        };
        // A refusal that came meanwhile is told by the first sending, and is not about this question.
        let mut sent = self.socket.send(&bytes(question, id)?).await;
        if sent.is_err() {
            sent = self.socket.send(&bytes(question, id)?).await;
        }
        sent.ok()?;
        answer.await.ok()
    }

    async fn over_tcp(&self, question: &Question, dial: &Dial, from: &HostName) -> Option<Wire> {
        let to = self.address.ip().to_string();
        let mut stream = dial.connect(from, &to, PORT).await.ok()?;
        let message = bytes(question, 1)?;
        let length = u16::try_from(message.len()).ok()?.to_be_bytes();
        let framed = [&length[..], &message].concat();
        stream.write_all(&framed).await.ok()?;
        let mut answer = vec![0; usize::from(stream.read_u16().await.ok()?)];
        stream.read_exact(&mut answer).await.ok()?;
        Wire::from_vec(&answer).ok()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn within(clock: &Clock, asked: impl Future<Output = Option<Wire>>) -> Option<Wire> {
    tokio::select! {
        answer = asked => answer,
        () = clock.sleep(PATIENCE) => None,
    }
}

fn bytes(question: &Question, id: u16) -> Option<Vec<u8>> {
    let mut message = Wire::query();
    message.metadata.id = id;
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(question.name.clone(), question.record_type));
    message.to_vec().ok()
}

fn read(answer: Wire) -> Message {
    let authorities = answer.authorities.into_iter();
    Message {
        code: answer.metadata.response_code,
        answers: answer.answers,
        soa: authorities
            .into_iter()
            .find(|record| record.record_type() == RecordType::SOA),
        shape: Shape::Whole,
    }
}
