//! Those who can come back: what a token stands for, and with whom they talked in private.

use crate::limits::{PAYLOAD_KEPT_BYTES_MAX, POSTS_REMEMBERED_MAX, TOKEN_MS};
use mio_socketio::Now;
use sha1::{Digest, Sha1};
use std::collections::VecDeque;
use std::rc::Rc;

/// A payload that is no JSON: what the clients of namespace `/` were sent is not kept, as it was
/// bytes, too long, or nothing at all.
pub(crate) const UNKEPT: &str = "-";

/// What is kept of the payload of a message: nothing if that is its text.
pub(super) fn payload(payload: &str, text: &str) -> Box<str> {
    let inner = payload.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        _ if payload.len() > PAYLOAD_KEPT_BYTES_MAX => Box::from(UNKEPT),
        Some(inner) if *inner == *text => Box::default(),
        _ => Box::from(payload),
    }
}

/// The hash of a token. A token is a random number too long to be guessed, so that the plain hash
/// gives nothing away (FIPS 180-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Token(pub(super) [u8; 20]);

impl Token {
    pub(crate) fn of(secret: &str) -> Self {
        Self(Sha1::digest(secret).into())
    }
}

/// One who can come back.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// What stays when names change.
    pub(crate) id: Rc<str>,
    pub(crate) token: Token,
    /// When it was given, in Unix milliseconds.
    pub(crate) given_ms: i64,
    /// The token that takes its place once it is used, and when that was given.
    pub(crate) next: Option<(Token, i64)>,
    pub(crate) nick: Rc<str>,
    /// The keys of the rooms.
    pub(crate) rooms: Vec<Rc<str>>,
    pub(crate) is_here: bool,
    /// They have used their token, asked for something or said something: they are kept in the
    /// file. Anybody can come and go.
    pub(crate) is_known: bool,
    /// They have said something: they are forgotten after those who have not.
    pub(crate) spoke: bool,
    /// Their client knows the token: their nick is kept for them when they go.
    pub(crate) returns: bool,
    /// When they came or went last, in Unix milliseconds.
    pub(crate) seen_ms: i64,
    /// Their last posts, oldest first.
    pub(crate) posted: VecDeque<Posted>,
}

/// A post that its author may send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) key: Box<str>,
    pub(crate) id: i64,
    pub(crate) ts: i64,
    /// What was posted and where, hashed; none is not known.
    pub(crate) what: Option<What>,
    /// The id of the one whom it was for, if it was private. That is not in the file, where the
    /// message tells it.
    pub(crate) reader: Option<Rc<str>>,
}

/// The hash of a text and of the place where it was said, long enough that no two posts of one
/// person have the same by accident.
pub(crate) type What = [u8; 8];

/// What a server that begins knows of before.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Those who were here a short while ago and may return: their ids, their nicks, and for how
    /// many milliseconds they have been gone.
    pub(crate) away: Vec<(Rc<str>, Rc<str>, u64)>,
    /// Rooms and their topics.
    pub(crate) topics: Vec<(Rc<str>, String)>,
}

/// Two who talk in private, as the one knows the other.
#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    pub(crate) place: Rc<str>,
    /// What the other was called last.
    pub(crate) nick: Rc<str>,
}

impl Record {
    /// Somebody who is new.
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
            seen_ms: now.unix_ms.cast_signed(),
            posted: VecDeque::new(),
        }
    }

    /// They have come with a token: if it is the next one, it takes the place of the other. False
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

    /// Remembers a post; returns the key of the one that is forgotten for it.
    pub(crate) fn remember(&mut self, posted: Posted) -> Option<Box<str>> {
        self.posted.push_back(posted);
        let is_full = self.posted.len() > POSTS_REMEMBERED_MAX;
        is_full.then(|| self.posted.pop_front()).flatten().map(|posted| posted.key)
    }
}
