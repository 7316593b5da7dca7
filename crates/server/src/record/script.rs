//! Reading a record: each question of the loop is answered by the next event.

use super::block::{Blocks, Next};
use super::difference::{Difference, Step, What};
use super::event::{Event, Failed};
use crate::base::{CloseReason, Now, PeerAddress};
use crate::limits::RECORD_SHOWN_BYTES;
use crate::net::Edge;
use std::io::{self, IoSlice};

/// The reason why there are no more answers.
#[derive(Debug)]
pub(super) enum Over {
    /// The record ends before the server did: its writer was killed.
    Cut,
    /// From this byte on, the file is damaged.
    Damaged(u64),
    /// It cannot be read.
    Unread(io::Error),
    /// The replay differs.
    Differs(Difference),
}

/// A connection of the record.
#[derive(Debug)]
struct Played {
    peer: PeerAddress,
    /// Bytes sent to it so far.
    sent: u64,
}

/// The rest of a record. After its end nothing comes, nothing is taken and no time passes.
pub(super) struct Script {
    blocks: Blocks,
    block: Vec<u8>,
    /// The bytes of the block that have been read.
    at: usize,
    over: Option<Over>,
    /// Turns so far.
    turn: u64,
    connections: Vec<Played>,
    now: Now,
    work_us: u64,
    /// Number of made-up ids.
    made_up: u64,
}

impl Script {
    pub(super) const fn new(blocks: Blocks) -> Self {
        Self {
            blocks,
            block: Vec::new(),
            at: 0,
            over: None,
            turn: 0,
            connections: Vec::new(),
            now: Now { ms: 0, unix_ms: 0 },
            work_us: 0,
            made_up: 0,
        }
    }

    /// Turns, connections and bytes sent so far.
    pub(super) fn counts(&self) -> (u64, u64, u64) {
        let bytes = self.connections.iter().map(|connection| connection.sent).sum();
        (self.turn, self.connections.len() as u64, bytes)
    }

    /// Notes that the loop has ended. Returns the reason if it should not have.
    pub(super) fn finish(&mut self) -> Option<Over> {
        self.take(Step("finish", None), |event| (*event == Event::Finish).then_some(()));
        self.over.take()
    }

    /// Whether the block, or the next one, has something left.
    fn is_filled(&mut self) -> bool {
        while self.at >= self.block.len() && self.over.is_none() {
            match self.blocks.next() {
                Ok(Next::Block(block)) => (self.block, self.at) = (block, 0),
                Ok(Next::End | Next::Cut) => self.over = Some(Over::Cut),
                Ok(Next::Damaged(at)) => self.over = Some(Over::Damaged(at)),
                Err(error) => self.over = Some(Over::Unread(error)),
            }
        }
        self.over.is_none()
    }

    /// The next event, if it is the one that the loop asks for; otherwise the record is over.
    fn take<T>(
        &mut self,
        replayed: Step,
        answer: impl FnOnce(&Event<'_>) -> Option<T>,
    ) -> Option<T> {
        if !self.is_filled() {
            return None;
        }
        let mut rest = &self.block[self.at..];
        let Some(event) = Event::read(&mut rest) else {
            self.over = Some(Over::Damaged(self.blocks.at()));
            return None;
        };
        let answer = answer(&event);
        if answer.is_some() {
            self.at = self.block.len() - rest.len();
        } else {
            let recorded = Step(event.name(), event.connection());
            self.over = Some(self.differs(What::Steps { recorded, replayed }));
        }
        answer
    }

    const fn differs(&self, what: What) -> Over {
        Over::Differs(Difference { turn: self.turn, what })
    }

    /// Begins a turn: the edges that its poll found.
    pub(super) fn turn(&mut self) -> io::Result<Vec<Edge>> {
        let over = || io::Error::other("the record is over");
        let is_turn = |event: &Event<'_>| (*event == Event::Turn).then_some(());
        self.take(Step("turn", None), is_turn).ok_or_else(over)?;
        self.turn += 1;
        let mut edges = Vec::new();
        while self.is_filled()
            && let mut rest = &self.block[self.at..]
            && let Some(Event::Edge(edge)) = Event::read(&mut rest)
        {
            edges.push(edge);
            self.at = self.block.len() - rest.len();
        }
        Ok(edges)
    }

    pub(super) fn now(&mut self) -> Now {
        let answer = |event: &Event<'_>| match event {
            Event::Now(now) => Some(*now),
            _ => None,
        };
        self.now = self.take(Step("clock", None), answer).unwrap_or(self.now);
        self.now
    }

