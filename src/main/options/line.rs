//! Reading the command line, and writing an equivalent one.

use super::super::environment::{without_empty, without_environment};
use super::{Command, Options, Serve};
use clap::error::ErrorKind;
use clap::{ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches};
use std::ffi::OsString;

impl Options {
    /// Reads the command line and the environment. Ends the process if they are wrong, or only ask
    /// for help.
    pub(crate) fn read() -> Self {
        let line: Vec<OsString> = std::env::args_os().collect();
        let parse = |line: &[OsString]| without_empty(Self::command()).try_get_matches_from(line);
        let matches = parse(&line).or_else(|error| match serve_first(&line) {
            // The server's flags may stand before its name.
            Some(line) if error.kind() == ErrorKind::ArgumentConflict => parse(&line),
            _ => Err(error),
        });
        let matches = matches.unwrap_or_else(|error| error.exit());
        Self::of(&matches).unwrap_or_else(|error| error.exit())
    }

    fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self::from_arg_matches(matches)?;
        match &mut options.command {
            Some(Command::Serve(serve)) => {
                let matches = matches.subcommand_matches("serve");
                serve.flags = matches.map(flags_of).unwrap_or_default();
            }
            Some(_) => (),
            None => options.serve.flags = flags_of(matches),
        }
        Ok(options)
    }

    /// Reads the flags of a recorded server, without the environment.
    pub(crate) fn of_record(flags: &[String]) -> Result<Serve, clap::Error> {
        let line = ["mio-chat"].into_iter().chain(flags.iter().map(String::as_str));
        let matches = without_environment(Self::command()).try_get_matches_from(line)?;
        Self::of(&matches).map(|options| options.serve)
    }
}

/// All flags of the server, from the command line and the environment.
fn flags_of(matches: &ArgMatches) -> Vec<(String, Option<String>)> {
    let mut flags = Vec::new();
    for arg in Serve::augment_args(clap::Command::new("serve")).get_arguments() {
        let (id, Some(name)) = (arg.get_id().as_str(), arg.get_long()) else { continue };
        if matches!(arg.get_action(), ArgAction::SetTrue) {
            flags.extend(matches.get_flag(id).then(|| (name.to_owned(), None)));
            continue;
        }
        let values = matches.get_raw(id).into_iter().flatten();
        flags.extend(values.map(|it| (name.to_owned(), Some(it.to_string_lossy().into_owned()))));
    }
    flags
}

/// The same command line with `serve` before the flags; `None` if it has no `serve`.
fn serve_first(line: &[OsString]) -> Option<Vec<OsString>> {
    let at = line.iter().skip(1).position(|word| word == "serve")? + 1;
    let mut line = line.to_vec();
    let serve = line.remove(at);
    line.insert(1, serve);
    Some(line)
}
