//! The broker: the program between the nodes, such as Redis. It puts the entries of all nodes into
//! one stream, keeps them for a while, and knows which nodes and people are here. This file has all
//! that nodes ask of a broker, and the promises that they rely on. `BrokerReport` has all that a
//! broker tells.
//!
//! Another broker is a folder beside `redis` with a value that implements [`Broker`], a variant of
//! [`BrokerKind`] and one of [`BrokerSettings`]. Nothing else in this folder knows which broker
//! there is.
//!
//! # The stream
//!
//! All nodes read the same entries in the same order. Each entry has a place, its [`EntryId`], and
//! places only go up. A message takes the next number and has part 0 of it, so its place is its
//! number. Any other entry has the next part of the number before it, which is 1 or more. If the
//! broker has lost its last moments, it goes on with a number that it has given to nobody: one
//! above all that it knows and all that [`Beginning`] tells, [`Beginning::clock`] among them.
//!
//! # One entry, one step
//!
//! To look at the expectations of a fact, to give its entry a place, and to make its changes is one
//! step: nobody sees a part of it, and nothing comes in between. Expectations are judged by the
//! tables as the entry before has left them, at whichever node that was. `NotAppended` has the
//! reasons to refuse a fact, in the order in which they are looked for. A refused fact leaves no
//! trace but its sequence number, and those after it are judged for themselves.
//!
//! A program without tables will do too, if it can append an entry on condition that a given one is
//! still the last. The broker's code at each node then computes the tables from the stream, judges
//! a fact by them, and judges it again if another entry came first. What the tables forget by a
//! clock has to be in entries then, or all nodes compute different tables.
//!
//! # The tables
//!
//! * [`Table::Names`] has the bearer of each name. By the key of a nick, it has
//!   `DEVICE|ID|UNTIL|NICK`: the device that bears the name, the id of its person, if it has one,
//!   and the time until which nobody else may have the name, or 0. The device is empty if the
//!   person has gone. By the key of a person, it has `DEVICES|ID|0|NICK`, with spaces between the
//!   devices.
//! * [`Table::People`] has each device that is here, in the form of `Standing::write`:
//!   `KEY|ONE|ROOMS|JSON`. The broker changes its rooms by the rules of `rooms`: where a person has
//!   several devices, those that may be in several rooms are in the same ones, and those that must
//!   be in one room go to the lobby, or else to the first of the person's other rooms. `Standings`
//!   has these rules in Rust, and applies them to the entries that a node reads as it begins. Each
//!   node applies an entry by them, so all three have to agree. Of the JSON the broker reads what
//!   it needs when a device goes: `names` has all keys in the table of names that are the
//!   device's, and if `returns` is true, names are held for the person with this `id` and `nick`.
//! * [`Table::Topics`] has topics by room.
//! * [`Table::Bans`] has the orders of bans, and those that lift them, by network or person:
//!   `PLACE UNTIL JSON`, with the place of the entry and the time at which the broker forgets it, 0
//!   for never. The JSON of an order that lifts a ban begins with `{"unban"`.
//!
//! Names of people who have gone, bans that are over, keys of messages and uses of invitations are
//! forgotten by the broker's own clock. Its tables have bounds, which are in `limits`.
//!
//! # Nodes
//!
//! A node is here while its lease lasts. When it is over, any other node that renews its own has
//! the broker take the node out: its facts are refused from then on, its people go, their names
//! are held for them or freed, and one last entry tells all of it. What a node sends counts only in
//! the [`Life`] that it has begun last, and on the connection on which it has.

use super::changes::Change;
use super::redis::{RedisBroker, RedisSettings};
use super::socket_name::SocketName;
use super::{EntryId, Waiting};
use crate::chat::fact::NOBODY;
use crate::chat::history::PurgeOrder;
use crate::chat::{Chat, Cx};
use mio_socketio::Builder;
use std::fmt::Debug;
use std::rc::Rc;

