//! Requests of this server to the others, and their answers.

use super::message::ClusterKind;
use crate::base::Namespace;
use crate::limits::{CLUSTER_HEARERS_MAX, CLUSTER_REQUESTS_MAX, GATHERED_BYTES_MAX, TIMER_MS_MIN};
use crate::server::{Context, Prepared};
use serde::Deserialize;
use serde_json::Value;

/// A socket of this server or of another ([`To::fetch`](crate::To::fetch)).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct FetchedSocket {
    /// Its public id.
    pub id: String,
    /// The rooms that it is in.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// The application's data about it: `socket.data` of a server in JavaScript. From this library
    /// it is an empty object.
    #[serde(default)]
    pub data: Value,
    /// Its handshake as JavaScript's servers tell it, with `address` and `query` for example.
    #[serde(default)]
    pub handshake: Value,
}

/// The sockets of an audience, at all servers.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Fetched {
    /// The sockets.
    pub sockets: Vec<FetchedSocket>,
    /// Whether every server has answered in time, with answers that were not too large together
    /// ([`GATHERED_BYTES_MAX`]).
    pub is_whole: bool,
}

/// The answers of other servers to an event for servers.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ServerAnswers {
    /// One value for each server that has answered.
    pub answers: Vec<Prepared>,
    /// Whether every server has answered in time, with answers that were not too large together
    /// ([`GATHERED_BYTES_MAX`]).
    pub is_whole: bool,
}

pub(super) type OnFetched<S> = Box<dyn FnOnce(&mut Context<'_, S>, Fetched)>;
pub(super) type OnServerAnswers<S> = Box<dyn FnOnce(&mut Context<'_, S>, ServerAnswers)>;

/// A request of this server.
pub(in crate::server) struct Waiting<S> {
    namespace: Namespace,
    /// Other servers that got it; `None` until that is known.
    servers: Option<u64>,
    /// Servers that have answered, or have said how many clients are to answer.
    answered: u64,
    /// Clients that are to answer at other servers.
    hearers: usize,
    bytes: usize,
    wanted: Wanted<S>,
}

/// The answers that a request is for, as far as they have come.
pub(super) enum Wanted<S> {
    /// Answers of clients, for the gathering of this number.
    Clients(u64, Vec<Prepared>),
    Sockets(Vec<FetchedSocket>, OnFetched<S>),
    Servers(Vec<Prepared>, OnServerAnswers<S>),
}

/// An answer of another server.
pub(super) enum Answered {
    Hearers(u64),
    Value(Prepared),
    Sockets(Vec<FetchedSocket>),
}

impl<S> Waiting<S> {
    const fn new(namespace: Namespace, servers: Option<u64>, wanted: Wanted<S>) -> Self {
        Self { namespace, servers, answered: 0, hearers: 0, bytes: 0, wanted }
    }

    fn is_whole(&self) -> bool {
        let is_counted = self.servers.is_some_and(|servers| self.answered >= servers);
        let is_answered = match &self.wanted {
            Wanted::Clients(_, answers) => answers.len() >= self.hearers,
            Wanted::Sockets(..) | Wanted::Servers(..) => true,
        };
        is_counted && is_answered && self.bytes <= GATHERED_BYTES_MAX
    }

    /// Takes an answer of so many bytes. An answer to another kind of request changes nothing.
    fn take(&mut self, answered: Answered, bytes: usize) {
        match (answered, &mut self.wanted) {
            (Answered::Hearers(count), Wanted::Clients(..)) => {
                self.answered += 1;
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                self.hearers = self.hearers.saturating_add(count).min(CLUSTER_HEARERS_MAX);
            }
            (Answered::Value(answer), Wanted::Clients(_, answers)) => {
                self.bytes += bytes;
                if self.bytes <= GATHERED_BYTES_MAX && answers.len() < CLUSTER_HEARERS_MAX {
                    answers.push(answer);
                }
            }
            (Answered::Value(answer), Wanted::Servers(answers, _)) => {
                self.answered += 1;
                self.bytes += bytes;
                if self.bytes <= GATHERED_BYTES_MAX {
                    answers.push(answer);
                }
            }
            (Answered::Sockets(more), Wanted::Sockets(sockets, _)) => {
                self.answered += 1;
                self.bytes += bytes;
                if self.bytes <= GATHERED_BYTES_MAX {
                    sockets.extend(more);
                }
            }
            _ => (),
        }
    }
}

impl<S> Context<'_, S> {
    /// Asks all other servers, and waits for their answers for some time. If nothing can be sent,
    /// this server's own answers are all there are.
    pub(super) fn ask_cluster(
        &mut self,
        namespace: Namespace,
        kind: ClusterKind,
        timeout_ms: u64,
        wanted: Wanted<S>,
        data: impl FnOnce(&str) -> (String, Vec<Vec<u8>>),
    ) {
        let request = self.core.cluster_id();
        let (data, attachments) = data(&request);
        let name = self.core.namespaces.name(namespace).cloned();
        let name = name.as_deref().unwrap_or_default();
        let has_place = self.core.cluster.waiting.len() < CLUSTER_REQUESTS_MAX;
        if !has_place || !self.publish(None, name, kind, (&data, &attachments)) {
            return self.answer_alone(namespace, wanted);
        }
        self.wait(request, timeout_ms, Waiting::new(namespace, None, wanted));
    }

    /// Hands over the answers of this server, after the handler that runs.
    pub(super) fn answer_alone(&mut self, namespace: Namespace, wanted: Wanted<S>) {
        let request = self.core.cluster_id();
        self.wait(request, TIMER_MS_MIN, Waiting::new(namespace, Some(0), wanted));
    }

    fn wait(&mut self, request: String, wait_ms: u64, waiting: Waiting<S>) {
        self.core.cluster.waiting.insert(request.clone(), waiting);
        self.after(wait_ms, move |cx| cx.finish_waiting(&request));
    }

    fn waiting(&mut self, request: &str) -> Option<&mut Waiting<S>> {
        self.core.cluster.waiting.get_mut(request)
    }

    /// Says how many other servers the message with this `requestId` has reached.
    pub fn cluster_reached(&mut self, request: &str, servers: u64) {
        if let Some(waiting) = self.waiting(request) {
            waiting.servers = Some(servers);
            self.finish_if_whole(request);
        }
    }

    /// Takes another server's answer to a request.
    pub(super) fn take_answered(&mut self, request: &str, answered: Answered, bytes: usize) {
        if let Some(waiting) = self.waiting(request) {
            waiting.take(answered, bytes);
            self.finish_if_whole(request);
        }
    }

    fn finish_if_whole(&mut self, request: &str) {
        if self.waiting(request).is_some_and(|waiting| waiting.is_whole()) {
            self.finish_waiting(request);
        }
    }

    /// Hands over the answers to a request, as far as they have come.
    fn finish_waiting(&mut self, request: &str) {
        if let Some(waiting) = self.core.cluster.waiting.remove(request) {
            self.hand_over(waiting);
        }
    }

    fn hand_over(&mut self, waiting: Waiting<S>) {
        let is_whole = waiting.is_whole();
        let Waiting { namespace, hearers, wanted, .. } = waiting;
        let before = std::mem::replace(&mut self.namespace, namespace);
        match wanted {
            Wanted::Clients(gathering, answers) => {
                let missing = hearers.saturating_sub(answers.len());
                self.gather_elsewhere(gathering, answers, missing);
            }
            Wanted::Sockets(sockets, then) => then(self, Fetched { sockets, is_whole }),
            Wanted::Servers(answers, then) => then(self, ServerAnswers { answers, is_whole }),
        }
        self.namespace = before;
    }
}
