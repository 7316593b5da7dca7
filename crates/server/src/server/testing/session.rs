//! One session of Socket.IO, as its client has it: seats in namespaces, and what came for each.

use super::link::{close, frame, packet};
use super::{Answer, Client, ConnectError, Heard, Owed};
use crate::base::CloseReason;
use crate::session::Assembly;
use mio_wire::eio::Version;
use mio_wire::sio::{self, Args, Kind, Packet};
use mio_wire::ws::{self, Opcode};
use serde_json::Value;
use std::collections::HashMap;

pub(super) struct Session {
    /// Its connection.
    link: usize,
    pub(super) seats: Vec<Seat>,
    /// A packet whose attachments are still coming.
    assembly: Option<Assembly>,
}

/// One namespace that the client has asked to join.
pub(super) struct Seat {
    pub(super) namespace: String,
    pub(super) state: State,
    pub(super) unread: Vec<Heard>,
    pub(super) answers: HashMap<u64, Answer>,
    /// How many answers the client has asked for.
    pub(super) asked: u64,
}

pub(super) enum State {
    Asking,
    In,
    Refused { message: String, data: Option<Value> },
    Out(CloseReason),
}

impl Session {
    pub(super) const fn new(link: usize) -> Self {
        Self { link, seats: Vec::new(), assembly: None }
    }

    /// Asks for a seat; its client, and what to send.
    pub(super) fn ask(&mut self, namespace: &str, auth: &Value) -> (Client, Vec<u8>) {
        self.seats.push(Seat {
            namespace: namespace.to_owned(),
            state: State::Asking,
            unread: Vec::new(),
            answers: HashMap::new(),
            asked: 0,
        });
        let mut packet = "40".to_owned();
        if namespace != "/" {
            packet.extend([namespace, ","]);
        }
        if !auth.is_null() {
            packet.push_str(&auth.to_string());
        }
        let mut bytes = Vec::new();
        frame(&mut bytes, Opcode::Text, packet.as_bytes());
        (Client { link: self.link, seat: self.seats.len() - 1 }, bytes)
    }

    /// What has come of asking for a seat. One who has no other hangs up if it is refused.
    pub(super) fn outcome(&mut self, client: Client) -> (Result<Client, ConnectError>, Vec<u8>) {
        let outcome = match &self.seats[client.seat].state {
            State::In | State::Out(_) => Ok(client),
            State::Refused { message, data } => {
                Err(ConnectError::Refused { message: message.clone(), data: data.clone() })
            }
            State::Asking => Err(ConnectError::Unanswered),
        };
        let mut bytes = Vec::new();
        if outcome.is_err() {
            self.hang_up(&mut bytes);
        }
        (outcome, bytes)
    }

    /// Gives a seat up; what to send.
    pub(super) fn leave(&mut self, client: Client) -> Vec<u8> {
        let mut bytes = Vec::new();
        let seat = &mut self.seats[client.seat];
        if matches!(seat.state, State::In) {
            seat.state = State::Out(CloseReason::ClientDisconnect);
            let mut packet = Vec::new();
            sio::encode_disconnect(&mut packet, &seat.namespace);
            frame(&mut bytes, Opcode::Text, &packet);
            self.hang_up(&mut bytes);
        }
        bytes
    }

    /// Hangs up if the client has no seat any more, as the clients of the reference do.
    fn hang_up(&self, bytes: &mut Vec<u8>) {
        if !self.seats.iter().any(|seat| matches!(seat.state, State::Asking | State::In)) {
            close(bytes, Some(ws::NORMAL));
        }
    }

    /// A text message has come by the WebSocket.
    pub(super) fn text(&mut self, text: &str, reply: &mut Vec<u8>) {
        if let Some(text) = packet(text, reply) {
            self.packet(text, reply);
        }
    }

    /// An attachment has come.
    pub(super) fn binary(&mut self, bytes: &[u8]) {
        let assembly = self.assembly.as_mut().expect("attachments come behind a packet");
        // A client of the reference takes any amount.
        let _ = assembly.add(bytes, usize::MAX);
        if assembly.is_whole()
            && let Some(Assembly { text, attachments, .. }) = self.assembly.take()
        {
            self.content(&read(&text), &attachments);
        }
    }

    fn packet(&mut self, text: &str, reply: &mut Vec<u8>) {
        // What only servers send is no packet to our decoder.
        if let Some(rest) = text.strip_prefix('4') {
            return self.refused(rest);
        }
        let packet = read(text);
        match packet.kind {
            Kind::Connect => self.set(packet.namespace, State::In),
            Kind::Disconnect => {
                self.set(packet.namespace, State::Out(CloseReason::ServerDisconnect));
                self.hang_up(reply);
            }
            _ if packet.attachments > 0 => {
                self.assembly = Some(Assembly::new(text, packet.attachments, 0));
            }
            _ => self.content(&packet, &[]),
        }
    }

    /// A namespace cannot be joined.
    fn refused(&mut self, rest: &str) {
        let (namespace, json) = match rest.split_once(',') {
            Some((name, json)) if name.starts_with('/') => (name, json),
            _ => ("/", rest),
        };
        let mut why: Value = serde_json::from_str(json).unwrap_or_default();
        let message = why["message"].as_str().unwrap_or_default().to_owned();
        let data = why.get_mut("data").map(Value::take);
        self.set(namespace, State::Refused { message, data });
    }

    /// An event or an answer is here, with all that is attached to it.
    fn content(&mut self, packet: &Packet<'_>, attachments: &[Vec<u8>]) {
        let Some(at) = self.seat(packet.namespace) else { return };
        let (client, seat) = (Client { link: self.link, seat: at }, &mut self.seats[at]);
        match (packet.kind, packet.id) {
            (Kind::Ack | Kind::BinaryAck, Some(id)) => {
                let args = sio::ack(packet.data, attachments);
                let args = args.unwrap_or_else(|_| no_client_understands(packet.data));
                let attachments = attachments.to_vec();
                seat.answers.insert(id, Answer { args: values(&args), attachments });
            }
            (_, id) => {
                let event = sio::event(packet.data, attachments);
                let (name, args) = event.unwrap_or_else(|_| no_client_understands(packet.data));
                seat.unread.push(Heard {
                    name: name.into_owned(),
                    args: values(&args),
                    attachments: attachments.to_vec(),
                    ack: id.map(|id| Owed { client, id }),
                });
            }
        }
    }

    /// The seat that a packet is for: one that is given up gets nothing more.
    fn seat(&self, namespace: &str) -> Option<usize> {
        let is_there = |seat: &Seat| matches!(seat.state, State::Asking | State::In);
        self.seats.iter().rposition(|seat| seat.namespace == namespace && is_there(seat))
    }

    fn set(&mut self, namespace: &str, state: State) {
        if let Some(at) = self.seat(namespace) {
            self.seats[at].state = state;
        }
    }
}

fn read(text: &str) -> Packet<'_> {
    sio::decode(Version::V4, text).unwrap_or_else(|_| no_client_understands(text))
}

fn values(args: &Args<'_>) -> Vec<Value> {
    args.parse().unwrap_or_else(|_| no_client_understands(args.json()))
}

/// A reserved name for example, or what nests too deeply.
fn no_client_understands(text: &str) -> ! {
    panic!("the application sends what no client understands: {text}");
}
