//! Outgoing connections of a loop, over real sockets.

use mio_socketio::base::{CloseReason, ConnectionId, Now, PeerAddress};
use mio_socketio::net::{Bounds, Reactor, RemoteAddress, Service, System, Turn};
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

/// A service that asks for connections, says a word on each and notes what happens.
#[derive(Default)]
struct Caller {
    asks: Vec<(usize, RemoteAddress)>,
    /// Its word on each connection, sent before the connection is made.
    word: Vec<u8>,
    seen: Vec<Seen>,
    received: Vec<u8>,
    has_asked: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Begun(usize),
    Failed(usize),
    Connected,
    Ended,
    Closed(CloseReason),
}

impl Service for Caller {
    fn bounds(&self) -> Bounds {
        Bounds { clients_max: 0, operators_from: usize::MAX, queue_bytes_max: 1024 }
    }

    fn admits(
        &mut self,
        _: &mut Turn<'_>,
        _: usize,
        _: PeerAddress,
        _: bool,
    ) -> Result<usize, Vec<u8>> {
        Err(Vec::new())
    }

    fn opened(&mut self, _: &mut Turn<'_>, _: ConnectionId, _: usize, _: PeerAddress) {}

    fn connecting(&mut self, turn: &mut Turn<'_>, remote: usize, begun: io::Result<ConnectionId>) {
        self.seen.push(if begun.is_ok() { Seen::Begun(remote) } else { Seen::Failed(remote) });
        if let Ok(id) = begun {
            turn.out.append(id, &self.word);
        }
    }

    fn connected(&mut self, _: &mut Turn<'_>, _: ConnectionId) {
        self.seen.push(Seen::Connected);
    }

    fn received(&mut self, _: &mut Turn<'_>, _: ConnectionId, bytes: &mut [u8]) {
        self.received.extend_from_slice(bytes);
    }

    fn drained(&mut self, _: &mut Turn<'_>, _: ConnectionId) {}

    fn ended(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        self.seen.push(Seen::Ended);
        turn.out.close(id, CloseReason::Eof);
    }

    fn closed(&mut self, _: &mut Turn<'_>, _: ConnectionId, reason: CloseReason) {
        self.seen.push(Seen::Closed(reason));
    }

    fn is_greedy(&self, _: Now, _: ConnectionId) -> bool {
        false
    }

    fn lingers(&self, _: Now, _: ConnectionId) -> bool {
        false
    }

    fn is_full(&self) -> bool {
        false
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        (!self.has_asked).then_some(0)
    }

    fn woke(&mut self, turn: &mut Turn<'_>) {
        self.has_asked = true;
        turn.remotes.append(&mut self.asks);
    }

    fn settle(&mut self, _: &mut Turn<'_>) {}

    fn stopping(&mut self, _: &mut Turn<'_>) {}
}

struct World {
    reactor: Reactor<System>,
    caller: Caller,
}

impl World {
    fn new(asks: Vec<RemoteAddress>, word: &[u8]) -> Self {
        let system = System::new(Vec::new()).expect("there is a poll");
        let asks = asks.into_iter().enumerate().collect();
        let caller = Caller { asks, word: word.to_vec(), ..Caller::default() };
        Self { reactor: Reactor::new(system), caller }
    }

    /// Runs turns until `is_done`.
    fn until(&mut self, is_done: impl Fn(&Caller) -> bool) {
        let start = Instant::now();
        while !is_done(&self.caller) {
            self.reactor.turn(&mut self.caller).expect("it can be polled");
            assert!(start.elapsed() < Duration::from_secs(20), "{:?}", self.caller.seen);
        }
    }
}

fn tcp(port: u16) -> RemoteAddress {
    RemoteAddress::Tcp { host: "127.0.0.1".to_owned(), port }
}

#[test]
fn what_was_sent_before_a_connection_is_there_reaches_its_peer() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    // More than a queue of a client may hold.
    let word = [b'x'; 100_000];
    let mut world = World::new(vec![tcp(port)], &word);
    world.until(|caller| caller.seen.contains(&Seen::Connected));
    let (mut peer, _) = listener.accept().expect("it has come");
    peer.write_all(b"welcome").expect("it can be written");
    world.until(|caller| caller.received == b"welcome");
    let mut heard = vec![0; word.len()];
    peer.read_exact(&mut heard).expect("all of it comes");
    assert!(heard == word);
    drop(peer);
    world.until(|caller| caller.seen.len() == 4);
    let eof = Seen::Closed(CloseReason::Eof);
    assert_eq!(world.caller.seen, [Seen::Begun(0), Seen::Connected, Seen::Ended, eof]);
}

#[test]
fn one_of_a_pair_is_a_connection_like_others_and_so_is_one_by_a_path() {
    let folder = tempfile::tempdir().expect("there is a folder");
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).expect("it can listen");
    let (ours, mut theirs) = UnixStream::pair().expect("there is a pair");
    let mut world = World::new(vec![RemoteAddress::Open(ours), RemoteAddress::Unix(path)], b"hi");
    theirs.write_all(b"one").expect("it can be written");
    world.until(|caller| caller.received == b"one");
    let (mut peer, _) = listener.accept().expect("it has come");
    for stream in [&mut theirs, &mut peer] {
        let mut heard = [0; 2];
        stream.read_exact(&mut heard).expect("it comes");
        assert_eq!(&heard, b"hi");
    }
    drop((theirs, peer));
    world.until(|caller| caller.seen.len() == 8);
    let connected = world.caller.seen.iter().filter(|seen| **seen == Seen::Connected).count();
    assert_eq!(connected, 2);
}

#[test]
fn nobody_there_and_no_such_host_are_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    drop(listener);
    let unknown = RemoteAddress::Tcp { host: "never.looked.up".to_owned(), port };
    let mut world = World::new(vec![unknown, tcp(port)], b"hi");
    world.until(|caller| caller.seen.len() == 3);
    let reset = Seen::Closed(CloseReason::Reset);
    assert_eq!(world.caller.seen, [Seen::Failed(0), Seen::Begun(1), reset]);
}

#[test]
fn a_host_that_does_not_answer_is_given_up() {
    // A queue of newcomers that is full: Linux then answers nothing at all.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let socket = socket.expect("there is a socket");
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    socket.bind(&any.into()).expect("a port is free");
    socket.listen(0).expect("it can listen");
    let address = socket.local_addr().expect("it has an address");
    let port = address.as_socket().expect("it is TCP").port();
    let mut world = World::new((0..4).map(|_| tcp(port)).collect(), b"hi");
    let start = Instant::now();
    let timeout = Seen::Closed(CloseReason::Timeout);
    world.until(|caller| caller.seen.contains(&timeout));
    let waited_ms = start.elapsed().as_millis();
    assert!((1_900..4_000).contains(&waited_ms), "{waited_ms} ms");
}

#[test]
fn a_name_is_looked_up_once() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    let named = RemoteAddress::Tcp { host: "localhost".to_owned(), port };
    let mut system = System::new(Vec::new()).expect("there is a poll");
    system.look_up("localhost").expect("every machine has one");
    // `localhost` may be `::1` first: then the next connection goes to the next address.
    let again = RemoteAddress::Tcp { host: "localhost".to_owned(), port };
    let caller = Caller { asks: vec![(0, named), (1, again)], ..Caller::default() };
    let mut world = World { reactor: Reactor::new(system), caller };
    world.until(|caller| caller.seen.contains(&Seen::Connected));
    assert!(!world.caller.seen.contains(&Seen::Failed(0)));
}
