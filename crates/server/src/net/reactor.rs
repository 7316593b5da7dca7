//! The loop: one poll, its listeners, signals and connections.

use super::{Connections, Edge, Phase, RemoteAddress, Service, System, Turn, World};
use crate::base::{Now, PeerAddress};
use crate::limits::{
    ACCEPT_LOG_MS, ACCEPT_RETRY_MS, ACCEPTS_PER_TURN_MAX, SHUTDOWN_MS, TURN_LOGGED_MS,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::{self, Write};
use std::os::fd::{AsRawFd as _, RawFd};

/// The log's word for an end that no signal has brought.
const BY_APPLICATION: &str = "by=application";

/// The loop.
pub struct Reactor<W: World> {
    world: W,
    /// `None` for listeners that are closed already.
    listeners: Vec<Option<Accepting>>,
    connections: Connections<W::Stream>,
    /// When the process ends at the latest, after it was asked to.
    stops_at_ms: Option<u64>,
    has_begun: bool,
}

impl Reactor<System> {
    /// The descriptor of the poll.
    pub fn raw_fd(&self) -> RawFd {
        self.world.as_raw_fd()
    }
}

/// The state of an open listener.
#[derive(Debug, Default)]
struct Accepting {
    /// There may be more to accept: an edge came, or the budget of a turn was used up.
    ready: bool,
    /// Until when accepting is useless, because the process has no descriptor left.
    blocked_until_ms: Option<u64>,
    logged_ms: Option<u64>,
}

impl<W: World> Reactor<W> {
    /// A loop in a world.
    pub fn new(mut world: W) -> Self {
        let listeners = (0..world.listeners()).map(|_| Some(Accepting::default())).collect();
        let connections = Connections::new(world.meter());
        Self { world, listeners, connections, stops_at_ms: None, has_begun: false }
    }

    /// Runs until it is told to end: by a signal, another thread, or the service.
    ///
    /// # Errors
    /// If the poll fails, or a second signal comes before everything is flushed.
    pub fn run(&mut self, service: &mut impl Service) -> io::Result<()> {
        while !self.is_over(service) {
            self.turn(service)?;
        }
        Ok(())
    }

    /// Whether the loop was told to end, and has nothing left to do or no time for it.
    pub fn is_over(&mut self, service: &mut impl Service) -> bool {
        let Some(at_ms) = self.stops_at_ms else { return false };
        self.close_listeners(service);
        let is_done = self.connections.is_empty() && self.listeners.iter().all(Option::is_none);
        is_done || self.world.now().ms >= at_ms
    }

    /// One turn: poll, accept, and the connections' phases.
    ///
    /// # Errors
    /// If the poll fails, or a second signal has come.
    pub fn turn(&mut self, service: &mut impl Service) -> io::Result<()> {
        let until_ms = self.until_ms(service);
        self.turn_until(service, until_ms)
    }

    /// One turn, which waits for an event until this time at most.
    ///
    /// # Errors
    /// Those of [`Self::turn`].
    pub fn turn_until(
        &mut self,
        service: &mut impl Service,
        until_ms: Option<u64>,
    ) -> io::Result<()> {
        let (mut signalled, mut called, mut stops) = (false, false, false);
        let Self { world, listeners, connections, .. } = self;
        world.poll(until_ms, |edge| match edge {
            Edge::Signal => signalled = true,
            Edge::Called => called = true,
            Edge::Stop => stops = true,
            Edge::Listener(listener) => {
                if let Some(Some(accepting)) = listeners.get_mut(listener) {
                    accepting.ready = true;
                }
            }
            Edge::Connection { index, readable, writable, read_to_block } => {
                connections.ready(index, readable, writable, read_to_block);
            }
        })?;
        let now = self.world.now();
        self.connections.budget().begin(Phase::Accept);
        if !std::mem::replace(&mut self.has_begun, true) {
            self.connections.start(service, now);
        }
        if signalled {
            self.signalled(service, now)?;
        }
        if called {
            self.connections.call(service, now);
        }
        if stops {
            self.stop(service, now, BY_APPLICATION);
        }
        if let Some(ends_unix_s) = self.world.certified(now, false) {
            service.certified(ends_unix_s);
        }
        for listener in 0..self.listeners.len() {
            self.accept(service, now, listener);
        }
        self.connections.turn(service, now);
        for (number, remote) in self.connections.take_remotes() {
            self.connect(service, now, number, remote);
        }
        if service.wants_to_stop() {
            self.stop(service, now, BY_APPLICATION);
        }
        self.log_if_slow();
        Ok(())
    }

    /// Begins an outgoing connection.
    fn connect(
        &mut self,
        service: &mut impl Service,
        now: Now,
        number: usize,
        remote: RemoteAddress,
    ) {
        let stream = self.world.connect(remote).and_then(|(mut stream, _)| {
            self.world.register(&mut stream, self.connections.next_index())?;
            Ok(stream)
        });
        self.connections.begin(service, now, number, stream);
    }

    /// Logs the reason for a turn that took so long that people notice.
    fn log_if_slow(&mut self) {
        let clients = self.connections.len();
        let budget = self.connections.budget();
        let turn_ms = budget.taken().map(|(_, us)| us).sum::<u64>() / 1_000;
        if turn_ms < TURN_LOGGED_MS {
            return;
        }
        let Some((phase, us)) = budget.taken().max_by_key(|(_, us)| *us) else { return };
        let (longest, phase, phase_ms) = (budget.longest(), phase.as_str(), us / 1_000);
        let (what, in_phase, longest_ms) =
            (longest.what, longest.phase.as_str(), longest.us / 1_000);
        log::warn!(
            "slow turn ms={turn_ms} phase={phase} phase_ms={phase_ms} longest=\"{what}\" \
             longest_phase={in_phase} longest_ms={longest_ms} connections={clients}"
        );
    }

    /// The time until which there is nothing to do without an edge; 0 if there is something.
    pub fn until_ms(&self, service: &impl Service) -> Option<u64> {
        let accepting = |it: &Accepting| it.ready && it.blocked_until_ms.is_none();
        let is_new = !self.has_begun;
        if is_new
            || self.connections.is_unfinished()
            || self.listeners.iter().flatten().any(accepting)
        {
            return Some(0);
        }
        let retries = self.listeners.iter().flatten().filter_map(|it| it.blocked_until_ms);
        let next_ms = [
            service.next_deadline_ms(),
            self.connections.next_deadline_ms(),
            self.stops_at_ms,
            retries.min(),
        ];
        next_ms.into_iter().flatten().min()
    }

    fn signalled(&mut self, service: &mut impl Service, now: Now) -> io::Result<()> {
        let signals = self.world.signals();
        if signals.contains(&SIGHUP) {
            if let Some(ends_unix_s) = self.world.certified(now, true) {
                service.certified(ends_unix_s);
            }
            self.connections.hang_up(service, now);
        }
        let ends = signals.into_iter().filter(|signal| [SIGINT, SIGTERM].contains(signal));
        for signal in ends {
            if self.stops_at_ms.is_some() {
                let text = "a second signal came before everyone had been told";
                return Err(io::Error::new(io::ErrorKind::Interrupted, text));
            }
            self.stop(service, now, &format!("signal={signal}"));
        }
        Ok(())
    }

    /// Tells the service to end, as a signal does.
    pub fn end(&mut self, service: &mut impl Service) {
        let now = self.world.now();
        self.stop(service, now, BY_APPLICATION);
    }

    /// Does something with the service between two turns.
    pub fn act<R>(&mut self, act: impl FnOnce(&mut Turn<'_>) -> R) -> R {
        let now = self.world.now();
        self.connections.act(now, act)
    }

    /// The world.
    pub const fn world(&mut self) -> &mut W {
        &mut self.world
    }

    /// Begins to end, unless it has begun already.
    fn stop(&mut self, service: &mut impl Service, now: Now, by: &str) {
        if self.stops_at_ms.is_some() {
            return;
        }
        log::info!("stopping {by} clients={}", self.connections.len());
        self.stops_at_ms = Some(now.ms + SHUTDOWN_MS);
        self.world.ending();
        self.connections.stop(service, now);
        self.close_listeners(service);
    }

    /// Drops the listeners at which no client is expected any more, so that newcomers are refused.
    fn close_listeners(&mut self, service: &impl Service) {
        for (at, listener) in self.listeners.iter_mut().enumerate() {
            if !service.awaits(at) {
                *listener = None;
                self.world.close_listener(at);
            }
        }
    }

    fn accept(&mut self, service: &mut impl Service, now: Now, listener: usize) {
        let Some(Some(accepting)) = self.listeners.get_mut(listener) else { return };
        if !accepting.ready || accepting.blocked_until_ms.is_some_and(|until_ms| until_ms > now.ms)
        {
            return;
        }
        accepting.blocked_until_ms = None;
        for _ in 0..ACCEPTS_PER_TURN_MAX {
            let accepted = self.world.accept(listener);
            let Some(Some(accepting)) = self.listeners.get_mut(listener) else { return };
            match accepted {
                Ok((stream, address)) => {
                    self.admit(service, now, listener, stream, address);
                    if self.connections.budget().is_over() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    accepting.ready = false;
                    return;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) => return accepting.block(&error, now),
            }
        }
    }

    fn admit(
        &mut self,
        service: &mut impl Service,
        now: Now,
        listener: usize,
        mut stream: W::Stream,
        address: PeerAddress,
    ) {
        let listener = match self.connections.admit(service, now, listener, address) {
            Ok(listener) => listener,
            // The socket is new: its buffer takes one line, and the rest would be no loss.
            Err(told) => return drop(stream.write(&told)),
        };
        match self.world.register(&mut stream, self.connections.next_index()) {
            Ok(()) => {
                self.connections.open(service, now, stream, listener, address);
            }
            Err(error) => log::warn!("refused reason=reset ip={address} error=\"{error}\""),
        }
    }
}

impl Accepting {
    /// There is no descriptor or memory for the next newcomer, who keeps waiting. No edge will tell
    /// when there is, so a timer does.
    fn block(&mut self, error: &io::Error, now: Now) {
        self.blocked_until_ms = Some(now.ms + ACCEPT_RETRY_MS);
        if self.logged_ms.is_none_or(|logged_ms| now.ms >= logged_ms + ACCEPT_LOG_MS) {
            self.logged_ms = Some(now.ms);
            log::warn!("cannot accept error=\"{error}\" retry_ms={ACCEPT_RETRY_MS}");
        }
    }
}
