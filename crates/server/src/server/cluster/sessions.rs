//! The link by which [`RedisStreams`](super::RedisStreams) saves and restores sessions. It is one
//! of its own: an answer may be large.

use super::entries::{EntryId, text};
use super::restoring::{self, Found, Lost, Restoring, Step};
use super::streams::{NO_TOKEN, Streams, with};
use crate::limits::{RECOVERY_QUEUE_TO_MISSED_MIN, STREAM_READ_MAX};
use crate::server::redis::{CommandError, LinkLost, LinkState, Redis, Reply};
use crate::server::{Builder, Context, Restored, Saved};
use std::collections::HashMap;

const LINK: &str = "socket.io sessions";

/// How clients come back, and those that do just now.
#[derive(Default)]
pub(in crate::server) struct Restores {
    /// Time for a client to come back.
    pub(super) window_ms: u64,
    /// The beginning of the keys.
    pub(super) prefix: String,
    restoring: HashMap<u64, Restoring>,
    /// The number of entries to read at a time.
    at_once: usize,
}

impl Restores {
    pub(super) fn new(window_ms: u64, prefix: &str) -> Self {
        let prefix = prefix.to_owned();
        Self { window_ms, prefix, restoring: HashMap::new(), at_once: STREAM_READ_MAX }
    }

    fn key(&self, pid: &str) -> String {
        format!("{}{pid}", self.prefix)
    }
}

/// Adds the link.
pub(super) fn equip<S>(builder: Builder<S>, redis: Redis) -> Builder<S> {
    builder.redis(LINK, redis, |link| {
        link.on_state(|cx, state| {
            if state == LinkState::Down(LinkLost::TooLarge) {
                with(cx, |Streams { sessions, .. }, _| {
                    sessions.at_once = (sessions.at_once / 2).max(1);
                });
            }
        })
        .on_reply(|cx, token, reply| answered(cx, token, &reply))
    })
}

impl Streams {
    pub(super) fn save<S>(&self, cx: &mut Context<'_, S>, saved: &Saved) {
        let Some(text) = restoring::write(saved) else {
            return log::debug!("a session is too large to be saved");
        };
        let (key, window_ms) = (self.sessions.key(&saved.pid), self.sessions.window_ms.to_string());
        let parts = ["SET", &key, &text, "PX", &window_ms].map(str::as_bytes);
        if let Err(why) = cx.redis(LINK, &parts, NO_TOKEN) {
            log::debug!("a session is not saved error=\"{why}\"");
        }
    }

    /// Asks for a session. False if that is not possible.
    pub(super) fn restore<S>(
        &mut self,
        cx: &mut Context<'_, S>,
        token: u64,
        namespace: &str,
        pid: &str,
        offset: Option<&str>,
    ) -> bool {
        let read = offset.map(EntryId::parse);
        if read == Some(None) {
            return false;
        }
        let (offset, key) = (read.flatten(), self.sessions.key(pid));
        let is_asked = cx.redis(LINK, &[b"GETDEL", key.as_bytes()], token).is_ok();
        if is_asked {
            let (namespace, pid) = (namespace.to_owned(), pid.to_owned());
            let restoring = Restoring::Session { namespace, pid, offset };
            self.sessions.restoring.insert(token, restoring);
        }
        is_asked
    }

    /// Takes an answer of Redis. The inner value is the end, with the session or without.
    fn take_answer<S>(
        &mut self,
        cx: &mut Context<'_, S>,
        token: u64,
        reply: &Result<Reply<'_>, CommandError<'_>>,
    ) -> Option<Option<Restored>> {
        let restoring = self.sessions.restoring.remove(&token)?;
        let found = match (restoring, reply) {
            (Restoring::Session { namespace, pid, offset }, Ok(reply)) => {
                let saved = text(reply).and_then(|text| restoring::read(text, &namespace, &pid));
                saved.ok_or(Lost).and_then(|saved| Found::new(saved, offset)).map(Box::new)
            }
            (Restoring::Entries { mut found, .. }, Ok(reply)) => {
                let bytes_max = cx.queue_bytes_max() / RECOVERY_QUEUE_TO_MISSED_MIN;
                self.sessions.at_once = (2 * self.sessions.at_once).min(STREAM_READ_MAX);
                let taken = reply.items().ok_or(Lost).and_then(|it| found.take(it, bytes_max));
                taken.map(|()| found)
            }
            (_, Err(why)) => {
                log::debug!("a session cannot be restored error=\"{why}\"");
                Err(Lost)
            }
        };
        found.map_or(Some(None), |found| self.go_on(cx, token, found))
    }

    /// Goes on with a client. The inner value is the end.
    fn go_on<S>(
        &mut self,
        cx: &mut Context<'_, S>,
        token: u64,
        mut found: Box<Found>,
    ) -> Option<Option<Restored>> {
        let is_asked = match found.next(self.last) {
            Step::Done(restored) => return Some(Some(restored)),
            Step::Wait => false,
            Step::Read(from) => {
                let (from, at_once) = (from.to_string(), self.sessions.at_once.to_string());
                let parts = ["XRANGE", &self.stream, &from, "+", "COUNT", &at_once];
                if cx.redis(LINK, &parts.map(str::as_bytes), token).is_err() {
                    return Some(None);
                }
                true
            }
        };
        self.sessions.restoring.insert(token, Restoring::Entries { found, is_asked });
        None
    }
}

fn answered<S>(cx: &mut Context<'_, S>, token: u64, reply: &Result<Reply<'_>, CommandError<'_>>) {
    if token == NO_TOKEN {
        if let Err(why) = reply {
            log::debug!("a session is not saved error=\"{why}\"");
        }
        return;
    }
    let done = with(cx, |streams, cx| streams.take_answer(cx, token, reply));
    if let Some(restored) = done.flatten() {
        cx.cluster_restored(token, restored);
    }
}

/// Goes on with the clients that have waited until this server had read more.
pub(super) fn read_more<S>(cx: &mut Context<'_, S>) {
    let done = with(cx, |streams, cx| {
        let waits = |it: &mut Restoring| matches!(it, Restoring::Entries { is_asked: false, .. });
        let waiting: Vec<_> =
            streams.sessions.restoring.extract_if(|_, restoring| waits(restoring)).collect();
        let mut done = Vec::new();
        for (token, restoring) in waiting {
            let Restoring::Entries { found, .. } = restoring else { continue };
            done.extend(streams.go_on(cx, token, found).map(|restored| (token, restored)));
        }
        done
    });
    for (token, restored) in done.unwrap_or_default() {
        cx.cluster_restored(token, restored);
    }
}

/// Forgets a client that waits no more. Its answer, if one is to come, is dropped.
pub(super) fn forget<S>(cx: &mut Context<'_, S>, token: u64) {
    with(cx, |streams, _| streams.sessions.restoring.remove(&token));
}
