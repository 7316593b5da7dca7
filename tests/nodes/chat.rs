//! A client of Socket.IO at a node.

use super::client::Ws;
use super::harness::Server;
use serde_json::{Value, json};

const SOCKET: &str = "/socket.io/?EIO=4&transport=websocket";

/// A client of one namespace.
pub(crate) struct Chatter {
    ws: Ws,
    namespace: &'static str,
    /// Its welcome.
    pub(crate) welcome: Value,
    /// The number of its requests.
    asked: u64,
}

impl Chatter {
    /// A client of `/chat` that comes in with this.
    pub(crate) fn enter(server: &Server, auth: Value) -> Self {
        let mut chatter = Self::knock(server, auth);
        chatter.welcome = chatter.next("welcome");
        chatter
    }

    /// A client of `/chat` that asks to come in with this.
    pub(crate) fn knock(server: &Server, auth: Value) -> Self {
        let mut ws = Ws::open(server, SOCKET);
        assert!(ws.text().starts_with('0'));
        ws.send(&format!("40/chat,{auth}"));
        let mut chatter = Self { ws, namespace: "/chat,", welcome: Value::Null, asked: 0 };
        assert!(chatter.packet().starts_with("40/chat,"));
        chatter
    }

    /// A client of `/chat` that comes in with a name.
    pub(crate) fn named(server: &Server, nick: &str) -> Self {
        let chatter = Self::enter(server, json!({"nick": nick}));
        assert_eq!(chatter.welcome["nick"], json!(nick));
        chatter
    }

    /// A client of namespace `/`.
    pub(crate) fn tutorial(server: &Server) -> Self {
        let mut ws = Ws::open(server, SOCKET);
        assert!(ws.text().starts_with('0'));
        ws.send("40");
        let mut chatter = Self { ws, namespace: "", welcome: Value::Null, asked: 0 };
        assert!(chatter.packet().starts_with("40"));
        chatter
    }

    /// The next packet that is no heartbeat.
    fn packet(&mut self) -> String {
        loop {
            let packet = self.ws.text();
            if packet != "2" {
                return packet;
            }
            self.ws.send("3");
        }
    }

    /// Sends an event without a wish for an answer.
    pub(crate) fn emits(&self, name: &str, args: Value) {
        self.ws.send(&format!("42{}{}", self.namespace, json!([name, args])));
    }

    /// Sends a request, and returns its answer.
    pub(crate) fn asks(&mut self, name: &str, args: Value) -> Value {
        let number = self.sends(name, args);
        self.answer(number)
    }

    /// Sends a request. Returns its number.
    pub(crate) fn sends(&mut self, name: &str, args: Value) -> u64 {
        self.asked += 1;
        let number = self.asked;
        self.ws.send(&format!("42{}{number}{}", self.namespace, json!([name, args])));
        number
    }

    /// The answer to the request of this number.
    pub(crate) fn answer(&mut self, number: u64) -> Value {
        let start = format!("43{}{number}[", self.namespace);
        loop {
            let packet = self.packet();
            if let Some(answer) = packet.strip_prefix(&start) {
                let answer = answer.strip_suffix(']').expect("one value");
                return serde_json::from_str(answer).expect("JSON");
            }
        }
    }

    /// The next event's name and first argument.
    fn event(&mut self) -> (String, Value) {
        let start = format!("42{}", self.namespace);
        loop {
            if let Some(event) = self.packet().strip_prefix(&start) {
                let event: Value = serde_json::from_str(event).expect("JSON");
                return (event[0].as_str().expect("a name").to_owned(), event[1].clone());
            }
        }
    }

    /// The next event of this name.
    pub(crate) fn next(&mut self, name: &str) -> Value {
        loop {
            let (heard, value) = self.event();
            if heard == name {
                return value;
            }
        }
    }

    /// The next events of these names.
    pub(crate) fn events(&mut self, names: &[&str], count: usize) -> Vec<Value> {
        let mut events = Vec::new();
        while events.len() < count {
            let (heard, value) = self.event();
            if names.contains(&&*heard) {
                events.push(value);
            }
        }
        events
    }

    /// Waits for an event of this name that is so.
    pub(crate) fn sees(&mut self, name: &str, is_it: impl Fn(&Value) -> bool) {
        while !is_it(&self.next(name)) {}
    }
}
