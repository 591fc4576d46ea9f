//! What is run inside, and the memory from which it is executed.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use crate::process::Stage;
use crate::sys::{self, Errno, Sys};

/// A command of the sandbox.
///
/// Its standard input is `/dev/null` (or its terminal), its environment is what is given here and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments. A program without `/` is looked for in the `PATH` of `env`.
    pub argv: Vec<String>,
    /// Its whole environment.
    pub env: BTreeMap<String, String>,
    /// Where it runs: an absolute path inside.
    pub directory: String,
    /// As whom.
    pub user: User,
    /// In which network.
    pub place: Place,
    /// Where its output goes.
    pub output: Output,
    /// Held before it executes, until [`Process::release`](crate::Process::release): whoever traces it attaches meanwhile.
    pub hold: Option<Hold>,
}

/// How a command is held before it executes.
///
/// It has become who it is to be, in its directory, and waits in a read(2); it is still a copy of the process that made the sandbox.
/// When nobody can release it any more, because its [`Process`](crate::Process) was dropped, it ends with
/// [`End::NotSetUp`](crate::End::NotSetUp), without having executed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// A program of seccomp(2), put into force between release and execve(2); each instruction is a `struct sock_filter` in its 8
    /// bytes. Without instructions there is no filter.
    ///
    /// It has to let execve(2) pass, and write(2) and exit_group(2), by which a failure is told. What the kernel makes of it
    /// otherwise is told as [`End::NotSetUp`](crate::End::NotSetUp): EINVAL for a program that is none, or is too long.
    pub filter: Vec<[u8; 8]>,
}

/// As whom a command runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum User {
    /// As uid and gid 1000, without capabilities and without a way to any.
    #[default]
    Client,
    /// As the sandbox's root, with every capability over the sandbox.
    Root,
}

/// Whose network a command sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The client's.
    #[default]
    Client,
    /// That of the hosts.
    Internet,
}

/// Where a command's output goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// Into two pipes.
    #[default]
    Pipes,
    /// To a terminal of this size, its controlling one.
    Terminal {
        /// Characters in a line.
        columns: u16,
        /// Lines.
        rows: u16,
    },
}

impl Command {
    /// A command of the client's in `/home/dev`, with an empty environment and pipes.
    pub fn new<A: Into<String>>(argv: impl IntoIterator<Item = A>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            env: BTreeMap::new(),
            directory: crate::HOME.to_owned(),
            user: User::default(),
            place: Place::default(),
            output: Output::default(),
            hold: None,
        }
    }

    /// The same with a variable.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// The same as another user.
    pub fn user(mut self, user: User) -> Self {
        self.user = user;
        self
    }

    /// The same, held before it executes, and then under a program of seccomp(2); see [`Hold`].
    pub fn held(mut self, filter: impl Into<Vec<[u8; 8]>>) -> Self {
        self.hold = Some(Hold {
            filter: filter.into(),
        });
        self
    }

    /// Where the program may be, in the order of trial (execvp(3); an empty part of PATH is the working directory).
    fn candidates(&self) -> Vec<String> {
        let Some(program) = self.argv.first() else {
            return Vec::new();
        };
        if program.is_empty() {
            return Vec::new();
        }
        if program.contains('/') {
            return vec![program.clone()];
        }
        let path = self.env.get("PATH").map_or("", String::as_str);
        path.split(':')
            .map(|directory| match directory {
                "" => format!("./{program}"),
                _ => format!("{directory}/{program}"),
            })
            .collect()
    }

    /// Lays the command out for [`Image`], in an anonymous file; its length comes with it.
    pub(crate) fn image(&self) -> io::Result<(OwnedFd, u32)> {
        let environment: Vec<_> = self
            .env
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let filter = self.hold.as_ref().map_or(&[][..], |hold| &hold.filter);
        let bytes = lay_out(
            [
                &self.candidates(),
                &self.argv,
                &environment,
                std::slice::from_ref(&self.directory),
            ],
            filter,
        )?;
        let size = u32::try_from(bytes.len()).map_err(|_| too_long())?;
        let file = sys::anonymous_file()?;
        sys::write_all(file.as_raw_fd(), &bytes)?;
        Ok((file, size))
    }
}

fn too_long() -> io::Error {
    io::Error::from_raw_os_error(libc::E2BIG)
}

const WORD: usize = size_of::<usize>();
const TABLES: usize = 4;
const HEADER: usize = TABLES + 2;

/// `TABLES` words with the offset of each table, then the offset of the filter and the number of its instructions; the tables: offsets
/// of texts, each table ended by 0; the filter; the texts with their NULs.
fn lay_out(tables: [&[String]; TABLES], filter: &[[u8; 8]]) -> io::Result<Vec<u8>> {
    let words: usize = HEADER + tables.iter().map(|table| table.len() + 1).sum::<usize>();
    let mut text = words * WORD + size_of_val(filter);
    let mut table = HEADER;
    let mut header = Vec::new();
    let mut offsets = Vec::new();
    let mut texts = Vec::new();
    for entries in tables {
        header.push(table * WORD);
        table += entries.len() + 1;
        for entry in entries {
            if entry.contains('\0') {
                return Err(io::Error::from(io::ErrorKind::InvalidInput));
            }
            offsets.push(text);
            texts.extend(entry.as_bytes());
            texts.push(0);
            text += entry.len() + 1;
        }
        offsets.push(0);
    }
    header.extend([words * WORD, filter.len()]);
    let mut bytes = Vec::with_capacity(text);
    for word in header.into_iter().chain(offsets) {
        bytes.extend(word.to_ne_bytes());
    }
    bytes.extend(filter.as_flattened());
    bytes.extend(texts);
    Ok(bytes)
}

