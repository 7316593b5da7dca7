//! Many nodes that are one chat: the journal that they share. `docs/cluster.md` describes it for
//! operators, and `docs/decisions/many-nodes.md` has the reasons.
//!
//! A fact is sent to the broker, comes back in the stream that all nodes read, and is applied and
//! told then. Its asker waits until it is back.

mod again;
mod answers;
mod asks;
mod begin;
mod behind;
mod broker;
mod changes;
mod entry;
mod entry_id;
mod fleeting;
mod gathering;
mod grounds;
mod late;
mod later;
mod newcomers;
mod purges;
mod read;
mod redis;
mod reports;
mod seal;
mod send;
mod socket_name;
mod spoken;
mod standing;
mod standings;
mod subjects;

use self::behind::Unmet;
use self::broker::BrokerKind;
use self::changes::Change;
use self::entry_id::EntryId;
use self::gathering::Gathering;
use self::grounds::Grounds;
use self::later::Later;
use self::purges::Sweep;
use self::reports::Unknown;
use self::seal::Senders;
use self::socket_name::{SocketName, StandIns};
use self::spoken::Spoken;
use self::standings::Standings;
use super::journal::{Journal, JournalStatus};
use super::request::{Asker, Reply};
use super::tell::Notice;
use super::{Chat, Cx, tell};
use mio_socketio::{Builder, SocketId};
use std::collections::VecDeque;
use std::rc::Rc;

pub(super) use asks::leave;
pub use broker::BrokerSettings;
pub(super) use entry::{read_text, text_of};
pub(super) use later::{keep, keep_command};
pub(super) use newcomers::hold_newcomer;
pub(super) use purges::look as look_for_purges;
pub use redis::RedisSettings;
pub use seal::ClusterSecret;
pub(super) use send::{enter, settle};

/// The settings of a node.
#[derive(Debug, Clone)]
pub struct Nodes {
    /// The broker of the chat.
    pub broker: BrokerSettings,
    /// The name of this node, which no other may have.
    pub name: String,
    /// The secret with which nodes sign what they tell each other; `None` if they do not.
    pub secret: Option<ClusterSecret>,
}

/// The links that a node has.
pub(super) fn links(builder: Builder<Chat>, nodes: &Nodes) -> Builder<Chat> {
    nodes.broker.links(builder, &nodes.name)
}

/// This server as a node.
#[derive(Debug)]
pub(in crate::chat) struct ThisNode {
    name: Rc<str>,
    /// Its name and this run of it; empty until the first client or link.
    home: Rc<str>,
    broker: BrokerKind,
    /// The names of its stream and of its channel, which are signed.
    stream: Rc<str>,
    channel: Rc<str>,
    /// The life of this node as the broker knows it: a new one begins after it was taken out.
    epoch: String,
    /// The next life, once the broker says that it has begun.
    next_epoch: String,
    /// The word with which the broker takes facts on this connection.
    fence: String,
    /// The word that takes its place once the broker says that the node may go on.
    next_fence: String,
    /// The broker has told it to ask for that life again, because it is not done with the one
    /// before.
    is_asked_again: bool,
    /// The broker has let it begin before.
    has_begun: bool,
    /// This node's people have to enter once more.
    enters_again: bool,
    /// Facts have been sent, and not been answered.
    is_sending: bool,
    phase: Phase,
    /// Fleeting facts that were published, and not been passed on yet.
    published: usize,
    /// The broker can be asked, and entries can be read.
    is_commit_up: bool,
    is_read_up: bool,
    /// The last room whose topic has been written again, after the broker had lost them.
    topics_upto: Rc<str>,
    /// The bans must be asked for, because the node begins.
    wants_bans: bool,
    /// The sequence number of the last fact.
    sequence: u64,
    /// Facts that have not come back, in their order.
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// The last entry up to which some of them are held.
    held_upto: EntryId,
    /// Requests that wait for facts that wait.
    later: Vec<Later>,
    /// Newcomers who wait until the node is whole, and the memory that they take.
    newcomers: newcomers::Held,
    /// Newcomers who waited are being let in.
    lets_in: bool,
    /// The last fact that was sent on this link.
    sent: u64,
    gathering: Gathering,
    /// The last entry that was read.
    place: EntryId,
    stand_ins: StandIns,
    /// The time since which the node is cut off, by the loop's clock, and whether people were told.
    cut_since_ms: Option<u64>,
    is_cut_told: bool,
    /// The time at which the link came up.
    up_since_ms: u64,
    /// Entries that were read, and those of them that were not understood.
    read: u64,
    unread: u64,
    secret: Option<ClusterSecret>,
    /// The seal number of the last fact that was signed.
    sealed: u64,
    /// The last of each node's signed facts that were read, and whether the file lacks that yet.
    senders: Senders,
    are_senders_new: bool,
    /// It was logged that entries are not signed.
    is_unsigned_told: bool,
    /// Another server has the name of this node.
    is_doubled: bool,
    /// It was logged that nothing can be appended.
    is_stuck: bool,
    /// The purge of the stream that runs.
    sweep: Option<Sweep>,
}

