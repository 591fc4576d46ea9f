//! The virtual clock, driven by hand.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use proptest::prelude::*;

use super::timetable::{Sleep, Timetable};
use super::{Clock, TimeKeeper};

/// Writes down its number in a common list when it is woken.
struct Bell {
    number: usize,
    rung: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.lock().unwrap().push(self.number);
    }
}

#[derive(Default)]
struct Bells(Arc<Mutex<Vec<usize>>>);

impl Bells {
    fn waker(&self, number: usize) -> Waker {
        let rung = Arc::clone(&self.0);
        Arc::new(Bell { number, rung }).into()
    }

    /// Those that have rung since it was asked last.
    fn rung(&self) -> Vec<usize> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

type Sleeping<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

fn asleep<'a>(clock: &'a Clock, duration: Duration, waker: &Waker) -> Sleeping<'a> {
    let mut sleep: Sleeping<'a> = Box::pin(clock.sleep(duration));
    assert!(is_asleep(&mut sleep, waker));
    sleep
}

fn is_asleep(sleep: &mut Sleeping<'_>, waker: &Waker) -> bool {
    sleep.as_mut().poll(&mut Context::from_waker(waker)) == Poll::Pending
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn it_stands_until_it_is_moved_and_never_goes_back() {
    let (clock, keeper) = Clock::virtual_from_zero();
    assert!(clock.is_virtual() && !Clock::real().is_virtual());
    assert_eq!(clock.now(), Duration::ZERO);
    keeper.advance_to(seconds(30));
    assert_eq!((clock.now(), keeper.now()), (seconds(30), seconds(30)));
    keeper.advance_to(seconds(20));
    assert_eq!(clock.now(), seconds(30));
    keeper.advance_to(Duration::MAX);
    assert_eq!(clock.now(), Duration::from_nanos(u64::MAX));
}

#[test]
fn a_sleep_whose_time_has_come_is_over_at_once() {
    let (clock, keeper) = Clock::virtual_from_zero();
    keeper.advance_to(seconds(5));
    for mut sleep in [
        Box::pin(clock.sleep_until(seconds(5))) as Sleeping<'_>,
        Box::pin(clock.sleep_until(seconds(4))),
        Box::pin(clock.sleep(Duration::ZERO)),
    ] {
        assert!(!is_asleep(&mut sleep, Waker::noop()));
    }
    assert_eq!(keeper.next_deadline(), None);
}

#[test]
fn a_sleep_counts_from_the_moment_it_is_first_asked() {
    let (clock, keeper) = Clock::virtual_from_zero();
    let mut late: Sleeping<'_> = Box::pin(clock.sleep(seconds(1)));
    keeper.advance_to(seconds(7));
    assert!(is_asleep(&mut late, Waker::noop()));
    assert_eq!(keeper.next_deadline(), Some(seconds(8)));
}

#[test]
fn who_moves_to_another_task_is_woken_there_alone() {
    let (clock, keeper) = Clock::virtual_from_zero();
    let bells = Bells::default();
    let mut sleep = asleep(&clock, seconds(1), &bells.waker(0));
    assert!(is_asleep(&mut sleep, &bells.waker(1)));
    keeper.advance_to(seconds(1));
    assert_eq!(bells.rung(), [1]);
    assert!(!is_asleep(&mut sleep, &bells.waker(1)));
}

#[test]
fn a_dropped_sleep_is_no_deadline() {
    let (clock, keeper) = Clock::virtual_from_zero();
    let bells = Bells::default();
    let early = asleep(&clock, seconds(1), &bells.waker(0));
    let _late = asleep(&clock, seconds(2), &bells.waker(1));
    drop(early);
    assert_eq!(keeper.next_deadline(), Some(seconds(2)));
    keeper.advance_to(seconds(2));
    assert_eq!(bells.rung(), [1]);
}

#[test]
fn the_lock_is_free_when_sleepers_are_woken() {
    struct Looker {
        timetable: Arc<Timetable>,
        was_free: AtomicBool,
    }
    impl Wake for Looker {
        fn wake(self: Arc<Self>) {
            let free = self.timetable.is_free();
            self.was_free.store(free, Ordering::SeqCst);
        }
    }
    let timetable = Arc::new(Timetable::default());
    let looker = Arc::new(Looker {
        timetable: Arc::clone(&timetable),
        was_free: AtomicBool::new(false),
    });
    let mut sleep: Sleeping<'_> = Box::pin(Sleep::until(&timetable, seconds(1)));
    assert!(is_asleep(&mut sleep, &Arc::clone(&looker).into()));
    TimeKeeper::new(Arc::clone(&timetable)).advance_to(seconds(1));
    assert!(looker.was_free.load(Ordering::SeqCst));
}

#[test]
fn holds_and_watched_processes_count_while_their_guards_live() {
    let (clock, keeper) = Clock::virtual_from_zero();
    let (one, other) = (clock.hold(), clock.clone().hold());
    assert_eq!(keeper.holds(), 2);
    drop(one);
    assert_eq!(keeper.holds(), 1);
    drop(other);
    assert_eq!(keeper.holds(), 0);
    let (late, early, again) = (
        clock.watch_process(70),
        clock.watch_process(7),
        clock.watch_process(70),
    );
    assert_eq!(keeper.processes(), [7, 70]);
    drop((late, early));
    assert_eq!(keeper.processes(), [70]);
    drop(again);
    assert_eq!(keeper.processes(), [0; 0]);
    // On the real clock there is nobody to tell.
    drop((Clock::real().hold(), Clock::real().watch_process(7)));
}

#[tokio::test]
async fn a_keeper_on_another_thread_wakes_the_tasks_of_a_runtime() {
    let (clock, keeper) = Clock::virtual_from_zero();
    let (asleep, lies_down) = std::sync::mpsc::channel();
    let moved = std::thread::Builder::new()
        .spawn(move || {
            lies_down.recv().unwrap();
            keeper.advance_to(keeper.next_deadline().unwrap());
        })
        .unwrap();
    // The sleep is asked first, so the thread moves time for a task of the runtime.
    tokio::join!(biased; clock.sleep(seconds(3600)), async { asleep.send(()).unwrap() });
    assert_eq!(clock.now(), seconds(3600));
    moved.join().unwrap();
}

/// What happens to a clock.
#[derive(Clone, Debug)]
enum Step {
    Sleep(Duration),
    /// The nth of the sleeps so far goes away, whatever has become of it.
    Drop(prop::sample::Index),
    Advance(Duration),
    /// To the next deadline, as a keeper does.
    Next,
}

fn step() -> impl Strategy<Value = Step> {
    // Few instants, so that many are equal.
    let duration = || (0..20u64).prop_map(Duration::from_millis);
    prop_oneof![
        4 => duration().prop_map(Step::Sleep),
        1 => any::<prop::sample::Index>().prop_map(Step::Drop),
        1 => duration().prop_map(Step::Advance),
        2 => Just(Step::Next),
    ]
}

proptest! {
    #[test]
    fn sleepers_are_woken_in_order_and_at_their_instants(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let (clock, keeper) = Clock::virtual_from_zero();
        let bells = Bells::default();
        let mut sleeps: Vec<Option<Sleeping<'_>>> = Vec::new();
        // The same in a sorted list: (deadline, number).
        let mut waiting: Vec<(Duration, usize)> = Vec::new();
        let mut now = Duration::ZERO;
        for step in steps {
            let target = match step {
                Step::Sleep(duration) => {
                    let number = sleeps.len();
                    let mut sleep: Sleeping<'_> = Box::pin(clock.sleep(duration));
                    let waits = is_asleep(&mut sleep, &bells.waker(number));
                    prop_assert_eq!(waits, !duration.is_zero());
                    sleeps.push(Some(sleep));
                    if waits {
                        waiting.push((now + duration, number));
                        waiting.sort_unstable();
                    }
                    now
                }
                Step::Drop(index) => {
                    if !sleeps.is_empty() {
                        let number = index.index(sleeps.len());
                        sleeps[number] = None;
                        waiting.retain(|(_, waiter)| *waiter != number);
                    }
                    now
                }
                Step::Advance(by) => now + by,
                Step::Next => keeper.next_deadline().unwrap_or(now),
            };
            keeper.advance_to(target);
            now = target;
            let due = waiting.partition_point(|(deadline, _)| *deadline <= now);
            let woken: Vec<usize> = waiting.drain(..due).map(|(_, number)| number).collect();
            prop_assert_eq!(bells.rung(), woken.clone());
            for number in woken {
                let sleep = sleeps[number].as_mut().unwrap();
                prop_assert!(!is_asleep(sleep, Waker::noop()));
                // A future that is over must not be asked again.
                sleeps[number] = None;
            }
            prop_assert_eq!(clock.now(), now);
            prop_assert_eq!(keeper.next_deadline(), waiting.first().map(|(deadline, _)| *deadline));
        }
    }
}
