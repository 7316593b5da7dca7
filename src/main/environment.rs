//! Variables of the environment: empty ones, and unknown ones.

use super::spelling;
use clap::builder::Resettable::Reset;
use clap::{Arg, Command};
use std::collections::BTreeSet;
use std::ffi::OsStr;

/// The beginning of all variables of the program.
const OURS: &str = "MIO_CHAT_";
/// Variables that Kubernetes and Docker set for a service called mio-chat: they are not mistyped.
const THEIRS: [&str; 3] = ["MIO_CHAT_SERVICE_", "MIO_CHAT_PORT_", "MIO_CHAT_ENV_"];

/// Makes empty variables count as not set, as is usual in the environment.
pub(super) fn without_empty(command: Command) -> Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let unset = |arg: Arg| if arg.get_env().is_some_and(is_empty) { arg.env(Reset) } else { arg };
    command.mut_args(unset).mut_subcommands(without_empty)
}

/// Makes all variables count as not set.
pub(super) fn without_environment(command: Command) -> Command {
    command.mut_args(|arg| arg.env(Reset)).mut_subcommands(without_environment)
}

/// Warns of each unknown variable, with the name that was very likely meant.
pub(super) fn warn_of_unknown(command: &Command) {
    let known = known(command);
    for (name, _) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| is_unknown(name, &known)) else { continue };
        match nearest(name, &known) {
            Some(near) => log::warn!("ignored variable={name} hint=\"{near} is known\""),
            None => {
                log::warn!("ignored variable={name} hint=\"--help lists those that are known\"")
            }
        }
    }
}

/// The variables of all flags of all subcommands.
fn known(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(Arg::get_env);
    let own = own.filter_map(|name| Some(name.to_str()?.to_owned()));
    own.chain(command.get_subcommands().flat_map(known)).collect()
}

fn is_unknown(name: &str, known: &BTreeSet<String>) -> bool {
    let is_theirs = name == "MIO_CHAT_PORT" || THEIRS.iter().any(|theirs| name.starts_with(theirs));
    name.starts_with(OURS) && !known.contains(name) && !is_theirs
}

fn nearest<'k>(name: &str, known: &'k BTreeSet<String>) -> Option<&'k str> {
    let wanted = name.strip_prefix(OURS)?;
    let ends = known.iter().filter_map(|known| known.strip_prefix(OURS));
    let near = spelling::nearest(wanted, ends)?;
    known.iter().find(|known| known.strip_prefix(OURS) == Some(near)).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_found() {
        let known = ["MAX_LINE", "BIND", "HTTP", "RATE", "OPEN_METRICS"];
        let known = known.iter().map(|name| format!("{OURS}{name}")).collect();
        for (name, near) in [
            ("MAXLINE", Some("MAX_LINE")),
            ("MAX_LINES", Some("MAX_LINE")),
            ("BNID", Some("BIND")),
            ("OPENMETRICS", Some("OPEN_METRICS")),
            ("COLOUR", None),
        ] {
            let near = near.map(|near| format!("{OURS}{near}"));
            assert_eq!(nearest(&format!("{OURS}{name}"), &known), near.as_deref(), "{name}");
            assert!(is_unknown(&format!("{OURS}{name}"), &known));
        }
        for name in ["MIO_CHAT_BIND", "MIO_CHAT_SERVICE_HOST", "MIO_CHAT_PORT", "PATH"] {
            assert!(!is_unknown(name, &known), "{name}");
        }
    }
}
