//! The program as a person or a script meets it: run as a process of its own, with nothing of this one's environment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use modfault_report::{Card, Record, Report};
use modfault_scenario::{GoVersion, ModuleLibrary, Phase, parse};
use modfault_world::plan;

/// A directory of the test's own, and the program in it.
struct Desk {
    directory: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The program with these words, an empty environment, a cache of its own, and nothing to fetch from.
    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_modfault"));
        command
            .args(line.split_whitespace())
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("GOPROXY", "off")
            .env("PIP_CONFIG_FILE", "/dev/null")
            .env("PIP_NO_INDEX", "1")
            // whatever is left to ask is asked at a port where nothing answers
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// A scenario file that is right, at a path.
    fn scenario(&self, path: &str) -> PathBuf {
        let id = path.trim_end_matches(".toml");
        assert_eq!(self.run(&format!("new {id}")).status.code(), Some(0));
        self.path().join(path)
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let output = Desk::new().run("--help");
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    for word in [
        "show",
        "run",
        "claims",
        "diff",
        "list",
        "new",
        "preflight",
        "toolchain",
        "completions",
        "130",
    ] {
        assert!(text.contains(word), "{word}");
    }
    assert!(output.stderr.is_empty());
}

#[test]
fn without_a_command_it_says_what_it_is_for() {
    let output = Desk::new().run("");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.contains("modfault show ID") && text.contains("modfault run"),
        "{text}"
    );
}

#[test]
fn an_unknown_command_or_option_is_2() {
    let desk = Desk::new();
    for line in [
        "frobnicate",
        "run --jobs 0",
        "run --go newst",
        "run --go 1.21,",
        "diff 1.21",
        "diff 1.21 1.27 --from a --save b",
        "run --clock sundial",
        "list --format yaml",
    ] {
        let output = desk.run(line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{line}"
        );
    }
}

#[test]
fn an_unknown_filter_is_2_and_the_nearest_name_is_offered() {
    let desk = Desk::new();
    for command in ["run", "list", "show"] {
        let output = desk.run(&format!("{command} tls/missing-intermedate"));
        assert_eq!(output.status.code(), Some(2), "{command}");
        let text = stderr(&output);
        assert!(
            text.starts_with("error: no scenario matches `tls/missing-intermedate`\n"),
            "{text}"
        );
        assert!(
            text.contains("help: did you mean `tls/missing-intermediate`"),
            "{text}"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_broken_file_is_2_with_every_problem_and_nothing_is_run() {
    let desk = Desk::new();
    let path = desk.scenario("http/mine.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replace("http.status", "http.statsu")
            .replace("exit = 1", "exit = \"1\""),
    )
    .unwrap();
    let output = desk.run("run ./");
    assert_eq!(output.status.code(), Some(2));
    let text = stderr(&output);
    assert!(
        text.contains("./http/mine.toml:") && text.contains("statsu"),
        "{text}"
    );
    assert!(
        text.matches("\nerror").count() >= 2,
        "all problems at once: {text}"
    );
    assert!(text.contains("nothing was run"), "{text}");
    assert!(output.stdout.is_empty());

    let output = desk.run("run ./http/mine.toml --format json");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stdout(&output).contains("\"modfault.diagnostics.v1\""),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_directory_without_scenarios_is_2() {
    let desk = Desk::new();
    let output = desk.run("run ./");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no scenario at `./`"));
    assert_eq!(desk.run("run ./nowhere/").status.code(), Some(2));
}

#[test]
fn what_new_writes_is_listed_and_not_written_twice() {
    let desk = Desk::new();
    desk.scenario("http/mine.toml");
    let output = desk.run("list ./");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("http/mine"));
    let output = desk.run("new http/mine");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("exists already"));
    assert_eq!(desk.run("new nowhere/mine").status.code(), Some(2));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let desk = Desk::new();
    for line in ["schema", "list", "man", "completions bash", "--help"] {
        let mut child = desk
            .command(line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // closed before anything can be written to the end
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}: {}", stderr(&output));
        assert!(output.stderr.is_empty(), "{line}: {}", stderr(&output));
    }
}

#[test]
fn colour_is_only_where_it_is_wanted() {
    let desk = Desk::new();
    let escape = "\u{1b}[";
    assert!(!stdout(&desk.run("list")).contains(escape), "no terminal");
    assert!(stdout(&desk.run("list --color always")).contains(escape));
    assert!(!stdout(&desk.run("list --color never")).contains(escape));
    assert!(stderr(&desk.run("run nothere --color always")).contains(escape));
    let forced = desk
        .command("list")
        .env("CLICOLOR_FORCE", "1")
        .output()
        .unwrap();
    assert!(stdout(&forced).contains(escape));
    let kept = desk
        .command("list")
        .env("CLICOLOR_FORCE", "1")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(!stdout(&kept).contains(escape));
}

#[test]
fn completions_man_and_schema_go_to_stdout() {
    let desk = Desk::new();
    for (line, word) in [
        ("completions bash", "_modfault"),
        ("completions zsh", "#compdef modfault"),
        ("completions fish", "complete -c modfault"),
        ("man", ".TH modfault"),
        ("schema", "\"$schema\""),
    ] {
        let output = desk.run(line);
        assert_eq!(output.status.code(), Some(0), "{line}");
        assert!(stdout(&output).contains(word), "{line}");
    }
    for option in ["run --help", "show --help"] {
        assert!(stdout(&desk.run(option)).contains("--clock"), "{option}");
    }
    assert!(
        stdout(&desk.run("man")).contains("partition"),
        "the options of commands are in it"
    );
}

#[test]
fn json_is_one_document_with_a_version() {
    let output = Desk::new().run("list tls --format json");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["schema"], "modfault.list.v1");
    assert!(
        document["scenarios"]
            .as_array()
            .is_some_and(|list| !list.is_empty())
    );
}

#[test]
fn no_go_to_be_had_is_3_and_says_what_was_tried() {
    let desk = Desk::new();
    let output = desk.run("run tls/missing-intermediate");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let text = stderr(&output);
    assert!(text.contains("could not be fetched"), "{text}");
    assert!(
        text.contains("tried: the download site")
            && text.contains("through the proxy `http://127.0.0.1:9/`"),
        "{text}"
    );
    assert!(text.contains("help: "), "{text}");
}

#[test]
fn a_go_that_is_none_is_2() {
    let desk = Desk::new();
    let output = desk.run("run tls --go ./nowhere");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no Go toolchain at `./nowhere`"));
    assert!(stderr(&output).contains("caused by: "));
}

#[test]
fn toolchains_that_are_not_kept_cannot_be_removed() {
    let desk = Desk::new();
    let output = desk.run("toolchain remove 1.21.3");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no go1.21.3 in the cache"));
    let output = desk.run("toolchain list --format json");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["toolchains"].as_array().map(Vec::len), Some(0));
}

