//! The adapter of `@socket.io/redis-streams-adapter` 0.3: events go through a stream of Redis, and
//! questions and answers through its channels.

use super::adapter::Adapter;
use super::message::{ClusterKind, ClusterMessage, Said, quoted};
use crate::limits::{
    REDIS_COMMAND_MS, STREAM_ENTRIES_MAX, STREAM_PAUSE_MS, STREAM_READ_MAX, STREAM_WAIT_MS,
};
use crate::server::redis::{CommandError, Items, LinkLost, LinkState, Redis, Reply};
use crate::server::{Builder, Context};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use mio_wire::msgpack;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::str;

/// The link by which everything is sent, and channels are heard.
const LINK: &str = "socket.io";
/// The link that waits for entries of the stream.
const READER: &str = "socket.io reader";
/// The token of commands whose replies do not matter.
const NO_TOKEN: u64 = 0;
/// The reader's tokens: the newest entry is asked for, or those after the last one.
const NEWEST: u64 = 1;
const ENTRIES: u64 = 2;
/// The place before all entries.
const BEGINNING: &str = "0-0";

/// A cluster by a stream of Redis, version 6 or later, together with servers in JavaScript that use
/// `@socket.io/redis-streams-adapter` 0.3. `@socket.io/redis-streams-emitter` reaches its clients.
/// See [`Builder::adapter`].
///
/// Events, and moves of audiences between rooms, are entries of the stream; if Redis is away for a
/// while they are read afterwards. Questions and their answers are published to channels and are
/// lost then. What this server sends while Redis is away reaches its own clients only, and so does
/// what exceeds the bound of a link ([the module](crate::redis)), an event of 1 MiB for example.
/// A namespace that was made for a client ([`Builder::dynamic_namespaces`]) gets events of other
/// servers, and no questions. Clients come back ([`Builder::recovery`]) to the server that they
/// were at.
///
/// ```
/// use mio_socketio::RedisStreams;
/// use mio_socketio::redis::Redis;
///
/// let redis = Redis::at("redis://127.0.0.1/0").expect("it is a URL");
/// let streams = RedisStreams::new(redis).stream("game").channels("game").entries_max(50_000);
/// # let _ = streams;
/// ```
#[derive(Debug)]
pub struct RedisStreams {
    redis: Redis,
    streams: Streams,
}

/// The state of the adapter and of the handlers of its links.
#[derive(Debug, Clone)]
pub(in crate::server) struct Streams {
    stream: String,
    channels: String,
    entries_max: usize,
    /// The last entry that was read.
    last: Option<String>,
    /// The number of entries to read at a time: fewer after some that were too large together.
    at_once: usize,
    /// Requests that are being published, by the tokens of their commands.
    asked: HashMap<u64, String>,
    token: u64,
    /// Whether the log has been told that messages are not sent.
    is_cut_off: bool,
}

impl RedisStreams {
    /// A cluster at a Redis.
    pub fn new(redis: Redis) -> Self {
        let streams = Streams {
            stream: "socket.io".to_owned(),
            channels: "socket.io".to_owned(),
            entries_max: STREAM_ENTRIES_MAX,
            last: None,
            at_once: STREAM_READ_MAX,
            asked: HashMap::new(),
            token: NO_TOKEN,
            is_cut_off: false,
        };
        Self { redis, streams }
    }

    /// The key of the stream (`streamName` in JavaScript), `socket.io` by default.
    pub fn stream(mut self, key: &str) -> Self {
        key.clone_into(&mut self.streams.stream);
        self
    }

    /// The beginning of the names of channels (`channelPrefix` in JavaScript), `socket.io` by
    /// default.
    pub fn channels(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.streams.channels);
        self
    }

    /// The number of entries that the stream keeps, about (`maxLen` in JavaScript): 10,000 by
    /// default.
    pub const fn entries_max(mut self, entries_max: usize) -> Self {
        self.streams.entries_max = entries_max;
        self
    }
}

impl<S> Adapter<S> for RedisStreams {
    fn equip(&mut self, mut builder: Builder<S>) -> Builder<S> {
        builder.streams = Some(self.streams.clone());
        let reader = self.redis.clone().command_ms(STREAM_WAIT_MS + REDIS_COMMAND_MS);
        let builder = builder.redis(LINK, self.redis.clone(), |link| {
            link.on_state(|cx, state| {
                if state == LinkState::Up {
                    subscribe(cx);
                }
            })
            .on_reply(|cx, token, reply| published(cx, token, &reply))
            .on_push(|cx, items| heard(cx, items))
        });
        builder.redis(READER, reader, |link| {
            link.on_state(|cx, state| match state {
                LinkState::Up => read_on(cx),
                LinkState::Down(why) => _ = with(cx, |streams, _| streams.lost(why)),
            })
            .on_reply(|cx, token, reply| has_read(cx, token, &reply))
        })
    }

    fn publish(
        &mut self,
        cx: &mut Context<'_, S>,
        to: Option<&str>,
        message: &ClusterMessage<'_>,
    ) -> bool {
        let is_sent = with(cx, |streams, cx| {
            let is_sent = streams.publish(cx, to, message).is_some();
            let was_cut_off = std::mem::replace(&mut streams.is_cut_off, !is_sent);
            if !is_sent && !was_cut_off {
                log::warn!("other servers are not told of events for now");
            }
            is_sent
        });
        is_sent == Some(true)
    }
}

