//! A fault as a sentence, without final full stop.

use super::client::changes;
use super::host::describe_otherwise;
use super::listed;
use super::ssh::ssh;
use crate::address::RESOLVER;
use crate::scenario::ScenarioFault;
use modfault_kit::fault::{
    Alert, BodyRewriting, ChainFlaw, Direction, DnsFault, GitFault, GoproxyFault, HttpFault,
    NetFault, PathMangling, ResponseCode, TcpFault, TlsFault, Toxic, VanityFault,
};
use modfault_kit::{Fault, HeaderWanted, HostName, PlacedFault, Selector, Trigger};

/// What is wrong: `goproxy.corp.example sends its leaf certificate without the intermediate`.
pub fn describe(fault: &ScenarioFault) -> String {
    match fault {
        ScenarioFault::Placed(placed) => describe_placed(placed),
        ScenarioFault::Patch(patch) => {
            let mut parts = Vec::new();
            let client = changes(&patch.client);
            if !client.is_empty() {
                parts.push(format!("on the client, {}", listed(&client)));
            }
            parts.extend(
                patch.hosts.iter().map(|(name, spec)| {
                    format!("{name} is otherwise: {}", describe_otherwise(spec))
                }),
            );
            listed(&parts)
        }
    }
}

/// What is wrong with a fake or on the wire, for which requests and when.
pub fn describe_placed(placed: &PlacedFault) -> String {
    let what = sentence(&placed.on, &placed.what);
    format!(
        "{what}{}{}",
        selection(&placed.select),
        occasion(&placed.trigger)
    )
}

fn sentence(on: &HostName, fault: &Fault) -> String {
    match fault {
        Fault::Dns(fault) => dns(on, fault),
        Fault::Net(fault) => net(on, fault),
        Fault::Tcp(fault) => tcp(on, fault),
        Fault::Tls(fault) => tls(on, fault),
        Fault::Http(fault) => http(on, fault),
        Fault::Goproxy(fault) => goproxy(on, fault),
        Fault::Sumdb(fault) => super::sumdb::fault(on, fault),
        Fault::Git(fault) => git(on, fault),
        Fault::Ssh(fault) => ssh(on, fault),
        Fault::Vanity(fault) => vanity(on, fault),
    }
}

fn selection(select: &Selector) -> String {
    let mut parts = Vec::new();
    if !select.get.is_empty() {
        let kinds: Vec<String> = select.get.iter().map(|kind| format!("`{kind}`")).collect();
        parts.push(format!("for {} requests", listed(&kinds)));
    }
    if let Some(module) = &select.module {
        parts.push(format!("for modules like `{module}`"));
    }
    if let Some(path) = &select.path {
        parts.push(format!("for paths like `{path}`"));
    }
    if let Some(method) = &select.method {
        parts.push(format!("for {method}"));
    }
    for (name, wanted) in &select.header {
        parts.push(match wanted {
            HeaderWanted::Like(pattern) if pattern == "*" => format!("where there is a {name}"),
            HeaderWanted::Like(pattern) => format!("where {name} is like `{pattern}`"),
            HeaderWanted::Absent => format!("where there is no {name}"),
        });
    }
    if let Some(port) = select.port {
        parts.push(format!("on port {port}"));
    }
    match parts.is_empty() {
        true => String::new(),
        false => format!(", {}", parts.join(", ")),
    }
}

fn occasion(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Always => String::new(),
        Trigger::Nth(1) | Trigger::First(1) => ", the first time only".to_owned(),
        Trigger::Nth(n) => format!(", only at attempt {n}"),
        Trigger::First(n) => format!(", the first {n} times"),
        Trigger::From(n) => format!(", from attempt {n} on"),
        Trigger::For(time) => format!(
            ", for the first {}",
            humantime_serde::re::humantime::format_duration(*time)
        ),
        Trigger::Chance(probability) => {
            format!(", {} times in a hundred", probability.value() * 100.0)
        }
    }
}

