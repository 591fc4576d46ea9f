//! The network, up to the two ends of the wire.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::thread;
use std::time::Duration;

use crate::common::{finish, run, script, stderr, stdout, wait_any, wait_readable};
use modfault_sandbox::{
    Bind, BindAccess, CLIENT_MAC, Command, End, GATEWAY_MAC, NetworkPlan, Offloads, Place, Sandbox,
    SandboxPlan, User, WireEnds,
};

const HOST: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// Says what [`probe`] is to do.
const PROBE: &str = "MODFAULT_SANDBOX_PROBE";

/// No test of its own: what the others run inside, as the machine may have no program that speaks TCP.
#[test]
fn probe() {
    let Ok(address) = std::env::var(PROBE) else {
        return;
    };
    let address: SocketAddr = address.parse().unwrap();
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_millis(500)).unwrap();
    stream.write_all(b"please").unwrap();
    let length = std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
    assert_eq!(length, DOWNLOAD as u64);
}

fn probing(mut plan: SandboxPlan) -> Sandbox {
    plan.binds.push(Bind {
        source: std::env::current_exe().unwrap(),
        target: "/opt/probe".to_owned(),
        access: BindAccess::ReadOnly,
    });
    Sandbox::create(&plan).unwrap()
}

fn connect_to(address: &str) -> Command {
    Command::new(["/opt/probe", "--exact", "network::probe"]).env(PROBE, address)
}

const DOWNLOAD: usize = 500_000;

/// Carries frames both ways until one from the client goes to `last`; gives the largest frame's length.
fn carry(wire: WireEnds, last: Ipv4Addr) -> usize {
    let mut client = File::from(wire.client);
    let mut internet = File::from(wire.internet);
    let mut frame = vec![0; 70_000];
    let mut largest = 0;
    loop {
        wait_any([client.as_raw_fd(), internet.as_raw_fd()]).unwrap();
        while let Ok(length @ 1..) = client.read(&mut frame) {
            if destination(&frame) == last.octets() {
                return largest;
            }
            largest = largest.max(length);
            internet.write_all(&frame[..length]).unwrap();
        }
        while let Ok(length @ 1..) = internet.read(&mut frame) {
            largest = largest.max(length);
            client.write_all(&frame[..length]).unwrap();
        }
    }
}

/// The destination in an IPv4 packet in an Ethernet frame behind a virtio header.
fn destination(frame: &[u8]) -> [u8; 4] {
    frame[10 + 14 + 16..10 + 14 + 20].try_into().unwrap()
}

/// Downloads from a host, and gives the length of the largest frame.
fn download(offloads: Offloads) -> usize {
    let mut sandbox = probing(SandboxPlan {
        network: NetworkPlan {
            offloads,
            ..NetworkPlan::default()
        },
        ..SandboxPlan::default()
    });
    let wire = sandbox.take_wire().unwrap();
    assert!(sandbox.take_wire().is_none());
    let listener = sandbox.bind_tcp(SocketAddrV4::new(HOST, 80)).unwrap();
    listener.set_nonblocking(false).unwrap();
    let nobody = Ipv4Addr::new(192, 0, 2, 1);
    thread::scope(|scope| {
        let wire = scope.spawn(move || carry(wire, nobody));
        scope.spawn(|| {
            let (mut stream, peer) = listener.accept().unwrap();
            assert_eq!(peer.ip(), Ipv4Addr::new(198, 51, 100, 2));
            let mut request = [0; 6];
            stream.read_exact(&mut request).unwrap();
            assert_eq!(&request, b"please");
            stream.write_all(&[b'x'; DOWNLOAD]).unwrap();
        });
        let done = run(&sandbox, &connect_to("203.0.113.10:80"));
        // The last SYN ends the wire.
        let refused = run(&sandbox, &connect_to("192.0.2.1:80"));
        assert_eq!(done.end, End::Code(0), "{done:?}");
        assert_ne!(refused.end, End::Code(0), "{refused:?}");
        wire.join().unwrap()
    })
}

#[test]
fn a_download_passes_over_the_wire_in_large_frames() {
    assert!(download(Offloads::On) > 10 + 14 + 1500);
}

#[test]
fn without_offloads_no_frame_is_larger_than_the_mtu() {
    assert!(download(Offloads::Off) <= 10 + 14 + 1500);
}

#[test]
fn a_packet_to_anywhere_shows_up_on_the_wire_and_goes_nowhere_else() {
    let mut sandbox = probing(SandboxPlan::default());
    let wire = sandbox.take_wire().unwrap();
    let process = sandbox.spawn(&connect_to("8.8.8.8:53")).unwrap();
    let frame = first_frame(wire.client);
    let frame = &frame[10..];
    assert_eq!(frame[..6], GATEWAY_MAC);
    assert_eq!(frame[6..12], CLIENT_MAC);
    assert_eq!(frame[14 + 12..14 + 20], [198, 51, 100, 2, 8, 8, 8, 8]);
    assert_eq!(frame[14 + 20 + 2..14 + 20 + 4], 53_u16.to_be_bytes());
    // What was sent on one end is not heard on the other.
    let mut nothing = [0; 100];
    let error = File::from(wire.internet).read(&mut nothing).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    process.kill().unwrap();
}

