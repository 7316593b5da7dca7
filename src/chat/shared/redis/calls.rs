//! A node's calls of its scripts in Redis.

use crate::chat::Cx;
use crate::chat::fact::NOBODY;
use crate::chat::journal::Journal;
use crate::chat::rooms::LOBBY;
use crate::chat::shared::changes::Change;
use crate::chat::shared::send::send_waiting;
use crate::chat::shared::{COMMIT, EntryId, Phase, Waiting};
use crate::limits::{
    BANS_LIFTED_MS, BANS_SHARED_MAX, BANS_SWEPT_AT_ONCE, EDITS_SHARED_MAX, ENTRIES_ERASED_AT_ONCE,
    ENTRIES_ERASED_MAX, ENTRIES_TRIMMED_MAX, ENTRY_ERASE_MS, HOLDS_SHARED_MAX, LEASE_MS,
    NICK_HELD_MS, NUMBERS_MAX, PEOPLE_PER_CALL, PEOPLE_SEARCHED_PARTS, POSTED_S,
    STANDINGS_PER_PART, STREAM_GAPS_MAX, TOPICS_SHARED_MAX,
};
use mio_socketio::redis::NotSent;
use sha1::{Digest, Sha1};
use std::fmt::Display;
use std::io::Write as _;

/// The common part of the scripts.
const COMMON: &str = include_str!("scripts/common.lua");
/// The part that knows how people are here.
const PEOPLE: &str = include_str!("scripts/people.lua");
const HOLDS: &str = include_str!("scripts/holds.lua");
/// The part that takes a dead node out.
const TAKE_OUT: &str = include_str!("scripts/take_out.lua");
const BEGIN: &str = include_str!("scripts/begin.lua");
/// The part that takes the texts of deleted messages out.
const ERASURES: &str = include_str!("scripts/erasures.lua");
const RENEW: &str = include_str!("scripts/renew.lua");
const LEAVE: &str = include_str!("scripts/leave.lua");
const APPEND: &str = include_str!("scripts/append.lua");
const TOPICS: &str = include_str!("scripts/topics.lua");
const PART: &str = include_str!("scripts/part.lua");
const LAST: &str = include_str!("scripts/last.lua");

/// The call that a reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(in crate::chat::shared) enum Call {
    Begin,
    Part,
    Last,
    Topics,
    Renew,
    Commit,
    Load,
    Leave,
    Read,
    Sweep,
    Publish,
    Subscribe,
}

impl Call {
    pub(in crate::chat::shared) const fn number(self) -> u64 {
        self as u64
    }

    pub(in crate::chat::shared) fn of(number: u64) -> Option<Self> {
        let all = [
            Self::Begin,
            Self::Part,
            Self::Last,
            Self::Topics,
            Self::Renew,
            Self::Commit,
            Self::Load,
            Self::Leave,
            Self::Read,
            Self::Sweep,
            Self::Publish,
            Self::Subscribe,
        ];
        all.into_iter().find(|token| token.number() == number)
    }
}

/// A command of Redis: its words in one piece of memory.
#[derive(Default)]
pub(in crate::chat::shared) struct Command {
    text: Vec<u8>,
    /// The end of each word.
    ends: Vec<usize>,
    /// Facts in it, and their changes.
    pub(in crate::chat::shared) facts: usize,
    pub(in crate::chat::shared) changes: usize,
}

impl Command {
    /// A call of a script that is sent with it.
    pub(in crate::chat::shared) fn eval(script: &str, keys: &[&str]) -> Self {
        Self::call("EVAL", script, keys)
    }

    pub(in crate::chat::shared) fn call(how: &str, script: &str, keys: &[&str]) -> Self {
        let mut command = Self::default();
        command.word(how).word(script).word(keys.len());
        for key in keys {
            command.word(key);
        }
        command
    }

    pub(in crate::chat::shared) fn word(&mut self, word: impl Display) -> &mut Self {
        // Writing to memory does not fail.
        let _ = write!(self.text, "{word}");
        self.ends.push(self.text.len());
        self
    }

    /// Adds a word as it is.
    fn add(&mut self, word: &[u8]) -> &mut Self {
        self.text.extend_from_slice(word);
        self.ends.push(self.text.len());
        self
    }

