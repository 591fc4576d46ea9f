//! The shape of a file, held against the JSON Schema: unknown keys, wrong types, unknown words, all at once.
//!
//! What does not fit is reported and taken out of the tree, so that the rest can be read and checked as well.

mod problem;
mod way;

use std::net::IpAddr;
use std::ops::Range;

use regex::Regex;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::diagnostic::{Code, Diagnostic, quoted};
use modfault_kit::{HostName, Probability};
use problem::{nothing_said, several_said, unknown_word};
use way::{Way, has_type, tag, type_in_words, words, words_of};

pub(crate) use problem::bad_host_name;

/// What the walk over a file finds.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// What does not fit.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Every value that is a host name, with its place.
    pub(crate) host_names: Vec<(Range<usize>, HostName)>,
}

/// Holds `table` against `schema` and takes out of it what does not fit.
pub(crate) fn check_shape(table: &mut DeTable<'_>, span: Range<usize>, schema: &Value) -> Shape {
    let mut walk = Walk {
        root: schema,
        shape: Shape::default(),
    };
    walk.object(schema, table, span, "at the top of the file");
    walk.shape
}

struct Walk<'s> {
    root: &'s Value,
    shape: Shape,
}

impl<'s> Walk<'s> {
    fn report(&mut self, diagnostic: Diagnostic) -> bool {
        self.shape.diagnostics.push(diagnostic);
        false
    }

    /// Whether `value` fits, apart from parts of it that could be taken out.
    fn value(&mut self, schema: &'s Value, value: &mut Spanned<DeValue<'_>>, key: &str) -> bool {
        let ways = self.ways(schema, None);
        let span = value.span();
        match value.get_mut() {
            DeValue::String(text) => self.text(&ways, text, span, key),
            DeValue::Integer(number) => {
                let parsed =
                    i128::from_str_radix(&number.as_str().replace('_', ""), number.radix());
                match parsed {
                    Ok(parsed) => self.number(&ways, parsed as f64, "an integer", span, key),
                    Err(_) => self.out_of_range(number.as_str(), span),
                }
            }
            DeValue::Float(number) => {
                let parsed = number.as_str().replace('_', "").parse().unwrap_or(f64::NAN);
                self.number(&ways, parsed, "a number", span, key)
            }
            DeValue::Boolean(given) => {
                let fits = ways.iter().any(|way| {
                    let only = way.schema["const"].as_bool();
                    has_type(way.schema, "boolean") && only.is_none_or(|only| only == *given)
                });
                let found = if *given { "`true`" } else { "`false`" };
                fits || self.wrong_type(&ways, found, span, key)
            }
            DeValue::Datetime(_) => self.wrong_type(&ways, "a date", span, key),
            DeValue::Array(array) => {
                let Some(way) = ways.iter().find(|way| has_type(way.schema, "array")) else {
                    return self.wrong_type(&ways, "a list", span, key);
                };
                let items = &way.schema["items"];
                let mut fitting = DeArray::new();
                for item in array.iter_mut() {
                    if self.value(items, item, key) {
                        fitting.push(item.clone());
                    }
                }
                if fitting.len() < array.len() {
                    *array = fitting;
                }
                true
            }
            DeValue::Table(table) => self.table(&ways, table, span, key),
        }
    }

