//! Golden transcripts: people's input and the output they see, run in four ways.
//!
//! A line of a transcript is one step:
//!
//! ```text
//! alice +                  connects
//! alice -> hello           sends a line (a `\` at its end: without the line's end)
//! alice <- <bob> hi        receives a line, the next one it gets
//! alice -                  ends its side
//! alice !                  breaks the connection
//! alice .                  has seen the server's end
//! @ 3000                   the clock goes on by so many milliseconds
//! = plain                  the server runs with this flag
//! = replay 2               the same; with this one it keeps a history
//! = access invite          the same, with a word
//! = person alice owner     a person is registered, with a role or without
//! = former alice anna      a name that was theirs
//! = hook deploy ops        the file has a hook of this name, in a room
//! = virtual                it is played in simulated time and whole alone: a day takes a second
//! = lone                   it is played at one server, and not at two nodes
//! ( 2 16                   what follows, up to ) alone in a line, is done with 2 to 16 for $N
//! ```
//!
//! `0000-00-00` and `00:00` stand for any day and time, and `xxxx-xxxx-xxxx-xxxx` for the code of
//! an invitation: in a line that is sent, for the last one that somebody was told.
//!
//! `\r`, `\n`, `\t`, `\e`, `\\` and `\xNN` stand for bytes. At the end no client may have received
//! more than the transcript says.

#![allow(unreachable_pub, reason = "modules of a test")]

#[path = "transcripts/complete.rs"]
mod complete;
mod harness;
#[path = "transcripts/loopback.rs"]
mod loopback;
#[path = "transcripts/people.rs"]
mod people;
#[path = "transcripts/script.rs"]
mod script;

use fastrand::Rng;
use harness::World;
use mio_chat::chat::history::History;
use mio_chat::chat::{self, Access, Setup};
use mio_socketio::limits::QUEUE_BYTES_MAX;
use mio_socketio::{LineSettings, Server};
use script::{Action, Code, Script};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

/// Seeds of the shuffled runs.
const SEEDS: u64 = 50;
/// Programs that run at a time.
const BESIDE_EACH_OTHER: usize = 4;
/// Room enough for everything a transcript receives.
const WIDE: usize = 1 << 20;

/// The way in which the bytes of a run are delivered.
enum Travel {
    Whole,
    /// Each line that is longer is cut after this many bytes.
    Cut(usize),
    Shuffled(Rng),
}

#[test]
fn whole() {
    for script in Script::all() {
        run(&script, Travel::Whole);
    }
}

#[test]
fn cut_at_every_byte() {
    for script in Script::all().iter().filter(|script| !script.is_virtual) {
        let lengths = script.steps.iter().filter_map(|step| match &step.action {
            Action::Send(bytes) => Some(bytes.len()),
            _ => None,
        });
        let longest = lengths.max().unwrap_or_default();
        for at in 1..longest {
            run(script, Travel::Cut(at));
        }
    }
}

#[test]
fn shuffled_by_seed() {
    for script in Script::all().iter().filter(|script| !script.is_virtual) {
        for seed in 0..SEEDS {
            run(script, Travel::Shuffled(Rng::with_seed(seed)));
        }
    }
}

/// Most of the time goes by in waits, so some transcripts run beside each other.
#[test]
fn over_loopback() {
    let (scripts, next) = (Script::all(), AtomicUsize::new(0));
    let run = || {
        while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
            if !script.is_virtual {
                loopback::run(script);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..BESIDE_EACH_OTHER {
            scope.spawn(run);
        }
    });
}

/// A folder in memory, if the system has one: a thousand histories wait long for a disk.
fn folder() -> TempDir {
    let in_memory = tempfile::tempdir_in("/dev/shm");
    in_memory.or_else(|_| tempfile::tempdir()).expect("a folder")
}

