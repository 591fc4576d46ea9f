//! SSH on both sides: the client's `~/.ssh`, and what a host serves with.

use std::collections::BTreeMap;

use modfault_git::{GitError, SshKey, SshSetup};
use modfault_kit::HostName;
use modfault_sandbox::Entry;
use modfault_world::{Serves, World, places};

use crate::error::RunError;
use crate::repositories::Repositories;

/// The port that ssh uses without being told, so that `known_hosts` names it nowhere (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
const PORT: u16 = 22;

/// The server of `host` for whoever has one of `keys`; nothing where the world has no repository.
pub(crate) fn server(
    world: &World,
    repositories: &Repositories,
    host: &HostName,
    keys: &[String],
) -> Result<Option<SshSetup>, RunError> {
    let Some(git) = repositories.git() else {
        return Ok(None);
    };
    let accepted: Result<BTreeMap<_, _>, GitError> = keys
        .iter()
        .map(|name| Ok((name.clone(), SshKey::of_user(world.seed, name)?)))
        .collect();
    Ok(Some(SshSetup {
        git: git.clone(),
        host_key: SshKey::of_host(world.seed, host).map_err(RunError::git)?,
        other_host_key: SshKey::of_host_anew(world.seed, host).map_err(RunError::git)?,
        keys: accepted.map_err(RunError::git)?,
        repositories: repositories.directories(host),
    }))
}

/// The files of the client's `~/.ssh`, with the modes that ssh insists on.
pub(crate) fn files(world: &World) -> Result<Vec<Entry>, RunError> {
    let Some(ssh) = &world.client.ssh else {
        return Ok(Vec::new());
    };
    let directory = format!("{}/.ssh", places::HOME);
    let mut entries = vec![Entry::directory(directory.clone(), 0o700)];
    if let Some(key) = &ssh.key {
        let passphrase = key.passphrase.as_deref();
        entries.extend(pair(world, &key.name, &key.file, passphrase)?);
    }
    for name in &ssh.others {
        entries.extend(pair(world, name, &format!("{directory}/{name}"), None)?);
    }
    if ssh.known_hosts {
        let known = known_hosts(world)?;
        entries.push(Entry::file(
            format!("{directory}/known_hosts"),
            known,
            0o644,
        ));
    }
    Ok(entries)
}

fn pair(
    world: &World,
    name: &str,
    file: &str,
    passphrase: Option<&str>,
) -> Result<[Entry; 2], RunError> {
    let key = SshKey::of_user(world.seed, name).map_err(RunError::git)?;
    let private = key.private_file(passphrase).map_err(RunError::git)?;
    let public = key.public_line().map_err(RunError::git)?;
    Ok([
        Entry::file(file.to_owned(), private, 0o600),
        Entry::file(format!("{file}.pub"), format!("{public}\n"), 0o644),
    ])
}

/// A line for every host and port that speaks SSH, as ssh writes it.
fn known_hosts(world: &World) -> Result<String, RunError> {
    let mut text = String::new();
    for (name, host) in &world.hosts {
        let fakes = host
            .listeners
            .iter()
            .filter(|(_, listener)| matches!(listener.serves, Serves::Ssh { .. }))
            .map(|(port, _)| port);
        let programs = host.component.iter().filter(|program| program.ssh_host_key);
        for port in fakes.chain(programs.flat_map(|program| &program.listen)) {
            let key = SshKey::of_host(world.seed, name).map_err(RunError::git)?;
            let line = key.public_line().map_err(RunError::git)?;
            let key: Vec<&str> = line.split(' ').take(2).collect();
            let place = match *port {
                PORT => name.to_string(),
                port => format!("[{name}]:{port}"),
            };
            text.push_str(&format!("{place} {}\n", key.join(" ")));
        }
    }
    Ok(text)
}
