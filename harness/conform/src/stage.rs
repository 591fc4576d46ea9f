//! The world that a subject is put into: its upstream, a checksum database, a mirror, and another proxy behind it.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::rule::{Bend, Setting};
use crate::sample::{Known, Sample};
use crate::stand::Target;
use modfault_gomod::{ModulePath, ModuleVersion, default_go_mod, hash_files, module_prefix};
use modfault_scenario::{Diagnostic, GoVersion, ModuleLibrary, Phase, Scenario, parse};
use modfault_world::{World, plan};

/// The host of the subject.
pub const SUBJECT: &str = "subject.corp.example";
/// Its port.
pub const PORT: u16 = 8080;
/// The module proxy that is its upstream.
pub const UPSTREAM: &str = "upstream.corp.example";
/// The checksum database.
pub const DATABASE: &str = "sum.golang.org";

/// The modules of the world: path, version, its go.mod unless it has none, and how many lines its only file has.
const MODULES: [(&str, &str, bool, usize); 9] = [
    ("example.com/greet", "v1.0.0", true, 10),
    ("example.com/greet", "v1.1.0", true, 10),
    ("example.com/greet", "v1.2.0-rc.1", true, 10),
    ("example.com/Camel", "v1.0.0-RC.1", true, 1),
    ("example.com/camel", "v1.0.0-rc.1", true, 1),
    (
        "example.com/untagged",
        "v0.0.0-20200101000000-0123456789ab",
        true,
        1,
    ),
    ("example.com/legacy", "v2.0.0+incompatible", false, 1),
    ("example.com/unasked", "v1.0.0", true, 2000),
    (ELSEWHERE, "v1.0.0", true, 1),
];

/// The module that the upstream lacks, and the other proxy has.
const ELSEWHERE: &str = "example.com/elsewhere";

/// A program that is started as the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its absolute path.
    pub program: String,
    /// Its arguments, in which `{listen}` and the like are filled in.
    pub arguments: Vec<String>,
    /// Its environment variables beside the usual ones, filled in likewise.
    pub env: BTreeMap<String, String>,
}

/// What words in arguments and variables stand for, each with the words of a scenario file for it, and the variable that says it too.
pub const WORDS: [(&str, &str, &str); 6] = [
    ("{listen}", "{address}:8080", "MODFAULT_LISTEN"),
    ("{port}", "8080", "MODFAULT_PORT"),
    (
        "{upstream}",
        "https://upstream.corp.example",
        "MODFAULT_UPSTREAM",
    ),
    ("{ca_file}", "{ca:public}", "MODFAULT_CA_FILE"),
    (
        "{sumdb_key}",
        "{sumdb-key:sum.golang.org}",
        "MODFAULT_SUMDB_KEY",
    ),
    ("{dir}", "{dir}", "MODFAULT_DIR"),
];

/// Why there is no such world.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a world for `{program}`: {}", problems(.diagnostics))]
pub struct StageError {
    /// The program of the subject.
    program: String,
    /// What is wrong with it as a scenario.
    diagnostics: Vec<Diagnostic>,
}

fn problems(diagnostics: &[Diagnostic]) -> String {
    let words: Vec<&str> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.message.as_str())
        .collect();
    words.join("; ")
}

/// The worlds of one subject.
#[derive(Clone, Debug)]
pub struct Stage {
    subject: Subject,
    go: GoVersion,
}

impl Stage {
    /// Those of `subject`, in which `go` is run.
    pub fn new(subject: Subject, go: GoVersion) -> Self {
        Self { subject, go }
    }

    /// Where the subject is.
    pub fn target() -> Target {
        Target {
            tls: false,
            host: SUBJECT.to_owned(),
            port: PORT,
            prefix: String::new(),
        }
    }

    /// Where the checksum database is, without TLS.
    pub fn database() -> Target {
        Target {
            tls: false,
            host: DATABASE.to_owned(),
            port: 80,
            prefix: String::new(),
        }
    }

