//! Where the pack is in an answer of `git-upload-pack` (gitprotocol-pack, gitprotocol-v2).

use std::io::Read;

use bytes::Bytes;

/// The sideband that carries the pack (gitprotocol-pack, "Packfile Data").
const PACK_BAND: u8 = 1;

/// How many bytes of `body` there are up to the `count`th byte of its pack; `None` where the pack has no more than that,
/// or where there is none.
pub(crate) fn offset_after(body: &[u8], count: u64) -> Option<usize> {
    let mut left = usize::try_from(count).ok()?;
    let mut at = 0;
    while at < body.len() {
        let rest = &body[at..];
        if rest.starts_with(b"PACK") {
            // Without a sideband the pack comes bare, to the end.
            return (left < rest.len()).then_some(at + left);
        }
        let length = usize::from_str_radix(std::str::from_utf8(rest.get(..4)?).ok()?, 16).ok()?;
        let length = match length {
            // A flush, delimiter or response end.
            0..4 => 4,
            // Longer than there is: no pkt-line.
            _ if length > rest.len() => return None,
            _ => length,
        };
        if length > 4 && rest[4] == PACK_BAND {
            let carried = length - 5;
            if left < carried {
                return Some(at + 5 + left);
            }
            left -= carried;
        }
        at += length;
    }
    None
}

/// Whether `body`, sent to `git-upload-pack` under `encoding`, only lists refs (gitprotocol-v2, "ls-refs").
pub(crate) fn is_ls_refs(body: &Bytes, encoding: Option<&[u8]>) -> bool {
    const COMMAND: &[u8] = b"command=ls-refs";
    let mut start = [0; 4 + COMMAND.len()];
    let read = match encoding {
        Some(b"gzip" | b"x-gzip") => flate2::read::GzDecoder::new(&body[..]).read_exact(&mut start),
        _ => (&body[..]).read_exact(&mut start),
    };
    read.is_ok() && start.ends_with(COMMAND)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const FRAMED: &[u8] = b"000dpackfile\n0009\x01PACK0009\x02talk0007\x01ab0000";

    #[test]
    fn only_bytes_of_the_pack_count() {
        let cut = |count| offset_after(FRAMED, count).map(|at| &FRAMED[..at]);
        assert_eq!(cut(0), Some(&b"000dpackfile\n0009\x01"[..]));
        assert_eq!(cut(3), Some(&b"000dpackfile\n0009\x01PAC"[..]));
        assert_eq!(
            cut(5),
            Some(&b"000dpackfile\n0009\x01PACK0009\x02talk0007\x01a"[..])
        );
        assert_eq!(cut(6), None);
    }

    #[test]
    fn a_bare_pack_counts_to_its_end() {
        assert_eq!(offset_after(b"0008NAK\nPACKxyz", 5), Some(13));
        assert_eq!(offset_after(b"0008NAK\nPACKxyz", 7), None);
    }

    #[test]
    fn an_answer_without_a_pack_is_never_cut() {
        assert_eq!(offset_after(b"0008NAK\n0000", 0), None);
        assert_eq!(offset_after(b"", 0), None);
        assert_eq!(offset_after(b"no pkt-line", 0), None);
        assert_eq!(offset_after(b"ffffshort", 0), None);
    }

    #[test]
    fn a_listing_is_told_from_a_fetch_also_under_gzip() {
        let ask = |text: &str| Bytes::from(text.to_owned());
        assert!(is_ls_refs(&ask("0014command=ls-refs\n0000"), None));
        assert!(!is_ls_refs(&ask("0011command=fetch0000"), None));
        assert!(!is_ls_refs(&ask(""), None));
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"0014command=ls-refs\n0000").unwrap();
        let packed = Bytes::from(gzip.finish().unwrap());
        assert!(is_ls_refs(&packed, Some(b"gzip")));
        assert!(!is_ls_refs(&packed, None));
    }
}
