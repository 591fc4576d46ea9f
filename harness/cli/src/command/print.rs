//! `modfault schema`, `completions` and `man`: what other programs read.

use std::io::{self, Write as _};

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

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

/// The manual page: one for all commands, each a part of it.
pub(super) fn man(output: &mut Output) -> Result<Ending, Failure> {
    let mut command = Arguments::command();
    command.build();
    let mut text = Vec::new();
    let page = Man::new(command.clone());
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    for command in command.get_subcommands() {
        part(command, &mut text)?;
    }
    page.render_extra_section(&mut text)?;
    output.data.write_all(&text)?;
    Ok(Ending::AsExpected)
}

/// A command and what is below it; what all commands have in common is told once, above.
fn part(command: &Command, text: &mut Vec<u8>) -> io::Result<()> {
    let own = command
        .clone()
        .mut_args(|argument| {
            let common = argument.is_global_set() || argument.get_id() == "help";
            argument.hide(common)
        })
        .disable_help_flag(true);
    let name = command.get_bin_name().unwrap_or(command.get_name());
    writeln!(text, ".SH {}", name.to_uppercase())?;
    let man = Man::new(own);
    let mut body = Vec::new();
    man.render_description_section(&mut body)?;
    if command
        .get_arguments()
        .any(|argument| !argument.is_global_set())
    {
        man.render_options_section(&mut body)?;
    }
    // the headings of a page of its own become paragraphs of this one
    let body = String::from_utf8_lossy(&body)
        .replace(".SH DESCRIPTION\n", "")
        .replace(".SH OPTIONS\n", ".PP\n");
    text.extend_from_slice(body.as_bytes());
    command
        .get_subcommands()
        .try_for_each(|below| part(below, text))
}
