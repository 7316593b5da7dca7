//! Links to other servers: when they connect, and how their replies reach handlers.

use super::redis::{CommandError, LinkLost, LinkState, NotSent, Redis, RedisHandlers};
use super::{Context, Server};
use crate::base::{CloseReason, ConnectionId};
use crate::link::{Answered, RedisLink, RedisServer};
use crate::net::{RemoteAddress, Turn};
use mio_wire::resp::{self, Decoder, Reply};
use std::io;
use std::mem;

/// A link, and the connection that it has now.
pub(super) struct Link {
    name: Box<str>,
    redis: RedisLink,
    /// From the moment that it is being made.
    connection: Option<ConnectionId>,
    decoder: Decoder,
    /// The state that the application was told last.
    told: Option<LinkState>,
}

/// All links of a server.
#[derive(Default)]
pub(super) struct Links {
    all: Vec<Link>,
    /// Their connections, including those that were given up and have not closed yet.
    connections: Vec<ConnectionId>,
}

impl Links {
    /// Adds a link.
    pub(super) fn add(&mut self, name: &str, settings: Redis) {
        assert!(self.called(name).is_none(), "there is a link of that name already: {name}");
        self.all.push(Link {
            name: name.into(),
            redis: RedisLink::new(settings),
            connection: None,
            decoder: Decoder::default(),
            told: None,
        });
    }

    /// Whether a connection is one of a link.
    pub(super) fn has(&self, id: ConnectionId) -> bool {
        self.connections.contains(&id)
    }

    /// When the next of them has something to do.
    pub(super) fn next_ms(&self) -> Option<u64> {
        self.all.iter().filter_map(|link| link.redis.next_ms()).min()
    }

    /// The names of the hosts to which they connect.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        let servers = self.all.iter().map(|link| link.redis.settings().server());
        servers.filter_map(|server| match server {
            RedisServer::Tcp(host, _) | RedisServer::Tls(host, _) => Some(&**host),
            RedisServer::Unix(_) => None,
        })
    }

    /// The hosts that they speak TLS with, and the authorities that are trusted there, in PEM, if
    /// they are not the system's.
    pub(super) fn secure_hosts(&self) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        let all = self.all.iter().map(|link| link.redis.settings());
        all.filter_map(|settings| match settings.server() {
            RedisServer::Tls(host, _) => Some((&**host, settings.trusted())),
            RedisServer::Tcp(..) | RedisServer::Unix(_) => None,
        })
    }

    /// A connection has gone.
    pub(super) fn forget(&mut self, id: ConnectionId) {
        self.connections.retain(|known| *known != id);
    }

    fn called(&mut self, name: &str) -> Option<&mut Link> {
        self.all.iter_mut().find(|link| *link.name == *name)
    }

    /// The link whose connection this is, unless it was given up.
    fn at(&self, id: ConnectionId) -> Option<usize> {
        self.all.iter().position(|link| link.connection == Some(id))
    }
}

impl<S> Server<S> {
    /// Does the work of links that is due. True if there was some.
    pub(super) fn wake_links(&mut self, turn: &mut Turn<'_>) -> bool {
        if self.core.links.next_ms().is_none_or(|at_ms| at_ms > turn.now.ms) {
            return false;
        }
        for at in 0..self.core.links.all.len() {
            let link = &mut self.core.links.all[at];
            let mut bytes = Vec::new();
            match link.redis.woke(turn.now.ms, &mut bytes) {
                Ok(true) => turn.remotes.push((at, remote(link.redis.settings()))),
                Ok(false) => link.connection.iter().for_each(|id| turn.out.append(*id, &bytes)),
                Err(why) => self.lose_link(turn, at, why),
            }
        }
        true
    }

    /// A connection for link number `at` is being made, or cannot be.
    pub(super) fn begin_link(
        &mut self,
        turn: &mut Turn<'_>,
        at: usize,
        begun: io::Result<ConnectionId>,
    ) {
        match begun {
            Ok(id) if self.core.is_stopping => {
                self.core.links.connections.push(id);
                turn.out.abandon(id, CloseReason::ServerShutdown);
            }
            Ok(id) => {
                self.core.links.connections.push(id);
                self.core.links.all[at].connection = Some(id);
            }
            Err(error) => {
                log::debug!(
                    "cannot connect link={} error=\"{error}\"",
                    self.core.links.all[at].name
                );
                self.lose_link(turn, at, LinkLost::Unreachable);
            }
        }
    }

    /// A link's connection cannot be opened.
    pub(super) fn log_unopened_link(&self, id: ConnectionId, why: &io::Error) {
        let Some(at) = self.core.links.at(id) else { return };
        let link = &self.core.links.all[at];
        // Without that a person would look for the fault at the wrong place.
        if why.kind() == io::ErrorKind::InvalidData
            && !matches!(link.told, Some(LinkState::Down(_)))
        {
            log::warn!("refused link={} error=\"{why}\"", link.name);
        }
    }

    /// A link's connection is there.
    pub(super) fn greet_link(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        let Some(at) = self.core.links.at(id) else { return };
        let mut bytes = Vec::new();
        self.core.links.all[at].redis.connected(turn.now.ms, &mut bytes);
        turn.out.append(id, &bytes);
    }

