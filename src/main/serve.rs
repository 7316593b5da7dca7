//! The server: limits, banner, loop.

use super::addresses::Trust;
use super::doors::{self, DOORS};
use super::failure::Failure;
use super::logging;
use super::options::{AccessOption, Changing, FilesSent, Options, Serve};
use super::sandbox::Needs;
use super::supervisor::{self, Listeners};
use super::{banner, environment, hasher, pause, purger, record, reread, secrets, user};
use clap::CommandFactory;
use mio_chat::chat::history::{History, Keep, OpenError};
use mio_chat::chat::{self, Doors, FileFolder, Purger, Setup, Worker};
use mio_chat::limits::{
    ADDRESS_ARRIVALS_BURST, ADDRESS_ARRIVALS_PER_S, ADDRESS_BYTES_BURST, ADDRESS_BYTES_PER_S,
    ADDRESS_CONNECTIONS, ADDRESS_HANDSHAKES_BURST, ADDRESS_HANDSHAKES_PER_S,
    ADDRESS_TO_CLIENT_PACE, ADDRESS_TO_JOINED, ADDRESS_WORK_US_BURST, ADDRESS_WORK_US_PER_S,
    CLIENTS_MAX, DESCRIPTORS_RESERVED, HISTORY_LOCK_RETRY_MS, HISTORY_LOCK_TRIES, LISTEN_RETRY_MS,
    LISTEN_TRIES, MEMORY_TO_ADDRESS, PLACES_TO_ADDRESS,
};
use mio_socketio::limits::{QUEUE_BYTES_MAX, RATE_BURST_S};
use mio_socketio::{
    AddressLimits, CertificateFiles, DeflateSettings, EngineSettings, Hosts, LineSettings, Listen,
    ListenAddress, ListenError, Listening, Origins, Proxies, Rate,
};
use rustix::net::sockopt::socket_peercred;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::Duration;

/// Serves until a signal.
pub(crate) fn run(options: &Serve) -> Result<(), Failure> {
    logging::start(options.changing.log, options.log_format);
    environment::warn_of_unknown(&Options::command());
    secrets::warn(options);
    if let Some(file) = secrets::shown(options) {
        return Err(Failure::Shown(file.to_owned()));
    }
    if options.access.access != AccessOption::Open && !keeps_history(options) {
        return Err(Failure::NoAccounts);
    }
    let user = user::wanted(options)?;
    let inherited = Listeners::take()?;
    let listen = inherited.replace(listen(options, clients_max(options.max_clients)?))?;
    let mut people = DOORS.iter().filter(|door| door.takes_people);
    if people.all(|door| (door.addresses)(&listen).is_empty()) {
        return Err(Failure::NoDoor);
    }
    user::refuse_root(&listen, user.as_ref())?;
    let are_its_own = inherited.is_empty();
    let mut listening = open(&listen, inherited)?;
    listening.take_signals().map_err(|error| Failure::Listen(ListenError::Loop(error)))?;
    supervisor::follow(&mut listening);
    if let Some(user) = &user {
        user::enter(user, options)?;
    }
    if let Some(path) = &options.record {
        listening.record(record::begin(path, options, listening.listen())?);
    }
    let history = open_history(options)?;
    logging::say(&banner::banner(&listening, history.is_kept(), options, are_its_own));
    let mut setup = setup(options, listening.listen(), history);
    setup.reread = Some(reread::reread(options, setup.addresses.clone(), false));
    if setup.journal.is_shared() {
        setup.purger = purger(options);
    }
    if keeps_history(options) {
        setup.passwords = passwords();
        setup.eraser = purger(options);
    }
    setup.files = files(options)?;
    guard(&mut listening, options);
    let unsaved = if options.plain {
        listening.serve_until_signal(chat::plain(setup)).map(|()| 0)
    } else {
        listening.serve_until_signal(chat::chat(setup)).map(|chat| chat.unsaved())
    };
    match unsaved.map_err(Failure::Running)? {
        0 => Ok(()),
        count => {
            log::error!("history closed before it was complete lost={count}");
            Err(Failure::Unsaved(options.db.clone(), count))
        }
    }
}

