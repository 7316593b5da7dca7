//! The address of a Redis, and the greeting for it.

use crate::limits::REDIS_COMMAND_MS;
use mio_wire::resp;
use std::fmt;
use std::path::{Path, PathBuf};

/// A Redis server of version 6 or later, or one that speaks like it, and how to log in.
///
/// ```
/// use mio_socketio::redis::Redis;
///
/// let redis = Redis::at("redis://chat:secret@redis.example:6379/2").expect("it is a URL");
/// let redis = redis.name("counter").command_ms(500);
/// assert_eq!(format!("{redis:?}"), "Redis(redis://redis.example:6379/2)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Redis {
    server: RedisServer,
    user: String,
    password: Option<String>,
    database: u32,
    /// The authorities that sign its certificate, in PEM; `None` if the system knows them.
    authorities: Option<Vec<u8>>,
    name: String,
    /// Time for the answer to a command.
    pub(super) command_ms: u64,
}

/// The address of a Redis.
#[derive(Clone, PartialEq, Eq)]
pub enum RedisServer {
    /// A host and a port.
    Tcp(String, u16),
    /// A host and a port that speaks TLS.
    Tls(String, u16),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

/// The port of a URL without one.
const PORT: u16 = 6379;
/// The user of a URL that has only a password.
const USER: &str = "default";

/// Why a text is not the URL of a Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedisUrlError {
    /// It begins with none of `redis://`, `rediss://`, `redis+unix://` and `unix:`.
    Scheme,
    /// It names no host, or an impossible one.
    Host,
    /// Its port is not a number from 1 to 65535.
    Port,
    /// Its database is not a number.
    Database,
    /// Its user or password has a `%` without two hexadecimal digits, or is not UTF-8.
    Credentials,
}

impl fmt::Display for RedisUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "begins with none of redis://, rediss://, redis+unix:// and unix:",
            Self::Host => "has no host",
            Self::Port => "has a port that is not a number from 1 to 65535",
            Self::Database => "has a database that is not a number",
            Self::Credentials => "has a user or a password that is not percent-encoded UTF-8",
        })
    }
}

impl std::error::Error for RedisUrlError {}

impl Redis {
    /// Reads `redis://[[user]:password@]host[:port][/database]`, the same with `rediss://` (over
    /// TLS, with the feature `tls` of this crate), `redis+unix:///path[?db=database]` or
    /// `unix:/path[?db=database]`. A user and a password are percent-encoded.
    ///
    /// # Errors
    /// If it is none of these.
    pub fn at(url: &str) -> Result<Self, RedisUrlError> {
        if let Some(rest) = url.strip_prefix("redis://") {
            return Self::at_tcp(rest, RedisServer::Tcp);
        }
        if let Some(rest) = url.strip_prefix("rediss://") {
            return Self::at_tcp(rest, RedisServer::Tls);
        }
        let path = url.strip_prefix("redis+unix://").or_else(|| url.strip_prefix("unix:"));
        let rest = path.ok_or(RedisUrlError::Scheme)?;
        let (path, database) = match rest.split_once('?') {
            Some((path, query)) => {
                (path, query.strip_prefix("db=").ok_or(RedisUrlError::Database)?)
            }
            None => (rest, ""),
        };
        if path.is_empty() {
            return Err(RedisUrlError::Host);
        }
        Ok(Self::new(RedisServer::Unix(path.into()), read_database(database)?))
    }

