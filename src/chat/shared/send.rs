//! The way of facts to the broker: those of a turn go in one call, and wait until they
//! come back in the stream.

use super::asks::ask;
use super::behind::Unmet;
use super::broker::{Draft, Life};
use super::changes::{Change, changes};
use super::gathering::Wait;
use super::grounds::Grounds;
use super::reports::{Fields, Unknown};
use super::seal::{ClusterSecret, seal, seal_number, unseal};
use super::socket_name::SocketName;
use super::spoken::Spoken;
use super::standing::Standing;
use super::{ThisNode, Waiting, begin, entry, fleeting};
use crate::chat::fact::{Entered, Fact, NOBODY};
use crate::chat::refusal::Refusal;
use crate::chat::request::{Asker, Reply};
use crate::chat::{Cx, rooms, tell};
use crate::limits::{
    FACT_BYTES_MAX, FACTS_AHEAD_BYTES_MAX, FACTS_AHEAD_MAX, FACTS_WAITING_BYTES_MAX,
};
use mio_socketio::{CloseReason, Now, SocketId};
use std::rc::Rc;

/// Sends a fact on its way. Gives the asker back if no other node needs the fact, which must then
/// be applied here.
pub(in crate::chat) fn enter(cx: &mut Cx<'_>, asker: Asker, fact: &Fact<'_>) -> Option<Asker> {
    enter_after(cx, asker, fact, Unmet::default())
}

/// Sends a fact on its way, which the broker may have refused because it did not meet these
/// expectations.
pub(super) fn enter_after(
    cx: &mut Cx<'_>,
    asker: Asker,
    fact: &Fact<'_>,
    unmet: Unmet,
) -> Option<Asker> {
    let by = fact.by();
    begin::call_home(cx);
    fleeting::publish(cx, fact);
    let ts = cx.now().unix_ms.cast_signed();
    let Some(node) = cx.state.journal.node() else { return Some(asker) };
    let name = |socket| node.name_of(socket);
    let Some((text, attachments)) = entry::write(fact, ts, name) else { return Some(asker) };
    let attachments = attachments.to_vec();
    let mut changes = changes(cx.state, fact, |socket| rooms_of(cx, socket), name);
    let (is_entering, is_departing) =
        (matches!(fact, Fact::Entered(_)), matches!(fact, Fact::Departed(_)));
    no_longer_expect(&mut changes, &unmet, is_entering);
    let is_message = fact.is_message();
    // All of a node's people leave by one word when it ends.
    if is_departing && cx.state.stopping {
        return None;
    }
    let Some(node) = cx.state.journal.node() else { return Some(asker) };
    let attached: usize = attachments.iter().map(Vec::len).sum();
    let changed: usize = changes.iter().map(Change::bytes).sum();
    let bytes = text.len() + attached + changed;
    let (taken, is_far_ahead) = (node.takes(bytes), node.is_far_ahead());
    if let Err(refusal) = taken
        && !is_departing
        && !(is_entering && node.lets_in)
    {
        tell::refused(cx, asker, &refusal);
        if is_entering {
            cx.close(by, CloseReason::ServerFull);
        }
        return None;
    }
    // Their next request is decided once this has happened. Plain lines need not wait for each
    // other, because no decision depends on them.
    let is_answered = |reply: &Reply| match reply {
        Reply::By(interface, _) => interface.answers_posts(),
        Reply::Nothing => true,
    };
    let is_said = is_message && !is_answered(&asker.reply);
    if by != NOBODY && (!is_said || is_far_ahead) {
        cx.pause(by);
    }
    // The next newcomer here is another guest, though this one is not in yet.
    if let Fact::Entered(Entered { guest: Some(guest), .. }) = fact {
        cx.state.people.count_guest(*guest);
    }
    let kind = Kind { is_message, is_entering, is_departing, is_again: false };
    let (spoken, grounds) = (Spoken::of(fact, ts), Grounds::of(fact));
    let written = Written { text, attachments, spoken, grounds };
    push(cx, Some(asker), by, written, kind, (changes, unmet));
    None
}

/// Takes away expectations that the broker did not meet twice. Nobody comes in under two names,
/// though.
fn no_longer_expect(changes: &mut Vec<Change>, unmet: &Unmet, is_entering: bool) {
    changes.retain(|change| match change {
        Change::Devices { .. } => !unmet.twice.contains(change),
        Change::Same { .. } => is_entering || !unmet.twice.contains(change),
        _ => true,
    });
}