#[test]
fn compiled_in_snapshots_cannot_be_blessed() {
    let output = Desk::new().run("run tls --bless");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--scenarios"));
}

#[test]
fn a_directory_that_is_no_checkout_is_2() {
    let output = Desk::new().run("list --scenarios .");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no checkout of modfault"));
}

#[test]
fn a_new_scenario_of_a_checkout_is_run_by_its_id_and_any_other_by_its_path() {
    let desk = Desk::new();
    let outside = desk.run("new http/mine");
    assert!(stderr(&outside).contains("modfault run ./http/mine.toml --bless"));
    for room in ["scenarios", "snapshots", "harness"] {
        fs::create_dir(desk.path().join(room)).unwrap();
    }
    let inside = desk.run("new http/mine");
    assert_eq!(stdout(&inside), "scenarios/http/mine.toml\n");
    assert!(stderr(&inside).contains("modfault run http/mine --bless"));
}

#[test]
fn claims_are_listed_by_verdict_and_language_and_the_article_is_written_in_a_checkout_alone() {
    let desk = Desk::new();
    let all = desk.run("claims");
    assert!(all.status.success(), "{}", stderr(&all));
    assert!(stdout(&all).contains("C01 refuted"), "{}", stdout(&all));
    let refuted = desk.run("claims --verdict refuted");
    let last = |text: &str| text.lines().last().unwrap_or_default().to_owned();
    assert!(
        !last(&stdout(&refuted)).contains("confirmed"),
        "{}",
        stdout(&refuted)
    );
    let chinese = desk.run("claims --lang zh");
    assert!(
        last(&stdout(&chinese)).starts_with("共"),
        "{}",
        stdout(&chinese)
    );
    let mut by_environment = desk.command("claims");
    let by_environment = by_environment
        .env("LC_ALL", "zh_CN.UTF-8")
        .output()
        .unwrap();
    assert_eq!(stdout(&by_environment), stdout(&chinese));
    let json = desk.run("claims C01 --format json");
    assert!(
        stdout(&json).contains("\"modfault.claims.v1\""),
        "{}",
        stdout(&json)
    );
    for (line, help) in [
        ("claims C999", "`modfault claims` lists them"),
        ("claims --write", "checkout"),
        ("claims C01 --go all", "one version"),
        ("claims C1", "C01"),
        ("claims --verdict true", "refuted"),
    ] {
        let wrong = desk.run(line);
        assert_eq!(wrong.status.code(), Some(2), "{line}");
        assert!(stderr(&wrong).contains(help), "{line}: {}", stderr(&wrong));
    }
}

