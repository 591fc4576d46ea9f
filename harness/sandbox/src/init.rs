//! PID 1 of a sandbox.
//!
//! It is a fork of one thread of a process with many: whatever lock another thread held stays locked for ever. So nothing here
//! allocates, prints or panics; every buffer was made before, or lies on the stack.

use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, RawFd};

use crate::command::Place;
use crate::control::{Reply, Request, What};
use crate::launch::Launch;
use crate::process::Report;
use crate::script::fixed;
use crate::sys::{self, Errno, MOST_PASSED, OnExec, Received, Sys, Transport};

mod child;
mod session;

/// How many commands may run at once.
const MOST_COMMANDS: usize = 256;

/// Lives until the other end of the control socket closes.
pub(crate) fn main(launch: &Launch) -> ! {
    if let Err(errno) = settle(launch) {
        fail(u32::MAX, errno);
    }
    // The first message says that the ids are mapped.
    let mut word = [0; 1];
    match sys::receive(fixed::CONTROL, &mut word) {
        Ok((1, _)) => {}
        _ => sys::exit(1),
    }
    // What is left of the caller in our memory is not to be seen inside, not even by the sandbox's root.
    let _always_works = sys::set_process_option(libc::PR_SET_DUMPABLE, 0);
    // An ordinary caller may not; then the real groups stay, as no group of the sandbox's.
    let _refused = sys::drop_groups();
    if let Err((step, errno)) = launch.script.perform() {
        fail(step, errno);
    }
    let ends = [fixed::ROOT, fixed::WIRE_CLIENT, fixed::WIRE_INTERNET];
    let told = sys::send(fixed::CONTROL, &Reply::ready().to_bytes(), &ends);
    // The process outside keeps the wire; its packets shall not be copied to us.
    sys::close(fixed::WIRE_CLIENT);
    sys::close(fixed::WIRE_INTERNET);
    if told.is_err() {
        sys::exit(1);
    }
    serve(launch.client)
}

/// Cuts what ties it to the process that it was forked from.
fn settle(launch: &Launch) -> Sys<()> {
    for (from, to) in &launch.descriptors {
        sys::duplicate_to(from.as_raw_fd(), *to, OnExec::Close)?;
    }
    for standard in 0..=2 {
        sys::close(standard);
    }
    // Numbers are given out lowest first: these three are 0, 1 and 2.
    for _ in 0..=2 {
        sys::open(c"/dev/null", libc::O_RDWR)?;
    }
    let mut next = 3;
    for used in used_numbers(launch) {
        if used > next {
            sys::close_range(next, used - 1)?;
        }
        next = used + 1;
    }
    sys::close_range(next, u32::MAX)?;
    sys::reset_signal_handlers();
    sys::set_process_option(libc::PR_SET_PDEATHSIG, libc::SIGKILL as usize)?;
    sys::set_process_option(libc::PR_SET_NAME, sys::text(c"init"))?;
    sys::new_session()?;
    sys::leave_keyring();
    sys::forbid_core_dumps()?;
    sys::set_umask(0);
    blot_out(launch);
    Ok(())
}

/// The numbers of the descriptors that stay, ascending: control first, then the trees.
fn used_numbers(launch: &Launch) -> impl Iterator<Item = u32> {
    let numbers = launch.descriptors.iter();
    numbers.map(|(_, number)| number.unsigned_abs())
}

#[expect(
    unsafe_code,
    reason = "the command line and environment of the caller are nobody's business inside"
)]
fn blot_out(launch: &Launch) {
    let [arguments, environment] = launch.blocks;
    // SAFETY: the kernel's own numbers of these blocks; init reads neither arguments nor environment.
    unsafe {
        sys::blot_out(arguments.0, arguments.1, b"init");
        sys::blot_out(environment.0, environment.1, b"");
    }
}

fn fail(step: u32, errno: Errno) -> ! {
    let _unheard = sys::send(fixed::CONTROL, &Reply::failed(step, errno).to_bytes(), &[]);
    sys::exit(1)
}

/// A command that runs.
#[derive(Clone, Copy)]
struct Running {
    pid: i32,
    report: RawFd,
}

fn serve(client: u32) -> ! {
    let mut commands: [Option<Running>; MOST_COMMANDS] = [None; MOST_COMMANDS];
    loop {
        let [asked, ended] = sys::wait_readable([fixed::CONTROL, fixed::CHILDREN]);
        if ended {
            bury(&mut commands);
        }
        if asked {
            answer_one(client, &mut commands);
        }
    }
}

/// Reports every command that has ended; orphans are only reaped.
fn bury(commands: &mut [Option<Running>; MOST_COMMANDS]) {
    let mut signals = [0_u8; 1024];
    while sys::read(fixed::CHILDREN, &mut signals).is_ok() {}
    while let Some(reaped) = sys::reap_any() {
        let slot = commands
            .iter_mut()
            .find(|slot| slot.is_some_and(|running| running.pid == reaped.pid));
        if let Some(running) = slot.and_then(Option::take) {
            let _unheard = sys::write(running.report, &Report::ended(&reaped).to_bytes());
            sys::close(running.report);
        }
    }
}

