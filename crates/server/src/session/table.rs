//! The table of sessions, and the state of each connection.

use super::engine::{Engine, Farewells, Frames, Wire};
use super::{Arrival, HttpPeer, LineSession, Pace, PlainWebSocket, Sid, WsPeer};
use crate::base::{
    AccountId, Attached, ConnectionId, Dialect, NEVER_MS, PeerAddress, Route, SessionId, SocketId,
    Table, kind,
};
use std::collections::HashMap;

/// One client's conversation.
#[derive(Debug)]
pub struct Session {
    /// The client's address.
    pub address: PeerAddress,
    /// The account of its address.
    pub account: AccountId,
    /// When it came, in milliseconds of the loop's clock.
    pub since_ms: u64,
    /// The earliest deadline that is set for it; a later one is set when that one fires.
    pub wakes_at_ms: u64,
    /// Messages that it has sent.
    pub messages: u32,
    /// Bytes of memory that were last counted as its own.
    counted: u32,
    /// Whether something is queued for it since the last flush.
    touched: bool,
    /// Whether the application has paused it: its input is not handled until it goes on.
    pub is_paused: bool,
    /// Whether its client has ended its input while the application had paused it.
    pub is_ended: bool,
    /// The kind of client, and its state.
    pub kind: SessionKind,
}

/// The kinds of clients.
#[derive(Debug)]
pub enum SessionKind {
    /// At the line door, or at one whose protocol is the application's own.
    Line(Box<Lines>),
    /// At a plain WebSocket.
    Plain(PlainWebSocket),
    /// Of Engine.IO.
    Engine(Box<Engine>),
}

/// A client at the line door.
#[derive(Debug)]
pub struct Lines {
    /// The connection that carries it.
    pub connection: ConnectionId,
    /// Its seat in the hub.
    pub socket: SocketId,
    /// Its conversation.
    pub line: LineSession,
}

/// The state of a connection.
#[derive(Debug)]
pub enum Peer {
    /// Its first bytes, at the line door, which may be a proxy's.
    Arriving(Box<Arrival>),
    /// A client at the line door that has not sent anything: its first bytes may still be a proxy's
    /// header.
    Silent(SessionId),
    /// Lines.
    Line(SessionId),
    /// Requests.
    Http(Box<HttpPeer>),
    /// WebSocket messages.
    WebSocket(Box<WsPeer>),
}

impl Peer {
    /// Bytes of memory that it holds, without those of its session.
    pub fn held_bytes(&self) -> usize {
        match self {
            Self::Arriving(arrival) => arrival.held_bytes(),
            Self::Silent(_) | Self::Line(_) => 0,
            Self::Http(peer) => peer.held_bytes(),
            Self::WebSocket(peer) => peer.held_bytes(),
        }
    }

    /// The session that it is for, if it is for one now.
    pub const fn session(&self) -> Option<SessionId> {
        match self {
            Self::Arriving(arrival) => arrival.session,
            Self::Silent(session) | Self::Line(session) => Some(*session),
            Self::Http(peer) => peer.session,
            Self::WebSocket(peer) => Some(peer.session),
        }
    }
}

// There is one of each for an idle client, and the allocator rounds up: growth here must be
// measured with ten thousand of them.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(
    size_of::<Session>() <= 96
        && size_of::<Lines>() <= 104
        && size_of::<Engine>() <= 216
        && size_of::<WsPeer>() <= 104
);

/// All sessions, and all connections.
#[derive(Debug, Default)]
pub struct Sessions {
    table: Table<kind::Session, Session>,
    /// The state of each connection.
    pub peers: Attached<kind::Connection, Peer>,
    by_sid: HashMap<Sid, SessionId>,
    /// The output of ended sessions, for their next poll.
    pub farewells: Farewells,
    /// Sessions with something queued.
    touched: Vec<SessionId>,
}

