//! Lets a client into a namespace, for the first time or when it comes back.

use super::Server;
use super::core::Core;
use super::event::{Connect, Refused};
use super::handlers::Handlers;
use super::recovery::{Missed, Restored, Saved};
use crate::base::{CloseReason, Dialect, Namespace, SessionId, SocketId, Voice};
use crate::limits::{RECOVERY_OFFSET_BYTES_MAX, RECOVERY_QUEUE_TO_MISSED_MIN};
use crate::net::Turn;
use crate::session::Sid;
use crate::session::dialect::Sending;
use crate::session::engine::Ending;
use mio_wire::eio::Version;
use mio_wire::sio;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// A client's wish about recovery.
pub(super) enum Wants {
    /// None: nothing changes for it.
    Nothing,
    /// To be able to come back.
    ComeBackLater,
    /// To come back as the client with this id, after the events up to this offset, or after none.
    ComeBack(Sid, Option<String>),
}

impl Wants {
    /// Reads the wish from a client's authentication data, which may be anything.
    pub(super) fn read(auth: &str) -> Self {
        let Ok(said) = serde_json::from_str::<HashMap<String, &RawValue>>(auth) else {
            return Self::Nothing;
        };
        let said = |key| said.get(key).map(|value| value.get());
        let Some(pid) = said("pid").filter(|pid| pid.starts_with('"')) else {
            let is_true = said("recover") == Some("true");
            return if is_true { Self::ComeBackLater } else { Self::Nothing };
        };
        // An id needs no escapes.
        let Some(pid) = Sid::parse(pid.trim_matches('"')) else { return Self::ComeBackLater };
        let Some(offset) = said("offset").filter(|offset| *offset != "null") else {
            return Self::ComeBack(pid, None);
        };
        let is_short = offset.len() <= RECOVERY_OFFSET_BYTES_MAX;
        match serde_json::from_str(offset) {
            Ok(offset) if is_short => Self::ComeBack(pid, Some(offset)),
            _ => Self::ComeBackLater,
        }
    }
}

/// A CONNECT.
pub(super) struct Join<'a> {
    pub(super) session: SessionId,
    pub(super) namespace: Namespace,
    /// The namespace's name.
    pub(super) name: &'a str,
    /// The client's authentication data.
    pub(super) auth: &'a str,
}

/// A client that is about to be let in.
struct Joining<'a> {
    session: SessionId,
    namespace: Namespace,
    name: &'a str,
    version: Version,
    socket: SocketId,
    public: Option<Sid>,
    /// It takes part in recovery by this id.
    pid: Option<String>,
    missed: Vec<Missed>,
}

impl<S> Server<S> {
    /// Lets a client into a namespace, if the application does. A client that comes back may have
    /// to wait for the adapter.
    pub(super) fn join_namespace(
        &mut self,
        turn: &mut Turn<'_>,
        id: SessionId,
        name: &str,
        auth: &str,
    ) {
        let Some(namespace) = self.core.namespaces.socket_io(name) else { return };
        let Some(engine) = self.core.sessions.engine(id) else { return };
        let join = Join { session: id, namespace, name, auth };
        let wants = match (&self.core.recovery, engine.version) {
            (Some(_), Version::V4) => Wants::read(auth),
            (None, _) | (_, Version::V3) => Wants::Nothing,
        };
        let mut restored = None;
        if let Wants::ComeBack(pid, offset) = &wants {
            self.end_older(turn, namespace, pid);
            let has_store = self.core.recovery.as_ref().is_some_and(|it| it.has_store());
            if has_store {
                restored = self.restore(turn, &join, pid, offset.as_deref());
            } else if self.await_return(turn, &join, pid.as_str(), offset.as_deref()) {
                return;
            }
        }
        self.admit(turn, &join, &wants, restored);
    }

