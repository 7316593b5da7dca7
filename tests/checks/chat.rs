//! The whole chat, with a history, and any requests of people.
//!
//! The input is lines. The first byte names the actor, the second is left out, and the rest is the
//! action:
//!
//! | first    | meaning                                                                          |
//! |----------|----------------------------------------------------------------------------------|
//! | `a` `b`  | a client of `/chat`: the name of a request, a space, its body in JSON; or a      |
//! |          | string where it is not JSON                                                      |
//! | `t`      | a client of `/`: the same with the name of an event                              |
//! | `l`      | somebody at the line door: a line                                                |
//! | `x` `y`  | a's or b's connection breaks, and they come back with their token and `since`    |
//! | `p` `q`  | a or b stops reading, until they come back or the next `p` or `q`                |
//! | `+`      | milliseconds pass                                                                |

use super::cost::bounded_once;
use mio_chat::chat::history::History;
use mio_chat::chat::{self, Chat, Setup};
use mio_chat::limits::REFUSAL_CHARS_MAX;
use mio_socketio::testing::{Client, LineClient, TestServer};
use mio_socketio::{EngineSettings, LineSettings};
use serde_json::{Value, json};

/// Steps that are run.
const STEPS_MAX: usize = 48;
/// The longest time that passes at once.
const PASS_MS_MAX: u64 = 200_000;
/// Characters of the longest sentence for a person.
const SENTENCE_CHARS_MAX: usize = REFUSAL_CHARS_MAX + 1;

/// Every request is answered, refusals with a sentence. Messages come once and in order. No line
/// contains characters that a terminal obeys. At the end people can still talk.
pub(crate) fn chat_requests(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut world =
        World::new(History::open(&folder.path().join("db"), false).expect("a file").timeless());
    for step in data.split(|byte| *byte == b'\n').take(STEPS_MAX) {
        let [what, _, rest @ ..] = step else { continue };
        let rest = String::from_utf8_lossy(rest);
        match what {
            // Much may fall due in that time.
            b'+' => world.step(*what, &rest),
            _ => bounded_once(|| world.step(*what, &rest)),
        }
        world.look();
    }
    world.can_talk();
}

struct World {
    chat: TestServer<Chat>,
    people: [Person; 2],
    guest: Client,
    line: LineClient,
}

struct Person {
    client: Client,
    token: Value,
    since: i64,
    is_paused: bool,
}

impl World {
    fn new(history: History) -> Self {
        let lines = LineSettings::default().rate_per_s(0);
        let engine = EngineSettings::default().rate_per_s(0);
        let setup = Setup { history, lines, engine, replay: 10, ..Setup::default() };
        let mut chat = TestServer::new(chat::chat(setup));
        let people = ["ann", "ben"].map(|nick| {
            let client = chat.connect("/chat", json!({"nick": nick})).expect("they are let in");
            let welcome = chat.expect(client, "welcome").args.remove(0);
            Person { client, token: welcome["token"].clone(), since: 0, is_paused: false }
        });
        let guest = chat.connect("/", Value::Null).expect("they are let in");
        let line = chat.connect_line();
        Self { chat, people, guest, line }
    }

    fn step(&mut self, what: u8, rest: &str) {
        match what {
            b'a' => self.ask(0, rest),
            b'b' => self.ask(1, rest),
            b't' => {
                let (name, body) = request(rest);
                self.chat.emit(self.guest, name, (body,));
            }
            b'l' => self.chat.say(self.line, rest),
            b'x' => self.come_back(0),
            b'y' => self.come_back(1),
            b'p' => self.pause(0),
            b'q' => self.pause(1),
            b'+' => self.chat.advance(rest.trim().parse().unwrap_or(0) % PASS_MS_MAX),
            _ => (),
        }
    }

    fn ask(&mut self, at: usize, rest: &str) {
        let (name, body) = request(rest);
        let client = self.people[at].client;
        let asked = self.chat.ask(client, name, (body,));
        let answer = self.chat.answered(asked);
        if self.people[at].is_paused || !self.chat.is_open(client) {
            return;
        }
        let answer = answer.expect("a request is answered").args.remove(0);
        let is_well = match answer["ok"].as_bool() {
            Some(true) => answer.get("error").is_none(),
            _ => answer["code"].is_string() && is_sentence(&answer["error"]),
        };
        assert!(is_well, "{name}: {answer}");
    }

    fn pause(&mut self, at: usize) {
        let person = &mut self.people[at];
        match person.is_paused {
            true => self.chat.resume(person.client),
            false => self.chat.pause(person.client),
        }
        person.is_paused = !person.is_paused;
    }

    fn come_back(&mut self, at: usize) {
        let person = &mut self.people[at];
        self.chat.cut(person.client);
        let auth = json!({"token": person.token, "since": person.since});
        person.client = self.chat.connect("/chat", auth).expect("they are let in again");
        person.is_paused = false;
    }

    /// Reads everybody's input.
    fn look(&mut self) {
        for person in &mut self.people {
            for heard in self.chat.events(person.client) {
                let body = heard.args.first().unwrap_or(&Value::Null);
                match &*heard.name {
                    "message" => {
                        let id = body["id"].as_i64().expect("a message has an id");
                        assert!(id > person.since, "{body} after {}", person.since);
                        person.since = id;
                    }
                    "gap" => assert!(body["missed"].is_u64() || body["missed"].is_null()),
                    "welcome" => person.token = body["token"].clone(),
                    _ => (),
                }
            }
        }
        self.chat.events(self.guest);
        for line in self.chat.lines(self.line) {
            let is_harmless = !line.chars().any(|char| char.is_control() && char != '\t');
            assert!(is_harmless, "{line:?}");
        }
    }

    fn can_talk(&mut self) {
        let [one, two] = ["cat", "dan"].map(|nick| {
            let auth = json!({"nick": nick});
            self.chat.connect("/chat", auth).expect("they are let in")
        });
        let body = json!({"room": "lobby", "text": "the end"});
        let answer = self.chat.call(one, "post", (body,)).expect("a post is answered");
        assert_eq!(answer.args[0]["ok"], true, "{answer:?}");
        assert_eq!(self.chat.expect(two, "message").args[0]["text"], "the end");
    }
}

/// The name and the body of a request.
fn request(text: &str) -> (&str, Value) {
    let (name, body) = text.split_once(' ').unwrap_or((text, "null"));
    (name, serde_json::from_str(body).unwrap_or_else(|_| body.into()))
}

fn is_sentence(error: &Value) -> bool {
    error.as_str().is_some_and(|text| (1..=SENTENCE_CHARS_MAX).contains(&text.chars().count()))
}
