//! A node's calls of its scripts in Redis.

use super::command::{Call, Command};
use super::{COMMIT, READ, RedisBroker};
use crate::chat::Cx;
use crate::chat::history::PurgeOrder;
use crate::chat::rooms::LOBBY;
use crate::chat::shared::EntryId;
use crate::chat::shared::broker::{Beginning, Broker, Draft, Life, Table};
use crate::limits::{
    BANS_LIFTED_MS, BANS_SHARED_MAX, BANS_SWEPT_AT_ONCE, CHANGES_PER_CALL_MAX, DEEDS_KNOWN_MAX,
    EDITS_SHARED_MAX, ENTRIES_ERASED_AT_ONCE, ENTRIES_ERASED_MAX, ENTRIES_TRIMMED_MAX,
    ENTRY_ERASE_MS, FACT_BYTES_MAX, FACTS_PER_CALL_MAX, HOLDS_SHARED_MAX, LEASE_MS, NICK_HELD_MS,
    NUMBERS_MAX, PEOPLE_PER_CALL, PEOPLE_SEARCHED_PARTS, POSTED_S, READ_WAIT_MS,
    STANDINGS_PER_PART, STREAM_GAPS_MAX, SWEEP_ENTRIES, TOPICS_SHARED_MAX,
};
use sha1::{Digest, Sha1};
use std::rc::Rc;

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
const SWEEP: &str = include_str!("scripts/sweep.lua");

/// The cursor before the first part of a hash, and after its last one.
pub(super) const CURSOR_OF_ENDS: &str = "0";

