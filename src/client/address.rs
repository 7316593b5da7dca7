//! The address of a chat.

use std::fmt;
use std::str::FromStr;

/// The port of a chat's HTTP door, if an address names none.
const PORT: u16 = 5000;
/// The port of HTTP, if an address begins with `http://` and names none.
const PORT_OF_HTTP: u16 = 80;
/// The port of HTTPS, if an address begins with `https://` and names none.
const PORT_OF_HTTPS: u16 = 443;

/// The address of a chat: the host and the port of its HTTP door, and the path before
/// `/socket.io/`, if a proxy adds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    pub(super) host: String,
    pub(super) port: u16,
    /// Whether it is reached over TLS.
    pub(super) is_secure: bool,
    /// Empty, or begins with `/` and does not end with one.
    pub(super) path: String,
}

impl FromStr for ServerAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (port, is_secure, rest) = match text.split_once("://") {
            None => (PORT, false, text),
            Some(("http" | "ws", rest)) => (PORT_OF_HTTP, false, rest),
            Some(("https" | "wss" | "tls", rest)) => (PORT_OF_HTTPS, true, rest),
            Some((scheme, _)) => {
                return Err(format!(
                    "an address is HOST:PORT, http://HOST:PORT or https://HOST, not {scheme}://"
                ));
            }
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        if authority.parse::<u16>().is_ok() {
            return Err(format!("a port needs a host: 127.0.0.1:{authority}"));
        }
        let (host, port) = host_and_port(authority, port)?;
        let is_odd = |char: char| !char.is_ascii_graphic() || matches!(char, '?' | '#' | '@');
        if host.is_empty() || host.contains(is_odd) || path.contains(is_odd) {
            return Err("an address is HOST:PORT or http://HOST:PORT/PATH".to_owned());
        }
        Ok(Self { host, port, is_secure, path: path.trim_end_matches('/').to_owned() })
    }
}

/// Splits an authority into host and port. An IPv6 host loses its brackets.
fn host_and_port(authority: &str, default: u16) -> Result<(String, u16), String> {
    let bracketed = authority.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (host, port) = match bracketed {
        Some((host, rest)) => (host, rest),
        None => match authority.find(':') {
            Some(at) => authority.split_at(at),
            None => (authority, ""),
        },
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => default,
        Some(digits) => digits.parse().map_err(|_| format!("{digits:?} is not a port"))?,
        None => return Err(format!("{port:?} is not a port")),
    };
    Ok((host.to_owned(), port))
}

impl ServerAddress {
    /// The host and the port, as in HTTP's `Host` field.
    pub(super) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}/", self.authority(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (text, shown) in [
            ("127.0.0.1:5000", "http://127.0.0.1:5000/"),
            ("chat.example", "http://chat.example:5000/"),
            ("http://chat.example", "http://chat.example:80/"),
            ("http://chat.example:8080/chat/", "http://chat.example:8080/chat/"),
            ("[::1]:5000", "http://[::1]:5000/"),
            ("[::1]", "http://[::1]:5000/"),
            ("localhost:1/a/b", "http://localhost:1/a/b/"),
            ("https://chat.example", "https://chat.example:443/"),
            ("wss://chat.example:1/a", "https://chat.example:1/a/"),
            ("tls://chat.example:5443", "https://chat.example:5443/"),
        ] {
            let address = text.parse::<ServerAddress>().map(|address| address.to_string());
            assert_eq!(address.as_deref(), Ok(shown), "{text}");
        }
    }

    #[test]
    fn other_addresses_are_refused_in_words() {
        for (text, why) in [
            ("ftp://chat.example", "not ftp://"),
            ("5000", "needs a host"),
            ("", "HOST:PORT"),
            (":5000", "HOST:PORT"),
            ("host:70000", "not a port"),
            ("host:", "not a port"),
            ("[::1]5000", "not a port"),
            ("a b:1", "HOST:PORT"),
            ("host:1/x?y", "HOST:PORT"),
            ("host:1/\r\nX: y", "HOST:PORT"),
        ] {
            let error = text.parse::<ServerAddress>().expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
