//! The adapter of `@socket.io/redis-streams-adapter` 0.3: events go through a stream of Redis, and
//! questions and answers through its channels.

use super::entries::{self, Entry, EntryId};
use super::message::{ClusterKind, ClusterMessage, Said, quoted};
use super::sessions::{self, Restores};
use crate::limits::{STREAM_PAUSE_MS, STREAM_READ_MAX, STREAM_WAIT_MS};
use crate::server::Context;
use crate::server::redis::{CommandError, Items, LinkLost, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use mio_wire::msgpack;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;

/// The link by which everything is sent, and channels are heard.
pub(super) const LINK: &str = "socket.io";
/// The link that waits for entries of the stream.
pub(super) const READER: &str = "socket.io reader";
/// The token of commands whose replies do not matter.
pub(super) const NO_TOKEN: u64 = 0;
/// The reader's tokens: the newest entry is asked for, or those after the last one.
const NEWEST: u64 = 1;
const ENTRIES: u64 = 2;

/// The state of the adapter and of the handlers of its links.
pub(in crate::server) struct Streams {
    pub(super) stream: String,
    pub(super) channels: String,
    pub(super) entries_max: usize,
    /// The last entry that was read.
    pub(super) last: Option<EntryId>,
    /// The number of entries to read at a time: fewer after some that were too large together.
    pub(super) at_once: usize,
    /// Requests that are being published, by the tokens of their commands.
    pub(super) asked: HashMap<u64, String>,
    pub(super) token: u64,
    /// Whether the log has been told that messages are not sent.
    pub(super) is_cut_off: bool,
    pub(super) sessions: Restores,
}

/// Does something with the state of the adapter.
pub(super) fn with<S, T>(
    cx: &mut Context<'_, S>,
    act: impl FnOnce(&mut Streams, &mut Context<'_, S>) -> T,
) -> Option<T> {
    let mut streams = cx.core.cluster.streams.take()?;
    let done = act(&mut streams, cx);
    cx.core.cluster.streams = Some(streams);
    Some(done)
}

impl Streams {
    /// Sends a message. `None` if it is not sent.
    pub(super) fn publish<S>(
        &mut self,
        cx: &mut Context<'_, S>,
        to: Option<&str>,
        message: &ClusterMessage<'_>,
    ) -> Option<()> {
        match message.kind {
            ClusterKind::Event
            | ClusterKind::Join
            | ClusterKind::Leave
            | ClusterKind::Disconnect => self.add(cx, message),
            _ => self.tell(cx, to, message),
        }
    }

    /// Adds an entry to the stream.
    fn add<S>(&self, cx: &mut Context<'_, S>, message: &ClusterMessage<'_>) -> Option<()> {
        let ClusterMessage { from, namespace, kind, data, attachments, .. } = message;
        let data = match attachments.len() {
            0 => Cow::Borrowed(*data),
            _ => {
                let mut bytes = Vec::new();
                msgpack::encode(data, attachments, &mut bytes).ok()?;
                Cow::Owned(BASE64.encode(bytes))
            }
        };
        let (number, entries_max) = (kind.number().to_string(), self.entries_max.to_string());
        let head = ["XADD", &self.stream, "MAXLEN", "~", &entries_max, "*"];
        let fields = ["uid", from, "nsp", namespace, "type", &number, "data", &data];
        let parts: Vec<&[u8]> = head.iter().chain(&fields).map(|part| part.as_bytes()).collect();
        cx.redis(LINK, &parts, NO_TOKEN).ok()
    }

    /// Publishes a message to the channel of all servers, or to that of one.
    fn tell<S>(
        &mut self,
        cx: &mut Context<'_, S>,
        to: Option<&str>,
        message: &ClusterMessage<'_>,
    ) -> Option<()> {
        let ClusterMessage { from, namespace, kind, data, attachments, .. } = message;
        let number = kind.number();
        let [from, quoted_namespace] = [from, namespace].map(|text| quoted(text));
        let json =
            format!(r#"{{"uid":{from},"nsp":{quoted_namespace},"type":{number},"data":{data}}}"#);
        let mut bytes = Vec::new();
        msgpack::encode(&json, attachments, &mut bytes).ok()?;
        let channel = match to {
            Some(to) => format!("{}#{namespace}#{to}#", self.channels),
            None => format!("{}#{namespace}#", self.channels),
        };
        let request = match to {
            Some(_) => None,
            None => serde_json::from_str::<Said<'_>>(data).ok()?.request,
        };
        let token = if request.is_some() { self.token + 1 } else { NO_TOKEN };
        cx.redis(LINK, &[b"PUBLISH", channel.as_bytes(), &bytes], token).ok()?;
        if let Some(request) = request {
            self.token = token;
            self.asked.insert(token, request.into_owned());
        }
        Some(())
    }

    /// The reader's link is down. Entries that were too large together are read one by one.
    pub(super) fn lost(&mut self, why: LinkLost) {
        if why == LinkLost::TooLarge {
            self.at_once = (self.at_once / 2).max(1);
        }
    }
}

/// Hears the channels of each namespace from now on.
pub(super) fn subscribe<S>(cx: &mut Context<'_, S>) {
    let id = cx.server_id();
    let channels = with(cx, |streams, _| {
        streams.is_cut_off = false;
        streams.channels.clone()
    });
    let channels = channels.unwrap_or_default();
    let names: Vec<String> = cx.namespaces().map(str::to_owned).collect();
    for name in names {
        let all = format!("{channels}#{name}#");
        let own = format!("{all}{id}#");
        let sent = cx.redis(LINK, &[b"SUBSCRIBE", all.as_bytes(), own.as_bytes()], NO_TOKEN);
        if let Err(why) = sent {
            log::warn!("cannot subscribe channel={all:?} error=\"{why}\"");
        }
    }
}

/// A command of the link for sending has been answered.
pub(super) fn published<S>(
    cx: &mut Context<'_, S>,
    token: u64,
    reply: &Result<Reply<'_>, CommandError<'_>>,
) {
    if let Err(why) = reply {
        log::debug!("a message of the cluster has failed error=\"{why}\"");
        // Redis may refuse to write, and the link stays: it is full or a replica. What it did not
        // take never comes back.
        cx.cluster_interrupted();
    }
    let request = with(cx, |streams, _| streams.asked.remove(&token));
    if let Some(request) = request.flatten() {
        let reached = reply.as_ref().ok().and_then(|reply| reply.as_integer()).unwrap_or_default();
        // This server itself listens too.
        cx.cluster_reached(&request, u64::try_from(reached).unwrap_or_default().saturating_sub(1));
    }
}

/// A message as it is published.
#[derive(Deserialize)]
struct Published<'m> {
    #[serde(borrow)]
    uid: Cow<'m, str>,
    #[serde(borrow)]
    nsp: Cow<'m, str>,
    #[serde(rename = "type")]
    kind: u8,
    #[serde(borrow)]
    data: &'m RawValue,
}

/// Something has come by a channel.
pub(super) fn heard<S>(cx: &mut Context<'_, S>, mut items: Items<'_>) {
    let Some(Reply::Bytes(b"message")) = items.next() else { return };
    let Some(Reply::Bytes(payload)) = items.nth(1) else { return };
    let (mut json, mut attachments) = (Vec::new(), Vec::new());
    let decoded = msgpack::decode(payload, &mut json, &mut attachments);
    let published = decoded.ok().and_then(|()| serde_json::from_slice::<Published<'_>>(&json).ok());
    let Some(Published { uid, nsp, kind, data }) = published else {
        return log::debug!("dropped a message of a channel, which cannot be read");
    };
    if let Some(kind) = entries::kind(kind, data.get()) {
        cx.hear_cluster(&ClusterMessage::new(&uid, &nsp, kind, data.get(), &attachments));
    }
}

/// Waits for the entries after the last one that was read; at first for the place of the newest.
pub(super) fn read_on<S>(cx: &mut Context<'_, S>) {
    with(cx, |Streams { stream, last, at_once, .. }, cx| {
        let (at_once, wait_ms) = (at_once.to_string(), STREAM_WAIT_MS.to_string());
        let after = last.map(|last| last.to_string());
        let parts: Vec<&str> = match &after {
            None => vec!["XREVRANGE", stream, "+", "-", "COUNT", "1"],
            Some(last) => {
                vec!["XREAD", "COUNT", &at_once, "BLOCK", &wait_ms, "STREAMS", stream, last]
            }
        };
        let parts: Vec<&[u8]> = parts.into_iter().map(str::as_bytes).collect();
        let token = if last.is_none() { NEWEST } else { ENTRIES };
        // If the link is down, it goes on when it is up.
        _ = cx.redis(READER, &parts, token);
    });
}

/// The stream has been read.
pub(super) fn has_read<S>(
    cx: &mut Context<'_, S>,
    token: u64,
    reply: &Result<Reply<'_>, CommandError<'_>>,
) {
    let reply = match reply {
        Ok(reply) => reply,
        Err(CommandError::Failed(error)) => {
            log::warn!("cannot read the stream of the cluster error=\"{error}\"");
            cx.cluster_interrupted();
            return cx.after(STREAM_PAUSE_MS, |cx| read_on(cx));
        }
        Err(_) => return,
    };
    if token == NEWEST {
        let newest = reply.items().and_then(|mut entries| Entry::read(&entries.next()?));
        note_read(cx, newest.map_or_else(EntryId::default, |entry| entry.id));
        // Events of this server's that are in the stream by now are not read any more.
        cx.cluster_interrupted();
    } else if let Some(entries) = reply.items().and_then(|mut streams| streams.nth(1)?.items()) {
        for entry in entries.filter_map(|it| Entry::read(&it)) {
            note_read(cx, entry.id);
            entry.hear(cx);
        }
        with(cx, |streams, _| streams.at_once = (2 * streams.at_once).min(STREAM_READ_MAX));
    }
    sessions::read_more(cx);
    read_on(cx);
}

/// Notes the last entry that has been read.
fn note_read<S>(cx: &mut Context<'_, S>, id: EntryId) {
    with(cx, |streams, _| streams.last = Some(id));
}
