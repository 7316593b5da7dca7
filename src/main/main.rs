//! `mio-chat`: from flags to a server or a client, and an exit code.

mod addresses;
mod admin;
mod amounts;
mod banner;
mod bans;
mod check;
mod client;
mod config;
mod doors;
mod environment;
mod failure;
mod hasher;
mod history;
mod hooks;
mod logging;
mod manual;
mod on_demand;
mod options;
mod purger;
mod record;
mod reread;
mod sandbox;
mod secrets;
mod serve;
mod spelling;
mod supervisor;
mod user;

use failure::Failure;
use options::{Command, Options};
use rustix::event::{Timespec, poll};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    match Options::read().and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            logging::say_failure(&format!("mio-chat: {failure}\n"));
            ExitCode::from(failure.code())
        }
    }
}

fn run(options: &Options) -> Result<(), Failure> {
    match &options.command {
        Some(Command::Serve(serve)) => serve::run(serve),
        Some(Command::Check(serve)) => check::check(serve),
        Some(Command::Export(export)) => history::export(export),
        Some(Command::Purge(purge)) => history::purge(purge),
        Some(Command::Backup(backup)) => history::backup(backup),
        Some(Command::Ban(ban)) => bans::ban(ban),
        Some(Command::Unban(unban)) => bans::unban(unban),
        Some(Command::Bans(list)) => bans::list(list),
        Some(Command::Admin(admin)) => admin::run(admin),
        Some(Command::Client(options)) => client::run(options),
        Some(Command::PurgeAsTold(told)) => purger::run(told),
        Some(Command::HashPasswords) => hasher::run(),
        Some(Command::OnDemand(waiting)) => on_demand::run(waiting),
        Some(Command::Replay(replay)) => record::replay(replay),
        Some(Command::Completions { shell }) => manual::completions(*shell),
        Some(Command::Man) => manual::page(),
        None => serve::run(&options.serve),
    }
}

/// Waits for a length of time.
pub(crate) fn pause(pause: Duration) {
    if let Ok(pause) = Timespec::try_from(pause) {
        let _ = poll(&mut [], Some(&pause));
    }
}
