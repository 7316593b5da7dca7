//! The manual page, and the completions of the command line for a shell.

use super::failure::Failure;
use super::options::Options;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use std::io::{self, ErrorKind, Write};
use std::iter;

/// Prints the completions of the command line.
pub(crate) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    let mut command = Options::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut text);
    // In the script for bash, a subcommand of a program with a hyphen in its name is defined under
    // one name and looked up under another.
    let text = String::from_utf8_lossy(&text).replace("mio__subcmd__chat__", "mio__chat__");
    print(text.as_bytes())
}

/// The meanings of the program's exit codes.
const EXIT_STATUS: &str = r#".SH "EXIT STATUS"
.TP
0
Success. For a client that reads lines from a pipe: the server has acknowledged each of them.
.TP
1
It failed while it ran. For a client: something was not sent or not done, and standard error says
what. For a check: something is unsafe.
.TP
2
Bad usage, or the history has no such room.
.TP
4
The server cannot listen at an address.
.TP
5
The file of the history cannot be used, or the server ended before it could write everything to it.
"#;

/// Prints the manual page, with a section for each subcommand.
pub(crate) fn page() -> Result<(), Failure> {
    let mut text = Vec::new();
    let mut command = Options::command();
    command.build();
    written(&mut text, &command).map_err(Failure::Running)?;
    print(&text)
}

fn written(text: &mut Vec<u8>, command: &Command) -> io::Result<()> {
    let man = Man::new(command.clone());
    man.render_title(text)?;
    man.render_name_section(text)?;
    man.render_synopsis_section(text)?;
    man.render_description_section(text)?;
    man.render_options_section(text)?;
    let is_help = |command: &&Command| command.get_name() == "help";
    let subcommands = || command.get_subcommands().filter(|command| !is_help(command));
    for subcommand in subcommands() {
        writeln!(text, ".SH \"SUBCOMMAND {}\"", subcommand.get_name().to_uppercase())?;
        let man = Man::new(subcommand.clone());
        man.render_description_section(text)?;
        man.render_synopsis_section(text)?;
        man.render_options_section(text)?;
    }
    writeln!(text, ".SH EXAMPLES\n.nf")?;
    // The program without a subcommand is the server, whose examples are printed once.
    let others = subcommands().filter(|command| command.get_name() != "serve");
    for command in iter::once(command).chain(others) {
        let examples = command.get_before_long_help().map(ToString::to_string).unwrap_or_default();
        for example in examples.lines().skip(1) {
            writeln!(text, "{}", example.trim_start().replace('\\', r"\e").replace('-', r"\-"))?;
        }
    }
    write!(text, ".fi\n{EXIT_STATUS}")
}

/// Prints to standard output. A reader that has gone is no failure.
fn print(text: &[u8]) -> Result<(), Failure> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Running(error)),
        _ => Ok(()),
    }
}
