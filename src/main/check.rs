//! The command `check`: what a server would run with, and what is unsafe about it. It opens no
//! door and changes no file, so it can be run beside the server.

mod concerns;
mod machine;

use super::failure::Failure;
use super::options::{Serve, Setting, Source};
use super::sandbox::Needs;
use super::{secrets, serve};
use machine::Machine;
use mio_socketio::visible;
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// Prints the settings, and a sentence for each concern.
///
/// # Errors
/// If there is a concern.
pub(crate) fn check(options: &Serve) -> Result<(), Failure> {
    let machine = Machine::of(options);
    let mut text = format!("mio-chat {} would run with\n", env!("CARGO_PKG_VERSION"));
    for setting in &options.settings {
        // A string takes every write.
        let _ = writeln!(text, "  {:<40} {}", shown(setting), source(setting, options));
    }
    let clients = serve::clients_of(options.max_clients, machine.files);
    let _ = writeln!(text, "and for at most {clients} clients.");
    let concerns = concerns::all(options, &machine);
    let _ = writeln!(text, "{}", guards(options, clients));
    match concerns.is_empty() {
        true => text.push_str("Nothing about it is unsafe.\n"),
        false => text.push_str("Unsafe:\n"),
    }
    for concern in &concerns {
        let _ = writeln!(text, "  * {}", visible(concern));
    }
    // A reader who has seen enough may go.
    let _ = io::stdout().write_all(text.as_bytes());
    match concerns.len() {
        0 => Ok(()),
        count => Err(Failure::Unsafe(count)),
    }
}

/// The rights that a server would give up on this machine. This process, which has read all that
/// it needs, gives them up itself, so that the answer is not a guess.
fn guards(options: &Serve, clients: usize) -> String {
    match options.no_sandbox {
        true => "It would give up no rights (--no-sandbox).".to_owned(),
        false => Needs::of(options, &serve::listen(options, clients)).enter().sentence(),
    }
}

/// A setting as a flag, without a password.
fn shown(setting: &Setting) -> String {
    let flag = match &setting.value {
        Some(value) => format!("--{} {}", setting.name, secrets::without_password(value)),
        None => format!("--{}", setting.name),
    };
    visible(&flag).into_owned()
}

fn source(setting: &Setting, options: &Serve) -> String {
    match (setting.source, &options.config) {
        (Source::Flag, _) => "flag".to_owned(),
        (Source::Environment, _) => "environment".to_owned(),
        (Source::File(line), Some(file)) => format!("{}:{line}", file.display()),
        (Source::File(_) | Source::Default, _) => "default".to_owned(),
    }
}