    /// Bytes have come by a link's connection.
    pub(super) fn hear_link(&mut self, turn: &mut Turn<'_>, id: ConnectionId, mut input: &[u8]) {
        let Some(at) = self.core.links.at(id) else { return };
        let mut decoder = mem::take(&mut self.core.links.all[at].decoder);
        loop {
            let reply = match decoder.next(&mut input) {
                Ok(Some(reply)) => reply,
                Ok(None) => break,
                Err(error) => return self.lose_link(turn, at, error.into()),
            };
            let link = &mut self.core.links.all[at];
            match link.redis.answered(turn.now.ms, &reply) {
                Ok(Answered::Own) => (),
                Ok(Answered::Greeting) => self.raise_link(turn, at),
                Ok(Answered::Command(token)) => {
                    let reply = match reply {
                        Reply::Error(error) => Err(CommandError::Failed(error)),
                        reply => Ok(reply),
                    };
                    self.call_for_link(turn, at, |handlers, cx| (handlers.reply)(cx, token, reply));
                }
                Ok(Answered::Push) => {
                    if let Some(items) = reply.items() {
                        self.call_for_link(turn, at, |handlers, cx| (handlers.push)(cx, items));
                    }
                }
                Err(why) => {
                    if let Reply::Error(error) = reply {
                        log::warn!("refused link={} error=\"{error}\"", link.name);
                    }
                    return self.lose_link(turn, at, why);
                }
            }
        }
        self.core.links.all[at].decoder = decoder;
    }

    /// A link's connection has ended, or has gone for `reason`.
    pub(super) fn end_link(&mut self, turn: &mut Turn<'_>, id: ConnectionId, reason: CloseReason) {
        let Some(at) = self.core.links.at(id) else { return };
        let why = match reason {
            CloseReason::Timeout => LinkLost::Timeout,
            _ if self.core.links.all[at].redis.is_connecting() => LinkLost::Unreachable,
            _ => LinkLost::Closed,
        };
        self.lose_link(turn, at, why);
    }

    /// Ends all links when the server ends; commands already sent still go out.
    pub(super) fn stop_links(&mut self, turn: &mut Turn<'_>) {
        for link in &mut self.core.links.all {
            let is_up = link.redis.is_up();
            link.redis.end();
            let Some(id) = link.connection.take() else { continue };
            if is_up {
                turn.out.close(id, CloseReason::ServerShutdown);
            } else {
                turn.out.abandon(id, CloseReason::ServerShutdown);
            }
        }
    }

    fn raise_link(&mut self, turn: &mut Turn<'_>, at: usize) {
        let link = &mut self.core.links.all[at];
        link.told = Some(LinkState::Up);
        log::info!("link up name={} server={}", link.name, link.redis.settings());
        self.call_for_link(turn, at, |handlers, cx| (handlers.state)(cx, LinkState::Up));
    }

    /// Gives up a link's connection, and tells the application.
    fn lose_link(&mut self, turn: &mut Turn<'_>, at: usize, why: LinkLost) {
        let mut random = [0; 8];
        (self.core.entropy)(&mut random);
        let link = &mut self.core.links.all[at];
        if let Some(id) = link.connection.take() {
            turn.out.abandon(id, CloseReason::ServerDisconnect);
        }
        link.decoder = Decoder::default();
        link.redis.lost(turn.now.ms, u64::from_le_bytes(random));
        if !matches!(link.told, Some(LinkState::Down(_))) {
            link.told = Some(LinkState::Down(why));
            log::warn!(
                "link down name={} server={} reason={why}",
                link.name,
                link.redis.settings()
            );
            self.call_for_link(turn, at, |handlers, cx| (handlers.state)(cx, LinkState::Down(why)));
        }
        while let Some(token) = self.core.links.all[at].redis.take_lost() {
            let lost = CommandError::Lost(why);
            self.call_for_link(turn, at, |handlers, cx| (handlers.reply)(cx, token, Err(lost)));
        }
    }

    /// Runs a handler of link number `at`.
    fn call_for_link(
        &mut self,
        turn: &mut Turn<'_>,
        at: usize,
        handler: impl FnOnce(&mut RedisHandlers<S>, &mut Context<'_, S>),
    ) {
        self.call(turn, |handlers, cx| {
            if let Some(handlers) = handlers.links.get_mut(at) {
                handler(handlers, cx);
            }
        });
    }
}

impl<S> Context<'_, S> {
    /// Sends a command on the link called `link`: its name and its arguments. The reply comes to
    /// [`RedisHandlers::on_reply`](super::redis::RedisHandlers::on_reply) with `token`, once; see
    /// [the module](super::redis).
    ///
    /// # Errors
    /// The command was not sent, and has no reply.
    pub fn redis(&mut self, link: &str, command: &[&[u8]], token: u64) -> Result<(), NotSent> {
        let now_ms = self.now().ms;
        let link = self.core.links.called(link).ok_or(NotSent::NoSuchLink)?;
        link.redis.send(now_ms, command, token)?;
        if let Some(id) = link.connection {
            self.out.append_with(id, |bytes| resp::encode_command(bytes, command));
        }
        Ok(())
    }
}

/// The server to which a link connects.
fn remote(settings: &Redis) -> RemoteAddress {
    match settings.server() {
        RedisServer::Tcp(host, port) => RemoteAddress::Tcp { host: host.clone(), port: *port },
        RedisServer::Tls(host, port) => RemoteAddress::Tls { host: host.clone(), port: *port },
        RedisServer::Unix(path) => RemoteAddress::Unix(path.clone()),
    }
}
