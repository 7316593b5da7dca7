//! People of a chat in which order is kept: they have accounts, rooms of their own, and some of
//! them a role. Each asks for one thing at a time, at any node.

use super::cluster::Cluster;
use mio_chat::chat::Chat;
use mio_socketio::testing::{Asked, Client, TestServer};
use serde_json::{Value, json};

/// The names of the people, in the order of their roles: an owner of the chat, a moderator, others.
pub const NAMES: [&str; 5] = ["olga", "mona", "carl", "dina", "emil"];
/// Milliseconds for which guests want the same name to register.
const WANTED_MS: u64 = 6_000;
pub const ROOMS: [&str; 3] = ["lobby", "ops", "den"];
/// Milliseconds for which somebody waits for an answer.
const ANSWER_MS: u64 = 12_000;

/// A message as somebody was told it.
#[derive(Debug, Clone)]
pub struct Told {
    pub id: i64,
    pub room: String,
    /// As it was said, and not as one of the past.
    pub is_live: bool,
}

/// Something that was asked for, and matters afterwards if it was done.
#[derive(Debug, Clone)]
pub enum Wish {
    /// The reason, by which the deed is known.
    Deed(String),
    /// The number of a message, and its text.
    Delete(i64, String),
    Post(String, String),
    Register(String, String),
    Join,
    LogOut,
    Any,
}

pub struct Citizen {
    pub name: String,
    /// A guest, who registers now and then under some name and then is another one.
    is_guest: bool,
    /// Among those with a role: 2 is an owner, 1 a moderator.
    rank: u8,
    pub password: String,
    pub client: Option<Client>,
    pub at: usize,
    run: usize,
    pub acted_ms: u64,
    is_welcome: bool,
    token: Option<String>,
    asked: Option<(Asked, u64, Wish)>,
    /// They have asked to log out, and may be somebody else already.
    logs_out: bool,
    count: usize,
    /// Messages that they said, and messages that they were told.
    said: Vec<(i64, String)>,
    pub told: Vec<Told>,
    /// The wishes that were done, as they were answered.
    pub done: Vec<Wish>,
}

impl Citizen {
    pub fn new(at: usize) -> Self {
        let name = NAMES.get(at).map_or_else(|| format!("guest{at}"), |name| (*name).to_owned());
        Self {
            is_guest: at >= NAMES.len(),
            rank: 2_u8.saturating_sub(u8::try_from(at).unwrap_or(u8::MAX)),
            password: format!("password of {name}"),
            name,
            client: None,
            at: 0,
            run: 0,
            acted_ms: 0,
            is_welcome: false,
            token: None,
            asked: None,
            logs_out: false,
            count: 0,
            said: Vec::new(),
            told: Vec::new(),
            done: Vec::new(),
        }
    }

    /// Whether they are in as the person that they are.
    pub const fn is_in(&self) -> bool {
        self.client.is_some() && self.is_welcome
    }

    fn lose(&mut self) {
        (self.client, self.is_welcome, self.asked) = (None, false, None);
        self.logs_out = false;
    }

    /// Comes in, or back, at some node.
    pub fn enter(&mut self, cluster: &mut Cluster, wanted: Option<&str>) {
        self.lose();
        let at = cluster.random.usize(..cluster.nodes.len());
        let auth = match &self.token {
            Some(token) => json!({"token": token, "client": "web"}),
            None if self.is_guest || wanted.is_some() => {
                json!({"nick": wanted.unwrap_or(&self.name), "client": "web"})
            }
            None => json!({"nick": self.name, "password": self.password, "client": "web"}),
        };
        (self.at, self.run) = (at, cluster.nodes[at].run);
        self.client = cluster.at(at, |server| server.connect("/chat", auth).ok()).flatten();
    }

    /// Hears what has come, and asks for something now and then.
    pub fn act(&mut self, cluster: &mut Cluster, is_busy: bool) {
        self.acted_ms = cluster.now_ms;
        let is_lost = self.run != cluster.nodes[self.at].run || !cluster.nodes[self.at].runs();
        let Some(client) = self.client.filter(|_| !is_lost) else {
            let word = if cluster.random.bool() { "pat" } else { "Pat" };
            let wanted = format!("{word}{}", cluster.now_ms / WANTED_MS);
            return self.enter(cluster, Some(&*wanted).filter(|_| self.is_guest));
        };
        let now_ms = cluster.now_ms;
        let roll = cluster.random.usize(..100);
        if is_busy && roll >= 97 {
            // They go, or only seem to.
            if roll > 97 {
                cluster.at(self.at, |server| server.disconnect(client));
            }
            return self.enter(cluster, None);
        }
        let mut random = cluster.random.fork();
        cluster.at(self.at, |server| {
            self.hear(server, client);
            if self.is_in() && self.is_answered(server, now_ms) && is_busy && roll < 60 {
                let (name, args, wish) = match self.is_guest {
                    true => self.register(),
                    false => self.wish(&mut random),
                };
                self.logs_out |= matches!(wish, Wish::LogOut);
                self.asked = Some((server.ask(client, name, (args,)), now_ms, wish));
            }
            if !server.is_open(client) {
                self.lose();
            }
        });
    }

    fn hear(&mut self, server: &mut TestServer<Chat>, client: Client) {
        for event in server.events(client) {
            let args = &event.args[0];
            match &*event.name {
                // Their device had ended, and the server takes them for somebody new.
                "welcome" if !self.is_guest && args["nick"] != *self.name => {
                    self.token = None;
                    server.disconnect(client);
                    return;
                }
                "welcome" => {
                    self.is_welcome = true;
                    self.token = args["token"].as_str().map(str::to_owned);
                    for room in args["rooms"].as_array().into_iter().flatten() {
                        self.shown(&room["messages"]);
                    }
                }
                "message" if args["room"].is_string() => self.tell(args, true),
                "bye" if args["reason"] == "forgotten" || args["reason"] == "refused" => {
                    self.token = None;
                }
                _ => (),
            }
        }
    }

