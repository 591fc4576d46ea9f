//! What the real programs of a world said.

use super::Detail;
use super::ran::printed;
use crate::style::{NAME, painted};
use modfault_outcome::Observation;

/// Of a longer text only this many lines are told, but where somebody wants all.
const LINES: usize = 12;

/// Each program with what it printed and its logs; empty where there is none.
pub(super) fn told(seen: &Observation, detail: Detail) -> String {
    let most = match detail {
        Detail::Usual => LINES,
        Detail::Verbose => usize::MAX,
    };
    let mut out = String::new();
    for (owner, log) in &seen.components {
        let version = seen.tools.get(&log.program);
        let version = version.map_or(String::new(), |version| format!(" {version}"));
        out.push_str(&format!(
            "  {} ({}{version})\n",
            painted(NAME, owner),
            log.program
        ));
        printed(&mut out, &log.stdout, most);
        printed(&mut out, &log.stderr, most);
        for (name, text) in &log.files {
            out.push_str(&format!("  {name}\n"));
            printed(&mut out, text, most);
        }
    }
    out
}
