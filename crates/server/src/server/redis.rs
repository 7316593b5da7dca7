//! Redis as an application uses it: links that come back by themselves, commands and their replies.
//!
//! A link is named when the server is put together. A handler sends commands on it with
//! [`Context::redis`], each with a token, and another handler is called with the reply and the
//! token. The handler does not wait: the server handles other events in the meantime.
//!
//! ```
//! use mio_socketio::Server;
//! use mio_socketio::redis::{LinkState, Redis, RedisUrlError};
//!
//! # fn main() -> Result<(), RedisUrlError> {
//! let server = Server::<i64>::builder()
//!     .redis("counter", Redis::at("redis://127.0.0.1/0")?, |link| {
//!         link.on_state(|cx, state| {
//!             if state == LinkState::Up {
//!                 let sent = cx.redis("counter", &[b"INCR", b"visitors"], 7);
//!                 assert_eq!(sent, Ok(()));
//!             }
//!         })
//!         .on_reply(|cx, token, reply| match reply {
//!             Ok(reply) if token == 7 => *cx.state = reply.as_integer().unwrap_or_default(),
//!             Ok(_) => (),
//!             Err(why) => eprintln!("command {token} has failed: {why}"),
//!         })
//!     })
//!     .build(0);
//! # let _ = server;
//! # Ok(())
//! # }
//! ```
//!
//! * **Order.** Replies come in the order of their commands. All commands of a turn go out in one
//!   write. A command that waits, such as `XREAD BLOCK`, delays those after it, so it needs a link
//!   of its own. A link costs one connection and a few hundred bytes of memory.
//! * **Loss.** When a link goes down, [`RedisHandlers::on_state`] is called first. Then
//!   [`RedisHandlers::on_reply`] is called for each command without a reply, with
//!   [`CommandError::Lost`]: Redis may have run it or not. No command is sent again automatically.
//!   The next connection is tried after a pause of 100 ms, which doubles up to 5 s.
//! * **Bounds.** One link may have 1 MiB of commands without a reply; then [`Context::redis`]
//!   refuses the next ([`NotSent::Full`]). A reply may have 8 MiB. A command has 2 s
//!   ([`Redis::command_ms`]); then the link is given up.
//! * **Publish and subscribe.** Links speak RESP3, so one that subscribes can send other commands
//!   too. Published messages come to [`RedisHandlers::on_push`]. `SUBSCRIBE` and the commands like
//!   it have one reply: the confirmation of the last channel that they name. `UNSUBSCRIBE` has to
//!   name its channels. A link that comes back has no subscriptions: subscribe in
//!   [`RedisHandlers::on_state`].
//! * **Names of hosts** are looked up once, before the server begins to serve, because a lookup
//!   would stop the loop. Each connection goes to the next address of the name.

use super::Context;
pub use crate::link::{CommandError, LinkLost, LinkState, NotSent, Redis, RedisUrlError};
pub use mio_wire::resp::{ErrorCode, ErrorReply, Items, Reply};

type OnLink<S> = Box<dyn FnMut(&mut Context<'_, S>, LinkState)>;
type OnReply<S> = Box<dyn FnMut(&mut Context<'_, S>, u64, Result<Reply<'_>, CommandError<'_>>)>;
type OnPush<S> = Box<dyn FnMut(&mut Context<'_, S>, Items<'_>)>;

/// The handlers of a link. [`Context::to`] addresses rooms of namespace `/` in them, and
/// [`Context::of`] any other one.
pub struct RedisHandlers<S> {
    pub(super) state: OnLink<S>,
    pub(super) reply: OnReply<S>,
    pub(super) push: OnPush<S>,
}

impl<S> RedisHandlers<S> {
    pub(super) fn new() -> Self {
        Self {
            state: Box::new(|_, _| ()),
            reply: Box::new(|_, _, _| ()),
            push: Box::new(|_, _| ()),
        }
    }

    /// The link has come up or gone down. It begins down, and a first connection that fails is told
    /// as well.
    pub fn on_state(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, LinkState) + 'static,
    ) -> Self {
        self.state = Box::new(handler);
        self
    }

    /// A command has been answered, or has been lost with its connection. Called once for each
    /// command that was sent, with its token.
    pub fn on_reply<F>(mut self, handler: F) -> Self
    where
        F: FnMut(&mut Context<'_, S>, u64, Result<Reply<'_>, CommandError<'_>>) + 'static,
    {
        self.reply = Box::new(handler);
        self
    }

    /// Redis has sent something that is not a reply, such as `message`, a channel and the text that
    /// was published there.
    pub fn on_push(
        mut self,
        handler: impl FnMut(&mut Context<'_, S>, Items<'_>) + 'static,
    ) -> Self {
        self.push = Box::new(handler);
        self
    }
}
