//! Where a command stopped, by table.

use crate::example::{
    accepted, answered, broke_off, broken, dns, fired, git_refused, placed, refused, seen, step,
    tls,
};
use modfault_kit::fault::{
    ChainFlaw, GoproxyFault, HttpFault, NetFault, TcpFault, TlsFault, Toxic,
};
use modfault_kit::{Event, EventKind, Fault, RequestKind};
use modfault_outcome::reason::stopped_words;
use modfault_outcome::stopped;
use modfault_scenario::Layer;

const PROXY: &str = "goproxy.corp.example";
const PUBLIC: &str = "proxy.golang.org";
const GIT: &str = "git.corp.example";
const INFO: &str = "/example.com/greet/@v/v1.0.0.info";
const ZIP: &str = "/example.com/greet/@v/v1.0.0.zip";
const REFS: &str = "/team/greet/info/refs?service=git-upload-pack";

fn at(events: Vec<Event>, fault: Option<(&str, Fault)>) -> String {
    let faults: Vec<_> = fault
        .map(|(on, what)| placed(on, what))
        .into_iter()
        .collect();
    stopped_words(stopped(&step(1, "", events), &faults, Layer::Env).as_ref())
}

fn status(code: u16) -> Fault {
    Fault::Http(HttpFault::Status(code))
}

#[test]
fn a_command_that_exits_0_was_not_stopped() {
    assert_eq!(
        stopped(&step(0, "", vec![refused(PROXY)]), &[], Layer::Env),
        None
    );
}

#[test]
fn nothing_failed_on_the_wire() {
    assert_eq!(at(vec![], None), "on the client (env)");
    let fine = vec![
        accepted(PROXY),
        tls(PROXY, None),
        answered(PROXY, RequestKind::Zip, ZIP, 200),
    ];
    assert_eq!(at(fine, None), "on the client (env)");
}

#[test]
fn a_connection_of_which_nobody_tells_more_is_where_it_stopped_if_it_was_the_last() {
    let ok = answered(PROXY, RequestKind::Zip, ZIP, 200);
    let name = dns(GIT, "A", "A 203.0.113.9");
    assert_eq!(
        at(vec![ok.clone(), accepted(GIT), name], None),
        "in env at git.corp.example"
    );
    // what it passed on was answered
    let passed_on = vec![accepted(GIT), accepted(PROXY), ok];
    assert_eq!(at(passed_on, None), "on the client (env)");
    let failed = vec![
        accepted(GIT),
        accepted(PROXY),
        answered(PROXY, RequestKind::Info, INFO, 502),
    ];
    assert_eq!(at(failed, None), "in goproxy at goproxy.corp.example");
}

#[test]
fn names_connections_and_handshakes() {
    let nxdomain = vec![dns(PROXY, "A", "NXDOMAIN"), dns(PROXY, "AAAA", "NXDOMAIN")];
    assert_eq!(at(nxdomain, None), "in dns at goproxy.corp.example");
    assert_eq!(
        at(vec![refused(PROXY)], None),
        "in tcp at goproxy.corp.example"
    );
    let rejected = vec![
        accepted(PROXY),
        tls(PROXY, Some("client sent alert bad_certificate")),
    ];
    let leaf_only = Fault::Tls(TlsFault::Chain(ChainFlaw::LeafOnly));
    assert_eq!(
        at(rejected, Some((PROXY, leaf_only))),
        "in tls at goproxy.corp.example"
    );
}

#[test]
fn an_error_status_stops_in_the_layer_of_what_was_asked() {
    for (asked, path, code, layer) in [
        (RequestKind::Info, INFO, 502, "goproxy"),
        (RequestKind::SumdbLookup, "/lookup/x@v1.0.0", 404, "sum"),
        (RequestKind::GitRefs, REFS, 401, "git"),
        (RequestKind::GoGet, "/team/greet?go-get=1", 404, "git"),
        (RequestKind::Connect, "proxy.golang.org:443", 403, "http"),
        (RequestKind::Info, INFO, 407, "http"),
        (RequestKind::Page, "/login", 500, "http"),
    ] {
        assert_eq!(
            at(vec![answered(PROXY, asked, path, code)], None),
            format!("in {layer} at {PROXY}"),
            "{asked} {code}"
        );
    }
}

#[test]
fn a_broken_exchange_stops_in_the_layer_of_what_broke_it() {
    let key = format!("GET {ZIP}");
    let cut = |fired_for: &str| {
        vec![
            fired(PROXY, fired_for),
            broke_off(PROXY, RequestKind::Zip, ZIP, "cut after 10 bytes"),
            broken(PROXY, "cut after 10 bytes"),
        ]
    };
    let by_http = Fault::Http(HttpFault::CutBody(modfault_kit::ByteCount(10)));
    assert_eq!(
        at(cut(&key), Some((PROXY, by_http))),
        "in http at goproxy.corp.example"
    );
    let by_stream = Fault::Tcp(TcpFault {
        stream: modfault_kit::fault::Direction::Downstream,
        toxic: Toxic::LimitData { bytes: 10 },
    });
    assert_eq!(
        at(cut("port 443"), Some((PROXY, by_stream))),
        "in tcp at goproxy.corp.example"
    );
}

