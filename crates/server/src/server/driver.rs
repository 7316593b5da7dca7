//! A server in a loop of the application's.

use super::{Context, Remote, Server};
use crate::net::{Reactor, System, World as _};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

/// A server in a loop that is the application's own, beside its other sockets.
/// [`Listening::drive`](super::Listening::drive) makes one.
///
/// It waits for nothing by itself. All its sockets are behind one file descriptor
/// ([`AsRawFd`]), which is readable when one of them has something to do. The loop waits for that
/// descriptor, for [`Self::next_turn_in`] at most, and then calls [`Self::turn`].
/// [The guide](crate::guide::own_loop) shows it with a UDP socket, a waker and a tick.
///
/// # Examples
/// ```
/// use mio::unix::SourceFd;
/// use mio::{Events, Interest, Poll, Token};
/// use mio_socketio::{Listen, Listening, Server};
/// use std::os::fd::AsRawFd;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let listening = Listening::open(&Listen::default().http(vec!["127.0.0.1:0".parse()?]))?;
/// let server = Server::<u32>::builder().on_start(|cx| {
///     cx.after(1, |cx| cx.stop()); // So that the example ends.
/// });
/// let mut driver = listening.drive(server.build(7))?;
///
/// let (mut poll, mut events) = (Poll::new()?, Events::with_capacity(64));
/// poll.registry().register(&mut SourceFd(&driver.as_raw_fd()), Token(0), Interest::READABLE)?;
/// while driver.turn()? {
///     // A signal may interrupt the poll: that is no failure.
///     if let Err(error) = poll.poll(&mut events, driver.next_turn_in())
///         && error.kind() != std::io::ErrorKind::Interrupted
///     {
///         return Err(error.into());
///     }
/// }
/// assert_eq!(driver.into_state(), 7);
/// # Ok(())
/// # }
/// ```
#[must_use = "a driver does nothing before `turn`"]
pub struct Driver<S> {
    reactor: Reactor<System>,
    server: Server<S>,
}

impl<S> Driver<S> {
    pub(super) const fn new(reactor: Reactor<System>, server: Server<S>) -> Self {
        Self { reactor, server }
    }

    /// Makes one turn: reads what has come, runs handlers and timers, and writes. It never waits,
    /// and has a budget of some 15 ms. It may be called at any time. False once the server has
    /// ended, and from then on.
    ///
    /// # Errors
    /// If the poll fails, or a second signal has come (only if signals were asked for).
    pub fn turn(&mut self) -> io::Result<bool> {
        if self.reactor.is_over(&mut self.server) {
            return Ok(false);
        }
        self.reactor.turn_until(&mut self.server, Some(0))?;
        Ok(!self.reactor.is_over(&mut self.server))
    }

    /// The longest time from now until the next turn is due, although the descriptor does not
    /// become readable: there is a timer, or more to do at once (zero). `None` is no limit. The
    /// loop asks after each turn, and after each call of [`Self::run`] and [`Self::stop`].
    pub fn next_turn_in(&mut self) -> Option<Duration> {
        let own_ms = self.reactor.until_ms(&self.server);
        let due_ms = [own_ms, self.reactor.world().due_ms()].into_iter().flatten().min()?;
        let now_ms = self.reactor.world().now().ms;
        Some(Duration::from_millis(due_ms.saturating_sub(now_ms)))
    }

    /// Runs `act` now, with the state and everything that a handler can do, in the context of no
    /// namespace. What it sends goes out in the next turn.
    ///
    /// The first call of [`Self::turn`] calls the handler of
    /// [`Builder::on_start`](super::Builder::on_start), so that a call of `run` before it comes
    /// before that handler. After the last turn, and so after
    /// [`Builder::on_shutdown`](super::Builder::on_shutdown), it still has the state, but there is
    /// nobody left to send to, and its timers never run.
    ///
    /// # Examples
    /// ```
    /// # use mio_socketio::{Listen, Listening, Server};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let listening = Listening::open(&Listen::default().http(vec!["127.0.0.1:0".parse()?]))?;
    /// # let mut driver = listening.drive(Server::<u32>::builder().build(0))?;
    /// let clients = driver.run(|cx| {
    ///     cx.of("/").emit("temperature", (21.5,));
    ///     cx.clients()
    /// });
    /// assert_eq!(clients, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn run<R>(&mut self, act: impl FnOnce(&mut Context<'_, S>) -> R) -> R {
        let (reactor, server) = (&mut self.reactor, &mut self.server);
        let mut done = None;
        reactor.act(|turn| {
            server.act_for_all(turn, "a call of the application's loop", |server, turn| {
                done = server.call(turn, |_, cx| act(cx));
            });
        });
        done.expect("a panic without a client goes on")
    }

    /// Begins to end the server: everybody is told, in this call, and it takes no more clients.
    /// [`Self::turn`] goes on for up to 5 s, until all output is written.
    pub fn stop(&mut self) {
        self.reactor.end(&mut self.server);
    }

    /// The state.
    pub const fn state(&self) -> &S {
        self.server.state()
    }

    /// The state, to change. To send something as well, use [`Self::run`].
    pub const fn state_mut(&mut self) -> &mut S {
        &mut self.server.state
    }

    /// A way to the server from other threads. Its calls make the descriptor readable.
    pub fn remote(&mut self) -> Remote<S> {
        self.server.remote()
    }

    /// The state at last. Connections that are still open end without a farewell; after
    /// [`Self::turn`] has returned false there are none.
    pub fn into_state(self) -> S {
        self.server.state
    }
}

/// The descriptor behind which all sockets of the server are. It belongs to the driver: it must not
/// be closed, and is only to be waited for.
impl<S> AsRawFd for Driver<S> {
    fn as_raw_fd(&self) -> RawFd {
        self.reactor.raw_fd()
    }
}