    fn at_tcp(rest: &str, server: fn(String, u16) -> RedisServer) -> Result<Self, RedisUrlError> {
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, place) = match authority.rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials), place),
            None => (None, authority),
        };
        // Colons belong to an IPv6 address in brackets.
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port),
            None => place.split_at(place.find(':').unwrap_or(place.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or(RedisUrlError::Port)?,
            None if port.is_empty() => PORT,
            None => return Err(RedisUrlError::Host),
        };
        let is_host = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
        if host.is_empty() || !host.chars().all(is_host) {
            return Err(RedisUrlError::Host);
        }
        let mut redis = Self::new(server(host.to_owned(), port), read_database(database)?);
        if let Some(credentials) = credentials {
            let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
            if !user.is_empty() {
                redis.user = decoded(user)?;
            }
            redis.password = Some(decoded(password)?);
        }
        Ok(redis)
    }

    fn new(server: RedisServer, database: u32) -> Self {
        let (user, name, command_ms) = (USER.to_owned(), String::new(), REDIS_COMMAND_MS);
        let (password, authorities) = (None, None);
        Self { server, user, password, database, authorities, name, command_ms }
    }

    /// Trusts a Redis over TLS whose certificate is signed by one of `authorities`, in the form of
    /// PEM, instead of those that the system trusts.
    pub fn authorities(mut self, authorities: Vec<u8>) -> Self {
        self.authorities = Some(authorities);
        self
    }

    /// The connection's name in Redis, in `CLIENT LIST` for example; without spaces.
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.replace(|c: char| !c.is_ascii_graphic(), "-");
        self
    }

    /// Sets the milliseconds for the answer to a command. Then the link is given up, because later
    /// answers would be late too. The default is 2000. A command that waits, such as `XREAD BLOCK`,
    /// needs a link of its own with a longer time.
    pub const fn command_ms(mut self, command_ms: u64) -> Self {
        self.command_ms = command_ms;
        self
    }

    /// The TCP port to which the link connects; `None` for a Unix socket.
    pub const fn port(&self) -> Option<u16> {
        match self.server {
            RedisServer::Tcp(_, port) | RedisServer::Tls(_, port) => Some(port),
            RedisServer::Unix(_) => None,
        }
    }

    /// The path of the Unix socket to which the link connects; `None` if that is TCP's.
    pub fn socket(&self) -> Option<&Path> {
        match &self.server {
            RedisServer::Tcp(..) | RedisServer::Tls(..) => None,
            RedisServer::Unix(path) => Some(path),
        }
    }

    /// The authorities that it trusts, if they are not the system's.
    pub(crate) fn trusted(&self) -> Option<&[u8]> {
        self.authorities.as_deref()
    }

    /// Its address.
    pub(crate) const fn server(&self) -> &RedisServer {
        &self.server
    }

    /// Appends the greeting of a new connection to `out`, and returns the number of answers to it.
    /// The last answer is to a ping, and tells whether Redis takes commands already.
    pub(super) fn greet(&self, out: &mut Vec<u8>) -> usize {
        let mut hello: Vec<&[u8]> = vec![b"HELLO", b"3"];
        if let Some(password) = &self.password {
            hello.extend([b"AUTH", self.user.as_bytes(), password.as_bytes()]);
        }
        if !self.name.is_empty() {
            hello.extend([b"SETNAME", self.name.as_bytes()]);
        }
        resp::encode_command(out, &hello);
        let database = self.database.to_string();
        if self.database > 0 {
            resp::encode_command(out, &[b"SELECT", database.as_bytes()]);
        }
        resp::encode_command(out, &[b"PING"]);
        if self.database > 0 { 3 } else { 2 }
    }
}

/// Its URL without the user and the password.
impl fmt::Display for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.server {
            RedisServer::Tls(..) => "rediss",
            RedisServer::Tcp(..) | RedisServer::Unix(_) => "redis",
        };
        match &self.server {
            RedisServer::Tcp(host, port) | RedisServer::Tls(host, port) if host.contains(':') => {
                write!(f, "{scheme}://[{host}]:{port}")?
            }
            RedisServer::Tcp(host, port) | RedisServer::Tls(host, port) => {
                write!(f, "{scheme}://{host}:{port}")?
            }
            RedisServer::Unix(path) => write!(f, "unix:{}", path.display())?,
        }
        match (&self.server, self.database) {
            (_, 0) => Ok(()),
            (RedisServer::Tcp(..) | RedisServer::Tls(..), database) => write!(f, "/{database}"),
            (RedisServer::Unix(_), database) => write!(f, "?db={database}"),
        }
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis({self})")
    }
}

fn read_database(text: &str) -> Result<u32, RedisUrlError> {
    if text.is_empty() { Ok(0) } else { text.parse().map_err(|_| RedisUrlError::Database) }
}

/// A text without its percent-encoding.
fn decoded(text: &str) -> Result<String, RedisUrlError> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        bytes.push(match byte {
            b'%' => match (digit(), digit()) {
                (Some(high), Some(low)) => (high * 16 + low) as u8,
                _ => return Err(RedisUrlError::Credentials),
            },
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| RedisUrlError::Credentials)
}
