//! Clients that come back: "connection state recovery" of Socket.IO 4.
//!
//! A client whose connection breaks may get its socket back. It names a secret id, and gets the
//! events that it missed since the last one that it received.

use super::Server;
use crate::base::{Namespace, Now, SocketId};
use crate::hub::Hub;
use crate::limits::RECOVERY_MISSED_BYTES_MIN;
use crate::net::Turn;
use std::collections::HashMap;
use std::fmt;

/// The store that lets clients come back: see [`Builder::recovery`](super::Builder::recovery).
///
/// `S` is the application's state, in which a store may keep its data.
/// [`MemoryRecovery`](super::MemoryRecovery) keeps everything in memory.
///
/// An offset is a short string for a place in the order of events: after one kept event, and before
/// the next. The client names the offset of the last event that it got. If some events are not
/// kept, several share an offset.
pub trait Recovery<S> {
    /// An event is about to be sent. Keeps it if possible, and returns its offset. The event is for
    /// a whole namespace, for rooms, or for one socket that takes part in recovery; nobody may be
    /// there to hear it. Volatile events, and those that want an answer, are not passed in.
    fn keep(&mut self, state: &mut S, now: Now, event: &Kept<'_>) -> String;

    /// The offset of the newest event. A client that comes, or joins a room, now has missed nothing
    /// so far.
    fn newest(&mut self, state: &mut S, now: Now) -> String;

    /// Saves the session of a connected client, so that the client can come back to it. Called in
    /// the turn in which the client comes or comes back, and in each turn in which its rooms or its
    /// data change: after the turn's handlers, before
    /// [`Builder::on_settle`](super::Builder::on_settle), and so before anything is sent.
    fn save(&mut self, state: &mut S, now: Now, session: &Saved);

    /// A client has gone. It has limited time from now to come back; or it has gone for good,
    /// because it left by itself, was sent away, or broke the protocol.
    fn gone(&mut self, state: &mut S, now: Now, pid: &str, for_good: bool);

    /// A client is back. Returns its saved session, and the events that it missed since `offset`,
    /// or since [`Saved::since`] if it has received no event. `None` if it must begin anew. The
    /// client counts as gone until it is saved again; if the application refuses it, it has gone
    /// for good.
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
    /// The sockets that hear it.
    pub audience: Audience<'e>,
    /// Public ids of sockets that do not hear it.
    pub except: &'e [&'e str],
    /// Names of rooms whose members do not hear it.
    pub except_rooms: &'e [&'e str],
    /// Its name.
    pub name: &'e str,
    /// Its arguments: JSON, with commas between and without brackets.
    pub args: &'e str,
    /// The bytes that placeholders in the arguments stand for.
    pub attachments: &'e [Vec<u8>],
}

/// The sockets that hear an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience<'e> {
    /// Everyone in the namespace.
    Everyone,
    /// The members of any of these rooms.
    Rooms(&'e [&'e str]),
    /// The socket with this public id.
    Socket(&'e str),
}

/// A client's session, to which it can come back.
#[derive(Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its secret id, which it names when it comes back.
    pub pid: String,
    /// Its public id.
    pub sid: String,
    /// The namespace's name.
    pub namespace: String,
    /// The rooms that it is in.
    pub rooms: Vec<SavedRoom>,
    /// The application's data about it ([`Context::keep`](super::Context::keep)).
    pub data: String,
    /// The offset of the newest event when it came.
    pub since: String,
}

/// A room that a client is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedRoom {
    /// Its name.
    pub name: String,
    /// The offset of the newest event when the client joined it: it has not missed earlier events
    /// of the room.
    pub since: String,
}

/// Leaves out the secrets.
impl fmt::Debug for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sid, namespace, rooms, since, .. } = self;
        write!(f, "{sid} of {namespace} in {rooms:?} since {since}")
    }
}

/// A session given back to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The saved session.
    pub saved: Saved,
    /// The events that it missed, in order.
    pub missed: Vec<Missed>,
}

/// An event that a client missed.
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
    /// About how many bytes it takes to send.
    pub(super) fn bytes(&self) -> usize {
        let attached: usize = self.attachments.iter().map(Vec::len).sum();
        self.name.len() + self.args.len() + self.offset.len() + attached + RECOVERY_MISSED_BYTES_MIN
    }
}

/// The place where sessions are saved and events are kept.
enum Keeper<S> {
    Store(Box<dyn Recovery<S>>),
    /// The adapter, which answers later.
    Adapter,
}

/// The store, and the sockets that take part.
pub(super) struct Recovering<S> {
    keeper: Keeper<S>,
    clients: HashMap<SocketId, Recoverable>,
    by_pid: HashMap<String, SocketId>,
    /// Sockets whose rooms or data have changed in this turn.
    changed: Vec<SocketId>,
    /// Whether somebody has gone since the end of the turn began, so that the application must
    /// settle again.
    is_touched: bool,
}

