//! Readers at an ordinary pace in a busy room keep their places.

use super::client::{Wire, text_frame};
use super::crowds::paste;
use super::foes::{Horde, Plan, proxied, spell, upgraded};
use super::siege::{Siege, withstands};
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const READERS: usize = 15;
const RECEIVE_BUFFER: usize = 64 * 1024;
/// At about 10 Mbit/s.
const PIECE: usize = 12 * 1024;
const EACH: Duration = Duration::from_millis(10);
/// Bytes of a packet for everyone in `/`.
const PACKET: usize = 966_000;

/// A connection that receives little at a time.
fn narrow(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(RECEIVE_BUFFER).expect("a small buffer");
    socket.connect(&address.into()).expect("the server accepts");
    TcpStream::from(socket)
}

/// Reads at its pace until it is told to end. True if it was closed.
fn read(mut stream: TcpStream, over: &AtomicBool) -> bool {
    stream.set_read_timeout(Some(EACH)).expect("a deadline can be set");
    let mut buffer = vec![0; PIECE];
    while !over.load(Ordering::Relaxed) {
        match stream.read(&mut buffer) {
            Ok(0) => return true,
            Err(error) if error.kind() != ErrorKind::WouldBlock => return true,
            Ok(_) | Err(_) => thread::sleep(EACH),
        }
    }
    false
}

fn reader(siege: &Siege, number: usize) -> TcpStream {
    let header = proxied(&format!("198.18.1.{number}"));
    let (door, opening) = match number % 3 {
        0 => (siege.http, upgraded("/")),
        1 => (siege.http, upgraded("/chat")),
        _ => (siege.lines, Vec::new()),
    };
    let mut stream = narrow(door);
    stream.write_all(&[header.as_bytes(), &opening].concat()).expect("the server reads");
    stream
}

#[test]
fn ordinary_readers_are_not_closed() {
    withstands("ordinary readers", |siege| {
        let readers: Vec<TcpStream> = (0..READERS).map(|it| reader(siege, it)).collect();
        siege.server.wait_logged("connect ip=198.18.1.", READERS);
        let over = AtomicBool::new(false);
        let closed = thread::scope(|scope| {
            let all: Vec<_> =
                readers.into_iter().map(|it| scope.spawn(|| read(it, &over))).collect();
            let speakers = (0..4).map(|number| {
                let plan = Plan::new(siege.lines, "", paste()).times(1).once();
                plan.at(format!("198.18.2.{number}"))
            });
            let packet = text_frame(&format!("42[\"message\",\"{}\"]", "x".repeat(PACKET)));
            let packets = (4..6).map(|number| {
                let plan = Plan::new(siege.http, upgraded("/"), &packet).times(1).once();
                plan.at(format!("198.18.2.{number}"))
            });
            let mut horde = Horde::new(speakers.chain(packets));
            horde.attacks(2 * spell());
            over.store(true, Ordering::Relaxed);
            all.into_iter().filter(|_| true).map(|it| it.join().expect("a reader")).collect()
        });
        let closed: Vec<bool> = closed;
        assert!(!closed.contains(&true), "{closed:?} {}", siege.server.log());
        assert_eq!(siege.server.logged("reason=slow-client"), 0);
        Wire::to(siege.http)
    });
}
