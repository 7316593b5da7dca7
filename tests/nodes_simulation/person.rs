//! People: with netcat, or with a client of namespace `/chat` that keeps its token and posts with
//! keys until it is answered.

use super::cluster::Cluster;
use mio_chat::chat::Chat;
use mio_socketio::testing::{Asked, Client, LineClient, TestServer};
use serde_json::{Value, json};
use std::collections::VecDeque;

pub const ROOMS: [&str; 2] = ["lobby", "ops"];
/// Tabs that a person leaves open beside the one that they use.
const TABS_MAX: usize = 2;
/// Names that several people want.
const WANTED: [&str; 3] = ["ann", "ben", "cem"];
/// How the notices end that a server is cut off, is not any more, and that a newcomer has to wait.
const CUT_OFF: &str = "cut off from the chat's other servers: what you say waits for a while";
const WHOLE: &str = "connected with the chat's other servers again";
const WAITS: &str = "you come in once it is connected again";
/// Milliseconds after which a post without an answer is sent again.
const ANSWER_MS: u64 = 3_000;

/// The messages that somebody has heard in a room between coming there and going.
#[derive(Debug)]
pub struct Hearing {
    pub room: String,
    /// The texts of others, and their numbers where they were told.
    pub heard: Vec<(Option<i64>, String)>,
}

pub enum Door {
    Lines(Option<LineClient>),
    Chat(Option<Client>),
}

pub struct Person {
    pub name: String,
    pub door: Door,
    /// The node that they are at, and its run.
    at: usize,
    run: usize,
    /// Texts so far.
    pub said: usize,
    pub hearings: Vec<Hearing>,
    pub acted_ms: u64,
    /// Posts that were acknowledged, with their numbers and the nodes.
    pub acked: Vec<(i64, String, usize)>,
    waits: Option<(Asked, u64)>,
    /// A new name that was asked for.
    renames: Option<Asked>,
    /// The name that they have, as they were told.
    pub nick: Option<String>,
    /// Another one, of which they have heard at the same time: an answer and an event have no
    /// order.
    pub or_nick: Option<String>,
    has_heard_nick: bool,
    /// The next post has been sent, and not been acknowledged.
    is_tried: bool,
    token: Option<String>,
    /// Other tabs with their token, each at a node in a run of it.
    tabs: VecDeque<(usize, usize, Client)>,
    since: i64,
    history: Option<String>,
    is_welcome: bool,
    /// They were told last that their server is cut off from the others.
    pub is_told_cut: bool,
    /// They were told so when they came in.
    has_waited: bool,
}

impl Person {
    pub fn new(name: String, door: Door) -> Self {
        Self {
            name,
            door,
            at: 0,
            run: 0,
            said: 0,
            hearings: Vec::new(),
            acted_ms: 0,
            acked: Vec::new(),
            waits: None,
            renames: None,
            nick: None,
            or_nick: None,
            has_heard_nick: false,
            is_tried: false,
            token: None,
            tabs: VecDeque::new(),
            since: 0,
            history: None,
            is_welcome: false,
            is_told_cut: false,
            has_waited: false,
        }
    }

    /// Whether they are connected, and have been let in.
    pub fn is_in(&self) -> bool {
        match self.door {
            Door::Lines(client) => client.is_some() && self.is_welcome,
            Door::Chat(client) => client.is_some() && self.is_welcome,
        }
    }

    pub const fn node(&self) -> usize {
        self.at
    }

    /// The connection ends with its node.
    fn lose(&mut self) {
        match &mut self.door {
            Door::Lines(client) => *client = None,
            Door::Chat(client) => *client = None,
        }
        (self.is_welcome, self.waits, self.renames, self.nick) = (false, None, None, None);
        (self.is_told_cut, self.has_waited) = (false, false);
    }

