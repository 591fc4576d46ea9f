use super::*;

use modfault_kit::HostName;

fn zones() -> Zones {
    let host = |name| HostName::parse(name).unwrap();
    Zones::new()
        .address(host("proxy.golang.org"), "203.0.113.10".parse().unwrap())
        .address(host("six.example"), "2001:db8::6".parse().unwrap())
        .alias(host("www.golang.org"), host("proxy.golang.org"))
        .text(host("txt.example"), "v=1")
        .name(host("bare.example"))
}

fn ask(name: &str, record_type: RecordType, faults: &[DnsFault]) -> (String, Outcome) {
    let reply = reply(&zones(), &question(name, record_type), faults);
    (reply.words(), reply.outcome)
}

fn question(name: &str, record_type: RecordType) -> Question {
    Question {
        name: Name::from_ascii(format!("{name}.")).unwrap(),
        host: name.to_lowercase(),
        record_type,
        transport: Transport::Udp,
        has_edns: true,
    }
}

fn done(words: &str) -> (String, Outcome) {
    (words.to_owned(), Outcome::Done)
}

fn failed(words: &str, how: &str) -> (String, Outcome) {
    (words.to_owned(), Outcome::Failed(how.to_owned()))
}

#[test]
fn without_faults_the_truth_is_told() {
    use RecordType::{A, AAAA, CNAME, PTR, TXT};
    assert_eq!(ask("Proxy.golang.org", A, &[]), done("A 203.0.113.10"));
    assert_eq!(ask("proxy.golang.org", AAAA, &[]), done("empty"));
    assert_eq!(ask("six.example", A, &[]), done("empty"));
    assert_eq!(ask("six.example", AAAA, &[]), done("AAAA 2001:db8::6"));
    assert_eq!(
        ask("www.golang.org", A, &[]),
        done("CNAME proxy.golang.org, A 203.0.113.10")
    );
    assert_eq!(
        ask("www.golang.org", CNAME, &[]),
        done("CNAME proxy.golang.org")
    );
    assert_eq!(ask("txt.example", TXT, &[]), done("TXT v=1"));
    assert_eq!(ask("bare.example", A, &[]), failed("empty", "empty"));
    assert_eq!(
        ask("10.113.0.203.in-addr.arpa", PTR, &[]),
        failed("NXDOMAIN", "nxdomain")
    );
}

#[test]
fn each_response_code_is_the_one_that_was_placed() {
    use fault::ResponseCode::{Formerr, Notimp, Nxdomain, Refused, Servfail};
    for (code, word) in [
        (Nxdomain, "NXDOMAIN"),
        (Servfail, "SERVFAIL"),
        (Refused, "REFUSED"),
        (Formerr, "FORMERR"),
        (Notimp, "NOTIMP"),
    ] {
        assert_eq!(
            ask("proxy.golang.org", RecordType::A, &[DnsFault::Answer(code)]),
            failed(word, &word.to_lowercase())
        );
    }
}

#[test]
fn only_absences_carry_the_soa_record() {
    let soa_of = |code| {
        let faults = [DnsFault::Answer(code)];
        reply(
            &zones(),
            &question("proxy.golang.org", RecordType::A),
            &faults,
        )
        .message
        .unwrap()
        .soa
    };
    let soa = soa_of(fault::ResponseCode::Nxdomain).unwrap();
    assert_eq!(soa.name.to_string(), "golang.org.");
    assert_eq!(soa_of(fault::ResponseCode::Servfail), None);
}

#[test]
fn a_taken_away_address_is_a_failure_and_a_missing_ipv6_address_is_none() {
    use RecordType::{A, AAAA};
    assert_eq!(
        ask("proxy.golang.org", A, &[DnsFault::Empty]),
        failed("empty", "empty")
    );
    assert_eq!(
        ask("proxy.golang.org", AAAA, &[DnsFault::Empty]),
        done("empty")
    );
}

#[test]
fn only_aaaa_leaves_an_address_where_nobody_is() {
    use RecordType::{A, AAAA};
    let faults = [DnsFault::OnlyAaaa];
    assert_eq!(
        ask("proxy.golang.org", A, &faults),
        failed("empty", "empty")
    );
    assert_eq!(
        ask("proxy.golang.org", AAAA, &faults),
        done("AAAA 2001:db8::cb00:710a")
    );
    assert_eq!(ask("six.example", AAAA, &faults), done("AAAA 2001:db8::6"));
    assert_eq!(
        ask("nowhere.example", AAAA, &faults),
        failed("NXDOMAIN", "nxdomain")
    );
}

#[test]
fn a_wrong_address_is_given_by_family_also_for_a_name_that_does_not_exist() {
    let faults = [DnsFault::Address(vec![
        "198.51.100.9".parse().unwrap(),
        "2001:db8::9".parse().unwrap(),
    ])];
    for name in ["proxy.golang.org", "nowhere.example"] {
        assert_eq!(ask(name, RecordType::A, &faults), done("A 198.51.100.9"));
        assert_eq!(
            ask(name, RecordType::AAAA, &faults),
            done("AAAA 2001:db8::9")
        );
    }
}

#[test]
fn a_loop_of_aliases_gives_no_address() {
    assert_eq!(
        ask("proxy.golang.org", RecordType::A, &[DnsFault::CnameLoop]),
        failed(
            "CNAME loop.proxy.golang.org, CNAME proxy.golang.org",
            "only aliases"
        )
    );
}

#[test]
fn faults_compose_and_silence_wins() {
    let delay = |seconds| DnsFault::Delay(Duration::from_secs(seconds));
    let ask = |faults: &[DnsFault]| ask("proxy.golang.org", RecordType::A, faults);
    assert_eq!(ask(&[delay(1), delay(2)]), done("A 203.0.113.10 after 3s"));
    assert_eq!(
        ask(&[delay(2), delay(3)]),
        failed("A 203.0.113.10 after 5s", "late")
    );
    assert_eq!(
        ask(&[DnsFault::Empty, DnsFault::Drop, delay(1)]),
        failed("no answer", "no answer")
    );
    assert_eq!(
        ask(&[DnsFault::Empty, DnsFault::Truncate]),
        failed("truncated", "truncated")
    );
}

#[test]
fn only_datagrams_are_truncated_or_bear_another_id() {
    let over = |transport| Question {
        transport,
        ..question("proxy.golang.org", RecordType::A)
    };
    for fault in [
        DnsFault::Truncate,
        DnsFault::TruncateAndRefuseTcp,
        DnsFault::WrongId,
    ] {
        assert!(concerns(&fault, &over(Transport::Udp)));
        assert!(!concerns(&fault, &over(Transport::Tcp)));
    }
    assert!(concerns(&DnsFault::Malformed, &over(Transport::Tcp)));
}

#[test]
fn only_questions_with_an_edns_record_are_refused_for_it() {
    let plain = Question {
        has_edns: false,
        ..question("proxy.golang.org", RecordType::A)
    };
    assert!(!concerns(&DnsFault::RefuseEdns, &plain));
    assert_eq!(
        ask("proxy.golang.org", RecordType::A, &[DnsFault::RefuseEdns]),
        failed("FORMERR", "formerr")
    );
}

#[test]
fn an_answer_under_another_id_is_none() {
    assert_eq!(
        ask("proxy.golang.org", RecordType::A, &[DnsFault::WrongId]),
        failed(
            "A 203.0.113.10 under another id",
            "a 203.0.113.10 under another id"
        )
    );
}
