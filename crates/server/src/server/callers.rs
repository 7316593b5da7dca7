//! Finds the client of a request: through which proxy it came, and for which host it asked.

use crate::base::PeerAddress;
use crate::limits::PROXY_LOG_MS;
use crate::session::{Caller, Hosts, HttpPeer, Proxies, without_port};
use mio_wire::http::Head;
use mio_wire::text::logged;

/// Which proxies are believed, and which hosts are answered for.
#[derive(Debug, Default)]
pub(super) struct Callers {
    pub(super) proxies: Proxies,
    pub(super) hosts: Hosts,
    /// When a proxy that is not believed may be logged next.
    hints_at_ms: u64,
}

impl Callers {
    /// The client whose request this is. All limits and log lines use it.
    pub(super) fn caller(&mut self, peer: &HttpPeer, head: &Head<'_>, now_ms: u64) -> Caller {
        let mut caller = self.proxies.caller(peer.caller.address, head);
        caller.by_proxy |= peer.caller.by_proxy;
        caller.is_secure = peer.is_secure;
        // A client whose proxy has named it is no proxy itself, so its own headers give no hint.
        if caller.ignored && !peer.caller.by_proxy {
            self.hint(caller.address, now_ms);
        }
        caller
    }

    /// Logs that `address` names other clients and is not trusted. Anybody can do that, so it is
    /// logged once in a while.
    pub(super) fn hint(&mut self, address: PeerAddress, now_ms: u64) {
        if now_ms >= self.hints_at_ms {
            self.hints_at_ms = now_ms + PROXY_LOG_MS;
            let ip = address.as_ip();
            log::warn!("ignored ip={address} reason=proxy hint=\"--trust-proxy {ip}\"");
        }
    }

    /// The host that a request is for, if the server does not answer for it.
    pub(super) fn strange_host(&self, head: &Head<'_>, caller: &Caller) -> Option<String> {
        self.hosts.stranger(head, caller.is_believed).map(|host| name(&host))
    }
}

/// A host as the flag wants it, without its port.
pub(super) fn name(host: &str) -> String {
    logged(without_port(host))
}
