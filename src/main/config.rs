//! The file of `--config`: flags of the server by their names, in TOML. What a key takes is read
//! from the definition of its flag, so that every flag is a key too.

use super::spelling::nearest;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Command};
use mio_chat::limits::CONFIG_BYTES_MAX;
use mio_socketio::visible;
use nix::libc::O_NONBLOCK;
use std::any::TypeId;
use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The flag that names the file, which the file itself cannot do.
pub(crate) const FLAG: &str = "config";

/// The settings in a file, each as good as its flag.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    settings: Vec<Key>,
}

/// A setting in a file.
#[derive(Debug)]
struct Key {
    /// The name of the flag.
    name: String,
    line: usize,
    /// The equivalent command line.
    flags: Vec<OsString>,
}

/// A fault of a file, and its place.
#[derive(Debug)]
pub(crate) struct ConfigError {
    path: PathBuf,
    line: Option<usize>,
    why: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path.display(), self.why),
            None => write!(f, "{}: {}", self.path.display(), self.why),
        }
    }
}

impl ConfigFile {
    /// Reads the file at `path`, with those flags of `command` that have a long name.
    ///
    /// # Errors
    /// If it cannot be read, is not TOML, or has a key or a value that is not known: the first of
    /// these in the file.
    pub(crate) fn read(path: &Path, command: &Command) -> Result<Self, ConfigError> {
        let failed = |line, why| ConfigError { path: path.to_owned(), line, why };
        let text = text_of(path).map_err(|why| failed(None, why))?;
        let line_at = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        let table = DeTable::parse(&text).map_err(|error| {
            failed(error.span().map(|span| line_at(span.start)), error.message().to_owned())
        })?;
        let mut keys: Vec<_> = table.get_ref().iter().collect();
        keys.sort_by_key(|(key, _)| key.span().start);
        let settings = keys.into_iter().map(|(key, value)| {
            let (name, line) = (key.get_ref(), line_at(key.span().start));
            let arg = known(name, value.get_ref(), command);
            let flags = arg.and_then(|arg| flags(arg, name, value.get_ref()));
            let flags = flags.map_err(|why| failed(Some(line), why))?;
            Ok(Key { name: name.clone().into_owned(), line, flags })
        });
        Ok(Self { settings: settings.collect::<Result<_, _>>()? })
    }

    /// Forgets the flags for which `is_set`: something that comes before the file sets them.
    pub(crate) fn yield_to(&mut self, is_set: impl Fn(&str) -> bool) {
        self.settings.retain(|setting| !is_set(&setting.name));
    }

    /// The equivalent command line.
    pub(crate) fn flags(&self) -> Vec<OsString> {
        self.settings.iter().flat_map(|setting| setting.flags.iter().cloned()).collect()
    }

    /// The equivalent command line of the flag `name`.
    pub(crate) fn flags_of(&self, name: &str) -> Vec<OsString> {
        let its = self.settings.iter().filter(|setting| setting.name == name);
        its.flat_map(|setting| setting.flags.iter().cloned()).collect()
    }

    /// The line of the flag `name`, if it counts.
    pub(crate) fn line_of(&self, name: &str) -> Option<usize> {
        self.settings.iter().find(|setting| setting.name == name).map(|setting| setting.line)
    }
}

/// Reads a file, which must not hold up a running server: a pipe would, and a device may have no
/// end.
fn text_of(path: &Path) -> Result<String, String> {
    let failed = |error: io::Error| format!("cannot be read: {error}");
    let file = File::options().read(true).custom_flags(O_NONBLOCK).open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err("is no regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(CONFIG_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > CONFIG_BYTES_MAX {
        return Err(format!("is longer than {CONFIG_BYTES_MAX} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())
}

/// The flag of a key.
fn known<'c>(name: &str, value: &DeValue<'_>, command: &'c Command) -> Result<&'c Arg, String> {
    let is_key = |arg: &&Arg| {
        let name = arg.get_long();
        name.is_some_and(|name| name != FLAG && name != "help" && name != "version")
    };
    let keys = || command.get_arguments().filter(is_key);
    let found = keys().find(|arg| arg.get_long() == Some(name));
    found.ok_or_else(|| {
        let shown = visible(name);
        match nearest(name, keys().filter_map(Arg::get_long)) {
            _ if name == FLAG => "a file cannot name another file".to_owned(),
            Some(near) => format!("there is no setting {shown}; {near} is one"),
            None if value.is_table() => {
                format!("there are no sections such as {shown}; write all keys without one")
            }
            None => format!("there is no setting {shown}; the names are those of the flags"),
        }
    })
}

/// The command line that is equivalent to one key.
fn flags(arg: &Arg, name: &str, value: &DeValue<'_>) -> Result<Vec<OsString>, String> {
    let wrong = |wanted: &str| Err(format!("{name} takes {wanted}, not {}", kind(value)));
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return match value {
            DeValue::Boolean(true) => Ok(vec![format!("--{name}").into()]),
            DeValue::Boolean(false) => Ok(Vec::new()),
            _ => wrong("true or false"),
        };
    }
    let is_list = matches!(arg.get_action(), ArgAction::Append);
    let parser = arg.get_value_parser().type_id();
    let is_number = parser == TypeId::of::<u32>() || parser == TypeId::of::<u64>();
    let one = |value: &DeValue<'_>| match value {
        DeValue::String(text) if !is_number => Some(text.clone().into_owned()),
        DeValue::Integer(number) => {
            i128::from_str_radix(number.as_str(), number.radix()).ok().map(|it| it.to_string())
        }
        _ => None,
    };
    let values: Option<Vec<String>> = match value {
        DeValue::Array(values) if is_list && values.is_empty() => {
            return Err(format!("{name} is an empty list; leave it out to get the default"));
        }
        DeValue::Array(values) if is_list => {
            values.iter().map(|value| one(value.get_ref())).collect()
        }
        value => one(value).map(|value| vec![value]),
    };
    match values {
        None if is_number => wrong("a number"),
        None if is_list => wrong("a text or a list of texts"),
        None => wrong("a text"),
        Some(values) => {
            values.iter().try_for_each(|value| check(arg, name, value))?;
            Ok(values.into_iter().map(|value| format!("--{name}={value}").into()).collect())
        }
    }
}

/// The kind of a value, for people.
const fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "such a list",
        DeValue::Table(_) => "a section",
    }
}

