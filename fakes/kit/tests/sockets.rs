//! What holds for every socket of the fakes.

use modfault_kit::dial::LoopbackDialer;
use modfault_kit::{Dial, HostName, send_at_once};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn an_accepted_connection_has_the_promptness_of_its_listener() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    for promptness in [false, true] {
        if promptness {
            send_at_once(&listener).unwrap();
        }
        let _client = TcpStream::connect(address).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        assert_eq!(accepted.nodelay().unwrap(), promptness);
    }
}

#[tokio::test]
async fn a_dialled_connection_sends_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let dial = Dial::new(LoopbackDialer::default().with("origin.example", 80, address));
    let from = HostName::parse("proxy.example").unwrap();
    let socket = dial.connect(&from, "origin.example", 80).await.unwrap();
    assert!(socket.nodelay().unwrap());
}
