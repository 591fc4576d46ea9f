//! Scenarios as a list.

use serde::Serialize;

use crate::card::Card;
use crate::style::{ASIDE, HEADING, NAME, painted};
use crate::wrap::{WIDTH, width};
use modfault_scenario::{CLAIMS, Kind, Layer};

/// A table by layer: id, kind, description, cut at 80 columns.
pub fn list_table<'a>(cards: impl IntoIterator<Item = &'a Card>) -> String {
    let mut cards: Vec<&Card> = cards.into_iter().collect();
    cards.sort_by(|one, two| (folder(one), &one.id).cmp(&(folder(two), &two.id)));
    let ids = cards.iter().map(|card| width(&card.id)).max().unwrap_or(0);
    let mut out = String::new();
    let mut last = None;
    for card in cards {
        if last != Some(folder(card)) {
            if last.is_some() {
                out.push('\n');
            }
            out.push_str(&format!("{}\n", painted(HEADING, folder(card).2)));
            last = Some(folder(card));
        }
        let kind = card.kind.as_str();
        let room = WIDTH.saturating_sub(2 + ids + 2 + 8 + 2);
        out.push_str(&format!(
            "  {}{}  {}  {}\n",
            painted(NAME, &card.id),
            " ".repeat(ids - width(&card.id)),
            painted(ASIDE, format!("{kind:<8}")),
            shortened(&card.description, room),
        ));
    }
    out
}

/// `{"schema": "modfault.list.v1", "scenarios": [...]}` with the cards by id.
///
/// # Errors
///
/// None that is known: every key is a text and every number finite.
pub fn list_json<'a>(
    cards: impl IntoIterator<Item = &'a Card>,
) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct List<'a> {
        schema: &'static str,
        scenarios: Vec<&'a Card>,
    }
    let mut scenarios: Vec<&Card> = cards.into_iter().collect();
    scenarios.sort_by(|one, two| one.id.cmp(&two.id));
    let mut text = serde_json::to_string_pretty(&List {
        schema: "modfault.list.v1",
        scenarios,
    })?;
    text.push('\n');
    Ok(text)
}

/// Under which heading a card stands, and where among them: the layers in their order, then the claims.
fn folder(card: &Card) -> (bool, Option<Layer>, &str) {
    match card.kind {
        Kind::Claims => (true, None, CLAIMS),
        _ => (false, Some(card.layer), card.layer.as_str()),
    }
}

fn shortened(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(room.saturating_sub(3)).collect();
    short.truncate(short.trim_end().len());
    short + "..."
}
