//! `mio-chat`: from flags to a server and an exit code.

mod failure;
mod history;
mod logging;
mod options;
mod serve;

use options::{Command, Options};
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = Options::read();
    let done = match &options.command {
        Some(Command::Serve(serve)) => serve::run(serve),
        Some(Command::Export(export)) => history::export(export),
        Some(Command::Purge(purge)) => history::purge(purge),
        None => serve::run(&options.serve),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            logging::say(&format!("mio-chat: {failure}\n"));
            ExitCode::from(failure.code())
        }
    }
}
