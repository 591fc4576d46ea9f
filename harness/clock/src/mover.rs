//! The thread that moves the clock: it waits until nothing can happen any more but by time, and then lets the next thing happen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use modfault_kit::clock::TimeKeeper;

use crate::asleep::Look;
use crate::busy::Busy;
use crate::memory::Memory;
use crate::patience::{Patience, inode};
use crate::rest::{Obstacle, Rest};
use crate::seen::Seen;
use crate::sockets::socket;
use crate::standstill::{Silent, Sleeper, Standstill, Surroundings};
use crate::stop::Stop;
use crate::sys;
use crate::timescale::{Reading, Timescale};
use crate::tracees::{Doing, Tracees};
use crate::vdso::Vdso;

/// How long it waits before it looks again: at first, when a jump has just woken somebody, and at most.
const FIRST: Duration = Duration::from_micros(30);
const LAST: Duration = Duration::from_millis(2);
/// So many times at first; then twice as long each time.
const AT_FIRST: u32 = 4;

/// How long it waits after so many looks at somebody awake.
fn pause(misses: u32) -> Duration {
    let doublings = misses.saturating_sub(AT_FIRST).min(8);
    (FIRST * (1 << doublings)).min(LAST)
}

/// A thread that has looked around in vain for a minute, so many times and so often, is let look more seldom: no later than by a
/// twentieth of the silence. Each look is a jump, and git looks tens of times a second.
const A_MINUTE: Duration = Duration::from_secs(60);
const MANY: u32 = 20;
const A_SECOND: Duration = Duration::from_secs(1);

/// Moves the clock of one world.
pub(crate) struct Mover {
    pub(crate) tracees: Arc<Tracees>,
    pub(crate) keeper: TimeKeeper,
    pub(crate) scale: Timescale,
    pub(crate) rest: Rest,
    pub(crate) patience: Patience,
    pub(crate) surroundings: Box<dyn Surroundings>,
    pub(crate) stop: Arc<Stop>,
    /// Waits without our knowledge, on sockets with a time limit: since when, and how often the thread had run by then.
    silent: BTreeMap<i32, (u64, Duration)>,
    busy: Busy,
    seen: Seen,
}

/// What happens next.
#[derive(Debug, Default)]
struct Next {
    /// The earliest deadline of the command.
    command: Option<Duration>,
    /// Threads that wait on sockets with a limit: when it is over, and the result.
    silent: Vec<(i32, Duration)>,
    /// Connections that the kernel will give up, and who may have them.
    fallen_silent: Vec<Silent>,
    processes: Vec<i32>,
    /// Whether somebody's end is waited for.
    awaited: bool,
}

impl Mover {
    pub(crate) fn new(
        tracees: Arc<Tracees>,
        keeper: TimeKeeper,
        scale: Timescale,
        rest: Rest,
        patience: Patience,
        surroundings: Box<dyn Surroundings>,
        stop: Arc<Stop>,
    ) -> Self {
        Self {
            tracees,
            keeper,
            scale,
            rest,
            patience,
            surroundings,
            stop,
            silent: BTreeMap::new(),
            busy: Busy::default(),
            seen: Seen::nothing(),
        }
    }

    /// Moves the clock until it is told to stop.
    pub(crate) fn serve(&mut self) {
        sys::wake_punctually();
        let mut misses = 0;
        while !self.stop.wait(pause(misses)) {
            let looked = self.rest.look(&*self.surroundings, &mut self.patience);
            self.let_a_moment_pass_if_busy(looked.as_ref().err());
            match looked {
                Ok(looks) => match self.step(&looks) {
                    Ok(true) => {
                        self.seen.a_jump();
                        misses = 0;
                    }
                    Ok(false) => misses = u32::MAX,
                    Err(error) => {
                        self.explain_if_late(&Obstacle::Unreadable(error));
                        misses = u32::MAX;
                    }
                },
                Err(obstacle) => {
                    self.explain_if_late(&obstacle);
                    misses = misses.saturating_add(1);
                }
            }
        }
    }

