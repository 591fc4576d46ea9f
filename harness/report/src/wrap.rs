//! Lines of at most 80 columns, and how texts begin.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How wide texts are.
pub(crate) const WIDTH: usize = 80;

/// `text` in lines of at most [`WIDTH`] columns, the first after `first`, the others after `rest`.
///
/// Lines break at blanks, and beside a character of two columns, as Chinese has no blanks; what is wider than a line is cut.
pub(crate) fn wrapped(text: &str, first: &str, rest: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        let mut blank = usize::from(!empty);
        for piece in pieces(word) {
            let mut piece = piece;
            loop {
                let room = WIDTH.saturating_sub(width(&line) + blank);
                if width(piece) <= room {
                    line.push_str(&" ".repeat(blank));
                    line.push_str(piece);
                    empty = false;
                    break;
                }
                if empty {
                    // not even an empty line takes it
                    let (head, tail) = piece.split_at(fitting(piece, room));
                    line.push_str(head);
                    piece = tail;
                }
                lines.push(std::mem::replace(&mut line, rest.to_owned()));
                empty = true;
                blank = 0;
                if piece.is_empty() {
                    break;
                }
            }
            blank = 0;
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
    text.width()
}

/// A text with a capital letter at its beginning.
pub(crate) fn with_capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// The parts of a word between which a line may break; none begins with what closes, none ends with what opens.
fn pieces(word: &str) -> Vec<&str> {
    let is_wide = |character: char| character.width() == Some(2);
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, character) in word.char_indices() {
        if let Some(before) = before
            && (is_wide(before) || is_wide(character))
            && !CLOSING.contains(character)
            && !OPENING.contains(before)
        {
            pieces.push(&word[start..at]);
            start = at;
        }
        before = Some(character);
    }
    pieces.push(&word[start..]);
    pieces
}

/// No line begins with one of these.
const CLOSING: &str = "，。、；：！？）」』》”’,.;:!?)";
/// No line ends with one of these.
const OPENING: &str = "（「『《“‘(";

/// How many bytes of a text fit into `room` columns; one character at least.
fn fitting(text: &str, room: usize) -> usize {
    let mut columns = 0;
    for (at, character) in text.char_indices() {
        columns += character.width().unwrap_or(0);
        if columns > room && at > 0 {
            return at;
        }
    }
    text.len()
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
    fn chinese_breaks_between_its_characters_but_not_before_a_full_stop() {
        let text = "模块路径前缀的模式列表，".repeat(10) + "`GOPRIVATE` 匹配。";
        let out = wrapped(&text, "-> ", "   ");
        assert!(out.lines().all(|line| width(line) <= WIDTH), "{out}");
        assert!(
            out.lines()
                .all(|line| !line.trim_start().starts_with(['，', '。'])),
            "{out}"
        );
        let kept: String = out.split_whitespace().collect();
        assert_eq!(kept, format!("->{}", text.replace(' ', "")));
    }

    #[test]
    fn an_empty_text_is_one_line() {
        assert_eq!(wrapped("", "  |", "  |"), "  |\n");
    }
}
