//! A client's view of one Socket.IO session: the namespaces it has joined, and the packets for
//! each.

use super::carrier::no_client_understands;
use super::{Answer, Client, ConnectError, Owed, ReceivedEvent};
use crate::base::CloseReason;
use mio_wire::client::{Event, SocketIo};
use mio_wire::sio::Args;
use serde_json::Value;
use std::collections::HashMap;

pub(super) struct ClientSession {
    /// Its connection.
    link: usize,
    pub(super) joined: Vec<Joined>,
}

/// One namespace that the client has asked to join.
pub(super) struct Joined {
    pub(super) namespace: String,
    pub(super) state: State,
    pub(super) unread: Vec<ReceivedEvent>,
    pub(super) answers: HashMap<u64, Answer>,
    /// The number of answers for which the client has asked.
    pub(super) asked: u64,
}

pub(super) enum State {
    Asking,
    In,
    Refused { message: String, data: Option<Value> },
    Out(CloseReason),
}

impl ClientSession {
    pub(super) const fn new(link: usize) -> Self {
        Self { link, joined: Vec::new() }
    }

    /// Asks to join a namespace, and returns the client.
    pub(super) fn ask(&mut self, namespace: &str, auth: &Value, sockets: &mut SocketIo) -> Client {
        self.joined.push(Joined {
            namespace: namespace.to_owned(),
            state: State::Asking,
            unread: Vec::new(),
            answers: HashMap::new(),
            asked: 0,
        });
        let auth = Some(auth).filter(|auth| !auth.is_null()).map(Value::to_string);
        sockets.join(namespace, auth.as_deref());
        Client { link: self.link, at: self.joined.len() - 1 }
    }

    /// The outcome of a request to join. A client without other sockets hangs up if it is refused.
    pub(super) fn outcome(
        &self,
        client: Client,
        sockets: &mut SocketIo,
    ) -> Result<Client, ConnectError> {
        let refused = match &self.joined[client.at].state {
            State::In | State::Out(_) => return Ok(client),
            State::Refused { message, data } => {
                ConnectError::Refused { message: message.clone(), data: data.clone() }
            }
            State::Asking => ConnectError::Unanswered,
        };
        self.settle(sockets);
        Err(refused)
    }

    /// Leaves a namespace.
    pub(super) fn leave(&mut self, client: Client, sockets: &mut SocketIo) {
        let joined = &mut self.joined[client.at];
        if matches!(joined.state, State::In) {
            joined.state = State::Out(CloseReason::ClientDisconnect);
            sockets.leave(&joined.namespace);
            self.settle(sockets);
        }
    }

    /// Hangs up if the client has left or was sent away, as the reference clients do.
    pub(super) fn settle(&self, sockets: &mut SocketIo) {
        if !self.joined.iter().any(|joined| matches!(joined.state, State::Asking | State::In)) {
            sockets.close();
        }
    }

    /// Handles a packet; true if a namespace is lost by it.
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
                let Some(at) = self.joined_in(namespace) else { return false };
                let client = Client { link: self.link, at };
                self.joined[at].unread.push(ReceivedEvent {
                    name: name.into_owned(),
                    args: values(&args),
                    attachments: args.attachments().to_vec(),
                    ack: id.map(|id| Owed { client, id }),
                });
            }
            Event::Ack { namespace, id, args } => {
                let Some(at) = self.joined_in(namespace) else { return false };
                let attachments = args.attachments().to_vec();
                self.joined[at].answers.insert(id, Answer { args: values(&args), attachments });
            }
            Event::Opened | Event::Heartbeat | Event::Closed | Event::HungUp => (),
        }
        false
    }

    /// The namespace that a packet is for; one that was left gets nothing more.
    fn joined_in(&self, namespace: &str) -> Option<usize> {
        let is_there = |joined: &Joined| matches!(joined.state, State::Asking | State::In);
        self.joined.iter().rposition(|joined| joined.namespace == namespace && is_there(joined))
    }

    fn set(&mut self, namespace: &str, state: State) {
        if let Some(at) = self.joined_in(namespace) {
            self.joined[at].state = state;
        }
    }
}

fn values(args: &Args<'_>) -> Vec<Value> {
    // JSON that nests too deeply, for example.
    args.parse().unwrap_or_else(|_| no_client_understands(args.json()))
}
