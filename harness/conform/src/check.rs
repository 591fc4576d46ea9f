//! What the checks of several rules have in common.

use serde_json::Value;

use crate::rule::Shortfall;
use crate::sample::Known;
use crate::seen::{Answer, Reply, Seen};
use modfault_gomod::{ModulePath, ModuleVersion, hash_zip, module_prefix};

/// What a check says.
pub(crate) type Checked = Result<String, Shortfall>;

/// The reply at `index`, which must be a whole answer.
pub(crate) fn answer(seen: &Seen, index: usize) -> Result<&Answer, Shortfall> {
    match seen.replies.get(index) {
        Some(Reply::Answered(answer)) => Ok(answer),
        Some(Reply::Broken(why)) => Err(fails(format!("no whole answer: {why}"))),
        Some(Reply::Silent(long)) => Err(fails(format!("no answer within {long}"))),
        None => Err(Shortfall::NotTried("it was not asked".to_owned())),
    }
}

/// The reply at `index`, which must be a whole answer with 200.
pub(crate) fn ok(seen: &Seen, index: usize) -> Result<&Answer, Shortfall> {
    let answer = answer(seen, index)?;
    match answer.status {
        200 => Ok(answer),
        _ => Err(fails(told(answer))),
    }
}

/// It does not hold, as this was seen.
pub(crate) fn fails(seen: impl Into<String>) -> Shortfall {
    Shortfall::Fails(seen.into())
}

/// An answer in a few words: its status, and the first line of a body that says why.
pub(crate) fn told(answer: &Answer) -> String {
    let status = answer.status;
    let line = answer.text().unwrap_or_default().trim();
    let line = line.lines().next().unwrap_or_default();
    match status {
        400.. if !line.is_empty() => format!("{status}: {}", shortened(line, 100)),
        _ => status.to_string(),
    }
}

/// The beginning of a text.
pub(crate) fn shortened(text: &str, longest: usize) -> String {
    let mut kept: String = text.chars().take(longest).collect();
    if kept.len() < text.len() {
        kept.push_str("...");
    }
    kept
}

/// The text of a body that is one.
pub(crate) fn text(answer: &Answer) -> Result<&str, Shortfall> {
    answer
        .text()
        .ok_or_else(|| fails("the body is no text in UTF-8"))
}

/// The object of a body that is JSON.
pub(crate) fn json(answer: &Answer) -> Result<Value, Shortfall> {
    let beginning = shortened(answer.text().unwrap_or("bytes").trim(), 60);
    serde_json::from_slice(&answer.body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| fails(format!("the body is no JSON object: {beginning}")))
}

/// The version that a JSON answer names.
pub(crate) fn version(answer: &Answer) -> Result<String, Shortfall> {
    let json = json(answer)?;
    let version = json.get("Version").and_then(Value::as_str);
    let version = version.ok_or_else(|| fails("it names no Version"))?;
    ModuleVersion::parse(version)
        .map(|version| version.to_string())
        .map_err(|_| fails(format!("its Version is `{}`", shortened(version, 40))))
}

/// What is wrong with a body as the zip of `known`; its hash where nothing is.
pub(crate) fn zip_of(known: &Known, body: &[u8]) -> Result<String, String> {
    let hash = hash_zip(body).map_err(|error| {
        let mut text = error.to_string();
        if let Some(cause) = std::error::Error::source(&error) {
            text = format!("{text}: {cause}");
        }
        format!("{} bytes that are no whole zip (cannot {text})", body.len())
    })?;
    match &known.h1 {
        Some(right) if right != hash.as_str() => Err(format!("a zip with {hash}, not {right}")),
        _ => Ok(hash.to_string()),
    }
}

/// `path@version/`, under which everything in the zip of `known` stands.
pub(crate) fn prefix(known: &Known) -> String {
    match (
        ModulePath::parse(&known.path),
        ModuleVersion::parse(&known.version),
    ) {
        (Ok(path), Ok(version)) => module_prefix(&path, &version),
        _ => format!("{}@{}/", known.path, known.version),
    }
}
