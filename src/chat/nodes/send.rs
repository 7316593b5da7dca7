//! The way of facts to Redis: those of a turn go in one call of a script, and wait until they come
//! back in the stream.

use super::calls::{Call, Command, append, sha1};
use super::changes::{Change, changes};
use super::socket_name::SocketName;
use super::standing::Standing;
use super::{COMMIT, Phase, ThisNode, Waiting, begin, entry};
use crate::chat::fact::{Entered, Fact};
use crate::chat::refusal::Refusal;
use crate::chat::request::Asker;
use crate::chat::{Cx, rooms, tell};
use crate::limits::{FACT_BYTES_MAX, FACTS_PER_CALL_MAX, FACTS_WAITING_BYTES_MAX, NICK_HELD_MS};
use mio_socketio::SocketId;

/// Enters a fact: it is on its way from here on. False if it is of no concern to other nodes, and
/// applied here.
pub(in crate::chat) fn enter(cx: &mut Cx<'_>, asker: Asker, fact: &Fact<'_>) -> Option<Asker> {
    let by = fact.by();
    begin::call_home(cx);
    let ts = cx.now().unix_ms.cast_signed();
    let own_rooms = rooms::of(cx, by);
    let Some(node) = &cx.state.node else { return Some(asker) };
    let name = |socket| node.name_of(socket);
    let Some((text, attachments)) = entry::write(fact, ts, name) else { return Some(asker) };
    let attachments = attachments.to_vec();
    let changes = changes(cx.state, fact, own_rooms, name);
    let is_message = fact.is_message();
    let (taken, is_whole) = (node.takes(text.len()), node.is_whole());
    if let Err(refusal) = taken {
        tell::refused(cx, asker, &refusal);
        return None;
    }
    if !is_whole && matches!(fact, Fact::Entered(_)) {
        tell::waits(cx, &asker);
    }
    // What they want next is decided once this has happened.
    cx.pause(by);
    // The next newcomer here is another guest, though this one is not in yet.
    if let Fact::Entered(Entered { guest: Some(guest), .. }) = fact {
        cx.state.people.count_guest(*guest);
    }
    let (asker, is_entering) = (Some(asker), matches!(fact, Fact::Entered(_)));
    let of = (is_message, is_entering, false);
    push(cx, asker, by, (text, attachments), of, changes);
    None
}

/// Enters once more somebody who is here, since this node was taken out.
pub(super) fn enter_again(cx: &mut Cx<'_>, socket: SocketId) {
    let ts = cx.now().unix_ms.cast_signed();
    let own_rooms = rooms::of(cx, socket);
    let Some(standing) = Standing::of(cx.state, socket, own_rooms) else { return };
    let fact = Fact::Entered(standing.enter(socket));
    let Some(node) = &cx.state.node else { return };
    let name = |socket| node.name_of(socket);
    let Some((text, _)) = entry::write(&fact, ts, name) else { return };
    let mut changes = changes(cx.state, &fact, Vec::new(), name);
    // Who has no token is known by an id all the same.
    for change in &mut changes {
        if let Change::Free { id, .. } = change
            && id.is_empty()
        {
            *id = standing.id().into();
        }
    }
    cx.pause(socket);
    push(cx, None, socket, (text, Vec::new()), (false, true, true), changes);
}

/// Has a fact wait: its text and what is attached, and whether it is a message, somebody's coming
/// in, and their coming in once more.
fn push(
    cx: &mut Cx<'_>,
    asker: Option<Asker>,
    by: SocketId,
    (text, attachments): (String, Vec<Vec<u8>>),
    (is_message, is_entering, is_again): (bool, bool, bool),
    changes: Vec<Change>,
) {
    let since_ms = cx.now().ms;
    let Some(node) = &mut cx.state.node else { return };
    let of = node.name_of(by).to_string();
    node.sequence += 1;
    let waiting = Waiting {
        sequence: node.sequence,
        asker,
        by,
        of,
        text,
        attachments,
        is_message,
        is_entering,
        is_again,
        changes,
        since_ms,
    };
    node.waiting_bytes += waiting.bytes();
    node.waiting.push_back(waiting);
}

impl ThisNode {
    /// What all nodes call a socket.
    pub(super) fn name_of(&self, socket: SocketId) -> SocketName {
        self.stand_ins.name(&self.home, socket)
    }

    /// Whether one more fact of so many bytes can wait.
    fn takes(&self, bytes: usize) -> Result<(), Refusal> {
        if bytes > FACT_BYTES_MAX {
            return Err(Refusal::TooLongForNodes);
        }
        match self.waiting_bytes + bytes > FACTS_WAITING_BYTES_MAX {
            true => Err(Refusal::CutOff),
            false => Ok(()),
        }
    }
}

/// Sends what waits, at the end of a turn.
pub(in crate::chat) fn settle(cx: &mut Cx<'_>) {
    while let Some((command, last)) = cx.state.node.as_deref().and_then(next_call) {
        // What there is no room for goes out when some of what was sent has been answered.
        if command.send(cx, COMMIT, Call::Commit).is_err() {
            return;
        }
        if let Some(node) = &mut cx.state.node {
            node.sent = last;
        }
    }
}

/// The next call of the script that appends facts, and the last fact in it; `None` if there is
/// nothing to be sent now.
fn next_call(node: &ThisNode) -> Option<(Command, u64)> {
    if !node.is_commit_up || !matches!(node.phase, Phase::Whole) {
        return None;
    }
    let from = node.waiting.partition_point(|waiting| waiting.sequence <= node.sent);
    let mut last = node.waiting.get(from)?.sequence;
    let mut call = Command::call("EVALSHA", &sha1(&append()), &node.keys.of_append());
    call.word(&node.name).word(&node.epoch).word(&node.keep).word(NICK_HELD_MS);
    for waiting in node.waiting.iter().skip(from).take(FACTS_PER_CALL_MAX) {
        call.fact(waiting);
        last = waiting.sequence;
        if call.bytes >= FACT_BYTES_MAX {
            break;
        }
    }
    Some((call, last))
}
