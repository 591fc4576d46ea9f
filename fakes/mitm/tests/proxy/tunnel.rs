//! CONNECT, passed on.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use modfault_kit::dial::LoopbackDialer;
use modfault_kit::event::Outcome;
use modfault_kit::fault::HttpFault;
use modfault_kit::{Dial, Login, RequestKind};
use modfault_pki::Authority;

use crate::fixture::{Internet, ORIGIN, PROXY, exchanges, http_fault, open};

const HELLO: &str = "https://origin.example/hello";

#[tokio::test]
async fn tls_is_between_client_and_host_and_the_proxy_sees_a_name_alone() {
    let internet = Internet::start(Vec::new(), open).await;
    let got = internet.curl(Authority::Public, &[HELLO]).await;
    assert_eq!((got.exit, got.codes.as_str()), (0, "200 200 2"));
    assert!(got.text.ends_with("hello\n"), "{}", got.text);
    let events = internet.end().await;
    let at_proxy = exchanges(&events, PROXY);
    assert_eq!(at_proxy.len(), 1, "{at_proxy:?}");
    assert_eq!(at_proxy[0].asked, RequestKind::Connect);
    assert_eq!(at_proxy[0].path, "origin.example:443");
    assert_eq!(
        (at_proxy[0].status, &at_proxy[0].outcome),
        (Some(200), &Outcome::Done)
    );
    assert_eq!(exchanges(&events, ORIGIN).len(), 1);
}

#[tokio::test]
async fn a_large_body_comes_whole() {
    let internet = Internet::start(Vec::new(), open).await;
    let got = internet
        .curl(
            Authority::Public,
            &["--http1.1", "https://origin.example/large"],
        )
        .await;
    let (_, answer) = got.text.split_once("\r\n\r\n").unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "0123456789".repeat(100_000));
}

#[tokio::test]
async fn a_tunnel_is_refused_before_it_is_there() {
    let internet = Internet::start(Vec::new(), |setup| {
        setup.deny = vec!["denied.*".to_owned()];
    })
    .await;
    for (url, codes) in [
        ("https://refused.example/", "502 000 0"),
        ("https://unknown.example/", "503 000 0"),
        ("https://denied.example/", "403 000 0"),
    ] {
        let got = internet.curl(Authority::Public, &[url]).await;
        assert_eq!((got.exit, got.codes.as_str()), (56, codes), "{url}");
    }
}

#[tokio::test]
async fn a_tunnel_needs_the_right_login() {
    let internet = Internet::start(Vec::new(), |setup| {
        setup.login = Some(Login {
            user: "ci".to_owned(),
            password: "s3cret".to_owned(),
        });
    })
    .await;
    let anonymous = internet.curl(Authority::Public, &[HELLO]).await;
    assert_eq!(anonymous.codes, "407 000 0");
    let right = internet
        .curl(Authority::Public, &["--proxy-user", "ci:s3cret", HELLO])
        .await;
    assert_eq!(right.codes, "200 200 2");
}

#[tokio::test]
async fn a_fault_selects_connect() {
    for (fault, exit, codes) in [
        (HttpFault::Status(502), 56, "502 000 0"),
        (HttpFault::ProxyAuthenticationRequired, 56, "407 000 0"),
        (HttpFault::CloseBeforeAnswer, 56, "000 000 0"),
    ] {
        let placed = http_fault(&[RequestKind::Connect], fault.clone());
        let internet = Internet::start(vec![placed], open).await;
        let got = internet.curl(Authority::Public, &[HELLO]).await;
        assert_eq!(
            (got.exit, got.codes.as_str()),
            (exit, codes),
            "{fault:?}: {}",
            got.text
        );
        let plain = internet
            .curl(Authority::Public, &["http://origin.example/hello"])
            .await;
        assert_eq!(plain.codes, "000 200 1.1", "{fault:?}");
        assert_eq!(exchanges(&internet.end().await, ORIGIN).len(), 1);
    }
}

#[tokio::test]
async fn either_side_can_close_its_half_first() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let internet = Internet::start(Vec::new(), |setup| {
        setup.dial = Dial::new(LoopbackDialer::default().with("raw.example", 22, address));
    })
    .await;
    let host = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut said = String::new();
        socket.read_to_string(&mut said).await.unwrap();
        socket
            .write_all(said.to_uppercase().as_bytes())
            .await
            .unwrap();
    };
    let client = async {
        let mut socket = TcpStream::connect(internet.proxy).await.unwrap();
        // The first bytes of the tunnel come with the request.
        let opening = b"CONNECT raw.example:22 HTTP/1.1\r\nHost: raw.example:22\r\n\r\nhello";
        socket.write_all(opening).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let (answer, ()) = tokio::join!(client, host);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\nHELLO"), "{answer}");
}

#[tokio::test]
async fn stopping_ends_an_open_tunnel() {
    let internet = Internet::start(Vec::new(), open).await;
    let mut socket = TcpStream::connect(internet.proxy).await.unwrap();
    let opening = b"CONNECT origin.example:443 HTTP/1.1\r\nHost: origin.example:443\r\n\r\n";
    socket.write_all(opening).await.unwrap();
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    drop(internet.stop().await);
    let mut rest = Vec::new();
    // Whether it is closed or reset: it has ended.
    drop(socket.read_to_end(&mut rest).await);
}
