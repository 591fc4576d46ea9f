//! The goroutines that a Go program prints when SIGQUIT ends it (<https://pkg.go.dev/runtime#hdr-Signals>), as 1.19 to 1.27 do.
//!
//! ```text
//! goroutine 12 [IO wait, 2 minutes]:
//! net.(*conn).Read(0xc000012345, {0xc0001, 0x10, 0x10})
//!     net/net.go:196 +0x45
//! created by net/http.(*Transport).dialConn in goroutine 8
//!     net/http/transport.go:1732 +0x309
//! ```
//!
//! Between the number and the state newer versions put addresses (`gp=0x… m=nil`), and behind the file `fp=0x…` and more; older ones
//! do not say which goroutine created this one. All else in a dump, registers and threads, is passed over.

/// One goroutine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goroutine {
    /// Its number.
    pub id: u64,
    /// What it does: `IO wait`, `select`, `chan receive`.
    pub state: String,
    /// For how many minutes, where it is one at least.
    pub minutes: Option<u64>,
    /// Its calls, the innermost first.
    pub frames: Vec<Frame>,
    /// Who started it.
    pub created_by: Option<Creator>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The function, with its package and receiver: `net/http.(*Client).do`.
    pub function: String,
    /// The file, as the program was built.
    pub file: String,
    /// The line in it.
    pub line: u32,
}

/// Who started a goroutine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creator {
    /// The function.
    pub function: String,
    /// The goroutine that called it, as 1.21 and later say.
    pub goroutine: Option<u64>,
}

impl Goroutine {
    /// The innermost call of a function of which `is` holds.
    pub fn call(&self, mut is: impl FnMut(&str) -> bool) -> Option<&Frame> {
        self.frames.iter().find(|frame| is(&frame.function))
    }
}

/// The goroutines of `dump`, in its order.
pub fn goroutines(dump: &str) -> Vec<Goroutine> {
    let mut found: Vec<Goroutine> = Vec::new();
    let mut lines = dump.lines().peekable();
    // a blank line ends a goroutine, and what comes before the next one (registers, say) belongs to none
    let mut within = false;
    while let Some(line) = lines.next() {
        if let Some(goroutine) = header(line) {
            found.push(goroutine);
            within = true;
            continue;
        }
        within &= !line.is_empty();
        let Some(goroutine) = found.last_mut().filter(|_| within) else {
            continue;
        };
        if let Some(creator) = line.strip_prefix("created by ") {
            goroutine.created_by = Some(creator_of(creator));
        } else if let Some(function) = function(line)
            && let Some((file, line)) = lines.next_if_some(source)
        {
            goroutine.frames.push(Frame {
                function: function.to_owned(),
                file,
                line,
            });
        }
    }
    found
}

/// Takes the next item where it can be read as something.
trait NextIfSome<'a> {
    fn next_if_some<T>(&mut self, read: impl FnOnce(&'a str) -> Option<T>) -> Option<T>;
}

impl<'a, I: Iterator<Item = &'a str>> NextIfSome<'a> for std::iter::Peekable<I> {
    fn next_if_some<T>(&mut self, read: impl FnOnce(&'a str) -> Option<T>) -> Option<T> {
        let found = read(self.peek()?)?;
        self.next();
        Some(found)
    }
}

/// `goroutine 12 gp=0xc000 m=nil [IO wait, 2 minutes, locked to thread]:`
fn header(line: &str) -> Option<Goroutine> {
    let rest = line.strip_prefix("goroutine ")?;
    let (id, rest) = rest.split_once(' ')?;
    let id = id.parse().ok()?;
    let (_, state) = rest.strip_suffix(':')?.split_once('[')?;
    let (state, _) = state.split_once(']')?;
    let mut parts = state.split(", ");
    let state = parts.next()?.to_owned();
    let minutes = parts.find_map(|part| part.strip_suffix(" minutes")?.parse().ok());
    Some(Goroutine {
        id,
        state,
        minutes,
        frames: Vec::new(),
        created_by: None,
    })
}

/// The function of a call: the line without the brackets at its end, which may hold others.
fn function(line: &str) -> Option<&str> {
    if !line.ends_with(')') {
        return None;
    }
    let mut depth = 0_usize;
    for (place, character) in line.char_indices().rev() {
        match character {
            ')' => depth += 1,
            '(' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(&line[..place]).filter(|function| !function.is_empty());
        }
    }
    None
}

/// `\tnet/net.go:196 +0x45`
fn source(line: &str) -> Option<(String, u32)> {
    let place = line.strip_prefix('\t')?.split(' ').next()?;
    let (file, line) = place.rsplit_once(':')?;
    Some((file.to_owned(), line.parse().ok()?))
}

fn creator_of(text: &str) -> Creator {
    match text.split_once(" in goroutine ") {
        Some((function, goroutine)) => Creator {
            function: function.to_owned(),
            goroutine: goroutine.parse().ok(),
        },
        None => Creator {
            function: text.to_owned(),
            goroutine: None,
        },
    }
}
