//! Between hickory's messages and ours: a request as a [`Question`], a [`Message`] as a response.

use hickory_proto::op::{Edns, Message as Answer, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::DNSClass;
use hickory_server::net::xfer::Protocol;
use hickory_server::server::{Request, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::net::UdpSocket;

use crate::message::{Message, Shape};
use crate::reply::{Question, Transport};

/// The most bytes that go into one datagram, whatever the client takes (RFC 9715 §3.1).
const LARGEST_DATAGRAM: u16 = 1232;

/// The most bytes of a datagram for a client that does not say (RFC 1035 §4.2.1).
const SMALLEST_DATAGRAM: u16 = 512;

/// The question of `request`, or the code that answers what is no question for us.
pub(crate) fn question_of(request: &Request) -> Result<Question, ResponseCode> {
    if request.metadata.op_code != OpCode::Query {
        return Err(ResponseCode::NotImp);
    }
    let info = request
        .request_info()
        .map_err(|_not_one_question| ResponseCode::FormErr)?;
    if request.edns.as_ref().is_some_and(|edns| edns.version() > 0) {
        return Err(ResponseCode::BADVERS);
    }
    if info.query.query_class() != DNSClass::IN {
        return Err(ResponseCode::Refused);
    }
    let name = info.query.original().name().clone();
    let host = name.to_lowercase().to_ascii();
    Ok(Question {
        host: host.strip_suffix('.').unwrap_or(&host).to_owned(),
        name,
        record_type: info.query.query_type(),
        has_edns: request.edns.is_some(),
        transport: match info.protocol {
            Protocol::Udp => Transport::Udp,
            _ => Transport::Tcp,
        },
    })
}

/// Answers `code` and nothing else.
pub(crate) async fn refuse(
    request: &Request,
    code: ResponseCode,
    mut response: impl ResponseHandler,
) -> ResponseInfo {
    let message = Message {
        code,
        answers: Vec::new(),
        soa: None,
        shape: Shape::Whole,
    };
    send(request, &message, &mut response).await
}

/// Sends `message` in answer to `request`.
pub(crate) async fn send(
    request: &Request,
    message: &Message,
    response: &mut impl ResponseHandler,
) -> ResponseInfo {
    let edns = match message.shape {
        // Nothing may follow the record that breaks off.
        Shape::Malformed | Shape::WithoutEdns => None,
        Shape::Whole | Shape::Truncated | Shape::OfAnotherId => {
            request.edns.as_ref().map(|theirs| {
                let mut ours = Edns::new();
                ours.set_max_payload(
                    theirs
                        .max_payload()
                        .clamp(SMALLEST_DATAGRAM, LARGEST_DATAGRAM),
                );
                ours
            })
        }
    };
    let mut metadata = Metadata::response_from_request(&request.metadata);
    metadata.recursion_available = true;
    metadata.response_code = message.code;
    metadata.truncation = message.shape == Shape::Truncated;
    let (answers, soa) = match message.shape {
        Shape::Truncated => (&[][..], None),
        Shape::Whole | Shape::Malformed | Shape::WithoutEdns | Shape::OfAnotherId => {
            (&message.answers[..], message.soa.as_ref())
        }
    };
    let mut builder = MessageResponseBuilder::from_message_request(request);
    if let Some(edns) = &edns {
        builder.edns(edns);
    }
    response
        .send_response(builder.build(metadata, answers, [], soa, []))
        .await
        // The client is gone.
        .unwrap_or_else(|_closed| unsent(request))
}

/// What hickory wants to know about an answer, for one that was not sent.
pub(crate) fn unsent(request: &Request) -> ResponseInfo {
    hickory_proto::op::Header {
        metadata: Metadata::response_from_request(&request.metadata),
        counts: Default::default(),
    }
    .into()
}

/// Sends `message` in answer to `request`, under an id that is not the request's: hickory's server would not.
pub(crate) async fn send_under_another_id(
    request: &Request,
    message: &Message,
    socket: &UdpSocket,
) -> ResponseInfo {
    let mut answer = Answer::response(!request.metadata.id, OpCode::Query);
    answer.metadata.response_code = message.code;
    answer.metadata.recursion_desired = request.metadata.recursion_desired;
    answer.metadata.recursion_available = true;
    if let Ok(info) = request.request_info() {
        answer.add_query(info.query.original().clone());
    }
    answer.add_answers(message.answers.clone());
    if let Ok(bytes) = answer.to_vec() {
        // The client may be gone.
        let _unheard = socket.send_to(&bytes, request.src()).await;
    }
    unsent(request)
}
