//! Tests of versions; the `semver` crate is the second opinion on their order.

use proptest::prelude::*;

use super::*;

fn version(text: &str) -> ModuleVersion {
    ModuleVersion::parse(text).unwrap()
}

/// Versions with few different pieces, so that ties and near-ties are common.
fn versions() -> impl Strategy<Value = ModuleVersion> {
    let number = prop_oneof![Just("0"), Just("1"), Just("2"), Just("10")];
    let identifier = prop_oneof![
        Just("0"),
        Just("2"),
        Just("10"),
        Just("rc"),
        Just("rc1"),
        Just("alpha-1"),
        Just("RC"),
    ];
    (
        number.clone(),
        number.clone(),
        number,
        prop::collection::vec(identifier, 0..4),
        any::<bool>(),
    )
        .prop_map(|(major, minor, patch, prerelease, incompatible)| {
            let mut text = format!("v{major}.{minor}.{patch}");
            if !prerelease.is_empty() {
                text.push('-');
                text.push_str(&prerelease.join("."));
            }
            if incompatible {
                text.push_str("+incompatible");
            }
            version(&text)
        })
}

fn second_opinion(version: &ModuleVersion) -> semver::Version {
    semver::Version::parse(&version.as_str()[1..]).unwrap()
}

#[test]
fn canonical_versions_are_taken() {
    for text in [
        "v0.0.0",
        "v1.2.3",
        "v1.2.3-pre",
        "v1.2.3-0",
        "v1.2.3-a.1.b-c",
        "v2.0.0+incompatible",
        "v0.0.1-go1.26.8.linux-amd64",
        "v18446744073709551616.0.0",
    ] {
        assert_eq!(version(text).as_str(), text);
    }
}

#[test]
fn what_is_no_canonical_version_is_refused() {
    for text in [
        "",
        "1.2.3",
        "v1",
        "v1.2",
        "v1.2.3.4",
        "v01.2.3",
        "v1.2.03",
        "v1.2.3-",
        "v1.2.3-01",
        "v1.2.3-a..b",
        "v1.2.3-a/b",
        "v1.2.3+build",
        "v1.2.3+incompatible+incompatible",
        "latest",
        "main",
        "v1.x.0",
    ] {
        assert!(ModuleVersion::parse(text).is_err(), "{text:?} was taken");
    }
}

#[test]
fn precedence_is_that_of_the_specification() {
    let ascending = [
        "v1.0.0-alpha",
        "v1.0.0-alpha.1",
        "v1.0.0-alpha.beta",
        "v1.0.0-beta",
        "v1.0.0-beta.2",
        "v1.0.0-beta.11",
        "v1.0.0-rc.1",
        "v1.0.0",
    ]
    .map(version);
    assert!(ascending.is_sorted());
}

#[test]
fn a_pseudo_version_stands_between_the_tags_around_it() {
    let ascending = [
        "v0.0.0-20191109021931-daa7c04131f5",
        "v1.2.2",
        "v1.2.3-0.20191109021931-daa7c04131f5",
        "v1.2.3-pre",
        "v1.2.3-pre.0.20191109021931-daa7c04131f5",
        "v1.2.3-pre.1",
        "v1.2.3",
    ]
    .map(version);
    assert!(ascending.is_sorted());
}

#[test]
fn the_three_forms_of_pseudo_versions_are_known() {
    for text in [
        "v0.0.0-20191109021931-daa7c04131f5",
        "v1.2.3-0.20191109021931-daa7c04131f5",
        "v1.2.3-pre.0.20191109021931-daa7c04131f5",
        "v2.0.1-0.20191109021931-daa7c04131f5+incompatible",
    ] {
        assert!(version(text).is_pseudo(), "{text}");
    }
    for text in [
        "v1.2.3",
        "v1.2.3-pre",
        "v1.2.3-20191109021931-daa7c04131f5",
        "v1.2.3-1.20191109021931-daa7c04131f5",
        "v0.0.0-2019110902193-daa7c04131f5",
    ] {
        assert!(!version(text).is_pseudo(), "{text}");
    }
}

#[test]
fn latest_prefers_a_release_to_any_prerelease_and_that_to_a_pseudo_version() {
    let pseudo = version("v1.3.1-0.20191109021931-daa7c04131f5");
    let prerelease = version("v1.3.0-rc.1");
    let releases = [version("v1.2.0"), version("v1.10.0")];
    assert_eq!(latest([]), None);
    assert_eq!(latest([&pseudo]), Some(&pseudo));
    assert_eq!(latest([&pseudo, &prerelease]), Some(&prerelease));
    assert_eq!(
        latest([&pseudo, &releases[1], &releases[0], &prerelease]),
        Some(&releases[1])
    );
}

#[test]
fn a_version_is_escaped_as_a_path_is() {
    let candidate = version("v1.0.0-RC.1");
    assert_eq!(candidate.escaped(), "v1.0.0-!r!c.1");
    assert_eq!(
        ModuleVersion::from_escaped("v1.0.0-!r!c.1"),
        Ok(candidate.clone())
    );
    assert!(ModuleVersion::from_escaped(candidate.as_str()).is_err());
}

proptest! {
    #[test]
    fn the_order_is_total(a in versions(), b in versions(), c in versions()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a == b, a.cmp(&b).is_eq());
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
    }

    #[test]
    fn a_second_implementation_orders_alike(a in versions(), b in versions()) {
        prop_assert_eq!(
            second_opinion(&a).cmp_precedence(&second_opinion(&b)).is_lt() && a > b,
            false
        );
        if a.is_incompatible() == b.is_incompatible() {
            prop_assert_eq!(second_opinion(&a).cmp(&second_opinion(&b)), a.cmp(&b));
        }
    }

    #[test]
    fn numbers_of_any_length_compare_as_numbers(a in "[1-9][0-9]{0,30}", b in "[1-9][0-9]{0,30}") {
        let padded = |number: &str| format!("{number:0>40}");
        prop_assert_eq!(
            version(&format!("v1.{a}.0")).cmp(&version(&format!("v1.{b}.0"))),
            padded(&a).cmp(&padded(&b))
        );
    }

    #[test]
    fn nothing_is_later_than_latest(some in prop::collection::vec(versions(), 1..8)) {
        let last = latest(&some).unwrap();
        let has_release = some.iter().any(|version| !version.is_prerelease());
        prop_assert_eq!(last.is_prerelease(), !has_release);
        prop_assert!(some.iter().all(|version| version.is_prerelease() != last.is_prerelease() || version <= last));
    }

    #[test]
    fn parsing_never_panics(text in "v?[0-9a-zA-Z.+-]{0,24}") {
        if let Ok(version) = ModuleVersion::parse(&text) {
            prop_assert_eq!(version.as_str(), text);
            prop_assert!(!version.is_pseudo() || version.is_prerelease());
        }
    }
}
