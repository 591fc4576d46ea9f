//! Requests with an absolute URL.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use modfault_kit::dial::LoopbackDialer;
use modfault_kit::event::Outcome;
use modfault_kit::fault::HttpFault;
use modfault_kit::{ByteCount, Dial, Login, RequestKind};
use modfault_pki::Authority;
use modfault_web::TlsSetup;

use crate::fixture::{Internet, LIST, ORIGIN, PROXY, SOON, exchanges, http_fault, open};

const HELLO: &str = "http://origin.example/hello";

#[tokio::test]
async fn a_page_is_fetched_from_the_host_that_the_url_names() {
    let internet = Internet::start(Vec::new(), open).await;
    let got = internet.curl(Authority::Public, &[HELLO]).await;
    assert_eq!((got.exit, got.codes.as_str()), (0, "000 200 1.1"));
    assert!(got.text.ends_with("\r\n\r\nhello\n"), "{}", got.text);
    assert!(got.text.contains("via: 1.1 proxy.example"), "{}", got.text);
    let events = internet.end().await;
    let at_proxy = exchanges(&events, PROXY);
    assert_eq!(at_proxy.len(), 1);
    assert_eq!(at_proxy[0].path, HELLO);
    assert_eq!(at_proxy[0].outcome, Outcome::Done);
    let at_origin = exchanges(&events, ORIGIN);
    assert_eq!(at_origin[0].path, "/hello");
}

#[tokio::test]
async fn a_head_and_a_large_body_come_whole() {
    let internet = Internet::start(Vec::new(), open).await;
    let head = internet.curl(Authority::Public, &["--head", HELLO]).await;
    assert!(head.text.contains("content-length: 6"), "{}", head.text);
    let large = internet
        .curl(Authority::Public, &["http://origin.example/large"])
        .await;
    assert_eq!(large.exit, 0);
    let (_, body) = large.text.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "0123456789".repeat(100_000));
}

#[tokio::test]
async fn fields_between_client_and_proxy_stay_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let internet = Internet::start(Vec::new(), |setup| {
        setup.dial = Dial::new(LoopbackDialer::default().with("raw.example", 8080, address));
    })
    .await;
    let seen = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut seen = vec![0; 4096];
        let length = socket.read(&mut seen).await.unwrap();
        let answer =
            b"HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nok";
        socket.write_all(answer).await.unwrap();
        String::from_utf8(seen[..length].to_vec()).unwrap()
    };
    let arguments = [
        "http://raw.example:8080/x?y=1",
        "-H",
        "Connection: X-Secret",
        "-H",
        "X-Secret: 1",
        "--proxy-user",
        "a:b",
    ];
    let (seen, got) = tokio::join!(seen, internet.curl(Authority::Public, &arguments));
    assert!(seen.starts_with("GET /x?y=1 HTTP/1.1\r\n"), "{seen}");
    let seen = seen.to_lowercase();
    assert!(seen.contains("host: raw.example:8080\r\n"), "{seen}");
    assert!(seen.contains("via: 1.1 proxy.example\r\n"), "{seen}");
    assert!(!seen.contains("proxy-"), "{seen}");
    assert!(!seen.contains("x-secret"), "{seen}");
    assert!(got.text.ends_with("\r\n\r\nok"), "{}", got.text);
    assert!(!got.text.to_lowercase().contains("x-hop"), "{}", got.text);
}

#[tokio::test]
async fn who_has_no_login_gets_407_and_a_challenge() {
    let internet = Internet::start(Vec::new(), |setup| {
        setup.login = Some(Login {
            user: "ci".to_owned(),
            password: "s3cret".to_owned(),
        });
    })
    .await;
    let anonymous = internet.curl(Authority::Public, &[HELLO]).await;
    assert_eq!(anonymous.codes, "000 407 1.1");
    let challenge = "proxy-authenticate: Basic realm=\"proxy\"";
    assert!(anonymous.text.contains(challenge), "{}", anonymous.text);
    let wrong = internet
        .curl(Authority::Public, &["--proxy-user", "ci:other", HELLO])
        .await;
    assert_eq!(wrong.codes, "000 407 1.1");
    let right = internet
        .curl(Authority::Public, &["--proxy-user", "ci:s3cret", HELLO])
        .await;
    assert_eq!(right.codes, "000 200 1.1");
    let events = internet.end().await;
    let users: Vec<_> = exchanges(&events, PROXY)
        .into_iter()
        .map(|exchange| exchange.user)
        .collect();
    let ci = || Some("ci".to_owned());
    assert_eq!(users, [None, ci(), ci()]);
}

