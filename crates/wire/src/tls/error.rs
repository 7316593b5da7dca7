//! Why a connection cannot go on, in words.

use rustls::{AlertDescription, CertificateError, Error};
use std::fmt;

/// Why a connection cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsError {
    /// The first bytes are not of TLS.
    Plain,
    /// The two sides have no version, no cipher or no protocol in common.
    Incompatible,
    /// The peer breaks the protocol.
    Malformed,
    /// A client sends records without text, one after the other.
    Bare,
    /// The peer gives up, with this alert.
    Alert(String),
    /// The server's certificate does not prove that it is the server; why not.
    Certificate(&'static str),
    /// There is no encryption yet.
    NotOpen,
    /// The keys are used up.
    Exhausted,
    /// Something else.
    Other(String),
}

impl TlsError {
    /// A word for metrics and logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Incompatible => "incompatible",
            Self::Malformed | Self::Bare => "malformed",
            Self::Alert(_) => "alert",
            Self::Certificate(_) => "certificate",
            Self::NotOpen | Self::Exhausted | Self::Other(_) => "other",
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain => f.write_str("the program that answers there does not speak TLS"),
            Self::Incompatible => f.write_str("the two sides have no version of TLS in common"),
            Self::Malformed => f.write_str("the other side breaks the protocol of TLS"),
            Self::Bare => f.write_str("the other side sends many records with nothing in them"),
            Self::Alert(alert) => write!(f, "the other side gives up: {alert}"),
            Self::Certificate(why) => f.write_str(why),
            Self::NotOpen => f.write_str("the handshake of TLS is not over"),
            Self::Exhausted => f.write_str("the keys of the connection are used up"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for TlsError {}

impl From<Error> for TlsError {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidCertificate(error) => Self::Certificate(words(&error)),
            Error::AlertReceived(alert) => Self::Alert(alert_words(alert)),
            Error::PeerIncompatible(_) | Error::NoApplicationProtocol => Self::Incompatible,
            Error::InappropriateMessage { .. }
            | Error::InappropriateHandshakeMessage { .. }
            | Error::InvalidMessage(_)
            | Error::DecryptError
            | Error::PeerMisbehaved(_)
            | Error::PeerSentOversizedRecord => Self::Malformed,
            Error::HandshakeNotComplete => Self::NotOpen,
            error => Self::Other(error.to_string()),
        }
    }
}

/// Why a certificate is not believed.
fn words(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet; is the clock right?"
        }
        // An authority of the same name has another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the server's certificate is signed by nobody whom this machine trusts"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is for another name"
        }
        CertificateError::Revoked => "the server's certificate is revoked",
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "the server's certificate is that of an authority that this machine does not trust"
        }
        _ => "the server's certificate cannot be read, or is not one for a server",
    }
}

/// An alert as the standard names it, `unknown_ca` for example.
fn alert_words(alert: AlertDescription) -> String {
    let name = format!("{alert:?}");
    let mut words = String::with_capacity(name.len() + 4);
    for (at, char) in name.chars().enumerate() {
        if char.is_ascii_uppercase() && at > 0 && !words.ends_with('C') {
            words.push('_');
        }
        words.push(char);
    }
    words.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_have_the_names_of_the_standard() {
        assert_eq!(alert_words(AlertDescription::UnknownCA), "unknown_ca");
        assert_eq!(alert_words(AlertDescription::BadCertificate), "bad_certificate");
    }
}
