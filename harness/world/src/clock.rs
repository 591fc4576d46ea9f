//! The clock of a world: its own, or the machine's where only that will do.

use serde::{Deserialize, Serialize};

use crate::step::Step;
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

/// Programs and words of the shell after which another command stands.
const BEFORE_COMMANDS: [&str; 22] = [
    "!", "builtin", "command", "do", "elif", "else", "env", "eval", "exec", "if", "nice", "nohup",
    "setpriv", "setsid", "stdbuf", "sudo", "then", "time", "timeout", "until", "while", "xargs",
];

/// Shells, which take a command line as one word.
const SHELLS: [&str; 4] = ["sh", "bash", "dash", "busybox"];

/// The tracer that a command line runs, if it does.
///
/// What only looks like one, an argument of an ordinary command, is none. After a word such as `timeout` any word may be the
/// command: the real clock, wrongly chosen, costs time and no truth.
fn tracer(line: &str) -> Option<&'static str> {
    simple_commands(line).iter().find_map(|words| {
        let is_assignment = |word: &&String| {
            let name = word.split_once('=').map_or("", |(name, _)| name);
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        };
        let words: Vec<&String> = words.iter().skip_while(is_assignment).collect();
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

/// The name of a program without the directory that it is in.
fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The commands of a shell line as lists of words, without quotes: what stands between `;`, `|`, `&`, brackets, backquotes and
/// line ends. Within double quotes only a substitution begins a command.
fn simple_commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    // what ends each substitution that is open, and the quote that it stands in
    let mut open: Vec<(char, Option<char>)> = Vec::new();
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => {
                word.get_or_insert_default().extend(characters.next());
            }
            (None, ending) if open.last().is_some_and(|(end, _)| *end == ending) => {
                quote = open.pop().and_then(|(_, quote)| quote);
                end_command(&mut commands, &mut word);
            }
            (None | Some('"'), '`') => {
                open.push(('`', quote.take()));
                end_command(&mut commands, &mut word);
            }
            (None | Some('"'), '$') if characters.peek() == Some(&'(') => {
                characters.next();
                open.push((')', quote.take()));
                end_command(&mut commands, &mut word);
            }
            (None, '(') => {
                open.push((')', None));
                end_command(&mut commands, &mut word);
            }
            (None, ';' | '|' | '&' | ')' | '{' | '}' | '\n') => {
                end_command(&mut commands, &mut word);
            }
            (None, blank) if blank.is_whitespace() => end_word(&mut commands, &mut word),
            (_, other) => word.get_or_insert_default().push(other),
        }
    }
    end_word(&mut commands, &mut word);
    commands
}

fn end_word(commands: &mut [Vec<String>], word: &mut Option<String>) {
    if let (Some(command), Some(word)) = (commands.last_mut(), word.take()) {
        command.push(word);
    }
}

fn end_command(commands: &mut Vec<Vec<String>>, word: &mut Option<String>) {
    end_word(commands, word);
    commands.push(Vec::new());
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
