//! The client's settings and steps in words.

use std::net::Ipv4Addr;

use crate::client::{Action, ClientSpec, FileContent, ScenarioStep};
use crate::name_service::StubSpec;

/// The longest text of a file that is told along with its name, in letters.
const TOLD_LENGTH: usize = 160;

/// What a scenario sets on the client, a line each: `GOPROXY=https://goproxy.corp.example`.
pub fn describe_client(client: &ClientSpec) -> Vec<String> {
    let variables = client.env.iter().map(|(name, value)| match value {
        Some(value) => format!("{name}={value}"),
        None => format!("{name} is not set"),
    });
    let mut lines: Vec<String> = variables.collect();
    lines.extend(
        client
            .requires
            .iter()
            .flatten()
            .map(|require| format!("go.mod requires {} {}", require.module, require.version)),
    );
    lines.extend(changes(&ClientSpec {
        env: Default::default(),
        requires: None,
        ..client.clone()
    }));
    lines
}

/// What a patch changes on the client, each as the rest of a sentence.
pub(super) fn changes(client: &ClientSpec) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(run) = &client.run {
        parts.push(format!("the command is `{run}`"));
    }
    if client.steps.is_some() {
        parts.push("other steps are done".to_owned());
    }
    parts.extend(client.env.iter().map(|(name, value)| match value {
        Some(value) => format!("{name}={value}"),
        None => format!("{name} is not set"),
    }));
    parts.extend(client.files.iter().map(|(path, content)| match content {
        Some(content) => format!("{} {}", at_home(path), contents(content)),
        None => format!("{} does not exist", at_home(path)),
    }));
    parts.extend(
        client
            .requires
            .iter()
            .flatten()
            .map(|require| format!("go.mod requires {} {}", require.module, require.version)),
    );
    if let Some(directive) = &client.go_directive {
        parts.push(format!("go.mod says `go {directive}`"));
    }
    if let Some(trust) = &client.trust {
        let names: Vec<String> = trust.iter().map(ToString::to_string).collect();
        parts.push(match names.is_empty() {
            true => "the trust store has only the public authority".to_owned(),
            false => format!("the trust store has the {} authority", names.join(" and ")),
        });
    }
    if let Some(lines) = &client.hosts_file {
        parts.push(format!("/etc/hosts has `{}`", lines.join("`, `")));
    }
    if client.resolv_conf.is_some() {
        parts.push("/etc/resolv.conf is another".to_owned());
    }
    if client.nsswitch_conf.is_some() {
        parts.push("/etc/nsswitch.conf is another".to_owned());
    }
    if let Some(stub) = &client.stub_resolver {
        parts.extend(stub_resolver(stub));
    }
    parts.extend(
        client
            .daemons
            .iter()
            .map(|(name, daemon)| format!("{name} runs on it: {}", super::component::role(daemon))),
    );
    if let Some(clock) = &client.clock {
        parts.push(format!("the clock shows {clock}"));
    }
    parts.extend(
        client
            .small_disks
            .iter()
            .map(|(path, size)| format!("{path} is a disk of {size} bytes")),
    );
    parts.extend(
        client
            .read_only
            .iter()
            .flatten()
            .map(|path| format!("{path} is read-only")),
    );
    parts.extend(
        client
            .sysctls
            .iter()
            .map(|(name, value)| format!("{name} = {value}")),
    );
    parts.extend(
        client
            .without
            .iter()
            .flatten()
            .map(|program| format!("{program} is not installed")),
    );
    parts.extend(
        client
            .netrc
            .iter()
            .map(|(machine, login)| format!("~/.netrc has {} for {machine}", login.user)),
    );
    parts.extend(client.ssh.iter().flat_map(super::ssh::changes));
    parts
}

