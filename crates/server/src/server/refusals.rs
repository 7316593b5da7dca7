//! Log lines about refusals, of which many are left out.

use super::admission::NoPlace;
use super::callers::name;
use super::core::Core;
use super::event::Refused;
use super::stats::{HOST, ORIGIN, UNREADABLE};
use crate::base::{AccountId, CloseReason, ConnectionId, PeerAddress, SessionId, SocketId};
use crate::session::{Caller, Hosts, Origins};
use log::Level;
use mio_wire::http::Refusal;
use mio_wire::limits::LOG_CHARS_MAX;
use mio_wire::text::logged;
use std::fmt::Arguments;

/// The setting that a proxy lacks when it sends its own name for us as the host, as nginx does by
/// default.
const PASS_HOST: &str = "proxy_set_header Host $http_host in nginx";

/// Whether a request may have come through a proxy.
const fn may_be_proxys(caller: &Caller) -> bool {
    caller.by_proxy || caller.is_believed
}

impl<S> Core<S> {
    /// Logs that a handler has failed for a session, if the refusal says so. Clients can cause such
    /// lines, so there are not many.
    pub(super) fn log_failure(&mut self, now_ms: u64, id: SessionId, refused: &Refused) {
        let failure = refused.failure();
        if let Some(failure) = failure.filter(|_| self.admission.logs_stranger(now_ms)) {
            let failure = logged(failure);
            log::warn!("a handler has failed session={id:?} error=\"{failure}\"");
        }
    }

    /// Logs a line about a refusal to an address, with the connection, and the number of lines left
    /// out before it. All lines about refusals are written here, and their number is bounded.
    pub(super) fn log_about(
        &mut self,
        level: Level,
        now_ms: u64,
        account: AccountId,
        line: Arguments<'_>,
    ) {
        let Some(unlogged) = self.admission.logs(account, now_ms) else { return };
        match self.connection {
            Some(id) => log::log!(level, "{line} connection={id:?} unlogged={unlogged}"),
            None => log::log!(level, "{line} unlogged={unlogged}"),
        }
    }

    /// Tells how many lines were left out of the log because there were too many in all.
    pub(super) fn log_unlogged(&mut self, now_ms: u64) {
        let Some(lines) = self.admission.take_unlogged(now_ms) else { return };
        log::warn!("left out of the log lines={lines} hint=\"many are refused, or join nothing\"");
    }

    /// Logs that an address gets no place, with the flag that sets the number of places.
    pub(super) fn log_refusal(
        &mut self,
        now_ms: u64,
        account: AccountId,
        address: PeerAddress,
        no: NoPlace,
    ) {
        let (reason, flag) = match no {
            NoPlace::Full => (CloseReason::ServerFull.as_str(), "--max-clients"),
            NoPlace::Address(too_much) => (too_much.as_str(), too_much.flag()),
        };
        self.stats.refuse(reason);
        let line = format_args!("refused reason={reason} ip={address} flag={flag}");
        self.log_about(Level::Info, now_ms, account, line);
    }

    /// A request cannot be read.
    pub(super) fn log_refused_request(&mut self, now_ms: u64, caller: &Caller, why: &Refusal) {
        let (account, address) = (self.account_of(caller, now_ms), caller.address);
        self.stats.refuse(UNREADABLE);
        let line = format_args!("refused ip={address} status={} hint=\"{why}\"", why.status);
        self.log_about(Level::Info, now_ms, account, line);
    }

    /// A client is refused something that the application counts.
    pub(super) fn log_own_refusal(
        &mut self,
        now_ms: u64,
        socket: SocketId,
        account: AccountId,
        own: usize,
    ) {
        let Some(reason) = self.admission.accounts().own_name(own) else { return };
        self.stats.refuse(reason);
        let Some(session) = self.session_of(socket) else { return };
        let Some(address) = self.sessions.get(session).map(|session| session.address) else {
            return;
        };
        let line = format_args!("refused reason={reason} ip={address} session={session:?}");
        self.log_about(Level::Info, now_ms, account, line);
    }

    /// Logs that a request is for a host that the server does not answer for, with the setting that
    /// would change this. If only a proxy would use the name, the first advice is to pass on the
    /// browser's host. A name that had to be cut gets no such advice: no proxy's name is that long.
    pub(super) fn log_host(&mut self, now_ms: u64, caller: &Caller, host: &str) {
        self.stats.refuse(HOST);
        let is_whole = host.len() <= LOG_CHARS_MAX;
        let is_upstreams = may_be_proxys(caller) && !host.contains('.') && is_whole;
        let first = if is_upstreams { format!("{PASS_HOST}, or ") } else { String::new() };
        let line = format_args!(
            "refused ip={} reason={HOST} hint=\"{first}--host {host}\"",
            caller.address
        );
        self.log_about(Level::Warn, now_ms, self.admission.actor(), line);
    }