/// The progress of a node.
#[derive(Debug)]
enum Phase {
    /// The broker is away, or has not been asked yet.
    Away,
    /// The broker has been asked to let the node begin.
    Beginning,
    /// The people who are here, and the topics, are read in parts.
    Meeting { standings: Standings, is_first: bool, has_hole: bool },
    /// Earlier entries are read, up to this one. Then these are the people of other nodes, if the
    /// broker knows them.
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
    /// The name of that socket for all nodes.
    of: SocketName,
    text: String,
    attachments: Vec<Vec<u8>>,
    /// Its parts, if it is a message to a room.
    spoken: Option<Box<Spoken>>,
    is_message: bool,
    /// Somebody wants to come in.
    is_entering: bool,
    /// A person has gone.
    is_departing: bool,
    changes: Vec<Change>,
    /// The grounds on which it lets somebody in who was known before.
    grounds: Option<Box<Grounds>>,
    /// The node's own people enter once more, because it was taken out.
    is_again: bool,
    /// The broker has had it before: it is in the stream up to here, or not at all.
    had_upto: Option<EntryId>,
    /// The broker knows more about its person, which is in the stream up to here.
    known_upto: Option<EntryId>,
    /// It has not been sent, because an earlier one of its author is in that case.
    is_held: bool,
    /// In which expectations it did, and those of the time before.
    which: Unknown,
    unmet: Unmet,
    since_ms: u64,
}

impl Journal {
    fn node(&self) -> Option<&ThisNode> {
        match self {
            Self::Nodes(node) => Some(node),
            Self::Own => None,
        }
    }

    fn node_mut(&mut self) -> Option<&mut ThisNode> {
        match self {
            Self::Nodes(node) => Some(node),
            Self::Own => None,
        }
    }
}

impl ThisNode {
    pub(super) fn new(nodes: &Nodes) -> Self {
        let mut broker = BrokerKind::new(&nodes.broker);
        let (stream, channel) = (broker.get().stream().into(), broker.get().channel().into());
        Self {
            name: nodes.name.as_str().into(),
            home: Rc::default(),
            broker,
            stream,
            channel,
            epoch: String::new(),
            next_epoch: String::new(),
            fence: String::new(),
            next_fence: String::new(),
            is_asked_again: false,
            has_begun: false,
            enters_again: false,
            is_sending: false,
            phase: Phase::Away,
            published: 0,
            is_commit_up: false,
            is_read_up: false,
            topics_upto: Rc::default(),
            wants_bans: false,
            sequence: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            held_upto: EntryId::default(),
            later: Vec::new(),
            newcomers: newcomers::Held::default(),
            lets_in: false,
            sent: 0,
            gathering: Gathering::default(),
            place: EntryId::default(),
            stand_ins: StandIns::default(),
            cut_since_ms: None,
            is_cut_told: false,
            up_since_ms: 0,
            read: 0,
            unread: 0,
            secret: nodes.secret.clone(),
            sealed: 0,
            senders: Senders::default(),
            are_senders_new: false,
            is_unsigned_told: false,
            is_doubled: false,
            is_stuck: false,
            sweep: None,
        }
    }

    /// Whether the node takes people, and facts go out.
    pub(super) const fn is_whole(&self) -> bool {
        matches!(self.phase, Phase::Whole)
    }

    /// Whether entries are read.
    const fn reads(&self) -> bool {
        matches!(self.phase, Phase::CatchingUp { .. } | Phase::Whole)
    }

    /// Whether the broker has let it begin.
    const fn has_epoch(&self) -> bool {
        matches!(self.phase, Phase::Meeting { .. } | Phase::CatchingUp { .. } | Phase::Whole)
    }

    /// Its part of the metrics.
    pub(super) fn status(&self) -> JournalStatus {
        let waiting = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        let (read, unread) = (self.read, self.unread);
        JournalStatus { is_whole: self.is_whole(), waiting, read, unread }
    }

    /// The id by which all nodes know a person without a token.
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
        let spoken = self.spoken.as_ref().map_or(0, |spoken| spoken.bytes());
        let grounds = self.grounds.as_ref().map_or(0, |grounds| grounds.bytes());
        size_of::<Self>() + self.text.len() + attached + changes + spoken + grounds
    }
}

/// Tells everybody that this node is cut off, or no longer is; once each.
fn tell_cut(cx: &mut Cx<'_>, is_cut: bool) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    if std::mem::replace(&mut node.is_cut_told, is_cut) == is_cut {
        return;
    }
    tell::notice(cx, if is_cut { Notice::CutOff } else { Notice::Whole });
    if is_cut {
        tell_newcomers(cx);
    }
}

/// Tells those that they have to wait who wanted to come in before the node was cut off. They are
/// not in yet, so no notice reaches them.
fn tell_newcomers(cx: &mut Cx<'_>) {
    newcomers::tell_waiting(cx);
    let Some(node) = cx.state.journal.node_mut() else { return };
    let waiting = std::mem::take(&mut node.waiting);
    // Newcomers since then are told at once, and have no fact that waits.
    let earlier = waiting.iter().filter(|it| it.is_entering);
    for asker in earlier.filter_map(|it| it.asker.as_ref()) {
        if let Reply::By(interface, _) = asker.reply {
            interface.tell_sentence(cx, asker.socket, tell::WAITS);
        }
    }
    if let Some(node) = cx.state.journal.node_mut() {
        node.waiting = waiting;
    }
}