    fn shown(&mut self, messages: &Value) {
        for message in messages.as_array().into_iter().flatten() {
            self.tell(message, false);
        }
    }

    fn tell(&mut self, message: &Value, is_live: bool) {
        let (Some(id), Some(room)) = (message["id"].as_i64(), message["room"].as_str()) else {
            return;
        };
        if !self.is_guest && !self.logs_out {
            self.told.push(Told { id, room: room.to_owned(), is_live });
        }
    }

    /// Whether they wait for nothing.
    fn is_answered(&mut self, server: &mut TestServer<Chat>, now_ms: u64) -> bool {
        let Some((asked, since_ms, wish)) = self.asked.take() else { return true };
        let Some(answer) = server.answered(asked) else {
            let waits = now_ms < since_ms + ANSWER_MS;
            self.asked = waits.then_some((asked, since_ms, wish));
            return !waits;
        };
        let answer = &answer.args[0];
        if answer["ok"] == true {
            self.granted(server, answer, wish);
        }
        true
    }

    fn granted(&mut self, server: &mut TestServer<Chat>, answer: &Value, mut wish: Wish) {
        if let Wish::Register(nick, _) = &mut wish {
            *nick = answer["nick"].as_str().expect("their name").to_owned();
        }
        match &wish {
            Wish::Post(room, text) => {
                let id = answer["id"].as_i64().expect("a number");
                self.said.push((id, text.clone()));
                self.told.push(Told { id, room: room.clone(), is_live: true });
            }
            Wish::Join => self.shown(&answer["messages"]),
            // They are somebody else from here on, and come again.
            Wish::LogOut | Wish::Register(..) => {
                self.token = None;
                if let Some(client) = self.client.take() {
                    server.disconnect(client);
                }
                self.lose();
            }
            Wish::Deed(_) | Wish::Delete(..) | Wish::Any => (),
        }
        self.done.push(wish);
    }

    /// A guest wants the name that they have.
    fn register(&mut self) -> (&'static str, Value, Wish) {
        self.count += 1;
        let password = format!("{} {}", self.name, self.count);
        let wish = Wish::Register(self.name.clone(), password.clone());
        ("register", json!({"password": password}), wish)
    }

    fn wish(&mut self, random: &mut fastrand::Rng) -> (&'static str, Value, Wish) {
        self.count += 1;
        let mark = format!("{}-{}", self.name, self.count);
        let (room, nick) = (ROOMS[random.usize(..3)], NAMES[random.usize(2..NAMES.len())]);
        let own_room = ROOMS[random.usize(1..3)];
        let deed = |args: Value| (args, Wish::Deed(mark.clone()));
        match random.usize(..100) {
            0..30 => {
                let post = json!({"room": room, "text": mark, "key": mark});
                ("post", post, Wish::Post(room.to_owned(), mark))
            }
            30..45 => ("join", json!({"room": own_room}), Wish::Join),
            45..48 => ("leave", json!({"room": own_room}), Wish::Any),
            48..56 => {
                let (args, wish) = deed(json!({"room": room, "nick": nick, "reason": mark}));
                ("kick", args, wish)
            }
            56..60 if self.rank > 0 => {
                let (args, wish) = deed(json!({"nick": nick, "reason": mark}));
                ("ban", args, wish)
            }
            60..68 if self.rank > 0 => ("unban", json!({"nick": nick}), Wish::Any),
            68..71 if self.rank > 0 => {
                let (args, wish) = deed(json!({"nick": nick, "reason": mark}));
                ("mute", args, wish)
            }
            71..76 if self.rank > 0 => ("unmute", json!({"nick": nick}), Wish::Any),
            76..80 => match self.message(random) {
                Some((id, text)) => ("delete", json!({"id": id}), Wish::Delete(id, text)),
                None => ("who", json!({"room": room}), Wish::Any),
            },
            80..84 => {
                let rule = json!({"room": own_room, "private": random.usize(..3) > 0});
                ("room", rule, Wish::Any)
            }
            84..92 => ("room", json!({"room": own_room, "invite": nick}), Wish::Any),
            92..95 => ("room", json!({"room": own_room, "uninvite": nick}), Wish::Any),
            95 => ("op", json!({"room": own_room, "nick": nick, "on": random.bool()}), Wish::Any),
            96 => ("room", json!({"room": own_room, "delete": true}), Wish::Any),
            97 => ("logout", json!({}), Wish::LogOut),
            _ => ("join", json!({"room": own_room}), Wish::Join),
        }
    }

    /// The messages that they have deleted: number and text.
    pub fn deleted(&self) -> impl Iterator<Item = (&i64, &String)> {
        self.done.iter().filter_map(|done| match done {
            Wish::Delete(id, text) => Some((id, text)),
            _ => None,
        })
    }

    fn message(&self, random: &mut fastrand::Rng) -> Option<(i64, String)> {
        random.choice(&self.said).cloned()
    }

    /// The names of those in a room, as their node has them; `None` if they are not told.
    pub fn who(&self, cluster: &mut Cluster, room: &str) -> Option<Vec<String>> {
        let client = self.client?;
        let ask =
            |server: &mut TestServer<Chat>| server.call(client, "who", (json!({"room": room}),));
        let answer = cluster.at(self.at, ask)??;
        let members = answer.args[0]["members"].as_array()?;
        let nick = |it: &Value| it["nick"].as_str().or(it.as_str()).unwrap_or_default().to_owned();
        let mut names: Vec<String> = members.iter().map(nick).collect();
        names.sort_unstable();
        Some(names)
    }
}
