//! Ed25519 keys (RFC 8709), the same in every run.

use std::fmt;

use modfault_kit::{HostName, Seed};
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::ssh_key::{Cipher, Kdf, LineEnding};
use russh::keys::{HashAlg, PrivateKey, PublicKey};
use sha2::{Digest, Sha256};

use crate::error::GitError;

/// Rounds of the function that makes a key of a passphrase: few, for nothing is to be kept secret.
const ROUNDS: u32 = 1;

/// An SSH key, both halves.
#[derive(Clone)]
pub struct SshKey(PrivateKey);

impl SshKey {
    /// The key that `host` shows to its clients.
    pub fn of_host(seed: Seed, host: &HostName) -> Result<Self, GitError> {
        Self::make(seed, "host", host.as_str())
    }

    /// The key that `host` shows once it has been made anew.
    pub fn of_host_anew(seed: Seed, host: &HostName) -> Result<Self, GitError> {
        Self::make(seed, "host, made anew", host.as_str())
    }

    /// The key called `name` that users have.
    pub fn of_user(seed: Seed, name: &str) -> Result<Self, GitError> {
        Self::make(seed, "user", name)
    }

    fn make(seed: Seed, kind: &str, name: &str) -> Result<Self, GitError> {
        let mut digest = Sha256::new();
        digest.update(seed.0.to_be_bytes());
        digest.update(format!("ssh key of the {kind} {name}"));
        let pair = Ed25519Keypair::from_seed(&digest.finalize().into());
        PrivateKey::new(KeypairData::from(pair), name)
            .map(Self)
            .map_err(GitError::key(name))
    }

    /// The file of the private half, as `ssh-keygen` writes it, encrypted where there is a passphrase.
    pub fn private_file(&self, passphrase: Option<&str>) -> Result<String, GitError> {
        let encode = || match passphrase {
            None => self.0.to_openssh(LineEnding::LF),
            Some(passphrase) => {
                let salt = Sha256::digest(passphrase)[..16].to_vec();
                let kdf = Kdf::Bcrypt {
                    salt,
                    rounds: ROUNDS,
                };
                self.0
                    .encrypt_with(Cipher::Aes256Ctr, kdf, 0, passphrase)?
                    .to_openssh(LineEnding::LF)
            }
        };
        let text = encode().map_err(GitError::key(self.0.comment().as_str_lossy()))?;
        Ok(text.to_string())
    }

    /// The line of the public half: `ssh-ed25519 AAAA… name`.
    pub fn public_line(&self) -> Result<String, GitError> {
        self.0
            .public_key()
            .to_openssh()
            .map_err(GitError::key(self.0.comment().as_str_lossy()))
    }

    /// `SHA256:…`, as ssh prints it.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.0.public_key())
    }

    pub(super) fn private(&self) -> PrivateKey {
        self.0.clone()
    }
}

impl fmt::Debug for SshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SshKey").field(&self.fingerprint()).finish()
    }
}

/// `SHA256:…`, as ssh prints it.
pub(super) fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_for_the_same_seed_and_name_alone() {
        let key = |seed, name| SshKey::of_user(Seed(seed), name).unwrap();
        let file = |key: SshKey| key.private_file(None).unwrap();
        assert_eq!(file(key(7, "dev")), file(key(7, "dev")));
        assert_ne!(key(7, "dev").fingerprint(), key(8, "dev").fingerprint());
        assert_ne!(key(7, "dev").fingerprint(), key(7, "ci").fingerprint());
    }

    #[test]
    fn a_host_made_anew_has_another_key() {
        let host = HostName::parse("git.corp.example").unwrap();
        let first = SshKey::of_host(Seed(0), &host).unwrap();
        let second = SshKey::of_host_anew(Seed(0), &host).unwrap();
        assert_ne!(first.fingerprint(), second.fingerprint());
    }

    #[test]
    fn the_machines_own_tool_reads_a_key_with_its_passphrase() {
        let key = SshKey::of_user(Seed(0), "dev").unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let public_of = |passphrase: &str| {
            std::process::Command::new("ssh-keygen")
                .args(["-y", "-P", passphrase, "-f"])
                .arg(&path)
                .output()
                .unwrap()
        };
        for passphrase in [None, Some("open sesame")] {
            // ssh-keygen refuses a key that others can read.
            std::fs::write(&path, key.private_file(passphrase).unwrap()).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(&path, mode).unwrap();
            let right = public_of(passphrase.unwrap_or_default());
            // As for a user whom the machine has no name for.
            assert!(
                right.status.success(),
                "{}",
                String::from_utf8_lossy(&right.stderr)
            );
            let line = key.public_line().unwrap();
            assert_eq!(String::from_utf8_lossy(&right.stdout).trim(), line);
            if passphrase.is_some() {
                assert!(!public_of("wrong").status.success());
            }
        }
    }
}
