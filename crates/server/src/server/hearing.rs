//! The handlers of the whole server and of its line door, as a builder takes them.

use super::{Builder, Context, Handshake, NoSession, WebResponse, Welcome};
use crate::base::{CloseReason, SocketId};

impl<S> Builder<S> {
    /// Judges each client that asks for a session of Engine.IO, which carries Socket.IO, or for a
    /// plain WebSocket, before the session begins. The handler sees the request: path, query,
    /// headers and cookies, and the client's address by the proxies that are trusted. It may refuse
    /// the client with any answer but a [stream](WebResponse::stream), may keep a value for the
    /// session, and may add headers to the answer that lets the client in. Origins, hosts and the
    /// limits of addresses have been judged before. By default everybody else is let in.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::testing::TestServer;
    /// use mio_socketio::{Server, WebResponse, Welcome};
    /// use serde_json::Value;
    ///
    /// struct User(String);
    ///
    /// let server = Server::<()>::builder()
    ///     .on_handshake(|_, handshake| match handshake.cookie("user") {
    ///         Some(name) => Ok(Welcome::default().keep(User(name.to_owned()))),
    ///         None => Err(WebResponse::text(401, "who are you?\n")),
    ///     })
    ///     .namespace("/", |events| {
    ///         events.on_connect(|cx, connect| {
    ///             let user = connect.kept::<User>().map_or("", |user| &user.0);
    ///             cx.emit(connect.socket, "welcome", (user,));
    ///             Ok(())
    ///         })
    ///     });
    ///
    /// let mut world = TestServer::new(server.build(()));
    /// assert_eq!(world.connect("/", Value::Null).expect_err("no cookie").to_string(),
    ///     "answered with status 401");
    /// let alice = world.dial("/").header("Cookie", "user=alice").connect().expect("let in");
    /// assert_eq!(world.expect(alice, "welcome").args, ["alice"]);
    /// ```
    pub fn on_handshake(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, &Handshake<'_>) -> Result<Welcome, WebResponse>
        + 'static,
    ) -> Self {
        self.handlers.handshake = Some(Box::new(handler));
        self
    }

    /// A request for a session of Engine.IO, or for one that should be there, was refused by the
    /// server: for logs and metrics. Socket.IO's own server calls it `connection_error`. Refusals
    /// of [`Self::on_handshake`] are the application's own and are not told here.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    /// use mio_socketio::testing::TestServer;
    ///
    /// let server = Server::new(Vec::new(), |server| {
    ///     server.on_connection_error(|cx, refused| cx.state.push(refused.code))
    /// });
    /// let mut world = TestServer::new(server);
    /// assert_eq!(world.get("/socket.io/?EIO=4&transport=pigeon").status, 400);
    /// assert_eq!(*world.state(), [0]);
    /// ```
    pub fn on_connection_error(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, &NoSession<'_>) + 'static,
    ) -> Self {
        self.handlers.no_session = Some(Box::new(handler));
        self
    }

    /// A client has come in at the line door. [The guide](crate::guide::two_doors) has a program
    /// with both doors.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    /// use mio_socketio::testing::TestServer;
    ///
    /// let server = Server::new((), |server| {
    ///     server
    ///         .on_connect(|cx, socket| cx.send(socket, format_args!("say something")))
    ///         .on_line(|cx, socket, line| cx.send(socket, format_args!("you said: {line}")))
    /// });
    /// let mut world = TestServer::new(server);
    /// let alice = world.connect_line();
    /// world.say(alice, "hi");
    /// assert_eq!(world.lines(alice), ["say something", "you said: hi"]);
    /// ```
    pub fn on_connect(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId) + 'static,
    ) -> Self {
        self.handlers.connect = Box::new(handler);
        self
    }

    /// A client of the line door has sent a line of text that is not blank.
    pub fn on_line(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, &str) + 'static,
    ) -> Self {
        self.handlers.line = Box::new(handler);
        self
    }

    /// A client at a raw door has sent a line, exactly as sent, with its end. (A last line without
    /// an end gets one, unless the door treats idle tails as lines.)
    pub fn on_raw(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, &[u8]) + 'static,
    ) -> Self {
        self.handlers.raw = Box::new(handler);
        self
    }

    /// A client of the line door has gone, or is about to go. It is still in its rooms, and may
    /// still get lines sent to it now.
    pub fn on_disconnect(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, SocketId, CloseReason) + 'static,
    ) -> Self {
        self.handlers.disconnect = Box::new(handler);
        self
    }

    /// The server begins to serve: all doors are open, and nobody has come in yet. Here an
    /// application sets its first timer, or gives a worker a [`Remote`](super::Remote).
    pub fn on_start(mut self, handler: impl FnMut(&mut Context<'_, S>) + 'static) -> Self {
        self.handlers.start = Box::new(handler);
        self
    }

    /// All handlers of the turn have run, and nothing that they sent has been written yet. Here an
    /// application saves everything that must not be lost once someone has seen it.
    pub fn on_settle(mut self, handler: impl FnMut(&mut Context<'_, S>) + 'static) -> Self {
        self.handlers.settle = Box::new(handler);
        self
    }

    /// A turn of the loop has ended. The number is its length in seconds, including the writing; it
    /// is for metrics.
    pub fn on_turn(mut self, handler: impl FnMut(&mut S, f64) + 'static) -> Self {
        self.handlers.turned = Box::new(handler);
        self
    }

    /// Called when a handler has panicked; returns whether the application's state is still whole.
    /// If it is, only the client for whom the handler ran is closed, with
    /// [`CloseReason::InternalError`]. If not, or without this setting, the panic goes on and ends
    /// the process. A panic in a handler without a client (in timers, [`Self::on_settle`],
    /// [`Self::on_stopping`], [`Self::on_shutdown`]) ends the process in any case.
    ///
    /// A state is whole when its parts agree with each other and with the server. Check all of it:
    /// panics are rare, so the time does not matter.
    pub fn on_panic(mut self, is_whole: impl Fn(&Context<'_, S>) -> bool + 'static) -> Self {
        self.handlers.is_whole = Box::new(is_whole);
        self
    }

    /// SIGHUP has come, by which operators ask a server to read its settings again:
    /// [`Context::set_origins`] and its neighbours change those that can change while it runs. What
    /// is read belongs into [`Context::outside`]. Without this setting the signal is only logged.
    pub fn on_hangup(mut self, handler: impl FnMut(&mut Context<'_, S>) + 'static) -> Self {
        self.handlers.hangup = Some(Box::new(handler));
        self
    }

    /// The server is about to end. This is the last chance to send something to everyone; after it
    /// all clients are closed.
    pub fn on_stopping(mut self, handler: impl FnMut(&mut Context<'_, S>) + 'static) -> Self {
        self.handlers.stopping = Box::new(handler);
        self
    }

    /// The server ends, and all clients have gone: the last
    /// [`Events::on_disconnect`](super::Events::on_disconnect) has been called. After this only
    /// [`Self::on_settle`] is called: no timer, no answer.
    pub fn on_shutdown(mut self, handler: impl FnMut(&mut Context<'_, S>) + 'static) -> Self {
        self.handlers.shutdown = Box::new(handler);
        self
    }
}