    /// The world in which rules of `setting` are tried.
    ///
    /// # Errors
    /// What the subject is given is wrong.
    pub fn world(&self, setting: Setting) -> Result<World, StageError> {
        let scenario = self.scenario(setting)?;
        let phase = match setting {
            Setting::Healthy | Setting::Alone => Phase::Control,
            Setting::Bent(_) => Phase::Fault,
        };
        Ok(plan(&scenario, phase, self.go))
    }

    /// What is true in all of these worlds.
    pub fn sample() -> Sample {
        let known = |path: &str| {
            let (_, version, ..) = MODULES.iter().find(|(known, ..)| *known == path)?;
            known(path, version)
        };
        Sample {
            plain: known("example.com/greet").expect("the table has it"),
            capital: known("example.com/Camel"),
            namesake: known("example.com/camel"),
            untagged: known("example.com/untagged"),
            incompatible: known("example.com/legacy"),
            unasked: known("example.com/unasked"),
            database: Some(DATABASE.to_owned()),
            has_world: true,
        }
    }

    fn scenario(&self, setting: Setting) -> Result<Scenario, StageError> {
        parse(
            "scenarios/goproxy/conform.toml",
            &self.text(setting),
            &ModuleLibrary::default(),
        )
        .map_err(|diagnostics| StageError {
            program: self.subject.program.clone(),
            diagnostics,
        })
    }

    /// The world as a scenario file.
    fn text(&self, setting: Setting) -> String {
        let bend = match setting {
            Setting::Bent(bend) => bend,
            Setting::Healthy | Setting::Alone => Bend {
                words: "nothing",
                fault: "[[fault]]\non = \"upstream.corp.example\"\nhttp.status = 500\n",
            },
        };
        let subject = self.subject();
        let everything = |host: &str| {
            let modules = paths().filter(|path| host == "next" || *path != ELSEWHERE);
            let modules: Vec<Value> = modules.map(Value::from).collect();
            let goproxy = table([
                ("modules", Value::Array(modules)),
                ("sumdb", DATABASE.into()),
            ]);
            (
                format!("{host}.corp.example"),
                table([("goproxy", goproxy)]),
            )
        };
        let mut hosts: Table = ["upstream", "mirror", "next"]
            .map(everything)
            .into_iter()
            .collect();
        hosts.insert(SUBJECT.to_owned(), table([("component", subject)]));
        hosts.insert(
            DATABASE.to_owned(),
            table([("sumdb", Value::Table(Table::new()))]),
        );
        let goproxy = Self::target().url();
        let run = "go mod download example.com/greet@v1.0.0";
        let file = table([
            ("description", "A GOPROXY server is asked.".into()),
            ("timeout", "30s".into()),
            (
                "clock",
                table([("real", "a real program is its subject".into())]),
            ),
            (
                "client",
                table([
                    ("run", run.into()),
                    ("env", table([("GOPROXY", goproxy.into())])),
                ]),
            ),
            ("hosts", Value::Table(hosts)),
            ("modules", sources()),
            ("expect", table([("exit", 1.into())])),
        ]);
        let fix = "[[fix]]\ntitle = \"It heals\"\nlift = true\n";
        format!("{}\n{}\n{fix}", toml_text(&file), bend.fault)
    }

    /// The subject as `component` of its host.
    fn subject(&self) -> Value {
        let arguments = self.subject.arguments.iter();
        let arguments = arguments.map(|word| Value::from(filled(word))).collect();
        let told = WORDS.map(|(_, value, variable)| (variable.to_owned(), value.to_owned()));
        let mut env = BTreeMap::from(told);
        let theirs = self.subject.env.iter();
        env.extend(theirs.map(|(name, value)| (name.clone(), filled(value))));
        let env: Table = env
            .into_iter()
            .map(|(name, value)| (name, Value::from(value)))
            .collect();
        table([
            ("program", self.subject.program.as_str().into()),
            ("listen", Value::Array(vec![i64::from(PORT).into()])),
            ("arguments", Value::Array(arguments)),
            ("env", Value::Table(env)),
        ])
    }
}

/// `text` with the words of a scenario file in place of ours.
fn filled(text: &str) -> String {
    let words = WORDS.iter();
    words.fold(text.to_owned(), |text, (word, value, _)| {
        text.replace(word, value)
    })
}

