//! Engine.IO: requests and WebSockets that carry the packets of a session.

use super::Server;
use super::admission::NoPlace;
use super::handshake::{NoSession, Welcome};
use super::handshakes::{Outcome, UPGRADE_REQUIRED, handshake, wants_websocket};
use super::leaving::close_websocket;
use crate::base::{CloseReason, ConnectionId, Destination, SessionId};
use crate::limits::OPEN_MS;
use crate::net::Turn;
use crate::session::engine::{Engine, Reply};
use crate::session::{Caller, Request, Session, SessionKind, WsPeer};
use mio_wire::eio::Version;
use mio_wire::http::{Head, Method};

/// An error of the protocol (Engine.IO, "Error codes"): status, code, message.
type EngineError = (u16, u8, &'static str);

const UNKNOWN_TRANSPORT: EngineError = (400, 0, "Transport unknown");
const UNKNOWN_SID: EngineError = (400, 1, "Session ID unknown");
const BAD_METHOD: EngineError = (400, 2, "Bad handshake method");
const BAD_REQUEST: EngineError = (400, 3, "Bad request");
const FORBIDDEN: EngineError = (403, 4, "Forbidden");
const UNSUPPORTED: EngineError = (400, 5, "Unsupported protocol version");

/// Parameters of the protocol's own; the others are for the application.
const OWN_PARAMETERS: [&str; 6] = ["EIO", "transport", "t", "sid", "b64", "j"];

/// The client that asks for a session.
struct Asking<'a> {
    caller: &'a Caller,
    /// By which connection.
    by: ConnectionId,
    head: &'a Head<'a>,
    version: Version,
    target: Destination,
}

/// The kinds of requests for Engine.IO.
enum Asked {
    /// A new session, over a WebSocket or not.
    Handshake(Version, bool),
    /// A poll of a session.
    Poll(SessionId),
    /// Packets for a session.
    Post(SessionId),
    /// A WebSocket for a session that polls.
    Upgrade(SessionId),
}

impl<S> Server<S> {
    /// A request for Engine.IO.
    pub(super) fn engine_request(
        &mut self,
        turn: &mut Turn<'_>,
        caller: Caller,
        request: Request,
        reply: Reply,
        target: Destination,
    ) -> Outcome {
        let head = request.head();
        let (caller, by) = (&caller, reply.connection);
        if let Some(origin) = reply.refused_origin() {
            self.core.log_origin(turn.now.ms, caller, origin);
            self.refuse_engine(turn, caller, &head, reply, FORBIDDEN);
            return Outcome::Taken;
        }
        if head.method == Method::Options {
            let requested = head.header("access-control-request-headers");
            let (_, _, mut wire) = self.core.wire(turn.out);
            reply.preflight(&mut wire, requested);
            return Outcome::Taken;
        }
        match self.asked(&head, target) {
            Ok(Asked::Handshake(version, true)) => {
                let asking = Asking { caller, by, head: &head, version, target };
                return self.open_websocket(turn, &asking, reply);
            }
            Ok(Asked::Handshake(version, false)) => {
                let asking = Asking { caller, by, head: &head, version, target };
                self.open_polling(turn, &asking, reply);
            }
            Ok(Asked::Poll(session)) => self.poll(turn, session, reply),
            Ok(Asked::Post(session)) => self.post(turn, session, request, reply),
            Ok(Asked::Upgrade(session)) => {
                return self.upgrade(turn, session, caller, &head, reply);
            }
            // It may have ended without the client's knowing.
            Err(UNKNOWN_SID) if self.is_owed(&head) => {
                if let Err(reply) = self.say_farewell(turn, request, reply) {
                    let (status, code, message) = UNKNOWN_SID;
                    reply.refuse(&mut self.core.wire(turn.out).2, status, code, message);
                }
            }
            Err(error) => self.refuse_engine(turn, caller, &head, reply, error),
        }
        Outcome::Taken
    }

