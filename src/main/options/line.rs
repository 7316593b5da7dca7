//! Reading the command line, and writing an equivalent one.

use super::super::config::{self, ConfigFile};
use super::super::environment::{without_empty, without_environment};
use super::super::failure::Failure;
use super::{Command, Options, Serve, Setting, Source};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What was read from a command line, and the file that it names.
type Read = (ArgMatches, Option<ConfigFile>);

impl Options {
    /// Reads the command line of the process, the environment and the configuration file. Ends the
    /// process if the command line is wrong, or only asks for help.
    ///
    /// # Errors
    /// If something is wrong with the configuration file.
    pub(crate) fn read() -> Result<Self, Failure> {
        let line: Vec<OsString> = std::env::args_os().collect();
        let read = match parse(&line)? {
            Ok(read) => read,
            Err(error) => {
                // The server's flags may stand before its name.
                let line =
                    serve_first(&line).filter(|_| error.kind() == ErrorKind::ArgumentConflict);
                let again = line.map(|line| parse(&line)).transpose()?;
                again.unwrap_or(Err(error)).unwrap_or_else(|error| error.exit())
            }
        };
        Ok(Self::of(&read).unwrap_or_else(|error| error.exit()))
    }

    fn of((matches, file): &Read) -> Result<Self, clap::Error> {
        let mut options = Self::from_arg_matches(matches)?;
        let settings = |matches| settings_of(matches, file.as_ref());
        match &mut options.command {
            Some(Command::Serve(serve)) => {
                let matches = matches.subcommand_matches("serve");
                serve.settings = matches.map(settings).unwrap_or_default();
            }
            Some(_) => (),
            None => options.serve.settings = settings(matches),
        }
        Ok(options)
    }

    /// Reads the flags of a recorded server, without the environment.
    pub(crate) fn of_record(flags: &[String]) -> Result<Serve, clap::Error> {
        let line = ["mio-chat"].into_iter().chain(flags.iter().map(String::as_str));
        let matches = without_environment(Self::command()).try_get_matches_from(line)?;
        Self::of(&(matches, None)).map(|options| options.serve)
    }
}

/// Reads a command line, and the configuration file that it or the environment names.
fn parse(line: &[OsString]) -> Result<Result<Read, clap::Error>, Failure> {
    let command = without_empty(Options::command());
    let parse = |line: &[OsString]| command.clone().try_get_matches_from(line);
    // Flags in the file may be wanted by those on the line, so the line alone may be incomplete.
    let given = command.clone().ignore_errors(true).try_get_matches_from(line);
    let given = match given {
        Ok(given) => given,
        // It asks for help.
        Err(error) => return Ok(Err(error)),
    };
    let Some((matches, at)) = server(&given) else { return Ok(parse(line).map(|it| (it, None))) };
    let Some(path) = config_of(matches) else { return Ok(parse(line).map(|it| (it, None))) };
    let serve = serve_command();
    let mut file = ConfigFile::read(&path, &serve).map_err(Failure::Config)?;
    file.yield_to(|name: &str| {
        let arg = serve.get_arguments().find(|arg| arg.get_long() == Some(name));
        let source = arg.and_then(|arg| matches.value_source(arg.get_id().as_str()));
        matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable))
    });
    let mut line = line.to_vec();
    let at = at.min(line.len());
    line.splice(at..at, file.flags());
    Ok(parse(&line).map(|matches| (matches, Some(file))).map_err(|error| with_file(error, &path)))
}

/// The flags of the server, and where they begin in the command line; `None` if another command is
/// given.
fn server(matches: &ArgMatches) -> Option<(&ArgMatches, usize)> {
    match matches.subcommand() {
        Some(("serve", matches)) => Some((matches, 2)),
        Some(_) => None,
        None => Some((matches, 1)),
    }
}

fn config_of(matches: &ArgMatches) -> Option<PathBuf> {
    matches.try_get_one::<PathBuf>(config::FLAG).ok().flatten().cloned()
}

fn serve_command() -> clap::Command {
    Serve::augment_args(clap::Command::new("serve"))
}

/// An error in which a flag may be meant that is only in the file says so.
fn with_file(error: clap::Error, path: &Path) -> clap::Error {
    let kinds = [ErrorKind::ArgumentConflict, ErrorKind::MissingRequiredArgument];
    if !kinds.contains(&error.kind()) {
        return error;
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    let text = format!("{text}\n\nFlags are also in {}.\n", path.display());
    clap::Error::raw(error.kind(), text)
}

/// All settings of the server.
fn settings_of(matches: &ArgMatches, file: Option<&ConfigFile>) -> Vec<Setting> {
    let mut settings = Vec::new();
    for arg in serve_command().get_arguments() {
        let (id, Some(name)) = (arg.get_id().as_str(), arg.get_long()) else { continue };
        let line = file.and_then(|file| file.line_of(name));
        let source = match (matches.value_source(id), line) {
            (Some(ValueSource::EnvVariable), _) => Source::Environment,
            (Some(ValueSource::CommandLine), None) => Source::Flag,
            (Some(ValueSource::CommandLine), Some(line)) => Source::File(line),
            _ => Source::Default,
        };
        let of = |value| Setting { name: name.to_owned(), value, source };
        if matches!(arg.get_action(), ArgAction::SetTrue) {
            settings.extend(matches.get_flag(id).then(|| of(None)));
            continue;
        }
        let values = matches.get_raw(id).into_iter().flatten();
        settings.extend(values.map(|it| of(Some(it.to_string_lossy().into_owned()))));
    }
    settings
}

/// The same command line with `serve` before the flags; `None` if it has no `serve`.
fn serve_first(line: &[OsString]) -> Option<Vec<OsString>> {
    let at = line.iter().skip(1).position(|word| word == "serve")? + 1;
    let mut line = line.to_vec();
    let serve = line.remove(at);
    line.insert(1, serve);
    Some(line)
}