    /// Hears what has come, and does something now and then.
    pub fn act(&mut self, cluster: &mut Cluster, is_busy: bool) {
        let is_connected = match self.door {
            Door::Lines(client) => client.is_some(),
            Door::Chat(client) => client.is_some(),
        };
        if is_connected && self.run != cluster.nodes[self.at].run || !cluster.nodes[self.at].runs()
        {
            self.lose();
        }
        if !is_connected || self.run != cluster.nodes[self.at].run {
            return self.enter(cluster);
        }
        let now_ms = cluster.now_ms;
        let roll = cluster.random.usize(..100);
        if is_busy && roll == 94 && matches!(self.door, Door::Chat(_)) {
            // Another tab, perhaps at another node. This one stays for a while.
            if let Door::Chat(Some(client)) = self.door {
                self.tabs.push_back((self.at, self.run, client));
            }
            if self.tabs.len() > TABS_MAX {
                self.close_tab(cluster);
            }
            return self.enter(cluster);
        }
        let wanted = WANTED[cluster.random.usize(..WANTED.len())];
        let at = self.at;
        cluster.at(at, |server| match self.door {
            Door::Lines(Some(client)) => {
                self.hear_lines(server, client);
                if is_busy && self.is_welcome {
                    self.speak(server, client, roll, wanted);
                }
            }
            Door::Chat(Some(client)) => {
                self.hear_events(server, client);
                if self.is_welcome {
                    let moves = [(92, "join"), (93, "leave")].into_iter();
                    for (_, what) in moves.filter(|(at, _)| is_busy && *at == roll) {
                        server.ask(client, what, (json!({"room": ROOMS[1]}),));
                    }
                    self.rename(server, client, is_busy.then_some(wanted).filter(|_| roll > 95));
                    self.post(server, client, now_ms, is_busy && roll < 30);
                }
            }
            _ => (),
        });
        self.acted_ms = now_ms;
    }

    /// Closes the oldest tab.
    fn close_tab(&mut self, cluster: &mut Cluster) {
        let Some((at, run, client)) = self.tabs.pop_front() else { return };
        let node = &cluster.nodes[at];
        if node.runs() && node.run == run {
            cluster.at(at, |server| server.disconnect(client));
        }
    }

    /// Comes in, or back, at some node.
    fn enter(&mut self, cluster: &mut Cluster) {
        self.lose();
        let at = cluster.random.usize(..cluster.nodes.len());
        let run = cluster.nodes[at].run;
        let auth = json!({
            "nick": self.token.is_none().then_some(&self.name),
            "token": self.token,
            "since": Some(self.since).filter(|since| *since > 0),
            "history": self.history,
            "client": "web",
        });
        cluster.at(at, |server| match &mut self.door {
            Door::Lines(client) => {
                let connected = server.connect_line();
                server.say(connected, &format!("/nick {}", self.name));
                *client = Some(connected);
            }
            Door::Chat(client) => *client = server.connect("/chat", auth).ok(),
        });
        (self.at, self.run) = (at, run);
    }

    fn hear_lines(&mut self, server: &mut TestServer<Chat>, client: LineClient) {
        for line in server.lines(client) {
            let room = line.strip_prefix("* you are in #");
            let room = room.filter(|room| !room.ends_with(" already"));
            if let Some(nick) = line.strip_prefix("* you are now ") {
                self.nick = Some(nick.to_owned());
            } else if line.starts_with("* Welcome to ") {
                self.is_welcome = true;
                self.begin_hearing("lobby");
            } else if let Some(room) = room {
                let end = room.find([' ', ',', '.']).unwrap_or(room.len());
                let room = room[..end].to_owned();
                self.begin_hearing(&room);
            } else if let Some((_, text)) =
                line.strip_prefix('<').and_then(|it| it.split_once("> "))
            {
                let text = (None, text.to_owned());
                self.hearings.last_mut().expect("nobody hears before they are in").heard.push(text);
            } else {
                self.told(&line);
            }
        }
    }

    /// Reads a notice: each is told once.
    fn told(&mut self, notice: &str) {
        if notice.ends_with(CUT_OFF) {
            assert!(!self.is_told_cut, "{} is told twice that all is not well", self.name);
            self.is_told_cut = true;
        } else if notice.ends_with(WHOLE) {
            let is_told = std::mem::take(&mut self.is_told_cut);
            assert!(is_told || self.has_waited, "{} is told twice that all is well", self.name);
            self.has_waited = false;
        } else if notice.ends_with(WAITS) {
            self.has_waited = true;
        }
    }

    fn begin_hearing(&mut self, room: &str) {
        self.hearings.push(Hearing { room: room.to_owned(), heard: Vec::new() });
    }

    fn speak(
        &mut self,
        server: &mut TestServer<Chat>,
        client: LineClient,
        roll: usize,
        wanted: &str,
    ) {
        match roll {
            0..20 => {
                self.said += 1;
                server.say(client, &format!("{}.{}", self.name, self.said));
            }
            20 => server.say(client, "/join ops"),
            21 => server.say(client, "/leave"),
            22 => server.say(client, &format!("/nick {wanted}")),
            23 => server.say(client, &format!("/nick {}", self.name)),
            24 if self.said.is_multiple_of(4) => {
                server.disconnect(client);
                self.lose();
            }
            _ => (),
        }
    }

