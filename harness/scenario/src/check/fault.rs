//! Faults with their selectors and triggers, and remedies.

use std::ops::Range;

use super::Check;
use super::client::AlteringStep;
use crate::address::{NOWHERE, RESOLVER};
use crate::diagnostic::{Code, Diagnostic, quoted};
use crate::file::{FaultFile, Lift as LiftFile, Located, OneOrMany, RemedyFile};
use crate::host::{HostSpec, PortUse};
use crate::scenario::{Lift, Patch, Remedy, ScenarioFault};
use modfault_kit::{Fault, FaultId, HostName, PlacedFault, Selector, Trigger};

impl Check<'_> {
    pub(super) fn fault(
        &mut self,
        id: FaultId,
        fault: &Located<FaultFile>,
    ) -> Option<ScenarioFault> {
        let file = &fault.value;
        let selector = self.selector(file);
        let trigger = self.trigger(file, &fault.span);
        let mut mechanisms = mechanisms(file);
        let has_patch = file.client.is_some() || !file.hosts.is_empty();
        match (mechanisms.len(), has_patch) {
            (0, false) => {
                self.report(
                    Diagnostic::new(Code::EmptyFault, "nothing is wrong in this `[[fault]]`")
                        .at(fault.span.clone(), "it places no fault")
                        .help(
                            "say what goes wrong: `dns`, `net`, `tcp`, `tls`, `http`, `goproxy`, `sumdb`, `git`, `ssh`, `vanity`, `client` or `hosts`",
                        ),
                );
                None
            }
            (1, false) => {
                let what = mechanisms.pop()?;
                let Some(on) = &file.on else {
                    self.report(
                        Diagnostic::new(Code::MissingKey, "the fault is on no host")
                            .at(fault.span.clone(), "`on` is missing")
                            .help("say which host is at fault: `on = \"…\"`"),
                    );
                    return None;
                };
                if self.known_place(&on.value, &on.span, &what) {
                    self.applicable(&on.value, fault, &what);
                }
                Some(ScenarioFault::Placed(PlacedFault {
                    id,
                    on: on.value.clone(),
                    select: selector,
                    trigger,
                    what,
                }))
            }
            (0, true) => {
                self.patch_alone(fault, &selector, &trigger);
                let client = file.client.as_ref().map(|client| &client.value);
                let (client, hosts) = self.patch(client, &file.hosts);
                if client == Default::default()
                    && hosts.values().all(|host| *host == HostSpec::default())
                {
                    self.report(
                        Diagnostic::new(Code::EmptyFault, "nothing is wrong in this `[[fault]]`")
                            .at(fault.span.clone(), "it changes nothing")
                            .help(
                                "say what is otherwise: `client.env.… = …` or `hosts.\"…\".… = …`",
                            ),
                    );
                }
                Some(ScenarioFault::Patch(Patch { id, client, hosts }))
            }
            (_, _) => {
                let mut names: Vec<&str> = mechanisms.iter().map(Fault::mechanism).collect();
                names.extend(file.client.is_some().then_some("client"));
                names.extend((!file.hosts.is_empty()).then_some("hosts"));
                self.report(
                    Diagnostic::new(Code::SeveralFaults, "the fault is several things at once")
                        .at(fault.span.clone(), format!("it has {}", quoted(&names)))
                        .help("write a `[[fault]]` for each: faults compose"),
                );
                None
            }
        }
    }

    /// A patch is a state, not an event: it has no place, selector or trigger.
    fn patch_alone(&mut self, fault: &Located<FaultFile>, selector: &Selector, trigger: &Trigger) {
        let timed = *trigger != Trigger::Always || !selector.is_everything();
        if fault.value.on.is_some() || timed {
            self.report(
                Diagnostic::new(
                    Code::FaultNotApplicable,
                    "`on`, selectors and triggers say nothing of a client or hosts that are otherwise",
                )
                .at(fault.span.clone(), "this holds all the time")
                .help("take them out"),
            );
        }
    }

    fn selector(&mut self, file: &FaultFile) -> Selector {
        for pattern in [&file.module, &file.path].into_iter().flatten() {
            self.glob(pattern);
        }
        let header = self.header(file);
        Selector {
            get: match &file.get {
                None => Vec::new(),
                Some(get) => match &get.value {
                    OneOrMany::One(kind) => vec![*kind],
                    OneOrMany::Many(kinds) => kinds.clone(),
                },
            },
            module: file.module.as_ref().map(|pattern| pattern.value.clone()),
            path: file.path.as_ref().map(|pattern| pattern.value.clone()),
            method: file.method.as_ref().map(|method| method.value.clone()),
            header,
            port: file.port.as_ref().map(|port| port.value),
        }
    }

    fn trigger(&mut self, file: &FaultFile, span: &Range<usize>) -> Trigger {
        let counts = [
            ("nth", &file.nth),
            ("first", &file.first),
            ("from", &file.from),
        ];
        for (key, count) in counts {
            if let Some(count) = count.as_ref().filter(|count| count.value == 0) {
                self.report(
                    Diagnostic::new(Code::BadNumber, format!("`{key}` counts from 1"))
                        .at(count.span.clone(), "with 0 it never fires")
                        .help("the first time is 1"),
                );
            }
        }
        let all = [
            ("nth", file.nth.as_ref().map(|n| Trigger::Nth(n.value))),
            (
                "first",
                file.first.as_ref().map(|n| Trigger::First(n.value)),
            ),
            ("from", file.from.as_ref().map(|n| Trigger::From(n.value))),
            ("for", file.during.map(Trigger::For)),
            ("chance", file.chance.map(Trigger::Chance)),
        ];
        let mut given: Vec<(&str, Trigger)> = all
            .into_iter()
            .filter_map(|(key, trigger)| Some((key, trigger?)))
            .collect();
        if given.len() > 1 {
            let names: Vec<&str> = given.iter().map(|(key, _)| *key).collect();
            self.report(
                Diagnostic::new(Code::SeveralTriggers, "the fault has several triggers")
                    .at(span.clone(), format!("it has {}", quoted(&names)))
                    .help("keep one, or write a `[[fault]]` for each"),
            );
        }
        given.pop().map_or(Trigger::Always, |(_, trigger)| trigger)
    }

    /// Whether a fault can be placed on `host`: a name asked about need not be a machine.
    fn known_place(&mut self, host: &HostName, span: &Range<usize>, what: &Fault) -> bool {
        match what {
            Fault::Dns(_) if self.names_declared.contains(host) => true,
            _ => self.declared(host, span),
        }
    }

    /// Reports a fault for which the host gives no occasion.
    fn applicable(&mut self, host: &HostName, fault: &Located<FaultFile>, what: &Fault) {
        let file = &fault.value;
        let mechanism = what.mechanism();
        let span = file
            .on
            .as_ref()
            .map_or(fault.span.clone(), |on| on.span.clone());
        let spec = self.hosts.get(host).cloned();
        let ports = spec.as_ref().map(HostSpec::open_ports).unwrap_or_default();
        let is_program = spec.as_ref().is_some_and(|spec| spec.component.is_some());
        let lacks = match what {
            Fault::Dns(_) | Fault::Net(_) => None,
            Fault::Tcp(_)
            | Fault::Tls(_)
            | Fault::Http(_)
            | Fault::Goproxy(_)
            | Fault::Sumdb(_)
            | Fault::Git(_)
            | Fault::Ssh(_)
            | Fault::Vanity(_)
                if is_program =>
            {
                Some("a real program is there: what it does wrong stands in its files")
            }
            Fault::Tcp(_) if host.as_str() == RESOLVER => None,
            Fault::Tcp(_) if spec.as_ref().is_some_and(|spec| spec.resolver.is_some()) => None,
            Fault::Tcp(_) => ports.is_empty().then_some("it has no open port"),
            Fault::Tls(_) => {
                let speaks = ports.values().any(|spoken| spoken.has_tls());
                (!speaks).then_some("it speaks TLS on no port")
            }
            Fault::Http(_) => ports.is_empty().then_some("it has no open port"),
            Fault::Goproxy(_) => {
                let is = spec.as_ref().is_some_and(|spec| spec.goproxy.is_some());
                (!is).then_some("it is no module proxy")
            }
            Fault::Sumdb(_) => {
                let is = spec.as_ref().is_some_and(|spec| {
                    let behind = spec.goproxy.as_ref().is_some_and(|g| g.sumdb.is_some());
                    spec.sumdb.is_some() || behind
                });
                (!is).then_some("it is no checksum database, and passes none on")
            }
            Fault::Git(_) => {
                let is = spec.as_ref().is_some_and(|spec| !spec.git.is_empty());
                (!is).then_some("it has no git repositories")
            }
            Fault::Ssh(_) => {
                let speaks = ports.values().any(|spoken| *spoken == PortUse::Ssh);
                (!speaks).then_some("it speaks SSH on no port")
            }
            Fault::Vanity(_) => {
                let is = spec.as_ref().is_some_and(|spec| !spec.vanity.is_empty());
                (!is).then_some("it serves no go-import pages")
            }
        };
        if let Some(lacks) = lacks {
            let lacks = if host.as_str() == NOWHERE {
                "nothing is there but packets"
            } else {
                lacks
            };
            self.report(
                Diagnostic::new(
                    Code::FaultNotApplicable,
                    format!("a {mechanism} fault cannot happen on `{host}`"),
                )
                .at(span, lacks)
                .help(format!("place it on another host, or give this one the role that a {mechanism} fault is about")),
            );
            return;
        }
        self.selectable(fault, what);
        if let Some(port) = &file.port
            && spec.is_some()
            && !matches!(what, Fault::Net(_))
            && !ports.contains_key(&port.value)
        {
            let known: Vec<String> = ports.keys().map(u16::to_string).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            self.report(
                Diagnostic::new(
                    Code::UnknownPort,
                    format!("`{host}` does not listen on port {}", port.value),
                )
                .at(port.span.clone(), "no such port")
                .help(format!("it listens on {}", quoted(&known))),
            );
        }
    }

    /// Reports selectors that have nothing to select: requests for a fault below HTTP, ports for one in it.
    fn selectable(&mut self, fault: &Located<FaultFile>, what: &Fault) {
        let file = &fault.value;
        let of_requests = match what {
            Fault::Dns(_) | Fault::Net(_) | Fault::Tcp(_) | Fault::Tls(_) | Fault::Ssh(_) => false,
            Fault::Http(_)
            | Fault::Goproxy(_)
            | Fault::Sumdb(_)
            | Fault::Git(_)
            | Fault::Vanity(_) => true,
        };
        let of_ports = matches!(
            what,
            Fault::Net(_) | Fault::Tcp(_) | Fault::Tls(_) | Fault::Ssh(_)
        );
        let get = file.get.as_ref().map(|get| ("get", get.span.clone()));
        let module = file.module.as_ref().map(|p| ("module", p.span.clone()));
        let path = file.path.as_ref().map(|p| ("path", p.span.clone()));
        let method = file.method.as_ref().map(|p| ("method", p.span.clone()));
        let header = file.header.keys().next();
        let header = header.map(|name| ("header", name.span.clone()));
        let port = file.port.as_ref().map(|p| ("port", p.span.clone()));
        let useless = [
            get.filter(|_| !of_requests),
            module.filter(|_| !of_requests),
            path.filter(|_| !of_requests),
            method.filter(|_| !of_requests),
            header.filter(|_| !of_requests),
            port.filter(|_| !of_ports),
        ];
        for (key, span) in useless.into_iter().flatten() {
            let mechanism = what.mechanism();
            self.report(
                Diagnostic::new(
                    Code::FaultNotApplicable,
                    format!("`{key}` selects nothing for a {mechanism} fault"),
                )
                .at(
                    span,
                    if of_requests {
                        "it selects connections, and this fault is about requests"
                    } else {
                        "it selects requests, and this fault comes before any"
                    },
                )
                .help("take it out: `get`, `module`, `path`, `method` and `header` are for http, goproxy, sumdb, git and vanity, `port` for net, tcp, tls and ssh"),
            );
        }
    }

    pub(super) fn remedies(
        &mut self,
        files: &[Located<RemedyFile>],
        faults: &[ScenarioFault],
    ) -> Vec<Remedy> {
        files.iter().map(|file| self.remedy(file, faults)).collect()
    }

    fn remedy(&mut self, remedy: &Located<RemedyFile>, faults: &[ScenarioFault]) -> Remedy {
        let file = &remedy.value;
        let title = match &file.title {
            Some(title) if !title.value.trim().is_empty() => title.value.trim().to_owned(),
            _ => {
                self.report(
                    Diagnostic::new(Code::MissingKey, "`title` is missing")
                        .at(remedy.span.clone(), "needed here")
                        .help("say what is done: `title = \"…\"`"),
                );
                String::new()
            }
        };
        let lift = match &file.lift {
            None => Lift::Nothing,
            Some(lift) => match &lift.value {
                LiftFile::All(true) => Lift::Everything,
                LiftFile::All(false) => Lift::Nothing,
                LiftFile::On(host) => {
                    if self.declared(host, &lift.span)
                        && !faults.iter().any(|fault| fault.is_on(host))
                    {
                        self.report(
                            Diagnostic::new(
                                Code::FixChangesNothing,
                                format!("`{host}` has no fault to lift"),
                            )
                            .at(lift.span.clone(), "no fault is on this host")
                            .help("name the host that a `[[fault]]` is on, or say `lift = true`"),
                        );
                    }
                    Lift::On(host.clone())
                }
            },
        };
        let before = self.step_list(&file.before, AlteringStep::Belongs);
        let (client, hosts) = self.patch(file.client.as_ref(), &file.hosts);
        let changes = lift != Lift::Nothing
            || client != Default::default()
            || hosts.values().any(|host| *host != HostSpec::default())
            || !file.before.is_empty();
        if !changes {
            self.report(
                Diagnostic::new(
                    Code::FixChangesNothing,
                    format!("`{title}` changes nothing"),
                )
                .at(remedy.span.clone(), "the broken world stays as it is")
                .help("say `lift = true`, or what is done: `client.…`, `hosts.…`, `before = […]`"),
            );
        }
        Remedy {
            title,
            lift,
            client,
            hosts,
            before,
            expect: file.expect.given.then(|| self.expectation(&file.expect)),
        }
    }
}

/// Every mechanism that a `[[fault]]` uses.
fn mechanisms(file: &FaultFile) -> Vec<Fault> {
    [
        file.dns.clone().map(Fault::Dns),
        file.net.clone().map(Fault::Net),
        file.tcp.clone().map(|tcp| Fault::Tcp(tcp.0)),
        file.tls.clone().map(Fault::Tls),
        file.http.clone().map(Fault::Http),
        file.goproxy.clone().map(Fault::Goproxy),
        file.sumdb.clone().map(Fault::Sumdb),
        file.git.clone().map(Fault::Git),
        file.ssh.clone().map(Fault::Ssh),
        file.vanity.clone().map(Fault::Vanity),
    ]
    .into_iter()
    .flatten()
    .collect()
}
