//! SHA-256 of streams, and the `h1:` hash of a module zip.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// A reader that hashes what passes.
pub(crate) struct Hashing<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Hashing<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            hasher: Sha256::new(),
        }
    }

    /// The SHA-256 of what was read so far, in hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        hex(&self.hasher.finalize())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..n]);
        Ok(n)
    }
}

/// The `h1:` hash of a module from the SHA-256 of each file of its zip, by full name in the zip
/// (<https://pkg.go.dev/golang.org/x/mod/sumdb/dirhash#Hash1>).
pub(crate) fn h1(files: &BTreeMap<String, String>) -> String {
    let mut hasher = Sha256::new();
    for (name, sha256) in files {
        hasher.update(format!("{sha256}  {name}\n"));
    }
    format!("h1:{}", STANDARD.encode(hasher.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // writing to a String cannot fail
        write!(text, "{byte:02x}").expect("a String takes what is written");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_hashed() {
        let mut reader = Hashing::new(&b"abc"[..]);
        io::copy(&mut reader, &mut io::sink()).unwrap();
        assert_eq!(
            reader.finish(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn the_h1_hash_depends_on_names_and_contents_only() {
        let sum = |name: &str, text: &str| {
            let mut reader = Hashing::new(text.as_bytes());
            io::copy(&mut reader, &mut io::sink()).unwrap();
            (name.to_owned(), reader.finish())
        };
        let one = h1(&BTreeMap::from([sum("b", "2"), sum("a", "1")]));
        let same = h1(&BTreeMap::from([sum("a", "1"), sum("b", "2")]));
        let other = h1(&BTreeMap::from([sum("a", "2"), sum("b", "1")]));
        assert_eq!(one, same);
        assert_ne!(one, other);
        assert!(one.starts_with("h1:") && one.len() == 47);
    }
}
