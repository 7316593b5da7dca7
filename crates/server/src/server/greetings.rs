//! Connections that have come in by a listener that speaks TLS, until their handshake is done.

use super::Server;
use super::admission::NoPlace;
use super::doors::{DoorKind, Doors};
use crate::base::{CloseReason, ConnectionId, PeerAddress};
use crate::net::{SECURE_REFUSED_LISTENER, Turn, Unopened};
use crate::session::Caller;
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;

/// A handshake that is not done in time.
const TIMEOUT: &str = "timeout";
/// A client that has gone in the middle of its handshake.
const LEFT: &str = "left";
/// All reasons why a handshake fails: those of [`Unopened`], and the two above.
const REASONS: [&str; 8] =
    ["plain", "incompatible", "malformed", "alert", "certificate", "other", TIMEOUT, LEFT];

/// The connections whose handshake is not done, and counts of the handshakes that succeeded or
/// failed.
#[derive(Debug)]
pub(super) struct Greetings {
    pending: HashMap<ConnectionId, Greeting>,
    /// Why the next newcomer gets no place, and at which door, if it comes in to be told so.
    refused_next: Option<(DoorKind, NoPlace)>,
    /// Handshakes done.
    pub(super) done: u64,
    /// Handshakes that have failed, by reason.
    pub(super) failed: Vec<(&'static str, u64)>,
    /// When the certificate ends, in seconds since 1970.
    pub(super) certificate_ends_unix_s: Option<i64>,
}

/// A connection whose handshake is not done.
#[derive(Debug)]
struct Greeting {
    address: PeerAddress,
    listener: usize,
    /// Why its client gets no place, and at which door.
    refused: Option<(DoorKind, NoPlace)>,
}

impl Default for Greetings {
    fn default() -> Self {
        let failed = REASONS.map(|reason| (reason, 0)).to_vec();
        Self {
            pending: HashMap::new(),
            refused_next: None,
            done: 0,
            failed,
            certificate_ends_unix_s: None,
        }
    }
}

impl Greetings {
    /// The connections whose handshake is not done.
    pub(super) fn ids(&self) -> Vec<ConnectionId> {
        self.pending.keys().copied().collect()
    }

    /// The address of the peer of a connection whose handshake is not done.
    pub(super) fn address(&self, id: ConnectionId) -> Option<PeerAddress> {
        self.pending.get(&id).map(|greeting| greeting.address)
    }

    /// The next newcomer gets no place, and is told so.
    pub(super) const fn refuse_next(&mut self, refused: (DoorKind, NoPlace)) {
        self.refused_next = Some(refused);
    }

    /// The client of a connection gets no place, and is told so.
    pub(super) fn refuse(&mut self, id: ConnectionId, no_place: NoPlace, doors: Doors) {
        if let Some(greeting) = self.pending.get_mut(&id) {
            greeting.refused = Some((doors.kind(greeting.listener), no_place));
        }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    fn fail(&mut self, reason: &str) {
        let counted = self.failed.iter_mut().find(|(known, _)| *known == reason);
        if let Some((_, count)) = counted {
            *count += 1;
        }
    }
}

impl<S> Server<S> {
    /// A connection has come in, and does its handshake before anything else.
    pub(super) fn begin_greeting(
        &mut self,
        id: ConnectionId,
        address: PeerAddress,
        listener: usize,
    ) {
        let is_refused = listener == SECURE_REFUSED_LISTENER;
        let refused = self.core.greetings.refused_next.take().filter(|_| is_refused);
        if refused.is_some() {
            self.core.take_place_to_tell(id);
        }
        self.core.greetings.pending.insert(id, Greeting { address, listener, refused });
        log::debug!("connect ip={address} connection={id:?} door=tls");
    }

    /// The peer of a connection that does its handshake stands for the client at `source`, if it is
    /// a trusted proxy. From here on the connection and its work are that client's.
    pub(super) fn name_greeting(&mut self, turn: &mut Turn<'_>, id: ConnectionId, source: IpAddr) {
        let Some(peer) = self.core.greetings.address(id) else { return };
        if !self.core.callers.proxies.trusts(peer) {
            return;
        }
        let caller = Caller { by_proxy: true, ..Caller::direct(source.into()) };
        let account = self.core.account_of(&caller, turn.now.ms);
        if let Err(no_place) = self.core.admit_as(turn, id, account) {
            self.core.refuse_greeting(turn, id, &caller, account, no_place);
        }
    }

    /// The handshake of a connection is done: now its client comes in.
    pub(super) fn finish_greeting(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        let Some(greeting) = self.core.greetings.pending.remove(&id) else { return };
        let Greeting { address, listener, refused } = greeting;
        self.core.greetings.done += 1;
        // The application has been told of the end, so nobody comes in any more.
        if self.core.is_stopping {
            return turn.out.close(id, CloseReason::ServerShutdown);
        }
        match refused {
            Some(refused) => self.core.tell_refusal(turn, id, refused),
            None => self.come_in(turn, id, address, listener),
        }
    }

    /// A client has come in by a listener.
    pub(super) fn come_in(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        address: PeerAddress,
        listener: usize,
    ) {
        let is_secure = self.core.doors.is_secure(listener);
        if is_secure && !matches!(self.core.doors.kind(listener), DoorKind::Http(_)) {
            self.core.secret.insert(id);
        }
        match self.core.doors.kind(listener) {
            DoorKind::Lines => self.arrive(turn, id, address, None),
            DoorKind::Own(own) => match self.core.own_door(own) {
                Some(door) => self.arrive(turn, id, address, Some(door)),
                None => turn.out.close(id, CloseReason::ServerDisconnect),
            },
            DoorKind::Http(door) => self.open_http(turn, id, address, door, is_secure),
        }
    }

