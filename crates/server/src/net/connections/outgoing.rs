//! Connections that are not open yet: outgoing ones, which are begun here, and those that greet
//! their peers first. Once open, they are like all others.

use super::Connections;
use crate::base::{CloseReason, ConnectionId, Now};
use crate::limits::{CONNECTION_MS, HANDSHAKES_PER_TURN_MAX};
use crate::net::connection::{Connection, Phase, Transport, broken};
use crate::net::{RemoteAddress, Service};
use std::io;

impl<T: Transport> Connections<T> {
    /// Takes the outgoing connections that the service has asked for.
    pub fn take_remotes(&mut self) -> Vec<(usize, RemoteAddress)> {
        std::mem::take(&mut self.remotes)
    }

    /// Begins an outgoing connection that the service has asked for by number `remote`, and tells
    /// the service its id, or that it cannot be made. Returns the id, if there is one.
    pub fn begin(
        &mut self,
        service: &mut impl Service,
        now: Now,
        remote: usize,
        stream: io::Result<T>,
    ) -> Option<ConnectionId> {
        self.unsettled = true;
        let begun = stream.map(|stream| {
            let index = self.table.vacant_key();
            let id = self.out.open(index);
            self.out.set_besides(index, stream.holds_bytes());
            self.table.insert(Connection::new(stream, id, self.places.go_out()));
            self.connecting.set(now.ms + CONNECTION_MS, id);
            // A stream that is connected already gets no edge.
            self.out.touch(index);
            id
        });
        let id = begun.as_ref().ok().copied();
        service.connecting(&mut self.begun(now), remote, begun);
        id
    }

    /// Lets a stream go on with its own work, and with its connection if that is being made.
    /// Returns whether there may be input and output now.
    pub(super) fn advance(&mut self, service: &mut impl Service, index: usize, now: Now) -> bool {
        let connection = &mut self.table[index];
        let is_connecting = connection.phase == Phase::Connecting;
        if let Some(reason) = self.out.closing(index).filter(|_| is_connecting) {
            // The connection was never made, so its peer cannot be told anything.
            self.kill(index, reason);
            return false;
        }
        let advanced = connection.advance();
        if !is_connecting {
            if advanced.is_err() {
                connection.mute();
            }
            return true;
        }
        let id = connection.id;
        if let Err(error) = advanced {
            service.unopened(&mut self.begun(now), id, &error);
            self.kill(index, broken(&error));
        } else if connection.stream.is_open() {
            connection.phase = Phase::Open;
            connection.readable |= connection.stream.has_more();
            let goes_on = connection.readable;
            service.connected(&mut self.begun(now), id);
            if goes_on {
                self.list(index);
            }
            return true;
        }
        false
    }

    /// Goes on with greeting the peer of an accepted connection, if this turn has time for one more
    /// handshake.
    pub(super) fn greet(&mut self, service: &mut impl Service, now: Now, index: usize) {
        if self.greeted >= HANDSHAKES_PER_TURN_MAX {
            return self.list(index);
        }
        self.greeted += 1;
        let id = self.table[index].id;
        self.advance(service, index, now);
        let connection = &mut self.table[index];
        if connection.phase == Phase::Connecting
            && let Some(source) = connection.stream.take_source()
        {
            service.named(&mut self.begun(now), id, source);
            self.advance(service, index, now);
        }
        service.worked(&mut self.begun(now), id);
        if self.table[index].can_greet() {
            self.list(index);
        }
        // Unsent bytes go out when there is space, and their memory is counted.
        self.out.touch(index);
    }

    /// Gives up the connections that are not there in time.
    pub(super) fn give_up(&mut self, now: Now) {
        while let Some(id) = self.connecting.pop_due(now.ms) {
            let connection = self.table.get(id.index()).filter(|connection| connection.id == id);
            if connection.is_some_and(|connection| connection.phase == Phase::Connecting) {
                self.kill(id.index(), CloseReason::Timeout);
            }
        }
    }
}
