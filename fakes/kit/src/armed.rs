//! The faults of a running world, and whether one fires now.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Clock;
use crate::event::{Event, EventKind};
use crate::fault::{Fault, FaultId, PlacedFault};
use crate::name::HostName;
use crate::quantity::Seed;
use crate::recorder::Recorder;
use crate::select::Asked;

/// A fault that has just fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// Which of the placed faults it is.
    pub id: FaultId,
    /// What goes wrong.
    pub fault: Fault,
}

/// The faults of one world with their trigger counts. Cloning gives another handle to the same counts.
#[derive(Clone, Debug)]
pub struct Armed {
    faults: Arc<[PlacedFault]>,
    counts: Arc<Mutex<BTreeMap<(FaultId, String), u64>>>,
    lifted: Arc<AtomicBool>,
    seed: Seed,
    clock: Clock,
    recorder: Recorder,
}

impl Armed {
    /// Arms `faults` for a world that begins now.
    pub fn new(faults: Vec<PlacedFault>, seed: Seed, clock: Clock, recorder: Recorder) -> Self {
        Self {
            faults: faults.into(),
            counts: Arc::default(),
            lifted: Arc::default(),
            seed,
            clock,
            recorder,
        }
    }

    /// Every placed fault, fired or not.
    pub fn faults(&self) -> &[PlacedFault] {
        &self.faults
    }

    /// From now on none of them fires, whatever its trigger says.
    pub fn lift(&self) {
        self.lifted.store(true, Ordering::Relaxed);
    }

    /// The world's seed.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The faults for which `relevant` gives something, that fire at `host` for the request `asked`; each is counted and recorded.
    ///
    /// `relevant` looks at the kind of fault only (a DNS server passes over TLS faults), so that what one layer does not
    /// handle is not counted by it.
    pub fn fire(
        &self,
        host: &HostName,
        asked: &Asked,
        relevant: impl Fn(&Fault) -> bool,
    ) -> Vec<Fired> {
        self.fire_placed(host, asked, |placed| relevant(&placed.what))
    }

    /// As [`Armed::fire`], where `relevant` looks at the whole fault: its selector may be about more of the request than `asked` has.
    pub fn fire_placed(
        &self,
        host: &HostName,
        asked: &Asked,
        relevant: impl Fn(&PlacedFault) -> bool,
    ) -> Vec<Fired> {
        let key = format!("{} {}", asked.method, asked.path);
        self.fire_where(host, &key, |placed| {
            placed.select.takes(asked) && relevant(placed)
        })
    }

    /// As [`Armed::fire`], for what is no request: a connection to `port` or a DNS question. `key` says what counts as the
    /// same thing again.
    pub fn fire_at_port(
        &self,
        host: &HostName,
        port: u16,
        key: &str,
        relevant: impl Fn(&Fault) -> bool,
    ) -> Vec<Fired> {
        self.fire_where(host, key, |placed| {
            relevant(&placed.what) && placed.select.takes_port(port)
        })
    }

    fn fire_where(
        &self,
        host: &HostName,
        key: &str,
        takes: impl Fn(&PlacedFault) -> bool,
    ) -> Vec<Fired> {
        let mut fired = Vec::new();
        if self.lifted.load(Ordering::Relaxed) {
            return fired;
        }
        let now = self.clock.now();
        for placed in self
            .faults
            .iter()
            .filter(|placed| &placed.on == host && takes(placed))
        {
            let count = self.count(&placed.id, key);
            if placed.trigger.fires(
                self.seed,
                &format!("{} {host} {key}", placed.id),
                count,
                now,
            ) {
                self.recorder.record(Event::new(
                    host,
                    EventKind::Fired {
                        fault: placed.id.clone(),
                        key: key.to_owned(),
                    },
                ));
                fired.push(Fired {
                    id: placed.id.clone(),
                    fault: placed.what.clone(),
                });
            }
        }
        fired
    }

    fn count(&self, id: &FaultId, key: &str) -> u64 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((id.clone(), key.to_owned())).or_insert(0);
        *count += 1;
        *count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::HttpFault;
    use crate::select::Selector;
    use crate::trigger::Trigger;

    #[test]
    fn what_is_lifted_fires_no_more() {
        let clock = Clock::real();
        let (recorder, _timeline) = Recorder::new(clock.clone());
        let host = HostName::parse("a.example").unwrap();
        let placed = PlacedFault {
            id: FaultId("fault[0]".to_owned()),
            on: host.clone(),
            select: Selector::default(),
            trigger: Trigger::Always,
            what: Fault::Http(HttpFault::Stall),
        };
        let armed = Armed::new(vec![placed], Seed(0), clock, recorder);
        let fires = || !armed.fire_at_port(&host, 443, "port", |_| true).is_empty();
        assert!(fires());
        armed.clone().lift();
        assert!(!fires());
    }
}