/// Starts a process that erases messages of the history, or their traces, if one is kept.
fn purger(options: &Serve) -> Option<Purger> {
    let started = keeps_history(options).then(|| purger::start(&options.db))?;
    let failed = |error| log::warn!("the server cannot purge its history error={error}");
    started.map_err(failed).ok()
}

/// Starts the process that hashes passwords.
fn passwords() -> Option<Box<dyn Worker>> {
    let failed = |error| log::warn!("nobody can register or log in error={error}");
    hasher::start().map_err(failed).ok().map(|it| Box::new(it) as Box<dyn Worker>)
}

/// Opens the folder for the files that people send.
fn files(options: &Serve) -> Result<Option<FileFolder>, Failure> {
    let Some(folder) = options.files_folder() else { return Ok(None) };
    let (FilesSent { max_file, files_max, .. }, most) = (&options.files_sent, options.max_payload);
    let opened = FileFolder::open(&folder, max_file.0, files_max.0, most as usize);
    opened.map(Some).map_err(|error| Failure::Files(folder, error))
}

/// Makes the process give up what it does not need, once everything is open.
fn guard(listening: &mut Listening, options: &Serve) {
    if options.no_sandbox {
        return;
    }
    let needs = Needs::of(options, listening.listen());
    listening.before_serving(move || {
        needs.enter().log();
        Ok(())
    });
}

/// The addresses to listen at, and the number of clients.
pub(crate) fn listen(options: &Serve, clients_max: usize) -> Listen {
    let memory_max = options.max_memory.0.and_then(|max| usize::try_from(max).ok());
    doors::listen(options)
        .certificate(certificate(options))
        .user_of(Some(user_of))
        .clients_max(clients_max)
        .queue_bytes_max(queue_bytes_max(options))
        .memory_max(memory_max.unwrap_or(usize::MAX))
        .full("* server is full, please come back later\n".to_owned())
}

/// Opens the doors. If an address is in use, it tries again for a while: the system may have given
/// the default port to an outgoing connection, which ends soon, or an earlier server may be about
/// to end.
fn open(listen: &Listen, inherited: Listeners) -> Result<Listening, Failure> {
    let mut tries = LISTEN_TRIES;
    loop {
        tries -= 1;
        match inherited.open(listen) {
            Err(Failure::Listen(ListenError::Address(address, error)))
                if error.kind() == ErrorKind::AddrInUse && tries > 0 =>
            {
                if tries == LISTEN_TRIES - 1 {
                    let seconds = LISTEN_RETRY_MS * u64::from(tries) / 1000;
                    log::warn!("in use address={address} hint=\"trying again for {seconds} s\"");
                }
                pause(Duration::from_millis(LISTEN_RETRY_MS));
            }
            opened => return opened.map_err(|failure| with_door(failure, listen)),
        }
    }
}

/// A failure to listen at an address says which flag names that address.
fn with_door(failure: Failure, listen: &Listen) -> Failure {
    let Failure::Listen(ListenError::Address(address, error)) = failure else { return failure };
    let door = doors::at(listen, &address);
    let error = ListenError::Address(address, error);
    match door {
        Some(door) => Failure::Door(door.flag, error),
        None => Failure::Listen(error),
    }
}

/// The files of the certificate.
fn certificate(options: &Serve) -> Option<CertificateFiles> {
    let certificate = options.tls_cert.as_ref()?;
    Some(CertificateFiles::new(certificate, options.tls_key.as_ref()?))
}

/// The number of the user whose process is at the other end of a Unix socket.
fn user_of(socket: BorrowedFd<'_>) -> Option<u32> {
    socket_peercred(socket).ok().map(|peer| peer.uid.as_raw())
}

/// The TCP addresses among those of a door.
fn tcp_of(addresses: &[ListenAddress]) -> Vec<SocketAddr> {
    addresses.iter().filter_map(ListenAddress::tcp).collect()
}