    fn hear_events(&mut self, server: &mut TestServer<Chat>, client: Client) {
        self.has_heard_nick = false;
        for event in server.events(client) {
            let args = &event.args[0];
            match &*event.name {
                "welcome" => self.welcomed(args),
                "message" if args["room"] == "lobby" => {
                    let id = args["id"].as_i64().expect("a number");
                    let text = args["text"].as_str().expect("a text").to_owned();
                    let hearing =
                        self.hearings.last_mut().expect("nobody hears before they are in");
                    hearing.heard.push((Some(id), text));
                    self.since = self.since.max(id);
                }
                "notice" => self.told(args["text"].as_str().expect("a text")),
                "late" if args["request"] == "nick" => {
                    self.nick = args["nick"].as_str().map(str::to_owned);
                    (self.or_nick, self.has_heard_nick) = (None, true);
                }
                "gap" | "presence" | "topic" | "typing" | "bye" | "message" | "late" | "room"
                | "rooms" => (),
                other => panic!("what is {other}?"),
            }
        }
        // Somebody who has another connection has been put out of this one.
        if !server.is_open(client) {
            self.lose();
        }
    }

    fn welcomed(&mut self, welcome: &Value) {
        self.is_welcome = true;
        let text = |name: &str| welcome[name].as_str().map(str::to_owned);
        self.nick = text("nick");
        (self.token, self.history) = (text("token"), text("history"));
        if welcome["recovered"] != true || self.hearings.is_empty() {
            self.begin_hearing("lobby");
            let messages = welcome["rooms"][0]["messages"].as_array();
            let last = messages.and_then(|all| all.last()?["id"].as_i64());
            self.since = self.since.max(last.unwrap_or_default());
        }
    }

    /// Asks for a name now and then, and hears whether they have it.
    fn rename(&mut self, server: &mut TestServer<Chat>, client: Client, wanted: Option<&str>) {
        if let Some(answer) = self.renames.and_then(|asked| server.answered(asked)) {
            self.renames = None;
            if answer.args[0]["ok"] == true {
                let nick = answer.args[0]["nick"].as_str().map(str::to_owned);
                let before = std::mem::replace(&mut self.nick, nick);
                self.or_nick = before.filter(|_| self.has_heard_nick);
            }
        }
        if let (Some(wanted), None) = (wanted, &self.renames) {
            self.renames = Some(server.ask(client, "nick", (json!({"nick": wanted}),)));
        }
    }

    fn post(&mut self, server: &mut TestServer<Chat>, client: Client, now_ms: u64, is_busy: bool) {
        if let Some((asked, since_ms)) = self.waits {
            match server.answered(asked) {
                Some(answer) if answer.args[0]["ok"] == true => {
                    let id = answer.args[0]["id"].as_i64().expect("a number");
                    let text = format!("{}.{}", self.name, self.said);
                    self.acked.push((id, text, self.at));
                    self.said += 1;
                    // One's own post does not come back.
                    self.since = self.since.max(id);
                    (self.waits, self.is_tried) = (None, false);
                }
                Some(_) => self.waits = None,
                None if now_ms < since_ms + ANSWER_MS => return,
                None => self.waits = None,
            }
        }
        if is_busy || self.is_tried {
            self.is_tried = true;
            let text = format!("{}.{}", self.name, self.said);
            let post = json!({"room": "lobby", "text": text, "key": text});
            self.waits = Some((server.ask(client, "post", (post,)), now_ms));
        }
    }

    /// The names of those in a room, as their node has them.
    pub fn who(&self, cluster: &mut Cluster, room: &str) -> Option<Vec<String>> {
        let Door::Chat(Some(client)) = self.door else { return None };
        let ask =
            |server: &mut TestServer<Chat>| server.call(client, "who", (json!({"room": room}),));
        let answer = cluster.at(self.at, ask)??;
        let members = answer.args[0]["members"].as_array()?;
        let nick = |it: &Value| it["nick"].as_str().or(it.as_str()).unwrap_or_default().to_owned();
        let mut names: Vec<String> = members.iter().map(nick).collect();
        names.sort_unstable();
        Some(names)
    }

    /// Whether they have said all that they wanted to, and been answered.
    pub const fn is_done(&self) -> bool {
        !self.is_tried
    }
}
