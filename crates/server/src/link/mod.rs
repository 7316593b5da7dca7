//! Layer 2: links, by which the server is a client of other servers. Bytes in, events out: the
//! layers above make the connections.
//!
//! A link to Redis is one connection after another to the same server. On each there is a greeting
//! and then any number of commands, which are answered in their order. When a connection is lost,
//! its unanswered commands are lost too, and the next connection is tried after a pause.

mod outcome;
mod redis;

pub use outcome::{CommandError, LinkLost, LinkState, NotSent};
pub use redis::{Redis, RedisServer, RedisUrlError};

use crate::limits::{
    LINK_PAUSE_MS_MAX, LINK_PAUSE_MS_MIN, REDIS_BACKLOG_BYTES_MAX, REDIS_GREETING_MS,
    REDIS_IDLE_MS, REDIS_LOADING_MS,
};
use mio_wire::resp::{self, ErrorCode, Reply};
use std::collections::VecDeque;

/// The origin of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Something of the link's own.
    Own,
    /// The greeting: the link is up.
    Greeting,
    /// The command with this token.
    Command(u64),
    /// Nothing: Redis says it by itself.
    Push,
}

/// A link to Redis.
#[derive(Debug)]
pub struct RedisLink {
    settings: Redis,
    state: State,
    /// Connections in a row that did not last.
    tries: u32,
    /// When something was heard last.
    heard_ms: u64,
    unanswered: VecDeque<Unanswered>,
    unanswered_bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// There is no connection, until then.
    Resting { until_ms: u64 },
    /// One is being made.
    Connecting,
    /// This number of answers to the greeting is awaited, until this time.
    Greeting { awaited: usize, until_ms: u64 },
    /// Redis is not ready, and is asked again at this time.
    Loading { again_ms: u64 },
    /// Commands are taken.
    Up { since_ms: u64 },
    /// The server ends.
    Ended,
}

/// A command that was sent and not answered.
#[derive(Debug, Clone, Copy)]
struct Unanswered {
    /// The application's name for it; none if it is the link's own.
    token: Option<u64>,
    bytes: usize,
    due_ms: u64,
    /// Pushes that answer it, if it is a subscription.
    confirmations: usize,
}

/// Commands that are answered by a push for each channel that they name, and the first words of
/// those pushes.
const SUBSCRIPTIONS: [&[u8]; 6] =
    [b"subscribe", b"unsubscribe", b"psubscribe", b"punsubscribe", b"ssubscribe", b"sunsubscribe"];

/// Commands that would change how answers come.
const UNSUITED: [&[u8]; 6] = [b"hello", b"monitor", b"psync", b"quit", b"reset", b"sync"];

fn is_one_of(word: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|known| known.eq_ignore_ascii_case(word))
}

impl RedisLink {
    /// A link that connects at once.
    pub const fn new(settings: Redis) -> Self {
        Self {
            settings,
            state: State::Resting { until_ms: 0 },
            tries: 0,
            heard_ms: 0,
            unanswered: VecDeque::new(),
            unanswered_bytes: 0,
        }
    }

    /// The server to which it leads, with its limits.
    pub const fn settings(&self) -> &Redis {
        &self.settings
    }

    /// When to call [`Self::woke`].
    pub fn next_ms(&self) -> Option<u64> {
        match self.state {
            State::Resting { until_ms } | State::Greeting { until_ms, .. } => Some(until_ms),
            State::Loading { again_ms } => Some(again_ms),
            State::Up { .. } => Some(match self.unanswered.front() {
                Some(first) => first.due_ms,
                None => self.heard_ms + REDIS_IDLE_MS,
            }),
            State::Connecting | State::Ended => None,
        }
    }

    /// Does the work that is due, and appends output to `out`. Returns whether a connection must be
    /// made now.
    ///
    /// # Errors
    /// If the connection must be given up.
    pub fn woke(&mut self, now_ms: u64, out: &mut Vec<u8>) -> Result<bool, LinkLost> {
        if self.next_ms().is_none_or(|at_ms| at_ms > now_ms) {
            return Ok(false);
        }
        match self.state {
            State::Resting { .. } => {
                self.state = State::Connecting;
                return Ok(true);
            }
            State::Greeting { .. } => return Err(LinkLost::Timeout),
            State::Loading { .. } => {
                resp::encode_command(out, &[b"PING"]);
                self.state = State::Greeting { awaited: 1, until_ms: now_ms + REDIS_GREETING_MS };
            }
            State::Up { .. } if !self.unanswered.is_empty() => return Err(LinkLost::Timeout),
            State::Up { .. } => {
                let ping: [&[u8]; 1] = [b"PING"];
                resp::encode_command(out, &ping);
                self.expect(now_ms, None, resp::command_bytes(&ping), 0);
            }
            State::Connecting | State::Ended => (),
        }
        Ok(false)
    }

    /// A connection is there: appends the greeting to `out`.
    pub fn connected(&mut self, now_ms: u64, out: &mut Vec<u8>) {
        let awaited = self.settings.greet(out);
        self.state = State::Greeting { awaited, until_ms: now_ms + REDIS_GREETING_MS };
    }