/// By default at least the length of the longest message, so that every client that keeps up can
/// get it.
fn queue_bytes_max(options: &Serve) -> usize {
    let by_default = QUEUE_BYTES_MAX.max(options.max_payload as usize);
    options.max_queue.map_or(by_default, |wanted| wanted as usize)
}

/// Whether to keep a history. (A relay keeps none.)
pub(crate) fn keeps_history(options: &Serve) -> bool {
    !options.plain && options.db.as_os_str() != "none"
}

/// Opens the history, if one is kept.
fn open_history(options: &Serve) -> Result<History, Failure> {
    if !keeps_history(options) {
        return Ok(History::default());
    }
    let pause = || pause(Duration::from_millis(HISTORY_LOCK_RETRY_MS));
    let history = open_soon(&options.db, options.durable, pause);
    let history = history.map_err(|error| Failure::History(options.db.clone(), error))?;
    Ok(history.keeping(Keep { bytes_max: options.history_max.0, days: options.keep.0 }))
}

/// Opens a history. If its lock is held, tries again for a moment: a command that checks whether a
/// server uses the file holds the lock that long.
fn open_soon(db: &Path, durable: bool, mut pause: impl FnMut()) -> Result<History, OpenError> {
    for _ in 1..HISTORY_LOCK_TRIES {
        match History::open(db, durable) {
            Err(OpenError::InUse) => pause(),
            opened => return opened,
        }
    }
    History::open(db, durable)
}

/// The chat of a server that listens as `listen` says.
pub(crate) fn setup(options: &Serve, listen: &Listen, history: History) -> Setup {
    Setup {
        history,
        replay: options.replay as usize,
        lines: LineSettings::default()
            .line_bytes_max(options.max_line as usize)
            .rate_per_s(options.changing.rate)
            .idle_flush_ms(options.idle_flush)
            .raw(options.plain),
        engine: EngineSettings::default()
            .ping_interval_ms(options.ping_interval)
            .ping_timeout_ms(options.ping_timeout)
            .payload_bytes_max(options.max_payload as usize)
            .connect_ms(options.connect_timeout)
            .rate_per_s(options.changing.rate),
        deflate: options.deflate.then(DeflateSettings::default),
        origins: origins(&options.changing),
        addresses: address_limits(options, listen.clients_max, listen.memory_max),
        hosts: hosts(&options.changing, &doors::names(options)),
        proxies: proxies(&options.changing),
        journal: options.nodes.settings(),
        doors: Doors {
            lines: tcp_of(&listen.addresses),
            http: tcp_of(&listen.http),
            https: tcp_of(&listen.https),
            open_metrics: options.open_metrics,
            metrics_apart: !options.metrics.is_empty(),
        },
        pages: options.static_folder.clone(),
        files: None,
        reread: None,
        passwords: None,
        eraser: None,
        purger: None,
        access: options.access.access.into(),
        url: options.access.url.clone(),
    }
}

/// The limits of one address, with the rates that SIGHUP changes.
pub(crate) fn address_rates(limits: AddressLimits, changing: &Changing) -> AddressLimits {
    let pace = u64::from(changing.rate) * ADDRESS_TO_CLIENT_PACE;
    let (posts, bytes) = match changing.rate {
        0 => (Rate::UNLIMITED, Rate::UNLIMITED),
        _ => (
            Rate::per_second(pace, pace * u64::from(RATE_BURST_S)),
            Rate::per_second(ADDRESS_BYTES_PER_S, ADDRESS_BYTES_BURST),
        ),
    };
    limits.posts(posts).bytes(bytes)
}

