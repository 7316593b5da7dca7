//! The reports of a broker, and the parts of this folder that deal with each.

use super::{EntryId, answers, asks, begin, fleeting, newcomers, purges};
use crate::chat::Cx;
use std::rc::Rc;

/// A report of the broker. Entries are told by `read::entries`.
#[derive(Debug)]
pub(super) enum BrokerReport<'r> {
    /// The broker can be asked from now on, or no longer: all functions of `Broker` but `read`.
    Asked(bool),
    /// Entries can be read from now on, or no longer. Fleeting facts are heard with them.
    Read(bool),
    Begun(Beginnings),
    NotBegun(NotBegun),
    Part(Rows),
    Last(EntryId),
    TopicsWritten,
    Renewed(Renewal),
    Appended(Appending),
    /// The last facts have to be sent again. None of them was looked at.
    SendAgain,
    /// A text was passed on, or was lost.
    Published,
    /// A text that a node has published, maybe this one.
    Heard(&'r [u8]),
    /// A part of the stream was swept; `None` if it could not be.
    Swept(Option<Swept>),
    /// The broker has refused something that it should do. The node is cut off, and tries again in
    /// a moment.
    Failed,
}

/// The broker reports something.
pub(super) fn report(cx: &mut Cx<'_>, report: BrokerReport<'_>) {
    match report {
        BrokerReport::Asked(is_up) => begin::can_ask(cx, is_up),
        BrokerReport::Read(is_up) => begin::can_read(cx, is_up),
        BrokerReport::Begun(begun) => begin::begun(cx, &begun),
        BrokerReport::NotBegun(why) => begin::not_begun(cx, why),
        BrokerReport::Part(rows) => begin::part(cx, rows),
        BrokerReport::Last(last) => newcomers::told_last(cx, last),
        BrokerReport::TopicsWritten => asks::write_more_topics(cx),
        BrokerReport::Renewed(renewal) => answers::renewed(cx, renewal),
        BrokerReport::Appended(outcome) => answers::appended(cx, outcome),
        BrokerReport::SendAgain => answers::send_again(cx),
        BrokerReport::Published => fleeting::published(cx),
        BrokerReport::Heard(text) => fleeting::heard(cx, text),
        BrokerReport::Swept(swept) => purges::swept(cx, swept),
        BrokerReport::Failed => answers::cut_for_now(cx),
    }
}

/// The kind of beginning that a node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// With the epoch that it has had: its people are still here.
    GoesOn,
    /// With the next epoch: its people are not here.
    Afresh,
    /// As the first node of a chat that the broker has not known.
    First,
}

/// A node has begun.
#[derive(Debug)]
pub(super) struct Beginnings {
    pub(super) start: Start,
    /// The name of the chat's history.
    pub(super) history: String,
    /// The last entry, the one before which the node is not whole.
    pub(super) last: EntryId,
    /// The first entry that the stream still has; `None` if it is empty.
    pub(super) first: Option<EntryId>,
    /// The broker has all topics.
    pub(super) has_topics: bool,
    /// The broker has lost entries that the node has read.
    pub(super) has_lost: bool,
}

/// The reason why a node does not begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotBegun {
    /// Some people of its life before are still to be taken out. It asks at once once more, with
    /// the same next epoch.
    Again,
    /// Another server with its name is alive, or has begun meanwhile.
    Doubled,
    /// No entry can follow the last one, which is a stranger's and has this place.
    Stuck(String),
    /// The stream no longer has entries that it has not read and that each file must have
    /// (`Change::Mark`).
    Lacks,
    /// The chat has the history of this name.
    OtherHistory(String),
}

/// A part of a table.
#[derive(Debug)]
pub(super) struct Rows {
    /// The last entry at the moment at which the part was read: it knows of no later one.
    pub(super) at: EntryId,
    /// The cursor for the next part; `None` after the last one.
    pub(super) next: Option<String>,
    /// Keys and values.
    pub(super) rows: Vec<(String, String)>,
    /// The last entry that lifted a ban of which the broker knows nothing any more.
    pub(super) swept: String,
}

/// The outcome of a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewal {
    Done,
    /// There is more to do at once.
    More,
    /// This node has been taken out itself.
    TakenOut,
    /// Another server has its name.
    Doubled,
}

/// The outcome of an attempt to append facts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Appending {
    /// All facts are in the stream but these, each with its sequence number.
    Done(Vec<(Option<u64>, NotAppended)>),
    /// None was looked at, because this node has been taken out,
    TakenOut,
    /// or another server has its name,
    Doubled,
    /// or it has begun with another fence.
    Stale,
}

/// The reason why a fact is not appended, in the order in which reasons are looked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotAppended {
    /// It was sent before in this life of its node: it is in the stream up to this place, or was
    /// refused then.
    Had(Option<EntryId>),
    /// Its device is not here.
    Gone,
    /// The broker knows more of its person, up to this place: one more device, or another nick
    /// (`Change::Same`, `Change::Devices`); or of a deed on which it depends (`Change::Known`). For
    /// the latter, later facts of the same device in the same call are refused too.
    Behind(EntryId, Unknown),
    /// Somebody else bears the name, or it is held for them (`Change::Free`).
    Borne { nick: Rc<str>, is_held: bool },
    /// The invitation has no use left (`Change::Use`).
    Spent,
    /// The message with this number was said under the same key (`Change::Once`).
    Said(i64),
    /// Nothing can be appended, for this reason. No fact after this one is in the stream, and this
    /// one only if the broker counts it as sent: then it comes back, or is [`Had`](Self::Had).
    Stuck(String),
}

/// The gaps in what a node knew when it sent a fact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Unknown {
    pub(super) nick: bool,
    pub(super) device: bool,
    pub(super) deed: bool,
}

/// An entry of the stream.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) place: EntryId,
    /// `None` if no node can have written it.
    pub(super) fields: Option<Fields<'a>>,
}

/// The fields of an entry.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) node: &'a [u8],
    pub(super) epoch: &'a [u8],
    pub(super) sequence: u64,
    pub(super) text: &'a [u8],
    pub(super) attachments: Vec<Vec<u8>>,
    pub(super) signature: &'a [u8],
    /// The node was taken out.
    pub(super) is_out: bool,
    /// The node ends, and others have to take it out.
    pub(super) is_leaving: bool,
}

/// A part of the stream was swept.
#[derive(Debug)]
pub(super) struct Swept {
    /// The last entry that was examined; `None` if there are no more.
    pub(super) last: Option<EntryId>,
    /// Entries that were taken out.
    pub(super) count: i64,
}
