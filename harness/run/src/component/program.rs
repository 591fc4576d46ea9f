//! Where the real programs are, and which versions they are.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use modfault_sandbox::is_lent;
use modfault_scenario::KnownComponent;
use modfault_world::{ComponentPlan, World};

use super::plans;
use crate::error::RunError;
use crate::phase::Options;
use crate::tools;

/// Where the client sees programs that lie elsewhere on the real machine.
const ELSEWHERE: &str = "/opt/components";

/// Where a program is: a known one in what modfault keeps in `cache`, on `search_path`, or where an administrator has it; another
/// one at its own path.
pub fn component_program(search_path: &OsStr, cache: &Path, program: &str) -> Option<PathBuf> {
    let Some(known) = KnownComponent::named(program) else {
        return tools::found(search_path, program);
    };
    let kept = cache.join("components/bin");
    std::iter::once(known.name)
        .chain(known.also.iter().copied())
        .find_map(|name| tools::found_in([kept.clone()], name))
        .or_else(|| tools::found(search_path, known.name))
}

/// What a known program says of its version. It costs a process to ask, once for each.
pub fn component_version(path: &Path, known: &KnownComponent) -> Option<String> {
    static KNOWN: Mutex<BTreeMap<PathBuf, Option<String>>> = Mutex::new(BTreeMap::new());
    let mut versions = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    versions
        .entry(path.to_owned())
        .or_insert_with(|| ask(path, known))
        .clone()
}

fn ask(path: &Path, known: &KnownComponent) -> Option<String> {
    let said = Command::new(path)
        .args(known.version)
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let said = [said.stdout, said.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    version_in(&said).or_else(|| {
        let mut lines = said.lines().map(str::trim);
        lines.find(|line| !line.is_empty()).map(str::to_owned)
    })
}

/// The first word that reads like a version: `1.22.1` of `nginx/1.22.1`, `v0.18.0`.
fn version_in(said: &str) -> Option<String> {
    let words = said.split(|c: char| c.is_whitespace() || matches!(c, '/' | ',' | '(' | ')' | '_'));
    words
        .filter(|word| {
            let digits = word.trim_start_matches('v');
            digits.starts_with(|c: char| c.is_ascii_digit()) && digits.contains('.')
        })
        .map(|word| word.split('-').next().unwrap_or(word).to_owned())
        .next()
}

/// The versions of the programs of `world` that are known, by name.
pub(crate) fn versions(world: &World, options: &Options) -> BTreeMap<String, String> {
    plans(world)
        .filter_map(|(_, plan, _)| {
            let known = KnownComponent::named(&plan.program)?;
            let path = found(&plan.program, options)?;
            Some((known.name.to_owned(), component_version(&path, known)?))
        })
        .collect()
}

/// Where the program of `plan` is, on the real machine and inside.
pub(super) fn place(plan: &ComponentPlan, options: &Options) -> Option<(PathBuf, PathBuf)> {
    let path = found(&plan.program, options)?;
    let path = path.canonicalize().ok()?;
    if is_lent(&path) {
        return Some((path.clone(), path));
    }
    let name = plan.program.rsplit('/').next().unwrap_or(&plan.program);
    let inside = Path::new(ELSEWHERE).join(name);
    Some((path, inside))
}

/// Where the program of `plan`, which is `owner`'s, is inside.
pub(super) fn inside(
    owner: &str,
    plan: &ComponentPlan,
    options: &Options,
) -> Result<PathBuf, RunError> {
    let (_, inside) = place(plan, options).ok_or_else(|| RunError::ComponentMissing {
        program: plan.program.clone(),
        owner: owner.to_owned(),
        install: KnownComponent::named(&plan.program)
            .map(|known| known.install.command(&options.cache.to_string_lossy())),
    })?;
    Ok(inside)
}

fn found(program: &str, options: &Options) -> Option<PathBuf> {
    component_program(&options.search_path, &options.cache, program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_each_program_says() {
        for (said, version) in [
            ("nginx version: nginx/1.22.1\n", "1.22.1"),
            ("Squid Cache: Version 5.7\nService Name: squid\n", "5.7"),
            ("Dnsmasq version 2.90  Copyright (c) 2000\n", "2.90"),
            ("HAProxy version 2.6.12-1+deb12u4 2026/10/17 - x", "2.6.12"),
            (
                "\nenvoy  version: 9e55a0/1.40.0/Clean/RELEASE/BoringSSL",
                "1.40.0",
            ),
            (
                "unknown option -- V\nOpenSSH_9.2p1 Debian-2, OpenSSL 3.0",
                "9.2p1",
            ),
            ("nscd (Debian GLIBC 2.36-9+deb12u14) 2.36", "2.36"),
            ("Version:\tv0.18.0\n", "v0.18.0"),
        ] {
            assert_eq!(version_in(said).as_deref(), Some(version), "{said}");
        }
    }

    #[test]
    fn a_program_that_modfault_keeps_comes_before_that_of_the_path() {
        let cache = tempfile::tempdir().unwrap();
        let bin = cache.path().join("components/bin");
        std::fs::create_dir_all(&bin).unwrap();
        let none = OsStr::new("/nonexistent");
        assert_eq!(component_program(none, cache.path(), "athens"), None);
        // as `go install` calls it
        let kept = bin.join("proxy");
        std::fs::copy("/bin/true", &kept).unwrap();
        let found = component_program(none, cache.path(), "athens");
        assert_eq!(found, Some(kept));
        let shell = component_program(none, cache.path(), "/bin/sh");
        assert_eq!(shell, Some("/bin/sh".into()));
    }
}
