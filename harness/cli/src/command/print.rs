//! `modfault schema`, `completions` and `man`: what other programs read.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::failure::{Ending, Failure};
use crate::output::Output;

/// The JSON Schema of scenario files.
pub(super) fn schema(output: &mut Output) -> Result<Ending, Failure> {
    let text =
        serde_json::to_string_pretty(&modfault_scenario::schema()).map_err(Failure::machine)?;
    writeln!(output.data, "{text}")?;
    Ok(Ending::AsExpected)
}

/// Completions for a shell.
pub(super) fn completions(shell: Shell, output: &mut Output) -> Result<Ending, Failure> {
    // into memory first: the generator panics where it cannot write
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "modfault", &mut text);
    output.data.write_all(&text)?;
    Ok(Ending::AsExpected)
}

/// The manual page.
pub(super) fn man(output: &mut Output) -> Result<Ending, Failure> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut text)?;
    for command in Arguments::command().get_subcommands() {
        let name = format!("modfault {}", command.get_name());
        let man = clap_mangen::Man::new(command.clone());
        // one page: each command as a part of it
        writeln!(text, ".SH {}", name.to_uppercase())?;
        man.render_description_section(&mut text)?;
        man.render_options_section(&mut text)?;
    }
    output.data.write_all(&text)?;
    Ok(Ending::AsExpected)
}
