//! Descriptors, places and memory are finite, and come back.

use super::harness::{Client, NOISE, Server, mib, poll_until};
use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn one_client_too_many_is_told_so_and_the_others_stay() {
    let server = Server::start(&["--max-clients", "3"]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    let carol = Client::named(&server, "carol");
    for _ in 0..5 {
        let told = Client::connect(&server).rest();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("* server is full"), "{told:?}");
    }
    server.wait_logged("refused reason=server-full ip=127.0.0.1", 5);
    alice.send("still here\n");
    bob.expect_said("<alice> still here");
    // People were not told of the refused clients.
    assert!(alice.sync().iter().all(|line| line.contains("guest-3")));
    drop(carol);
    bob.skip_to("* carol left");
    let mut dan = None;
    let let_in = poll_until(Duration::from_secs(10), || {
        let mut newcomer = Client::connect(&server);
        dan = newcomer.line().starts_with("* Welcome").then_some(newcomer);
        dan.is_some()
    });
    assert!(let_in, "there is a place again");
    alice.send("welcome\n");
    dan.expect("somebody is let in").expect_said("<alice> welcome");
}

/// The limit that a test puts on a server's descriptors.
struct Shortage<'a> {
    server: &'a Server,
    before: Rlimit,
}

impl<'a> Shortage<'a> {
    /// Keeps the server from opening anything more.
    fn begin(server: &'a Server) -> Self {
        let open = server.descriptors();
        let lowest_free = (0..).find(|number| !open.contains(number));
        // The hard limit stays, because it cannot be raised again.
        let limit = Rlimit { current: lowest_free, ..getrlimit(Resource::Nofile) };
        let before = prlimit(Some(server.pid()), Resource::Nofile, limit);
        Self { server, before: before.expect("the server is ours") }
    }

    fn end(self) {
        prlimit(Some(self.server.pid()), Resource::Nofile, self.before).expect("as it was");
    }
}

/// A waiting client that the server cannot accept for now.
fn wait_in_line(server: &Server) -> Client {
    let client = Client::connect(server);
    server.wait_logged("cannot accept", 1);
    client
}

#[test]
fn without_descriptors_the_server_neither_spins_nor_chatters() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    let shortage = Shortage::begin(&server);
    let waiting = wait_in_line(&server);
    let (cpu, logged, start) = (server.cpu(), server.logged("cannot accept"), Instant::now());
    thread::sleep(Duration::from_millis(1500));
    let (used, took) = (server.cpu() - cpu, start.elapsed());
    let lines = server.logged("cannot accept") - logged;
    assert!(used <= took / 5, "{used:?} of {took:?}");
    assert!(lines as u64 <= took.as_secs() + 1, "{lines} lines in {took:?}");
    // Clients that are in go on, and the waiting one is served without another arrival.
    alice.send("still here\n");
    bob.expect_said("<alice> still here");
    shortage.end();
    let waiting = waiting.greeted();
    waiting.send("at last\n");
    bob.expect_said(&format!("<{}> at last", waiting.nick()));
}

#[test]
fn who_waits_for_a_descriptor_gets_that_of_the_next_who_leaves() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    let _shortage = Shortage::begin(&server);
    let waiting = wait_in_line(&server);
    drop(alice);
    bob.skip_to("* alice left");
    let start = Instant::now();
    let waiting = waiting.greeted();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    bob.skip_to(&format!("* {} joined", waiting.nick()));
}

#[test]
fn a_crowd_that_comes_and_goes_leaves_nothing_behind() {
    let mut server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    let descriptors = server.descriptors().len();
    for _ in 0..1500 {
        drop(TcpStream::connect(server.address()).expect("the server accepts"));
    }
    for number in 0..300 {
        let client = Client::connect(&server);
        // Half of them go in the middle of a line.
        client.send(if number % 2 == 0 { "half a li" } else { "/who\n/rooms\n" });
        client.reset();
    }
    // This client comes after all of them. (The log may leave lines out: it waits for no reader.)
    drop(Client::guest(&server));
    server.wait_descriptors(descriptors);
    assert!(server.runs());
    alice.send("still here\n");
    bob.expect_said("<alice> still here");
    server.wait_idle();
}

#[test]
fn half_closed_connections_are_closed_and_nothing_spins() {
    let server = Server::start(&[]);
    let bob = Client::named(&server, "bob");
    let descriptors = server.descriptors().len();
    let mut halves: Vec<Client> = (0..40).map(|_| Client::connect(&server)).collect();
    for client in &halves {
        client.half_close();
    }
    server.wait_logged("reason=eof", 40);
    // The clients' own ends are still open.
    server.wait_descriptors(descriptors);
    server.wait_idle();
    for client in &mut halves {
        assert!(client.rest()[0].starts_with("* Welcome"));
    }
    drop(bob);
}

#[test]
fn idle_clients_cost_little_memory_and_no_time() {
    const CLIENTS: u64 = 400;
    let server = Server::start(&[]);
    let bob = Client::guest(&server);
    let before = server.peak_memory();
    let clients: Vec<Client> = (0..CLIENTS).map(|_| Client::guest(&server)).collect();
    let grown = server.peak_memory() - before;
    assert!(grown <= CLIENTS * 16 * 1024 + NOISE, "{grown} bytes for {CLIENTS} clients");
    assert!(grown <= mib(25), "{grown} bytes more");
    server.wait_idle();
    assert_eq!(server.logged("disconnect "), 0);
    drop((bob, clients));
}
