//! What a JSON Schema says about how a value may be written.

use serde_json::Value;

/// A way in which a value may be written: a schema without references and alternatives.
#[derive(Clone, Copy)]
pub(super) struct Way<'s> {
    /// The name of the type that it belongs to, where it has one.
    pub(super) name: Option<&'s str>,
    pub(super) schema: &'s Value,
}

pub(super) fn has_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(only) => only == name,
        Value::Array(names) => names.iter().any(|one| one == name),
        _ => false,
    }
}

/// The words that a string must be one of, where it must.
pub(super) fn words_of(schema: &Value) -> Option<Vec<&str>> {
    match (schema["const"].as_str(), schema["enum"].as_array()) {
        (Some(word), _) => Some(vec![word]),
        (None, Some(words)) => Some(words.iter().filter_map(Value::as_str).collect()),
        (None, None) => None,
    }
}

pub(super) fn words(schema: &Value) -> Vec<&str> {
    words_of(schema).unwrap_or_default()
}

/// The one key of an object that stands for an enum's variant with a value.
pub(super) fn tag(schema: &Value) -> Option<&str> {
    let properties = schema["properties"].as_object()?;
    let mut names = properties.keys();
    let (Some(name), None) = (names.next(), names.next()) else {
        return None;
    };
    let required = schema["required"].as_array()?;
    required.iter().any(|one| one == name).then_some(name)
}

pub(super) fn type_in_words(schema: &Value) -> &'static str {
    for (name, text) in [
        ("string", "a string"),
        ("integer", "an integer"),
        ("number", "a number"),
        (
            "boolean",
            if schema["const"] == false {
                "`false`"
            } else {
                "a boolean"
            },
        ),
        ("array", "a list"),
        ("object", "a table"),
    ] {
        if has_type(schema, name) {
            return text;
        }
    }
    "another value"
}
