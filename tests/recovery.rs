//! Clients that come back, over time and over a restart: the server in memory, with a store that
//! lives in the application's state.

#![allow(dead_code, unreachable_pub, reason = "modules of a test")]

mod harness;
#[path = "simulation/link.rs"]
mod link;

use harness::World;
use harness::random::Random;
use link::{Link, Message};
use mio_chat::base::{CloseReason, Now};
use mio_chat::limits::QUEUE_BYTES_MAX;
use mio_chat::proto::ws::Opcode;
use mio_chat::server::{
    Audience, Context, Event, Kept, MemoryRecovery, Missed, Recovery, Restored, Saved, SavedRoom,
    Server,
};
use std::collections::BTreeMap;

const TARGET: &str = "/socket.io/?EIO=4&transport=websocket";
const PINGS_MS: u64 = 60_000;
const SEEDS: u64 = 200;
const STEPS: usize = 120;
const GUESTS: usize = 4;
const ROOMS: usize = 3;
/// What a client has of its queue in the random test: some of it stays unread.
const WINDOW: usize = 300;

/// An application that keeps what its clients could come back to.
#[derive(Clone, Default)]
struct State {
    /// What the store was told, and when it was settled.
    told: Vec<String>,
    events: Vec<Missed>,
    sessions: BTreeMap<String, Saved>,
}

impl State {
    fn offset(&self) -> String {
        self.events.len().to_string()
    }
}

/// Keeps what everyone is told.
struct InState;

impl Recovery<State> for InState {
    fn keep(&mut self, state: &mut State, _: Now, event: &Kept<'_>) -> String {
        if event.audience == Audience::Everyone {
            let offset = (state.events.len() + 1).to_string();
            let (name, args) = (event.name.to_owned(), event.args.to_owned());
            state.events.push(Missed { name, args, attachments: Vec::new(), offset });
        }
        state.offset()
    }

    fn newest(&mut self, state: &mut State, _: Now) -> String {
        state.offset()
    }

    fn save(&mut self, state: &mut State, _: Now, session: &Saved) {
        let rooms: Vec<&str> = session.rooms.iter().map(|room| &*room.name).collect();
        state.told.push(format!("save {rooms:?} {:?}", session.data));
        state.sessions.insert(session.pid.clone(), session.clone());
    }

    fn gone(&mut self, state: &mut State, _: Now, pid: &str, for_good: bool) {
        state.told.push(format!("gone {for_good}"));
        if for_good {
            state.sessions.remove(pid);
        }
    }

    fn restore(
        &mut self,
        state: &mut State,
        _: Now,
        pid: &str,
        offset: Option<&str>,
    ) -> Option<Restored> {
        let saved = state.sessions.get(pid)?.clone();
        let from: usize = offset.unwrap_or(&saved.since).parse().ok()?;
        Some(Restored { missed: state.events.get(from..)?.to_vec(), saved })
    }
}

fn text(event: &Event<'_>) -> String {
    event.args.get(0).unwrap_or_default()
}

fn server<S: 'static>(
    store: impl Recovery<S> + 'static,
    state: S,
    settle: fn(&mut Context<'_, S>),
) -> Server<S> {
    let builder = Server::builder().recovery(store).on_settle(settle).namespace("/", |events| {
        events
            .on_connect(|cx, connect| {
                if let Some(kept) = connect.recovered {
                    cx.emit(connect.socket, "back", (kept,));
                }
                Ok(())
            })
            .on("join", |cx, event| {
                let room = text(&event);
                cx.join(event.socket, &room);
            })
            .on("leave", |cx, event| {
                let room = text(&event);
                cx.leave(event.socket, &room);
            })
            .on("keep", |cx, event| {
                let data = text(&event);
                cx.keep(event.socket, &data);
            })
            .on("say", |cx, event| {
                let room = text(&event);
                cx.to(&room).emit("said", event.args);
            })
            .on("tell", |cx, event| cx.everyone().emit("told", event.args))
            .on("whisper", |cx, event| cx.emit(event.socket, "whispered", event.args))
            .on("go", |cx, event| cx.disconnect(event.socket, CloseReason::Quit))
    });
    builder.build(state)
}

fn world(state: State) -> World<State> {
    let settle = |cx: &mut Context<'_, State>| {
        // Only what it has to settle: turns without anything are many.
        if cx.state.told.last().is_some_and(|last| last != "settle") {
            cx.state.told.push("settle".to_owned());
        }
    };
    World::new(server(InState, state, settle), QUEUE_BYTES_MAX)
}

/// A client that would come back.
struct Guest {
    link: Link,
    sid: String,
    pid: String,
    offset: Option<String>,
    got: Vec<String>,
}

impl Guest {
    fn come<S>(world: &mut World<S>, window: usize) -> Self {
        let link = Link::open(world, window);
        let (sid, pid, got) = (String::new(), String::new(), Vec::new());
        let mut guest = Self { link, sid, pid, offset: None, got };
        guest.enter(world, "{\"recover\":true}");
        guest
    }

