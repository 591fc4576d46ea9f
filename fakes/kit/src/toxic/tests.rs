use proptest::prelude::*;

use super::*;

fn downstream(toxic: Toxic) -> TcpFault {
    TcpFault {
        stream: Direction::Downstream,
        toxic,
    }
}

fn chain(toxics: Vec<Toxic>) -> Chain {
    let faults: Vec<_> = toxics.into_iter().map(downstream).collect();
    Chain::new(&faults, Direction::Downstream, Seed(7), "host 443")
}

fn milliseconds(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn data(bytes: &[u8]) -> Piece {
    Piece::Data(Bytes::copy_from_slice(bytes))
}

fn bytes_of(pieces: &[Timed]) -> Vec<u8> {
    pieces
        .iter()
        .filter_map(|timed| match &timed.piece {
            Piece::Data(bytes) => Some(bytes.to_vec()),
            Piece::Stalled | Piece::End(_) => None,
        })
        .flatten()
        .collect()
}

#[test]
fn latency_counts_from_the_arrival_of_each_chunk() {
    let mut chain = chain(vec![Toxic::Latency {
        latency: 100,
        jitter: 0,
    }]);
    let first = chain.pass(milliseconds(0), data(b"a"));
    let second = chain.pass(milliseconds(10), data(b"b"));
    assert_eq!(first[0].due, milliseconds(100));
    assert_eq!(second[0].due, milliseconds(110));
}

#[test]
fn two_latencies_add_up_and_an_upstream_one_does_not_count_downstream() {
    let mut faults: Vec<_> = [100, 20]
        .map(|latency| downstream(Toxic::Latency { latency, jitter: 0 }))
        .into();
    faults.push(TcpFault {
        stream: Direction::Upstream,
        toxic: Toxic::Latency {
            latency: 5,
            jitter: 0,
        },
    });
    let mut down = Chain::new(&faults, Direction::Downstream, Seed(0), "");
    let mut up = Chain::new(&faults, Direction::Upstream, Seed(0), "");
    assert_eq!(
        down.pass(milliseconds(1), data(b"a"))[0].due,
        milliseconds(121)
    );
    assert_eq!(up.pass(milliseconds(1), data(b"a"))[0].due, milliseconds(6));
}

#[test]
fn bandwidth_takes_a_second_for_its_rate() {
    let mut chain = chain(vec![Toxic::Bandwidth { rate: 10 }]);
    let out = chain.pass(Duration::ZERO, data(&[0; 10_000]));
    assert_eq!(out.len(), 10, "pieces of a tenth of a second");
    assert_eq!(out[0].due, milliseconds(100));
    assert_eq!(out[9].due, milliseconds(1000));
}

#[test]
fn at_bandwidth_zero_nothing_passes_and_the_stall_is_marked_once() {
    let mut chain = chain(vec![Toxic::Bandwidth { rate: 0 }]);
    let out = chain.pass(milliseconds(3), data(b"a"));
    assert_eq!(out.len(), 1);
    assert_eq!(out[0].piece, Piece::Stalled);
    assert_eq!(chain.pass(milliseconds(4), data(b"b")), []);
    assert_eq!(chain.pass(milliseconds(5), Piece::End(Ending::Orderly)), []);
}

#[test]
fn a_slow_close_delays_the_close_alone() {
    let mut chain = chain(vec![Toxic::SlowClose { delay: 50 }]);
    assert_eq!(
        chain.pass(milliseconds(1), data(b"a"))[0].due,
        milliseconds(1)
    );
    let end = chain.pass(milliseconds(2), Piece::End(Ending::Orderly));
    assert_eq!(end[0].due, milliseconds(52));
}

#[test]
fn a_timeout_closes_at_a_fixed_time_whatever_arrives() {
    let mut chain = chain(vec![Toxic::Timeout { timeout: 1000 }]);
    let end = chain.begin(milliseconds(5));
    assert_eq!(end.len(), 1);
    assert_eq!(end[0].due, milliseconds(1005));
    assert!(matches!(end[0].piece, Piece::End(Ending::Closed(_))));
    assert_eq!(
        chain.pass(milliseconds(900), data(b"a"))[0].piece,
        Piece::Stalled
    );
    assert_eq!(
        chain.pass(milliseconds(901), Piece::End(Ending::Orderly)),
        []
    );
}

#[test]
fn a_timeout_of_zero_never_closes() {
    assert_eq!(
        chain(vec![Toxic::Timeout { timeout: 0 }]).begin(Duration::ZERO),
        []
    );
}

#[test]
fn reset_peer_swallows_data_and_resets_after_the_first_of_it() {
    let mut chain = chain(vec![Toxic::ResetPeer { timeout: 30 }]);
    assert_eq!(chain.begin(Duration::ZERO), []);
    let out = chain.pass(milliseconds(10), data(b"a"));
    assert_eq!(out.len(), 1);
    assert_eq!(out[0].due, milliseconds(40));
    assert!(matches!(out[0].piece, Piece::End(Ending::Reset(_))));
    assert_eq!(chain.pass(milliseconds(20), data(b"b")), []);
}

#[test]
fn jitter_is_drawn_from_the_offset_not_from_the_moment() {
    let toxic = || {
        chain(vec![Toxic::Latency {
            latency: 100,
            jitter: 50,
        }])
    };
    let waits = |times: [u64; 20]| -> Vec<Duration> {
        let mut chain = toxic();
        times
            .iter()
            .map(|at| chain.pass(milliseconds(*at), data(b"abc"))[0].due - milliseconds(*at))
            .collect()
    };
    let early = waits(std::array::from_fn(|n| n as u64 * 1000));
    let late = waits(std::array::from_fn(|n| n as u64 * 2000 + 17));
    assert_eq!(early, late);
    assert!(early.iter().any(|wait| *wait < milliseconds(90)));
    assert!(early.iter().any(|wait| *wait > milliseconds(110)));
    assert!(
        early
            .iter()
            .all(|wait| (milliseconds(50)..milliseconds(150)).contains(wait))
    );
}

fn keeping() -> impl Strategy<Value = Toxic> {
    prop_oneof![
        (0u64..5000, 0u64..5000).prop_map(|(latency, jitter)| Toxic::Latency { latency, jitter }),
        (1u64..1000).prop_map(|rate| Toxic::Bandwidth { rate }),
        (0u64..5000).prop_map(|delay| Toxic::SlowClose { delay }),
        (0u64..100, 0u64..100, 0u64..5000).prop_map(|(average_size, size_variation, delay)| {
            Toxic::Slicer {
                average_size,
                size_variation,
                delay,
            }
        }),
    ]
}

/// Chunks, each with the time in milliseconds since the one before it.
fn chunks() -> impl Strategy<Value = Vec<(u64, Vec<u8>)>> {
    proptest::collection::vec(
        (0u64..200, proptest::collection::vec(any::<u8>(), 1..300)),
        0..20,
    )
}

fn run(chain: &mut Chain, chunks: &[(u64, Vec<u8>)]) -> (Vec<Timed>, Duration) {
    let mut now = Duration::ZERO;
    let mut out = chain.begin(now);
    for (gap, bytes) in chunks {
        now += milliseconds(*gap);
        out.extend(chain.pass(now, data(bytes)));
    }
    out.extend(chain.pass(now, Piece::End(Ending::Orderly)));
    (out, now)
}

proptest! {
    #[test]
    fn a_byte_keeping_chain_keeps_every_byte_in_order_and_ends_last(
        toxics in proptest::collection::vec(keeping(), 0..4),
        chunks in chunks(),
    ) {
        let (out, _) = run(&mut chain(toxics), &chunks);
        let sent: Vec<u8> = chunks.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        prop_assert_eq!(bytes_of(&out), sent);
        prop_assert!(out.is_sorted_by_key(|timed| timed.due), "{:?}", out);
        prop_assert_eq!(out.last().map(|timed| timed.piece.clone()), Some(Piece::End(Ending::Orderly)));
    }

    #[test]
    fn nothing_leaves_before_it_came(
        toxics in proptest::collection::vec(keeping(), 0..4),
        chunks in chunks(),
    ) {
        let mut chain = chain(toxics);
        let mut now = Duration::ZERO;
        for (gap, bytes) in &chunks {
            now += milliseconds(*gap);
            for timed in chain.pass(now, data(bytes)) {
                prop_assert!(timed.due >= now);
            }
        }
    }

    #[test]
    fn a_limit_passes_exactly_its_bytes_and_then_ends(
        before in proptest::collection::vec(keeping(), 0..2),
        after in proptest::collection::vec(keeping(), 0..2),
        limit in 0u64..3000,
        resets in any::<bool>(),
        chunks in chunks(),
    ) {
        let toxic = if resets { Toxic::ResetAfter { bytes: limit } } else { Toxic::LimitData { bytes: limit } };
        let toxics = before.into_iter().chain([toxic]).chain(after).collect();
        let (out, _) = run(&mut chain(toxics), &chunks);
        let sent: Vec<u8> = chunks.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        let passed = sent.len().min(usize::try_from(limit).unwrap());
        prop_assert_eq!(bytes_of(&out), &sent[..passed]);
        let cut = !sent.is_empty() && sent.len() as u64 >= limit;
        let last = out.last().map(|timed| timed.piece.clone());
        prop_assert_eq!(last != Some(Piece::End(Ending::Orderly)), cut);
    }

    #[test]
    fn no_attribute_overflows(
        toxics in proptest::collection::vec(prop_oneof![
            (any::<u64>(), any::<u64>()).prop_map(|(latency, jitter)| Toxic::Latency { latency, jitter }),
            any::<u64>().prop_map(|rate| Toxic::Bandwidth { rate }),
            any::<u64>().prop_map(|delay| Toxic::SlowClose { delay }),
            any::<u64>().prop_map(|timeout| Toxic::Timeout { timeout }),
            any::<u64>().prop_map(|timeout| Toxic::ResetPeer { timeout }),
            any::<u64>().prop_map(|bytes| Toxic::LimitData { bytes }),
            (any::<u64>(), any::<u64>(), any::<u64>()).prop_map(|(average_size, size_variation, delay)| {
                Toxic::Slicer { average_size, size_variation, delay }
            }),
        ], 0..5),
        chunks in chunks(),
    ) {
        let (out, _) = run(&mut chain(toxics), &chunks);
        prop_assert!(out.iter().all(|timed| timed.due <= FAR));
    }
}
