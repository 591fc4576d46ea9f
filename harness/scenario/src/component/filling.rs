//! What stands for names and paths in the files of a program: `{address}`, `{ca:public}`.
//!
//! Their formats are full of braces of their own: only the words below are blanks, and none after `$` or `%`.

use std::ops::Range;

/// Something to be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank<'a> {
    /// `{dir}`: its directory.
    Directory,
    /// `{address}`: its own; `{address:HOST}`: that of a host.
    Address(Option<&'a str>),
    /// `{resolver}`: the address of the client's name server.
    Resolver,
    /// `{certificate}`: a file with its certificate, and what signed that.
    Certificate,
    /// `{leaf}`: a file with its certificate alone.
    Leaf,
    /// `{key}`: a file with the key of its certificate.
    Key,
    /// `{ca:public}`: a file with the root of an authority.
    Authority(&'a str),
    /// `{ssh-host-key}`: a file with its SSH host key.
    SshHostKey,
    /// `{ssh-key:dev}`: a file with the public half of that SSH key.
    SshKey(&'a str),
    /// `{word:of}` with a word that is almost one of those above.
    Unknown(&'a str),
}

/// The words that stand alone.
const ALONE: [(&str, Blank<'static>); 7] = [
    ("address", Blank::Address(None)),
    ("certificate", Blank::Certificate),
    ("dir", Blank::Directory),
    ("key", Blank::Key),
    ("leaf", Blank::Leaf),
    ("resolver", Blank::Resolver),
    ("ssh-host-key", Blank::SshHostKey),
];

/// The words with something after a colon.
pub(crate) const WITH: [&str; 4] = ["address", "ca", "ssh-key", KEY_OF_DATABASE];

/// This one is filled in everywhere, not here alone.
const KEY_OF_DATABASE: &str = "sumdb-key";

/// The blanks in `text`, with where each stands.
pub fn blanks(text: &str) -> Vec<(Range<usize>, Blank<'_>)> {
    let starts = text.match_indices('{');
    starts
        .filter(|(start, _)| !text[..*start].ends_with(['$', '%']))
        .filter_map(|(start, _)| {
            let inner = &text[start + 1..];
            let inner = &inner[..inner.find(|c: char| !is_of_blank(c))?];
            let end = start + 1 + inner.len();
            let is_closed = text[end..].starts_with('}');
            let blank = is_closed.then(|| blank(inner))??;
            Some((start..end + 1, blank))
        })
        .collect()
}

fn is_of_blank(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_')
}

fn blank(inner: &str) -> Option<Blank<'_>> {
    let Some((word, of)) = inner.split_once(':') else {
        let alone = ALONE.iter().find(|(word, _)| *word == inner);
        return alone.map(|(_, blank)| *blank);
    };
    match word {
        "address" => Some(Blank::Address(Some(of))),
        "ca" => Some(Blank::Authority(of)),
        "ssh-key" => Some(Blank::SshKey(of)),
        KEY_OF_DATABASE => None,
        // Two letters are too few to tell a slip from another's word.
        _ => WITH
            .iter()
            .any(|known| known.len() > 2 && strsim::osa_distance(word, known) <= 2)
            .then_some(Blank::Unknown(word)),
    }
}

/// `text` with what `fill` says in place of each blank; what it says nothing of stays.
pub fn filled(text: &str, mut fill: impl FnMut(Blank<'_>) -> Option<String>) -> String {
    let mut done = String::new();
    let mut from = 0;
    for (place, blank) in blanks(text) {
        if let Some(value) = fill(blank) {
            done.push_str(&text[from..place.start]);
            done.push_str(&value);
            from = place.end;
        }
    }
    done.push_str(&text[from..]);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Vec<Blank<'_>> {
        blanks(text).into_iter().map(|(_, blank)| blank).collect()
    }

    #[test]
    fn blanks_are_filled_where_they_stand() {
        let text = "listen {address}:443; root {dir}; up {address:a.example};";
        let done = filled(text, |blank| match blank {
            Blank::Directory => Some("/run/x".to_owned()),
            Blank::Address(None) => Some("203.0.113.10".to_owned()),
            Blank::Address(Some(host)) => Some(format!("<{host}>")),
            _ => None,
        });
        assert_eq!(
            done,
            "listen 203.0.113.10:443; root /run/x; up <a.example>;"
        );
    }

    #[test]
    fn the_braces_of_other_formats_stay() {
        for text in [
            "server { listen 80; }",
            "location ~ ^/a{2,3}$ {}",
            "{ address: 127.0.0.1, port_value: 80 }",
            "{socket_address: {address: 127.0.0.1}}",
            "${key} %{dir} {ssl_fc} {}",
            r#"{"key": {"dir": 1}}"#,
            "{sumdb-key:sum.golang.org}",
            "{a:b} {status:200} {id:7}",
        ] {
            assert!(blanks(text).is_empty(), "{text}: {:?}", blanks(text));
        }
    }

    #[test]
    fn a_slip_is_seen() {
        assert_eq!(
            only("{adress:a.example} {ssh-kye:dev}"),
            [Blank::Unknown("adress"), Blank::Unknown("ssh-kye")]
        );
        assert_eq!(only("{ca:publik}"), [Blank::Authority("publik")]);
    }
}