#[test]
fn a_bent_answer_stops_in_the_layer_of_its_fault() {
    let events = vec![
        fired(PROXY, &format!("GET {ZIP}")),
        answered(PROXY, RequestKind::Zip, ZIP, 200),
    ];
    for (fault, layer) in [
        (Fault::Goproxy(GoproxyFault::NotAZip), "goproxy"),
        (Fault::Http(HttpFault::CaptivePage), "http"),
    ] {
        assert_eq!(
            at(events.clone(), Some((PROXY, fault))),
            format!("in {layer} at {PROXY}")
        );
    }
}

#[test]
fn packets_that_vanish_leave_only_the_fault() {
    let events = vec![accepted(PROXY), fired(PROXY, "port 443"), tls(PROXY, None)];
    assert_eq!(
        at(
            events,
            Some((PROXY, Fault::Net(NetFault::MtuBlackhole(1300))))
        ),
        "in tcp at goproxy.corp.example"
    );
}

#[test]
fn a_proxy_that_was_fallen_back_from_is_not_to_blame() {
    let events = vec![
        fired(PROXY, &format!("GET {INFO}")),
        answered(PROXY, RequestKind::Info, INFO, 404),
        answered(PUBLIC, RequestKind::Info, INFO, 200),
        answered(PUBLIC, RequestKind::Zip, ZIP, 503),
    ];
    assert_eq!(
        at(events, Some((PROXY, status(404)))),
        "in goproxy at proxy.golang.org"
    );
}

#[test]
fn the_last_of_a_chain_of_failures_counts() {
    let events = vec![
        answered(PUBLIC, RequestKind::Info, INFO, 404),
        answered(GIT, RequestKind::GitRefs, REFS, 401),
    ];
    assert_eq!(at(events, None), "in git at git.corp.example");
}

#[test]
fn a_private_host_stays_to_blame_when_public_modules_went_on() {
    let events = vec![
        fired("resolver.corp.example", &format!("A {GIT}")),
        dns(GIT, "A", "NXDOMAIN"),
        answered(PUBLIC, RequestKind::Zip, ZIP, 200),
    ];
    assert_eq!(at(events, None), "in dns at git.corp.example");
}

#[test]
fn an_answer_after_a_second_try_is_no_trouble() {
    let events = vec![
        answered(GIT, RequestKind::GitRefs, REFS, 401),
        answered(GIT, RequestKind::GitRefs, REFS, 200),
    ];
    assert_eq!(at(events, None), "on the client (env)");
}

#[test]
fn a_missing_zip_is_to_blame_though_others_come_meanwhile() {
    let missing = answered(PROXY, RequestKind::Zip, ZIP, 404);
    let other = answered(
        PROXY,
        RequestKind::Zip,
        "/example.com/base/@v/v1.0.0.zip",
        200,
    );
    for events in [vec![missing.clone(), other.clone()], vec![other, missing]] {
        assert_eq!(at(events, None), "in goproxy at goproxy.corp.example");
    }
}

#[test]
fn the_page_of_a_repository_that_git_could_not_read_is_not_to_blame() {
    let page = |path| answered(GIT, RequestKind::Page, path, 404);
    let refused = vec![git_refused(GIT), page("/team/greet")];
    assert_eq!(at(refused, None), "in git at git.corp.example");
    let elsewhere = vec![
        dns("ssh.corp.example", "A", "NXDOMAIN"),
        page("/team/greet.git"),
        answered(GIT, RequestKind::GoGet, "/team/greet?go-get=1", 200),
    ];
    assert_eq!(at(elsewhere, None), "in dns at ssh.corp.example");
    assert_eq!(
        at(vec![page("/login")], None),
        "in http at git.corp.example"
    );
}

#[test]
fn redirects_that_lead_nowhere_stop_in_http() {
    let events = vec![answered(PROXY, RequestKind::Info, INFO, 302); 10];
    assert_eq!(at(events, None), "in http at goproxy.corp.example");
}

#[test]
fn a_connection_begun_and_not_needed_is_no_trouble() {
    let left = tls(PROXY, Some("closed by client"));
    assert_eq!(
        at(vec![tls(PROXY, None), left.clone()], None),
        "on the client (env)"
    );
    assert_eq!(at(vec![left], None), "in tls at goproxy.corp.example");
}

#[test]
fn a_handshake_broken_off_after_the_last_answer_is_where_git_stopped() {
    let page = || answered(GIT, RequestKind::GoGet, "/team/greet?go-get=1", 200);
    let left = || tls(GIT, Some("closed by client"));
    let mut git_begins_anew = vec![accepted(GIT), tls(GIT, None), page(), accepted(GIT), left()];
    assert_eq!(
        at(git_begins_anew.clone(), None),
        "in tls at git.corp.example"
    );
    git_begins_anew.push(answered(GIT, RequestKind::Page, "/team/greet.git", 404));
    assert_eq!(at(git_begins_anew, None), "in tls at git.corp.example");
    let begun_before = vec![accepted(GIT), accepted(GIT), tls(GIT, None), page(), left()];
    assert_eq!(at(begun_before, None), "on the client (env)");
}

#[test]
fn a_resolver_that_cannot_be_reached_stops_in_dns() {
    let resolver = "resolver.corp.example";
    let vanished = vec![fired(resolver, "port 53"), fired(resolver, "port 53")];
    assert_eq!(
        at(vanished, Some((resolver, Fault::Net(NetFault::Drop)))),
        "in dns at resolver.corp.example"
    );
    let nobody_listens = seen(PROXY, EventKind::DatagramRefused { port: 53 });
    assert_eq!(
        at(vec![nobody_listens], None),
        "in dns at goproxy.corp.example"
    );
}