impl Broker for RedisBroker {
    fn kind(&self) -> &'static str {
        "redis"
    }

    fn stream(&self) -> &str {
        &self.keys.facts
    }

    fn channel(&self) -> &str {
        &self.keys.fleeting
    }

    fn begin(&mut self, cx: &mut Cx<'_>, wish: &Beginning<'_>) {
        let Beginning { node, epoch, next_epoch, next_fence, history, fresh, .. } = wish;
        let mut call = Command::eval(&script(&[PEOPLE, HOLDS, TAKE_OUT, BEGIN]), &self.keys.all());
        call.word(node).word(epoch).word(next_epoch);
        call.word(u8::from(wish.is_asked_again)).word(u8::from(wish.is_doubled)).word(LEASE_MS);
        call.word(history).word(wish.known).word(wish.clock).word(wish.place).word(fresh);
        call.word(next_fence);
        let _ = call.send(cx, COMMIT, Call::Begin);
    }

    fn part(&mut self, cx: &mut Cx<'_>, table: Table, after: Option<&str>) {
        let mut call = Command::eval(&script(&[PEOPLE, PART]), &self.keys.all());
        call.word(table.as_str()).word(after.unwrap_or(CURSOR_OF_ENDS)).word(STANDINGS_PER_PART);
        let _ = call.send(cx, COMMIT, Call::Part);
    }

    fn last(&mut self, cx: &mut Cx<'_>) -> bool {
        let call = Command::eval(&script(&[LAST]), &self.keys.all());
        call.send(cx, COMMIT, Call::Last).is_ok()
    }

    fn write_topics(&mut self, cx: &mut Cx<'_>, topics: &[(Rc<str>, String)], is_last: bool) {
        let mut call = Command::eval(&script(&[TOPICS]), &self.keys.all());
        call.word(u8::from(is_last));
        for (room, topic) in topics {
            call.word(room).word(topic);
        }
        let token = if is_last { Call::Load } else { Call::Topics };
        let _ = call.send(cx, COMMIT, token);
    }

    fn renew(&mut self, cx: &mut Cx<'_>, life: Life<'_>, may_take_out: bool) {
        let pieces = [PEOPLE, HOLDS, TAKE_OUT, ERASURES, RENEW];
        let mut call = Command::eval(&script(&pieces), &self.keys.all());
        call.word(life.node).word(life.epoch).word(LEASE_MS).word(u8::from(may_take_out));
        call.word(self.keep_bytes);
        let _ = call.send(cx, COMMIT, Call::Renew);
    }

    fn append(
        &mut self,
        cx: &mut Cx<'_>,
        life: Life<'_>,
        drafts: &mut dyn Iterator<Item = Draft<'_>>,
        sign: &mut dyn FnMut(&Draft<'_>) -> String,
    ) -> usize {
        let Life { node, epoch, fence } = life;
        let mut call = Command::call("EVALSHA", &self.append, &self.keys.all());
        call.word(node).word(epoch).word(fence).word(&self.keep);
        call.word(&self.keys.posted).word(&self.keys.invited);
        for draft in drafts.take(FACTS_PER_CALL_MAX) {
            let is_full = call.changes + draft.changes.len() > CHANGES_PER_CALL_MAX
                || call.bytes() + draft.bytes > FACT_BYTES_MAX;
            if call.facts > 0 && is_full {
                break;
            }
            call.fact(&draft, &sign(&draft));
        }
        match call.send(cx, COMMIT, Call::Commit) {
            Ok(()) => call.facts,
            Err(_) => 0,
        }
    }

    fn read(&mut self, cx: &mut Cx<'_>, after: EntryId) {
        if std::mem::replace(&mut self.is_reading, true) {
            return;
        }
        let mut command = Command::default();
        command.word("XREAD").word("COUNT").word(self.reads_max).word("BLOCK").word(READ_WAIT_MS);
        command.word("STREAMS").word(&self.keys.facts).word(after);
        self.is_reading = command.send(cx, READ, Call::Read).is_ok();
    }

    fn publish(&mut self, cx: &mut Cx<'_>, text: &str) -> bool {
        let mut command = Command::default();
        command.word("PUBLISH").word(&self.keys.fleeting).word(text);
        command.send(cx, COMMIT, Call::Publish).is_ok()
    }

    fn sweep(&mut self, cx: &mut Cx<'_>, span: (EntryId, EntryId), order: &PurgeOrder) -> bool {
        let (from, upto) = span;
        let mut call = Command::eval(SWEEP, &[&self.keys.facts]);
        call.word(from).word(upto).word(order.before_ms);
        call.word(order.room.as_deref().unwrap_or_default()).word(SWEEP_ENTRIES);
        call.send(cx, COMMIT, Call::Sweep).is_ok()
    }

    fn leave(&mut self, cx: &mut Cx<'_>, life: Life<'_>) {
        let mut call = Command::eval(&script(&[PEOPLE, HOLDS, TAKE_OUT, LEAVE]), &self.keys.all());
        call.word(life.node).word(life.epoch);
        let _ = call.send(cx, COMMIT, Call::Leave);
    }
}

impl RedisBroker {
    /// Loads the script that appends facts.
    pub(super) fn load(cx: &mut Cx<'_>) {
        let mut command = Command::default();
        command.word("SCRIPT").word("LOAD").word(append());
        // If the link has just gone down, it is loaded when it is up again.
        let _ = command.send(cx, COMMIT, Call::Load);
    }

    /// Listens to the texts that nodes publish.
    pub(super) fn subscribe(cx: &mut Cx<'_>) {
        let Some(redis) = Self::of(cx) else { return };
        let mut command = Command::default();
        command.word("SUBSCRIBE").word(&redis.keys.fleeting);
        // If the link has just gone down, it is sent when the link is up again.
        let _ = command.send(cx, READ, Call::Subscribe);
    }
}

fn append() -> String {
    script(&[PEOPLE, HOLDS, ERASURES, APPEND])
}

/// The hash by which Redis knows the script that appends facts.
pub(super) fn append_hash() -> String {
    sha1(&append())
}

/// A script of these pieces, which know the numbers of this program, and the lobby, by name.
fn script(pieces: &[&str]) -> String {
    let numbers = [
        ("BANS_AT_ONCE", BANS_SWEPT_AT_ONCE),
        ("BANS_MAX", BANS_SHARED_MAX),
        ("DEEDS_MAX", DEEDS_KNOWN_MAX),
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