    /// Lets the next thing happen; whether there was one.
    fn step(&mut self, looks: &[Look]) -> io::Result<bool> {
        let now = self.keeper.now();
        let next = self.next(looks, now);
        let fakes = self.keeper.next_deadline();
        let Some(instant) = fakes.into_iter().chain(next.command).min() else {
            self.tell_if(next.awaited, looks, now);
            return Ok(false);
        };
        let deeds = self.tracees.lock().deeds + self.surroundings.progress();
        self.seen.deeds(deeds, !next.awaited, now);
        self.tell_if(self.seen.is_without_end(instant), looks, now);
        let instant = instant.max(now);
        // All threads of the command sleep: nobody reads meanwhile.
        self.show(instant, Vdso::show)?;
        // At one instant the world acts first: what it sends is there when the command's patience ends.
        if fakes.is_some_and(|fakes| fakes <= instant) {
            self.keeper.advance_to(instant);
            return Ok(true);
        }
        self.keeper.advance_to(instant);
        self.expire(instant, &next, looks)?;
        Ok(true)
    }

    /// The command's next deadline.
    fn next(&mut self, looks: &[Look], now: Duration) -> Next {
        let mut state = self.tracees.lock();
        let mut next = Next {
            awaited: !state.commands.is_empty(),
            ..Next::default()
        };
        let mut earliest = |deadline: Duration| {
            next.command = Some(next.command.map_or(deadline, |known| known.min(deadline)));
        };
        let silence = self.seen.silence(now);
        for thread in state.threads.values_mut() {
            let ticks = thread.ticks.count;
            if let Doing::Waiting { wait, .. } = &mut thread.doing {
                let length = wait.deadline.saturating_sub(wait.begun);
                if silence > A_MINUTE && ticks > MANY && length <= A_SECOND {
                    wait.deadline = wait.begun + silence / 20;
                }
                earliest(wait.deadline);
            }
        }
        if let Some(timer) = state.next_timer() {
            earliest(timer);
        }
        if !state.sockets.is_empty() {
            for look in looks {
                let (Some(sleep), Some(thread)) = (look.sleep, state.threads.get(&look.tid)) else {
                    continue;
                };
                if !sleep.receives() && !sleep.sends() {
                    continue;
                }
                let limits = socket(thread.process, sleep.first as i32)
                    .and_then(|inode| state.sockets.get(&inode));
                let limit = limits.and_then(|limits| {
                    if sleep.sends() {
                        limits.send
                    } else {
                        limits.receive
                    }
                });
                let Some(limit) = limit else { continue };
                let (runs, since) = self.silent.entry(look.tid).or_insert((look.runs, now));
                if *runs != look.runs {
                    (*runs, *since) = (look.runs, now);
                }
                let over = since.saturating_add(limit);
                earliest(over);
                next.silent.push((look.tid, over));
            }
        }
        next.processes = state.processes.keys().copied().collect();
        drop(state);
        if !next.processes.is_empty() {
            next.fallen_silent = self.surroundings.silent();
            let given_up = self.patience.next(&next.fallen_silent, &next.processes);
            next.command = next.command.into_iter().chain(given_up).min();
        }
        let waiting: BTreeSet<i32> = next.silent.iter().map(|(tid, _)| *tid).collect();
        self.silent.retain(|tid, _| waiting.contains(tid));
        next
    }

    /// Lets a moment pass where the command has worked for so long that it may be waiting for one.
    fn let_a_moment_pass_if_busy(&mut self, obstacle: Option<&Obstacle>) {
        let Some(Obstacle::Awake(tid)) = obstacle else {
            self.busy.ends();
            return;
        };
        let state = self.tracees.lock();
        let (traces, works) = (state.tracers.contains(tid), state.threads.contains_key(tid));
        let deeds = state.deeds;
        drop(state);
        if !works {
            if !traces {
                self.busy.ends();
            }
            return;
        }
        if let Some(moment) = self.busy.goes_on(Instant::now(), deeds) {
            // Whoever is gone meanwhile has no clock to be late.
            drop(self.let_pass(moment));
        }
    }

    /// Lets so much time pass, or less, while the command works.
    fn let_pass(&mut self, moment: Duration) -> io::Result<()> {
        let now = self.keeper.now();
        let instant = self.scale.within_the_second(now, moment);
        let fakes = self.keeper.next_deadline();
        let instant = fakes.map_or(instant, |fakes| fakes.min(instant));
        if instant <= now {
            return Ok(());
        }
        self.show(instant, Vdso::show_within_the_second)?;
        self.keeper.advance_to(instant);
        self.expire(instant, &Next::default(), &[])
    }