    pub(super) fn work_us(&mut self) -> u64 {
        let answer = |event: &Event<'_>| match event {
            Event::Work(us) => Some(*us),
            _ => None,
        };
        self.work_us = self.take(Step("meter", None), answer).unwrap_or(self.work_us);
        self.work_us
    }

    pub(super) fn signals(&mut self) -> Vec<i32> {
        let answer = |event: &Event<'_>| match event {
            Event::Signals(signals) => Some(*signals),
            _ => None,
        };
        let signals = self.take(Step("signals", None), answer).unwrap_or_default();
        (1..=64).filter(|signal| signals >> (signal - 1) & 1 == 1).collect()
    }

    /// The peer of an accepted connection, and the connection's number.
    pub(super) fn accept(&mut self) -> io::Result<(u64, PeerAddress)> {
        let answer = |event: &Event<'_>| match event {
            Event::Accepted(accepted) => Some(*accepted),
            _ => None,
        };
        let accepted = self.take(Step("accept", None), answer).unwrap_or(Err(Failed::Blocked));
        self.play(accepted)
    }

    /// The address of an outgoing connection, and its number.
    pub(super) fn connect(&mut self) -> io::Result<(u64, PeerAddress)> {
        let answer = |event: &Event<'_>| match event {
            Event::Connecting(begun) => Some(*begun),
            _ => None,
        };
        let begun = self.take(Step("connect", None), answer).unwrap_or(Err(Failed::Blocked));
        self.play(begun)
    }

    fn play(&mut self, found: Result<PeerAddress, Failed>) -> io::Result<(u64, PeerAddress)> {
        let peer = found.map_err(Failed::error)?;
        self.connections.push(Played { peer, sent: 0 });
        Ok((self.connections.len() as u64, peer))
    }

    /// The result of a stream's own work.
    pub(super) fn advance(&mut self, connection: u64) -> io::Result<()> {
        let answer = |event: &Event<'_>| match event {
            Event::Advanced(other, done) if *other == connection => Some(*done),
            _ => None,
        };
        let done = self.take(Step("advance", Some(connection)), answer);
        done.unwrap_or(Err(Failed::Blocked)).map_err(Failed::error)
    }

    pub(super) fn register(&mut self) -> io::Result<()> {
        let answer = |event: &Event<'_>| match event {
            Event::Registered(done) => Some(*done),
            _ => None,
        };
        match self.take(Step("register", None), answer).unwrap_or(true) {
            true => Ok(()),
            false => Err(Failed::Broken.error()),
        }
    }

    pub(super) fn read(&mut self, connection: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let answer = |event: &Event<'_>| match event {
            Event::Read(other, Ok(bytes)) if *other == connection => {
                let taken = buffer.get_mut(..bytes.len())?;
                taken.copy_from_slice(bytes);
                Some(Ok(bytes.len()))
            }
            Event::Read(other, Err(failed)) if *other == connection => Some(Err(*failed)),
            _ => None,
        };
        let read = self.take(Step("read", Some(connection)), answer);
        read.unwrap_or(Err(Failed::Blocked)).map_err(Failed::error)
    }

    /// Compares the bytes sent to a connection with the recorded ones.
    pub(super) fn write(&mut self, connection: u64, offered: &[IoSlice<'_>]) -> io::Result<usize> {
        let answer = |event: &Event<'_>| match event {
            Event::Write(other, waited, taken) if *other == connection => Some((*waited, *taken)),
            _ => None,
        };
        let written = self.take(Step("write", Some(connection)), answer);
        let (waited, taken) = written.ok_or(Failed::Blocked).map_err(Failed::error)?;
        let offered: Vec<u8> = offered.iter().flat_map(|slice| slice.iter().copied()).collect();
        let count = taken.unwrap_or_default() as usize;
        let mut done = 0;
        while done < count && self.over.is_none() {
            done += self.compare(connection, offered.get(done..).unwrap_or_default());
        }
        let Some(Played { peer, .. }) = self.played(connection) else { return Ok(count) };
        let peer = *peer;
        if self.over.is_none() && waited != offered.len() as u64 {
            let (recorded, replayed) = (waited, offered.len() as u64);
            let what = What::Waiting { connection, peer, recorded, replayed };
            self.over = Some(self.differs(what));
        }
        // There may be fewer than were taken.
        taken.map(|_| count.min(offered.len())).map_err(Failed::error)
    }

    /// Compares the next piece with the replay's output; returns how many bytes are equal.
    fn compare(&mut self, connection: u64, offered: &[u8]) -> usize {
        let answer = |event: &Event<'_>| {
            let Event::Sent(piece) = event else { return None };
            let is_same = |(one, other): &(&u8, &u8)| one == other;
            let same = piece.iter().zip(offered).take_while(is_same).count();
            let around = |bytes: &[u8]| {
                let from = same.saturating_sub(RECORD_SHOWN_BYTES);
                let to = bytes.len().min(same + RECORD_SHOWN_BYTES);
                bytes.get(from..to).unwrap_or_default().to_vec()
            };
            Some((same, (same < piece.len()).then(|| (around(piece), around(offered)))))
        };
        let Some((same, differs)) = self.take(Step("sent", Some(connection)), answer) else {
            return 0;
        };
        let Some(Played { peer, sent }) = self.played(connection) else { return 0 };
        *sent += same as u64;
        let (peer, offset) = (*peer, *sent);
        if let Some((recorded, replayed)) = differs {
            let what = What::Bytes { connection, peer, offset, recorded, replayed };
            self.over = Some(self.differs(what));
        }
        same
    }

    fn played(&mut self, connection: u64) -> Option<&mut Played> {
        self.connections.get_mut(usize::try_from(connection.checked_sub(1)?).ok()?)
    }

    pub(super) fn end(&mut self, connection: u64) -> io::Result<()> {
        let answer = |event: &Event<'_>| match event {
            Event::Ended(other, done) if *other == connection => Some(*done),
            _ => None,
        };
        match self.take(Step("end", Some(connection)), answer).unwrap_or(true) {
            true => Ok(()),
            false => Err(Failed::Broken.error()),
        }
    }

    pub(super) fn close(&mut self, connection: u64, replayed: CloseReason) {
        let answer = |event: &Event<'_>| match event {
            Event::Closed(other, reason) if *other == connection => Some(*reason),
            _ => None,
        };
        let Some(recorded) = self.take(Step("close", Some(connection)), answer) else { return };
        let Some(Played { peer, .. }) = self.played(connection) else { return };
        if recorded != replayed {
            let peer = *peer;
            let what = What::Closed { connection, peer, recorded, replayed };
            self.over = Some(self.differs(what));
        }
    }

    /// Fills in random bytes. Those that are not in the record differ from each other; otherwise a
    /// search for an unused id would never end.
    pub(super) fn random(&mut self, bytes: &mut [u8]) {
        let answer = |event: &Event<'_>| match event {
            Event::Random(random) if random.len() == bytes.len() => {
                bytes.copy_from_slice(random);
                Some(())
            }
            _ => None,
        };
        if self.take(Step("random", None), answer).is_none() {
            self.made_up += 1;
            for (byte, made_up) in bytes.iter_mut().zip(self.made_up.to_le_bytes()) {
                *byte = made_up;
            }
        }
    }

    pub(super) fn outside(&mut self) -> String {
        let answer = |event: &Event<'_>| match event {
            Event::Outside(text) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        };
        self.take(Step("outside", None), answer).unwrap_or_default()
    }
}
