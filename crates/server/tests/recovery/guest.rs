//! A client that comes back, as the one in JavaScript does.

use crate::harness::World;
use crate::link::{Link, Message};
use fastrand::Rng;
use mio_wire::ws::Opcode;

const TARGET: &str = "/socket.io/?EIO=4&transport=websocket";

/// A client that would come back.
pub struct Guest {
    pub link: Link,
    pub sid: String,
    pub pid: String,
    pub offset: Option<String>,
    pub got: Vec<String>,
}

impl Guest {
    pub fn come<S>(world: &mut World<S>, window: usize) -> Self {
        let link = Link::open(world, window);
        let (sid, pid, got) = (String::new(), String::new(), Vec::new());
        let mut guest = Self { link, sid, pid, offset: None, got };
        guest.enter(world, "{\"recover\":true}");
        guest
    }

    /// Opens its session and asks to be let in.
    pub fn enter<S>(&mut self, world: &mut World<S>, auth: &str) {
        self.link.websocket(TARGET);
        self.flush(world);
        self.link.pull(world, usize::MAX);
        assert_eq!(self.link.response().expect("an answer").status, 101);
        self.say(&format!("40{auth}"));
        self.flush(world);
    }

    pub fn say(&mut self, text: &str) {
        self.link.frame(Opcode::Text, text.as_bytes());
    }

    pub fn flush<S>(&mut self, world: &mut World<S>) {
        self.link.push(world, &mut Rng::with_seed(0), true);
        world.settle();
    }

    pub fn ask<S>(&mut self, world: &mut World<S>, text: &str) {
        self.say(text);
        self.flush(world);
    }

    /// Reads the output that has arrived, as the client in JavaScript does.
    pub fn read<S>(&mut self, world: &World<S>) {
        while self.link.pull(world, usize::MAX) > 0 {}
        for message in self.link.messages() {
            let Message::Text(packet) = message else { continue };
            if let Some(welcome) = packet.strip_prefix("40") {
                let welcome: serde_json::Value = serde_json::from_str(welcome).expect("JSON");
                self.sid = welcome["sid"].as_str().expect("an id").to_owned();
                self.pid = welcome["pid"].as_str().unwrap_or_default().to_owned();
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

    pub fn cut<S>(&self, world: &mut World<S>) {
        world.clients[self.link.client].reset();
        world.settle();
    }

    /// Comes back on another connection; unread output of the last one is lost.
    pub fn back<S>(&mut self, world: &mut World<S>, window: usize) {
        let offset =
            self.offset.as_ref().map_or(String::new(), |it| format!(",\"offset\":\"{it}\""));
        self.link = Link::open(world, window);
        self.enter(world, &format!("{{\"pid\":\"{}\"{offset}}}", self.pid));
    }
}