    /// Bytes of its words.
    pub(in crate::chat::shared) const fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Adds a fact as the script reads it.
    pub(in crate::chat::shared) fn fact(&mut self, waiting: &Waiting, signature: &str) {
        self.facts += 1;
        self.changes += waiting.changes.len();
        // An operator's order belongs to no person.
        let need_not_be_here = waiting.is_entering || waiting.by == NOBODY;
        self.word(waiting.sequence).word(&waiting.of).word(u8::from(need_not_be_here));
        self.word(u8::from(waiting.is_message)).add(waiting.text.as_bytes());
        self.add(signature.as_bytes());
        self.word(waiting.attachments.len());
        for attachment in &waiting.attachments {
            self.add(attachment);
        }
        self.word(waiting.changes.len());
        for word in waiting.changes.iter().flat_map(Change::words) {
            self.add(word.as_bytes());
        }
    }

    pub(in crate::chat::shared) fn send(
        &self,
        cx: &mut Cx<'_>,
        link: &str,
        token: Call,
    ) -> Result<(), NotSent> {
        let begins = [0].into_iter().chain(self.ends.iter().copied());
        let words = begins.zip(&self.ends).map(|(begin, end)| &self.text[begin..*end]);
        cx.redis(link, &words.collect::<Vec<_>>(), token.number())
    }
}

/// Loads the script that appends facts into Redis.
pub(in crate::chat::shared) fn load(cx: &mut Cx<'_>) {
    let mut command = Command::default();
    command.word("SCRIPT").word("LOAD").word(append());
    // If the link has just gone down, it is loaded when it is up again.
    let _ = command.send(cx, COMMIT, Call::Load);
}

/// Asks Redis to let the node begin, or go on.
pub(in crate::chat::shared) fn ask_to_begin(cx: &mut Cx<'_>) {
    let unix_ms = cx.now().unix_ms;
    let known = cx.state.history.last_id();
    let history = match cx.state.history.is_new() {
        true => String::new(),
        false => cx.state.history.name().to_string(),
    };
    let (clock, fresh) =
        (cx.state.history.number_of_clock(unix_ms), cx.state.history.name().clone());
    let (next_epoch, next_link) = (cx.random_id(), cx.random_id());
    let in_file = cx.state.history.place().and_then(|place| EntryId::parse(place.as_bytes()));
    let Some(node) = cx.state.journal.node_mut() else { return };
    let is_asked_again = std::mem::take(&mut node.is_asked_again);
    (node.phase, node.next_link) = (Phase::Beginning, next_link);
    if !is_asked_again {
        node.next_epoch = next_epoch;
    }
    if !node.has_begun {
        node.place = in_file.unwrap_or_default();
    }
    let mut call = Command::eval(&script(&[PEOPLE, HOLDS, TAKE_OUT, BEGIN]), &node.keys.all());
    call.word(&node.name).word(&node.epoch).word(&node.next_epoch);
    call.word(u8::from(is_asked_again)).word(u8::from(node.is_doubled)).word(LEASE_MS);
    call.word(history).word(known).word(clock).word(node.place).word(fresh);
    call.word(&node.next_link);
    // If it cannot be sent, the link is down, and it is asked when that is up.
    let _ = call.send(cx, COMMIT, Call::Begin);
}

/// Asks for a part of the people who are here, or of the topics, after the part that ended with
/// this cursor.
pub(in crate::chat::shared) fn ask_for_part(cx: &mut Cx<'_>, hash: &str, cursor: &str) {
    let Some(node) = cx.state.journal.node() else { return };
    let mut call = Command::eval(&script(&[PEOPLE, PART]), &node.keys.all());
    call.word(hash).word(cursor).word(STANDINGS_PER_PART);
    // If it cannot be sent, the link is down, and the node begins again when that is up.
    let _ = call.send(cx, COMMIT, Call::Part);
}

/// Asks for the last entry of the stream.
pub(in crate::chat::shared) fn ask_for_last(cx: &mut Cx<'_>) -> Result<(), NotSent> {
    let Some(node) = cx.state.journal.node() else { return Ok(()) };
    let call = Command::eval(&script(&[LAST]), &node.keys.all());
    call.send(cx, COMMIT, Call::Last)
}

