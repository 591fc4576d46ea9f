//! What the go command waits for, found among its goroutines.
//!
//! The goroutine that matters is the one that runs code of the command itself. Where that has asked another one for a connection,
//! what it waits for is what that one does. Names of functions are those of Go 1.19 to 1.27.

use super::dump::{Frame, Goroutine};

/// What the go command waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it is about.
    pub activity: Activity,
    /// In what it sleeps.
    pub wait: Wait,
    /// The function of the standard library that tells: `net/http.(*persistConn).roundTrip`.
    pub library: String,
    /// The function of the command that wants it: `cmd/go/internal/modfetch.(*proxyRepo).Stat`.
    pub command: Option<String>,
    /// How many other goroutines of the command wait for the same.
    pub alike: usize,
}

/// What a goroutine of the go command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// A child process is to end.
    Child,
    /// Another process is to give a locked file free.
    FileLock,
    /// The body of a response is read.
    ResponseBody,
    /// The headers of a response are waited for.
    ResponseHeaders,
    /// The address of a host is looked up.
    Lookup,
    /// A TCP connection is made.
    Connect,
    /// An HTTP proxy is asked for a tunnel.
    Tunnel,
    /// A TLS handshake goes on.
    Handshake,
    /// A connection is waited for, and nobody can be seen making one.
    Connection,
    /// Other goroutines are waited for.
    Others,
}

impl Activity {
    /// What it is, after the name of the command.
    pub fn words(self) -> &'static str {
        match self {
            Self::Child => "waits for a child process to end",
            Self::FileLock => "waits for a locked file",
            Self::ResponseBody => "reads the body of an HTTP response",
            Self::ResponseHeaders => "waits for the headers of an HTTP response",
            Self::Lookup => "looks up the address of a host",
            Self::Connect => "makes a TCP connection",
            Self::Tunnel => "waits for an HTTP proxy to open a tunnel",
            Self::Handshake => "is in a TLS handshake",
            Self::Connection => "waits for a connection",
            Self::Others => "waits for its own goroutines",
        }
    }
}

/// In what a goroutine sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A read from the network or a pipe.
    Read,
    /// A write, or a connection that is to come about.
    Write,
    /// A channel.
    Channel,
    /// Several channels at once.
    Select,
    /// A condition or a group of goroutines.
    Condition,
    /// A lock.
    Lock,
    /// A timer.
    Sleep,
    /// A system call.
    SystemCall,
    /// It does not sleep.
    Running,
}

impl Wait {
    /// What it is.
    pub fn words(self) -> &'static str {
        match self {
            Self::Read => "a read",
            Self::Write => "a write",
            Self::Channel => "a channel",
            Self::Select => "a select",
            Self::Condition => "a condition",
            Self::Lock => "a lock",
            Self::Sleep => "a timer",
            Self::SystemCall => "a system call",
            Self::Running => "running",
        }
    }

    fn of(goroutine: &Goroutine) -> Self {
        let calls = |name: &str| {
            goroutine
                .call(|function| function.ends_with(name))
                .is_some()
        };
        let state = goroutine.state.as_str();
        if state.starts_with("IO wait") && (calls(".waitWrite") || calls(".WaitWrite")) {
            Self::Write
        } else if state.starts_with("IO wait") {
            Self::Read
        } else if state.starts_with("chan ") {
            Self::Channel
        } else if state.starts_with("select") {
            Self::Select
        } else if state.ends_with("Lock") || calls(".lockSlow") {
            Self::Lock
        } else if state.starts_with("sync.") || state.starts_with("semacquire") {
            Self::Condition
        } else if state.starts_with("sleep") {
            Self::Sleep
        } else if state.starts_with("syscall") {
            Self::SystemCall
        } else {
            Self::Running
        }
    }
}

/// What the go command waits for; `None` where none of `goroutines` runs code of it.
pub fn place(goroutines: &[Goroutine]) -> Option<Place> {
    let places = goroutines
        .iter()
        .filter(|goroutine| goroutine.call(is_command).is_some())
        .map(|goroutine| of_command(goroutine, goroutines));
    let places: Vec<Place> = places.collect();
    let waits_itself = |place: &&Place| place.activity != Activity::Others;
    let chosen = places.iter().find(waits_itself).or(places.first())?;
    let alike = places
        .iter()
        .filter(|place| place.activity == chosen.activity);
    Some(Place {
        alike: alike.count() - 1,
        ..chosen.clone()
    })
}