struct Recoverable {
    saved: Saved,
    is_changed: bool,
}

impl<S> Recovering<S> {
    /// Recovery by a store or by the adapter; `None` if clients do not come back.
    pub(super) fn by(store: Option<Box<dyn Recovery<S>>>, by_adapter: bool) -> Option<Self> {
        let keeper = match (store, by_adapter) {
            (None, false) => return None,
            (Some(store), false) => Keeper::Store(store),
            (None, true) => Keeper::Adapter,
            (Some(_), true) => panic!("clients come back by the adapter or by a store"),
        };
        let (clients, by_pid) = (HashMap::new(), HashMap::new());
        Some(Self { keeper, clients, by_pid, changed: Vec::new(), is_touched: false })
    }

    /// The store; `None` if the adapter keeps everything.
    pub(super) fn store(&mut self) -> Option<&mut dyn Recovery<S>> {
        match &mut self.keeper {
            Keeper::Store(store) => Some(&mut **store),
            Keeper::Adapter => None,
        }
    }

    /// Whether there is a store.
    pub(super) const fn has_store(&self) -> bool {
        matches!(self.keeper, Keeper::Store(_))
    }

    /// Whether anybody takes part now.
    pub(super) fn has_clients(&self) -> bool {
        !self.clients.is_empty()
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

    /// Lets the store keep an event, and returns its offset as JSON.
    pub(super) fn keep(&mut self, state: &mut S, now: Now, event: &Kept<'_>) -> Vec<u8> {
        let store = self.store();
        let offset = store.map_or_else(String::new, |store| store.keep(state, now, event));
        // A string always becomes JSON.
        serde_json::to_vec(&offset).unwrap_or_default()
    }

    /// Lets the store keep an event for one socket, if the socket takes part.
    pub(super) fn keep_for(
        &mut self,
        state: &mut S,
        now: Now,
        socket: SocketId,
        event: &Kept<'_>,
    ) -> Vec<u8> {
        let sid = self.clients.get(&socket).map(|client| client.saved.sid.clone());
        let audience = Audience::Socket(sid.as_deref().unwrap_or_default());
        self.keep(state, now, &Kept { audience, ..*event })
    }

    /// Notes that a socket is in one more room from now on.
    pub(super) fn joined(&mut self, socket: SocketId, name: &str, since: String) {
        let Some(client) = self.clients.get_mut(&socket) else { return };
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

    /// Sets the application's data about a socket.
    pub(super) fn set_data(&mut self, socket: SocketId, data: &str) {
        let Some(client) = self.clients.get_mut(&socket) else { return };
        if client.saved.data != data {
            data.clone_into(&mut client.saved.data);
            self.changed(socket);
        }
    }

    /// A socket is about to go. Returns its session if the adapter is to save it.
    pub(super) fn let_go(
        &mut self,
        state: &mut S,
        now: Now,
        socket: SocketId,
        for_good: bool,
    ) -> Option<Saved> {
        if !for_good {
            self.save(state, now, socket);
        }
        let Recoverable { saved, .. } = self.clients.remove(&socket)?;
        self.by_pid.remove(&saved.pid);
        self.is_touched = true;
        match &mut self.keeper {
            Keeper::Store(store) => {
                store.gone(state, now, &saved.pid, for_good);
                None
            }
            Keeper::Adapter => Some(saved).filter(|_| !for_good),
        }
    }

    /// Saves each session that has changed.
    pub(super) fn save_all(&mut self, state: &mut S, now: Now) {
        self.is_touched = false;
        for socket in std::mem::take(&mut self.changed) {
            self.save(state, now, socket);
        }
    }

    fn save(&mut self, state: &mut S, now: Now, socket: SocketId) {
        let Some(client) = self.clients.get_mut(&socket) else { return };
        let is_changed = std::mem::replace(&mut client.is_changed, false);
        if let Keeper::Store(store) = &mut self.keeper
            && is_changed
        {
            store.save(state, now, &client.saved);
        }
    }

    /// Whether the application has settled everything that the store was told.
    pub(super) const fn is_settled(&self) -> bool {
        !self.is_touched
    }

    /// Panics unless each socket is known by its id, and is in the rooms that would be saved.
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

impl<S> Server<S> {
    /// A socket is about to go: it may come back, or not.
    pub(super) fn let_go(&mut self, turn: &mut Turn<'_>, socket: SocketId, for_good: bool) {
        let Some(recovery) = &mut self.core.recovery else { return };
        let saved = recovery.let_go(&mut self.state, turn.now, socket, for_good);
        if let Some(saved) = saved {
            self.call_in(turn, Namespace::LINES, |_, cx| cx.save_in_cluster(&saved));
        }
    }

    /// Saves the sessions of clients that may come back.
    pub(super) fn save_sessions(&mut self, turn: &Turn<'_>) {
        if let Some(recovery) = &mut self.core.recovery {
            recovery.save_all(&mut self.state, turn.now);
        }
    }
}
