//! The terminal client: one thread, one poll over the terminal and a socket.
//!
//! * [`ServerAddress`] is the address of the chat; `wire` is the client's side of the protocols,
//!   `link` the connection, which is made again when it is lost, and `session` joins these with the
//!   model.
//! * `model` is the client's state and behaviour, `editor` the input line, in which `secret` finds
//!   passwords, and `screen` the look of both. These are pure.
//! * [`Terminal`] takes and restores the terminal; `keys` reads it.
//! * `menu` is the menu on a message and on a person, also pure.
//! * `interactive` is the loop at a terminal, `pipe` the loop for plain lines, which it reads with
//!   `input`.

mod address;
mod alerts;
mod ask_password;
mod complete;
mod editor;
mod fd;
mod input;
mod interactive;
mod job;
mod keys;
mod link;
mod logins;
mod loss;
mod menu;
mod model;
mod notifier;
mod pipe;
mod screen;
mod secret;
mod session;
mod settings;
mod stream;
mod terminal;
mod time;
mod wire;
mod zone;

pub use address::ServerAddress;
pub use terminal::Terminal;

use alerts::Alerts;
use link::Link;
use logins::Logins;
use mio::Token;
use mio_wire::text::visible;
use model::{Login, Mode, Model};
use std::io::{self, IsTerminal};

/// The settings of the client.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address of the chat.
    pub address: ServerAddress,
    /// The wanted name; without one, the server gives one.
    pub nick: Option<String>,
    /// The registered person as whom to come in: by a token that was kept, or by their password,
    /// which is asked for at the terminal.
    pub login: Option<String>,
    /// The code of an invitation.
    pub invite: Option<String>,
    /// The room to speak in; the lobby if there is none.
    pub room: Option<String>,
    /// Read and write plain lines, even at a terminal.
    pub plain: bool,
    /// Print each message as one line of JSON.
    pub json: bool,
    /// The authorities that may sign the server's certificate, in the form of PEM, instead of those
    /// that the system trusts.
    pub authorities: Option<Vec<u8>>,
}

/// The result of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Messages that the server has not acknowledged.
    pub unsent: usize,
}

/// Runs the client until the person leaves.
///
/// # Errors
/// A sentence that says why it could not go on.
pub fn run(options: &Options) -> Result<Ended, String> {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let ended = if options.plain || options.json || is_dumb || !is_terminal {
        pipe::run(options)
    } else {
        interactive::run(options)
    };
    // The reason may be the server's words.
    ended.map_err(|why| visible(&why).into_owned())
}

/// Looks up the host, before anything else: it may take time.
fn link_to(options: &Options, token: Token) -> Result<Link, String> {
    let address = &options.address;
    let trusts = stream::trusts(address, options.authorities.as_deref())?;
    Link::new(address.clone(), trusts, token)
        .map_err(|error| format!("cannot find {}: {error}", address.host))
}

/// A model that comes in as the settings say. The password may be asked for.
fn model_of(options: &Options, mode: Mode) -> Result<Model, String> {
    let (nick, room) = (options.nick.clone(), options.room.as_deref());
    let mut model = Model::new(mode, nick, room, random_key()?);
    if mode == Mode::Screen {
        model.alerts = Alerts::of_user(&options.address);
    }
    if let Some(code) = &options.invite {
        model.use_invitation(code.clone());
    }
    if let Some(nick) = options.login.clone() {
        let token = Logins::of_user()?.token(&options.address, &nick);
        let password = match &token {
            Some(_) => None,
            None => Some(ask_password::ask(&nick)?),
        };
        model.log_in(Login { nick, token, password });
    }
    Ok(model)
}

/// A key that no other run of the client has.
fn random_key() -> Result<String, String> {
    let random = getrandom::u64().map_err(|error| error.to_string())?;
    Ok(format!("{random:016x}"))
}
