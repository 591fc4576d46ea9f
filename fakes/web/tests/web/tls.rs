//! TLS faults, as curl, OpenSSL and bare sockets see them.

use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use modfault_kit::event::{EventKind, Outcome};
use modfault_kit::fault::{Alert, ChainFlaw, Fault, TlsFault};
use modfault_kit::{Event, HostName};

use crate::fixture::{Curl, Fixture, GREETING, HOST, Scheme};

/// `/greeting` asked for with `fault` in force, and the outcomes of the handshakes.
async fn asked(fault: TlsFault, options: &[&str]) -> (Curl, Vec<Outcome>) {
    let mut server = Fixture::new(Scheme::Https, [Fault::Tls(fault)]).await;
    let curl = server.curl("/greeting", options).await;
    let events = server.events().await;
    (curl, outcomes(&events))
}

fn outcomes(events: &[Event]) -> Vec<Outcome> {
    events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Tls { outcome, .. } => Some(outcome.clone()),
            _ => None,
        })
        .collect()
}

fn failed(how: &str) -> Vec<Outcome> {
    vec![Outcome::Failed(how.to_owned())]
}

#[tokio::test]
async fn a_client_rejects_each_flawed_chain_before_any_request() {
    for flaw in ChainFlaw::ALL {
        let how = match flaw {
            // Against a bare name OpenSSL still looks at the common name.
            ChainFlaw::CommonNameOnly => continue,
            // curl looks into no list that it is not given.
            ChainFlaw::Revoked => continue,
            ChainFlaw::SelfSigned
            | ChainFlaw::UnknownRoot
            | ChainFlaw::CorporateRoot
            | ChainFlaw::LeafOnly
            | ChainFlaw::WrongIntermediate => "client sent alert unknown_ca",
            ChainFlaw::Expired | ChainFlaw::ExpiredIntermediate => {
                "client sent alert certificate_expired"
            }
            ChainFlaw::NotYetValid => "client sent alert bad_certificate",
            // curl compares names itself, after the handshake.
            ChainFlaw::WrongName => "closed by client",
            ChainFlaw::Sha1 => "client sent alert bad_certificate",
            ChainFlaw::WeakKey => "client sent alert bad_certificate",
            ChainFlaw::NotForServers => "client sent alert unsupported_certificate",
        };
        for version in ["1.2", "1.3"] {
            let (curl, outcomes) = asked(TlsFault::Chain(flaw), &["--tls-max", version]).await;
            assert_eq!(curl.code, 60, "{flaw:?} {version} {curl:?}");
            assert_eq!(outcomes, failed(how), "{flaw:?} {version} {curl:?}");
        }
    }
}

#[tokio::test]
async fn a_name_in_the_common_name_alone_is_what_the_server_shows() {
    let server = Fixture::new(
        Scheme::Https,
        [Fault::Tls(TlsFault::Chain(ChainFlaw::CommonNameOnly))],
    )
    .await;
    let shown = s_client(&server, &["-showcerts"]).await;
    assert!(shown.contains(&format!("s:CN = {HOST}")), "{shown}");
}

#[tokio::test]
async fn a_weak_key_still_signs_the_handshake() {
    for option in ["-tls1_2", "-tls1_3"] {
        let server = Fixture::new(
            Scheme::Https,
            [Fault::Tls(TlsFault::Chain(ChainFlaw::WeakKey))],
        )
        .await;
        let shown = s_client(&server, &[option, "-cipher", "DEFAULT@SECLEVEL=0"]).await;
        assert!(shown.contains("Verify return code: 0 (ok)"), "{shown}");
        assert!(shown.contains("Server public key is 1024 bit"), "{shown}");
    }
}

#[tokio::test]
async fn the_certificate_of_another_name_is_sent_whatever_is_asked_for() {
    let other = HostName::parse("other.example").unwrap();
    let (curl, outcomes) = asked(TlsFault::AnswerFor(other), &[]).await;
    assert_eq!(curl.code, 60, "{curl:?}");
    assert!(
        curl.error
            .contains("no alternative certificate subject name")
    );
    assert_eq!(outcomes, failed("closed by client"));
}

#[tokio::test]
async fn a_server_of_tls_1_0_is_refused_by_the_client() {
    let (curl, outcomes) = asked(TlsFault::OldVersion, &["--tlsv1.2"]).await;
    assert_eq!(curl.code, 35, "{curl:?}");
    assert!(curl.error.contains("unsupported protocol"), "{curl:?}");
    assert_eq!(outcomes, failed("server speaks only tls 1.0"));
}

