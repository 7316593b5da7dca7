//! The work that clients cause, and the account that it is counted to.

use super::NoPlace;
use super::places::Unjoined;
use crate::base::{AccountId, ConnectionId, PeerAddress, SessionId, SocketId};
use crate::limits::{PAUSE_LOOK_MS, ROOM_WAIT_MS};
use crate::net::Turn;
use crate::server::core::{Core, Wake};
use crate::session::{Caller, Peer, Session, SessionKind, Share, TooMuch};
use mio_wire::http::Refusal;
use mio_wire::ws;

impl<S> Core<S> {
    /// Lets a session in.
    pub(in crate::server) fn begin_session(&mut self, session: Session) -> SessionId {
        let is_joined = session.is_joined();
        let account = session.account;
        let id = self.sessions.insert(session);
        self.admission.accounts.add_session(account, id, is_joined);
        if !is_joined {
            let Self { admission, sessions, .. } = self;
            let waits = |id: &SessionId| sessions.get(*id).is_some_and(|it| !it.is_joined());
            let Unjoined { count, line } = &mut admission.unjoined;
            while line.pop_front_if(|id| !waits(id)).is_some() {}
            *count += 1;
            line.push_back(id);
        }
        id
    }

    /// Moves a session to the account of another address, which a proxy has named.
    pub(in crate::server) fn move_session(
        &mut self,
        id: SessionId,
        address: PeerAddress,
        account: AccountId,
        now_ms: u64,
    ) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let (is_joined, held_bytes) = (session.is_joined(), session.counted());
        let before = std::mem::replace(&mut session.account, account);
        session.address = address;
        self.admission.accounts.hold(before, held_bytes, 0);
        self.admission.accounts.remove_session(before, id, is_joined, now_ms);
        self.admission.accounts.add_session(account, id, is_joined);
        self.admission.accounts.hold(account, 0, held_bytes);
    }

    /// Ends a session and gives its share back; `None` if it has ended already.
    pub(in crate::server) fn end_session(&mut self, id: SessionId, now_ms: u64) -> Option<Session> {
        let session = self.sessions.remove(id)?;
        self.left.remove(&id);
        self.kept.remove(&id);
        self.admission.accounts.hold(session.account, session.counted(), 0);
        self.admission.accounts.remove_session(session.account, id, session.is_joined(), now_ms);
        self.admission.unjoined.count -= usize::from(!session.is_joined());
        Some(session)
    }

    /// Notes that a session of Engine.IO has joined a namespace or an endpoint.
    pub(in crate::server) fn joined(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let (account, is_news) = (session.account, !session.is_joined());
        if let Some(engine) = session.engine().filter(|_| is_news) {
            engine.joined();
            self.admission.accounts.joined(account);
            self.admission.unjoined.count -= 1;
        }
    }

    /// The account of a socket's address; `None` if it has gone.
    pub(in crate::server) fn account_of_socket(&self, socket: SocketId) -> Option<AccountId> {
        Some(self.sessions.get(self.session_of(socket)?)?.account)
    }

    /// Counts a message of a session, and its bytes. (One at the line door knows its own pace.)
    pub(in crate::server) fn posted(&mut self, now_ms: u64, id: SessionId, bytes: usize) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if !matches!(session.kind, SessionKind::Line(_)) {
            session.pace().post(now_ms, bytes);
        }
        let (accounts, account) = (&mut self.admission.accounts, session.account);
        accounts.spend(account, now_ms, Share::Posts, 1);
        accounts.spend(account, now_ms, Share::Bytes, bytes as u64);
    }

    /// Counts an awaited answer of a session: only its bytes, because the server asked for it.
    pub(in crate::server) fn answered_ack(&mut self, now_ms: u64, id: SessionId, bytes: usize) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.pace().weigh(now_ms, bytes);
        let (accounts, account) = (&mut self.admission.accounts, session.account);
        accounts.spend(account, now_ms, Share::Bytes, bytes as u64);
    }

    /// Counts work that a client has caused as `posts` messages.
    pub(in crate::server) fn charge(&mut self, now_ms: u64, socket: SocketId, posts: u32) {
        let Some(id) = self.session_of(socket) else { return };
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.pace().charge(now_ms, posts);
        let (accounts, account) = (&mut self.admission.accounts, session.account);
        accounts.spend(account, now_ms, Share::Posts, u64::from(posts));
    }

    /// The time until which a session is not read: the application has paused it, its client comes
    /// back and waits for the adapter, its client or the
    /// clients of its address have said or caused too much, or it speaks in a loud room. `None` if
    /// it may go on.
    pub(in crate::server) fn waits_until(&mut self, now_ms: u64, id: SessionId) -> Option<u64> {
        let session = self.sessions.get_mut(id)?;
        let account = session.account;
        let is_paused = session.is_paused || self.returns.is_waiting(id);
        let paused = is_paused.then_some(now_ms + PAUSE_LOOK_MS);
        let waits = session.pace().blocked_until(now_ms).max(paused);
        let waits = waits.max(self.admission.accounts.wait_until_ms(account, now_ms));
        if self.loud.is_empty() {
            return waits;
        }
        let sockets = self.sessions.get(id)?.sockets();
        let is_in = |room| sockets.iter().any(|socket| self.hub.is_in(*socket, room));
        let is_loud = self.loud.iter().any(|loud| is_in(loud.room));
        waits.max(is_loud.then_some(now_ms + ROOM_WAIT_MS))
    }

    /// Whether the next input may pass although its sender is over its pace, because the input is
    /// no message.
    pub(in crate::server) fn passes(&mut self, session: SessionId, ahead: ws::Ahead) -> bool {
        // In Engine.IO it may be a heartbeat.
        let is_beat = matches!(ahead, ws::Ahead::Short(b'2' | b'3'));
        ahead == ws::Ahead::Control || is_beat && self.sessions.engine(session).is_some()
    }

    /// Stops reading a connection for a while if the clients of its address have caused too much
    /// work. Input that is no message and no request counts too.
    pub(in crate::server) fn slow_down(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        let account = self.admission.accounts.of_connection(id);
        let Some(until_ms) = self.admission.accounts.wait_until_ms(account, turn.now.ms) else {
            return;
        };
        let session = match self.sessions.peers.get_mut(id) {
            Some(Peer::Silent(session) | Peer::Line(session)) => *session,
            Some(Peer::WebSocket(peer)) => peer.session,
            Some(Peer::Http(peer)) => {
                if peer.held_until_ms.replace(until_ms).is_none() {
                    self.wakes.set(until_ms, Wake::Resume(id));
                }
                return turn.out.hold(id);
            }
            Some(Peer::Arriving(_)) | None => return,
        };
        turn.out.hold(id);
        if let Some(engine) = self.sessions.engine(session) {
            engine.wait_until(until_ms);
        }
        self.wake_session(session, until_ms);
    }

    /// The answer to a client whose address has too much of something.
    fn no_more(&mut self, now_ms: u64, caller: &Caller, too_much: TooMuch) -> Refusal {
        let no_place = NoPlace::Address(too_much);
        self.log_refusal(now_ms, self.admission.actor, caller.address, no_place);
        Refusal { status: no_place.status(), why: too_much.sentence() }
    }

    /// Moves a connection to the account of the address whose request it carries.
    pub(in crate::server) fn count_to(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        caller: &Caller,
    ) -> Result<(), Refusal> {
        let now_ms = turn.now.ms;
        let account = self.account_of(caller, now_ms);
        let is_moved = self.admission.accounts.attach(id, account, now_ms);
        self.admission.actor = account;
        let Some(Peer::Http(peer)) = self.sessions.peers.get(id) else { return Ok(()) };
        // The proxy named this client in a PROXY header: it is a new connection of that address.
        let is_new = peer.caller.by_proxy && peer.caller.address == caller.address;
        let too_many = self.admission.accounts.has_too_many_connections(account);
        let too_much = if is_moved && too_many && !self.close_resting_of(turn, account) {
            Some(TooMuch::Connections)
        } else if is_moved && is_new {
            self.admission.accounts.arrive(account, now_ms).err()
        } else {
            None
        };
        too_much.map_or(Ok(()), |too_much| Err(self.no_more(now_ms, caller, too_much)))
    }

    /// Counts a client whose WebSocket came through a proxy as if it had opened the connection
    /// itself.
    pub(in crate::server) fn count_arrival(
        &mut self,
        turn: &Turn<'_>,
        id: ConnectionId,
        caller: &Caller,
    ) -> Result<(), Refusal> {
        let (now_ms, account) = (turn.now.ms, self.admission.actor);
        let Some(Peer::Http(peer)) = self.sessions.peers.get(id) else { return Ok(()) };
        if peer.caller.address == caller.address {
            return Ok(());
        }
        let arrived = self.admission.accounts.arrive(account, now_ms);
        arrived.map_err(|too_much| self.no_more(now_ms, caller, too_much))
    }

    /// Moves a connection back to the account of the address that opened it, between two requests
    /// that a proxy sends for different clients.
    pub(in crate::server) fn take_back(&mut self, turn: &Turn<'_>, id: ConnectionId) {
        // After the last answer there is no further request.
        if turn.out.closing(id.index()).is_some() {
            return;
        }
        let now_ms = turn.now.ms;
        let Some(Peer::Http(peer)) = self.sessions.peers.get(id) else { return };
        let caller = peer.caller;
        let account = match caller.by_proxy {
            true => self.account_of(&caller, now_ms),
            false => self.account_of_peer(caller.address, now_ms),
        };
        self.admission.accounts.attach(id, account, now_ms);
    }
}
