//! Reading the command line, and writing an equivalent one.

use super::super::addresses::Bind;
use super::super::config::{self, ConfigFile};
use super::super::environment::{without_empty, without_environment};
use super::super::failure::Failure;
use super::nodes::SecretFile;
use super::values::PemFile;
use super::{Again, Changing, Command, Options, Serve, Setting, Source};
use clap::builder::NonEmptyStringValueParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches};
use std::any::TypeId;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The setting of the page's address, which commands that print links have too.
const PAGE: &str = "url";

/// The result of reading a command line, and the file that it names.
type Read = (ArgMatches, Option<ConfigFile>);

impl Options {
    /// Reads the command line of the process, the environment and the configuration file. Ends the
    /// process if the command line is wrong, or only asks for help.
    ///
    /// # Errors
    /// If something is wrong with the configuration file.
    pub(crate) fn read() -> Result<Self, Failure> {
        let line: Vec<OsString> = std::env::args_os().collect();
        let command = without_empty(Self::command());
        let read = match line.iter().any(|word| word == "-h") {
            true => parse(&line, &in_lines(command))?,
            false => parse(&line, &command)?,
        };
        Ok(read.and_then(|read| Self::of(&read)).unwrap_or_else(|error| error.exit()))
    }

    fn of((matches, file): &Read) -> Result<Self, clap::Error> {
        let mut options = Self::from_arg_matches(matches)?;
        let settings = |matches| settings_of(matches, file.as_ref());
        match &mut options.command {
            Some(Command::Serve(serve) | Command::Check(serve)) => {
                let matches = server(matches).map(|(matches, _)| matches);
                serve.settings = matches.map(settings).unwrap_or_default();
            }
            Some(_) => (),
            None => options.serve.settings = settings(matches),
        }
        Ok(options)
    }

    /// Reads the flags of a recorded server, without the environment.
    pub(crate) fn of_record(flags: &[String]) -> Result<Serve, clap::Error> {
        let matches = without_environment(Self::command()).try_get_matches_from(line_of(flags))?;
        Self::of(&(matches, None)).map(|options| options.serve)
    }

    /// Reads the command line of a running server again, with the environment and the configuration
    /// file. Addresses are not looked up, which would take time, and other files are not read.
    ///
    /// # Errors
    /// The fault of one of these, in a sentence.
    pub(crate) fn again(line: &[OsString]) -> Result<Again, String> {
        let read = parse(line, &without_lookups(without_empty(Self::command())));
        let read =
            read.map_err(|failure| failure.to_string())?.map_err(|error| in_short(&error))?;
        again_of(&read)
    }

    /// Reads the flags in a record again, of which a running server may change some.
    ///
    /// # Errors
    /// The fault of the flags, in a sentence.
    pub(crate) fn again_of_record(flags: &[String]) -> Result<Again, String> {
        let command = without_lookups(without_environment(Self::command()));
        let matches = command.try_get_matches_from(line_of(flags));
        again_of(&(matches.map_err(|error| in_short(&error))?, None))
    }
}

fn again_of((matches, file): &Read) -> Result<Again, String> {
    let (matches, _) = server(matches).ok_or("it is not a server's")?;
    let changing = Changing::from_arg_matches(matches).map_err(|error| in_short(&error))?;
    Ok(Again { changing, settings: settings_of(matches, file.as_ref()) })
}

fn line_of(flags: &[String]) -> impl Iterator<Item = &str> {
    ["mio-chat"].into_iter().chain(flags.iter().map(String::as_str))
}

/// Takes every text for an address of a door, or for a file that was read with the command line: a
/// running server may not read that file, and does not need it again.
fn without_lookups(command: clap::Command) -> clap::Command {
    let is_looked_up = |arg: &Arg| {
        let its = arg.get_value_parser().type_id();
        its == TypeId::of::<Bind>()
            || its == TypeId::of::<PemFile>()
            || its == TypeId::of::<SecretFile>()
    };
    let unread = |arg: Arg| match is_looked_up(&arg) {
        true => arg.value_parser(NonEmptyStringValueParser::new()),
        false => arg,
    };
    command.mut_args(unread).mut_subcommands(without_lookups)
}

