//! The terminal client: one thread, one poll over the terminal and a socket.
//!
//! * [`ServerAddress`] says where the chat is; `wire` is the client's side of the protocols, `link`
//!   the connection that is lost and made again, and `session` that and the model together.
//! * `model` is what the client knows and does, `editor` the line being typed, `screen` what both
//!   look like. These are pure.
//! * [`Terminal`] is taken and given back; `keys` reads it.
//! * `interactive` is the loop at a terminal, `pipe` the one where lines go in and lines come out,
//!   which it has from `input`.

mod address;
mod complete;
mod editor;
mod fd;
mod input;
mod interactive;
mod job;
mod keys;
mod link;
mod model;
mod pipe;
mod screen;
mod session;
mod terminal;
mod time;
mod wire;
mod zone;

pub use address::ServerAddress;
pub use terminal::Terminal;

use link::Link;
use mio::Token;
use mio_wire::text::visible;
use std::io::{self, IsTerminal};

/// How the client is to be used.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the chat is.
    pub address: ServerAddress,
    /// The name to be known by; without one, the server gives one.
    pub nick: Option<String>,
    /// The room to speak in; without one, it is the lobby.
    pub room: Option<String>,
    /// Lines in, lines out, also at a terminal.
    pub plain: bool,
    /// One message a line, as JSON.
    pub json: bool,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Messages that the server has not acknowledged.
    pub unsent: usize,
}

/// Runs the client until it is left.
///
/// # Errors
/// Why it could not go on, in a sentence.
pub fn run(options: &Options) -> Result<Ended, String> {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let ended = if options.plain || options.json || is_dumb || !is_terminal {
        pipe::run(options)
    } else {
        interactive::run(options)
    };
    // Why it ended may be the server's words.
    ended.map_err(|why| visible(&why).into_owned())
}

/// Looks the host up, before anything else: it may take its time.
fn link_to(address: &ServerAddress, token: Token) -> Result<Link, String> {
    Link::new(address.clone(), token)
        .map_err(|error| format!("cannot find {}: {error}", address.host))
}

/// What no other run of the client has.
fn random_key() -> Result<String, String> {
    let random = getrandom::u64().map_err(|error| error.to_string())?;
    Ok(format!("{random:016x}"))
}
