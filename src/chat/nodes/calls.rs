//! What a node asks of Redis: calls of its scripts.

use super::send::settle;
use super::{COMMIT, EntryId, Phase, Waiting};
use crate::chat::Cx;
use crate::chat::fact::NOBODY;
use crate::limits::{LEASE_MS, NICK_HELD_MS, POSTED_S};
use mio_socketio::redis::NotSent;
use sha1::{Digest, Sha1};
use std::fmt::Write as _;

/// What takes a dead node out, which two scripts have in common.
const TAKE_OUT: &str = include_str!("scripts/take_out.lua");
const BEGIN: &str = include_str!("scripts/begin.lua");
const RENEW: &str = include_str!("scripts/renew.lua");
const LEAVE: &str = include_str!("scripts/leave.lua");
const APPEND: &str = include_str!("scripts/append.lua");

/// What a reply is to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Call {
    Begin,
    Renew,
    Commit,
    Load,
    Leave,
    Read,
    Bans,
    Sweep,
}

impl Call {
    pub(super) const fn number(self) -> u64 {
        self as u64
    }

    pub(super) fn of(number: u64) -> Option<Self> {
        let all = [
            Self::Begin,
            Self::Renew,
            Self::Commit,
            Self::Load,
            Self::Leave,
            Self::Read,
            Self::Bans,
            Self::Sweep,
        ];
        all.into_iter().find(|token| token.number() == number)
    }
}

/// A command of Redis, word by word.
#[derive(Default)]
pub(super) struct Command {
    words: Vec<Vec<u8>>,
    pub(super) bytes: usize,
}

impl Command {
    /// A call of a script that is sent with it.
    pub(super) fn eval(script: &str, keys: &[&str]) -> Self {
        Self::call("EVAL", script, keys)
    }

    pub(super) fn call(how: &str, script: &str, keys: &[&str]) -> Self {
        let mut command = Self::default();
        command.word(how).word(script).word(keys.len());
        for key in keys {
            command.word(key);
        }
        command
    }

    pub(super) fn word(&mut self, word: impl ToString) -> &mut Self {
        self.add(word.to_string().into_bytes())
    }

    fn add(&mut self, word: Vec<u8>) -> &mut Self {
        self.bytes += word.len();
        self.words.push(word);
        self
    }

    /// Adds a fact as the script reads it.
    pub(super) fn fact(&mut self, waiting: &Waiting) {
        // What an operator has ordered is nobody's.
        let need_not_be_here = waiting.is_entering || waiting.by == NOBODY;
        self.word(waiting.sequence).word(&waiting.of).word(u8::from(need_not_be_here));
        self.word(u8::from(waiting.is_message)).word(&waiting.text);
        self.word(waiting.attachments.len());
        for attachment in &waiting.attachments {
            self.add(attachment.clone());
        }
        self.word(waiting.changes.len());
        for change in &waiting.changes {
            for word in change.words() {
                self.word(word);
            }
        }
    }

    pub(super) fn send(&self, cx: &mut Cx<'_>, link: &str, token: Call) -> Result<(), NotSent> {
        let words: Vec<&[u8]> = self.words.iter().map(Vec::as_slice).collect();
        cx.redis(link, &words, token.number())
    }
}

/// Has Redis know the script that appends facts.
pub(super) fn load(cx: &mut Cx<'_>) {
    let mut command = Command::default();
    command.word("SCRIPT").word("LOAD").word(append());
    // If the link has just gone down, it is loaded when it is up again.
    let _ = command.send(cx, COMMIT, Call::Load);
}

/// Asks Redis to let the node begin, or go on.
pub(super) fn ask_to_begin(cx: &mut Cx<'_>) {
    let unix_ms = cx.now().unix_ms;
    let known = cx.state.history.last_id();
    let history = match cx.state.history.is_new() {
        true => String::new(),
        false => cx.state.history.name().to_string(),
    };
    let (clock, fresh) =
        (cx.state.history.number_of_clock(unix_ms), cx.state.history.name().clone());
    let next_epoch = cx.random_id();
    let in_file = cx.state.history.place().and_then(|place| EntryId::parse(place.as_bytes()));
    let Some(node) = cx.state.node.as_mut().filter(|node| !node.is_doubled) else { return };
    (node.phase, node.next_epoch) = (Phase::Beginning, next_epoch);
    if !node.has_begun {
        node.place = in_file.unwrap_or_default();
    }
    let script = [&*take_out(), BEGIN].concat();
    let mut call = Command::eval(&script, &node.keys.all());
    call.word(&node.name).word(&node.epoch).word(&node.next_epoch).word(LEASE_MS).word(history);
    call.word(known).word(clock).word(node.place).word(fresh);
    // If it cannot be sent, the link is down, and it is asked when that is up.
    let _ = call.send(cx, COMMIT, Call::Begin);
}

/// Renews the node's lease.
pub(super) fn renew(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    let Some(node) = &cx.state.node else { return };
    if !matches!(node.phase, Phase::Whole) {
        return;
    }
    // One that has been cut off itself does not know who is dead.
    let may_take_out = now_ms >= node.up_since_ms + LEASE_MS;
    let script = [&*take_out(), RENEW].concat();
    let mut call = Command::eval(&script, &node.keys.all());
    call.word(&node.name).word(&node.epoch).word(LEASE_MS).word(u8::from(may_take_out));
    let _ = call.send(cx, COMMIT, Call::Renew);
}

/// The server ends: what was said goes out, and its people leave everywhere.
pub(in crate::chat) fn leave(cx: &mut Cx<'_>) {
    settle(cx);
    let Some(node) = cx.state.node.take() else { return };
    let script = [&*take_out(), LEAVE].concat();
    let mut call = Command::eval(&script, &node.keys.all());
    call.word(&node.name).word(&node.epoch);
    // If Redis is away, others notice when the lease is over.
    let _ = call.send(cx, COMMIT, Call::Leave);
}

pub(super) fn append() -> String {
    APPEND.replace("POSTED_S", &POSTED_S.to_string())
}

fn take_out() -> String {
    TAKE_OUT.replace("HELD_MS", &NICK_HELD_MS.to_string())
}

/// What a script is known by.
pub(super) fn sha1(script: &str) -> String {
    let mut digits = String::new();
    for byte in Sha1::digest(script) {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
