//! The client's settings and steps in words.

use crate::client::{Action, ClientSpec, ScenarioStep};

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
        Some(_) => format!("{path} is written"),
        None => format!("{path} does not exist"),
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
    parts
}

/// What a step does: the command line itself, or the rest in words.
pub fn describe_step(step: &ScenarioStep) -> String {
    match &step.action {
        Action::Run { command, env } => {
            let env: String = env.iter().map(|(k, v)| format!("{k}={v} ")).collect();
            format!("{env}{command}")
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
    }
}
