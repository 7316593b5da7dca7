//! Many harmless people behind one address.

use super::client::{Response, Wire, Ws, handshake};
use super::foes::proxied;
use super::siege::{Siege, alone, report};
use std::cell::Cell;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The number of people. `OFFICE` in the environment sets another one, to find out how many the
/// defaults allow: some 52, if ten a second come in the morning and each browser keeps six
/// connections. Beyond that, the address's 64 places are taken by people who talk and by pages that
/// are still loading.
const PEOPLE: usize = 50;
const OFFICE: &str = "203.0.113.77";
/// Connections that a browser opens for a page.
const BROWSER: usize = 6;
/// Pause between two who come in the morning.
const ARRIVING: Duration = Duration::from_millis(100);
const LINES: usize = 5;
const PAUSE: Duration = Duration::from_secs(2);
/// Number of times that everybody waits for everybody.
const MEETINGS: usize = 4;
const SOCKET: &str = "/socket.io/?EIO=4&transport=websocket";

/// The office's way to the server.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Through a balancer, which names the client once for each connection.
    Header,
    /// Through a proxy of HTTP, which makes a connection for each request.
    Forwarded,
}

impl Way {
    fn connect(self, http: SocketAddr) -> Wire {
        let wire = Wire::to(http);
        if matches!(self, Self::Header) {
            wire.send(proxied(OFFICE));
        }
        wire
    }

    fn headers(self) -> String {
        match self {
            Self::Header => String::new(),
            Self::Forwarded => format!("X-Forwarded-For: {OFFICE}\r\n"),
        }
    }

    /// Asks each connection for its part of `targets`, all at once. A proxy has a connection for
    /// each.
    fn fetch(self, http: SocketAddr, wires: &mut [Wire], targets: &[String]) {
        for targets in targets.chunks(wires.len()) {
            for (wire, target) in wires.iter_mut().zip(targets) {
                match self {
                    Self::Header => wire.send_get(target, ""),
                    Self::Forwarded => {
                        *wire = self.connect(http);
                        wire.send_get(target, &(self.headers() + "Connection: close\r\n"));
                    }
                }
            }
            for (wire, _) in wires.iter_mut().zip(targets) {
                expect_ok(&wire.response());
            }
        }
    }
}

fn expect_ok(response: &Response) {
    assert_eq!(response.status, 200, "{} {:?}", response.text(), response.headers);
}

/// Loads the page as a browser does; returns the connections that stay open.
fn load(way: Way, http: SocketAddr) -> Vec<Wire> {
    let mut first = way.connect(http);
    let page = first.get_with("/", &way.headers());
    expect_ok(&page);
    let text = page.text();
    let parts = ["src=\"", "href=\""].into_iter().flat_map(|part| text.split(part).skip(1));
    let assets = parts.filter_map(|rest| rest.split_once('"')).map(|(target, _)| target);
    let assets = assets.filter(|target| target.starts_with("a/"));
    let assets: Vec<String> = assets.map(|target| format!("/{target}")).collect();
    assert!(assets.len() > 3, "{text}");
    let mut wires = vec![first];
    wires.extend((1..BROWSER).map(|_| way.connect(http)));
    way.fetch(http, &mut wires, &assets);
    match way {
        Way::Header => wires,
        // A proxy keeps none.
        Way::Forwarded => Vec::new(),
    }
}

/// A conversation at a WebSocket.
struct Person {
    ws: Ws,
    token: String,
    /// The longest that an answer took.
    slowest: Duration,
}

impl Person {
    /// Begins a session, which joins nothing yet.
    fn open(way: Way, http: SocketAddr) -> Ws {
        let mut wire = way.connect(http);
        let response = wire.get_with(SOCKET, &(handshake() + &way.headers()));
        assert_eq!(response.status, 101, "{} {:?}", response.text(), response.headers);
        Ws { wire }
    }

    fn join(mut ws: Ws, auth: &str) -> Self {
        let start = Instant::now();
        ws.send(&format!("40/chat,{auth}"));
        let welcome = loop {
            let text = ws.text();
            assert!(!text.starts_with("44"), "{text}");
            if text.starts_with("42/chat,[\"welcome\"") {
                break text;
            }
        };
        let (_, rest) = welcome.split_once("\"token\":\"").expect("a token");
        let token = rest.split_once('"').expect("its end").0.to_owned();
        Self { ws, token, slowest: start.elapsed() }
    }

