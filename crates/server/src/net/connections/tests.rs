//! The service is told at once of work and memory of a stream's own.

use super::Connections;
use crate::base::{CloseReason, ConnectionId, Now, PeerAddress};
use crate::net::{Bounds, Meter, Service, Transport, Turn};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::IpAddr;

/// A stream whose reads end like this, one after the other; the others block.
#[derive(Debug)]
struct Script {
    reads: VecDeque<Result<usize, ErrorKind>>,
    held_bytes: usize,
}

impl Read for Script {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        let next = self.reads.pop_front().unwrap_or(Err(ErrorKind::WouldBlock));
        next.map_err(io::Error::from)
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Script {
    fn holds_bytes(&self) -> bool {
        true
    }

    fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A service that notes what it is told.
#[derive(Default)]
struct Notes(Vec<(&'static str, usize)>);

impl Notes {
    fn note(&mut self, what: &'static str, id: ConnectionId) {
        self.0.push((what, id.index()));
    }
}

impl Service for Notes {
    fn bounds(&self) -> Bounds {
        Bounds { clients_max: 9, operators_from: 1, queue_bytes_max: 1_000_000 }
    }

    fn admits(
        &mut self,
        _: &mut Turn<'_>,
        listener: usize,
        _: PeerAddress,
        _: bool,
    ) -> Result<usize, Vec<u8>> {
        Ok(listener)
    }

    fn opened(&mut self, _: &mut Turn<'_>, _: ConnectionId, _: usize, _: PeerAddress) {}

    fn worked(&mut self, _: &mut Turn<'_>, id: ConnectionId) {
        self.note("worked", id);
    }

    fn received(&mut self, _: &mut Turn<'_>, id: ConnectionId, _: &mut [u8]) {
        self.note("received", id);
    }

    fn drained(&mut self, _: &mut Turn<'_>, _: ConnectionId) {}

    fn ended(&mut self, _: &mut Turn<'_>, id: ConnectionId) {
        self.note("ended", id);
    }

    fn closed(&mut self, _: &mut Turn<'_>, id: ConnectionId, reason: CloseReason) {
        self.note(reason.as_str(), id);
    }

    fn is_greedy(&self, _: Now, _: ConnectionId) -> bool {
        false
    }

    fn lingers(&self, _: Now, _: ConnectionId) -> bool {
        false
    }

    fn is_full(&self) -> bool {
        false
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        None
    }

    fn woke(&mut self, _: &mut Turn<'_>) {}

    fn settle(&mut self, _: &mut Turn<'_>) {
        self.0.push(("settled", 0));
    }

    fn weighed(&mut self, id: ConnectionId, bytes: usize) {
        assert_eq!(bytes, 700);
        self.note("weighed", id);
    }

    fn stopping(&mut self, _: &mut Turn<'_>) {}
}

/// The notes of one turn in which these streams can be read.
fn turn(streams: Vec<Script>) -> Vec<(&'static str, usize)> {
    let (mut connections, mut notes) = (Connections::new(Meter::counted(1)), Notes::default());
    let now = Now { ms: 1, unix_ms: 1 };
    for script in streams {
        let index = connections.next_index();
        connections.open(&mut notes, now, script, 0, IpAddr::from([127, 0, 0, 1]).into());
        connections.ready(index, true, false, false);
    }
    connections.turn(&mut notes, now);
    notes.0
}

fn script(reads: &[Result<usize, ErrorKind>]) -> Script {
    Script { reads: reads.iter().copied().collect(), held_bytes: 0 }
}

/// Otherwise the work on records without text would be charged to the next client of the turn.
#[test]
fn work_that_brings_nothing_is_told_before_the_next_connection_is_read() {
    let (blocked, reset, broken) = (
        script(&[Err(ErrorKind::WouldBlock)]),
        script(&[Err(ErrorKind::ConnectionReset)]),
        script(&[Err(ErrorKind::InvalidData)]),
    );
    let told = turn(vec![blocked, script(&[Ok(3)]), reset, broken, script(&[Ok(0)])]);
    let expected = [
        ("worked", 0),
        ("received", 1),
        ("worked", 2),
        ("worked", 3),
        ("ended", 4),
        ("settled", 0),
        ("reset", 2),
        ("protocol-error", 3),
    ];
    assert_eq!(told, expected);
}

#[test]
fn memory_that_a_stream_keeps_is_weighed_before_the_turn_settles() {
    let keeps = Script { held_bytes: 700, ..script(&[Err(ErrorKind::WouldBlock)]) };
    assert_eq!(turn(vec![keeps]), [("worked", 0), ("weighed", 0), ("settled", 0)]);
}
