//! The words of a scenario that say what takes part in it: commands, variables, files; no prose.

use modfault_scenario::Scenario;
use serde_json::Value;

/// The parts of a scenario that are written for readers.
const PROSE: [&str; 7] = [
    "description",
    "told",
    "sources",
    "covers",
    "title",
    "reveals",
    "reason",
];

/// Every text in `scenario` that is not prose, and every name of a variable, file or host.
pub fn words(scenario: &Scenario) -> Vec<String> {
    let mut words = Vec::new();
    // What cannot be written as JSON has no words.
    if let Ok(value) = serde_json::to_value(scenario) {
        collect(&value, &mut words);
    }
    words
}

fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(entries) => {
            for (key, value) in entries {
                // A field is there in any case; the key of a map is somebody's word where it says something.
                if PROSE.contains(&key.as_str()) || value.is_null() {
                    continue;
                }
                let is_empty = match value {
                    Value::Array(items) => items.is_empty(),
                    Value::Object(entries) => entries.is_empty(),
                    _ => false,
                };
                if !is_empty {
                    into.push(key.clone());
                    collect(value, into);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether `word` stands in `text`, whole: `dig` not in `digest`.
pub fn stands_in(word: &str, text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.match_indices(word).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        !word.is_empty() && !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stands_whole() {
        assert!(stands_in("dig", "dig +short goproxy.corp.example"));
        assert!(stands_in("go mod tidy", "cd app && go mod tidy -e"));
        assert!(stands_in("/etc/hosts", "cat /etc/hosts"));
        assert!(!stands_in("dig", "sha256 digest"));
        assert!(!stands_in("GOPROXY", "GONOGOPROXY"));
        assert!(!stands_in("ssh", "ssh-agent"));
        assert!(!stands_in("", "anything"));
    }
}