#[tokio::test]
async fn what_cannot_be_reached_is_a_gateway_error() {
    let internet = Internet::start(Vec::new(), open).await;
    for (url, codes) in [
        ("http://refused.example/", "000 502 1.1"),
        ("http://unknown.example/", "000 503 1.1"),
    ] {
        let got = internet.curl(Authority::Public, &[url]).await;
        assert_eq!(got.codes, codes, "{url}: {}", got.text);
        assert!(got.text.contains("the proxy failed to "), "{}", got.text);
    }
}

#[tokio::test]
async fn a_host_that_never_answers_is_504() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let internet = Internet::start(Vec::new(), |setup| {
        setup.dial = Dial::new(LoopbackDialer::default().with("silent.example", 80, address));
        setup.upstream_timeout = SOON;
    })
    .await;
    let got = internet
        .curl(Authority::Public, &["http://silent.example/"])
        .await;
    assert_eq!(got.codes, "000 504 1.1", "{}", got.text);
}

#[tokio::test]
async fn a_body_that_the_host_breaks_off_is_broken_off_here_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let internet = Internet::start(Vec::new(), |setup| {
        setup.dial = Dial::new(LoopbackDialer::default().with("raw.example", 80, address));
    })
    .await;
    let origin = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert!(socket.read(&mut request).await.unwrap() > 0);
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this";
        socket.write_all(answer).await.unwrap();
    };
    let (got, ()) = tokio::join!(
        internet.curl(Authority::Public, &["http://raw.example/"]),
        origin
    );
    assert_eq!(got.exit, 18, "curl calls it a partial file: {got:?}");
    let events = internet.end().await;
    let exchange = &exchanges(&events, PROXY)[0];
    assert!(!exchange.outcome.is_done(), "{exchange:?}");
}

#[tokio::test]
async fn a_denied_host_is_403() {
    let internet = Internet::start(Vec::new(), |setup| {
        setup.deny = vec!["*.example".to_owned()];
    })
    .await;
    let got = internet.curl(Authority::Public, &[HELLO]).await;
    assert_eq!(got.codes, "000 403 1.1");
    assert!(exchanges(&internet.end().await, ORIGIN).is_empty());
}

#[tokio::test]
async fn a_fault_selects_forwarded_requests_by_what_they_ask_for() {
    let fault = http_fault(&[RequestKind::List], HttpFault::Status(502));
    let internet = Internet::start(vec![fault], open).await;
    let list = format!("http://{ORIGIN}{LIST}");
    let hit = internet.curl(Authority::Public, &[&list]).await;
    assert_eq!(hit.codes, "000 502 1.1");
    let missed = internet.curl(Authority::Public, &[HELLO]).await;
    assert_eq!(missed.codes, "000 200 1.1");
}

#[tokio::test]
async fn a_fault_cuts_a_body_that_passes_through() {
    let fault = http_fault(&[], HttpFault::CutBody(ByteCount(1000)));
    let internet = Internet::start(vec![fault], open).await;
    let got = internet
        .curl(Authority::Public, &["http://origin.example/large"])
        .await;
    assert_eq!(got.exit, 18, "{got:?}");
    let (_, body) = got.text.split_once("\r\n\r\n").unwrap();
    assert_eq!(body.len(), 1000);
}

#[tokio::test]
async fn a_request_without_a_host_is_none_for_a_proxy() {
    let internet = Internet::start(Vec::new(), open).await;
    let mut socket = TcpStream::connect(internet.proxy).await.unwrap();
    let request = b"GET /hello HTTP/1.1\r\nHost: proxy.example\r\nConnection: close\r\n\r\n";
    socket.write_all(request).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[tokio::test]
async fn a_proxy_can_be_spoken_to_over_tls_itself() {
    let internet = Internet::start(Vec::new(), |setup| {
        let names = vec!["127.0.0.1".to_owned()];
        let pki = Arc::clone(&setup.pki);
        setup.tls = Some(TlsSetup::new(pki, Authority::Public, names));
    })
    .await;
    let proxy = format!("https://{}", internet.proxy);
    for (url, codes) in [
        (HELLO, "000 200 1.1"),
        ("https://origin.example/hello", "200 200 2"),
    ] {
        let arguments = ["--proxy", &proxy, "--proxy-insecure", url];
        let got = internet.curl(Authority::Public, &arguments).await;
        assert_eq!(got.codes, codes, "{}", got.text);
    }
}