impl Session {
    /// A client at `address` that came at `now_ms`.
    pub const fn new(
        address: PeerAddress,
        account: AccountId,
        now_ms: u64,
        kind: SessionKind,
    ) -> Self {
        Self {
            address,
            account,
            since_ms: now_ms,
            wakes_at_ms: NEVER_MS,
            messages: 0,
            counted: 0,
            touched: false,
            is_paused: false,
            is_ended: false,
            kind,
        }
    }

    /// Bytes of memory that it holds alone, without shared ones.
    pub fn held_bytes(&self) -> usize {
        match &self.kind {
            SessionKind::Line(lines) => lines.line.held_bytes(),
            SessionKind::Plain(_) => 0,
            SessionKind::Engine(engine) => engine.held_bytes(),
        }
    }

    /// Bytes that wait for the client to fetch them.
    pub fn queued(&self) -> usize {
        match &self.kind {
            SessionKind::Line(_) | SessionKind::Plain(_) => 0,
            SessionKind::Engine(engine) => engine.queued(),
        }
    }

    /// Its memory when it was last counted.
    pub const fn counted(&self) -> usize {
        self.counted as usize
    }

    /// Counts its memory. Returns the earlier count and the new one.
    pub fn count(&mut self, bytes: usize) -> (usize, usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        (std::mem::replace(&mut self.counted, bytes) as usize, bytes as usize)
    }

    /// Whether it has joined a namespace or an endpoint, if its protocol has any.
    pub fn is_joined(&self) -> bool {
        match &self.kind {
            SessionKind::Line(_) | SessionKind::Plain(_) => true,
            SessionKind::Engine(engine) => engine.is_joined(),
        }
    }

    /// Its seats.
    pub fn sockets(&self) -> &[SocketId] {
        match &self.kind {
            SessionKind::Line(lines) => std::slice::from_ref(&lines.socket),
            SessionKind::Plain(plain) => std::slice::from_ref(&plain.socket),
            SessionKind::Engine(engine) => &engine.sockets,
        }
    }

    /// The limit on how fast its client may send.
    pub fn pace(&mut self) -> &mut Pace {
        match &mut self.kind {
            SessionKind::Line(lines) => &mut lines.line.pace,
            SessionKind::Plain(plain) => &mut plain.pace,
            SessionKind::Engine(engine) => &mut engine.pace,
        }
    }

    /// The Engine.IO session, if it is one.
    pub const fn engine(&mut self) -> Option<&mut Engine> {
        match &mut self.kind {
            SessionKind::Engine(engine) => Some(engine),
            SessionKind::Line(_) | SessionKind::Plain(_) => None,
        }
    }

    /// The connection that carries it, if it is always the same.
    pub fn connection(&self) -> Option<ConnectionId> {
        match &self.kind {
            SessionKind::Line(lines) => Some(lines.connection),
            SessionKind::Plain(plain) => Some(plain.connection),
            SessionKind::Engine(engine) => engine.websocket(),
        }
    }

    /// The names of all protocols but the application's own, in logs and metrics.
    pub const PROTOCOLS: [&str; 6] =
        [LineSession::PROTOCOL, "ws", "eio3-ws", "eio3-polling", "eio4-ws", "eio4-polling"];

    /// Its protocol, as logs name it: one of [`Self::PROTOCOLS`], or the name of a door of the
    /// application's own.
    pub fn protocol(&self) -> &'static str {
        match &self.kind {
            SessionKind::Line(lines) => lines.line.protocol(),
            SessionKind::Plain(_) => "ws",
            SessionKind::Engine(engine) => match (engine.dialect(), engine.websocket()) {
                (Dialect::Engine3, Some(_)) => "eio3-ws",
                (Dialect::Engine3, None) => "eio3-polling",
                (_, Some(_)) => "eio4-ws",
                (_, None) => "eio4-polling",
            },
        }
    }
}

impl Sessions {
    /// Adds a session.
    pub fn insert(&mut self, session: Session) -> SessionId {
        let sid = match &session.kind {
            SessionKind::Engine(engine) => Some(engine.sid),
            SessionKind::Line(_) | SessionKind::Plain(_) => None,
        };
        let id = self.table.insert(session);
        self.by_sid.extend(sid.map(|sid| (sid, id)));
        id
    }