    fn say(&mut self, number: usize) {
        let start = Instant::now();
        let said = format!("{{\"room\":\"lobby\",\"text\":\"line {number}\"}}");
        self.ws.send(&format!("42/chat,{number}[\"post\",{said}]"));
        let ack = format!("43/chat,{number}[");
        let answer = loop {
            match self.ws.text() {
                text if text.starts_with(&ack) => break text,
                text if text == "2" => self.ws.send("3"),
                _ => (),
            }
        };
        assert!(answer.contains("\"ok\":true"), "{answer}");
        self.slowest = self.slowest.max(start.elapsed());
    }
}

/// The current address of the server.
struct Doors(Mutex<SocketAddr>);

impl Doors {
    fn now(&self) -> SocketAddr {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A point at which everybody waits for everybody else.
struct Meeting {
    barrier: Arc<Barrier>,
    left: Cell<usize>,
}

impl Meeting {
    fn wait(&self) {
        self.left.set(self.left.get() - 1);
        self.barrier.wait();
    }

    /// Leaves: a person who goes early keeps nobody waiting.
    fn leave(&self) {
        while self.left.get() > 0 {
            self.wait();
        }
    }
}

/// One person's day: the page, the talk, the restart, and a line after it.
fn day(way: Way, doors: &Doors, number: usize, meeting: &Meeting) -> [Duration; 3] {
    thread::sleep(ARRIVING * number as u32);
    let start = Instant::now();
    let http = doors.now();
    let page = load(way, http);
    let loaded = start.elapsed();
    let auth = format!("{{\"nick\":\"p{number}\",\"client\":\"page\"}}");
    let mut person = Person::join(Person::open(way, http), &auth);
    for number in 0..LINES {
        let start = Instant::now();
        person.say(number);
        thread::sleep(PAUSE.saturating_sub(start.elapsed()));
    }
    drop(page);
    let talked = person.slowest;
    meeting.wait();
    // The server restarts.
    meeting.wait();
    let auth = format!("{{\"token\":\"{}\",\"client\":\"page\"}}", person.token);
    let ws = Person::open(way, doors.now());
    // On a slow network everybody has asked before anybody is answered.
    meeting.wait();
    let mut person = Person::join(ws, &auth);
    person.say(LINES);
    meeting.wait();
    [loaded, talked, person.slowest]
}

/// The first refusal of a person.
fn refusal(siege: &Siege) -> Option<String> {
    let log = siege.server.log();
    let mut lines = log.lines().map(str::to_owned);
    lines.find(|line| line.contains("refused") || line.contains("slow-client"))
}

fn works(way: Way) {
    let _alone = alone();
    let people = std::env::var("OFFICE").ok().and_then(|people| people.parse().ok());
    let people: usize = people.unwrap_or(PEOPLE);
    let before = Siege::begin(&[]);
    let doors = Arc::new(Doors(Mutex::new(before.http)));
    let restart = Arc::new(Barrier::new(people + 1));
    let all: Vec<_> = (0..people)
        .map(|number| {
            let doors = Arc::clone(&doors);
            let meeting = Meeting { barrier: Arc::clone(&restart), left: Cell::new(MEETINGS) };
            thread::spawn(move || {
                let day = AssertUnwindSafe(|| day(way, &doors, number, &meeting));
                let day = catch_unwind(day);
                meeting.leave();
                day.unwrap_or_else(|panic| resume_unwind(panic))
            })
        })
        .collect();
    restart.wait();
    let refusal = refusal(&before);
    let after = before.restarted();
    *doors.0.lock().unwrap_or_else(PoisonError::into_inner) = after.http;
    (2..=MEETINGS).for_each(|_| {
        restart.wait();
    });
    let days: Vec<_> = all.into_iter().map(thread::JoinHandle::join).collect();
    let lost = days.iter().filter(|day| day.is_err()).count();
    let longer = |a: [Duration; 3], b: [Duration; 3]| std::array::from_fn(|at| a[at].max(b[at]));
    let slowest = days.iter().flatten().copied().reduce(longer);
    report(format_args!("an office of {people}, {way:?}: {lost} lost; at most {slowest:?}"));
    assert_eq!((refusal, self::refusal(&after)), (None, None));
    assert_eq!(lost, 0, "people were turned away");
}

#[test]
#[ignore = "a morning takes a while; scripts/test.sh runs it"]
fn an_office_behind_a_balancer_notices_nothing() {
    works(Way::Header);
}

#[test]
#[ignore = "a morning takes a while; scripts/test.sh runs it"]
fn an_office_behind_a_proxy_notices_nothing() {
    works(Way::Forwarded);
}
