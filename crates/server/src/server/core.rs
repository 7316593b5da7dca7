//! Everything of a server besides the application.

use super::acks::{Acks, NoAck, OnAck};
use super::admission::Admission;
use super::bulk::Bulk;
use super::callers::Callers;
use super::cluster::Cluster;
use super::courier::Courier;
use super::deflating::Deflating;
use super::doors::Doors;
use super::gathering::Gathering;
use super::greetings::Greetings;
use super::links::Links;
use super::loud_rooms::LoudRoom;
use super::namespaces::Namespaces;
use super::own_doors::OwnDoor;
use super::panics::Whose;
use super::recording::{Entropy, Outside, outside};
use super::recovery::Recovering;
use super::remote::Calls;
use super::returning::Returns;
use super::stats::Stats;
use super::{Context, Listen};
use crate::base::{
    CloseReason, ConnectionId, Deadlines, Namespace, Outboxes, Route, SessionId, SocketId, Voice,
};
use crate::hub::Hub;
use crate::limits::QUEUE_BYTES_READ_PAUSE;
use crate::net::Turn;
use crate::session::engine::{EngineSettings, Wire};
use crate::session::{LineSettings, Origins, Peer, SessionKind, Sessions, Sid};
use std::any::Any;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

/// A handler that is called at a time.
pub(super) type Timer<S> = Box<dyn FnOnce(&mut Context<'_, S>)>;

/// The purpose of a deadline.
pub(super) enum Wake<S> {
    /// A session's pace or tail, at this time.
    Session(SessionId, u64),
    /// The end of the wait for a request, or for a connection's first bytes, at this time.
    Connection(ConnectionId, u64),
    /// The end of the wait for the rest of a message.
    Partial(ConnectionId),
    /// The time to read a connection again that was not read.
    Resume(ConnectionId),
    /// The end of a farewell that no request has fetched.
    Farewell(Sid),
    /// An answer that the application awaits.
    Ack(SocketId, u64),
    /// A session's heartbeat is due, or the wait for its answer ends. The number is the time at
    /// which this is so; for a plain WebSocket it is the number of its deadline.
    Beat(SessionId, u64),
    /// An answer was impossible from the start. The handler is told in this namespace.
    NoAck(Namespace, OnAck<S>, NoAck),
    /// The next body of a bulk route has its turn, at this time.
    Bulk(u64),
    /// The loop makes one more turn.
    Turn,
    /// Calls from other threads wait.
    Calls,
    /// A timer of the application, which was set in this namespace.
    Timer(Namespace, Timer<S>),
}

/// A socket's data besides its seat, if its protocol has events.
pub(super) struct Named<S> {
    /// Its public name, if its protocol has such names.
    pub(super) id: Option<Sid>,
    /// The answers that it owes.
    acks: Option<Box<Acks<S>>>,
}

/// A socket that a handler has asked to disconnect.
pub(super) struct Leaving {
    pub(super) socket: SocketId,
    pub(super) reason: CloseReason,
    /// Whether its session ends too, with its seats in other namespaces.
    pub(super) session: bool,
}

/// Sessions, seats and deadlines, apart from the application's state so that a handler can have
/// both at once.
pub(super) struct Core<S> {
    /// The addresses at which the server listens, and its limits.
    pub(super) listen: Listen,
    /// The door of each listener.
    pub(super) doors: Doors,
    pub(super) lines: LineSettings,
    /// The doors whose protocols are the application's own.
    pub(super) own: Vec<OwnDoor>,
    pub(super) engine: EngineSettings,
    pub(super) deflating: Deflating,
    pub(super) origins: Origins,
    pub(super) callers: Callers,
    pub(super) sessions: Sessions,
    pub(super) admission: Admission,
    /// The connection that brought the current work, or whose deadline it is; `None` for work
    /// without one, such as settling a turn.
    pub(super) connection: Option<ConnectionId>,
    /// The client for whom a handler runs now.
    pub(super) whose: Option<Whose>,
    /// The client whose handler has panicked.
    pub(super) failed: Option<Whose>,
    pub(super) hub: Hub,
    pub(super) named: HashMap<SocketId, Named<S>>,
    pub(super) by_id: HashMap<Sid, SocketId>,
    /// The namespaces out of which the server has taken a session, until it joins them again: its
    /// client may have sent packets there before it heard of that.
    pub(super) left: HashMap<SessionId, Vec<Namespace>>,
    /// Values that the application keeps for sessions, from their handshakes.
    pub(super) kept: HashMap<SessionId, Rc<dyn Any>>,
    /// The clients that may come back, if the application has a [`Recovery`](super::Recovery).
    pub(super) recovery: Option<Box<Recovering<S>>>,
    /// The clients that come back, and wait for the adapter.
    pub(super) returns: Returns,
    pub(super) greetings: Greetings,
    /// Connections whose lines or messages cannot be read on their way, as far as the server knows:
    /// they speak TLS, or a proxy may have spoken it with the client. Few clients of lines do.
    pub(super) secret: HashSet<ConnectionId>,
    pub(super) namespaces: Namespaces,
    pub(super) links: Links,
    pub(super) cluster: Cluster<S>,
    pub(super) wakes: Deadlines<Wake<S>>,
    /// The sockets that handlers have asked to disconnect.
    pub(super) leaving: VecDeque<Leaving>,
    /// Connections whose request has been answered.
    pub(super) answered: Vec<ConnectionId>,
    /// Answers of audiences that are under way, by number, and the number of the last one.
    pub(super) gatherings: HashMap<u64, Gathering<S>>,
    pub(super) gathered: u64,
    /// The answer that the handler of the current event owes, until it gives it.
    pub(super) owed: Option<(SocketId, u64)>,
    /// Output for a client that has not been let in yet.
    pub(super) held: Vec<u8>,
    /// The session of that client.
    held_by: Option<SessionId>,
    /// Reused memory for an event, and for its form in one dialect.
    pub(super) text: Vec<u8>,
    pub(super) scratch: Vec<u8>,
    /// Reused memory for the sockets that an audience leaves out.
    pub(super) except: Vec<SocketId>,
    pub(super) entropy: Entropy,
    pub(super) outside: Outside,
    pub(super) stats: Stats,
    pub(super) calls: Calls<S>,
    /// A handler has asked for the end.
    pub(super) is_asked_to_stop: bool,
    /// The server is ending: it lets nobody in.
    pub(super) is_stopping: bool,
    /// A turn has ended since then in which no session was owed a farewell.
    pub(super) is_owing_nothing: bool,
    /// Rooms in which speakers wait for readers.
    pub(super) loud: Vec<LoudRoom>,
    /// The pace of requests for bulk routes.
    pub(super) bulk: Bulk,
    /// The time at which this turn began, in milliseconds since 1970.
    pub(super) unix_ms: u64,
}

impl<S> Core<S> {
    pub(super) fn new(
        lines: LineSettings,
        engine: EngineSettings,
        origins: Origins,
        namespaces: Namespaces,
        entropy: Entropy,
        admission: Admission,
    ) -> Self {
        let own = admission.accounts().limits().own.iter();
        Self {
            stats: Stats::new(own.map(|own| own.name)),
            admission,
            whose: None,
            connection: None,
            failed: None,
            listen: Listen::default(),
            doors: Doors::default(),
            lines,
            own: Vec::new(),
            engine,
            deflating: Deflating::default(),
            origins,
            callers: Callers::default(),
            sessions: Sessions::default(),
            hub: Hub::default(),
            named: HashMap::new(),
            by_id: HashMap::new(),
            left: HashMap::new(),
            kept: HashMap::new(),
            recovery: None,
            returns: Returns::default(),
            namespaces,
            greetings: Greetings::default(),
            secret: HashSet::new(),
            links: Links::default(),
            cluster: Cluster::default(),
            wakes: Deadlines::default(),
            leaving: VecDeque::new(),
            answered: Vec::new(),
            gatherings: HashMap::new(),
            gathered: 0,
            owed: None,
            held: Vec::new(),
            held_by: None,
            text: Vec::new(),
            except: Vec::new(),
            scratch: Vec::new(),
            entropy,
            outside: outside(),
            calls: Calls::default(),
            is_asked_to_stop: false,
            is_stopping: false,
            is_owing_nothing: false,
            loud: Vec::new(),
            bulk: Bulk::default(),
            unix_ms: 0,
        }
    }

    /// The hub, and the courier for its output.
    pub(super) fn split<'a>(&'a mut self, out: &'a mut Outboxes) -> (&'a mut Hub, Courier<'a>) {
        let Self { hub, sessions, held, stats, .. } = self;
        (hub, Courier::new(out, sessions, held, stats))
    }

    /// The ways out of a session, and the session.
    pub(super) fn wire<'a>(
        &'a mut self,
        out: &'a mut Outboxes,
    ) -> (&'a mut Sessions, &'a EngineSettings, Wire<'a>) {
        let Self { sessions, engine, answered, unix_ms, .. } = self;
        (sessions, engine, Wire { out, answered, unix_ms: *unix_ms })
    }

    /// Gives a session a seat in a namespace, whose packets are held until it is let in.
    pub(super) fn sit_held(
        &mut self,
        session: SessionId,
        voice: Voice,
        id: Option<Sid>,
    ) -> SocketId {
        self.held_by = Some(session);
        let socket = self.hub.sit(Route::Held, voice);
        self.named.insert(socket, Named { id, acks: None });
        self.by_id.extend(id.map(|id| (id, socket)));
        socket
    }

    /// The session of a socket; `None` if it has gone.
    pub(super) fn session_of(&self, socket: SocketId) -> Option<SessionId> {
        match self.hub.route(socket)? {
            Route::Connection(id) => self.sessions.carried_by(id),
            Route::Session(id) => Some(id),
            Route::Held => self.held_by,
            Route::Elsewhere => None,
        }
    }

    /// The answers that a socket owes, if its protocol has answers.
    pub(super) fn acks(&mut self, socket: SocketId) -> Option<&mut Acks<S>> {
        self.named.get_mut(&socket).map(|named| &mut **named.acks.get_or_insert_default())
    }

    /// Takes a seat away, and returns the answers that the application awaited of it.
    pub(super) fn rise(&mut self, out: &mut Outboxes, socket: SocketId) -> Option<Acks<S>> {
        self.note_leaving(socket);
        let (hub, mut courier) = self.split(out);
        hub.rise(socket, &mut courier);
        let named = self.named.remove(&socket)?;
        if let Some(id) = named.id {
            self.by_id.remove(&id);
        }
        named.acks.map(|acks| *acks)
    }

    /// Forgets the output for a client that is not let in.
    pub(super) fn forget_held(&mut self) {
        self.held = Vec::new();
    }

    /// A new id.
    pub(super) fn sid(&mut self) -> Sid {
        let mut random = [0; Sid::RANDOM_BYTES];
        (self.entropy)(&mut random);
        Sid::new(random)
    }

    /// The socket of a session in a namespace.
    pub(super) fn socket_in(&self, id: SessionId, namespace: Namespace) -> Option<SocketId> {
        let SessionKind::Engine(engine) = &self.sessions.get(id)?.kind else { return None };
        let is_in = |socket: &&SocketId| {
            self.hub.voice(**socket).is_some_and(|voice| voice.namespace == namespace)
        };
        engine.sockets.iter().find(is_in).copied()
    }

    /// Whether output for the socket could go out at once: nothing is left from before this turn.
    /// The output of this turn goes out together, up to the bound of a batch.
    pub(super) fn is_writable(&mut self, out: &Outboxes, socket: SocketId) -> bool {
        let queued_max = self.listen.batch_bytes_max();
        match self.hub.route(socket) {
            Some(Route::Connection(id)) => out.keeps_up(id, queued_max),
            Some(Route::Session(id)) => {
                let Some(engine) = self.sessions.engine(id) else { return false };
                let is_carried = engine.websocket().map(|id| out.keeps_up(id, queued_max));
                is_carried.unwrap_or(engine.is_polled()) && engine.queued() <= queued_max
            }
            Some(Route::Held | Route::Elsewhere) | None => false,
        }
    }

    /// Sets a session's deadline, unless an earlier one is set: that one will look again.
    pub(super) fn wake_session(&mut self, id: SessionId, at_ms: u64) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.wakes_at_ms > at_ms {
            session.wakes_at_ms = at_ms;
            self.wakes.set(at_ms, Wake::Session(id, at_ms));
        }
    }

    /// Sets the deadline of a session's heartbeat in the same way. It is apart from the others,
    /// which come and go much faster, so that they leave no deadlines behind.
    pub(super) fn wake_beat(&mut self, id: SessionId) {
        let Some(engine) = self.sessions.engine(id) else { return };
        let due_ms = engine.due_ms();
        if engine.beats_at_ms > due_ms {
            engine.beats_at_ms = due_ms;
            self.wakes.set(due_ms, Wake::Beat(id, due_ms));
        }
    }

    /// Sets the deadline of a connection's request, or of its first bytes, if it has one.
    pub(super) fn wake_connection(&mut self, id: ConnectionId) {
        let (due_ms, wakes_at_ms) = match self.sessions.peers.get_mut(id) {
            Some(Peer::Http(peer)) => (peer.due_ms(), &mut peer.wakes_at_ms),
            Some(Peer::Arriving(arrival)) => (arrival.due_ms(), &mut arrival.wakes_at_ms),
            Some(Peer::Silent(_) | Peer::Line(_) | Peer::WebSocket(_)) | None => return,
        };
        let Some(due_ms) = due_ms else { return };
        if *wakes_at_ms > due_ms {
            *wakes_at_ms = due_ms;
            self.wakes.set(due_ms, Wake::Connection(id, due_ms));
        }
    }

    /// Whether nothing is left to hand over.
    pub(super) fn is_settled(&self) -> bool {
        let is_saved = self.recovery.as_ref().is_none_or(|recovery| recovery.is_settled());
        self.hub.is_settled() && self.sessions.is_flushed() && is_saved
    }

    /// Hands the turn's batches to the outboxes, and the queues of sessions to the requests that
    /// wait for them. Returns the sessions whose clients do not fetch their output.
    pub(super) fn settle(&mut self, turn: &mut Turn<'_>) -> Vec<SessionId> {
        let (hub, mut courier) = self.split(turn.out);
        hub.settle(&mut courier);
        let (queue_bytes_max, now_ms) = (self.listen.queue_bytes_max, turn.now.ms);
        let (sessions, _, mut wire) = self.wire(turn.out);
        let mut flushed = Vec::new();
        let slow = sessions.flush(&mut wire, now_ms, queue_bytes_max, |id| flushed.push(id));
        for id in flushed {
            self.weigh_session(id);
        }
        slow
    }
}

/// Whether a connection has too much unsent output to decode more of its input. When that is over,
/// [`Service::drained`](crate::net::Service::drained) goes on.
pub(super) fn is_full(out: &Outboxes, connection: ConnectionId) -> bool {
    out.queued(connection.index()) > QUEUE_BYTES_READ_PAUSE
}

#[cfg(test)]
mod tests;
