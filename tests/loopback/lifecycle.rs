//! The signals that end the server, and the way it ends (`docs/reliability.md`, "The process").

use super::backpressure::{keep_up, numbered};
use super::harness::{Client, Server};
use super::process::binary;
use rustix::process::Signal;
use std::net::TcpStream;
use std::time::{Duration, Instant};

const GOODBYE: &str = "* server is shutting down";
/// The longest time for ending.
const END: Duration = Duration::from_secs(5);
/// More lines than the kernel buffers for one connection.
const MANY: usize = 3200;

/// A server that queues more for a reader than any test sends.
fn patient_server() -> Server {
    Server::start(&["--rate", "0", "--max-queue", "67108864"])
}

fn ends_in_time(server: &mut Server, start: Instant) {
    assert_eq!(server.exit_code(), Some(0), "{}", server.log());
    assert!(start.elapsed() < END, "{:?}", start.elapsed());
}

#[test]
fn a_signal_to_end_tells_everyone_and_ends_with_zero() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::start(&[]);
        let mut bob = Client::named(&server, "bob");
        let mut alice = Client::named(&server, "alice");
        alice.send("/join #tea\n");
        bob.skip_to("* alice left");
        alice.skip_to("* you are in #tea. Nobody else is here yet.");
        let start = Instant::now();
        server.signal(signal);
        // Every room hears it, and nobody is also told who leaves.
        assert_eq!(alice.rest(), [GOODBYE]);
        assert_eq!(bob.rest(), [GOODBYE]);
        let refused = TcpStream::connect(server.address()).is_err();
        assert!(refused, "nobody is let in any more");
        drop((alice, bob));
        ends_in_time(&mut server, start);
        assert_eq!(server.logged("stopping signal="), 1);
        assert_eq!(server.logged("reason=server-shutdown"), 2);
    }
}

#[test]
fn a_server_without_clients_ends_at_once() {
    // As soon as the banner is read, a signal may end the server.
    for _ in 0..10 {
        let mut server = Server::start(&[]);
        let start = Instant::now();
        server.signal(Signal::TERM);
        ends_in_time(&mut server, start);
    }
}

#[test]
fn a_client_that_never_reads_does_not_keep_the_server() {
    let mut server = patient_server();
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    let _stalled = Client::connect_narrow(&server);
    server.wait_logged("connect ip=", 3);
    keep_up(&alice, &mut bob, MANY, || false);
    let start = Instant::now();
    server.signal(Signal::TERM);
    ends_in_time(&mut server, start);
}

#[test]
fn what_is_queued_reaches_its_reader_before_the_end() {
    let mut server = patient_server();
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    let mut stalled = Client::connect_narrow(&server);
    server.wait_logged("connect ip=", 3);
    let posted = keep_up(&alice, &mut bob, MANY, || false);
    // Messages right before the signal count too.
    alice.send("the last word\n");
    bob.expect_said("<alice> the last word");
    let start = Instant::now();
    server.signal(Signal::TERM);
    stalled = stalled.greeted();
    for number in 0..posted {
        stalled.expect_said(&format!("<alice> {}", numbered(number)));
    }
    stalled.expect("<alice> the last word");
    assert_eq!(stalled.rest(), [GOODBYE]);
    drop((alice, bob, stalled));
    ends_in_time(&mut server, start);
}

#[test]
fn a_second_signal_ends_the_server_now() {
    for (first, second) in [(Signal::TERM, Signal::TERM), (Signal::TERM, Signal::INT)] {
        let mut server = Server::start(&[]);
        // It does not close its side, so the server would wait for it.
        let _alice = Client::guest(&server);
        server.signal(first);
        server.wait_logged("stopping signal=", 1);
        server.signal(second);
        let start = Instant::now();
        assert_eq!(server.exit_code(), Some(1));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        server.wait_logged("mio-chat: stopped: a second signal came", 1);
    }
}

#[test]
fn other_signals_do_not_end_the_server() {
    let mut server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    for signal in [Signal::HUP, Signal::USR1, Signal::USR2, Signal::PIPE, Signal::HUP] {
        server.signal(signal);
        alice.send(format!("after {signal:?}\n"));
        bob.expect_said(&format!("<alice> after {signal:?}"));
    }
    assert!(server.runs());
    assert_eq!(server.logged("disconnect "), 0);
}

#[test]
fn who_waits_while_the_server_is_stopped_is_served_when_it_goes_on() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    server.signal(Signal::STOP);
    alice.send("are you there?\n");
    // The kernel accepts it; the server greets it later.
    let newcomer = Client::connect(&server);
    server.signal(Signal::CONT);
    bob.expect_said("<alice> are you there?");
    let newcomer = newcomer.greeted();
    newcomer.send("hello\n");
    bob.expect_said(&format!("<{}> hello", newcomer.nick()));
    assert_eq!(server.logged("disconnect "), 0);
}

#[test]
fn an_address_is_free_again_when_its_server_has_ended() {
    let mut server = Server::start(&[]);
    let address = server.address().to_string();
    let mut alice = Client::guest(&server);
    server.signal(Signal::TERM);
    assert_eq!(alice.rest(), [GOODBYE]);
    drop(alice);
    assert_eq!(server.exit_code(), Some(0));
    // The server closed first, so the kernel still remembers the connection.
    let mut command = binary();
    command.args(["--bind", &address]);
    let next = Server::from(command);
    assert_eq!(next.address().to_string(), address);
}