/// The broker of a node.
#[derive(Debug)]
pub(super) enum BrokerKind {
    Redis(RedisBroker),
}

/// The settings of a broker.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum BrokerSettings {
    /// Redis, or a server that speaks as it does.
    Redis(RedisSettings),
}

impl BrokerKind {
    pub(super) fn get(&mut self) -> &mut dyn Broker {
        match self {
            Self::Redis(broker) => broker,
        }
    }

    /// The broker, if it is Redis.
    pub(super) const fn redis(&mut self) -> Option<&mut RedisBroker> {
        match self {
            Self::Redis(broker) => Some(broker),
        }
    }

    /// The broker of these settings.
    pub(super) fn new(settings: &BrokerSettings) -> Self {
        match settings {
            BrokerSettings::Redis(redis) => Self::Redis(RedisBroker::new(redis)),
        }
    }
}

impl BrokerSettings {
    /// Adds the links that the node with this name has to its broker.
    pub(super) fn links(&self, builder: Builder<Chat>, node: &str) -> Builder<Chat> {
        match self {
            Self::Redis(redis) => redis.links(builder, node),
        }
    }
}

/// The ways in which a node uses its broker. Each function only sends: answers come later, as
/// `BrokerReport`s, in the order of the questions, but for those of `read`. While one is called,
/// nobody finds the node in the chat's state. If a connection is lost, the answers that were still
/// to come on it never come.
pub(super) trait Broker: Debug {
    /// The kind of broker, for the log: `redis`.
    fn kind(&self) -> &'static str;

    /// A name for the stream, the same for all nodes of the chat and different from that of any
    /// other chat at the same broker. It is signed with each entry.
    fn stream(&self) -> &str;

    /// Such a name for the channel on which fleeting facts are published.
    fn channel(&self) -> &str;

    /// Has this node begin, or go on after a connection was lost. Once it has begun, nothing is
    /// appended any more that it has sent before that, and that is still on its way.
    ///
    /// Answered by `BrokerReport::Begun` or `BrokerReport::NotBegun`.
    fn begin(&mut self, cx: &mut Cx<'_>, wish: &Beginning<'_>);

