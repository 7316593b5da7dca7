//! One session of Socket.IO, as its client has it: seats in namespaces, and what came for each.

use super::link::no_client_understands;
use super::{Answer, Client, ConnectError, Heard, Owed};
use crate::base::CloseReason;
use mio_wire::client::{Event, SocketIo};
use mio_wire::sio::Args;
use serde_json::Value;
use std::collections::HashMap;

pub(super) struct Session {
    /// Its connection.
    link: usize,
    pub(super) seats: Vec<Seat>,
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
        Self { link, seats: Vec::new() }
    }

    /// Asks for a seat; its client.
    pub(super) fn ask(&mut self, namespace: &str, auth: &Value, sockets: &mut SocketIo) -> Client {
        self.seats.push(Seat {
            namespace: namespace.to_owned(),
            state: State::Asking,
            unread: Vec::new(),
            answers: HashMap::new(),
            asked: 0,
        });
        let auth = Some(auth).filter(|auth| !auth.is_null()).map(Value::to_string);
        sockets.join(namespace, auth.as_deref());
        Client { link: self.link, seat: self.seats.len() - 1 }
    }

    /// What has come of asking for a seat. One who has no other hangs up if it is refused.
    pub(super) fn outcome(
        &self,
        client: Client,
        sockets: &mut SocketIo,
    ) -> Result<Client, ConnectError> {
        let refused = match &self.seats[client.seat].state {
            State::In | State::Out(_) => return Ok(client),
            State::Refused { message, data } => {
                ConnectError::Refused { message: message.clone(), data: data.clone() }
            }
            State::Asking => ConnectError::Unanswered,
        };
        self.settle(sockets);
        Err(refused)
    }

    /// Gives a seat up.
    pub(super) fn leave(&mut self, client: Client, sockets: &mut SocketIo) {
        let seat = &mut self.seats[client.seat];
        if matches!(seat.state, State::In) {
            seat.state = State::Out(CloseReason::ClientDisconnect);
            sockets.leave(&seat.namespace);
            self.settle(sockets);
        }
    }

    /// Hangs up if the client has no seat any more, as the clients of the reference do.
    pub(super) fn settle(&self, sockets: &mut SocketIo) {
        if !self.seats.iter().any(|seat| matches!(seat.state, State::Asking | State::In)) {
            sockets.close();
        }
    }

    /// Something has come; true if a seat is lost by it.
    pub(super) fn hear(&mut self, event: Event<'_>) -> bool {
        match event {
            Event::Joined { namespace } => self.set(namespace, State::In),
            Event::Refused { namespace, message, data } => {
                self.set(namespace, State::Refused { message, data });
            }
            Event::Left { namespace } => {
                self.set(namespace, State::Out(CloseReason::ServerDisconnect));
                return true;
            }
            Event::Event { namespace, id, name, args } => {
                let Some(at) = self.seat(namespace) else { return false };
                let client = Client { link: self.link, seat: at };
                self.seats[at].unread.push(Heard {
                    name: name.into_owned(),
                    args: values(&args),
                    attachments: args.attachments().to_vec(),
                    ack: id.map(|id| Owed { client, id }),
                });
            }
            Event::Ack { namespace, id, args } => {
                let Some(at) = self.seat(namespace) else { return false };
                let attachments = args.attachments().to_vec();
                self.seats[at].answers.insert(id, Answer { args: values(&args), attachments });
            }
            Event::Opened | Event::Heartbeat | Event::Closed | Event::HungUp => (),
        }
        false
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

fn values(args: &Args<'_>) -> Vec<Value> {
    // What nests too deeply for example.
    args.parse().unwrap_or_else(|_| no_client_understands(args.json()))
}
