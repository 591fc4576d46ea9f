//! The virtual clock, with the real `go` and others on it.

use std::time::Instant;

use modfault_run::ClockWish;
use modfault_scenario::Phase;

mod setting;

use setting::Setting;

#[test]
fn try_it() {
    let setting = Setting::find();
    let id = std::env::var("ID").unwrap_or("tcp/connect-timeout".to_owned());
    let phase = match std::env::var("PHASE").as_deref() {
        Ok("control") => Phase::Control,
        _ => Phase::Fault,
    };
    let wish = match std::env::var("CLOCK").as_deref() {
        Ok("real") => ClockWish::Real,
        _ => ClockWish::Virtual,
    };
    let world = setting.world(&setting.text(&id), phase);
    for _ in 0..std::env::var("N").map_or(1, |n| n.parse().unwrap()) {
        let began = Instant::now();
        let seen = setting.run(&world, phase, wish);
        for step in &seen.steps {
            println!(
                "{:?} {:?} took {:?}\n{}{}",
                step.title, step.exit, step.took, step.stdout, step.stderr
            );
            println!("{:?}", step.hang);
            if std::env::var("EVENTS").is_ok() {
                for event in &step.events {
                    println!("{event:?}");
                }
            }
        }
        println!("real {:?} {:?}", began.elapsed(), seen.cost);
    }
}