/// What a goroutine that runs code of the command waits for, itself or in one that works for it.
fn of_command(goroutine: &Goroutine, all: &[Goroutine]) -> Place {
    let own = |activity, frame: &Frame| (activity, goroutine, frame.clone());
    let (activity, asleep, library) = OWN
        .iter()
        .find_map(|(activity, is)| Some(own(*activity, goroutine.call(is)?)))
        .map(|found| match found {
            (Activity::Connection, ..) => making_connection(all).unwrap_or(found),
            found => found,
        })
        .or_else(|| Some(own(Activity::Others, library(goroutine)?)))
        .unwrap_or_else(|| {
            // a goroutine was chosen by a call, so there is a first one
            let frame = goroutine.frames.first().cloned().unwrap_or(Frame {
                function: String::new(),
                file: String::new(),
                line: 0,
            });
            (Activity::Others, goroutine, frame)
        });
    Place {
        activity,
        wait: Wait::of(asleep),
        library: library.function,
        command: goroutine
            .call(is_operation)
            .or_else(|| goroutine.call(is_command))
            .map(|frame| frame.function.clone()),
        alike: 0,
    }
}

type Is = fn(&str) -> bool;

/// What a goroutine is about by what it calls, the telling ones first: a request that has a response is no more waited for.
const OWN: &[(Activity, Is)] = &[
    (Activity::Child, |function| {
        function.starts_with("os/exec.(*Cmd).") || function == "os.(*Process).Wait"
    }),
    (Activity::FileLock, |function| {
        function.starts_with("cmd/go/internal/lockedfile/internal/filelock.")
    }),
    (Activity::ResponseBody, |function| {
        is_http(function)
            && (function.ends_with(".(*body).Read")
                || function.ends_with("ransportResponseBody.Read"))
    }),
    (Activity::Connection, |function| {
        function == "net/http.(*Transport).getConn"
    }),
    (Activity::ResponseHeaders, |function| {
        is_http(function)
            && (function.ends_with("lientConn).RoundTrip") || function.ends_with("onn).roundTrip"))
    }),
];

/// What is done for somebody who waits for a connection, the last stage first.
const MAKING: &[(Activity, Is)] = &[
    (Activity::Handshake, |function| {
        function.starts_with("crypto/tls.(*Conn).")
            && function.to_ascii_lowercase().contains("handshake")
    }),
    (Activity::Tunnel, |function| {
        function == "net/http.ReadResponse"
    }),
    (Activity::Lookup, |function| {
        function.starts_with("net.(*Resolver).")
    }),
    (Activity::Connect, |function| {
        function == "net.(*netFD).connect"
    }),
];

/// The goroutine that makes a connection, one that sleeps in the network before one that waits for it.
fn making_connection(all: &[Goroutine]) -> Option<(Activity, &Goroutine, Frame)> {
    MAKING.iter().find_map(|(activity, is)| {
        let found = all
            .iter()
            .filter_map(|goroutine| Some((goroutine, goroutine.call(is)?)));
        let (goroutine, frame) =
            found.min_by_key(|(goroutine, _)| !goroutine.state.starts_with("IO wait"))?;
        Some((*activity, goroutine, frame.clone()))
    })
}

fn is_http(function: &str) -> bool {
    function.starts_with("net/http.") || function.starts_with("net/http/")
}

fn is_command(function: &str) -> bool {
    function.starts_with("cmd/")
}

/// Whether a function of the command says what is wanted: one that other packages may call, and no carrier.
fn is_operation(function: &str) -> bool {
    const CARRIERS: [&str; 5] = [
        "cmd/go/internal/web.",
        "cmd/go/internal/par.",
        "cmd/internal/par.",
        "cmd/go/internal/modfetch/codehost.Run",
        "cmd/go/internal/lockedfile",
    ];
    let name = function.rsplit('.').next().unwrap_or_default();
    is_command(function)
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && !CARRIERS.iter().any(|carrier| function.starts_with(carrier))
}

/// The innermost call that is not the runtime's own.
fn library(goroutine: &Goroutine) -> Option<&Frame> {
    goroutine.call(|function| !function.starts_with("runtime."))
}