    fn text(&mut self, ways: &[Way<'s>], text: &str, span: Range<usize>, key: &str) -> bool {
        let words: Vec<&str> = ways.iter().flat_map(|way| words(way.schema)).collect();
        if words.contains(&text) {
            return true;
        }
        let free = ways
            .iter()
            .find(|way| has_type(way.schema, "string") && words_of(way.schema).is_none());
        if let Some(way) = free {
            return self.named_text(*way, text, span);
        }
        let tagged: Vec<&str> = ways.iter().filter_map(|way| tag(way.schema)).collect();
        if tagged.contains(&text) {
            return self.report(
                Diagnostic::new(Code::MissingKey, format!("`{text}` needs a value"))
                    .at(span, "without one it says too little")
                    .help(format!("write it as a key: `{key}.{text} = …`")),
            );
        }
        if words.is_empty() && tagged.is_empty() {
            return self.wrong_type(ways, "a string", span, key);
        }
        let known = words.into_iter().chain(tagged);
        let diagnostic = unknown_word(ways, key, text, span).nearest(text, known);
        self.report(diagnostic)
    }

    /// Text that has a type with a rule of its own.
    fn named_text(&mut self, way: Way<'s>, text: &str, span: Range<usize>) -> bool {
        let format = way.schema["format"].as_str();
        match (way.name, format) {
            (Some("HostName"), _) => match HostName::parse(text) {
                Ok(name) => {
                    self.shape.host_names.push((span, name));
                    true
                }
                Err(error) => self.report(bad_host_name(text, error.reason, span)),
            },
            (Some("Duration"), _) => match humantime_serde::re::humantime::parse_duration(text) {
                Ok(_) => true,
                Err(error) => self.report(
                    Diagnostic::new(Code::BadDuration, format!("`{text}` is not a duration"))
                        .at(span, error.to_string())
                        .help("write a number with a unit, such as `5ms`, `30s` or `1m 30s`"),
                ),
            },
            (_, Some("ip" | "ipv4" | "ipv6")) => {
                text.parse::<IpAddr>().is_ok()
                    || self.report(
                        Diagnostic::new(Code::BadAddress, format!("`{text}` is not an IP address"))
                            .at(span, "expected four numbers, or an IPv6 address")
                            .help("write, say, `203.0.113.99`"),
                    )
            }
            _ => true,
        }
    }

    fn number(
        &mut self,
        ways: &[Way<'s>],
        number: f64,
        what: &str,
        span: Range<usize>,
        key: &str,
    ) -> bool {
        let Some(way) = ways.iter().find(|way| {
            has_type(way.schema, "number")
                || (has_type(way.schema, "integer") && what == "an integer")
        }) else {
            return self.wrong_type(ways, what, span, key);
        };
        if way.name == Some("Probability") {
            return Probability::new(number).is_some()
                || self.report(
                    Diagnostic::new(
                        Code::BadProbability,
                        format!("`{number}` is not a probability"),
                    )
                    .at(span, "it lies between 0 and 1")
                    .help("write, say, `0.5` for every other time"),
                );
        }
        let (least, most) = match way.schema["format"].as_str() {
            Some("uint8") => (0.0, f64::from(u8::MAX)),
            Some("uint16") => (0.0, f64::from(u16::MAX)),
            Some("uint32") => (0.0, f64::from(u32::MAX)),
            Some("int32") => (f64::from(i32::MIN), f64::from(i32::MAX)),
            // TOML's integers are 64-bit and signed.
            Some("uint64") => (0.0, i64::MAX as f64),
            _ => (i64::MIN as f64, i64::MAX as f64),
        };
        (least..=most).contains(&number) || self.out_of_range(&number.to_string(), span)
    }

    fn out_of_range(&mut self, number: &str, span: Range<usize>) -> bool {
        self.report(
            Diagnostic::new(Code::BadNumber, format!("`{number}` is out of range"))
                .at(span, "too small or too large for this key")
                .help("ports end at 65535, other numbers at 2⁶³-1; most begin at 0"),
        )
    }

    fn table(
        &mut self,
        ways: &[Way<'s>],
        table: &mut DeTable<'_>,
        span: Range<usize>,
        key: &str,
    ) -> bool {
        let is_plain = |way: &&Way<'s>| {
            has_type(way.schema, "object") && (ways.len() == 1 || tag(way.schema).is_none())
        };
        if let Some(way) = ways.iter().find(is_plain) {
            let schema = way.schema;
            if way.name == Some("TcpFault") && !self.has_one_toxic(table, &span, key) {
                return false;
            }
            return self.object(schema, table, span, &format!("in `{key}`"));
        }
        let tagged: Vec<(&str, &'s Value)> = ways
            .iter()
            .filter_map(|way| Some((tag(way.schema)?, way.schema)))
            .collect();
        if tagged.is_empty() && ways.iter().all(|way| words_of(way.schema).is_none()) {
            return self.wrong_type(ways, "a table", span, key);
        }
        let mut keys: Vec<Range<usize>> = Vec::new();
        for (name, inner) in table.iter_mut() {
            let text = name.get_ref().to_string();
            keys.push(name.span());
            let Some((_, schema)) = tagged.iter().find(|(tag, _)| *tag == text) else {
                let plain = ways
                    .iter()
                    .any(|way| words(way.schema).contains(&text.as_str()));
                if plain {
                    return self.report(
                        Diagnostic::new(Code::WrongType, format!("`{text}` takes no value"))
                            .at(name.span(), "it says everything by its name")
                            .help(format!("write `{key} = \"{text}\"`")),
                    );
                }
                let known = ways.iter().flat_map(|way| words(way.schema));
                let known: Vec<&str> = known.chain(tagged.iter().map(|(tag, _)| *tag)).collect();
                let diagnostic = unknown_word(ways, key, &text, name.span()).nearest(&text, known);
                return self.report(diagnostic);
            };
            if !self.value(&schema["properties"][&text], inner, &text) {
                return false;
            }
        }
        match keys.as_slice() {
            [_] => true,
            [] => self.report(nothing_said(key, span)),
            [first, second, ..] => self.report(several_said(key, first.clone(), second.clone())),
        }
    }

    /// Whether a tcp fault names one toxic: its table has that and at most the direction.
    fn has_one_toxic(&mut self, table: &DeTable<'_>, span: &Range<usize>, key: &str) -> bool {
        let toxics = table.keys().filter(|key| key.get_ref() != "stream");
        let places: Vec<Range<usize>> = toxics.map(Spanned::span).collect();
        match places.as_slice() {
            [_] => true,
            [] => self.report(nothing_said(key, span.clone())),
            [first, second, ..] => self.report(several_said(key, first.clone(), second.clone())),
        }
    }

    fn object(
        &mut self,
        schema: &'s Value,
        table: &mut DeTable<'_>,
        span: Range<usize>,
        place: &str,
    ) -> bool {
        let properties = schema["properties"].as_object();
        let mut misfits = Vec::new();
        let mut written = Vec::new();
        for (key, value) in table.iter_mut() {
            let text = key.get_ref().to_string();
            written.push(text.clone());
            let fits = match self.property(schema, properties, &text) {
                Property::Known(inner) => self.value(inner, value, &text),
                Property::Anything => true,
                Property::Unknown => {
                    let known = properties.into_iter().flat_map(Map::keys);
                    let code = if place == "in `tcp`" {
                        Code::UnknownFault
                    } else {
                        Code::UnknownKey
                    };
                    let diagnostic = Diagnostic::new(code, format!("unknown key `{text}` {place}"))
                        .at(key.span(), "this key has no meaning here")
                        .nearest(&text, known.map(String::as_str));
                    self.report(diagnostic)
                }
            };
            if !fits {
                misfits.push(text);
            }
        }
        for key in &misfits {
            table.remove(key.as_str());
        }
        let required = schema["required"].as_array();
        let required = required.into_iter().flatten().filter_map(Value::as_str);
        let missing: Vec<&str> = required
            .filter(|key| !written.iter().any(|text| text == key))
            .collect();
        if !missing.is_empty() {
            let message = format!("{} is missing {place}", quoted(&missing));
            return self.report(Diagnostic::new(Code::MissingKey, message).at(span, "needed here"));
        }
        // A value without a part that it needs cannot be read; the part itself has been reported.
        !misfits.iter().any(|key| {
            let required = schema["required"].as_array();
            required.into_iter().flatten().any(|name| name == key)
        })
    }

    fn property(
        &self,
        schema: &'s Value,
        properties: Option<&'s Map<String, Value>>,
        key: &str,
    ) -> Property<'s> {
        if let Some(inner) = properties.and_then(|properties| properties.get(key)) {
            return Property::Known(inner);
        }
        let patterns = schema["patternProperties"].as_object();
        for (pattern, inner) in patterns.into_iter().flatten() {
            if Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(key)) {
                return Property::Known(inner);
            }
        }
        match &schema["additionalProperties"] {
            Value::Bool(true) => Property::Anything,
            inner @ Value::Object(_) => Property::Known(inner),
            _ => Property::Unknown,
        }
    }

    fn wrong_type(&mut self, ways: &[Way<'s>], found: &str, span: Range<usize>, key: &str) -> bool {
        let mut wanted: Vec<&str> = ways.iter().map(|way| type_in_words(way.schema)).collect();
        wanted.dedup();
        let wanted = wanted.join(" or ");
        self.report(
            Diagnostic::new(
                Code::WrongType,
                format!("`{key}` takes {wanted}, not {found}"),
            )
            .at(span, format!("this is {found}"))
            .help(format!(
                "write {wanted}; scenarios/README.md has an example for every key"
            )),
        )
    }

    /// Every way in which a value under `schema` may be written, references and alternatives resolved.
    fn ways(&self, schema: &'s Value, name: Option<&'s str>) -> Vec<Way<'s>> {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next();
            if let Some(target) = name.and_then(|name| self.root["$defs"].get(name)) {
                return self.ways(target, name);
            }
        }
        let alternatives = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
        match alternatives {
            Some(alternatives) => alternatives
                .iter()
                .flat_map(|alternative| self.ways(alternative, name))
                .collect(),
            None => vec![Way { name, schema }],
        }
    }
}

enum Property<'s> {
    Known(&'s Value),
    Anything,
    Unknown,
}
