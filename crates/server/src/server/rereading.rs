//! Settings that change while the server runs, and the signal that usually asks for it.

use super::core::Core;
use super::{Context, Server};
use crate::net::Turn;
use crate::session::{AddressLimits, Hosts, Origins, Proxies, SessionKind};

impl<S> Server<S> {
    /// SIGHUP has come.
    pub(super) fn hang_up(&mut self, turn: &mut Turn<'_>) {
        if self.handlers.hangup.is_none() {
            // The loop has read the certificate again, if there is one.
            if self.core.greetings.certificate_ends_unix_s.is_none() {
                log::info!(
                    "ignored signal=SIGHUP hint=\"nothing is read again; start anew for that\""
                );
            }
            return;
        }
        self.call(turn, |handlers, cx| {
            if let Some(handler) = &mut handlers.hangup {
                handler(cx);
            }
        });
    }
}

/// Settings that may change while the server runs.
impl<S> Context<'_, S> {
    /// Sets which web pages of other hosts may connect, as
    /// [`Builder::origins`](super::Builder::origins) does. It holds from the next request on:
    /// clients that are connected stay.
    ///
    /// # Examples
    /// A server that reads its settings again when its operator sends it SIGHUP:
    /// ```
    /// use mio_socketio::testing::TestServer;
    /// use mio_socketio::{Origins, Server};
    ///
    /// let server = Server::<()>::builder()
    ///     .on_hangup(|cx| {
    ///         let text = cx.outside(|| std::fs::read_to_string("origins").unwrap_or_default());
    ///         cx.set_origins(Origins::new(text.lines().map(str::to_owned)));
    ///     })
    ///     .build(());
    /// TestServer::new(server).hang_up();
    /// ```
    pub fn set_origins(&mut self, origins: Origins) {
        self.core.origins = origins;
    }

    /// Sets the names by which clients may call the server, as
    /// [`Builder::hosts`](super::Builder::hosts) does. It holds from the next request on.
    pub fn set_hosts(&mut self, hosts: Hosts) {
        self.core.callers.hosts = hosts;
    }

    /// Sets which proxies are believed, as [`Builder::proxies`](super::Builder::proxies) does. It
    /// holds from the next request and the next connection on: whose a connection is does not
    /// change.
    pub fn set_proxies(&mut self, proxies: Proxies) {
        self.core.callers.proxies = proxies;
    }

    /// Sets the messages per second of one client, at the line door and of Engine.IO, as
    /// [`LineSettings::rate_per_s`](super::LineSettings::rate_per_s) and
    /// [`EngineSettings::rate_per_s`](super::EngineSettings::rate_per_s) do, and of doors of the
    /// application's own that set no [pace](super::DoorSettings::rate_per_s); 0 is no limit. It
    /// holds for clients that are connected, too. A client that waits for its pace waits to the
    /// end.
    pub fn set_rate_per_s(&mut self, rate_per_s: u32) {
        self.core.lines.rate_per_s = rate_per_s;
        self.core.engine.rate_per_s = rate_per_s;
        let Core { own, lines: settings, sessions, .. } = self.core;
        own.iter_mut().for_each(|door| door.follow(settings));
        for session in sessions.all() {
            match &mut session.kind {
                SessionKind::Line(lines) => {
                    let own = lines.line.own_door().and_then(|at| own.get(at));
                    let settings = own.map_or(&*settings, |own| &own.settings);
                    lines.line.pace.set_per_s(settings.rate_per_s);
                }
                SessionKind::Engine(engine) => engine.pace.set_per_s(rate_per_s),
                // The messages of an endpoint have no pace.
                SessionKind::Plain(plain) if plain.target.endpoint().is_none() => {
                    plain.pace.set_per_s(rate_per_s);
                }
                SessionKind::Plain(_) => (),
            }
        }
    }

    /// Sets all rates of each address to those of `limits`, as
    /// [`Builder::addresses`](super::Builder::addresses) does, except those that the application
    /// counts. The numbers of things at a time, such as connections, stay: somebody may have more
    /// already.
    pub fn set_address_rates(&mut self, limits: &AddressLimits) {
        self.core.admission.set_address_rates(limits);
    }
}
