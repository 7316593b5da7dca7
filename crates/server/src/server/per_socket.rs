//! An application's data about each socket.

use crate::base::{Attached, SocketId, kind};

/// Values for sockets, each found in constant time. A value stays until it is removed, so remove it
/// in the handler for the socket's departure.
///
/// ```
/// use mio_socketio::{PerSocket, Server};
///
/// let server = Server::<PerSocket<String>>::builder()
///     .namespace("/", |events| {
///         events.on("name", |cx, event| {
///             if let Ok(name) = event.args.get(0) {
///                 cx.state.insert(event.socket, name);
///             }
///         })
///     })
///     .build(PerSocket::default());
/// # let _ = server;
/// ```
#[derive(Debug)]
pub struct PerSocket<T>(Attached<kind::Socket, T>);

impl<T> Default for PerSocket<T> {
    fn default() -> Self {
        Self(Attached::default())
    }
}

impl<T> PerSocket<T> {
    /// Gives `socket` a value, and returns its earlier one.
    pub fn insert(&mut self, socket: SocketId, value: T) -> Option<T> {
        self.0.insert(socket, value)
    }

    /// Removes the value of `socket` and returns it; `None` if it has none.
    pub fn remove(&mut self, socket: SocketId) -> Option<T> {
        self.0.remove(socket)
    }

    /// The value of `socket`; `None` if it has none.
    pub fn get(&self, socket: SocketId) -> Option<&T> {
        self.0.get(socket)
    }

    /// The value of `socket`, to change; `None` if it has none.
    pub fn get_mut(&mut self, socket: SocketId) -> Option<&mut T> {
        self.0.get_mut(socket)
    }

    /// The sockets that have a value.
    pub fn sockets(&self) -> Vec<SocketId> {
        self.0.ids()
    }
}
