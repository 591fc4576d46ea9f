//! What the client's file system has for the programs of a world.

use std::collections::BTreeSet;
use std::path::PathBuf;

use modfault_git::SshKey;
use modfault_kit::{HostName, Seed};
use modfault_pki::{Pki, pem};
use modfault_sandbox::{Bind, BindAccess, Entry};
use modfault_world::{ComponentPlan, World};

use super::{plans, program};
use crate::error::RunError;
use crate::internet::authority;
use crate::phase::Options;

/// The directories and files of every program.
pub(crate) fn entries(world: &World, pki: &Pki) -> Result<Vec<Entry>, RunError> {
    let mut entries = Vec::new();
    for (owner, plan, _) in plans(world) {
        if entries.is_empty() {
            // Where programs were built to look for what is in /run.
            entries.push(Entry::link("/var/run", "/run"));
        }
        entries.push(Entry::directory(plan.directory.clone(), 0o755));
        for directory in &plan.directories {
            entries.push(Entry::directory(directory.clone(), 0o755));
        }
        entries.extend(certificates(plan, pki)?);
        entries.extend(ssh_keys(&owner, plan, world.seed)?);
        for (path, content) in &plan.files {
            entries.push(Entry::file(
                path.clone(),
                content.text.clone(),
                content.mode,
            ));
        }
    }
    Ok(entries)
}

/// The programs that lie where the client would not see them.
pub(crate) fn binds(world: &World, options: &Options) -> Vec<Bind> {
    let elsewhere: BTreeSet<(PathBuf, PathBuf)> = plans(world)
        .filter_map(|(_, plan, _)| program::place(plan, options))
        .filter(|(outside, inside)| outside != inside)
        .collect();
    let elsewhere = elsewhere.into_iter();
    elsewhere
        .map(|(source, target)| Bind {
            source,
            target: target.to_string_lossy().into_owned(),
            access: BindAccess::ReadOnly,
        })
        .collect()
}

fn certificates(plan: &ComponentPlan, pki: &Pki) -> Result<Vec<Entry>, RunError> {
    let Some(tls) = &plan.tls else {
        return Ok(Vec::new());
    };
    let chain = pki.chain(authority(tls.authority), &tls.names, None)?;
    let certificates: Vec<String> = chain
        .certificates
        .iter()
        .map(|certificate| pem("CERTIFICATE", certificate))
        .collect();
    let leaf = certificates.first().cloned().unwrap_or_default();
    let key = pem("PRIVATE KEY", chain.key.secret_der());
    Ok(vec![
        Entry::file(plan.certificate_file(), certificates.concat(), 0o644),
        Entry::file(plan.leaf_file(), leaf, 0o644),
        Entry::file(plan.key_file(), key.clone(), 0o600),
        Entry::file(plan.leaf_key_file(), key, 0o600),
    ])
}

fn ssh_keys(owner: &str, plan: &ComponentPlan, seed: Seed) -> Result<Vec<Entry>, RunError> {
    let mut entries = Vec::new();
    if plan.ssh_host_key
        && let Ok(host) = HostName::parse(owner)
    {
        let key = SshKey::of_host(seed, &host).map_err(RunError::git)?;
        let key = key.private_file(None).map_err(RunError::git)?;
        entries.push(Entry::file(plan.ssh_host_key_file(), key, 0o600));
    }
    for name in &plan.ssh_keys {
        let key = SshKey::of_user(seed, name).map_err(RunError::git)?;
        let line = key.public_line().map_err(RunError::git)?;
        entries.push(Entry::file(
            plan.ssh_key_file(name),
            format!("{line}\n"),
            0o644,
        ));
    }
    Ok(entries)
}
