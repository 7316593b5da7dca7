//! A simulated Socket.IO client: polling, a WebSocket, or first one and then the other.

mod packets;

use super::heard::{Heard, post_in};
use crate::harness::World;
use crate::link::{Link, Message};
use fastrand::Rng;
use mio_wire::eio::{self, Outgoing, Packet, Payload, Version};
use mio_wire::ws::Opcode;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};

/// Packets in the body of one request.
const POST_PACKETS_MAX: usize = 16;
/// Interval of pings from a client of version 3.
const PING_MS: u64 = 20_000;

/// The carriers of a client's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    Polling,
    WebSocket,
    Upgrade,
}

/// The state of a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    None,
    /// The handshake is under way.
    Begun,
    /// `2probe` has been sent.
    Probing,
    /// `3probe` has come: there are no more requests, and `5` is sent after the last answer.
    Pausing,
    /// The client has forgotten its session.
    Forgotten,
    Carries,
}

pub struct Engine {
    pub number: usize,
    /// It keeps to the protocol and reads everything, so its session must last.
    pub is_tame: bool,
    /// Whether it does not answer heartbeats.
    pub is_deaf: bool,
    pub is_gone: bool,
    /// It has polled twice at a time, so that it may have missed input.
    pub lost_count: bool,
    pub is_joined: bool,
    pub posted: usize,
    pub heard: Vec<Heard>,
    /// Number of Socket.IO packets received.
    packets: usize,
    plan: Plan,
    version: Version,
    base64: bool,
    window: usize,
    sid: Option<String>,
    poll: Option<Link>,
    polls: bool,
    post: Option<Link>,
    posts: bool,
    websocket: Option<Link>,
    stage: Stage,
    outgoing: VecDeque<Message>,
    /// Attachments of the event that are still to come.
    awaited: usize,
    ping_due_ms: u64,
    next_ack: u64,
    acks: HashMap<u64, (bool, &'static str)>,
}

impl Engine {
    pub fn new(number: usize, plan: Plan, version: Version, is_tame: bool, window: usize) -> Self {
        Self {
            number,
            is_tame,
            is_deaf: false,
            is_gone: false,
            lost_count: false,
            is_joined: false,
            posted: 0,
            heard: Vec::new(),
            packets: 0,
            plan,
            version,
            base64: number.is_multiple_of(2),
            window,
            sid: None,
            poll: None,
            polls: false,
            post: None,
            posts: false,
            websocket: None,
            stage: Stage::None,
            outgoing: VecDeque::new(),
            awaited: 0,
            ping_due_ms: 0,
            next_ack: 0,
            acks: HashMap::new(),
        }
    }

    /// Whether it has sent everything.
    pub fn is_done(&self) -> bool {
        let unsent = self.links().any(Link::has_unsent);
        self.is_gone || (self.outgoing.is_empty() && !self.posts && !unsent)
    }

    /// Reads at most `max` bytes from each connection, and acts on them. `orders` says how much of
    /// each room its observer has received. Returns the number of bytes read.
    pub fn act<S>(
        &mut self,
        world: &mut World<S>,
        random: &mut Rng,
        orders: &HashMap<&'static str, usize>,
        max: usize,
    ) -> usize {
        if self.is_gone {
            return 0;
        }
        let before = self.packets;
        for link in self.links_mut() {
            link.push(world, random, max == usize::MAX);
            link.pull(world, max);
        }
        self.take_poll(world, orders);
        self.take_post(world);
        // A client that has ended its polling first reads the input of its last poll.
        if !(self.stage == Stage::Carries && self.polls) {
            self.take_messages(world, orders);
        }
        if self.is_gone {
            return 1;
        }
        if self.version == Version::V3 && self.sid.is_some() && world.now.ms >= self.ping_due_ms {
            self.ping_due_ms = world.now.ms + PING_MS;
            if !self.is_deaf {
                self.outgoing.push_back(Message::Text("2".to_owned()));
            }
        }
        self.go_on(world, random);
        for link in self.links_mut() {
            link.push(world, random, max == usize::MAX);
        }
        self.packets - before
    }

    /// From now on reads everything.
    pub fn widen<S>(&mut self, world: &World<S>) {
        self.window = usize::MAX;
        self.links().for_each(|link| world.clients[link.client].widen(usize::MAX));
    }

