//! The client's default project, judged by the real `go`.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output};

use modfault_gomod::{ModulePath, ModuleVersion, default_go_mod, module_prefix, zip_under};
use modfault_scenario::{GoVersion, ModuleLibrary, Phase, Scenario, parse};
use modfault_toolchain::{Environment, Wanted, find, newest_pinned};
use modfault_world::plan;

const SCENARIO: &str = r#"
description = "x"
[client]
run = "go list ./..."
requires = ["example.com/greet@v1.1.0", "example.com/wave@v1.0.0", "example.com/old@v1.0.0"]
[[fault]]
client.env.GOFLAGS = "-x"
[expect]
exit = 1
[[fix]]
title = "t"
lift = true
[modules."example.com/greet"."v1.1.0"]
"go.mod" = "module example.com/greet\n\ngo 1.19\n\nrequire example.com/base v1.0.0\n"
"greet.go" = "package greet\n\nimport _ \"example.com/base\"\n"
[modules."example.com/wave"."v1.0.0"]
"go.mod" = "module example.com/wave\n\ngo 1.19\n\nrequire (\n\texample.com/base v1.1.0 // newer\n)\n"
"wave.go" = "package wave\n\nimport _ \"example.com/base\"\n"
[modules."example.com/old"."v1.0.0"]
"old.go" = "package old\n"
[modules."example.com/base"."v1.0.0"]
"go.mod" = "module example.com/base\n\ngo 1.19\n"
"base.go" = "package base\n"
[modules."example.com/base"."v1.1.0"]
"go.mod" = "module example.com/base\n\ngo 1.19\n"
"base.go" = "package base\n\nconst New = true\n"
[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/base"]
"#;

/// Writes the modules of `scenario` as a `file://` module proxy (`go help goproxy`).
fn write_proxy(scenario: &Scenario, root: &Path) {
    for module in scenario.modules.values() {
        let path = ModulePath::parse(&module.path).unwrap();
        let folder = root.join(path.escaped()).join("@v");
        fs::create_dir_all(&folder).unwrap();
        for source in &module.versions {
            let version = ModuleVersion::parse(&source.version).unwrap();
            let go_mod = source.files.get("go.mod").cloned();
            let go_mod = go_mod.unwrap_or_else(|| default_go_mod(&path));
            let zip = zip_under(&module_prefix(&path, &version), &source.files).unwrap();
            let info = format!("{{\"Version\":\"{version}\"}}");
            fs::write(folder.join(format!("{version}.mod")), go_mod).unwrap();
            fs::write(folder.join(format!("{version}.info")), info).unwrap();
            fs::write(folder.join(format!("{version}.zip")), zip).unwrap();
        }
    }
}

fn go(root: &Path, arguments: &[&str]) -> Output {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let wanted = Wanted::Version(newest_pinned().clone());
    let environment = Environment::new(std::env::vars());
    let toolchain = find(&wanted, &environment, &mut |_| ControlFlow::Continue(()))
        .expect("the newest pinned Go is found or fetched");
    Command::new(toolchain.root.join("bin/go"))
        .args(arguments)
        .current_dir(root.join("home/dev/app"))
        .env_clear()
        .env("PATH", path)
        .env("HOME", root.join("home/dev"))
        .env(
            "GOPROXY",
            format!("file://{}", root.join("proxy").display()),
        )
        .env("GOSUMDB", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "-modcacherw")
        .output()
        .expect("the toolchain has a `go`")
}

#[test]
fn go_finds_nothing_to_tidy_and_every_sum_right() {
    let scenario = parse("mod/x.toml", SCENARIO, &ModuleLibrary::default()).unwrap();
    let world = plan(&scenario, Phase::Control, GoVersion::new(1, 26, 0));
    let root = tempfile::tempdir().unwrap();
    write_proxy(&scenario, &root.path().join("proxy"));
    for (path, content) in &world.client.files {
        let path = root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &content.text).unwrap();
    }
    let project = || -> BTreeMap<&str, String> {
        let read = |name| fs::read_to_string(root.path().join("home/dev/app").join(name)).unwrap();
        ["go.mod", "go.sum"].map(|name| (name, read(name))).into()
    };
    let before = project();

    let listed = go(
        root.path(),
        &[
            "list",
            "-deps",
            "-f",
            "{{with .Module}}{{.Path}}{{end}}",
            "./...",
        ],
    );
    assert!(listed.status.success(), "{listed:?}");
    let tidied = go(root.path(), &["mod", "tidy"]);
    assert!(tidied.status.success(), "{tidied:?}");

    // How `go mod tidy` groups the lines is its own affair.
    let after = project();
    let requirements = |text: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| {
            let line = line.trim();
            let line = line.strip_prefix("require ").unwrap_or(line);
            line.starts_with("example.com/").then(|| line.to_owned())
        });
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines
    };
    assert_eq!(
        requirements(&before["go.mod"]),
        requirements(&after["go.mod"])
    );
    for line in after["go.sum"].lines() {
        assert!(before["go.sum"].lines().any(|ours| ours == line), "{line}");
    }
}
