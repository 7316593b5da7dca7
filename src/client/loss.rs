//! Why a connection to the server was lost.

use mio_wire::tls::TlsError;
use std::io::{self, ErrorKind};

/// Why a connection was lost.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) why: String,
    /// Whether the next attempt ends in the same way, because the server proves to be another one
    /// or speaks otherwise.
    pub(super) is_hopeless: bool,
}

impl From<String> for Loss {
    fn from(why: String) -> Self {
        Self { why, is_hopeless: false }
    }
}

impl From<io::Error> for Loss {
    fn from(error: io::Error) -> Self {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
        let is_hopeless = matches!(tls, Some(TlsError::Certificate(_) | TlsError::Plain));
        Self { why: words(&error), is_hopeless }
    }
}

/// A system error in a few words, without its number.
pub(super) fn words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "nobody listens there".to_owned(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => {
            "the server hung up".to_owned()
        }
        // Written for people already.
        _ if error.get_ref().is_some() => error.to_string(),
        _ => {
            let text = error.to_string();
            let end = text.find(" (os error").unwrap_or(text.len());
            text[..end].to_lowercase()
        }
    }
}
