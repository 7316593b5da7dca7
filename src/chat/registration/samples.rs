//! One fact of each kind about registered people, for tests of their entries.

use super::{DeviceEnded, EndedDevice, LoggedIn, LoggedOut, Registered, RegistrationFact, Reset};
use crate::chat::fact::Fact;
use crate::chat::history::Token;
use mio_socketio::SocketId;
use std::rc::Rc;

/// The facts, of the person at `by`; the devices that end are one with a token and the one at
/// `other`.
pub(in crate::chat) fn samples(by: SocketId, other: SocketId) -> Vec<Fact<'static>> {
    let (id, old, new): (Rc<str>, Rc<str>, Rc<str>) = ("id".into(), "alice".into(), "al".into());
    let (rooms, nick) = (vec!["lobby".into()], old.clone());
    let registered =
        Registered { by, id: id.clone(), nick, hash: "hash", device: None, ignored: Vec::new() };
    let logged_in = LoggedIn {
        by,
        id: id.clone(),
        old: old.clone(),
        new: new.clone(),
        rooms: rooms.clone(),
        record: None,
        device: None,
    };
    let ended = Some(Token::of("secret"));
    let logged_out =
        LoggedOut { by, id: id.clone(), old, new, guest: 7, rooms, record: None, ended };
    let (with, without) = (EndedDevice::Token(Token::of("secret")), EndedDevice::Here(other));
    let ended = [(2, with), (3, without)].map(|(number, ended)| DeviceEnded { by, number, ended });
    let others = [
        RegistrationFact::Registered(registered),
        RegistrationFact::LoggedIn(logged_in),
        RegistrationFact::LoggedOut(logged_out),
        RegistrationFact::Reset(Reset { by, id, hash: Some("hash") }),
    ];
    let ended = ended.map(RegistrationFact::DeviceEnded);
    others.into_iter().chain(ended).map(Fact::Registration).collect()
}
