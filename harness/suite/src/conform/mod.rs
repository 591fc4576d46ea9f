//! A GOPROXY server as the subject of all rules, each setting in a world of its own: [`stand`] is the way into one.

mod stand;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use self::stand::WorldStand;
use crate::engine::{Hindrance, go_version};
use crate::error::Error;
use crate::machine::{Machine, hindrance};
use modfault_conform::result::{Finding, Verdict};
use modfault_conform::{Rule, RuleResult, Sample, Setting, Stage, Subject, play, show};
use modfault_run::{Options, RunError, visit};
use modfault_toolchain::Toolchain;
use modfault_world::World;

/// A subject, and how it is tried.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The program.
    pub subject: Subject,
    /// Its files on the real machine, each with where it finds them.
    pub lent: Vec<(PathBuf, String)>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// How long each answer is waited for.
    pub patience: Duration,
    /// How many worlds there are at once.
    pub jobs: NonZeroUsize,
    /// Whether `go` also shows what comes of rules that hold.
    pub shows_all: bool,
}

/// Rules that are tried in one world.
struct Group<'a> {
    setting: Setting,
    rules: Vec<&'a Rule>,
}

/// Tries all rules, and gives what came of each, in their order; `done` is told how many are.
///
/// # Errors
/// The subject did not start, or the machine could not make its worlds.
pub fn conform(
    trial: &Trial,
    machine: &Machine,
    toolchain: &Toolchain,
    done: &(impl Fn(usize) + Sync),
) -> Result<Vec<RuleResult>, Hindrance> {
    let options = Options {
        lent: trial.lent.clone(),
        ..machine.options(toolchain)
    };
    let hall = Hall {
        trial,
        stage: Stage::new(trial.subject.clone(), go_version(toolchain)),
        sample: Stage::sample(),
        options,
    };
    let groups = groups(&trial.rules);
    let results: Mutex<Vec<RuleResult>> = Mutex::default();
    let failed: Mutex<Option<Hindrance>> = Mutex::default();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
            match hall.tried(group) {
                Ok(came) => {
                    let mut results = locked(&results);
                    results.extend(came);
                    done(results.len());
                }
                Err(why) => {
                    locked(&failed).get_or_insert(why);
                    next.store(groups.len(), Ordering::Relaxed);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..trial.jobs.get().min(groups.len()) {
            std::thread::Builder::new()
                .name("conform".to_owned())
                .spawn_scoped(scope, work)
                .map_err(|source| Hindrance::Machine(Error::Thread(source)))?;
        }
        Ok(())
    })?;
    if let Some(why) = locked(&failed).take() {
        return Err(why);
    }
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|result| {
        let mut rules = trial.rules.iter();
        rules.position(|rule| rule.id == result.rule)
    });
    Ok(results)
}

/// Those that are tried in the same world together, every other one by itself. The slow ones come first.
fn groups(rules: &[Rule]) -> Vec<Group<'_>> {
    let (healthy, apart): (Vec<&Rule>, Vec<&Rule>) = rules
        .iter()
        .partition(|rule| rule.setting == Setting::Healthy);
    let mut groups = Vec::new();
    if !healthy.is_empty() {
        groups.push(Group {
            setting: Setting::Healthy,
            rules: healthy,
        });
    }
    groups.extend(apart.into_iter().map(|rule| Group {
        setting: rule.setting,
        rules: vec![rule],
    }));
    groups
}

/// What all worlds of a trial have in common.
struct Hall<'a> {
    trial: &'a Trial,
    stage: Stage,
    sample: Sample,
    options: Options,
}

impl Hall<'_> {
    fn world(&self, setting: Setting) -> Result<World, Hindrance> {
        let world = self.stage.world(setting);
        world.map_err(|error| Hindrance::Failed(Error::Stage(error)))
    }

    fn tried(&self, group: &Group<'_>) -> Result<Vec<RuleResult>, Hindrance> {
        let mut results = self.asked(group)?;
        for result in &mut results {
            let rule = group.rules.iter().find(|rule| rule.id == result.rule);
            let is_shown = self.trial.shows_all || result.finding.verdict == Verdict::Fail;
            if let Some(rule) = rule.filter(|_| is_shown) {
                self.shown(rule, result)?;
            }
        }
        Ok(results)
    }

    /// What came of the rules of a group; where the subject ended in one, that one does not hold, and those after it are not tried.
    fn asked(&self, group: &Group<'_>) -> Result<Vec<RuleResult>, Hindrance> {
        let world = self.world(group.setting)?;
        let came: Mutex<Vec<RuleResult>> = Mutex::default();
        // Which rule is played, from 1; 0 while the subject starts.
        let played = AtomicUsize::new(0);
        let visited = visit(&world, &self.options, async |visit| {
            let mut stand = WorldStand::new(visit);
            let mut stays = false;
            for rule in &group.rules {
                played.fetch_add(1, Ordering::Relaxed);
                let result = play(&mut stand, rule, &self.sample, self.trial.patience).await?;
                let has_failed = result.finding.verdict == Verdict::Fail;
                locked(&came).push(result);
                let patience = self.trial.patience;
                if has_failed && !stays && stand.breaks_off(patience).await {
                    // It is ending, and its end is about to be seen; or it does so to everybody, and stays.
                    tokio::time::sleep(patience).await;
                    stays = true;
                }
            }
            Ok(())
        });
        let mut came = came.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (ended, number) = match (visited, played.into_inner()) {
            (Ok(()), _) => return Ok(came),
            (Err(error @ RunError::ComponentEnded { .. }), number @ 1..) => (error, number),
            (Err(error), _) => return Err(hindrance(error)),
        };
        came.truncate(number - 1);
        let rule = group.rules.get(number - 1);
        came.extend(rule.map(|rule| RuleResult::of(rule, Finding::failed(ended.to_string()))));
        let left = group.rules.iter().skip(came.len());
        let left: Vec<RuleResult> = left
            .map(|rule| RuleResult::of(rule, Finding::not_tried("the server had ended")))
            .collect();
        came.extend(left);
        Ok(came)
    }

    /// Lets `go` show what comes of it, in another world of the same setting.
    fn shown(&self, rule: &Rule, result: &mut RuleResult) -> Result<(), Hindrance> {
        let Some(shown) = rule.shown else {
            return Ok(());
        };
        let world = self.world(rule.setting)?;
        let visited = visit(&world, &self.options, async |visit| {
            show(&mut WorldStand::new(visit), shown).await
        });
        match visited {
            Ok(demonstration) => {
                result.shown = demonstration;
                Ok(())
            }
            // What it did before it ended is told already.
            Err(RunError::ComponentEnded { .. }) => Ok(()),
            Err(error) => Err(hindrance(error)),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
