//! The answer to one question, behind the faults that fire for it. No sockets.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::{CNAME, NULL, TXT};
use hickory_proto::rr::{Name, RData, RecordType};
use modfault_kit::event::Outcome;
use modfault_kit::fault::{self, DnsFault};

use crate::message::{Message, Shape, absence, addresses, presence, presence_or_absence, record};
use crate::zones::{Found, Zones};

/// How long a stub resolver waits for an answer before it asks again, unless it is told otherwise (resolv.conf(5)).
const PATIENCE: Duration = Duration::from_secs(5);

/// One question (RFC 1035 §4.1.2) of class IN.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// The name, spelt as it was asked.
    pub(crate) name: Name,
    /// The name in lower case without the final dot.
    pub(crate) host: String,
    /// The type of the records that are wanted.
    pub(crate) record_type: RecordType,
    /// Over what it came.
    pub(crate) transport: Transport,
    /// Whether it has an EDNS record (RFC 6891 §6.1.1).
    pub(crate) has_edns: bool,
}

/// Over what a question came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// One datagram each way.
    Udp,
    /// A connection (RFC 7766).
    Tcp,
}

impl Transport {
    /// The word for it in events.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

/// What becomes of a question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    /// How long after the question the answer goes out.
    pub(crate) delay: Duration,
    /// The answer; `None` where none comes.
    pub(crate) message: Option<Message>,
    /// Whether the answer, in time, gives what was asked for.
    pub(crate) outcome: Outcome,
}

/// Whether `fault` can do anything to `question`.
pub(crate) fn concerns(fault: &DnsFault, question: &Question) -> bool {
    match fault {
        DnsFault::Truncate | DnsFault::TruncateAndRefuseTcp | DnsFault::WrongId => {
            question.transport == Transport::Udp
        }
        DnsFault::RefuseEdns => question.has_edns,
        DnsFault::Answer(_)
        | DnsFault::Empty
        | DnsFault::Drop
        | DnsFault::Delay(_)
        | DnsFault::Address(_)
        | DnsFault::CnameLoop
        | DnsFault::OnlyAaaa
        | DnsFault::Malformed => true,
    }
}

/// The answer to `question` from `zones`, each of `faults` applied in turn.
pub(crate) fn reply<'a>(
    zones: &Zones,
    question: &Question,
    faults: impl IntoIterator<Item = &'a DnsFault>,
) -> Reply {
    let truth = truth(zones, question);
    let mut message = Some(truth.clone());
    let mut delay = Duration::ZERO;
    for fault in faults {
        match fault {
            DnsFault::Delay(duration) => delay += *duration,
            DnsFault::Drop => message = None,
            content => {
                if let Some(message) = &mut message {
                    bend(message, content, zones, question);
                }
            }
        }
    }
    let outcome = match &message {
        None => Outcome::Failed("no answer".to_owned()),
        Some(_) if delay >= PATIENCE => Outcome::Failed("late".to_owned()),
        Some(message) => outcome(message, &truth, zones, question),
    };
    Reply {
        delay,
        message,
        outcome,
    }
}

impl Reply {
    /// What was answered, in words: `A 203.0.113.10`, `NXDOMAIN`, `empty`, `no answer`.
    pub(crate) fn words(&self) -> String {
        match &self.message {
            None => "no answer".to_owned(),
            Some(message) if self.delay.is_zero() => message.words(),
            Some(message) => format!("{} after {:?}", message.words(), self.delay),
        }
    }
}

/// The answer of a resolver with nothing wrong.
fn truth(zones: &Zones, question: &Question) -> Message {
    let Found::Name { aliases, node } = zones.find(&question.host) else {
        return absence(ResponseCode::NXDomain, &question.name);
    };
    let mut owner = question.name.clone();
    let mut answers = Vec::new();
    for alias in aliases {
        let Ok(target) = Name::from_ascii(format!("{alias}.")) else {
            // A `HostName` is a name within all limits of RFC 1035 §2.3.4, so this does not come about.
            break;
        };
        answers.push(record(&owner, RData::CNAME(CNAME(target.clone()))));
        owner = target;
    }
    if question.record_type != RecordType::CNAME
        && let Some(node) = node
    {
        let texts = (question.record_type == RecordType::TXT)
            .then_some(&node.texts)
            .into_iter()
            .flatten();
        answers.extend(addresses(
            &owner,
            question.record_type,
            node.addresses.iter().copied(),
        ));
        answers.extend(texts.map(|text| record(&owner, RData::TXT(TXT::new(vec![text.clone()])))));
    }
    if answers.is_empty() {
        return absence(ResponseCode::NoError, &question.name);
    }
    presence(answers)
}

