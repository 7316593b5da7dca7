//! Connections at doors without HTTP whose first bytes may be a proxy's.

use super::Server;
use crate::base::{CloseReason, ConnectionId, NEVER_MS, PeerAddress, SessionId};
use crate::net::Turn;
use crate::session::engine::Ending;
use crate::session::{Arrival, Arrived, Caller, Peer};
use log::Level;

impl<S> Server<S> {
    /// A client has come in at the line door, or at one whose protocol is the application's own, by
    /// its number. If the peer may be a trusted proxy, the session
    /// begins when the first bytes have named the client, or when none have come for a moment. (A
    /// raw door does not wait: it greets and announces nobody, and the client would miss the lines
    /// of others.)
    pub(super) fn arrive(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        address: PeerAddress,
        own_door: Option<usize>,
    ) {
        let is_raw = own_door.is_none() && self.core.lines.raw;
        if !self.core.callers.proxies.trusts(address) || is_raw {
            return self.open_lines(turn, id, Caller::direct(address), own_door);
        }
        self.await_first(turn, id, address, None);
        if let Some(Peer::Arriving(arrival)) = self.core.sessions.peers.get_mut(id) {
            arrival.own_door = own_door;
        }
        self.core.wake_connection(id);
    }

    /// Keeps a connection's first bytes until they prove to be a header or lines.
    fn await_first(
        &mut self,
        turn: &Turn<'_>,
        id: ConnectionId,
        address: PeerAddress,
        session: Option<SessionId>,
    ) {
        let is_believed = self.core.callers.proxies.trusts(address);
        let idle_flush_ms = self.core.lines.idle_flush_ms;
        let mut arrival = Arrival::new(address, is_believed, idle_flush_ms, turn.now.ms);
        arrival.session = session;
        self.core.sessions.peers.insert(id, Peer::Arriving(Box::new(arrival)));
    }

    /// The first bytes of a client at the line door have come, which may be a proxy's header.
    /// Returns the lines among them.
    pub(super) fn pump_first(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        session: SessionId,
        bytes: &[u8],
    ) -> Option<Vec<u8>> {
        let address = self.core.sessions.get(session)?.address;
        self.await_first(turn, id, address, Some(session));
        self.pump_arrival(turn, id, bytes)
    }

    /// The first bytes have come, or more of them. Returns the lines among them, once the client is
    /// known.
    pub(super) fn pump_arrival(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        bytes: &[u8],
    ) -> Option<Vec<u8>> {
        let Some(Peer::Arriving(arrival)) = self.core.sessions.peers.get_mut(id) else {
            return None;
        };
        let arrived = arrival.receive(bytes, turn.now.ms);
        self.core.admission.touch(id);
        self.arrived(turn, id, arrived)
    }

    /// No more bytes come, or the wait for them is over. Returns the lines among those that came.
    pub(super) fn finish_arrival(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
    ) -> Option<Vec<u8>> {
        let Some(Peer::Arriving(arrival)) = self.core.sessions.peers.get_mut(id) else {
            return None;
        };
        let arrived = arrival.finish();
        self.arrived(turn, id, arrived)
    }

    /// The patience with a connection's first bytes may be over. Returns the lines among them.
    pub(super) fn wake_arrival(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        at_ms: u64,
    ) -> Option<Vec<u8>> {
        let Some(Peer::Arriving(arrival)) = self.core.sessions.peers.get_mut(id) else {
            return None;
        };
        if arrival.wakes_at_ms != at_ms {
            return None;
        }
        arrival.wakes_at_ms = NEVER_MS;
        if arrival.due_ms().is_some_and(|due_ms| due_ms <= turn.now.ms) {
            return self.finish_arrival(turn, id);
        }
        self.core.wake_connection(id);
        None
    }

    /// A connection whose first bytes have not come is gone, or about to be.
    pub(super) fn end_arrival(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        reason: CloseReason,
        ending: Ending,
    ) {
        if let Some(session) = self.core.sessions.carried_by(id) {
            self.leave(turn, session, reason, ending);
        }
    }

