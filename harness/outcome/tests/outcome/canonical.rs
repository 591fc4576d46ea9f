//! What differs between runs of a correct client is not in the canonical form, and what does not is.

use proptest::prelude::*;

use crate::example::{
    WORDING, accepted, answered, broke_off, broken, dns, fired, phase, refused, step, tls,
};
use modfault_kit::{Event, RequestKind};
use modfault_outcome::{Canonical, canonicalise};
use modfault_scenario::Phase;

const PROXY: &str = "proxy.golang.org";

fn canonical(events: Vec<Event>) -> Canonical {
    canonicalise(
        &phase(Phase::Fault, &[], vec![step(0, "", events)]),
        &WORDING,
    )
}

/// Events of different keys: any interleaving of these lists is the same run.
fn keyed() -> Vec<Vec<Event>> {
    vec![
        vec![
            answered(PROXY, RequestKind::Info, "/a/@v/v1.0.0.info", 503),
            answered(PROXY, RequestKind::Info, "/a/@v/v1.0.0.info", 200),
        ],
        vec![answered(PROXY, RequestKind::Zip, "/a/@v/v1.0.0.zip", 200)],
        vec![
            broke_off(
                PROXY,
                RequestKind::Zip,
                "/b/@v/v1.0.0.zip",
                "cut after 10 bytes",
            ),
            answered(PROXY, RequestKind::Zip, "/b/@v/v1.0.0.zip", 200),
            answered(PROXY, RequestKind::Zip, "/b/@v/v1.0.0.zip", 200),
        ],
        vec![
            dns(PROXY, "A", "SERVFAIL"),
            dns(PROXY, "A", "A 203.0.113.10"),
        ],
        vec![dns(PROXY, "AAAA", "empty")],
        vec![answered(
            "git.example",
            RequestKind::GoGet,
            "/x?go-get=1",
            404,
        )],
        vec![refused("git.example")],
        vec![fired(PROXY, "GET /a/@v/v1.0.0.info")],
    ]
}

/// Takes from the front of the lists in the order that `choices` gives.
fn interleave(mut lists: Vec<Vec<Event>>, choices: &[prop::sample::Index]) -> Vec<Event> {
    let mut out = Vec::new();
    let mut choices = choices.iter().cycle();
    loop {
        lists.retain(|list| !list.is_empty());
        if lists.is_empty() {
            return out;
        }
        let list = choices.next().unwrap().index(lists.len());
        out.push(lists[list].remove(0));
    }
}

proptest! {
    #[test]
    fn any_interleaving_of_different_keys_is_the_same(
        choices in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
    ) {
        let as_written: Vec<Event> = keyed().concat();
        prop_assert_eq!(canonical(interleave(keyed(), &choices)), canonical(as_written));
    }

    #[test]
    fn further_connections_change_nothing(
        choices in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
        again in 1_usize..5,
        by_client in any::<bool>(),
    ) {
        let connection = vec![accepted(PROXY), tls(PROXY, None)];
        let mut once = keyed();
        once.push(connection.clone());
        let mut often = keyed();
        for _ in 0..again {
            often.push(connection.clone());
            if by_client {
                often.push(vec![accepted(PROXY), tls(PROXY, Some("closed by client"))]);
                often.push(vec![broken(PROXY, "reset by client")]);
            }
        }
        prop_assert_eq!(
            canonical(interleave(often, &choices)),
            canonical(once.concat())
        );
    }

    #[test]
    fn clocks_and_byte_counts_change_nothing(
        at in prop::collection::vec(0_u64..100_000, 16),
        bytes in any::<u64>(),
    ) {
        let mut events = keyed().concat();
        for (event, at) in events.iter_mut().zip(at) {
            event.at = std::time::Duration::from_micros(at);
            if let modfault_kit::EventKind::Http(exchange) = &mut event.kind {
                exchange.body = bytes;
                exchange.version = "HTTP/1.1".to_owned();
            }
        }
        prop_assert_eq!(canonical(events), canonical(keyed().concat()));
    }
}

#[test]
fn order_within_a_key_is_kept() {
    let path = "/a/@v/v1.0.0.info";
    let one = vec![
        answered(PROXY, RequestKind::Info, path, 503),
        answered(PROXY, RequestKind::Info, path, 200),
    ];
    let two = one.iter().rev().cloned().collect();
    assert_ne!(canonical(one), canonical(two));
}

#[test]
fn the_number_of_exchanges_of_a_key_is_kept() {
    let once = vec![answered(PROXY, RequestKind::Info, "/a/@v/v1.0.0.info", 404)];
    let twice = [once.clone(), once.clone()].concat();
    assert_ne!(canonical(once), canonical(twice));
}

#[test]
fn a_question_asked_again_in_vain_is_one_fact_and_a_changed_answer_two() {
    let failing = dns(PROXY, "A", "SERVFAIL");
    let fine = dns(PROXY, "A", "A 203.0.113.10");
    assert_eq!(
        canonical(vec![failing.clone(), failing.clone()]),
        canonical(vec![failing.clone()])
    );
    assert_ne!(
        canonical(vec![failing.clone(), fine.clone()]),
        canonical(vec![fine, failing])
    );
}

#[test]
fn only_fired_events_are_left_out_of_the_comparison_with_control() {
    let plain = canonical(keyed().concat());
    let fired_too = canonical([keyed().concat(), vec![fired(PROXY, "port 443")]].concat());
    assert!(plain.same_but_for_fired(&fired_too));
    let cut = canonical([keyed().concat(), vec![broken(PROXY, "cut after 9 bytes")]].concat());
    assert!(!plain.same_but_for_fired(&cut));
}
