//! The programs with which people look for what is wrong: how each tells its version, and what brings it.

use crate::shell::{BEFORE_COMMANDS, is_assignment, program, simple_commands};

/// A program that a probe may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name on the PATH.
    pub name: &'static str,
    /// The arguments on which it tells its version; none where it never does.
    pub version: &'static [&'static str],
    /// The package that has it, as Debian calls it.
    pub package: &'static str,
}

/// Every tool that is known.
pub const TOOLS: &[Tool] = &[
    tool("curl", &["--version"], "curl"),
    tool("dig", &["-v"], "bind9-dnsutils"),
    tool("getent", &["--version"], "libc-bin"),
    tool("git", &["--version"], "git"),
    tool("host", &["-V"], "bind9-host"),
    tool("ip", &["-V"], "iproute2"),
    tool("nc", &[], "netcat-openbsd"),
    tool("nslookup", &["-version"], "bind9-dnsutils"),
    tool("openssl", &["version"], "openssl"),
    tool("ping", &["-V"], "iputils-ping"),
    tool("ss", &["-V"], "iproute2"),
    tool("ssh", &["-V"], "openssh-client"),
    tool("ssh-keyscan", &[], "openssh-client"),
    tool("strace", &["-V"], "strace"),
    tool("tcpdump", &["--version"], "tcpdump"),
    tool("telnet", &[], "telnet"),
    tool("traceroute", &["--version"], "traceroute"),
    tool("tshark", &["--version"], "tshark"),
    tool("wget", &["--version"], "wget"),
];

const fn tool(name: &'static str, version: &'static [&'static str], package: &'static str) -> Tool {
    Tool {
        name,
        version,
        package,
    }
}

impl Tool {
    /// The tool of that name, where it is known.
    pub fn named(name: &str) -> Option<&'static Self> {
        TOOLS.iter().find(|tool| tool.name == name)
    }

    /// The tools that a command line runs, in its order, each once.
    pub fn of_line(line: &str) -> Vec<&'static Self> {
        let mut tools: Vec<&'static Self> = Vec::new();
        for words in simple_commands(line) {
            let mut words = words.iter().skip_while(|word| is_assignment(word));
            let Some(first) = words.next() else { continue };
            // after a word such as `sudo` any word may be the command
            let found = match Self::named(program(first)) {
                Some(tool) => Some(tool),
                None if BEFORE_COMMANDS.contains(&program(first)) => {
                    words.find_map(|word| Self::named(program(word)))
                }
                None => None,
            };
            if let Some(tool) = found.filter(|tool| !tools.contains(tool)) {
                tools.push(tool);
            }
        }
        tools
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<&'static str> {
        Tool::of_line(line).iter().map(|tool| tool.name).collect()
    }

    #[test]
    fn the_tools_of_a_line_are_those_that_it_executes() {
        assert_eq!(names("dig +short goproxy.corp.example"), ["dig"]);
        assert_eq!(names("sudo tcpdump -n port 53"), ["tcpdump"]);
        assert_eq!(
            names("echo | openssl s_client -connect a:443 | openssl x509; ping -c 1 a"),
            ["openssl", "ping"]
        );
        assert_eq!(names("GIT_TRACE=1 git ls-remote x"), ["git"]);
    }

    #[test]
    fn what_only_names_a_tool_runs_none() {
        assert!(names("go env").is_empty());
        assert!(names("echo dig curl").is_empty());
    }
}
