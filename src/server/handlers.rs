//! What an application hangs into a server.

use super::{Context, Door, Server};
use crate::base::{CloseReason, SocketId};

type Plain<S> = Box<dyn FnMut(&mut Context<'_, S>)>;
type Socket<S> = Box<dyn FnMut(&mut Context<'_, S>, SocketId)>;
type Handler<S, A> = Box<dyn FnMut(&mut Context<'_, S>, SocketId, A)>;
type RefHandler<S, A> = Box<dyn FnMut(&mut Context<'_, S>, SocketId, &A)>;

/// One handler per thing that can happen. They are called one at a time, with the state to change.
pub(super) struct Handlers<S> {
    pub(super) connect: Socket<S>,
    pub(super) line: RefHandler<S, str>,
    pub(super) raw: RefHandler<S, [u8]>,
    pub(super) disconnect: Handler<S, CloseReason>,
    pub(super) shutdown: Plain<S>,
    pub(super) http_hint: String,
}

/// Puts a server together. What is not set does nothing.
pub struct Builder<S> {
    handlers: Handlers<S>,
    door: Door,
}

impl<S> Default for Builder<S> {
    fn default() -> Self {
        let handlers = Handlers {
            connect: Box::new(|_, _| ()),
            line: Box::new(|_, _, _| ()),
            raw: Box::new(|_, _, _| ()),
            disconnect: Box::new(|_, _, _| ()),
            shutdown: Box::new(|_| ()),
            http_hint: "this is not a web server".to_owned(),
        };
        Self { handlers, door: Door::default() }
    }
}

impl<S> Builder<S> {
    /// How the line door treats its clients.
    pub fn line_door(mut self, door: Door) -> Self {
        self.door = door;
        self
    }

    /// What a client is told that sends an HTTP request to the line door.
    pub fn http_hint(mut self, hint: String) -> Self {
        self.handlers.http_hint = hint;
        self
    }

    /// A client has come in.
    pub fn on_connect(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId) + 'static,
    ) -> Self {
        self.handlers.connect = Box::new(handler);
        self
    }

    /// A client has sent a line of text that is not blank.
    pub fn on_line(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, &str) + 'static,
    ) -> Self {
        self.handlers.line = Box::new(handler);
        self
    }

    /// A client has sent bytes, at a raw door: a line with its end, exactly as sent. (A last line
    /// without an end gets one, unless the door takes idle tails for lines.)
    pub fn on_raw(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, &[u8]) + 'static,
    ) -> Self {
        self.handlers.raw = Box::new(handler);
        self
    }

    /// A client is gone, or about to be: it is still in its rooms, and what it is sent now it may
    /// still get.
    pub fn on_disconnect(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, CloseReason) + 'static,
    ) -> Self {
        self.handlers.disconnect = Box::new(handler);
        self
    }

    /// The server is about to end: the last chance to say something to everyone.
    pub fn on_shutdown(mut self, handler: impl FnMut(&mut Context<'_, S>) + 'static) -> Self {
        self.handlers.shutdown = Box::new(handler);
        self
    }

    /// The server, with its application's first state.
    pub fn build(self, state: S) -> Server<S> {
        Server::new(state, self.handlers, self.door)
    }
}