/// Writes topics again that Redis has lost: those of some rooms after `upto`.
pub(in crate::chat::shared) fn write_topics(cx: &mut Cx<'_>, upto: &str) {
    let (topics, is_last) = cx.state.rooms.topics_after(upto, STANDINGS_PER_PART as usize);
    let Some(node) = cx.state.journal.node_mut() else { return };
    if let Some((room, _)) = topics.last() {
        node.topics_upto = room.clone();
    }
    let mut call = Command::eval(&script(&[TOPICS]), &node.keys.all());
    call.word(u8::from(is_last));
    for (room, topic) in &topics {
        call.word(room).word(topic);
    }
    let token = if is_last { Call::Load } else { Call::Topics };
    let _ = call.send(cx, COMMIT, token);
}

/// Renews the node's lease.
pub(in crate::chat::shared) fn renew(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    let Some(node) = cx.state.journal.node() else { return };
    if !node.has_epoch() {
        return;
    }
    // A node that has been cut off itself does not know which nodes are dead.
    let may_take_out = now_ms >= node.up_since_ms + LEASE_MS;
    let mut call =
        Command::eval(&script(&[PEOPLE, HOLDS, TAKE_OUT, ERASURES, RENEW]), &node.keys.all());
    call.word(&node.name).word(&node.epoch).word(LEASE_MS).word(u8::from(may_take_out));
    call.word(node.keep_bytes);
    let _ = call.send(cx, COMMIT, Call::Renew);
}

/// The server ends: waiting facts go out, and its people leave everywhere.
pub(in crate::chat) fn leave(cx: &mut Cx<'_>) {
    send_waiting(cx);
    let Journal::Nodes(node) = std::mem::take(&mut cx.state.journal) else { return };
    let mut call = Command::eval(&script(&[PEOPLE, HOLDS, TAKE_OUT, LEAVE]), &node.keys.all());
    call.word(&node.name).word(&node.epoch);
    // If Redis is away, others notice when the lease is over.
    let _ = call.send(cx, COMMIT, Call::Leave);
}

fn append() -> String {
    script(&[PEOPLE, HOLDS, ERASURES, APPEND])
}

/// The hash by which Redis knows the script that appends facts.
pub(in crate::chat::shared) fn append_hash() -> String {
    sha1(&append())
}

/// A script of these pieces, which know the numbers of this program, and the lobby, by name.
fn script(pieces: &[&str]) -> String {
    let numbers = [
        ("BANS_AT_ONCE", BANS_SWEPT_AT_ONCE),
        ("BANS_MAX", BANS_SHARED_MAX),
        ("EDITS_MAX", EDITS_SHARED_MAX),
        ("ERASED_AT_ONCE", ENTRIES_ERASED_AT_ONCE),
        ("ERASED_MAX", ENTRIES_ERASED_MAX),
        ("ERASE_MS", ENTRY_ERASE_MS),
        ("GAPS_MAX", STREAM_GAPS_MAX),
        ("HELD_MS", NICK_HELD_MS),
        ("HOLDS_MAX", HOLDS_SHARED_MAX),
        ("LIFTED_MS", BANS_LIFTED_MS),
        ("NUMBER_MAX", NUMBERS_MAX),
        ("PART", PEOPLE_PER_CALL),
        ("PARTS", PEOPLE_SEARCHED_PARTS),
        ("POSTED_S", POSTED_S),
        ("TOPICS_MAX", TOPICS_SHARED_MAX),
        ("TRIMMED", ENTRIES_TRIMMED_MAX),
    ];
    let numbers = numbers.map(|(name, number)| format!("local {name} = {number}\n"));
    let lobby = format!("local LOBBY = '{LOBBY}'\n");
    let names = numbers.iter().chain([&lobby]).map(String::as_str);
    names.chain([COMMON]).chain(pieces.iter().copied()).collect()
}

/// The hash by which Redis knows a script.
fn sha1(script: &str) -> String {
    Sha1::digest(script).iter().map(|byte| format!("{byte:02x}")).collect()
}
