//! What is wrong at an SSH server, and the client's side of SSH, in words.

use crate::ssh::SshSpec;
use modfault_kit::HostName;
use modfault_kit::fault::SshFault;

/// An SSH fault as a sentence.
pub(super) fn ssh(on: &HostName, fault: &SshFault) -> String {
    let what = match fault {
        SshFault::StallBanner => "accepts SSH connections and never says a word".to_owned(),
        SshFault::StallKeyExchange => "begins an SSH key exchange and never ends it".to_owned(),
        SshFault::StallAuthentication => "never answers the first SSH key offered".to_owned(),
        SshFault::OtherHostKey => "has another SSH host key than before".to_owned(),
        SshFault::RefuseKeys => "accepts no SSH key".to_owned(),
        SshFault::PasswordOnly => "takes passwords in the place of SSH keys".to_owned(),
        SshFault::KeysAtMost(1) => "ends an SSH connection after the first wrong key".to_owned(),
        SshFault::KeysAtMost(count) => {
            format!("ends an SSH connection after {count} wrong keys")
        }
        SshFault::NotFound => "says over SSH that there is no such repository".to_owned(),
        SshFault::Forbidden => "denies over SSH the access to the repository".to_owned(),
        SshFault::StallPack(count) => format!("stops over SSH after {count} of the pack"),
        SshFault::CutPack(count) => format!("closes the SSH connection after {count} of the pack"),
    };
    format!("{on} {what}")
}

/// What a patch of the client says about SSH, each as the rest of a sentence.
pub(super) fn changes(ssh: &SshSpec) -> Vec<String> {
    let mut parts = Vec::new();
    let file = ssh.file.as_deref().map(super::client::at_home);
    match (&ssh.key, &file) {
        (Some(Some(key)), file) => {
            let file = file.as_deref().unwrap_or("~/.ssh/id_ed25519");
            parts.push(format!("{file} is the SSH key {key}"));
        }
        (Some(None), _) => parts.push("there is no SSH key".to_owned()),
        (None, Some(file)) => parts.push(format!("the SSH key is in {file}")),
        (None, None) => {}
    }
    match &ssh.passphrase {
        Some(Some(_)) => parts.push("the SSH key has a passphrase".to_owned()),
        Some(None) => parts.push("the SSH key has no passphrase".to_owned()),
        None => {}
    }
    if let Some(others) = &ssh.others {
        parts.push(match others.is_empty() {
            true => "~/.ssh has no other key".to_owned(),
            false => format!("~/.ssh has the other keys {}", super::listed(others)),
        });
    }
    match ssh.known_hosts {
        Some(true) => parts.push("~/.ssh/known_hosts has the keys of all hosts".to_owned()),
        Some(false) => parts.push("~/.ssh/known_hosts does not exist".to_owned()),
        None => {}
    }
    parts
}
