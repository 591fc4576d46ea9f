//! What is printed, and where.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::arguments::Format;
use crate::failure::{Ending, Failure};
use modfault_report::diagnostic::BadFile;
use modfault_report::{render_diagnostics, render_diagnostics_json};

/// Data goes to `data`, everything else to `notes`; both keep to the colours that are wanted.
pub(crate) struct Output {
    /// Stdout.
    pub(crate) data: Forgiving<AutoStream<io::Stdout>>,
    /// Stderr.
    pub(crate) notes: Forgiving<AutoStream<io::Stderr>>,
}

/// A writer whose closed pipe is no error: who reads no more wants no more.
pub(crate) struct Forgiving<W> {
    inner: W,
}

impl Output {
    pub(crate) fn new(color: ColorChoice) -> Self {
        // the choice also holds for what the argument parser prints, and overrides NO_COLOR where it is explicit
        color.write_global();
        Self {
            data: Forgiving {
                inner: AutoStream::new(io::stdout(), color),
            },
            notes: Forgiving {
                inner: AutoStream::new(io::stderr(), color),
            },
        }
    }

    /// Tells a failure: what, why, and what to do next.
    pub(crate) fn fail(&mut self, failure: &Failure) -> Ending {
        // when stderr is gone too there is nobody to tell
        self.write_failure(failure).ok();
        failure.ending
    }

    /// Where a machine reads, the problems of scenario files are data too; the failure itself stays one.
    pub(crate) fn bad_files<T>(
        &mut self,
        mut failure: Failure,
        format: Format,
    ) -> Result<T, Failure> {
        if format == Format::Json && !failure.bad_files.is_empty() {
            let bad_files = std::mem::take(&mut failure.bad_files);
            let files: Vec<BadFile<'_>> = bad_files
                .iter()
                .map(|file| BadFile {
                    path: &file.path,
                    text: &file.text,
                    diagnostics: &file.diagnostics,
                })
                .collect();
            let text = render_diagnostics_json(&files).map_err(Failure::machine)?;
            write!(self.data, "{text}")?;
        }
        Err(failure)
    }

    fn write_failure(&mut self, failure: &Failure) -> io::Result<()> {
        let notes = &mut self.notes;
        for file in &failure.bad_files {
            let text = render_diagnostics(&file.path, &file.text, &file.diagnostics);
            write!(notes, "{text}")?;
        }
        let (red, bold) = (AnsiColor::Red.on_default().bold(), Style::new().bold());
        writeln!(notes, "{red}error{red:#}: {}", failure.error)?;
        let mut cause = failure.error.source();
        while let Some(error) = cause {
            writeln!(notes, "  caused by: {error}")?;
            cause = error.source();
        }
        for tried in &failure.tried {
            writeln!(notes, "  tried: {tried}")?;
        }
        if let Some(help) = &failure.help {
            writeln!(notes, "{bold}help{bold:#}: {help}")?;
        }
        notes.flush()
    }
}

impl<W: Write> Write for Forgiving<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self.inner.write(buffer) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(buffer.len()),
            result => result,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.inner.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}
