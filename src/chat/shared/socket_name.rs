//! The names of sockets for all nodes: a person is the socket at the node to which they are
//! connected.

use crate::chat::fact::NOBODY;
use mio_socketio::{PerSocket, SocketId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::str::FromStr;

/// A socket of a node, `a/5f3e.7.3` for example: the node's name and run, and the socket's name
/// there. It is never used again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::chat) struct SocketName {
    /// The node's name and run.
    home: Rc<str>,
    index: u32,
    generation: u32,
}

/// The sockets here that stand for visits of other nodes, and back.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    by_visit: HashMap<SocketName, SocketId>,
    by_socket: PerSocket<SocketName>,
}

impl SocketName {
    fn at(home: &Rc<str>, socket: SocketId) -> Self {
        let index = u32::try_from(socket.index()).unwrap_or(u32::MAX);
        Self { home: home.clone(), index, generation: socket.generation() }
    }

    /// The name of no socket.
    pub(super) fn nobody() -> Self {
        Self::at(&"-/0".into(), NOBODY)
    }

    /// Whether it is a socket of the node and run that `home` names.
    pub(super) fn is_of(&self, home: &str) -> bool {
        *self.home == *home
    }

    /// The name of the node.
    pub(super) fn node(&self) -> &str {
        self.home.split_once('/').map_or("", |(node, _)| node)
    }

    const fn socket(&self) -> SocketId {
        SocketId::new(self.index, self.generation)
    }
}

impl StandIns {
    /// The name for all nodes of a socket of this node, whose name and run is `home`.
    pub(super) fn name(&self, home: &Rc<str>, socket: SocketId) -> SocketName {
        self.by_socket.get(socket).cloned().unwrap_or_else(|| SocketName::at(home, socket))
    }

    /// The socket here for a name; `None` if it is another node's and has no stand-in.
    pub(super) fn socket(&self, home: &str, name: &SocketName) -> Option<SocketId> {
        match *name.home == *home {
            true => Some(name.socket()),
            false => self.by_visit.get(name).copied(),
        }
    }

    /// Makes a socket the stand-in for a name.
    pub(super) fn insert(&mut self, name: SocketName, socket: SocketId) {
        self.by_visit.insert(name.clone(), socket);
        self.by_socket.insert(socket, name);
    }

    /// Ends a stand-in; false if the socket is none.
    pub(super) fn remove(&mut self, socket: SocketId) -> bool {
        let name = self.by_socket.remove(socket);
        name.is_some_and(|name| self.by_visit.remove(&name).is_some())
    }

    /// All, in an order that is the same in each process.
    pub(super) fn all(&self) -> Vec<(SocketName, SocketId)> {
        let mut all: Vec<_> =
            self.by_visit.iter().map(|(it, socket)| (it.clone(), *socket)).collect();
        all.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        all
    }
}

impl fmt::Display for SocketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.home, self.index, self.generation)
    }
}

impl FromStr for SocketName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (home, generation) = text.rsplit_once('.')?;
            let (home, index) = home.rsplit_once('.')?;
            let (index, generation) = (index.parse().ok()?, generation.parse().ok()?);
            Some(Self { home: home.into(), index, generation })
                .filter(|name| !name.node().is_empty())
        };
        parse().ok_or("a name is NODE/RUN.INDEX.GENERATION")
    }
}

impl Serialize for SocketName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SocketName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_is_read_as_it_was_written() {
        for text in ["a/5f3e.7.3", "a.b/5f3e.0.4294967295"] {
            let name: SocketName = text.parse().expect("a name");
            assert_eq!(name.to_string(), text);
        }
        for text in ["", "a", "a/5f3e", "a/5f3e.7", "a/5f3e.7.x", "/5f3e.7.3", "7.3", "a.7.3"] {
            assert!(text.parse::<SocketName>().is_err(), "{text}");
        }
    }

    #[test]
    fn stand_ins_are_found_both_ways_and_own_sockets_are_themselves() {
        let (home, there): (Rc<str>, SocketName) =
            ("a/1".into(), "b/2.7.3".parse().expect("a name"));
        let (own, stand_in) = (SocketId::new(7, 3), SocketId::new(8, 1));
        let mut all = StandIns::default();
        all.insert(there.clone(), stand_in);
        assert_eq!(all.name(&home, own).to_string(), "a/1.7.3");
        assert_eq!(all.socket(&home, &all.name(&home, own)), Some(own));
        assert_eq!(all.name(&home, stand_in), there);
        assert_eq!((all.socket(&home, &there), there.node()), (Some(stand_in), "b"));
        // An earlier run of this node counts as another node.
        assert_eq!(all.socket("a/2", &all.name(&home, own)), None);
        assert!(all.remove(stand_in) && !all.remove(stand_in));
        assert_eq!(all.socket(&home, &there), None);
    }
}
