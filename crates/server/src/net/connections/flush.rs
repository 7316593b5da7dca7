//! The end of a turn: outboxes are written, and closed connections are released.

use super::Connections;
use crate::base::{CloseReason, Now};
use crate::limits::{
    BEHIND_MS_MAX, LINGER_MS, QUEUE_BYTES_BEHIND, QUEUE_TO_BATCH_MIN, QUEUE_TO_TURN_MAX,
};
use crate::net::connection::{Connection, Moved, Pause, Phase, Transport, Wants};
use crate::net::places::Place;
use crate::net::{Bounds, Service};
use std::num::NonZeroU32;

impl<T: Transport> Connections<T> {
    pub(super) fn flush(&mut self, service: &mut impl Service, now: Now) {
        let touched = self.out.take_touched(std::mem::take(&mut self.touched));
        for index in &touched {
            let index = *index as usize;
            self.flush_one(service, index, now);
            self.out.flushed(index);
            self.weigh(service, index);
        }
        self.touched = touched;
    }

    /// Tells the service of the memory of a connection whose stream may keep input, before the
    /// service compares it with its bounds.
    pub(super) fn weigh_stream(&mut self, service: &mut impl Service, index: usize) {
        if self.out.holds_besides(index) {
            self.weigh(service, index);
        }
    }

    /// Tells the service of the memory that a connection's outbox and its stream hold, if that has
    /// changed.
    fn weigh(&mut self, service: &mut impl Service, index: usize) {
        let besides = match self.out.holds_besides(index) {
            true => self.table.get(index).map_or(0, |it| it.stream.held_bytes()),
            false => 0,
        };
        if let Some(bytes) = self.out.take_uncounted(index, besides)
            && let Some(connection) = self.table.get(index)
        {
            service.weighed(connection.id, bytes);
        }
    }

    fn flush_one(&mut self, service: &mut impl Service, index: usize, now: Now) {
        let Some(connection) = self.table.get_mut(index) else { return };
        if connection.phase == Phase::Dead {
            return;
        }
        if connection.phase == Phase::Lingering {
            // Its stream may still have to say that it ends.
            if connection.advance().is_err() {
                self.kill(index, CloseReason::Reset);
            }
            return;
        }
        if !self.advance(service, index, now) {
            return;
        }
        let bounds = service.bounds();
        let connection = &mut self.table[index];
        let outbox = self.out.outbox(index);
        let was_behind = connection.pause == Pause::Yes;
        connection.is_over &= outbox.queued() > bounds.queue_bytes_max;
        connection.is_over |= outbox.queued() > bounds.queue_bytes_max && !was_behind;
        connection.note_queued(outbox.queued());
        let can_write = connection.writable && !connection.mute && !outbox.is_empty();
        if can_write && matches!(connection.flush(outbox), Moved::Broken(_)) {
            connection.mute();
        }
        if connection.mute {
            outbox.clear();
            // Input that the peer sent before it went is still there, and is read at its pace.
            if connection.phase != Phase::Open || self.out.closing(index).is_some() {
                return self.kill(index, CloseReason::Reset);
            }
        } else if connection.writable && !outbox.is_empty() {
            self.list(index);
        }
        let connection = &self.table[index];
        if self.out.queued(index) > self.queue_max(bounds, index, connection) {
            return self.kill(index, CloseReason::SlowClient);
        }
        self.note_behind(bounds, index, now);
        if self.out.closing(index).is_some() {
            // Its further input is ignored.
            self.table[index].pause = Pause::No;
            return self.close(service, index, now);
        }
        self.table[index].note_queued(self.out.queued(index));
        let connection = &self.table[index];
        let can_read = connection.readable && self.may_read(index, connection);
        if can_read || connection.pause == Pause::Over {
            self.list(index);
        }
    }

    /// Bytes that the queue of a connection may hold. A peer that has read everything so far may
    /// get more than that in one turn, because it must not be closed for what others say at one
    /// moment. The service itself bounds the queue of an outgoing connection.
    pub(super) fn queue_max(
        &self,
        bounds: Bounds,
        index: usize,
        connection: &Connection<T>,
    ) -> usize {
        if connection.place == Place::Outgoing {
            return usize::MAX;
        }
        let turns = if connection.is_over { QUEUE_TO_TURN_MAX } else { 1 };
        bounds.queue_bytes_max * turns + self.out.answer_bytes(index)
    }

    /// Notes whether a connection's queue is so long that its peer is given up if that lasts.
    fn note_behind(&mut self, bounds: Bounds, index: usize, now: Now) {
        let soft_max = (bounds.queue_bytes_max / QUEUE_TO_BATCH_MIN).min(QUEUE_BYTES_BEHIND);
        let is_behind = self.out.queued(index) > soft_max + self.out.answer_bytes(index);
        let connection = &mut self.table[index];
        if !is_behind || connection.place == Place::Outgoing {
            connection.behind = None;
        } else if connection.behind.is_none() {
            self.times_behind = self.times_behind.wrapping_add(1);
            let time = NonZeroU32::new(self.times_behind).unwrap_or(NonZeroU32::MIN);
            connection.behind = Some(time);
            self.behind.set(now.ms + BEHIND_MS_MAX, (connection.id, time));
        }
    }

    /// Goes on with closing a connection that the service has closed.
    fn close(&mut self, service: &impl Service, index: usize, now: Now) {
        let connection = &mut self.table[index];
        if !std::mem::replace(&mut connection.lingers, true) {
            self.lingering.set(now.ms + LINGER_MS, connection.id);
        }
        if self.out.queued(index) == 0 && connection.stream.wants() != Wants::Write {
            let lingers = connection.phase != Phase::Ended && service.lingers(now, connection.id);
            if !lingers || connection.stream.end().is_err() {
                let reason = self.out.closing(index).unwrap_or(CloseReason::Eof);
                return self.kill(index, reason);
            }
            connection.phase = Phase::Lingering;
            if connection.readable {
                self.list(index);
            }
        }
    }

    /// Marks a connection as dead; its slot is released by the reap.
    pub(super) fn kill(&mut self, index: usize, reason: CloseReason) {
        let connection = &mut self.table[index];
        if connection.phase != Phase::Dead {
            connection.phase = Phase::Dead;
            let reason = self.out.closing(index).unwrap_or(reason);
            self.dead.push_back((index as u32, reason));
        }
    }

    pub(super) fn reap(&mut self, service: &mut impl Service, now: Now) {
        while let Some((index, reason)) = self.dead.pop_front() {
            let mut connection = self.table.remove(index as usize);
            connection.stream.gone(reason);
            self.places.give_back(connection.place);
            self.out.vacate(index as usize);
            service.closed(&mut self.begun(now), connection.id, reason);
            self.unsettled = true;
            if self.budget.is_over() {
                break;
            }
        }
    }
}
