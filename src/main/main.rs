//! `mio-chat`: from flags to a server and an exit code.

mod logging;
mod options;
mod serve;

use clap::Parser;
use options::{Command, Options};
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = Options::parse();
    let serve = match options.command {
        Some(Command::Serve(serve)) => serve,
        None => options.serve,
    };
    match serve::run(&serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            logging::say(&format!("mio-chat: {failure}\n"));
            ExitCode::from(failure.code())
        }
    }
}