/// The limits that clients of one address share.
fn address_limits(options: &Serve, clients_max: usize, memory_max: usize) -> AddressLimits {
    let by_default = ADDRESS_CONNECTIONS.min(clients_max / PLACES_TO_ADDRESS).max(1);
    let connections_max = options.per_address.map_or(by_default, |wanted| wanted as usize);
    let many = connections_max as u64;
    let handshakes = Rate::per_second(ADDRESS_HANDSHAKES_PER_S, many * ADDRESS_HANDSHAKES_BURST);
    // The application counts its own scarce resources.
    let limits = AddressLimits::default()
        .connections_max(connections_max)
        .arrivals(Rate::per_second(ADDRESS_ARRIVALS_PER_S, many * ADDRESS_ARRIVALS_BURST))
        .sessions_max(connections_max)
        .handshakes(handshakes)
        .unjoined_max(connections_max - connections_max / ADDRESS_TO_JOINED)
        .work_us(Rate::per_second(ADDRESS_WORK_US_PER_S, ADDRESS_WORK_US_BURST))
        .held_bytes_max(memory_max / MEMORY_TO_ADDRESS);
    address_rates(limits, &options.changing)
}

/// Web pages of other hosts that are let in.
pub(crate) fn origins(changing: &Changing) -> Origins {
    Origins::new(changing.origin.iter().cloned())
}

/// The names by which browsers may call the server: those of its doors, which are in `named`, those
/// of allowed pages, and those of `--host`.
pub(crate) fn hosts(changing: &Changing, named: &[String]) -> Hosts {
    let pages = changing.origin.iter();
    let pages = pages.filter_map(|origin| Some(origin.split_once("://")?.1.trim_end_matches('/')));
    let pages = pages.filter(|host| !host.is_empty());
    let hosts = changing.host.iter().map(String::as_str);
    Hosts::new(named.iter().map(String::as_str).chain(pages).chain(hosts))
}

/// The proxies that are believed.
pub(crate) fn proxies(changing: &Changing) -> Proxies {
    Proxies::new(changing.trust_proxy.iter().filter_map(|trust| match trust {
        Trust::Network(network) => Some(*network),
        Trust::Nobody => None,
    }))
}

/// Raises the limit of open files as far as possible, and returns the number of clients that it
/// allows.
fn clients_max(wanted: Option<u32>) -> Result<usize, Failure> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        // If it cannot be raised, it is used as it is.
        let _ = setrlimit(Resource::Nofile, raised);
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let allowed = files.saturating_sub(DESCRIPTORS_RESERVED);
    if allowed == 0 {
        return Err(Failure::Descriptors(files));
    }
    let many = clients_of(wanted, files as u64);
    let wanted = wanted.map(|wanted| wanted as usize);
    if let Some(wanted) = wanted.filter(|wanted| *wanted > allowed) {
        log::warn!("the limit of open files allows max_clients={allowed} instead of {wanted}");
    } else if wanted.is_none() && allowed < 1000 {
        log::warn!("the limit of open files allows only max_clients={allowed}; see ulimit -n");
    }
    Ok(many)
}

/// The number of clients if so many are wanted and so many files may be open.
pub(crate) fn clients_of(wanted: Option<u32>, files: u64) -> usize {
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let wanted = wanted.map_or(CLIENTS_MAX, |wanted| wanted as usize);
    wanted.min(files.saturating_sub(DESCRIPTORS_RESERVED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn a_history_whose_lock_is_held_for_a_moment_is_opened_and_one_in_use_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = folder.path().join("chat.db");
        let held = || {
            let lock = File::create(folder.path().join("chat.db-lock")).expect("a file");
            lock.lock_shared().expect("nobody holds it");
            lock
        };
        // Like a command that checks whether a server uses the file.
        let (mut looks, mut pauses) = (Some(held()), 0);
        let opened = open_soon(&db, false, || {
            looks = None;
            pauses += 1;
        });
        assert_eq!((opened.is_ok(), pauses), (true, 1));
        drop(opened);
        let (_server, mut pauses) = (held(), 0);
        let opened = open_soon(&db, false, || pauses += 1);
        assert!(matches!(opened, Err(OpenError::InUse)));
        assert_eq!(pauses, HISTORY_LOCK_TRIES - 1);
    }
}
