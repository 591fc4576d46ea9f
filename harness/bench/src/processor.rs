//! The processor time of a process and of all that it started.

use std::error::Error;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What a process cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Spent {
    /// Wall time from its start to its end.
    pub(crate) wall: Duration,
    /// Processor time of its own threads.
    pub(crate) own: Duration,
    /// Processor time of its descendants.
    pub(crate) descendants: Duration,
}

impl Spent {
    /// The processor time of the whole tree.
    pub(crate) fn all(self) -> Duration {
        self.own + self.descendants
    }
}

/// Runs `command` to its end; gives what it printed and what it cost.
pub(crate) fn watch(command: &mut Command) -> Result<(Vec<u8>, Spent), Box<dyn Error>> {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut printed = Vec::new();
    if let Some(stdout) = &mut child.stdout {
        std::io::Read::read_to_end(stdout, &mut printed)?;
    }
    let spent = at_its_end(&child, began);
    child.wait()?;
    Ok((printed, spent?))
}

/// What a child cost that has closed its output: read when it has ended, and before it is waited for, as its own part and its
/// descendants' are added up then.
fn at_its_end(child: &Child, began: Instant) -> Result<Spent, Box<dyn Error>> {
    loop {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.id()))?;
        let (state, own, descendants) = spent(&stat).ok_or("a line of /proc that is not known")?;
        if state == 'Z' {
            return Ok(Spent {
                wall: began.elapsed(),
                own,
                descendants,
            });
        }
        // Without waiting for it, nothing tells of its end.
        thread::sleep(Duration::from_millis(1));
    }
}

/// The state of a process, its processor time and that of its children that have ended, with theirs (proc_pid_stat(5): `state`,
/// `utime` + `stime`, `cutime` + `cstime`).
fn spent(stat: &str) -> Option<(char, Duration, Duration)> {
    // The name may have spaces and parentheses.
    let (_, after_name) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = after_name.split(' ').collect();
    let ticks = |first: usize| -> Option<Duration> {
        let one: u64 = fields.get(first)?.parse().ok()?;
        let other: u64 = fields.get(first + 1)?.parse().ok()?;
        // Linux counts in hundredths of a second on every platform that modfault runs on (USER_HZ).
        Some(Duration::from_millis(10 * (one + other)))
    };
    Some((fields.first()?.chars().next()?, ticks(11)?, ticks(13)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_whose_name_looks_like_fields_is_read_all_the_same() {
        let stat = "7 (a) Z 1) Z 1 7 7 0 -1 4 10 20 0 0 150 50 1000 200 20 0 1 0 9 0 0";
        assert_eq!(
            spent(stat),
            Some(('Z', Duration::from_secs(2), Duration::from_secs(12)))
        );
    }

    #[test]
    fn a_line_that_ends_early_is_none() {
        assert_eq!(spent("7 (a) Z 1 7 7 0 -1 4 10 20 0 0 150"), None);
    }

    #[test]
    fn a_child_that_works_is_told_apart_from_a_shell_that_waits() {
        let work = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        let (printed, own) = watch(Command::new("sh").args(["-c", work])).unwrap();
        assert!(printed.is_empty());
        assert!(own.own > own.descendants, "{own:?}");
        let below = format!("({work}); echo done");
        let (printed, below) = watch(Command::new("sh").args(["-c", &below])).unwrap();
        assert_eq!(printed, b"done\n");
        assert!(below.descendants > below.own, "{below:?}");
        assert_eq!(below.all(), below.own + below.descendants);
    }
}
