//! The program with real worlds and the real `go`. Where the machine can make none, these tests say so and end; with
//! MODFAULT_REQUIRE_WORLD they fail then.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The program in a directory; its environment is this one's, so that it finds the `go` that is there.
fn modfault(directory: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_modfault"));
    command
        .args(line.split_whitespace())
        .current_dir(directory)
        .env_remove("CI")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null());
    command
}

fn run(directory: &Path, line: &str) -> Output {
    modfault(directory, line).output().unwrap()
}

/// A directory of the test's own with a scenario `http/mine` in it; nothing where this machine can make no world.
#[expect(clippy::print_stdout, reason = "a test that is not run must say so")]
fn mine() -> Option<tempfile::TempDir> {
    let directory = tempfile::tempdir().unwrap();
    let preflight = run(directory.path(), "preflight");
    if !preflight.status.success() {
        let found = text(&preflight.stdout);
        assert!(
            std::env::var_os("MODFAULT_REQUIRE_WORLD").is_none(),
            "no world can be made:\n{found}"
        );
        println!("not run: no world can be made here\n{found}");
        return None;
    }
    let new = run(directory.path(), "new http/mine");
    assert!(new.status.success(), "{}", text(&new.stderr));
    Some(directory)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn said(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_claim_is_tried_and_told_with_its_evidence() {
    let Some(directory) = mine() else { return };
    let told = run(directory.path(), "claims C01 --lang en");
    assert!(told.status.success(), "{}", said(&told));
    for part in [
        "refuted",
        "were it true: proxy.golang.org is asked",
        "it did not come",
    ] {
        assert!(said(&told).contains(part), "{part}: {}", said(&told));
    }
}

#[test]
fn a_first_scenario_is_run_blessed_and_then_holds() {
    let Some(directory) = mine() else { return };
    let here = directory.path();
    let first = run(here, "run ./");
    assert_eq!(first.status.code(), Some(1), "{}", said(&first));
    assert!(said(&first).contains("--bless"), "{}", said(&first));
    let blessed = run(here, "run ./ --bless");
    assert_eq!(blessed.status.code(), Some(0), "{}", said(&blessed));
    assert!(here.join("snapshots/http/mine.snap").is_file());
    let again = run(
        here,
        "run ./http/mine.toml --repeat 3 --jobs 3 --save kept --format json",
    );
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    let report: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(report["summary"]["as_expected"], 3);
    assert!(here.join("kept/report.json").is_file() && here.join("kept/junit.xml").is_file());
    assert!(here.join("kept/http/mine 3-3.json").is_file());
}

/// Adds a probe to the scenario.
fn probe(directory: &Path, text: &str) {
    let path = directory.join("http/mine.toml");
    let written = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{written}\n[[probe]]\n{text}\n")).unwrap();
}

#[test]
fn a_probe_is_run_and_told_unless_nobody_wants_it() {
    let Some(directory) = mine() else { return };
    let here = directory.path();
    probe(
        here,
        "run = \"GOFLAGS=-x go mod download example.com/greet@v1.0.0\"\nreveals = \"Who says so.\"\nstderr = [\": 502 Bad Gateway\"]",
    );
    assert_eq!(run(here, "run ./ --bless").status.code(), Some(0));
    let recorded = fs::read_to_string(here.join("snapshots/http/mine.snap")).unwrap();
    assert!(recorded.contains("=== probes ==="), "{recorded}");
    assert_eq!(run(here, "run ./").status.code(), Some(0));
    assert_eq!(
        run(here, "run ./ --no-probes --bless").status.code(),
        Some(0)
    );
    let again = fs::read_to_string(here.join("snapshots/http/mine.snap")).unwrap();
    assert_eq!(again, recorded, "what is left out is not forgotten");
    let told = text(&run(here, "show ./http/mine.toml").stdout);
    assert!(told.contains("-> Who says so."), "{told}");
}

#[test]
fn a_probe_that_tells_nothing_is_found_out() {
    let Some(directory) = mine() else { return };
    let here = directory.path();
    let line =
        "run = \"go env GOPROXY\"\nreveals = \"Who is asked.\"\nstdout = [\"https://goproxy\"]";
    probe(here, line);
    let output = run(here, "run ./");
    assert!(said(&output).contains("tells nothing"), "{}", said(&output));
    assert_eq!(
        run(here, "run ./ --no-probes --bless").status.code(),
        Some(0)
    );
    let path = here.join("http/mine.toml");
    let written = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        written.replace(line, &format!("{line}\nblind = true")),
    )
    .unwrap();
    assert_eq!(run(here, "run ./ --bless").status.code(), Some(0));
}

#[test]
fn a_probe_without_its_tool_is_counted_and_fails_in_ci() {
    let Some(directory) = mine() else { return };
    let here = directory.path();
    probe(
        here,
        "run = \"true\"\nreveals = \"Nothing.\"\nneeds = [\"svn\"]\nblind = true\nexit = 0",
    );
    let path = here.join("nothing");
    fs::create_dir(&path).unwrap();
    for program in ["git", "go"] {
        let found = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|directory| directory.join(program))
            .find(|path| path.is_file());
        let Some(found) = found else { continue };
        std::os::unix::fs::symlink(found, path.join(program)).unwrap();
    }
    let without = |line: &str, ci: &str| {
        let mut command = modfault(here, line);
        command.env("PATH", &path).env("CI", ci).output().unwrap()
    };
    let here_only = without("run ./ --bless", "");
    assert_eq!(here_only.status.code(), Some(0), "{}", said(&here_only));
    assert!(
        said(&here_only).contains("1 probe not run"),
        "{}",
        said(&here_only)
    );
    assert!(
        text(&here_only.stderr).contains("`modfault preflight`"),
        "{}",
        said(&here_only)
    );
    let strict = without("run ./", "true");
    assert_eq!(strict.status.code(), Some(3), "{}", said(&strict));
}

