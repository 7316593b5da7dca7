//! The server: limits, banner, loop.

use super::logging;
use super::options::{Bind, Serve};
use mio_chat::chat;
use mio_chat::limits::DESCRIPTORS_RESERVED;
use mio_chat::server::{Door, Listen, ListenError, Listening};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fmt;
use std::fmt::Write;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Why there is no server any more, or never was.
#[derive(Debug)]
pub(crate) enum Failure {
    Running(io::Error),
    NoDoor,
    Descriptors(usize),
    Listen(ListenError),
}

impl Failure {
    /// The exit code.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Running(_) | Self::Descriptors(_) | Self::Listen(ListenError::Loop(_)) => 1,
            Self::NoDoor => 2,
            Self::Listen(ListenError::Address(..)) => 4,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running(error) => write!(f, "stopped: {error}"),
            Self::NoDoor => f.write_str("no door is open; --bind 127.0.0.1:55555 opens one"),
            Self::Descriptors(limit) => write!(
                f,
                "the limit of open files is {limit}, at least {} are needed; see ulimit -n",
                DESCRIPTORS_RESERVED + 1
            ),
            Self::Listen(error @ ListenError::Address(..)) => {
                write!(f, "{error}; --bind takes another address")
            }
            Self::Listen(error) => write!(f, "{error}"),
        }
    }
}

/// Serves until a signal.
pub(crate) fn run(options: &Serve) -> Result<(), Failure> {
    logging::start(options.log);
    let addresses: Vec<SocketAddr> = options
        .bind
        .iter()
        .flat_map(|bind| match bind {
            Bind::None => &[],
            Bind::Addresses(addresses) => addresses.as_slice(),
        })
        .copied()
        .collect();
    if addresses.is_empty() {
        return Err(Failure::NoDoor);
    }
    let door = Door {
        line_bytes_max: options.max_line as usize,
        rate_per_s: options.rate,
        idle_flush_ms: options.idle_flush,
        raw: options.plain,
    };
    let listen = Listen {
        addresses,
        clients_max: clients_max(options.max_clients)?,
        queue_bytes_max: options.max_queue as usize,
        full: "* server is full, please come back later\n".to_owned(),
    };
    let listening = Listening::open(&listen).map_err(Failure::Listen)?;
    logging::say(&banner(listening.addresses()));
    let netcat = listening.addresses().first().copied().map_or_else(String::new, netcat);
    let hint = format!("this is a chat, not a web server: {netcat}");
    let served = if options.plain {
        listening.serve(chat::plain(door))
    } else {
        listening.serve(chat::chat(door, hint))
    };
    served.map_err(Failure::Running)
}

/// Raises the limit of open files as far as it goes, and finds how many clients it allows.
fn clients_max(wanted: Option<u32>) -> Result<usize, Failure> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        // Where it cannot be raised, it is used as it is.
        let _ = setrlimit(Resource::Nofile, raised);
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let allowed = files.saturating_sub(DESCRIPTORS_RESERVED);
    if allowed == 0 {
        return Err(Failure::Descriptors(files));
    }
    let wanted = wanted.map(|wanted| wanted as usize);
    if let Some(wanted) = wanted.filter(|wanted| *wanted > allowed) {
        log::warn!("the limit of open files allows max_clients={allowed} instead of {wanted}");
    } else if wanted.is_none() && allowed < 1000 {
        log::warn!("the limit of open files allows only max_clients={allowed}; see ulimit -n");
    }
    Ok(wanted.unwrap_or(allowed).min(allowed))
}

fn banner(addresses: &[SocketAddr]) -> String {
    let mut text = format!("mio-chat {}\n", env!("CARGO_PKG_VERSION"));
    for address in addresses {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  chat     {}", netcat(*address));
    }
    if addresses.iter().all(|address| address.ip().is_loopback()) {
        let port = addresses.first().map_or(0, SocketAddr::port);
        let hint = format!("--bind 0.0.0.0:{port} lets others in");
        let _ = writeln!(text, "  open to this machine only; {hint}");
    } else {
        text.push_str("  open to everyone who can reach this machine\n");
    }
    text
}

/// The command that reaches `address` from this machine.
fn netcat(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("nc {ip} {}", address.port())
}
