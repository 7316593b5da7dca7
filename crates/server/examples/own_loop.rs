//! A server in a loop of the program's own, beside a UDP socket, a waker and a tick:
//! `cargo run --example own_loop`, then Socket.IO clients at <http://127.0.0.1:3000>. They hear each
//! datagram that comes to port 3001 (`echo hi | nc -uw0 127.0.0.1 3001`) and a tick every second.
//! A line on standard input ends the program.

use mio::net::UdpSocket;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use mio_socketio::{Driver, Listen, Listening, Server};
use std::error::Error;
use std::io::{ErrorKind, Write as _};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

const SERVER: Token = Token(0);
const UDP: Token = Token(1);
const WAKER: Token = Token(2);
const TICK: Duration = Duration::from_secs(1);
const DATAGRAM_BYTES_MAX: usize = 1500;

fn main() -> Result<(), Box<dyn Error>> {
    let listen = Listen::default().http(vec!["127.0.0.1:3000".parse()?]);
    let server = Server::new(0, |server| server.namespace("/", |events| events));
    let mut driver = Listening::open(&listen)?.drive(server)?;
    let mut udp = UdpSocket::bind("127.0.0.1:3001".parse()?)?;
    let mut poll = Poll::new()?;
    let descriptor = driver.as_raw_fd();
    poll.registry().register(&mut SourceFd(&descriptor), SERVER, Interest::READABLE)?;
    poll.registry().register(&mut udp, UDP, Interest::READABLE)?;
    let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
    let wakes = Arc::clone(&waker);
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_line(&mut String::new());
        wakes.wake()
    });
    let mut events = Events::with_capacity(256);
    let mut tick = Instant::now() + TICK;
    while driver.turn()? {
        let until_tick = tick.saturating_duration_since(Instant::now());
        let wait = driver.next_turn_in().map_or(until_tick, |server| server.min(until_tick));
        if let Err(error) = poll.poll(&mut events, Some(wait))
            && error.kind() != ErrorKind::Interrupted
        {
            return Err(error.into());
        }
        for event in &events {
            match event.token() {
                UDP => pass_on(&udp, &mut driver),
                WAKER => driver.stop(),
                // The next turn looks at the server's sockets.
                _ => (),
            }
        }
        if Instant::now() >= tick {
            tick += TICK;
            driver.run(|cx| cx.of("/").emit("tick", ()));
        }
    }
    writeln!(std::io::stdout(), "passed on: {}", driver.into_state())?;
    Ok(())
}

/// Gives all clients the datagrams that have come.
fn pass_on(udp: &UdpSocket, driver: &mut Driver<u64>) {
    let mut datagram = [0; DATAGRAM_BYTES_MAX];
    while let Ok((length, _)) = udp.recv_from(&mut datagram) {
        let text = String::from_utf8_lossy(&datagram[..length]);
        driver.run(|cx| cx.of("/").emit("datagram", &*text));
        *driver.state_mut() += 1;
    }
}
