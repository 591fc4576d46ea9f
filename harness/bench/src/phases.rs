//! A scenario phase against the same `go` command without a world.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use modfault_git::{Git, History, RepositoryStore, Tagging};
use modfault_gomod::{
    CommitTime, ModulePath, ModuleVersion, default_go_mod, info_json, module_prefix, zip_under,
};
use modfault_run::run_phase;
use modfault_scenario::Phase;

use crate::setting::{PROXY, Setting};
use crate::statistics::{milliseconds, quantile};

const ROUNDS: usize = 30;

pub(crate) fn measure(setting: &Setting) -> Result<(), Box<dyn Error>> {
    println!("a phase against the same command bare (wall time, ms), {ROUNDS} pairs in turn");
    println!("  what                     phase p50   bare p50   ratio p50   ratio p95");
    let folder = tempfile::tempdir()?;
    let go = setting.options.toolchain.join("bin/go");
    let bare =
        |module: &str, proxy: &str, more: &[(&str, String)]| -> Result<Duration, Box<dyn Error>> {
            let fresh = tempfile::tempdir()?;
            let project = fresh.path().join("app");
            fs::create_dir_all(&project)?;
            fs::write(project.join("go.mod"), "module app\n\ngo 1.19\n")?;
            let began = Instant::now();
            let status = Command::new(&go)
                .args(["mod", "download", module])
                .current_dir(&project)
                .env_clear()
                .env("PATH", std::env::var_os("PATH").unwrap_or_default())
                .env("HOME", fresh.path())
                .env("GOPROXY", proxy)
                .envs([
                    ("GOSUMDB", "off"),
                    ("GOTOOLCHAIN", "local"),
                    ("GOFLAGS", "-modcacherw"),
                ])
                .envs(more.iter().map(|(name, value)| (*name, value)))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()?;
            let took = began.elapsed();
            if status.success() {
                Ok(took)
            } else {
                Err(format!("the bare command for {module} failed").into())
            }
        };

    let proxy = file_proxy(setting, folder.path())?;
    let world = setting.world("go mod download example.com/greet@v1.0.0", PROXY)?;
    pairs("from a proxy", setting, &world, || {
        bare("example.com/greet@v1.0.0", &proxy, &[])
    })?;

    let repository = local_repository(setting, folder.path())?;
    let world = setting.world(
        "go mod download git.corp.example/team/secret.git@v1.0.0",
        "direct",
    )?;
    let instead = [
        ("GIT_CONFIG_COUNT", "1".to_owned()),
        ("GIT_CONFIG_KEY_0", format!("url.{repository}.insteadOf")),
        (
            "GIT_CONFIG_VALUE_0",
            "https://git.corp.example/team/secret".to_owned(),
        ),
        ("GIT_ALLOW_PROTOCOL", "file:https".to_owned()),
    ];
    pairs("from git", setting, &world, || {
        bare(
            "git.corp.example/team/secret.git@v1.0.0",
            "direct",
            &instead,
        )
    })?;
    println!();
    Ok(())
}

fn pairs(
    what: &str,
    setting: &Setting,
    world: &modfault_world::World,
    bare: impl Fn() -> Result<Duration, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let (mut worlds, mut bares, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let began = Instant::now();
        let seen = run_phase(world, Phase::Control, &setting.options)?;
        let phase = milliseconds(began.elapsed());
        if seen
            .steps
            .iter()
            .any(|step| step.exit != Some(modfault_outcome::Exit::Code(0)))
        {
            return Err(format!("{what}: the command failed: {}", seen.steps[0].stderr).into());
        }
        let alone = milliseconds(bare()?);
        if round > 0 {
            worlds.push(phase);
            bares.push(alone);
            ratios.push(phase / alone);
        }
    }
    println!(
        "  {what:<24} {:>9.1} {:>10.1} {:>11.2} {:>11.2}",
        quantile(&worlds, 0.5),
        quantile(&bares, 0.5),
        quantile(&ratios, 0.5),
        quantile(&ratios, 0.95),
    );
    Ok(())
}

/// A `file://` module proxy with example.com/greet@v1.0.0.
fn file_proxy(setting: &Setting, folder: &Path) -> Result<String, Box<dyn Error>> {
    let files = files_of(setting, "example.com/greet")?;
    let path = ModulePath::parse("example.com/greet")?;
    let version = ModuleVersion::parse("v1.0.0")?;
    let directory = folder.join("proxy/example.com/greet/@v");
    fs::create_dir_all(&directory)?;
    let go_mod = files
        .get("go.mod")
        .cloned()
        .unwrap_or_else(|| default_go_mod(&path));
    fs::write(directory.join("list"), "v1.0.0\n")?;
    fs::write(
        directory.join("v1.0.0.info"),
        info_json(version.as_str(), &CommitTime::of(&version)),
    )?;
    fs::write(directory.join("v1.0.0.mod"), go_mod)?;
    fs::write(
        directory.join("v1.0.0.zip"),
        zip_under(&module_prefix(&path, &version), &files)?,
    )?;
    Ok(format!("file://{}", folder.join("proxy").display()))
}

/// The URL of a repository on disk with git.corp.example/team/secret.
fn local_repository(setting: &Setting, folder: &Path) -> Result<String, Box<dyn Error>> {
    let git = Git::find(&setting.options.search_path)?;
    let files = files_of(setting, "git.corp.example/team/secret")?;
    let history = History::new().version("v1.0.0", &files, Tagging::Tagged);
    Ok(format!(
        "file://{}",
        RepositoryStore::new(git, folder.join("repositories"))
            .get(&history)?
            .display()
    ))
}

fn files_of(
    setting: &Setting,
    module: &str,
) -> Result<std::collections::BTreeMap<String, String>, Box<dyn Error>> {
    let module = setting
        .library()
        .module(module)
        .ok_or("the shared module is missing")?;
    let version = module
        .versions
        .iter()
        .find(|version| version.version == "v1.0.0")
        .ok_or("it has no v1.0.0")?;
    Ok(version.files.clone())
}
