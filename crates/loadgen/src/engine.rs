//! The poll loop: waits, reads input, sends the messages that are due.

use std::io;
use std::time::Duration;

use mio::event::Event;
use mio::{Events, Poll};
use mio_wire::tls::TlsClient;
use rustix::event::{PollFd, PollFlags, Timespec};

use crate::clock::{Clock, nanos};
use crate::connection::{Connection, Outcome, Role, Stage};
use crate::extras::Extras;
use crate::failure::Failure;
use crate::ledger::Ledger;
use crate::payload::Stamp;
use crate::progress::Progress;
use crate::signals::Signals;

/// Events taken at once; more only make the first of them wait longer.
const EVENTS: usize = 1024;

/// The buffer all connections share for reading; large, so that one call empties a socket.
const BUFFER: usize = 256 * 1024;

/// The longest line put together from several reads; the server's own limit is far below.
const LONGEST_LINE: usize = 64 * 1024;

/// Reads of one connection before the others have their turn.
const READS_PER_TURN: usize = 8;

/// Unsent bytes of a connection above which it asks for no more messages.
const OUT_LIMIT: usize = 64 * 1024;

/// The longest wait of a turn in which nothing happens, so that signals and progress are noticed.
const HEARTBEAT: u64 = nanos(Duration::from_millis(200));

/// The time before a message is due in which the loop no longer sleeps, because waking takes about
/// as long.
const SPIN: u64 = nanos(Duration::from_micros(100));

/// The loop's counts besides messages.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Handshakes which are complete.
    pub(crate) opened: usize,
    /// Reads by clients which returned something.
    pub(crate) reads: u64,
    /// Nanoseconds spent waiting.
    pub(crate) idle: u64,
    /// Clients closed by the server.
    pub(crate) disconnected: u64,
    /// Stalled connections closed by the server.
    pub(crate) stalled_closed: u64,
    /// Trickling and flooding connections closed by the server.
    pub(crate) extras_closed: u64,
}

/// All connections and what happens on them.
pub(crate) struct Engine {
    pub(crate) clock: Clock,
    pub(crate) poll: Poll,
    events: Events,
    /// The clients first, in the order of the ledger.
    pub(crate) connections: Vec<Connection>,
    pub(crate) ledger: Ledger,
    pub(crate) tally: Tally,
    pub(crate) extras: Extras,
    pub(crate) progress: Progress,
    pub(crate) buffer: Vec<u8>,
    /// The trusted authorities, and the name of the server, if TLS is spoken.
    pub(crate) trusts: Option<(TlsClient, String)>,
    /// A client's immediate reply; empty in between.
    answer: Vec<u8>,
    /// Connections which were not finished when their turn ended.
    again: Vec<usize>,
    signals: Signals,
}

impl Engine {
    /// An engine without connections.
    pub(crate) fn new(ledger: Ledger, signals: Signals) -> io::Result<Self> {
        Ok(Self {
            clock: Clock::start(),
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            connections: Vec::new(),
            ledger,
            tally: Tally::default(),
            extras: Extras::default(),
            progress: Progress::new(),
            buffer: vec![0; BUFFER],
            trusts: None,
            answer: Vec::new(),
            again: Vec::new(),
            signals,
        })
    }

