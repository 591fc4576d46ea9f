//! One answer as a value: its records, and how they are put into words.

use std::net::IpAddr;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::{A, AAAA, SOA};
use hickory_proto::rr::{Name, RData, Record, RecordType};

/// Seconds that a record may be kept, and an absence (RFC 2308 §5).
const TIME_TO_LIVE: u32 = 300;

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// The response code.
    pub(crate) code: ResponseCode,
    /// The answer section.
    pub(crate) answers: Vec<Record>,
    /// The SOA record in the authority section that goes with an absence (RFC 2308 §3).
    pub(crate) soa: Option<Record>,
    /// Whether it is all there and can be read.
    pub(crate) shape: Shape,
}

/// Whether an answer is all there and can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// It is.
    Whole,
    /// TC is set and the sections are empty.
    Truncated,
    /// Its last record breaks off.
    Malformed,
    /// It is whole, and comes without the EDNS record that the question had.
    WithoutEdns,
    /// It is whole, and bears another id than the question.
    OfAnotherId,
}

impl Message {
    /// The answer in words.
    pub(crate) fn words(&self) -> String {
        match self.shape {
            Shape::Truncated => "truncated".to_owned(),
            Shape::Malformed => "malformed".to_owned(),
            Shape::OfAnotherId => format!("{} under another id", self.content_words()),
            Shape::Whole | Shape::WithoutEdns => self.content_words(),
        }
    }

    fn content_words(&self) -> String {
        if self.code != ResponseCode::NoError {
            code_word(self.code)
        } else if self.answers.is_empty() {
            "empty".to_owned()
        } else {
            let records: Vec<String> = self.answers.iter().map(record_words).collect();
            records.join(", ")
        }
    }
}

pub(crate) fn addresses(
    owner: &Name,
    record_type: RecordType,
    addresses: impl Iterator<Item = IpAddr>,
) -> Vec<Record> {
    addresses
        .filter_map(|address| match (record_type, address) {
            (RecordType::A, IpAddr::V4(v4)) => Some(RData::A(A(v4))),
            (RecordType::AAAA, IpAddr::V6(v6)) => Some(RData::AAAA(AAAA(v6))),
            _ => None,
        })
        .map(|data| record(owner, data))
        .collect()
}

pub(crate) fn record(owner: &Name, data: RData) -> Record {
    Record::from_rdata(owner.clone(), TIME_TO_LIVE, data)
}

pub(crate) fn presence_or_absence(answers: Vec<Record>, name: &Name) -> Message {
    if answers.is_empty() {
        absence(ResponseCode::NoError, name)
    } else {
        presence(answers)
    }
}

pub(crate) fn presence(answers: Vec<Record>) -> Message {
    Message {
        code: ResponseCode::NoError,
        answers,
        soa: None,
        shape: Shape::Whole,
    }
}

/// An answer without records; where it says that something does not exist, the SOA record goes with it (RFC 2308 §2).
pub(crate) fn absence(code: ResponseCode, name: &Name) -> Message {
    let says_absent = matches!(code, ResponseCode::NoError | ResponseCode::NXDomain);
    Message {
        code,
        answers: Vec::new(),
        soa: says_absent.then(|| start_of_authority(name)),
        shape: Shape::Whole,
    }
}

/// The SOA record of the zone of `name`: its last two labels.
fn start_of_authority(name: &Name) -> Record {
    let zone = name.to_lowercase().trim_to(2);
    let within = |label: &str| zone.prepend_label(label).unwrap_or_else(|_| zone.clone());
    let seconds = TIME_TO_LIVE.cast_signed();
    let data = SOA::new(
        within("ns"),
        within("hostmaster"),
        1,
        seconds,
        seconds,
        seconds,
        TIME_TO_LIVE,
    );
    record(&zone, RData::SOA(data))
}

fn code_word(code: ResponseCode) -> String {
    match code {
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        other => format!("response code {}", u16::from(other)),
    }
}

fn record_words(record: &Record) -> String {
    let value = record.data.to_string();
    format!(
        "{} {}",
        record.record_type(),
        value.strip_suffix('.').unwrap_or(&value)
    )
}
