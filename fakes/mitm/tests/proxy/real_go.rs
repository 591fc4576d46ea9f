//! The real `go` command behind the proxy.

use modfault_kit::{Login, RequestKind};
use modfault_mitm::ProxySetup;
use modfault_pki::Authority;

use crate::fixture::{Internet, ORIGIN, PROXY, exchanges, open, terminating};

const VERSIONS: &[u8] = b"a.example/c v1.0.0 v1.1.0\n";

fn guarded(setup: &mut ProxySetup) {
    setup.login = Some(Login {
        user: "ci".to_owned(),
        password: "s3cret".to_owned(),
    });
}

#[tokio::test]
async fn go_goes_through_a_tunnel_that_is_passed_on() {
    let internet = Internet::start(Vec::new(), open).await;
    let output = internet.go_list(Authority::Public, "").await;
    assert_eq!(output.stdout, VERSIONS, "{output:?}");
    let events = internet.end().await;
    let at_proxy = exchanges(&events, PROXY);
    let is_connect = |kind| kind == RequestKind::Connect;
    assert!(at_proxy.iter().all(|exchange| is_connect(exchange.asked)));
    assert!(!exchanges(&events, ORIGIN).is_empty());
}

#[tokio::test]
async fn go_needs_the_corporate_root_where_tls_is_terminated() {
    let internet = Internet::start(Vec::new(), terminating).await;
    let output = internet.go_list(Authority::Public, "").await;
    assert!(!output.status.success(), "{output:?}");
    assert!(exchanges(&internet.end().await, ORIGIN).is_empty());

    let internet = Internet::start(Vec::new(), terminating).await;
    let output = internet.go_list(Authority::Corporate, "").await;
    assert_eq!(output.stdout, VERSIONS, "{output:?}");
    let asked: Vec<_> = exchanges(&internet.end().await, PROXY)
        .iter()
        .map(|exchange| exchange.asked)
        .collect();
    assert!(asked.contains(&RequestKind::List), "{asked:?}");
}

#[tokio::test]
async fn go_brings_the_login_that_the_proxy_url_has() {
    let internet = Internet::start(Vec::new(), guarded).await;
    let output = internet.go_list(Authority::Public, "").await;
    assert!(!output.status.success(), "{output:?}");
    let output = internet.go_list(Authority::Public, "ci:s3cret@").await;
    assert_eq!(output.stdout, VERSIONS, "{output:?}");
}