    /// Judges a request in the order of the reference server.
    fn asked(&self, head: &Head<'_>, target: Destination) -> Result<Asked, EngineError> {
        let settings = &self.core.engine;
        let websocket = match head.param("transport").as_deref() {
            Some("polling") if settings.polling => false,
            Some("websocket") if settings.websocket => true,
            _ => return Err(UNKNOWN_TRANSPORT),
        };
        let version = head.param("EIO").and_then(|version| Version::from_query(&version));
        let Some(sid) = head.param("sid") else {
            if head.method != Method::Get {
                return Err(BAD_METHOD);
            }
            if websocket != wants_websocket(head) {
                return Err(BAD_REQUEST);
            }
            let is_served = |version: &Version| settings.version_3 || *version == Version::V4;
            let version = version.filter(is_served).ok_or(UNSUPPORTED)?;
            return Ok(Asked::Handshake(version, websocket));
        };
        let id = self.core.sessions.called(&sid).ok_or(UNKNOWN_SID)?;
        let session = self.core.sessions.get(id).ok_or(UNKNOWN_SID)?;
        let SessionKind::Engine(engine) = &session.kind else { return Err(UNKNOWN_SID) };
        if engine.target != target {
            return Err(UNKNOWN_SID);
        }
        if version != Some(engine.version) || websocket != wants_websocket(head) {
            return Err(BAD_REQUEST);
        }
        match head.method {
            Method::Get if websocket => Ok(Asked::Upgrade(id)),
            // Its packets come by a WebSocket now; only a request that began before goes on.
            _ if engine.websocket().is_some() && engine.posted.is_none() => Err(BAD_REQUEST),
            Method::Get => Ok(Asked::Poll(id)),
            Method::Post => Ok(Asked::Post(id)),
            _ => Err(BAD_METHOD),
        }
    }

    /// The session that the body of a request is for, once its head is here.
    pub(super) fn posted_to(&self, head: &Head<'_>, reply: &Reply) -> Option<SessionId> {
        let target = self.engine_at(head.path)?;
        if reply.refused_origin().is_some() {
            return None;
        }
        match self.asked(head, target) {
            Ok(Asked::Post(session)) => Some(session),
            _ => None,
        }
    }

    fn refuse_engine(
        &mut self,
        turn: &mut Turn<'_>,
        caller: &Caller,
        head: &Head<'_>,
        reply: Reply,
        error: EngineError,
    ) {
        let (status, code, message) = error;
        let no_session = NoSession { address: caller.address, code, message, head };
        self.tell_refused(turn, reply.connection, &no_session);
        let (_, _, mut wire) = self.core.wire(turn.out);
        reply.refuse(&mut wire, status, code, message);
    }

    /// Begins a session.
    fn begin_engine(
        &mut self,
        turn: &mut Turn<'_>,
        asking: &Asking<'_>,
        websocket: Option<ConnectionId>,
        welcome: &mut Welcome,
    ) -> SessionId {
        let Asking { caller: Caller { address, .. }, by, head, version, target } = *asking;
        let address = *address;
        let (sid, now_ms) = (self.core.sid(), turn.now.ms);
        let base64 = head.param("b64").is_some_and(|value| !value.is_empty());
        let settings = &self.core.engine;
        let mut engine = Engine::new(settings, sid, target, version, base64, websocket, now_ms);
        engine.query = application_query(head);
        let account = self.core.admission.actor();
        let session = Session::new(address, account, now_ms, SessionKind::Engine(Box::new(engine)));
        let protocol = session.protocol();
        let id = self.core.begin_session(session);
        self.keep_welcome(id, welcome);
        // Once it has joined a namespace, the application can log who has come.
        if self.core.admission.logs_stranger(now_ms) {
            log::info!("connect ip={address} session={id:?} door={protocol} connection={by:?}");
        }
        self.core.wake_beat(id);
        id
    }

    fn open_polling(&mut self, turn: &mut Turn<'_>, asking: &Asking<'_>, reply: Reply) {
        if let Err(no_place) = self.admit_session(turn) {
            return self.refuse_session(turn, asking, reply, no_place);
        }
        let welcomed = self.welcome(turn, asking.caller, asking.head, reply, false);
        let Some((mut welcome, reply)) = welcomed else { return };
        let id = self.begin_engine(turn, asking, None, &mut welcome);
        if let Some(engine) = self.core.sessions.engine(id) {
            engine.open_poll(reply.with_headers(welcome.headers));
        }
        self.open_engine(turn, id);
    }