/// Makes room for the short help, which has one line for each flag: a variable has the name of its
/// flag, so the long help alone names it.
fn in_lines(command: clap::Command) -> clap::Command {
    let shorter = |arg: Arg| {
        let has_value = arg.get_action().takes_values();
        arg.hide_env(true).hide_possible_values(has_value)
    };
    command.mut_args(shorter).mut_subcommands(in_lines)
}

/// The sentence of an error, without the usage.
fn in_short(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let text = text.lines().next().unwrap_or_default();
    text.strip_prefix("error: ").unwrap_or(text).to_owned()
}

/// Reads a command line, and the configuration file that it or the environment names. The flags of
/// the server may stand before its name.
fn parse(line: &[OsString], command: &clap::Command) -> Result<Result<Read, clap::Error>, Failure> {
    let read = parse_as_is(line, command)?;
    match (serve_first(line), &read) {
        (Some(line), Err(error)) if error.kind() == ErrorKind::ArgumentConflict => {
            // If that is no better, the first error is told.
            Ok(parse_as_is(&line, command)?.or(read))
        }
        _ => Ok(read),
    }
}

fn parse_as_is(
    line: &[OsString],
    command: &clap::Command,
) -> Result<Result<Read, clap::Error>, Failure> {
    let parse = |line: &[OsString]| command.clone().try_get_matches_from(line);
    // Flags in the file may be wanted by those on the line, so the line alone may be incomplete.
    let given = match command.clone().ignore_errors(true).try_get_matches_from(line) {
        Ok(given) => given,
        // It asks for help.
        Err(error) => return Ok(Err(error)),
    };
    let reader = reader(&given);
    let named = config_of(reader.matches).map(|path| (reader, path));
    let Some((Reader { matches, at, only }, path)) = named else {
        return Ok(parse(line).map(|matches| (matches, None)));
    };
    let mut file = ConfigFile::read(&path, command).map_err(Failure::Config)?;
    let page = if wants_page(matches) { file.flags_of(PAGE) } else { Vec::new() };
    file.yield_to(|name: &str| only.is_some_and(|only| name != only));
    file.yield_to(|name: &str| {
        let arg = command.get_arguments().find(|arg| arg.get_long() == Some(name));
        let source = arg.and_then(|arg| matches.value_source(arg.get_id().as_str()));
        matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable))
    });
    let mut line = line.to_vec();
    let at = at.min(line.len());
    line.splice(at..at, file.flags());
    // It is a flag of the last command on the line.
    line.extend(page);
    Ok(parse(&line).map(|matches| (matches, Some(file))).map_err(|error| with_file(error, &path)))
}

/// The flags of the server, and where they begin in the command line; `None` if another command is
/// given.
fn server(matches: &ArgMatches) -> Option<(&ArgMatches, usize)> {
    match matches.subcommand() {
        Some(("serve" | "check", matches)) => Some((matches, 2)),
        Some(_) => None,
        None => Some((matches, 1)),
    }
}

/// A command that reads the configuration file.
struct Reader<'m> {
    matches: &'m ArgMatches,
    /// Where its flags begin in the command line.
    at: usize,
    /// The one setting of the file that counts, besides [`PAGE`], if not all do.
    only: Option<&'static str>,
}

/// The command that is given. All commands but the server's care for its history alone.
fn reader(matches: &ArgMatches) -> Reader<'_> {
    match (server(matches), matches.subcommand()) {
        (None, Some((_, matches))) => Reader { matches, at: 2, only: Some("db") },
        (Some((matches, at)), _) => Reader { matches, at, only: None },
        (None, None) => Reader { matches, at: 1, only: None },
    }
}

/// Whether a command under this one prints links to the page, and nothing says where that is.
fn wants_page(matches: &ArgMatches) -> bool {
    let Some((_, mut last)) = matches.subcommand() else { return false };
    while let Some((_, next)) = last.subcommand() {
        last = next;
    }
    matches!(last.try_contains_id(PAGE), Ok(true))
        && last.value_source(PAGE) == Some(ValueSource::DefaultValue)
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

/// The command line with `serve` or `check` moved before the flags; `None` if it has neither.
fn serve_first(line: &[OsString]) -> Option<Vec<OsString>> {
    let at = line.iter().skip(1).position(|word| word == "serve" || word == "check")? + 1;
    let mut line = line.to_vec();
    let serve = line.remove(at);
    line.insert(1, serve);
    Some(line)
}
