//! Facts about registered people.

use crate::chat::fact::FactRow;
use crate::chat::fact::row::{Depends, EndsTyping, KeptFirst, MustBeKnown, OwnDevices, Takes};
use crate::chat::history::{Device, KeptPerson, Token};
use crate::chat::people::Ignored;
use mio_socketio::SocketId;
use std::rc::Rc;

/// Something about a registered person has happened.
#[derive(Debug)]
pub(in crate::chat) enum RegistrationFact<'a> {
    Registered(Registered<'a>),
    LoggedIn(LoggedIn),
    LoggedOut(LoggedOut),
    DeviceEnded(DeviceEnded),
    Reset(Reset<'a>),
}

/// A person has their nick for good.
#[derive(Debug)]
pub(in crate::chat) struct Registered<'a> {
    pub(in crate::chat) by: SocketId,
    /// Their id from now on.
    pub(in crate::chat) id: Rc<str>,
    pub(in crate::chat) nick: Rc<str>,
    /// The hash of their password.
    pub(in crate::chat) hash: &'a str,
    /// Their program, if it has a token.
    pub(in crate::chat) device: Option<Device>,
    /// The people whom they ignore.
    pub(in crate::chat) ignored: Vec<Ignored>,
}

/// A device is that of a registered person from now on, who may be here already by others.
#[derive(Debug)]
pub(in crate::chat) struct LoggedIn {
    pub(in crate::chat) by: SocketId,
    /// The id of the registered person.
    pub(in crate::chat) id: Rc<str>,
    pub(in crate::chat) old: Rc<str>,
    pub(in crate::chat) new: Rc<str>,
    /// The rooms that the device is in.
    pub(in crate::chat) rooms: Vec<Rc<str>>,
    /// Their record, if they can come back.
    pub(in crate::chat) record: Option<Box<KeptPerson>>,
    /// Their program, if it has a token.
    pub(in crate::chat) device: Option<Device>,
}

/// A device of a registered person is that of a guest from now on.
#[derive(Debug)]
pub(in crate::chat) struct LoggedOut {
    pub(in crate::chat) by: SocketId,
    /// The id of the guest.
    pub(in crate::chat) id: Rc<str>,
    pub(in crate::chat) old: Rc<str>,
    pub(in crate::chat) new: Rc<str>,
    /// The guest's number.
    pub(in crate::chat) guest: u64,
    /// The rooms that the device is in.
    pub(in crate::chat) rooms: Vec<Rc<str>>,
    /// The guest's record, if they can come back.
    pub(in crate::chat) record: Option<Box<KeptPerson>>,
    /// The token of their device, which ends.
    pub(in crate::chat) ended: Option<Token>,
}

/// A person has ended a device of theirs.
#[derive(Debug)]
pub(in crate::chat) struct DeviceEnded {
    pub(in crate::chat) by: SocketId,
    /// Its number in their list.
    pub(in crate::chat) number: i64,
    pub(in crate::chat) ended: EndedDevice,
}

/// An operator has given a registered person another password, or has forgotten them. All their
/// devices end.
#[derive(Debug)]
pub(in crate::chat) struct Reset<'a> {
    /// Nobody's socket.
    pub(in crate::chat) by: SocketId,
    /// The person's id.
    pub(in crate::chat) id: Rc<str>,
    /// The hash of the password; `None` if they are forgotten.
    pub(in crate::chat) hash: Option<&'a str>,
}

impl Reset<'_> {
    /// The sentence for the person, at each of their devices.
    pub(in crate::chat) const fn sentence(&self) -> &'static str {
        match self.hash {
            Some(_) => "an operator has given you another password: log in with it",
            None => "an operator has ended your registration: your name is free",
        }
    }

    /// Whether a device is closed. A netcat, which has no token, becomes a guest's if its person is
    /// forgotten.
    pub(in crate::chat) const fn closes(&self, has_token: bool) -> bool {
        self.hash.is_some() || has_token
    }
}

/// A device that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum EndedDevice {
    /// That of a registered person which has this token, in all its windows.
    Token(Token),
    /// One that is here.
    Here(SocketId),
}

impl RegistrationFact<'_> {
    /// The device of the person whose fact it is.
    pub(in crate::chat) const fn by(&self) -> SocketId {
        match self {
            Self::Registered(Registered { by, .. })
            | Self::LoggedIn(LoggedIn { by, .. })
            | Self::LoggedOut(LoggedOut { by, .. })
            | Self::DeviceEnded(DeviceEnded { by, .. })
            | Self::Reset(Reset { by, .. }) => *by,
        }
    }

    /// The row in the table of facts.
    pub(in crate::chat) fn row(&self) -> FactRow<'_> {
        let plain = FactRow::PLAIN;
        match self {
            Self::Registered(registered) => FactRow {
                kept: KeptFirst::Must,
                must_be_known: MustBeKnown::Yes,
                depends: Depends::Name(&registered.nick),
                takes: Takes::Account(registered),
                own: OwnDevices::Told,
                ..plain
            },
            Self::LoggedIn(logged_in) => FactRow {
                depends: Depends::Person(&logged_in.id),
                own: OwnDevices::Meet(logged_in),
                ends: EndsTyping::Everywhere,
                ..plain
            },
            Self::LoggedOut(_) => {
                FactRow { takes: Takes::Author, ends: EndsTyping::Everywhere, ..plain }
            }
            Self::DeviceEnded(DeviceEnded { ended, .. }) => {
                let kept = match ended {
                    EndedDevice::Token(_) => KeptFirst::Must,
                    EndedDevice::Here(_) => KeptFirst::No,
                };
                FactRow { kept, takes: Takes::Author, ..plain }
            }
            // An operator has done it at the file. A node that had not read it would let in a thief
            // by the old password.
            Self::Reset(Reset { id, .. }) => {
                let takes = Takes::Person(id);
                FactRow { must_be_known: MustBeKnown::Yes, takes, ..plain }
            }
        }
    }
}