fn run(script: &Script, travel: Travel) {
    let lines = LineSettings::default()
        .raw(script.has("plain"))
        .idle_flush_ms(script.value("idle-flush").unwrap_or(0))
        .rate_per_s(script.value("rate").unwrap_or(0) as u32)
        .line_bytes_max(script.value("max-line").unwrap_or(4096) as usize);
    let access = match script.text("access") {
        Some("registered") => Access::Registered,
        Some("invite") => Access::Invite,
        _ => Access::Open,
    };
    let mut setup = Setup { lines, access, ..Setup::default() };
    let folder = folder();
    if let Some(replay) = script.value("replay") {
        setup.replay = replay as usize;
        setup.passwords = Some(Box::new(people::Hasher::default()));
        people::register(&folder.path().join("chat.db"), &script.before);
        setup.history =
            History::open(&folder.path().join("chat.db"), false).expect("a history").timeless();
    }
    if setup.lines.raw {
        Run::new(chat::plain(setup), travel).run(script);
    } else {
        Run::new(chat::chat(setup), travel).run(script);
    }
}

struct Run<S> {
    world: World<S>,
    travel: Travel,
    clients: HashMap<String, usize>,
    received: HashMap<String, Vec<u8>>,
    code: Code,
}

impl<S> Run<S> {
    fn new(server: Server<S>, travel: Travel) -> Self {
        let world = World::new(server, QUEUE_BYTES_MAX);
        let (clients, received) = (HashMap::new(), HashMap::new());
        Self { world, travel, clients, received, code: Code::default() }
    }

    fn run(mut self, script: &Script) {
        for step in &script.steps {
            let (name, place) = (&step.who, &step.place);
            match &step.action {
                Action::Connect => {
                    let window = match &mut self.travel {
                        Travel::Shuffled(random) => 1 + random.usize(..200),
                        _ => WIDE,
                    };
                    let client = self.world.connect(window);
                    self.clients.insert(name.clone(), client);
                    self.world.settle();
                }
                Action::Send(bytes) => self.send(name, bytes),
                Action::Receive(line) => self.receive(place, name, line),
                Action::End => self.client(name).end(),
                Action::Reset => self.client(name).reset(),
                Action::Ended => {
                    self.settle();
                    assert!(self.client(name).is_ended(), "{place}: {name} is still connected");
                }
                Action::Wait(ms) => {
                    self.settle();
                    self.world.advance(*ms);
                }
            }
            self.settle();
        }
        for (name, rest) in &self.received {
            let rest = String::from_utf8_lossy(rest);
            assert!(rest.is_empty(), "{}: {name} also received {rest:?}", script.name);
        }
    }

    fn client(&self, name: &str) -> &harness::stream::End {
        &self.world.clients[self.clients[name]]
    }

    fn send(&mut self, name: &str, bytes: &[u8]) {
        let bytes = &*self.code.fill(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            let cut = match &mut self.travel {
                Travel::Cut(at) if rest.len() == bytes.len() && *at < rest.len() => *at,
                Travel::Shuffled(random) => 1 + random.usize(..rest.len().min(7)),
                Travel::Whole | Travel::Cut(..) => rest.len(),
            };
            let (now, later) = rest.split_at(cut);
            self.client(name).send(now);
            rest = later;
            match &mut self.travel {
                Travel::Shuffled(random) => {
                    for _ in 0..random.usize(..3) {
                        self.world.turn(|| random.bool());
                    }
                }
                Travel::Whole | Travel::Cut(..) => self.world.settle(),
            }
        }
    }

    /// Runs until nothing moves, with everybody reading at their own pace.
    fn settle(&mut self) {
        loop {
            self.world.settle();
            let mut moved = false;
            for (name, client) in &self.clients {
                let max = match &mut self.travel {
                    Travel::Shuffled(random) => 1 + random.usize(..300),
                    Travel::Whole | Travel::Cut(..) => WIDE,
                };
                let bytes = self.world.clients[*client].take(max);
                moved |= !bytes.is_empty();
                self.received.entry(name.clone()).or_default().extend(bytes);
            }
            if !moved {
                return;
            }
        }
    }

    fn receive(&mut self, place: &str, name: &str, expected: &[u8]) {
        self.settle();
        let received = self.received.entry(name.to_owned()).or_default();
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if !script::is_like(expected, received) {
            panic!("{place}: expected {:?}, got {:?}", shown(expected), shown(received));
        }
        self.code.learn(expected, received);
        received.drain(..expected.len());
    }
}