fn toml_text(value: &Value) -> String {
    toml::to_string(value).expect("tables with text keys can be written")
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let entries = entries.map(|(name, value)| (name.to_owned(), value));
    Value::Table(entries.into_iter().collect())
}

/// The paths of all modules, each once.
fn paths() -> impl Iterator<Item = &'static str> {
    let mut paths: Vec<&str> = MODULES.iter().map(|(path, ..)| *path).collect();
    paths.dedup();
    paths.into_iter()
}

fn files(path: &str, version: &str, has_go_mod: bool, lines: usize) -> BTreeMap<String, String> {
    let package = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let line = |n| format!("// line {n} of {path} {version}\n");
    let text: String = (1..=lines).map(line).collect();
    let mut files = BTreeMap::from([(
        format!("{package}.go"),
        format!("package {package}\n\n{text}"),
    )]);
    if has_go_mod {
        let go_mod = format!("module {path}\n\ngo 1.19\n");
        files.insert("go.mod".to_owned(), go_mod);
    }
    files
}

fn sources() -> Value {
    let mut modules = Table::new();
    for path in paths() {
        let versions = MODULES.iter().filter(|(known, ..)| *known == path);
        let versions: Table = versions
            .map(|(path, version, has_go_mod, lines)| {
                let files = files(path, version, *has_go_mod, *lines);
                let files: Table = files
                    .into_iter()
                    .map(|(name, text)| (name, Value::from(text)))
                    .collect();
                ((*version).to_owned(), Value::Table(files))
            })
            .collect();
        modules.insert(path.to_owned(), Value::Table(versions));
    }
    Value::Table(modules)
}

/// What is true of a version in the table.
fn known(path: &str, version: &str) -> Option<Known> {
    let of_path = || MODULES.iter().filter(|(known, ..)| *known == path);
    let (_, _, has_go_mod, lines) = of_path().find(|(_, known, ..)| *known == version)?;
    let module = ModulePath::parse(path).ok()?;
    let parsed = ModuleVersion::parse(version).ok()?;
    let files = files(path, version, *has_go_mod, *lines);
    let go_mod = files.get("go.mod").cloned();
    let is_release = |version: &&str| ModuleVersion::parse(version).is_ok_and(|it| !it.is_pseudo());
    let list = of_path()
        .map(|(_, version, ..)| *version)
        .filter(is_release);
    Some(Known {
        go_mod: Some(go_mod.unwrap_or_else(|| default_go_mod(&module))),
        h1: Some(hash_files(&module_prefix(&module, &parsed), &files).to_string()),
        list: Some(list.map(str::to_owned).collect()),
        ..Known::named(path, version)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;

    fn stage() -> Stage {
        let subject = Subject {
            program: "/bin/true".to_owned(),
            arguments: vec!["-listen".to_owned(), "{listen}".to_owned()],
            env: BTreeMap::from([("KEY".to_owned(), "{sumdb_key}".to_owned())]),
        };
        Stage::new(subject, "1.27.3".parse().unwrap())
    }

    #[test]
    fn every_setting_of_a_rule_is_a_world_with_its_fault() {
        for rule in RULES.iter() {
            let world = stage().world(rule.setting);
            let world = world.unwrap_or_else(|error| panic!("{}: {error}", rule.id));
            let is_bent = !world.faults.is_empty() || !world.patches.is_empty();
            let wants = matches!(rule.setting, Setting::Bent(_));
            assert_eq!(is_bent, wants, "{}", rule.id);
        }
    }

    #[test]
    fn the_subject_is_told_where_it_is() {
        let world = stage().world(Setting::Healthy).unwrap();
        let host = world
            .hosts
            .iter()
            .find(|(name, _)| name.as_str() == SUBJECT);
        let plan = host.unwrap().1.component.as_ref().unwrap();
        let listen = format!("{}:8080", plan.address);
        assert_eq!(plan.arguments, ["-listen", listen.as_str()]);
        assert_eq!(plan.env["MODFAULT_LISTEN"], listen);
        assert!(plan.env["KEY"].starts_with("sum.golang.org+"));
        assert!(plan.env["MODFAULT_CA_FILE"].starts_with('/'));
    }
}
