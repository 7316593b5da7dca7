//! The manual page, and what completes the command line in a shell.

use super::failure::Failure;
use super::options::Options;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::{self, ErrorKind, Write};

/// Prints what completes the command line.
pub(crate) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    let mut command = Options::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut text);
    print(&text)
}

/// Prints the manual page, with a section for each subcommand.
pub(crate) fn page() -> Result<(), Failure> {
    let mut text = Vec::new();
    let mut command = Options::command();
    command.build();
    let written = clap_mangen::Man::new(command.clone()).render(&mut text);
    written.map_err(Failure::Running)?;
    for subcommand in command.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = subcommand.get_name().to_uppercase();
        // Writing to a vector does not fail.
        let _ = writeln!(text, ".SH \"SUBCOMMAND {name}\"");
        let man = clap_mangen::Man::new(subcommand.clone());
        let rendered = man
            .render_description_section(&mut text)
            .and_then(|()| man.render_synopsis_section(&mut text))
            .and_then(|()| man.render_options_section(&mut text));
        rendered.map_err(Failure::Running)?;
    }
    print(&text)
}

/// Prints to standard output. A reader that has gone is no failure.
fn print(text: &[u8]) -> Result<(), Failure> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Running(error)),
        _ => Ok(()),
    }
}
