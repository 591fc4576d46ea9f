//! CONNECT, with the TLS inside terminated.

use modfault_kit::event::Outcome;
use modfault_kit::fault::{ChainFlaw, HttpFault, TlsFault};
use modfault_kit::{ByteCount, EventKind, RequestKind};
use modfault_pki::Authority;

use crate::fixture::{
    Internet, LIST, ORIGIN, PROXY, exchanges, http_fault, open, terminating, tls_fault,
};

const HELLO: &str = "https://origin.example/hello";

#[tokio::test]
async fn who_trusts_the_corporate_root_gets_the_page_through_a_minted_leaf() {
    for (arguments, codes, version) in [
        (&[HELLO][..], "200 200 2", "HTTP/2.0"),
        (&["--http1.1", HELLO][..], "200 200 1.1", "HTTP/1.1"),
    ] {
        let internet = Internet::start(Vec::new(), terminating).await;
        let got = internet.curl(Authority::Corporate, arguments).await;
        assert_eq!((got.exit, got.codes.as_str()), (0, codes), "{}", got.text);
        assert!(got.text.ends_with("hello\n"), "{}", got.text);
        assert!(got.text.contains("via: 1.1 proxy.example"), "{}", got.text);

        let events = internet.end().await;
        let at_proxy: Vec<_> = exchanges(&events, PROXY)
            .into_iter()
            .map(|exchange| (exchange.asked, exchange.scheme, exchange.path))
            .collect();
        let connect = (
            RequestKind::Connect,
            "http".to_owned(),
            "origin.example:443".to_owned(),
        );
        assert_eq!(at_proxy[0], connect);
        assert_eq!((at_proxy.len(), at_proxy[1].1.as_str()), (2, "https"));
        let at_origin = exchanges(&events, ORIGIN);
        assert_eq!(at_origin.len(), 1);
        assert_eq!(
            (at_origin[0].path.as_str(), at_origin[0].version.as_str()),
            ("/hello", version),
            "the proxy asks in the version that it was asked in"
        );
    }
}

#[tokio::test]
async fn who_does_not_trust_it_sends_no_request() {
    let internet = Internet::start(Vec::new(), terminating).await;
    let got = internet.curl(Authority::Public, &[HELLO]).await;
    assert_eq!(got.exit, 60, "curl's word for an unknown issuer: {got:?}");
    let events = internet.end().await;
    assert_eq!(exchanges(&events, PROXY).len(), 1, "CONNECT alone");
    let handshake = events.iter().find_map(|event| match &event.kind {
        EventKind::Tls { sni, outcome, .. } if event.host.as_str() == PROXY => {
            Some((sni.clone(), outcome.clone()))
        }
        _ => None,
    });
    let (sni, outcome) = handshake.expect("the handshake is seen at the proxy");
    assert_eq!(sni.as_deref(), Some("origin.example"));
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_tunnel_that_is_passed_on_needs_no_corporate_root() {
    let internet = Internet::start(Vec::new(), open).await;
    let got = internet.curl(Authority::Corporate, &[HELLO]).await;
    assert_eq!(got.exit, 60, "the host's own leaf is public: {got:?}");
}

#[tokio::test]
async fn a_host_whose_certificate_is_bad_is_502_to_the_client() {
    for flaw in [
        ChainFlaw::Expired,
        ChainFlaw::WrongName,
        ChainFlaw::UnknownRoot,
    ] {
        let fault = tls_fault(ORIGIN, TlsFault::Chain(flaw));
        let internet = Internet::start(vec![fault], terminating).await;
        let got = internet.curl(Authority::Corporate, &[HELLO]).await;
        assert_eq!(got.codes, "200 502 2", "{flaw:?}: {}", got.text);
        assert!(exchanges(&internet.end().await, ORIGIN).is_empty());
    }
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_502_within_the_tunnel() {
    let internet = Internet::start(Vec::new(), terminating).await;
    let got = internet
        .curl(Authority::Corporate, &["https://refused.example/"])
        .await;
    assert_eq!(got.codes, "200 502 2", "{}", got.text);
}

#[tokio::test]
async fn a_fault_selects_what_is_asked_within_the_tunnel() {
    let fault = http_fault(&[RequestKind::List], HttpFault::CaptivePage);
    let internet = Internet::start(vec![fault], terminating).await;
    let list = format!("https://{ORIGIN}{LIST}");
    let hit = internet.curl(Authority::Corporate, &[&list]).await;
    assert!(hit.text.contains("content-type: text/html"), "{}", hit.text);
    let missed = internet.curl(Authority::Corporate, &[HELLO]).await;
    assert!(missed.text.ends_with("hello\n"), "{}", missed.text);
    let paths: Vec<_> = exchanges(&internet.end().await, ORIGIN)
        .into_iter()
        .map(|exchange| exchange.path)
        .collect();
    assert_eq!(paths, ["/hello"], "a request that was hit goes no further");
}

#[tokio::test]
async fn requests_that_follow_each_other_share_one_connection_to_the_host() {
    let internet = Internet::start(Vec::new(), terminating).await;
    let got = internet.curl(Authority::Corporate, &[HELLO, HELLO]).await;
    assert_eq!(got.exit, 0, "{}", got.codes);
    let events = internet.end().await;
    let handshakes = events
        .iter()
        .filter(|event| {
            event.host.as_str() == ORIGIN && matches!(event.kind, EventKind::Tls { .. })
        })
        .count();
    assert_eq!((handshakes, exchanges(&events, ORIGIN).len()), (1, 2));
}

#[tokio::test]
async fn requests_at_once_are_all_answered() {
    let internet = Internet::start(Vec::new(), terminating).await;
    let large = "https://origin.example/large";
    let got = internet
        .curl(Authority::Corporate, &["--parallel", HELLO, large, HELLO])
        .await;
    assert_eq!(got.exit, 0, "{}", got.codes);
    let at_origin = exchanges(&internet.end().await, ORIGIN);
    assert_eq!(at_origin.len(), 3);
    assert!(at_origin.iter().all(|exchange| exchange.outcome.is_done()));
}

#[tokio::test]
async fn a_minted_leaf_can_have_every_flaw_of_a_real_one() {
    let fault = tls_fault(PROXY, TlsFault::Chain(ChainFlaw::Expired));
    let internet = Internet::start(vec![fault], terminating).await;
    let got = internet.curl(Authority::Corporate, &[HELLO]).await;
    assert_eq!(got.exit, 60, "{got:?}");
    assert!(exchanges(&internet.end().await, ORIGIN).is_empty());
}

#[tokio::test]
async fn a_reset_within_the_tunnel_resets_the_connection_that_carries_it() {
    let fault = http_fault(&[RequestKind::Page], HttpFault::ResetBody(ByteCount(1000)));
    let internet = Internet::start(vec![fault], terminating).await;
    let arguments = ["--http1.1", "https://origin.example/large"];
    let got = internet.curl(Authority::Corporate, &arguments).await;
    assert_eq!(got.exit, 56, "curl's word for a broken receive: {got:?}");
    let events = internet.end().await;
    let broken = |event: &modfault_kit::Event| {
        event.host.as_str() == PROXY
            && matches!(&event.kind, EventKind::Broken { port: 3128, how } if how == "reset by fault")
    };
    assert!(events.iter().any(broken), "{events:?}");
}
