//! A client of the test's own: what it makes of a lookup, from the octets of answers alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use modfault_kit::fault::SumdbFault;
use modfault_sumdb::SumdbSite;

use crate::fixture::{get_under, verifier};

/// A tree head that was signed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Head {
    pub(crate) size: u64,
    pub(crate) root: Vec<u8>,
}

/// Why a lookup cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    NoAnswer,
    Record,
    Note,
    Tree,
    NotInTree,
    Tile,
    OtherText,
}

/// The head in a signed note, if the signature is right.
pub(crate) fn head(note: &str) -> Result<Head, Doubt> {
    let (text, line) = note.rsplit_once("\n— ").ok_or(Doubt::Note)?;
    let verifier = verifier();
    let (name, rest) = verifier.split_once('+').unwrap();
    let key = STANDARD.decode(rest.split_once('+').unwrap().1).unwrap();
    let (signer, signature) = line.trim_end().split_once(' ').ok_or(Doubt::Note)?;
    let signature = STANDARD.decode(signature).map_err(|_| Doubt::Note)?;
    if signer != name {
        return Err(Doubt::Note);
    }
    UnparsedPublicKey::new(&ED25519, &key[1..])
        .verify(text.as_bytes(), &signature[4..])
        .map_err(|_| Doubt::Note)?;
    let lines: Vec<&str> = text.lines().collect();
    match lines.as_slice() {
        ["go.sum database tree", size, root] => Ok(Head {
            size: size.parse().map_err(|_| Doubt::Tree)?,
            root: STANDARD.decode(root).map_err(|_| Doubt::Tree)?,
        }),
        _ => Err(Doubt::Tree),
    }
}

/// The root over the leaves, by the definition of RFC 6962 §2.1.
fn root(leaves: &[Vec<u8>]) -> Vec<u8> {
    match leaves {
        [] => Sha256::digest([]).to_vec(),
        [leaf] => leaf.clone(),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Sha256::digest([vec![1], root(left), root(right)].concat()).to_vec()
        }
    }
}

/// Looks `path` up and checks it against every leaf of the tree.
pub(crate) async fn lookup(
    site: &SumdbSite,
    path: &str,
    faults: &[SumdbFault],
) -> Result<(Head, String), Doubt> {
    let answer = get_under(site, path, faults).await;
    if answer.status != 200 {
        return Err(Doubt::NoAnswer);
    }
    let (number, rest) = answer.text().split_once('\n').ok_or(Doubt::Record)?;
    let number: usize = number.parse().map_err(|_| Doubt::Record)?;
    let (text, note) = rest.split_once("\n\n").ok_or(Doubt::Record)?;
    let text = format!("{text}\n");
    let head = head(note)?;
    let mut leaves = Vec::new();
    for tile in 0..head.size.div_ceil(256) {
        let width = (head.size - tile * 256).min(256);
        let part = if width < 256 {
            format!(".p/{width}")
        } else {
            String::new()
        };
        let tile = get_under(site, &format!("/tile/8/0/{tile:03}{part}"), faults).await;
        if tile.status != 200 {
            return Err(Doubt::Tile);
        }
        leaves.extend(tile.body.chunks(32).map(<[u8]>::to_vec));
    }
    if root(&leaves) != head.root {
        return Err(Doubt::Tile);
    }
    let leaf = Sha256::digest([&[0], text.as_bytes()].concat()).to_vec();
    match leaves.get(number) {
        None => Err(Doubt::NotInTree),
        Some(stated) if *stated != leaf => Err(Doubt::OtherText),
        Some(_) => Ok((head, text)),
    }
}