/// Whether the flag takes the value.
fn check(arg: &Arg, name: &str, value: &str) -> Result<(), String> {
    // The flag without its ties to other flags, which are not in this command.
    let mut alone = Arg::new("value").long("value").action(ArgAction::Append);
    alone = alone.value_parser(arg.get_value_parser().clone());
    alone = alone.ignore_case(arg.is_ignore_case_set());
    if let Some(delimiter) = arg.get_value_delimiter() {
        alone = alone.value_delimiter(delimiter);
    }
    let line = ["".to_owned(), format!("--value={value}")];
    let Err(error) = Command::new("").arg(alone).try_get_matches_from(line) else { return Ok(()) };
    let why = match (error.source(), error.get(ContextKind::ValidValue)) {
        (Some(source), _) => source.to_string(),
        (None, Some(ContextValue::Strings(values))) => format!("it is {}", values.join(", ")),
        (None, _) => "it is not a value of that flag".to_owned(),
    };
    Err(format!("{name} cannot be \"{}\": {}", visible(value), visible(&why)))
}

#[cfg(test)]
mod tests {
    use super::super::options::Serve;
    use super::*;
    use clap::Args;
    use std::fs;

    fn read(text: &str) -> Result<Vec<OsString>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chat.toml");
        fs::write(&path, text).expect("a file");
        let command = Serve::augment_args(Command::new("serve"));
        let read = ConfigFile::read(&path, &command).map(|mut file| {
            file.yield_to(|name| name == "rate");
            file.flags()
        });
        let before = format!("{}:", path.display());
        read.map_err(|error| {
            error.to_string().strip_prefix(&before).expect("the path is named").to_owned()
        })
    }

    #[test]
    fn keys_are_flags() {
        let text = "# A comment\nbind = [\"127.0.0.1:0\", 'unix:a.sock']\nhttp = \"none\"\n\
                    plain = true\ndurable = false\nmax-line = 1_000\nmax-memory = \"512M\"\n\
                    history-max = 0x200000\nrate = 7\nlog = \"WARN\"\n";
        let wanted = [
            "--bind=127.0.0.1:0",
            "--bind=unix:a.sock",
            "--http=none",
            "--plain",
            "--max-line=1000",
            "--max-memory=512M",
            "--history-max=2097152",
            "--log=WARN",
        ];
        assert_eq!(read(text), Ok(wanted.map(OsString::from).to_vec()));
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, told) in [
            ("\nmax_lines = 7", "2: there is no setting max_lines; max-line is one"),
            ("colour = 7", "1: there is no setting colour; the names are those of the flags"),
            ("a = 1\nmax-lin = 2", "1: there is no setting a; the names are those of the flags"),
            (
                "rate = 1\n[doors]\nbind = 'none'",
                "2: there are no sections such as doors; write all keys without one",
            ),
            ("config = 'other.toml'", "1: a file cannot name another file"),
            ("help = true", "1: there is no setting help; the names are those of the flags"),
            ("rate = 'many'", "1: rate takes a number, not a text"),
            ("rate = [1]", "1: rate takes a number, not such a list"),
            ("rate = 1.5", "1: rate takes a number, not a fraction"),
            ("plain = 1", "1: plain takes true or false, not a number"),
            ("db = true", "1: db takes a text, not true or false"),
            ("host = ['a', true]", "1: host takes a text or a list of texts, not such a list"),
            ("host = []", "1: host is an empty list; leave it out to get the default"),
            ("bind.x = 1", "1: bind takes a text or a list of texts, not a section"),
        ] {
            assert_eq!(read(text), Err(told.to_owned()));
        }
        for (text, told) in [
            ("max-line = 63", "1: max-line cannot be \"63\": 63 is not in 64..=65536"),
            ("\n\nlog = 'loud'", "3: log cannot be \"loud\": it is off, error, warn"),
            ("host = ['a', 'b/c']", "1: host cannot be \"b/c\": expected a name"),
            ("bind = 55555", "1: bind cannot be \"55555\": a port needs an address"),
            ("rate = 1\nrate = 2", "2: duplicate key"),
            ("rate = ", "1: "),
            ("rate = 1\n\u{1b}[31m = 2", "2: "),
        ] {
            let said = read(text).expect_err("it is wrong");
            assert!(said.starts_with(told), "{said} does not begin with {told}");
            assert!(!said.contains(['\n', '\u{1b}']), "{said:?}");
        }
    }
}
