//! The interfaces of the chat: the faces that it has for different kinds of clients. Each has a
//! folder with everything that belongs to it alone: the requests that it takes in, the form in
//! which facts, answers and refusals are told, and its texts. None knows the others, and the rest
//! of the chat knows only the trait [`Interface`].

mod chat;
mod json_size;
mod lines;
mod root;
mod text;

use super::fact::{Fact, Stamp};
use super::mail::Mail;
use super::people::DeviceHere;
use super::recovery::Own;
use super::request::Form;
use super::tell::listing::Relisted;
use super::tell::{Change, Notice, Outcome};
use super::{Chat, Cx};
use chat::ChatInterface;
use chat::presence::Gathering;
use lines::LineInterface;
use lines::notices::Notices;
use mio_socketio::{Builder, Missed, SocketId};
use root::RootInterface;
use std::fmt::Debug;
use std::ops::Deref;
use std::rc::Rc;

/// All interfaces, in the order in which they are told of a fact.
const ALL: [&dyn Interface; 3] = [&LineInterface, &ChatInterface, &RootInterface];

/// An interface as it is kept for each device, in one byte.
#[derive(Debug, Clone, Copy)]
pub(super) enum KeptInterface {
    Lines,
    Chat,
    Root,
}

/// A face of the chat for one kind of client.
///
/// A newcomer comes in by `ask::ask` or `ask::enter` with [`Request::Enter`], which names the
/// interface. From then on the person has it, and everyone who has to tell them something asks it.
///
/// [`Request::Enter`]: super::request::Request::Enter
pub(super) trait Interface: Debug {
    /// Its name in the entries of a chat of many nodes, where it can never be changed.
    fn name(&self) -> &'static str;

    /// Itself as it is kept for each device.
    fn kept(&self) -> KeptInterface;

    /// Adds its handlers to a server.
    fn serve(&self, builder: Builder<Chat>) -> Builder<Chat>;

    /// The word for a device as a program, in lists of members and in logs.
    fn program(&self, device: &DeviceHere) -> &'static str;

    /// A device in a sentence to its own person, `a browser` for example.
    fn in_words(&self, device: &DeviceHere) -> &'static str;

    /// Whether its people are in one room at a time: to join a room is to leave another.
    fn has_one_room(&self) -> bool {
        false
    }

    /// Whether its people cannot be without the lobby: removed from there, they have to go.
    fn lives_in_lobby(&self) -> bool {
        false
    }

    /// Whether only the lobby is told when its people take another name. Otherwise all their rooms
    /// are told.
    fn renames_in_lobby(&self) -> bool {
        false
    }

    /// Whether the server warns its people when a name belongs to another person than before. The
    /// programs of other interfaces warn by themselves.
    fn needs_warnings(&self) -> bool {
        false
    }

    /// Whether its clients can come back as the same person. The id of others ends with their
    /// connection.
    fn comes_back(&self) -> bool {
        false
    }

    /// Whether its people can log in. Others cannot come in where only registered people speak.
    fn logs_in(&self) -> bool {
        true
    }

    /// Whether an author is answered. Without answers, a person need not wait until one message is
    /// in the journal before they send the next.
    fn answers_posts(&self) -> bool {
        true
    }

    /// Whether an outcome is told even to people who await no answer, after a disturbance.
    fn answers_unasked(&self) -> bool {
        false
    }

