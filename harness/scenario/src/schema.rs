//! The JSON Schema of a scenario file (draft 2020-12), for editors and for the check of a file's shape alike.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::file::ScenarioFile;

/// The JSON Schema of the file format; `scenarios/schema.json` holds it.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<ScenarioFile>().to_value();
    tighten(&mut schema);
    schema
}

/// Says of a schema made from Rust types what TOML and serde imply: there is no null, and an object has no further keys.
fn tighten(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            drop_null(object);
            if object.contains_key("properties") {
                object
                    .entry("additionalProperties")
                    .or_insert(Value::Bool(false));
            }
            // A key's default is told in its description: here it would only be Rust's idea of an absent table.
            object.remove("default");
            object.values_mut().for_each(tighten);
        }
        Value::Array(items) => items.iter_mut().for_each(tighten),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `anyOf: [x, null]` is `x`, and so is `type: ["x", "null"]`.
fn drop_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_mut_slice() {
            let only = only.take();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(alternatives)) = object.get_mut("anyOf") {
        alternatives.retain(|alternative| alternative["type"] != "null");
        if let [Value::Object(only)] = alternatives.as_mut_slice() {
            let only = std::mem::take(only);
            object.remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
}
