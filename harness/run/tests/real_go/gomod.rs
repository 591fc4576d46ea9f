//! What the real `go` command makes of our zips, hashes and `.info` files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use modfault_gomod::{
    CommitTime, ModulePath, ModuleVersion, default_go_mod, hash_files, hash_go_mod, hash_zip,
    info_json, module_prefix, zip_under,
};

use crate::toolchain;

fn files(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}

/// Lays a module version out as `go` reads a `file://` GOPROXY.
fn publish(
    proxy: &Path,
    path: &ModulePath,
    version: &ModuleVersion,
    files: &BTreeMap<String, String>,
) -> String {
    let directory = proxy.join(path.escaped()).join("@v");
    let go_mod = files
        .get("go.mod")
        .cloned()
        .unwrap_or_else(|| default_go_mod(path));
    let zip = zip_under(&module_prefix(path, version), files).unwrap();
    let write = |suffix: &str, bytes: &[u8]| {
        fs::write(
            directory.join(format!("{}.{suffix}", version.escaped())),
            bytes,
        )
        .unwrap();
    };
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("list"), format!("{version}\n")).unwrap();
    write(
        "info",
        info_json(version.as_str(), &CommitTime::of(version)).as_bytes(),
    );
    write("mod", go_mod.as_bytes());
    write("zip", &zip);
    go_mod
}

fn go_mod_download(world: &Path, proxy: &Path, what: &str) -> Value {
    let home = world.join("home");
    fs::create_dir_all(&home).unwrap();
    let output = Command::new(toolchain::go())
        .args(["mod", "download", "-json", what])
        .current_dir(&home)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", &home)
        .env("GOPATH", world.join("gopath"))
        .env("GOMODCACHE", world.join("modcache"))
        .env("GOPROXY", format!("file://{}", proxy.display()))
        // A cache that can be removed again.
        .env("GOFLAGS", "-mod=mod -modcacherw")
        .env("GONOSUMDB", "*")
        .env("GOSUMDB", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOTELEMETRY", "off")
        .output()
        .expect("the toolchain has a `go`");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{what}: {stdout}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_str(&stdout).unwrap()
}

#[test]
fn go_computes_the_same_hashes_for_every_kind_of_module() {
    let world = tempfile::tempdir().unwrap();
    let proxy = world.path().join("proxy");
    let go_mod = "module example.com/greet\n\ngo 1.21\n";
    let nested = files(&[
        ("go.mod", "module example.com/BurntToast/v2\n\ngo 1.19\n"),
        ("Z.go", "package toast\n"),
        ("a/b/c.go", "package c\n"),
        ("a.go", "package toast // grüße\n"),
        ("a-b.txt", ""),
        (
            "LICENSE",
            "As is.\r\nWith a line that does not end in a newline.",
        ),
    ]);
    let modules = [
        (
            "example.com/greet",
            "v1.0.0",
            files(&[("go.mod", go_mod), ("greet.go", "package greet\n")]),
        ),
        (
            "example.com/greet",
            "v1.1.0-RC.1",
            files(&[("go.mod", go_mod)]),
        ),
        (
            "example.com/greet",
            "v0.0.0-20191109021931-daa7c04131f5",
            files(&[("go.mod", go_mod), ("x.go", "package greet\n")]),
        ),
        ("example.com/BurntToast/v2", "v2.3.4", nested),
        (
            "example.com/old",
            "v3.0.0+incompatible",
            files(&[("old.go", "package old\n")]),
        ),
    ];
    for (path, version, files) in modules {
        let path = ModulePath::parse(path).unwrap();
        let version = ModuleVersion::parse(version).unwrap();
        assert!(path.takes(&version), "{path} {version}");
        let go_mod = publish(&proxy, &path, &version, &files);
        let said = go_mod_download(world.path(), &proxy, &format!("{path}@{version}"));

        let prefix = module_prefix(&path, &version);
        assert_eq!(said["Version"].as_str(), Some(version.as_str()));
        assert_eq!(
            said["Sum"].as_str(),
            Some(hash_files(&prefix, &files).as_str()),
            "{path}@{version}"
        );
        assert_eq!(
            said["GoModSum"].as_str(),
            Some(hash_go_mod(&go_mod).as_str()),
            "{path}@{version}"
        );
        let kept = fs::read(said["Zip"].as_str().unwrap()).unwrap();
        assert_eq!(
            said["Sum"].as_str(),
            Some(hash_zip(&kept).unwrap().as_str())
        );
    }
}
