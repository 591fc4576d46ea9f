//! Both processors busy with something else: a late answer never becomes a false timeout.

use std::collections::BTreeSet;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use modfault_outcome::{Wording, canonicalise};
use modfault_run::ClockWish;
use modfault_scenario::Phase;

use crate::setting::Setting;

/// How many times two worlds run at once; more by this variable.
const TIMES: usize = 10;
const TIMES_VARIABLE: &str = "MODFAULT_LOADED_RUNS";

/// Each answer comes a millisecond before go's patience with a TLS handshake ends.
const JUST_IN_TIME: &str = r#"
description = "Every answer comes in the last moment."
kind = "slower"

[client]
run = "go mod download example.com/greet@v1.0.0"
env.GOPROXY = "https://goproxy.corp.example"

[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/greet"]

[[fault]]
on = "goproxy.corp.example"
tcp = { latency.latency = 9_999 }

[expect]
exit = 0
at-least = "30s"

[[fix]]
title = "No latency"
lift = true
"#;

#[test]
fn every_run_under_load_shows_the_same() {
    let setting = Setting::find();
    let times = std::env::var(TIMES_VARIABLE).map_or(TIMES, |times| times.parse().unwrap());
    let in_time = setting.world(JUST_IN_TIME, Phase::Fault);
    let too_late = setting.world(&setting.text("tls/handshake-timeout"), Phase::Fault);
    let shown = |world| {
        let mut shown = BTreeSet::new();
        for _ in 0..times {
            let seen = setting.run(world, Phase::Fault, ClockWish::Virtual);
            let step = &seen.steps[0];
            let canonical = canonicalise(&seen, &Wording::default());
            let canonical = serde_json::to_string(&canonical).unwrap();
            // go's threads, where they wait for each other, sleep some microseconds as chance has it: those are on its clock too.
            shown.insert((step.took.as_millis(), step.stderr.clone(), canonical));
        }
        shown
    };
    let over = AtomicBool::new(false);
    let [in_time, too_late] = thread::scope(|scope| {
        // However the runs end.
        let _over = AtEnd(&over);
        for _ in 0..thread::available_parallelism().unwrap().get() {
            let burn = || {
                while !over.load(Ordering::Relaxed) {
                    spin_loop();
                }
            };
            thread::Builder::new().spawn_scoped(scope, burn).unwrap();
        }
        let running = [&in_time, &too_late].map(|world| {
            let run = || shown(world);
            thread::Builder::new().spawn_scoped(scope, run).unwrap()
        });
        running.map(|thread| thread.join().unwrap())
    });
    assert_eq!(in_time.len(), 1, "{in_time:#?}");
    assert_eq!(too_late.len(), 1, "{too_late:#?}");
    let took = |shown: &BTreeSet<(u128, String, String)>| shown.first().unwrap().0;
    // The handshake's answer and those with the three files.
    assert_eq!(took(&in_time), 9_999 * 4);
    assert_eq!(took(&too_late), 10_000);
}

struct AtEnd<'a>(&'a AtomicBool);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
