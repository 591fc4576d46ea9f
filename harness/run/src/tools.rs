//! The tools of this machine that probes need: whether they are there, and which versions they are.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use modfault_scenario::Tool;

/// Where tools of an administrator's are, which a user's PATH often lacks.
const OF_ROOT: [&str; 2] = ["/usr/sbin", "/sbin"];

/// Where a program is, on `search_path` or where an administrator has it.
pub(crate) fn found(search_path: &OsStr, name: &str) -> Option<PathBuf> {
    found_in(
        std::env::split_paths(search_path).chain(OF_ROOT.map(PathBuf::from)),
        name,
    )
}

/// Where a program is, in the first of `directories` that has it.
pub(crate) fn found_in(
    directories: impl IntoIterator<Item = PathBuf>,
    name: &str,
) -> Option<PathBuf> {
    directories
        .into_iter()
        .map(|directory| directory.join(name))
        .find(|path| {
            path.metadata().is_ok_and(|metadata| {
                metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
            })
        })
}

/// The version of each of `names` that is a known tool and is there. It costs a process to ask, once for each.
pub(crate) fn versions(search_path: &OsStr, names: &[String]) -> BTreeMap<String, String> {
    static KNOWN: Mutex<BTreeMap<(OsString, &'static str), Option<String>>> =
        Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let tools = names.iter().filter_map(|name| Tool::named(name));
    tools
        .filter_map(|tool| {
            let version = known
                .entry((search_path.to_owned(), tool.name))
                .or_insert_with(|| ask(search_path, tool));
            Some((tool.name.to_owned(), version.clone()?))
        })
        .collect()
}

/// What a tool says of its version; `of an unknown version` where it never does, or not so that a number is in it.
fn ask(search_path: &OsStr, tool: &Tool) -> Option<String> {
    let path = found(search_path, tool.name)?;
    let silent = || Some("of an unknown version".to_owned());
    if tool.version.is_empty() {
        return silent();
    }
    let said = Command::new(path)
        .args(tool.version)
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let said = [said.stdout, said.stderr].concat();
    version_in(&String::from_utf8_lossy(&said)).or_else(silent)
}

/// The first word of a text that begins with a number and holds a point or stands for a date: `9.18.33`, `s20211215`.
fn version_in(text: &str) -> Option<String> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '_'));
    words
        .map(|word| word.trim_start_matches("iproute2-"))
        .find(|word| {
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            let starts = word.starts_with(|c: char| c.is_ascii_digit());
            starts && word.contains('.') || digits >= 8
        })
        .map(|word| word.split('-').next().unwrap_or(word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_each_tool_says() {
        for (said, version) in [
            ("DiG 9.18.33-1~deb12u2-Debian", "9.18.33"),
            ("OpenSSL 3.0.15 3 Sep 2024 (Library: x)", "3.0.15"),
            ("OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.15", "9.2p1"),
            ("ping from iputils 20221126", "20221126"),
            ("ss utility, iproute2-6.1.0, libbpf 1.1.0", "6.1.0"),
            ("strace -- version 6.1\nCopyright", "6.1"),
            ("tcpdump version 4.99.3\nlibpcap version 1.10.3", "4.99.3"),
            (
                "Modern traceroute for Linux, version 2.1.2\n(c) 2016",
                "2.1.2",
            ),
        ] {
            assert_eq!(version_in(said).as_deref(), Some(version), "{said}");
        }
        assert_eq!(version_in("no number"), None);
    }
}
