//! `scenarios/README.md` is right and complete.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::tree::scenarios;
use modfault_scenario::schema;

fn readme() -> String {
    std::fs::read_to_string(scenarios().join("README.md")).unwrap()
}

#[test]
fn every_example_has_the_shape_of_a_scenario() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    let readme = readme();
    let examples: Vec<&str> = readme
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(examples.len() > 6);
    for example in examples {
        let of_client = example.starts_with("steps");
        let text = if of_client {
            format!("[client]\n{example}")
        } else {
            example.to_owned()
        };
        let value = toml::from_str::<toml::Value>(&text).unwrap_or_else(|e| panic!("{e}{text}"));
        let errors: Vec<String> = validator
            .iter_errors(&serde_json::to_value(value).unwrap())
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}\n{text}");
    }
}

#[test]
fn every_key_and_every_word_of_the_format_is_told() {
    let readme = readme();
    let told: BTreeSet<&str> = readme
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .collect();
    let mut wanted = BTreeSet::new();
    names(&schema(), &mut wanted);
    assert!(wanted.len() > 100);
    let missing: Vec<&String> = wanted
        .iter()
        .filter(|name| !told.contains(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Every property and every word that a JSON Schema names.
fn names(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Object(properties)) = object.get("properties") {
                found.extend(properties.keys().cloned());
            }
            found.extend(
                object
                    .get("const")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
            let words = object.get("enum").and_then(Value::as_array);
            let words = words.into_iter().flatten().filter_map(Value::as_str);
            found.extend(words.map(str::to_owned));
            for inner in object.values() {
                names(inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| names(inner, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
