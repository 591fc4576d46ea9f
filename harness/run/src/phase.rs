//! One phase: a world is built, its steps are done, what was seen is handed back, and nothing is left.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use modfault_kit::{Armed, Context, Dial, HostName, Recorder, Seed};
use modfault_outcome::{ComponentLog, Cost, Observation, ObservedClock};
use modfault_pki::Pki;
use modfault_sandbox::Sandbox;
use modfault_scenario::Phase;
use modfault_wire::map::NOWHERE;
use modfault_wire::{AddressMap, Line, WireEnds};
use modfault_world::{CLIENT_ADDRESS, GATEWAY_ADDRESS, World};

use crate::broker::WorldDialer;
use crate::component::{self, Components};
use crate::error::RunError;
use crate::internet::Internet;
use crate::machine;
use crate::overload::{self, overload};
use crate::repositories::Repositories;
use crate::step::Steps;
use crate::stub;
use crate::time::{Chosen, ClockWish};
use crate::visit::Visit;

/// How long real programs may take until they listen, unless somebody has less patience.
pub const COMPONENTS_START_WITHIN: Duration = Duration::from_secs(20);

/// What a phase is run with.
#[derive(Clone, Debug)]
pub struct Options {
    /// GOROOT of the toolchain, on the real machine.
    pub toolchain: PathBuf,
    /// Its version as `go env GOVERSION` says it: `go1.27.3`.
    pub go: String,
    /// Where made repositories are kept between worlds, and what a world changes while it lasts.
    pub cache: PathBuf,
    /// The PATH of the real machine, to find git on.
    pub search_path: OsString,
    /// How long, in reality, real programs may take until they listen.
    pub components_start_within: Duration,
    /// Files and directories of the real machine that the client sees beside its own, each with its place there.
    pub lent: Vec<(PathBuf, String)>,
    /// Which clock it shall run under.
    pub clock: ClockWish,
    /// Ends the phase when it is cancelled.
    pub cancel: CancellationToken,
}

/// Makes `world` for `phase` on a thread of its own, does its steps, takes it down, and gives what was seen.
pub fn run_phase(world: &World, phase: Phase, options: &Options) -> Result<Observation, RunError> {
    let whole = in_world(world, &phase.to_string(), options, async |visit| {
        let running = Instant::now();
        let (steps, cpu) = visit.steps.run(&mut visit.timeline).await?;
        let took = running.elapsed();
        let (probes, of_probes) = visit
            .steps
            .probes(&options.search_path, &mut visit.timeline)
            .await?;
        Ok((steps, probes, cpu + of_probes, took))
    })?;
    let (steps, probes, command_cpu, steps_took) = whole.done;
    Ok(Observation {
        phase,
        go: options.go.clone(),
        tools: whole.tools,
        placed: world
            .faults
            .iter()
            .map(|placed| &placed.id)
            .chain(&world.patches)
            .cloned()
            .collect(),
        steps,
        probes,
        components: whole.components,
        bindings: BTreeMap::new(),
        clock: whole.clock,
        cost: Cost {
            up: whole.up,
            steps: steps_took,
            down: whole.down,
            command_cpu,
        },
    })
}

/// What became of a world.
pub(crate) struct Whole<T> {
    /// What was done in it.
    pub(crate) done: T,
    tools: BTreeMap<String, String>,
    components: BTreeMap<String, ComponentLog>,
    clock: ObservedClock,
    up: Duration,
    down: Duration,
}

