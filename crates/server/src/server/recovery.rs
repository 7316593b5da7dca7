//! Clients that come back: "connection state recovery" of Socket.IO 4.
//!
//! A client whose connection breaks may find its socket again as it was, by the id that only it
//! knows, with the events that it has missed since the last one that it got.

use crate::base::{Now, SocketId};
use crate::hub::Hub;
use crate::limits::RECOVERY_MISSED_BYTES_MIN;
use std::collections::HashMap;
use std::fmt;

/// Keeps what clients need to come back to: see [`Builder::recovery`](super::Builder::recovery).
///
/// `S` is the application's state, where a store may have what it keeps; one that keeps all in
/// memory is [`MemoryRecovery`](super::MemoryRecovery).
///
/// An offset is a short string that stands for a place in the order of events: behind one, and
/// before the next that is kept. The client names that of the last event that it got. Where some
/// events are not kept, several share an offset.
pub trait Recovery<S> {
    /// An event is about to be sent: keeps it if that can be, and returns its offset. It is for all
    /// of a namespace or of rooms, whether anybody hears it or not, or for one socket that takes
    /// part. Volatile events, and those that want an answer, are not for keeping.
    fn keep(&mut self, state: &mut S, now: Now, event: &Kept<'_>) -> String;

    /// The offset of the newest event: whoever comes or joins a room now has missed nothing so far.
    fn newest(&mut self, state: &mut S, now: Now) -> String;

    /// A client that is here could come back to this. Called in the turn in which it comes or
    /// comes back, and in each in which its rooms or its data change: after the turn's handlers,
    /// before [`Builder::on_settle`](super::Builder::on_settle), and so before anything is sent.
    fn save(&mut self, state: &mut S, now: Now, session: &Saved);

    /// A client is gone for now, and has from now on so much time to come back; or for good, as it
    /// has left by itself, has been sent away, or does not keep to the protocol.
    fn gone(&mut self, state: &mut S, now: Now, pid: &str, for_good: bool);

    /// A client is back: what was saved, and what it has missed since `offset`, or since
    /// [`Saved::since`] if it has got no event. `None` if it must begin anew. Until it is saved
    /// again it counts as gone; if the application does not let it in, it is gone for good.
    fn restore(
        &mut self,
        state: &mut S,
        now: Now,
        pid: &str,
        offset: Option<&str>,
    ) -> Option<Restored>;
}

/// An event that is about to be sent.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Kept<'e> {
    /// The namespace's name.
    pub namespace: &'e str,
    /// Who is to hear it.
    pub audience: Audience<'e>,
    /// The public ids of sockets that are not.
    pub except: &'e [&'e str],
    /// The names of rooms whose members are not.
    pub except_rooms: &'e [&'e str],
    /// Its name.
    pub name: &'e str,
    /// Its arguments: JSON, with commas between and without brackets.
    pub args: &'e str,
    /// The bytes that placeholders in the arguments stand for.
    pub attachments: &'e [Vec<u8>],
}

/// Who is to hear an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience<'e> {
    /// Everyone in the namespace.
    Everyone,
    /// The members of any of these rooms.
    Rooms(&'e [&'e str]),
    /// The socket with this public id.
    Socket(&'e str),
}

/// What a client can come back to.
#[derive(Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its secret id, by which it comes back.
    pub pid: String,
    /// Its public id.
    pub sid: String,
    /// The namespace's name.
    pub namespace: String,
    /// The rooms that it is in.
    pub rooms: Vec<SavedRoom>,
    /// What the application keeps for it ([`Context::keep`](super::Context::keep)).
    pub data: String,
    /// The newest event's offset when it came.
    pub since: String,
}

/// A room that a client is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedRoom {
    /// Its name.
    pub name: String,
    /// The newest event's offset when the client joined it: it has not missed what the room was
    /// told before.
    pub since: String,
}

/// Without what opens doors.
impl fmt::Debug for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sid, namespace, rooms, since, .. } = self;
        write!(f, "{sid} of {namespace} in {rooms:?} since {since}")
    }
}

/// What a client comes back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What was saved.
    pub saved: Saved,
    /// The events that it has missed, in their order.
    pub missed: Vec<Missed>,
}

/// An event that a client has missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Its name.
    pub name: String,
    /// Its arguments: JSON, with commas between and without brackets.
    pub args: String,
    /// The bytes that placeholders in the arguments stand for.
    pub attachments: Vec<Vec<u8>>,
    /// Its offset.
    pub offset: String,
}

impl Missed {
    /// About what it takes to be sent.
    pub(super) fn bytes(&self) -> usize {
        let attached: usize = self.attachments.iter().map(Vec::len).sum();
        self.name.len() + self.args.len() + self.offset.len() + attached + RECOVERY_MISSED_BYTES_MIN
    }
}

/// The store, and those who take part.
pub(super) struct Recovering<S> {
    store: Box<dyn Recovery<S>>,
    clients: HashMap<SocketId, Recoverable>,
    by_pid: HashMap<String, SocketId>,
    /// Those whose rooms or data have changed in this turn.
    changed: Vec<SocketId>,
    /// Whether somebody is gone since the turn's end has begun: the application is to settle that.
    is_touched: bool,
}

