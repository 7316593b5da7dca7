//! Settings that change while the chat runs.

use mio_socketio::{AddressLimits, Builder, Context, Hosts, Origins, Proxies};
use std::fmt;

/// Finds out what was read.
pub type Understand = Box<dyn FnMut(&str) -> Option<Settings>>;

/// How the chat reads its settings again when SIGHUP comes.
pub struct Reread {
    /// Reads them outside the server. What it returns is in the record of a run.
    pub read: Box<dyn Fn() -> String>,
    /// Finds out what has changed since the last time; `None` if nothing is to change. In a replay
    /// the text is from the record.
    pub understand: Understand,
}

/// The settings that can change while people are there.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Web pages of other hosts that are let in.
    pub origins: Origins,
    /// Names by which browsers may call the server.
    pub hosts: Hosts,
    /// Proxies that are believed.
    pub proxies: Proxies,
    /// Messages per second of one client; 0 is no limit.
    pub rate_per_s: u32,
    /// The limits of each address, of which the rates can change.
    pub addresses: AddressLimits,
}

impl fmt::Debug for Reread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reread")
    }
}

/// Adds the handler for SIGHUP, if there is one.
pub(super) fn hangup<S: 'static>(builder: Builder<S>, reread: Option<Reread>) -> Builder<S> {
    let Some(Reread { read, mut understand }) = reread else { return builder };
    builder.on_hangup(move |cx| {
        let text = cx.outside(&*read);
        if let Some(settings) = understand(&text) {
            change(cx, settings);
        }
    })
}

fn change<S>(cx: &mut Context<'_, S>, settings: Settings) {
    let Settings { origins, hosts, proxies, rate_per_s, addresses } = settings;
    cx.set_origins(origins);
    cx.set_hosts(hosts);
    cx.set_proxies(proxies);
    cx.set_rate_per_s(rate_per_s);
    cx.set_address_rates(&addresses);
}
