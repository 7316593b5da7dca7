//! Generational ids: an index into a table and the number of the insertion that filled it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// The things that an [`Id`] names. Types without values: they only keep ids of different tables
/// apart.
pub mod kind {
    /// One TCP stream.
    #[derive(Debug)]
    pub enum Connection {}
    /// One client's conversation, over all connections that carry it.
    #[derive(Debug)]
    pub enum Session {}
    /// A session's seat in the hub.
    #[derive(Debug)]
    pub enum Socket {}
    /// A room of the hub.
    #[derive(Debug)]
    pub enum Room {}
}

/// Names a connection of `net`.
pub type ConnectionId = Id<kind::Connection>;
/// Names a session.
pub type SessionId = Id<kind::Session>;
/// Names a seat in the hub: an application's handle for a client.
pub type SocketId = Id<kind::Socket>;
/// Names a room of the hub.
pub type RoomId = Id<kind::Room>;

/// Names the account of an address. It is shorter than other ids, because every connection and
/// every session has one. It needs no generation, because an account in use is never forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountId(pub u32);

/// An index that does not match a later occupant of the same place.
pub struct Id<K> {
    index: u32,
    generation: u32,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// The id of place `index` as filled by insertion `generation`.
    pub const fn new(index: u32, generation: u32) -> Self {
        Self { index, generation, kind: PhantomData }
    }

    /// The place in its table.
    pub const fn index(self) -> usize {
        self.index as usize
    }

    /// The insertion that filled the place.
    pub const fn generation(self) -> u32 {
        self.generation
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && self.generation == other.generation
    }
}

impl<K> Eq for Id<K> {}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.index, self.generation).hash(state);
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.index, self.generation)
    }
}