    /// The handshake of a connection has failed.
    pub(super) fn fail_greeting(&mut self, turn: &Turn<'_>, id: ConnectionId, why: &io::Error) {
        let Some(greeting) = self.core.greetings.pending.remove(&id) else { return };
        let why = why.get_ref().and_then(|inner| inner.downcast_ref::<Unopened>());
        let reason = why.map_or(LEFT, |why| why.word);
        self.core.greetings.fail(reason);
        if why.is_some() {
            let hint = format!("a handshake of TLS that fails: {reason}");
            self.core.log_misfit(log::Level::Debug, turn.now.ms, id, greeting.address, &hint);
        }
    }

    /// A connection has gone before its handshake was done.
    pub(super) fn end_greeting(&mut self, id: ConnectionId, reason: CloseReason) {
        if self.core.greetings.pending.remove(&id).is_some() {
            self.core.greetings.fail(if reason == CloseReason::Timeout { TIMEOUT } else { LEFT });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Now, Outboxes};
    use crate::limits::SPARE_PLACES_OF_ADDRESS;
    use crate::net::{Budget, Meter, Service};
    use crate::server::Listen;
    use crate::session::{AddressLimits, Proxies};

    /// The time of a piece of work that makes an address greedy.
    const LONG_US: u64 = 10_000;

    /// A server with one listener, which speaks TLS.
    struct World {
        server: Server<u32>,
        out: Outboxes,
        opened: usize,
        /// The time of each piece of work.
        step_us: u64,
    }

    impl World {
        fn new(proxies: Proxies, step_us: u64) -> Self {
            let limits = AddressLimits { connections_max: 2, ..AddressLimits::default() };
            let builder = Server::builder().proxies(proxies).addresses(limits);
            let mut server = builder.on_connect(|cx, _| *cx.state += 1).build(0);
            let address = "127.0.0.1:0".parse().expect("an address");
            server.set_listen(Listen::default().tls(vec![address]));
            Self { server, out: Outboxes::default(), opened: 0, step_us }
        }

        fn at<T>(&mut self, act: impl FnOnce(&mut Server<u32>, &mut Turn<'_>) -> T) -> T {
            let now = Now { ms: 1, unix_ms: 1 };
            let (budget, remotes) =
                (&mut Budget::new(Meter::counted(self.step_us)), &mut Vec::new());
            let turn = &mut Turn { now, out: &mut self.out, budget, remotes };
            let result = act(&mut self.server, turn);
            self.server.check_invariants();
            result
        }

        /// A connection of a proxy that names this client, once its handshake has gone on.
        fn behind(&mut self, source: &str) -> ConnectionId {
            let id = self.out.open(self.opened);
            self.opened += 1;
            let peer = IpAddr::from([127, 0, 0, 1]).into();
            let source = source.parse().expect("an address");
            self.at(|server, turn| {
                server.opened(turn, id, 0, peer);
                server.named(turn, id, source);
                server.worked(turn, id);
            });
            id
        }

        fn is_greedy(&self, id: ConnectionId) -> bool {
            self.server.is_greedy(Now { ms: 1, unix_ms: 1 }, id)
        }
    }

    fn this_machine() -> Proxies {
        Proxies::new(["127.0.0.0/8".parse().expect("a network")])
    }

    #[test]
    fn a_handshake_is_the_work_of_the_client_that_a_proxy_names() {
        let mut world = World::new(this_machine(), LONG_US);
        let ids = [world.behind("203.0.113.9"), world.behind("203.0.113.9")];
        assert!(ids.iter().all(|id| world.is_greedy(*id)), "their address comes last");
        let third = world.behind("203.0.113.9");
        assert_eq!(world.out.closing(third.index()), Some(CloseReason::ServerFull));
        let other = world.behind("198.51.100.7");
        assert_eq!(world.out.closing(other.index()), None, "others come in");
        world.at(|server, turn| server.connected(turn, other));
        assert_eq!(*world.server.state(), 0, "the header comes once more, as text");
        for id in [ids[0], ids[1], third, other] {
            world.at(|server, turn| server.closed(turn, id, CloseReason::Eof));
        }
        assert!(world.server.core.greetings.is_empty());
    }

    #[test]
    fn few_clients_without_a_place_are_told_so_after_their_handshake() {
        let mut world = World::new(this_machine(), 0);
        let ids: Vec<_> =
            (0..2 + SPARE_PLACES_OF_ADDRESS + 1).map(|_| world.behind("203.0.113.9")).collect();
        let closing: Vec<_> = ids.iter().map(|id| world.out.closing(id.index())).collect();
        let (last, others) = closing.split_last().expect("there are some");
        assert_eq!(*last, Some(CloseReason::ServerFull), "too many are told already");
        assert!(others.iter().all(Option::is_none));
        for id in &ids[2..ids.len() - 1] {
            world.at(|server, turn| server.connected(turn, *id));
            assert!(world.out.queued(id.index()) > 0);
            assert_eq!(world.out.closing(id.index()), Some(CloseReason::ServerFull));
        }
        for id in ids {
            world.at(|server, turn| server.closed(turn, id, CloseReason::Eof));
        }
        let next = world.behind("203.0.113.9");
        assert_eq!(world.out.closing(next.index()), None, "all places are given back");
    }

    #[test]
    fn a_client_that_a_stranger_names_pays_nothing() {
        let mut world = World::new(Proxies::none(), LONG_US);
        for _ in 0..4 {
            let id = world.behind("203.0.113.9");
            assert!(!world.is_greedy(id) && world.out.closing(id.index()).is_none());
        }
    }
}