/// What `fault` makes of `message`.
fn bend(message: &mut Message, fault: &DnsFault, zones: &Zones, question: &Question) {
    match fault {
        DnsFault::Delay(_) | DnsFault::Drop => {}
        DnsFault::Answer(code) => *message = absence(code_of(*code), &question.name),
        DnsFault::Empty => *message = absence(ResponseCode::NoError, &question.name),
        DnsFault::Address(wrong) => {
            let answers = addresses(&question.name, question.record_type, wrong.iter().copied());
            *message = presence_or_absence(answers, &question.name);
        }
        DnsFault::CnameLoop => *message = circle(question),
        DnsFault::OnlyAaaa => *message = only_aaaa(message, zones, question),
        DnsFault::Truncate | DnsFault::TruncateAndRefuseTcp => {
            if question.transport == Transport::Udp {
                message.shape = Shape::Truncated;
            }
        }
        DnsFault::Malformed => {
            // A length byte and nothing behind it: no address, no text and no name reads so.
            let broken = RData::Unknown {
                code: question.record_type,
                rdata: NULL::with(vec![0xff]),
            };
            message.answers = vec![record(&question.name, broken)];
            message.code = ResponseCode::NoError;
            message.soa = None;
            message.shape = Shape::Malformed;
        }
        DnsFault::RefuseEdns => {
            if question.has_edns {
                *message = absence(ResponseCode::FormErr, &question.name);
                message.shape = Shape::WithoutEdns;
            }
        }
        DnsFault::WrongId => message.shape = Shape::OfAnotherId,
    }
}

/// Two names that are aliases of each other, and nothing else.
fn circle(question: &Question) -> Message {
    match question.name.prepend_label("loop") {
        Ok(other) => presence(vec![
            record(&question.name, RData::CNAME(CNAME(other.clone()))),
            record(&other, RData::CNAME(CNAME(question.name.clone()))),
        ]),
        // The name is too long for one more label.
        Err(_) => presence(vec![record(
            &question.name,
            RData::CNAME(CNAME(question.name.clone())),
        )]),
    }
}

/// No A records; and where the name has no AAAA records of its own, its IPv4 addresses in 2001:db8::/96, where nobody is.
fn only_aaaa(message: &Message, zones: &Zones, question: &Question) -> Message {
    match question.record_type {
        RecordType::A => absence(ResponseCode::NoError, &question.name),
        RecordType::AAAA if message.answers.is_empty() => {
            let Found::Name {
                node: Some(node), ..
            } = zones.find(&question.host)
            else {
                return message.clone();
            };
            let answers = addresses(
                &question.name,
                RecordType::AAAA,
                node.addresses.iter().copied().map(in_documentation_prefix),
            );
            presence_or_absence(answers, &question.name)
        }
        _ => message.clone(),
    }
}

fn in_documentation_prefix(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(_) => address,
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets().map(u16::from);
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, a << 8 | b, c << 8 | d).into()
        }
    }
}

fn outcome(message: &Message, truth: &Message, zones: &Zones, question: &Question) -> Outcome {
    let wanted = message.shape == Shape::Whole
        && message.code == ResponseCode::NoError
        && (message
            .answers
            .iter()
            .any(|record| record.record_type() == question.record_type)
            || absent_by_right(message, truth, zones, question));
    if wanted {
        Outcome::Done
    } else if message.answers.is_empty() || message.shape != Shape::Whole {
        Outcome::Failed(message.words().to_lowercase())
    } else {
        Outcome::Failed("only aliases".to_owned())
    }
}

/// Whether there truly is nothing of the type asked for, and the name has something else.
fn absent_by_right(message: &Message, truth: &Message, zones: &Zones, question: &Question) -> bool {
    message == truth
        && match question.record_type {
            RecordType::A => matches!(
                zones.find(&question.host),
                Found::Name { node: Some(node), .. } if !node.addresses.is_empty()
            ),
            _ => true,
        }
}

fn code_of(code: fault::ResponseCode) -> ResponseCode {
    match code {
        fault::ResponseCode::Nxdomain => ResponseCode::NXDomain,
        fault::ResponseCode::Servfail => ResponseCode::ServFail,
        fault::ResponseCode::Refused => ResponseCode::Refused,
        fault::ResponseCode::Formerr => ResponseCode::FormErr,
        fault::ResponseCode::Notimp => ResponseCode::NotImp,
    }
}

#[cfg(test)]
mod tests;