fn first_frame(end: OwnedFd) -> Vec<u8> {
    let mut end = File::from(end);
    let mut frame = vec![0; 70_000];
    loop {
        match end.read(&mut frame) {
            Ok(length) => return frame[..length].to_vec(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => wait_readable(&end),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn the_network_is_quiet_until_somebody_speaks() {
    let mut sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let wire = sandbox.take_wire().unwrap();
    assert_eq!(run(&sandbox, &script("exec sleep 0.3")).end, End::Code(0));
    for end in [wire.client, wire.internet] {
        let mut frame = [0; 2000];
        let error = File::from(end).read(&mut frame).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
}

#[test]
fn the_client_sees_one_interface_and_one_route() {
    let plan = SandboxPlan {
        network: NetworkPlan {
            sysctls: [("net.ipv4.tcp_syn_retries".to_owned(), "2".to_owned())].into(),
            ..NetworkPlan::default()
        },
        ..SandboxPlan::default()
    };
    let sandbox = Sandbox::create(&plan).unwrap();
    let done = run(
        &sandbox,
        &script(
            "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; tail -n +2 /proc/net/route | cut -f1-3; cat /proc/sys/net/ipv4/tcp_syn_retries; cat /proc/net/if_inet6 | grep -c eth0",
        ),
    );
    assert_eq!(
        stdout(&done),
        "lo\neth0\neth0\t00000000\t016433C6\n2\n0\n",
        "{done:?}"
    );
}

#[test]
fn a_setting_that_does_not_exist_is_an_error_that_names_it() {
    let plan = SandboxPlan {
        network: NetworkPlan {
            sysctls: [("net.ipv4.no_such".to_owned(), "1".to_owned())].into(),
            ..NetworkPlan::default()
        },
        ..SandboxPlan::default()
    };
    let error = Sandbox::create(&plan).unwrap_err();
    assert_eq!(error.to_string(), "set net.ipv4.no_such to 1");
}

#[test]
fn hosts_talk_to_each_other_through_the_broker() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let listener = sandbox.bind_tcp(SocketAddrV4::new(HOST, 443)).unwrap();
    let from = Ipv4Addr::new(203, 0, 113, 20);
    let socket = sandbox.broker().tcp_socket(Some(from)).unwrap();
    crate::common::connect(&socket, SocketAddrV4::new(HOST, 443));
    listener.set_nonblocking(false).unwrap();
    let (_, peer) = listener.accept().unwrap();
    assert_eq!(peer.ip(), from);
    assert!(
        sandbox
            .broker()
            .tcp_socket(Some(Ipv4Addr::new(192, 0, 2, 1)))
            .is_err()
    );
    let taken = sandbox.bind_tcp(SocketAddrV4::new(HOST, 443)).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
    sandbox
        .bind_udp(SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 53), 53))
        .unwrap();
}

#[test]
fn a_command_can_run_on_the_internet_side() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let mut command = Command::new(["/bin/sh", "-c", "grep -c 203.0.113.0 /proc/net/fib_trie"]);
    command.place = Place::Internet;
    assert_ne!(stdout(&run(&sandbox, &command)), "0\n");
    command.place = Place::Client;
    assert_eq!(stdout(&run(&sandbox, &command.user(User::Root))), "0\n");
    assert_eq!(stderr(&run(&sandbox, &script("true"))), "");
}

#[test]
fn sockets_of_the_clients_network_are_there_and_the_next_of_the_internets_again() {
    let sandbox = probing(SandboxPlan::default());
    let own = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 53), 53);
    let listener = sandbox.bind_client_tcp(own).unwrap();
    listener.set_nonblocking(false).unwrap();
    sandbox.bind_client_udp(own).unwrap();
    let process = sandbox.spawn(&connect_to("127.0.0.53:53")).unwrap();
    let (mut stream, peer) = listener.accept().unwrap();
    assert!(peer.ip().is_loopback(), "{peer}");
    stream.read_exact(&mut [0; 6]).unwrap();
    stream.write_all(&[b'x'; DOWNLOAD]).unwrap();
    drop(stream);
    let done = finish(process);
    assert_eq!(done.end, End::Code(0), "{done:?}");
    let socket = sandbox.client_broker().tcp_socket(None).unwrap();
    crate::common::connect(&socket, own);
    listener.accept().unwrap();
    // Nobody listens there on the other side.
    sandbox.bind_tcp(own).unwrap();
}
