//! The world of a process: sockets, signals and the clock.

use super::remote::Hostnames;
use super::signals::Taken;
use super::supervision::Supervision;
use super::{
    Bell, Certificates, Clock, Edge, Listener, Meter, RemoteAddress, Secured, Stream, World,
};
use crate::base::{Now, PeerAddress};
use crate::limits::EVENTS_PER_POLL_MAX;
use mio::event::Event;
use mio::{Events, Interest, Poll, Token};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

const SIGNALS: Token = Token(usize::MAX);
const BELL: Token = Token(usize::MAX - 1);
const LISTENERS_FROM: usize = usize::MAX - 1025;

/// The events of a connection.
#[cfg(target_os = "linux")]
const INTEREST: Interest = Interest::READABLE.add(Interest::WRITABLE).add(Interest::PRIORITY);
#[cfg(not(target_os = "linux"))]
const INTEREST: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// The world of a process, offered by the system.
pub struct System {
    poll: Poll,
    events: Events,
    /// `None` if signals do what they do without a loop.
    signals: Option<Taken>,
    bell: Option<Bell>,
    /// `None` for listeners that are closed already.
    listeners: Vec<Option<Listener>>,
    hosts: Hostnames,
    clock: Clock,
    supervision: Option<Supervision>,
    certificates: Option<Certificates>,
    /// The protocol of each listener above TLS, if it speaks TLS.
    secured: Vec<Option<Secured>>,
    /// The last poll found as many events as it may, so there may be more.
    is_cut: bool,
}

impl System {
    /// A world with these listeners, which are numbered in their order.
    ///
    /// # Errors
    /// If the poll cannot be set up.
    pub fn new(mut listeners: Vec<Listener>) -> io::Result<Self> {
        let poll = Poll::new()?;
        for (number, listener) in listeners.iter_mut().enumerate() {
            let token = Token(LISTENERS_FROM + number);
            poll.registry().register(listener.source(), token, Interest::READABLE)?;
        }
        let listeners = listeners.into_iter().map(Some).collect();
        let events = Events::with_capacity(EVENTS_PER_POLL_MAX);
        let (hosts, clock) = (Hostnames::default(), Clock::default());
        Ok(Self {
            poll,
            events,
            signals: None,
            bell: None,
            listeners,
            hosts,
            clock,
            supervision: None,
            certificates: None,
            secured: Vec::new(),
            is_cut: false,
        })
    }

    /// Takes the process's signals from now on, if they are not taken yet.
    ///
    /// # Errors
    /// If the signal handlers cannot be set up.
    pub fn take_signals(&mut self) -> io::Result<()> {
        if self.signals.is_none() {
            let mut signals = Taken::new()?;
            self.poll.registry().register(signals.source(), SIGNALS, Interest::READABLE)?;
            self.signals = Some(signals);
        }
        Ok(())
    }

    /// Lets other threads wake the loop with `bell`.
    ///
    /// # Errors
    /// If the poll cannot hear it.
    pub fn hang(&mut self, bell: Bell) -> io::Result<()> {
        bell.hang(self.poll.registry(), BELL)?;
        self.bell = Some(bell);
        Ok(())
    }

    /// Lets the listeners speak TLS for which there is something in `secured`, in their order.
    pub fn secure(&mut self, certificates: Certificates, secured: Vec<Option<Secured>>) {
        (self.certificates, self.secured) = (Some(certificates), secured);
    }

    /// Lets a supervisor follow the loop.
    pub fn supervise(&mut self, supervision: Supervision) {
        self.supervision = Some(supervision);
    }

    /// The time at which a turn is due for the world itself; 0 if there may be more events.
    pub fn due_ms(&self) -> Option<u64> {
        let ping_ms = self.supervision.as_ref().and_then(Supervision::due_ms);
        let look_ms = self.certificates.as_ref().map(Certificates::looks_at_ms);
        let now_ms = self.is_cut.then_some(0);
        [ping_ms, look_ms, now_ms].into_iter().flatten().min()
    }

    /// Closes the listeners that stay open elsewhere: from now on newcomers wait for the next
    /// server.
    fn leave_inherited(&mut self) {
        for listener in &mut self.listeners {
            if let Some(open) = listener.as_mut().filter(|it| it.is_inherited()) {
                // The poll knows the socket as long as it is open anywhere (epoll(7)).
                let _ = self.poll.registry().deregister(open.source());
                *listener = None;
            }
        }
    }

