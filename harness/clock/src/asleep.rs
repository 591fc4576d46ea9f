//! Whether a set of threads is asleep, all of them at one moment.
//!
//! Each thread is looked at twice. The kernel counts how often it has been put on a processor; if it was off every processor,
//! in a system call that waits, at the first look, and the count is the same at the second and its state still says that it
//! sleeps, it slept from one look to the other. The second round begins after the first has ended, so at the moment between them
//! all slept. The state must be asked: a thread that was woken and is still on its way to a processor has not been put on one,
//! and proc_pid_syscall(5) goes on to tell the call in which it slept.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::sleeping::Sleep;

/// The files of /proc that tell of one thread, held open.
#[derive(Debug)]
struct Files {
    /// proc_pid_syscall(5): the call in which it is blocked; `running` where it is not. `None` where that is not for us to know: an
    /// ordinary caller may not look into the sandbox's init, which does nothing but wait and answer, nor into a first thread that
    /// ended before the others.
    syscall: Option<File>,
    /// Time on processors, time waiting for one, and how often it was given one (Documentation/scheduler/sched-stats.rst).
    schedule: File,
    /// proc_pid_stat(5): among much else, the state.
    state: File,
}

/// Looks at threads, and remembers where to look.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    files: BTreeMap<i32, Files>,
    /// Threads that were seen to sleep, twice.
    slept: BTreeMap<i32, Look>,
}

/// What a first look at a thread gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) tid: i32,
    /// How often it was put on a processor.
    pub(crate) runs: u64,
    /// In which call it sleeps; `None` where it is dead and only not yet buried, or where that is not for us to know.
    pub(crate) sleep: Option<Sleep>,
    /// Whether it does not sleep but was stopped.
    stopped: bool,
}

/// The state of a thread in the hands of its tracer.
const STOPPED: char = 't';

/// Why time cannot move: this thread is awake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Awake(pub(crate) i32);

impl Watcher {
    /// Whether a thread that is known to be awake is so still, at the cost of one glance.
    pub(crate) fn is_still_awake(&self, tid: i32) -> bool {
        let files = self.files.get(&tid);
        let state = files.and_then(|files| state(&files.state).ok().flatten());
        // Running, in the hands of its tracer, or waiting for a disk.
        matches!(state, Some('R' | 't' | 'D'))
    }

    /// The first look at a thread of our machine.
    pub(crate) fn first(&mut self, tid: i32) -> Result<Look, Awake> {
        // Who has not been on a processor since it slept has done nothing; whether it is about to, the second look tells.
        if let (Some(slept), Some(files)) = (self.slept.get(&tid), self.files.get(&tid))
            && runs(&files.schedule).is_ok_and(|runs| runs == slept.runs)
        {
            return Ok(slept.clone());
        }
        self.slept.remove(&tid);
        let look = match self.look(tid) {
            Ok(look) => look,
            Err(_) => {
                // The thread is gone, and its number may already be another's.
                self.files.remove(&tid);
                None
            }
        };
        look.ok_or(Awake(tid))
    }

    /// The first look at a thread that a signal such as SIGTSTP has stopped, and that nothing but a signal wakes.
    pub(crate) fn first_stopped(&mut self, tid: i32) -> Result<Look, Awake> {
        let mut look = || -> io::Result<Option<Look>> {
            let files = Files::open(tid)?;
            let runs = runs(&files.schedule)?;
            let stopped = state(&files.state)? == Some(STOPPED);
            self.files.insert(tid, files);
            Ok(stopped.then_some(Look {
                tid,
                runs,
                sleep: None,
                stopped,
            }))
        };
        look().ok().flatten().ok_or(Awake(tid))
    }

    /// The second: whether it has slept ever since the first.
    pub(crate) fn second(&mut self, first: &Look) -> Result<(), Awake> {
        let Some(files) = self.files.get(&first.tid) else {
            return Err(Awake(first.tid));
        };
        let same = || -> io::Result<bool> {
            let sleeps = match state(&files.state)? {
                Some(STOPPED) => first.stopped,
                Some('S') => !first.stopped,
                // The dead are woken by nobody.
                Some('Z') => first.sleep.is_none(),
                _ => false,
            };
            Ok(sleeps && runs(&files.schedule)? == first.runs)
        };
        if !matches!(same(), Ok(true)) {
            self.slept.remove(&first.tid);
            return Err(Awake(first.tid));
        }
        if first.sleep.is_some() {
            self.slept.insert(first.tid, first.clone());
        }
        Ok(())
    }

