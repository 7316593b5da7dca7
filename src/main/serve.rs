//! The server: limits, banner, loop.

use super::failure::Failure;
use super::logging;
use super::options::{Bind, Serve};
use mio_chat::chat::history::{History, Keep};
use mio_chat::chat::{self, Doors, Setup};
use mio_chat::limits::DESCRIPTORS_RESERVED;
use mio_chat::server::{Door, EngineDoor, Listen, Listening, Origins};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Serves until a signal.
pub(crate) fn run(options: &Serve) -> Result<(), Failure> {
    logging::start(options.log);
    let (addresses, http) = (addresses_of(&options.bind), addresses_of(&options.http));
    if addresses.is_empty() && http.is_empty() {
        return Err(Failure::NoDoor);
    }
    let listen = Listen {
        addresses,
        http,
        clients_max: clients_max(options.max_clients)?,
        queue_bytes_max: options.max_queue as usize,
        full: "* server is full, please come back later\n".to_owned(),
    };
    let listening = Listening::open(&listen).map_err(Failure::Listen)?;
    let history = open_history(options)?;
    logging::say(&banner(&listening, history.is_kept(), options));
    let setup = setup(options, &listening, history);
    let served = if options.plain {
        listening.serve(chat::plain(setup))
    } else {
        listening.serve(chat::chat(setup))
    };
    served.map_err(Failure::Running)
}

fn addresses_of(binds: &[Bind]) -> Vec<SocketAddr> {
    let addresses = binds.iter().flat_map(|bind| match bind {
        Bind::None => &[],
        Bind::Addresses(addresses) => addresses.as_slice(),
    });
    addresses.copied().collect()
}

/// Opens the history, unless there is to be none. (A relay keeps none.)
fn open_history(options: &Serve) -> Result<History, Failure> {
    if options.plain || options.db.as_os_str() == "none" {
        return Ok(History::default());
    }
    let failed = |error| Failure::History(options.db.clone(), error);
    let history = History::open(&options.db, options.durable).map_err(failed)?;
    Ok(history.keeping(Keep { bytes_max: options.history_max.0, days: options.keep.0 }))
}

fn setup(options: &Serve, listening: &Listening, history: History) -> Setup {
    Setup {
        history,
        replay: options.replay as usize,
        lines: Door {
            line_bytes_max: options.max_line as usize,
            rate_per_s: options.rate,
            idle_flush_ms: options.idle_flush,
            raw: options.plain,
        },
        engine: EngineDoor {
            ping_interval_ms: options.ping_interval,
            ping_timeout_ms: options.ping_timeout,
            payload_bytes_max: options.max_payload as usize,
            rate_per_s: options.rate,
            ..EngineDoor::default()
        },
        origins: Origins::new(options.origin.iter().cloned()),
        doors: Doors {
            lines: listening.addresses().to_vec(),
            http: listening.http().to_vec(),
            open_metrics: options.open_metrics,
        },
    }
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

fn banner(listening: &Listening, history: bool, options: &Serve) -> String {
    let (addresses, http) = (listening.addresses(), listening.http());
    let mut text = format!("mio-chat {}\n", env!("CARGO_PKG_VERSION"));
    for address in addresses {
        let (ip, port) = (reachable(*address), address.port());
        // Writing to a string does not fail.
        let _ = writeln!(text, "  chat     nc {ip} {port}");
    }
    for address in http {
        let address = SocketAddr::new(reachable(*address), address.port());
        // A relay has no page.
        let _ = match options.plain {
            true => writeln!(text, "  chat     ws://{address}/ws"),
            false => writeln!(text, "  web      http://{address}/"),
        };
    }
    if history {
        let _ = writeln!(text, "  history  {}", options.db.display());
    }
    let mut all = addresses.iter().chain(http);
    if all.clone().all(|address| address.ip().is_loopback()) {
        let (flag, port) = match (addresses.first(), all.next()) {
            (None, Some(first)) => ("--http", first.port()),
            (first, _) => ("--bind", first.map_or(0, SocketAddr::port)),
        };
        let _ = writeln!(text, "  open to this machine only; {flag} 0.0.0.0:{port} lets others in");
    } else {
        text.push_str("  open to everyone who can reach this machine\n");
    }
    text
}

/// The address that reaches `address` from this machine.
fn reachable(address: SocketAddr) -> IpAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    }
}
