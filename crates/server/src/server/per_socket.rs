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

    /// The sockets that have a value, each with it, in no particular order.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::{PerSocket, Refused, Server};
    ///
    /// let server = Server::new(PerSocket::<String>::default(), |server| {
    ///     server.namespace("/", |events| {
    ///         events.on_args("name", |cx, event, name: String| {
    ///             if cx.state.iter().any(|(_, taken)| *taken == name) {
    ///                 return Err(Refused::new("this name is taken"));
    ///             }
    ///             cx.state.insert(event.socket, name);
    ///             Ok(())
    ///         })
    ///     })
    /// });
    /// # let _ = server;
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (SocketId, &T)> {
        self.0.iter()
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.0.iter().count()
    }

    /// Whether no socket has a value.
    pub fn is_empty(&self) -> bool {
        self.0.iter().next().is_none()
    }

    /// The sockets that have a value.
    pub fn sockets(&self) -> Vec<SocketId> {
        self.0.ids()
    }
}
