//! People who can come back: the owners of tokens, and their private conversations.

use crate::limits::{PAYLOAD_KEPT_BYTES_MAX, POSTS_REMEMBERED_MAX, TOKEN_MS};
use mio_socketio::Now;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use std::collections::VecDeque;
use std::rc::Rc;

/// Stands for a payload for clients of namespace `/` that is not kept, because it was bytes, too
/// long, or nothing at all; it is not JSON, so it cannot be one.
pub(crate) const UNKEPT: &str = "-";

/// The part of a message's payload that is kept: nothing if it equals the text.
pub(super) fn payload(payload: &str, text: &str) -> Box<str> {
    let inner = payload.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        _ if payload.len() > PAYLOAD_KEPT_BYTES_MAX => Box::from(UNKEPT),
        Some(inner) if *inner == *text => Box::default(),
        _ => Box::from(payload),
    }
}

/// The hash of a token. A token is a long random number, so the plain hash gives nothing away (FIPS
/// 180-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Token(pub(super) [u8; 20]);

impl Token {
    pub(crate) fn of(secret: &str) -> Self {
        Self(Sha1::digest(secret).into())
    }

    /// The token with this hash in hexadecimal digits.
    pub(crate) fn from_hex(hex: &str) -> Option<Self> {
        let mut bytes = [0; 20];
        let digits = hex.as_bytes().chunks(2);
        if hex.len() != 2 * bytes.len() || !hex.bytes().all(|it| it.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(digits) {
            *byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The hash in hexadecimal digits.
    pub(crate) fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A person who can come back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptPerson {
    /// Their id, which does not change with names.
    pub(crate) id: Rc<str>,
    pub(crate) token: Token,
    /// When their token was given, in Unix milliseconds.
    pub(crate) given_ms: i64,
    /// The token that will replace it when it is used, and the time at which it was given.
    pub(crate) next: Option<(Token, i64)>,
    pub(crate) nick: Rc<str>,
    /// The keys of the rooms.
    pub(crate) rooms: Vec<Rc<str>>,
    pub(crate) is_here: bool,
    /// Whether they have used their token, made a request or sent a message: then they are kept in
    /// the file. Coming and going alone is not enough.
    pub(crate) is_known: bool,
    /// Whether they have sent a message: then they are forgotten after those who have not.
    pub(crate) spoke: bool,
    /// Whether their client knows the token: then their nick is held for them when they go.
    pub(crate) returns: bool,
    /// Whether they are registered: then they are never forgotten.
    #[serde(default)]
    pub(crate) is_registered: bool,
    /// When they last came or went, in Unix milliseconds.
    pub(crate) seen_ms: i64,
    /// Their last posts, oldest first. Other nodes have them in their own files.
    #[serde(skip)]
    pub(crate) posted: VecDeque<Posted>,
}

/// A post that its author may send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) key: Box<str>,
    pub(crate) id: i64,
    pub(crate) ts: i64,
    /// The hash of text and place; `None` if it is not known.
    pub(crate) what: Option<What>,
    /// The id of the receiver, if it was private. It is not in the file, where the message has it.
    pub(crate) reader: Option<Rc<str>>,
}

/// The hash of a text and its place, long enough that no two posts of one person have the same by
/// accident.
pub(crate) type What = [u8; 8];

/// The knowledge of a server at its start.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// People who were here a short while ago and may return: their ids, their nicks, and the
    /// milliseconds since they left.
    pub(crate) away: Vec<(Rc<str>, Rc<str>, u64)>,
    /// Rooms and their topics.
    pub(crate) topics: Vec<(Rc<str>, String)>,
    /// Rooms and their rules, as JSON.
    pub(crate) rules: Vec<(Rc<str>, String)>,
}

/// A private conversation, as one of the two sees it.
#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    pub(crate) place: Rc<str>,
    /// The other person's last name.
    pub(crate) nick: Rc<str>,
}

impl KeptPerson {
    /// A new person.
    pub(crate) fn new(now: Now, id: Rc<str>, secret: &str, nick: Rc<str>, room: Rc<str>) -> Self {
        Self {
            id,
            token: Token::of(secret),
            given_ms: now.unix_ms.cast_signed(),
            next: None,
            nick,
            rooms: vec![room],
            is_here: true,
            is_known: false,
            spoke: false,
            returns: false,
            is_registered: false,
            seen_ms: now.unix_ms.cast_signed(),
            posted: VecDeque::new(),
        }
    }

    /// The record of a registered person who is here.
    pub(crate) fn registered(self) -> Self {
        let (is_registered, is_known, returns, is_here) = (true, true, true, true);
        Self { is_registered, is_known, returns, is_here, ..self }
    }

    /// Notes that they came with a token. If it is the next one, it replaces the current one. False
    /// if it is too old.
    pub(crate) fn used(&mut self, now: Now, token: &Token) -> bool {
        if let Some((next, given_ms)) = self.next.filter(|(next, _)| next == token) {
            (self.token, self.given_ms, self.next) = (next, given_ms, None);
        }
        self.age_ms(now) < TOKEN_MS
    }

    /// Whether it is time for a new token: half of its life is over.
    pub(crate) fn is_aging(&self, now: Now) -> bool {
        self.age_ms(now) >= TOKEN_MS / 2
    }

    const fn age_ms(&self, now: Now) -> i64 {
        now.unix_ms.cast_signed().saturating_sub(self.given_ms)
    }

    /// The post with this key, if it is one of the last.
    pub(crate) fn posted(&self, key: &str) -> Option<&Posted> {
        self.posted.iter().rev().find(|posted| *posted.key == *key)
    }

    /// Remembers a post; returns the key that is dropped for it.
    pub(crate) fn remember(&mut self, posted: Posted) -> Option<Box<str>> {
        self.posted.push_back(posted);
        let is_full = self.posted.len() > POSTS_REMEMBERED_MAX;
        is_full.then(|| self.posted.pop_front()).flatten().map(|posted| posted.key)
    }
}