/// Enters once more a person who is here, because this node was taken out; perhaps after the broker
/// has refused that because it did not meet these expectations.
pub(super) fn enter_again(cx: &mut Cx<'_>, socket: SocketId, unmet: Unmet) {
    let ts = cx.now().unix_ms.cast_signed();
    let own_rooms = rooms::of(cx, socket);
    let Some(standing) = Standing::of(cx.state, socket, own_rooms) else { return };
    let fact = Fact::Entered(standing.enter(socket));
    let Some(node) = cx.state.journal.node() else { return };
    let name = |socket| node.name_of(socket);
    let Some((text, _)) = entry::write(&fact, ts, name) else { return };
    let mut changes = changes(cx.state, &fact, |socket| rooms_of(cx, socket), name);
    no_longer_expect(&mut changes, &unmet, true);
    // A person without a token has an id too.
    for change in &mut changes {
        if let Change::Free { id, .. } = change
            && id.is_empty()
        {
            *id = standing.id().into();
        }
    }
    cx.pause(socket);
    let kind = Kind { is_entering: true, is_again: true, ..Kind::default() };
    let grounds = Grounds::of(&fact);
    let written = Written { text, attachments: Vec::new(), spoken: None, grounds };
    push(cx, None, socket, written, kind, (changes, unmet));
}

/// The rooms that a device is in.
fn rooms_of(cx: &Cx<'_>, socket: SocketId) -> Vec<Rc<str>> {
    rooms::of_device(cx, socket).map(|room| cx.state.rooms.shared(room)).collect()
}

/// Sends a fact once more, because the broker refused it the first time and the reason was lost.
pub(super) fn push_as_it_is(cx: &mut Cx<'_>, waiting: Waiting) {
    let Waiting { asker, by, text, attachments, spoken, grounds, .. } = waiting;
    let (mut changes, unmet) = (waiting.changes, waiting.unmet);
    if let Some(node) = cx.state.journal.node() {
        for change in &mut changes {
            if let Change::Known { upto, .. } = change {
                *upto = node.place.to_string();
            }
        }
    }
    let Waiting { is_message, is_entering, is_departing, is_again, .. } = waiting;
    let kind = Kind { is_message, is_entering, is_departing, is_again };
    push(cx, asker, by, Written { text, attachments, spoken, grounds }, kind, (changes, unmet));
}

/// The kind of a waiting fact.
#[derive(Debug, Clone, Copy, Default)]
struct Kind {
    is_message: bool,
    is_entering: bool,
    is_departing: bool,
    is_again: bool,
}

/// A fact as it goes on its way.
struct Written {
    text: String,
    attachments: Vec<Vec<u8>>,
    spoken: Option<Box<Spoken>>,
    grounds: Option<Box<Grounds>>,
}

/// Adds a fact to those that wait.
fn push(
    cx: &mut Cx<'_>,
    asker: Option<Asker>,
    by: SocketId,
    written: Written,
    kind: Kind,
    (changes, unmet): (Vec<Change>, Unmet),
) {
    let since_ms = cx.now().ms;
    let Written { text, attachments, spoken, grounds } = written;
    let Kind { is_message, is_entering, is_departing, is_again } = kind;
    let Some(node) = cx.state.journal.node_mut() else { return };
    let of = node.name_of(by);
    let known_upto = node.later_than(by);
    node.sequence += 1;
    let waiting = Waiting {
        sequence: node.sequence,
        asker,
        by,
        of,
        text,
        attachments,
        spoken,
        grounds,
        is_message,
        is_entering,
        is_departing,
        is_again,
        had_upto: None,
        known_upto,
        is_held: known_upto.is_some(),
        which: Unknown::default(),
        unmet,
        changes,
        since_ms,
    };
    node.waiting_bytes += waiting.bytes();
    node.waiting.push_back(waiting);
}

/// The kind of thing that is signed.
const ENTRY: &str = "entry";