    /// Takes a reply, and returns the command or the question of the link that it answers.
    ///
    /// # Errors
    /// If the connection must be given up.
    pub fn answered(&mut self, now_ms: u64, reply: &Reply<'_>) -> Result<Answered, LinkLost> {
        self.heard_ms = now_ms;
        let is_push = matches!(reply, Reply::Push(_));
        match self.state {
            State::Greeting { awaited, until_ms } if !is_push => {
                self.greeted(now_ms, reply, awaited, until_ms)
            }
            State::Up { .. } => self.answer(reply),
            _ if is_push => Ok(Answered::Own),
            _ => Err(LinkLost::Unexpected),
        }
    }

    fn greeted(
        &mut self,
        now_ms: u64,
        reply: &Reply<'_>,
        awaited: usize,
        until_ms: u64,
    ) -> Result<Answered, LinkLost> {
        let code = match reply {
            Reply::Error(error) => Some(error.code()),
            _ => None,
        };
        // The last is a ping, which Redis answers in some way if it answers at all.
        if awaited > 1 {
            if let Some(code) = code {
                return Err(match code {
                    ErrorCode::NoAuth | ErrorCode::WrongPass => LinkLost::Unauthorized,
                    _ => LinkLost::Refused,
                });
            }
            self.state = State::Greeting { awaited: awaited - 1, until_ms };
            return Ok(Answered::Own);
        }
        if let Some(ErrorCode::Loading | ErrorCode::MasterDown | ErrorCode::Busy) = code {
            self.state = State::Loading { again_ms: now_ms + REDIS_LOADING_MS };
            return Ok(Answered::Own);
        }
        self.state = State::Up { since_ms: now_ms };
        Ok(Answered::Greeting)
    }

    fn answer(&mut self, reply: &Reply<'_>) -> Result<Answered, LinkLost> {
        if let Reply::Push(items) = reply {
            let word = items.clone().next().and_then(|item| item.as_bytes()).unwrap_or_default();
            let first = self.unanswered.front_mut().filter(|first| first.confirmations > 0);
            let Some(first) = first.filter(|_| is_one_of(word, &SUBSCRIPTIONS)) else {
                return Ok(Answered::Push);
            };
            first.confirmations -= 1;
            if first.confirmations > 0 {
                return Ok(Answered::Own);
            }
        }
        let first = self.unanswered.pop_front().ok_or(LinkLost::Unexpected)?;
        self.unanswered_bytes -= first.bytes;
        Ok(first.token.map_or(Answered::Own, Answered::Command))
    }

    /// Counts a command as sent. Its answer will have the number `token`.
    ///
    /// # Errors
    /// If it must not be sent.
    pub fn send(&mut self, now_ms: u64, parts: &[&[u8]], token: u64) -> Result<(), NotSent> {
        let State::Up { .. } = self.state else { return Err(NotSent::Down) };
        let is_unsuited = match parts {
            [] => true,
            [name, second, ..] if name.eq_ignore_ascii_case(b"client") => {
                second.eq_ignore_ascii_case(b"reply")
            }
            [name, ..] => is_one_of(name, &UNSUITED),
        };
        if is_unsuited {
            return Err(NotSent::Unsuited);
        }
        let bytes = resp::command_bytes(parts);
        if self.unanswered_bytes + bytes > REDIS_BACKLOG_BYTES_MAX {
            return Err(NotSent::Full);
        }
        let subscribes = parts.first().is_some_and(|name| is_one_of(name, &SUBSCRIPTIONS));
        let confirmations = if subscribes { parts.len().saturating_sub(1).max(1) } else { 0 };
        self.expect(now_ms, Some(token), bytes, confirmations);
        Ok(())
    }

    fn expect(&mut self, now_ms: u64, token: Option<u64>, bytes: usize, confirmations: usize) {
        let due_ms = now_ms.saturating_add(self.settings.command_ms);
        self.unanswered.push_back(Unanswered { token, bytes, due_ms, confirmations });
        self.unanswered_bytes += bytes;
    }

    /// The connection is lost, or could not be made. The next one is made after a pause, whose
    /// length `random` chooses within bounds, so that many servers do not all come back at once.
    pub fn lost(&mut self, now_ms: u64, random: u64) {
        if let State::Up { since_ms } = self.state
            && now_ms.saturating_sub(since_ms) >= LINK_PAUSE_MS_MAX
        {
            self.tries = 0;
        }
        let longest_ms =
            LINK_PAUSE_MS_MIN.checked_shl(self.tries).unwrap_or(u64::MAX).min(LINK_PAUSE_MS_MAX);
        // More would only be the longest pause again.
        self.tries = (self.tries + 1).min(u32::from(u8::MAX).min(LINK_PAUSE_MS_MAX.ilog2()));
        let half_ms = longest_ms / 2;
        self.state = State::Resting { until_ms: now_ms + half_ms + random % (half_ms + 1) };
    }

    /// Whether a connection is being made.
    pub const fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting)
    }

    /// Whether commands are taken.
    pub const fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    /// The server ends: the link makes no more connections.
    pub const fn end(&mut self) {
        self.state = State::Ended;
    }

    /// Takes the token of a command that has been lost with its connection, the first first. To be
    /// called after [`Self::lost`] only.
    pub fn take_lost(&mut self) -> Option<u64> {
        while let Some(first) = self.unanswered.pop_front() {
            self.unanswered_bytes -= first.bytes;
            if first.token.is_some() {
                return first.token;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
