//! The adapter for a stream of Redis, as an application sets it up.

use super::adapter::Adapter;
use super::message::ClusterMessage;
use super::sessions::{self, Restores};
use super::streams::{
    self, LINK, NO_TOKEN, READER, Streams, heard, published, read_on, subscribe, with,
};
use crate::limits::{REDIS_COMMAND_MS, STREAM_ENTRIES_MAX, STREAM_READ_MAX, STREAM_WAIT_MS};
use crate::server::redis::{LinkState, Redis};
use crate::server::{Builder, Context, Saved};
use std::collections::HashMap;

/// The beginning of the keys of sessions; the default of `@socket.io/redis-streams-adapter`.
const SESSIONS: &str = "sio:session:";

/// A cluster by a stream of Redis, version 6 or later, together with servers in JavaScript that use
/// `@socket.io/redis-streams-adapter` 0.3. `@socket.io/redis-streams-emitter` reaches its clients.
/// See [`Builder::adapter`].
///
/// Events, and moves of audiences between rooms, are entries of the stream; if Redis is away for a
/// while they are read afterwards. Questions and their answers are published to channels and are
/// lost then. What this server sends while Redis is away reaches its own clients only, and so does
/// what exceeds the bound of a link ([the module](crate::redis)), an event of 1 MiB for example.
/// A namespace that was made for a client ([`Builder::dynamic_namespaces`]) gets events of other
/// servers, and no questions.
///
/// With [`Self::recovery_ms`] clients come back to any server of the cluster. With
/// [`Builder::recovery`] instead, they come back to the server that they were at.
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
    stream: String,
    channels: String,
    entries_max: usize,
    /// Time for a client to come back, if clients do; and the beginning of the keys of sessions.
    recovery_ms: Option<u64>,
    sessions: String,
}

impl RedisStreams {
    /// A cluster at a Redis.
    pub fn new(redis: Redis) -> Self {
        Self {
            redis,
            stream: "socket.io".to_owned(),
            channels: "socket.io".to_owned(),
            entries_max: STREAM_ENTRIES_MAX,
            recovery_ms: None,
            sessions: SESSIONS.to_owned(),
        }
    }

    /// The key of the stream (`streamName` in JavaScript), `socket.io` by default.
    pub fn stream(mut self, key: &str) -> Self {
        key.clone_into(&mut self.stream);
        self
    }

    /// The beginning of the names of channels (`channelPrefix` in JavaScript), `socket.io` by
    /// default.
    pub fn channels(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.channels);
        self
    }

    /// The number of entries that the stream keeps, about (`maxLen` in JavaScript): 10,000 by
    /// default.
    pub const fn entries_max(mut self, entries_max: usize) -> Self {
        self.entries_max = entries_max;
        self
    }

    /// Lets clients come back to any server of the cluster, within this many milliseconds:
    /// `connectionStateRecovery` with `maxDisconnectionDuration` in JavaScript. They come back from
    /// servers in JavaScript and to them. It works as [`Builder::recovery`] tells, with these
    /// differences:
    ///
    /// * A session is saved in Redis (6.2 or later) when its client has gone, and when this server
    ///   ends. It is lost if the server is killed.
    /// * Events for clients that may come back go through Redis, also those for one socket. Such a
    ///   client gets them about a millisecond later, all in the order of the stream; answers,
    ///   volatile and local events may overtake them. If Redis is away they are sent at once, and a
    ///   client that comes back may get one of them twice.
    /// * A client that comes back waits until Redis has answered, 5 s at most; then, or if Redis is
    ///   away, it begins anew. It begins anew as well if the stream does not have the last event
    ///   any more that it has got.
    /// * [`Context::keep`](crate::Context::keep) sets what is `socket.data` in JavaScript: text
    ///   that is a JSON object or a list becomes one there, and any other text a string.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::redis::Redis;
    /// use mio_socketio::{RedisStreams, Server};
    ///
    /// let redis = Redis::at("redis://127.0.0.1/0").expect("it is a URL");
    /// let server = Server::new((), |server| {
    ///     server.adapter(RedisStreams::new(redis).recovery_ms(120_000)).namespace("/", |events| {
    ///         events.on_connect(|cx, connect| {
    ///             if connect.recovered.is_none() {
    ///                 cx.join(connect.socket, "lobby");
    ///             }
    ///             Ok(())
    ///         })
    ///     })
    /// });
    /// # let _ = server;
    /// ```
    pub const fn recovery_ms(mut self, ms: u64) -> Self {
        self.recovery_ms = Some(ms);
        self
    }

    /// The beginning of the keys of saved sessions (`sessionKeyPrefix` in JavaScript),
    /// `sio:session:` by default.
    pub fn sessions(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.sessions);
        self
    }
}

impl<S> Adapter<S> for RedisStreams {
    fn equip(&mut self, mut builder: Builder<S>) -> Builder<S> {
        builder.streams = Some(Streams {
            stream: self.stream.clone(),
            channels: self.channels.clone(),
            entries_max: self.entries_max,
            last: None,
            at_once: STREAM_READ_MAX,
            asked: HashMap::new(),
            token: NO_TOKEN,
            is_cut_off: false,
            sessions: Restores::new(self.recovery_ms.unwrap_or_default(), &self.sessions),
        });
        if self.recovery_ms.is_some() {
            builder = sessions::equip(builder, self.redis.clone());
        }
        let reader = self.redis.clone().command_ms(STREAM_WAIT_MS + REDIS_COMMAND_MS);
        let builder = builder.redis(LINK, self.redis.clone(), |link| {
            link.on_state(|cx, state| match state {
                LinkState::Up => subscribe(cx),
                LinkState::Down(_) => cx.cluster_interrupted(),
            })
            .on_reply(|cx, token, reply| published(cx, token, &reply))
            .on_push(|cx, items| heard(cx, items))
        });
        builder.redis(READER, reader, |link| {
            link.on_state(|cx, state| match state {
                LinkState::Up => read_on(cx),
                LinkState::Down(why) => {
                    with(cx, |streams, _| streams.lost(why));
                    cx.cluster_interrupted();
                }
            })
            .on_reply(|cx, token, reply| streams::has_read(cx, token, &reply))
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

    fn recovers(&self) -> bool {
        self.recovery_ms.is_some()
    }

    fn newest(&mut self, cx: &mut Context<'_, S>) -> String {
        let last = with(cx, |streams, _| streams.last).flatten();
        last.map_or_else(String::new, |last| last.to_string())
    }

    fn save(&mut self, cx: &mut Context<'_, S>, session: &Saved) {
        with(cx, |streams, cx| streams.save(cx, session));
    }

    fn restore(
        &mut self,
        cx: &mut Context<'_, S>,
        token: u64,
        namespace: &str,
        pid: &str,
        offset: Option<&str>,
    ) -> bool {
        with(cx, |streams, cx| streams.restore(cx, token, namespace, pid, offset)) == Some(true)
    }

    fn forget(&mut self, cx: &mut Context<'_, S>, token: u64) {
        sessions::forget(cx, token);
    }
}