    /// Handles the next event, or returns when `until` is reached without one.
    pub(crate) fn turn(&mut self, until: u64) -> Result<(), Failure> {
        self.signals.check()?;
        self.wait(until)?;
        let again = std::mem::take(&mut self.again);
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            self.handle(event)?;
        }
        self.events = events;
        for index in again {
            self.connections[index].queued = false;
            self.resume(index);
        }
        let now = self.clock.now();
        self.ledger.flow.advance(now);
        while let Some(sender) = self.ledger.flow.next_ready() {
            self.feed(sender);
        }
        self.trickle(now);
        Ok(())
    }

    /// Waits for events, at most until then.
    fn wait(&mut self, until: u64) -> io::Result<()> {
        self.look()?;
        let began = self.clock.now();
        if !self.events.is_empty() || !self.again.is_empty() {
            return Ok(());
        }
        let due = self.ledger.flow.next_due().unwrap_or(u64::MAX);
        let wake = until.min(began + HEARTBEAT).min(self.extras.next_drop());
        let mut now = began;
        while self.events.is_empty() && now < wake.min(due) {
            let sleep = (wake - now).min(due.saturating_sub(now + SPIN));
            if sleep > 0 && self.sleep(sleep)? {
                break;
            }
            self.look()?;
            now = self.clock.now();
        }
        self.tally.idle += self.clock.now() - began;
        Ok(())
    }

    /// Collects events without waiting.
    fn look(&mut self) -> io::Result<()> {
        match self.poll.poll(&mut self.events, Some(Duration::ZERO)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    /// Sleeps until there are events, but no longer; says whether a signal interrupted it.
    ///
    /// This asks about the poll itself because its own timeout is in whole milliseconds, which
    /// is too coarse for a schedule.
    fn sleep(&self, span: u64) -> io::Result<bool> {
        let timeout = Timespec::try_from(Duration::from_nanos(span)).map_err(io::Error::other)?;
        let mut polls = [PollFd::new(self.poll.registry(), PollFlags::IN)];
        match rustix::event::poll(&mut polls, Some(&timeout)) {
            Ok(_) => Ok(false),
            Err(rustix::io::Errno::INTR) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Handles what happened to one connection.
    fn handle(&mut self, event: &Event) -> Result<(), Failure> {
        let index = event.token().0;
        if !matches!(self.connections[index].stage, Stage::Open) && !self.admit(index)? {
            return Ok(());
        }
        let closing = event.is_read_closed() || event.is_error();
        let readable = event.is_readable() || closing;
        match self.connections[index].role {
            Role::Client => {
                if readable {
                    self.receive(index, closing);
                }
                if event.is_writable() && self.connections[index].blocked {
                    self.feed(index);
                }
            }
            Role::Stalled if closing => self.close(index),
            Role::Stalled => {}
            Role::Trickle | Role::Flood if readable => self.discard(index),
            Role::Trickle | Role::Flood => {}
        }
        if event.is_writable() && self.connections[index].role == Role::Flood {
            self.flood(index);
        }
        Ok(())
    }

    /// Goes on with a connection which had to let others have their turn.
    fn resume(&mut self, index: usize) {
        match self.connections[index].role {
            // It may have been closed in the meantime, so it must be read to the end.
            Role::Client => self.receive(index, true),
            Role::Trickle | Role::Stalled => {}
            Role::Flood => self.flood(index),
        }
    }

    /// Gives a connection another turn without a new event.
    pub(crate) fn queue(&mut self, index: usize) {
        if !self.connections[index].queued {
            self.connections[index].queued = true;
            self.again.push(index);
        }
    }

    /// Reads and accounts for the input; `closing` if the end of the stream may be in it.
    fn receive(&mut self, index: usize, closing: bool) {
        for _ in 0..READS_PER_TURN {
            let connection = &mut self.connections[index];
            let closing = closing || connection.is_secure();
            let held = connection.carry.len();
            self.buffer[..held].copy_from_slice(&connection.carry);
            let count = match connection.read(&mut self.buffer[held..]) {
                Outcome::Bytes(count) => count,
                Outcome::Blocked => return,
                Outcome::Closed => return self.close(index),
            };
            self.tally.reads += 1;
            self.account(index, held + count);
            // A stream socket which fills only part of the buffer is empty.
            if held + count < self.buffer.len() && !closing {
                return;
            }
        }
        self.queue(index);
    }

    /// Accounts for a client's input in the first `filled` bytes of the buffer.
    pub(crate) fn account(&mut self, index: usize, filled: usize) {
        let connection = &mut self.connections[index];
        let bytes = &self.buffer[..filled];
        let now = self.clock.now();
        let used = self.ledger.receive(index, bytes, now, &mut self.answer);
        connection.carry.clear();
        connection.carry.extend_from_slice(&bytes[used..]);
        if connection.carry.len() > LONGEST_LINE {
            connection.carry.clear();
            self.ledger.tracker.counts.corrupt += 1;
        }
        if !self.answer.is_empty() {
            connection.out.append(&mut self.answer);
            self.flush(index);
        }
    }

    /// Sends a client's messages, as far as the socket takes them.
    fn feed(&mut self, index: usize) {
        let now = self.clock.now();
        let connection = &mut self.connections[index];
        let ledger = &mut self.ledger;
        loop {
            let mut out = std::mem::take(&mut connection.out);
            while out.len() < OUT_LIMIT
                && let Some(stamp) = ledger.flow.take(index, now)
            {
                ledger.write(stamp, &mut out);
            }
            connection.out = out;
            if connection.out.is_empty() {
                return;
            }
            match connection.flush() {
                Outcome::Bytes(_) => {}
                Outcome::Blocked => return,
                Outcome::Closed => return self.close(index),
            }
        }
    }

    /// Sends a message outside the flow.
    pub(crate) fn send(&mut self, index: usize, stamp: Stamp) {
        self.ledger.write(stamp, &mut self.connections[index].out);
        self.flush(index);
    }

    /// Sends the unsent bytes, as far as the socket takes them.
    fn flush(&mut self, index: usize) {
        if self.connections[index].flush() == Outcome::Closed {
            self.close(index);
        }
    }

    /// Closes a connection which the server has closed, and accounts for it.
    pub(crate) fn close(&mut self, index: usize) {
        if !self.connections[index].is_alive() {
            return;
        }
        self.connections[index].close();
        match self.connections[index].role {
            Role::Client => {
                self.tally.disconnected += 1;
                self.ledger.lose(index);
            }
            Role::Stalled => self.tally.stalled_closed += 1,
            Role::Trickle | Role::Flood => self.tally.extras_closed += 1,
        }
    }
}
