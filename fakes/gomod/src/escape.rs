//! Spelling module paths and versions for file systems and URLs that fold case.

/// Why a text is no escaped path or version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    /// An upper-case letter stands in it, which escaping would have replaced.
    #[error("`{0}` holds an upper-case letter")]
    UpperCase(String),
    /// A `!` is not followed by a lower-case letter.
    #[error("`{0}` holds a `!` that no lower-case letter follows")]
    LoneBang(String),
}

/// `text` with every upper-case letter replaced by `!` and its lower case (<https://go.dev/ref/mod#goproxy-protocol>).
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(character.to_ascii_lowercase());
    }
    escaped
}

/// The text that [`escape`] made `escaped` from.
pub fn unescape(escaped: &str) -> Result<String, EscapeError> {
    let mut text = String::with_capacity(escaped.len());
    let mut characters = escaped.chars();
    while let Some(character) = characters.next() {
        if character.is_ascii_uppercase() {
            return Err(EscapeError::UpperCase(escaped.to_owned()));
        }
        if character != '!' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some(letter) if letter.is_ascii_lowercase() => text.push(letter.to_ascii_uppercase()),
            _ => return Err(EscapeError::LoneBang(escaped.to_owned())),
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_reference_spells_its_own_example_so() {
        assert_eq!(
            escape("github.com/Azure/azure-sdk-for-go"),
            "github.com/!azure/azure-sdk-for-go"
        );
    }

    #[test]
    fn what_escaping_cannot_have_made_is_refused() {
        assert!(matches!(unescape("Azure"), Err(EscapeError::UpperCase(_))));
        for text in ["!", "a!", "!A", "!!a", "!1", "!/"] {
            assert!(unescape(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn unescaping_undoes_escaping(text in "[ -~&&[^!]]{0,40}") {
            prop_assert_eq!(unescape(&escape(&text)), Ok(text));
        }

        #[test]
        fn escaping_undoes_unescaping(escaped in "([a-z0-9./~_-]|![a-z]){0,40}") {
            prop_assert_eq!(escape(&unescape(&escaped).unwrap()), escaped);
        }

        #[test]
        fn different_texts_stay_different_where_case_is_folded(a in "[a-zA-Z]{1,6}", b in "[a-zA-Z]{1,6}") {
            prop_assert_eq!(a == b, escape(&a) == escape(&b));
            prop_assert!(!escape(&a).contains(|c: char| c.is_ascii_uppercase()));
        }

        #[test]
        fn unescaping_never_panics(text in ".{0,40}") {
            if let Ok(plain) = unescape(&text) {
                prop_assert!(plain.len() <= text.len());
            }
        }
    }
}
