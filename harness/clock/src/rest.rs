//! Whether a world is at rest: nothing can happen any more but by time.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::sync::Arc;

use modfault_kit::clock::TimeKeeper;

use crate::asleep::{Awake, Look, Watcher};
use crate::kernel::Backlog;
use crate::patience::Patience;
use crate::sleeping::Sleep;
use crate::standstill::Surroundings;
use crate::tracees::Tracees;

/// Looks whether a world is at rest.
pub(crate) struct Rest {
    tracees: Arc<Tracees>,
    keeper: TimeKeeper,
    /// Threads of ours that must sleep before time may move.
    others: Vec<i32>,
    backlog: Backlog,
    watcher: Watcher,
    /// Who was awake at the last look.
    awake: Option<i32>,
}

/// What keeps time from moving.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// This thread is awake.
    Awake(i32),
    /// A fake works, or somebody has acted while we looked.
    Held,
    /// The kernel has packets that nobody has yet.
    Packets,
    /// A kernel owes an answer, or sends again.
    Unsettled,
    /// A kernel gives up a connection.
    Patience,
    /// The machine does not say.
    Unreadable(io::Error),
}

impl Rest {
    pub(crate) fn new(
        tracees: Arc<Tracees>,
        keeper: TimeKeeper,
        others: Vec<i32>,
    ) -> io::Result<Self> {
        Ok(Self {
            tracees,
            keeper,
            others,
            backlog: Backlog::open()?,
            watcher: Watcher::default(),
            awake: None,
        })
    }

    /// `tid` has been woken: it comes first at the next look.
    pub(crate) fn wakes(&mut self, tid: i32) {
        self.awake = Some(tid);
    }

    /// Forgets the threads of the command that are not in `known`, once there are many of them.
    pub(crate) fn keep_only(&mut self, known: &BTreeSet<i32>) {
        const MANY: usize = 64;
        if self.watcher.threads() < known.len() + MANY {
            return;
        }
        let others = &self.others;
        self.watcher
            .keep_only(|tid| known.contains(&tid) || others.contains(&tid));
    }

    /// Whether nothing can happen any more but by time; then, how each thread of the command sleeps.
    pub(crate) fn look(
        &mut self,
        surroundings: &dyn Surroundings,
        patience: &mut Patience,
    ) -> Result<Vec<Look>, Obstacle> {
        let looked = self.looked(surroundings, patience);
        if let Err(Obstacle::Awake(tid)) = looked {
            self.awake = Some(tid);
        }
        looked
    }

    fn looked(
        &mut self,
        surroundings: &dyn Surroundings,
        patience: &mut Patience,
    ) -> Result<Vec<Look>, Obstacle> {
        if self.keeper.holds() > 0 {
            return Err(Obstacle::Held);
        }
        // Who was awake a moment ago is so most often.
        if let Some(tid) = self.awake.take()
            && !self.tracees.lock().is_stopped(tid)
            && self.watcher.is_still_awake(tid)
        {
            return Err(Obstacle::Awake(tid));
        }
        let others = self.others.clone();
        let mut looks = Vec::new();
        for tid in others {
            looks.push(self.idle(tid, Sleep::is_idle)?);
        }
        let (threads, tracers, reports) = {
            let state = self.tracees.lock();
            let threads: Vec<(i32, bool)> = state
                .threads
                .keys()
                .map(|tid| (*tid, state.is_stopped(*tid)))
                .collect();
            (threads, state.tracers.clone(), state.reports)
        };
        for tid in tracers {
            looks.push(self.idle(tid, Sleep::awaits_children)?);
        }
        for tid in self.helpers() {
            looks.push(self.watcher.first(tid)?);
        }
        let begin = looks.len();
        for (tid, stopped) in threads {
            looks.push(if stopped {
                self.watcher.first_stopped(tid)?
            } else {
                self.watcher.first(tid)?
            });
        }
        if !self.backlog.is_empty().map_err(Obstacle::Unreadable)? {
            return Err(Obstacle::Packets);
        }
        if surroundings.unsettled() > 0 {
            return Err(Obstacle::Unsettled);
        }
        if patience.is_ending() {
            return Err(Obstacle::Patience);
        }
        for look in &looks {
            self.watcher.second(look)?;
        }
        if self.keeper.holds() > 0 || self.tracees.lock().reports != reports {
            return Err(Obstacle::Held);
        }
        Ok(looks.split_off(begin))
    }

    /// A first look at a thread of ours. In any other call than that in which it has nothing to do it waits for somebody whom nobody
    /// watches: for a lock that another world's thread holds, the allocator's for one.
    fn idle(&mut self, tid: i32, has_nothing_to_do: fn(Sleep) -> bool) -> Result<Look, Obstacle> {
        let look = self.watcher.first(tid)?;
        match look.sleep {
            Some(sleep) if !has_nothing_to_do(sleep) => Err(Obstacle::Awake(tid)),
            _ => Ok(look),
        }
    }

    /// Every thread of the processes that work for the fakes, and of their descendants.
    fn helpers(&self) -> Vec<i32> {
        let mut processes = self.keeper.processes();
        let mut threads = BTreeSet::new();
        while let Some(pid) = processes.pop() {
            let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
                continue;
            };
            for task in tasks.flatten() {
                let children = fs::read_to_string(task.path().join("children"));
                let children = children.unwrap_or_default();
                processes.extend(children.split_whitespace().flat_map(str::parse::<u32>));
                let name = task.file_name();
                threads.extend(name.to_str().and_then(|name| name.parse::<i32>().ok()));
            }
        }
        threads.into_iter().collect()
    }
}

impl Obstacle {
    /// For whoever wonders why time stands still.
    pub(crate) fn in_words(&self, surroundings: &dyn Surroundings) -> String {
        match self {
            Obstacle::Awake(tid) => {
                let name = fs::read_to_string(format!("/proc/{tid}/comm"));
                let name = name.unwrap_or_default();
                format!("`{}` works without end", name.trim_end())
            }
            Obstacle::Held => "a fake works without end".to_owned(),
            Obstacle::Packets => "the kernel has packets without end".to_owned(),
            Obstacle::Patience => "the client's kernel gives up a connection".to_owned(),
            Obstacle::Unsettled => surroundings.describe().join("; "),
            Obstacle::Unreadable(error) => format!("the machine does not say: {error}"),
        }
    }
}

impl From<Awake> for Obstacle {
    fn from(Awake(tid): Awake) -> Self {
        Self::Awake(tid)
    }
}