#[tokio::test]
async fn without_a_shared_protocol_the_handshake_ends() {
    let (curl, outcomes) = asked(TlsFault::NoSharedAlpn, &[]).await;
    assert_eq!(curl.code, 35, "{curl:?}");
    assert!(curl.error.contains("no application protocol"), "{curl:?}");
    assert_eq!(outcomes, failed("no shared application protocol"));
}

#[tokio::test]
async fn without_a_client_certificate_there_is_no_connection() {
    for version in ["1.2", "1.3"] {
        let options = ["--tls-max", version, "--http1.1"];
        let (curl, outcomes) = asked(TlsFault::ClientCertificate, &options).await;
        assert_ne!(curl.code, 0, "{curl:?}");
        assert!(curl.error.contains("certificate required"), "{curl:?}");
        assert_eq!(outcomes, failed("client sent no certificate"));
    }
}

#[tokio::test]
async fn plain_http_on_the_port_is_no_handshake() {
    let (curl, outcomes) = asked(TlsFault::PlainHttp, &[]).await;
    assert_eq!(curl.code, 35, "{curl:?}");
    assert!(curl.error.contains("wrong version number"), "{curl:?}");
    assert_eq!(outcomes, failed("server speaks plain http"));
}

#[tokio::test]
async fn a_stalled_handshake_lasts_as_long_as_the_client_does() {
    let (curl, outcomes) = asked(TlsFault::Stall, &["--max-time", "0.2"]).await;
    assert_eq!(curl.code, 28, "{curl:?}");
    assert_eq!(outcomes, failed("stalled after the client hello"));
}

#[tokio::test]
async fn each_alert_reaches_the_client() {
    for (alert, number, name) in [
        (Alert::HandshakeFailure, 40, "handshake_failure"),
        (Alert::ProtocolVersion, 70, "protocol_version"),
        (Alert::InsufficientSecurity, 71, "insufficient_security"),
        (Alert::InternalError, 80, "internal_error"),
        (Alert::UnrecognizedName, 112, "unrecognized_name"),
        (Alert::AccessDenied, 49, "access_denied"),
    ] {
        let mut server = Fixture::new(Scheme::Https, [Fault::Tls(TlsFault::Alert(alert))]).await;
        let shown = s_client(&server, &[]).await;
        assert!(
            shown.contains(&format!("SSL alert number {number}")),
            "{shown}"
        );
        let how = format!("server sent alert {name}");
        assert_eq!(outcomes(&server.events().await), failed(&how));
    }
}

#[tokio::test]
async fn a_connection_can_end_after_the_client_hello() {
    let (curl, outcomes) = asked(TlsFault::Close, &[]).await;
    assert_eq!(curl.code, 35, "{curl:?}");
    assert_eq!(outcomes, failed("closed after the client hello"));
    let (curl, outcomes) = asked(TlsFault::Reset, &[]).await;
    assert_eq!(curl.code, 35, "{curl:?}");
    assert!(curl.error.contains("reset by peer"), "{curl:?}");
    assert_eq!(outcomes, failed("reset after the client hello"));
}

#[tokio::test]
async fn a_client_that_is_too_old_shares_no_version() {
    let mut server = Fixture::https(&[]).await;
    s_client(&server, &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]).await;
    assert_eq!(
        outcomes(&server.events().await),
        failed("no shared version")
    );
}

#[tokio::test]
async fn tls_1_2_is_spoken_too() {
    let mut server = Fixture::https(&[]).await;
    let curl = server.curl("/greeting", &["--tls-max", "1.2"]).await;
    assert_eq!((curl.code, curl.body()), (0, GREETING));
    let events = server.events().await;
    assert!(
        events.iter().any(|event| matches!(&event.kind,
        EventKind::Tls { version: Some(version), outcome: Outcome::Done, .. } if version == "1.2"))
    );
}

#[tokio::test]
async fn a_client_that_speaks_plain_http_to_tls_is_recorded() {
    let mut server = Fixture::https(&[]).await;
    let mut client = server.connect().await;
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: web.example\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    drop(client);
    assert_eq!(
        outcomes(&server.events().await),
        failed("client did not speak tls")
    );
}

#[tokio::test]
async fn a_client_that_comes_and_goes_has_said_nothing_about_tls() {
    let mut server = Fixture::https(&[]).await;
    drop(server.connect().await);
    server
        .until(|event| matches!(event, EventKind::Accepted { .. }))
        .await;
    assert_eq!(outcomes(&server.events().await), []);
}

/// What `openssl s_client` prints of a handshake.
async fn s_client(server: &Fixture, options: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(["s_client", "-servername", HOST, "-connect"])
        .arg(format!("127.0.0.1:{}", server.port))
        .arg("-CAfile")
        .arg(server.root())
        .args(options)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}
