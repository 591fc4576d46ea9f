//! A command line and the words of it.

/// The argument vector of a command line: its words, or the shell where it has more than words.
pub(crate) fn words(line: &str) -> Vec<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_./=@:,+^%".contains(c);
    let assigns = |word: &str| {
        word.split('/')
            .next()
            .is_some_and(|head| head.contains('='))
    };
    match line.split_ascii_whitespace().next() {
        Some(first) if line.chars().all(plain) && !assigns(first) => {
            line.split_ascii_whitespace().map(str::to_owned).collect()
        }
        _ => vec!["/bin/sh".to_owned(), "-c".to_owned(), line.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_plain_line_is_split_and_never_sees_a_shell() {
        assert_eq!(
            words("go mod download  example.com/greet@v1.0.0"),
            ["go", "mod", "download", "example.com/greet@v1.0.0"]
        );
    }

    #[test]
    fn a_line_with_more_than_words_goes_to_the_shell() {
        for line in [
            "go env | head",
            "GOPROXY=off go mod tidy",
            "cd x && go build",
            "echo 'a b'",
        ] {
            assert_eq!(words(line)[..2], ["/bin/sh", "-c"], "{line}");
        }
    }
}