/// What the client's own resolver does and believes.
fn stub_resolver(stub: &StubSpec) -> Vec<String> {
    let listed = |addresses: Vec<String>| addresses.join(" and ");
    let words =
        |addresses: &[Ipv4Addr]| listed(addresses.iter().map(ToString::to_string).collect());
    let mut parts = Vec::new();
    if let Some(upstreams) = &stub.upstreams {
        parts.push(format!(
            "its own caching resolver asks {}",
            words(upstreams)
        ));
    }
    parts.extend(stub.routes.iter().map(|(domain, servers)| {
        format!(
            "its own caching resolver asks {} about {domain}",
            words(servers)
        )
    }));
    let left = humantime_serde::re::humantime::format_duration(stub.stale_for());
    parts.extend(stub.stale.iter().map(|(name, addresses)| {
        let believed = match addresses.as_slice() {
            [] => format!("{name} does not exist"),
            addresses => {
                let addresses = addresses.iter().map(ToString::to_string).collect();
                format!("{name} has {}", listed(addresses))
            }
        };
        format!("its own caching resolver believes for another {left} that {believed}")
    }));
    if parts.is_empty() {
        parts.push("a caching resolver of its own runs on it".to_owned());
    }
    parts
}

/// The path as somebody in the project would name it.
pub(super) fn at_home(path: &str) -> String {
    match (
        path.strip_prefix("/home/dev/app/"),
        path.strip_prefix("/home/dev/"),
    ) {
        (Some(below), _) => below.to_owned(),
        (None, Some(below)) => format!("~/{below}"),
        (None, None) => path.to_owned(),
    }
}

/// What a file says, when that is short: its lines, blank ones apart, in one.
pub(super) fn contents(content: &FileContent) -> String {
    let lines: Vec<&str> = content.text.lines().map(str::trim).collect();
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let told = in_a_row(&lines);
    match told.chars().count() {
        0 => "is empty".to_owned(),
        1..=TOLD_LENGTH => format!("says `{told}`"),
        _ => "is written".to_owned(),
    }
}

/// Lines one after the other, with a mark between where they have none of their own.
fn in_a_row(lines: &[&str]) -> String {
    let mut told = String::new();
    for line in lines {
        if !told.is_empty() {
            let is_marked = told.ends_with([';', '{', '}']) || line.starts_with('}');
            told.push_str(if is_marked { " " } else { "; " });
        }
        told.push_str(line);
    }
    told
}

/// What a step does: the command line itself, or the rest in words.
pub fn describe_step(step: &ScenarioStep) -> String {
    match &step.action {
        Action::Run { command, env } => {
            let env: String = env.iter().map(|(k, v)| format!("{k}={v} ")).collect();
            format!("{env}{command}")
        }
        Action::Together { commands, env } => {
            let env: String = env.iter().map(|(k, v)| format!("{k}={v} ")).collect();
            let commands: Vec<String> = commands.iter().map(|one| format!("{env}{one}")).collect();
            format!("at the same time: {}", commands.join("  and  "))
        }
        Action::Write { path, .. } => format!("{path} is written"),
        Action::Corrupt { path, offset, .. } => {
            format!("bytes of {path} are overwritten at offset {offset}")
        }
        Action::Truncate { path, length } => format!("{path} is cut to {length} bytes"),
        Action::Remove { path } => format!("{path} is removed"),
        Action::Chmod { path, mode } => format!("{path} gets mode {mode:04o}"),
        Action::Retag {
            host,
            repository,
            tag,
            to,
        } => format!("the tag {tag} of {repository} at {host} moves to {to}"),
        Action::FlushStubResolver => "the cache of the client's own resolver is flushed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, text: &str) -> Vec<String> {
        let content = FileContent {
            text: text.to_owned(),
            mode: 0o644,
        };
        changes(&ClientSpec {
            files: [(path.to_owned(), Some(content))].into(),
            ..ClientSpec::default()
        })
    }

    #[test]
    fn a_short_file_is_told_with_what_it_says() {
        assert_eq!(
            told("/home/dev/app/go.mod", "module app\n\ngo 1.19\n"),
            ["go.mod says `module app; go 1.19`"]
        );
        assert_eq!(
            told("/home/dev/.profile", "export A=b\n"),
            ["~/.profile says `export A=b`"]
        );
    }

    #[test]
    fn a_long_file_is_told_by_its_name_and_an_empty_one_as_such() {
        assert_eq!(
            told("/etc/long", &"x".repeat(161)),
            ["/etc/long is written"]
        );
        assert_eq!(told("/home/dev/app/go.sum", "\n"), ["go.sum is empty"]);
    }
}
