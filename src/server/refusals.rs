//! What the log says of those who are refused something: not each time.

use super::core::Core;
use super::places::NoPlace;
use crate::base::{AccountId, CloseReason, ConnectionId, SocketId};
use crate::proto::http::Refusal;
use crate::proto::text::logged;
use crate::session::Client;
use log::Level;
use std::fmt::Arguments;
use std::net::IpAddr;

impl<S> Core<S> {
    /// Logs a line about what an address is refused, with how many were not logged before it. All
    /// such lines are written here, and only so many.
    pub(super) fn log_about(
        &mut self,
        level: Level,
        now_ms: u64,
        account: AccountId,
        line: Arguments<'_>,
    ) {
        let Some(unlogged) = self.accounts.logs(account, now_ms) else { return };
        log::log!(level, "{line} unlogged={unlogged}");
    }

    /// Tells how many lines were left out of the log because there were too many in all.
    pub(super) fn log_unlogged(&mut self, now_ms: u64) {
        let Some(lines) = self.accounts.take_unlogged(now_ms) else { return };
        log::warn!("left out of the log lines={lines} hint=\"many are refused, or join nothing\"");
    }

    /// An address gets no place: with the flag that says how many there are.
    pub(super) fn log_refusal(&mut self, now_ms: u64, account: AccountId, ip: IpAddr, no: NoPlace) {
        let (reason, flag) = match no {
            NoPlace::Full => (CloseReason::ServerFull.as_str(), "--max-clients"),
            NoPlace::Address(too_much) => (too_much.as_str(), "--per-address"),
        };
        self.stats.refuse(reason);
        let line = format_args!("refused reason={reason} ip={ip} flag={flag}");
        self.log_about(Level::Info, now_ms, account, line);
    }

    /// A request cannot be read.
    pub(super) fn log_refused_request(&mut self, now_ms: u64, client: &Client, why: &Refusal) {
        let (account, ip) = (self.account_of(client, now_ms), client.ip);
        let line = format_args!("refused ip={ip} status={} hint=\"{why}\"", why.status);
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
        let Some(reason) = self.accounts.own_name(own) else { return };
        self.stats.refuse(reason);
        let Some(session) = self.session_of(socket) else { return };
        let Some(ip) = self.sessions.get(session).map(|session| session.ip) else { return };
        let line = format_args!("refused reason={reason} ip={ip} session={session:?}");
        self.log_about(Level::Info, now_ms, account, line);
    }

    /// A request is for a host that is not answered for: with the flag that would have it answered.
    pub(super) fn log_host(&mut self, now_ms: u64, client: &Client, host: &str) {
        let line = format_args!("refused ip={} reason=host hint=\"--host {host}\"", client.ip);
        self.log_about(Level::Warn, now_ms, self.actor, line);
    }

    /// A page is not let in: with the flag that would do so.
    pub(super) fn log_origin(&mut self, now_ms: u64, client: &Client, origin: &str) {
        let (ip, origin) = (client.ip, logged(origin));
        let line = format_args!("refused ip={ip} reason=origin hint=\"--origin {origin}\"");
        self.log_about(Level::Warn, now_ms, self.actor, line);
    }

    /// A connection at the line door does not speak as it should.
    pub(super) fn log_misfit(
        &mut self,
        level: Level,
        now_ms: u64,
        id: ConnectionId,
        ip: IpAddr,
        hint: &str,
    ) {
        let account = self.accounts.of_connection(id);
        self.log_about(level, now_ms, account, format_args!("refused ip={ip} hint=\"{hint}\""));
    }
}
