//! A simulated person: sends numbered lines, and keeps the received ones.

use super::heard::assert_named;
use crate::harness::World;
use crate::link::{Link, Message};
use fastrand::Rng;
use mio_wire::ws::Opcode;
use std::collections::HashMap;

/// One numbered line: its author, and its number among their lines.
pub type Post = (usize, usize);

/// The input from one room, without moving away.
#[derive(Debug)]
pub struct Hearing {
    pub room: &'static str,
    pub posts: Vec<Post>,
}

pub struct Person {
    pub client: usize,
    pub number: usize,
    pub hearings: Vec<Hearing>,
    /// Complete lines sent to a room.
    pub posted: usize,
    chat: bool,
    input: Vec<u8>,
    /// On a WebSocket a line is a message.
    websocket: Option<WebSocket>,
    /// Rooms requested and not yet entered.
    moving: Vec<&'static str>,
    /// The rest of a line that is sent in pieces.
    unsaid: Vec<u8>,
}

struct WebSocket {
    link: Link,
    is_open: bool,
    /// A line that has not ended yet.
    line: Vec<u8>,
}

impl Person {
    pub fn at_websocket<S>(world: &mut World<S>, window: usize, number: usize) -> Self {
        let mut link = Link::open(world, window);
        link.websocket("/ws");
        let mut person = Self::new(link.client, number, true);
        person.websocket = Some(WebSocket { link, is_open: false, line: Vec::new() });
        person
    }

    pub fn new(client: usize, number: usize, chat: bool) -> Self {
        let (hearings, input, moving, unsaid) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let websocket = None;
        Self { client, number, hearings, posted: 0, chat, input, websocket, moving, unsaid }
    }

    pub fn hear_from(&mut self, room: &'static str) {
        self.hearings.push(Hearing { room, posts: Vec::new() });
    }

    pub fn is_open<S>(&self, world: &World<S>) -> bool {
        world.clients[self.client].is_open()
    }

    pub fn reset<S>(&mut self, world: &World<S>) {
        world.clients[self.client].reset();
        self.input.clear();
    }

    /// Ends, as the last action.
    pub fn leave<S>(&self, world: &World<S>) {
        world.clients[self.client].end();
    }

    pub fn close<S>(&mut self, world: &World<S>) {
        world.clients[self.client].close();
        self.input.clear();
    }

    /// Sends some numbered lines, perhaps without the end of the last one.
    pub fn speak<S>(&mut self, world: &World<S>, random: &mut Rng) -> usize {
        let before = self.posted;
        if self.unsaid.is_empty() {
            for _ in 0..=random.usize(..4) {
                let padding = "x".repeat(random.usize(..100));
                let line = format!("m {} {} {padding};\n", self.number, self.posted);
                self.unsaid.extend(line.as_bytes());
                self.posted += 1;
            }
        }
        let count = 1 + random.usize(..self.unsaid.len());
        let now: Vec<u8> = self.unsaid.drain(..count).collect();
        self.send(world, &now);
        if let Some(WebSocket { link, .. }) = &mut self.websocket {
            link.push(world, random, false);
        }
        self.posted - before
    }

    /// Ends the current line.
    pub fn finish_line<S>(&mut self, world: &World<S>) {
        let rest = std::mem::take(&mut self.unsaid);
        self.send(world, &rest);
        if let Some(WebSocket { link, .. }) = &mut self.websocket {
            link.push(world, &mut Rng::with_seed(0), true);
        }
    }

    pub fn send<S>(&mut self, world: &World<S>, bytes: &[u8]) {
        let Some(WebSocket { link, line, .. }) = &mut self.websocket else {
            return world.clients[self.client].send(bytes);
        };
        line.extend_from_slice(bytes);
        while let Some(length) = line.iter().position(|byte| *byte == b'\n') {
            let rest = line.split_off(length + 1);
            let text = std::mem::replace(line, rest);
            if length > 0 {
                link.frame(Opcode::Text, String::from_utf8_lossy(&text[..length]).as_bytes());
            }
        }
    }

    /// Sends something that no person would.
    pub fn babble<S>(&mut self, world: &World<S>, random: &mut Rng) {
        if !self.chat {
            return;
        }
        self.finish_line(world);
        let length_max = 2 << random.usize(..17);
        let length = random.usize(..length_max);
        let mut bytes: Vec<u8> = match random.usize(..4) {
            0 => vec![b'x'; length],
            1 => b"/who\n/rooms\n/help\n".repeat(1 + random.usize(..10)),
            2 => b"\n".repeat(length),
            // No telnet commands: they would swallow the next text.
            _ => (0..length).map(|_| random.u8(..240)).collect(),
        };
        // A slash would make it a command that might move or rename.
        if !bytes.starts_with(b"/who") {
            bytes.iter_mut().filter(|byte| **byte == b'/').for_each(|byte| *byte = b'.');
        }
        bytes.push(b'\n');
        self.send(world, &bytes);
    }

