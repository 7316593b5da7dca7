//! Many nodes that are one chat: the journal in Redis. `docs/cluster.md` tells operators of it, and
//! `docs/decisions/many-nodes.md` why it is so.
//!
//! A fact is sent to Redis, comes back in the stream that all nodes read, and is applied and told
//! then. Its asker waits until it is back.

mod answers;
mod begin;
mod calls;
mod changes;
mod entry;
mod fleeting;
mod later;
mod purges;
mod read;
mod send;
mod socket_name;
mod standing;
mod standings;

use self::changes::Change;
use self::later::Later;
use self::purges::{Purging, Sweep};
use self::socket_name::StandIns;
use self::standings::Standings;
use super::request::Asker;
use super::tell::Notice;
use super::{Chat, Cx, tell};
use crate::limits::ENTRIES_PER_READ_MIN;
use mio_socketio::redis::Redis;
use mio_socketio::{Builder, SocketId};
use std::collections::VecDeque;
use std::rc::Rc;

pub(super) use calls::leave;
pub(super) use later::{keep, keep_command};
pub use purges::StartPurge;
pub(super) use purges::look as look_for_purges;
pub(super) use send::{enter, settle};

/// The link by which facts are sent.
const COMMIT: &str = "facts";
/// The link by which they are read.
const READ: &str = "stream";

/// How a node takes part.
#[derive(Debug, Clone)]
pub struct Nodes {
    /// Where Redis is.
    pub redis: Redis,
    /// What this node is called; no other may be.
    pub name: String,
    /// What the names of all keys begin with.
    pub prefix: String,
    /// How many entries the stream keeps at least, if they fit.
    pub keep: u64,
    /// Starts the process that purges this node's file as another node was told to.
    pub start_purge: StartPurge,
    /// How many bytes of memory the stream has about at most.
    pub keep_bytes: u64,
}

/// The links that a node has.
pub(super) fn links(builder: Builder<Chat>, nodes: &Nodes) -> Builder<Chat> {
    let redis = |link: &str| nodes.redis.clone().name(&format!("mio-chat-{}-{link}", nodes.name));
    builder
        .redis(COMMIT, redis(COMMIT), |link| {
            link.on_state(begin::commit_state).on_reply(answers::commit_reply)
        })
        .redis(READ, redis(READ), |link| {
            link.on_state(begin::read_state).on_reply(read::read_reply).on_push(fleeting::heard)
        })
}

/// This server as a node.
#[derive(Debug)]
pub(in crate::chat) struct ThisNode {
    name: Rc<str>,
    /// Its name and this run of it; empty until the first client or link.
    home: Rc<str>,
    keys: Keys,
    keep: String,
    keep_bytes: u64,
    /// The life of this node, as far as Redis knows it: another one after it was taken out.
    epoch: String,
    /// The next one, once Redis says that it has begun.
    next_epoch: String,
    /// Redis has told it to ask for that one again, as it is not done with the one before.
    is_asked_again: bool,
    /// Redis has let it begin before.
    has_begun: bool,
    /// This node's people have to enter once more.
    enters_again: bool,
    /// Facts have been sent, and not been answered.
    is_sending: bool,
    phase: Phase,
    /// Fleeting facts that were published, and not been passed on yet.
    published: usize,
    /// The links that are up.
    is_commit_up: bool,
    is_read_up: bool,
    /// Up to which room the topics have been written again, as Redis had lost them.
    topics_upto: Rc<str>,
    /// A question for entries is on its way.
    is_reading: bool,
    /// The bans must be asked for, because the node begins.
    wants_bans: bool,
    /// Entries that are asked for at once: more while they are short.
    reads_max: usize,
    /// The sequence number of the last fact.
    sequence: u64,
    /// Facts that have not come back, in their order.
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// What people want after something that waits.
    later: Vec<Later>,
    /// The last fact that was sent on this link.
    sent: u64,
    /// The last entry that was read.
    place: EntryId,
    stand_ins: StandIns,
    /// Since when the node is cut off, by the loop's clock, and whether people were told.
    cut_since_ms: Option<u64>,
    is_cut_told: bool,
    /// When the link came up.
    up_since_ms: u64,
    /// Entries that were not understood.
    unread: u64,
    /// Another server has the name of this node.
    is_doubled: bool,
    start_purge: StartPurge,
    /// The purge of the file that runs, and when one that has failed is tried again, by the loop's
    /// clock.
    purging: Option<Purging>,
    purges_again_ms: u64,
    /// The purge of the stream that runs.
    sweep: Option<Sweep>,
}

/// What a monitor is told of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodeStatus {
    /// It is connected with the chat's other nodes.
    pub(super) is_whole: bool,
    /// Facts that have not come back.
    pub(super) waiting: u64,
    /// Entries that were not understood.
    pub(super) unread: u64,
}

/// The names of the keys in Redis.
#[derive(Debug)]
struct Keys {
    facts: String,
    state: String,
    names: String,
    people: String,
    topics: String,
    bans: String,
    /// The channel of what nobody needs to know later.
    fleeting: String,
    nodes: String,
    leases: String,
    holds: String,
    /// The names of keys begin so that tell which posts were said.
    posted: String,
}

