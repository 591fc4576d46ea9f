//! The `.info` file.

use std::fmt;

use crate::version::ModuleVersion;

/// The time that a `.info` file gives for a version: RFC 3339, in UTC, to the second.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitTime(String);

/// A text that is not a [`CommitTime`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time of the form `2020-01-01T00:00:00Z`")]
pub struct InvalidCommitTime(pub String);

impl CommitTime {
    /// Checks the form of `text`, and that each field is within its range.
    pub fn parse(text: &str) -> Result<Self, InvalidCommitTime> {
        let form = "dddd-dd-ddTdd:dd:ddZ";
        let shaped = text.len() == form.len()
            && form.bytes().zip(text.bytes()).all(|(form, byte)| {
                if form == b'd' {
                    byte.is_ascii_digit()
                } else {
                    byte == form
                }
            });
        let within = |at: usize, low: u8, high: u8| {
            text[at..at + 2]
                .parse()
                .is_ok_and(|number: u8| (low..=high).contains(&number))
        };
        if shaped
            && within(5, 1, 12)
            && within(8, 1, 31)
            && within(11, 0, 23)
            && within(14, 0, 59)
            && within(17, 0, 59)
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidCommitTime(text.to_owned()))
        }
    }

    /// The time of `version` where nobody has said one: that in a pseudo-version, else the first second of 2020.
    pub fn of(version: &ModuleVersion) -> Self {
        version
            .pseudo_time()
            .map(|digits| {
                let field = |from: usize, to: usize| &digits[from..to];
                format!(
                    "{}-{}-{}T{}:{}:{}Z",
                    field(0, 4),
                    field(4, 6),
                    field(6, 8),
                    field(8, 10),
                    field(10, 12),
                    field(12, 14)
                )
            })
            .and_then(|text| Self::parse(&text).ok())
            .unwrap_or_else(|| Self("2020-01-01T00:00:00Z".to_owned()))
    }

    /// The time as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommitTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The JSON of a `.info` file (<https://go.dev/ref/mod#goproxy-protocol>).
///
/// `version` is text because a fault may put anything there; it is quoted as JSON wants it.
pub fn info_json(version: &str, time: &CommitTime) -> String {
    format!("{{\"Version\":{},\"Time\":\"{time}\"}}", quoted(version))
}

/// A JSON string (RFC 8259 §7).
fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            control if u32::from(control) < 0x20 => {
                json.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => json.push(other),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pseudo_version_brings_its_own_time() {
        let time = |text| CommitTime::of(&ModuleVersion::parse(text).unwrap());
        assert_eq!(
            time("v0.0.0-20191109021931-daa7c04131f5").as_str(),
            "2019-11-09T02:19:31Z"
        );
        assert_eq!(time("v1.0.0").as_str(), "2020-01-01T00:00:00Z");
        assert_eq!(
            time("v0.0.0-20191309021931-daa7c04131f5").as_str(),
            "2020-01-01T00:00:00Z"
        );
    }

    #[test]
    fn a_time_in_another_form_is_refused() {
        assert!(CommitTime::parse("2020-02-29T23:59:59Z").is_ok());
        for text in [
            "2020-01-01",
            "2020-01-01T00:00:00+01:00",
            "2020-13-01T00:00:00Z",
            "2020-01-01T24:00:00Z",
            "2020-01-01T00:00:0éZ",
        ] {
            assert!(CommitTime::parse(text).is_err(), "{text} was taken");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_version_says_it_is_json(version in ".{0,40}") {
            let json = info_json(&version, &CommitTime::parse("2021-02-03T04:05:06Z").unwrap());
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read["Version"].as_str(), Some(version.as_str()));
            prop_assert_eq!(read["Time"].as_str(), Some("2021-02-03T04:05:06Z"));
        }
    }
}
