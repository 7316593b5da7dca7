//! The check that the tables of the people who are here agree with each other.

use super::{DeviceHere, People, Person, PersonKey};
use crate::chat::names;
use mio_socketio::SocketId;

impl People {
    /// All devices, each with its socket.
    pub(in crate::chat) fn iter(&self) -> impl Iterator<Item = (SocketId, &DeviceHere)> {
        self.by_socket.iter().map(|(socket, device)| (*socket, device))
    }

    /// Whether the tables by name and by token lead to everyone who is here, and to nobody else,
    /// and people and devices to each other.
    pub(in crate::chat) fn is_whole(&self) -> bool {
        let is_found = |(index, person): (usize, &Person)| {
            let key = u32::try_from(index).map(PersonKey).ok();
            let mut devices = person.devices.iter();
            names::nick_keys(&person.nick).all(|name| self.by_key.get(&name).copied() == key)
                && key.is_some_and(|key| {
                    self.tokens(key).all(|token| self.by_token.get(&token) == Some(&key))
                })
                && devices.all(|socket| self.key_of(socket) == key)
        };
        let is_owned =
            |(socket, _): (SocketId, &DeviceHere)| self.devices(socket).any(|own| own == socket);
        let mut known = self.by_key.values().chain(self.by_token.values());
        self.persons.iter().all(is_found)
            && self.iter().all(is_owned)
            && known.all(|key| self.person(*key).is_some())
    }
}