/// A command's memory in the process that is about to become it: offsets turn into addresses in place, without allocation.
pub(crate) struct Image {
    bytes: &'static mut [u8],
}

impl Image {
    pub(crate) fn new(bytes: &'static mut [u8]) -> Self {
        Self { bytes }
    }

    /// Changes to the command's directory.
    pub(crate) fn enter_directory(&self) -> Sys<()> {
        match self.text(self.word(3)) {
            Some(path) => sys::change_directory(path),
            None => Err(Errno(libc::EINVAL)),
        }
    }

    /// Puts the command's filter into force, if it has one.
    pub(crate) fn filter(&self) -> Sys<()> {
        let [start, count] = [TABLES, TABLES + 1].map(|at| self.word(at));
        if count == 0 {
            return Ok(());
        }
        let instructions = self.bytes.get(start..).unwrap_or_default();
        let (instructions, _texts) = instructions.as_chunks::<8>();
        let filter = instructions.get(..count).ok_or(Errno(libc::EINVAL))?;
        sys::filter_calls(filter)
    }

    /// Executes; returns only what went wrong.
    #[expect(unsafe_code, reason = "argument arrays are made of addresses")]
    pub(crate) fn run(self) -> (Stage, Errno) {
        let [candidates, arguments, environment] = [0, 1, 2].map(|at| self.word(at));
        let base = self.bytes.as_ptr() as usize;
        for table in [arguments, environment] {
            self.relocate(table, base);
        }
        let mut refused = Errno(libc::ENOENT);
        let mut candidate = candidates;
        while let Some(program) = self.text(candidate) {
            // SAFETY: both tables hold addresses of texts in the mapping, each table ended by 0.
            let errno = unsafe { sys::execute(program, base + arguments, base + environment) };
            match errno {
                Errno(libc::ENOENT | libc::ENOTDIR) => {}
                Errno(libc::EACCES) => refused = errno,
                other => return (Stage::Exec, other),
            }
            candidate += WORD;
        }
        (Stage::Exec, refused)
    }

    /// The word at an index.
    fn word(&self, index: usize) -> usize {
        self.word_at(index * WORD)
    }

    fn word_at(&self, offset: usize) -> usize {
        let word = self.bytes.get(offset..).and_then(|rest| rest.first_chunk());
        word.map_or(0, |word| usize::from_ne_bytes(*word))
    }

    /// The text that the table entry at `offset` points to.
    fn text(&self, offset: usize) -> Option<&CStr> {
        match self.word_at(offset) {
            0 => None,
            text => CStr::from_bytes_until_nul(self.bytes.get(text..)?).ok(),
        }
    }

    #[expect(unsafe_code, reason = "the mapping is written through its address")]
    fn relocate(&self, table: usize, base: usize) {
        let mut offset = table;
        loop {
            let text = self.word_at(offset);
            if text == 0 {
                return;
            }
            // SAFETY: `word_at` gave something, so that the word lies in the mapping, which is ours alone and writable.
            unsafe { ((base + offset) as *mut usize).write_unaligned(base + text) };
            offset += WORD;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_searched_in_order_and_a_slash_needs_no_search() {
        let command = Command::new(["go", "version"]).env("PATH", "/usr/local/go/bin::/usr/bin");
        assert_eq!(
            command.candidates(),
            ["/usr/local/go/bin/go", "./go", "/usr/bin/go"]
        );
        assert_eq!(Command::new(["./go"]).candidates(), ["./go"]);
        assert!(Command::new([""]).candidates().is_empty());
    }

    #[test]
    fn an_image_leads_from_tables_to_texts() {
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let tables = [
            texts(&["/bin/a", "/usr/bin/a"]),
            texts(&["a"]),
            texts(&[]),
            texts(&["/home/dev"]),
        ];
        let filter = [[1; 8], [2; 8]];
        let bytes = lay_out(tables.each_ref().map(Vec::as_slice), &filter).unwrap();
        let image = Image::new(bytes.leak());
        assert_eq!(image.text(image.word(0) + WORD), Some(c"/usr/bin/a"));
        assert_eq!(image.text(image.word(0) + 2 * WORD), None);
        assert_eq!(image.text(image.word(1)), Some(c"a"));
        assert_eq!(image.text(image.word(2)), None);
        assert_eq!(image.text(image.word(3)), Some(c"/home/dev"));
        assert_eq!(image.bytes[image.word(4)..][..16], *filter.as_flattened());
        assert_eq!(image.word(5), 2);
    }
}