fn dns(on: &HostName, fault: &DnsFault) -> String {
    let name = match on.as_str() {
        RESOLVER => "every name".to_owned(),
        name => name.to_owned(),
    };
    match fault {
        DnsFault::Answer(code) => {
            let code = match code {
                ResponseCode::Nxdomain => "NXDOMAIN (no such name)",
                ResponseCode::Servfail => "SERVFAIL (the server failed)",
                ResponseCode::Refused => "REFUSED",
                ResponseCode::Formerr => "FORMERR (question not understood)",
                ResponseCode::Notimp => "NOTIMP (not implemented)",
            };
            format!("the resolver answers {code} for {name}")
        }
        DnsFault::Empty => format!("the resolver knows {name} but gives no address"),
        DnsFault::Drop => format!("the resolver never answers for {name}"),
        DnsFault::Delay(time) => format!(
            "the resolver answers for {name} only after {}",
            humantime_serde::re::humantime::format_duration(*time)
        ),
        DnsFault::TruncateAndRefuseTcp => {
            format!("the resolver truncates its UDP answer for {name} and refuses TCP")
        }
        DnsFault::Truncate => {
            format!("the resolver truncates its UDP answer for {name}; TCP has the whole one")
        }
        DnsFault::Address(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            format!(
                "the resolver gives {} as the address of {name}",
                listed(&addresses)
            )
        }
        DnsFault::CnameLoop => format!("the resolver answers for {name} with aliases in a circle"),
        DnsFault::OnlyAaaa => format!("the resolver has only IPv6 addresses for {name}"),
        DnsFault::Malformed => format!("the resolver answers for {name} with garbage"),
        DnsFault::RefuseEdns => {
            format!("the resolver answers FORMERR to questions with an EDNS record about {name}")
        }
        DnsFault::WrongId => {
            format!("the resolver answers for {name} under another id than that of the question")
        }
    }
}

fn net(on: &HostName, fault: &NetFault) -> String {
    match fault {
        NetFault::Drop => format!("packets to {on} vanish, as behind a firewall that drops"),
        NetFault::DropIcmp => format!("pings to {on} vanish; everything else passes"),
        NetFault::Rst => format!("connections to {on} are refused: a RST answers each"),
        NetFault::HostUnreachable => format!("a router says that {on} cannot be reached"),
        NetFault::NetUnreachable => {
            format!("a router says that the network of {on} cannot be reached")
        }
        NetFault::AdminProhibited => format!("a firewall says that {on} is prohibited"),
        NetFault::Delay(time) => format!(
            "each packet to or from {on} takes {} longer",
            humantime_serde::re::humantime::format_duration(*time)
        ),
        NetFault::Loss(probability) => format!(
            "{} packets in a hundred to or from {on} are lost",
            probability.value() * 100.0
        ),
        NetFault::MtuBlackhole(size) => {
            format!("packets from {on} above {size} bytes vanish and nobody says so")
        }
        NetFault::CutAfter(count) => format!("a connection to {on} goes dead after {count}"),
    }
}

fn tcp(on: &HostName, fault: &TcpFault) -> String {
    let way = match fault.stream {
        Direction::Upstream => format!("data to {on}"),
        Direction::Downstream => format!("data from {on}"),
    };
    match &fault.toxic {
        Toxic::Latency { latency, jitter: 0 } => format!("{way} is held for {latency} ms"),
        Toxic::Latency { latency, jitter } => {
            format!("{way} is held for {latency} ms, give or take {jitter} ms")
        }
        Toxic::Bandwidth { rate } => format!("{way} comes at {rate} kB a second"),
        Toxic::SlowClose { delay } => format!("the end of {way} is passed on {delay} ms late"),
        Toxic::Timeout { timeout: 0 } => format!("{way} vanishes, and the connection stays open"),
        Toxic::Timeout { timeout } => {
            format!("{way} vanishes, and the connection is closed after {timeout} ms")
        }
        Toxic::ResetPeer { timeout: 0 } => {
            format!("connections to {on} are reset at the first data")
        }
        Toxic::ResetPeer { timeout } => {
            format!("connections to {on} are reset {timeout} ms after the first data")
        }
        Toxic::Slicer { average_size, .. } => {
            format!("{way} comes in pieces of about {average_size} bytes")
        }
        Toxic::LimitData { bytes } => {
            format!("connections to {on} are closed after {bytes} bytes of {way}")
        }
        Toxic::Down {} => format!("nothing listens on {on}"),
        Toxic::ResetAfter { bytes } => {
            format!("connections to {on} are reset after {bytes} bytes of {way}")
        }
    }
}