    /// Makes every clock of the command show `instant`, in this way.
    fn show(
        &mut self,
        instant: Duration,
        how: fn(Vdso, &Memory, Reading) -> io::Result<()>,
    ) -> io::Result<()> {
        let reading = self.scale.reading(instant);
        let mut state = self.tracees.lock();
        let clocks: Vec<_> = state
            .processes
            .iter()
            .filter_map(|(pid, process)| Some((*pid, process.vdso?)))
            .collect();
        for (pid, vdso) in clocks {
            // The first thread may have ended, and what has ended has no memory.
            let threads = state.threads.iter();
            let own: Vec<i32> = threads
                .filter(|(_, one)| one.process == pid)
                .map(|(tid, _)| *tid)
                .collect();
            let mut shown = Ok(());
            for tid in own {
                shown = state
                    .memory(tid)
                    .and_then(|memory| how(vdso, &memory, reading));
                if shown.is_ok() {
                    break;
                }
            }
            shown?;
        }
        let known: BTreeSet<i32> = state.threads.keys().copied().collect();
        drop(state);
        self.rest.keep_only(&known);
        Ok(())
    }

    /// Ends the waits of the command whose time is over.
    fn expire(&mut self, instant: Duration, next: &Next, looks: &[Look]) -> io::Result<()> {
        let mut state = self.tracees.lock();
        for (tid, thread) in &mut state.threads {
            if let Doing::Waiting { wait, expired } = &mut thread.doing
                && wait.deadline <= instant
                && !*expired
            {
                *expired = true;
                thread.pokes += 1;
                self.rest.wakes(*tid);
                sys::signal_thread(thread.process, *tid, libc::SIGSTOP)?;
            }
        }
        for (tid, over) in &next.silent {
            if *over <= instant
                && let Some(thread) = state.threads.get_mut(tid)
            {
                thread.answer = Some(-i64::from(libc::EAGAIN));
                thread.pokes += 1;
                sys::signal_thread(thread.process, *tid, libc::SIGSTOP)?;
            }
        }
        state.ring(instant)?;
        drop(state);
        self.end_attempts(instant, next, looks)
    }

    /// Ends the attempts to connect that have lasted too long.
    fn end_attempts(&mut self, instant: Duration, next: &Next, looks: &[Look]) -> io::Result<()> {
        let sockets = self
            .patience
            .give_up(&next.fallen_silent, &next.processes, instant)?;
        for socket in sockets {
            let Some(inode) = inode(&socket) else {
                continue;
            };
            let mut state = self.tracees.lock();
            state.given_up.insert(inode);
            for look in looks {
                let connects = look.sleep.filter(|sleep| sleep.number == libc::SYS_connect);
                if let (Some(sleep), Some(thread)) = (connects, state.threads.get_mut(&look.tid))
                    && self::socket(thread.process, sleep.first as i32) == Some(inode)
                {
                    thread.answer = Some(-i64::from(libc::ETIMEDOUT));
                    thread.pokes += 1;
                    sys::signal_thread(thread.process, look.tid, libc::SIGSTOP)?;
                }
            }
            drop(state);
            sys::disconnect(&socket)?;
        }
        Ok(())
    }

    /// Tells, once, that the command hangs.
    fn tell_if(&mut self, hangs: bool, looks: &[Look], now: Duration) {
        if !hangs || !self.seen.is_news() {
            return;
        }
        let state = self.tracees.lock();
        let sleepers: Vec<Sleeper> = looks
            .iter()
            .filter_map(|look| {
                let thread = state.threads.get(&look.tid)?;
                let name = fs::read_to_string(format!("/proc/{}/comm", thread.process)).ok()?;
                Some(Sleeper {
                    process: name.trim_end().to_owned(),
                    call: look.sleep?.in_words()?,
                })
            })
            .collect();
        drop(state);
        self.surroundings
            .tell(Standstill::ForEver { now, sleepers });
    }

    /// Says what holds the clock when it has stood still for too long in reality.
    fn explain_if_late(&mut self, obstacle: &Obstacle) {
        let state = self.tracees.lock();
        let (deeds, broken) = (state.deeds, state.broken.clone());
        drop(state);
        let reason = match broken {
            Some(reason) => reason,
            None if self.seen.is_stuck(deeds + self.surroundings.progress()) => {
                obstacle.in_words(&*self.surroundings)
            }
            None => return,
        };
        self.surroundings.tell(Standstill::Stuck { reason });
    }
}