    fn open_websocket(
        &mut self,
        turn: &mut Turn<'_>,
        asking: &Asking<'_>,
        reply: Reply,
    ) -> Outcome {
        let connection = reply.connection;
        let handshake = match handshake(asking.head) {
            Ok(handshake) => handshake,
            Err((status, _)) => {
                return self.refuse_handshake(turn, asking.caller, asking.head, reply, status);
            }
        };
        if let Err(no_place) = self.admit_session(turn) {
            self.refuse_session(turn, asking, reply, no_place);
            return Outcome::Taken;
        }
        let welcomed = self.welcome(turn, asking.caller, asking.head, reply, true);
        let Some((mut welcome, _)) = welcomed else { return Outcome::Taken };
        let id = self.begin_engine(turn, asking, Some(connection), &mut welcome);
        let peer = WsPeer::new(id, self.core.engine.payload_bytes_max);
        let window = self.core.deflating.window(handshake.deflate);
        if let Some(engine) = self.core.sessions.engine(id) {
            engine.set_window(window);
        }
        let input = self.switch(turn, connection, &handshake, peer, &welcome.headers);
        // The answer to the handshake goes out alone: programs that begin to listen for messages
        // once the WebSocket is open would miss one that comes with it.
        self.core.wake_session(id, turn.now.ms + OPEN_MS);
        Outcome::Switched(input)
    }

    /// There is no place for one more session.
    fn refuse_session(
        &mut self,
        turn: &mut Turn<'_>,
        asking: &Asking<'_>,
        reply: Reply,
        no_place: NoPlace,
    ) {
        let Asking { caller: Caller { address, .. }, by, head, .. } = *asking;
        let address = *address;
        self.core.log_refusal(turn.now.ms, self.core.admission.actor(), address, no_place);
        let message = match no_place {
            NoPlace::Full => "server is full".to_owned(),
            NoPlace::Address(too_much) => too_much.to_string(),
        };
        let (_, code, _) = BAD_REQUEST;
        self.tell_refused(turn, by, &NoSession { address, code, message: &message, head });
        let (_, _, mut wire) = self.core.wire(turn.out);
        reply.refuse(&mut wire, no_place.status(), code, &message);
    }

    fn refuse_handshake(
        &mut self,
        turn: &mut Turn<'_>,
        caller: &Caller,
        head: &Head<'_>,
        reply: Reply,
        status: u16,
    ) -> Outcome {
        let (_, code, message) = BAD_REQUEST;
        let no_session = NoSession { address: caller.address, code, message, head };
        self.tell_refused(turn, reply.connection, &no_session);
        let (_, _, mut wire) = self.core.wire(turn.out);
        match status {
            426 => reply.answer(&mut wire, 426, &UPGRADE_REQUIRED, b""),
            _ => reply.refuse(&mut wire, status, code, message),
        }
        Outcome::Taken
    }

    /// A WebSocket has come to take a session over.
    fn upgrade(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        caller: &Caller,
        head: &Head<'_>,
        reply: Reply,
    ) -> Outcome {
        let connection = reply.connection;
        let handshake = match handshake(head) {
            Ok(handshake) => handshake,
            Err((status, _)) => return self.refuse_handshake(turn, caller, head, reply, status),
        };
        let base64 = head.param("b64").is_some_and(|value| !value.is_empty());
        let due_ms = turn.now.ms + self.core.engine.upgrade_ms;
        let window = self.core.deflating.window(handshake.deflate);
        let Some(engine) = self.core.sessions.engine(id) else { return Outcome::Taken };
        let is_taken = engine.probe(connection, base64, window, due_ms);
        let peer = WsPeer::new(id, self.core.engine.payload_bytes_max);
        let input = self.switch(turn, connection, &handshake, peer, &[]);
        if !is_taken {
            close_websocket(turn.out, connection, None, CloseReason::ProtocolError);
            return Outcome::Taken;
        }
        self.core.wake_beat(id);
        Outcome::Switched(input)
    }
}

/// The parameters of a request that are the application's, still encoded.
fn application_query(head: &Head<'_>) -> Option<Box<str>> {
    let is_ours = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        !name.is_empty() && !OWN_PARAMETERS.contains(&name)
    };
    let pairs: Vec<&str> = head.query.split('&').filter(is_ours).collect();
    (!pairs.is_empty()).then(|| Box::from(pairs.join("&")))
}