    /// How many threads it remembers.
    pub(crate) fn threads(&self) -> usize {
        self.files.len()
    }

    /// Forgets the threads that are not in `known`.
    pub(crate) fn keep_only(&mut self, known: impl Fn(i32) -> bool) {
        self.files.retain(|tid, _| known(*tid));
        self.slept.retain(|tid, _| known(*tid));
    }

    fn look(&mut self, tid: i32) -> io::Result<Option<Look>> {
        let files = match self.files.entry(tid) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Files::open(tid)?),
        };
        let known = files.syscall.as_ref();
        // Most often somebody is awake, and most often one file tells.
        if known.is_some_and(|file| sleep(file).is_none()) && state(&files.state)? != Some('Z') {
            return Ok(None);
        }
        let runs = runs(&files.schedule)?;
        let sleep = known.and_then(sleep);
        let state = state(&files.state)?;
        Ok(match (state, sleep) {
            (Some('S'), None) if known.is_none() => Some(Look {
                tid,
                runs,
                sleep: None,
                stopped: false,
            }),
            // A leader that has ended before its other threads.
            (Some('Z'), _) => Some(Look {
                tid,
                runs,
                sleep: None,
                stopped: false,
            }),
            (Some('S'), Some(sleep)) => Some(Look {
                tid,
                runs,
                sleep: Some(sleep),
                stopped: false,
            }),
            // Running, waiting for a disk, stopped by a tracer that has not looked yet, or asleep for reasons of the kernel's own.
            _ => None,
        })
    }
}

impl Files {
    fn open(tid: i32) -> io::Result<Self> {
        // A thread's own directory is found by its number, though no list shows it (proc(5)).
        let file = |name: &str| File::open(format!("/proc/{tid}/task/{tid}/{name}"));
        let syscall = match file("syscall") {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => None,
            other => Some(other?),
        };
        Ok(Self {
            syscall,
            schedule: file("schedstat")?,
            state: file("stat")?,
        })
    }
}

/// What a file of /proc says, in one piece: the kernel makes it anew for each reading from its beginning.
struct Said([u8; 512], usize);

impl Said {
    fn by(file: &File) -> io::Result<Self> {
        let mut bytes = [0; 512];
        let length = file.read_at(&mut bytes, 0)?;
        Ok(Self(bytes, length))
    }

    fn bytes(&self) -> &[u8] {
        self.0.get(..self.1).unwrap_or_default()
    }

    /// What is not ASCII is nothing that we look for.
    fn text(&self) -> &str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }
}

fn sleep(file: &File) -> Option<Sleep> {
    Sleep::parse(Said::by(file).ok()?.text())
}

/// The third number of schedstat.
fn runs(file: &File) -> io::Result<u64> {
    let said = Said::by(file)?;
    let count = said.text().split_ascii_whitespace().nth(2);
    count
        .and_then(|count| count.parse().ok())
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// The letter after the name in parentheses, which may hold anything, parentheses too.
fn state(file: &File) -> io::Result<Option<char>> {
    Ok(letter(Said::by(file)?.bytes()))
}

fn letter(stat: &[u8]) -> Option<char> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    stat.get(end + 2).copied().map(char::from)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::sys;

    #[test]
    fn a_thread_that_waits_is_asleep_until_it_is_woken() {
        let (tell, told) = mpsc::channel();
        let (wake, woken) = mpsc::channel::<()>();
        let thread = thread::Builder::new()
            .spawn(move || {
                tell.send(sys::own_thread()).unwrap();
                woken.recv().unwrap();
                tell.send(0).unwrap();
                woken.recv().unwrap_err();
            })
            .unwrap();
        let tid = told.recv().unwrap();
        let mut watcher = Watcher::default();
        let look = loop {
            if let Ok(look) = watcher.first(tid) {
                break look;
            }
            thread::yield_now();
        };
        assert_eq!(watcher.second(&look), Ok(()));
        wake.send(()).unwrap();
        told.recv().unwrap();
        assert_eq!(watcher.second(&look), Err(Awake(tid)), "it has run since");
        drop(wake);
        thread.join().unwrap();
        assert_eq!(watcher.first(tid), Err(Awake(tid)), "it is gone");
    }

    #[test]
    fn whoever_looks_is_awake() {
        let own = sys::own_thread();
        assert_eq!(Watcher::default().first(own), Err(Awake(own)));
    }

    #[test]
    fn the_state_comes_after_a_name_that_may_hold_anything() {
        assert_eq!(letter(b"12 (a) S) R 1 2"), Some('R'));
        assert_eq!(letter(b"nonsense"), None);
    }
}
