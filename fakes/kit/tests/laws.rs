//! Laws that triggers, draws and selectors keep, whatever comes in whatever order.

use std::collections::BTreeMap;

use modfault_kit::fault::NetFault;
use modfault_kit::{
    Armed, Asked, Clock, Fault, FaultId, HostName, PlacedFault, Probability, Recorder, RequestKind,
    Seed, Selector, Trigger,
};
use proptest::prelude::*;
use proptest::sample::select;

fn host() -> HostName {
    HostName::parse("proxy.example").unwrap()
}

fn armed(triggers: &[Trigger], seed: Seed) -> Armed {
    let clock = Clock::real();
    let (recorder, _timeline) = Recorder::new(clock.clone());
    let faults = triggers
        .iter()
        .enumerate()
        .map(|(index, trigger)| PlacedFault {
            id: FaultId(format!("fault[{index}]")),
            on: host(),
            select: Selector::default(),
            trigger: trigger.clone(),
            what: Fault::Net(NetFault::Drop),
        })
        .collect();
    Armed::new(faults, seed, clock, recorder)
}

fn asked(path: &str) -> Asked {
    Asked {
        kind: RequestKind::Page,
        method: "GET".to_owned(),
        path: path.to_owned(),
        module: None,
    }
}

/// For each key, which of its occurrences fired which faults.
fn fired(armed: &Armed, order: &[u8]) -> BTreeMap<u8, Vec<Vec<FaultId>>> {
    let mut by_key: BTreeMap<u8, Vec<Vec<FaultId>>> = BTreeMap::new();
    for key in order {
        let fired = armed.fire(&host(), &asked(&format!("/{key}")), |_| true);
        by_key
            .entry(*key)
            .or_default()
            .push(fired.into_iter().map(|fired| fired.id).collect());
    }
    by_key
}

fn trigger() -> impl Strategy<Value = Trigger> {
    prop_oneof![
        Just(Trigger::Always),
        (0u64..6).prop_map(Trigger::Nth),
        (0u64..6).prop_map(Trigger::First),
        (0u64..6).prop_map(Trigger::From),
        (0.0..=1.0).prop_map(|p| Trigger::Chance(Probability::new(p).unwrap())),
    ]
}

fn orders() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    proptest::collection::vec(0u8..4, 0..30)
        .prop_flat_map(|order| (Just(order.clone()), Just(order).prop_shuffle()))
}

proptest! {
    #[test]
    fn what_fires_for_a_key_ignores_how_keys_interleave(
        triggers in proptest::collection::vec(trigger(), 1..4),
        (order, shuffled) in orders(),
        seed in any::<u64>(),
    ) {
        let one = fired(&armed(&triggers, Seed(seed)), &order);
        let other = fired(&armed(&triggers, Seed(seed)), &shuffled);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn what_one_layer_passes_over_is_not_counted(nth in 1u64..5, passed_over in 0usize..5) {
        let armed = armed(&[Trigger::Nth(nth)], Seed(0));
        for _ in 0..passed_over {
            prop_assert!(armed.fire(&host(), &asked("/"), |_| false).is_empty());
        }
        let fired = (1..=5)
            .filter(|_| !armed.fire(&host(), &asked("/"), |_| true).is_empty())
            .count();
        prop_assert_eq!(fired, 1);
    }

    #[test]
    fn a_draw_is_the_same_whatever_was_drawn_before(
        seed in any::<u64>(),
        parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..8), 0..4),
        others in proptest::collection::vec(any::<u64>(), 0..8),
    ) {
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let alone = Seed(seed).draw(&parts);
        for other in others {
            Seed(seed).draw(&[&other.to_le_bytes()]);
        }
        prop_assert_eq!(Seed(seed).draw(&parts), alone);
    }

    #[test]
    fn selecting_never_panics(
        module_pattern in proptest::option::of(".*"),
        path_pattern in proptest::option::of(".*"),
        kinds in proptest::collection::vec(select(&RequestKind::ALL[..]), 0..3),
        kind in select(&RequestKind::ALL[..]),
        module in proptest::option::of(".*"),
        path in ".*",
    ) {
        let selector = Selector { get: kinds, module: module_pattern, path: path_pattern, ..Selector::default() };
        let asked = Asked { kind, method: "GET".to_owned(), path, module };
        let taken = selector.takes(&asked);
        prop_assert!(!selector.is_everything() || taken);
    }

    #[test]
    fn a_pattern_of_the_path_with_a_star_anywhere_takes_it(path in ".{0,20}", cut in 0usize..20) {
        let cut = path.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(path.len());
        prop_assume!(!path.contains('*'));
        let pattern = format!("{}*{}", &path[..cut], &path[cut..]);
        let selector = Selector { path: Some(pattern), ..Selector::default() };
        prop_assert!(selector.takes(&asked(&path)));
    }
}

#[test]
fn two_faults_of_the_same_chance_do_not_always_fire_together() {
    let half = Trigger::Chance(Probability::new(0.5).unwrap());
    let armed = armed(&[half.clone(), half], Seed(3));
    let alone = (0..50)
        .filter(|n| {
            armed
                .fire(&host(), &asked(&format!("/{n}")), |_| true)
                .len()
                == 1
        })
        .count();
    assert!((10..40).contains(&alone), "{alone}");
}
