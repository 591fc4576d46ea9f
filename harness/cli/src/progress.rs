//! What is seen while something takes long: on a terminal bars, elsewhere a line for what matters.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::interrupt::Interrupt;
use modfault_toolchain::Progress;

/// How many running scenarios are named at once.
const NAMED: usize = 8;

/// A fetch, as seen.
pub(crate) struct FetchProgress {
    interrupt: Interrupt,
    bar: ProgressBar,
    stage: RefCell<Stage>,
}

/// What the bar is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Nothing,
    Asking,
    Downloading,
    Unpacking,
}

impl FetchProgress {
    /// Shows nothing until something happens, and nothing at all where stderr is no terminal.
    pub(crate) fn new(interrupt: &Interrupt) -> Self {
        Self {
            interrupt: interrupt.clone(),
            bar: ProgressBar::no_length(),
            stage: RefCell::new(Stage::Nothing),
        }
    }

    /// Shows a step; ends the fetch after an interruption.
    pub(crate) fn step(&self, progress: Progress<'_>) -> ControlFlow<()> {
        match progress {
            Progress::Waiting => {
                self.enter(Stage::Asking, "{spinner} {msg}");
                self.bar
                    .set_message("waiting for another modfault that fetches");
            }
            Progress::Asking { route, url } => {
                self.enter(Stage::Asking, "{spinner} {msg}");
                self.bar
                    .set_message(format!("asking {route} for Go: {url}"));
            }
            Progress::Downloading { done, total } => {
                self.enter(
                    Stage::Downloading,
                    "{msg} [{bar:30}] {bytes}/{total_bytes} ({bytes_per_sec})",
                );
                self.bar.set_message("downloading Go");
                self.place(done, total);
            }
            Progress::Unpacking { done, total } => {
                self.enter(Stage::Unpacking, "{msg} [{bar:30}] {pos}/{len} files");
                self.bar.set_message("unpacking Go");
                self.place(done, total);
            }
        }
        if self.interrupt.is_raised() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// Whether nothing is seen of it.
    pub(crate) fn is_hidden(&self) -> bool {
        self.bar.is_hidden()
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn place(&self, done: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        self.bar.set_position(done);
    }

    fn enter(&self, stage: Stage, template: &str) {
        if self.stage.replace(stage) != stage {
            self.bar.set_style(style(template));
            self.bar.reset();
        }
    }
}

impl Drop for FetchProgress {
    fn drop(&mut self) {
        self.finish();
    }
}

/// A run, as seen: how many are done and which are under way, in the manner of cargo-nextest.
pub(crate) struct RunProgress {
    bar: ProgressBar,
    running: BTreeMap<usize, (String, Instant)>,
    failed: usize,
}

impl RunProgress {
    /// A bar for so many scenarios; invisible where stderr is no terminal.
    pub(crate) fn new(total: usize) -> Self {
        let bar = ProgressBar::new(total as u64);
        bar.set_style(style(
            "{prefix:>12} [{elapsed_precise}] [{bar:30}] {pos}/{len}{msg}",
        ));
        bar.set_prefix("Running");
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            bar,
            running: BTreeMap::new(),
            failed: 0,
        }
    }

    /// What runs from now on, in a word or two.
    pub(crate) fn on(&self, what: &str) {
        self.bar.set_prefix(what.to_owned());
    }

    /// One more is under way.
    pub(crate) fn started(&mut self, index: usize, name: String) {
        self.running.insert(index, (name, Instant::now()));
        self.draw();
    }

    /// One is done.
    pub(crate) fn finished(&mut self, index: usize, failed: bool) {
        self.running.remove(&index);
        self.failed += usize::from(failed);
        self.bar.inc(1);
        self.draw();
    }

    /// Time has passed.
    pub(crate) fn tick(&self) {
        self.draw();
    }

    /// Prints something above the bar.
    pub(crate) fn above<R>(&self, print: impl FnOnce() -> R) -> R {
        self.bar.suspend(print)
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn draw(&self) {
        let mut text = format!(
            ": {} running, {} not as expected",
            self.running.len(),
            self.failed
        );
        for (name, since) in self.running.values().take(NAMED) {
            text.push_str(&format!(
                "\n{:>12} [{:>8.3}s] {name}",
                "",
                since.elapsed().as_secs_f64()
            ));
        }
        if self.running.len() > NAMED {
            text.push_str(&format!(
                "\n{:>12} and {} more",
                "",
                self.running.len() - NAMED
            ));
        }
        self.bar.set_message(text);
    }
}

impl Drop for RunProgress {
    fn drop(&mut self) {
        self.finish();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the template is a constant")
        .progress_chars("=> ")
}
