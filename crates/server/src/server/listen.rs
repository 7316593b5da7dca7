//! The doors of a server.

use super::doors::{DoorKind, Doors};
use crate::base::setters;
use crate::limits::{BATCH_BYTES_PER_TURN_MAX, QUEUE_BYTES_MAX, QUEUE_TO_BATCH_MIN};
use crate::net::{CertificateFiles, Clock, ListenAddress, Secured, UserOf};
use mio_wire::http::Response;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// The addresses of a server's doors, and the limits for all of them together.
///
/// ```
/// use mio_socketio::Listen;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let listen = Listen::default().http(vec!["127.0.0.1:5000".parse()?]).clients_max(1_000);
/// # let _ = listen;
/// # Ok(())
/// # }
/// ```
///
/// With the feature `tls` of this crate, doors speak TLS as well:
/// ```
/// use mio_socketio::{CertificateFiles, Listen};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let files = CertificateFiles::new("fullchain.pem", "privkey.pem");
/// let listen = Listen::default().https(vec!["0.0.0.0:443".parse()?]).certificate(Some(files));
/// # let _ = listen;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Listen {
    /// Addresses of the line door.
    pub addresses: Vec<ListenAddress>,
    /// Addresses of the line door over TLS; they must be of TCP, and need a
    /// [`certificate`](Self::certificate).
    pub tls: Vec<ListenAddress>,
    /// Addresses of doors for protocols of the application's own: [`Self::door`] and
    /// [`Self::secure_door`] set those of one door.
    pub doors: Vec<DoorAddress>,
    /// Addresses of the HTTP door.
    pub http: Vec<ListenAddress>,
    /// Addresses of the HTTP door over TLS (`https`, `wss`), with the same conditions as those of
    /// [`tls`](Self::tls).
    pub https: Vec<ListenAddress>,
    /// The certificate for TLS and its key. The files are read again when they change and after
    /// SIGHUP; if they are not good then, the old certificate stays. Without the feature `tls` of
    /// this crate there can be none.
    pub certificate: Option<CertificateFiles>,
    /// Addresses of the operators' door, for those who look after the server. It speaks HTTP, and
    /// serves only [`Builder::operator_route`](super::Builder::operator_route).
    pub operators: Vec<ListenAddress>,
    /// Returns the user of a process that connects to a Unix socket (SO_PEERCRED in unix(7)).
    /// Limits per address count by this user. The standard library does not offer this yet, so the
    /// application does; without it all users share one account.
    pub user_of: Option<UserOf>,
    /// The most clients at a time. Clients of the operators' door, of whom there are at most 8, do
    /// not count.
    pub clients_max: usize,
    /// Unsent bytes that one connection may hold before it is closed as `slow-client`. A connection
    /// that has taken everything sent to it before may get twice as many at one moment. An event
    /// with its attachments is relayed up to that size. Longer messages (see
    /// [`EngineSettings::payload_bytes_max`](super::EngineSettings::payload_bytes_max)) reach
    /// nobody.
    pub queue_bytes_max: usize,
    /// Bytes of memory that may be held for all clients together: incomplete input, unread output,
    /// and the events kept for those who come back. Beyond it the clients that hold most are
    /// closed, with [`CloseReason::Memory`](super::CloseReason::Memory).
    pub memory_max: usize,
    /// The text that a newcomer at the line door gets when the server is full.
    pub full: String,
}

/// An address of a door for a protocol of the application's own.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DoorAddress {
    /// The name of the door: see [`Builder::door`](super::Builder::door).
    pub name: String,
    /// The address.
    pub address: ListenAddress,
    /// Whether it speaks TLS.
    pub is_secure: bool,
}

setters!(Listen {
    addresses: Vec<ListenAddress>,
    tls: Vec<ListenAddress>,
    http: Vec<ListenAddress>,
    https: Vec<ListenAddress>,
    certificate: Option<CertificateFiles>,
    operators: Vec<ListenAddress>,
    user_of: Option<UserOf>,
    clients_max: usize,
    queue_bytes_max: usize,
    memory_max: usize,
    full: String,
});

impl Default for Listen {
    fn default() -> Self {
        Self {
            addresses: Vec::new(),
            tls: Vec::new(),
            doors: Vec::new(),
            http: Vec::new(),
            https: Vec::new(),
            certificate: None,
            operators: Vec::new(),
            user_of: None,
            clients_max: usize::MAX,
            queue_bytes_max: QUEUE_BYTES_MAX,
            memory_max: usize::MAX,
            full: "* server is full\n".to_owned(),
        }
    }
}

impl Listen {
    /// Sets the addresses of the door called `name`, whose protocol is the application's own:
    /// [`Builder::door`](super::Builder::door) has an example. As with every other setting, they
    /// come in the place of those that it had; those over TLS stay.
    #[must_use]
    pub fn door(self, name: &str, addresses: Vec<ListenAddress>) -> Self {
        self.with_door(name, addresses, false)
    }

