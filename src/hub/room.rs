//! One room: its members, and how far each has heard this turn's batch.

use super::batch::{Batch, NONE};
use crate::base::{Chunk, ConnectionId, SocketId};

#[derive(Debug)]
pub(super) struct Room {
    pub(super) name: Box<str>,
    /// What the room is to hear in this turn, if anything.
    pub(super) batch: Option<Batch>,
    members: Vec<Member>,
}

/// A socket in a room. The route stands here too, so that a settle walks one array.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) socket: SocketId,
    pub(super) route: ConnectionId,
    /// Bytes of the batch that the member has got already, or that are older than its coming.
    heard: u32,
    /// The member's own runs in the batch.
    first_cut: u32,
    last_cut: u32,
}

impl Member {
    pub(super) const fn new(socket: SocketId, route: ConnectionId) -> Self {
        Self { socket, route, heard: 0, first_cut: NONE, last_cut: NONE }
    }

    fn reset(&mut self) {
        (self.heard, self.first_cut, self.last_cut) = (0, NONE, NONE);
    }
}

impl Room {
    pub(super) const fn new(name: Box<str>) -> Self {
        Self { name, batch: None, members: Vec::new() }
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Adds a member, which hears the batch from here on, and returns its place.
    pub(super) fn add(&mut self, mut member: Member) -> u32 {
        member.heard = self.batch.as_ref().map_or(0, Batch::len);
        self.members.push(member);
        (self.members.len() - 1) as u32
    }

    /// Takes a member out; returns the socket that now stands at its place, if another does.
    pub(super) fn remove(&mut self, at: u32) -> Option<SocketId> {
        self.members.swap_remove(at as usize);
        self.members.get(at as usize).map(|member| member.socket)
    }

    /// Notes that the batch from `start` on is by the member at `at`.
    pub(super) fn cut(&mut self, at: u32, start: u32) {
        let (Some(batch), Some(member)) = (&mut self.batch, self.members.get_mut(at as usize))
        else {
            return;
        };
        member.last_cut = batch.cut(start, member.last_cut);
        if member.first_cut == NONE {
            member.first_cut = member.last_cut;
        }
    }

    /// Delivers a copy of what the member at `at` has not heard yet.
    pub(super) fn catch_up(&mut self, at: u32, deliver: &mut impl FnMut(ConnectionId, &[u8])) {
        let (Some(batch), Some(member)) = (&self.batch, self.members.get_mut(at as usize)) else {
            return;
        };
        for part in batch.parts(member.heard, member.first_cut) {
            let bytes = &batch.as_bytes()[part.start as usize..part.end as usize];
            deliver(member.route, bytes);
        }
        member.reset();
        member.heard = batch.len();
    }

    /// Delivers each member's part of `batch`.
    pub(super) fn settle(
        &mut self,
        batch: &mut Batch,
        deliver: &mut impl FnMut(ConnectionId, &Chunk),
    ) {
        let whole = Chunk::new(batch.as_bytes());
        for member in &mut self.members {
            if member.heard == 0 && member.first_cut == NONE {
                deliver(member.route, &whole);
                continue;
            }
            for part in batch.parts(member.heard, member.first_cut) {
                deliver(member.route, &whole.slice(part));
            }
            member.reset();
        }
    }
}
