//! Messages between the servers of a cluster.

use mio_wire::eio::Version;
use mio_wire::sio::{self, Args, Malformed};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::Write as _;

/// A message from one server to all others, or to one that has asked.
///
/// Its kinds and its data are those of Socket.IO's own servers (`ClusterMessage` in the package
/// `socket.io-adapter`), so that an [`Adapter`](super::Adapter) has only to carry it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ClusterMessage<'m> {
    /// The id of the server that it is from.
    pub from: &'m str,
    /// The namespace's name.
    pub namespace: &'m str,
    /// Its kind, which says what its data is.
    pub kind: ClusterKind,
    /// A JSON object.
    pub data: &'m str,
    /// The bytes that placeholders in the data stand for.
    pub attachments: &'m [Vec<u8>],
    /// Its place in the order of all messages that the adapter keeps, if it keeps this one:
    /// clients that come back name the last one that they have seen.
    pub offset: Option<&'m str>,
}

impl<'m> ClusterMessage<'m> {
    /// A message.
    pub const fn new(
        from: &'m str,
        namespace: &'m str,
        kind: ClusterKind,
        data: &'m str,
        attachments: &'m [Vec<u8>],
    ) -> Self {
        Self { from, namespace, kind, data, attachments, offset: None }
    }

    /// Sets its [`offset`](Self::offset).
    pub const fn with_offset(mut self, offset: &'m str) -> Self {
        self.offset = Some(offset);
        self
    }
}

/// The kind of a message between servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClusterKind {
    /// An event for an audience.
    Event,
    /// An event for an audience whose clients should answer.
    Question,
    /// The sockets of an audience join rooms.
    Join,
    /// The sockets of an audience leave rooms.
    Leave,
    /// The sockets of an audience are disconnected.
    Disconnect,
    /// A server asks for the sockets of an audience.
    Fetch,
    /// The answer to [`Self::Fetch`].
    Fetched,
    /// An event for the servers themselves.
    ServerEvent,
    /// A server's answer to [`Self::ServerEvent`].
    ServerAnswer,
    /// The number of clients that got a [`Self::Question`] at one server.
    Hearers,
    /// A client's answer to [`Self::Question`].
    Answer,
}

impl ClusterKind {
    const NUMBERS: [(Self, u8); 11] = [
        (Self::Event, 3),
        (Self::Question, 3),
        (Self::Join, 4),
        (Self::Leave, 5),
        (Self::Disconnect, 6),
        (Self::Fetch, 7),
        (Self::Fetched, 8),
        (Self::ServerEvent, 9),
        (Self::ServerAnswer, 10),
        (Self::Hearers, 11),
        (Self::Answer, 12),
    ];

    /// The number by which Socket.IO's servers know it. [`Self::Event`] and [`Self::Question`] have
    /// the same.
    pub fn number(self) -> u8 {
        let found = Self::NUMBERS.iter().find(|(kind, _)| *kind == self);
        found.map_or(0, |(_, number)| *number)
    }

    /// The kind of this number; `None` if it is unknown. `is_asking` is whether the data has a
    /// `requestId`.
    pub fn of(number: u8, is_asking: bool) -> Option<Self> {
        match (number, is_asking) {
            (3, true) => Some(Self::Question),
            _ => Self::NUMBERS.iter().find(|(_, known)| *known == number).map(|(kind, _)| *kind),
        }
    }
}

/// An audience in a message: names of rooms, or ids of sockets.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::server) struct Addressed<'m> {
    #[serde(borrow)]
    pub(super) rooms: Vec<Cow<'m, str>>,
    #[serde(borrow)]
    pub(super) except: Vec<Cow<'m, str>>,
    #[serde(default)]
    pub(super) flags: Flags,
}

/// How an event is sent.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::server) struct Flags {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) volatile: Option<bool>,
    /// Milliseconds for the answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) timeout: Option<u64>,
}

/// The data of an event or a question.
#[derive(Debug, Deserialize)]
pub(super) struct Broadcast<'m> {
    #[serde(borrow)]
    packet: Packet<'m>,
    #[serde(borrow)]
    pub(super) opts: Addressed<'m>,
    #[serde(default, borrow, rename = "requestId")]
    pub(super) request: Option<Cow<'m, str>>,
    /// The number by which the server that has sent it knows it again. Servers in JavaScript have
    /// none, and do not mind it.
    #[serde(default, rename = "n")]
    pub(super) number: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Packet<'m> {
    #[serde(borrow)]
    data: &'m RawValue,
}

