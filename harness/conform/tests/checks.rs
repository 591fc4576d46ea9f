//! The checks as pure functions, over exchanges that nobody made.

use modfault_conform::battery::judged;
use modfault_conform::result::Verdict;
use modfault_conform::{Answer, Known, RULES, Reply, Sample, Seen};

/// An answer in few words: its status, one field where it has one, its body.
fn reply(status: u16, field: (&str, &str), body: &str) -> Reply {
    let (name, value) = field;
    Reply::Answered(Answer {
        status,
        headers: vec![(name.to_owned(), value.to_owned())],
        body: body.to_owned().into(),
    })
}

const NONE: (&str, &str) = ("server", "x");

fn sample() -> Sample {
    let known = Known {
        go_mod: Some("module example.com/greet\n".to_owned()),
        list: Some(vec!["v1.0.0".to_owned(), "v1.1.0-rc.1".to_owned()]),
        ..Known::named("example.com/greet", "v1.0.0")
    };
    Sample {
        has_world: true,
        ..Sample::outside(&[known], Some("sum.golang.org".to_owned())).unwrap()
    }
}

/// What the rule says of these replies.
fn verdict(rule: &str, replies: Vec<Reply>) -> Verdict {
    let known = RULES.iter().find(|known| known.id == rule);
    let rule = known.unwrap_or_else(|| panic!("no rule {rule}"));
    let seen = Seen {
        replies,
        ..Seen::default()
    };
    judged(rule, &sample(), &seen).verdict
}

#[test]
fn a_list_is_its_versions_in_any_order() {
    let list = |body| verdict("list.versions", vec![reply(200, NONE, body)]);
    assert_eq!(list("v1.1.0-rc.1\nv1.0.0\n"), Verdict::Pass);
    for body in [
        "",
        "v1.0.0\n",
        "v1.0.0\nv1.1.0-rc.1\nv1.2.0\n",
        "v1.0.0\nv1.0.0\nv1.1.0-rc.1\n",
        "[\"v1.0.0\"]",
        "v1.0.0 v1.1.0-rc.1",
    ] {
        assert_eq!(list(body), Verdict::Fail, "{body:?}");
    }
}

#[test]
fn the_latest_version_is_optional_and_an_error_is_not() {
    let latest = |status, body| verdict("latest.version", vec![reply(status, NONE, body)]);
    assert_eq!(latest(200, r#"{"Version":"v1.0.0"}"#), Verdict::Pass);
    assert_eq!(latest(404, "not found"), Verdict::Pass);
    assert_eq!(latest(410, ""), Verdict::Pass);
    assert_eq!(latest(500, ""), Verdict::Fail);
    assert_eq!(latest(200, r#"{"Version":"master"}"#), Verdict::Fail);
    assert_eq!(latest(200, r#"{"version":1}"#), Verdict::Fail);
    assert_eq!(latest(200, "<html>"), Verdict::Fail);
}

#[test]
fn an_error_upstream_may_be_any_answer_but_an_absence_or_an_invention() {
    let upstream = |reply| verdict("upstream.502", vec![reply]);
    for status in [401, 403, 429, 500, 502, 503, 504] {
        assert_eq!(upstream(reply(status, NONE, "")), Verdict::Pass, "{status}");
    }
    for status in [200, 404, 410] {
        assert_eq!(upstream(reply(status, NONE, "")), Verdict::Fail, "{status}");
    }
    assert_eq!(upstream(Reply::Broken("reset".to_owned())), Verdict::Pass);
    assert_eq!(upstream(Reply::Silent("30 s".to_owned())), Verdict::Fail);
}

#[test]
fn an_absence_is_404_or_410_and_nothing_else() {
    let absent = |status| verdict("absent.version", vec![reply(status, NONE, "gone\n")]);
    assert_eq!(absent(404), Verdict::Pass);
    assert_eq!(absent(410), Verdict::Pass);
    for status in [200, 204, 302, 400, 403, 500, 502] {
        assert_eq!(absent(status), Verdict::Fail, "{status}");
    }
}

#[test]
fn a_range_is_the_right_part_or_the_whole() {
    let range = |status, field, body| {
        let whole = reply(200, NONE, "0123456789abcdef");
        verdict("http.range", vec![whole, reply(status, field, body)])
    };
    let part = |value| ("content-range", value);
    assert_eq!(range(200, NONE, "0123456789abcdef"), Verdict::Pass);
    assert_eq!(
        range(206, part("bytes 0-9/16"), "0123456789"),
        Verdict::Pass
    );
    assert_eq!(range(206, part("bytes 0-9/*"), "0123456789"), Verdict::Pass);
    assert_eq!(
        range(206, part("bytes 0-9/10"), "0123456789"),
        Verdict::Fail
    );
    assert_eq!(
        range(206, part("bytes 0-9/16"), "9876543210"),
        Verdict::Fail
    );
    assert_eq!(range(206, NONE, "0123456789"), Verdict::Fail);
    assert_eq!(range(200, NONE, "0123456789"), Verdict::Fail);
    assert_eq!(range(416, NONE, ""), Verdict::Fail);
}

#[test]
fn a_condition_is_answered_by_304_or_the_whole() {
    let tagged = || reply(200, ("etag", "\"x\""), "body");
    let conditional = |second| verdict("http.conditional", vec![tagged(), second]);
    assert_eq!(conditional(reply(304, NONE, "")), Verdict::Pass);
    assert_eq!(conditional(tagged()), Verdict::Pass);
    assert_eq!(conditional(reply(304, NONE, "body")), Verdict::Fail);
    assert_eq!(conditional(reply(200, NONE, "")), Verdict::Fail);
    assert_eq!(conditional(reply(412, NONE, "")), Verdict::Fail);
}

#[test]
fn a_database_that_is_not_passed_on_is_not_judged() {
    let lookup = |supported, passed: &str, itself: &str| {
        let replies = vec![
            reply(supported, NONE, ""),
            reply(200, NONE, passed),
            reply(200, NONE, itself),
        ];
        verdict("sumdb.lookup", replies)
    };
    assert_eq!(lookup(200, "record", "record"), Verdict::Pass);
    assert_eq!(lookup(200, "record\n", "record"), Verdict::Fail);
    assert_eq!(lookup(404, "record\n", "record"), Verdict::NotTried);
    assert_eq!(lookup(410, "record\n", "record"), Verdict::NotTried);
}

#[test]
fn every_rule_has_a_name_of_its_own_and_says_where_it_is_from() {
    for (index, rule) in RULES.iter().enumerate() {
        assert!(RULES[..index].iter().all(|other| other.id != rule.id));
        let (family, name) = rule.id.split_once('.').unwrap();
        assert!(!family.is_empty() && !name.is_empty(), "{}", rule.id);
        assert!(
            !rule.source.is_empty() && !rule.consequence.is_empty(),
            "{}",
            rule.id
        );
        assert!(rule.says.len() <= 80, "{}", rule.id);
    }
}