/// Makes `world` on a thread of its own, called `name`, does in it what `act` says, and takes it down.
pub(crate) fn in_world<T: Send>(
    world: &World,
    name: &str,
    options: &Options,
    act: impl AsyncFnOnce(&mut Visit<'_>) -> Result<T, RunError> + Send,
) -> Result<Whole<T>, RunError> {
    let thread = |source| RunError::System {
        operation: "start the world's thread",
        source,
    };
    std::thread::scope(|scope| {
        let running = std::thread::Builder::new()
            .name(format!("world {name}"))
            .spawn_scoped(scope, || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map_err(thread)?;
                runtime.block_on(living(world, options, act))
            })
            .map_err(thread)?;
        match running.join() {
            Ok(whole) => whole,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

async fn living<T>(
    world: &World,
    options: &Options,
    act: impl AsyncFnOnce(&mut Visit<'_>) -> Result<T, RunError>,
) -> Result<Whole<T>, RunError> {
    let began = Instant::now();
    let chosen = Chosen::of(world, options.clock)?;
    let clock = chosen.clock.clone();
    let (recorder, mut timeline) = Recorder::new(clock.clone());
    let armed = Armed::new(
        world.faults.clone(),
        world.seed,
        clock.clone(),
        recorder.clone(),
    );
    let context = Context {
        clock,
        recorder,
        armed,
    };
    let pki = authorities(world.seed);
    let repositories = Repositories::prepare(world, options)?;

    let mut sandbox = Sandbox::create(&machine::plan(
        world,
        &pki,
        options,
        chosen.clock.is_virtual(),
    )?)?;
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let mut unsettled = None;
    if let Some(ends) = sandbox.take_wire() {
        let ends = WireEnds {
            client: ends.client,
            internet: ends.internet,
        };
        let line = Line::new(ends, address_map(world), context.clone()).map_err(|source| {
            RunError::System {
                operation: "watch the wire",
                source,
            }
        })?;
        unsettled = Some(line.unsettled());
        let stop = stop.clone();
        tasks.spawn(async move { line.run(stop).await.map(drop) });
    }
    let dial = Dial::new(WorldDialer::new(sandbox.broker(), world, &context));
    Internet {
        world,
        pki: &pki,
        repositories: &repositories,
        context: &context,
        dial: &dial,
        stop: &stop,
    }
    .start(&sandbox, &mut tasks)?;
    let stub = stub::start(world, &sandbox, &context, &stop, &mut tasks)?;
    let overloaded = overload(world, &sandbox).await?;
    let mut components = Components::start(world, &sandbox, &context.clock, options).await?;
    // What they ask for while they start belongs to no step.
    drop(timeline.drain());
    let time = chosen.begin(world, &sandbox, &context.recorder, unsettled)?;
    let up = began.elapsed();

    let mut visit = Visit {
        steps: Steps {
            world,
            sandbox: &sandbox,
            repositories: &repositories,
            context: &context,
            stub,
            time,
            cancel: &options.cancel,
        },
        timeline,
    };
    let done = tokio::select! {
        done = act(&mut visit) => done,
        Some(ended) = tasks.join_next() => Err(RunError::Fake(ended_early(ended))),
        died = components.died(&sandbox) => Err(died),
    };

    let ending = Instant::now();
    let components = components.logs(&sandbox).await;
    stop.cancel();
    tasks.shutdown().await;
    let time = visit.steps.time.take();
    drop(overloaded);
    sandbox.destroy();
    if let Some(time) = time {
        time.supervisor.end();
    }
    Ok(Whole {
        done: done?,
        tools: tools(world, &repositories, options)?,
        components,
        clock: chosen.observed,
        up,
        down: ending.elapsed(),
    })
}

/// The versions of the programs that have a part in the world, go apart.
fn tools(
    world: &World,
    repositories: &Repositories,
    options: &Options,
) -> Result<BTreeMap<String, String>, RunError> {
    let mut tools = repositories.tools()?;
    tools.extend(component::program::versions(world, options));
    Ok(tools)
}

/// The certificates of all worlds of a seed: the same bytes in each, and costly to make.
fn authorities(seed: Seed) -> Arc<Pki> {
    static KNOWN: Mutex<BTreeMap<Seed, Arc<Pki>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let pki = known
        .entry(seed)
        .or_insert_with(|| Arc::new(Pki::new(seed)));
    Arc::clone(pki)
}

/// Why a server that should serve until it is told to stop has ended before.
fn ended_early(ended: Result<io::Result<()>, JoinError>) -> io::Error {
    match ended {
        Ok(Ok(())) => io::Error::other("a server ended by itself"),
        Ok(Err(error)) => error,
        Err(panic) => io::Error::other(panic),
    }
}

fn address_map(world: &World) -> AddressMap {
    let mut hosts: BTreeMap<_, _> = world
        .hosts
        .iter()
        .map(|(name, host)| (host.address, name.clone()))
        .collect();
    if let Ok(nowhere) = NOWHERE.parse::<HostName>() {
        hosts.extend(
            world
                .nowhere
                .iter()
                .map(|address| (*address, nowhere.clone())),
        );
    }
    AddressMap {
        client: CLIENT_ADDRESS,
        gateway: GATEWAY_ADDRESS,
        hosts,
        overloaded: overload::ports(world)
            .map(|at| (*at.ip(), at.port()))
            .collect(),
        untold: world
            .hosts
            .values()
            .filter(|host| host.component.is_some())
            .map(|host| host.address)
            .collect(),
    }
}