    /// Whether any of its people in a room would be told a message as text.
    fn is_heard_in(&self, cx: &mut Cx<'_>, room: &str) -> bool;

    /// Tells a fact to its people whom it concerns, except the device whose fact it is, and
    /// `ignorers`, the devices of people who ignore that person.
    fn tell(&self, cx: &mut Cx<'_>, stamp: Stamp, ignorers: &[SocketId], fact: &Fact<'_>);

    /// Tells its people in a room who has come, gone, or taken another name there, except the
    /// person themselves, who has a device at `about`. By default they are not told.
    fn tell_change(&self, _: &mut Cx<'_>, _room: &str, _about: SocketId, _: &Change) {}

    /// Tells everyone of rooms that they list otherwise than before. By default they are not told,
    /// because they keep no list.
    fn tell_relisted(&self, _: &mut Cx<'_>, _: &Relisted) {}

    /// Tells the device at `socket` what its person has done by another device. By default it is
    /// told nothing, because its people have one device.
    fn tell_own(&self, _: &mut Cx<'_>, _socket: SocketId, _: Stamp, _: &Fact<'_>) {}

    /// Shows the device at `socket` a room to which its person has come by another device. By
    /// default it is told nothing, because it is in a room of its own.
    fn tell_joined(&self, _: &mut Cx<'_>, _socket: SocketId, _room: &str) {}

    /// Tells the asker at `socket` the outcome of a request or a question.
    fn reply(&self, cx: &mut Cx<'_>, socket: SocketId, form: Form, outcome: Outcome<'_>);

    /// Tells its people a sentence of the server's. By default they have no event for it.
    fn notice(&self, _: &mut Cx<'_>, _: Notice) {}

    /// Tells one person a sentence of the server's. By default they have no event for it.
    fn tell_sentence(&self, _: &mut Cx<'_>, _socket: SocketId, _sentence: &str) {}

    /// Gives the person at `socket`, who has just come, the private messages that have waited for
    /// them. By default they are told nothing, because nobody is registered there.
    fn give(&self, _: &mut Cx<'_>, _socket: SocketId, _: Mail) {}

    /// Tells a person that their password can be read on its way. By default they are told nothing,
    /// because their program may have asked for it.
    fn tell_readable(&self, _: &mut Cx<'_>, _: SocketId) {}

    /// Goes on with a command that had to wait for the journal: see `journal::holds_command`.
    fn run(&self, _: &mut Cx<'_>, _: SocketId, _: &str) {}

    /// The namespace of Socket.IO whose clients it has.
    fn namespace(&self) -> Option<&'static str> {
        None
    }

    /// The events that a client of its [`namespace`](Self::namespace) has missed when it comes back
    /// by Socket.IO's own recovery, and after which message in each room; `None` if they are too
    /// many. `own` is the client's kept data.
    fn missed(
        &self,
        _: &mut Chat,
        _rooms: Vec<(Rc<str>, i64)>,
        _since: i64,
        _own: &mut Own,
    ) -> Option<Vec<Missed>> {
        None
    }
}

impl KeptInterface {
    /// The interface itself.
    pub(super) fn get(self) -> &'static dyn Interface {
        match self {
            Self::Lines => &LineInterface,
            Self::Chat => &ChatInterface,
            Self::Root => &RootInterface,
        }
    }
}

impl Deref for KeptInterface {
    type Target = dyn Interface;

    fn deref(&self) -> &Self::Target {
        self.get()
    }
}

/// The notes of the interfaces about one room.
#[derive(Debug, Default)]
pub(super) struct RoomNotes {
    lines: Notices,
    chat: Gathering,
}

/// All interfaces, in the order in which they are told of a fact.
pub(super) fn all() -> impl Iterator<Item = &'static dyn Interface> {
    ALL.into_iter()
}

/// The interface of this name.
pub(super) fn named(name: &str) -> Option<&'static dyn Interface> {
    all().find(|interface| interface.name() == name)
}

/// The interface whose clients are in this namespace of Socket.IO.
pub(super) fn of_namespace(name: &str) -> Option<&'static dyn Interface> {
    all().find(|interface| interface.namespace() == Some(name))
}

/// Whether people at any other interface than this one would be told a message in a room as text.
fn is_heard_elsewhere(cx: &mut Cx<'_>, here: &dyn Interface, room: &str) -> bool {
    let mut others = all().filter(|other| other.name() != here.name());
    others.any(|other| other.is_heard_in(cx, room))
}

/// Each interface by its name, for tests of the rest.
#[cfg(test)]
pub(super) mod each {
    pub(in crate::chat) use super::chat::ChatInterface;
    pub(in crate::chat) use super::lines::LineInterface;
    pub(in crate::chat) use super::root::RootInterface;
}
