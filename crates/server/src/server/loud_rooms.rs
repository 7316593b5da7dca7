//! Loud rooms: more is said there than the members who read can take at once. The speakers wait a
//! little for these readers, and not at all for members who read nothing.

use super::core::Core;
use crate::base::{RoomId, Route, SocketId};
use crate::limits::{QUEUE_BYTES_READ_PAUSE, ROOM_READ_BYTES_MIN, ROOM_WAIT_MS, ROOM_WAIT_MS_MAX};
use crate::net::Turn;
use std::collections::HashMap;

/// A room in which speakers wait.
#[derive(Debug)]
pub(super) struct LoudRoom {
    pub(super) room: RoomId,
    /// The end of all waiting.
    until_ms: u64,
    /// The time of the next look at the readers.
    due_ms: u64,
    /// The unsent bytes of its members at the last look.
    queued: HashMap<SocketId, usize>,
}

impl<S> Core<S> {
    /// Finds the rooms in which the readers do not keep up with the speakers. The turn's output
    /// must have been written.
    pub(super) fn note_loud_rooms(&mut self, turn: &Turn<'_>) {
        let now_ms = turn.now.ms;
        while let Some(room) = self.hub.pop_heavy() {
            if !self.loud.iter().any(|loud| loud.room == room) {
                let (until_ms, queued) = (now_ms + ROOM_WAIT_MS_MAX, HashMap::new());
                self.loud.push(LoudRoom { room, until_ms, due_ms: now_ms, queued });
            }
        }
        let mut loud = std::mem::take(&mut self.loud);
        loud.retain_mut(|room| {
            now_ms < room.until_ms && (now_ms < room.due_ms || self.is_loud(room, turn))
        });
        self.loud = loud;
    }

    /// Whether more than half of a room's members have much to read, and do read.
    fn is_loud(&self, room: &mut LoudRoom, turn: &Turn<'_>) -> bool {
        room.due_ms = turn.now.ms + ROOM_WAIT_MS;
        let before = std::mem::take(&mut room.queued);
        let (mut count, mut behind) = (0, 0);
        for (socket, route) in self.hub.routes_in(room.room) {
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
                room.queued.insert(socket, queued);
            }
        }
        behind * 2 > count
    }
}
