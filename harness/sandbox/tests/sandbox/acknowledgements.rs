//! Each segment is acknowledged when it comes, and not by a timer of the kernel's.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use crate::common::{run, script, stdout, wait_any};
use modfault_sandbox::{
    Bind, BindAccess, Command, End, Place, Sandbox, SandboxPlan, User, WireEnds,
};

const HOST: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// Says that [`client`] is to speak.
const CLIENT: &str = "MODFAULT_SANDBOX_TALK";

/// More than the 16 segments that a kernel acknowledges at once when a connection is new.
const ROUNDS: u32 = 40;

/// No test of its own: the client's part of the conversation.
#[test]
fn client() {
    if std::env::var_os(CLIENT).is_none() {
        return;
    }
    let mut stream = TcpStream::connect((HOST, 80)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut byte = [0];
    while let Ok(1) = stream.read(&mut byte) {
        // To an `a` it has nothing to say: nothing takes the acknowledgement along.
        if &byte == b"b" {
            stream.write_all(b"!").unwrap();
        }
    }
}

/// The host's part. It waits until each of the wire's words says that what it waits for was acknowledged.
fn converse(listener: &TcpListener, acknowledged: &Receiver<Acknowledged>) {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_nodelay(true).unwrap();
    let mut of_host = 0;
    let mut of_client = 0;
    let mut wait_for = |host: u32, client: u32| {
        while of_host < host || of_client < client {
            match acknowledged.recv().unwrap() {
                Acknowledged::OfHost(count) => of_host = count,
                Acknowledged::OfClient(count) => of_client = count,
            }
        }
    };
    for round in 0..ROUNDS {
        stream.write_all(b"a").unwrap();
        wait_for(2 * round + 1, round);
        stream.write_all(b"b").unwrap();
        stream.read_exact(&mut [0]).unwrap();
        // The host does not answer before the client knows that it was heard.
        wait_for(2 * round + 2, round + 1);
    }
}

/// How many bytes of one side the other has acknowledged, as the wire saw it.
enum Acknowledged {
    OfHost(u32),
    OfClient(u32),
}

/// Carries frames both ways and tells every acknowledgement, until the host has acknowledged the client's FIN.
fn carry(wire: WireEnds, tell: &Sender<Acknowledged>) {
    let mut client = File::from(wire.client);
    let mut internet = File::from(wire.internet);
    let mut frame = vec![0; 70_000];
    let [mut first_of_client, mut first_of_host] = [0; 2];
    loop {
        wait_any([client.as_raw_fd(), internet.as_raw_fd()]).unwrap();
        while let Ok(length @ 1..) = client.read(&mut frame) {
            let segment = Segment::parse(&frame);
            if segment.begins {
                first_of_client = segment.sequence + 1;
            } else {
                let count = segment.acknowledged.wrapping_sub(first_of_host);
                let _converse_is_over = tell.send(Acknowledged::OfHost(count));
            }
            internet.write_all(&frame[..length]).unwrap();
        }
        while let Ok(length @ 1..) = internet.read(&mut frame) {
            let segment = Segment::parse(&frame);
            if segment.begins {
                first_of_host = segment.sequence + 1;
            }
            let count = segment.acknowledged.wrapping_sub(first_of_client);
            let _converse_is_over = tell.send(Acknowledged::OfClient(count));
            client.write_all(&frame[..length]).unwrap();
            if count == ROUNDS + 1 {
                return;
            }
        }
    }
}

/// What of a TCP segment matters here.
struct Segment {
    sequence: u32,
    acknowledged: u32,
    begins: bool,
}

impl Segment {
    /// From a frame behind a virtio header, with an IPv4 header without options.
    fn parse(frame: &[u8]) -> Self {
        let segment = &frame[10 + 14 + 20..];
        let word = |at: usize| u32::from_be_bytes(segment[at..at + 4].try_into().unwrap());
        Self {
            sequence: word(4),
            acknowledged: word(8),
            begins: segment[13] & 0x02 != 0,
        }
    }
}

/// A counter of a network namespace's TCP (`/proc/net/netstat`: a line of names, then one of values).
fn counter(sandbox: &Sandbox, place: Place, name: &str) -> u64 {
    let mut command = script("grep TcpExt: /proc/net/netstat");
    command.place = place;
    let done = run(sandbox, &command);
    let mut lines = stdout(&done).lines().map(str::split_whitespace);
    let names = lines.next().unwrap();
    let mut counters = names.zip(lines.next().unwrap());
    let (_, value) = counters.find(|(counter, _)| *counter == name).unwrap();
    value.parse().unwrap()
}

#[test]
fn no_acknowledgement_waits_for_a_timer() {
    let mut sandbox = Sandbox::create(&SandboxPlan {
        binds: vec![Bind {
            source: std::env::current_exe().unwrap(),
            target: "/opt/client".to_owned(),
            access: BindAccess::ReadOnly,
        }],
        ..SandboxPlan::default()
    })
    .unwrap();
    let wire = sandbox.take_wire().unwrap();
    let listener = sandbox.bind_tcp(SocketAddrV4::new(HOST, 80)).unwrap();
    listener.set_nonblocking(false).unwrap();
    let command = Command::new(["/opt/client", "--exact", "acknowledgements::client"])
        .env(CLIENT, "1")
        .user(User::Client);
    let (tell, acknowledged) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || carry(wire, &tell));
        scope.spawn(move || converse(&listener, &acknowledged));
        let mut client = sandbox.spawn(&command).unwrap();
        assert_eq!(client.wait().unwrap().end, End::Code(0));
    });
    let late =
        [Place::Client, Place::Internet].map(|place| counter(&sandbox, place, "DelayedACKs"));
    assert_eq!(late, [0, 0]);
}