/// The data of what is done with the sockets of an audience.
#[derive(Debug, Deserialize)]
pub(super) struct SocketsData<'m> {
    #[serde(borrow)]
    pub(super) opts: Addressed<'m>,
    #[serde(default, borrow)]
    pub(super) rooms: Vec<Cow<'m, str>>,
    #[serde(default)]
    pub(super) close: Option<bool>,
    #[serde(default, borrow, rename = "requestId")]
    pub(super) request: Option<Cow<'m, str>>,
}

/// The data of an event for servers, and of answers with one value.
#[derive(Debug, Deserialize)]
pub(super) struct Said<'m> {
    /// Missing if it is undefined in JavaScript.
    #[serde(default, borrow)]
    pub(super) packet: Option<&'m RawValue>,
    #[serde(default, borrow, rename = "requestId")]
    pub(super) request: Option<Cow<'m, str>>,
    #[serde(default, rename = "clientCount")]
    pub(super) clients: u64,
}

impl Addressed<'_> {
    /// Whether a session is in the audience that is in rooms by `is_in`. Its public id counts as a
    /// room.
    pub(super) fn includes(&self, is_in: impl Fn(&str) -> bool) -> bool {
        let any = |names: &[Cow<'_, str>]| names.iter().any(|name| is_in(name));
        (self.rooms.is_empty() || any(&self.rooms)) && !any(&self.except)
    }

    /// A copy that owns its names.
    pub(super) fn into_owned(self) -> Addressed<'static> {
        let own = |all: Vec<Cow<'_, str>>| {
            all.into_iter().map(|one| Cow::Owned(one.into_owned())).collect()
        };
        Addressed { rooms: own(self.rooms), except: own(self.except), flags: self.flags }
    }
}

impl<'m> Broadcast<'m> {
    /// Its event, checked as a client's is.
    pub(super) fn event<'e>(
        &self,
        text: &'e mut String,
        attachments: &'e [Vec<u8>],
    ) -> Result<(Cow<'e, str>, Args<'e>), Malformed> {
        event(self.packet.data.get(), text, attachments)
    }
}

/// The name and the arguments of an event, whose data is a JSON array, checked as a client's are.
/// `text` keeps them.
pub(super) fn event<'e>(
    data: &str,
    text: &'e mut String,
    attachments: &'e [Vec<u8>],
) -> Result<(Cow<'e, str>, Args<'e>), Malformed> {
    text.clear();
    match attachments.len() {
        0 => text.push('2'),
        // Writing into memory does not fail.
        count => _ = write!(text, "5{count}-"),
    }
    text.push_str(data);
    let packet = sio::decode(Version::V4, text)?;
    match packet.beyond {
        None => sio::event(packet.data, attachments),
        Some(_) => Err(Malformed),
    }
}

/// An event's data: its name and its arguments.
pub(super) fn event_json(name: &str, args: &str) -> String {
    let mut json = format!("[{}", quoted(name));
    if !args.is_empty() {
        json.push(',');
        json.push_str(args);
    }
    json.push(']');
    json
}

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    // Text always becomes JSON.
    serde_json::to_string(text).unwrap_or_default()
}

/// The id of a question, or the number by which this server knows an event again.
pub(super) enum Mark<'m> {
    None,
    Request(&'m str),
    Number(u64),
}

/// The data of an event, or of a question.
pub(super) fn broadcast(
    addressed: &Addressed<'_>,
    name: &str,
    args: &str,
    mark: &Mark<'_>,
) -> String {
    let event = event_json(name, args);
    let opts = serde_json::to_string(addressed).unwrap_or_default();
    let mut data = format!(r#"{{"packet":{{"type":2,"data":{event}}},"opts":{opts}"#);
    match mark {
        Mark::None => (),
        Mark::Request(request) => _ = write!(data, r#","requestId":{}"#, quoted(request)),
        Mark::Number(number) => _ = write!(data, r#","n":{number}"#),
    }
    data.push('}');
    data
}
