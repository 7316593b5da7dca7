//! Rooms in which more is said than those who read there can take at once: those who speak wait for
//! them, a little. For those who do not read at all nobody waits.

use super::core::Core;
use crate::base::{RoomId, Route, SocketId};
use crate::limits::{QUEUE_BYTES_READ_PAUSE, ROOM_READ_BYTES_MIN, ROOM_WAIT_MS, ROOM_WAIT_MS_MAX};
use crate::net::Turn;
use std::collections::HashMap;

/// A room that was told much.
#[derive(Debug)]
pub(super) struct Crowd {
    pub(super) room: RoomId,
    /// When nobody waits any more.
    until_ms: u64,
    /// When it is looked again who reads.
    due_ms: u64,
    /// How much waited for its members when that was looked at last.
    queued: HashMap<SocketId, usize>,
}

impl<S> Core<S> {
    /// Looks in which rooms those who read do not keep up with those who speak. What the turn has
    /// brought must be written before.
    pub(super) fn note_crowds(&mut self, turn: &Turn<'_>) {
        let now_ms = turn.now.ms;
        while let Some(room) = self.hub.pop_heavy() {
            if !self.crowded.iter().any(|crowd| crowd.room == room) {
                let (until_ms, queued) = (now_ms + ROOM_WAIT_MS_MAX, HashMap::new());
                self.crowded.push(Crowd { room, until_ms, due_ms: now_ms, queued });
            }
        }
        let mut crowded = std::mem::take(&mut self.crowded);
        crowded.retain_mut(|crowd| {
            now_ms < crowd.until_ms && (now_ms < crowd.due_ms || self.is_crowded(crowd, turn))
        });
        self.crowded = crowded;
    }

    /// Whether more than half of a room's members have much to read, and read it.
    fn is_crowded(&self, crowd: &mut Crowd, turn: &Turn<'_>) -> bool {
        crowd.due_ms = turn.now.ms + ROOM_WAIT_MS;
        let before = std::mem::take(&mut crowd.queued);
        let (mut count, mut behind) = (0, 0);
        for (socket, route) in self.hub.routes_in(crowd.room) {
            count += usize::from(route != Route::Elsewhere);
            let queued = match route {
                Route::Connection(id) => turn.out.queued(id.index()),
                Route::Session(id) => self.sessions.get(id).map_or(0, |session| session.queued()),
                Route::Held | Route::Elsewhere => 0,
            };
            if queued > QUEUE_BYTES_READ_PAUSE {
                let before = before.get(&socket);
                let reads = before.is_none_or(|before| queued + ROOM_READ_BYTES_MIN <= *before);
                behind += usize::from(reads);
                crowd.queued.insert(socket, queued);
            }
        }
        behind * 2 > count
    }
}