    fn arrived(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        arrived: Arrived,
    ) -> Option<Vec<u8>> {
        let Some(Peer::Arriving(arrival)) = self.core.sessions.peers.get(id) else { return None };
        let (address, session, own_door) = (arrival.address, arrival.session, arrival.own_door);
        match (arrived, session) {
            (Arrived::Unknown, _) => self.core.wake_connection(id),
            (Arrived::Silent, None) => self.open_lines(turn, id, Caller::direct(address), own_door),
            (Arrived::Silent, Some(_)) => (),
            (Arrived::Own, _) => turn.out.close(id, CloseReason::Timeout),
            (Arrived::Lines(caller, input), session) => {
                if caller.ignored {
                    self.core.callers.hint(address, turn.now.ms);
                }
                match session {
                    // The header has come late: it can only change the address now.
                    Some(session) => {
                        self.core.sessions.peers.insert(id, Peer::Line(session));
                        self.core.note_secrecy(id, &caller);
                        let account = self.core.account_of(&caller, turn.now.ms);
                        if let Err(no_place) = self.core.admit_as(turn, id, account) {
                            self.core.refuse_arrival(
                                turn,
                                id,
                                &caller,
                                no_place,
                                own_door.is_none(),
                            );
                            let reason = CloseReason::ServerFull;
                            self.leave(turn, session, reason, Ending::ByServer);
                            return None;
                        }
                        self.core.move_session(session, caller.address, account, turn.now.ms);
                    }
                    None => self.open_lines(turn, id, caller, own_door),
                }
                let session = self.core.sessions.carried_by(id)?;
                self.core.sessions.peers.insert(id, Peer::Line(session));
                return Some(input);
            }
            (Arrived::Malformed, session) => {
                let hint = "a PROXY header that cannot be read";
                self.core.log_misfit(Level::Warn, turn.now.ms, id, address, hint);
                if let Some(session) = session {
                    self.leave(turn, session, CloseReason::ProtocolError, Ending::ByServer);
                }
                turn.out.close(id, CloseReason::ProtocolError);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Now, Outboxes};
    use crate::limits::{PROXY_HEADER_MS, PROXY_WAIT_MS};
    use crate::net::{Budget, Meter, Service};
    use crate::server::LineSettings;
    use crate::session::{AddressLimits, Proxies, Rate};
    use std::net::IpAddr;

    const HEADER: &[u8] = b"PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\nhi\n";

    /// A server that counts its arrivals.
    struct World {
        server: Server<u32>,
        out: Outboxes,
    }

    impl World {
        fn new(proxies: Proxies, lines: LineSettings) -> Self {
            let builder = Server::builder().proxies(proxies).line_door(lines);
            let server = builder.on_connect(|cx, _| *cx.state += 1).build(0);
            Self { server, out: Outboxes::default() }
        }

        fn at<T>(&mut self, ms: u64, act: impl FnOnce(&mut Server<u32>, &mut Turn<'_>) -> T) -> T {
            let now = Now { ms, unix_ms: ms };
            let (budget, remotes) = (&mut Budget::new(Meter::counted(0)), &mut Vec::new());
            let turn = &mut Turn { now, out: &mut self.out, budget, remotes };
            let result = act(&mut self.server, turn);
            self.server.check_invariants();
            result
        }

        fn open(&mut self, index: usize) -> ConnectionId {
            let id = self.out.open(index);
            let peer = IpAddr::from([127, 0, 0, 1]).into();
            self.at(0, |server, turn| server.opened(turn, id, 0, peer));
            id
        }

        fn receive(&mut self, ms: u64, id: ConnectionId, bytes: &[u8]) {
            self.at(ms, |server, turn| server.received(turn, id, &mut bytes.to_vec()));
        }

        fn lingers(&mut self, id: ConnectionId) -> bool {
            self.at(PROXY_WAIT_MS, |server, turn| server.lingers(turn.now, id))
        }

        /// The number of arrivals, and the addresses of the clients that are here.
        fn told(&self) -> (u32, Vec<String>) {
            let sessions = self.server.core.sessions.iter();
            let ips = sessions.map(|(_, session)| session.address.to_string()).collect();
            (*self.server.state(), ips)
        }
    }

    fn this_machine() -> Proxies {
        Proxies::new(["127.0.0.0/8".parse().expect("a network")])
    }

    #[test]
    fn a_session_begins_with_the_first_bytes_or_when_none_come() {
        let mut world = World::new(this_machine(), LineSettings::default());
        let ids: Vec<ConnectionId> = (0..4).map(|index| world.open(index)).collect();
        assert_eq!(world.told().0, 0);
        world.receive(0, ids[0], HEADER);
        assert_eq!(world.told(), (1, vec!["203.0.113.9".to_owned()]));
        world.receive(0, ids[1], b"hi\n");
        world.receive(0, ids[2], &HEADER[..9]);
        assert_eq!(world.told().0, 2, "half a header is nobody");
        world.at(PROXY_WAIT_MS, |server, turn| server.woke(turn));
        assert_eq!(world.told().0, 3, "who says nothing is greeted");
        // A header that comes late still tells the address.
        world.receive(PROXY_WAIT_MS, ids[3], HEADER);
        let told = ["203.0.113.9", "127.0.0.1", "203.0.113.9"].map(str::to_owned);
        assert_eq!(world.told(), (3, told.to_vec()));
        world.at(PROXY_HEADER_MS, |server, turn| server.woke(turn));
        assert_eq!(world.out.closing(ids[2].index()), Some(CloseReason::ProtocolError));
        assert_eq!(world.told().0, 3);
        for id in ids {
            world.at(PROXY_HEADER_MS, |server, turn| server.closed(turn, id, CloseReason::Eof));
        }
        world.server.check_empty();
    }

    /// The limits of an address: two connections, one after the other, and a few bytes.
    fn strict() -> AddressLimits {
        let bytes = Rate::per_second(1, 10_000);
        let arrivals = Rate::per_second(1, 2);
        AddressLimits { connections_max: 2, arrivals, bytes, ..AddressLimits::default() }
    }

    #[test]
    fn what_comes_of_one_who_got_no_place_is_charged_to_their_address() {
        for is_late in [false, true] {
            let builder = Server::builder().proxies(this_machine()).addresses(strict());
            let server = builder.on_connect(|cx, _| *cx.state += 1).build(0);
            let mut world = World { server, out: Outboxes::default() };
            let quit = world.open(0);
            world.receive(0, quit, HEADER);
            world.at(0, |server, turn| server.closed(turn, quit, CloseReason::Eof));
            let ids = [world.open(1), world.open(2), world.open(3)];
            if is_late {
                world.at(PROXY_WAIT_MS, |server, turn| server.woke(turn));
            }
            world.receive(PROXY_WAIT_MS, ids[0], HEADER);
            assert_eq!(world.out.closing(1), None);
            // One too many comes within a second, and is told so.
            world.receive(PROXY_WAIT_MS, ids[1], HEADER);
            assert_eq!(world.out.closing(2), Some(CloseReason::ServerFull));
            assert!(world.out.queued(2) > 0 && world.lingers(ids[1]), "late: {is_late}");
            // From a client that comes when all places are taken, nothing more is read.
            world.receive(PROXY_WAIT_MS, ids[2], HEADER);
            assert!(world.out.queued(3) > 0 && !world.lingers(ids[2]), "late: {is_late}");
            let goes_on = |server: &mut Server<u32>, turn: &mut Turn<'_>| {
                (0..9).take_while(|_| server.discards(turn, ids[1], 2_000)).count()
            };
            assert_eq!(world.at(PROXY_WAIT_MS, goes_on), 4, "late: {is_late}");
            let owned = ids.map(|id| world.server.core.admission.accounts().of_connection(id));
            assert!(owned.iter().all(|account| *account == owned[0]), "{owned:?}");
            // The address has used up its share, so no client of it is waited for.
            world.at(PROXY_WAIT_MS, |server, turn| server.closed(turn, ids[0], CloseReason::Eof));
            world.at(PROXY_WAIT_MS, |server, turn| server.closed(turn, ids[2], CloseReason::Eof));
            let another = world.open(4);
            world.receive(PROXY_WAIT_MS, another, HEADER);
            assert!(!world.lingers(another), "late: {is_late}");
            for id in [ids[1], another] {
                world.at(PROXY_WAIT_MS, |server, turn| server.closed(turn, id, CloseReason::Eof));
            }
            world.at(PROXY_WAIT_MS, |server, turn| server.woke(turn));
            world.server.check_empty();
        }
    }

    #[test]
    fn what_comes_behind_the_last_word_is_charged_too() {
        let limits = AddressLimits { bytes: Rate::per_second(1, 100), ..AddressLimits::default() };
        let builder = Server::builder().addresses(limits);
        let server = builder.on_line(|cx, it, _| cx.disconnect(it, CloseReason::Quit)).build(0);
        let mut world = World { server, out: Outboxes::default() };
        let id = world.out.open(0);
        let peer = IpAddr::from([192, 0, 2, 1]).into();
        world.at(0, |server, turn| server.opened(turn, id, 0, peer));
        world.receive(0, id, &[&b"bye\n"[..], &[b'x'; 200]].concat());
        assert_eq!(world.out.closing(0), Some(CloseReason::Quit));
        assert!(!world.at(0, |server, turn| server.discards(turn, id, 1)));
    }

    #[test]
    fn where_nobody_is_believed_or_greeted_nobody_waits() {
        let raw = LineSettings { raw: true, ..LineSettings::default() };
        for (proxies, lines, ip) in [
            (Proxies::none(), LineSettings::default(), "127.0.0.1"),
            (this_machine(), raw, "203.0.113.9"),
        ] {
            let mut world = World::new(proxies, lines);
            let id = world.open(0);
            assert_eq!((world.told().0, world.server.next_deadline_ms()), (1, None));
            world.receive(0, id, HEADER);
            assert_eq!(world.told(), (1, vec![ip.to_owned()]));
            world.at(0, |server, turn| server.closed(turn, id, CloseReason::Eof));
            world.server.check_empty();
        }
    }
}
