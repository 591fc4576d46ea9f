//! Lines of at most 80 columns.

/// How wide texts are.
pub(crate) const WIDTH: usize = 80;

/// `text` in lines of at most [`WIDTH`] columns, the first after `first`, the others after `rest`.
///
/// Lines break at blanks; a word that is wider than a line is cut. Every character counts as one column.
pub(crate) fn wrapped(text: &str, first: &str, rest: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        let mut word = word;
        loop {
            let blank = usize::from(!empty);
            let room = WIDTH.saturating_sub(width(&line) + blank);
            if width(word) <= room {
                if !empty {
                    line.push(' ');
                }
                line.push_str(word);
                empty = false;
                break;
            }
            if empty {
                // not even an empty line takes it
                let at = word
                    .char_indices()
                    .nth(room.max(1))
                    .map_or(word.len(), |(at, _)| at);
                line.push_str(&word[..at]);
                word = &word[at..];
            }
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            empty = true;
            if word.is_empty() {
                break;
            }
        }
    }
    lines.push(line);
    let mut out = String::new();
    for line in lines {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Columns of a text without escapes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_the_page() {
        let text = format!("{} {} end", "word ".repeat(40), "x".repeat(200));
        let out = wrapped(&text, "  1. ", "     ");
        assert!(out.lines().all(|line| width(line) <= WIDTH), "{out}");
        let kept: String = out.split_whitespace().collect();
        assert_eq!(kept, format!("1.{}", text.replace(' ', "")));
    }

    #[test]
    fn later_lines_stand_below_the_text_of_the_first() {
        let out = wrapped(&"abcdefghi ".repeat(10), "* ", "  ");
        let lines: Vec<&str> = out.lines().collect();
        assert!(lines[0].starts_with("* abc"));
        assert!(lines[1].starts_with("  abc"));
    }

    #[test]
    fn an_empty_text_is_one_line() {
        assert_eq!(wrapped("", "  |", "  |"), "  |\n");
    }
}
