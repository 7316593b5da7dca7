//! The check that the tables of the people who are here agree with each other.

use super::{People, Person};
use crate::chat::names;
use mio_socketio::SocketId;

impl People {
    /// Everyone, each with their socket.
    pub(in crate::chat) fn iter(&self) -> impl Iterator<Item = (SocketId, &Person)> {
        self.by_socket.sockets().into_iter().filter_map(|id| Some((id, self.by_socket.get(id)?)))
    }

    /// Whether the tables by name and by token lead to everyone who is here, and to nobody else.
    pub(in crate::chat) fn is_whole(&self) -> bool {
        let is_found = |(socket, person): (SocketId, &Person)| {
            let token = person.visit().map(|visit| visit.record.token);
            names::nick_keys(&person.nick).all(|key| self.by_key.get(&key) == Some(&socket))
                && token.is_none_or(|token| self.by_token.get(&token) == Some(&socket))
        };
        let mut known = self.by_key.values().chain(self.by_token.values());
        self.iter().all(is_found) && known.all(|socket| self.by_socket.get(*socket).is_some())
    }
}