    /// Sends some numbered texts, to everyone or to a room.
    pub fn speak(&mut self, random: &mut Rng, rooms: &[&'static str]) -> usize {
        if !self.is_joined || self.is_gone {
            return 0;
        }
        let before = self.posted;
        for _ in 0..=random.usize(..3) {
            let padding = "xä😀".repeat(random.usize(..30));
            let text = format!("m {} {} {padding};", self.number, self.posted);
            let username = format!("p{}", self.number);
            let packet = match random.usize(..4) {
                0 => json!(["send_message", {"username": username, "message": text}]),
                1 => {
                    let room = rooms[random.usize(..rooms.len())];
                    let name = ["send_message", "send_chat_message"][random.usize(..2)];
                    json!([name, {"username": username, "message": text, "room": room}])
                }
                _ => json!(["message", text]),
            };
            self.say(format!("2{packet}"));
            self.posted += 1;
        }
        self.posted - before
    }

    /// Sends something without a number: bytes, or nonsense.
    pub fn babble(&mut self, random: &mut Rng) {
        if !self.is_joined || self.is_gone {
            return;
        }
        match random.usize(..3) {
            0 => {
                self.say(r#"51-["message",{"_placeholder":true,"num":0}]"#.to_owned());
                let bytes = (0..random.usize(..600)).map(|at| at as u8).collect();
                self.outgoing.push_back(Message::Binary(bytes));
            }
            1 => self.say(r#"2["typing",{"username":"x"}]"#.to_owned()),
            _ => self.say(r#"2["response",{"x":[1,2,{}]}]"#.to_owned()),
        }
    }

    pub fn move_in_or_out(&mut self, random: &mut Rng, rooms: &[&'static str]) {
        if !self.is_joined || self.is_gone {
            return;
        }
        let room = rooms[random.usize(..rooms.len())];
        let joins = random.bool();
        let name = if joins { "join" } else { "leave" };
        if joins {
            self.heard.push(Heard::Asked(room));
        }
        self.next_ack += 1;
        self.acks.insert(self.next_ack, (joins, room));
        self.say(format!("2{}{}", self.next_ack, json!([name, {"room": room}])));
    }

    /// Leaves the namespace, and comes back.
    pub fn rejoin(&mut self) {
        if self.is_joined && !self.is_gone && self.version == Version::V4 {
            self.is_joined = false;
            self.say("1".to_owned());
            self.say("0".to_owned());
        }
    }

    /// Sends something that no client may send.
    pub fn misbehave<S>(&mut self, world: &mut World<S>, random: &mut Rng) {
        let packets = ["", "9", "4", "42[", "40", "4\u{1e}", "x", "b!", "42/x,[\"a\"]"];
        match random.usize(..4) {
            0 if self.stage != Stage::Carries && self.polls => {
                self.lost_count = true;
                let mut link = Link::open(world, self.window);
                link.request("GET", &self.target("polling"), "", b"");
                link.push(world, random, true);
            }
            1 if self.stage != Stage::Carries && self.sid.is_some() => {
                let mut link = Link::open(world, self.window);
                link.request("POST", &self.target("polling"), "", b"2\x1e2");
                link.push(world, random, false);
            }
            _ => {
                let packet = packets[random.usize(..packets.len())];
                self.outgoing.push_back(Message::Text(packet.to_owned()));
            }
        }
    }

    /// Breaks one of its connections, or all.
    pub fn break_off<S>(&mut self, world: &World<S>, random: &mut Rng) {
        let all = random.bool();
        for link in self.links().skip(random.usize(..2)).take(if all { 3 } else { 1 }) {
            match random.usize(..3) {
                0 => world.clients[link.client].reset(),
                1 => world.clients[link.client].end(),
                _ => world.clients[link.client].close(),
            }
        }
    }

    /// Leaves for good, with a goodbye or without.
    pub fn leave<S>(
        &mut self,
        world: &mut World<S>,
        random: &mut Rng,
        orders: &HashMap<&'static str, usize>,
    ) {
        if self.sid.is_some() && !self.is_gone && random.usize(..3) == 0 {
            let word = ["1", "41"][random.usize(..2)];
            self.outgoing.push_back(Message::Text(word.to_owned()));
            self.is_tame = false;
            self.act(world, random, orders, usize::MAX);
        }
        if random.bool() {
            self.break_off(world, random);
        }
        self.is_gone = true;
    }

    fn links(&self) -> impl Iterator<Item = &Link> {
        [&self.poll, &self.post, &self.websocket].into_iter().flatten()
    }

    fn links_mut(&mut self) -> impl Iterator<Item = &mut Link> {
        [&mut self.poll, &mut self.post, &mut self.websocket].into_iter().flatten()
    }

    fn say(&mut self, packet: String) {
        self.outgoing.push_back(Message::Text(format!("4{packet}")));
    }

    fn target(&self, transport: &str) -> String {
        let version = if self.version == Version::V3 { 3 } else { 4 };
        let sid = self.sid.as_ref().map_or_else(String::new, |sid| format!("&sid={sid}"));
        let base64 = if self.base64 { "&b64=1" } else { "" };
        format!("/socket.io/?EIO={version}&transport={transport}{sid}{base64}")
    }

    fn end<S>(&mut self, world: &World<S>, why: &str) {
        assert!(!self.is_tame, "p{} {:?} {:?}: {why}", self.number, self.plan, self.stage);
        for link in self.links() {
            world.clients[link.client].end();
        }
        self.is_gone = true;
    }
}
