//! A sandbox from its making to its end.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::fs;
use std::io;
use std::net::{SocketAddrV4, TcpListener, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;

use crate::command::Place;
use crate::control::{self, Control, Reply, Spawn, What};
use crate::launch::{Init, Launch, launch};
use crate::layout;
use crate::script::{Op, Script, fixed};
use crate::sources::Sources;
use crate::{
    Broker, Command, Files, Identity, Output, Process, SandboxError, SandboxPlan, network,
    preflight, sys,
};

/// Connections that may wait to be accepted.
const QUEUE: u16 = 1024;

/// The client machine and the internet's address space of one world.
///
/// Everything in it lives in namespaces and memory: when it is dropped, or our process dies in whatever way, nothing is left.
#[derive(Debug)]
pub struct Sandbox {
    init: Init,
    control: Arc<Control>,
    files: Files,
    wire: Option<WireEnds>,
    kept: Vec<OwnedFd>,
    identity: Identity,
}

/// The near ends of the two links: non-blocking packet sockets, each frame behind a virtio header of 10 bytes (packet(7), `PACKET_VNET_HDR`).
///
/// A frame read from one is sent on the other as it is: its Ethernet addresses fit. What was sent on one is not read from it again.
/// Drop them before the sandbox: the last close of a packet socket takes milliseconds, which the sandbox then spends elsewhere.
#[derive(Debug)]
pub struct WireEnds {
    /// What the client sends and receives.
    pub client: OwnedFd,
    /// What the hosts send and receive.
    pub internet: OwnedFd,
}

impl Sandbox {
    /// Makes a sandbox. Works from any thread; a refusal of the kernel's comes with the settings that stand in the way.
    pub fn create(plan: &SandboxPlan) -> Result<Self, SandboxError> {
        let identity = Identity::of_caller();
        let sources = Sources::find(plan)?;
        let trees = copy_trees(identity, &sources);
        let copied = trees.iter().map(|(index, _)| *index).collect();
        let script = write_script(plan, identity, &sources, &copied)?;
        let names: Vec<String> = script.steps.iter().map(|step| step.name.clone()).collect();

        let (ours, theirs) = sys::message_pair().map_err(|errno| broken("start", errno.into()))?;
        let mut descriptors = vec![(theirs, fixed::CONTROL)];
        for (index, tree) in trees {
            descriptors.push((tree, layout::tree_number(index)));
        }
        let init = launch(Launch {
            script,
            descriptors: raise(descriptors, layout::tree_number(sources.trees.len()))?,
            client: identity.client_id(),
            blocks: blocks(),
        })
        .map_err(|source| refused("make a user namespace", source))?;
        let control = Control::new(ours);
        let [root, client, internet] = settle(&init, &control, identity, &names)?;
        let mut kept = Vec::new();
        for end in [&client, &internet] {
            enlarge(end);
            let copy = end.try_clone();
            kept.push(copy.map_err(|source| broken("keep the wire", source))?);
        }
        Ok(Self {
            init,
            control: Arc::new(control),
            files: Files::new(root, identity),
            wire: Some(WireEnds { client, internet }),
            kept,
            identity,
        })
    }

    /// The two ends of the wire, once.
    pub fn take_wire(&mut self) -> Option<WireEnds> {
        self.wire.take()
    }

    /// A listening, non-blocking TCP socket of the internet side.
    pub fn bind_tcp(&self, address: SocketAddrV4) -> io::Result<TcpListener> {
        self.bind_tcp_with_queue(address, QUEUE)
    }

    /// The same, with room for `queue` connections and one more that nobody has accepted (listen(2)).
    pub fn bind_tcp_with_queue(
        &self,
        address: SocketAddrV4,
        queue: u16,
    ) -> io::Result<TcpListener> {
        let what = What::BindTcp(Place::Internet, address, queue);
        Ok(TcpListener::from(self.control.ask_for_one(what)?))
    }

    /// A non-blocking UDP socket of the internet side.
    pub fn bind_udp(&self, address: SocketAddrV4) -> io::Result<UdpSocket> {
        let what = What::BindUdp(Place::Internet, address);
        Ok(UdpSocket::from(self.control.ask_for_one(what)?))
    }

    /// A listening, non-blocking TCP socket of the client's network, for a service on that machine.
    pub fn bind_client_tcp(&self, address: SocketAddrV4) -> io::Result<TcpListener> {
        let what = What::BindTcp(Place::Client, address, QUEUE);
        Ok(TcpListener::from(self.control.ask_for_one(what)?))
    }

    /// A non-blocking UDP socket of the client's network; port 0 is any.
    pub fn bind_client_udp(&self, address: SocketAddrV4) -> io::Result<UdpSocket> {
        let what = What::BindUdp(Place::Client, address);
        Ok(UdpSocket::from(self.control.ask_for_one(what)?))
    }

    /// A handle that gives unconnected sockets of the internet side.
    pub fn broker(&self) -> Broker {
        Broker::new(Arc::clone(&self.control), Place::Internet)
    }

    /// A handle that gives unconnected sockets of the client's network.
    pub fn client_broker(&self) -> Broker {
        Broker::new(Arc::clone(&self.control), Place::Client)
    }

    /// The client's files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The number, outside, of the sandbox's first process.
    pub fn pid(&self) -> i32 {
        self.init.pid
    }

    /// Starts a command. That its program is missing is told by its end, not here.
    pub fn spawn(&self, command: &Command) -> io::Result<Process> {
        let (image, size) = command.image()?;
        let (report, report_end) = io::pipe()?;
        let spawn = |terminal| {
            What::Spawn(Spawn {
                user: command.user,
                place: command.place,
                terminal,
                size,
            })
        };
        let fixed = [image.as_raw_fd(), report_end.as_raw_fd()];
        let (held, gate) = match command.hold {
            Some(_) => {
                let (held, gate) = UnixStream::pair()?;
                (Some(held), Some(gate))
            }
            None => (None, None),
        };
        let held = held.as_ref().map(AsRawFd::as_raw_fd);
        let (pid, descriptors, outputs) = match command.output {
            Output::Pipes => {
                let (stdout, stdout_end) = io::pipe()?;
                let (stderr, stderr_end) = io::pipe()?;
                for pipe in [&stdout_end, &stderr_end] {
                    // Who opens /dev/stderr anew needs to own what is behind it.
                    self.identity.give_to_client(pipe.as_fd())?;
                }
                let output = [stdout_end.as_raw_fd(), stderr_end.as_raw_fd()];
                let pass: Vec<_> = fixed.into_iter().chain(output).chain(held).collect();
                let (pid, descriptors) = self.control.ask(spawn(false), &pass)?;
                (pid, descriptors, Some((stdout, stderr)))
            }
            Output::Terminal { .. } => {
                let pass: Vec<_> = fixed.into_iter().chain(held).collect();
                let (pid, descriptors) = self.control.ask(spawn(true), &pass)?;
                (pid, descriptors, None)
            }
        };
        let mut descriptors = descriptors.into_iter();
        let process = descriptors
            .next()
            .ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
        let terminal = descriptors.next();
        if let (Some(terminal), Output::Terminal { columns, rows }) = (&terminal, command.output) {
            sys::set_terminal_size(terminal.as_fd(), columns, rows)?;
        }
        let (stdout, stderr) = match outputs {
            Some((stdout, stderr)) => (Some(OwnedFd::from(stdout)), Some(OwnedFd::from(stderr))),
            None => (terminal, None),
        };
        for pipe in [&stdout, &stderr].into_iter().flatten() {
            sys::never_block(pipe.as_fd())?;
        }
        sys::never_block(report.as_fd())?;
        Ok(Process {
            stdout,
            stderr,
            pid: pid as i32,
            process,
            report: fs::File::from(OwnedFd::from(report)),
            control: Arc::clone(&self.control),
            failure: None,
            gate,
            is_held: false,
        })
    }

    /// Ends it: every process is killed, and nothing is left when this returns. Dropping does the same.
    pub fn destroy(self) {
        drop(self);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.init.end();
        let wire = self.wire.take();
        let ends = wire
            .into_iter()
            .flat_map(|wire| [wire.client, wire.internet]);
        close_elsewhere(self.kept.drain(..).chain(ends).collect());
    }
}

/// Lets the machine's root go beyond `net.core.rmem_max`; for others the kernel's refusal changes nothing.
fn enlarge(end: &OwnedFd) {
    const BUFFER: i32 = 16 << 20;
    for option in [libc::SO_RCVBUFFORCE, libc::SO_SNDBUFFORCE] {
        let _refused = sys::set_option(end.as_raw_fd(), libc::SOL_SOCKET, option, BUFFER);
    }
}

/// Closes packet sockets on a thread of their own, as the kernel lets the last close of each wait for some milliseconds.
fn close_elsewhere(sockets: Vec<OwnedFd>) {
    static CLOSER: OnceLock<Option<mpsc::Sender<Vec<OwnedFd>>>> = OnceLock::new();
    let closer = CLOSER.get_or_init(|| {
        let (sender, queue) = mpsc::channel::<Vec<OwnedFd>>();
        let thread = thread::Builder::new()
            .name("modfault-close".to_owned())
            .stack_size(64 << 10)
            .spawn(move || queue.into_iter().for_each(drop));
        thread.is_ok().then_some(sender)
    });
    if let Some(closer) = closer {
        // Without the thread they are closed here, with the message that comes back.
        let _closed_here = closer.send(sockets);
    }
}

/// Maps the ids, lets init go on, and waits until it is ready with the client's root and the ends of the wire.
fn settle(
    init: &Init,
    control: &Control,
    identity: Identity,
    names: &[String],
) -> Result<[OwnedFd; 3], SandboxError> {
    map_ids(identity, init.pid).map_err(|source| refused("map the user ids", source))?;
    let (reply, descriptors) = control.begin().map_err(|source| broken("begin", source))?;
    if reply.errno != 0 {
        let step = usize::try_from(reply.value).ok();
        let name = step.and_then(|step| names.get(step)).map(String::as_str);
        let source = io::Error::from_raw_os_error(reply.errno);
        return Err(refused(name.unwrap_or("settle the sandbox's init"), source));
    }
    <[OwnedFd; 3]>::try_from(descriptors)
        .map_err(|_| broken("begin", io::Error::from(io::ErrorKind::BrokenPipe)))
}

fn write_script(
    plan: &SandboxPlan,
    identity: Identity,
    sources: &Sources,
    copied: &BTreeSet<usize>,
) -> Result<Script, SandboxError> {
    let mut script = Script::default();
    script.must(
        "make mount, host name and IPC namespaces",
        Op::Unshare(libc::CLONE_NEWNS | libc::CLONE_NEWUTS | libc::CLONE_NEWIPC),
    );
    network::namespaces(&mut script);
    script.must(
        "set the host name",
        Op::HostName(plan.host_name.clone().into_bytes()),
    );
    layout::file_system(&mut script, plan, identity, sources, copied)?;
    network::links(&mut script, &plan.network, &identity)?;
    script.must("watch for ended commands", Op::WatchChildren);
    Ok(script)
}

/// Copies the plan's own trees where we are root: below a home that only its owner may enter, the sandbox's root cannot reach them.
fn copy_trees(identity: Identity, sources: &Sources) -> Vec<(usize, OwnedFd)> {
    if identity != Identity::Root {
        return Vec::new();
    }
    let named = sources.trees.iter().enumerate();
    named
        .filter(|(_, source)| source.named)
        .filter_map(|(index, source)| {
            let path = CString::new(source.path.as_os_str().as_bytes()).ok()?;
            let tree = sys::owned(sys::clone_tree(&path).ok()?);
            sys::restrict_tree(tree.as_raw_fd(), source.access).ok()?;
            Some((index, tree))
        })
        .collect()
}

/// Lifts descriptors above every number that init uses, so that none is overwritten before it is copied.
fn raise(
    descriptors: Vec<(OwnedFd, RawFd)>,
    above: RawFd,
) -> Result<Vec<(OwnedFd, RawFd)>, SandboxError> {
    descriptors
        .into_iter()
        .map(|(fd, number)| {
            let raised = sys::duplicate_above(fd.as_fd(), above + 1)
                .map_err(|errno| broken("start", errno.into()))?;
            Ok((raised, number))
        })
        .collect()
}

fn map_ids(identity: Identity, pid: i32) -> io::Result<()> {
    let (users, groups) = identity.maps();
    if identity != Identity::Root {
        // An ordinary caller maps groups only where no process can give one up (user_namespaces(7)).
        fs::write(format!("/proc/{pid}/setgroups"), "deny")?;
    }
    fs::write(format!("/proc/{pid}/uid_map"), users)?;
    fs::write(format!("/proc/{pid}/gid_map"), groups)
}

/// Where arguments and environment of this process lie: fields 48 to 51 of proc_pid_stat(5). Unknown, they are empty.
fn blocks() -> [(usize, usize); 2] {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let mut fields = fields
        .split_whitespace()
        .skip(45)
        .map(|field| field.parse().unwrap_or(0));
    let mut next = || fields.next().unwrap_or(0);
    [(next(), next()), (next(), next())]
}

fn refused(operation: &str, source: io::Error) -> SandboxError {
    SandboxError::Refused {
        operation: operation.to_owned(),
        limits: preflight::explain(operation, &source),
        source,
    }
}

fn broken(about: &'static str, source: io::Error) -> SandboxError {
    SandboxError::Control { about, source }
}

impl Control {
    /// Lets init go on, and waits until it is ready or has failed.
    fn begin(&self) -> io::Result<(Reply, Vec<OwnedFd>)> {
        self.with(|socket| {
            sys::send(socket.as_raw_fd(), &[1], &[])?;
            control::receive(socket)
        })
    }
}