    /// Logs that a page is not let in, with the setting that would let it in. If it may be our own
    /// page behind a proxy that does not pass on the browser's host, the first advice is to pass it
    /// on.
    pub(super) fn log_origin(&mut self, now_ms: u64, caller: &Caller, origin: &str) {
        self.stats.refuse(ORIGIN);
        let hint = match Origins::check(origin) {
            Err(_) => "only --origin * lets it in".to_owned(),
            Ok(()) => {
                let first = self.proxy_hint(caller, origin).unwrap_or_default();
                format!("{first}--origin {}", logged(origin))
            }
        };
        let line = format_args!("refused ip={} reason={ORIGIN} hint=\"{hint}\"", caller.address);
        self.log_about(Level::Warn, now_ms, self.admission.actor(), line);
    }

    /// Advice for the person who runs the proxy, if a proxy may have dropped the host. `None` if
    /// the line would hold too much text from a client.
    fn proxy_hint(&self, caller: &Caller, origin: &str) -> Option<String> {
        let (scheme, host) = origin.trim_end_matches('/').split_once("://")?;
        let is_web = matches!(scheme, "http" | "https");
        if !is_web || !may_be_proxys(caller) || Hosts::is_this_machine(host) {
            return None;
        }
        let flag = match self.callers.hosts.knows(host) {
            true => String::new(),
            false => format!(" with --host {}", name(host)),
        };
        let is_short = origin.len() + host.len() <= LOG_CHARS_MAX;
        is_short.then(|| format!("{PASS_HOST}{flag}, or "))
    }

    /// A connection at the line door does not speak as it should.
    pub(super) fn log_misfit(
        &mut self,
        level: Level,
        now_ms: u64,
        id: ConnectionId,
        address: PeerAddress,
        hint: &str,
    ) {
        let account = self.admission.accounts().of_connection(id);
        self.stats.refuse(UNREADABLE);
        self.log_about(
            level,
            now_ms,
            account,
            format_args!("refused ip={address} hint=\"{hint}\""),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Now, Outboxes};
    use crate::net::{Budget, Meter, Service, Turn};
    use crate::server::{Listen, Server};
    use crate::session::Proxies;
    use std::net::{IpAddr, SocketAddr};

    const LINES: usize = 0;
    const HTTP: usize = 1;

    /// The refusals that a server counts after a client from elsewhere has sent these bytes.
    fn counted(listener: usize, bytes: &[u8], is_stopping: bool) -> Vec<(&'static str, u64)> {
        let trusted = Proxies::new(["192.0.2.0/24".parse().expect("a network")]);
        let hosts = Hosts::new(["chat.example".to_owned()]);
        let mut server = Server::<()>::builder().proxies(trusted).hosts(hosts).build(());
        let address = vec![SocketAddr::from(([127, 0, 0, 1], 0)).into()];
        server.set_listen(Listen::default().addresses(address.clone()).http(address));
        server.core.is_stopping = is_stopping;
        let mut out = Outboxes::default();
        let id = out.open(0);
        let (mut budget, mut remotes) = (Budget::new(Meter::counted(0)), Vec::new());
        let (now, out, budget, remotes) = (Now::default(), &mut out, &mut budget, &mut remotes);
        let turn = &mut Turn { now, out, budget, remotes };
        server.opened(turn, id, listener, IpAddr::from([192, 0, 2, 1]).into());
        server.received(turn, id, &mut bytes.to_vec());
        let counted = server.core.stats.refused.iter().copied();
        counted.filter(|(_, count)| *count > 0).collect()
    }

    #[test]
    fn what_is_refused_is_counted_by_its_reason() {
        let socket_io =
            "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: chat.example\r\n";
        let foreign = format!("{socket_io}Origin: https://evil.example\r\n\r\n");
        let good = format!("{socket_io}\r\n");
        for (listener, sent, is_stopping, reason) in [
            (HTTP, &*foreign, false, Some("origin")),
            (HTTP, "GET / HTTP/1.1\r\nHost: other.example\r\n\r\n", false, Some("host")),
            (HTTP, "GET / HTTP/1.1\r\n\r\n", false, Some("request")),
            (HTTP, &*good, true, Some("server-shutdown")),
            (HTTP, &*good, false, None),
            (LINES, "PROXY TCP4 nonsense\r\n", false, Some("request")),
            (LINES, "hello\n", false, None),
        ] {
            let expected: Vec<_> = reason.into_iter().map(|reason| (reason, 1)).collect();
            assert_eq!(counted(listener, sent.as_bytes(), is_stopping), expected, "{sent}");
        }
    }
}
