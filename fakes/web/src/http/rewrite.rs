//! What a middlebox makes of a body that it takes for something else.

use bytes::Bytes;

use modfault_kit::fault::BodyRewriting;

/// What is put at the end of every page.
const SCRIPT: &[u8] = b"<script src=\"http://notice.example/banner.js\"></script>\n";

/// `body` as it leaves the middlebox.
pub(super) fn rewritten(body: &[u8], how: BodyRewriting) -> Bytes {
    match how {
        BodyRewriting::InjectHtml => [body, SCRIPT].concat().into(),
        BodyRewriting::CrlfLines => {
            let mut lines = Vec::with_capacity(body.len() + body.len() / 16);
            for byte in body {
                if *byte == b'\n' && lines.last() != Some(&b'\r') {
                    lines.push(b'\r');
                }
                lines.push(*byte);
            }
            lines.into()
        }
        BodyRewriting::AsciiOnly => body
            .iter()
            .map(|byte| match byte {
                b' '..=b'~' | b'\t' | b'\n' | b'\r' => *byte,
                _ => b'?',
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_end_becomes_two_bytes_once() {
        let once = rewritten(b"a\nb\r\n", BodyRewriting::CrlfLines);
        assert_eq!(&once[..], b"a\r\nb\r\n");
        assert_eq!(rewritten(&once, BodyRewriting::CrlfLines), once);
    }

    #[test]
    fn what_is_no_text_is_lost() {
        assert_eq!(
            &rewritten(b"PK\x03\x04\n", BodyRewriting::AsciiOnly)[..],
            b"PK??\n"
        );
    }

    #[test]
    fn a_page_keeps_all_its_bytes_before_the_script() {
        let page = rewritten(b"{}", BodyRewriting::InjectHtml);
        assert!(page.starts_with(b"{}<script"));
    }
}