    /// Reads a part of a table: its beginning, or the rows after the part that ended with this
    /// cursor. Rows that stay while all parts are read are in one of them, or in several. All
    /// devices of a person are in one part together.
    ///
    /// Answered by `BrokerReport::Part`.
    fn part(&mut self, cx: &mut Cx<'_>, table: Table, after: Option<&str>);

    /// Asks for the place of the last entry. False if that cannot be sent.
    ///
    /// Answered by `BrokerReport::Last`.
    fn last(&mut self, cx: &mut Cx<'_>) -> bool;

    /// Gives back topics that the broker has lost. Those that it has are newer, and stay. With the
    /// last of them, it has all.
    ///
    /// Answered by `BrokerReport::TopicsWritten`, if these are not the last ones.
    fn write_topics(&mut self, cx: &mut Cx<'_>, topics: &[(Rc<str>, String)], is_last: bool);

    /// Renews the lease of this node, and does some of the work that is due: nodes whose lease is
    /// over are taken out, if `may_take_out`, and what has been begun of that goes on in any case;
    /// old entries, old rows, and the texts of deleted messages go.
    ///
    /// Answered by `BrokerReport::Renewed`.
    fn renew(&mut self, cx: &mut Cx<'_>, life: Life<'_>, may_take_out: bool);

    /// Appends facts in their order, each once: as many of them as fit into one call. Each is
    /// signed by `sign` just before it is sent. Returns their number, 0 if none can be sent. Until
    /// the answer, or a loss of the connection, it is not called again.
    ///
    /// Answered by `BrokerReport::Appended`, or by `BrokerReport::SendAgain`.
    fn append(
        &mut self,
        cx: &mut Cx<'_>,
        life: Life<'_>,
        drafts: &mut dyn Iterator<Item = Draft<'_>>,
        sign: &mut dyn FnMut(&Draft<'_>) -> String,
    ) -> usize;

    /// Asks for entries after this place, unless that has been asked and not been answered. If
    /// there are none yet, the broker waits for some.
    ///
    /// Answered by `read::entries`, after which the broker calls `read::read`, unless it gives
    /// nothing back.
    fn read(&mut self, cx: &mut Cx<'_>, after: EntryId);

    /// Passes a text on to all nodes that read, at once or never. False if it cannot be sent.
    ///
    /// Answered by `BrokerReport::Published`; each node gets a `BrokerReport::Heard`.
    fn publish(&mut self, cx: &mut Cx<'_>, text: &str) -> bool;

    /// Takes messages that are purged by this order, and their corrections, out of the stream: some
    /// of those between the two places, the second of which counts. The texts of entries tell which
    /// these are: `said`, `whispered` and `edited` in the form of `entry`. False if it cannot be
    /// sent.
    ///
    /// Answered by `BrokerReport::Swept`.
    fn sweep(&mut self, cx: &mut Cx<'_>, span: (EntryId, EntryId), order: &PurgeOrder) -> bool;

    /// This node ends, and is taken out, as if its lease were over. If that takes long, an entry
    /// asks the others to go on with it (`Fields::is_leaving`).
    fn leave(&mut self, cx: &mut Cx<'_>, life: Life<'_>);
}

/// A node, one of its lives, and one of its connections to the broker in that life. The broker
/// does nothing for a node with another epoch than that which has begun last, and appends nothing
/// with another fence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life<'n> {
    pub(super) node: &'n str,
    pub(super) epoch: &'n str,
    pub(super) fence: &'n str,
}

/// The wish of a node to begin.
#[derive(Debug)]
pub(super) struct Beginning<'n> {
    pub(super) node: &'n str,
    /// The epoch that it has had, with which it goes on if it was not taken out; empty at first.
    pub(super) epoch: &'n str,
    /// The epoch that it gets otherwise.
    pub(super) next_epoch: &'n str,
    /// The fence of what it sends from here on.
    pub(super) next_fence: &'n str,
    /// It was told `NotBegun::Again`.
    pub(super) is_asked_again: bool,
    /// Another server was found to have its name.
    pub(super) is_doubled: bool,
    /// The name of its history; empty if that has nothing yet.
    pub(super) history: &'n str,
    /// The name for the history of a chat that begins with this node.
    pub(super) fresh: &'n str,
    /// The highest number of a message that it knows.
    pub(super) known: i64,
    /// A number made of its clock, higher than that of any message.
    pub(super) clock: i64,
    /// The last entry that it has read.
    pub(super) place: EntryId,
}

/// A table of the broker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Table {
    Names,
    #[default]
    People,
    Topics,
    Bans,
}

impl Table {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::People => "people",
            Self::Topics => "topics",
            Self::Bans => "bans",
        }
    }
}

/// A fact on its way to the broker.
#[derive(Debug)]
pub(super) struct Draft<'w> {
    /// The place of the fact among those of its node's life.
    pub(super) sequence: u64,
    /// Its device.
    pub(super) of: &'w SocketName,
    /// The device need not be here.
    pub(super) may_be_away: bool,
    /// It is a message, and takes a number.
    pub(super) is_message: bool,
    pub(super) text: &'w str,
    pub(super) attachments: &'w [Vec<u8>],
    /// Its expectations and changes.
    pub(super) changes: &'w [Change],
    /// Bytes that it takes, about.
    pub(super) bytes: usize,
}

impl<'w> Draft<'w> {
    pub(super) fn of(waiting: &'w Waiting) -> Self {
        let Waiting { sequence, of, text, attachments, changes, is_message, .. } = waiting;
        Self {
            sequence: *sequence,
            of,
            // An operator's order belongs to no person.
            may_be_away: waiting.is_entering || waiting.by == NOBODY,
            is_message: *is_message,
            text,
            attachments,
            changes,
            bytes: waiting.bytes(),
        }
    }
}