struct Recoverable {
    saved: Saved,
    is_changed: bool,
}

impl<S> Recovering<S> {
    pub(super) fn new(store: Box<dyn Recovery<S>>) -> Self {
        let (clients, by_pid) = (HashMap::new(), HashMap::new());
        Self { store, clients, by_pid, changed: Vec::new(), is_touched: false }
    }

    pub(super) fn store(&mut self) -> &mut dyn Recovery<S> {
        &mut *self.store
    }

    /// Notes that a socket takes part.
    pub(super) fn take_part(&mut self, socket: SocketId, saved: Saved) {
        self.by_pid.insert(saved.pid.clone(), socket);
        self.clients.insert(socket, Recoverable { saved, is_changed: true });
        self.changed.push(socket);
    }

    /// Whether a socket takes part.
    pub(super) fn has(&self, socket: SocketId) -> bool {
        self.clients.contains_key(&socket)
    }

    /// The socket that came, or came back, as `pid`, if it is still here.
    pub(super) fn called(&self, pid: &str) -> Option<SocketId> {
        self.by_pid.get(pid).copied()
    }

    /// Has the store keep an event; its offset as JSON.
    pub(super) fn keep(&mut self, state: &mut S, now: Now, event: &Kept<'_>) -> Vec<u8> {
        let offset = self.store.keep(state, now, event);
        // A string as JSON does not fail.
        serde_json::to_vec(&offset).unwrap_or_default()
    }

    /// Has the store keep an event for one socket, if that takes part.
    pub(super) fn keep_for(
        &mut self,
        state: &mut S,
        now: Now,
        socket: SocketId,
        event: &Kept<'_>,
    ) -> Vec<u8> {
        let sid = self.clients.get(&socket).map_or("", |client| &*client.saved.sid);
        let offset =
            self.store.keep(state, now, &Kept { audience: Audience::Socket(sid), ..*event });
        serde_json::to_vec(&offset).unwrap_or_default()
    }

    /// Notes that a socket is in one more room from now on.
    pub(super) fn joined(&mut self, state: &mut S, now: Now, socket: SocketId, name: &str) {
        let Some(client) = self.clients.get_mut(&socket) else { return };
        let since = self.store.newest(state, now);
        client.saved.rooms.push(SavedRoom { name: name.to_owned(), since });
        self.changed(socket);
    }

    /// Notes that a socket has left a room.
    pub(super) fn left(&mut self, socket: SocketId, name: &str) {
        let Some(client) = self.clients.get_mut(&socket) else { return };
        client.saved.rooms.retain(|room| room.name != name);
        self.changed(socket);
    }

    fn changed(&mut self, socket: SocketId) {
        let Some(client) = self.clients.get_mut(&socket) else { return };
        if !std::mem::replace(&mut client.is_changed, true) {
            self.changed.push(socket);
        }
    }

    /// Sets what the application keeps for a socket.
    pub(super) fn set_data(&mut self, socket: SocketId, data: &str) {
        let Some(client) = self.clients.get_mut(&socket) else { return };
        if client.saved.data != data {
            data.clone_into(&mut client.saved.data);
            self.changed(socket);
        }
    }

    /// A socket is about to go.
    pub(super) fn let_go(&mut self, state: &mut S, now: Now, socket: SocketId, for_good: bool) {
        if !for_good {
            self.save(state, now, socket);
        }
        let Some(Recoverable { saved, .. }) = self.clients.remove(&socket) else { return };
        self.by_pid.remove(&saved.pid);
        self.store.gone(state, now, &saved.pid, for_good);
        self.is_touched = true;
    }

    /// Saves what has changed.
    pub(super) fn save_all(&mut self, state: &mut S, now: Now) {
        self.is_touched = false;
        for socket in std::mem::take(&mut self.changed) {
            self.save(state, now, socket);
        }
    }

    fn save(&mut self, state: &mut S, now: Now, socket: SocketId) {
        let Some(client) = self.clients.get_mut(&socket) else { return };
        if std::mem::replace(&mut client.is_changed, false) {
            self.store.save(state, now, &client.saved);
        }
    }

    /// Whether the store has heard nothing that the application has not settled.
    pub(super) const fn is_settled(&self) -> bool {
        !self.is_touched
    }

    /// Panics unless each is known by its id, and in the rooms that would be saved.
    pub(super) fn check_invariants(&self, hub: &Hub) {
        assert_eq!(self.clients.len(), self.by_pid.len(), "each has an id of its own");
        for (socket, Recoverable { saved, is_changed }) in &self.clients {
            assert_eq!(self.by_pid.get(&saved.pid), Some(socket));
            assert!(!is_changed || self.changed.contains(socket), "what has changed is listed");
            let mut rooms: Vec<&str> = saved.rooms.iter().map(|room| &*room.name).collect();
            let mut own: Vec<&str> = hub.rooms_of(*socket).collect();
            rooms.sort_unstable();
            own.sort_unstable();
            assert_eq!(rooms, own, "a socket's rooms are those that are saved");
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.by_pid.is_empty()
    }
}