    pub fn move_to<S>(&mut self, world: &World<S>, room: &'static str) {
        let now = self.moving.last().or(self.hearings.last().map(|hearing| &hearing.room));
        if now == Some(&room) {
            return;
        }
        self.finish_line(world);
        self.send(world, format!("/join {room}\n").as_bytes());
        self.moving.push(room);
    }

    /// Reads at most `max` bytes; returns how many there were.
    pub fn read<S>(&mut self, world: &World<S>, max: usize) -> usize {
        if self.websocket.is_some() {
            return self.read_messages(world, max);
        }
        let bytes = world.clients[self.client].take(max);
        self.input.extend(&bytes);
        let mut from = 0;
        while let Some(length) = self.input[from..].iter().position(|byte| *byte == b'\n') {
            let line = std::str::from_utf8(&self.input[from..from + length]).ok();
            // Only a relay passes on bytes that are not text.
            let line = line.map(str::to_owned).or((!self.chat).then(String::new));
            self.hear(&line.expect("the chat sends text"));
            from += length + 1;
        }
        self.input.drain(..from);
        bytes.len()
    }

    fn read_messages<S>(&mut self, world: &World<S>, max: usize) -> usize {
        let Some(WebSocket { link, is_open, .. }) = &mut self.websocket else { return 0 };
        let count = link.pull(world, max);
        if !*is_open {
            let Some(response) = link.response() else { return count };
            // A request that does not end is given up.
            assert!(matches!(response.status, 101 | 408), "{}", response.status);
            *is_open = response.status == 101;
            if !*is_open {
                return count;
            }
        }
        for message in link.messages() {
            match message {
                Message::Text(line) => self.hear(&line),
                Message::Close(_) => (),
                Message::Binary(bytes) => panic!("{bytes:?}"),
            }
        }
        count
    }

    fn hear(&mut self, line: &str) {
        if self.chat && self.moving.first().is_some_and(|room| entered(line, room)) {
            let room = self.moving.remove(0);
            self.hear_from(room);
        }
        let (nick, text) = match (self.chat, line.strip_prefix('<')) {
            (true, Some(line)) => line.split_once("> ").unwrap_or_default(),
            (true, None) => return,
            (false, _) => ("", line),
        };
        // A line cut short, by an end or by the idle flush, has no number.
        let Some(text) = text.strip_prefix("m ").filter(|text| text.ends_with(';')) else { return };
        let words = text.split(' ');
        let numbers: Vec<usize> = words.map_while(|word| word.parse().ok()).collect();
        if let [who, which, ..] = numbers[..] {
            if self.chat {
                assert_named(nick, who);
            }
            self.hearings.last_mut().expect("a room is heard").posts.push((who, which));
        }
    }
}

fn entered(line: &str, room: &str) -> bool {
    line.strip_prefix("* you are in #")
        .and_then(|rest| rest.strip_prefix(room))
        .is_some_and(|rest| rest.starts_with(['.', ' ']))
}

impl Hearing {
    /// Number of lines received from one person.
    pub fn by(&self, who: usize) -> usize {
        self.posts.iter().filter(|(author, _)| *author == who).count()
    }

    /// Checks that each author's lines come in the order they were sent, none twice.
    pub fn check_order(&self, seed: u64) {
        let mut last: HashMap<usize, usize> = HashMap::new();
        for (who, which) in &self.posts {
            if let Some(before) = last.insert(*who, *which) {
                assert!(before < *which, "seed {seed}: {who} said {which} after {before}");
            }
        }
    }

    /// Checks that the input is a run of the room's order without a gap, except for one's own
    /// lines, and up to its end if `to_the_end`.
    pub fn check_run_of(&self, order: &Self, own: usize, to_the_end: bool, seed: u64) {
        let order: Vec<Post> =
            order.posts.iter().copied().filter(|(author, _)| *author != own).collect();
        let Some(first) = self.posts.first() else { return };
        let start = order.iter().position(|post| post == first);
        let start = start.unwrap_or_else(|| panic!("seed {seed}: {first:?} is in no order"));
        let run = order.get(start..start + self.posts.len());
        assert_eq!(run, Some(&self.posts[..]), "seed {seed}: {own} heard another order");
        if to_the_end {
            let heard = start + self.posts.len();
            assert_eq!(heard, order.len(), "seed {seed}: {own} missed the end");
        }
    }
}
