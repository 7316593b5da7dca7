//! Open doors, and the server behind them.

use super::{DoorAddress, Driver, Listen, ListenError, Server};
use crate::net::{
    BadFile, Certificates, Clock, InheritedListener, ListenAddress, Listener, Reactor, Supervised,
    Supervision, System, World,
};
use crate::record::{Record, Recorder};
use std::io;
use std::net::SocketAddr;

/// Open doors. Connections already queue, and wait for [`Self::serve`].
pub struct Listening {
    system: System,
    /// With the addresses that the system gave.
    listen: Listen,
    record: Option<Record>,
    /// The function to call when everything is ready.
    first: Vec<First>,
}

/// A function that is called before the first client is served.
type First = Box<dyn FnOnce() -> io::Result<()>>;

impl Listening {
    /// Opens all doors.
    ///
    /// # Errors
    /// If the server cannot listen at an address (the first such one is returned), or the poll
    /// cannot be set up.
    pub fn open(listen: &Listen) -> Result<Self, ListenError> {
        Self::open_inheriting(listen, Vec::new())
    }

    /// Opens all doors. An address at which one of `inherited` listens already gets that listener.
    ///
    /// When such a server is told to end, it leaves these listeners at once, before anybody is told
    /// of it. The program that opened them keeps them open, so that newcomers wait for the next
    /// server, instead of being refused.
    ///
    /// ```
    /// use mio_socketio::{InheritedListener, Listen, Listening};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // In a real program: from systemd, by a crate such as `listenfd`.
    /// let inherited = InheritedListener::Tcp(std::net::TcpListener::bind("127.0.0.1:0")?);
    /// let listen = Listen::default().http(vec![inherited.address()?]);
    /// let listening = Listening::open_inheriting(&listen, vec![inherited])?;
    /// # let _ = listening;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::open`]; and if one of `inherited` does not listen, or listens at an address that
    /// is not among those of `listen`.
    pub fn open_inheriting(
        listen: &Listen,
        inherited: Vec<InheritedListener>,
    ) -> Result<Self, ListenError> {
        let certificates = certificates(listen)?;
        let mut inherited = with_addresses(inherited)?;
        let mut listeners = Vec::new();
        let mut open = |addresses: &[ListenAddress]| {
            let mut real = Vec::new();
            for address in addresses {
                let failed = |error| ListenError::Address(address.clone(), error);
                // If IPv4 has an address of its own, the address for all of IPv6 does not take IPv4
                // as well.
                let port = address.tcp().map(|address| address.port());
                let rival = |other: SocketAddr| other.is_ipv4() && Some(other.port()) == port;
                let v6_only = addresses.iter().filter_map(ListenAddress::tcp).any(rival);
                let at = inherited.iter().position(|(its, _)| its == address);
                let listener = match at.map(|at| inherited.swap_remove(at)) {
                    Some((_, inherited)) => Listener::adopt(inherited, listen.user_of),
                    None => Listener::open(address, v6_only, listen.user_of),
                };
                let listener = listener.map_err(failed)?;
                real.push(listener.address().map_err(failed)?);
                listeners.push(listener);
            }
            Ok(real)
        };
        let addresses = open(&listen.addresses)?;
        let tls = open(&listen.tls)?;
        let mut doors: Vec<DoorAddress> = listen.own_doors().cloned().collect();
        let own: Vec<ListenAddress> = doors.iter().map(|door| door.address.clone()).collect();
        for (door, real) in doors.iter_mut().zip(open(&own)?) {
            door.address = real;
        }
        let http = open(&listen.http)?;
        let https = open(&listen.https)?;
        let operators = open(&listen.operators)?;
        if let Some((address, _)) = inherited.pop() {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "it is no door's address");
            return Err(ListenError::Address(address, error));
        }
        let listen = Listen { addresses, tls, doors, http, https, operators, ..listen.clone() };
        let mut system = System::new(listeners).map_err(ListenError::Loop)?;
        if let Some(certificates) = certificates {
            system.secure(certificates, listen.secured());
        }
        Ok(Self { system, listen, record: None, first: Vec::new() })
    }

    /// The settings that it was opened with, with the ports that the system chose.
    pub const fn listen(&self) -> &Listen {
        &self.listen
    }

    /// The addresses of the line door, with the ports that the system chose.
    pub fn addresses(&self) -> &[ListenAddress] {
        &self.listen.addresses
    }

    /// The addresses of the HTTP door, with the ports that the system chose.
    pub fn http(&self) -> &[ListenAddress] {
        &self.listen.http
    }

    /// The addresses of the line door over TLS, with the ports that the system chose.
    pub fn tls(&self) -> &[ListenAddress] {
        &self.listen.tls
    }

    /// The addresses of the HTTP door over TLS, with the ports that the system chose.
    pub fn https(&self) -> &[ListenAddress] {
        &self.listen.https
    }

    /// The addresses of the operators' door, with the ports that the system chose.
    pub fn operators(&self) -> &[ListenAddress] {
        &self.listen.operators
    }

    /// Records everything that happens from now on.
    pub fn record(&mut self, record: Record) {
        self.record = Some(record);
    }

    /// Lets a supervisor follow the loop: `tell` is called when it begins to serve, deals with
    /// SIGHUP, and is told to end. If there is an `every_ms`, the loop turns at least every
    /// `every_ms` milliseconds, and `tell` hears of a turn as often, but not while the loop is
    /// stuck: that is what a watchdog needs. `tell` is called from the loop and must not block.
    pub fn supervise(&mut self, every_ms: Option<u64>, tell: impl FnMut(Supervised) + 'static) {
        self.system.supervise(Supervision::new(every_ms, tell));
    }

    /// Adds something to do before the first client is served, when all doors are open and all
    /// hosts of links have been looked up: from then on the server opens nothing by itself, so here
    /// a process gives up the rights that it no longer needs. If `act` fails, [`Self::serve`] does.
    pub fn before_serving(&mut self, act: impl FnOnce() -> io::Result<()> + 'static) {
        self.first.push(Box::new(act));
    }

    /// Takes the signals of the process from now on, so that one that comes before
    /// [`Self::serve_until_signal`] waits for the loop. SIGINT and SIGTERM make the server end.
    /// SIGHUP makes it read the certificate again and call
    /// [`Builder::on_hangup`](super::Builder::on_hangup). SIGUSR1, SIGUSR2 and SIGXFSZ are ignored.
    /// When the server has ended, or was never served, signals do what they did before, except
    /// SIGXFSZ: the application may still write more than a disk can take, and must not be killed
    /// for it.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::{Listen, Listening, Server};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut listening = Listening::open(&Listen::default().http(vec!["127.0.0.1:0".parse()?]))?;
    /// listening.take_signals()?;
    /// // What is read here may take long, and a signal meanwhile is not lost.
    /// let server = Server::new(String::from("state"), |server| server.on_start(|cx| cx.stop()));
    /// assert_eq!(listening.serve(server)?, "state");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the signal handlers cannot be set up.
    pub fn take_signals(&mut self) -> io::Result<()> {
        self.system.take_signals()
    }

    /// Like [`Self::serve`], and also takes the signals of the process, as [`Self::take_signals`]
    /// does: SIGINT and SIGTERM end it too. For a program that does nothing else.
    ///
    /// # Errors
    /// Those of [`Self::serve`] and of [`Self::take_signals`]; and if a second SIGINT or SIGTERM
    /// came before the end.
    pub fn serve_until_signal<S>(mut self, server: Server<S>) -> io::Result<S> {
        self.take_signals()?;
        self.serve(server)
    }

    /// Serves until a handler calls [`Context::stop`](super::Context::stop), or another thread
    /// [`Remote::stop`](super::Remote::stop). Then it takes no more clients, tells everybody, and
    /// returns the application's state when all output is written, within 5 s. The last handlers to
    /// run are those for the clients' departure, then
    /// [`Builder::on_shutdown`](super::Builder::on_shutdown). The process's signals are left alone.
    ///
    /// # Errors
    /// If the server has no door of a name in [`Listen::doors`], the host of a link has no address,
    /// or its authorities cannot be read, something to be done before fails, or the loop fails.
    pub fn serve<S>(self, mut server: Server<S>) -> io::Result<S> {
        let (system, listen, record) = self.prepare(&server)?;
        let Some(record) = record else { return run(listen, system, server) };
        server.core.calls.end();
        server.record(&record);
        let state = run(listen, Recorder::new(system, &record), server)?;
        record.finish();
        Ok(state)
    }

    /// Serves in a loop of the application's: the [`Driver`] makes one turn whenever it is told to.
    ///
    /// # Errors
    /// Those of [`Self::serve`] that come before the loop; and if the run should be recorded, which
    /// only [`Self::serve`] can do.
    pub fn drive<S>(self, mut server: Server<S>) -> io::Result<Driver<S>> {
        let (system, listen, record) = self.prepare(&server)?;
        if record.is_some() {
            let text = "a loop of the application's is not recorded";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        server.set_listen(listen);
        server.warn_of_long_messages();
        Ok(Driver::new(Reactor::new(system), server))
    }

    /// Gets ready for the loop.
    fn prepare<S>(self, server: &Server<S>) -> io::Result<(System, Listen, Option<Record>)> {
        let Self { mut system, listen, record, first } = self;
        if let Some(name) = server.core.unknown_door(&listen) {
            return Err(io::Error::other(format!("the server has no door called {name}")));
        }
        system.hang(server.core.calls.bell.clone())?;
        for host in server.core.links.hosts() {
            let failed = |error| io::Error::other(format!("cannot look up {host}: {error}"));
            system.look_up(host).map_err(failed)?;
        }
        for (host, authorities) in server.core.links.secure_hosts() {
            system.trust(host, authorities)?;
        }
        for act in first {
            act()?;
        }
        Ok((system, listen, record))
    }
}