impl ThisNode {
    /// Whether an entry is what its node has sent, and no copy of an earlier one. Without a secret
    /// all are taken.
    pub(super) fn is_signed(&mut self, fields: &Fields<'_>) -> bool {
        let Some(secret) = &self.secret else { return true };
        let Fields { node, epoch, text, signature, .. } = fields;
        let Some((number, signature)) = unseal(signature) else { return false };
        let Ok(name) = std::str::from_utf8(node) else { return false };
        let (sequence, seal_number) = (fields.sequence.to_string(), number.to_string());
        let attachments = fields.attachments.iter().map(Vec::as_slice);
        let of = [self.stream.as_bytes(), node, epoch, sequence.as_bytes()];
        let parts = of.into_iter().chain([seal_number.as_bytes(), text]);
        let is_theirs = secret.has_signed(signature, ENTRY, parts.chain(attachments))
            && self.senders.is_next(name, number);
        self.are_senders_new |= is_theirs;
        is_theirs
    }

    /// The name of a socket for all nodes.
    pub(super) fn name_of(&self, socket: SocketId) -> SocketName {
        self.stand_ins.name(&self.home, socket)
    }

    /// Whether so much is on its way that a person who sends line after line must wait.
    fn is_far_ahead(&self) -> bool {
        self.waiting.len() >= FACTS_AHEAD_MAX || self.waiting_bytes >= FACTS_AHEAD_BYTES_MAX
    }

    /// How long facts wait, as a turn ends.
    fn wait(&mut self, clients: usize, now_ms: u64) -> Wait {
        let on_way = self.waiting.partition_point(|waiting| waiting.sequence <= self.sent);
        let wait = self.gathering.end_turn(clients, on_way, now_ms);
        if on_way == self.waiting.len() { Wait::No } else { wait }
    }

    /// Whether one more fact of this many bytes can wait.
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

/// A turn ends: facts go on their way.
pub(in crate::chat) fn settle(cx: &mut Cx<'_>) {
    if let Some(node) = cx.state.journal.node_mut()
        && std::mem::take(&mut node.are_senders_new)
    {
        cx.state.history.keep_senders(node.senders.write());
    }
    let (clients, now_ms) = (cx.clients(), cx.now().ms);
    let wait = cx.state.journal.node_mut().map(|node| node.wait(clients, now_ms));
    match wait.unwrap_or(Wait::No) {
        Wait::No => send_waiting(cx),
        Wait::UntilRead => (),
        Wait::UntilTold => cx.after(0, |_| ()),
    }
}

/// Sends waiting facts. One call is on its way at a time: if one fails, those after it must not be
/// appended before it.
pub(super) fn send_waiting(cx: &mut Cx<'_>) {
    let now = cx.now();
    ask(cx, |node, cx| send_next(node, cx, now));
}

/// Sends the next facts, as many as fit into one call. One that is sent again gets another seal
/// number.
fn send_next(node: &mut ThisNode, cx: &mut Cx<'_>, now: Now) {
    if !node.is_commit_up || node.is_sending || !node.is_whole() {
        return;
    }
    let from = node.waiting.partition_point(|waiting| waiting.sequence <= node.sent);
    if from == node.waiting.len() {
        return;
    }
    let ThisNode { broker, waiting, name, epoch, fence, secret, stream, .. } = node;
    let life = Life { node: name, epoch, fence };
    // Also if the clock has gone back meanwhile, even during a restart.
    let read = node.senders.last_of(name);
    let mut sealed = node.sealed.max(read).max(seal_number(now.unix_ms));
    let mut sign = |draft: &Draft<'_>| {
        sealed += 1;
        secret.as_ref().map_or_else(String::new, |secret| sign(secret, stream, life, draft, sealed))
    };
    // Facts that are held back are entered once more later.
    let next = || waiting.range(from..).filter(|waiting| !waiting.is_held);
    let mut drafts = next().map(Draft::of).peekable();
    if drafts.peek().is_none() {
        return;
    }
    let count = broker.get().append(cx, life, &mut drafts, &mut sign);
    if let Some(last) = count.checked_sub(1).and_then(|last| next().nth(last)) {
        (node.sent, node.is_sending, node.sealed) = (last.sequence, true, sealed);
        node.gathering.sent(now.ms);
    }
}

/// The signature of a fact with this seal number.
fn sign(
    secret: &ClusterSecret,
    stream: &str,
    Life { node, epoch, .. }: Life<'_>,
    draft: &Draft<'_>,
    number: u64,
) -> String {
    let (sequence, seal_number) = (draft.sequence.to_string(), number.to_string());
    let attachments = draft.attachments.iter().map(Vec::as_slice);
    let of = [stream, node, epoch, &*sequence, &*seal_number];
    let parts = of.into_iter().chain([draft.text]).map(str::as_bytes);
    seal(number, &secret.sign(ENTRY, parts.chain(attachments)))
}
