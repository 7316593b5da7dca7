//! The texts of deleted messages go out of the stream, so that Redis does not keep them and a new
//! node does not read them. That is done a while after the deletion. By then each node has read the
//! message, or was taken out: none waits for an entry of its own that is gone.

use super::calls::{Call, Command};
use super::{COMMIT, EntryId};
use crate::chat::Cx;
use crate::chat::fact::{Deleted, Edited, Fact};
use crate::limits::{ENTRIES_ERASED_AT_ONCE, ENTRIES_ERASED_MAX, ENTRY_ERASE_MS};
use std::collections::VecDeque;

/// The entries of messages that may be deleted, and those to be taken out of the stream.
#[derive(Debug, Default)]
pub(super) struct Erasing {
    /// The corrections that were read last: the number of the message, and the entry.
    edits: VecDeque<(i64, EntryId)>,
    /// The entries to be taken out, and from which time on by the loop's clock.
    due: VecDeque<(u64, EntryId)>,
}

impl Erasing {
    fn add_edit(&mut self, id: i64, at: EntryId) {
        self.edits.push_back((id, at));
        if self.edits.len() > ENTRIES_ERASED_MAX {
            self.edits.pop_front();
        }
    }

    /// Notes that the message with this number is deleted.
    fn delete(&mut self, id: i64, due_ms: u64) {
        let of_message = u64::try_from(id).ok().map(|number| EntryId { number, part: 0 });
        let edits = self.edits.iter().filter(|(edited, _)| *edited == id).map(|(_, at)| *at);
        let entries: Vec<EntryId> = of_message.into_iter().chain(edits).collect();
        self.edits.retain(|(edited, _)| *edited != id);
        let room = ENTRIES_ERASED_MAX.saturating_sub(self.due.len());
        self.due.extend(entries.into_iter().take(room).map(|entry| (due_ms, entry)));
    }
}

/// Notes a fact whose entry has just been read.
pub(super) fn happened(cx: &mut Cx<'_>, fact: &Fact<'_>) {
    let now_ms = cx.now().ms;
    let Some(node) = &mut cx.state.node else { return };
    match fact {
        Fact::Edited(Edited { about, .. }) => node.erasing.add_edit(about.id, node.place),
        Fact::Deleted(Deleted { about, .. }) => {
            node.erasing.delete(about.id, now_ms + ENTRY_ERASE_MS);
        }
        _ => (),
    }
}

/// Takes out the entries that are due. If Redis does not do it now, it does it later.
pub(super) fn look(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    let Some(node) = cx.state.node.as_mut().filter(|node| node.is_whole()) else { return };
    let is_due = |(due_ms, _): &&(u64, EntryId)| *due_ms <= now_ms;
    let count = node.erasing.due.iter().take_while(is_due).take(ENTRIES_ERASED_AT_ONCE).count();
    if count == 0 {
        return;
    }
    let mut command = Command::default();
    command.word("XDEL").word(&node.keys.facts);
    for (_, entry) in node.erasing.due.iter().take(count) {
        command.word(entry);
    }
    if command.send(cx, COMMIT, Call::Erase).is_ok()
        && let Some(node) = &mut cx.state.node
    {
        node.erasing.due.drain(..count);
    }
}