fn tls(on: &HostName, fault: &TlsFault) -> String {
    match fault {
        TlsFault::Chain(flaw) => chain(on, *flaw),
        TlsFault::AnswerFor(other) => {
            format!("{on} sends the certificate of {other} whatever name is asked for")
        }
        TlsFault::OldVersion => format!("{on} speaks no newer TLS than 1.0"),
        TlsFault::NoSharedAlpn => format!("{on} shares no application protocol with the client"),
        TlsFault::ClientCertificate => format!("{on} wants a client certificate"),
        TlsFault::PlainHttp => format!("{on} speaks plain HTTP on its TLS port"),
        TlsFault::Stall => format!("{on} reads the ClientHello and never answers"),
        TlsFault::Alert(alert) => {
            let alert = match alert {
                Alert::HandshakeFailure => "handshake_failure",
                Alert::ProtocolVersion => "protocol_version",
                Alert::InsufficientSecurity => "insufficient_security",
                Alert::InternalError => "internal_error",
                Alert::UnrecognizedName => "unrecognized_name",
                Alert::AccessDenied => "access_denied",
            };
            format!("{on} answers the handshake with the alert {alert}")
        }
        TlsFault::Close => format!("{on} closes the connection after the ClientHello"),
        TlsFault::Reset => format!("{on} resets the connection after the ClientHello"),
        TlsFault::Http1Only => format!("{on} speaks no HTTP/2"),
        TlsFault::Http1AfterH2 => {
            format!("{on} agrees on HTTP/2, and then answers 400 in HTTP/1.1")
        }
    }
}

fn chain(on: &HostName, flaw: ChainFlaw) -> String {
    let what = match flaw {
        ChainFlaw::SelfSigned => "sends a certificate that it signed itself",
        ChainFlaw::UnknownRoot => "sends a chain from a root that is in nobody's store",
        ChainFlaw::CorporateRoot => "is intercepted: its chain comes from the corporate root",
        ChainFlaw::LeafOnly => "sends its leaf certificate without the intermediate",
        ChainFlaw::WrongIntermediate => "sends its leaf certificate with a wrong intermediate",
        ChainFlaw::Expired => "sends a certificate that has expired",
        ChainFlaw::NotYetValid => "sends a certificate that is not yet valid",
        ChainFlaw::ExpiredIntermediate => "sends an intermediate that has expired",
        ChainFlaw::WrongName => "sends a certificate for another name",
        ChainFlaw::CommonNameOnly => "sends a certificate with its name in the common name alone",
        ChainFlaw::Sha1 => "sends a certificate that is signed with SHA-1",
        ChainFlaw::WeakKey => "sends a certificate with a 1024-bit RSA key",
        ChainFlaw::NotForServers => "sends a certificate that is not for servers",
        ChainFlaw::Revoked => "sends a certificate that its authority has revoked",
    };
    format!("{on} {what}")
}

