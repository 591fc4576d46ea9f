//! The time limits of sockets (SO_RCVTIMEO, SO_SNDTIMEO), and what the kernel does for a connection meanwhile.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use libc::c_int;

use crate::call::{Clocks, call, from, val};
use crate::stage::lasts;

crate::tests![
    receiving_ends_when_its_time_is_over,
    sending_ends_when_its_time_is_over,
    what_arrives_in_time_is_received_then_and_the_next_wait_is_a_new_one,
    a_limit_that_was_taken_back_is_none,
];

const WAIT: Duration = Duration::from_millis(60_500);

fn limit(socket: &impl AsRawFd, option: c_int) {
    let arguments = [
        socket.as_raw_fd() as usize,
        libc::SOL_SOCKET as usize,
        option as usize,
        from(&val(WAIT)),
        size_of::<libc::timeval>(),
    ];
    call(libc::SYS_setsockopt, arguments).unwrap();
}

fn receiving_ends_when_its_time_is_over() {
    lasts(WAIT * 4, || {
        let before = Clocks::read();
        let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
        datagrams.set_read_timeout(Some(WAIT)).unwrap();
        let error = datagrams.recv(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert_eq!(before.elapsed(), WAIT);

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        limit(&listener, libc::SO_RCVTIMEO);
        let error = listener.accept().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert_eq!(before.elapsed(), WAIT * 2);

        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        limit(&stream, libc::SO_RCVTIMEO);
        let error = stream.read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert_eq!(before.elapsed(), WAIT * 3);

        let (mut ours, _theirs) = UnixStream::pair().unwrap();
        limit(&ours, libc::SO_RCVTIMEO);
        let error = ours.read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert_eq!(before.elapsed(), WAIT * 4);
    });
}

fn sending_ends_when_its_time_is_over() {
    lasts(WAIT, || {
        let (mut ours, _theirs) = UnixStream::pair().unwrap();
        limit(&ours, libc::SO_SNDTIMEO);
        let before = Clocks::read();
        ours.set_nonblocking(true).unwrap();
        while ours.write(&[0; 1 << 12]).is_ok() {}
        ours.set_nonblocking(false).unwrap();
        let error = ours.write(b"x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert_eq!(before.elapsed(), WAIT);
    });
}

fn what_arrives_in_time_is_received_then_and_the_next_wait_is_a_new_one() {
    let sent_after = Duration::from_millis(20_125);
    lasts(sent_after + WAIT, || {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        limit(&receiver, libc::SO_RCVTIMEO);
        let to = receiver.local_addr().unwrap();
        let before = Clocks::read();
        thread::scope(|scope| {
            thread::Builder::new()
                .spawn_scoped(scope, || {
                    thread::sleep(sent_after);
                    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
                    sender.send_to(b"x", to).unwrap();
                })
                .unwrap();
            assert_eq!(receiver.recv(&mut [0; 8]).unwrap(), 1);
            assert_eq!(before.elapsed(), sent_after);
        });
        receiver.recv(&mut [0; 8]).unwrap_err();
        assert_eq!(before.elapsed(), sent_after + WAIT);
    });
}

fn a_limit_that_was_taken_back_is_none() {
    lasts(WAIT * 2, || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(WAIT)).unwrap();
        socket.set_read_timeout(None).unwrap();
        let to = socket.local_addr().unwrap();
        thread::scope(|scope| {
            thread::Builder::new()
                .spawn_scoped(scope, || {
                    thread::sleep(WAIT * 2);
                    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
                    sender.send_to(b"x", to).unwrap();
                })
                .unwrap();
            assert_eq!(socket.recv(&mut [0; 8]).unwrap(), 1);
        });
    });
}