#[test]
fn a_fault_that_nothing_comes_upon_is_told() {
    let Some(directory) = mine() else { return };
    let path = directory.path().join("http/mine.toml");
    let written = fs::read_to_string(&path).unwrap();
    fs::write(&path, written.replace("get = \"zip\"", "get = \"list\"")).unwrap();
    let output = run(directory.path(), "run ./");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("the fault did not fire"),
        "{}",
        said(&output)
    );
}

#[test]
fn one_scenario_is_told_whole() {
    let Some(directory) = mine() else { return };
    let output = run(directory.path(), "show ./http/mine.toml");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let told = text(&output.stdout);
    for word in [
        "http/mine",
        "goproxy.corp.example",
        "$ go mod download",
        "502",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert!(
        told.lines().all(|line| line.chars().count() <= 80),
        "{told}"
    );
    assert!(
        !told.contains('\u{1b}'),
        "no colour where there is no terminal"
    );
}

/// The scenario with a proxy that takes the request and never answers.
fn silent(directory: &Path) {
    let path = directory.join("http/mine.toml");
    let written = fs::read_to_string(&path).unwrap();
    let text = written
        .replace("http.status = 502", "http = \"stall\"")
        .replace("exit = 1\nstopped", "hangs = true\nstopped")
        .replace("in = \"goproxy\" }", "in = \"http\" }")
        .replace("kind = \"fails\"", "kind = \"fails\"\ntimeout = \"1s\"");
    assert_ne!(text, written);
    fs::write(&path, text).unwrap();
}

/// Whether this machine has the virtual clock; without it the tests that ask for it end, and say so.
#[expect(clippy::print_stdout, reason = "a test that is not run must say so")]
fn has_virtual_clock(directory: &Path) -> bool {
    let found = text(&run(directory, "preflight --format json").stdout);
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    let checks = found["checks"].as_array().unwrap();
    let clock = checks.iter().find(|check| check["name"] == "clock");
    let clock = clock.expect("preflight speaks of the clock");
    if clock["status"] != "ok" {
        println!("not run: {}", clock["found"]);
        return false;
    }
    true
}

#[test]
fn a_report_names_the_clock_and_both_show_the_same() {
    let Some(directory) = mine() else { return };
    let here = directory.path();
    silent(here);
    if !has_virtual_clock(here) {
        return;
    }
    // recorded on one, held against that on the other
    let recorded = run(here, "run ./ --bless --clock real");
    assert_eq!(recorded.status.code(), Some(0), "{}", said(&recorded));
    for (option, clock) in [
        ("", "virtual"),
        (" --clock virtual", "virtual"),
        (" --clock real", "real"),
    ] {
        let output = run(here, &format!("run ./ --format json{option}"));
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let record = &report["scenarios"][0];
        assert_eq!(record["clock"], clock, "{option}");
        assert!(record["clock_reason"].is_null(), "nobody was refused");
        let hang = &record["phases"][1]["observation"]["steps"][0]["hang"];
        assert_eq!(hang["for_ever"], clock == "virtual", "{option}");
        assert!(!hang["dump"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_hang_is_told_on_its_clock_and_who_asks_for_more_sees_every_goroutine() {
    let Some(directory) = mine() else { return };
    let here = directory.path();
    silent(here);
    let real = text(&run(here, "show ./http/mine.toml --clock real").stdout);
    assert!(
        real.contains("It hangs: still running after 1.0 s"),
        "{real}"
    );
    assert!(real.contains("on the real clock"), "{real}");
    assert!(
        real.contains("never answers `GET /example.com/greet/@v/v1.0.0.zip`"),
        "{real}"
    );
    if has_virtual_clock(here) {
        let told = text(&run(here, "show ./http/mine.toml").stdout);
        assert!(told.contains("It hangs for ever"), "{told}");
        assert!(told.contains("s on the virtual clock"), "{told}");
        assert!(!told.contains("  | goroutine "), "{told}");
    }
    let more = text(&run(here, "show ./http/mine.toml --verbose").stdout);
    assert!(more.contains("  | goroutine "), "{more}");
}

#[test]
fn the_real_clock_that_a_scenario_asks_for_is_told_with_its_reason() {
    let Some(directory) = mine() else { return };
    let here = directory.path();
    let path = here.join("http/mine.toml");
    let written = fs::read_to_string(&path).unwrap();
    let reason = "the kernel's own timers decide";
    fs::write(&path, format!("clock.real = \"{reason}\"\n{written}")).unwrap();
    let output = run(here, "run ./ --bless --format json");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["scenarios"][0]["clock"], "real");
    assert_eq!(report["scenarios"][0]["clock_reason"], reason);
    let told = text(&run(here, "show ./http/mine.toml").stdout);
    assert!(
        told.contains(&format!("It ran on the real clock: {reason}.")),
        "{told}"
    );
}

#[test]
fn an_interruption_ends_everything_within_a_second_and_keeps_what_finished() {
    let Some(directory) = mine() else { return };
    let here = directory.path();
    assert_eq!(run(here, "run ./ --bless").status.code(), Some(0));
    let mut child = modfault(here, "run ./ --repeat 100000 --save kept")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    assert!(first.contains("http/mine"), "{first}");

    let since = Instant::now();
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    // a second, and as much again for a machine that is busy with other tests
    assert!(
        since.elapsed() < Duration::from_secs(2),
        "{:?}",
        since.elapsed()
    );
    assert_eq!(output.status.code(), Some(130));
    assert!(rest.contains("Summary"), "{rest}");
    assert!(
        text(&output.stderr).contains("interrupted"),
        "{}",
        text(&output.stderr)
    );
    assert!(here.join("kept/report.json").is_file());
}
