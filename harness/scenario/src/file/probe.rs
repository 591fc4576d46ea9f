//! `[[probe]]`: a command, what it reveals, and what of it is pinned, with parts that hold for some Go versions only.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::Located;
use super::expect::{RANGE_KEY, is_range};
use crate::probe::Pinned;

/// A probe; a key such as `"<1.24"` holds what is pinned otherwise for those Go versions.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProbeFile {
    pub(crate) run: Option<Located<String>>,
    pub(crate) reveals: Option<Located<String>>,
    pub(crate) needs: Vec<Located<String>>,
    pub(crate) blind: bool,
    pub(crate) during: bool,
    pub(crate) pinned: Pinned,
    pub(crate) by_version: Vec<(Located<String>, Pinned)>,
}

/// Every key, for the schema.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its schema is of use")]
struct Keys {
    /// The command line, run when all steps are done and the fault is still there; behind `sudo` by the client's root.
    run: String,
    /// What it tells about the fault, or why it tells nothing.
    reveals: String,
    /// Programs that the machine must have beside those that the command line names.
    needs: Option<Vec<String>>,
    /// Whether it looks healthy in spite of the fault.
    blind: Option<bool>,
    /// Whether it runs beside a second run of the last command.
    during: Option<bool>,
    /// Its exit status.
    exit: Option<i32>,
    /// Texts that its stdout contains, in any order; their lines are recorded.
    stdout: Option<Vec<String>>,
    /// Texts that its stderr contains, in any order; their lines are recorded.
    stderr: Option<Vec<String>>,
}

impl<'de> Deserialize<'de> for ProbeFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tables;

        impl<'de> Visitor<'de> for Tables {
            type Value = ProbeFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a probe")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<ProbeFile, M::Error> {
                let mut probe = ProbeFile::default();
                let mut pinned = toml::Table::new();
                while let Some(key) = map.next_key::<Located<String>>()? {
                    match key.value.as_str() {
                        "run" => probe.run = Some(map.next_value()?),
                        "reveals" => probe.reveals = Some(map.next_value()?),
                        "needs" => probe.needs = map.next_value()?,
                        "blind" => probe.blind = map.next_value()?,
                        "during" => probe.during = map.next_value()?,
                        range if is_range(range) => {
                            probe.by_version.push((key, map.next_value()?));
                        }
                        _ => {
                            pinned.insert(key.value, map.next_value()?);
                        }
                    }
                }
                probe.pinned = Pinned::deserialize(pinned).map_err(M::Error::custom)?;
                Ok(probe)
            }
        }

        deserializer.deserialize_map(Tables)
    }
}

impl JsonSchema for ProbeFile {
    fn schema_name() -> Cow<'static, str> {
        "Probe".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let by_version = generator.subschema_for::<Pinned>();
        let mut schema = Keys::json_schema(generator);
        schema.insert(
            "patternProperties".to_owned(),
            json!({ RANGE_KEY: by_version }),
        );
        schema
    }
}
