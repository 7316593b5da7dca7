//! Clients that come back, over time and over a restart: the server in memory, with a store that
//! lives in the application's state.

#![allow(dead_code, unreachable_pub, reason = "modules of a test")]

#[path = "recovery/guest.rs"]
mod guest;
mod harness;
#[path = "harness/link.rs"]
mod link;

use fastrand::Rng;
use guest::Guest;
use harness::World;
use link::Link;
use mio_socketio::base::{CloseReason, Now};
use mio_socketio::limits::QUEUE_BYTES_MAX;
use mio_socketio::{
    Audience, Context, Event, Kept, MemoryRecovery, Missed, Recovery, Restored, Saved, SavedRoom,
    Server,
};
use std::collections::BTreeMap;

const PINGS_MS: u64 = 60_000;
const SEEDS: u64 = 200;
const STEPS: usize = 120;
const GUESTS: usize = 4;
const ROOMS: usize = 3;
/// The socket buffer of a client in the random test: some output stays unread.
const WINDOW: usize = 300;

/// An application whose state keeps what recovery needs.
#[derive(Clone, Default)]
struct State {
    /// The calls of the store, and the settles between them.
    told: Vec<String>,
    events: Vec<Missed>,
    sessions: BTreeMap<String, Saved>,
}

impl State {
    fn offset(&self) -> String {
        self.events.len().to_string()
    }
}

/// A store in the application's state.
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
    left: fn(&mut Context<'_, S>, CloseReason),
) -> Server<S> {
    let builder = Server::builder().recovery(store).on_settle(settle).namespace("/", |events| {
        events
            .on_connect(|cx, connect| {
                if let Some(kept) = connect.recovered {
                    cx.emit(connect.socket, "back", (kept,));
                }
                Ok(())
            })
            .on_disconnect(move |cx, _, reason| left(cx, reason))
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
        // Only settles after something was kept: most turns keep nothing.
        if cx.state.told.last().is_some_and(|last| last != "settle") {
            cx.state.told.push("settle".to_owned());
        }
    };
    let left = |cx: &mut Context<'_, State>, reason| cx.state.told.push(format!("left {reason}"));
    World::new(server(InState, state, settle, left), QUEUE_BYTES_MAX)
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
    // None of these events is new.
    for same in ["join\",\"b", "leave\",\"a", "keep\",\"x", "whisper\",\"x"] {
        guest.ask(&mut world, &format!("42[\"{same}\"]"));
    }
    assert_eq!(told(&world, 4), [""; 0]);
    // In one turn with the end.
    guest.say("42[\"join\",\"c\"]");
    guest.link.push(&world, &mut Rng::with_seed(0), true);
    world.clients[guest.link.client].close();
    world.settle();
    let order = ["save [\"b\", \"c\"] \"x\"", "gone false", "left eof", "settle"];
    assert_eq!(told(&world, 4), order);
    world.advance(PINGS_MS);
    world.server.check_empty();
}

#[test]
fn who_may_come_back_depends_on_how_it_went() {
    type End = fn(&mut World<State>, &mut Guest);
    let ends: [(&str, End, bool); 8] = [
        ("reset", |world, guest| guest.cut(world), false),
        ("eof", |world, guest| world.clients[guest.link.client].close(), false),
        ("ping-timeout", |world, _| world.advance(PINGS_MS), false),
        ("client-disconnect", |world, guest| guest.ask(world, "1"), false),
        ("server-shutdown", |world, _| world.stop(), false),
        ("client-disconnect", |world, guest| guest.ask(world, "41"), true),
        ("quit", |world, guest| guest.ask(world, "42[\"go\"]"), true),
        ("protocol-error", |world, guest| guest.ask(world, "4abc"), true),
    ];
    for (reason, end, for_good) in ends {
        let mut world = world(State::default());
        let mut guest = Guest::come(&mut world, usize::MAX);
        end(&mut world, &mut guest);
        world.settle();
        let gone = format!("gone {for_good}");
        assert_eq!(told(&world, 2), [&gone, &format!("left {reason}"), "settle"]);
    }
}

#[test]
fn who_comes_back_early_replaces_itself() {
    let mut world = world(State::default());
    let mut guest = Guest::come(&mut world, usize::MAX);
    guest.ask(&mut world, "42[\"join\",\"a\"]");
    guest.read(&world);
    let from = world.server.state().told.len();
    guest.back(&mut world, usize::MAX);
    guest.read(&world);
    let order = ["gone false", "left replaced", "save [\"a\"] \"\"", "settle"];
    assert_eq!(told(&world, from), order);
    assert_eq!(guest.got, ["[\"back\",\"\"]"]);
}

#[test]
fn who_goes_as_the_turn_ends_is_settled_in_it() {
    let mut world = world(State::default());
    let mut other = Guest::come(&mut world, usize::MAX);
    let mut slow = Link::open(&mut world, usize::MAX);
    let mut target = "/socket.io/?EIO=4&transport=polling".to_owned();
    for body in ["", "40{\"recover\":true}"] {
        slow.request(if body.is_empty() { "GET" } else { "POST" }, &target, "", body.as_bytes());
        slow.push(&world, &mut Rng::with_seed(0), true);
        world.settle();
        slow.pull(&world, usize::MAX);
        let answer = slow.response().expect("it is answered").body;
        let answer = String::from_utf8(answer).expect("it is text");
        target += &format!("&sid={}", answer.split('"').nth(3).unwrap_or_default());
    }
    // It does not poll until more waits for it than is kept.
    let from = told(&world, 0).len();
    let long = format!("42[\"tell\",\"{}\"]", "x".repeat(QUEUE_BYTES_MAX / 16));
    while told(&world, from).is_empty() {
        other.say(&long);
        other.link.push(&world, &mut Rng::with_seed(0), true);
        world.turn(|| true);
        world.jump(1000);
        other.read(&world);
    }
    assert_eq!(told(&world, from), ["gone false", "left slow-client", "settle"]);
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
    // The server dies without a word; only settled state survives.
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
    /// The rooms of each guest.
    rooms: [[bool; ROOMS]; GUESTS],
    expected: [Vec<String>; GUESTS],
    is_cut: [bool; GUESTS],
}

impl Talk {
    fn new() -> Self {
        let mut world =
            World::new(server(MemoryRecovery::new(), (), |_| (), |_, _| ()), QUEUE_BYTES_MAX);
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
        // Output on its way was sent before.
        self.world.settle();
        if !self.is_cut[at] {
            self.rooms[at][room] = true;
            self.guests[at].ask(&mut self.world, &format!("42[\"join\",\"{room}\"]"));
        }
    }

    fn say(&mut self, room: usize, number: usize) {
        let said = format!("\"{room}\",{number}]");
        self.speaker.say(&format!("42[\"say\",{said}"));
        self.speaker.link.push(&self.world, &mut Rng::with_seed(0), true);
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
        let (mut random, mut talk) = (Rng::with_seed(seed), Talk::new());
        for number in 0..STEPS {
            let at = random.usize(..GUESTS);
            match random.usize(..9) {
                0 => {
                    talk.guests[at].cut(&mut talk.world);
                    talk.is_cut[at] = true;
                }
                // Perhaps before the server has noticed the broken connection.
                1 => talk.back(at, if random.bool() { WINDOW } else { usize::MAX }),
                2 => talk.join(at, random.usize(..ROOMS)),
                3 | 4 => talk.guests[at].read(&talk.world),
                5 => talk.world.settle(),
                _ => talk.say(random.usize(..ROOMS), number),
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
