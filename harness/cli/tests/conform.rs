//! `modfault conform` as a person meets it. What it finds is tested in its own room.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program in an empty directory of its own.
fn run(directory: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_modfault"))
        .arg("conform")
        .args(words)
        .current_dir(directory)
        .env_remove("CI")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_wrong_command_line_is_told_and_nothing_is_run() {
    let directory = tempfile::tempdir().unwrap();
    let url = "http://127.0.0.1:9";
    for (words, said) in [
        (&[][..], "SERVER"),
        (
            &["--", "./no-such-server"],
            "cannot find the server `./no-such-server`",
        ),
        (
            &["--rule", "nothing.*", "--", "/bin/true"],
            "no rule matches `nothing.*`",
        ),
        (
            &["--env", "NAME", "--", "/bin/true"],
            "`NAME` is no NAME=VALUE",
        ),
        (&["--url", url], "--module"),
        (
            &["--url", url, "--module", "greet"],
            "`greet` is no module version",
        ),
        (
            &[
                "--url",
                "ftp://a.example",
                "--module",
                "example.com/a@v1.0.0",
            ],
            "`ftp://a.example` is no URL of http or https",
        ),
        (
            &[
                "--url",
                url,
                "--module",
                "example.com/a@v1.0.0",
                "--",
                "/bin/true",
            ],
            "cannot be used with",
        ),
    ] {
        let output = run(directory.path(), words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(
            stderr(&output).contains(said),
            "{words:?}: {}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_url_where_nobody_listens_could_not_be_run() {
    let directory = tempfile::tempdir().unwrap();
    let words = [
        "--url",
        "http://127.0.0.1:9",
        "--module",
        "example.com/a@v1.0.0",
    ];
    let output = run(directory.path(), &words);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("cannot reach `http://127.0.0.1:9`"));
}

#[test]
fn a_server_that_does_not_start_could_not_be_run_and_its_own_words_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let preflight = Command::new(env!("CARGO_BIN_EXE_modfault"))
        .arg("preflight")
        .output()
        .unwrap();
    if !preflight.status.success() {
        assert!(std::env::var_os("MODFAULT_REQUIRE_WORLD").is_none());
        println!("not run: no world can be made here");
        return;
    }
    let script = "echo no config at {dir} for {listen} >&2; exit 7";
    let words = ["--rule", "list.text", "--", "/bin/sh", "-c", script];
    let output = run(directory.path(), &words);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("exit 7"), "{said}");
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("no config at /run/components/"), "{said}");
    assert!(words.contains(":8080"), "{said}");
    assert!(said.contains("help: "), "{said}");
}
