//! What a command line of the shell executes, as far as words tell.

/// Programs and words of the shell after which another command stands.
pub const BEFORE_COMMANDS: [&str; 22] = [
    "!", "builtin", "command", "do", "elif", "else", "env", "eval", "exec", "if", "nice", "nohup",
    "setpriv", "setsid", "stdbuf", "sudo", "then", "time", "timeout", "until", "while", "xargs",
];

/// Whether a word before a command sets a variable for it.
pub fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The name of a program without the directory that it is in.
pub fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The commands of a shell line as lists of words, without quotes: what stands between `;`, `|`, `&`, brackets, backquotes and
/// line ends. Within double quotes only a substitution begins a command.
pub fn simple_commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    // what ends each substitution that is open, and the quote that it stands in
    let mut open: Vec<(char, Option<char>)> = Vec::new();
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => {
                word.get_or_insert_default().extend(characters.next());
            }
            (None, ending) if open.last().is_some_and(|(end, _)| *end == ending) => {
                quote = open.pop().and_then(|(_, quote)| quote);
                end_command(&mut commands, &mut word);
            }
            (None | Some('"'), '`') => {
                open.push(('`', quote.take()));
                end_command(&mut commands, &mut word);
            }
            (None | Some('"'), '$') if characters.peek() == Some(&'(') => {
                characters.next();
                open.push((')', quote.take()));
                end_command(&mut commands, &mut word);
            }
            (None, '(') => {
                open.push((')', None));
                end_command(&mut commands, &mut word);
            }
            (None, ';' | '|' | '&' | ')' | '{' | '}' | '\n') => {
                end_command(&mut commands, &mut word);
            }
            (None, blank) if blank.is_whitespace() => end_word(&mut commands, &mut word),
            (_, other) => word.get_or_insert_default().push(other),
        }
    }
    end_word(&mut commands, &mut word);
    commands
}

fn end_word(commands: &mut [Vec<String>], word: &mut Option<String>) {
    if let (Some(command), Some(word)) = (commands.last_mut(), word.take()) {
        command.push(word);
    }
}

fn end_command(commands: &mut Vec<Vec<String>>, word: &mut Option<String>) {
    end_word(commands, word);
    commands.push(Vec::new());
}