/// Reads the certificate, if there is an address for TLS.
fn certificates(listen: &Listen) -> Result<Option<Certificates>, ListenError> {
    let own = listen.doors.iter().filter(|door| door.is_secure).map(|door| &door.address);
    let mut secure = listen.tls.iter().chain(own).chain(&listen.https).peekable();
    if secure.peek().is_none() {
        return Ok(None);
    }
    if let Some(address) = secure.find(|address| address.tcp().is_none()) {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "TLS is not spoken there");
        return Err(ListenError::Address(address.clone(), error));
    }
    let files = listen.certificate.as_ref().ok_or(ListenError::NoCertificate)?;
    let unix_s = i64::try_from(Clock::default().now().unix_ms / 1_000).unwrap_or(i64::MAX);
    let opened = Certificates::open(files, unix_s);
    let failed = |BadFile { path, why }| ListenError::Certificate(path, why);
    opened.map(Some).map_err(failed)
}

fn with_addresses(
    inherited: Vec<InheritedListener>,
) -> Result<Vec<(ListenAddress, InheritedListener)>, ListenError> {
    let known = |it: InheritedListener| it.address().map(|address| (address, it));
    inherited.into_iter().map(known).collect::<io::Result<_>>().map_err(ListenError::Inherited)
}

/// Runs a server in a world whose listeners are those of `listen`.
pub(super) fn run<S>(listen: Listen, world: impl World, mut server: Server<S>) -> io::Result<S> {
    server.set_listen(listen);
    server.warn_of_long_messages();
    Reactor::new(world).run(&mut server)?;
    Ok(server.state)
}
