//! What a stub resolver keeps, and for how long.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use modfault_kit::HostName;

use crate::message::{Message, absence, addresses, presence_or_absence};
use crate::reply::Question;

/// The answers that a stub resolver has had, each until its time is over. Cloning gives another handle to the same.
#[derive(Clone, Debug, Default)]
pub struct StubCache(Arc<Mutex<BTreeMap<(String, RecordType), Entry>>>);

#[derive(Debug)]
struct Entry {
    message: Message,
    /// When it was kept, and when it is over, on the world's clock.
    since: Duration,
    until: Duration,
}

impl StubCache {
    /// A cache that has already heard, at the beginning of the world, that each name has these addresses, and believes it
    /// for `left`; a name without any does not exist (RFC 2308 §2.1).
    pub fn with(known: &BTreeMap<HostName, Vec<IpAddr>>, left: Duration) -> Self {
        let cache = Self::default();
        for (host, of_host) in known {
            let Ok(name) = Name::from_ascii(format!("{host}.")) else {
                // A `HostName` is a name within all limits of RFC 1035 §2.3.4, so this does not come about.
                continue;
            };
            for record_type in [RecordType::A, RecordType::AAAA] {
                let mut message = if of_host.is_empty() {
                    absence(ResponseCode::NXDomain, &name)
                } else {
                    let records = addresses(&name, record_type, of_host.iter().copied());
                    presence_or_absence(records, &name)
                };
                let seconds = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
                for record in records_of(&mut message) {
                    record.ttl = seconds;
                }
                cache.entries().insert(
                    (host.to_string(), record_type),
                    Entry {
                        message,
                        since: Duration::ZERO,
                        until: left,
                    },
                );
            }
        }
        cache
    }

    /// Forgets everything.
    pub fn flush(&self) {
        self.entries().clear();
    }

    /// The answer to `question` that is still believed at `now`, with the seconds that are left of it (RFC 2181 §8).
    pub(crate) fn find(&self, question: &Question, now: Duration) -> Option<Message> {
        let key = (question.host.clone(), question.record_type);
        let mut entries = self.entries();
        let entry = entries.get(&key)?;
        if entry.until <= now {
            entries.remove(&key);
            return None;
        }
        let passed = now.saturating_sub(entry.since).as_secs();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        let mut message = entry.message.clone();
        for record in records_of(&mut message) {
            record.ttl = record.ttl.saturating_sub(passed);
        }
        Some(message)
    }

    /// Keeps `message`, heard at `now`, for as long as its records say (RFC 1035 §3.2.1); an absence for as long as its SOA
    /// record says (RFC 2308 §5), and no failure of a server.
    pub(crate) fn keep(&self, question: &Question, message: &Message, now: Duration) {
        let Some(seconds) = lifetime(message).filter(|seconds| *seconds > 0) else {
            return;
        };
        self.entries().insert(
            (question.host.clone(), question.record_type),
            Entry {
                message: message.clone(),
                since: now,
                until: now + Duration::from_secs(seconds.into()),
            },
        );
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<(String, RecordType), Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn records_of(message: &mut Message) -> impl Iterator<Item = &mut Record> {
    message.answers.iter_mut().chain(&mut message.soa)
}

fn lifetime(message: &Message) -> Option<u32> {
    let known = matches!(message.code, ResponseCode::NoError | ResponseCode::NXDomain);
    if !known {
        return None;
    }
    match message.answers.iter().map(|record| record.ttl).min() {
        Some(seconds) => Some(seconds),
        None => message.soa.as_ref().map(|soa| match &soa.data {
            RData::SOA(data) => soa.ttl.min(data.minimum),
            _ => soa.ttl,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::presence;
    use crate::reply::Transport;

    fn question(name: &str, record_type: RecordType) -> Question {
        Question {
            name: Name::from_ascii(format!("{name}.")).unwrap(),
            host: name.to_owned(),
            record_type,
            transport: Transport::Udp,
            has_edns: false,
        }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_answer_is_kept_until_its_time_is_over_and_counts_down() {
        let cache = StubCache::default();
        let question = question("a.example", RecordType::A);
        let of = ["203.0.113.10".parse().unwrap()];
        let answer = presence(addresses(&question.name, RecordType::A, of.into_iter()));
        cache.keep(&question, &answer, seconds(10));
        assert_eq!(cache.find(&question, seconds(10)), Some(answer));
        let later = cache.find(&question, seconds(110)).unwrap();
        assert_eq!(later.answers[0].ttl, 200);
        assert_eq!(cache.find(&question, seconds(310)), None);
    }

    #[test]
    fn an_absence_is_kept_and_a_failure_is_not() {
        let cache = StubCache::default();
        let question = question("a.example", RecordType::A);
        let failure = absence(ResponseCode::ServFail, &question.name);
        cache.keep(&question, &failure, seconds(0));
        assert_eq!(cache.find(&question, seconds(1)), None);
        let absence = absence(ResponseCode::NXDomain, &question.name);
        cache.keep(&question, &absence, seconds(0));
        assert_eq!(
            cache.find(&question, seconds(1)).unwrap().words(),
            "NXDOMAIN"
        );
        assert_eq!(cache.find(&question, seconds(300)), None);
    }

    #[test]
    fn what_it_knows_from_the_start_is_by_family_and_can_be_flushed() {
        let host = |name: &str| HostName::parse(name).unwrap();
        let known = [
            (host("a.example"), vec!["203.0.113.99".parse().unwrap()]),
            (host("b.example"), Vec::new()),
        ];
        let cache = StubCache::with(&known.into(), seconds(60));
        let words = |name, record_type| {
            let found = cache.find(&question(name, record_type), seconds(59));
            found.map(|message| message.words())
        };
        assert_eq!(
            words("a.example", RecordType::A).as_deref(),
            Some("A 203.0.113.99")
        );
        assert_eq!(
            words("a.example", RecordType::AAAA).as_deref(),
            Some("empty")
        );
        assert_eq!(
            words("b.example", RecordType::A).as_deref(),
            Some("NXDOMAIN")
        );
        cache.flush();
        assert_eq!(words("a.example", RecordType::A), None);
    }
}
