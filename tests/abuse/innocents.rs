//! Harmless people: some in the middle of a talk, and newcomers.

use super::client::{Client, Wire, Ws};
use super::foes::proxied;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The address of the people who talk.
const OFFICE: &str = "198.51.100.1";
/// Pause between two lines, so that nobody exceeds their pace.
const PAUSE: Duration = Duration::from_millis(60);
/// Pause between two newcomers.
const NEXT: Duration = Duration::from_millis(150);
const POLL: &str = "/socket.io/?EIO=4&transport=polling";
const SOCKET: &str = "/socket.io/?EIO=4&transport=websocket";

/// The time of a line, and how long it took to arrive.
type Round = (Instant, Duration);

/// An activity in a thread of its own, until it is told to end.
struct Ongoing<T> {
    over: Arc<AtomicBool>,
    thread: JoinHandle<T>,
}

impl<T: Send + 'static> Ongoing<T> {
    fn begin(run: impl FnOnce(&AtomicBool) -> T + Send + 'static) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let own = Arc::clone(&over);
        Self { over, thread: thread::spawn(move || run(&own)) }
    }

    fn end(self) -> T {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Two who talk in a room of their own, each waiting for the other.
pub(crate) struct Innocents(Ongoing<Vec<Round>>);

impl Innocents {
    pub(crate) fn begin(lines: SocketAddr) -> Self {
        let people = ["alice", "bob"].map(|nick| {
            let mut client = line_client(lines, OFFICE);
            client.rename(nick);
            client.send("/join quiet\n");
            client.sync();
            client
        });
        Self(Ongoing::begin(|over| talk(people, over)))
    }

    /// Ends the talk; returns its rounds.
    pub(crate) fn end(self) -> Vec<Round> {
        self.0.end()
    }
}

fn talk([mut alice, mut bob]: [Client; 2], over: &AtomicBool) -> Vec<Round> {
    let mut rounds = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let start = Instant::now();
        let number = rounds.len();
        alice.send(format!("number {number}\n"));
        bob.expect_said(&format!("<{}> number {number}", alice.nick()));
        rounds.push((start, start.elapsed()));
        std::mem::swap(&mut alice, &mut bob);
        thread::sleep(PAUSE);
    }
    rounds
}

/// People of other addresses, who come in at each door in turn and go again.
pub(crate) struct Newcomers(Ongoing<(usize, Duration)>);

impl Newcomers {
    pub(crate) fn begin(lines: SocketAddr, http: SocketAddr) -> Self {
        Self(Ongoing::begin(move |over| {
            let (mut count, mut slowest) = (0, Duration::ZERO);
            while !over.load(Ordering::Relaxed) || count < 3 {
                let ip = format!("198.51.100.{}", 10 + count % 40);
                let start = Instant::now();
                match count % 3 {
                    0 => drop(line_client(lines, &ip)),
                    1 => drop(socket(http, &ip)),
                    _ => drop(polling(http, &ip)),
                }
                slowest = slowest.max(start.elapsed());
                count += 1;
                thread::sleep(NEXT);
            }
            (count, slowest)
        }))
    }

    /// Ends; returns the number of greetings, and the slowest one.
    pub(crate) fn end(self) -> (usize, Duration) {
        self.0.end()
    }
}

/// A client at the line door, after its greeting.
pub(crate) fn line_client(lines: SocketAddr, ip: &str) -> Client {
    let client = Client::connect_to(lines);
    client.send(proxied(ip));
    client.greeted()
}

/// A client of Socket.IO at a WebSocket, whose session has begun.
pub(crate) fn socket(http: SocketAddr, ip: &str) -> Ws {
    let wire = Wire::to(http);
    wire.send(proxied(ip));
    let mut ws = Ws::over(wire, SOCKET);
    let open = ws.text();
    assert!(open.starts_with("0{\"sid\":\""), "{open}");
    ws
}

/// A client of Socket.IO that polls: its connection, and the target of its requests.
pub(crate) fn polling(http: SocketAddr, ip: &str) -> (Wire, String) {
    let mut wire = Wire::to(http);
    wire.send(proxied(ip));
    let response = wire.get(POLL);
    assert_eq!(response.status, 200, "{response:?}");
    let sid = super::engine::opened(response.text(), "sid");
    (wire, format!("{POLL}&sid={sid}"))
}

/// The longest time without the slowest hundredth.
pub(crate) fn worst_percent(rounds: &[Round]) -> Duration {
    let mut all: Vec<Duration> = rounds.iter().map(|(_, took)| *took).collect();
    all.sort_unstable();
    all.get((all.len() * 99).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
}
