//! The files that the client has unless a scenario says otherwise: a tidy project, telemetry off, `.netrc`.

use std::collections::BTreeMap;

use crate::graph::Graph;
use modfault_scenario::client::{ClientSpec, FileContent, Requirement, places};
use modfault_scenario::host::Login;
use modfault_scenario::module::Module;

/// The `go` line of the project: old enough for every toolchain, and it keeps a newer one from adding a `toolchain` line.
const GO_DIRECTIVE: &str = "1.19";

/// The files of `client`, by absolute path.
pub fn files(
    client: &ClientSpec,
    modules: &BTreeMap<String, Module>,
) -> BTreeMap<String, FileContent> {
    let requires = client.requires.as_deref().unwrap_or_default();
    let mut files = BTreeMap::new();
    let mut add = |path: String, text: String, mode: u32| {
        files.insert(path, FileContent { text, mode });
    };
    // go writes telemetry whatever the environment says; this file alone turns it off.
    let telemetry = format!("{}/.config/go/telemetry/mode", places::HOME);
    add(telemetry, "off\n".to_owned(), 0o644);
    let directive = client.go_directive.as_deref().unwrap_or(GO_DIRECTIVE);
    let graph = Graph::new(requires, modules);
    add(
        format!("{}/go.mod", places::PROJECT),
        graph.go_mod(directive, requires),
        0o644,
    );
    if !requires.is_empty() {
        add(format!("{}/go.sum", places::PROJECT), graph.go_sum(), 0o644);
    }
    add(
        format!("{}/main.go", places::PROJECT),
        main_go(requires, modules),
        0o644,
    );
    if !client.netrc.is_empty() {
        // curl and git read it whatever its mode; nobody else should.
        add(
            format!("{}/.netrc", places::HOME),
            netrc(&client.netrc),
            0o600,
        );
    }
    for (path, content) in &client.files {
        match content {
            Some(content) => files.insert(path.clone(), content.clone()),
            None => files.remove(path),
        };
    }
    files
}

/// A program that imports the root package of every required module that has one.
fn main_go(requires: &[Requirement], modules: &BTreeMap<String, Module>) -> String {
    let imports = requires
        .iter()
        .filter(|require| has_root_package(require, modules))
        .map(|require| format!("import _ \"{}\"\n", require.module));
    let imports: String = imports.collect();
    let gap = if imports.is_empty() { "" } else { "\n" };
    format!("package main\n\n{imports}{gap}func main() {{}}\n")
}

fn has_root_package(require: &Requirement, modules: &BTreeMap<String, Module>) -> bool {
    modules.get(&require.module).is_none_or(|module| {
        let mut versions = module.versions.iter();
        versions
            .find(|source| source.version == require.version)
            .is_none_or(|source| {
                source
                    .files
                    .keys()
                    .any(|file| file.ends_with(".go") && !file.contains('/'))
            })
    })
}

fn netrc(entries: &BTreeMap<String, Login>) -> String {
    entries
        .iter()
        .map(|(machine, login)| {
            format!(
                "machine {machine} login {} password {}\n",
                login.user, login.password
            )
        })
        .collect()
}