fn http(on: &HostName, fault: &HttpFault) -> String {
    let what = match fault {
        HttpFault::Status(status) => format!("answers {status}"),
        HttpFault::Respond {
            status,
            content_type,
            ..
        } => match content_type {
            Some(content_type) => format!("answers {status} with a page of type {content_type}"),
            None => format!("answers {status} with a text of its own"),
        },
        HttpFault::CaptivePage => "answers 200 with an HTML login page".to_owned(),
        HttpFault::EmptyBody => "answers 200 with an empty body".to_owned(),
        HttpFault::ContentType(name) => format!("sends the right body as {name}"),
        HttpFault::LengthTooLong(count) => {
            format!("announces {count} more than it sends, then closes")
        }
        HttpFault::CutBody(count) => format!("closes the connection after {count} of the body"),
        HttpFault::ResetBody(count) => format!("resets the connection after {count} of the body"),
        HttpFault::TruncateBody(count) => {
            format!("sends only {count} of the body and says that this is all")
        }
        HttpFault::CorruptBody(offset) => {
            format!("sends a body with a wrong byte at offset {}", offset.0)
        }
        HttpFault::Stall => "takes the request and never answers".to_owned(),
        HttpFault::StallBody(count) => format!("stops after {count} of the body"),
        HttpFault::Delay(time) => format!(
            "answers only after {}",
            humantime_serde::re::humantime::format_duration(*time)
        ),
        HttpFault::CloseBeforeAnswer => "closes the connection before any answer".to_owned(),
        HttpFault::RedirectLoop => "redirects to the same path for ever".to_owned(),
        HttpFault::Redirect(target) => format!("redirects to {target}"),
        HttpFault::Unauthorized => "answers 401 whatever credentials come".to_owned(),
        HttpFault::ProxyAuthenticationRequired => {
            "answers 407 whatever credentials come".to_owned()
        }
        HttpFault::TooManyRequests(seconds) => {
            format!("answers 429 and asks to wait {seconds} s")
        }
        HttpFault::ManglePath(mangling) => match mangling {
            PathMangling::EscapeAt => "turns `@` in paths into `%40`".to_owned(),
            PathMangling::EscapeBang => "turns `!` in paths into `%21`".to_owned(),
            PathMangling::DecodeSlash => "turns `%2F` in paths into `/`".to_owned(),
            PathMangling::LowerCase => "turns paths into lower case".to_owned(),
            PathMangling::EscapePercent => {
                "encodes what is encoded in paths once more: `%` becomes `%25`".to_owned()
            }
        },
        HttpFault::DropRequestHeaders(names) => {
            format!("loses the header fields {}", listed(names))
        }
        HttpFault::FalseGzip => "says that the body is gzip when it is not".to_owned(),
        HttpFault::Goaway => "ends the HTTP/2 connection in the middle of a request".to_owned(),
        HttpFault::RstStream(code) => format!("resets the HTTP/2 stream with error code {code}"),
        HttpFault::GoawayUnbegun => {
            "ends the HTTP/2 connection and says that the request was not begun".to_owned()
        }
        HttpFault::GoawayCode(code) => {
            format!("ends the HTTP/2 connection with error code {code}")
        }
        HttpFault::DropResponseHeaders(names) => {
            format!("loses the header fields {} of the answer", listed(names))
        }
        HttpFault::ResponseHeaders(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("`{name}: {value}`"))
                .collect();
            format!("answers with {}", listed(&fields))
        }
        HttpFault::RewriteBody(how) => match how {
            BodyRewriting::InjectHtml => "puts a script at the end of every body".to_owned(),
            BodyRewriting::CrlfLines => {
                "puts a carriage return before each line feed of a body".to_owned()
            }
            BodyRewriting::AsciiOnly => {
                "writes `?` for everything in a body that is no ASCII text".to_owned()
            }
        },
        HttpFault::Buffer(rate) => {
            format!(
                "passes an answer on only when it has it whole, which it gets at {rate} kB a second"
            )
        }
        HttpFault::LineLimit(limit) => format!("answers 414 to paths of more than {limit}"),
        HttpFault::HeaderLimit(limit) => {
            format!("answers 431 to header fields of more than {limit}")
        }
        HttpFault::Raw(_) => "answers with bytes of its own, and closes the connection".to_owned(),
        HttpFault::CloseReused => {
            "closes a connection when a second request comes on it".to_owned()
        }
        HttpFault::ResetReused => {
            "resets a connection when a second request comes on it".to_owned()
        }
    };
    format!("{on} {what}")
}

