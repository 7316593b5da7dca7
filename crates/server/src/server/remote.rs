//! A way in from other threads.

use super::core::{Core, Wake};
use super::{Context, Server};
use crate::limits::{CALLS_AT_ONCE_MAX, CALLS_MAX};
use crate::net::{Bell, Turn};
use std::fmt;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// A function that another thread wants to be called.
type Call<S> = Box<dyn FnOnce(&mut Context<'_, S>) + Send>;

/// A way to a running server from any thread of the process.
///
/// The server stays on its one thread: [`Self::run`] hands it a function, which it calls between
/// two handlers. So a worker that has computed something, or waited for it, can answer a client.
/// [The guide](crate::guide::slow_work) shows how.
///
/// Clones reach the same server. The state need not be `Send`.
///
/// # Examples
/// ```
/// use mio_socketio::Server;
/// use mio_socketio::testing::TestServer;
/// use std::thread;
///
/// let mut server = Server::<u32>::builder().build(0);
/// let remote = server.remote();
/// let worker = thread::spawn(move || {
///     let answer = 6 * 7; // This may take long.
///     remote.run(move |cx| *cx.state = answer)
/// });
/// worker.join().expect("it ends")?;
///
/// // In a program: `Listening::open(&listen)?.serve(server)`.
/// let mut world = TestServer::new(server);
/// world.advance(0);
/// assert_eq!(*world.state(), 42);
/// # Ok::<(), mio_socketio::NotRun>(())
/// ```
pub struct Remote<S> {
    queue: SyncSender<Call<S>>,
    bell: Bell,
}

impl<S> Clone for Remote<S> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), bell: self.bell.clone() }
    }
}

impl<S> fmt::Debug for Remote<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remote")
    }
}

/// Why a server will not run a function from another thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotRun {
    /// 1,024 functions wait already. The caller may try again later, or give up.
    Full,
    /// The server has ended, or its run is recorded: a record cannot hold a function.
    Ended,
}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "too many calls wait for the server",
            Self::Ended => "the server takes no calls any more",
        })
    }
}

impl std::error::Error for NotRun {}

impl<S> Remote<S> {
    /// Lets the server call `call`, in its next turn or a later one. Calls from one thread are run
    /// in their order. [`Context::to`] addresses rooms of namespace `/`, and [`Context::of`] any
    /// other one. Every [`SocketId`](super::SocketId) and [`Ack`](super::Ack) works as in a
    /// handler. It never blocks.
    ///
    /// # Errors
    /// [`NotRun::Full`] if too many calls wait, [`NotRun::Ended`] if the server takes none any
    /// more. Calls that wait when the server is told to end are still run, before
    /// [`Builder::on_stopping`](super::Builder::on_stopping). One that comes in that very moment
    /// may be lost.
    pub fn run(
        &self,
        call: impl FnOnce(&mut Context<'_, S>) + Send + 'static,
    ) -> Result<(), NotRun> {
        self.queue.try_send(Box::new(call)).map_err(|error| match error {
            TrySendError::Full(_) => NotRun::Full,
            TrySendError::Disconnected(_) => NotRun::Ended,
        })?;
        self.bell.ring();
        Ok(())
    }

    /// Tells the server to end, as [`Context::stop`] does. It works however many calls wait. After
    /// the end it does nothing.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::{Listen, Listening, Server};
    /// use std::thread;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut server = Server::<Vec<String>>::builder().build(Vec::new());
    /// let remote = server.remote();
    /// let listening = Listening::open(&Listen::default().http(vec!["127.0.0.1:0".parse()?]))?;
    /// let other = thread::spawn(move || remote.stop());
    /// let state = listening.serve(server)?;
    /// assert!(state.is_empty());
    /// # other.join().expect("it ends");
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop(&self) {
        self.bell.stop();
    }
}

/// The server's end of the way in.
pub(super) struct Calls<S> {
    pub(super) bell: Bell,
    /// Made when somebody asks for a [`Remote`]. `None` inside if no call is taken any more.
    queue: Option<Option<Queue<S>>>,
    /// A deadline for them is set.
    is_due: bool,
}

type Queue<S> = (SyncSender<Call<S>>, Receiver<Call<S>>);

impl<S> Default for Calls<S> {
    fn default() -> Self {
        Self { bell: Bell::default(), queue: None, is_due: false }
    }
}

impl<S> Calls<S> {
    fn remote(&mut self) -> Remote<S> {
        let queue = self.queue.get_or_insert_with(|| Some(sync_channel(CALLS_MAX)));
        let queue = match queue {
            Some((queue, _)) => queue.clone(),
            None => sync_channel(0).0,
        };
        Remote { queue, bell: self.bell.clone() }
    }

    /// Takes no call any more.
    pub(super) fn end(&mut self) {
        self.queue = Some(None);
    }

    fn take(&self) -> Option<Call<S>> {
        let (_, queue) = self.queue.as_ref()?.as_ref()?;
        queue.try_recv().ok()
    }

    /// Whether there can be calls.
    const fn are_open(&self) -> bool {
        matches!(self.queue, Some(Some(_)))
    }
}

impl<S> Core<S> {
    /// The bell has rung: calls are run with this turn's deadlines.
    pub(super) fn answer_bell(&mut self, now_ms: u64) {
        if self.calls.are_open() && !std::mem::replace(&mut self.calls.is_due, true) {
            self.wakes.set(now_ms, Wake::Calls);
        }
    }
}

impl<S> Server<S> {
    /// A way to this server from other threads.
    pub fn remote(&mut self) -> Remote<S> {
        self.core.calls.remote()
    }

    /// Runs some of the calls that wait, and sees to the others if this turn still has time.
    pub(super) fn run_calls(&mut self, turn: &mut Turn<'_>) {
        self.core.calls.is_due = false;
        for _ in 0..CALLS_AT_ONCE_MAX {
            let Some(call) = self.core.calls.take() else { return };
            self.call(turn, |_, cx| call(cx));
            self.resume(turn);
        }
        self.core.answer_bell(turn.now.ms);
    }

    /// Runs the calls that wait when the server is told to end.
    pub(super) fn run_last_calls(&mut self, turn: &mut Turn<'_>) {
        for _ in 0..CALLS_MAX {
            let Some(call) = self.core.calls.take() else { return };
            self.call(turn, |_, cx| call(cx));
        }
    }
}

impl<S> Context<'_, S> {
    /// A way to this server from other threads, for a worker of the application's.
    pub fn remote(&mut self) -> Remote<S> {
        self.core.calls.remote()
    }

    /// Makes the server end after this turn, as SIGTERM does a server that
    /// [serves until a signal](super::Listening::serve_until_signal): everybody is told, and
    /// [`Listening::serve`](super::Listening::serve) returns the state. Socket.IO's own server has
    /// `io.close()` for it.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::{Listen, Listening, Server};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let listening = Listening::open(&Listen::default().http(vec!["127.0.0.1:0".parse()?]))?;
    /// let server = Server::<u32>::builder().on_start(|cx| {
    ///     cx.after(1, |cx| {
    ///         *cx.state += 1;
    ///         cx.stop();
    ///     });
    /// });
    /// assert_eq!(listening.serve(server.build(0))?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop(&mut self) {
        self.core.is_asked_to_stop = true;
    }
}