/// Does something with the state of the adapter.
fn with<S, T>(
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
    fn publish<S>(
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
        let ClusterMessage { from, namespace, kind, data, attachments } = message;
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
        let ClusterMessage { from, namespace, kind, data, attachments } = message;
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
    fn lost(&mut self, why: LinkLost) {
        if why == LinkLost::TooLarge {
            self.at_once = (self.at_once / 2).max(1);
        }
    }
}

/// Hears the channels of each namespace from now on.
fn subscribe<S>(cx: &mut Context<'_, S>) {
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
fn published<S>(cx: &mut Context<'_, S>, token: u64, reply: &Result<Reply<'_>, CommandError<'_>>) {
    if let Err(why) = reply {
        log::debug!("a message of the cluster has failed error=\"{why}\"");
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
fn heard<S>(cx: &mut Context<'_, S>, mut items: Items<'_>) {
    let Some(Reply::Bytes(b"message")) = items.next() else { return };
    let Some(Reply::Bytes(payload)) = items.nth(1) else { return };
    let (mut json, mut attachments) = (Vec::new(), Vec::new());
    let decoded = msgpack::decode(payload, &mut json, &mut attachments);
    let published = decoded.ok().and_then(|()| serde_json::from_slice::<Published<'_>>(&json).ok());
    let Some(Published { uid, nsp, kind, data }) = published else {
        return log::debug!("dropped a message of a channel, which cannot be read");
    };
    hear(cx, (&uid, &nsp, kind), (data.get(), &attachments));
}

/// Does what a message says, if its kind is known.
fn hear<S>(
    cx: &mut Context<'_, S>,
    (from, namespace, number): (&str, &str, u8),
    (data, attachments): (&str, &[Vec<u8>]),
) {
    let request = serde_json::from_str::<Said<'_>>(data).ok().and_then(|said| said.request);
    if let Some(kind) = ClusterKind::of(number, request.is_some()) {
        cx.hear_cluster(&ClusterMessage::new(from, namespace, kind, data, attachments));
    }
}

/// Waits for the entries after the last one that was read; at first for the place of the newest.
fn read_on<S>(cx: &mut Context<'_, S>) {
    with(cx, |Streams { stream, last, at_once, .. }, cx| {
        let (at_once, wait_ms) = (at_once.to_string(), STREAM_WAIT_MS.to_string());
        let parts: Vec<&str> = match &*last {
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
fn has_read<S>(cx: &mut Context<'_, S>, token: u64, reply: &Result<Reply<'_>, CommandError<'_>>) {
    let reply = match reply {
        Ok(reply) => reply,
        Err(CommandError::Failed(error)) => {
            log::warn!("cannot read the stream of the cluster error=\"{error}\"");
            return cx.after(STREAM_PAUSE_MS, |cx| read_on(cx));
        }
        Err(_) => return,
    };
    if token == NEWEST {
        let newest = reply.items().and_then(|mut entries| entry(&entries.next()?));
        note_read(cx, newest.map_or(BEGINNING, |(id, _)| id));
    } else if let Some(entries) = reply.items().and_then(|mut streams| streams.nth(1)?.items()) {
        for (id, fields) in entries.filter_map(|it| entry(&it)) {
            note_read(cx, id);
            hear_entry(cx, fields);
        }
        with(cx, |streams, _| streams.at_once = (2 * streams.at_once).min(STREAM_READ_MAX));
    }
    read_on(cx);
}

/// Notes the last entry that has been read.
fn note_read<S>(cx: &mut Context<'_, S>, id: &str) {
    with(cx, |streams, _| streams.last = Some(id.to_owned()));
}

/// The id of an entry, and its fields.
fn entry<'r>(reply: &Reply<'r>) -> Option<(&'r str, Items<'r>)> {
    let mut parts = reply.items()?;
    let id = str::from_utf8(parts.next()?.as_bytes()?).ok()?;
    Some((id, parts.next()?.items()?))
}

/// Does what an entry of the stream says.
fn hear_entry<S>(cx: &mut Context<'_, S>, mut fields: Items<'_>) -> Option<()> {
    let (mut uid, mut nsp, mut kind, mut data) = ("", "", "", "");
    while let Some(name) = fields.next() {
        let value = str::from_utf8(fields.next()?.as_bytes()?).ok()?;
        match name.as_bytes()? {
            b"uid" => uid = value,
            b"nsp" => nsp = value,
            b"type" => kind = value,
            b"data" => data = value,
            _ => (),
        }
    }
    let number = kind.parse().ok()?;
    if data.starts_with('{') {
        hear(cx, (uid, nsp, number), (data, &[]));
        return Some(());
    }
    let bytes = BASE64.decode(data).ok()?;
    let (mut json, mut attachments) = (Vec::new(), Vec::new());
    msgpack::decode(&bytes, &mut json, &mut attachments).ok()?;
    hear(cx, (uid, nsp, number), (str::from_utf8(&json).ok()?, &attachments));
    Some(())
}
