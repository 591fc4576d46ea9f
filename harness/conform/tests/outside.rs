//! The battery over our own fakes on loopback, reached by a URL.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use modfault_conform::result::Verdict;
use modfault_conform::{Known, Outside, RULES, RuleResult, Sample, play};
use modfault_gomod::{ModulePath, ModuleVersion};
use modfault_goproxy::{GoproxyContent, GoproxySite};
use modfault_kit::fault::{GoproxyFault, HttpFault};
use modfault_kit::{
    Armed, Bound, Clock, Context, Fault, FaultId, HostName, PlacedFault, Recorder, Seed, Selector,
    Trigger,
};
use modfault_web::serve_web;

const MODULES: [&str; 3] = [
    "example.com/greet@v1.0.0",
    "example.com/Camel@v1.0.0-RC.1",
    "example.com/legacy@v2.0.0+incompatible",
];

/// What comes of all rules for a proxy with `fault`.
async fn tried(fault: Option<Fault>) -> Vec<RuleResult> {
    let known = MODULES.map(|text| Known::parse(text).unwrap());
    let mut content = GoproxyContent {
        prefix: "/modules".to_owned(),
        ..GoproxyContent::default()
    };
    for module in &known {
        let path = ModulePath::parse(&module.path).unwrap();
        let version = ModuleVersion::parse(&module.version).unwrap();
        let files = BTreeMap::from([("x.go".to_owned(), "package x\n".to_owned())]);
        content = content.with_version(path, version, files);
    }
    let host = HostName::parse("proxy.example").unwrap();
    let clock = Clock::real();
    let (recorder, _timeline) = Recorder::new(clock.clone());
    let faults = fault.map(|what| PlacedFault {
        id: FaultId("fault[0]".to_owned()),
        on: host.clone(),
        select: Selector::default(),
        trigger: Trigger::Always,
        what,
    });
    let faults = faults.into_iter().collect();
    let context = Context {
        armed: Armed::new(faults, Seed(0), clock.clone(), recorder.clone()),
        clock,
        recorder,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let bound = Bound {
        host,
        port,
        listener,
    };
    let stop = CancellationToken::new();
    let mut serving = JoinSet::new();
    let site = Arc::new(GoproxySite::new(content));
    serving.spawn(serve_web(bound, None, vec![site], context, stop.clone()));

    let mut stand = Outside::at(&format!("http://127.0.0.1:{port}/modules/")).unwrap();
    let sample = Sample::outside(&known, Some("sum.golang.org".to_owned())).unwrap();
    let mut results = Vec::new();
    for rule in RULES.iter() {
        let Ok(result) = play(&mut stand, rule, &sample, Duration::from_secs(5)).await;
        results.push(result);
    }
    stop.cancel();
    results
}

async fn failed(fault: Fault) -> Vec<&'static str> {
    let results = tried(Some(fault)).await.into_iter();
    results
        .filter(|result| result.finding.verdict == Verdict::Fail)
        .map(|result| result.rule)
        .collect()
}

#[tokio::test]
async fn our_own_fake_keeps_every_rule_that_can_be_tried_from_outside() {
    let results = tried(None).await;
    for result in &results {
        let seen = &result.finding.seen;
        assert_ne!(
            result.finding.verdict,
            Verdict::Fail,
            "{}: {seen}",
            result.rule
        );
    }
    let verdict = |rule| {
        let found = results.iter().find(|result| result.rule == rule);
        found.map(|result| result.finding.verdict)
    };
    assert_eq!(verdict("escape.capital"), Some(Verdict::Pass));
    assert_eq!(verdict("query.incompatible"), Some(Verdict::Pass));
    assert_eq!(verdict("http.range"), Some(Verdict::Pass));
    assert_eq!(verdict("upstream.502"), Some(Verdict::NotTried));
    assert_eq!(verdict("go.get"), Some(Verdict::NotTried));
}

#[tokio::test]
async fn what_is_wrong_with_files_is_seen_from_outside() {
    for (fault, broken) in [
        (GoproxyFault::WrongZipPrefix, "zip.prefix"),
        (GoproxyFault::NotAZip, "zip.hash"),
        (GoproxyFault::BadJson, "info.version"),
        (
            GoproxyFault::WrongModulePath("example.com/other".to_owned()),
            "mod.bytes",
        ),
    ] {
        let failed = failed(Fault::Goproxy(fault)).await;
        assert!(failed.contains(&broken), "{broken}: {failed:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_answers_is_seen_from_outside() {
    let headers = |name: &str, value: &str| {
        HttpFault::ResponseHeaders(BTreeMap::from([(name.to_owned(), value.to_owned())]))
    };
    for (fault, broken) in [
        (HttpFault::Status(502), "absent.module"),
        (HttpFault::CaptivePage, "absent.version"),
        (headers("Content-Type", "text/html"), "list.text"),
        (headers("Content-Type", "text/html"), "absent.text"),
        (headers("Cache-Control", "immutable"), "cache.list"),
        (headers("Cache-Control", "max-age=99999"), "cache.absent"),
        (
            HttpFault::LengthTooLong(modfault_kit::ByteCount(3)),
            "http.length",
        ),
        (HttpFault::Status(500), "sumdb.supported"),
        (HttpFault::CloseBeforeAnswer, "list.versions"),
    ] {
        let failed = failed(Fault::Http(fault)).await;
        assert!(failed.contains(&broken), "{broken}: {failed:?}");
    }
}
