//! The clock of a world: its own, or the machine's where only that will do.

use serde::{Deserialize, Serialize};

use crate::step::Step;
use modfault_scenario::shell::{BEFORE_COMMANDS, is_assignment, program, simple_commands};
use modfault_scenario::{ClockChoice, WallTime};

/// The clock that the commands, the fakes and the wire of a world go by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorldClock {
    /// Its own: it stands still while anything runs, and moves only to the next deadline.
    Virtual {
        /// What the client's wall clock shows when the world begins.
        start: WallTime,
    },
    /// The machine's.
    Real {
        /// Why nothing else will do.
        reason: String,
    },
}

impl WorldClock {
    /// The clock that a scenario chooses, unless one of `steps` runs a tracer: nobody can be traced twice (ptrace(2)), and the
    /// virtual clock works by tracing.
    ///
    /// A client whose clock shows `otherwise` begins there.
    pub(crate) fn of(choice: &ClockChoice, otherwise: Option<WallTime>, steps: &[Step]) -> Self {
        match choice {
            ClockChoice::Real { reason } => Self::Real {
                reason: reason.clone(),
            },
            ClockChoice::Virtual { start } => {
                let tracer = steps.iter().find_map(|step| match step {
                    Step::Run { command, .. } => tracer(command),
                    Step::Together { commands, .. } => {
                        commands.iter().find_map(|command| tracer(command))
                    }
                    _ => None,
                });
                match tracer {
                    Some(tracer) => Self::Real {
                        reason: format!(
                            "`{tracer}` traces the command itself, and nobody can be traced twice"
                        ),
                    },
                    None => Self::Virtual {
                        start: otherwise.unwrap_or(*start),
                    },
                }
            }
        }
    }
}

/// Programs that trace others with ptrace.
const TRACERS: [&str; 3] = ["strace", "ltrace", "gdb"];

/// Shells, which take a command line as one word.
const SHELLS: [&str; 4] = ["sh", "bash", "dash", "busybox"];

/// The tracer that a command line runs, if it does.
///
/// What only looks like one, an argument of an ordinary command, is none. After a word such as `timeout` any word may be the
/// command: the real clock, wrongly chosen, costs time and no truth.
pub(crate) fn tracer(line: &str) -> Option<&'static str> {
    simple_commands(line).iter().find_map(|words| {
        let words: Vec<&String> = words
            .iter()
            .skip_while(|word| is_assignment(word))
            .collect();
        traced_by(&words)
    })
}

fn traced_by(words: &[&String]) -> Option<&'static str> {
    let (first, rest) = words.split_first()?;
    let name = program(first);
    if let Some(tracer) = TRACERS.into_iter().find(|tracer| *tracer == name) {
        return Some(tracer);
    }
    if name == "perf" && rest.first().is_some_and(|word| *word == "trace") {
        return Some("perf trace");
    }
    if SHELLS.contains(&name) || name == "eval" {
        return rest.iter().find_map(|word| tracer(word));
    }
    if BEFORE_COMMANDS.contains(&name) {
        return (0..rest.len()).find_map(|from| traced_by(&rest[from..]));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::tracer;

    #[test]
    fn a_tracer_is_found_wherever_it_is_executed() {
        for (line, found) in [
            ("strace -f go mod download", "strace"),
            ("/usr/bin/ltrace go version", "ltrace"),
            ("GOPROXY=off strace go mod tidy", "strace"),
            ("cd x && strace go build", "strace"),
            ("go version; strace go version", "strace"),
            ("go version | strace -o /dev/null cat", "strace"),
            ("timeout 5 strace go version", "strace"),
            ("env -i A=b gdb -batch go", "gdb"),
            ("perf trace go version", "perf trace"),
            ("sh -c 'strace go version'", "strace"),
            ("bash -c \"cd x; strace go version\"", "strace"),
            ("echo $(strace go version)", "strace"),
            ("echo \"$(strace go version)\"", "strace"),
            ("echo `strace go version`", "strace"),
            (
                "echo \"`true` $(true (x)) ; \"; strace go version",
                "strace",
            ),
            ("(strace go version)", "strace"),
            ("if strace go version; then true; fi", "strace"),
            ("! strace go version", "strace"),
            ("'strace' go version", "strace"),
        ] {
            assert_eq!(tracer(line), Some(found), "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_a_tracer_is_none() {
        for line in [
            "go mod download example.com/strace@v1.0.0",
            "go env | grep strace",
            "echo 'cd x; strace go version'",
            "cat strace",
            "perf stat go version",
            "perf record trace",
            "sh -c 'go version'",
            "stracer go version",
            "",
        ] {
            assert_eq!(tracer(line), None, "{line}");
        }
    }
}