    /// Removes a session; `None` if it has ended already.
    pub fn remove(&mut self, id: SessionId) -> Option<Session> {
        let session = self.table.remove(id)?;
        if let SessionKind::Engine(engine) = &session.kind {
            self.by_sid.remove(&engine.sid);
        }
        Some(session)
    }

    /// The session; `None` if it has ended.
    pub fn get(&self, id: SessionId) -> Option<&Session> {
        self.table.get(id)
    }

    /// The session, to change; `None` if it has ended.
    pub fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.table.get_mut(id)
    }

    /// The Engine.IO session, to change; `None` if it has ended or is of another kind.
    pub fn engine(&mut self, id: SessionId) -> Option<&mut Engine> {
        self.table.get_mut(id)?.engine()
    }

    /// The Engine.IO session called `sid`.
    pub fn called(&self, sid: &str) -> Option<SessionId> {
        self.by_sid.get(&Sid::parse(sid)?).copied()
    }

    /// The session of a line or WebSocket connection.
    pub fn carried_by(&self, connection: ConnectionId) -> Option<SessionId> {
        match self.peers.get(connection)? {
            Peer::Arriving(arrival) => arrival.session,
            Peer::Silent(session) | Peer::Line(session) => Some(*session),
            Peer::WebSocket(peer) => Some(peer.session),
            Peer::Http(_) => None,
        }
    }

    /// The queue of a session that keeps its own, to be flushed when the turn settles.
    pub fn queue(&mut self, id: SessionId) -> Option<&mut Frames> {
        let session = self.table.get_mut(id)?;
        if !std::mem::replace(&mut session.touched, true) {
            self.touched.push(id);
        }
        Some(session.engine()?.queue())
    }

    /// Passes on the output that sessions queue themselves. Returns the sessions for which more
    /// than `queue_bytes_max` bytes wait and whose clients do not fetch them. `flushed` gets each.
    pub fn flush(
        &mut self,
        wire: &mut Wire<'_>,
        now_ms: u64,
        queue_bytes_max: usize,
        mut flushed: impl FnMut(SessionId),
    ) -> Vec<SessionId> {
        let mut slow = Vec::new();
        for id in std::mem::take(&mut self.touched) {
            let Some(session) = self.table.get_mut(id) else { continue };
            session.touched = false;
            let Some(engine) = session.engine() else { continue };
            engine.flush(wire);
            flushed(id);
            if engine.is_slow(now_ms, queue_bytes_max) {
                slow.push(id);
            }
        }
        slow
    }

    /// Whether nothing has been queued since the last flush.
    pub const fn is_flushed(&self) -> bool {
        self.touched.is_empty()
    }

    /// All sessions.
    pub fn iter(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.table.iter()
    }

    /// All sessions, to change.
    pub fn all(&mut self) -> impl Iterator<Item = &mut Session> {
        self.table.iter_mut()
    }

    /// Number of sessions.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is no session.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Panics unless all traces of clients are gone.
    pub fn check_empty(&self) {
        assert!(self.table.is_empty() && self.by_sid.is_empty(), "no session is left");
        assert!(self.peers.ids().is_empty(), "no connection is left");
        self.farewells.check_empty();
    }

    /// Panics unless every session is known to the connection that carries it, and by its name.
    pub fn check_invariants(&self) {
        let mut named = 0;
        for (id, session) in self.table.iter() {
            if let Some(connection) = session.connection() {
                assert_eq!(self.carried_by(connection), Some(id), "a session is carried");
            }
            if let SessionKind::Engine(engine) = &session.kind {
                named += 1;
                assert_eq!(self.by_sid.get(&engine.sid), Some(&id), "a session has its name");
                assert!(matches!(engine.route(id), Route::Connection(_) | Route::Session(_)));
            }
            assert_eq!(session.touched, self.touched.contains(&id), "the touched are listed");
        }
        assert_eq!(named, self.by_sid.len());
    }
}