    /// Lets a client in, if the application does: as a new one, or as the one that it was.
    pub(super) fn admit(
        &mut self,
        turn: &mut Turn<'_>,
        join: &Join<'_>,
        wants: &Wants,
        restored: Option<(Sid, Restored)>,
    ) {
        let Join { session: id, namespace, name, auth } = *join;
        let Some(session) = self.core.sessions.get_mut(id) else { return };
        let address = session.address;
        let Some(engine) = session.engine() else { return };
        let version = engine.version;
        let dialect = match wants {
            Wants::Nothing => engine.dialect(),
            Wants::ComeBackLater | Wants::ComeBack(..) => engine.dialect_with_offsets(),
        };
        let voice = Voice { namespace, dialect, window: engine.window() };
        let query = engine.query.clone().unwrap_or_default();
        let (before, restored) = restored.unzip();
        let public = before.or_else(|| (version == Version::V4).then(|| self.core.sid()));
        let socket = self.core.sit_held(id, voice, public);
        let (hub, mut courier) = self.core.split(turn.out);
        hub.enroll(socket, &mut courier);
        if let Some(engine) = self.core.sessions.engine(id) {
            engine.sockets.push(socket);
        }
        if let Some(left) = self.core.left.get_mut(&id) {
            left.retain(|left| *left != namespace);
        }
        let recovered = restored.as_ref().map(|restored| restored.saved.data.clone());
        let (mut pid, mut missed) = (None, Vec::new());
        if !matches!(wants, Wants::Nothing) {
            (pid, missed) = self.take_part(turn, socket, join, public, restored);
        }
        let recovered = recovered.as_deref();
        let kept = self.core.kept.get(&id).cloned();
        let kept = kept.as_deref();
        let connect = Connect { socket, address, auth, query: &query, recovered, kept };
        let outcome = self.call_in(turn, namespace, |handlers: &mut Handlers<S>, cx| {
            handlers.events(namespace).map_or(Ok(()), |events| (events.connect)(cx, connect))
        });
        let joining =
            Joining { session: id, namespace, name, version, socket, public, pid, missed };
        match outcome {
            Some(Ok(())) => self.let_in(turn, &joining),
            Some(Err(refused)) => {
                self.core.log_failure(turn.now.ms, id, &refused);
                self.turn_away(turn, &joining, refused);
            }
            None => self.turn_away(turn, &joining, Refused::new("the server has failed at this")),
        }
    }

    /// If the older connection of a client that comes back still counts as open, it ends first: it
    /// is broken, and only the client knows that.
    fn end_older(&mut self, turn: &mut Turn<'_>, namespace: Namespace, pid: &Sid) {
        let recovery = self.core.recovery.as_ref();
        let older = recovery.and_then(|recovery| recovery.called(pid.as_str()));
        let is_here = |socket: &SocketId| {
            self.core.hub.voice(*socket).is_some_and(|voice| voice.namespace == namespace)
        };
        let older = older.filter(is_here).and_then(|socket| self.core.session_of(socket));
        let Some(older) = older else { return };
        let sockets = self.core.sessions.get(older).map(|it| it.sockets().to_vec());
        // The newcomer comes back to the session of that socket.
        for socket in sockets.unwrap_or_default() {
            self.let_go(turn, socket, false);
        }
        self.leave(turn, older, CloseReason::Replaced, Ending::ByServer);
    }

    /// Finds the session to which a client comes back.
    fn restore(
        &mut self,
        turn: &Turn<'_>,
        join: &Join<'_>,
        pid: &Sid,
        offset: Option<&str>,
    ) -> Option<(Sid, Restored)> {
        let Self { state, core, .. } = self;
        let store = core.recovery.as_mut()?.store()?;
        let restored = store.restore(state, turn.now, pid.as_str(), offset)?;
        self.checked(join, restored).filter(|(_, restored)| restored.saved.pid == pid.as_str())
    }