fn goproxy(on: &HostName, fault: &GoproxyFault) -> String {
    let what = match fault {
        GoproxyFault::NotFound => "does not have the file: 404".to_owned(),
        GoproxyFault::Gone => "no longer has the file: 410".to_owned(),
        GoproxyFault::BadJson => "answers with JSON that is none".to_owned(),
        GoproxyFault::WrongVersion(version) => format!("answers about version {version} instead"),
        GoproxyFault::WrongModulePath(path) => {
            format!("sends a go.mod that says `module {path}`")
        }
        GoproxyFault::BadGoMod => "sends a go.mod that cannot be read".to_owned(),
        GoproxyFault::TruncatedZip(count) => format!("sends only {count} of the zip"),
        GoproxyFault::NotAZip => "sends a zip that is none".to_owned(),
        GoproxyFault::WrongZipPrefix => "sends a zip whose files have a wrong prefix".to_owned(),
        GoproxyFault::AlteredZip => "sends a zip that was altered: its hash differs".to_owned(),
        GoproxyFault::OtherGoModInZip => {
            "sends a zip whose go.mod differs from the `.mod` file".to_owned()
        }
        GoproxyFault::RepackedZip => {
            "sends the right files in a zip that was packed anew".to_owned()
        }
        GoproxyFault::EmptyList => "lists no versions".to_owned(),
        GoproxyFault::StaleList(version) => format!("does not list {version}, which it has"),
        GoproxyFault::GhostVersion(version) => format!("lists {version}, which it does not have"),
        GoproxyFault::NoLatest => "has no `@latest`: 404".to_owned(),
    };
    format!("{on} {what}")
}

fn git(on: &HostName, fault: &GitFault) -> String {
    let what = match fault {
        GitFault::AuthRequired => "wants credentials and accepts none: 401".to_owned(),
        GitFault::Forbidden => "forbids the repository: 403".to_owned(),
        GitFault::NotFound => "says that there is no such repository: 404".to_owned(),
        GitFault::ExpiredToken => "no longer accepts the credentials: 401".to_owned(),
        GitFault::HiddenRef(name) => format!("does not show the tag or branch {name}"),
        GitFault::MovedTag { tag, to } => format!("has moved the tag {tag} to {to}"),
        GitFault::MovedBranch { branch, to } => {
            format!("has moved the branch {branch} to {to}: its history was rewritten")
        }
        GitFault::StallPack(count) => format!("stops after {count} of the pack"),
        GitFault::CutPack(count) => format!("cuts the pack after {count}"),
        GitFault::DumbOnly => "speaks only git's dumb protocol".to_owned(),
        GitFault::PackForbidden => "shows its refs and forbids the fetch: 403".to_owned(),
    };
    format!("{on} {what}")
}

fn vanity(on: &HostName, fault: &VanityFault) -> String {
    let what = match fault {
        VanityFault::NoMeta => "serves a page without a go-import tag".to_owned(),
        VanityFault::WrongPrefix(prefix) => {
            format!("serves a go-import tag for the prefix {prefix}")
        }
        VanityFault::WrongRepository(url) => {
            format!("serves a go-import tag that points to {url}")
        }
        VanityFault::WrongVcs(name) => {
            format!("serves a go-import tag for the version control system {name}")
        }
        VanityFault::LoginPage => "serves a login form instead of the go-import page".to_owned(),
        VanityFault::TwoTags => "serves two go-import tags for the same prefix".to_owned(),
        VanityFault::Status(status) => {
            format!("serves its go-import pages under the status {status}")
        }
        VanityFault::TagInBody => {
            "serves its go-import tag where it is not looked for: in the body".to_owned()
        }
    };
    format!("{on} {what}")
}
