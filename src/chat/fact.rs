//! Facts: events in the chat. A fact has everything that is needed to apply it and to tell it,
//! including the bytes of relayed payloads. Its text is borrowed from the request, so that it is
//! not copied on its way.

mod by;
mod own;
mod relayed;
pub(super) mod row;

use super::access::AccessFact;
pub(super) use super::access::InvitationUse;
use super::history::{Hook, KeptPerson, Order, Token};
use super::interfaces::Interface;
use super::order::{OrderFact, Unowned};
use super::people::{Client, Target};
use super::personal::PersonalFact;
use super::refusal::{Ending, Refusal};
use super::registration::RegistrationFact;
use super::rules::RulesFact;
use super::words::WordsFact;
use mio_socketio::{Address, Args, SocketId};
pub(super) use own::{ReadTarget, Remembered};
pub(super) use relayed::{Key, Relayed};
pub(super) use row::FactRow;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// An event in the chat.
#[derive(Debug)]
pub(super) enum Fact<'a> {
    Entered(Entered),
    /// A person has an id from now on. In the history it stands for them in private conversations.
    Identified {
        by: SocketId,
        id: Rc<str>,
    },
    Remembered(Remembered),
    /// A person will not be remembered after they have gone, for this reason.
    Passing {
        by: SocketId,
        why: Refusal,
    },
    /// A person has ended their token. In its place is the hash of a token that nobody has.
    Forgotten {
        by: SocketId,
        unknown: Token,
    },
    Said(Said<'a>),
    Whispered(Whispered<'a>),
    /// A private message was not sent: the name now belongs to somebody else, the person with this
    /// id, and the author was warned.
    Warned {
        by: SocketId,
        name: &'a str,
        id: Rc<str>,
    },
    Rules(RulesFact),
    Words(WordsFact<'a>),
    TopicSet(TopicSet<'a>),
    Renamed(Renamed),
    Joined(Joined),
    /// A person has left a room.
    Left {
        by: SocketId,
        nick: Rc<str>,
        room: Rc<str>,
    },
    Typing(Typing),
    /// A person has read a room or a conversation up to the message with this number.
    Read {
        by: SocketId,
        target: ReadTarget,
        id: i64,
    },
    /// A person types in namespace `/`. The clients there in a room get the event as it was sent.
    TypingRelayed {
        by: SocketId,
        room: Rc<str>,
        args: Args<'a>,
    },
    Departed(Departed),
    /// A person must go: they are banned.
    Expelled {
        by: SocketId,
        ending: Ending,
    },
    Personal(PersonalFact),
    Registration(RegistrationFact<'a>),
    Access(AccessFact),
    /// An operator has made a hook.
    HookMade {
        by: SocketId,
        hook: Hook,
    },
    /// An operator has removed a hook.
    HookRemoved {
        by: SocketId,
        hook: Hook,
    },
    Order(OrderFact<'a>),
    /// An operator has ordered something, at one node for all.
    Ordered(Order),
}

/// A socket that nobody has. It stands for the author of a fact that is nobody's, and for people
/// who have gone.
pub(super) const NOBODY: SocketId = SocketId::new(u32::MAX, u32::MAX);

/// The place of a fact in the order of facts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    /// The number of a message; 0 for anything else.
    pub(super) id: i64,
    /// Its time, in Unix milliseconds.
    pub(super) ts: i64,
    /// Its time, by the loop's clock.
    pub(super) ms: u64,
}

/// A person has come in, with their first device or with one more.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) by: SocketId,
    pub(super) nick: Rc<str>,
    /// The number of the guest, if the nick is a new guest's.
    pub(super) guest: Option<u64>,
    /// The rooms that the newcomer is in from now on, if they are not here already by another
    /// device: then it is in the rooms of that one.
    pub(super) rooms: Vec<Rc<str>>,
    pub(super) way: Way,
    /// The invitation that they use up, if they have shown one.
    pub(super) invitation: Option<InvitationUse>,
}

/// How a person has come in: by which interface, and what is known of them.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) interface: &'static dyn Interface,
    /// The id by which a person without a record was known before.
    pub(super) id: Option<Rc<str>>,
    /// The data of a person who may be remembered.
    pub(super) admitted: Option<Box<Admitted>>,
}

/// A person who has come in and may be remembered.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) record: KeptPerson,
    pub(super) client: Client,
    /// They were known before.
    pub(super) is_back: bool,
    /// They have a new token in place of the one that they have shown.
    pub(super) has_new_token: bool,
    /// They are kept in the file from now on.
    pub(super) is_first: bool,
    /// The reason if they will not be remembered after they have gone.
    pub(super) passing: Option<Refusal>,
    /// They have another nick than before.
    pub(super) is_renamed: bool,
    /// Tokens that are no longer valid.
    pub(super) ended: Vec<Token>,
    /// Rooms that the socket has left.
    pub(super) left: Vec<Rc<str>>,
    /// Rooms that the socket has not left; it has been sent the messages that it missed there.
    pub(super) known: Vec<Rc<str>>,
    /// The last message that they have seen: they are sent those after it.
    pub(super) since: Option<i64>,
    /// Set if they have come back by Socket.IO's own recovery: whether all missed messages have
    /// been sent.
    pub(super) recovered: Option<bool>,
}

/// A person has said something in a room.
#[derive(Debug)]
pub(super) struct Said<'a> {
    pub(super) by: SocketId,
    /// Their id in the history, if they can come back.
    pub(super) sender: Option<Rc<str>>,
    pub(super) nick: Rc<str>,
    pub(super) room: Rc<str>,
    /// It is an action (`/me`).
    pub(super) is_action: bool,
    pub(super) text: &'a str,
    pub(super) key: Option<Key<'a>>,
    /// The form for clients of namespace `/`, if it is not the text with its author's name.
    pub(super) relayed: Option<Relayed<'a>>,
}