    /// A session with its public id, if the client can come back to it.
    pub(super) fn checked(&self, join: &Join<'_>, restored: Restored) -> Option<(Sid, Restored)> {
        let saved = &restored.saved;
        let sid = Sid::parse(&saved.sid).filter(|sid| !self.core.by_id.contains_key(sid))?;
        let bytes: usize = restored.missed.iter().map(Missed::bytes).sum();
        let fits = bytes <= self.core.listen.queue_bytes_max / RECOVERY_QUEUE_TO_MISSED_MIN;
        (saved.namespace == join.name && fits).then_some((sid, restored))
    }

    /// Notes that a socket takes part in recovery, and puts it into its rooms if it is back.
    /// Returns its secret id and what it has missed.
    fn take_part(
        &mut self,
        turn: &mut Turn<'_>,
        socket: SocketId,
        join: &Join<'_>,
        public: Option<Sid>,
        restored: Option<Restored>,
    ) -> (Option<String>, Vec<Missed>) {
        let pid = self.core.sid();
        let since = self.call_in(turn, join.namespace, |_, cx| cx.newest_offset());
        let core = &mut self.core;
        let Core { recovery: Some(recovery), .. } = core else { return (None, Vec::new()) };
        let Restored { saved, missed } = restored.unwrap_or_else(|| {
            let saved = Saved {
                pid: pid.as_str().to_owned(),
                sid: public.map_or(String::new(), |sid| sid.as_str().to_owned()),
                namespace: join.name.to_owned(),
                rooms: Vec::new(),
                data: String::new(),
                since: since.unwrap_or_default(),
            };
            Restored { saved, missed: Vec::new() }
        });
        let pid = saved.pid.clone();
        let rooms = saved.rooms.clone();
        recovery.take_part(socket, saved);
        if let Some(public) = public {
            core.cluster.pending.returned(join.namespace, public, &rooms);
        }
        let (hub, mut courier) = core.split(turn.out);
        for room in &rooms {
            hub.join(socket, &room.name, &mut courier);
        }
        (Some(pid), missed)
    }

    /// The missed events come before the answer, as clients expect, and the events from the
    /// meantime after it.
    fn let_in(&mut self, turn: &mut Turn<'_>, joining: &Joining<'_>) {
        let Joining { session, name, version, socket, public, pid, missed, .. } = joining;
        self.core.joined(*session);
        let dialect = self.core.sessions.engine(*session).map(|it| it.dialect_with_offsets());
        let dialect = dialect.unwrap_or(Dialect::Engine4Offsets);
        let mut text = Vec::new();
        for event in missed {
            text.clear();
            let Missed { name: event_name, args, attachments, offset } = event;
            sio::encode_event(&mut text, name, None, event_name, args, attachments.len());
            let offset = serde_json::to_vec(offset).unwrap_or_default();
            let sending = Sending::Kept(&text, &offset, attachments);
            self.core.send_as(turn.out, *session, sending, dialect);
        }
        text.clear();
        let public = public.as_ref().map_or("", |public| public.as_str());
        sio::encode_connect(&mut text, *version, name, public, pid.as_deref());
        self.core.let_in(turn.out, *socket, &text);
    }

    /// A client is not let in, and is told why.
    fn turn_away(&mut self, turn: &mut Turn<'_>, joining: &Joining<'_>, refused: Refused) {
        let Joining { session: id, namespace, name, version, socket, .. } = *joining;
        if let Some(engine) = self.core.sessions.engine(id) {
            engine.sockets.retain(|other| *other != socket);
        }
        self.let_go(turn, socket, true);
        let acks = self.core.rise(turn.out, socket);
        self.core.forget_held();
        let data = refused.data.and_then(|data| String::from_utf8(data).ok());
        let (message, data) = (&refused.message, data.as_deref());
        let mut text = Vec::new();
        sio::encode_connect_error(&mut text, version, name, message, data);
        self.core.send_packet(turn.out, id, &text);
        self.forget_acks(turn, namespace, acks);
        // The application may want it gone altogether.
        if let Some(reason) = self.core.take_leaving(socket) {
            self.leave(turn, id, reason, Ending::ByServer);
        }
    }
}