    /// Opens its session and asks to be let in.
    fn enter<S>(&mut self, world: &mut World<S>, auth: &str) {
        self.link.websocket(TARGET);
        self.flush(world);
        self.link.pull(world, usize::MAX);
        assert_eq!(self.link.response().expect("an answer").status, 101);
        self.say(&format!("40{auth}"));
        self.flush(world);
    }

    fn say(&mut self, text: &str) {
        self.link.frame(Opcode::Text, text.as_bytes());
    }

    fn flush<S>(&mut self, world: &mut World<S>) {
        self.link.push(world, &mut Random::new(0), true);
        world.settle();
    }

    fn ask<S>(&mut self, world: &mut World<S>, text: &str) {
        self.say(text);
        self.flush(world);
    }

    /// Reads what is here, as the client in JavaScript does.
    fn read<S>(&mut self, world: &World<S>) {
        while self.link.pull(world, usize::MAX) > 0 {}
        for message in self.link.messages() {
            let Message::Text(packet) = message else { continue };
            if let Some(welcome) = packet.strip_prefix("40") {
                let welcome: serde_json::Value = serde_json::from_str(welcome).expect("JSON");
                self.sid = welcome["sid"].as_str().expect("an id").to_owned();
                self.pid = welcome["pid"].as_str().expect("a secret id").to_owned();
            }
            let Some(event) = packet.strip_prefix("42") else { continue };
            let mut event: Vec<serde_json::Value> = serde_json::from_str(event).expect("JSON");
            if let Some(serde_json::Value::String(offset)) = event.last() {
                self.offset = Some(offset.clone());
                event.pop();
            }
            self.got.push(serde_json::Value::Array(event).to_string());
        }
    }

    fn cut<S>(&self, world: &mut World<S>) {
        world.clients[self.link.client].reset();
        world.settle();
    }

    /// Comes back on another connection; what it has not read of the last one is lost.
    fn back<S>(&mut self, world: &mut World<S>, window: usize) {
        let offset =
            self.offset.as_ref().map_or(String::new(), |it| format!(",\"offset\":\"{it}\""));
        self.link = Link::open(world, window);
        self.enter(world, &format!("{{\"pid\":\"{}\"{offset}}}", self.pid));
    }
}

fn told(world: &World<State>, from: usize) -> &[String] {
    &world.server.state().told[from..]
}

#[test]
fn what_clients_come_back_to_is_saved_once_a_turn_and_settled_then() {
    let mut world = world(State::default());
    let mut guest = Guest::come(&mut world, usize::MAX);
    assert_eq!(told(&world, 0), ["save [] \"\"", "settle"]);
    for change in ["join\",\"a", "join\",\"b", "join\",\"b", "leave\",\"a", "keep\",\"x"] {
        guest.say(&format!("42[\"{change}\"]"));
    }
    guest.flush(&mut world);
    assert_eq!(told(&world, 2), ["save [\"b\"] \"x\"", "settle"]);
    // Nothing of that is new.
    for same in ["join\",\"b", "leave\",\"a", "keep\",\"x", "whisper\",\"x"] {
        guest.ask(&mut world, &format!("42[\"{same}\"]"));
    }
    assert_eq!(told(&world, 4), [""; 0]);
    // In one turn with the end.
    guest.say("42[\"join\",\"c\"]");
    guest.link.push(&world, &mut Random::new(0), true);
    guest.cut(&mut world);
    assert!(told(&world, 4).ends_with(&["gone false".to_owned(), "settle".to_owned()]));
    world.advance(PINGS_MS);
    world.server.check_empty();
}

#[test]
fn who_may_come_back_depends_on_how_it_went() {
    type End = fn(&mut World<State>, &mut Guest);
    let ends: [(&str, End, bool); 8] = [
        ("reset", |world, guest| guest.cut(world), false),
        ("end", |world, guest| world.clients[guest.link.client].close(), false),
        ("no heartbeat", |world, _| world.advance(PINGS_MS), false),
        ("closed engine", |world, guest| guest.ask(world, "1"), false),
        ("shutdown", |world, _| world.stop(), false),
        ("left", |world, guest| guest.ask(world, "41"), true),
        ("sent away", |world, guest| guest.ask(world, "42[\"go\"]"), true),
        ("wrong", |world, guest| guest.ask(world, "4abc"), true),
    ];
    for (what, end, for_good) in ends {
        let mut world = world(State::default());
        let mut guest = Guest::come(&mut world, usize::MAX);
        end(&mut world, &mut guest);
        world.settle();
        assert_eq!(told(&world, 2), [&format!("gone {for_good}"), "settle"], "{what}");
    }
}