fn answer_one(client: u32, commands: &mut [Option<Running>; MOST_COMMANDS]) {
    let mut bytes = [0; Request::SIZE];
    let (length, passed) = match sys::receive(fixed::CONTROL, &mut bytes) {
        Ok((0, _)) | Err(_) => sys::exit(0),
        Ok(message) => message,
    };
    let answer = match Request::parse(bytes.get(..length).unwrap_or_default()) {
        None => Err(Errno(libc::EPROTO)),
        Some(request) => obey(request, &passed, client, commands),
    };
    for fd in passed.into_iter().filter(|fd| *fd >= 0) {
        sys::close(fd);
    }
    let told = match answer {
        Ok(Answer { value, descriptors }) => {
            let count = descriptors.iter().take_while(|fd| **fd >= 0).count();
            let sent = sys::send(
                fixed::CONTROL,
                &Reply::done(value).to_bytes(),
                descriptors.get(..count).unwrap_or_default(),
            );
            for fd in descriptors.into_iter().filter(|fd| *fd >= 0) {
                sys::close(fd);
            }
            sent
        }
        Err(errno) => sys::send(fixed::CONTROL, &Reply::failed(0, errno).to_bytes(), &[]),
    };
    if told.is_err() {
        sys::exit(0);
    }
}

/// What is sent back: a number, and descriptors that are closed here afterwards.
struct Answer {
    value: u32,
    descriptors: [RawFd; 2],
}

fn obey(
    request: Request,
    passed: &Received,
    client: u32,
    commands: &mut [Option<Running>; MOST_COMMANDS],
) -> Sys<Answer> {
    match request.what {
        What::BindTcp(place, address, queue) => {
            hand_out(bound(place, Transport::Tcp, address, queue)?)
        }
        What::BindUdp(place, address) => hand_out(bound(place, Transport::Udp, address, 0)?),
        What::TcpSocket(place, from) => {
            let from = from.map(|address| SocketAddrV4::new(address, 0));
            let socket = socket_of(place, Transport::Tcp)?;
            match from.map_or(Ok(()), |from| sys::bind_internet(socket, from)) {
                Ok(()) => hand_out(socket),
                Err(errno) => {
                    sys::close(socket);
                    Err(errno)
                }
            }
        }
        What::Spawn(spawn) => {
            let slot = commands
                .iter_mut()
                .find(|slot| slot.is_none())
                .ok_or(Errno(libc::EAGAIN))?;
            let [image, report, ..] = *passed;
            let report_copy = sys::duplicate(report)?;
            match child::start(&spawn, image, report, passed, client) {
                Ok(started) => {
                    *slot = Some(Running {
                        pid: started.pid,
                        report: report_copy,
                    });
                    Ok(Answer {
                        value: started.pid.unsigned_abs(),
                        descriptors: [started.process, started.terminal],
                    })
                }
                Err(errno) => {
                    sys::close(report_copy);
                    Err(errno)
                }
            }
        }
        What::Signal(pid, signal) => {
            session::signal(pid, signal);
            Ok(Answer {
                value: 0,
                descriptors: [-1; 2],
            })
        }
    }
}

fn hand_out(fd: RawFd) -> Sys<Answer> {
    Ok(Answer {
        value: 0,
        descriptors: [fd, -1],
    })
}

/// A socket that is bound, and listens where it is one of TCP.
fn bound(place: Place, transport: Transport, address: SocketAddrV4, queue: u16) -> Sys<RawFd> {
    let socket = socket_of(place, transport)?;
    let ready = || {
        if transport == Transport::Tcp {
            sys::set_option(socket, libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
        }
        sys::bind_internet(socket, address)?;
        match transport {
            Transport::Tcp => sys::listen(socket, i32::from(queue)),
            Transport::Udp => Ok(()),
        }
    };
    ready().inspect_err(|_| sys::close(socket))?;
    Ok(socket)
}

/// A socket of one side's network. It stays there, wherever init is: that is the internet's, and for the client's it goes
/// there and back.
fn socket_of(place: Place, transport: Transport) -> Sys<RawFd> {
    match place {
        Place::Internet => sys::internet_socket(transport),
        Place::Client => {
            sys::enter_network(fixed::CLIENT)?;
            let socket = sys::internet_socket(transport);
            sys::enter_network(fixed::INTERNET).inspect_err(|_| {
                if let Ok(socket) = socket {
                    sys::close(socket);
                }
            })?;
            socket
        }
    }
}

const _: () = assert!(MOST_PASSED >= 5, "a command comes with five descriptors");
