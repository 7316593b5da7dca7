//! What an application counts against its clients, and how it has one wait.

use super::Context;
use crate::base::SocketId;

impl<S> Context<'_, S> {
    /// Handles nothing more of what a client sends, in any namespace, until
    /// [`resume`](Self::resume) is called or the client goes: for one whose next event must not be
    /// looked at before something else has come, an answer from another program for example.
    ///
    /// Heartbeats go on, and what is sent to the client is sent. What the client sends meanwhile
    /// waits, mostly in the kernel: it is read only up to [`READ_CHUNK_BYTES`], so that a client
    /// that sends more is slowed down and not cut off. Pausing a client twice is pausing it once.
    ///
    /// [`READ_CHUNK_BYTES`]: crate::limits::READ_CHUNK_BYTES
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::{Events, Server};
    ///
    /// let server = Server::<()>::builder().namespace("/", |events: Events<()>| {
    ///     events
    ///         .on("first", |cx, event| {
    ///             let socket = event.socket;
    ///             cx.pause(socket);
    ///             cx.after(100, move |cx| {
    ///                 cx.emit(socket, "done", ());
    ///                 cx.resume(socket);
    ///             });
    ///         })
    ///         // Handled after `done` has been sent, however soon the client sends it.
    ///         .on("second", |cx, event| cx.emit(event.socket, "done", ()))
    /// });
    /// # let _ = server.build(());
    /// ```
    pub fn pause(&mut self, socket: SocketId) {
        let session = self.core.session_of(socket).and_then(|id| self.core.sessions.get_mut(id));
        if let Some(session) = session {
            session.is_paused = true;
        }
    }

    /// Goes on with a client that was [paused](Self::pause), once this handler is done: the events
    /// that have waited are handled in their order. Nothing happens to one that was not.
    pub fn resume(&mut self, socket: SocketId) {
        let Some(id) = self.core.session_of(socket) else { return };
        let Some(session) = self.core.sessions.get_mut(id) else { return };
        if std::mem::take(&mut session.is_paused) {
            self.core.wake_session(id, self.now().ms);
        }
    }

    /// Counts what a client has made the server do as `posts` messages of its pace: it is read
    /// later if that is more than it may send.
    pub fn charge(&mut self, socket: SocketId, posts: u32) {
        self.core.charge(self.now().ms, socket, posts);
    }

    /// Counts `units` of what the application calls number `own` in
    /// [`AddressLimits::own`](super::AddressLimits::own) against a client's address.
    pub fn spend(&mut self, socket: SocketId, own: usize, units: u64) {
        if let Some(account) = self.core.account_of_socket(socket) {
            self.core.accounts.spend_own(account, self.now().ms, own, units);
        }
    }

    /// The same, if there is something to be had.
    ///
    /// # Errors
    /// In how many milliseconds there will be.
    pub fn take(&mut self, socket: SocketId, own: usize, units: u64) -> Result<(), u64> {
        let Some(account) = self.core.account_of_socket(socket) else { return Ok(()) };
        let taken = self.core.accounts.take_own(account, self.now().ms, own, units);
        if taken.is_err() {
            self.core.log_own_refusal(self.now().ms, socket, account, own);
        }
        taken.map_err(|until_ms| until_ms.saturating_sub(self.now().ms))
    }

    /// Whether nothing is counted against a client's address: it is this machine.
    pub fn is_exempt(&self, socket: SocketId) -> bool {
        let account = self.core.account_of_socket(socket);
        account.is_none_or(|account| self.core.accounts.is_exempt(account))
    }
}
