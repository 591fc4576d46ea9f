//! Scenarios as a list.

use serde::Serialize;

use crate::card::Card;
use crate::style::{ASIDE, HEADING, NAME, painted};
use crate::wrap::{WIDTH, width};

/// A table by layer: id, kind, description, cut at 80 columns.
pub fn list_table<'a>(cards: impl IntoIterator<Item = &'a Card>) -> String {
    let mut cards: Vec<&Card> = cards.into_iter().collect();
    cards.sort_by(|one, two| (one.layer, &one.id).cmp(&(two.layer, &two.id)));
    let ids = cards.iter().map(|card| width(&card.id)).max().unwrap_or(0);
    let mut out = String::new();
    let mut layer = None;
    for card in cards {
        if layer != Some(card.layer) {
            if layer.is_some() {
                out.push('\n');
            }
            out.push_str(&format!("{}\n", painted(HEADING, card.layer)));
            layer = Some(card.layer);
        }
        let kind = format!("{:?}", card.kind).to_lowercase();
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

fn shortened(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(room.saturating_sub(3)).collect();
    short.truncate(short.trim_end().len());
    short + "..."
}