/// A person has said something to one other person.
#[derive(Debug)]
pub(super) struct Whispered<'a> {
    pub(super) by: SocketId,
    pub(super) author: Party,
    /// A device of the reader; `None` if they are away, and get it when they come back.
    pub(super) to: Option<SocketId>,
    pub(super) reader: Party,
    /// The name by which the author has addressed the reader, if they used one.
    pub(super) called: Option<&'a str>,
    pub(super) is_action: bool,
    pub(super) text: &'a str,
    pub(super) key: Option<Key<'a>>,
    /// The reader knows another person by the author's name.
    pub(super) is_stranger: bool,
    /// The reader is away and registered: they get it whenever they come. A guest gets it only if
    /// they come back as the same person.
    pub(super) is_kept: bool,
    /// The address to which the message counts while it waits for a reader who is away.
    pub(super) from: Option<Address>,
}

/// A party to a private conversation, which has the same form in an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Party {
    pub(super) id: Rc<str>,
    pub(super) nick: Rc<str>,
    /// They can come back, and will then know the other party.
    pub(super) returns: bool,
}

/// A room has another topic, or none.
#[derive(Debug)]
pub(super) struct TopicSet<'a> {
    pub(super) by: SocketId,
    pub(super) nick: Rc<str>,
    pub(super) room: Rc<str>,
    pub(super) topic: Option<&'a str>,
}

/// A person has taken another name.
#[derive(Debug)]
pub(super) struct Renamed {
    pub(super) by: SocketId,
    pub(super) old: Rc<str>,
    pub(super) new: Rc<str>,
    /// The rooms that are told.
    pub(super) rooms: Vec<Rc<str>>,
}

/// A person has come to a room.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) by: SocketId,
    pub(super) nick: Rc<str>,
    /// The id of the person, if they are registered: the room may be theirs.
    pub(super) id: Option<Rc<str>>,
    pub(super) room: Rc<str>,
    /// The room that their device has left for it, at the line door.
    pub(super) from: Option<Rc<str>>,
    /// They are its first, and own it from now on.
    pub(super) owns: bool,
    /// They are its first and registered, and do not own it all the same.
    pub(super) unowned: Option<Unowned>,
}

/// A person types, or has stopped.
#[derive(Debug)]
pub(super) struct Typing {
    pub(super) by: SocketId,
    pub(super) nick: Rc<str>,
    /// The place where they have stopped.
    pub(super) ended: Option<Target>,
    /// The place where they type now.
    pub(super) target: Option<Target>,
    /// False if others were told a moment ago.
    pub(super) is_news: bool,
}

/// A device of a person has gone, and the person if it was the last one.
#[derive(Debug)]
pub(super) struct Departed {
    pub(super) by: SocketId,
    pub(super) nick: Rc<str>,
    /// The rooms that the device was in.
    pub(super) rooms: Vec<Rc<str>>,
    /// They may come back, and their name is kept for them.
    pub(super) returns: bool,
}

impl Way {
    /// A person of whom nothing is known.
    #[cfg(test)]
    pub(super) const fn unknown(interface: &'static dyn Interface) -> Self {
        Self { interface, id: None, admitted: None }
    }

    /// The id of the newcomer's person, who may be here by other devices; `None` for people who
    /// have one device.
    pub(super) fn of_a_person(&self) -> Option<&Rc<str>> {
        let record = self.admitted.as_ref().map(|admitted| &admitted.record.id);
        record.or_else(|| self.id.as_ref().filter(|_| !self.interface.comes_back()))
    }

    /// The id by which the newcomer is known already.
    pub(super) fn id(&self) -> Option<&Rc<str>> {
        let record = self.admitted.as_ref().map(|admitted| &admitted.record.id);
        record.or(self.id.as_ref())
    }

    /// Whether the newcomer's nick is held for them when they go.
    pub(super) fn returns(&self) -> bool {
        self.admitted.as_ref().is_some_and(|admitted| admitted.record.returns)
    }
}

impl Admitted {
    /// A person who is here already, as another node is told of them.
    pub(super) const fn here(record: KeptPerson, client: Client, since: Option<i64>) -> Self {
        Self {
            record,
            client,
            is_back: true,
            has_new_token: false,
            is_first: false,
            passing: None,
            is_renamed: false,
            ended: Vec::new(),
            left: Vec::new(),
            known: Vec::new(),
            since,
            recovered: None,
        }
    }

    /// Notes that they cannot be remembered after they have gone.
    pub(super) fn pass(&mut self, why: Refusal) {
        (self.record.is_known, self.record.returns) = (false, self.is_back);
        (self.is_first, self.passing) = (false, Some(why));
    }
}
