//! `[expect]` and `[control]`, with parts that hold for some Go versions only.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::Located;
use crate::expect::Expect;

/// What is expected; a key such as `"<1.24"` holds what differs for those Go versions.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExpectFile {
    /// For every version.
    pub(crate) base: Expect,
    /// The keys of that, with their places.
    pub(crate) keys: Vec<Located<String>>,
    /// By range as it is written.
    pub(crate) by_version: Vec<(Located<String>, Expect)>,
    /// Whether the file has this table at all.
    pub(crate) given: bool,
}

/// Which keys are ranges of Go versions: those that begin like none of [`Expect`]'s own.
pub(crate) const RANGE_KEY: &str = "^[<>=0-9]";

pub(super) fn is_range(key: &str) -> bool {
    key.starts_with(|c: char| matches!(c, '<' | '>' | '=') || c.is_ascii_digit())
}

impl<'de> Deserialize<'de> for ExpectFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tables;

        impl<'de> Visitor<'de> for Tables {
            type Value = ExpectFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of expectations")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<ExpectFile, M::Error> {
                let mut base = toml::Table::new();
                let mut keys = Vec::new();
                let mut by_version = Vec::new();
                while let Some(key) = map.next_key::<Located<String>>()? {
                    if is_range(&key.value) {
                        by_version.push((key, map.next_value()?));
                    } else {
                        base.insert(key.value.clone(), map.next_value()?);
                        keys.push(key);
                    }
                }
                Ok(ExpectFile {
                    base: Expect::deserialize(base).map_err(M::Error::custom)?,
                    keys,
                    by_version,
                    given: true,
                })
            }
        }

        deserializer.deserialize_map(Tables)
    }
}

impl JsonSchema for ExpectFile {
    fn schema_name() -> Cow<'static, str> {
        "ExpectByVersion".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let by_version = generator.subschema_for::<Expect>();
        let mut schema = Expect::json_schema(generator);
        schema.insert(
            "patternProperties".to_owned(),
            json!({ RANGE_KEY: by_version }),
        );
        schema
    }
}