/// How far a node is.
#[derive(Debug)]
enum Phase {
    /// Redis is away, or has not been asked yet.
    Away,
    /// Redis has been asked to let the node begin.
    Beginning,
    /// It is read in parts who is here, and what the topics are.
    Meeting { standings: Standings, is_first: bool, has_hole: bool },
    /// What was said before is read, up to this entry. Then these are the people of other nodes, if
    /// Redis knows them.
    CatchingUp { upto: EntryId, standings: Option<Standings>, is_first: bool },
    /// All is as it should be.
    Whole,
}

/// A fact that has not come back.
#[derive(Debug)]
struct Waiting {
    sequence: u64,
    asker: Option<Asker>,
    by: SocketId,
    /// What all nodes call that socket.
    of: String,
    text: String,
    attachments: Vec<Vec<u8>>,
    is_message: bool,
    /// Somebody wants to come in.
    is_entering: bool,
    /// Somebody has gone.
    is_departing: bool,
    changes: Vec<Change>,
    /// The node's own people enter once more, as it was taken out.
    is_again: bool,
    /// Redis has had it before: it stands in the stream up to here, or not at all.
    had_upto: Option<EntryId>,
    since_ms: u64,
}

/// The id of an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct EntryId {
    number: u64,
    part: u64,
}

impl Keys {
    fn new(prefix: &str) -> Self {
        let key = |name| format!("{{{prefix}}}:{name}");
        Self {
            facts: key("facts"),
            state: key("state"),
            names: key("names"),
            people: key("people"),
            topics: key("topics"),
            bans: key("bans"),
            fleeting: key("fleeting"),
            nodes: key("nodes"),
            leases: key("leases"),
            holds: key("holds"),
            posted: key("posted"),
        }
    }

    /// Those that scripts are given.
    fn all(&self) -> [&str; 9] {
        let Self { facts, state, names, people, topics, nodes, leases, holds, bans, .. } = self;
        [facts, state, names, people, topics, nodes, leases, holds, bans]
    }
}

impl ThisNode {
    pub(super) fn new(nodes: &Nodes) -> Self {
        Self {
            name: nodes.name.as_str().into(),
            home: Rc::default(),
            keys: Keys::new(&nodes.prefix),
            keep: nodes.keep.to_string(),
            keep_bytes: nodes.keep_bytes,
            epoch: String::new(),
            next_epoch: String::new(),
            is_asked_again: false,
            has_begun: false,
            enters_again: false,
            is_sending: false,
            phase: Phase::Away,
            published: 0,
            is_commit_up: false,
            is_read_up: false,
            topics_upto: Rc::default(),
            is_reading: false,
            wants_bans: false,
            reads_max: ENTRIES_PER_READ_MIN,
            sequence: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            later: Vec::new(),
            sent: 0,
            place: EntryId::default(),
            stand_ins: StandIns::default(),
            cut_since_ms: None,
            is_cut_told: false,
            up_since_ms: 0,
            unread: 0,
            is_doubled: false,
            start_purge: nodes.start_purge,
            purging: None,
            purges_again_ms: 0,
            sweep: None,
        }
    }

    /// Whether people can be taken, and what is said goes out.
    pub(super) const fn is_whole(&self) -> bool {
        matches!(self.phase, Phase::Whole)
    }

    /// Whether entries are read.
    const fn reads(&self) -> bool {
        matches!(self.phase, Phase::CatchingUp { .. } | Phase::Whole)
    }

    /// Whether Redis has let it begin.
    const fn has_epoch(&self) -> bool {
        matches!(self.phase, Phase::Meeting { .. } | Phase::CatchingUp { .. } | Phase::Whole)
    }

    /// What a monitor is told of it.
    pub(super) fn status(&self) -> NodeStatus {
        let waiting = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        NodeStatus { is_whole: self.is_whole(), waiting, unread: self.unread }
    }

    /// By what all nodes know a person who has no token.
    pub(super) fn id_of(&self, socket: SocketId) -> Rc<str> {
        self.name_of(socket).to_string().into()
    }

    /// Takes a fact that has come back, or was refused, off those that wait.
    fn take(&mut self, sequence: u64) -> Option<Waiting> {
        let at = self.waiting.binary_search_by_key(&sequence, |waiting| waiting.sequence).ok()?;
        let waiting = self.waiting.remove(at)?;
        self.waiting_bytes -= waiting.bytes();
        Some(waiting)
    }
}

impl Waiting {
    fn bytes(&self) -> usize {
        let attached: usize = self.attachments.iter().map(Vec::len).sum();
        let changes: usize = self.changes.iter().map(Change::bytes).sum();
        size_of::<Self>() + self.text.len() + attached + changes
    }
}

impl EntryId {
    fn parse(id: &[u8]) -> Option<Self> {
        let (number, part) = std::str::from_utf8(id).ok()?.split_once('-')?;
        Some(Self { number: number.parse().ok()?, part: part.parse().ok()? })
    }

    /// The number of a message, if the entry is one.
    fn message(self) -> Option<i64> {
        i64::try_from(self.number).ok().filter(|_| self.part == 0)
    }
}

impl std::fmt::Display for EntryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.number, self.part)
    }
}

/// Has everybody know that this node is cut off, or no more; once each.
fn tell_cut(cx: &mut Cx<'_>, is_cut: bool) {
    let Some(node) = &mut cx.state.node else { return };
    if std::mem::replace(&mut node.is_cut_told, is_cut) == is_cut {
        return;
    }
    tell::notice(cx, if is_cut { Notice::CutOff } else { Notice::Whole });
}
