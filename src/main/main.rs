//! `mio-chat`: from flags to a server and an exit code.

mod logging;
mod options;
mod serve;

use options::{Command, Options};
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = Options::read();
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