#[test]
fn a_client_comes_back_over_a_restart() {
    let mut before = world(State::default());
    let mut guest = Guest::come(&mut before, usize::MAX);
    for event in ["[\"join\",\"a\"]", "[\"keep\",\"x\"]", "[\"tell\",1]", "[\"tell\",2]"] {
        guest.say(&format!("42{event}"));
    }
    guest.flush(&mut before);
    guest.read(&before);
    assert_eq!(guest.got, ["[\"told\",1]", "[\"told\",2]"]);
    let (sid, pid) = (guest.sid.clone(), guest.pid.clone());
    // The server is gone without a word, and with what it had settled.
    let mut after = world(before.server.state().clone());
    let mut other = Guest::come(&mut after, usize::MAX);
    other.ask(&mut after, "42[\"tell\",3]");
    guest.back(&mut after, usize::MAX);
    guest.read(&after);
    let all = ["[\"told\",1]", "[\"told\",2]", "[\"told\",3]", "[\"back\",\"x\"]"];
    assert_eq!(guest.got, all);
    assert_eq!((&guest.sid, &guest.pid), (&sid, &pid));
    let rooms = &after.server.state().sessions[&pid].rooms;
    assert_eq!(rooms, &[SavedRoom { name: "a".to_owned(), since: "0".to_owned() }]);
}

#[test]
fn whoever_has_missed_too_much_begins_anew() {
    let mut world = world(State::default());
    let mut guest = Guest::come(&mut world, usize::MAX);
    guest.ask(&mut world, "42[\"whisper\",1]");
    guest.read(&world);
    let pid = guest.pid.clone();
    guest.cut(&mut world);
    let mut other = Guest::come(&mut world, usize::MAX);
    let long = format!("42[\"tell\",\"{}\"]", "x".repeat(QUEUE_BYTES_MAX / 16));
    for _ in 0..8 {
        other.ask(&mut world, &long);
        world.advance(1000);
        other.read(&world);
    }
    guest.back(&mut world, usize::MAX);
    guest.read(&world);
    assert_ne!(guest.pid, pid);
    assert_eq!(guest.got, ["[\"whispered\",1]"]);
}

/// People who join rooms, lose their connections and come back, and one who speaks.
struct Talk {
    world: World<()>,
    guests: Vec<Guest>,
    speaker: Guest,
    /// Who is in which room, and what each is to hear.
    rooms: [[bool; ROOMS]; GUESTS],
    expected: [Vec<String>; GUESTS],
    is_cut: [bool; GUESTS],
}

impl Talk {
    fn new() -> Self {
        let mut world = World::new(server(MemoryRecovery::new(), (), |_| ()), QUEUE_BYTES_MAX);
        let mut come = || {
            let mut guest = Guest::come(&mut world, usize::MAX);
            guest.read(&world);
            guest
        };
        let guests = (0..GUESTS).map(|_| come()).collect();
        let speaker = come();
        let (rooms, expected) = ([[false; ROOMS]; GUESTS], std::array::from_fn(|_| Vec::new()));
        Self { world, guests, speaker, rooms, expected, is_cut: [false; GUESTS] }
    }

    fn join(&mut self, at: usize, room: usize) {
        // What is still on its way was said before.
        self.world.settle();
        if !self.is_cut[at] {
            self.rooms[at][room] = true;
            self.guests[at].ask(&mut self.world, &format!("42[\"join\",\"{room}\"]"));
        }
    }

    fn say(&mut self, room: usize, number: usize) {
        let said = format!("\"{room}\",{number}]");
        self.speaker.say(&format!("42[\"say\",{said}"));
        self.speaker.link.push(&self.world, &mut Random::new(0), true);
        for (expected, rooms) in self.expected.iter_mut().zip(&self.rooms) {
            if rooms[room] {
                expected.push(format!("[\"said\",{said}"));
            }
        }
    }

    fn back(&mut self, at: usize, window: usize) {
        self.guests[at].back(&mut self.world, window);
        self.is_cut[at] = false;
    }
}

#[test]
fn nobody_misses_anything_or_gets_it_twice() {
    for seed in 0..SEEDS {
        let (mut random, mut talk) = (Random::new(seed), Talk::new());
        for number in 0..STEPS {
            let at = random.below(GUESTS);
            match random.below(9) {
                0 => {
                    talk.guests[at].cut(&mut talk.world);
                    talk.is_cut[at] = true;
                }
                // Perhaps before the server has noticed that it was gone.
                1 => talk.back(at, if random.once_in(2) { WINDOW } else { usize::MAX }),
                2 => talk.join(at, random.below(ROOMS)),
                3 | 4 => talk.guests[at].read(&talk.world),
                5 => talk.world.settle(),
                _ => talk.say(random.below(ROOMS), number),
            }
        }
        talk.world.settle();
        for at in 0..GUESTS {
            talk.back(at, usize::MAX);
            let guest = &mut talk.guests[at];
            guest.read(&talk.world);
            guest.got.retain(|got| got.starts_with("[\"said\""));
            assert_eq!(guest.got, talk.expected[at], "seed {seed}, guest {at}");
        }
    }
}