    /// Looks up the addresses of a host for later connections, which may take long. They are kept
    /// for as long as this world lasts: there is no later lookup.
    ///
    /// # Errors
    /// If the name has no address, or cannot be looked up.
    pub fn look_up(&mut self, host: &str) -> io::Result<()> {
        self.hosts.look_up(host)
    }

    /// Reads the authorities that may sign the certificate of a host: `authorities`, in PEM, or
    /// else those that the system trusts.
    ///
    /// # Errors
    /// If there are none.
    pub fn trust(&mut self, host: &str, authorities: Option<&[u8]>) -> io::Result<()> {
        self.hosts.trust(host, authorities)
    }
}

impl AsRawFd for System {
    fn as_raw_fd(&self) -> RawFd {
        self.poll.as_raw_fd()
    }
}

impl World for System {
    type Stream = Stream;

    fn poll(&mut self, until_ms: Option<u64>, mut note: impl FnMut(Edge)) -> io::Result<()> {
        let clock = &self.clock;
        let watched = self.supervision.as_mut();
        let ping_ms = watched.and_then(|supervision| supervision.turns(clock.now().ms));
        let look_ms = self.certificates.as_ref().map(Certificates::looks_at_ms);
        let until_ms = [until_ms, ping_ms, look_ms].into_iter().flatten().min();
        let timeout = until_ms.map(|until_ms| match until_ms {
            0 => Duration::ZERO,
            until_ms => Duration::from_millis(until_ms.saturating_sub(self.clock.now().ms)),
        });
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.events.clear(),
            result => result?,
        }
        let mut count = 0;
        for event in &self.events {
            note(edge(event));
            count += 1;
        }
        self.is_cut = count == EVENTS_PER_POLL_MAX;
        if self.bell.as_ref().is_some_and(Bell::is_stopped) {
            note(Edge::Stop);
        }
        Ok(())
    }

    fn now(&mut self) -> Now {
        self.clock.now()
    }

    fn meter(&mut self) -> Meter {
        Meter::clock()
    }

    fn signals(&mut self) -> Vec<i32> {
        let signals = self.signals.as_mut().map(Taken::pending).unwrap_or_default();
        if let Some(supervision) = &mut self.supervision {
            supervision.signalled(&signals);
        }
        signals
    }

    fn ending(&mut self) {
        if let Some(supervision) = &mut self.supervision {
            supervision.ends();
        }
        self.leave_inherited();
    }

    fn listeners(&self) -> usize {
        self.listeners.len()
    }

    fn accept(&mut self, listener: usize) -> io::Result<(Stream, PeerAddress)> {
        let number = listener;
        let Some(Some(listener)) = self.listeners.get(number) else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        let accepted = listener.accept().map_err(|error| match is_passing(&error) {
            true => io::ErrorKind::Interrupted.into(),
            false => error,
        });
        match (&self.certificates, self.secured.get(number)) {
            (Some(certificates), Some(Some(secured))) => {
                let (stream, peer) = accepted?;
                Ok((certificates.accept(stream, secured)?, peer))
            }
            _ => accepted,
        }
    }

    fn certified(&mut self, now: Now, is_asked: bool) -> Option<i64> {
        self.certificates.as_mut()?.look(now, is_asked)
    }

    fn close_listener(&mut self, listener: usize) {
        if let Some(open) = self.listeners.get_mut(listener) {
            *open = None;
        }
    }

    fn connect(&mut self, remote: RemoteAddress) -> io::Result<(Stream, PeerAddress)> {
        self.hosts.connect(remote)
    }

    fn register(&mut self, stream: &mut Stream, index: usize) -> io::Result<()> {
        self.poll.registry().register(stream, Token(index), INTEREST)
    }
}

fn edge(event: &Event) -> Edge {
    match event.token() {
        SIGNALS => Edge::Signal,
        BELL => Edge::Called,
        Token(index) if index >= LISTENERS_FROM => Edge::Listener(index - LISTENERS_FROM),
        Token(index) => {
            let broken = event.is_error();
            Edge::Connection {
                index,
                readable: event.is_readable(),
                writable: event.is_writable() || broken,
                // After urgent data or the peer's end, a short read does not mean that nothing is
                // left.
                read_to_block: event.is_read_closed() || event.is_priority() || broken,
            }
        }
    }
}

/// Whether the next attempt may succeed: the newcomer has gone already, or a signal came.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}
