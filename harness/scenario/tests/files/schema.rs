//! The published JSON Schema, judged by a validator that we did not write.

use jsonschema::Validator;
use serde_json::Value;

use crate::tree::{invalid, scenarios, valid};
use modfault_scenario::{ModuleLibrary, parse, schema, template};

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema()).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Value>(text).unwrap()).unwrap()
}

#[test]
fn the_committed_schema_is_the_current_one() {
    let path = scenarios().join("schema.json");
    let current = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("MODFAULT_BLESS").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == current,
        "scenarios/schema.json is stale: `MODFAULT_BLESS=1 cargo test -p modfault-scenario --test files` writes it anew"
    );
}

#[test]
fn every_scenario_and_the_template_are_valid() {
    let validator = validator();
    let mut files = valid();
    files.insert("template".to_owned(), template("http/mine"));
    for (name, text) in files {
        let errors: Vec<String> = validator
            .iter_errors(&json(&text))
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn the_template_is_a_scenario_by_itself() {
    let scenario = parse(
        "./http/mine.toml",
        &template("http/mine"),
        &ModuleLibrary::default(),
    );
    assert_eq!(scenario.unwrap().id.as_str(), "http/mine");
}

#[test]
fn an_unknown_key_is_refused_in_every_table_of_every_scenario() {
    let validator = validator();
    for (name, text) in valid() {
        let whole = json(&text);
        let mut tried = 0;
        for place in tables(&whole, String::new()) {
            let mut changed = whole.clone();
            let table = changed
                .pointer_mut(&place)
                .unwrap()
                .as_object_mut()
                .unwrap();
            table.insert("no-such-key".to_owned(), Value::Bool(true));
            assert!(!validator.is_valid(&changed), "{name}: {place}");
            tried += 1;
        }
        assert!(tried > 3, "{name}");
    }
}

#[test]
fn what_the_parser_finds_misshapen_the_schema_refuses() {
    let validator = validator();
    for code in [
        "unknown-key",
        "wrong-type",
        "unknown-value",
        "unknown-fault",
        "unknown-layer",
        "bad-number",
    ] {
        let text = &invalid()[&format!("{code}.toml")];
        assert!(!validator.is_valid(&json(text)), "{code}");
    }
}

/// Pointers to every table whose keys are the format's own, in contrast to names of hosts, variables, files and modules.
fn tables(value: &Value, place: String) -> Vec<String> {
    let mut found = Vec::new();
    match value {
        Value::Object(object) => {
            let last = place.rsplit('/').next().unwrap_or_default();
            let named = [
                "hosts", "env", "files", "pages", "netrc", "modules", "names", "sysctls",
            ];
            let of_module = place.starts_with("/modules/");
            if !named.contains(&last) && !of_module && last != "vanity" && last != "repositories" {
                found.push(place.clone());
            }
            for (key, inner) in object {
                let key = key.replace('~', "~0").replace('/', "~1");
                found.extend(tables(inner, format!("{place}/{key}")));
            }
        }
        Value::Array(items) => {
            for (n, inner) in items.iter().enumerate() {
                found.extend(tables(inner, format!("{place}/{n}")));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found
}