    /// Sets the addresses over TLS of the door called `name`, with the same conditions as those of
    /// [`tls`](Self::tls). The others of this door stay.
    ///
    /// ```
    /// use mio_socketio::{CertificateFiles, Listen};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let files = CertificateFiles::new("fullchain.pem", "privkey.pem");
    /// let listen = Listen::default()
    ///     .door("irc", vec!["0.0.0.0:6667".parse()?])
    ///     .secure_door("irc", vec!["0.0.0.0:6697".parse()?])
    ///     .certificate(Some(files));
    /// assert_eq!(listen.door_addresses("irc"), ["0.0.0.0:6667".parse()?]);
    /// assert_eq!(listen.secure_door_addresses("irc"), ["0.0.0.0:6697".parse()?]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn secure_door(self, name: &str, addresses: Vec<ListenAddress>) -> Self {
        self.with_door(name, addresses, true)
    }

    /// The addresses without TLS of the door called `name`.
    pub fn door_addresses(&self, name: &str) -> Vec<ListenAddress> {
        self.addresses_of(name, false)
    }

    /// The addresses over TLS of the door called `name`.
    pub fn secure_door_addresses(&self, name: &str) -> Vec<ListenAddress> {
        self.addresses_of(name, true)
    }

    fn with_door(mut self, name: &str, addresses: Vec<ListenAddress>, is_secure: bool) -> Self {
        self.doors.retain(|door| door.name != name || door.is_secure != is_secure);
        self.doors.extend(addresses.into_iter().map(|address| DoorAddress {
            name: name.to_owned(),
            address,
            is_secure,
        }));
        self
    }

    fn addresses_of(&self, name: &str, is_secure: bool) -> Vec<ListenAddress> {
        let its = self.doors.iter().filter(|door| door.name == name && door.is_secure == is_secure);
        its.map(|door| door.address.clone()).collect()
    }

    /// The number of listeners of all doors.
    pub(super) fn listeners(&self) -> usize {
        Doors::new(self).operators_from() + self.operators.len()
    }

    /// The addresses of [`doors`](Self::doors) in the order of their listeners: those that speak
    /// TLS come last.
    pub(super) fn own_doors(&self) -> impl Iterator<Item = &DoorAddress> {
        let of = |is_secure| self.doors.iter().filter(move |door| door.is_secure == is_secure);
        of(false).chain(of(true))
    }

    /// Bytes that one turn may gather for an audience, well below what one client may leave unread.
    pub(super) fn batch_bytes_max(&self) -> usize {
        (self.queue_bytes_max / QUEUE_TO_BATCH_MIN).min(BATCH_BYTES_PER_TURN_MAX)
    }

    /// The protocol of each listener above TLS, if it speaks TLS.
    pub(super) fn secured(&self) -> Vec<Option<Secured>> {
        let unix_ms = Clock::default().now().unix_ms;
        let headers = &[("Content-Type", "text/plain; charset=utf-8")][..];
        let body = SPEAK_TLS.as_bytes();
        let mut refusal = Vec::new();
        Response { status: 400, headers, body, keep_alive: false, head_only: false, unix_ms }
            .write(&mut refusal);
        let lines =
            Secured { is_http: false, plain_answer: format!("* {SPEAK_TLS}").into_bytes().into() };
        let own = Secured { is_http: false, plain_answer: Vec::new().into() };
        let http = Secured { is_http: true, plain_answer: refusal.into() };
        let doors = Doors::new(self);
        let secured = |number| {
            doors.is_secure(number).then(|| match doors.kind(number) {
                DoorKind::Lines => lines.clone(),
                DoorKind::Own(_) => own.clone(),
                DoorKind::Http(_) => http.clone(),
            })
        };
        (0..self.listeners()).map(secured).collect()
    }
}

/// The answer to a client that does not speak TLS at a door where it should.
const SPEAK_TLS: &str = "this door speaks TLS: https://, openssl s_client or ncat --ssl\n";

/// Why the server cannot listen.
#[derive(Debug)]
#[non_exhaustive]
pub enum ListenError {
    /// The server cannot listen at this address.
    Address(ListenAddress, io::Error),
    /// A listener that was opened elsewhere has no address.
    Inherited(io::Error),
    /// The certificate or its key in this file cannot be used; why not.
    Certificate(PathBuf, String),
    /// There is an address for TLS, and no certificate.
    NoCertificate,
    /// The poll cannot be set up, or the handlers of signals.
    Loop(io::Error),
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Inherited(error) => write!(f, "cannot use a listener opened elsewhere: {error}"),
            Self::Certificate(path, why) => {
                write!(f, "cannot use the certificate or the key in {}: {why}", path.display())
            }
            Self::NoCertificate => f.write_str("TLS needs a certificate and its key"),
            Self::Loop(error) => write!(f, "cannot set up the loop: {error}"),
        }
    }
}

impl std::error::Error for ListenError {}
