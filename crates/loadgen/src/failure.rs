//! Why a run ends without a report.

use std::fmt::{self, Display, Formatter};

/// Exit code of a run with lost or wrong messages.
pub(crate) const EXIT_FAULTS: u8 = 1;

/// Exit code for an impossible command line.
pub(crate) const EXIT_USAGE: u8 = 2;

/// Exit code when the server cannot be started or reached.
const EXIT_SETUP: u8 = 3;

/// By convention a program ended by signal n has the exit code 128 + n.
const EXIT_SIGNAL: u8 = 128;

/// An exit code and a text for the user.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) code: u8,
    text: String,
}

impl Failure {
    /// The command line asks for something impossible.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { code: EXIT_USAGE, text: text.into() }
    }

    /// The server cannot be started, or does not accept the connections.
    pub(crate) fn setup(text: impl Into<String>) -> Self {
        Self { code: EXIT_SETUP, text: text.into() }
    }

    /// A signal asked for the end.
    pub(crate) fn signal(number: usize) -> Self {
        Self {
            code: u8::try_from(number).map_or(EXIT_SIGNAL, |n| EXIT_SIGNAL.saturating_add(n)),
            text: format!("ended by signal {number}"),
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::setup(error.to_string())
    }
}