#[test]
fn coverage_says_what_is_shown_and_writes_its_table_in_a_checkout_alone() {
    let desk = Desk::new();
    let output = desk.run("coverage");
    let text = stdout(&output);
    for part in [
        "Documented failures\n",
        "Behaviours that cmd/go's own tests assert\n",
        "Systems that the documents name\n",
        "macOS only",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );

    let output = desk.run("coverage --format json");
    assert!(stdout(&output).starts_with("{\n  \"schema\": \"modfault.coverage.v1\""));

    let output = desk.run("coverage --write");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`--scenarios DIR`"));

    for room in ["snapshots", "harness", "scenarios/tls", "scenarios/modules"] {
        fs::create_dir_all(desk.path().join(room)).unwrap();
    }
    fs::write(
        desk.path().join("scenarios/coverage.toml"),
        "[failure.\"tls/x\"]\nwhat = \"nothing\"\nuntried = \"a | b\"\n",
    )
    .unwrap();
    let output = desk.run("coverage --write");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let table = fs::read_to_string(desk.path().join("scenarios/COVERAGE.md")).unwrap();
    assert!(
        table.contains("| tls/x | nothing | *untried*: a \\| b |"),
        "{table}"
    );

    fs::write(
        desk.path().join("scenarios/coverage.toml"),
        "[failure.\"tls/x\"]\nwhat = \"nothing\"\n",
    )
    .unwrap();
    let output = desk.run("coverage");
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("missing: tls/x"));
}

/// A directory with the report of one scenario on two versions of Go, which ran on neither.
fn saved(desk: &Desk) {
    let path = desk.scenario("http/mine.toml");
    let text = fs::read_to_string(path).unwrap();
    let scenario = parse("./http/mine.toml", &text, &ModuleLibrary::default()).unwrap();
    let world = plan(&scenario, Phase::Fault, GoVersion::new(1, 27, 0));
    let card = Card {
        path: Some("./http/mine.toml".into()),
        go: Some(">=1.99".into()),
        ..Card::new(&scenario, &world)
    };
    let records = ["go1.27.3", "go1.21.13"].map(|go| Record::other_go(card.clone(), go));
    fs::create_dir(desk.path().join("kept")).unwrap();
    let report = Report::new(records.to_vec()).to_json().unwrap();
    fs::write(desk.path().join("kept/report.json"), report).unwrap();
}

#[test]
fn two_versions_that_were_saved_are_compared_without_running_anything() {
    let desk = Desk::new();
    saved(&desk);
    let output = desk.run("diff 1.21 1.27 ./http/mine.toml --from kept");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.starts_with("go1.21.13 -> go1.27.3: 0 of 0 scenarios changed\n"),
        "{text}"
    );
    assert!(
        text.contains("http/mine: go1.21.13: it is about Go >=1.99 alone"),
        "{text}"
    );
    let output = desk.run("diff 1.21 1.27 ./http/mine.toml --from kept --format json");
    assert!(stdout(&output).contains("\"schema\": \"modfault.diff.v1\""));
}

#[test]
fn what_was_not_saved_cannot_be_compared_and_is_2() {
    let desk = Desk::new();
    saved(&desk);
    for (line, told) in [
        (
            "diff 1.21 1.27 --from nowhere",
            "help: `modfault run --go 1.21,1.27 --save DIR`",
        ),
        (
            "diff 1.21 1.25 ./http/mine.toml --from kept",
            "error: `kept` has no records of go1.25\n",
        ),
        (
            "diff 1.27 1.27.3 ./http/mine.toml --from kept",
            "error: both are go1.27.3: there is nothing to compare\n",
        ),
    ] {
        let output = desk.run(line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        let text = stderr(&output);
        assert!(text.contains(told), "{line}: {text}");
    }
}
