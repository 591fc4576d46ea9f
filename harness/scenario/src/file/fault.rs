//! `[[fault]]`, `[[fix]]` and `[[nonfix]]`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::{ClientFile, ExpectFile, False, HostFile, Located, StepFile};
use modfault_kit::fault::{
    Direction, DnsFault, GitFault, GoproxyFault, HttpFault, NetFault, SshFault, SumdbFault,
    TcpFault, TlsFault, Toxic, VanityFault,
};
use modfault_kit::quantity::DurationText;
use modfault_kit::{HostName, Probability, RequestKind};

/// One thing wrong: exactly one of dns, net, tcp, tls, http, goproxy, sumdb, git, ssh, vanity on a host, or a client, or hosts, that are otherwise.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct FaultFile {
    /// The host at fault; for dns the name asked about, or the resolver's own for all names.
    pub(crate) on: Option<Located<HostName>>,
    /// Only requests of these kinds.
    pub(crate) get: Option<Located<OneOrMany<RequestKind>>>,
    /// Only requests about modules that match; `*` matches within a path element.
    pub(crate) module: Option<Located<String>>,
    /// Only requests whose path matches; `*` matches anything.
    pub(crate) path: Option<Located<String>>,
    /// Only requests by this method.
    pub(crate) method: Option<Located<String>>,
    /// Only requests with these header fields: a pattern for the value, in which `*` matches anything, or `false` for a field that is not there.
    pub(crate) header: BTreeMap<Located<String>, Located<HeaderFile>>,
    /// Only connections to this port.
    pub(crate) port: Option<Located<u16>>,
    /// Only the nth time, from 1.
    pub(crate) nth: Option<Located<u64>>,
    /// Only the first n times.
    pub(crate) first: Option<Located<u64>>,
    /// From the nth time on.
    pub(crate) from: Option<Located<u64>>,
    /// Until so much time has passed.
    #[serde(rename = "for", with = "humantime_serde")]
    #[schemars(with = "Option<DurationText>")]
    pub(crate) during: Option<Duration>,
    /// With this probability.
    pub(crate) chance: Option<Probability>,
    /// In the answers of the resolver.
    pub(crate) dns: Option<DnsFault>,
    /// To packets on the wire.
    pub(crate) net: Option<NetFault>,
    /// To the byte stream of a connection.
    pub(crate) tcp: Option<TcpFile>,
    /// In the TLS handshake.
    pub(crate) tls: Option<TlsFault>,
    /// In HTTP answers.
    pub(crate) http: Option<HttpFault>,
    /// In what a module proxy serves.
    pub(crate) goproxy: Option<GoproxyFault>,
    /// In what a checksum database serves.
    pub(crate) sumdb: Option<SumdbFault>,
    /// In what a git server serves.
    pub(crate) git: Option<GitFault>,
    /// At an SSH server.
    pub(crate) ssh: Option<SshFault>,
    /// In `?go-get=1` pages.
    pub(crate) vanity: Option<VanityFault>,
    /// The client is otherwise than it should be.
    pub(crate) client: Option<Located<ClientFile>>,
    /// Hosts are otherwise than they should be.
    pub(crate) hosts: BTreeMap<Located<String>, HostFile>,
}

/// What is wanted of a header field: a pattern for its value, or `false` for a field that is not there.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum HeaderFile {
    /// It has a value like this.
    Like(String),
    /// It is not there.
    Absent(False),
}

/// One value or a list of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

/// A toxic, named by the key, and the direction: `{ latency = { latency = 500 }, stream = "upstream" }`.
#[derive(Clone, Debug)]
pub(crate) struct TcpFile(pub(crate) TcpFault);

impl<'de> Deserialize<'de> for TcpFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(deserializer)?;
        let stream = match table.remove("stream") {
            Some(value) => Direction::deserialize(value).map_err(D::Error::custom)?,
            None => Direction::default(),
        };
        let toxic = Toxic::deserialize(table).map_err(D::Error::custom)?;
        Ok(Self(TcpFault { stream, toxic }))
    }
}

impl JsonSchema for TcpFile {
    fn schema_name() -> Cow<'static, str> {
        "TcpFault".into()
    }

    /// An object with one property for each toxic and one for the direction, made from the schema of [`Toxic`].
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let toxics = Toxic::json_schema(generator);
        let mut properties = Map::new();
        let alternatives = toxics.get("oneOf").and_then(Value::as_array);
        for alternative in alternatives.into_iter().flatten() {
            let named = alternative.get("properties").and_then(Value::as_object);
            for (name, attributes) in named.into_iter().flatten() {
                let mut attributes = attributes.clone();
                if let (Some(object), Some(text)) =
                    (attributes.as_object_mut(), alternative.get("description"))
                {
                    object.insert("description".to_owned(), text.clone());
                }
                properties.insert(name.clone(), attributes);
            }
        }
        properties.insert(
            "stream".to_owned(),
            generator.subschema_for::<Direction>().to_value(),
        );
        let mut schema = schemars::json_schema!({
            "type": "object",
            "description": "One of Toxiproxy's toxics by its name, and the direction that it works on.",
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 2,
        });
        schema.insert("properties".to_owned(), json!(properties));
        schema
    }
}

/// A remedy: what is different while it is applied, and what is then expected.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct RemedyFile {
    /// What is done, for readers.
    pub(crate) title: Option<Located<String>>,
    /// Faults that are taken away: `true` for all, or those on one host.
    pub(crate) lift: Option<Located<Lift>>,
    /// How the client is changed.
    pub(crate) client: Option<ClientFile>,
    /// How hosts are changed.
    pub(crate) hosts: BTreeMap<Located<String>, HostFile>,
    /// Steps that are done before the last command.
    pub(crate) before: Vec<Located<StepFile>>,
    /// What is expected of the last command; exit 0 for a fix, the same exit and stop as the fault's for a nonfix, unless stated.
    pub(crate) expect: ExpectFile,
}

/// Which faults a remedy takes away.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Lift {
    /// All of them, or none.
    All(bool),
    /// Those on this host.
    On(HostName),
}
